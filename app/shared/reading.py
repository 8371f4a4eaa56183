"""What the figures read off a trace and a decision. Pure; draws nothing."""

from __future__ import annotations

from app.shared import wording
from app.shared.canvas import Stave, Staves, nice_ceiling
from app.shared.text import visible
from elbert_core.policies.explanation import CheckResult, Decision
from elbert_core.results import ExitReason, LayerTrace

RUNS = {"window": 0, "patience": 1, "divergence_run": 1}
"""Quantities that count layers, and how many layers more than the count the run spans."""


def check_of(decision: Decision, layer: int, *quantities: str) -> CheckResult | None:
    """The condition on one of these quantities at a layer, if the policy has one."""
    for check in decision.verdicts[layer - 1].checks:
        if check.quantity in quantities:
            return check
    return None


def label_names(trace: LayerTrace) -> list[str]:
    """Label names as shown: no hidden characters, never two alike."""
    names = [visible(name, limit=24) or "?" for name in trace.label_names]
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
    if decision.reason not in (
        ExitReason.WINDOW,
        ExitReason.PATIENCE,
        ExitReason.STEADY_DISTRIBUTION,
    ):
        return None
    check = check_of(decision, decision.exit_layer, *RUNS)
    if check is None:
        return None
    span = int(check.needed) + RUNS[check.quantity]
    return max(decision.exit_layer - span + 1, 1), decision.exit_layer


def staves(trace: LayerTrace, decision: Decision) -> Staves:
    """Room for each stave; a title says what the rule needs there."""
    confidence = check_of(decision, 1, "confidence")
    entropy = check_of(decision, 1, "entropy", "entropy_nats")
    run = check_of(decision, 1, *RUNS)
    nats = entropy is not None and entropy.quantity == "entropy_nats"
    under = wording.NEEDS_UNDER_NATS if nats else wording.NEEDS_UNDER
    runs = wording.NEEDS_RUN.get(run.quantity, "") if run is not None else ""
    return Staves(
        probs=Stave(_needing(wording.STAVE_PROBS, wording.NEEDS_OVER, confidence), 44, 138),
        entropy=Stave(_needing(wording.STAVE_ENTROPY, under, entropy), 172, 226),
        labels=Stave(_needing(wording.STAVE_LABELS, runs, run), 260, 292),
        ms=Stave(wording.STAVE_MS, 332, 366, nice_ceiling(float(trace.layer_ms.max()))),
        height=368,
    )


def _needing(title: str, need: str, check: CheckResult | None) -> str:
    return title if check is None else f"{title} {need.format(check.needed)}"
