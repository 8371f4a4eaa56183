"""Stopping by how much evidence there is, not by its shape alone.

Probabilities forget the size of the logits they come from: with several labels they are all but
certain after few layers, while the evidence still grows with depth. Energy keeps that size.

Reference:
    COSEE: He et al. 2025, arXiv:2412.13236 (the "normalised energy" of its published code).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from elbert_core.policies.base import Check, ExitPolicy
from elbert_core.policies.signals import Signals
from elbert_core.results import ExitReason


@dataclass(frozen=True)
class Energy(ExitPolicy):
    """Stop when the energy 1 / (1 + sum exp z) of the logits z falls under a threshold (COSEE).

    Attributes:
        threshold: upper bound, strict, in [0, 1]; 0 never exits. What is small depends on the
            model: its logits have a scale of their own.
    """

    kind: ClassVar[str] = "energy"
    needs: ClassVar[tuple[str, ...]] = ("logits",)
    limits = {"threshold": (0.0, 1.0)}
    threshold: float

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[Energy]:  # noqa: ARG003
        """Its whole range in logarithmic steps, because energies are; at both ends a safe one."""
        return [cls(0.0), *(cls(float(f"{t:.4g}")) for t in np.geomspace(1e-4, 0.5, 48)), cls(1.0)]

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        return (Check.of(ExitReason.RULE, "energy", signals.energy, "<", self.threshold),)
