"""Can the layers be believed? Calibration per layer, accuracy where rows leave, changes of mind.

References:
    Expected calibration error: Naeini et al. 2015; Guo et al. 2017, arXiv:1706.04599.
    Overthinking: Kaya et al. 2019, "Shallow-Deep Networks", arXiv:1810.07052; the two shares are
    in `elbert_core.metrics.overthinking`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.evaluation.sweeps import Gold, Source, probs_and_gold
from elbert_core.results import Exits

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Confidence against accuracy, in bins of equal width over [0, 1].

    Attributes:
        edges: (bins + 1,) ends of the bins; a bin holds its right end, the first also its left.
        count: (layers, bins) rows in each bin.
        confidence: (layers, bins) mean confidence of a bin's rows, NaN without rows.
        accuracy: (layers, bins) share of a bin's rows that are right, NaN without rows.
        error: (layers,) expected calibration error, the mean gap weighted by rows, in [0, 1].
    """

    edges: FloatArray
    count: IntArray
    confidence: FloatArray
    accuracy: FloatArray
    error: FloatArray


def reliability(source: Source, gold: Gold = None, *, bins: int = 10) -> Reliability:
    """Reliability of every layer, as if all rows left there, in at least one bin."""
    if bins < 1:
        raise InputError(f"bins must be at least 1, got {bins}")
    signals, labels = probs_and_gold(source, gold)
    sure = signals.confidence.astype(np.float64)
    right = signals.label == labels
    layers, rows = sure.shape
    edges = np.linspace(0.0, 1.0, bins + 1)
    which = np.clip(np.digitize(sure, edges[1:-1], right=True), 0, bins - 1)
    cell = (which + np.arange(layers)[:, None] * bins).ravel()
    count, confidence, accuracy = (
        np.bincount(cell, values.ravel(), layers * bins).reshape(layers, bins)
        for values in (np.ones_like(sure), sure, right)
    )
    error = np.abs(confidence - accuracy).sum(axis=1) / rows
    divisor = np.where(count == 0, np.nan, count)
    whole = count.astype(np.int64)
    return Reliability(edges, whole, confidence / divisor, accuracy / divisor, error)


@dataclass(frozen=True, slots=True, eq=False)
class ExitAccuracy:
    """How good the answers are of the rows that leave after each layer.

    Attributes:
        count: (layers,) rows that leave there.
        accuracy: (layers,) share of them that are right, NaN without rows.
        accuracy_low, accuracy_high: (layers,) 95 % Wilson interval, NaN without rows.
        full_accuracy: (layers,) the same rows' accuracy at full depth: what leaving cost or gained.
        agreement: (layers,) share of them that got full depth's label.
    """

    count: IntArray
    accuracy: FloatArray
    accuracy_low: FloatArray
    accuracy_high: FloatArray
    full_accuracy: FloatArray
    agreement: FloatArray


def exit_accuracy(source: Source, exits: Exits, gold: Gold = None) -> ExitAccuracy:
    """Accuracy by exit layer of one policy, replayed over the same probabilities.

    Raises:
        InputError: exits of other rows or layers.
    """
    signals, labels = probs_and_gold(source, gold)
    if (exits.n_layers, len(exits.label)) != signals.shape:
        raise InputError(
            f"exits must be of {signals.shape[0]} layers and {signals.shape[1]} rows, "
            f"got {exits.n_layers} and {len(exits.label)}"
        )
    full = signals.label[-1]
    layer_index = exits.exit_layer - 1
    count = np.bincount(layer_index, minlength=exits.n_layers)

    def share(holds: NDArray[np.bool_]) -> FloatArray:
        met = np.bincount(layer_index, weights=holds, minlength=exits.n_layers)
        return np.where(count == 0, np.nan, met / np.maximum(count, 1))

    right = exits.label == labels
    accuracy = share(right)
    intervals = [
        metrics.wilson_interval(int(round(a * n)), int(n)) if n else (np.nan, np.nan)
        for a, n in zip(accuracy, count, strict=True)
    ]
    low, high = np.array(intervals, dtype=np.float64).T
    return ExitAccuracy(
        count=count.astype(np.int64),
        accuracy=accuracy,
        accuracy_low=low,
        accuracy_high=high,
        full_accuracy=share(full == labels),
        agreement=share(exits.label == full),
    )


@dataclass(frozen=True, slots=True, eq=False)
class ChangesOfMind:
    """What each layer does to the labels of the layer before, and what was right by then.

    Attributes:
        to_right: (layers,) share of rows that became right at this layer; 0 at the first.
        to_wrong: (layers,) share of rows that had been right and became wrong here.
        between_wrong: (layers,) share of rows that went from one wrong label to another.
        right_so_far: (layers,) share of rows that were right at this layer or an earlier one.
    """

    to_right: FloatArray
    to_wrong: FloatArray
    between_wrong: FloatArray
    right_so_far: FloatArray


def changes_of_mind(source: Source, gold: Gold = None) -> ChangesOfMind:
    """Flips layer by layer, told apart by what they did."""
    signals, labels = probs_and_gold(source, gold)
    right = signals.label == labels
    before = np.vstack([right[:1], right[:-1]])
    flips = ~signals.agrees
    flips[0] = False
    return ChangesOfMind(
        to_right=(flips & right & ~before).mean(axis=1),
        to_wrong=(flips & ~right & before).mean(axis=1),
        between_wrong=(flips & ~right & ~before).mean(axis=1),
        right_so_far=np.maximum.accumulate(right, axis=0).mean(axis=1),
    )
