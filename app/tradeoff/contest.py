"""ELBERT's window against plain entropy and patience at equal speed, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.evaluation.comparison import Comparison, compare
from elbert_core.evaluation.sweeps import SweepPoint, best_at
from elbert_core.policies import Signals, replay

RIVALS = ("window", "entropy", "patience")
SPEED_UPS = (1.5, 2.0, 3.0, 4.0, 6.0)


@dataclass(frozen=True, slots=True)
class Round:
    """The best settings of three rules that are at least so fast.

    Attributes:
        speed_up: asked of all of them; theoretical.
        best: by family, see `RIVALS`; a family that is never so fast is missing.
        lead: ELBERT's window against the better of the others, row by row.
    """

    speed_up: float
    best: dict[str, SweepPoint]
    lead: Comparison | None


def contest(
    families: dict[str, tuple[SweepPoint, ...]], signals: Signals, gold: NDArray[np.int64]
) -> tuple[Round, ...]:
    """ELBERT's window against plain entropy and patience at equal speed.

    Settings are chosen on the rows they are compared on, so every lead flatters its owner.
    """
    rounds = []
    for speed_up in SPEED_UPS:
        found = {name: best_at(families.get(name, ()), speed_up) for name in RIVALS}
        best = {name: point for name, point in found.items() if point is not None}
        lead = None
        if len(best) > 1 and "window" in best:
            others = [point for name, point in best.items() if name != "window"]
            rival = max(others, key=lambda point: point.accuracy)
            exits = [replay(p.policy, signals) for p in (best["window"], rival)]
            lead = compare(exits[0], exits[1], gold)
        if best:
            rounds.append(Round(speed_up, best, lead))
    return tuple(rounds)
