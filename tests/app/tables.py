"""Made-up evaluation tables with a real trade-off: hard rows need depth, a few never come right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from elbert_core.evaluation.tables import EvaluationTable, text_digest


def row_texts(n_rows: int) -> tuple[str, ...]:
    """A text for each row."""
    return tuple(f"the film number {i} was good and the plot was dull" for i in range(n_rows))


ROW_TEXTS = row_texts(400)
"""Texts that a table of 400 rows may have; see `with_texts`."""


def make_table(
    *,
    n_layers: int = 12,
    n_rows: int = 400,
    label_names: tuple[str, ...] = ("negative", "positive"),
    name: str = "made-up.sst2.validation",
    data: str = "sst2",
    seed: int = 3,
) -> EvaluationTable:
    """A table whose rows settle at depths between 1 and the last layer."""
    rng = np.random.default_rng(seed)
    n_labels = len(label_names)
    gold = rng.integers(0, n_labels, n_rows)
    settles = rng.gamma(2.0, n_layers / 7, n_rows)
    never = rng.random(n_rows) < 0.08
    leaning = np.where(never, (gold + 1) % n_labels, gold)
    depth = np.arange(1, n_layers + 1)[:, None]
    pull = 7.0 * (depth - settles) / n_layers + rng.normal(0, 0.8, (n_layers, n_rows))
    logits = rng.normal(0, 0.3, (n_layers, n_rows, n_labels))
    logits[:, np.arange(n_rows), leaning] += pull
    powers = np.exp(logits)
    lengths = np.clip((4 + 3 * settles + rng.integers(0, 9, n_rows)).astype(np.int64), 4, 60)
    return EvaluationTable(
        name=name,
        probs=(powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32),
        gold=gold.astype(np.int64),
        row=np.arange(n_rows, dtype=np.int64),
        text_sha256=rng.integers(0, 256, (n_rows, 32)).astype(np.uint8),
        n_tokens=lengths,
        layer_ms=np.full(n_layers, 2.0),
        label_names=label_names,
        checkpoint="made-up",
        digest="0" * 64,
        data=data,
        split="validation",
        device="cpu",
        dtype="float32",
        date="2026-01-02T03:04:05+00:00",
        versions={"numpy": np.__version__},
        batch_size=8,
        timed_rows=10,
        threads=1,
        hidden_size=32,
        intermediate_size=64,
    )


def with_texts(table: EvaluationTable, texts: Sequence[str | tuple[str, str]]) -> EvaluationTable:
    """The table as if its rows had been these texts, or pairs of texts."""
    pairs = [(text,) if isinstance(text, str) else text for text in texts]
    digests = [np.frombuffer(text_digest(*pair), dtype=np.uint8) for pair in pairs]
    return replace(table, text_sha256=np.stack(digests))


def browser_table() -> EvaluationTable:
    """What the browser tests open: rows enough for a promise of three families."""
    return with_texts(make_table(n_rows=600, seed=4), row_texts(600))
