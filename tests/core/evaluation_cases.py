"""Evaluation tables for tests, made up or damaged."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_arrays
from safetensors.numpy import save as save_arrays

from elbert_core.evaluation.tables import EvaluationTable, table_to_bytes, text_digest
from tests.core.policy_cases import Probs, table


def gold_of(probs: Probs, *, seed: int = 0, wrong: float = 0.15) -> NDArray[np.int64]:
    """Right answers that agree with most of the last layer's."""
    rng = np.random.default_rng(seed)
    labels = probs[-1].argmax(axis=-1)
    other = (labels + 1) % probs.shape[2]
    return np.where(rng.random(len(labels)) < wrong, other, labels).astype(np.int64)


def make_table(probs: Probs | None = None, **changes: Any) -> EvaluationTable:
    """A stored table of `probs`, made up where a test does not care."""
    if probs is None:
        probs = table(4, layers=6, rows=40, labels=2)
    layers, rows, labels = probs.shape
    digests = [np.frombuffer(text_digest(f"text {i}"), dtype=np.uint8) for i in range(rows)]
    values: dict[str, Any] = {
        "name": "tiny-toy-validation",
        "probs": probs,
        "gold": gold_of(probs),
        "row": np.arange(rows, dtype=np.int64),
        "text_sha256": np.stack(digests),
        "n_tokens": np.arange(rows, dtype=np.int64) % 7 + 3,
        "layer_ms": np.linspace(1.0, 2.0, layers),
        "label_names": tuple(f"label {index}" for index in range(labels)),
        "checkpoint": "tiny",
        "digest": "0" * 64,
        "data": "toy",
        "split": "validation",
        "device": "cpu",
        "dtype": "float32",
        "date": "2026-11-20T10:00:00+00:00",
        "versions": {"python": "3.11"},
        "batch_size": 32,
        "timed_rows": 8,
        "threads": 1,
        "hidden_size": 32,
        "intermediate_size": 64,
    }
    return EvaluationTable(**{**values, **changes})


def damaged(
    fields: dict[str, Any] | None = None,
    arrays: dict[str, Any] | None = None,
    *,
    drop: tuple[str, ...] = (),
    reseal: bool = True,
) -> tuple[str, bytes]:
    """Both files of a table, fields or arrays changed or dropped; the digest fits again."""
    text, content = table_to_bytes(make_table())
    values, stored = json.loads(text), dict(load_arrays(content))
    values.update(fields or {})
    stored.update(arrays or {})
    for name in drop:
        values.pop(name, None)
        stored.pop(name, None)
    content = save_arrays({name: np.ascontiguousarray(one) for name, one in stored.items()})
    if reseal and "arrays_sha256" not in (fields or {}) and "arrays_sha256" in values:
        values["arrays_sha256"] = hashlib.sha256(content).hexdigest()
    return json.dumps(values), content
