"""Rows of a table that show what a setting does, and their texts.

Whose answer changed, who left first, who last comes row by row from a replay. A table holds no
texts: they come from a local folder of data sets or from what a visitor brings, and a text belongs
to a row only when its SHA-256 is the stored one; its place in a file counts for nothing. What a
visitor brings is not kept here. Knows no Streamlit.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np

from app.tradeoff.evaluations import Overview
from elbert_core.data.rows import TABLE_SUFFIXES, read_records, well_formed
from elbert_core.data.texts import load_table
from elbert_core.errors import InputError
from elbert_core.evaluation.tables import EvaluationTable, text_digest
from elbert_core.policies import ExitPolicy, replay

Kind = Literal["changed", "lost", "won", "first", "last"]
KINDS: tuple[Kind, ...] = ("changed", "lost", "won", "first", "last")
"""Another answer than full depth; a right one lost; a wrong one put right; soonest; latest."""
MOST = 500
"""Rows listed at once; the table scrolls."""
DATA_VARIABLE = "ELBERT_DATA"
"""Environment variable that names the folder of data sets, one folder each."""
MAX_BYTES = 5_000_000
"""Largest file or paste that is searched for texts."""
MAX_SPLIT_BYTES = 200_000_000
"""Largest file of a split that is read."""
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_TYPES = (".txt", ".tsv", ".csv", ".jsonl")


@dataclass(frozen=True, slots=True)
class Example:
    """One row under a setting.

    Attributes:
        row: its number in the split, from 0.
        digest: SHA-256 of its text.
        gold, answer, full: names of the right label, the setting's and full depth's.
        exit_layer: layers read.
        confidence: of the answer, in [0, 1].
    """

    row: int
    digest: bytes
    gold: str
    answer: str
    full: str
    exit_layer: int
    confidence: float


def examples(
    overview: Overview, policy: ExitPolicy, kind: Kind, *, most: int = MOST
) -> tuple[tuple[Example, ...], int]:
    """Rows of a kind, the first few by row number, and how many there are."""
    table = overview.table
    exits, full = replay(policy, overview.signals), overview.signals.label[-1]
    masks = {
        "changed": exits.label != full,
        "lost": (full == table.gold) & (exits.label != table.gold),
        "won": (full != table.gold) & (exits.label == table.gold),
        "first": exits.exit_layer == exits.exit_layer.min(),
        "last": exits.exit_layer == exits.exit_layer.max(),
    }
    found = np.flatnonzero(masks[kind])
    names = table.label_names
    rows = tuple(
        Example(
            row=int(table.row[index]),
            digest=table.text_sha256[index].tobytes(),
            gold=names[int(table.gold[index])],
            answer=names[int(exits.label[index])],
            full=names[int(full[index])],
            exit_layer=int(exits.exit_layer[index]),
            confidence=float(overview.signals.confidence[exits.exit_layer[index] - 1, index]),
        )
        for index in found[:most]
    )
    return rows, len(found)


@dataclass(frozen=True, slots=True)
class RowText:
    """The text of a row, and the second one of a pair."""

    text: str
    pair: str | None = None

    @property
    def whole(self) -> str:
        """Both texts, one under the other."""
        return self.text if self.pair is None else f"{self.text}\n{self.pair}"


Texts = dict[bytes, RowText]
"""Texts by their digest, see `elbert_core.evaluation.tables.text_digest`."""


def data_folder() -> Path:
    """Where data sets are looked for."""
    default = Path(__file__).resolve().parents[3] / "shared" / "data"
    return Path(os.environ.get(DATA_VARIABLE, "") or default)


def split_file(data: str, split: str) -> Path | None:
    """The file of a split below the data folder, None when it is not there.

    Args:
        data: name of the data set as a table has it; the table may be a stranger's, so anything
            but a plain name finds nothing.
        split: likewise, the name of its split.
    """
    if not re.fullmatch(_NAME, data) or not re.fullmatch(_NAME, split):
        return None
    folder = data_folder() / data
    found = (folder / f"{split}{suffix}" for suffix in TABLE_SUFFIXES)
    return next((path for path in found if path.is_file()), None)


def texts_at_hand(table: EvaluationTable) -> Texts | None:
    """The texts of a table's rows from the data folder; None when the split is not there.

    Raises:
        InputError: the file is damaged or too large.
    """
    path = split_file(table.data, table.split)
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"cannot read {path.name}: {error.strerror or error}") from error
    if status.st_size > MAX_SPLIT_BYTES:
        raise InputError(f"{path.name} has more than {MAX_SPLIT_BYTES // 1_000_000} MB")
    try:
        found = _read_split(str(path), table.split, status.st_mtime_ns)
    except InputError as error:  # where the folder lies is nothing for visitors
        raise InputError(str(error).replace(f"{path.parent}{os.sep}", "")) from error
    return of_table(found, table)


def of_table(texts: Texts, table: EvaluationTable) -> Texts:
    """Those texts that the table's rows have."""
    return {digest: texts[digest] for digest in digests(table) if digest in texts}


def digests(table: EvaluationTable) -> list[bytes]:
    """The digest of every row."""
    return [row.tobytes() for row in table.text_sha256]


def texts_of_paste(pasted: str) -> Texts:
    """Every line of a pasted text, whole and cut at its tabs.

    Raises:
        InputError: too long.
    """
    if len(pasted) > MAX_BYTES:
        raise InputError(f"at most {MAX_BYTES:,} characters can be searched, got {len(pasted):,}")
    return _by_digest(_cells([line, *line.split("\t")]) for line in pasted.splitlines())


def texts_of_file(name: str, content: bytes) -> Texts:
    """Everything in a file that may be a text: lines, cells, neighbours as pairs.

    Args:
        name: ends in .txt, .tsv, .csv or .jsonl.
        content: as `elbert_core.data.rows` reads it.

    Raises:
        InputError: another kind of file, too large, or damaged.
    """
    if len(content) > MAX_BYTES:
        raise InputError(f"at most {MAX_BYTES // 1_000_000} MB can be searched")
    # packed files could unpack to any size
    if not name.lower().endswith(_TYPES) or content.startswith(b"\x1f\x8b"):
        raise InputError(f"texts come in files of type {', '.join(_TYPES)}, got {name[-20:]!r}")
    return _by_digest(_cells(_strings(one)) for _, one in read_records(io.BytesIO(content), name))


@lru_cache(maxsize=2)
def _read_split(path: str, split: str, stamp: int) -> Texts:  # noqa: ARG001  # part of the key
    rows = load_table(Path(path).parent, split)
    pairs: Sequence[str | None] = rows.pairs or [None] * len(rows)
    return _by_digest([[RowText(*row) for row in zip(rows.texts, pairs, strict=True)]])


def _cells(cells: Iterable[str]) -> Iterator[RowText]:
    """Cells and neighbouring cells, also without the white space around them."""
    given = [cell for cell in cells if cell.strip()]
    for one in given:
        for text in {one, one.strip()}:
            yield RowText(text)
    for first, second in pairwise(given):
        yield RowText(first, second)


def _strings(row: object) -> list[str]:
    if isinstance(row, str):  # a line of plain text
        return [row, *row.split("\t")]
    values = row.values() if isinstance(row, dict) else row if isinstance(row, list) else ()
    return [well_formed(value) for value in values if isinstance(value, str)]


def _by_digest(rows: Iterable[Iterable[RowText]]) -> Texts:
    return {text_digest(one.text, one.pair): one for row in rows for one in row}
