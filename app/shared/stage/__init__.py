"""The stage: a sentence goes through one layer again and again, until the rule lets it out.

Plays, scrubs and lets bounds be dragged in the browser, without a message to the server; what a
bound is let go at comes back as a setting of the rule in use. Where the browser cannot run it, it
takes no room: the page says the same in other figures and in a table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.shared.palette import Palette
from app.shared.rules import card
from app.shared.stage.data import stage
from app.shared.stage.script import read_file, script
from app.shared.state import InspectState
from app.shared.widgets import hears
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace


def show_stage(
    trace: LayerTrace,
    decision: Decision,
    state: InspectState,
    palette: Palette,
    *,
    at: int,
    reads: NDArray[np.float64] | None = None,
) -> None:
    """The stage of a sentence.

    Args:
        trace: all layers of it.
        decision: where it leaves under the rule in use.
        state: takes the settings that are dragged.
        palette: colours for a light or a dark page.
        at: the layer looked at, 1..n_layers.
        reads: (layers, words) shares of what was read, special pieces included, where known.
    """
    component = st.components.v2.component(
        "elbert_stage", html='<div class="hall"></div>', css=read_file("stage.css"), js=script()
    )
    shown = stage(trace, decision, at=at, palette=palette, locked=state.lock, reads=reads)
    component(
        data=asdict(shown),
        height="content",
        **hears("stage", "moved", lambda told: take(state, told)),
    )


def take(state: InspectState, told: object) -> None:
    """A setting that was let go in the browser, if it is one of the rule in use and in range."""
    if not isinstance(told, Mapping) or told.get("kind") != state.policy:
        return
    value: Any = told.get("value")
    for setting in card(state.policy).settings:
        free = setting.kind != "choice" and not {"policy", setting.name} & set(state.lock)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if setting.name == told.get("name") and free and number:
            fitted = setting.fit(value)
            if (
                fitted == value
                or setting.kind == "float"
                and fitted == round(value, setting.digits)
            ):
                state.settings()[setting.name] = fitted
