"""What an early exit may lose, and what it did lose on some rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.evaluation.sweeps import Gold, Source, probs_and_gold, signals_from
from elbert_core.policies import ExitPolicy, Signals, replay
from elbert_core.policy_files import Risk

RISKS: dict[str, str] = {
    "disagreement": "share of rows whose label differs from full depth's; needs no right answers",
    "accuracy": "share of rows that full depth gets right and the early exit wrong; the net loss "
    "of accuracy is never more",
    "distribution": "mean total variation distance between the probabilities at the exit and at "
    "full depth, in [0, 1]; needs no right answers",
}


@dataclass(frozen=True, slots=True)
class Report(metrics.Costed):
    """What the chosen setting does on rows that had no part in choosing it.

    Attributes:
        n_rows: rows of the report part.
        loss: mean loss, in [0, 1].
        loss_interval: its 95 % Wilson interval; None for losses that are not 0 or 1.
        computation_cost: mean(exit_layer) / n_layers.
        accuracy, full_accuracy: at the exit and at full depth; None without gold labels.
        accuracy_interval: 95 % Wilson interval of `accuracy`; None without gold labels.
    """

    n_rows: int
    loss: float
    loss_interval: tuple[float, float] | None
    computation_cost: float
    accuracy: float | None
    full_accuracy: float | None
    accuracy_interval: tuple[float, float] | None


def report_on(
    policy: ExitPolicy,
    signals: Signals,
    gold: Gold,
    rows: NDArray[np.integer],
    risk: Risk,
) -> Report:
    """Loss, cost and accuracy of one setting on some rows."""
    part = signals.take(rows)
    labels = None if gold is None else gold[rows]
    losses, exit_layers = losses_of(part, labels, [policy], risk)
    accuracy = full_accuracy = interval = loss_interval = None
    if labels is not None:
        right = int((replay(policy, part).label == labels).sum())
        accuracy, full_accuracy = right / len(rows), float((part.label[-1] == labels).mean())
        interval = metrics.wilson_interval(right, len(rows))
    if risk != "distribution":
        loss_interval = metrics.wilson_interval(int(np.count_nonzero(losses)), len(rows))
    return Report(
        n_rows=len(rows),
        loss=float(losses.mean(dtype=np.float64)),
        loss_interval=loss_interval,
        computation_cost=metrics.computation_cost(exit_layers[0], signals.n_layers),
        accuracy=accuracy,
        full_accuracy=full_accuracy,
        accuracy_interval=interval,
    )


def with_optional_gold(source: Source, gold: Gold, risk: Risk) -> tuple[Signals, Gold]:
    """Signals, and gold labels where they are given or the risk needs them; checked."""
    if gold is None and not hasattr(source, "gold") and risk != "accuracy":
        return signals_from(source), None
    return probs_and_gold(source, gold)


def losses_of(
    signals: Signals,
    gold: Gold,
    policies: list[ExitPolicy],
    risk: Risk,
) -> tuple[NDArray[np.float32] | NDArray[np.bool_], NDArray[np.int16]]:
    """(policies, rows) losses and exit layers; bool for the risks of 0 and 1."""
    rows = np.arange(signals.shape[1])
    full = signals.label[-1]
    shape = (len(policies), len(rows))
    losses: NDArray[Any] = np.zeros(shape, np.float32 if risk == "distribution" else np.bool_)
    exit_layers = np.zeros(shape, dtype=np.int16)
    for index, policy in enumerate(policies):
        exits = replay(policy, signals)
        exit_layers[index] = exits.exit_layer
        if risk == "distribution":
            distance = np.abs(signals.probs[exits.exit_layer - 1, rows] - signals.probs[-1])
            losses[index] = np.clip(distance.sum(axis=-1) / 2, 0.0, 1.0)
        elif risk == "accuracy":
            assert gold is not None  # probs_and_gold has seen to it
            losses[index] = (full == gold) & (exits.label != gold)
        else:
            losses[index] = exits.label != full
    return losses, exit_layers
