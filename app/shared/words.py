"""What pages share in words: fixed texts, and what is said of figures that several pages show.

Plain words first; the papers' terms are in tooltips and tables. What one page alone says is in that
page's `words`; a decision with its numbers is put into words by `narration`.
"""

from __future__ import annotations

from app.shared import narration
from app.shared.palette import glyph
from app.shared.rules import card
from app.shared.text import MAX_CHARS, visible
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.left_out import Stability
from elbert_core.results import LayerTrace

APP_TITLE = "ELBERT: how deep does it read?"
PAGE_INSPECT = "Inspect"
PAGE_ABOUT = "About"

# -- the sentence ----------------------------------------------------------------------------------
SENTENCE_LABEL = "Your sentence (English)"
MODEL_LABEL = "What is judged"
READ_BUTTON = "Read"
READ_HELP = "Ctrl+Enter in the text box does the same"
PRESETS_LABEL = "Or pick an example"
READING = "Reading… (the first time, the model is loaded as well)"
EXAMPLES_ONLY = "No trained model is at hand here, so only the examples can be shown."
EMPTY_STATE = "Nothing to show yet. Type a sentence above and press Read."

PROBLEMS: dict[str, str] = {
    "empty": "There is nothing to read yet: type a sentence first.",
    "too_long": (
        f"That is longer than the {MAX_CHARS:,} characters this page takes. Shorten it, then read "
        "again."
    ),
    "control": (
        "The text holds an invisible control character ({detail}), which may have come along with "
        "copying. Take it out, or type the sentence by hand."
    ),
    "no_letters": "There are no words in this: the model can only judge sentences.",
    "not_latin": (
        "This does not look like English. The model has learned from English only, so its answer "
        "would mean nothing."
    ),
}
LINK_LEFT_OUT = "Not possible here, so left out of what the link asks for: {parts}."
LAST_RESULT_STAYS = "The last result stays below."
PAIR_REFUSED = "A pair of texts cannot be read again here."

# -- messages about the model ----------------------------------------------------------------------
NO_CHECKPOINT = (
    "No trained model was found in the folder “{folder}”, so no new sentence can be read here. The "
    "stored examples work without one."
)
BROKEN_CHECKPOINT = "The model cannot be used: {message}. The stored examples work without it."
BUSY = "Somebody else's sentence is being read just now. Please try again in a moment."
NO_TORCH = "PyTorch is not installed, so new sentences cannot be read. The stored examples work."
NO_PRESET = "The stored example “{name}” is missing or damaged ({message})."

READ_BY = "Read by {checkpoint} on {device}, {dtype}."

# -- modes -----------------------------------------------------------------------------------------
MODES: dict[str, str] = {
    "real": "stopped for real",
    "replayed": "replayed from a full pass",
    "stored": "stored example",
    "opened": "opened file",
}
MODE_HELP: dict[str, str] = {
    "real": (
        "The model was run with this rule and really stopped: for that answer the later layers "
        "were not computed. The figure still shows the full pass, for comparison."
    ),
    "replayed": (
        "All layers were computed once and measured. The stopping rule was then applied to that "
        "record, as it would have decided while running."
    ),
    "stored": (
        "A full pass recorded earlier. The stopping rule is applied to it now; the milliseconds "
        "are those of the machine that made the record."
    ),
    "opened": (
        "A full pass from a file that you opened. The stopping rule is applied to it now; nothing "
        "was read here, and the milliseconds are those of the machine that made the file."
    ),
}

# -- stopping rules --------------------------------------------------------------------------------
POLICY_LABEL = "When may it stop?"
POLICY_HELP = "The exit policy. Changing it replays the record; the model is not run again."
RULE_REFUSED = "“{rule}” cannot be applied here: {message}."
MORE_SETTINGS = "More settings"

# -- the score -------------------------------------------------------------------------------------
STAVE_PROBS = "How likely is each label?"
STAVE_ENTROPY = "How much doubt is left?"
STAVE_LABELS = "Which label leads?"
STAVE_MS = "Milliseconds for each layer"
STAVE_TERMS = (
    "Class probabilities given by the exit head after each layer",
    "Normalised entropy: 0 is certain, 1 an even guess",
    "Most probable label; the number counts the run that the rule waits for",
    "Measured wall-clock time of each layer with its exit head",
)
AXIS_DEPTH = "layers applied"
FLAG_EXIT = "stops here"
FLAG_FULL = "reads to the end"
NOT_NEEDED = "not needed"
SCORE_TABLE = "The figure as a table"

# -- taking it away --------------------------------------------------------------------------------
LINK_DEFAULT = "(nothing: everything is at its default)"
DOWNLOAD_HTML = "This view as HTML"
DOWNLOAD_HTML_HELP = (
    "One file with the answer, the figures and their tables. It opens without this app and without "
    "a network; making it sends nothing anywhere."
)
PNG_NOTE = "A figure by itself: its own menu, at its upper right corner, saves it as a PNG picture."
DEVICE_NAMES: dict[str, str] = {
    "": "automatic",
    "cpu": "processor (CPU)",
    "cuda": "graphics card (CUDA)",
}

SHEET_ORIGIN = "Where this comes from"
SHEET_DIGEST = "SHA-256 of its weights: {digest}."
SHEET_NOTE = "The same view opens again at the app's address, followed by:"

# -- the table -------------------------------------------------------------------------------------
COLUMN_LAYER = "Layer"
COLUMN_LEADS = "Leads"
COLUMN_PROBABILITY = "Probability"
COLUMN_ENTROPY = "Doubt (entropy)"
COLUMN_MS = "Milliseconds"
COLUMN_VERDICT = "What happens"

# -- every rule ------------------------------------------------------------------------------------
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
RACE: dict[str, str] = {
    "axis": AXIS_DEPTH,
    "stops": "may stop",
    "full": "reads to the end",
    "play": "Play",
    "pause": "Pause",
    "again": "Play again",
    "back": "One layer back",
    "on": "One layer on",
    "layer": "layer",
    "slider": "Time",
}
"""What the browser writes on it."""
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


# -- made ------------------------------------------------------------------------------------------
def refused(policy: ExitPolicy, *traces: LayerTrace) -> str:
    """Why a rule cannot be applied to one of these records, in one line; "" where it can."""
    for trace in traces:
        try:
            explain(policy, trace)
        except InputError as error:
            return RULE_REFUSED.format(rule=card(policy.kind).name, message=error)
    return ""


def read_by(trace: LayerTrace) -> str:
    """Which model made a record, and where."""
    return READ_BY.format(
        checkpoint=trace.checkpoint[:60], device=trace.device[:30], dtype=trace.dtype[:30]
    )


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
