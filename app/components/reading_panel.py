"""What it had read by each layer: attention followed back to the words, on request."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from app import resources, wording
from app import wording_compare as words
from app.charts.palette import Palette
from app.charts.reading_grid import reading_grid
from app.components import session
from app.inputs import check_text, piece, plain_markdown
from elbert_core.attention import Method, Pooling, by_word, reading
from elbert_core.errors import ElbertError
from elbert_core.explanation import Decision, explain
from elbert_core.results import LayerTrace
from elbert_core.words import group_pieces, join_pieces

_READ = "reading.read"
_METHOD = "reading.method"
_HEAD = "reading.head"
METHODS: tuple[Method, ...] = ("rollout", "raw")
MAX_ROWS = 60
"""Words drawn at most; longer texts are said to be too long."""


@dataclass(frozen=True, slots=True)
class Read:
    """A pass whose attention was kept, and what the exit heads read of a layer."""

    text: str
    trace: LayerTrace
    pooling: Pooling


def show_reading(trace: LayerTrace, decision: Decision, palette: Palette) -> None:
    """An expander with a button; once pressed, the grid, its switches and its table."""
    with st.expander(words.READING_HEADING, key="reading.open"):
        if not resources.checkpoint_names():
            st.text(words.NEEDS_MODEL)
            return
        read: Read | None = st.session_state.get(_READ)
        if read is None or read.text != trace.text:
            st.text(words.READING_NOTE)
            if not st.button(words.READING_BUTTON, key="reading.button"):
                return
            with st.spinner(wording.READING):
                read = _read(trace)
            if read is None:
                return
            st.rerun()
        _show(read, decision, palette)


def _read(trace: LayerTrace) -> Read | None:
    checked = check_text(trace.text)  # of an opened file it could be anything
    try:
        if checked.problem is not None or trace.text_pair is not None:
            st.warning(words.READING_REFUSED)
            return None
        found, pooling = resources.read_attention(
            session.checkpoint(), session.device(), checked.text
        )
    except ElbertError as error:
        st.warning(plain_markdown(str(error)))
        return None
    read = Read(trace.text, found, pooling)
    st.session_state[_READ] = read
    return read


def _show(read: Read, decision: Decision, palette: Palette) -> None:
    trace = read.trace
    groups = group_pieces(trace.tokens)
    if trace.attention is None or len(groups) > MAX_ROWS:
        st.text(words.READING_LONG)
        return
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
            pooling=read.pooling,
            head=head - 1 if 1 <= head <= heads else None,
        ),
        groups,
    )
    names = [join_pieces(trace.tokens, group) for group in groups]
    own = explain(decision.policy, trace)
    at = shares[own.exit_layer - 1]
    real = [i for i, name in enumerate(names) if name[:1].isalnum()]
    most = sorted(real, key=lambda i: -at[i])[:3]
    listed = ", ".join(f"{piece(names[i])} {at[i]:.2f}" for i in most)
    said = f"By layer {own.exit_layer}, where it stops, the words most read are: {listed}."
    st.text(said)
    st.vega_lite_chart(
        spec=reading_grid(
            shares,
            names,
            own,
            cursor=min(int(st.session_state.get(session.CURSOR, own.exit_layer)), trace.n_layers),
            palette=palette,
        ),
        width="stretch",
        key="reading.grid",
        alt=f"{words.READING_HEADING}. {said}",
    )
    st.caption(words.READING_NOTE)
    st.caption(words.READING_SCALE.format(low=float(shares.min()), high=float(shares.max())))
    st.caption(words.READING_POOLED[read.pooling])
    st.badge(wording.MODES["replayed"], color="blue", help=wording.MODE_HELP["replayed"])
    table: dict[str, list[object]] = {words.READING_WORD: [piece(name) for name in names]}
    for layer in range(trace.n_layers):
        table[str(layer + 1)] = [round(float(share), 4) for share in shares[layer]]
    if st.toggle(words.READING_TABLE, key="reading.table"):
        st.dataframe(table, hide_index=True, width="stretch", alt=words.READING_TABLE)


def _head_name(number: int) -> str:
    return words.READING_ONE_HEAD.format(number=number) if number else words.READING_ALL_HEADS
