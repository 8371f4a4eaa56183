"""The one checked reader of rows: CSV, TSV, JSON lines, plain text and Parquet, gzipped or not.

Nothing is guessed, cut or dropped in silence: a row that does not fit is refused in one line that
names file, line, row and column. Text is UTF-8 with or without a byte order mark (UTF-16 with one);
lines end in LF, CRLF or CR; a blank line holds no row but is counted, so that numbers are those of
the file.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, cast

from elbert_core.errors import InputError
from elbert_core.strict_json import no_repeats

TABLE_SUFFIXES = (".tsv.gz", ".tsv", ".csv.gz", ".csv", ".jsonl.gz", ".jsonl", ".parquet")
SUFFIXES = (*TABLE_SUFFIXES, ".txt.gz", ".txt")
"""Endings of files that are read. TSV is read without quoting; a line of TXT is a text."""

TEXT_COLUMNS: tuple[tuple[str, ...], ...] = (
    ("text", "text_b"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("question1", "question2"),
    ("text",),
    ("sentence",),
)
"""Column names that data sets use for their one or two texts; the first fit counts."""

BLANK = ()
"""What `read_records` gives for a blank line."""

MAX_CELL = 10_000_000
"""Longest cell, in characters: a quote that is never closed ends here at the latest."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_UNLABELLED = re.compile(r"-\d+(\.0*)?|nan", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with its place in the file.

    Attributes:
        source: name of the file or data set.
        number: place among the rows, from 0; blank lines are counted, a header is not.
        line: line of the file on which it begins, from 1; None where there are no lines.
        values: cells by column.
    """

    source: str
    number: int
    line: int | None
    values: Mapping[str, Any]

    def refuse(self, problem: str) -> NoReturn:
        """Raise InputError: where the row stands and what is wrong with it."""
        raise InputError(f"{_where(self.source, self.number, self.line)} {problem}")

    def text_columns(self) -> tuple[str, ...]:
        """Names of the columns with the one or two texts.

        Raises:
            InputError: there are none.
        """
        fitting = [columns for columns in TEXT_COLUMNS if self.values.keys() >= set(columns)]
        if not fitting:
            self.refuse(f"needs a column 'text' (and 'text_b' for pairs), got {some(self.values)}")
        return fitting[0]

    def text(self, column: str) -> str:
        """A text with at least one visible character, lone surrogates replaced.

        Raises:
            InputError: it is missing, blank, no text, or holds the character NUL.
        """
        value = self.values.get(column)
        if _is_missing(value):
            self.refuse(f"has no text in column {column!r}")
        if not isinstance(value, str) or "\0" in value:
            self.refuse(f"must have a text in column {column!r}, got {short(value)}")
        return well_formed(value)

    def label(self, known: Iterable[str] = (), column: str = "label") -> str:
        """The label's name, without white space around it; whole numbers are names as well.

        Args:
            known: names of labels; a negative number is one only if it is among them.
            column: where it stands.

        Raises:
            InputError: it is missing, a mark for a missing one (-1, NaN), or no name.
        """
        if column not in self.values:
            self.refuse(f"needs a column {column!r}, got {some(self.values)}")
        value = self.values[column]
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # columns with gaps turn whole numbers into fractions
        if _is_missing(value):
            self.refuse(f"has no label (column {column!r} is {short(value)})")
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            self.refuse(f"must have a name or a number in column {column!r}, got {short(value)}")
        name = well_formed(str(value).strip())
        if name not in tuple(known) and _UNLABELLED.fullmatch(name):
            self.refuse(f"has no label (column {column!r} is {name})")
        return name


def read_rows(path: str | Path) -> Iterator[Row]:
    """Rows of a file, one at a time.

    Raises:
        InputError: the file is missing, damaged, of another kind, or a row does not fit.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: give one of its files")
    try:
        if path.suffix.lower() == ".parquet":
            yield from _parquet_rows(path)
            return
        with path.open("rb") as stream:
            yield from rows_of(stream, str(path))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def checked_texts(rows: Iterable[Row]) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """Rows with their one or two texts; all rows must have the same text columns.

    Raises:
        InputError: a row has others, or a text is missing.
    """
    columns: tuple[str, ...] = ()
    for row in rows:
        here = row.text_columns()
        columns = columns or here
        if here != columns:
            lacks = [column for column in columns if column not in here]
            change = f"lacks {some(lacks)}" if lacks else f"has {some(here)}"
            row.refuse(f"{change}, the rows before it have {some(columns)}")
        yield row, tuple(row.text(column) for column in columns)


def rows_of(stream: BinaryIO, name: str) -> Iterator[Row]:
    """Rows of an open file; its name tells the kind.

    Raises:
        InputError: as `read_rows`, except for Parquet, which is of another kind here.
    """
    number, header = 0, None
    for line, record in read_records(stream, name):
        if isinstance(record, list) and header is None and _kind(name) in (".csv", ".tsv"):
            header = _header(record, f"{name}, line {line}")
            continue
        if record is not BLANK:
            where = _where(name, number, line)
            if isinstance(record, str):
                record = {"text": record.strip()}
            elif header is not None:
                record = _fitted(record, header, where)
            elif not isinstance(record, dict):
                raise InputError(f"{where} must be a JSON object, got {short(record)}")
            yield Row(name, number, line, record)
        number += header is not None or _kind(name) in (".jsonl", ".txt")


def read_records(stream: BinaryIO, name: str) -> Iterator[tuple[int, Any]]:
    """Line number and content of what a file holds, rows or not: cells, JSON values, lines.

    Args:
        stream: the file's bytes, gzipped or not.
        name: ends in one of `SUFFIXES`, but for Parquet.

    Raises:
        InputError: another kind of file, or a damaged one.
    """
    kind = _kind(name)
    lines = _lines(stream, name)
    if kind == ".txt":
        for number, line in enumerate(lines, start=1):
            yield number, line.rstrip("\r\n") if line.strip() else BLANK
    elif kind == ".jsonl":
        for number, line in enumerate(lines, start=1):
            yield number, _json(line, f"{name}, line {number}") if line.strip() else BLANK
    else:
        csv.field_size_limit(MAX_CELL)
        reader = (
            csv.reader(lines, strict=True)
            if kind == ".csv"
            else csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        )
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise InputError(
                    f'{name}, line {number} is no row of {kind[1:]} (is a quote " missing or too '
                    f"many?): {error}"
                ) from error
            if cells is None:
                return
            yield number, cells or BLANK


def well_formed(text: str) -> str:
    """The text with surrogates joined to characters, and lone ones replaced by U+FFFD."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def some(names: Iterable[str], most: int = 6) -> str:
    """Names for a message: the first few, and how many there are."""
    given = list(names)
    more = f", ... ({len(given)} in all)" if len(given) > most else ""
    return ", ".join(well_formed(name)[:40] for name in given[:most]) + more


def short(value: object) -> str:
    """A value for a message."""
    if isinstance(value, (list, dict)):
        return f"a {'list' if isinstance(value, list) else 'JSON object'} of {len(value)}"
    shown = "null" if value is None else ascii(value) if isinstance(value, str) else str(value)
    return shown if len(shown) <= 40 else f"{shown[:40]}..."


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    opened = io.BufferedReader(cast(io.RawIOBase, stream))
    if opened.peek(2)[:2] == b"\x1f\x8b":
        opened = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=opened)))
    elif name.lower().endswith(".gz"):
        raise InputError(f"cannot read {name}: it is not gzipped")
    number = 0
    try:
        marked = opened.peek(2)[:2] in (b"\xff\xfe", b"\xfe\xff")
        text = io.TextIOWrapper(
            opened, "utf-16" if marked else "utf-8-sig", errors="surrogateescape", newline=""
        )
        for number, line in enumerate(text, start=1):
            if "\0" in line:
                raise InputError(f"{name}, line {number} holds the character NUL: is it text?")
            if _SURROGATE.search(line):
                raise InputError(f"{name}, line {number} is not UTF-8")
            yield line
    except (OSError, EOFError, UnicodeError, zlib.error) as error:
        raise InputError(f"cannot read {name} after line {number}: {error}") from error


def _kind(name: str) -> str:
    bare = name.lower().removesuffix(".gz")
    for kind in (".csv", ".tsv", ".jsonl", ".txt"):
        if bare.endswith(kind):
            return kind
    raise InputError(f"{name} must end in one of {', '.join(SUFFIXES)}")


def _json(line: str, where: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=no_repeats)
    except RecursionError as error:
        raise InputError(f"{where} is nested too deeply") from error
    except ValueError as error:  # also JSONDecodeError and numbers of thousands of digits
        raise InputError(f"{where} is no JSON: {error}") from error


def _header(cells: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    named = [name for name in names if name]  # an index that was written along has no name
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise InputError(f"{where} has the column {twice[0]!r} twice")
    return names


def _fitted(cells: list[str], header: list[str], where: str) -> dict[str, Any]:
    if len(cells) > len(header):
        raise InputError(
            f"{where} has {len(cells)} cells, the header has {len(header)} ({some(header)}): "
            "a separator inside a text?"
        )
    if len(cells) < len(header):
        raise InputError(
            f"{where} has {len(cells)} cells, the header has {len(header)}: "
            f"it lacks {some(header[len(cells) :])}"
        )
    if [cell.strip() for cell in cells] == header:
        raise InputError(f"{where} is the header again")
    return {name: cell for name, cell in zip(header, cells, strict=True) if name}


def _is_missing(value: object) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return value is None or value != value or blank


def _where(source: str, number: int, line: int | None) -> str:
    return f"{source}, row {number}" if line is None else f"{source}, line {line} (row {number})"


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError as error:
        raise InputError(f"reading {path} needs the package pyarrow") from error
    number = 0
    try:
        with parquet.ParquetFile(path) as file:
            names = _label_names(file.schema_arrow.metadata or {})
            for batch in file.iter_batches(1024):
                for values in batch.to_pylist():
                    yield Row(str(path), number, None, name_label(values, names))
                    number += 1
    except ArrowException as error:
        raise InputError(f"cannot read {path} after row {number}: {error}") from error


def _label_names(metadata: Mapping[bytes, bytes]) -> list[str]:
    """Names of the labels that the `datasets` library wrote beside the columns."""
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        return [str(name) for name in features["label"]["names"]]
    except (KeyError, TypeError, ValueError):
        return []


def name_label(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A row whose label is a name instead of its number, where the names are known."""
    label = values.get("label")
    if isinstance(label, int) and 0 <= label < len(names):
        return {**values, "label": names[label]}
    return values
