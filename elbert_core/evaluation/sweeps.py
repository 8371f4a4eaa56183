"""Sweeps: many settings of a policy replayed over one table, and what is best for its cost.

Works on stored probabilities only; no model is run, so every speed-up here is theoretical. Settings
chosen on the rows they are reported on say what is possible, not what new rows would give; for
that see `elbert_core.evaluation.calibration`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.evaluation import scores
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import (
    POLICIES,
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    Signals,
    policy_to_dict,
    replay,
    signals_of,
)
from elbert_core.results import Exits

Source = NDArray[np.floating] | Signals | EvaluationTable
"""What can be swept: probabilities (layers, rows, labels), their signals, or a stored table."""
Gold = NDArray[np.integer] | None
"""(rows,) gold label indices; None where the source is a stored table, which brings its own."""

SPEED_UPS = (2.0, 3.0, 4.0, 6.0)
"""At which a model card names the best settings."""


@dataclass(frozen=True, slots=True)
class SweepPoint(metrics.Costed):
    """One policy on one table: what it gets right and what it costs.

    Attributes:
        policy: the rule with its settings.
        n_rows, n_right: rows, and rows that got the right label.
        accuracy: n_right / n_rows, in [0, 1].
        accuracy_low, accuracy_high: its 95 % Wilson interval.
        macro_f1: mean F1 over labels, in [0, 1].
        matthews: Matthews correlation, in [-1, 1].
        agreement: share of rows with the label that full depth gives, in [0, 1].
        computation_cost: mean(exit_layer) / n_layers, layers only.
        mean_exit_layer: in [1, n_layers].
        early_exit_rate: share of rows that left before the last layer.
        exit_counts: rows that left after layer 1, 2, ..., n_layers.
        macs: mean multiply-accumulates of a row, the heads of all layers up to the exit counted;
            None where row lengths and model widths are unknown (plain probabilities).
        macs_share: the same as a share of full depth with a head after every layer; None as above.
    """

    policy: ExitPolicy
    n_rows: int
    n_right: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    macro_f1: float
    matthews: float
    agreement: float
    computation_cost: float
    mean_exit_layer: float
    early_exit_rate: float
    exit_counts: tuple[int, ...]
    macs: float | None
    macs_share: float | None


def probs_and_gold(source: Source, gold: Gold) -> tuple[Signals, NDArray[np.integer]]:
    """Signals and gold labels of whatever can be swept; checked.

    Raises:
        InputError: no gold labels, or labels that do not fit the probabilities.
    """
    signals = signals_from(source)
    if gold is None:
        if not isinstance(source, EvaluationTable):
            raise InputError("gold is needed with plain probabilities: (rows,) label indices")
        gold = source.gold
    _, rows, n_labels = signals.probs.shape
    return signals, metrics.label_indices(gold, rows, n_labels)


def signals_from(source: Source) -> Signals:
    """Signals of whatever can be swept."""
    if isinstance(source, Signals):
        return source
    return source.signals if isinstance(source, EvaluationTable) else signals_of(source)


def sweep(
    source: Source,
    gold: Gold = None,
    policies: Iterable[ExitPolicy] = (),
) -> list[SweepPoint]:
    """Replay each policy over a table: one point for each, in their order.

    Raises:
        InputError: no probabilities, or gold labels that do not fit them.
    """
    signals, labels = probs_and_gold(source, gold)
    layer_macs = source.layer_macs if isinstance(source, EvaluationTable) else None
    return [
        sweep_point(policy, replay(policy, signals), labels, signals, layer_macs=layer_macs)
        for policy in policies
    ]


def sweep_point(
    policy: ExitPolicy,
    exits: Exits,
    gold: NDArray[np.integer],
    signals: Signals,
    *,
    layer_macs: NDArray[np.int64] | None = None,
) -> SweepPoint:
    """The figures of one policy whose `exits` are `replay(policy, signals)`.

    `layer_macs` (rows,) are the multiply-accumulates of one layer with its head.
    """
    confusion = scores.confusion_matrix(exits.label, gold, signals.probs.shape[2])
    rows, right = len(gold), int(np.trace(confusion))
    low, high = metrics.wilson_interval(right, rows)
    counts = np.bincount(exits.exit_layer - 1, minlength=exits.n_layers).tolist()
    macs = share = None
    if layer_macs is not None:
        spent = float(np.dot(exits.exit_layer.astype(np.float64), layer_macs))
        macs = spent / rows
        share = spent / (float(layer_macs.sum(dtype=np.float64)) * exits.n_layers)
    return SweepPoint(
        policy=policy,
        n_rows=rows,
        n_right=right,
        accuracy=right / rows,
        accuracy_low=low,
        accuracy_high=high,
        macro_f1=scores.macro_f1(confusion),
        matthews=scores.matthews(confusion),
        agreement=float(np.mean(exits.label == signals.label[-1])),
        computation_cost=exits.computation_cost,
        mean_exit_layer=float(exits.exit_layer.mean()),
        early_exit_rate=float(1.0 - counts[-1] / rows),
        exit_counts=tuple(counts),
        macs=macs,
        macs_share=share,
    )


def policy_grids(
    n_layers: int, n_labels: int, *, having: Container[str] = ()
) -> dict[str, list[ExitPolicy]]:
    """Every family of rules over its whole useful range, safe settings included.

    Args:
        n_layers: layers of the model; windows and patience need so many at most.
        n_labels: labels; confidence thresholds start at 1 / n_labels, where everything exits.
        having: what the record holds beside probabilities (a table's `extras`); rules that need
            more are left out.

    Returns:
        Lists by family, see `ExitPolicy.grid` of each rule; "window", "window_monotone" and
        "window_stable" are ELBERT's three rules. Baselines come last. Families that need more
        layers than there are are left out.

    Raises:
        InputError: less than 1 layer or 2 labels.
    """
    if n_layers < 1 or n_labels < 2:
        raise InputError(
            f"grids need at least 1 layer and 2 labels, got {n_layers} layers, {n_labels} labels"
        )
    grids: dict[str, list[ExitPolicy]] = {}
    for rule in POLICIES.values():
        if any(name not in having for name in rule.needs):
            continue
        for policy in rule.grid(n_layers, n_labels):
            grids.setdefault(policy.family, []).append(policy)
    return grids


def pareto_front(
    points: Iterable[SweepPoint], cost: Callable[[SweepPoint], float] | None = None
) -> list[SweepPoint]:
    """The points that no other point beats: cheapest first, accuracy rising with cost.

    A point is beaten by one that is at most as costly and at least as accurate, and better in one
    of both. Of points equal in both the first stays. The cost is the share of the layers if None.
    """
    of = cost or (lambda p: p.computation_cost)
    front: list[SweepPoint] = []
    for point in sorted(points, key=lambda p: (of(p), -p.accuracy)):
        if not front or point.accuracy > front[-1].accuracy:
            front.append(point)
    return front


def best_at(points: Iterable[SweepPoint], speed_up: float) -> SweepPoint | None:
    """The most accurate point that is at least so fast (theoretical), None if none is."""
    fast = [point for point in points if point.speed_up_ratio >= speed_up]
    return max(fast, key=lambda p: (p.accuracy, p.speed_up_ratio), default=None)


def mean_layer_ms(
    exit_counts: Sequence[int] | NDArray[np.integer], layer_ms: NDArray[np.floating]
) -> float:
    """Mean milliseconds of the layers that are applied, by the medians of an evaluation table.

    Every row counts with the medians of all rows, whatever its length. Embeddings, tokenising and
    waiting in a batch are left out; the exit heads are in the medians `layer_ms` (layers,).
    """
    counts = np.asarray(exit_counts, dtype=np.float64)
    return float(counts @ np.cumsum(layer_ms) / counts.sum())


def measured_speed_up(
    exit_counts: Sequence[int] | NDArray[np.integer], layer_ms: NDArray[np.floating]
) -> float | None:
    """Milliseconds of all layers over the mean of those applied; see `mean_layer_ms`.

    Says how fast the layers of a setting are under the table's conditions (device, precision, one
    text at a time), not how fast a batch of texts would run. Equal to the theoretical speed-up
    when all layers take the same time; None where some layer has no milliseconds.
    """
    if (np.asarray(layer_ms) <= 0).any():
        return None
    return float(np.sum(layer_ms)) / mean_layer_ms(exit_counts, layer_ms)


def area(points: Iterable[SweepPoint], *, low: float | None = None, envelope: bool = True) -> float:
    """Area under accuracy against computation cost of a sweep, in [0, 1].

    To compare sweeps, give all the same `low`; what `envelope` means is said in
    `metrics.area_under_cost_curve`.
    """
    points = list(points)
    return metrics.area_under_cost_curve(
        np.array([p.computation_cost for p in points]),
        np.array([p.accuracy for p in points]),
        low=low,
        envelope=envelope,
    )


def two_curves(n_layers: int, n_labels: int) -> tuple[list[ExitPolicy], list[ExitPolicy]]:
    """DeeBERT's rule over its whole range, and ELBERT's rule "agree" without a margin."""
    windows = ConfidenceWindow.grid(n_layers, n_labels)
    plain = [window for window in windows if window.rule == "agree" and window.margin == 0]
    return [*EntropyThreshold.grid(n_layers, n_labels)], [*plain]


def evaluation_summary(probs: NDArray[np.floating], gold: NDArray[np.integer]) -> dict[str, Any]:
    """Figures for training.json and model cards, all JSON values.

    `area` is the area under accuracy against computation cost of the entropy sweep, every setting
    as it is (no envelope), so that deep layers worse than shallow ones cost something. The settings
    under `at_speed_up` are chosen on these very rows: they say what is possible, not what a tuned
    threshold would give on new rows.
    """
    n_layers, rows, n_labels = probs.shape
    entropy_points, window_points = (
        sweep(probs, gold, curve) for curve in two_curves(n_layers, n_labels)
    )
    accuracy = metrics.layer_accuracy(probs, gold)
    low, high = metrics.wilson_interval(int(round(accuracy[-1] * rows)), rows)
    at_speed_up = {
        f"{name} at {speed_up:g}x": {
            "accuracy": round(point.accuracy, 4),
            "speed_up_ratio": round(point.speed_up_ratio, 3),
            "policy": policy_to_dict(point.policy),
        }
        for name, points in (("entropy", entropy_points), ("window", window_points))
        for speed_up in SPEED_UPS
        if (point := best_at(points, speed_up)) is not None
    }
    return {
        "rows": rows,
        "layer_accuracy": [round(float(a), 4) for a in accuracy],
        "full_accuracy_interval_95": [round(low, 4), round(high, 4)],
        "area": round(area(entropy_points, envelope=False), 5),
        "at_speed_up": at_speed_up,
    }
