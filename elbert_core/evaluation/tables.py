"""Evaluation tables: what a model said about every row of a data set after every layer, on disk.

Two files of one name: `<name>.safetensors` with the arrays and `<name>.json` with what they are. No
texts are stored; a row is known by its number and the SHA-256 of its text. Knows no model; a table
that comes from anywhere is checked field by field and never trusted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.policies.signals import Signals
from elbert_core.policy_files import Guarantee, Method, Risk
from elbert_core.strict_json import Digest, ShortText, read_file, read_json, write_file
from elbert_core.uncertainty import probabilities, require_distributions

FORMAT = "elbert-evaluation/2"
OLD_FORMAT = "elbert-evaluation/1"
"""Probabilities in place of logits, and no extras; still read."""
EXTRA = "extra."  # how the names of further arrays begin in a file
MAX_ARRAY_BYTES = 1_000_000_000
MAX_JSON_BYTES = 1_000_000
MAX_LAYERS = 256
MAX_LABELS = 10_000
Count = Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class _Timing(msgspec.Struct, forbid_unknown_fields=True):
    rows: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    batch_size: Literal[1]
    threads: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    statistic: Literal["median"]


class _Description(msgspec.Struct, forbid_unknown_fields=True):
    """The JSON file of a table."""

    format: Literal["elbert-evaluation/2", "elbert-evaluation/1"]
    name: ShortText
    checkpoint: ShortText
    digest: Digest
    data: Annotated[str, msgspec.Meta(pattern=r"^[^/\\]+\Z", max_length=1000)]
    split: ShortText
    label_names: Annotated[list[ShortText], msgspec.Meta(min_length=2, max_length=MAX_LABELS)]
    n_rows: Count
    n_layers: Count
    device: ShortText
    dtype: ShortText
    date: datetime
    versions: Annotated[dict[ShortText, ShortText], msgspec.Meta(max_length=50)]
    batch_size: Count
    timing: _Timing
    hidden_size: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    intermediate_size: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    arrays_sha256: Digest


_ARRAYS = {
    "probs": (np.float32, ("layers", "rows", "labels")),
    "gold": (np.int64, ("rows",)),
    "row": (np.int64, ("rows",)),
    "text_sha256": (np.uint8, ("rows", "bytes")),
    "n_tokens": (np.int64, ("rows",)),
    "layer_ms": (np.float64, ("layers",)),
}


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationTable:
    """Full-depth probabilities of a data set, with the conditions under which they were made.

    Attributes:
        name: name of the table, as its files are called.
        probs: (layers, rows, labels) float32, class probabilities after each layer.
        gold: (rows,) int64, right label indices.
        row: (rows,) int64, row numbers in the split from 0, rising.
        text_sha256: (rows, 32) uint8, see `text_digest`.
        n_tokens: (rows,) int64, tokens read, special tokens included.
        layer_ms: (layers,) float64, milliseconds of each layer with its exit head at batch 1:
            medians over `timed_rows` rows on `device` with `threads` threads.
        extras: what else was recorded, by name, each (layers, rows, ...) float32: "logits" (layers,
            rows, labels), from which `probs` derive (absent in tables of format 1), "distances",
            "exit_score".
        label_names: names of the labels by index.
        checkpoint: name of the checkpoint folder or hub model.
        digest: SHA-256 of its weights, "" when unknown.
        data, split: name of the data set (never a path) and of its split.
        device, dtype: where and in which precision the pass ran.
        date: when, ISO 8601 with a time zone.
        versions: of the libraries a result depends on.
        batch_size: rows in one call of the full-depth pass.
        timed_rows, threads: conditions of `layer_ms`.
        hidden_size, intermediate_size: widths of the model, for counting multiply-accumulates.
    """

    name: str
    probs: NDArray[np.float32]
    gold: NDArray[np.int64]
    row: NDArray[np.int64]
    text_sha256: NDArray[np.uint8]
    n_tokens: NDArray[np.int64]
    layer_ms: NDArray[np.float64]
    label_names: tuple[str, ...]
    checkpoint: str
    digest: str
    data: str
    split: str
    device: str
    dtype: str
    date: str
    versions: Mapping[str, str]
    batch_size: int
    timed_rows: int
    threads: int
    hidden_size: int
    intermediate_size: int
    extras: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InputError when the arrays do not fit each other or hold impossible values."""
        where = f"table {self.name}"
        for name, (dtype, axes) in _ARRAYS.items():
            array = getattr(self, name)
            if array.dtype != dtype or array.ndim != len(axes):
                raise InputError(
                    f"{where}: {name} must be {np.dtype(dtype).name} of shape "
                    f"({', '.join(axes)}), got {array.dtype} of shape {array.shape}"
                )
        layers, rows, labels = self.probs.shape
        if not 1 <= layers <= MAX_LAYERS or not 2 <= labels <= MAX_LABELS or rows < 1:
            raise InputError(
                f"{where}: probs must have 1..{MAX_LAYERS} layers, at least 1 row and "
                f"2..{MAX_LABELS} labels, got shape {self.probs.shape}"
            )
        sizes = {"layers": layers, "rows": rows, "labels": labels, "bytes": 32}
        for name, (_, axes) in _ARRAYS.items():
            shape, wanted = getattr(self, name).shape, tuple(sizes[axis] for axis in axes)
            if shape != wanted:
                raise InputError(f"{where}: {name} must have shape {wanted}, got {shape}")
        if len(self.label_names) != labels:
            raise InputError(
                f"{where}: label_names must name the {labels} labels of probs, "
                f"got {len(self.label_names)}"
            )
        for name, values in self.extras.items():
            shape = self.probs.shape if name == "logits" else (layers, rows)
            fits = values.dtype == np.float32 and values.shape[: len(shape)] == shape
            if not fits or not np.isfinite(values).all():
                raise InputError(
                    f"{where}: {name} must be finite float32 of shape {shape}, "
                    f"got {values.dtype} of shape {values.shape}"
                )
        require_distributions(f"{where}: probs", self.probs)
        metrics.require_within(f"{where}: gold", self.gold, 0, labels - 1)
        if self.row[0] < 0 or (np.diff(self.row) <= 0).any():
            raise InputError(f"{where}: row must hold rising row numbers from 0 on")
        # the upper bound keeps counts of multiply-accumulates within 64 bits
        metrics.require_within(f"{where}: n_tokens", self.n_tokens, 1, 1_000_000)
        if not np.isfinite(self.layer_ms).all() or self.layer_ms.min() < 0:
            raise InputError(f"{where}: layer_ms must be finite and not negative")

    @property
    def n_layers(self) -> int:
        """Layers of a full-depth pass."""
        return int(self.probs.shape[0])

    @property
    def n_rows(self) -> int:
        """Rows of the table."""
        return int(self.probs.shape[1])

    @property
    def layer_macs(self) -> NDArray[np.int64]:
        """(rows,) multiply-accumulates of one layer with its exit head, for each row's length."""
        head = metrics.head_macs(self.hidden_size, len(self.label_names))
        lengths, which = np.unique(self.n_tokens, return_inverse=True)
        macs = [
            metrics.layer_macs(self.hidden_size, self.intermediate_size, int(length)) + head
            for length in lengths
        ]
        counts: NDArray[np.int64] = np.array(macs, dtype=np.int64)[which]
        return counts

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> EvaluationTable:
        """The table of some rows only, by rising indices or a (rows,) mask."""
        return replace(
            self,
            probs=self.probs[:, rows],
            gold=self.gold[rows],
            row=self.row[rows],
            text_sha256=self.text_sha256[rows],
            n_tokens=self.n_tokens[rows],
            extras={name: values[:, rows] for name, values in self.extras.items()},
        )

    @property
    def signals(self) -> Signals:
        """What rules read of the table; make it once to replay many policies."""
        return Signals(self.probs, extras=self.extras)

    def guarantee(
        self, risk: Risk, max_loss: float, confidence: float | None, n_test: int
    ) -> Guarantee:
        """What was certified on rows of this table; without a confidence by the conformal rule."""
        where = (self.checkpoint, self.digest, self.data, self.split)
        method: Method = "conformal" if confidence is None else "learn-then-test"
        return Guarantee(risk, max_loss, confidence, n_test, *where, method)


_FIELDS = {field.name for field in fields(EvaluationTable)}


def text_digest(text: str, pair: str | None = None) -> bytes:
    """SHA-256 (32 bytes) of a text in UTF-8; of two texts joined by a NUL character for pairs."""
    whole = text if pair is None else f"{text}\0{pair}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


def table_to_bytes(table: EvaluationTable) -> tuple[str, bytes]:
    """The JSON description and the safetensors content of a table."""
    arrays = {name: getattr(table, name) for name in _ARRAYS}
    for name, values in table.extras.items():
        arrays["logits" if name == "logits" else EXTRA + name] = values
    if "logits" in arrays:
        del arrays["probs"]
    elif table.extras:
        raise InputError(f"table {table.name}: extras can be written beside logits only")
    content: bytes = save_arrays({n: np.ascontiguousarray(array) for n, array in arrays.items()})
    stated: dict[str, Any] = {
        "format": FORMAT if "logits" in table.extras else OLD_FORMAT,
        "versions": dict(table.versions),
        "timing": {
            "rows": table.timed_rows,
            "batch_size": 1,
            "threads": table.threads,
            "statistic": "median",
        },
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    names = _Description.__struct_fields__
    description = {name: stated.get(name) or getattr(table, name) for name in names}
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n", content


def table_from_bytes(description: str | bytes, arrays: bytes, *, where: str) -> EvaluationTable:
    """The table that `table_to_bytes` wrote, checked; `where` is its name for messages.

    Raises:
        InputError: too large, damaged, of another format, or two files that do not belong
            together; the message names file and field.
    """
    what = f"{where}.json"
    read = read_json(description, _Description, what, most_bytes=MAX_JSON_BYTES)
    if hashlib.sha256(arrays).hexdigest() != read.arrays_sha256:
        raise InputError(
            f"{where}.safetensors is damaged or belongs to another table: its SHA-256 differs from "
            f"arrays_sha256 in {what}"
        )
    stored = _read_arrays(arrays, f"{where}.safetensors", old=read.format == OLD_FORMAT)
    stated = (read.n_layers, read.n_rows, len(read.label_names))
    if stored["probs"].ndim == 3 and stored["probs"].shape != stated:
        raise InputError(
            f"{where}.safetensors: probs must have the shape that {what} states, "
            f"{stated}, got {stored['probs'].shape}"
        )
    same = {n: getattr(read, n) for n in _Description.__struct_fields__ if n in _FIELDS}
    return EvaluationTable(
        **same | {"label_names": tuple(read.label_names), "date": read.date.isoformat()},
        timed_rows=read.timing.rows,
        threads=read.timing.threads,
        **stored,
    )


def save_evaluation(table: EvaluationTable, folder: str | Path) -> Path:
    """Write both files of a table; the path of the JSON file.

    A run that is cut off leaves what was there before, never half a table.
    """
    root = Path(folder)
    description, content = table_to_bytes(table)
    write_file(root / f"{table.name}.safetensors", content)
    return write_file(root / f"{table.name}.json", description.encode("utf-8"))


def load_evaluation(path: str | Path) -> EvaluationTable:
    """Read a table: its .json or .safetensors file, or what both have in common.

    Raises:
        InputError: a file is missing, too large or damaged, or both do not belong together; the
            message names file and field.
    """
    stem = str(path).removesuffix(".json").removesuffix(".safetensors")
    description = read_file(Path(f"{stem}.json"), most_bytes=MAX_JSON_BYTES)
    arrays = read_file(Path(f"{stem}.safetensors"), most_bytes=MAX_ARRAY_BYTES)
    return table_from_bytes(description, arrays, where=Path(stem).name)


def list_evaluations(folder: str | Path) -> list[Path]:
    """The .json files of the tables in a folder, by name."""
    return sorted(p for p in Path(folder).glob("*.json") if p.with_suffix(".safetensors").is_file())


def _read_arrays(content: bytes, what: str, *, old: bool) -> dict[str, Any]:
    try:
        arrays = load_arrays(content)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{what} is damaged: {error}") from error
    wanted = set(_ARRAYS) if old else set(_ARRAYS) - {"probs"} | {"logits"}
    extras = {name for name in arrays if name.startswith(EXTRA) and not old}
    missing = sorted(wanted - set(arrays))
    unknown = sorted(set(arrays) - wanted - extras)
    if missing or unknown:
        raise InputError(
            f"{what} must hold the arrays {', '.join(sorted(wanted))}, "
            + (f"{missing[0]} is missing" if missing else f"got also {unknown[0][:40]!r}")
        )
    if old:
        return arrays
    logits = arrays.pop("logits")
    if logits.dtype != np.float32 or logits.ndim != 3 or not np.isfinite(logits).all():
        raise InputError(
            f"{what}: logits must be finite float32 of shape (layers, rows, labels), "
            f"got {logits.dtype} of shape {logits.shape}"
        )
    named = {name.removeprefix(EXTRA): arrays.pop(name) for name in extras}
    return {**arrays, "probs": probabilities(logits), "extras": {"logits": logits, **named}}
