"""Making an evaluation table: one full-depth pass over a labelled data set.

Rows of similar length are batched together. The pass is written in pieces, so that an interrupted
run goes on where it stopped; pieces of another checkpoint, data set or setting are not used. Which
rows share a batch depends on the texts alone, so a resumed run gives the same table.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_arrays

from elbert_core.data.texts import TextTable, load_table
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.engine.full_depth import read_batches
from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation.tables import EvaluationTable, save_evaluation, text_digest
from elbert_core.model.checkpoints import versions
from elbert_core.strict_json import write_file

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""

PIECE_BATCHES = 16


def evaluate(
    checkpoint: str | Path,
    data: str | Path,
    split: str = "validation",
    *,
    output: str | Path,
    name: str | None = None,
    batch_size: int = 32,
    device: str = "auto",
    dtype: str = "float32",
    timed_rows: int = 32,
    progress: Progress | None = None,
) -> Path:
    """Read a split to full depth and write its table; the path of the table's JSON file.

    Args:
        checkpoint: folder or hub name.
        data: folder or data set name, see `elbert_core.data.texts.load_table`.
        split: "validation", ...
        output: folder for the two files; pieces lie there in `<name>.pieces` until the end.
        name: of the table; by default made of checkpoint, data set and split.
        batch_size: rows in one call.
        device: "auto", "cpu", "cuda", ...
        dtype: precision of the pass.
        timed_rows: rows read one by one to measure each layer; 0 measures nothing.
        progress: told about rows done.

    Raises:
        CheckpointError: the checkpoint is missing or damaged.
        InputError: the data set is unusable, its labels are not the checkpoint's, or the table is
            there already.
    """
    engine = load_engine(checkpoint, device=device, dtype=dtype)
    texts = load_table(data, split, label_names=engine.label_names)
    data_name = last_part(data)
    name = name or file_name(f"{last_part(engine.name)}-{data_name}-{split}")
    if name != file_name(name):
        raise ConfigError(f"a table's name must be a file name of letters and digits, got {name!r}")
    there = Path(output) / f"{name}.json"
    if there.exists():
        raise InputError(f"{there} is there already: give another name or output, or remove it")
    pieces = Path(output) / f"{name}.pieces"
    table = record(
        engine,
        texts,
        name=name,
        data=data_name,
        split=split,
        batch_size=batch_size,
        timed_rows=timed_rows,
        pieces=pieces if engine.digest else None,  # unknown weights cannot be told from others
        progress=progress,
    )
    path = save_evaluation(table, output)
    for piece in pieces.glob("piece-*"):
        piece.unlink()
    if pieces.is_dir() and not any(pieces.iterdir()):
        pieces.rmdir()
    return path


def record(
    engine: EarlyExitEngine,
    texts: TextTable,
    *,
    name: str,
    data: str,
    split: str,
    batch_size: int = 32,
    timed_rows: int = 32,
    pieces: Path | None = None,
    progress: Progress | None = None,
) -> EvaluationTable:
    """The table of some labelled texts, their labels in the engine's order; see `evaluate`.

    What is done so far is kept in the folder `pieces`, from which an interrupted run goes on.

    Raises:
        ConfigError: batch_size below 1 or timed_rows below 0.
        InputError: an empty text, or labels that are not the engine's.
    """
    if batch_size < 1 or timed_rows < 0:
        raise ConfigError(
            "batch_size must be at least 1 and timed_rows at least 0, "
            f"got {batch_size} and {timed_rows}"
        )
    if texts.label_names != engine.label_names:
        raise InputError(
            f"labels of {data} must be {', '.join(engine.label_names)} as the checkpoint's, "
            f"got {', '.join(texts.label_names)}"
        )
    pairs: Sequence[str | None] = texts.pairs or [None] * len(texts)
    for row, both in enumerate(zip(texts.texts, pairs, strict=True)):
        if any(text is not None and not text.strip() for text in both):
            raise InputError(f"row {row} of {data} ({split}) is empty: at least one word is needed")
    joined = b"".join(map(text_digest, texts.texts, pairs))
    digests = np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), 32)
    inputs = texts.inputs()
    encoded = engine.encode(inputs)
    n_tokens = np.array([row.n_tokens for row in encoded], dtype=np.int64)
    key = _key(engine, digests, batch_size)

    rows = len(texts)
    seen: dict[str, NDArray[np.float32]] = {}
    order = np.argsort(n_tokens, kind="stable")
    step = batch_size * PIECE_BATCHES
    for number, start in enumerate(range(0, rows, step)):
        members = order[start : start + step]
        path = None if pieces is None else pieces / f"piece-{number:05d}.safetensors"
        piece = None if path is None else _read_piece(path, key, (engine.n_layers, len(members)))
        if piece is None:
            piece = read_batches(engine, [encoded[row] for row in members], batch_size)
            if path is not None:
                arrays = {name: np.ascontiguousarray(values) for name, values in piece.items()}
                write_file(path, save_arrays(arrays, metadata={"key": key}))
        for part_name, values in piece.items():
            if part_name not in seen:
                shape = (values.shape[0], rows, *values.shape[2:])
                seen[part_name] = np.zeros(shape, dtype=np.float32)
            seen[part_name][:, members] = values
        if progress is not None:
            progress(min(start + step, rows), rows)

    timed = order[np.linspace(0, rows - 1, min(timed_rows, rows)).astype(np.int64)]
    layer_ms = [engine.trace(inputs[row]).layer_ms for row in timed]
    return EvaluationTable(
        name=name,
        probs=seen.pop("probs"),
        extras=seen,
        gold=texts.labels.astype(np.int64),
        row=np.arange(rows, dtype=np.int64),
        text_sha256=digests,
        n_tokens=n_tokens,
        layer_ms=np.median(layer_ms, axis=0) if layer_ms else np.zeros(engine.n_layers),
        label_names=engine.label_names,
        checkpoint=engine.name,
        digest=engine.digest,
        data=data,
        split=split,
        device=engine.device,
        dtype=engine.dtype,
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=versions(),
        batch_size=batch_size,
        timed_rows=len(timed),
        threads=torch.get_num_threads(),
        hidden_size=int(engine.model.config.hidden_size),
        intermediate_size=int(engine.model.config.intermediate_size),
    )


def last_part(name: str | Path) -> str:
    """The last part of a folder or of a name with slashes: no path gets into a table."""
    return Path(name).resolve().name if Path(name).exists() else str(name).rsplit("/", 1)[-1]


def file_name(text: str) -> str:
    """A text as a name of files: letters, digits, dots, dashes and underscores."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "table"


def _key(engine: EarlyExitEngine, digests: NDArray[np.uint8], batch_size: int) -> str:
    """What a piece depends on, as one SHA-256."""
    settings = [engine.digest, engine.dtype, engine.device, batch_size, PIECE_BATCHES, versions()]
    parts = [*settings, hashlib.sha256(digests.tobytes()).hexdigest()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _read_piece(
    path: Path, key: str, shape: tuple[int, int]
) -> dict[str, NDArray[np.float32]] | None:
    """The stored piece, None when there is none, it is damaged or belongs to another run."""
    try:
        with safe_open(path, framework="numpy") as stored:
            if (stored.metadata() or {}).get("key") != key:
                return None
            piece = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118  # no dict
    except (OSError, SafetensorError):
        return None
    fits = {"probs", "logits"} <= piece.keys() and all(
        values.shape[:2] == shape and values.dtype == np.float32 for values in piece.values()
    )
    return piece if fits else None
