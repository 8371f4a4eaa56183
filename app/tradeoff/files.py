"""Which table is on show, what can be taken away, and opening a table of one's own."""

from __future__ import annotations

import streamlit as st

from app.shared import widgets
from app.shared.table_view import table_html
from app.shared.text import visible
from app.tradeoff import evaluations, narration
from app.tradeoff import session as visit
from app.tradeoff import wording as words
from app.tradeoff import wording_report as reported
from app.tradeoff.chart_panel import published
from app.tradeoff.evaluations import MAX_BYTES, Overview, Setting
from app.tradeoff.report import points_csv, report_html

_REPORT = "tradeoff.report"


def pick_table() -> None:
    """A choice where there is one."""
    if visit.own() is not None:
        st.button(words.OPEN_CLOSE, on_click=visit.close_own, key="tradeoff.close")
        return
    names = evaluations.evaluation_names()
    if len(names) < 2:
        return
    key = widgets.put(visit.TABLE, visit.table_name())
    st.selectbox(
        words.TABLE_LABEL,
        names,
        format_func=lambda name: visible(name, limit=80),
        key=key,
        help=words.TABLE_HELP,
        on_change=widgets.changed,
        args=(visit.TABLE, key, visit.choose_table),
        filter_mode=None,
        width=420,
    )


def show_contest(overview: Overview) -> None:
    """ELBERT's window against the simpler rules, at equal speed."""
    st.subheader(words.CONTEST_HEADING, help=words.CONTEST_HELP)
    st.text(narration.contest(overview.rounds, overview.table.n_rows))
    with st.expander(words.CONTEST_TABLE):
        st.html(table_html(narration.contest_columns(), narration.contest_rows(overview.rounds)))


def show_definitions() -> None:
    """What every number means."""
    with st.expander(reported.DEFINITIONS_HEADING):
        st.html(table_html(reported.DEFINITION_COLUMNS, reported.DEFINITIONS))


@st.fragment
def show_downloads(overview: Overview, setting: Setting) -> None:
    """The points as CSV, and the report once it is asked for."""
    st.subheader(words.FILES_HEADING)
    asked = (id(overview), evaluations.key_of(setting.point.policy))
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            words.DOWNLOAD_CSV,
            points_csv(overview),
            "elbert-tradeoff.csv",
            "text/csv",
            on_click="ignore",
        )
        made = st.session_state.get(_REPORT)
        if made is not None and made[0] == asked:
            st.download_button(
                words.DOWNLOAD_REPORT,
                made[1],
                "elbert-tradeoff.html",
                "text/html",
                on_click="ignore",
                help=words.DOWNLOAD_REPORT_HELP,
            )
        else:
            st.button(
                words.PREPARE_REPORT,
                help=words.DOWNLOAD_REPORT_HELP,
                key="tradeoff.make",
                on_click=lambda: _make_report(overview, setting, asked),
            )


def _make_report(overview: Overview, setting: Setting, asked: tuple[int, str]) -> None:
    st.session_state[_REPORT] = (asked, report_html(overview, setting, published()))


def open_own() -> None:
    """A table of the visitor's own."""
    st.file_uploader(
        words.OPEN_LABEL,
        accept_multiple_files=True,
        key=visit.FILES,
        help=words.OPEN_HELP,
        on_change=_opened,
    )


def _opened() -> None:
    uploads = st.session_state[visit.FILES] or []
    # one byte more than allowed is enough to see that a file is too large
    visit.open_files([(one.name, one.read(MAX_BYTES + 1)) for one in uploads])
