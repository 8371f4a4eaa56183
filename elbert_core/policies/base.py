"""The contract of an exit policy, and replay: one rule, three callers.

A policy is a frozen set of numbers plus pure functions. The same object stops the running engine,
is replayed over one stored trace, and is replayed over a whole stored table. It sees probabilities
only: no model, no text, no device. It never reads another row.

Rules work on numpy on the host: a decision needs a few numbers a row, and reading them is the one
synchronisation a layer step has anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import ConfigError, InputError
from elbert_core.metrics import require_within
from elbert_core.policies.signals import BoolArray, FloatArray, IntArray, Signals
from elbert_core.results import ExitReason, Exits, LayerTrace
from elbert_core.uncertainty import require_distributions

if TYPE_CHECKING:
    import torch

Scope = Literal["sentence", "word"]

POLICIES: dict[str, type[ExitPolicy]] = {}
"""Every rule by its short name, as used on the command line, in JSON and in links. A class that
names its `kind` is in it; baselines come last."""

SUM_TOLERANCE = 1e-2
"""How far the probabilities of a row may sum from 1: bfloat16 keeps three digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """One condition of a policy at every layer, for saying why a row did or did not stop there.

    A layer fires a reason when all checks of that reason are met (and the layer is at least
    `min_layer`).

    Attributes:
        reason: the exit reason this condition belongs to.
        quantity: name of what is compared, any name that says it.
        value: (layers, rows) what was seen; comparing it with `needed` gives `met`.
        needed: the bound.
        below: True when `value < needed` (or `<=`) is wanted, False for more than the bound.
        strict: True when equality is not enough.
        met: (layers, rows).
    """

    reason: ExitReason
    quantity: str
    value: NDArray[Any]
    needed: float
    below: bool
    strict: bool
    met: BoolArray

    @classmethod
    def of(
        cls, reason: ExitReason, quantity: str, value: NDArray[Any], relation: str, needed: float
    ) -> Check:
        """The condition "`value` `relation` `needed`", a relation out of <, <=, > and >=."""
        met: BoolArray = RELATIONS[relation](value, needed)
        return cls(reason, quantity, value, needed, "<" in relation, "=" not in relation, met)


RELATIONS = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What has been seen of some rows, each at its own depth.

    Attributes:
        probs: (rows, max_layers, labels). Entries at and beyond `depth` are never read.
        depth: (rows,) layers applied so far, 1..max_layers.
        extras: further per-layer quantities by name, each (rows, max_layers, ...): "logits",
            "distances", "exit_score".
    """

    probs: FloatArray
    depth: IntArray
    extras: Mapping[str, FloatArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InputError when the shapes do not fit or a depth lies outside 1..max_layers."""
        if self.probs.ndim != 3:
            raise InputError(
                f"history.probs must have shape (rows, max_layers, labels), got {self.probs.shape}"
            )
        rows, layers, _ = self.probs.shape
        if self.depth.shape != (rows,):
            raise InputError(f"history.depth must have shape ({rows},), got {self.depth.shape}")
        if rows:
            require_within("history.depth", self.depth, 1, layers)


@dataclass(frozen=True, kw_only=True)
class ExitPolicy:
    """Base of all policies: subclasses give `checks` and `lookback`; the rest follows.

    Class attributes, the same for all settings of a rule:

    * `kind`: its short name; naming it puts the rule into `POLICIES`.
    * `needs`: what it reads beside probabilities: "logits", or names of a record's extras.
    * `scope`: what it decides about, a "sentence" or a "word".
    * `baseline`: True where it looks at nothing, so that others can be measured against it.
    * `limits`: of its settings by name: the least whole number, or the ends of an interval.

    Attributes:
        min_layer: no early exit before this many layers (at least 1). Windows and runs may fill up
            earlier.
    """

    kind: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    scope: ClassVar[Scope] = "sentence"
    baseline: ClassVar[bool] = False
    limits: ClassVar[Mapping[str, int | tuple[float, float]]] = {}
    min_layer: int = 1

    def __init_subclass__(cls) -> None:
        """Enter a rule that has a name of its own into `POLICIES`."""
        if "kind" in cls.__dict__:
            POLICIES[cls.kind] = cls
            for kind in [kind for kind, rule in POLICIES.items() if rule.baseline]:
                POLICIES[kind] = POLICIES.pop(kind)

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[Self]:  # noqa: ARG003  # for subclasses
        """The settings that a sweep tries, safe ones included; none by default.

        Args:
            n_layers: layers of the model, at least 1.
            n_labels: labels, at least 2.
        """
        return []

    @property
    def family(self) -> str:
        """Name of the curve that this setting lies on; a rule of several variants has several."""
        return self.kind

    def __post_init__(self) -> None:
        """Turn numpy scalars into plain numbers, then raise ConfigError when one is out of range.

        A numpy float64 would lift a float32 comparison to float64 (another answer at the threshold
        than the same number written in Python), and a numpy integer cannot be written as JSON.
        """
        for setting in fields(self):
            value = getattr(self, setting.name)
            if isinstance(value, np.generic):
                object.__setattr__(self, setting.name, value.item())
        for name, limit in {"min_layer": 1, **self.limits}.items():
            if isinstance(limit, int):
                require_int(name, getattr(self, name), low=limit)
            else:
                require_number(name, getattr(self, name), low=limit[0], high=limit[1])

    @property
    def lookback(self) -> int:
        """How many of the last layers the rule reads."""
        return 1

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        """Every condition of the rule, at every layer of `signals`, in the order tested."""
        raise NotImplementedError

    def reasons(self, signals: Signals) -> NDArray[np.int8]:
        """(layers, rows) what the rule says after each layer, `min_layer` respected.

        Causal: entry [l, r] depends on layers up to l of row r only. The last layer is not special
        here: it may still say CONTINUE.

        Raises:
            InputError: the record lacks what the rule needs.
        """
        for name in self.needs:
            signals.extra(name)
        verdict = np.zeros(signals.shape, dtype=np.int8)
        fired: dict[ExitReason, BoolArray] = {}
        for check in self.checks(signals):
            before = fired.get(check.reason)
            fired[check.reason] = check.met if before is None else before & check.met
        for reason in reversed(fired):  # the first reason wins, so it is written last
            np.copyto(verdict, np.int8(reason), where=fired[reason])
        if self.min_layer > 1:
            verdict *= signals.depth >= self.min_layer
        return verdict

    def decide(self, history: History) -> NDArray[np.int8]:
        """(rows,) `ExitReason` of each row at its own depth; LAST_LAYER once no layer is left.

        Pure: reads `history`, changes nothing, and a row's answer depends on that row alone.
        """
        rows, max_layers, _ = history.probs.shape
        if rows == 0:
            return np.zeros(0, dtype=np.int8)
        width = min(self.lookback, max_layers)
        deepest, shallowest = int(history.depth.max()), int(history.depth.min())
        start = max(shallowest - width, 0)
        # Rows at one depth (lock-step batches, single texts) need `width` columns; rows at mixed
        # depths need all columns from the shallowest row's window to the deepest row.
        signals = Signals(
            np.swapaxes(history.probs[:, start:deepest], 0, 1),
            first_layer=start + 1,
            extras={
                name: np.swapaxes(history.extras[name][:, start:deepest], 0, 1)
                for name in self.needs
                if name in history.extras
            },
        )
        # entries beyond a row's depth may hold anything; nothing they give is read, so no warnings
        with np.errstate(all="ignore"):
            reasons = self.reasons(signals)
        verdict: NDArray[np.int8] = reasons[history.depth - 1 - start, np.arange(rows)]
        at_end = (history.depth == max_layers) & (verdict == ExitReason.CONTINUE)
        return np.where(at_end, np.int8(ExitReason.LAST_LAYER), verdict)

    def settings(self) -> dict[str, Any]:
        """The numbers of this policy by name, ready for JSON."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def replay(policy: ExitPolicy, record: FloatArray | torch.Tensor | Signals | LayerTrace) -> Exits:
    """Where each row would leave, from a record of full-depth passes; the model is not run.

    The record is probabilities (layers, rows, labels), numpy or torch; a trace; or the `Signals` of
    either (make these once to replay many policies). A row that no rule stopped leaves at the last
    layer with LAST_LAYER.

    Raises:
        InputError: wrong shape or type, no layers, values that are no probabilities, or a record
            without what the rule needs.
    """
    signals = record if isinstance(record, Signals) else signals_of(record)
    reasons = policy.reasons(signals)
    stops = reasons != ExitReason.CONTINUE
    stops[-1] = True
    first = stops.argmax(axis=0)
    rows = np.arange(signals.shape[1])
    reason = reasons[first, rows]
    reason = np.where(reason == ExitReason.CONTINUE, np.int8(ExitReason.LAST_LAYER), reason)
    return Exits(
        exit_layer=first.astype(np.int64) + 1,
        reason=reason,
        label=signals.label[first, rows].astype(np.int64),
        n_layers=signals.n_layers,
    )


def signals_of(probs: FloatArray | torch.Tensor | LayerTrace) -> Signals:
    """Checked `Signals` of a trace or of full-depth probabilities `(layers, rows, labels)`.

    Half-precision values are widened to float32, as the engine does before it decides.

    Raises:
        InputError: wrong shape or type, no layers, or values that are no probabilities: not finite,
            outside [0, 1], or not summing to 1 (within 1e-2, the precision of bfloat16).
    """
    if isinstance(probs, LayerTrace):
        return Signals(probs.probs[:, None], extras=probs.extras)
    array = probs if isinstance(probs, np.ndarray) else _from_torch(probs)
    if not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"probs must be floating point, got {array.dtype}")
    if array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    signals = Signals(array)
    require_distributions("probs", array, tolerance=SUM_TOLERANCE)
    return signals


def _from_torch(probs: torch.Tensor) -> FloatArray:
    if not hasattr(probs, "detach"):
        kind = type(probs).__name__
        raise InputError(f"probs must be a numpy array or a torch tensor, got {kind}")
    tensor = probs.detach().cpu()
    if tensor.is_floating_point() and tensor.element_size() < 4:
        tensor = tensor.float()  # numpy has no bfloat16
    array: FloatArray = tensor.numpy()
    return array


def require_int(name: str, value: object, *, low: int) -> None:
    """Refuse anything but a whole number of at least `low`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise ConfigError(f"{name} must be a whole number of at least {low}, got {value!r}")


def require_number(
    name: str, value: object, *, low: float, high: float, open_high: bool = False
) -> None:
    """Refuse anything but a number in [low, high], or in [low, high) with `open_high`."""
    good = isinstance(value, (int, float, np.floating, np.integer)) and not isinstance(value, bool)
    if not good or not (low <= value < high if open_high else low <= value <= high):  # type: ignore[operator]  # checked above
        closing = ")" if open_high else "]"
        raise ConfigError(f"{name} must be a number in [{low:g}, {high:g}{closing}, got {value!r}")
