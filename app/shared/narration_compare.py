"""Comparisons in plain words, with the numbers of the sentences at hand. Pure: text out."""

from __future__ import annotations

from collections.abc import Sequence

from app.shared import narration
from app.shared import wording_compare as words
from app.shared.kinds import Kind
from app.shared.narration_words import area, word
from app.shared.palette import glyph
from app.shared.quantities import run_of
from app.shared.text import visible
from elbert_core.policies.explanation import Decision
from elbert_core.reading.left_out import Ablation, Stability, WordEffect
from elbert_core.results import ExitReason, LayerTrace


def result(decision: Decision) -> str:
    """As in "4 of 12, 97 %"; ≠ where full depth would say something else."""
    differs = "" if decision.agrees_with_full else " ≠"
    sure = narration.sure(decision.confidence).removesuffix(" sure").removeprefix("over ")
    return f"{decision.exit_layer} of {decision.n_layers}, {sure}{differs}"


def lanes_alt(decisions: list[tuple[str, Decision]], stable: Stability) -> str:
    """What a sighted reader would take away from the lanes."""
    said = "; ".join(
        f"{name}: {narration.depth_phrase(d)}, {narration.name(d.label_name)}"
        for name, d in decisions
    )
    return (
        f"{said}. Looking ahead, stopping after layer {stable.stable_from} would do. "
        "The table below has the numbers."
    )


def spread_of_rules(decisions: list[Decision]) -> str:
    """How far the rules lie apart."""
    first = min(decisions, key=lambda d: d.exit_layer)
    last = max(decisions, key=lambda d: d.exit_layer)
    differ = sum(not d.agrees_with_full for d in decisions)
    if first.exit_layer == last.exit_layer:
        depth = f"All of them stop after layer {first.exit_layer}."
    else:
        depth = f"They stop between layer {first.exit_layer} and layer {last.exit_layer}."
    if differ:
        verb = "gives" if differ == 1 else "give"
        who = f"{narration.number(differ).capitalize()} of {len(decisions)} {verb}"
        return f"{depth} {who} another answer than full depth would."
    return f"{depth} All give the answer of full depth."


def stable_sentence(stable: Stability, n_layers: int) -> str:
    """From which layer the answer stays what it is at the end."""
    if stable.stable_from == 1:
        return "The answer is there after the first layer and never changes."
    if stable.stable_from == n_layers:
        return "The answer changes at the very last layer."
    flips = narration.times(stable.flips)
    return f"The answer changes {flips} and is settled from layer {stable.stable_from} on."


def path_title(name: str, decision: Decision) -> str:
    """Above a path: which it is, and what comes out."""
    return f"{name}: {glyph(decision.label)} after layer {decision.exit_layer}"


def pair_sentence(a: Decision, b: Decision, names: tuple[str, str] = ("A", "B")) -> str:
    """The difference of two paths in one line; `names` of their sentences or rules."""
    change = b.exit_layer - a.exit_layer
    if not change:
        depth = f"Both stop after layer {a.exit_layer}"
    else:
        when = "later" if change > 0 else "earlier"
        count = narration.counted(abs(change), "layer")
        depth = f"{names[1]} stops {count} {when} than {names[0]}"
    same = a.label_name == b.label_name
    return f"{depth}, with {'the same answer' if same else 'another answer'}."


def at_window(decision: Decision, layer: int) -> str:
    """What the rule finds after a layer, in a few words that fit beside a title."""
    if layer > decision.exit_layer:
        return words.AT_HAS_STOPPED
    verdict = decision.verdicts[layer - 1]
    if layer == decision.exit_layer:
        return words.AT_LAST if verdict.reason is ExitReason.LAST_LAYER else words.AT_STOPS
    if verdict.too_early:
        return words.AT_EARLY
    run = run_of(verdict.checks)
    return narration.missing_part(run[0]) if run else words.AT_GOES_ON


def kind_line(kind: Kind) -> str:
    """A kind and its sentence."""
    return f"{words.KIND_NAMES[kind.name]}: {quoted(kind.trace.text, 200)}"


def kinds_sentence(kinds: Sequence[Kind]) -> str:
    """Where each stops, and which right answer was lost."""
    said = []
    for kind in kinds:
        decision = kind.decision
        line = f"{words.KIND_NAMES[kind.name]}: {narration.depth_phrase(decision)}"
        if kind.right_at is not None:
            right = kind.trace.label_names[int(kind.trace.labels[kind.right_at - 1])]
            sure = narration.sure(float(kind.trace.confidence[kind.right_at - 1]))
            line += (
                f". Right was {narration.name(right)}, as layer {kind.right_at} said ({sure}); "
                f"the last layer says {narration.name(decision.full_label_name)}"
            )
        said.append(f"{line}.")
    if all(kind.right_at is None for kind in kinds):
        said.append(words.NONE_OVERTHOUGHT)
    return " ".join(said)


def quoted(text: str, limit: int = 60) -> str:
    """A sentence in quotation marks, cut."""
    return f"“{visible(text, limit=limit)}”"


def effect(one: WordEffect, found: Ablation, trace: LayerTrace) -> str:
    """What leaving out one word does."""
    lead = f"Without “{word(one.word)}”"
    answer = narration.name(trace.label_names[one.label])
    if one.exit_change:
        count = narration.counted(abs(one.exit_change), "layer")
        depth = f"it stops {count} {'later' if one.exit_change > 0 else 'earlier'}"
    else:
        depth = f"it stops after layer {found.exit_layer} all the same"
    said = f"and says {answer} instead" if one.label_changed else f"and still says {answer}"
    return f"{lead} {depth} {said}."


def ablation_sentence(found: Ablation, trace: LayerTrace) -> str:
    """Which word matters most, or that none does."""
    best = found.strongest
    if best is None:
        return words.ONE_WORD
    if found.no_single_word_matters:
        return (
            "No single word decides it: whichever is left out, it stops after layer "
            f"{found.exit_layer} with the same answer. The confidence moves most without "
            f"“{word(best.word)}” ({area(best.area_change)})."
        )
    moved = sum(bool(e.exit_change or e.label_changed) for e in found.effects)
    count = f"{narration.number(moved)} of {len(found.effects)} words"
    return (
        f"{count.capitalize()} move the exit or the answer. {effect(best, found, trace)} "
        f"Confidence moves by {area(best.area_change)}."
    )
