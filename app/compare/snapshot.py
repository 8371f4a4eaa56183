"""The Compare page as it stands, as one HTML file, and the button for it."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from app.compare import visit, words
from app.shared import narration, sheet
from app.shared import words as common
from app.shared.reading import label_names
from app.shared.sheet import Figure
from app.shared.snapshot import origin, rule
from app.shared.state import Mode, Shown
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import explain


def show_download(shown: Shown, policy: ExitPolicy, view: str, mode: Mode, found: Figure) -> None:
    """The button that takes the view away."""
    link = urlencode(visit.query())
    st.download_button(
        common.DOWNLOAD_HTML,
        lambda: compare_html(shown, policy, view, mode, found, link),
        f"elbert-compare-{view}.html",
        "text/html",
        on_click="ignore",
        help=common.DOWNLOAD_HTML_HELP,
        key="compare.html",
    )
    st.caption(common.PNG_NOTE)


def compare_html(
    shown: Shown, policy: ExitPolicy, view: str, mode: Mode, found: Figure, link: str
) -> str:
    """The whole file. Pure.

    Args:
        shown: the record of the sentence in use.
        policy: the rule in use.
        view: which of the page's views, by name.
        mode: which kind of figure it is.
        found: the view's figure with its words and tables.
        link: what the page's address ends in.
    """
    trace = shown.trace
    decision = explain(policy, trace)
    parts = [
        sheet.sentence(trace.text),
        sheet.paragraph(narration.verdict(decision)),
        *rule(policy),
        sheet.badge(common.MODES[mode], common.MODE_HELP[mode]),
        sheet.heading(words.VIEWS[view]),
        sheet.legend(label_names(trace)),
        sheet.figure(found),
        *origin(shown, link),
    ]
    return sheet.document(words.HEADLINE, parts)
