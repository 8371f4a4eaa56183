"""What rules measure, one card a quantity: the only place where the app names one.

A quantity is what a `Check` of the core compares with a bound. Its card says it in words, as a sum
with numbers, and where the figure of a sentence shows it. Cards are data: texts with places, filled
in by `app.shared.narration`. A quantity without a card gets a plain one from its name.

Places of a text: {seen} and {needed}, with as many decimals as tell them apart, {value}, what was
seen cut short, and {relation} between them; {count} is the bound in words, {layers}, {steps} and
{running} are as in "three layers", "step was" and "three times running". Sentences about an exit
also have {layer}, {label}, {confidence}, {first} (layer at which the run begins), {span} and
{values} (the run's layers, and what they gave the answer). A sum has {terms} (of the entropy),
{labels} (how many) and {powers} (e to the power of each logit).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from elbert_core.policies.explanation import CheckResult, Decision

Words: TypeAlias = str | Callable[[CheckResult], str]
"""A text with places, or what chooses one."""


@dataclass(frozen=True, slots=True)
class QuantityCard:
    """How one measured quantity is said and shown.

    Attributes:
        name: plain name.
        title: over a strip of its own; the name where empty.
        term: the exact meaning, as a tooltip.
        sum: left side of its sum, see the module for the places.
        missing: what an unmet condition lacked.
        stopped: why it stopped, when this condition was met: the second half of a verdict.
        also_stopped: what it adds to that where the condition before it has the same reason.
        why: the same as a sentence with the numbers of the input.
        also: said after the `why` of another quantity that had to be met together with this one.
        beside: said after the `why` of another quantity where this one was not met.
        off: said for `missing` and `beside` where no value can ever meet the bound.
        asked: what a rule needs, beside the title of the strip that shows the quantity.
        unit: written after values, with its space.
        row: strip of the figure that shows it: the probabilities' (a line), the doubt's (a line,
            bars that pass), the labels' (counts), one of its own in place of the doubt, or none.
        place: where a bound lies on that strip's scale, by the number of labels.
        counts: True for whole numbers.
        run: for a count of layers in a row, how many layers more than the count the run spans.
    """

    name: str
    title: str = ""
    term: str = ""
    sum: str = "{name}"
    missing: Words = "{name} {seen}{unit}, needed {relation} {needed}"
    stopped: Words = "{name} was {relation} {needed}{unit}"
    why: Words = (
        "After layer {layer} it gives {label} {confidence}. {title}: {seen}{unit}, {relation} the "
        "{needed} asked for."
    )
    also: str = ""
    beside: str = ""
    also_stopped: str = ""
    off: str = ""
    asked: str = "({relation} {needed}{unit} needed)"
    unit: str = ""
    row: Literal["probabilities", "doubt", "labels", "own", ""] = "own"
    place: Callable[[float, int], float] = lambda bound, _: bound
    counts: bool = False
    run: int | None = None


def _doubt_stopped(check: CheckResult) -> str:
    if check.value < 0.1:
        return "hardly any doubt was left"
    return "the doubt left was under {needed}{unit}"


def _confidence_stopped(check: CheckResult) -> str:
    return "it was sure enough" if check.value >= 0.8 else "its probability was above {needed}"


def _window_stopped(check: CheckResult) -> str:
    return "this layer took a side" if check.needed == 1 else "{count} layers in a row agreed"


_ENTROPY = QuantityCard(
    name="entropy",
    sum="entropy = −({terms}) ÷ ln {labels}",
    missing="entropy {seen}{unit}, needed under {needed}",
    stopped=_doubt_stopped,
    why=(
        "After layer {layer} it gives {label} {confidence}. The doubt left (entropy) is "
        "{seen}{unit}, under the {needed} that counts as sure."
    ),
    beside=(
        " The doubt left (entropy), {seen}{unit}, was not under {needed}, but agreement is enough."
    ),
    off="the doubt test is off",
    asked="(sure under {needed}{unit})",
    row="doubt",
)

QUANTITIES: dict[str, QuantityCard] = {
    "entropy": _ENTROPY,
    "entropy_nats": replace(
        _ENTROPY,
        sum="entropy = −({terms})",
        unit=" nats",
        place=lambda bound, labels: bound / math.log(labels),
    ),
    "confidence": QuantityCard(
        name="confidence",
        sum="confidence = max p",
        missing="probability {seen}, needed above {needed}",
        stopped=_confidence_stopped,
        why="After layer {layer} it gives {label} {seen}, above the {needed} asked for.",
        asked="(sure above {needed})",
        row="probabilities",
    ),
    "window": QuantityCard(
        name="layers that agree",
        sum="layers in a row that agree",
        missing="window {seen} of {needed}",
        stopped=_window_stopped,
        why="In {span} the leading label is {label} ({values}): that fills the window of {needed}.",
        asked="({needed} in a row needed)",
        row="labels",
        counts=True,
        run=0,
    ),
    "range": QuantityCard(
        name="range of the confidence",
        sum="largest − smallest confidence in the window",
        missing="confidence moved by {seen}, allowed {relation} {needed}",
        also=" The confidence moved by {value} in it.",
        also_stopped=", within {needed} of each other",
        row="",
    ),
    "patience": QuantityCard(
        name="confirmations",
        sum="times running that the label was confirmed",
        missing="confirmed {seen} of {needed} times",
        stopped="the answer was confirmed {running}",
        why=(
            "Layer {first} said {label}, and the next {layers} said so too, which is what the rule "
            "waits for."
        ),
        asked="({needed} confirmations needed)",
        row="labels",
        counts=True,
        run=1,
    ),
    "divergence_run": QuantityCard(
        name="small steps",
        sum="small steps running",
        missing="small steps {seen} of {needed}",
        stopped="its last {steps} small",
        why=(
            "Up to layer {layer} the last {steps} small, which is what the rule waits for. Its "
            "answer is {label}, {confidence}."
        ),
        asked="({needed} small steps needed)",
        row="labels",
        counts=True,
        run=1,
    ),
    "layer": QuantityCard(
        name="layers applied",
        sum="layers applied",
        missing="layer {seen} of {needed}",
        stopped="the rule always stops there",
        why="The rule stops every sentence after layer {layer}. Here that layer says {label}.",
        row="",
        counts=True,
    ),
    "energy": QuantityCard(
        name="energy",
        sum="energy = 1 ÷ (1 + {powers})",
        stopped="its energy was under {needed}",
        off="the energy test is off",
        why=(
            "After layer {layer} it gives {label} {confidence}. Its energy, small where the "
            "evidence is strong, is {seen}, under the {needed} asked for."
        ),
        title="How weak is the evidence?",
        term="Energy: 1 ÷ (1 + sum of the exponentials of the logits), between 0 and 1",
    ),
    "confident_run": QuantityCard(
        name="sure layers in a row",
        sum="layers in a row that were sure",
        missing="sure for {seen} of {needed} layers",
        stopped="it was sure {running}",
        why="In {span} it was sure each time; layer {layer} says {label} with {confidence}.",
        asked="({needed} sure layers in a row needed)",
        row="labels",
        counts=True,
        run=0,
    ),
}


def quantity(name: str) -> QuantityCard:
    """The card of a quantity; a plain one where none was written."""
    return QUANTITIES.get(name) or QuantityCard(name=name.replace("_", " "))


def shown_at(decision: Decision, layer: int, row: str) -> CheckResult | None:
    """The condition at a layer that a strip of the figure shows; see `QuantityCard.row`."""
    checks = decision.verdicts[layer - 1].checks
    return next((check for check in checks if quantity(check.quantity).row == row), None)


def own_values(decision: Decision) -> list[float]:
    """What a rule measured after each layer, where that has a strip of its own; else nothing."""
    found = [shown_at(decision, verdict.layer, "own") for verdict in decision.verdicts]
    return [check.value for check in found if check is not None]


def is_off(check: CheckResult) -> bool:
    """Whether no value can meet the bound of a quantity that has words for that."""
    return bool(quantity(check.quantity).off) and check.strict and check.below and check.needed <= 0


def run_of(checks: Iterable[CheckResult]) -> tuple[CheckResult, int] | None:
    """The first condition on a run of layers, and how many layers it takes."""
    for check in checks:
        more = quantity(check.quantity).run
        if more is not None:
            return check, int(check.needed) + more
    return None


def closed_run(decision: Decision) -> tuple[int, int] | None:
    """First and last layer of the run that made the decision; None when no run did."""
    checks = decision.verdicts[decision.exit_layer - 1].checks
    run = run_of(check for check in checks if check.reason == decision.reason)
    return None if run is None else (max(decision.exit_layer - run[1] + 1, 1), decision.exit_layer)
