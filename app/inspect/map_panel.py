"""How the state moves through depth: the map of what the exit head reads, on request."""

from __future__ import annotations

import streamlit as st

from app.inspect import words
from app.inspect.second_pass import second_pass
from app.inspect.state_map import map_figure, map_said, map_table
from app.shared import resources
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.sheet import Figure
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.state_map import StateMap
from elbert_core.results import LayerTrace


def show_map(trace: LayerTrace, decision: Decision, palette: Palette) -> Figure | None:
    """An expander with a button; once pressed, the map and its table.

    Returns:
        The map, when there is one, for the file that takes the page away.
    """
    with st.expander(words.MAP_HEADING, key="map.open"):
        found = second_pass(
            "map", trace, resources.read_map, note=words.MAP_NOTE, button=words.MAP_BUTTON
        )
        return None if found is None else _show(*found, decision, palette)


def _show(trace: LayerTrace, found: StateMap, decision: Decision, palette: Palette) -> Figure:
    own = explain(decision.policy, trace)  # the pass that the map belongs to
    said = map_said(trace, own)
    result = Figure(
        words.MAP_HEADING,
        lambda colours: map_figure(found, trace, own, palette=colours),
        f"{words.MAP_HEADING}. {said} {words.MAP_ALT}",
        (words.MAP_NOTE, regions_note(found)),
        map_table(found, trace),
        (said,),
    )
    st.text(said)
    st.vega_lite_chart(spec=result.draw(palette), width="stretch", key="map.chart", alt=result.alt)
    for note in result.notes:
        st.caption(note)
    st.badge(common.MODES["replayed"], color="blue", help=common.MODE_HELP["replayed"])
    if st.toggle(words.MAP_TABLE, key="map.table"):
        st.dataframe(result.table, hide_index=True, width="stretch", alt=words.MAP_TABLE)
    return result


def regions_note(found: StateMap) -> str:
    """How far the regions can be trusted."""
    if len(found.base) == 2:
        return words.MAP_TWO
    if found.exact:
        return words.MAP_THREE
    right = int(found.faithful.sum())
    return words.MAP_MANY.format(right=right, layers=len(found.labels))
