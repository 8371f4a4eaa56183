"""Whether an opened trace file was made by the model that is here, and whether it says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st

from app.inspect import words
from app.shared import resources, visit
from app.shared.state import Shown
from app.shared.text import plain_markdown, shorten
from app.shared.widgets import warn
from elbert_core.results import LayerTrace

Match = Literal["same", "other", "absent", "unknown"]

TOLERANCE = 1e-3
"""Largest difference of a probability that rounding of another machine explains."""
_SHORT = 12  # digits of a digest that are shown


@dataclass(frozen=True, slots=True)
class Origin:
    """What a trace says of its weights, against those here.

    Attributes:
        match: "same" weights are here; "other" weights of that name are; they are "absent"; the
            file leaves it "unknown".
        name: name of the checkpoint: of the one here where the weights match.
        digest, here: of the file and of the checkpoint here, "" when unknown.
    """

    match: Match
    name: str
    digest: str
    here: str = ""


def origin(trace: LayerTrace) -> Origin:
    """Compare a trace's digest with those of the checkpoints here."""
    if not trace.digest:
        return Origin("unknown", trace.checkpoint, "")
    names = resources.checkpoint_names()
    # the name first: several folders may hold the same weights
    for name in sorted(names, key=lambda one: one != trace.checkpoint):
        if resources.digest(name) == trace.digest:
            return Origin("same", name, trace.digest, trace.digest)
    if trace.checkpoint in names:
        here = resources.digest(trace.checkpoint)
        return Origin("other", trace.checkpoint, trace.digest, here)
    return Origin("absent", trace.checkpoint, trace.digest)


def told(found: Origin) -> str:
    """The same in plain words."""
    said = {
        "same": words.OPENED_SAME,
        "other": words.OPENED_OTHER,
        "absent": words.OPENED_ABSENT,
        "unknown": words.OPENED_UNKNOWN,
    }
    return said[found.match].format(
        name=shorten(found.name, 60), digest=found.digest[:_SHORT], here=found.here[:_SHORT]
    )


def note(shown: Shown) -> str:
    """What is known of an opened file; "" for what was not opened."""
    return told(origin(shown.trace)) if shown.opened else ""


def show_opened(shown: Shown) -> None:
    """For the trace of an opened file: what is known of it, and a way to read it again."""
    if not shown.opened:
        return
    found = origin(shown.trace)
    tell = st.info if found.match == "same" else st.warning
    tell(plain_markdown(told(found)))
    if found.match not in ("same", "other"):
        return
    if st.button(
        words.VERIFY_BUTTON,
        key="inspect.verify",
        help=plain_markdown(words.VERIFY_HELP.format(name=found.name)),
    ):
        _read_again(shown, found.name)
    if shown.read_again is not None:
        st.text(compared(shown.trace, shown.read_again))


def compared(file: LayerTrace, again: LayerTrace) -> str:
    """Whether two readings of a sentence say the same, in plain words."""
    if file.probs.shape != again.probs.shape:
        return words.VERIFY_SHAPE
    largest = float(np.abs(file.probs - again.probs).max())
    said = words.VERIFY_SAME if largest <= TOLERANCE else words.VERIFY_OTHER
    return said.format(largest=largest)


def _read_again(shown: Shown, name: str) -> None:
    trace = shown.trace
    shown.read_again = visit.try_read(
        resources.read, trace.text, warn, model=name, pair=trace.text_pair
    )
