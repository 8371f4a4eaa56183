"""A panel that needs the sentence read once more, keeping what a usual pass does not: on request.

A kept pass belongs to one sentence and one model; another of either asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from app.shared import resources, visit
from app.shared.widgets import warn
from app.shared.words import NEEDS_MODEL
from elbert_core.results import LayerTrace

Extra = TypeVar("Extra")
Read = Callable[[str, str, str], tuple[LayerTrace, Extra]]
"""(checkpoint, device, text) -> the pass, and what it kept; one of `app.shared.resources`."""


def second_pass(
    name: str, trace: LayerTrace, read: Read[Extra], *, note: str, button: str
) -> tuple[LayerTrace, Extra] | None:
    """The kept pass of this sentence by the model in use, or a button that asks for one.

    Args:
        name: of the panel; its widgets' keys begin with it.
        trace: the sentence on the page.
        read: reads it again.
        note: what the panel shows, said beside the button.
        button: words on it.

    Returns:
        None while there is none, or when it was refused; the page says why.
    """
    if not resources.checkpoint_names():
        st.text(NEEDS_MODEL)
        return None
    wanted = (trace.text, visit.checkpoint())
    kept: dict[str, Any] = st.session_state.get(f"{name}.pass", {})
    if kept.get("of") == wanted:
        found: tuple[LayerTrace, Extra] = kept["found"]
        return found
    st.text(note)
    if not st.button(button, key=f"{name}.button"):
        return None
    new = visit.try_read(read, trace.text, warn, pair=trace.text_pair)
    if new is None:
        return None
    st.session_state[f"{name}.pass"] = {"of": wanted, "found": new}
    return st.rerun()  # drawn anew, without the button
