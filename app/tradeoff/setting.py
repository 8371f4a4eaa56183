"""The setting in use, in words and numbers."""

from __future__ import annotations

import streamlit as st

from app.shared import words as common
from app.tradeoff import words
from app.tradeoff.evaluations import Overview, Setting

INSPECT = "app/inspect/page.py"


def show_setting(setting: Setting, overview: Overview) -> None:
    """What it buys and what it costs, in words."""
    st.text(words.summary(setting, overview))
    st.text(words.differ(setting))
    st.text(words.dealt_out(setting))
    st.page_link(INSPECT, label=words.INSPECT_LINK, icon=":material/visibility:")


def show_numbers(setting: Setting, overview: Overview) -> None:
    """The numbers with their definitions."""
    show_metrics(words.metrics(setting, overview))


def show_metrics(shown: list[words.Metric]) -> None:
    """Title, value, small print and definition of a few numbers."""
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in shown:
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                if detail:
                    st.caption(detail, width="content")


def show_badge(overview: Overview) -> None:
    """Which of the three kinds of figure this is, and what it was made from."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(common.MODES["replayed"], color="blue", help=words.MODE_HELP)
        st.text(words.provenance(overview.table), width="content")
