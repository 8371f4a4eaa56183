"""Tables of probabilities, policies and traces for the tests of the core."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st
from numpy.typing import NDArray

from elbert_core.policies import (
    WINDOW_RULES,
    ConfidenceThreshold,
    ConfidenceWindow,
    ConsecutiveConfidence,
    DistributionPatience,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    History,
    NeverExit,
    Patience,
    WindowRule,
)
from elbert_core.results import ExitReason, LayerTrace

Probs = NDArray[np.float32]

STYLES = ("drift", "noise", "certain", "plateau")


def table(
    seed: int, layers: int = 12, rows: int = 20, labels: int = 3, style: str = "drift"
) -> Probs:
    """(layers, rows, labels) float32 probabilities of one kind.

    "drift" grows surer with depth, "noise" changes its mind, "certain" holds exact zeros and ones,
    "plateau" repeats layers exactly, so that neighbouring probabilities tie.
    """
    rng = np.random.default_rng(seed)
    if style == "drift":
        goal = rng.normal(size=(1, rows, labels)) * 4
        share = np.linspace(0.1, 1.0, layers)[:, None, None]
        logits = goal * share + rng.normal(size=(layers, rows, labels)) * 0.4
    else:
        logits = rng.normal(size=(layers, rows, labels)) * 2
    if style == "certain":
        logits = np.where(rng.random(logits.shape) < 0.3, 400.0, logits)
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probs = (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)
    if style == "plateau":
        for layer_index in range(1, layers):
            stays = rng.random(rows) < 0.6
            probs[layer_index, stays] = probs[layer_index - 1, stays]
    return probs


@st.composite
def tables(
    draw: st.DrawFn, *, labels: st.SearchStrategy[int] | None = None, max_rows: int = 8
) -> Probs:
    """Random tables of all styles, 1 to 12 layers."""
    return table(
        draw(st.integers(0, 2**32 - 1)),
        layers=draw(st.integers(1, 12)),
        rows=draw(st.integers(1, max_rows)),
        labels=draw(labels or st.integers(2, 5)),
        style=draw(st.sampled_from(STYLES)),
    )


_unit = st.floats(0, 1, width=32)
_min_layer = st.integers(1, 6)


def policies() -> st.SearchStrategy[ExitPolicy]:
    """Any policy that probabilities are enough for, with any settings in range."""
    return st.one_of(
        st.builds(
            ConfidenceWindow,
            window_size=st.integers(1, 8),
            entropy_threshold=_unit,
            rule=st.sampled_from(WINDOW_RULES),
            margin=st.floats(0, 0.46875, width=32),
            max_range=_unit,
            min_layer=_min_layer,
        ),
        st.builds(EntropyThreshold, threshold=_unit, min_layer=_min_layer),
        st.builds(
            EntropyThreshold,
            threshold=st.floats(0, 2, width=32),
            unit=st.just("nats"),
            min_layer=_min_layer,
        ),
        st.builds(ConfidenceThreshold, threshold=_unit, min_layer=_min_layer),
        st.builds(Patience, patience=st.integers(1, 7), min_layer=_min_layer),
        st.builds(
            DistributionPatience,
            threshold=st.floats(0, 0.5, width=32),
            patience=st.integers(1, 5),
            min_layer=_min_layer,
        ),
        st.builds(
            ConsecutiveConfidence,
            patience=st.integers(1, 5),
            threshold=_unit,
            min_layer=_min_layer,
        ),
        st.builds(FixedLayer, layer=st.integers(6, 14), min_layer=_min_layer),
        st.builds(NeverExit, min_layer=_min_layer),
    )


def window(
    window_size: int,
    rule: WindowRule = "agree",
    *,
    entropy_threshold: float = 0.0,
    margin: float = 0.0,
    max_range: float = 0.1,
) -> ConfidenceWindow:
    """A window policy whose first stage is off unless asked for."""
    return ConfidenceWindow(
        window_size=window_size,
        entropy_threshold=entropy_threshold,
        rule=rule,
        margin=margin,
        max_range=max_range,
    )


def one_row(*layers: list[float]) -> Probs:
    """(layers, 1, labels) from the probabilities of each layer."""
    return np.array(layers, dtype=np.float32)[:, None, :]


def decided_one_by_one(policy: ExitPolicy, probs: Probs) -> tuple[list[int], list[int]]:
    """Exit layer and reason of each row, asking `decide` about one row at a time, as it deepens."""
    layers, rows, _ = probs.shape
    exit_layers, reasons = [], []
    for row in range(rows):
        history = np.full((1, *probs[:, row].shape), np.nan, dtype=np.float32)
        for layer in range(1, layers + 1):
            history[0, layer - 1] = probs[layer - 1, row]
            reason = int(policy.decide(History(history, np.array([layer])))[0])
            if reason != ExitReason.CONTINUE:
                exit_layers.append(layer)
                reasons.append(reason)
                break
    return exit_layers, reasons


def make_trace(probs: Probs | None = None, **changes: Any) -> LayerTrace:
    """A trace of `probs (layers, labels)`, made up where a test does not care."""
    if probs is None:
        probs = table(3, layers=12, rows=1, labels=2)[:, 0]
    layers, labels = probs.shape
    values: dict[str, Any] = {
        "text": "a warm, funny film",
        "text_pair": None,
        "tokens": ("[CLS]", "a", "warm", ",", "funny", "film", "[SEP]"),
        "probs": probs,
        "layer_ms": np.linspace(1.0, 2.0, layers),
        "embed_ms": 0.5,
        "label_names": tuple(f"label {index}" for index in range(labels)),
        "truncated": False,
        "n_tokens_full": 7,
        "layer_macs": 1000,
        "head_macs": 10,
        "checkpoint": "tiny",
        "digest": "0" * 64,
        "device": "cpu",
        "dtype": "float32",
    }
    return LayerTrace(**{**values, **changes})


EXAMPLES: list[ExitPolicy] = [
    window(3, entropy_threshold=0.2),
    window(3, "monotone", margin=0.05),
    window(3, "stable", max_range=0.2, margin=0.02),
    EntropyThreshold(threshold=0.4),
    EntropyThreshold(threshold=0.4, unit="nats", min_layer=3),
    ConfidenceThreshold(threshold=0.8),
    Patience(patience=2),
    DistributionPatience(threshold=0.05, patience=2),
    ConsecutiveConfidence(patience=2, threshold=0.6),
    FixedLayer(layer=5),
    NeverExit(),
]
every_policy = pytest.mark.parametrize("policy", EXAMPLES, ids=lambda policy: policy.kind)
