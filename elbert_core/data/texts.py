"""Reading texts: labelled tables for training and evaluation, plain text for distillation.

A source is a local folder with one file a split (`train.tsv.gz`, `validation.jsonl`, ...) or the
usual name of a data set, loaded through the `datasets` library (`glue/sst2`, `ag_news`). Nothing
here knows a model.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from elbert_core.data.rows import (
    SUFFIXES,
    TABLE_SUFFIXES,
    Row,
    checked_texts,
    name_label,
    read_rows,
    some,
)
from elbert_core.errors import InputError


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

    def digest(self) -> str:
        """SHA-256 of the texts and the names of their labels."""
        names = [self.label_names[label] for label in self.labels]
        return text_list_digest([*self.label_names, "", *self.texts, *(self.pairs or ()), *names])


def text_list_digest(texts: Iterable[str]) -> str:
    """SHA-256 of texts in their order, in hexadecimal."""
    found = hashlib.sha256()
    for text in texts:
        found.update(json.dumps(text).encode() + b"\n")
    return found.hexdigest()


def load_table(
    source: str | Path, split: str, *, label_names: Sequence[str] | None = None
) -> TextTable:
    """Read one split of a labelled data set.

    Args:
        source: folder with one file `<split>` of `TABLE_SUFFIXES`, or a data set's name, "name" or
            "name/configuration".
        split: "train", "validation", ...
        label_names: wanted order of the labels; by default the data set's own order where it has
            one, else sorted (numbers by value).

    Raises:
        InputError: no such file, no text or label column, a missing or blank text or label, labels
            that differ in case or spelling of a number only, or a label outside `label_names`.
    """
    folder = Path(source)
    own_names: Sequence[str] | None = None
    if folder.is_file():
        raise InputError(f"{source} is a file: give its folder, {folder.parent}")
    if folder.is_dir():
        path = find_split(folder, split)
        where, rows = str(path), read_rows(path)
    else:
        where = f"{source} ({split})"
        rows, own_names = _from_datasets(str(source), split)
    known = tuple(label_names or own_names or ())
    texts: list[tuple[str, ...]] = []
    given: list[str] = []
    for row, both in checked_texts(rows):
        texts.append(both)
        given.append(row.label(known))
        if known and given[-1] not in known:
            row.refuse(f"must have a label among {some(known)}, got {given[-1]!r}")
    if not texts:
        raise InputError(f"{where} has no rows")
    names = known or _ordered(set(given), where)
    index = {name: i for i, name in enumerate(names)}
    return TextTable(
        texts=[both[0] for both in texts],
        pairs=[both[1] for both in texts] if len(texts[0]) == 2 else None,
        labels=np.array([index[label] for label in given], dtype=np.int64),
        label_names=names,
    )


def read_plain_texts(sources: Sequence[str | Path]) -> Iterator[str]:
    """Paragraphs of plain text, for distillation; labels are not read.

    Args:
        sources: files, or folders whose files of a `train` split, or of no split at all, are read;
            validation and test files of a folder are left out.

    Raises:
        InputError: no such file, or a row of it has no text.
    """
    for source in sources:
        root = Path(source)
        paths = [root] if root.is_file() else sorted(p for p in root.glob("*") if _is_training(p))
        if not paths:
            raise InputError(f"no text files in {root}: {', '.join(SUFFIXES)} are read")
        for path in paths:
            for _, texts in checked_texts(read_rows(path)):
                for paragraph in "\n".join(texts).split("\n"):
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


def find_split(folder: Path, split: str) -> Path:
    """The file of a split.

    Raises:
        InputError: there is none, or more than one.
    """
    found = [path for suffix in TABLE_SUFFIXES if (path := folder / f"{split}{suffix}").is_file()]
    if not found:
        raise InputError(
            f"{folder} has no split {split!r}: looked for {split} with {', '.join(TABLE_SUFFIXES)}"
        )
    if len(found) > 1:
        raise InputError(
            f"{folder} has the split {split!r} more than once: {some(p.name for p in found)}"
        )
    return found[0]


def _is_training(path: Path) -> bool:
    held_out = path.name.startswith(("validation", "test", "dev"))
    return path.name.endswith(SUFFIXES) and not held_out


def _ordered(names: Iterable[str], where: str) -> tuple[str, ...]:
    """Names in order, numbers by value; two that look alike are one class by mistake."""
    seen: dict[object, str] = {}
    for name in sorted(names):
        other = seen.setdefault(_value(name)[1:], name)
        if other != name:
            raise InputError(
                f"{where} has the labels {other!r} and {name!r}: are they meant to be one?"
            )
    return tuple(sorted(seen.values(), key=_value))


def _value(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), ""
    except ValueError:
        return True, 0.0, " ".join(unicodedata.normalize("NFC", name).casefold().split())


def _from_datasets(name: str, split: str) -> tuple[Iterator[Row], Sequence[str] | None]:
    path = Path(name)
    if (path.is_absolute() or name.startswith((".", "~"))) and not path.parent.is_dir():
        raise InputError(f"no folder at {name}")
    try:
        import datasets
    except ImportError as error:
        raise InputError(f"{name} is no folder; a data set needs the package datasets") from error
    # "glue/sst2" is a configuration of glue, "owner/name" a repository: the hub tells them apart
    attempts = [[name], name.rsplit("/", 1)] if "/" in name else [[name]]
    problem: Exception | None = None
    for attempt in attempts:
        try:
            table = datasets.load_dataset(*attempt, split=split)
        except Exception as error:  # noqa: BLE001  # the library raises many kinds; all are reported
            problem = error
            continue
        names = getattr(table.features.get("label"), "names", None)
        rows = (
            Row(f"{name} ({split})", number, None, name_label(dict(values), list(names or ())))
            for number, values in enumerate(table)
        )
        return rows, names
    raise InputError(
        f"{name!r} is neither a folder nor a data set that could be loaded: {problem}"
    ) from problem
