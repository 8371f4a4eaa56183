"""Panels that need the sentence read once more, keeping what a usual pass does not: on request.

What it had read by each layer (attention followed back to the words), and how its state moves (the
map of what the exit head reads). A kept pass belongs to one sentence and one model; another of
either asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.inspect import words
from app.inspect.figures import map_figure, map_table, reading_grid, shares_table
from app.inspect.visit import cursor
from app.shared import resources, visit
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.panels import show_mode
from app.shared.sheet import Figure
from app.shared.state import Shown
from app.shared.widgets import warn
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.attention import Method, Pooling, by_word, reading
from elbert_core.reading.state_map import StateMap
from elbert_core.reading.words import group_pieces, join_pieces
from elbert_core.results import LayerTrace

METHODS: tuple[Method, ...] = ("rollout", "raw")
MAX_ROWS = 60
"""Words drawn at most; longer texts are said to be too long."""

Extra = TypeVar("Extra")
Read = Callable[[str, str, str], tuple[LayerTrace, Extra]]
"""(checkpoint, device, text) -> the pass, and what it kept; one of `app.shared.resources`."""


def show_reading(shown: Shown, decision: Decision, palette: Palette) -> Figure | None:
    """An expander with a button; once pressed, the grid, its switches and its table.

    Returns:
        The grid, when there is one, for the file that takes the page away.
    """
    with st.expander(words.READING_HEADING, key="reading.open"):
        found = second_pass(
            "reading",
            shown.trace,
            resources.read_attention,
            note=words.READING_NOTE,
            button=words.READING_BUTTON,
        )
        figure = None if found is None else _reading(shown, *found, decision)
        if figure is not None:
            _show(figure, palette, "reading", words.READING_TABLE)
    return figure


def show_map(trace: LayerTrace, decision: Decision, palette: Palette) -> Figure | None:
    """An expander with a button; once pressed, the map and its table.

    Returns:
        The map, when there is one, for the file that takes the page away.
    """
    with st.expander(words.MAP_HEADING, key="map.open"):
        found = second_pass(
            "map", trace, resources.read_map, note=words.MAP_NOTE, button=words.MAP_BUTTON
        )
        if found is None:
            return None
        figure = _map(*found, decision)
        _show(figure, palette, "map", words.MAP_TABLE)
    return figure


def second_pass(
    name: str, trace: LayerTrace, read: Read[Extra], *, note: str, button: str
) -> tuple[LayerTrace, Extra] | None:
    """The kept pass of this sentence by the model in use, or a button that asks for one.

    Args:
        name: of the panel; its widgets' keys begin with it.
        trace: the sentence on the page.
        read: reads it again.
        note: what the panel shows, said beside the button.
        button: words on it.

    Returns:
        None while there is none, or when it was refused; the page says why.
    """
    if not resources.checkpoint_names():
        st.text(common.NEEDS_MODEL)
        return None
    found: tuple[LayerTrace, Extra] | None = _kept(name, trace)
    if found is not None:
        return found
    st.text(note)
    if not st.button(button, key=f"{name}.button"):
        return None
    new = visit.try_read(read, trace.text, warn, pair=trace.text_pair)
    if new is None:
        return None
    st.session_state[f"{name}.pass"] = {"of": (trace.text, visit.checkpoint()), "found": new}
    return st.rerun()  # drawn anew, without the button


def words_read(trace: LayerTrace) -> NDArray[np.float64] | None:
    """(layers, words) shares of each word in what was read, once that pass was asked for."""
    found = _kept("reading", trace)
    if found is None or found[0].attention is None or found[0].tokens != trace.tokens:
        return None
    record, pooling = found
    shares = reading(record.attention, method="rollout", pooling=pooling)
    return by_word(shares, group_pieces(record.tokens))


def _kept(name: str, trace: LayerTrace) -> Any:
    """The pass that was asked for, with what it kept, if it is of this sentence and model."""
    kept: dict[str, Any] = st.session_state.get(f"{name}.pass", {})
    return kept["found"] if kept.get("of") == (trace.text, visit.checkpoint()) else None


def _show(found: Figure, palette: Palette, name: str, table: str) -> None:
    for line in found.said:
        st.text(line)
    st.vega_lite_chart(
        spec=found.draw(palette), width="stretch", key=f"{name}.chart", alt=found.alt
    )
    for note in found.notes:
        st.caption(note)
    show_mode("replayed")
    if st.toggle(table, key=f"{name}.table"):
        st.dataframe(found.table, hide_index=True, width="stretch", alt=table)


def _reading(
    shown: Shown, trace: LayerTrace, pooling: Pooling, decision: Decision
) -> Figure | None:
    groups = group_pieces(trace.tokens)
    if trace.attention is None or len(groups) > MAX_ROWS:
        st.text(words.READING_LONG)
        return None
    heads = trace.attention.shape[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        method = st.segmented_control(
            words.READING_METHOD,
            METHODS,
            format_func=words.READING_METHODS.__getitem__,
            key="reading.method",
            default="rollout",
            required=True,
            help=words.READING_METHOD_HELP,
        )
        number = st.selectbox(
            words.READING_HEAD,
            range(heads + 1),
            format_func=words.head,
            key="reading.head",
            filter_mode=None,
            width=200,
        )
    head = number - 1 if 1 <= number <= heads else None
    shares = by_word(reading(trace.attention, method=method, pooling=pooling, head=head), groups)
    names = [join_pieces(trace.tokens, group) for group in groups]
    own = explain(decision.policy, trace)
    said, layer = words.most_read(shares, names, own.exit_layer), cursor(shown, own.exit_layer)
    scale = words.READING_SCALE.format(low=float(shares.min()), high=float(shares.max()))
    return Figure(
        words.READING_HEADING,
        lambda colours: reading_grid(shares, names, own, cursor=layer, palette=colours),
        f"{words.READING_HEADING}. {said}",
        (words.READING_NOTE, scale, words.READING_POOLED[pooling]),
        shares_table(shares, names),
        (said,),
    )


def _map(trace: LayerTrace, found: StateMap, decision: Decision) -> Figure:
    own = explain(decision.policy, trace)  # the pass that the map belongs to
    said = words.map_said(trace, own)
    return Figure(
        words.MAP_HEADING,
        lambda colours: map_figure(found, trace, own, palette=colours),
        f"{words.MAP_HEADING}. {said} {words.MAP_ALT}",
        (words.MAP_NOTE, words.regions_note(found)),
        map_table(found, trace),
        (said,),
    )
