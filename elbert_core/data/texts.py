"""Reading texts: labelled tables for training and evaluation, plain text for distillation.

A source is a local folder with one file a split (`train.tsv.gz`, `validation.jsonl`, ...) or the
usual name of a data set, loaded through the `datasets` library (`glue/sst2`, `ag_news`). Nothing
here knows a model.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError

SUFFIXES = (".tsv.gz", ".tsv", ".csv.gz", ".csv", ".jsonl.gz", ".jsonl")

TEXT_COLUMNS: tuple[tuple[str, str | None], ...] = (
    ("text", "text_b"),
    ("sentence1", "sentence2"),
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("question1", "question2"),
    ("text", None),
    ("sentence", None),
)
"""Column names that data sets use for their one or two texts; the first fit counts."""


@dataclass(frozen=True, slots=True, eq=False)
class TextTable:
    """Labelled texts of one split.

    Attributes:
        texts: first text of each row.
        pairs: second text of each row, None for single sentences.
        labels: (rows,) int64 index into `label_names`.
        label_names: names in index order.
    """

    texts: list[str]
    pairs: list[str] | None
    labels: NDArray[np.int64]
    label_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def take(self, rows: Sequence[int] | NDArray[np.integer]) -> TextTable:
        """The given rows, in the given order."""
        return TextTable(
            texts=[self.texts[i] for i in rows],
            pairs=None if self.pairs is None else [self.pairs[i] for i in rows],
            labels=self.labels[np.asarray(rows, dtype=np.int64)],
            label_names=self.label_names,
        )

    def inputs(self) -> list[str | tuple[str, str]]:
        """Rows as an engine takes them: a text, or a pair of texts."""
        if self.pairs is None:
            return list(self.texts)
        return list(zip(self.texts, self.pairs, strict=True))


def load_table(
    source: str | Path, split: str, *, label_names: Sequence[str] | None = None
) -> TextTable:
    """Read one split of a labelled data set.

    Args:
        source: folder with `<split>.tsv`, `.csv` or `.jsonl` (also `.gz`; TSV is read without
            quoting), or a data set's name, "name" or "name/configuration".
        split: "train", "validation", ...
        label_names: wanted order of the labels; by default sorted names, or the data set's own
            order where it has one.

    Raises:
        InputError: no such file, no text or label column, or a label outside `label_names`.
    """
    folder = Path(source)
    if folder.is_dir():
        path = _find_split(folder, split)
        rows = list(read_rows(path))
        where = str(path)
        own_names: Sequence[str] | None = None
    else:
        rows, own_names = _from_datasets(str(source), split)
        where = f"{source} ({split})"
    if not rows:
        raise InputError(f"{where} has no rows")
    first, second = _text_columns(rows[0], where)
    if "label" not in rows[0]:
        raise InputError(f"{where} needs a column 'label', got {', '.join(rows[0])}")
    given = [str(row["label"]) for row in rows]
    names = tuple(label_names or own_names or sorted(set(given)))
    index = {name: i for i, name in enumerate(names)}
    unknown = sorted(set(given) - set(index))
    if unknown:
        raise InputError(f"labels of {where} must be among {', '.join(names)}, got {unknown[0]!r}")
    return TextTable(
        texts=[str(row[first]) for row in rows],
        pairs=None if second is None else [str(row[second]) for row in rows],
        labels=np.array([index[label] for label in given], dtype=np.int64),
        label_names=names,
    )


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of a TSV, CSV or JSON-lines file, gzipped or not, as dictionaries.

    Raises:
        InputError: the file is missing, damaged or not UTF-8; the message names it.
    """
    name = path.name.removesuffix(".gz")
    try:
        with _open_text(path) as stream:
            if name.endswith(".jsonl"):
                for line in stream:
                    if line.strip():
                        yield json.loads(line)
            elif name.endswith(".tsv"):
                yield from csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
            else:
                yield from csv.DictReader(stream)
    except (OSError, EOFError, UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {path}: {error}") from error


def read_plain_texts(sources: Sequence[str | Path]) -> Iterator[str]:
    """Paragraphs of plain text, for distillation; labels are not read.

    Args:
        sources: files, or folders whose TSV, CSV and JSON-lines files of a `train` split, or of no
            split at all, are read; validation and test files of a folder are left out.
    """
    for source in sources:
        root = Path(source)
        paths = [root] if root.is_file() else sorted(p for p in root.glob("*") if _is_training(p))
        if not paths:
            raise InputError(f"no text files in {root}: {', '.join(SUFFIXES)} are read")
        for path in paths:
            for row in read_rows(path):
                for column in ("text", "text_b", "sentence"):
                    for paragraph in str(row.get(column) or "").split("\n"):
                        if paragraph.strip():
                            yield paragraph.strip()


def split_sentences(paragraphs: Iterable[str], *, limit: int, seed: int = 0) -> list[str]:
    """Sentences of 3 to 60 words, in shuffled order, at most `limit`; a repeatable sample.

    Splits after ., ! and ? before a space: rough, but a teacher labels whatever comes.
    """
    sentences = [
        sentence
        for paragraph in paragraphs
        for sentence in re.split(r"(?<=[.!?]) +", paragraph)
        if 3 <= sentence.count(" ") + 1 <= 60
    ]
    random.Random(seed).shuffle(sentences)
    return sentences[:limit]


def _open_text(path: Path) -> IO[str]:
    if path.name.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _is_training(path: Path) -> bool:
    held_out = path.name.startswith(("validation", "test", "dev"))
    return path.name.endswith(SUFFIXES) and not held_out


def _find_split(folder: Path, split: str) -> Path:
    for suffix in SUFFIXES:
        path = folder / f"{split}{suffix}"
        if path.is_file():
            return path
    raise InputError(
        f"{folder} has no split {split!r}: looked for {split} with {', '.join(SUFFIXES)}"
    )


def _text_columns(row: dict[str, Any], where: str) -> tuple[str, str | None]:
    for first, second in TEXT_COLUMNS:
        if first in row and (second is None or second in row):
            return first, second
    raise InputError(
        f"{where} needs a column 'text' (and 'text_b' for pairs), got {', '.join(row)}"
    )


def _from_datasets(name: str, split: str) -> tuple[list[dict[str, Any]], Sequence[str] | None]:
    import datasets

    parts = name.split("/")
    # "glue/sst2" is a configuration of glue, "owner/name" a repository: the hub tells them apart
    attempts: list[tuple[str, ...]] = [(name,)]
    if len(parts) > 1:
        attempts.append(("/".join(parts[:-1]), parts[-1]))
    problem: Exception | None = None
    for attempt in attempts:
        try:
            table = datasets.load_dataset(*attempt, split=split)
        except Exception as error:  # noqa: BLE001  # the library raises many kinds; all are reported
            problem = error
            continue
        names = getattr(table.features.get("label"), "names", None)
        rows = [dict(row) for row in table]
        if names:
            for row in rows:
                row["label"] = names[row["label"]]
        return rows, names
    raise InputError(
        f"{name!r} is neither a folder nor a data set that could be loaded: {problem}"
    ) from problem
