"""What a policy has to beat: full depth, one fixed layer for all, chance; and what nobody can beat.

The oracles look at what a running engine cannot see (the right answer, or later layers): they are
limits, no policies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.evaluation.sweeps import Gold, Source, probs_and_gold

BaselineKind = Literal["full", "fixed", "oracle", "oracle_shuffled", "stable"]


@dataclass(frozen=True, slots=True)
class Baseline(metrics.Costed):
    """One reference point of the plane accuracy against cost.

    Attributes:
        kind: "full" depth; "fixed" layer for all rows; "oracle", the first right layer (full
            depth where none is); "oracle_shuffled", the same with the right answers dealt out at
            random, which shows how much of an oracle is luck; "stable", the first layer from
            which the label never changes again.
        layer: the layer of "full" and "fixed", None for the others.
        accuracy: in [0, 1].
        accuracy_low, accuracy_high: its 95 % Wilson interval.
        computation_cost: mean(exit_layer) / n_layers.
        exit_counts: rows that left after layer 1, 2, ..., n_layers.
    """

    kind: BaselineKind
    layer: int | None
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    computation_cost: float
    exit_counts: tuple[int, ...]


def baselines(source: Source, gold: Gold = None, *, seed: int = 0) -> list[Baseline]:
    """Full depth, every fixed layer, the oracle with its control, the stable oracle; in this order.

    The seed is that of the shuffle behind "oracle_shuffled".
    """
    signals, labels = probs_and_gold(source, gold)
    probs, n_layers = signals.probs, signals.n_layers
    rows = np.arange(len(labels))

    def made(
        kind: BaselineKind,
        layers: NDArray[np.int64],
        right: NDArray[np.integer],
        layer: int | None = None,
    ) -> Baseline:
        n_right = int((signals.label[layers - 1, rows] == right).sum())
        interval = metrics.wilson_interval(n_right, len(rows))
        cost = metrics.computation_cost(layers, n_layers)
        counts = tuple(np.bincount(layers - 1, minlength=n_layers).tolist())
        return Baseline(kind, layer, n_right / len(rows), *interval, cost, counts)

    every = np.ones(len(rows), dtype=np.int64)
    found = [made("full", every * n_layers, labels, n_layers)]
    found += [made("fixed", every * layer, labels, layer) for layer in range(1, n_layers + 1)]
    found.append(made("oracle", metrics.oracle_exit_layers(probs, labels), labels))
    shuffled = np.random.default_rng(seed).permutation(labels)
    found.append(made("oracle_shuffled", metrics.oracle_exit_layers(probs, shuffled), shuffled))
    found.append(made("stable", metrics.stable_exit_layers(probs), labels))
    return found


@dataclass(frozen=True, slots=True)
class RandomExit:
    """Leaving at random, at exactly the cost of a policy.

    Attributes:
        accuracy: expected value over all ways to deal the exits out, exact.
        low, high: middle 95 % of the seeded draws.
        computation_cost: as the policy's.
        draws, seed: of the draws.
    """

    accuracy: float
    low: float
    high: float
    computation_cost: float
    draws: int
    seed: int


def random_exit(
    source: Source,
    gold: Gold = None,
    *,
    exit_counts: tuple[int, ...],
    draws: int = 200,
    seed: int = 0,
) -> RandomExit:
    """What the exit layers of a policy give when dealt out to the rows at random.

    The cost stays what it was; whatever the policy gains over this it owes to choosing the rows.
    `exit_counts` are the rows that leave after layer 1, 2, ..., n_layers; the interval is that of
    so many seeded deals, at least 1.

    Raises:
        InputError: exit counts that do not fit the table.
    """
    signals, labels = probs_and_gold(source, gold)
    counts = np.asarray(exit_counts, dtype=np.int64)
    rows = len(labels)
    if counts.shape != (signals.n_layers,) or (counts < 0).any() or counts.sum() != rows:
        raise InputError(
            f"exit_counts must hold {signals.n_layers} counts that sum to {rows}, "
            f"got {len(counts)} that sum to {counts.sum()}"
        )
    right = signals.label == labels
    layers = np.repeat(np.arange(signals.n_layers), counts)
    dealer = np.random.default_rng(seed)
    order = np.arange(rows)
    shares = [right[dealer.permutation(layers), order].mean() for _ in range(draws)]
    low, high = np.quantile(shares, [0.025, 0.975])
    return RandomExit(
        accuracy=float(counts @ right.mean(axis=1) / rows),
        low=float(low),
        high=float(high),
        computation_cost=metrics.computation_cost(layers + 1, signals.n_layers),
        draws=draws,
        seed=seed,
    )
