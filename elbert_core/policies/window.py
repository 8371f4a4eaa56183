"""ELBERT's own rule: entropy first, then a window over the last confidences.

Reference: Xie, Lu, Wang, Wang 2021, "ELBERT: Fast ALBERT with confidence-window based early exit",
arXiv:2107.00175. The three window rules are the published `bias_1`, `bias_2` and `bias_3`, here
"agree", "monotone" and "stable".

Deviation: the published rules follow the probability of label 0 of the first row of a batch. Here
each row has its own window, and for more than two labels "on one side of 0.5" becomes "the same
most probable label", and "outside the margin" becomes "gap to the runner-up above 2 * margin". For
two labels both say the same (proved by test).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from elbert_core.errors import ConfigError
from elbert_core.policies.base import Check, ExitPolicy, require_number
from elbert_core.policies.signals import BoolArray, FloatArray, IntArray, Signals, run_length
from elbert_core.policies.threshold import entropy_check
from elbert_core.results import ExitReason

WindowRule = Literal["agree", "monotone", "stable"]
WINDOW_RULES: tuple[WindowRule, ...] = ("agree", "monotone", "stable")
WINDOW_ENTROPIES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6)
LARGEST_WINDOW = 8


@dataclass(frozen=True)
class ConfidenceWindow(ExitPolicy):
    """Two stages after every layer: entropy under a threshold, or a window of layers that agree.

    Attributes:
        window_size: layers in the window, this one included; at least 1.
        entropy_threshold: stage 1, strict upper bound on normalised entropy, in [0, 1]; 0 turns it
            off.
        rule: stage 2. "agree": one label throughout, outside the margin. "monotone": one label
            whose probability never falls, outside the margin at the window's start. "stable": as
            "agree", and the confidence moves by at most `max_range`.
        margin: distance from 1/2 that counts as taking a side, in [0, 0.5).
        max_range: largest minus smallest confidence in the window for "stable", in [0, 1].
    """

    kind: ClassVar[str] = "window"
    limits = {"window_size": 1, "entropy_threshold": (0.0, 1.0), "max_range": (0.0, 1.0)}
    window_size: int
    entropy_threshold: float
    rule: WindowRule = "agree"
    margin: float = 0.0
    max_range: float = 0.1

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[ConfidenceWindow]:  # noqa: ARG003
        """The three rules over window sizes and entropy thresholds, with what else they have."""
        sizes = range(2, min(n_layers, LARGEST_WINDOW) + 1)
        both = [(size, threshold) for size in sizes for threshold in WINDOW_ENTROPIES]
        return [
            *(cls(*one, margin=margin) for one in both for margin in (0.0, 0.2, 0.4)),
            *(cls(*one, rule="monotone") for one in both),
            *(cls(*one, rule="stable", max_range=most) for one in both for most in (0.02, 0.1)),
        ]

    @property
    def family(self) -> str:
        """Each of the three rules is a curve of its own."""
        return self.kind if self.rule == "agree" else f"{self.kind}_{self.rule}"

    def __post_init__(self) -> None:
        """Raise ConfigError when a setting is out of range."""
        super().__post_init__()
        if self.rule not in WINDOW_RULES:
            allowed = ", ".join(f'"{rule}"' for rule in WINDOW_RULES)
            raise ConfigError(f"rule must be one of {allowed}, got {self.rule!r}")
        require_number("margin", self.margin, low=0.0, high=0.5, open_high=True)

    @property
    def lookback(self) -> int:
        return self.window_size

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        """Stage 1, entropy under the threshold; then the condition or two that close the window."""
        outside = signals.gap > 2 * self.margin
        if self.rule == "monotone":
            # for more than two labels a rival may rise as well, so the start is looked at itself
            met = signals.rising_run >= self.window_size
            met &= delayed(outside, self.window_size - 1)
            run = _monotone_count(signals, outside, met, self.window_size)
        else:
            run = run_length(outside, signals.agrees)
        window = Check.of(ExitReason.WINDOW, "window", run, ">=", self.window_size)
        checks = (entropy_check(signals, self.entropy_threshold), window)
        if self.rule != "stable":
            return checks
        spread = sliding_range(signals.confidence, self.window_size)
        return (*checks, Check.of(ExitReason.WINDOW, "range", spread, "<=", self.max_range))


def _monotone_count(
    signals: Signals, outside: BoolArray, met: BoolArray, window_size: int
) -> IntArray:
    """Layers that count towards a rising window, (layers, rows): `window_size` or more where met.

    A run that began inside the margin is as long as it is, but its first layers do not count; shown
    unchanged it would read "5 of 4 layers, not enough".
    """
    counted = run_length(outside, signals.rises)
    # a window longer than the history is never met; the bound keeps huge sizes within int64
    full = min(window_size, signals.n_layers + 1)
    return np.where(met, np.maximum(counted, full), np.minimum(counted, full - 1))


def delayed(values: BoolArray, layers: int) -> BoolArray:
    """What held `layers` layers ago; False before the first layer. Shape (layers, rows)."""
    if layers == 0:
        return values
    result = np.zeros_like(values)
    result[layers:] = values[:-layers]
    return result


def sliding_range(values: FloatArray, window_size: int) -> FloatArray:
    """(layers, rows) largest less smallest of the last `window_size` layers, fewer at the start."""
    highest, lowest = values.copy(), values.copy()
    for back in range(1, min(window_size, values.shape[0])):
        np.maximum(highest[back:], values[:-back], out=highest[back:])
        np.minimum(lowest[back:], values[:-back], out=lowest[back:])
    return highest - lowest
