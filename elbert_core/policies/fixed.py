"""Baselines that look at nothing: read to the end, or always stop at one layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from elbert_core.errors import ConfigError
from elbert_core.policies.base import Check, ExitPolicy
from elbert_core.policies.signals import Signals
from elbert_core.results import ExitReason


@dataclass(frozen=True)
class NeverExit(ExitPolicy):
    """Apply every layer; the last one answers. The baseline that all speed-ups refer to."""

    kind: ClassVar[str] = "never"
    baseline: ClassVar[bool] = True

    def checks(self, signals: Signals) -> tuple[Check, ...]:  # noqa: ARG002  # looks at nothing
        return ()


@dataclass(frozen=True)
class FixedLayer(ExitPolicy):
    """Stop every row after the same layer (static truncation).

    Attributes:
        layer: layers to apply, at least 1. More than the model has means full depth.
    """

    kind: ClassVar[str] = "fixed"
    baseline: ClassVar[bool] = True
    limits = {"layer": 1}
    layer: int

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[FixedLayer]:  # noqa: ARG003
        """Every layer."""
        return [cls(layer) for layer in range(1, n_layers + 1)]

    def __post_init__(self) -> None:
        """Raise ConfigError when a setting is out of range or min_layer lies beyond the layer."""
        super().__post_init__()
        if self.min_layer > self.layer:
            raise ConfigError(
                f"min_layer must be at most layer ({self.layer}), got {self.min_layer}"
            )

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        depth = np.broadcast_to(signals.depth, signals.shape)
        return (Check.of(ExitReason.FIXED_LAYER, "layer", depth, ">=", self.layer),)
