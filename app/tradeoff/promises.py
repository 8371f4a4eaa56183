"""Two kinds of promise about a setting, for the Trade-off page: both are the core's.

`promise` is Learn-then-Test: kept with the confidence that was asked for. `average_promise` is the
conformal rule of Confident Adaptive Transformers: kept on average over calibration sets. Where the
rows are too few, the answer says how many it would take. Knows no Streamlit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from app.tradeoff.evaluations import Overview
from elbert_core.errors import InputError
from elbert_core.evaluation.calibration import FAMILIES, SHARES, Tuning, rows_needed, tune
from elbert_core.evaluation.conformal import ConformalTuning, tune_conformal
from elbert_core.policy_files import Risk


@dataclass(frozen=True, slots=True)
class Promise:
    """The answer to "how fast, if at most so much may be lost?".

    Attributes:
        tuning: what was found; None where the rows are too few to promise anything.
        rows_needed: rows of the test part that could certify it without a single loss.
        total_needed: rows in all, for the parts to be large enough.
    """

    tuning: Tuning | None
    rows_needed: int
    total_needed: int


@dataclass(frozen=True, slots=True)
class AveragePromise:
    """The same question, answered by the conformal rule.

    Attributes:
        tuning: what was found; None where too few rows can be ranked.
        n_calibration: rows for calibration.
        n_inconsistent: of these, rows with an earlier layer that disagrees with full depth.
        published: True when only those are ranked.
        ranked: rows that are ranked.
        ranked_needed: so many it takes.
    """

    tuning: ConformalTuning | None
    n_calibration: int
    n_inconsistent: int
    published: bool
    ranked: int
    ranked_needed: int


def promise(
    overview: Overview,
    risk: Risk,
    max_loss: float,
    confidence: float,
    families: Sequence[str] = FAMILIES,
) -> Promise:
    """The fastest certified setting of some families, or how many rows that would take.

    Args:
        overview: the table.
        risk: one of the core's `RISKS`.
        max_loss: what may be lost, in (0, 1).
        confidence: how certain that must be, in (0, 1).
        families: names of the table's families that are tried.
    """
    policies = [point.policy for name in families for point in overview.families.get(name, ())]
    needed = rows_needed(max_loss, confidence, families=max(1, len({p.family for p in policies})))
    total = math.ceil(needed / SHARES[1])
    tuning = None
    with suppress(InputError):
        tuning = tune(
            overview.table, max_loss=max_loss, confidence=confidence, risk=risk, policies=policies
        )
    return Promise(tuning, needed, total)


def average_promise(overview: Overview, max_loss: float, *, published: bool) -> AveragePromise:
    """The lowest confidence threshold that the conformal rule allows, or how many rows it takes.

    Args:
        overview: the table.
        max_loss: share of new texts that may get another answer than at full depth, in (0, 1).
        published: rank only the rows on which an earlier layer disagrees with full depth.
    """
    table = overview.table
    # the ranks 1..m cut the m scores into m + 1 parts; the one asked for must not be the last
    needed = math.ceil(round((1 - max_loss) / max_loss, 9))
    try:
        counts = tune_conformal(table, max_loss=0.5, conditional=False)  # the same calibration rows
    except InputError:
        return AveragePromise(None, table.n_rows // 2, 0, published, 0, needed)
    n, inconsistent = counts.n_calibration, counts.n_inconsistent
    ranked = inconsistent if published else n
    enough = ranked >= needed
    tuning = tune_conformal(table, max_loss=max_loss, conditional=published) if enough else None
    return AveragePromise(tuning, n, inconsistent, published, ranked, needed)
