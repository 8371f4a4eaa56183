"""Hand-made traces for the app's tests: any number of layers, any labels, no model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from elbert_core.results import LayerTrace


def make_trace(
    positive: Sequence[float] = (0.4, 0.6, 0.7, 0.8, 0.9, 0.97),
    *,
    label_names: tuple[str, ...] = ("negative", "positive"),
    text: str = "a good film",
    probs: object = None,
) -> LayerTrace:
    """A trace whose second label has these probabilities, or the given table of `probs`."""
    if probs is None:
        second = np.asarray(positive, dtype=np.float32)
        table = np.stack([1 - second, second], axis=1)
    else:
        table = np.asarray(probs, dtype=np.float32)
    layers = len(table)
    tokens = ("[CLS]", *text.split(), "[SEP]")
    return LayerTrace(
        text=text,
        text_pair=None,
        tokens=tokens,
        probs=table,
        layer_ms=np.linspace(2.0, 3.0, layers),
        embed_ms=0.5,
        label_names=label_names,
        truncated=False,
        n_tokens_full=len(tokens),
        layer_macs=1_000_000,
        head_macs=10_000,
        checkpoint="hand-made",
        digest="",
        device="cpu",
        dtype="float32",
        # any constant gives the same probabilities; this one is about that of a trained model
        extras={"logits": 3 + np.log(np.maximum(table, 1e-6))[:, None]},
    )
