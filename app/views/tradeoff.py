"""Trade-off: what stopping early buys and costs, for every rule, on a whole data set."""

from __future__ import annotations

import streamlit as st

from app import evaluations
from app import narration_tradeoff as narration
from app import wording_tradeoff as words
from app.charts.palette import palette
from app.components import (
    session,
    tradeoff_chart,
    tradeoff_files,
    tradeoff_later,
    tradeoff_layers,
    tradeoff_promise,
    tradeoff_rows,
    tradeoff_setting,
)
from app.components import tradeoff_session as visit
from app.evaluations import Overview, Setting, look_closer
from app.inputs import plain_markdown

colours = palette(dark=st.context.theme.type == "dark")


def show(overview: Overview) -> None:
    """Everything below the headline."""
    setting = look_closer(overview, visit.policy())
    tradeoff_setting.show_badge(overview)
    left, right = st.columns([7, 3], gap="large")
    with left:
        tradeoff_chart.show_chart(overview, setting, colours)
        st.caption(words.CHART_HELP)
        st.caption(plain_markdown(narration.measured_note(overview.table)))
    with right:
        st.markdown(f"**{words.SETTING_HEADING}**")
        tradeoff_chart.pick_setting(overview)
        tradeoff_setting.show_setting(setting, overview)
    tradeoff_setting.show_numbers(setting, overview)
    if tradeoff_later.is_time():
        show_rest(overview, setting)


def show_rest(overview: Overview, setting: Setting) -> None:
    """What lies below the fold."""
    tradeoff_chart.show_table(overview)
    tradeoff_rows.show_rows(overview)
    tradeoff_files.show_contest(overview)
    tradeoff_promise.show_promise(overview, colours)
    tradeoff_layers.show_layers(overview, setting, colours)
    tradeoff_layers.show_overthinking(overview)
    tradeoff_layers.show_slices(overview, setting, colours)
    tradeoff_files.show_definitions()
    tradeoff_files.show_downloads(overview, setting)


st.title(words.HEADLINE)
on_show = visit.overview()
if visit.message() is not None:
    st.warning(plain_markdown(visit.message() or ""))
if on_show is None:
    st.info(words.NO_TABLES.format(folder=evaluations.evaluations_folder().name))
else:
    st.caption(words.LEAD.format(rows=on_show.table.n_rows))
    tradeoff_files.pick_table()
    show(on_show)
tradeoff_files.open_own()
session.write_link()
