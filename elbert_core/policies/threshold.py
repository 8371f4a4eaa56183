"""Policies that look at one layer at a time: is this prediction sure enough?

References:
    DeeBERT: Xin et al. 2020, arXiv:2004.12993 (entropy under a threshold).
    FastBERT: Liu et al. 2020, arXiv:2004.02178 (normalised entropy).
    The Right Tool for the Job: Schwartz et al. 2020, arXiv:2004.07453 (largest probability).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from elbert_core.errors import ConfigError
from elbert_core.policies.base import Check, ExitPolicy, require_number
from elbert_core.policies.signals import Signals
from elbert_core.results import ExitReason

MAX_NATS = 20.0
"""Largest raw entropy threshold taken; ln(labels) stays below it for 400 million labels."""


def entropy_check(signals: Signals, threshold: float, *, nats: bool = False) -> Check:
    """The condition "entropy strictly under the threshold" of DeeBERT's and ELBERT's rules."""
    quantity = "entropy_nats" if nats else "entropy"
    return Check.of(ExitReason.LOW_ENTROPY, quantity, getattr(signals, quantity), "<", threshold)


@dataclass(frozen=True)
class EntropyThreshold(ExitPolicy):
    """Stop when entropy falls under a threshold (DeeBERT's rule; FastBERT's with `normalised`).

    Attributes:
        threshold: upper bound, strict; 0 never exits. In [0, 1] when normalised, in nats
            [0, 20] otherwise.
        unit: "normalised" (share of ln(labels), comparable between tasks) or "nats" (DeeBERT's).
    """

    kind: ClassVar[str] = "entropy"
    threshold: float
    unit: Literal["normalised", "nats"] = "normalised"

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[EntropyThreshold]:  # noqa: ARG003
        """Its whole range, finer where few are left."""
        parts = ([0.0, 0.001, 0.003], np.arange(0.01, 0.1, 0.01), np.arange(0.1, 1.0001, 0.05))
        return [cls(round(float(threshold), 4)) for threshold in np.concatenate(parts)]

    def __post_init__(self) -> None:
        """Raise ConfigError when a setting is out of range."""
        super().__post_init__()
        if self.unit not in ("normalised", "nats"):
            raise ConfigError(f'unit must be "normalised" or "nats", got {self.unit!r}')
        high = 1.0 if self.unit == "normalised" else MAX_NATS
        require_number("threshold", self.threshold, low=0.0, high=high)

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        return (entropy_check(signals, self.threshold, nats=self.unit == "nats"),)


@dataclass(frozen=True)
class ConfidenceThreshold(ExitPolicy):
    """Stop when the largest probability rises above a threshold.

    Attributes:
        threshold: lower bound in [0, 1], strict; 1 never exits.
    """

    kind: ClassVar[str] = "confidence"
    limits = {"threshold": (0.0, 1.0)}
    threshold: float

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[ConfidenceThreshold]:  # noqa: ARG003
        """From 1 / n_labels, where everything exits, to 1, finer where few are left."""
        steps = (*np.linspace(1 / n_labels, 0.95, 17), 0.97, 0.98, 0.99, 0.995, 0.999, 0.9999, 1.0)
        return [cls(round(float(threshold), 4)) for threshold in steps]

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        surest = signals.confidence
        return (Check.of(ExitReason.HIGH_CONFIDENCE, "confidence", surest, ">", self.threshold),)
