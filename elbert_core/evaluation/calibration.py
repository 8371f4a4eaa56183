"""The fastest setting whose loss stays under a limit, with a guarantee for new rows.

Learn-then-Test with one fixed sequence a family of rules. The rows fall into three parts. The first
puts each family's settings in an order, from safe to fast by the loss seen there. The second tests
them in that order: H(setting) = "its true loss is above `max_loss`", rejected where the p-value
(`exact_tests`) is at most (1 - confidence) / m for m families; a chain ends at its first setting
that is not rejected. The third only reports.

Why it holds: the order does not look at the rows of the test, so within a chain a false rejection
takes that the first true H of the chain is rejected, which has probability at most
(1 - confidence) / m; over m chains these add up (Bonferroni) to at most 1 - confidence. All
settings accepted are then safe at once with probability `confidence`, so that the fastest of them
may be chosen. Each family more leaves less for the others: three are tried where none are named.

That holds for rows drawn from the same source as these, not under a shift of the data, and not when
the rows were used to train the model; rows on which one of many checkpoints was picked are a little
too kind to it. Fixed layers and full depth are baselines, not candidates.

References:
    Learn then Test: Angelopoulos et al. 2021, arXiv:2110.01052 (section 3: fixed-sequence testing
    with several starting points; p-values).
    CALM: Schuster et al. 2022, arXiv:2207.07061 (risks of early exit).

Deviation: rules with several settings have no natural order, so the first part of the rows gives
one; any order is valid that does not look at the rows of the test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation import exact_tests
from elbert_core.evaluation.exact_tests import require_level
from elbert_core.evaluation.risks import RISKS, Report, losses_of, report_on, with_optional_gold
from elbert_core.evaluation.sweeps import Gold, Source, policy_grids
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy, NeverExit
from elbert_core.policy_files import Guarantee, Risk

SHARES = (0.25, 0.5, 0.25)
FAMILIES = ("window", "entropy", "patience")
"""Families that are tried where none are named."""
COST_STEPS = 48
"""Cost is cut into so many steps; each gives at most one candidate to a chain."""


@dataclass(frozen=True, slots=True)
class TestedSetting:
    """One step of a chain.

    Attributes:
        policy: the setting.
        computation_cost: on the rows of the order part, in (0, 1].
        loss: mean loss on the rows of the test part, in [0, 1].
        upper_limit: one-sided limit of the true loss for this setting alone.
        p_value: of "the true loss is above max_loss".
        accepted: True when the p-value is at most the chain's level.
    """

    __test__ = False  # no test class, whatever its name says to pytest

    policy: ExitPolicy
    computation_cost: float
    loss: float
    upper_limit: float
    p_value: float
    accepted: bool


@dataclass(frozen=True, slots=True)
class Chain:
    """The settings of one family, tested from safe to fast.

    Attributes:
        family: of the rules.
        level: its share of 1 - confidence.
        steps: the settings tested, in order; all but the last are accepted.
        n_candidates: settings of the family that were looked at on the order part.
    """

    family: str
    level: float
    steps: tuple[TestedSetting, ...]
    n_candidates: int

    @property
    def ended_by(self) -> TestedSetting | None:
        """The setting that failed; None where all that were tested passed."""
        return None if not self.steps or self.steps[-1].accepted else self.steps[-1]

    @property
    def best(self) -> TestedSetting | None:
        """The fastest accepted setting, None without one."""
        return next((step for step in reversed(self.steps) if step.accepted), None)


@dataclass(frozen=True, slots=True)
class Tuning:
    """A setting with a guarantee, and how it was found.

    Attributes:
        policy: the fastest setting accepted; `NeverExit` when none was (that one cannot lose).
        risk, max_loss, confidence: what is guaranteed: with this confidence the true loss is at
            most `max_loss`.
        found: False when no early exit could be certified and full depth is the answer.
        chains: what was tested, a chain for each family.
        n_order, n_test, n_report: rows of the three parts.
        seed: of the random split.
        report: the chosen setting on the report part.
    """

    policy: ExitPolicy
    risk: Risk
    max_loss: float
    confidence: float
    found: bool
    chains: tuple[Chain, ...]
    n_order: int
    n_test: int
    n_report: int
    seed: int
    report: Report

    @property
    def chosen(self) -> TestedSetting | None:
        """The test that the chosen setting passed, None when full depth is the answer."""
        return _fastest(self.chains)

    @property
    def tested(self) -> tuple[TestedSetting, ...]:
        """All settings tested, chain after chain."""
        return tuple(step for chain in self.chains for step in chain.steps)

    @property
    def n_candidates(self) -> int:
        """Settings that were looked at on the order part."""
        return sum(chain.n_candidates for chain in self.chains)

    def guarantee(self, table: EvaluationTable) -> Guarantee:
        """What a policy file says of the setting, with the table it was tuned on."""
        return table.guarantee(self.risk, self.max_loss, self.confidence, self.n_test)


def rows_needed(max_loss: float, confidence: float, *, families: int = 1) -> int:
    """Rows of the test part without a single error that certify a loss of at most `max_loss`."""
    require_level("max_loss", max_loss)
    require_level("confidence", confidence)
    level = (1 - confidence) / families
    rows = max(1, math.floor(math.log(level) / math.log1p(-max_loss)))
    while (1 - max_loss) ** rows > level:
        rows += 1
    return rows


def tune(
    source: Source,
    gold: Gold = None,
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
        policies: candidates, a chain for each family among them; by default those of `FAMILIES`
            over their grids.
        shares: of the rows for ordering, testing and reporting; each above 0, sum 1.
        seed: of the random split.

    Raises:
        ConfigError: a setting out of range.
        InputError: the table is unusable, or it has too few rows to certify anything; the message
            says how many are needed.
    """
    if risk not in RISKS:
        raise ConfigError(f"risk must be one of {', '.join(RISKS)}, got {risk!r}")
    signals, labels = with_optional_gold(source, gold, risk)
    n_layers, rows = signals.shape
    order, test, report = split_rows(rows, shares, seed)
    if policies is None:
        grids = policy_grids(n_layers, signals.probs.shape[2], having=signals.extras)
        policies = [policy for name in FAMILIES for policy in grids.get(name, ())]
    families: dict[str, list[ExitPolicy]] = {}
    for policy in policies:
        families.setdefault(policy.family, []).append(policy)
    n_chains = max(1, len(families))
    needed = rows_needed(max_loss, confidence, families=n_chains)
    if len(test) < needed:
        raise InputError(
            f"cannot certify a loss of at most {max_loss:g} with confidence {confidence:g} from "
            f"{len(test)} test rows: needs at least {needed} even without a single error "
            f"(about {math.ceil(needed / shares[1])} rows in all, got {rows})"
            + (f"; fewer than {n_chains} families need fewer" if n_chains > 1 else "")
        )
    level = (1 - confidence) / n_chains
    chains = []
    for family, candidates in families.items():
        losses, exit_layers = losses_of(signals, labels, candidates, risk)
        costs, binary = exit_layers / n_layers, risk != "distribution"
        steps = fixed_sequence(
            losses, costs, order, test, max_loss=max_loss, level=level, binary=binary
        )
        tested = tuple(TestedSetting(candidates[step[0]], *step[1:]) for step in steps)
        chains.append(Chain(family, level, tested, len(candidates)))
    chosen = _fastest(chains)
    policy = NeverExit() if chosen is None else chosen.policy
    return Tuning(
        policy=policy,
        risk=risk,
        max_loss=float(max_loss),
        confidence=float(confidence),
        found=chosen is not None,
        chains=tuple(chains),
        n_order=len(order),
        n_test=len(test),
        n_report=len(report),
        seed=seed,
        report=report_on(policy, signals, labels, report, risk),
    )


def _fastest(chains: Iterable[Chain]) -> TestedSetting | None:
    found = [chain.best for chain in chains if chain.best is not None]
    return min(found, key=lambda step: (step.computation_cost, step.loss), default=None)


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
    order, test, report = map(np.sort, np.split(shuffled, [first, rows - last]))
    return order, test, report


Step = tuple[int, float, float, float, float, bool]


def fixed_sequence(
    losses: NDArray[np.floating] | NDArray[np.bool_],
    costs: NDArray[np.floating],
    order: NDArray[np.integer],
    test: NDArray[np.integer],
    *,
    max_loss: float,
    level: float,
    binary: bool = True,
) -> list[Step]:
    """Order candidates on one part of the rows, test them in turn on another.

    Args:
        losses: (candidates, rows) each in [0, 1].
        costs: (candidates, rows) share of the layers applied, in (0, 1].
        order: row indices of the order part.
        test: row indices of the test part, disjoint from it.
        max_loss: largest true mean loss allowed.
        level: largest p-value that is accepted, in (0, 1); also that of the upper limits.
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
            limit = exact_tests.binomial_upper_limit(n_lost, len(test), 1 - level)
        else:
            p_value = exact_tests.hoeffding_bentkus(tested, max_loss)
            limit = exact_tests.hoeffding_bentkus_upper_limit(tested, 1 - level)
        accepted = p_value <= level
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
