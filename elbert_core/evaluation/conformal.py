"""The conformal rule of Confident Adaptive Transformers: one confidence threshold for all layers.

Another promise than `elbert_core.evaluation.calibration`: over rows for calibration and one new row
drawn together, the new row gets full depth's label with probability at least 1 - max_loss. That is
an average over calibration sets; a single set may be unlucky. It needs no right answers.

Reference: Schuster, Fisch, Jaakkola, Barzilay 2021, arXiv:2104.08803 (shared threshold).

Deviation: the score is the largest probability instead of a trained consistency classifier; the
rank is the exact one, where the published code is at most one rank more careful.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation.exact_tests import require_level
from elbert_core.evaluation.risks import Report, report_on, with_optional_gold
from elbert_core.evaluation.sweeps import Gold, Source, signals_from
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ConfidenceThreshold, Signals
from elbert_core.policy_files import Guarantee


@dataclass(frozen=True, slots=True)
class ConformalTuning:
    """A confidence threshold with a marginal guarantee.

    Attributes:
        policy: leave at the first layer whose largest probability is above the threshold.
        max_loss: a new row gets another label than at full depth with at most this probability,
            on average over calibration sets.
        n_calibration: rows for calibration.
        n_inconsistent: of these, rows with an earlier layer that disagrees with full depth.
        conditional: True when only those rows were ranked (the published rule).
        seed: of the random split.
        report: the policy on the other rows.
    """

    policy: ConfidenceThreshold
    max_loss: float
    n_calibration: int
    n_inconsistent: int
    conditional: bool
    seed: int
    report: Report

    def guarantee(self, table: EvaluationTable) -> Guarantee:
        """What a policy file says of the threshold, with the table it was tuned on."""
        return table.guarantee("disagreement", self.max_loss, None, self.n_calibration)


def tune_conformal(
    source: Source,
    gold: Gold = None,
    *,
    max_loss: float = 0.01,
    conditional: bool = True,
    share: float = 0.5,
    seed: int = 0,
    decimals: int = 4,
) -> ConformalTuning:
    """The lowest confidence threshold that the conformal rule allows.

    Args:
        source: probabilities (layers, rows, labels), their `Signals`, or a stored table.
        gold: (rows,) gold label indices, for the report only; a stored table brings its own.
        max_loss: largest probability of another label than full depth's, in (0, 1).
        conditional: see `conformal_threshold`.
        share: of the rows for calibration, in (0, 1); the rest reports.
        seed: of the random split.
        decimals: the threshold is rounded up to so many, which keeps the promise: a threshold
            above a row's surest mistake never lets that mistake out.

    Raises:
        InputError: the table is unusable, or it has too few rows; the message says how many are
            needed.
    """
    if not 0 < share < 1:
        raise ConfigError(f"share must lie in (0, 1), got {share!r}")
    signals, labels = with_optional_gold(source, gold, "disagreement")
    rows = signals.shape[1]
    n_calibration = int(rows * share)
    if not 0 < n_calibration < rows:
        raise InputError(f"too few rows for two parts: got {rows}")
    shuffled = np.random.default_rng(seed).permutation(rows)
    chosen, rest = map(np.sort, np.split(shuffled, [n_calibration]))
    part = signals.take(chosen)
    exact = conformal_threshold(part, max_loss, conditional=conditional)
    policy = ConfidenceThreshold(round_up(exact, decimals))
    return ConformalTuning(
        policy=policy,
        max_loss=float(max_loss),
        n_calibration=n_calibration,
        n_inconsistent=int(np.isfinite(_surest_mistake(part)).sum()),
        conditional=conditional,
        seed=seed,
        report=report_on(policy, signals, labels, rest, "disagreement"),
    )


def conformal_threshold(source: Source, max_loss: float, *, conditional: bool = True) -> float:
    """Confidence threshold in [0, 1] from all rows of a table; exits need more than it.

    Each row's score is the largest confidence of an earlier layer that disagrees with full depth;
    the threshold is the ceil((1 - max_loss) (m + 1))-th smallest of the m scores. `conditional`
    ranks the rows with such a layer only, as published: at most `max_loss` of just those rows leave
    wrongly, which is more than was asked. False ranks all rows, rows without such a layer lowest:
    the same marginal guarantee with a lower threshold.

    Raises:
        InputError: too few rows; the message says how many are needed.
    """
    require_level("max_loss", max_loss)
    scores = _surest_mistake(signals_from(source))
    if conditional:
        scores = scores[np.isfinite(scores)]
    m = len(scores)
    # without the rounding, (1 - 0.1) * 10 would come out above 9
    rank = math.ceil(round((1 - max_loss) * (m + 1), 9))
    if rank > m:
        needed = math.ceil(round((1 - max_loss) / max_loss, 9))
        which = " on which an earlier layer disagrees with full depth" if conditional else ""
        raise InputError(
            f"cannot certify a loss of at most {max_loss:g} from {m} calibration rows{which}: "
            f"needs at least {needed}"
        )
    return float(np.clip(np.partition(scores, rank - 1)[rank - 1], 0.0, 1.0))


def round_up(threshold: float, decimals: int) -> float:
    """The threshold with so many decimals: never below it, at most 1."""
    power = 10.0**decimals
    steps = round(threshold * power)
    return min(1.0, (steps + (steps / power < threshold)) / power)


def _surest_mistake(signals: Signals) -> NDArray[np.floating]:
    """(rows,) largest confidence of an earlier layer that disagrees with the last, else -inf."""
    differs = signals.label != signals.label[-1]
    surest: NDArray[np.floating] = np.where(differs, signals.confidence, -np.inf).max(axis=0)
    return surest
