"""The decision in plain words, with this sentence's own numbers. Pure: text in, text out.

Everything returned is plain text, to be shown by elements that do not read Markdown. Label names
come from a checkpoint or an opened file, so they pass through `visible`.
"""

from __future__ import annotations

import math

from app.shared.text import visible
from elbert_core.policies.explanation import CheckResult, Decision, LayerVerdict
from elbert_core.results import ExitReason, LayerTrace

_NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
_MAX_TERMS = 4  # labels written out in a sum


def number(count: int) -> str:
    """Small counts as words."""
    return _NUMBERS[count] if 0 <= count < len(_NUMBERS) else str(count)


def name(label: str) -> str:
    """A label name, safe to show."""
    return visible(label, limit=24) or "?"


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
    """Value and bound with as many decimals as it takes to tell them apart."""
    if check.quantity in ("window", "patience", "divergence_run", "layer"):
        return f"{check.value:.0f}", f"{check.needed:.0f}"
    if math.isinf(check.value):
        return "∞", f"{check.needed:.2f}"
    for decimals in (2, 3, 4, 6):
        seen, bound = f"{check.value:.{decimals}f}", f"{check.needed:.{decimals}f}"
        if seen != bound or check.value == check.needed:
            break
    return seen, bound


def short_reason(decision: Decision) -> str:
    """Why it stopped, in a few words: the second half of the verdict."""
    check = deciding_check(decision)
    match decision.reason:
        case ExitReason.LOW_ENTROPY:
            return "hardly any doubt was left"
        case ExitReason.HIGH_CONFIDENCE:
            return "it was sure enough"
        case ExitReason.WINDOW if check is not None:
            size = int(check.needed)
            return (
                "this layer took a side" if size == 1 else f"{number(size)} layers in a row agreed"
            )
        case ExitReason.PATIENCE if check is not None:
            return f"the answer was confirmed {times(int(check.needed))} running"
        case ExitReason.STEADY_DISTRIBUTION if check is not None:
            return f"it had barely moved {times(int(check.needed))} running"
        case ExitReason.FIXED_LAYER:
            return "the rule always stops there"
    if not decision.verdicts[-1].checks:
        return "the rule never stops early"
    return "nothing allowed it to stop earlier"


def times(count: int) -> str:
    """As in once, twice, three times."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def deciding_check(decision: Decision) -> CheckResult | None:
    """The first condition of the reason for which it stopped."""
    for check in decision.verdicts[decision.exit_layer - 1].checks:
        if check.reason == decision.reason:
            return check
    return None


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
    seen, bound = compared(check)
    match decision.reason:
        case ExitReason.LOW_ENTROPY:
            return (
                f"After layer {layer} it gives {label} {fixed(decision.confidence)}. The doubt "
                f"left (entropy) is {seen}, under the {bound} that counts as sure."
            )
        case ExitReason.HIGH_CONFIDENCE:
            return f"After layer {layer} it gives {label} {seen}, above the {bound} asked for."
        case ExitReason.WINDOW:
            return _why_window(trace, decision, check)
        case ExitReason.PATIENCE:
            first = layer - int(check.needed)
            return (
                f"Layer {first} said {label}, and the next {counted(int(check.needed), 'layer')} "
                "said so too, which is what the rule waits for."
            )
        case ExitReason.STEADY_DISTRIBUTION:
            return (
                f"Up to layer {layer} the probabilities barely moved {times(int(check.needed))} "
                f"running, which is what the rule waits for. Its answer is {label}, "
                f"{fixed(decision.confidence)}."
            )
    return f"The rule stops every sentence after layer {layer}. Here that layer says {label}."


def _why_window(trace: LayerTrace, decision: Decision, check: CheckResult) -> str:
    size, last = int(check.needed), decision.exit_layer
    first = last - size + 1
    label = name(decision.label_name)
    values = ", ".join(fixed(float(p)) for p in trace.probs[first - 1 : last, decision.label][:8])
    span = f"layer {first}" if size == 1 else f"layers {first} to {last}"
    lead = f"In {span} the leading label is {label} ({values})"
    entropy = next(
        (c for c in decision.verdicts[last - 1].checks if c.reason is ExitReason.LOW_ENTROPY), None
    )
    doubt = ""
    if entropy is not None and not entropy.met:
        seen, bound = compared(entropy)
        doubt = (
            f" The doubt left (entropy), {seen}, was not under {bound}, but agreement is enough."
        )
    spread = next((c for c in decision.verdicts[last - 1].checks if c.quantity == "range"), None)
    steady = f" The confidence moved by only {fixed(spread.value)} in it." if spread else ""
    return f"{lead}: that fills the window of {size}.{steady}{doubt}"


def missing_part(check: CheckResult) -> str:
    """What one unmet condition lacked, as in "entropy 0.31, needed under 0.10"."""
    seen, bound = compared(check)
    over = "under" if check.strict else "at most"
    match check.quantity:
        case "entropy":
            return f"entropy {seen}, needed under {bound}"
        case "entropy_nats":
            return f"entropy {seen} nats, needed under {bound}"
        case "confidence":
            return f"probability {seen}, needed above {bound}"
        case "window":
            if check.value >= check.needed:
                return "window full, but its first layer was too close to a tie"
            return f"window {seen} of {bound}"
        case "range":
            return f"confidence moved by {seen}, allowed {over} {bound}"
        case "patience":
            return f"confirmed {seen} of {bound} times"
        case "divergence_run":
            return f"small steps {seen} of {bound}"
        case _:
            return f"layer {seen} of {bound}"


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


def flips(trace: LayerTrace, decision: Decision) -> str:
    """How often the leading label changed on the way to the exit."""
    changes = sum(trace.labels[i] != trace.labels[i - 1] for i in range(1, decision.exit_layer))
    if not changes:
        return "It never changed its mind on the way."
    return f"It changed its mind {times(int(changes))} on the way."


def full_depth(decision: Decision) -> str:
    """What the last layer says, and whether stopping early changed the answer."""
    label, how_sure = name(decision.full_label_name), sure(decision.full_confidence)
    if decision.exit_layer == decision.n_layers:
        return "It did read to full depth, so this is the full model's answer."
    if decision.agrees_with_full:
        return (
            f"The same: after all {decision.n_layers} layers it says {label}, {how_sure}. "
            "Stopping early cost nothing here."
        )
    return (
        f"Something else: after all {decision.n_layers} layers it says {label}, {how_sure}. "
        "Stopping early changed the answer."
    )


def compared_with_full(decision: Decision) -> str:
    """Whether full depth says the same, in a few words."""
    if decision.exit_layer == decision.n_layers:
        return "This is full depth."
    if decision.agrees_with_full:
        return "Full depth says the same."
    return f"Full depth would say {name(decision.full_label_name)}."


def share(part: float, whole: float) -> str:
    """A share in whole per cent."""
    return "–" if whole <= 0 else f"{100 * part / whole:.0f} %"


def saved_layers(decision: Decision) -> str:
    """As in "8 of 12 layers (67 %)"."""
    saved = decision.layers_saved
    return f"{saved} of {decision.n_layers} layers ({share(saved, decision.n_layers)})"


def saves(decision: Decision) -> str:
    """As in "Saves 8 of 12 layers (67 %)."."""
    return f"Saves {saved_layers(decision)}."


def at_layer(trace: LayerTrace, verdict_: LayerVerdict, decision: Decision) -> str:
    """What a layer says, and what the rule makes of it, in one line."""
    label = name(trace.label_names[verdict_.label])
    outcome = layer_outcome(verdict_, decision)
    return f"After layer {verdict_.layer}: {label} {fixed(verdict_.confidence)} – {outcome}."


def macs(part: float, whole: float) -> str:
    """Multiply-accumulates in one unit, as in 8.6 of 21.4 million."""
    for size, unit in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if whole >= size:
            return f"{part / size:.1f} of {whole / size:.1f}{unit}"
    return f"{part:.0f} of {whole:.0f}"


def saved_macs(decision: Decision) -> tuple[str, str]:
    """Share of the multiply-accumulates saved, and how many that is."""
    saved = decision.macs_full - decision.macs_used
    return share(saved, decision.macs_full), macs(saved, decision.macs_full)


def saved_ms(decision: Decision) -> tuple[str, str]:
    """Share of the measured time saved, and how much that is."""
    saved = decision.ms_full - decision.ms_used
    return share(saved, decision.ms_full), f"{saved:.1f} of {decision.ms_full:.1f} ms"


def arithmetic(trace: LayerTrace, verdict_: LayerVerdict) -> str:
    """The rule's sums at one layer, written with this sentence's numbers; lines of plain text."""
    probs = [float(p) for p in trace.probs[verdict_.layer - 1]]
    lines = [
        "p = "
        + ", ".join(
            f"{name(n)} {p:.4f}" for n, p in list(zip(trace.label_names, probs, strict=True))[:8]
        )
    ]
    for check in verdict_.checks:
        lines.append(_sum_of(check, probs))
    if not verdict_.checks:
        lines.append("This rule compares nothing.")
    if verdict_.too_early:
        lines.append("The layer lies before the first one at which this rule may stop.")
    return "\n".join(lines)


def _sum_of(check: CheckResult, probs: list[float]) -> str:
    seen, bound = compared(check)
    relation = {(True, True): "<", (True, False): "≤", (False, True): ">", (False, False): "≥"}[
        check.below, check.strict
    ]
    outcome = f"{seen} {relation} {bound}? {'yes' if check.met else 'no'}"
    terms = " + ".join(f"{p:.4f}·ln {p:.4f}" for p in probs[:_MAX_TERMS])
    terms += " + …" if len(probs) > _MAX_TERMS else ""
    match check.quantity:
        case "entropy":
            return f"entropy = −({terms}) ÷ ln {len(probs)} = {seen}\n    {outcome}"
        case "entropy_nats":
            return f"entropy = −({terms}) = {seen} nats\n    {outcome}"
        case "confidence":
            return f"confidence = max p = {seen}\n    {outcome}"
        case "window":
            return f"layers in a row that agree = {seen}\n    {outcome}"
        case "range":
            return f"largest − smallest confidence in the window = {seen}\n    {outcome}"
        case "patience":
            return f"times running that the label was confirmed = {seen}\n    {outcome}"
        case "divergence_run":
            return f"small steps running = {seen}\n    {outcome}"
        case _:
            return f"layers applied = {seen}\n    {outcome}"
