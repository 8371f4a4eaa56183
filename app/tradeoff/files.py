"""Which table is on show, what can be taken away, and opening a table of one's own."""

from __future__ import annotations

import streamlit as st

from app.shared.sheet import table as table_html
from app.shared.text import visible
from app.shared.widgets import bind, press, upload
from app.tradeoff import evaluations, visit, words
from app.tradeoff import words_closer as closer
from app.tradeoff.chart_panel import published
from app.tradeoff.evaluations import Overview, Setting
from app.tradeoff.report import points_csv, report_html

TABLE = "tradeoff.table"
FILES = "tradeoff.files"


def pick_table() -> None:
    """A choice where there is one."""
    mine = visit.current()
    if mine.own is not None:
        st.button(words.OPEN_CLOSE, key="tradeoff.close", **press(mine.close_own))
        return
    names = evaluations.evaluation_names()
    if len(names) < 2:
        return
    st.selectbox(
        words.TABLE_LABEL,
        names,
        format_func=lambda name: visible(name, limit=80),
        help=words.TABLE_HELP,
        filter_mode=None,
        width=420,
        **bind(mine, "table", TABLE),
    )


def show_contest(overview: Overview) -> None:
    """ELBERT's window against the simpler rules, at equal speed."""
    st.subheader(closer.CONTEST_HEADING, help=closer.CONTEST_HELP)
    st.text(closer.contest(overview.rounds, overview.table.n_rows))
    with st.expander(closer.CONTEST_TABLE):
        st.html(table_html(closer.CONTEST_COLUMNS, closer.contest_rows(overview.rounds)))


def show_definitions() -> None:
    """What every number means."""
    with st.expander(closer.DEFINITIONS_HEADING):
        st.html(table_html(closer.DEFINITION_COLUMNS, closer.DEFINITIONS))


@visit.by_itself
def show_downloads(overview: Overview, setting: Setting) -> None:
    """The points as CSV, and the report once it is asked for."""
    st.subheader(words.FILES_HEADING)
    mine, asked = visit.current(), (overview, setting.point.policy)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            words.DOWNLOAD_CSV,
            lambda: points_csv(overview),
            "elbert-tradeoff.csv",
            "text/csv",
            on_click="ignore",
        )
        made = mine.answers.get("report")
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
                **press(
                    mine.once,
                    "report",
                    asked,
                    lambda: report_html(overview, setting, published()),
                ),
            )


def open_own() -> None:
    """A table of the visitor's own."""
    st.file_uploader(
        words.OPEN_LABEL,
        accept_multiple_files=True,
        help=words.OPEN_HELP,
        **upload(FILES, visit.current().open_files),
    )
