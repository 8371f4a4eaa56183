"""Trade-off: what stopping early buys and costs, for every rule, on a whole data set."""

from __future__ import annotations

import streamlit as st

from app.shared import links
from app.shared import visit as shared
from app.shared import words as common
from app.shared.palette import palette
from app.shared.rules import card
from app.shared.state import to_query
from app.shared.text import plain_markdown
from app.shared.widgets import warn
from app.tradeoff import chart_panel as tradeoff_chart
from app.tradeoff import evaluations, visit, words
from app.tradeoff import files as tradeoff_files
from app.tradeoff import later as tradeoff_later
from app.tradeoff import layers_panel as tradeoff_layers
from app.tradeoff import promise_panel as tradeoff_promise
from app.tradeoff import rows as tradeoff_rows
from app.tradeoff import setting as tradeoff_setting
from app.tradeoff.evaluations import Overview, Setting, look_closer
from elbert_core.errors import InputError
from elbert_core.policies import NeverExit

colours = palette(dark=st.context.theme.type == "dark")


def show(overview: Overview) -> None:
    """Everything below the headline."""
    policy = shared.policy()
    try:
        setting = look_closer(overview, policy)
    except InputError as error:
        rule = card(policy.kind).name
        st.info(plain_markdown(common.RULE_REFUSED.format(rule=rule, message=error)))
        setting = look_closer(overview, NeverExit())
    tradeoff_setting.show_badge(overview)
    left, right = st.columns([7, 3], gap="large")
    with left:
        tradeoff_chart.show_chart(overview, setting, colours)
        st.caption(words.CHART_HELP)
        st.caption(plain_markdown(words.measured_note(overview.table)))
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
    tradeoff_rows.show_rows(overview, setting.point.policy)
    tradeoff_files.show_contest(overview)
    tradeoff_promise.show_promise(overview, colours)
    tradeoff_layers.show_layers(overview, setting, colours)
    tradeoff_layers.show_overthinking(overview)
    tradeoff_layers.show_slices(overview, setting, colours)
    tradeoff_files.show_definitions()
    tradeoff_files.show_downloads(overview, setting)


shared.arrive("tradeoff")
mine = visit.current()
st.title(words.HEADLINE)
shared.show_notice()
on_show = mine.overview()
if mine.message:
    warn(mine.message)
if on_show is None:
    st.info(words.NO_TABLES.format(folder=evaluations.evaluations_folder().name))
else:
    st.caption(words.LEAD.format(rows=on_show.table.n_rows))
    tradeoff_files.pick_table()
    show(on_show)
tradeoff_files.open_own()
links.write(to_query(shared.state()))
