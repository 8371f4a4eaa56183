"""What Inspect says; a decision is put into words by `app.shared.narration`. Plain text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.shared import narration
from app.shared.state import RealRun
from app.shared.text import label_names, piece, visible
from elbert_core.policies.explanation import Decision
from elbert_core.reading.state_map import StateMap
from elbert_core.results import LayerTrace

# -- the sentence's page ---------------------------------------------------------------------------
HEADLINE = "How deep does it read before it is sure?"
LEAD = (
    "ELBERT passes a sentence through the same layer again and again and asks after every pass: "
    "sure enough to stop?"
)

# -- layer by layer, below the stage ---------------------------------------------------------------
MORE_HEADING = "Layer by layer, with milliseconds and sums"

# -- the cursor ------------------------------------------------------------------------------------
STEP_LABEL = "Look at layer"
STEP_BACK = "Earlier"
STEP_ON = "Later"
STEP_HELP = "The arrow keys Left and Right do the same; so does a click on the figure."
ARITHMETIC = "Show the arithmetic"
TABLE_ALT = "One row for each layer: probabilities, entropy, milliseconds and what the rule says."

# -- the answer ------------------------------------------------------------------------------------
FORMER = "The sentence before: “{text}”"
TRUNCATED = "The model reads at most {read} pieces; this text has {full}, so its end was not read."

# -- around the decision ---------------------------------------------------------------------------
WHY_HEADING = "Why it stops there"
WHY_NOT_HEADING = "Why not earlier"
WHY_NOT_COLUMNS = ("Layer", "It said", "What was missing")
NO_EARLIER_LAYER = "There is no earlier layer."
FULL_HEADING = "What full depth would have said"
SAVED_HEADING = "What stopping saves"
SAVED_COLUMNS = ("Saved", "Share", "How much", "What is counted")
SAVED_LAYERS = "Layers saved"
SAVED_MACS = "Arithmetic saved"
SAVED_MS = "Time saved"
SAVED_LAYERS_HELP = (
    "Layers not applied ÷ all layers. All layers ÷ layers applied is the theoretical speed-up."
)
SAVED_MACS_HELP = "Multiply-accumulates (MACs) of the layers and exit heads that would not run."
SAVED_MS_HELP = (
    "Measured once, at batch size 1, on the machine and device named below; sums the layers up to "
    "the exit, embeddings included, against the full pass. Single measurements are noisy."
)
REAL_BUTTON = "Check by really stopping"
REAL_HELP = "Runs the model on this sentence with this rule and lets it stop for real."
STOPPING = "Reading again, stopping for real…"
REAL_SAME = "It really stopped, with the same result:"
REAL_OTHER = (
    "It really stopped, with another result than the record above, which another model or machine "
    "may have made:"
)
REAL_TIME = (
    "Run {runs} times each in turn on {device}: {stopped} when it may stop, {full} to the end "
    "(median, from the fastest to the slowest)."
)
REAL_SPAN = "{median:.1f} ms ({fastest:.1f} to {slowest:.1f})"
REAL_NOISE = (
    "Its time is not compared: on {device} the same run varies by more than stopping would save."
)
PIECES_HEADING = "What the model reads: {count} pieces"
PIECES_HELP = "Tokens. Names in brackets, such as [CLS], are special pieces that every text gets."

# -- taking it away --------------------------------------------------------------------------------
SHARE_HEADING = "Link, files and device"
LINK_NOTE = (
    "The address of this page holds the settings **and the sentence**: whoever gets the link can "
    "read it. Nothing is stored on the server."
)
LINK_BARE = "A link without the sentence ends in"
DOWNLOAD_CSV = "Trace as CSV"
DOWNLOAD_JSON = "Trace as JSON"
DEVICE_LABEL = "Device"
ONE_DEVICE = "New sentences are read on the processor (CPU), the only device here."

# -- an opened trace file --------------------------------------------------------------------------
OPEN_TRACE = "Open a trace file"
OPEN_TRACE_HELP = (
    "A JSON file saved from this page. It is shown as a stored record; nothing is kept."
)
BAD_TRACE_FILE = "That file is not a trace that can be opened: {message}."
OPENED: dict[str, str] = {
    "same": (
        "Opened from a file. It names the weights of {name}, which are the ones here ({digest}): "
        "read again, the sentence should give the same numbers."
    ),
    "other": (
        "Opened from a file that does not match the model here: it was made by other weights of "
        "{name} ({digest}, here {here}). The figures are those of the file; read again, the "
        "sentence may give other numbers."
    ),
    "absent": (
        "Opened from a file. The model that made it, {name} ({digest}), is not here, so its "
        "numbers cannot be checked."
    ),
    "unknown": (
        "Opened from a file that does not say which weights made it, so its numbers cannot be "
        "checked."
    ),
}
VERIFY_BUTTON = "Read it again and compare"
VERIFY_HELP = "Reads the sentence with {name} and compares every probability with the file's."
VERIFY_SAME = "Read again: no probability differs by more than {largest:.4f}."
VERIFY_OTHER = (
    "Read again, the model gives other numbers than the file: one probability differs by "
    "{largest:.2f}."
)
VERIFY_SHAPE = "Read again, the model has other layers or labels than the file."

# -- what it had read ------------------------------------------------------------------------------
READING_HEADING = "What it had read by each layer"
READING_BUTTON = "Show what it had read"
READING_METHOD = "How attention is followed back"
READING_METHODS: dict[str, str] = {"rollout": "with staying put", "raw": "attention alone"}
READING_METHOD_HELP = (
    "With staying put: roll-out (Abnar & Zuidema 2020): half of every word passes a layer as it "
    "is, as residual connections let it. Attention alone: the product of the attention of all "
    "layers so far, which is what ELBERT's authors drew."
)
READING_HEAD = "Heads"
READING_ALL_HEADS = "all, averaged"
READING_ONE_HEAD = "head {number}"
READING_NOTE = (
    "Each column adds up to 1: the share of what the exit head could read that goes back to each "
    "word. A stronger colour is more. It shows where information could flow, not what made the "
    "answer."
)
READING_SCALE = "The faintest cell is {low:.3f}, the strongest {high:.3f}."
READING_POOLED: dict[str, str] = {
    "mean": "This model's exit head reads the average of all words, so the rows are averaged.",
    "cls": "This model's exit head reads the first piece, [CLS], so its row is shown.",
}
READING_LONG = "This text has too many words to draw them all."
READING_TABLE = "The shares as a table"
READING_SHARE = "Share"
READING_WORD = "Word"

# -- how the state moves ---------------------------------------------------------------------------
MAP_HEADING = "How its state moves towards an answer"
MAP_BUTTON = "Show the map"
MAP_NOTE = (
    "After each layer the exit head reads one long row of numbers, the state. The map shows that "
    "state as a point and joins the points in order; a region has the colour of the label that the "
    "head gives there. What lies after the exit is dimmed."
)
MAP_TWO = (
    "From left to right: how far the head leans to one label or the other (the difference of its "
    "logits), so the border between the regions is exact. Up and down: the largest movement that "
    "the head does not see (first principal component of the rest)."
)
MAP_THREE = (
    "The plane of the differences between the labels' weights. Nothing outside it decides, so the "
    "borders are exact."
)
MAP_MANY = (
    "The two main directions of the differences between the labels' weights. There is more to this "
    "head than fits on a plane, so the regions are approximate: the head is asked all over the "
    "plane, with everything else held at the layers' mean. {right} of {layers} layers stand in the "
    "region of their own label."
)
MAP_ALT = "The table has every layer's place."
MAP_TABLE = "The map as a table"
MAP_COLUMNS = ("Layer", "Across", "Up", "Leads", "Probability", "In its own region?")


# -- made ------------------------------------------------------------------------------------------
def former(trace: LayerTrace) -> str:
    """That the answer on show is that of an older sentence."""
    return FORMER.format(text=visible(trace.text, limit=90))


def truncated(trace: LayerTrace) -> str:
    """That the end of the text was not read, "" when it was."""
    if not trace.truncated:
        return ""
    return TRUNCATED.format(read=len(trace.tokens), full=trace.n_tokens_full)


def compared_with_full(decision: Decision) -> str:
    """Whether full depth says the same, in a few words."""
    if decision.exit_layer == decision.n_layers:
        return "This is full depth."
    if decision.agrees_with_full:
        return "Full depth says the same."
    return f"Full depth would say {narration.name(decision.full_label_name)}."


def saves(decision: Decision) -> str:
    """As in "Saves 8 of 12 layers (67 %)."."""
    saved, layers = decision.layers_saved, decision.n_layers
    return f"Saves {saved} of {layers} layers ({narration.share(saved, layers)})."


def savings(decision: Decision) -> tuple[tuple[str, str, str, str], ...]:
    """Layers, arithmetic and measured milliseconds saved: title, share, amount, explanation."""
    layers, macs = decision.n_layers, decision.macs_full - decision.macs_used
    saved, ms = decision.layers_saved, decision.ms_full - decision.ms_used
    share, of_macs = narration.share, _macs(macs, decision.macs_full)
    of_ms = f"{ms:.1f} of {decision.ms_full:.1f} ms"
    return (
        (SAVED_LAYERS, share(saved, layers), f"{saved} of {layers}", SAVED_LAYERS_HELP),
        (SAVED_MACS, share(macs, decision.macs_full), of_macs, SAVED_MACS_HELP),
        (SAVED_MS, share(ms, decision.ms_full), of_ms, SAVED_MS_HELP),
    )


def _macs(part: float, whole: float) -> str:
    """Multiply-accumulates in one unit, as in 8.6 of 21.4 million."""
    for size, unit in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if whole >= size:
            return f"{part / size:.1f} of {whole / size:.1f}{unit}"
    return f"{part:.0f} of {whole:.0f}"


def flips(trace: LayerTrace, decision: Decision) -> str:
    """How often the leading label changed on the way to the exit."""
    changes = sum(trace.labels[i] != trace.labels[i - 1] for i in range(1, decision.exit_layer))
    if not changes:
        return "It never changed its mind on the way."
    return f"It changed its mind {narration.times(int(changes))} on the way."


def real_run(real: RealRun, *, same: bool) -> tuple[str, str]:
    """What happened when the model really stopped: whether with the same result, and the result."""
    exits, label = real.exits, real.label
    sure = narration.sure(float(exits.probs[0, label]))
    answer = f"{narration.name(exits.label_names[label])}, {sure}"
    depth = f"after layer {real.exit_layer} of {exits.n_layers}"
    return REAL_SAME if same else REAL_OTHER, f"{answer}, {depth}. {real_times(real)}"


def real_times(real: RealRun) -> str:
    """What stopping saved in time, unless the times vary by more than that."""
    both = np.asarray(real.stopped_ms), np.asarray(real.full_ms)
    medians = [float(np.median(ms)) for ms in both]
    noise = max(float(np.subtract(*np.percentile(ms, (75, 25)))) for ms in both)
    if medians[1] - medians[0] <= noise:
        return REAL_NOISE.format(device=real.device)
    stopped, full = (
        REAL_SPAN.format(median=median, fastest=ms.min(), slowest=ms.max())
        for median, ms in zip(medians, both, strict=True)
    )
    return REAL_TIME.format(runs=len(both[0]), device=real.device, stopped=stopped, full=full)


def most_read(shares: NDArray[np.float64], names: list[str], layer: int) -> str:
    """The rows to which most goes back at a layer, the strongest first."""
    at = shares[layer - 1]
    listed = ", ".join(f"{piece(names[i])} {at[i]:.2f}" for i in np.argsort(-at, kind="stable")[:3])
    return f"By layer {layer}, where it stops, most read are: {listed}."


def map_said(trace: LayerTrace, decision: Decision) -> str:
    """What a sighted reader would take away from the figure, in words."""
    names = label_names(trace)
    labels = [int(label) for label in trace.labels[: decision.exit_layer]]
    turns = [
        f"crosses to {names[now]} at layer {layer}"
        for layer, (before, now) in enumerate(zip(labels, labels[1:], strict=False), start=2)
        if before != now
    ]
    listed = ", then ".join(turns[:4]) + (", and so on" if len(turns) > 4 else "")
    way = listed or "stays there"
    return (
        f"After layer 1 it stands in the region of {names[labels[0]]} and {way}. "
        f"It stops at layer {decision.exit_layer} in the region of "
        f"{narration.name(decision.label_name)}."
    )


def regions_note(found: StateMap) -> str:
    """How far the regions can be trusted."""
    if len(found.base) == 2:
        return MAP_TWO
    if found.exact:
        return MAP_THREE
    right = int(found.faithful.sum())
    return MAP_MANY.format(right=right, layers=len(found.labels))


def head(number: int) -> str:
    """Name of an attention head, counted from 1; 0 is all of them."""
    return READING_ONE_HEAD.format(number=number) if number else READING_ALL_HEADS
