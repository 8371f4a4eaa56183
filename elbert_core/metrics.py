"""What early exit costs and what it gives: pure functions of numbers and arrays.

They know no policy, model or chart. Layers are counted as layers applied, 1..L. `probs` is always
`(layers, rows, labels)`, `gold` `(rows,)` with the index of the right label.

References:
    Cost: ELBERT, Xie et al. 2021, arXiv:2107.00175 (computation cost).
    Overthinking: Kaya et al. 2019, "Shallow-Deep Networks", arXiv:1810.07052.
    Interval: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from elbert_core.errors import InputError

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.int64]


def computation_cost(exit_layer: ArrayLike, n_layers: int) -> float:
    """Share of the layers that were applied: mean(exit_layer) / n_layers, in (0, 1].

    Counts layers only; embeddings and exit heads are left out, as in the ELBERT paper. Exit layers
    are (rows,) whole numbers in 1..n_layers.

    Raises:
        InputError: no rows, or a layer outside 1..n_layers.
    """
    layers = np.asarray(exit_layer)
    if layers.ndim != 1 or layers.size == 0:
        raise InputError(f"exit_layer must have shape (rows,) with rows >= 1, got {layers.shape}")
    require_within("exit_layer", layers, 1, n_layers)
    return float(layers.mean() / n_layers)


class Costed:
    """Whatever has a `computation_cost`: its speed-up follows from that, here for all."""

    __slots__ = ()
    if TYPE_CHECKING:

        @property
        def computation_cost(self) -> float:
            """See the function of this name."""

    @property
    def speed_up_ratio(self) -> float:
        """Theoretical speed-up, layers only: 1 / computation_cost, at least 1.

        Of several rows that is n_layers / mean(exit_layer) and not the mean of their own ratios,
        which would promise more than a queue of texts can get.
        """
        return 1.0 / self.computation_cost


def layer_accuracy(probs: FloatArray, gold: ArrayLike) -> NDArray[np.float64]:
    """Accuracy when every row stops after the same layer: (layers,) shares in [0, 1].

    Raises:
        InputError: wrong shapes, no rows, or a gold label that does not exist.
    """
    shares: NDArray[np.float64] = _right(probs, gold).mean(axis=1)
    return shares


def oracle_exit_layers(probs: FloatArray, gold: ArrayLike) -> IntArray:
    """Earliest layer whose label is right, n_layers where none is: (rows,) in 1..n_layers.

    It looks at the answer, so it is an upper bound and no policy. With few labels and many layers
    part of it is luck; `stable_exit_layers` is the fairer companion.

    Raises:
        InputError: wrong shapes, no rows, or a gold label that does not exist.
    """
    right = _right(probs, gold)
    first: IntArray = np.where(right.any(axis=0), right.argmax(axis=0) + 1, len(right))
    return first


def stable_exit_layers(probs: FloatArray) -> IntArray:
    """First layer from which the label never changes again: (rows,) in 1..n_layers.

    Reads later layers, so it is no policy either, but it needs no right answers.

    Raises:
        InputError: wrong shape.
    """
    labels = _labels(probs)
    # an axis reversed, so that argmax finds the last layer that differs from the final answer
    differs = (labels != labels[-1])[::-1]
    back = np.where(differs.any(axis=0), differs.argmax(axis=0), len(labels))
    first: IntArray = len(labels) - back + 1
    return first


@dataclass(frozen=True, slots=True)
class Overthinking:
    """What reading on did to rows that had been right already (full-depth pass).

    Attributes:
        wasteful_share: share of rows right at some layer before the last, whatever came after.
        destructive_share: share of rows right at some layer before the last and wrong at the last;
            never more than `wasteful_share`.
        mean_flips: label changes from layer to layer, mean over rows, in [0, n_layers - 1].
    """

    wasteful_share: float
    destructive_share: float
    mean_flips: float


def overthinking(probs: FloatArray, gold: ArrayLike) -> Overthinking:
    """How often full depth was not needed, and how often it did harm.

    Raises:
        InputError: wrong shapes, no rows, or a gold label that does not exist.
    """
    right = _right(probs, gold)
    right_before = right[:-1].any(axis=0)
    labels = _labels(probs)
    return Overthinking(
        wasteful_share=float(right_before.mean()),
        destructive_share=float((right_before & ~right[-1]).mean()),
        mean_flips=float((labels[1:] != labels[:-1]).sum(axis=0).mean()),
    )


def area_under_cost_curve(
    cost: ArrayLike, accuracy: ArrayLike, *, low: float | None = None, envelope: bool = True
) -> float:
    """Mean of the best accuracy that can be had for a cost, over the costs from `low` to 1: [0, 1].

    The points are sorted by cost; at each cost the best accuracy of all points that cost no more
    counts (a step function, the upper envelope; no interpolation, since between two settings there
    may be none). The envelope is held to the right up to cost 1, because more may always be spent.
    It is not extended to the left, because nothing is known to work there. The area is divided by
    `1 - low`; when `low` is 1 the best accuracy is returned.

    To compare curves, give all of them the same `low`: the largest of their cheapest costs.

    Without the envelope every point counts as it is (straight lines between neighbours, the dearest
    point held up to cost 1). A model whose deep layers are worse than its shallow ones then scores
    lower, which an envelope hides; that is what training should see when it picks a checkpoint.

    Args:
        cost: (points,) computation costs in (0, 1], in any order.
        accuracy: (points,) shares in [0, 1].
        low: left end of the range, from the cheapest cost (the default) to 1.
        envelope: count the best accuracy up to each cost instead of each point as it is.

    Raises:
        InputError: no points, two lengths, a value out of range, or `low` below every cost.
    """
    costs, shares = np.asarray(cost, dtype=np.float64), np.asarray(accuracy, dtype=np.float64)
    if costs.ndim != 1 or costs.size == 0 or costs.shape != shares.shape:
        raise InputError(
            "cost and accuracy must both have shape (points,) with points >= 1, "
            f"got {costs.shape} and {shares.shape}"
        )
    if not ((costs > 0) & (costs <= 1)).all():
        raise InputError(f"cost must lie in (0, 1], got {costs.min():g}..{costs.max():g}")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise InputError(f"accuracy must lie in [0, 1], got {shares.min():g}..{shares.max():g}")
    left = float(costs.min()) if low is None else float(low)
    if not costs.min() <= left <= 1:
        raise InputError(f"low must lie in [{costs.min():g}, 1], the cheapest cost on, got {low}")

    order = np.argsort(costs, kind="stable")
    if not envelope:
        grid, first = np.unique(np.append(costs[order], 1.0), return_index=True)
        curve = np.append(shares[order], shares[order][-1])[first]
        inner = grid[grid > left]
        edges = np.concatenate([[left], inner])
        values = np.interp(edges, grid, curve)
        return float(np.trapezoid(values, edges) / (1.0 - left)) if left < 1.0 else float(curve[-1])
    best = np.maximum.accumulate(shares[order])
    if left == 1.0:
        return float(best[-1])
    edges = np.append(np.maximum(costs[order], left), 1.0)
    return float(np.clip((best * np.diff(edges)).sum() / (1.0 - left), 0.0, 1.0))


def layer_macs(hidden: int, intermediate: int, n_tokens: int) -> int:
    """Multiply-accumulates of one layer for one text: 4NH^2 + 2N^2H + 2NHF.

    Query, key, value and output projections of width H for N tokens, special ones included;
    attention scores and their use; the two halves of the feed-forward part of width F. Norms,
    biases and activations are left out.

    Raises:
        InputError: a number below 1.
    """
    _require_positive(hidden=hidden, intermediate=intermediate, n_tokens=n_tokens)
    projections = 4 * n_tokens * hidden**2
    attention = 2 * n_tokens**2 * hidden
    return projections + attention + 2 * n_tokens * hidden * intermediate


def head_macs(hidden: int, labels: int) -> int:
    """Multiply-accumulates of one exit head for one text: H^2 (pooler) + HK (classifier).

    Raises:
        InputError: a number below 1.
    """
    _require_positive(hidden=hidden, labels=labels)
    return hidden**2 + hidden * labels


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson score interval of a share, without continuity correction.

    Written out because `scipy.stats.binomtest`, which gives the same, is too slow for the many
    settings of a sweep.

    (low, high) in [0, 1], at a two-sided level in (0, 1); holds the share itself.

    Raises:
        InputError: a value out of range.
    """
    _require_positive(n=n)
    if not 0 <= successes <= n:
        raise InputError(f"successes must lie in 0..{n}, got {successes}")
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie in (0, 1), got {confidence}")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = successes / n, z * z / n
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread * spread / 4) / (1 + spread)
    # with none or all right one end is the share itself; rounding would put it just beside
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == n else centre + half
    return low, high


def _labels(probs: FloatArray) -> IntArray:
    """(layers, rows) most probable label, after a check of the shape."""
    if probs.ndim != 3 or probs.shape[0] < 1 or probs.shape[2] < 2:
        raise InputError(
            "probs must have shape (layers, rows, labels) with at least 1 layer and 2 labels, "
            f"got {probs.shape}"
        )
    labels: IntArray = probs.argmax(axis=-1).astype(np.int64)
    return labels


def _right(probs: FloatArray, gold: ArrayLike) -> NDArray[np.bool_]:
    """(layers, rows) True where the label is the right one."""
    labels = _labels(probs)
    is_right: NDArray[np.bool_] = labels == label_indices(gold, labels.shape[1], probs.shape[2])
    return is_right


def label_indices(
    values: ArrayLike, rows: int, n_labels: int, *, name: str = "gold"
) -> NDArray[np.integer]:
    """(rows,) label indices, looked at.

    Raises:
        InputError: no rows, another length, or an index that does not exist; it says the `name`.
    """
    found = np.asarray(values)
    if found.shape != (rows,) or rows == 0:
        raise InputError(f"{name} must have shape ({rows},), not empty, got {found.shape}")
    if not np.issubdtype(found.dtype, np.integer):
        raise InputError(f"{name} must hold label indices, got {found.dtype}")
    require_within(name, found, 0, n_labels - 1)
    return found


def require_within(name: str, values: NDArray[Any], low: int, high: int) -> None:
    """Refuse whole numbers, at least one, of which some lie outside low..high."""
    if values.min() < low or values.max() > high:
        raise InputError(f"{name} must lie in {low}..{high}, got {values.min()}..{values.max()}")


def _require_positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise InputError(f"{name} must be at least 1, got {value}")
