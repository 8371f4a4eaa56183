"""Which word moves the exit: the sentence without each of its words, and with another word."""

from __future__ import annotations

from zlib import crc32

import streamlit as st

from app.compare import session as visit
from app.compare.figures import word_effects
from app.shared import narration_compare as narration
from app.shared import resources, wording
from app.shared import wording_compare as words
from app.shared.palette import Palette
from app.shared.sheet import Figure
from app.shared.text import check_text, plain_markdown
from elbert_core.policies import ExitPolicy
from elbert_core.reading.left_out import Ablation
from elbert_core.results import LayerTrace

_SWAP_FOR = "compare.swap_for"


def show_words(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The button, and once it was pressed the figure, its sentence and its table."""
    st.text(words.WORDS_INTRO)
    if not resources.checkpoint_names():
        st.info(words.NEEDS_MODEL)
        return None
    # of an opened file the text could be anything
    if trace.text_pair is not None or check_text(trace.text).problem is not None:
        st.info(words.READING_REFUSED)
        return None
    chosen = visit.words_of(trace)
    if len(chosen) < 2:
        st.info(words.ONE_WORD)
        return None
    if st.button(words.WORDS_BUTTON, help=words.WORDS_HELP, key="compare.leave_out"):
        with st.spinner(wording.READING):
            visit.read_without_each_word(trace)
    problem = visit.message()
    if problem is not None:
        st.warning(plain_markdown(problem))
    read, result = visit.left_out(trace), None
    if read is not None:
        result = _show(read.effects(policy), trace, palette)
        if len(chosen) == words.MAX_WORDS:
            st.caption(words.WORDS_CUT)
    _swap(trace)
    return result


def _show(found: Ablation, trace: LayerTrace, palette: Palette) -> Figure:
    said = narration.ablation_sentence(found, trace)
    result = Figure(
        words.WORDS_TITLE,
        lambda colours: word_effects(found, trace, palette=colours),
        f"{said} The table below has every word.",
        (words.AREA_HELP,),
        words_table(found, trace),
        (said,),
    )
    st.text(said)
    st.markdown(f"**{words.WORDS_TITLE}**")
    st.vega_lite_chart(
        spec=result.draw(palette), width="stretch", key="compare.words", alt=result.alt
    )
    st.caption(words.AREA_HELP)
    with st.expander(words.WORDS_TABLE):
        st.dataframe(result.table, hide_index=True, width="stretch", alt=words.WORDS_TABLE)
    return result


def words_table(found: Ablation, trace: LayerTrace) -> dict[str, list[object]]:
    """The words by column."""
    columns: list[list[object]] = [
        [one.word for one in found.effects],
        [one.exit_layer for one in found.effects],
        [one.exit_change for one in found.effects],
        [trace.label_names[one.label] for one in found.effects],
        [round(one.area_change, 4) for one in found.effects],
    ]
    return dict(zip(words.WORDS_COLUMNS, columns, strict=True))


def _swap(trace: LayerTrace) -> None:
    st.markdown(f"**{words.SWAP_HEADING}**")
    chosen = visit.words_of(trace)
    with st.form("compare.swap", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        row.selectbox(
            words.SWAP_WORD,
            range(len(chosen)),
            format_func=lambda number: plain_markdown(chosen[number].text),
            key=_word_key(trace),
            filter_mode=None,
        )
        row.text_input(words.SWAP_FOR, key=_SWAP_FOR, max_chars=60)
        row.form_submit_button(
            words.SWAP_BUTTON, key="compare.swap_read", on_click=lambda: _swapped(trace)
        )


def _swapped(trace: LayerTrace) -> None:
    word = visit.words_of(trace)[int(st.session_state[_word_key(trace)])]
    visit.swap(trace, word, str(st.session_state[_SWAP_FOR]))


def _word_key(trace: LayerTrace) -> str:
    # another sentence has other words, so it is another widget
    return f"compare.swap_word.{crc32(trace.text.encode())}"
