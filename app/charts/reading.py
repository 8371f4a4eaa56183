"""What the figures read off a trace and a decision. Pure; knows no chart library."""

from __future__ import annotations

from app.inputs import visible
from elbert_core.explanation import CheckResult, Decision
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
