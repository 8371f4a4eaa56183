"""Inspect: one sentence, read layer by layer; where it stops, why, and what that saves."""

from __future__ import annotations

import streamlit as st

from app.inspect import reasons, score_panel, words
from app.inspect.map_panel import show_map
from app.inspect.opened import show_opened
from app.inspect.reading_panel import show_reading
from app.inspect.share import show_share
from app.inspect.visit import stop_for_real
from app.shared import links
from app.shared import visit as shared
from app.shared import words as common
from app.shared.palette import palette
from app.shared.policy_picker import pick_policy
from app.shared.reading import refused
from app.shared.sentence import ask_for_sentence
from app.shared.state import Shown, to_query
from app.shared.text import piece, plain_markdown
from app.shared.verdict import show_real_run, show_verdict
from elbert_core.policies.explanation import explain

colours = palette(dark=st.context.theme.type == "dark")


def show_result(shown: Shown) -> None:
    """Everything below the sentence."""
    trace, state = shown.trace, shared.state()
    top = st.container()
    left, right = st.columns([7, 3], gap="large")
    with right:
        pick_policy(state, n_layers=trace.n_layers)
    problem = refused(state.exit_policy(), trace)
    if problem:
        left.info(plain_markdown(problem))
        return
    decision = explain(state.exit_policy(), trace)
    with top:
        show_verdict(shown, decision, colours)
        show_opened(shown)
    with right:
        reasons.show_why(trace, decision)
    with left:
        score_panel.show_score(shown, decision, colours)
        score_panel.show_stepper(shown, decision)

    st.space("small")
    left, right = st.columns([7, 5], gap="large")
    with left:
        reasons.show_why_not(trace, decision, colours)
    with right:
        reasons.show_savings(decision)
        if st.button(words.REAL_BUTTON, help=words.REAL_HELP, key="inspect.stop"):
            with st.spinner(words.STOPPING):
                stop_for_real()
            st.rerun()
        show_real_run(shown, decision)
    score_panel.show_table(trace, decision)
    figures = [show_reading(shown, decision, colours), show_map(trace, decision, colours)]
    with st.expander(words.PIECES_HEADING.format(count=len(trace.tokens))):
        st.code("  ".join(piece(token) for token in trace.tokens), language=None, wrap_lines=True)
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
