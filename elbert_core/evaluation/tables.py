"""Evaluation tables: what a model said about every row of a data set after every layer, on disk.

Two files of one name: `<name>.safetensors` with the arrays and `<name>.json` with what they are. No
texts are stored; a row is known by its number and the SHA-256 of its text. Knows no model; a table
that comes from anywhere is checked field by field and never trusted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.policies.signals import Signals
from elbert_core.strict_json import StrictObject, parse_json
from elbert_core.uncertainty import probabilities

FORMAT = "elbert-evaluation/2"
OLD_FORMAT = "elbert-evaluation/1"
"""Probabilities in place of logits, and no extras; still read."""
EXTRA = "extra."
"""How the names of further arrays begin in a file."""
MAX_ARRAY_BYTES = 1_000_000_000
MAX_JSON_BYTES = 1_000_000
MAX_LAYERS = 256
MAX_LABELS = 10_000
SUM_TOLERANCE = 1e-3

_FIELDS = (
    "format",
    "name",
    "checkpoint",
    "digest",
    "data",
    "split",
    "label_names",
    "n_rows",
    "n_layers",
    "device",
    "dtype",
    "date",
    "versions",
    "batch_size",
    "timing",
    "hidden_size",
    "intermediate_size",
    "arrays_sha256",
)
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
            if values.dtype != np.float32 or values.shape[:2] != (layers, rows):
                raise InputError(
                    f"{where}: {name} must be float32 of shape ({layers}, {rows}, ...), "
                    f"got {values.dtype} of shape {values.shape}"
                )
            if not np.isfinite(values).all():
                raise InputError(f"{where}: {name} must be finite, got NaN or infinity")
        logits = self.extras.get("logits")
        if logits is not None and logits.shape != self.probs.shape:
            raise InputError(
                f"{where}: logits must have shape {self.probs.shape}, got {logits.shape}"
            )
        self._check_values(where)

    def _check_values(self, where: str) -> None:
        probs, labels = self.probs, len(self.label_names)
        if not np.isfinite(probs).all():
            raise InputError(f"{where}: probs must be finite, got NaN or infinity")
        if probs.min() < 0 or np.abs(probs.sum(axis=-1) - 1).max() > SUM_TOLERANCE:
            raise InputError(f"{where}: probs must lie in [0, 1] and sum to 1 over the labels")
        if self.gold.min() < 0 or self.gold.max() >= labels:
            raise InputError(
                f"{where}: gold must lie in 0..{labels - 1}, "
                f"got {self.gold.min()}..{self.gold.max()}"
            )
        if self.row[0] < 0 or (np.diff(self.row) <= 0).any():
            raise InputError(f"{where}: row must hold rising row numbers from 0 on")
        # the upper bound keeps counts of multiply-accumulates within 64 bits
        if self.n_tokens.min() < 1 or self.n_tokens.max() > 1_000_000:
            raise InputError(
                f"{where}: n_tokens must lie in 1..1000000, "
                f"got {self.n_tokens.min()}..{self.n_tokens.max()}"
            )
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
        """The table of some rows only (a slice by length or label).

        Args:
            rows: rising indices, or a (rows,) mask.
        """
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


def text_digest(text: str, pair: str | None = None) -> bytes:
    """SHA-256 (32 bytes) of a text in UTF-8; of two texts joined by a NUL character for pairs."""
    whole = text if pair is None else f"{text}\0{pair}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).digest()


def table_to_bytes(table: EvaluationTable) -> tuple[str, bytes]:
    """The JSON description and the safetensors content of a table."""
    arrays = {name: getattr(table, name) for name in _ARRAYS}
    extras = dict(table.extras)
    if "logits" in extras:
        arrays |= {"logits": extras.pop("logits")}
        del arrays["probs"]
    arrays |= {EXTRA + name: values for name, values in extras.items()}
    content: bytes = save_arrays({n: np.ascontiguousarray(array) for n, array in arrays.items()})
    description: dict[str, Any] = {
        "format": FORMAT if "logits" in table.extras else OLD_FORMAT,
        "name": table.name,
        "checkpoint": table.checkpoint,
        "digest": table.digest,
        "data": table.data,
        "split": table.split,
        "label_names": list(table.label_names),
        "n_rows": table.n_rows,
        "n_layers": table.n_layers,
        "device": table.device,
        "dtype": table.dtype,
        "date": table.date,
        "versions": dict(table.versions),
        "batch_size": table.batch_size,
        "timing": {
            "rows": table.timed_rows,
            "batch_size": 1,
            "threads": table.threads,
            "statistic": "median",
        },
        "hidden_size": table.hidden_size,
        "intermediate_size": table.intermediate_size,
        "arrays_sha256": hashlib.sha256(content).hexdigest(),
    }
    return json.dumps(description, indent=2, ensure_ascii=False) + "\n", content


def table_from_bytes(description: str | bytes, arrays: bytes, *, where: str) -> EvaluationTable:
    """The table that `table_to_bytes` wrote, checked.

    Args:
        description: the JSON file's content.
        arrays: the safetensors file's content.
        where: name of the table, for messages.

    Raises:
        InputError: too large, damaged, of another format, or two files that do not belong
            together; the message names file and field.
    """
    what = f"{where}.json"
    values = parse_json(description, what, most_bytes=MAX_JSON_BYTES)
    if isinstance(values, dict) and values.get("format") not in (FORMAT, OLD_FORMAT):
        found = str(values.get("format"))[:40]
        raise InputError(f'{what}: format must be "{FORMAT}" or "{OLD_FORMAT}", got {found!r}')
    fields = StrictObject(values, what, required=_FIELDS)
    timing = StrictObject(
        values["timing"],
        f"{what} (timing)",
        required=("rows", "batch_size", "threads", "statistic"),
    )
    timing.whole("batch_size", low=1, high=1)
    timing.string("statistic", pattern="median")
    label_names = fields.strings("label_names", least=2, most=MAX_LABELS)
    n_rows, n_layers = fields.whole("n_rows", low=1), fields.whole("n_layers", low=1)
    if hashlib.sha256(arrays).hexdigest() != fields.string("arrays_sha256"):
        raise InputError(
            f"{where}.safetensors is damaged or belongs to another table: its SHA-256 differs from "
            f"arrays_sha256 in {what}"
        )
    stored = _read_arrays(arrays, f"{where}.safetensors", old=values["format"] == OLD_FORMAT)
    if stored["probs"].ndim == 3 and stored["probs"].shape != (n_layers, n_rows, len(label_names)):
        raise InputError(
            f"{where}.safetensors: probs must have the shape that {what} states, "
            f"({n_layers}, {n_rows}, {len(label_names)}), got {stored['probs'].shape}"
        )
    return EvaluationTable(
        name=fields.string("name"),
        label_names=label_names,
        checkpoint=fields.string("checkpoint"),
        digest=fields.string("digest", pattern="[0-9a-f]{64}|"),
        data=fields.string("data", pattern=r"[^/\\]+"),
        split=fields.string("split"),
        device=fields.string("device"),
        dtype=fields.string("dtype"),
        date=_date(fields),
        versions=fields.string_map("versions"),
        batch_size=fields.whole("batch_size", low=1),
        timed_rows=timing.whole("rows", low=0),
        threads=timing.whole("threads", low=1, high=100_000),
        hidden_size=fields.whole("hidden_size", low=1, high=100_000),
        intermediate_size=fields.whole("intermediate_size", low=1, high=1_000_000),
        **stored,
    )


def save_evaluation(table: EvaluationTable, folder: str | Path) -> Path:
    """Write both files of a table; the path of the JSON file.

    A run that is cut off leaves what was there before, never half a table.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    description, content = table_to_bytes(table)
    for suffix, data in ((".safetensors", content), (".json", description.encode("utf-8"))):
        target = root / f"{table.name}{suffix}"
        draft = target.with_name(f"{target.name}.new")
        draft.write_bytes(data)
        os.replace(draft, target)
    return root / f"{table.name}.json"


def load_evaluation(path: str | Path) -> EvaluationTable:
    """Read a table.

    Args:
        path: its .json or .safetensors file, or what both have in common.

    Raises:
        InputError: a file is missing, too large or damaged, or both do not belong together; the
            message names file and field.
    """
    stem = str(path).removesuffix(".json").removesuffix(".safetensors")
    description = _read(Path(f"{stem}.json"), MAX_JSON_BYTES)
    arrays = _read(Path(f"{stem}.safetensors"), MAX_ARRAY_BYTES)
    return table_from_bytes(description, arrays, where=Path(stem).name)


def list_evaluations(folder: str | Path) -> list[Path]:
    """The .json files of the tables in a folder, by name."""
    return sorted(
        path for path in Path(folder).glob("*.json") if path.with_suffix(".safetensors").is_file()
    )


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise InputError(f"{path.name} may have at most {most_bytes} bytes, got {size}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


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
    if logits.dtype != np.float32 or logits.ndim != 3:
        raise InputError(
            f"{what}: logits must be float32 of shape (layers, rows, labels), "
            f"got {logits.dtype} of shape {logits.shape}"
        )
    if not np.isfinite(logits).all():
        raise InputError(f"{what}: logits must be finite, got NaN or infinity")
    named = {name.removeprefix(EXTRA): arrays.pop(name) for name in extras}
    return {**arrays, "probs": probabilities(logits), "extras": {"logits": logits, **named}}


def _date(fields: StrictObject) -> str:
    value = fields.string("date", longest=40)
    try:
        datetime.fromisoformat(value)
    except ValueError:
        fields.refuse("date", "an ISO 8601 date")
    return value
