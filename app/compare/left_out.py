"""Which word moves the exit: the sentence without each of its words, and with another word."""

from __future__ import annotations

from zlib import crc32

import streamlit as st

from app.compare import visit, words
from app.compare.figures import word_effects
from app.shared import resources
from app.shared.figure_panel import show_figure
from app.shared.palette import Palette
from app.shared.sheet import Figure, by_column
from app.shared.text import plain_markdown
from app.shared.widgets import press, warn
from app.shared.words import NEEDS_MODEL
from elbert_core.policies import ExitPolicy
from elbert_core.reading.left_out import Ablation
from elbert_core.reading.words import Word
from elbert_core.results import LayerTrace

_SWAP_FOR = "compare.swap_for"


def show_words(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The button, and once it was pressed the figure, its sentence and its table."""
    st.text(words.WORDS_INTRO)
    mine, chosen, result = visit.current(), visit.words_of(trace), None
    if not resources.checkpoint_names():
        st.info(NEEDS_MODEL)
        return None
    if len(chosen) < 2:
        st.info(words.ONE_WORD)
        return None
    if st.button(words.WORDS_BUTTON, help=words.WORDS_HELP, key="compare.leave_out"):
        mine.read_without_words(trace)
    if mine.message:
        warn(mine.message)
    read = mine.without_words(trace)
    if read is not None:
        result = words_figure(read.effects(policy), trace)
        show_figure(result, palette, key="compare.words", table=words.WORDS_TABLE)
        if len(chosen) == words.MAX_WORDS:
            st.caption(words.WORDS_CUT)
    _swap(trace, chosen)
    return result


def words_figure(found: Ablation, trace: LayerTrace) -> Figure:
    """What each word does, drawn, said and by column."""
    said = words.ablation_sentence(found, trace)
    rows = [
        (e.word, e.exit_layer, e.exit_change, trace.label_names[e.label], round(e.area_change, 4))
        for e in found.effects
    ]
    return Figure(
        words.WORDS_TITLE,
        lambda colours: word_effects(found, trace, palette=colours),
        f"{said} The table below has every word.",
        (words.AREA_HELP,),
        by_column(words.WORDS_COLUMNS, rows),
        (said,),
    )


def _swap(trace: LayerTrace, chosen: tuple[Word, ...]) -> None:
    st.markdown(f"**{words.SWAP_HEADING}**")
    # another sentence has other words, so it is another widget
    key = f"compare.swap_word.{crc32(trace.text.encode())}"

    def swapped() -> None:
        word = chosen[int(st.session_state[key])]
        visit.current().swap(trace, word, str(st.session_state[_SWAP_FOR]))

    with st.form("compare.swap", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        row.selectbox(
            words.SWAP_WORD,
            range(len(chosen)),
            format_func=lambda number: plain_markdown(chosen[number].text),
            key=key,
            filter_mode=None,
        )
        row.text_input(words.SWAP_FOR, key=_SWAP_FOR, max_chars=60)
        row.form_submit_button(words.SWAP_BUTTON, key="compare.swap_read", **press(swapped))
