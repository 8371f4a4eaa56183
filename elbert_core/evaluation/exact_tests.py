"""Exact tests and limits for shares: the statistics under comparisons and guarantees.

References:
    Binomial limit: Clopper and Pearson 1934.
    Hoeffding-Bentkus: Angelopoulos et al., "Learn then Test", arXiv:2110.01052.
    McNemar 1947, in its exact form (a sign test on the rows where two settings differ).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from elbert_core.errors import InputError

BISECTIONS = 60
"""Halvings of [0, 1] when a limit is searched for; the last is far below float64's precision."""


def binomial_tail(k: int, n: int, share: float) -> float:
    """P(Binomial(n, share) <= k); a k below 0 gives 0, n and above give 1."""
    if n < 1 or not 0 <= share <= 1:
        raise InputError(
            f"n must be at least 1 and share in [0, 1], got n = {n}, share = {share:g}"
        )
    if k < 0:
        return 0.0
    return 1.0 if k >= n else float(special.bdtr(k, n, share))


def binomial_upper_limit(k: int, n: int, confidence: float) -> float:
    """One-sided Clopper-Pearson limit: the true share lies below it with this confidence.

    The largest share whose `binomial_tail(k, n, share)` is still above 1 - confidence.
    """
    if not 0 <= k <= n or n < 1:
        raise InputError(f"k must lie in 0..n with n at least 1, got {k} of {n}")
    require_level("confidence", confidence)
    return 1.0 if k == n else float(special.betaincinv(k + 1, n - k, confidence))


def hoeffding_bentkus(losses: NDArray[np.floating], bound: float) -> float:
    """P-value of "the mean loss is above `bound`" for losses in [0, 1].

    min(exp(-n h(min(mean, bound), bound)), e P(Binomial(n, bound) <= ceil(n mean))) with
    h(a, b) = a ln(a / b) + (1 - a) ln((1 - a) / (1 - b)); at most 1. The losses (rows,) are drawn
    independently, the bound lies in (0, 1).
    """
    require_level("bound", bound)
    n = len(losses)
    total = float(np.sum(losses, dtype=np.float64))
    mean = min(max(total / n, 0.0), 1.0)
    low = min(mean, bound)
    distance = float(special.rel_entr(low, bound) + special.rel_entr(1 - low, 1 - bound))
    hoeffding = math.exp(-n * distance)
    # a sum of whole losses may come out a hair too large, which must not cost a whole step
    bentkus = math.e * binomial_tail(math.ceil(total - 1e-9), n, bound)
    return min(1.0, hoeffding, bentkus)


def hoeffding_bentkus_upper_limit(losses: NDArray[np.floating], confidence: float) -> float:
    """The smallest bound on the mean loss that `hoeffding_bentkus` accepts at this confidence."""
    require_level("confidence", confidence)
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if not 0 < middle < 1:
            break
        accepted = hoeffding_bentkus(losses, middle) <= 1 - confidence
        low, high = (low, middle) if accepted else (middle, high)
    return high


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value of "both settings are right equally often", in (0, 1].

    From the rows that only the first setting gets right, and those that only the second does.
    """
    if only_first < 0 or only_second < 0:
        raise InputError(f"counts must not be negative, got {only_first} and {only_second}")
    differing = only_first + only_second
    if differing == 0:
        return 1.0
    return min(1.0, 2.0 * binomial_tail(min(only_first, only_second), differing, 0.5))


def require_level(name: str, value: float) -> None:
    """Refuse anything but a number strictly between 0 and 1."""
    if not isinstance(value, (int, float)) or not 0 < value < 1:
        raise InputError(f"{name} must lie in (0, 1), got {value!r}")
