"""What the figures read off a trace and a decision. Pure; draws nothing."""

from __future__ import annotations

from app.shared import narration, words
from app.shared.canvas import Stave, Staves, nice_ceiling
from app.shared.quantities import quantity, run_of, shown_on
from app.shared.rules import capital, card
from app.shared.text import shorten
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import CheckResult, Decision, explain
from elbert_core.results import LayerTrace


def refused(policy: ExitPolicy, *traces: LayerTrace) -> str:
    """Why a rule cannot be applied to one of these records, in one line; "" where it can."""
    for trace in traces:
        try:
            explain(policy, trace)
        except InputError as error:
            return words.RULE_REFUSED.format(rule=card(policy.kind).name, message=error)
    return ""


def shown_at(decision: Decision, layer: int, row: str) -> CheckResult | None:
    """The condition at a layer that a strip of the figure shows, if the rule has one."""
    return shown_on(decision.verdicts[layer - 1].checks, row)


def label_names(trace: LayerTrace) -> list[str]:
    """Label names as shown: cut to the room there is, never two alike."""
    names = [shorten(name) for name in trace.label_names]
    return [n if names.count(n) == 1 else f"{n} ({i})" for i, n in enumerate(names)]


def alt_text(trace: LayerTrace, decision: Decision, verdict: str) -> str:
    """What a sighted reader would take away from the figure, in words."""
    doubts = trace.entropy
    return (
        f"Score of {trace.n_layers} layers. {verdict} "
        f"Doubt goes from {doubts[0]:.2f} after layer 1 to "
        f"{doubts[decision.exit_layer - 1]:.2f} at the exit. The table below has all numbers."
    )


def closed_run(decision: Decision) -> tuple[int, int] | None:
    """First and last layer of the run that made the decision; None when no run did."""
    checks = decision.verdicts[decision.exit_layer - 1].checks
    run = run_of(check for check in checks if check.reason == decision.reason)
    return None if run is None else (max(decision.exit_layer - run[1] + 1, 1), decision.exit_layer)


def staves(trace: LayerTrace, decision: Decision) -> Staves:
    """Room for each stave; a title says what the rule needs there."""
    checks = {row: shown_at(decision, 1, row) for row in ("probabilities", "doubt", "labels")}
    own = shown_at(decision, 1, "own")
    doubt, high = _asking(words.STAVE_ENTROPY, checks["doubt"]), 1.0
    if own is not None:
        measured = quantity(own.quantity)
        doubt = _asking(measured.title or capital(measured.name), own)
        high = nice_ceiling(max(own.needed, *own_values(decision)))
    return Staves(
        probs=Stave(_asking(words.STAVE_PROBS, checks["probabilities"]), 44, 138),
        entropy=Stave(doubt, 172, 226, high),
        labels=Stave(_asking(words.STAVE_LABELS, checks["labels"]), 260, 292),
        ms=Stave(words.STAVE_MS, 332, 366, nice_ceiling(float(trace.layer_ms.max()))),
        height=368,
    )


def own_values(decision: Decision) -> list[float]:
    """What a rule measured after each layer, where that has a strip of its own; else nothing."""
    found = [shown_at(decision, verdict.layer, "own") for verdict in decision.verdicts]
    return [check.value for check in found if check is not None]


def _asking(title: str, check: CheckResult | None) -> str:
    return title if check is None else f"{title} {narration.asked(check)}"
