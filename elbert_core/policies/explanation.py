"""Why a text left where it left: one verdict for every layer, with the numbers behind it.

Built from the same `checks` and `reasons` that stop the engine and drive replay, so an explanation
cannot disagree with either. It gives numbers and names only; the words are the app's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from elbert_core.errors import InputError
from elbert_core.metrics import Costed, computation_cost
from elbert_core.policies.base import Check, ExitPolicy, replay, signals_of
from elbert_core.results import ExitReason, LayerTrace


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One condition of a policy at one layer of one text: a `Check` with that layer's numbers.

    `value` is in the unit of the quantity (layers, nats, or a share in [0, 1]).
    """

    reason: ExitReason
    quantity: str
    value: float
    needed: float
    below: bool
    strict: bool
    met: bool


@dataclass(frozen=True, slots=True)
class LayerVerdict:
    """What the policy says after one layer, and what it looked at.

    Attributes:
        layer: layers applied, 1..n_layers.
        reason: why the text would leave here, CONTINUE when it would not, LAST_LAYER on the last
            layer when no rule fired.
        too_early: True when the layer lies below the policy's `min_layer`; then nothing can fire,
            whatever the checks say.
        checks: every condition of the policy, in the order tested.
        label: index of the most probable label after this layer.
        confidence: its probability.
    """

    layer: int
    reason: ExitReason
    too_early: bool
    checks: tuple[CheckResult, ...]
    label: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Decision(Costed):
    """Where one text leaves under one policy, why, and what full depth would have said.

    The decision is replayed from a full pass; costs are of the layers up to the exit against all
    layers, both with the exit head that runs after every layer.

    Attributes:
        policy: the rule.
        exit_layer: layers applied, 1..n_layers.
        n_layers: layers of a full-depth pass.
        reason: why it left there, never CONTINUE.
        label, label_name: most probable label at the exit, by index and by name.
        confidence: its probability.
        full_label, full_label_name, full_confidence: the same after the last layer.
        verdicts: one for every layer, those after the exit included.
        layer_macs, head_macs: multiply-accumulates of one layer and of one exit head.
        embed_ms: measured milliseconds before the first layer.
        layer_ms: measured milliseconds of each layer with its exit head.
    """

    policy: ExitPolicy
    exit_layer: int
    n_layers: int
    reason: ExitReason
    label: int
    label_name: str
    confidence: float
    full_label: int
    full_label_name: str
    full_confidence: float
    verdicts: tuple[LayerVerdict, ...]
    layer_macs: int
    head_macs: int
    embed_ms: float
    layer_ms: tuple[float, ...]

    @property
    def agrees_with_full(self) -> bool:
        """True when the label at the exit is the label of the last layer."""
        return self.label == self.full_label

    @property
    def computation_cost(self) -> float:
        """exit_layer / n_layers, in (0, 1]; counts layers only."""
        return computation_cost([self.exit_layer], self.n_layers)

    def require_of(self, trace: LayerTrace) -> None:
        """Raise InputError where the trace has another number of layers."""
        if self.n_layers != trace.n_layers:
            raise InputError(
                f"the decision must be of this trace of {trace.n_layers} layers, "
                f"got one of {self.n_layers}"
            )

    @property
    def layers_saved(self) -> int:
        """Layers that were not needed, 0..n_layers - 1."""
        return self.n_layers - self.exit_layer

    @property
    def macs_used(self) -> int:
        """Multiply-accumulates of the layers up to the exit, each with its head."""
        return self.exit_layer * (self.layer_macs + self.head_macs)

    @property
    def macs_full(self) -> int:
        """Multiply-accumulates of all layers, each with its head."""
        return self.n_layers * (self.layer_macs + self.head_macs)

    @property
    def ms_used(self) -> float:
        """Milliseconds up to the exit in the recorded pass, embeddings included."""
        return self.embed_ms + sum(self.layer_ms[: self.exit_layer])

    @property
    def ms_full(self) -> float:
        """Milliseconds of the whole recorded pass, embeddings included."""
        return self.embed_ms + sum(self.layer_ms)


def explain(policy: ExitPolicy, trace: LayerTrace) -> Decision:
    """Replay a policy over one trace and keep every condition at every layer.

    Exit layer, reason and label are those of `replay` on the same trace.

    Raises:
        InputError: the trace holds no usable probabilities.
    """
    signals = signals_of(trace)
    exits = replay(policy, signals)
    reasons = [ExitReason(int(reason)) for reason in policy.reasons(signals)[:, 0]]
    if reasons[-1] is ExitReason.CONTINUE:
        reasons[-1] = ExitReason.LAST_LAYER
    checks, last = policy.checks(signals), trace.n_layers - 1
    labels, confidences = signals.label[:, 0].tolist(), signals.confidence[:, 0].tolist()
    verdicts = tuple(
        LayerVerdict(
            layer=layer_index + 1,
            reason=reason,
            too_early=layer_index + 1 < policy.min_layer,
            checks=tuple(_at_layer(check, layer_index) for check in checks),
            label=labels[layer_index],
            confidence=confidences[layer_index],
        )
        for layer_index, reason in enumerate(reasons)
    )
    exit_layer, label = int(exits.exit_layer[0]), int(exits.label[0])
    return Decision(
        policy=policy,
        exit_layer=exit_layer,
        n_layers=trace.n_layers,
        reason=ExitReason(int(exits.reason[0])),
        label=label,
        label_name=trace.label_names[label],
        confidence=confidences[exit_layer - 1],
        full_label=labels[last],
        full_label_name=trace.label_names[labels[last]],
        full_confidence=confidences[last],
        verdicts=verdicts,
        layer_macs=trace.layer_macs,
        head_macs=trace.head_macs,
        embed_ms=float(trace.embed_ms),
        layer_ms=tuple(trace.layer_ms.tolist()),
    )


def _at_layer(check: Check, layer_index: int) -> CheckResult:
    value, met = float(check.value[layer_index, 0]), bool(check.met[layer_index, 0])
    bound = (float(check.needed), check.below, check.strict)
    return CheckResult(check.reason, check.quantity, value, *bound, met)
