"""Two settings on the same rows: is the difference more than luck?

Paired throughout: only rows on which the two differ say anything about their difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.evaluation.exact_tests import mcnemar, require_level
from elbert_core.results import Exits

DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first setting against the second, row by row.

    Attributes:
        n_rows: rows compared.
        both_right, only_first, only_second, both_wrong: rows of each kind; they sum to n_rows.
        p_value: exact McNemar test of equal accuracy, two-sided, in (0, 1].
        accuracy_difference: accuracy of the first less that of the second, in [-1, 1].
        accuracy_interval: its paired bootstrap interval.
        cost_difference: computation cost of the first less that of the second, in (-1, 1).
        cost_interval: its paired bootstrap interval.
        confidence: level of both intervals.
        seed: of the bootstrap.
    """

    n_rows: int
    both_right: int
    only_first: int
    only_second: int
    both_wrong: int
    p_value: float
    accuracy_difference: float
    accuracy_interval: tuple[float, float]
    cost_difference: float
    cost_interval: tuple[float, float]
    confidence: float
    seed: int


def compare(
    first: Exits,
    second: Exits,
    gold: NDArray[np.integer],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Comparison:
    """Compare two settings, replayed over the same rows and layers.

    Gold are (rows,) label indices; the intervals are of the level `confidence`, in (0, 1), from so
    many bootstrap samples.

    Raises:
        InputError: no rows, or rows or layers that do not fit.
    """
    rows = len(gold)
    sizes = (len(first.label), len(second.label), rows)
    if rows == 0 or len(set(sizes)) > 1 or first.n_layers != second.n_layers:
        raise InputError(
            "both settings and gold must have the same rows and layers, got rows "
            f"{sizes[0]}, {sizes[1]}, {sizes[2]} and layers {first.n_layers}, {second.n_layers}"
        )
    right_first, right_second = first.label == gold, second.label == gold
    only_first = int((right_first & ~right_second).sum())
    only_second = int((~right_first & right_second).sum())
    both = int((right_first & right_second).sum())
    gain = right_first.astype(np.int64) - right_second
    layers = first.exit_layer - second.exit_layer
    n_layers = first.n_layers
    low, high = bootstrap_interval(layers, confidence=confidence, draws=draws, seed=seed)
    return Comparison(
        n_rows=rows,
        both_right=both,
        only_first=only_first,
        only_second=only_second,
        both_wrong=rows - both - only_first - only_second,
        p_value=mcnemar(only_first, only_second),
        accuracy_difference=(only_first - only_second) / rows,
        accuracy_interval=bootstrap_interval(gain, confidence=confidence, draws=draws, seed=seed),
        cost_difference=float(layers.mean() / n_layers),
        cost_interval=(low / n_layers, high / n_layers),
        confidence=confidence,
        seed=seed,
    )


def bootstrap_interval(
    differences: NDArray[np.integer],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap interval of the mean of paired differences.

    Rows are drawn with replacement. As a mean only asks how often each value was drawn, the counts
    of the distinct values are drawn instead (multinomial): the same distribution, much faster.

    `differences` are (rows,) whole numbers of few distinct values, the level `confidence` is
    two-sided and in (0, 1), `draws` at least 1.
    """
    require_level("confidence", confidence)
    if differences.ndim != 1 or differences.size == 0 or draws < 1:
        raise InputError(
            f"differences must have shape (rows,), not empty, and draws be at least 1, "
            f"got {differences.shape} and {draws}"
        )
    values, counts = np.unique(differences, return_counts=True)
    rows = len(differences)
    drawn = np.random.default_rng(seed).multinomial(rows, counts / rows, size=draws)
    means = drawn @ values.astype(np.float64) / rows
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)
