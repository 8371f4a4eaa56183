"""Inspect: one sentence, read layer by layer; where it stops, why, and what that saves."""

from __future__ import annotations

import streamlit as st

from app.inspect import panels, words
from app.inspect.files import show_opened, show_share
from app.inspect.second_pass import show_map, show_reading, words_read
from app.inspect.visit import cursor
from app.shared import links
from app.shared import visit as shared
from app.shared import words as common
from app.shared.controls import ask_for_sentence, pick_policy
from app.shared.palette import palette
from app.shared.stage import show_stage
from app.shared.state import Shown, to_query
from app.shared.text import piece, plain_markdown
from elbert_core.policies.explanation import explain

colours = palette(dark=st.context.theme.type == "dark")


def show_result(shown: Shown) -> None:
    """Everything below the sentence."""
    trace, state = shown.trace, shared.state()
    top = st.container()
    left, right = st.columns([7, 3], gap="large")
    with right:
        pick_policy(state, n_layers=trace.n_layers)
    problem = common.refused(state.exit_policy(), trace)
    if problem:
        left.info(plain_markdown(problem))
        return
    decision = explain(state.exit_policy(), trace)
    with top:
        panels.show_verdict(shown, decision, colours)
        show_opened(shown)
    with right:
        panels.show_why(trace, decision)
    with left:
        at, reads = cursor(shown, decision.exit_layer), words_read(trace)
        show_stage(trace, decision, state, colours, at=at, reads=reads)
        with st.expander(words.MORE_HEADING, key="inspect.more"):
            panels.show_score(shown, decision, colours)
            panels.show_stepper(shown, decision)

    st.space("small")
    left, right = st.columns([7, 5], gap="large")
    with left:
        panels.show_why_not(trace, decision, colours)
    with right:
        panels.show_savings(shown, decision)
    panels.show_table(trace, decision)
    figures = [show_reading(shown, decision, colours), show_map(trace, decision, colours)]
    with st.expander(words.PIECES_HEADING.format(count=len(trace.tokens))):
        st.code("  ".join(map(piece, trace.tokens)), language=None, wrap_lines=True)
        st.caption(words.PIECES_HELP)
    show_share(shown, decision, [figure for figure in figures if figure is not None])


st.title(words.HEADLINE)
st.caption(words.LEAD)
shared.start("inspect")
ask_for_sentence()
on_show = shared.shown()
if on_show is None:
    st.info(common.EMPTY_STATE)
else:
    show_result(on_show)
links.write(to_query(shared.state()))
