"""All that Compare says; what its figures share with Learn is in `app.shared.words`.

Plain text; plain words first, the papers' terms in tooltips.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.shared import narration
from app.shared.quantities import run_of
from app.shared.text import visible
from app.shared.words import out_of, quoted
from elbert_core.policies.explanation import Decision
from elbert_core.reading.left_out import Ablation, WordEffect
from elbert_core.results import ExitReason, LayerTrace

if TYPE_CHECKING:
    from app.compare.sentences import Alike, Kind

PAGE = "Compare"
HEADLINE = "What if the rule were another, or a word?"
LEAD = "Who would stop where, which word decides it, and what it looks like while it runs."

VIEW_LABEL = "What to compare"
VIEWS: dict[str, str] = {
    "rules": "Every rule",
    "kinds": "Easy, hard, overthought",
    "pair": "Side by side",
    "words": "Which word?",
    "alike": "Who goes the same way?",
    "race": "Watch it run",
}
# -- side by side ----------------------------------------------------------------------------------
WITH_LABEL = "Put beside it"
WITH: dict[str, str] = {"sentence": "another sentence", "rule": "another rule"}
OTHER_SENTENCE = "The other sentence"
OTHER_PLACEHOLDER = "Type another sentence, then press Read"
OTHER_RULE = "The other rule, at its usual setting"
THE_RULE = "the rule in use"
OTHER_RULE_SHORT = "The other rule"
READ_OTHER = "Read it"
PAIR_TABLE = "Both as a table"

# -- easy, hard, overthought -----------------------------------------------------------------------
KIND_NAMES: dict[str, str] = {"easy": "Easy", "hard": "Hard", "overthought": "Overthought"}
KINDS_INTRO = (
    "Three sentences that this model has read, under the rule in use. Move the slider under the "
    "figure: the frame is what the rule looks at after that layer; where it closes, the sentence "
    "is let go."
)
KINDS_HELP = (
    "Chosen by the rule in use, from the examples, the lessons and what you read in this visit. "
    "Easy: stops first. Hard: stops last. Overthought: an earlier layer is right and the last one "
    "is wrong; that can only be said of our own sentences, where we know what was meant."
)
KINDS_TOO_FEW = (
    "Read one more sentence with this model, and there is something to set side by side."
)
KINDS_TABLE = "The sentences as tables"
NONE_OVERTHOUGHT = "None of the sentences at hand is overthought by this model."
SLIDE = "Layer"
AT_HAS_STOPPED = "has stopped"
AT_STOPS = "stops here"
AT_LAST = "no layers left"
AT_EARLY = "too early to stop"
AT_GOES_ON = "reads on"

# -- which word ------------------------------------------------------------------------------------
WORDS_BUTTON = "Read it again without each word"
WORDS_HELP = "Leave one out: as many shortened sentences as there are words, read in one batch."
WORDS_INTRO = (
    "The sentence is read again, each time without one of its words. A word that carried the "
    "answer leaves a gap: the exit moves, or the answer does."
)
WORDS_TITLE = "Without this word it would stop here"
WHOLE_MARK = "whole sentence"
WORDS_TABLE = "The words as a table"
WORDS_COLUMNS = ("Without", "Stops after layer", "Change", "Answer", "Change of confidence")
WORDS_TIPS = ("Without", "Stops after layer", "Answer", "Confidence")
AREA_HELP = (
    "Change of confidence: how much the probability of the whole sentence's answer moves, averaged "
    "over all layers (the area under its curve). It says something even where the exit stays."
)
MAX_WORDS = 48
WORDS_CUT = f"Only the first {MAX_WORDS} words are left out in turn."
ONE_WORD = "There is only one word here, so nothing can be left out."
SWAP_HEADING = "Swap a word"
SWAP_WORD = "Word"
SWAP_FOR = "Read it as"
SWAP_BUTTON = "Read with the other word"

# -- who goes the same way -------------------------------------------------------------------------
ALIKE_NONE = "There is no other sentence that the same model has read."
ALIKE_SOURCES: dict[str, str] = {"visit": "this visit", "example": "example", "lesson": "lesson"}
ALIKE_COLUMNS = (
    "Sentence",
    "From",
    "Stops after layer",
    "Answer",
    "Probability",
    "Layers that differ",
)
ALIKE_HELP = (
    "★ is the sentence in use. Below it: sentences of this visit, the examples and those of the "
    "lessons, under the same rule, the most alike first. A dot marks a layer where another label "
    "leads, or where only one of the two is still reading."
)
ALIKE_ALT = "The table below has every sentence."
ALIKE_TABLE = "The ways as a table"


# -- made ------------------------------------------------------------------------------------------
def pair_sentence(a: Decision, b: Decision, names: tuple[str, str] = ("A", "B")) -> str:
    """The difference of two paths in one line; `names` of their sentences or rules."""
    change = b.exit_layer - a.exit_layer
    depth = (
        f"{names[1]} stops {_moved(change)} than {names[0]}"
        if change
        else f"Both stop after layer {a.exit_layer}"
    )
    same = a.label_name == b.label_name
    return f"{depth}, with {'the same answer' if same else 'another answer'}."


def at_window(decision: Decision, layer: int) -> str:
    """What the rule finds after a layer, in a few words that fit beside a title."""
    if layer > decision.exit_layer:
        return AT_HAS_STOPPED
    verdict = decision.verdicts[layer - 1]
    if layer == decision.exit_layer:
        return AT_LAST if verdict.reason is ExitReason.LAST_LAYER else AT_STOPS
    if verdict.too_early:
        return AT_EARLY
    run = run_of(verdict.checks)
    return narration.missing_part(run[0]) if run else AT_GOES_ON


def kind_line(kind: Kind) -> str:
    """A kind and its sentence."""
    return f"{KIND_NAMES[kind.name]}: {quoted(kind.trace.text, 200)}"


def kinds_sentence(kinds: Sequence[Kind]) -> str:
    """Where each stops, and which right answer was lost."""
    said = []
    for kind in kinds:
        decision = kind.decision
        line = f"{KIND_NAMES[kind.name]}: {narration.depth_phrase(decision)}"
        if kind.right_at is not None:
            right = kind.trace.label_names[int(kind.trace.labels[kind.right_at - 1])]
            sure = narration.sure(float(kind.trace.confidence[kind.right_at - 1]))
            line += (
                f". Right was {narration.name(right)}, as layer {kind.right_at} said ({sure}); "
                f"the last layer says {narration.name(decision.full_label_name)}"
            )
        said.append(f"{line}.")
    if all(kind.right_at is None for kind in kinds):
        said.append(NONE_OVERTHOUGHT)
    return " ".join(said)


def word(text: str) -> str:
    """A word of the sentence, safe to show."""
    return visible(text, limit=30)


def change(layers: int) -> str:
    """As in +2, −1, 0."""
    return f"{layers:+d}".replace("-", "−") if layers else "0"


def area(value: float) -> str:
    """As in −0.21."""
    return f"{value:+.2f}".replace("-", "−") if abs(value) >= 0.005 else "0.00"


def effect(one: WordEffect, found: Ablation, trace: LayerTrace) -> str:
    """What leaving out one word does."""
    answer = narration.name(trace.label_names[one.label])
    depth = (
        f"it stops {_moved(one.exit_change)}"
        if one.exit_change
        else f"it stops after layer {found.exit_layer} all the same"
    )
    said = f"and says {answer} instead" if one.label_changed else f"and still says {answer}"
    return f"Without “{word(one.word)}” {depth} {said}."


def ablation_sentence(found: Ablation, trace: LayerTrace) -> str:
    """Which word matters most, or that none does."""
    best = found.strongest
    if best is None:
        return ONE_WORD
    if found.no_single_word_matters:
        return (
            "No single word decides it: whichever is left out, it stops after layer "
            f"{found.exit_layer} with the same answer. The confidence moves most without "
            f"“{word(best.word)}” ({area(best.area_change)})."
        )
    moved = sum(bool(e.exit_change or e.label_changed) for e in found.effects)
    count = out_of(moved, len(found.effects), "words moves", "words move")
    return (
        f"{count} the exit or the answer. {effect(best, found, trace)} "
        f"Confidence moves by {area(best.area_change)}."
    )


def alike_sentence(found: Sequence[Alike], decision: Decision) -> str:
    """How many sentences go the same way, or how far the nearest is."""
    same, total = sum(not one.differs for one in found), len(found)
    phrase = narration.depth_phrase(decision)
    if same:
        count = out_of(same, total, "other sentences goes", "other sentences go")
        return f"{count} exactly this way: {phrase}, with the same leading label after every layer."
    return (
        f"None of {total} other sentences goes exactly this way ({phrase}). The nearest differs at "
        f"{narration.counted(len(found[0].differs), 'layer')}."
    )


def _moved(layers: int) -> str:
    return f"{narration.counted(abs(layers), 'layer')} {'later' if layers > 0 else 'earlier'}"
