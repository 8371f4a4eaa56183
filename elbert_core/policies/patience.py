"""Policies that wait for layers to agree with each other.

References:
    PABEE: Zhou et al. 2020, arXiv:2006.04152 (same label, t times running).
    F-PABEE: Gao et al. 2023, arXiv:2305.11916 (similar distribution, t times running).
    PCEE-BERT: Zhang et al. 2022, Findings of NAACL (sure, t times running; its published code).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from elbert_core.policies.base import Check, ExitPolicy
from elbert_core.policies.signals import Signals, run_length
from elbert_core.results import ExitReason


@dataclass(frozen=True)
class Patience(ExitPolicy):
    """Stop once the label has been confirmed `patience` times running (PABEE).

    Deviation from the published code: counted for each row, never for a whole batch, and there is
    no patience 0 with a hidden meaning; `NeverExit` says that.

    Attributes:
        patience: agreements between neighbouring layers, at least 1; needs patience + 1 layers.
    """

    kind: ClassVar[str] = "patience"
    limits = {"patience": 1}
    patience: int

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[Patience]:  # noqa: ARG003
        """Every patience that can be met."""
        return [cls(patience) for patience in range(1, n_layers)]

    @property
    def lookback(self) -> int:
        return self.patience + 1

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        agreements = signals.agreement_run - 1
        return (Check.of(ExitReason.PATIENCE, "patience", agreements, ">=", self.patience),)


@dataclass(frozen=True)
class DistributionPatience(ExitPolicy):
    """Stop once neighbouring layers gave nearly the same distribution `patience` times running.

    F-PABEE with the Jensen-Shannon divergence, the variant its authors found best.

    Attributes:
        threshold: upper bound on the divergence, strict, in nats, [0, ln 2] (taken up to 0.6932);
            0 never exits.
        patience: how many times running, at least 1.
    """

    kind: ClassVar[str] = "distribution_patience"
    # ln 2 rounded up, so that the figure in the message is itself allowed
    limits = {"threshold": (0.0, math.ceil(math.log(2) * 1e4) / 1e4), "patience": 1}
    threshold: float
    patience: int

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[DistributionPatience]:  # noqa: ARG003
        """Divergences on a rough logarithmic scale, up to four times running."""
        divergences = (0.0005, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4)
        return [cls(most, times) for most in divergences for times in range(1, min(n_layers, 5))]

    @property
    def lookback(self) -> int:
        return self.patience + 1

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        run = run_length(signals.divergence < self.threshold)
        reason = ExitReason.STEADY_DISTRIBUTION
        return (Check.of(reason, "divergence_run", run, ">=", self.patience),)


@dataclass(frozen=True)
class ConsecutiveConfidence(ExitPolicy):
    """Stop once `patience` layers running were each sure enough (PCEE-BERT, version 1).

    Where ELBERT stops when a layer is sure or when layers agree, this asks for both at once: being
    sure several times. As in the published code the layers need not name the same label.

    Attributes:
        patience: sure layers in a row, this one included; at least 1.
        threshold: strict upper bound on normalised entropy, in [0, 1]; 0 never exits.
    """

    kind: ClassVar[str] = "consecutive_confidence"
    limits = {"patience": 1, "threshold": (0.0, 1.0)}
    patience: int
    threshold: float

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[ConsecutiveConfidence]:  # noqa: ARG003
        """Two to four layers in a row, over the thresholds of the window's first stage and more."""
        bounds = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)
        return [cls(times, bound) for times in range(2, min(n_layers, 4) + 1) for bound in bounds]

    @property
    def lookback(self) -> int:
        return self.patience

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        run = run_length(signals.entropy < self.threshold)
        return (Check.of(ExitReason.RULE, "confident_run", run, ">=", self.patience),)
