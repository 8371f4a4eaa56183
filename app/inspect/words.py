"""What Inspect says; what is made of a sentence's own numbers is in `app.shared.narration`."""

from __future__ import annotations

# -- the sentence's page ---------------------------------------------------------------------------
HEADLINE = "How deep does it read before it is sure?"
LEAD = (
    "ELBERT passes a sentence through the same layer again and again and asks after every pass: "
    "sure enough to stop?"
)

# -- the cursor ------------------------------------------------------------------------------------
STEP_LABEL = "Look at layer"
STEP_BACK = "Earlier"
STEP_ON = "Later"
STEP_HELP = "The arrow keys Left and Right do the same; so does a click on the figure."
ARITHMETIC = "Show the arithmetic"
TABLE_ALT = "One row for each layer: probabilities, entropy, milliseconds and what the rule says."

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
OPENED_SAME = (
    "Opened from a file. It names the weights of {name}, which are the ones here ({digest}): read "
    "again, the sentence should give the same numbers."
)
OPENED_OTHER = (
    "Opened from a file that does not match the model here: it was made by other weights of {name} "
    "({digest}, here {here}). The figures are those of the file; read again, the sentence may give "
    "other numbers."
)
OPENED_ABSENT = (
    "Opened from a file. The model that made it, {name} ({digest}), is not here, so its numbers "
    "cannot be checked."
)
OPENED_UNKNOWN = (
    "Opened from a file that does not say which weights made it, so its numbers cannot be checked."
)
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
READING_METHODS: dict[str, str] = {
    "rollout": "with staying put",
    "raw": "attention alone",
}
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
