"""A closer look at a data set: layer by layer, reliability, parts of the texts, and single texts.

Texts are shown as plain text only. They come from the data folder, or the visitor brings them; a
text belongs to a row when its SHA-256 is the stored one.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.shared import sheet
from app.shared import visit as shared
from app.shared.palette import Palette
from app.shared.text import plain_markdown, shorten, visible
from app.shared.widgets import bind, clicks, press, upload
from app.tradeoff import visit
from app.tradeoff import words_closer as words
from app.tradeoff.evaluations import Overview, Setting
from app.tradeoff.figures_layers import (
    SELECTION,
    depth_of_slices,
    layer_strips,
    layer_table,
    trust_figure,
)
from app.tradeoff.panels import INSPECT, show_metrics
from app.tradeoff.rows import (
    DATA_VARIABLE,
    KINDS,
    MAX_BYTES,
    Example,
    RowText,
    Texts,
    examples,
    of_table,
    texts_at_hand,
    texts_of_file,
    texts_of_paste,
)
from app.tradeoff.words import percent
from elbert_core.errors import InputError
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy

_CELL = 300
"""Longest text in a cell of the table; below it a row is shown whole."""
_WHOLE = 5000


@visit.by_itself
def show_layers(overview: Overview, setting: Setting, palette: Palette) -> None:
    """The strips with their cursor, and the layer looked at."""
    n_layers, mine = overview.table.n_layers, visit.current()
    layer = mine.layer(n_layers, setting.busiest)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.subheader(words.LAYERS_HEADING)
        st.caption(words.LAYERS_CAPTION)
        st.vega_lite_chart(
            spec=layer_strips(overview, setting, cursor=layer, palette=palette),
            width="stretch",
            alt=words.layers_alt(overview, setting),
            **clicks(visit.STRIPS, SELECTION, _layer_clicked),
        )
        if n_layers > 1:
            slider = bind({"": layer}, "", "tradeoff.layer", then=mine.look_at)
            st.slider(words.LOOK_AT_LAYER, 1, n_layers, **slider)
    with right:
        _show_trust(overview, layer, palette)
    with st.expander(words.LAYERS_TABLE):
        st.dataframe(
            layer_table(overview, setting),
            hide_index=True,
            width="stretch",
            height="content",
            alt=words.LAYERS_HEADING,
        )


def _layer_clicked(datum: dict[str, Any]) -> None:
    if "layer" in datum:
        visit.current().picked = int(datum["layer"])


def _show_trust(overview: Overview, layer: int, palette: Palette) -> None:
    got, index = overview.reliability, layer - 1
    st.subheader(words.TRUST_HEADING.format(layer=layer))
    st.vega_lite_chart(
        spec=trust_figure(overview, layer, palette=palette),
        width="stretch",
        key="tradeoff.trust",
        alt=words.TRUST_ALT.format(layer=layer, bins=len(got.edges) - 1),
    )
    st.text(words.trust(overview, layer))
    rows = [
        (f"{100 * got.edges[i]:.0f}–{100 * got.edges[i + 1]:.0f}", f"{n:,}", *map(percent, shares))
        for i, (n, *shares) in enumerate(
            zip(got.count[index], got.confidence[index], got.accuracy[index], strict=True)
        )
        if n
    ]
    with st.expander(words.TRUST_TABLE):
        st.html(sheet.table(words.TRUST_COLUMNS, rows))


def show_parts(overview: Overview, setting: Setting, palette: Palette) -> None:
    """What reading on does and how much of it is luck; short and long texts, and each label."""
    st.subheader(words.OVER_HEADING)
    show_metrics(words.overthinking(overview))
    st.subheader(words.SLICES_HEADING, help=words.SLICES_HELP)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.vega_lite_chart(
            spec=depth_of_slices(setting, overview.table.n_layers, palette=palette),
            width="stretch",
            key="tradeoff.slices",
            alt=words.SLICES_ALT,
        )
    with right:
        st.html(sheet.table(words.SLICE_COLUMNS, words.slice_rows(setting)))


@visit.by_itself
def show_rows(overview: Overview, policy: ExitPolicy) -> None:
    """Example rows under a rule, the one looked at, and where texts come from."""
    # two places, so that the box below stays open whatever comes to stand above it
    with st.container():
        _show_found(overview, policy)
    _bring_own(overview.table)


def _show_found(overview: Overview, policy: ExitPolicy) -> None:
    mine, table = visit.current(), overview.table
    st.subheader(words.ROWS_HEADING)
    st.selectbox(
        words.KIND_LABEL,
        KINDS,
        format_func=words.KINDS.__getitem__,
        filter_mode=None,
        width=420,
        **bind(mine, "kind", "tradeoff.rows"),
    )
    found, total = examples(overview, policy, mine.kind)
    if not found:
        st.text(words.NO_ROWS)
        return
    named = {"data": shorten(table.data, 60), "split": shorten(table.split, 60)}
    texts, remark = _texts(table, named)
    said = words.ROWS_SHOWN if total > len(found) else words.ALL_ROWS_SHOWN
    st.text(said.format(shown=len(found), total=total, **named))
    st.dataframe(
        rows_table(found, texts),
        hide_index=True,
        width="stretch",
        height=390 if len(found) > 10 else "content",
        alt=words.ROWS_ALT,
    )
    if remark:
        st.caption(plain_markdown(remark))
    with_text = {one.row: one for one in found if one.digest in texts}
    if with_text:
        _show_one(with_text, texts, table)


def rows_table(found: tuple[Example, ...], texts: Texts) -> dict[str, list[object]]:
    """The rows by column; the text only where some are at hand."""
    rows = [
        (
            one.row,
            _cell(texts.get(one.digest)),
            *(shorten(label, 40) for label in (one.gold, one.answer, one.full)),
            one.exit_layer,
            round(100 * one.confidence, 1),
        )
        for one in found
    ]
    columns = sheet.by_column(words.ROW_COLUMNS, rows)
    if not texts:
        del columns[words.ROW_COLUMNS[1]]
    return columns


def _cell(text: RowText | None) -> str:
    if text is None:
        return words.UNKNOWN
    return visible(text.whole.replace("\n", words.PAIR_MARK), limit=_CELL)


def _show_one(rows: dict[int, Example], texts: Texts, table: EvaluationTable) -> None:
    def option(number: int) -> str:
        text = " ".join(texts[rows[number].digest].whole.split())
        return words.ROW_OPTION.format(row=number, text=visible(text, limit=90))

    mine = visit.current()
    st.selectbox(
        words.ROW_LABEL,
        tuple(rows),
        format_func=option,
        filter_mode=None,
        **bind(mine, "row", "tradeoff.row", among=tuple(rows)),
    )
    text = texts[rows[mine.row].digest]
    with st.container(border=True):
        st.text(visible(text.whole, limit=_WHOLE))
    st.text(words.about_row(rows[mine.row]))
    if text.pair is not None:
        st.caption(words.PAIRS)
        return
    locked = "sentence" in shared.state().lock
    if st.button(
        words.INSPECT,
        icon=":material/visibility:",
        help=words.LOCKED if locked else words.INSPECT_HELP,
        disabled=locked,
        key="tradeoff.inspect_row",
    ):
        shared.bring(text.text, checkpoint=table.checkpoint)
        st.switch_page(INSPECT)


def _texts(table: EvaluationTable, named: dict[str, str]) -> tuple[Texts, str]:
    """Texts at hand for the table's rows, and what to tell about the rest."""
    own = of_table(visit.current().texts, table)
    try:
        stored = texts_at_hand(table)
    except InputError as error:
        return own, words.BAD_TEXTS.format(message=visible(str(error), limit=200), **named)
    if stored or own:
        return {**(stored or {}), **own}, ""
    remark = words.NO_TEXTS if stored is None else words.OTHER_TEXTS
    return {}, remark.format(variable=DATA_VARIABLE, **named)


def _bring_own(table: EvaluationTable) -> None:
    mine = visit.current()

    def pasted() -> None:
        text = str(st.session_state["tradeoff.paste"] or "")
        mine.take_texts(table, lambda: texts_of_paste(text))

    def opened(given: Any) -> None:
        if given is not None:
            mine.take_texts(table, lambda: texts_of_file(given.name, given.read(MAX_BYTES + 1)))

    with st.expander(words.OWN_HEADING):
        st.caption(words.OWN_HELP)
        with st.form("tradeoff.own_form", border=False):
            st.text_area(words.PASTE_LABEL, key="tradeoff.paste", height=100)
            st.form_submit_button(words.PASTE_BUTTON, key="tradeoff.look_for", **press(pasted))
        st.file_uploader(
            words.FILE_LABEL,
            type=["txt", "tsv", "csv", "jsonl"],
            help=words.FILE_HELP,
            **upload("tradeoff.texts", opened),
        )
    if mine.said:
        st.info(plain_markdown(mine.said))
