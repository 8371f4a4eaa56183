"""Scores of predicted labels beyond accuracy, from counts: fast enough for hundreds of policies.

Equal to scikit-learn's `f1_score(average="macro")`, `f1_score(average=None)` and
`matthews_corrcoef` (proved by test), which take milliseconds a policy.

Reference: Gorodkin 2004, "Comparing two K-category assignments by a K-category correlation
coefficient", for more than two labels.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elbert_core.metrics import label_indices

Counts = NDArray[np.int64]


def confusion_matrix(label: ArrayLike, gold: ArrayLike, n_labels: int) -> Counts:
    """(n_labels, n_labels) rows of each gold label (down) that got each label (across).

    Raises:
        InputError: no rows, two lengths, or an index that does not exist.
    """
    rows = np.size(gold)
    predicted = label_indices(label, rows, n_labels, name="label")
    cells = label_indices(gold, rows, n_labels).astype(np.int64) * n_labels + predicted
    counts: Counts = np.bincount(cells, minlength=n_labels**2).reshape(n_labels, n_labels)
    return counts


def label_f1(confusion: Counts) -> NDArray[np.float64]:
    """(labels,) F1 of each label; NaN for one that neither occurs nor was predicted.

    F1 = 2 * right / (times predicted + times it was the right one).
    """
    occurs = confusion.sum(axis=0) + confusion.sum(axis=1)
    f1 = np.full(len(confusion), np.nan)
    np.divide(2.0 * np.diagonal(confusion), occurs, out=f1, where=occurs > 0)
    return f1


def macro_f1(confusion: Counts) -> float:
    """Mean F1 over the labels that occur or were predicted, in [0, 1]."""
    return float(np.nanmean(label_f1(confusion)))


def matthews(confusion: Counts) -> float:
    """Matthews correlation, in [-1, 1]; 0 where either side knows one label only."""
    right, rows = int(np.trace(confusion)), int(confusion.sum())
    predicted = [int(n) for n in confusion.sum(axis=0)]
    true = [int(n) for n in confusion.sum(axis=1)]
    # whole numbers of any size: products of row counts may pass 64 bits
    covariance = right * rows - sum(p * t for p, t in zip(predicted, true, strict=True))
    spread_predicted = rows**2 - sum(p * p for p in predicted)
    spread_true = rows**2 - sum(t * t for t in true)
    if spread_predicted == 0 or spread_true == 0:
        return 0.0
    return covariance / (math.sqrt(spread_predicted) * math.sqrt(spread_true))
