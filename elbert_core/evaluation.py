"""What a table of stored probabilities says about a model: accuracy at every depth and cost.

Works on numbers only: `probs (layers, rows, labels)` of full-depth passes and gold labels. Policies
are replayed; no model is run here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.policies import (
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    policy_to_dict,
    replay,
    signals_of,
)

ENTROPY_GRID = tuple(
    round(float(t), 4)
    for t in np.concatenate(
        ([0.0, 0.001, 0.003], np.arange(0.01, 0.1, 0.01), np.arange(0.1, 1.0001, 0.05))
    )
)
SPEED_UPS = (2.0, 3.0, 4.0, 6.0)


@dataclass(frozen=True, slots=True)
class SweepPoint:
    """One policy on one table: accuracy and theoretical cost."""

    policy: ExitPolicy
    accuracy: float
    computation_cost: float
    mean_exit_layer: float

    @property
    def speed_up_ratio(self) -> float:
        """Theoretical, layers only: 1 / computation_cost."""
        return 1.0 / self.computation_cost


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probabilities over the last axis, float32."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exponents = np.exp(shifted, dtype=np.float32)
    result: NDArray[np.float32] = exponents / exponents.sum(axis=-1, keepdims=True)
    return result


def sweep(
    probs: NDArray[np.floating], gold: NDArray[np.integer], policies: Iterable[ExitPolicy]
) -> list[SweepPoint]:
    """Replay each policy over a table.

    Args:
        probs: (layers, rows, labels).
        gold: (rows,) gold label indices.
        policies: any number of settings.
    """
    signals = signals_of(probs)
    points = []
    for policy in policies:
        exits = replay(policy, signals)
        points.append(
            SweepPoint(
                policy=policy,
                accuracy=float(np.mean(exits.label == gold)),
                computation_cost=exits.computation_cost,
                mean_exit_layer=float(exits.exit_layer.mean()),
            )
        )
    return points


def entropy_grid() -> list[ExitPolicy]:
    """DeeBERT's rule over its whole range."""
    return [EntropyThreshold(threshold) for threshold in ENTROPY_GRID]


def window_grid(n_layers: int) -> list[ExitPolicy]:
    """ELBERT's rule "agree" over window sizes and entropy thresholds."""
    return [
        ConfidenceWindow(size, threshold)
        for size in range(2, min(n_layers, 9))
        for threshold in (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6)
    ]


def best_at(points: Iterable[SweepPoint], speed_up: float) -> SweepPoint | None:
    """The most accurate point that is at least so fast (theoretical), None if none is."""
    fast = [point for point in points if point.speed_up_ratio >= speed_up]
    return max(fast, key=lambda p: (p.accuracy, p.speed_up_ratio), default=None)


def evaluation_summary(probs: NDArray[np.floating], gold: NDArray[np.integer]) -> dict[str, Any]:
    """Figures for training.json and model cards, all JSON values.

    `area` is the area under accuracy against computation cost of the entropy sweep. The settings
    under `at_speed_up` are chosen on these very rows: they say what is possible, not what a tuned
    threshold would give on new rows.
    """
    n_layers, rows, _ = probs.shape
    entropy_points = sweep(probs, gold, entropy_grid())
    window_points = sweep(probs, gold, window_grid(n_layers))
    accuracy = metrics.layer_accuracy(probs, gold)
    low, high = metrics.wilson_interval(int(round(accuracy[-1] * rows)), rows)
    at_speed_up = {}
    for name, points in (("entropy", entropy_points), ("window", window_points)):
        for speed_up in SPEED_UPS:
            point = best_at(points, speed_up)
            if point is not None:
                at_speed_up[f"{name} at {speed_up:g}x"] = {
                    "accuracy": round(point.accuracy, 4),
                    "speed_up_ratio": round(point.speed_up_ratio, 3),
                    "policy": policy_to_dict(point.policy),
                }
    return {
        "rows": rows,
        "layer_accuracy": [round(float(a), 4) for a in accuracy],
        "full_accuracy_interval_95": [round(low, 4), round(high, 4)],
        "area": round(area(entropy_points), 5),
        "area_window": round(area(window_points), 5),
        "at_speed_up": at_speed_up,
    }


def area(points: Iterable[SweepPoint]) -> float:
    """Area under accuracy against computation cost of a sweep, in [0, 1]."""
    points = list(points)
    return metrics.area_under_cost_curve(
        np.array([p.computation_cost for p in points]), np.array([p.accuracy for p in points])
    )
