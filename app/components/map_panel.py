"""How the state moves through depth: the map of what the exit head reads, on request."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import resources, wording
from app import wording_compare as words
from app.charts.palette import Palette
from app.charts.state_map import map_figure, map_said, map_table
from app.components import session
from app.inputs import check_text, plain_markdown
from app.sheet import Figure
from elbert_core.errors import ElbertError
from elbert_core.explanation import Decision, explain
from elbert_core.results import LayerTrace
from elbert_core.state_map import StateMap

_MAP = "map.found"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A sentence with its map, and the pass that the map belongs to."""

    text: str
    trace: LayerTrace
    found: StateMap


def show_map(trace: LayerTrace, decision: Decision, palette: Palette) -> Figure | None:
    """An expander with a button; once pressed, the map and its table.

    Returns:
        The map, when there is one, for the file that takes the page away.
    """
    with st.expander(words.MAP_HEADING, key="map.open"):
        if not resources.checkpoint_names():
            st.text(words.NEEDS_MODEL)
            return None
        mapped: Mapped | None = st.session_state.get(_MAP)
        if mapped is None or mapped.text != trace.text:
            st.text(words.MAP_NOTE)
            if not st.button(words.MAP_BUTTON, key="map.button"):
                return None
            with st.spinner(wording.READING):
                mapped = _read(trace)
            if mapped is None:
                return None
            st.rerun()
        return _show(mapped, decision, palette)


def _read(trace: LayerTrace) -> Mapped | None:
    checked = check_text(trace.text)  # of an opened file it could be anything
    try:
        if checked.problem is not None or trace.text_pair is not None:
            st.warning(words.READING_REFUSED)
            return None
        read, found = resources.read_map(session.checkpoint(), session.device(), checked.text)
    except ElbertError as error:
        st.warning(plain_markdown(str(error)))
        return None
    mapped = Mapped(trace.text, read, found)
    st.session_state[_MAP] = mapped
    return mapped


def _show(mapped: Mapped, decision: Decision, palette: Palette) -> Figure:
    trace, found = mapped.trace, mapped.found
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
    st.badge(wording.MODES["replayed"], color="blue", help=wording.MODE_HELP["replayed"])
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
