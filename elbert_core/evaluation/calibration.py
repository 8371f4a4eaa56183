"""The fastest setting whose loss stays under a limit, with a guarantee for new rows.

Fixed-sequence Learn-then-Test: one part of the rows puts the candidate settings in an order, from
safe to fast; a second part tests them in that order until one fails; a third only reports. With
probability `confidence` over the rows drawn, the true loss of the chosen setting is at most
`max_loss`, whatever the model. That holds for rows drawn from the same source as these, not under
a shift of the data, and not when the rows were used to train the model; rows on which one of many
checkpoints was picked are a little too kind to it.

References:
    Learn then Test: Angelopoulos et al. 2021, arXiv:2110.01052 (fixed-sequence testing, p-values).
    CALM: Schuster et al. 2022, arXiv:2207.07061 (risks of early exit).

Deviation: candidates of many rules with several settings have no natural order, so the first part
of the rows gives one; any order is valid that does not look at the rows of the test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation import exact_tests
from elbert_core.evaluation.exact_tests import require_level
from elbert_core.evaluation.sweeps import Source, policy_grids, probs_and_gold, signals_from
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy, NeverExit, Signals, replay
from elbert_core.policy_files import Guarantee, Risk

RISKS: dict[str, str] = {
    "disagreement": "share of rows whose label differs from full depth's; needs no right answers",
    "accuracy": "share of rows that full depth gets right and the early exit wrong; the net loss "
    "of accuracy is never more",
    "distribution": "mean total variation distance between the probabilities at the exit and at "
    "full depth, in [0, 1]; needs no right answers",
}
SHARES = (0.25, 0.5, 0.25)
COST_STEPS = 48
"""Cost is cut into so many steps; each gives at most one candidate to the sequence."""


@dataclass(frozen=True, slots=True)
class TestedSetting:
    """One step of the sequence.

    Attributes:
        policy: the setting.
        computation_cost: on the rows of the order part, in (0, 1].
        loss: mean loss on the rows of the test part, in [0, 1].
        upper_limit: one-sided limit of the true loss for this setting alone.
        p_value: of "the true loss is above max_loss".
        accepted: True when p_value <= 1 - confidence.
    """

    __test__ = False  # no test class, whatever its name says to pytest

    policy: ExitPolicy
    computation_cost: float
    loss: float
    upper_limit: float
    p_value: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Report:
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

    @property
    def speed_up_ratio(self) -> float:
        """Theoretical, layers only: 1 / computation_cost."""
        return 1.0 / self.computation_cost


@dataclass(frozen=True, slots=True)
class Tuning:
    """A setting with a guarantee, and how it was found.

    Attributes:
        policy: the last setting accepted; `NeverExit` when none was (that one cannot lose).
        risk, max_loss, confidence: what is guaranteed: with this confidence the true loss is at
            most `max_loss`.
        found: False when no early exit could be certified and full depth is the answer.
        sequence: the settings tested, in order; the last one failed, unless all passed.
        n_candidates: settings that were looked at on the order part.
        n_order, n_test, n_report: rows of the three parts.
        seed: of the random split.
        report: the chosen setting on the report part.
    """

    policy: ExitPolicy
    risk: Risk
    max_loss: float
    confidence: float
    found: bool
    sequence: tuple[TestedSetting, ...]
    n_candidates: int
    n_order: int
    n_test: int
    n_report: int
    seed: int
    report: Report

    @property
    def chosen(self) -> TestedSetting | None:
        """The test that the chosen setting passed, None when full depth is the answer."""
        return next((step for step in reversed(self.sequence) if step.accepted), None)

    def guarantee(self, table: EvaluationTable) -> Guarantee:
        """What a policy file says of the setting, with the table it was tuned on."""
        return Guarantee(
            risk=self.risk,
            max_loss=self.max_loss,
            confidence=self.confidence,
            n_test=self.n_test,
            checkpoint=table.checkpoint,
            digest=table.digest,
            data=table.data,
            split=table.split,
        )


def rows_needed(max_loss: float, confidence: float) -> int:
    """Rows of the test part without a single error that certify a loss of at most `max_loss`."""
    require_level("max_loss", max_loss)
    require_level("confidence", confidence)
    rows = max(1, math.floor(math.log1p(-confidence) / math.log1p(-max_loss)))
    while (1 - max_loss) ** rows > 1 - confidence:
        rows += 1
    return rows


def tune(
    source: Source,
    gold: NDArray[np.integer] | None = None,
    *,
    max_loss: float = 0.01,
    confidence: float = 0.95,
    risk: Risk = "disagreement",
    policies: Iterable[ExitPolicy] | None = None,
    shares: tuple[float, float, float] = SHARES,
    seed: int = 0,
) -> Tuning:
    """The fastest setting whose loss is certified.

    Args:
        source: probabilities (layers, rows, labels), their `Signals`, or a stored table.
        gold: (rows,) gold label indices. A stored table brings its own; otherwise only
            risk "accuracy" needs them, and without them no accuracy is reported.
        max_loss: largest loss allowed, in (0, 1).
        confidence: in (0, 1), e.g. 0.95.
        risk: what counts as loss, see `RISKS`.
        policies: candidates; all families over their grids by default.
        shares: of the rows for ordering, testing and reporting; each above 0, sum 1.
        seed: of the random split.

    Raises:
        ConfigError: a setting out of range.
        InputError: the table is unusable, or it has too few rows to certify anything; the message
            says how many are needed.
    """
    if risk not in RISKS:
        raise ConfigError(f"risk must be one of {', '.join(RISKS)}, got {risk!r}")
    signals, labels = _with_optional_gold(source, gold, risk)
    n_layers, rows = signals.shape
    order, test, report = split_rows(rows, shares, seed)
    needed = rows_needed(max_loss, confidence)
    if len(test) < needed:
        raise InputError(
            f"cannot certify a loss of at most {max_loss:g} with confidence {confidence:g} from "
            f"{len(test)} test rows: needs at least {needed} even without a single error "
            f"(about {math.ceil(needed / shares[1])} rows in all, got {rows})"
        )
    if policies is None:
        grids = policy_grids(n_layers, signals.probs.shape[2], having=signals.extras)
        policies = [policy for grid in grids.values() for policy in grid]
    candidates = list(policies)
    losses, exit_layers = _losses(signals, labels, candidates, risk)
    steps = fixed_sequence(
        losses,
        exit_layers / n_layers,
        order,
        test,
        max_loss=max_loss,
        confidence=confidence,
        binary=risk != "distribution",
    )
    sequence = tuple(
        TestedSetting(candidates[index], cost, loss, limit, p_value, accepted)
        for index, cost, loss, limit, p_value, accepted in steps
    )
    chosen = next((step[0] for step in reversed(steps) if step[-1]), None)
    policy = NeverExit() if chosen is None else candidates[chosen]
    return Tuning(
        policy=policy,
        risk=risk,
        max_loss=float(max_loss),
        confidence=float(confidence),
        found=chosen is not None,
        sequence=sequence,
        n_candidates=len(candidates),
        n_order=len(order),
        n_test=len(test),
        n_report=len(report),
        seed=seed,
        report=report_on(policy, signals, labels, report, risk),
    )


def split_rows(
    rows: int, shares: tuple[float, ...], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row indices of the three parts, drawn at random without replacement.

    Raises:
        ConfigError: shares that are not three positive numbers of sum 1.
        InputError: too few rows for three parts.
    """
    if len(shares) != 3 or min(shares) <= 0 or abs(sum(shares) - 1) > 1e-9:
        raise ConfigError(f"shares must be three positive numbers of sum 1, got {shares}")
    first, last = int(rows * shares[0]), int(rows * shares[2])
    if first < 1 or last < 1:
        raise InputError(f"too few rows for three parts of {shares}: got {rows}")
    shuffled = np.random.default_rng(seed).permutation(rows)
    return (
        np.sort(shuffled[:first]),
        np.sort(shuffled[first : rows - last]),
        np.sort(shuffled[rows - last :]),
    )


Step = tuple[int, float, float, float, float, bool]


def fixed_sequence(
    losses: NDArray[np.floating] | NDArray[np.bool_],
    costs: NDArray[np.floating],
    order: NDArray[np.integer],
    test: NDArray[np.integer],
    *,
    max_loss: float,
    confidence: float,
    binary: bool = True,
) -> list[Step]:
    """Order candidates on one part of the rows, test them in turn on another.

    Args:
        losses: (candidates, rows) each in [0, 1].
        costs: (candidates, rows) share of the layers applied, in (0, 1].
        order: row indices of the order part.
        test: row indices of the test part, disjoint from it.
        max_loss: largest true mean loss allowed.
        confidence: of the guarantee.
        binary: losses are 0 or 1, which allows the exact binomial test; else Hoeffding-Bentkus.

    Returns:
        Candidate index, cost (order part), mean loss (test part), upper limit, p-value, accepted;
        one for each candidate tested. All but the last are accepted.
    """
    mean_loss = losses[:, order].mean(axis=1, dtype=np.float64)
    mean_cost = costs[:, order].mean(axis=1, dtype=np.float64)
    steps: list[Step] = []
    for index in safe_to_fast(mean_loss, mean_cost):
        tested = losses[index, test]
        if binary:
            n_lost = int(np.count_nonzero(tested))
            p_value = exact_tests.binomial_tail(n_lost, len(test), max_loss)
            limit = exact_tests.binomial_upper_limit(n_lost, len(test), confidence)
        else:
            p_value = exact_tests.hoeffding_bentkus(tested, max_loss)
            limit = exact_tests.hoeffding_bentkus_upper_limit(tested, confidence)
        accepted = p_value <= 1 - confidence
        loss = float(tested.mean(dtype=np.float64))
        steps.append((index, float(mean_cost[index]), loss, limit, p_value, accepted))
        if not accepted:
            break
    return steps


def safe_to_fast(mean_loss: NDArray[np.floating], mean_cost: NDArray[np.floating]) -> list[int]:
    """Candidates worth testing, dearest first; along them cost falls and loss never falls.

    A candidate is left out when a cheaper one loses less, and each step of cost (1/48 of full
    depth) gives its safest. Dear candidates stay even where a cheap one loses no more: on few rows
    many lose nothing, and testing only the cheapest of them would often fail at the first step.
    """
    kept: list[int] = []
    lowest = math.inf
    for index in np.lexsort((mean_loss, mean_cost)):  # cheapest first
        if mean_loss[index] <= lowest:
            lowest = float(mean_loss[index])
            kept.append(int(index))
    chosen: dict[int, int] = {}
    for index in kept:
        step = math.ceil(float(mean_cost[index]) * COST_STEPS)
        best = chosen.get(step)
        if best is None or mean_loss[index] < mean_loss[best]:
            chosen[step] = index
    return [chosen[step] for step in sorted(chosen, reverse=True)]


def report_on(
    policy: ExitPolicy,
    signals: Signals,
    gold: NDArray[np.integer] | None,
    rows: NDArray[np.integer],
    risk: Risk,
) -> Report:
    """Loss, cost and accuracy of one setting on some rows."""
    part = signals.take(rows)
    labels = None if gold is None else gold[rows]
    losses, exit_layers = _losses(part, labels, [policy], risk)
    binary = risk != "distribution"
    accuracy = full_accuracy = interval = None
    if labels is not None:
        right = int((replay(policy, part).label == labels).sum())
        accuracy, full_accuracy = right / len(rows), float((part.label[-1] == labels).mean())
        interval = metrics.wilson_interval(right, len(rows))
    return Report(
        n_rows=len(rows),
        loss=float(losses.mean(dtype=np.float64)),
        loss_interval=(
            metrics.wilson_interval(int(np.count_nonzero(losses)), len(rows)) if binary else None
        ),
        computation_cost=metrics.computation_cost(exit_layers[0], signals.n_layers),
        accuracy=accuracy,
        full_accuracy=full_accuracy,
        accuracy_interval=interval,
    )


def _with_optional_gold(
    source: Source, gold: NDArray[np.integer] | None, risk: Risk
) -> tuple[Signals, NDArray[np.integer] | None]:
    if gold is None and not hasattr(source, "gold") and risk != "accuracy":
        return signals_from(source), None
    return probs_and_gold(source, gold)


def _losses(
    signals: Signals,
    gold: NDArray[np.integer] | None,
    policies: list[ExitPolicy],
    risk: Risk,
) -> tuple[NDArray[np.float32] | NDArray[np.bool_], NDArray[np.int16]]:
    """(policies, rows) losses and exit layers; bool for the risks of 0 and 1."""
    rows = np.arange(signals.shape[1])
    full = signals.label[-1]
    shape = (len(policies), len(rows))
    losses: NDArray[np.float32] | NDArray[np.bool_] = np.zeros(shape, dtype=np.bool_)
    if risk == "distribution":
        losses = np.zeros(shape, dtype=np.float32)
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
