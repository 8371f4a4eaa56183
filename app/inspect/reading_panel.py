"""What it had read by each layer: attention followed back to the words, on request."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.inspect import words
from app.inspect.reading_grid import reading_grid
from app.inspect.second_pass import second_pass
from app.inspect.visit import cursor
from app.shared import resources
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.sheet import Figure
from app.shared.state import Shown
from app.shared.text import piece
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.attention import Method, Pooling, by_word, reading
from elbert_core.reading.words import group_pieces, join_pieces
from elbert_core.results import LayerTrace

_METHOD = "reading.method"
_HEAD = "reading.head"
METHODS: tuple[Method, ...] = ("rollout", "raw")
MAX_ROWS = 60
"""Words drawn at most; longer texts are said to be too long."""


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
        return None if found is None else _show(shown, *found, decision, palette)


def _show(
    shown: Shown, trace: LayerTrace, pooling: Pooling, decision: Decision, palette: Palette
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
            format_func=lambda name: words.READING_METHODS[name],
            key=_METHOD,
            default="rollout",
            required=True,
            help=words.READING_METHOD_HELP,
        )
        head = st.selectbox(
            words.READING_HEAD,
            range(heads + 1),
            format_func=_head_name,
            key=_HEAD,
            filter_mode=None,
            width=200,
        )
    shares = by_word(
        reading(
            trace.attention,
            method=method,
            pooling=pooling,
            head=head - 1 if 1 <= head <= heads else None,
        ),
        groups,
    )
    names = [join_pieces(trace.tokens, group) for group in groups]
    own = explain(decision.policy, trace)
    said = most_read(shares, names, own.exit_layer)
    layer = cursor(shown, own.exit_layer)
    found = Figure(
        words.READING_HEADING,
        lambda colours: reading_grid(shares, names, own, cursor=layer, palette=colours),
        f"{words.READING_HEADING}. {said}",
        (
            words.READING_NOTE,
            words.READING_SCALE.format(low=float(shares.min()), high=float(shares.max())),
            words.READING_POOLED[pooling],
        ),
        shares_table(shares, names),
    )
    st.text(said)
    st.vega_lite_chart(spec=found.draw(palette), width="stretch", key="reading.grid", alt=found.alt)
    for note in found.notes:
        st.caption(note)
    st.badge(common.MODES["replayed"], color="blue", help=common.MODE_HELP["replayed"])
    if st.toggle(words.READING_TABLE, key="reading.table"):
        st.dataframe(found.table, hide_index=True, width="stretch", alt=words.READING_TABLE)
    return found


def most_read(shares: NDArray[np.float64], names: list[str], layer: int) -> str:
    """The rows to which most goes back at a layer, the strongest first."""
    at = shares[layer - 1]
    listed = ", ".join(f"{piece(names[i])} {at[i]:.2f}" for i in np.argsort(-at, kind="stable")[:3])
    return f"By layer {layer}, where it stops, most read are: {listed}."


def shares_table(shares: NDArray[np.float64], names: list[str]) -> dict[str, list[object]]:
    """The grid by column: a word, then its share in each layer."""
    table: dict[str, list[object]] = {words.READING_WORD: [piece(name) for name in names]}
    for layer, row in enumerate(shares, start=1):
        table[str(layer)] = [round(float(share), 4) for share in row]
    return table


def _head_name(number: int) -> str:
    return words.READING_ONE_HEAD.format(number=number) if number else words.READING_ALL_HEADS
