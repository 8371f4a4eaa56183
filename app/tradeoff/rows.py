"""Single texts of the table under the setting in use, by number and, where at hand, by text.

Texts are shown as plain text only. They come from the data folder, or the visitor brings them; a
text belongs to a row when its SHA-256 is the stored one.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.shared import visit as shared
from app.shared.text import plain_markdown, visible
from app.shared.widgets import bind, press, upload
from app.tradeoff import row_texts, visit
from app.tradeoff import words_closer as words
from app.tradeoff.evaluations import Overview
from app.tradeoff.examples import KINDS, Examples, examples
from app.tradeoff.row_texts import DATA_VARIABLE, RowText, Texts
from elbert_core.errors import InputError
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy

INSPECT = "app/inspect/page.py"
KIND = "tradeoff.rows"
ROW = "tradeoff.row"
PASTE = "tradeoff.paste"
FILE = "tradeoff.texts"
_CELL = 300
"""Longest text in a cell of the table; below it a row is shown whole."""
_WHOLE = 5000
_HEIGHT = 390


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
        format_func=lambda name: words.KINDS[name],
        filter_mode=None,
        width=420,
        **bind(mine, "kind", KIND),
    )
    found = examples(overview, policy, mine.kind)
    texts, remark = _texts(table)
    if not found.rows:
        st.text(words.NO_ROWS)
    else:
        named = {"data": visible(table.data, limit=60), "split": visible(table.split, limit=60)}
        said = words.ROWS_SHOWN if found.total > len(found.rows) else words.ALL_ROWS_SHOWN
        st.text(said.format(shown=len(found.rows), total=found.total, **named))
        st.dataframe(
            rows_table(found, texts),
            hide_index=True,
            width="stretch",
            height=_HEIGHT if len(found.rows) > 10 else "content",
            alt=words.ROWS_ALT,
        )
        if remark:
            st.caption(plain_markdown(remark))
        if texts:
            _show_one(found, texts, table)


def rows_table(found: Examples, texts: Texts) -> dict[str, list[object]]:
    """The rows by column; the text only where some are at hand."""
    columns: list[list[object]] = [
        [one.row for one in found.rows],
        [_cell(texts.get(one.digest)) for one in found.rows],
        [_name(one.gold) for one in found.rows],
        [_name(one.answer) for one in found.rows],
        [_name(one.full) for one in found.rows],
        [one.exit_layer for one in found.rows],
        [round(100 * one.confidence, 1) for one in found.rows],
    ]
    by_name = dict(zip(words.ROW_COLUMNS, columns, strict=True))
    return by_name if texts else {n: c for n, c in by_name.items() if n != words.ROW_COLUMNS[1]}


def _show_one(found: Examples, texts: Texts, table: EvaluationTable) -> None:
    rows = {one.row: one for one in found.rows if one.digest in texts}
    if not rows:
        return
    mine = visit.current()
    st.selectbox(
        words.ROW_LABEL,
        tuple(rows),
        format_func=lambda number: _option(number, texts[rows[number].digest]),
        filter_mode=None,
        **bind(mine, "row", ROW, among=tuple(rows)),
    )
    one, text = rows[mine.row], texts[rows[mine.row].digest]
    with st.container(border=True):
        st.text(visible(text.whole, limit=_WHOLE))
    st.text(words.about_row(one))
    _offer_inspect(text, table)


def _offer_inspect(text: RowText, table: EvaluationTable) -> None:
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


def _bring_own(table: EvaluationTable) -> None:
    with st.expander(words.OWN_HEADING):
        st.caption(words.OWN_HELP)
        with st.form("tradeoff.own_form", border=False):
            st.text_area(words.PASTE_LABEL, key=PASTE, height=100)
            looked_for = press(_pasted, table)
            st.form_submit_button(words.PASTE_BUTTON, key="tradeoff.look_for", **looked_for)
        st.file_uploader(
            words.FILE_LABEL,
            type=["txt", "tsv", "csv", "jsonl"],
            help=words.FILE_HELP,
            **upload(FILE, lambda given: _opened(table, given)),
        )
    if visit.current().said:
        st.info(plain_markdown(visit.current().said))


def _pasted(table: EvaluationTable) -> None:
    pasted = str(st.session_state[PASTE] or "")
    visit.current().take_texts(table, lambda: row_texts.texts_of_paste(pasted))


def _opened(table: EvaluationTable, given: Any) -> None:
    if given is not None:
        content = given.read(row_texts.MAX_BYTES + 1)
        visit.current().take_texts(table, lambda: row_texts.texts_of_file(given.name, content))


def _texts(table: EvaluationTable) -> tuple[Texts, str]:
    """Texts at hand for the table's rows, and what to tell about the rest."""
    named = {"data": visible(table.data, limit=60), "split": visible(table.split, limit=60)}
    own = row_texts.of_table(visit.current().texts, table)
    try:
        stored = row_texts.texts_at_hand(table)
    except InputError as error:
        return own, words.BAD_TEXTS.format(message=visible(str(error), limit=200), **named)
    found = {**(stored or {}), **own}
    if found:
        return found, ""
    if stored is None:
        return found, words.NO_TEXTS.format(variable=DATA_VARIABLE, **named)
    return found, words.OTHER_TEXTS.format(**named)


def _option(row: int, text: RowText) -> str:
    return words.ROW_OPTION.format(row=row, text=visible(" ".join(text.whole.split()), limit=90))


def _cell(text: RowText | None) -> str:
    if text is None:
        return words.UNKNOWN
    return visible(text.whole.replace("\n", words.PAIR_MARK), limit=_CELL)


def _name(label: str) -> str:
    return visible(label, limit=40)
