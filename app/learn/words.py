"""What Learn says round its lessons, and a lesson's text with the numbers of its traces filled in.

The lessons themselves are in `assets/lessons`. Plain text in, plain text out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shared import narration
from app.shared.claims import Scene, holds
from app.shared.lessons import Paragraph
from elbert_core.policies.explanation import Decision
from elbert_core.reading.left_out import stability

PAGE = "Learn"
HEADLINE = "Learn it in a few minutes"
LEAD = (
    "Short lessons. Most steps ask you to predict after which layer the model stops, and then show "
    "it. Nothing you answer is stored; it is forgotten when you leave."
)
STEPS = "{count} steps"
STEPS_DONE = "{done} of {count} steps seen"
OPEN = "Open: {title}"
ALL_LESSONS = "All lessons"
STEP_OF = "Step {step} of {count}"
BACK, NEXT = "Back", "Next"
NEXT_LESSON = "Next lesson: {title}"
ASK = "After which layer will it stop?"
ASK_HELP = "A guess is enough. You see the layers up to the question mark."
SHOW = "Show it"
GUESS_RIGHT = "Exactly: it stops after layer {layer}."
GUESS_EARLY = "You said layer {guess}. It reads on for {out} more and stops after layer {layer}."
GUESS_LATE = "You said layer {guess}. It stops {out} earlier, after layer {layer}."
RECORD = "Predictions so far: {count}, exactly right {right}, on average {mean} layers out."
TRY = "Try this on the Inspect page"
SENTENCE = "The sentence:"
RULE = "The rule:"
MISSING = "The lesson “{name}” cannot be shown ({message})."
NONE = "There are no lessons here."
THE_END = (
    "That was the last lesson. Take a sentence of your own to the Inspect page, or see on the "
    "Trade-off page what a rule saves and costs on a whole data set."
)
LOCKED = "Some controls are fixed by the link that opened this page."

_PLACE = re.compile(r"\{(\w+)\}")


def facts(scene: Scene, other: Scene | None = None) -> dict[str, str]:
    """What may stand in braces in a lesson's text, with what it stands for here."""
    found = _facts(scene)
    if other is not None:
        found |= {f"other_{name}": value for name, value in _facts(other).items()}
        found |= _together(scene.decision, other.decision)
    return found


def _together(a: Decision, b: Decision) -> dict[str, str]:
    """Two sentences as a queue: one speed-up of their sums, and the mean of their own."""
    ratios = [a.speed_up_ratio, b.speed_up_ratio]
    exits, layers = a.exit_layer + b.exit_layer, a.n_layers + b.n_layers
    return {
        "both": str(exits),
        "both_layers": str(layers),
        "ratio_of_sums": f"{layers / exits:.2f}",
        "mean_of_ratios": f"{sum(ratios) / 2:.2f}",
    }


def paragraphs(
    texts: Sequence[str | Paragraph], scene: Scene, other: Scene | None = None
) -> list[str]:
    """The paragraphs that hold of this scene, filled in."""
    known = facts(scene, other)
    plain = [
        text if isinstance(text, str) else text.text
        for text in texts
        if isinstance(text, str) or holds(text.claim, scene)
    ]
    return [fill(text, known) for text in plain]


def fill(text: str, known: dict[str, str]) -> str:
    """The text with every `{name}` replaced; KeyError for a name that is not known."""
    return _PLACE.sub(lambda match: known[match.group(1)], text)


def outcome(guess: int, exit_layer: int) -> str:
    """How near a prediction came."""
    if guess == exit_layer:
        return GUESS_RIGHT.format(layer=exit_layer)
    out = narration.counted(abs(guess - exit_layer), "layer")
    side = GUESS_EARLY if guess < exit_layer else GUESS_LATE
    return side.format(guess=guess, layer=exit_layer, out=out)


def peek_alt(scene: Scene, layers: int) -> str:
    """What can be seen before a prediction, in words."""
    trace = scene.trace
    said = [
        f"layer {n}: {narration.name(trace.label_names[int(trace.labels[n - 1])])} "
        f"{narration.fixed(float(trace.confidence[n - 1]))}"
        for n in range(1, min(layers, trace.n_layers) + 1)
    ]
    return f"{'; '.join(said)}. The later layers are kept back."


def record(errors: Sequence[int]) -> str:
    """The predictions of this visit so far."""
    if not errors:
        return ""
    right = sum(error == 0 for error in errors)
    mean = sum(errors) / len(errors)
    return RECORD.format(count=len(errors), right=right, mean=f"{mean:.1f}")


def _facts(scene: Scene) -> dict[str, str]:
    trace, decision = scene.trace, scene.decision
    settled = stability(trace.probs)
    exit_layer, n_layers = decision.exit_layer, decision.n_layers
    return {
        "exit": str(exit_layer),
        "layers": str(n_layers),
        "label": narration.name(decision.label_name),
        "sure": narration.sure(decision.confidence),
        "full_label": narration.name(decision.full_label_name),
        "full_sure": narration.sure(decision.full_confidence),
        "saved": str(decision.layers_saved),
        "saved_share": narration.share(decision.layers_saved, n_layers),
        "speed_up": f"{decision.speed_up_ratio:.1f}",
        "time_ratio": f"{decision.ms_full / max(decision.ms_used, 1e-9):.1f}",
        "doubt_first": narration.fixed(float(trace.entropy[0])),
        "doubt_exit": narration.fixed(float(trace.entropy[exit_layer - 1])),
        "doubt_last": narration.fixed(float(trace.entropy[-1])),
        "p_first": narration.fixed(float(trace.confidence[0])),
        "p_exit": narration.fixed(decision.confidence),
        "flips": narration.times(settled.flips) if settled.flips else "never",
        "settled": str(settled.stable_from),
        "first_final": str(settled.first_of_final),
        "ms_used": f"{decision.ms_used:.1f}",
        "ms_full": f"{decision.ms_full:.1f}",
        "verdict": narration.verdict(decision),
        "why": narration.why(trace, decision),
        "full_depth": narration.full_depth(decision),
        "device": trace.device[:30],
    }
