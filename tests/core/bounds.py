"""Rows that lie too near a bound of a rule for two ways of adding up to agree on them."""

from __future__ import annotations

import numpy as np

from elbert_core.policies import (
    ConfidenceWindow,
    DistributionPatience,
    ExitPolicy,
    signals_of,
)

NEAR = 1e-6
"""Rows this close to a bound may fall on either side of it in another batch."""


def near_a_bound(policy: ExitPolicy, probs: np.ndarray, near_by: float = NEAR) -> np.ndarray:
    """(rows,) True where some real-valued condition lies within `near_by` of its bound."""
    signals = signals_of(probs)
    near = np.zeros(probs.shape[1], dtype=bool)
    for check in policy.checks(signals):
        if check.quantity in ("entropy", "entropy_nats", "confidence", "range"):
            near |= (np.abs(check.value - check.needed) < near_by).any(axis=0)
    bounds = [2 * getattr(policy, "margin", 0.0), 0.0]  # a tie of two labels is a bound as well
    for bound in bounds:
        near |= (np.abs(signals.gap - bound) < near_by).any(axis=0)
    if isinstance(policy, ConfidenceWindow) and policy.rule == "monotone":
        near |= (np.abs(np.diff(signals.confidence, axis=0)) < near_by).any(axis=0)
    if isinstance(policy, DistributionPatience):
        near |= (np.abs(signals.divergence - policy.threshold) < near_by).any(axis=0)
    return near
