"""Small statements about a sentence under a rule that a machine can check.

Lessons use them twice: a test checks every claim of every lesson against the stored traces, and a
paragraph may be shown only where its claim holds. So a model trained anew cannot make a lesson lie.
The hints of the examples carry them for the same reason.
Knows no Streamlit; a claim never runs code, it is one name with plain JSON values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from app.shared.quantities import quantity
from elbert_core.errors import ConfigError, InputError
from elbert_core.policies import ExitPolicy, policy_from_dict
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.left_out import stability
from elbert_core.results import LayerTrace

Claim: TypeAlias = Mapping[str, Any]
"""One entry: the name of a check and what it expects."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a claim speaks of.

    Attributes:
        traces: the lesson's sentences by name.
        sentence: the one in question.
        policy: the rule in question.
    """

    traces: Mapping[str, LayerTrace]
    sentence: str
    policy: ExitPolicy

    @property
    def trace(self) -> LayerTrace:
        """The sentence, read to full depth."""
        return self.traces[self.sentence]

    @property
    def decision(self) -> Decision:
        """What the rule makes of it."""
        return explain(self.policy, self.trace)

    def leading(self, layer: int) -> str:
        """Name of the label that leads after a layer."""
        return self.trace.label_names[int(self.trace.labels[layer - 1])]

    def other(self, expected: Any) -> Scene:
        """The scene with another sentence, another rule, or both."""
        if not isinstance(expected, Mapping) or not set(expected) <= {"sentence", "policy"}:
            raise InputError('another scene is {"sentence": ..., "policy": ...}')
        sentence = expected.get("sentence", self.sentence)
        if sentence not in self.traces:
            raise InputError(f"a claim speaks of the sentence {sentence!r}, which is not there")
        policy = expected.get("policy")
        try:
            rule = self.policy if policy is None else policy_from_dict(dict(policy))
        except ConfigError as error:
            raise InputError(str(error)) from error
        return Scene(self.traces, sentence, rule)


def holds(claim: Claim, scene: Scene) -> bool:
    """Whether a claim is true of a scene.

    Raises:
        InputError: no such claim, or one that does not fit the scene.
    """
    check_form(claim)
    ((name, expected),) = claim.items()
    return CHECKS[name](scene, expected)


def check_form(claim: Claim) -> None:
    """See that it is a claim at all.

    Raises:
        InputError: not one entry, or no such claim.
    """
    if not isinstance(claim, Mapping) or len(claim) != 1 or next(iter(claim)) not in CHECKS:
        raise InputError(f"a claim is one of {', '.join(CHECKS)}, got {claim!r}")


def _of(scene: Scene, expected: Any) -> bool:
    about = {name: value for name, value in expected.items() if name != "claim"}
    return holds(expected["claim"], scene.other(about))


def _under(scene: Scene, policies: Any) -> list[Decision]:
    return [scene.other({"policy": policy}).decision for policy in policies]


def _never_earlier(scene: Scene, policies: Any) -> bool:
    exits = [decision.exit_layer for decision in _under(scene, policies)]
    return exits == sorted(exits)


def _once_sure_of(scene: Scene, expected: Any) -> bool:
    """Some layer leads with this label, and not by a hair."""
    sure = enumerate(scene.trace.confidence, start=1)
    label, bound = expected["label"], expected["at_least"]
    return any(scene.leading(layer) == label and p >= bound for layer, p in sure)


def _clear_of_bounds(scene: Scene, expected: Any) -> bool:
    """No threshold lies so near to a value that rounding could change the decision."""
    shares = [
        check
        for verdict in scene.decision.verdicts
        for check in verdict.checks
        if not quantity(check.quantity).counts
    ]
    return all(abs(check.value - check.needed) >= expected for check in shares)


def _slower_than(scene: Scene, expected: Any) -> bool:
    other = scene.other(expected).trace
    return float(np.median(scene.trace.layer_ms)) > float(np.median(other.layer_ms))


CHECKS: dict[str, Callable[[Scene, Any], bool]] = {
    "exit_layer": lambda scene, n: scene.decision.exit_layer == n,
    "exit_layer_at_most": lambda scene, n: scene.decision.exit_layer <= n,
    "exit_layer_at_least": lambda scene, n: scene.decision.exit_layer >= n,
    "leaves_early": lambda s, yes: (s.decision.exit_layer < s.trace.n_layers) == yes,
    "label": lambda scene, name: scene.decision.label_name == name,
    "full_label": lambda scene, name: scene.decision.full_label_name == name,
    "agrees_with_full": lambda scene, yes: scene.decision.agrees_with_full == yes,
    "reason": lambda scene, name: scene.decision.reason.name.lower() == name,
    "flips_at_least": lambda scene, n: stability(scene.trace.probs).flips >= n,
    "flips_at_most": lambda scene, n: stability(scene.trace.probs).flips <= n,
    "doubt_falls": lambda s, yes: bool(s.trace.entropy[-1] < s.trace.entropy[0]) == yes,
    "exit_before": lambda s, o: s.decision.exit_layer < s.other(o).decision.exit_layer,
    "exit_not_after": lambda s, o: s.decision.exit_layer <= s.other(o).decision.exit_layer,
    "same_exit_as": lambda s, o: s.decision.exit_layer == s.other(o).decision.exit_layer,
    "same_label_as": lambda s, o: s.decision.label_name == s.other(o).decision.label_name,
    "leads": lambda s, o: s.leading(o["layer"]) == o["label"],
    "doubt_under": lambda s, o: bool(s.trace.entropy[int(o["layer"]) - 1] < o["bound"]),
    "doubt_stays_over": lambda scene, bound: bool(scene.trace.entropy.min() > bound),
    "more_pieces_than": lambda s, o: len(s.trace.tokens) > len(s.other(o).trace.tokens),
    "slower_than": _slower_than,
    "saves_time": lambda s, yes: (s.decision.ms_used < s.decision.ms_full) == yes,
    "policies_agree": lambda s, p: len({(d.exit_layer, d.label) for d in _under(s, p)}) <= 1,
    "never_earlier": _never_earlier,
    "once_sure_of": _once_sure_of,
    "clear_of_bounds": _clear_of_bounds,
    "all": lambda scene, claims: all(holds(claim, scene) for claim in claims),
    "not": lambda scene, claim: not holds(claim, scene),
    "of": _of,
}
"""Every claim by its name."""
