"""What is said of figures that Compare and Learn both show: rules on one sentence, rows, the race.

Plain text; plain words first, the papers' terms in tooltips and tables.
"""

from __future__ import annotations

from app.shared import narration
from app.shared.palette import glyph
from app.shared.text import visible
from elbert_core.policies.explanation import Decision
from elbert_core.reading.left_out import Stability

# -- every rule ------------------------------------------------------------------------------------
LANES_PROBS = "How likely is each label?"
IN_USE = "The rule in use"
ORACLE = "Looks ahead (not possible)"
LANES_HELP = (
    "Each lane is coloured as far as its rule reads. ≠ marks an answer that full depth would not "
    "give. The last lane knows the later layers: it stops where the answer will not change any "
    "more. No rule can know that, so it shows what is left to gain."
)
ORACLE_TERM = "stable oracle"
LANES_TABLE = "The lanes as a table"
LANES_COLUMNS = ("Rule", "Settings", "Stops after layer", "Answer", "Probability", "As full depth?")
YES, NO = "yes", "no"
NEEDS_MODEL = "This needs a model to read with; here there are only stored examples."

# -- watch it run ----------------------------------------------------------------------------------
RACE_INTRO = (
    "The same two runs, side by side: one that may stop, one that reads to the end. Each layer "
    "takes as long as it was measured to take, only slower. Nothing moves until you press Play."
)
RACE_STOPS = "may stop"
RACE_FULL = "reads to the end"
RACE_PLAY, RACE_PAUSE, RACE_AGAIN = "Play", "Pause", "Play again"
RACE_BACK, RACE_ON = "One layer back", "One layer on"
RACE_LAYER = "layer"
RACE_SLIDER = "Time"
RACE_DONE = "layer {layer}"
RACE_CLOCK = "Slowed {factor} times."
RACE_TABLE = "The race as a table"
RACE_COLUMNS = ("Layer", "Leads", "Probability", "Done after (ms)", "The run that may stop")
RACE_NOTE = (
    "The times are those of the record: one sentence at a time, embeddings included, the median of "
    "a few passes for each layer."
)
RACE_STILL = "still reading"
RACE_GONE = "stopped"


def quoted(text: str, limit: int = 60) -> str:
    """A sentence in quotation marks, cut."""
    return f"“{visible(text, limit=limit)}”"


def out_of(count: int, total: int, one: str, many: str) -> str:
    """As in "One of 6 words moves", "Three of 6 words move": the rest for one, and for more."""
    return f"{narration.number(count).capitalize()} of {total} {one if count == 1 else many}"


def result(decision: Decision) -> str:
    """As in "4 of 12, 97 %"; ≠ where full depth would say something else."""
    differs = "" if decision.agrees_with_full else " ≠"
    sure = narration.sure(decision.confidence).removesuffix(" sure").removeprefix("over ")
    return f"{decision.exit_layer} of {decision.n_layers}, {sure}{differs}"


def path_title(name: str, decision: Decision) -> str:
    """Above a path: which it is, and what comes out."""
    return f"{name}: {glyph(decision.label)} after layer {decision.exit_layer}"


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
    """How far the rules lie apart, and how many would change the answer."""
    exits = [d.exit_layer for d in decisions]
    first, last = min(exits), max(exits)
    depth = (
        f"All of them stop after layer {first}."
        if first == last
        else f"They stop between layer {first} and layer {last}."
    )
    differ = sum(not d.agrees_with_full for d in decisions)
    if not differ:
        return f"{depth} All give the answer of full depth."
    who = out_of(differ, len(decisions), "gives", "give")
    return f"{depth} {who} another answer than full depth would."


def stable_sentence(stable: Stability, n_layers: int) -> str:
    """From which layer the answer stays what it is at the end."""
    if stable.stable_from == 1:
        return "The answer is there after the first layer and never changes."
    if stable.stable_from == n_layers:
        return "The answer changes at the very last layer."
    flips = narration.times(stable.flips)
    return f"The answer changes {flips} and is settled from layer {stable.stable_from} on."
