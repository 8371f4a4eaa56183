"""What a table of stored probabilities says about a model, in the few figures of a model card.

Works on numbers only: `probs (layers, rows, labels)` of full-depth passes and gold labels. Policies
are replayed; no model is run here. The table itself is made by `elbert_core.evaluation.recording`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.evaluation.sweeps import area, best_at, sweep
from elbert_core.policies import ConfidenceWindow, EntropyThreshold, ExitPolicy, policy_to_dict

SPEED_UPS = (2.0, 3.0, 4.0, 6.0)


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
        "area": round(area(entropy_points, envelope=False), 5),
        "at_speed_up": at_speed_up,
    }
