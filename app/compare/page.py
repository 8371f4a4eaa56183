"""Compare: every rule on one sentence, two sentences side by side, words left out, a race."""

from __future__ import annotations

import streamlit as st

from app.compare import session as visit
from app.compare.alike import show_alike
from app.compare.kinds_panel import show_kinds
from app.compare.pair import show_pair
from app.compare.snapshot import show_download
from app.compare.words_panel import show_words
from app.shared import session, widgets, wording
from app.shared import wording_compare as words
from app.shared.palette import palette
from app.shared.policy_picker import pick_policy
from app.shared.race_panel import show_race
from app.shared.rules_panel import show_rules
from app.shared.sentence import ask_for_sentence
from app.shared.state import Shown
from app.shared.verdict import show_mode
from elbert_core.policies.explanation import explain

colours = palette(dark=st.context.theme.type == "dark")


def show(shown: Shown) -> None:
    """Everything below the sentence."""
    trace, state = shown.trace, session.state()
    visit.settle_example()
    key = visit.widget("view")
    view = st.segmented_control(
        words.VIEW_LABEL,
        list(words.VIEWS),
        format_func=lambda name: words.VIEWS[name],
        key=key,
        on_change=widgets.changed,
        args=(visit.VIEW, key, visit.chosen, "view"),
        required=True,
        label_visibility="collapsed",
        wrap=True,
    )
    left, right = st.columns([7, 3], gap="large")
    with right:
        pick_policy(state, n_layers=trace.n_layers)
    policy = state.exit_policy()
    with left:
        if view == "pair":
            found = show_pair(trace, policy, colours)
        elif view == "kinds":
            found = show_kinds(trace, policy, colours)
        elif view == "words":
            found = show_words(trace, policy, colours)
        elif view == "alike":
            found = show_alike(trace, policy, colours)
        elif view == "race":
            found = show_race(trace, explain(policy, trace), colours)
        else:
            found = show_rules(trace, policy, colours)
    read_now = view == "words" and visit.left_out(trace) is not None
    mode = "replayed" if read_now else shown.mode
    with right:
        show_mode(shown, mode)
        if found is not None:
            show_download(shown, policy, view or "rules", mode, found)


st.title(words.HEADLINE)
st.caption(words.LEAD)
visit.start(session.start("compare"))
ask_for_sentence()
on_show = session.shown()
if on_show is None:
    st.info(wording.EMPTY_STATE)
else:
    show(on_show)
visit.write_link()
