"""The decision in plain words, with this sentence's own numbers. Pure: text in, text out.

Everything returned is plain text, to be shown by elements that do not read Markdown. Names are
clean: they were made visible where their record came in (`app.shared.text.clean`).
"""

from __future__ import annotations

import math
from typing import Any

from app.shared.quantities import Words, is_off, quantity
from app.shared.rules import capital
from app.shared.text import shorten
from elbert_core.policies.explanation import CheckResult, Decision, LayerVerdict
from elbert_core.results import ExitReason, LayerTrace

_NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_MAX_TERMS = 4  # labels written out in a sum


def number(count: int) -> str:
    """Small counts as words."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def name(label: str) -> str:
    """A label name, safe to show."""
    return shorten(label)


def counted(count: int, noun: str) -> str:
    """As in one layer, three layers."""
    return f"{number(count)} {noun}" if count == 1 else f"{number(count)} {noun}s"


def fixed(value: float) -> str:
    """Two decimals, and more for values that would look like 0 or like 1."""
    if math.isinf(value):
        return "∞"
    if 0 < value < 0.005 or 0.995 <= value < 1:
        return f"{value:.4f}" if 1e-4 <= value <= 1 - 1e-4 else f"{value:.2g}"
    return f"{value:.2f}"


def sure(confidence: float) -> str:
    """A probability as whole per cent, as in "97 % sure"."""
    if confidence >= 0.9995:
        return "over 99.9 % sure"
    return f"{100 * confidence:.{1 if confidence >= 0.995 else 0}f} % sure"


def compared(check: CheckResult) -> tuple[str, str]:
    """Value and bound with as many decimals as it takes to tell them apart, and from 0."""
    if quantity(check.quantity).counts:
        return f"{check.value:.0f}", f"{check.needed:.0f}"
    if math.isinf(check.value):
        return "∞", f"{check.needed:.2f}"
    for decimals in (2, 3, 4, 6, 9):
        seen, bound = f"{check.value:.{decimals}f}", f"{check.needed:.{decimals}f}"
        told = float(seen) != float(bound) or abs(check.value - check.needed) < 1e-6
        if told and (float(bound) != 0 or check.needed == 0):
            break
    return seen, bound


def filled(words: Words, check: CheckResult, **more: Any) -> str:
    """A text of a quantity's card with the numbers of a condition in its places."""
    card = quantity(check.quantity)
    seen, needed = compared(check)
    count = int(check.needed) if card.counts else 0
    relation = ("under" if check.strict else "at most") if check.below else "above"
    if not check.below and not check.strict:
        relation = "at least"
    return (words if isinstance(words, str) else words(check)).format(
        name=card.name,
        title=capital(card.name),
        unit=card.unit,
        seen=seen,
        value=fixed(check.value),
        needed=needed,
        relation=relation,
        count=number(count),
        layers=counted(count, "layer"),
        steps="step was" if count == 1 else f"{number(count)} steps were",
        running="once" if count == 1 else f"{times(count)} running",
        **more,
    )


def asked(check: CheckResult) -> str:
    """What a rule needs, beside the title of a strip: as in "(sure under 0.10)"."""
    card = quantity(check.quantity)
    return f"({card.off})" if is_off(check) else filled(card.asked, check)


def short_reason(decision: Decision) -> str:
    """Why it stopped, in a few words: the second half of the verdict."""
    if met := _deciding(decision):
        first, *others = met
        said = filled(quantity(first.quantity).stopped, first)
        if first.needed == 1:  # one layer is as sure as itself
            return said
        return said + "".join(filled(quantity(c.quantity).also_stopped, c) for c in others)
    if not decision.verdicts[-1].checks:
        return "the rule never stops early"
    return "nothing allowed it to stop earlier"


def times(count: int) -> str:
    """As in once, twice, three times."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def deciding_check(decision: Decision) -> CheckResult | None:
    """The first condition of the reason for which it stopped."""
    return next(iter(_deciding(decision)), None)


def _deciding(decision: Decision) -> list[CheckResult]:
    """All conditions of that reason, at the exit."""
    checks = decision.verdicts[decision.exit_layer - 1].checks
    return [check for check in checks if check.reason == decision.reason]


def depth_phrase(decision: Decision) -> str:
    """As in left after layer 4 of 12, or read all 12 layers."""
    if decision.exit_layer == decision.n_layers:
        return f"read all {decision.n_layers} layers"
    return f"left after layer {decision.exit_layer} of {decision.n_layers}"


def verdict(decision: Decision) -> str:
    """The whole verdict as one line of plain text."""
    return (
        f"{name(decision.label_name)}, {sure(decision.confidence)}: "
        f"{depth_phrase(decision)}, {short_reason(decision)}."
    )


def why(trace: LayerTrace, decision: Decision) -> str:
    """Why it stops where it stops, with the numbers of this sentence."""
    layer, label = decision.exit_layer, name(decision.label_name)
    at_exit = decision.verdicts[layer - 1]
    check = deciding_check(decision)
    if check is None:
        if decision.reason is ExitReason.LAST_LAYER and at_exit.checks:
            missing = what_was_missing(at_exit)
            return (
                f"Layer {layer} is the last one, so its answer counts: {label} with "
                f"{fixed(decision.confidence)}. Even there the rule was not satisfied: {missing}."
            )
        return f"The rule never stops early, so the last layer answers: {label}."
    card = quantity(check.quantity)
    first = max(layer - int(check.needed) - (card.run or 0) + 1, 1) if card.counts else layer
    values = [fixed(float(p)) for p in trace.probs[first - 1 : layer, decision.label][:8]]
    said = filled(
        card.why,
        check,
        layer=layer,
        label=label,
        confidence=fixed(decision.confidence),
        first=first,
        span=f"layer {layer}" if first == layer else f"layers {first} to {layer}",
        values=", ".join(values),
    )
    for other in at_exit.checks:
        beside = quantity(other.quantity)
        if not other.met:
            said += f" {capital(beside.off)}." if is_off(other) else filled(beside.beside, other)
        elif other.reason == check.reason:
            said += filled(beside.also, other)
    return said


def missing_part(check: CheckResult) -> str:
    """What one unmet condition lacked, as in "entropy 0.31, needed under 0.10"."""
    card = quantity(check.quantity)
    return card.off if is_off(check) else filled(card.missing, check)


def what_was_missing(verdict_: LayerVerdict) -> str:
    """Why a layer did not stop the sentence: every condition that was not met."""
    unmet = [missing_part(check) for check in verdict_.checks if not check.met]
    if verdict_.too_early:
        rest = f" ({'; '.join(unmet)})" if unmet else ""
        return f"too early for this rule{rest}"
    return "; ".join(unmet) if unmet else "the rule never stops early"


def layer_outcome(verdict_: LayerVerdict, decision: Decision) -> str:
    """What happens at a layer, for the table: goes on, stops, or what the rule would say later."""
    if verdict_.layer > decision.exit_layer:
        return "not needed"
    if verdict_.layer == decision.exit_layer:
        return f"stops: {short_reason(decision)}"
    return f"goes on: {what_was_missing(verdict_)}"


def full_depth(decision: Decision) -> str:
    """What the last layer says, and whether stopping early changed the answer."""
    label, how_sure = name(decision.full_label_name), sure(decision.full_confidence)
    if decision.exit_layer == decision.n_layers:
        return "It did read to full depth, so this is the full model's answer."
    if decision.agrees_with_full:
        same = "the same, so stopping early cost nothing here"
    else:
        same = "something else, so stopping early changed the answer"
    return f"After all {decision.n_layers} layers it says {label}, {how_sure}: {same}."


def share(part: float, whole: float) -> str:
    """A share in whole per cent."""
    return "–" if whole <= 0 else f"{100 * part / whole:.0f} %"


def at_layer(trace: LayerTrace, verdict_: LayerVerdict, decision: Decision) -> str:
    """What a layer says, and what the rule makes of it, in one line."""
    label = name(trace.label_names[verdict_.label])
    outcome = layer_outcome(verdict_, decision)
    return f"After layer {verdict_.layer}: {label} {fixed(verdict_.confidence)} – {outcome}."


def arithmetic(trace: LayerTrace, verdict_: LayerVerdict) -> str:
    """The rule's sums at one layer, written with this sentence's numbers; lines of plain text."""
    probs = [float(p) for p in trace.probs[verdict_.layer - 1]]
    lines = [
        "p = "
        + ", ".join(
            f"{name(n)} {p:.4f}" for n, p in list(zip(trace.label_names, probs, strict=True))[:8]
        )
    ]
    logits = trace.extras.get("logits")
    powers = [] if logits is None else [f"e^{z:.4f}" for z in logits[verdict_.layer - 1, 0]]
    places = {
        "terms": _sum([f"{p:.4f}·ln {p:.4f}" for p in probs]),
        "powers": _sum(powers),
        "labels": len(probs),
    }
    lines += [_sum_of(check, places) for check in verdict_.checks]
    if not verdict_.checks:
        lines.append("This rule compares nothing.")
    if verdict_.too_early:
        lines.append("The layer lies before the first one at which this rule may stop.")
    return "\n".join(lines)


def _sum(parts: list[str]) -> str:
    return " + ".join([*parts[:_MAX_TERMS], *(["…"] if len(parts) > _MAX_TERMS else [])])


def _sum_of(check: CheckResult, places: dict[str, Any]) -> str:
    card = quantity(check.quantity)
    seen, bound = compared(check)
    relation = {(True, True): "<", (True, False): "≤", (False, True): ">", (False, False): "≥"}[
        check.below, check.strict
    ]
    left = card.sum.format(name=card.name, **places)
    outcome = f"{seen} {relation} {bound}? {'yes' if check.met else 'no'}"
    return f"{left} = {seen}{card.unit}\n    {outcome}"
