"""What lies below the fold of the Trade-off page comes a moment after the rest.

Drawing takes the browser's one thread. With all figures sent at once the first of them, which is
what people come for, stands a second later than it could (`benchmarks/page_latency.py`), so at a
visitor's first look the rest is asked for once the first has had time to be drawn.
"""

from __future__ import annotations

import streamlit as st

from app.tradeoff import visit, words

SOON = 1.0
"""Seconds between the first part and the rest."""


def is_time() -> bool:
    """Whether the rest of the page is to be drawn in this run; if not, it will be asked for."""
    if not visit.current().drawn:
        _wait()
    return visit.current().drawn


@st.fragment(run_every=SOON)
def _wait() -> None:
    mine = visit.current()
    if mine.begun:  # the browser's clock asks, or the visitor has clicked
        mine.drawn = True
        st.rerun()
    mine.begun = True
    st.caption(words.MORE_TO_COME)
