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
from app.tradeoff import evaluations, panels, panels_closer, visit, words
from app.tradeoff.evaluations import Overview, look_closer
from app.tradeoff.panels_promise import show_promise
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
    panels.show_badge(overview)
    left, right = st.columns([7, 3], gap="large")
    with left:
        panels.show_chart(overview, setting, colours)
        st.caption(words.CHART_HELP)
        st.caption(plain_markdown(words.measured_note(overview.table)))
    with right:
        st.markdown(f"**{words.SETTING_HEADING}**")
        panels.pick_setting(overview)
        panels.show_setting(setting, overview)
    panels.show_metrics(words.metrics(setting, overview))
    panels.let_it_draw()
    panels.show_tables(overview)
    panels_closer.show_rows(overview, setting.point.policy)
    panels.show_contest(overview)
    show_promise(overview, colours)
    panels_closer.show_layers(overview, setting, colours)
    panels_closer.show_parts(overview, setting, colours)
    panels.show_files(overview, setting)


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
    panels.pick_table()
    show(on_show)
panels.open_own()
links.write(to_query(shared.state()))
