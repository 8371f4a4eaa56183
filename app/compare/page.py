"""Compare: every rule on one sentence, two sentences side by side, words left out, a race."""

from __future__ import annotations

import streamlit as st

from app.compare import panels, visit, words
from app.shared import links
from app.shared import visit as shared
from app.shared import words as common
from app.shared.controls import ask_for_sentence, pick_policy
from app.shared.palette import palette
from app.shared.panels import show_mode, show_rules
from app.shared.race import show_race
from app.shared.state import Shown
from app.shared.text import plain_markdown
from app.shared.widgets import bind

SHOW = {
    "rules": show_rules,
    "kinds": panels.show_kinds,
    "pair": panels.show_pair,
    "words": panels.show_words,
    "alike": panels.show_alike,
    "race": show_race,
}
colours = palette(dark=st.context.theme.type == "dark")


def show(shown: Shown) -> None:
    """Everything below the sentence."""
    trace, mine = shown.trace, visit.current()
    mine.settle()
    mine.read_what_was_asked()
    st.segmented_control(
        words.VIEW_LABEL,
        list(words.VIEWS),
        format_func=words.VIEWS.__getitem__,
        required=True,
        label_visibility="collapsed",
        wrap=True,
        **bind(mine, "view", "compare.view"),
    )
    left, right = st.columns([7, 3], gap="large")
    with right:
        pick_policy(shared.state(), n_layers=trace.n_layers)
    policy = shared.policy()
    problem, found = common.refused(policy, trace), None
    if problem:
        left.info(plain_markdown(problem))
    else:
        with left:
            found = SHOW[mine.view](trace, policy, colours)
    read_now = mine.view == "words" and mine.without_words(trace) is not None
    mode = "replayed" if read_now else shown.mode
    with right:
        show_mode(mode, by=trace)
        if found is not None:
            panels.show_download(shown, policy, mine.view, mode, found)


st.title(words.HEADLINE)
st.caption(words.LEAD)
news = shared.start("compare")
if news is not None:
    visit.take(news)
ask_for_sentence()
on_show = shared.shown()
if on_show is None:
    st.info(common.EMPTY_STATE)
else:
    show(on_show)
links.write(visit.query())
