"""What Trade-off says where it looks closer: at layers, parts, single texts, and what numbers mean.

Plain text; plain words first, the papers' terms in tooltips and tables.
"""

from __future__ import annotations

from app.shared.rules import card, described
from app.shared.text import visible
from app.tradeoff.evaluations import Overview, Setting, Slice
from app.tradeoff.others import RIVALS, Published, Round
from app.tradeoff.rows import Example
from app.tradeoff.words import Metric, lines_of, metric, percent, right, signed

# -- layers ----------------------------------------------------------------------------------------
LAYERS_HEADING = "Layer by layer"
LAYERS_CAPTION = "Click a layer, or use the slider, to look at it below."
STRIPS = (
    (
        "Where do the texts leave?",
        "Exit histogram of your setting: share of the texts that stop after each layer",
    ),
    (
        "How often is a layer right?",
        "Line and band: accuracy, with its 95 % interval, if every text stopped there. Diamonds: "
        "the texts that do stop there under your setting; the larger, the more",
    ),
    (
        "Which answers change here?",
        "Flips: up, answers that became right at this layer; down, right ones that became wrong",
    ),
    (
        "Sure too soon, or not sure enough?",
        "Expected calibration error: how far confidence and accuracy lie apart on average; 0 is "
        "best",
    ),
)
LEGEND_RIGHT = "— all texts   ◆ those that leave here"
LEGEND_CHANGES = "▲ became right   ▼ became wrong"
LAYERS_TABLE = "The strips as a table"
LAYER_COLUMNS = {
    "layer": "Layer",
    "leave": "Leave here, %",
    "right": "All right, %",
    "leavers": "Leavers right, %",
    "leavers_full": "Leavers right at full depth, %",
    "up": "Became right, %",
    "down": "Became wrong, %",
    "trust": "Calibration error, %",
}
LOOK_AT_LAYER = "Look at layer"
OVER_HEADING = "Does reading on help?"
TRUST_HEADING = "As right as it is sure? Layer {layer}"
TRUST_AXIS = "how sure it is"
TRUST_ALT = "Reliability after layer {layer}: accuracy against confidence in {bins} groups."
TRUST_COLUMNS = ("Sure, %", "Texts", "Mean, %", "Right, %")
TRUST_TABLE = "The figure as a table"
SLICES_HEADING = "Who pays, who gains?"
SLICES_HELP = (
    "The same setting on parts of the texts: quarters by length (in pieces the model reads), and "
    "by the right label."
)
SLICE_GROUPS: dict[str, str] = {"length": "Pieces", "label": "Label"}
SLICE_COLUMNS = ("Part", "Texts", "Right, %", "Full depth, %", "Layers read")
SLICES_ALT = "Mean depth of each part of the texts under your setting; the table has the numbers."

# -- single texts ----------------------------------------------------------------------------------
ROWS_HEADING = "Which texts are they?"
KIND_LABEL = "Show texts that"
KINDS: dict[str, str] = {
    "changed": "get another answer than at full depth",
    "lost": "full depth gets right and your setting wrong",
    "won": "full depth gets wrong and your setting right",
    "first": "leave soonest",
    "last": "read longest",
}
ROWS_SHOWN = "{shown} of {total:,} such texts, by row number in {data} ({split}), counted from 0."
ALL_ROWS_SHOWN = "All {total:,} such texts, by row number in {data} ({split}), counted from 0."
NO_ROWS = "No text of this kind at this setting."
ROW_COLUMNS = ("Row", "Text", "Right label", "Answer", "Full depth says", "Layers read", "Sure, %")
ROWS_ALT = "One line for each text: row number, text if at hand, labels, layers read."
PAIR_MARK = " ⏎ "
UNKNOWN = "(not at hand)"
NO_TEXTS = (
    "The table holds no texts. To read them here, name the folder of your data sets in the "
    "environment variable {variable} (with {data}/{split}.tsv, .csv or .jsonl in it) before the "
    "app is started, or bring texts below."
)
OTHER_TEXTS = (
    "A file of {data} ({split}) is at hand, but none of these rows is in it: texts are matched by "
    "their SHA-256, never by their place, and that is another version of the data."
)
BAD_TEXTS = "The texts of {data} ({split}) cannot be read: {message}."
OWN_HEADING = "Bring texts of your own"
OWN_HELP = (
    "Texts are matched to the table's rows by their SHA-256: they must be the same letter by "
    "letter. They are searched on this machine, shown to you alone and not kept."
)
PASTE_LABEL = "Paste texts, one a line"
PASTE_BUTTON = "Look for them"
FILE_LABEL = "Or open a file"
FILE_HELP = "Lines of a .txt, cells of a .tsv, .csv or .jsonl file, in UTF-8."
FOUND = "{found:,} of the table's {rows:,} rows have a text now."
FOUND_NONE = "None of these texts is one of the table's rows."
BAD_FILE = "That cannot be searched for texts: {message}."
ROW_LABEL = "Look at row"
ROW_OPTION = "row {row:,}: {text}"
INSPECT = "Read this text on the Inspect page"
INSPECT_HELP = "Puts the text into the box there and reads it layer by layer with your setting."
PAIRS = "Pairs of texts cannot be read on the Inspect page."
LOCKED = "The link you came by keeps its sentence on the Inspect page."

# -- does the window win? --------------------------------------------------------------------------
CONTEST_HEADING = "Is waiting for agreement worth it?"
CONTEST_HELP = (
    "The most accurate setting of each rule that is at least so fast. They are chosen on the texts "
    "they are reported on, so all of them flatter themselves a little; the interval is that of the "
    "difference, text by text (paired bootstrap, 95 %)."
)
CONTEST_COLUMNS = ("At least", *(card(kind).name for kind in RIVALS), "Lead of the first, points")
CONTEST_TABLE = "The best settings, side by side"

# -- figures of others -----------------------------------------------------------------------------
PUBLISHED_WHAT = (
    "Hollow marks: figures printed by others for other models, partly on other data. They are here "
    "for orientation, not for comparison."
)
PUBLISHED_TABLE = "What others have printed"
PUBLISHED_COLUMNS = ("Method", "Data", "Right", "Speed-up", "Setting", "Source")
CLAIM_COLUMNS = ("Method", "What was printed", "Source")

# -- the report, and what the numbers mean ---------------------------------------------------------
REPORT_TITLE = "ELBERT: what stopping early buys and costs"
REPORT_MADE = "Made on {date} from the table “{name}”."
REPORT_SETTING = "One setting in detail"
REPORT_POINTS = "All settings"
REPORT_COLUMNS = (
    "Rule",
    "Setting",
    "Right, %",
    "Macro-F1, %",
    "Speed-up",
    "Layers read",
    "Changed, %",
)
DEFINITIONS_HEADING = "What the numbers mean"
DEFINITION_COLUMNS, *DEFINITIONS = lines_of("definitions.tsv")


# -- of layers and parts ---------------------------------------------------------------------------
def layers_alt(overview: Overview, setting: Setting) -> str:
    """What a sighted reader would take away from the strips."""
    first, last = (percent(overview.layers[i].accuracy) for i in (0, -1))
    return (
        f"Four strips over {overview.table.n_layers} layers. Most texts leave after layer "
        f"{setting.busiest}. Accuracy goes from {first} % after layer 1 to {last} % after the "
        "last. The table below has all numbers."
    )


def overthinking(overview: Overview) -> list[Metric]:
    """What reading on does, and how much of it is luck, with the definitions."""
    got, n_layers = overview.overthinking, overview.table.n_layers
    settled = f"{overview.reference('stable').computation_cost * n_layers:.1f}"

    def share(value: float) -> str:
        return f"{percent(value)}\u00a0%"

    def known(title: str, kind: str) -> Metric:
        mark = overview.reference(kind)
        depth = f"after {mark.computation_cost * n_layers:.1f} layers"
        return metric(title, share(mark.accuracy), depth)

    return [
        metric("Right before the end", share(got.wasteful_share)),
        metric("Spoilt by reading on", share(got.destructive_share)),
        metric("Changes of mind", f"{got.mean_flips:.2f}", "for each text"),
        metric("Settled for good", settled, "layers on average"),
        known("If it knew the answer", "oracle"),
        known("The same, by luck", "oracle_shuffled"),
    ]


def trust(overview: Overview, layer: int) -> str:
    """Whether a layer is surer than right, in words."""
    index = layer - 1
    sure, share = float(overview.signals.confidence[index].mean()), overview.layers[index].accuracy
    verdict = "a fair judge of itself"
    if abs(sure - share) > 0.03:
        verdict = "too sure of itself" if sure > share else "surer than it dares to say"
    return (
        f"After layer {layer} it is {percent(sure, 0)}\u00a0% sure on average and "
        f"{percent(share, 0)}\u00a0% right: {verdict}. The larger a dot, the more texts. "
        f"Calibration error: {percent(float(overview.reliability.error[index]))} points."
    )


def slice_name(part: Slice) -> str:
    """What a slice is called."""
    return f"{SLICE_GROUPS[part.group]} {visible(part.name, limit=24)}"


def slice_rows(setting: Setting) -> list[list[str]]:
    """The slices as rows of a table."""
    return [
        [
            slice_name(part),
            f"{part.early.n_rows:,}",
            right(part.early, ""),
            percent(part.full.accuracy),
            f"{part.early.mean_exit_layer:.2f}",
        ]
        for part in setting.slices
    ]


def about_row(one: Example) -> str:
    """What was right, and what the setting and full depth say."""
    gold, answer, full = (visible(name, limit=40) for name in (one.gold, one.answer, one.full))
    return (
        f"Right label: {gold}. Your setting says {answer} after layer {one.exit_layer}; full "
        f"depth: {full}."
    )


# -- of others -------------------------------------------------------------------------------------
def published_rows(known: Published) -> list[list[str]]:
    """What others printed, as the rows of a table."""
    return [
        [
            f"{p.method}, {p.model}",
            p.data,
            f"{percent(p.accuracy)} %",
            f"{p.speed_up:g}× ({p.speed_up_kind})",
            p.setting,
            p.source,
        ]
        for p in known.points
    ]


def claim_rows(known: Published) -> list[list[str]]:
    """What they printed that is no point of the figure, likewise."""
    return [[one.method, one.claim, one.source] for one in known.claims]


# -- of the contest --------------------------------------------------------------------------------
def contest(rounds: tuple[Round, ...], rows: int) -> str:
    """Whether the window beats the simpler rules anywhere, said plainly."""
    leads = [(f"{r.speed_up:g}×", r.lead.accuracy_interval) for r in rounds if r.lead is not None]
    won = ", ".join(speed for speed, (low, _) in leads if low > 0)
    lost = ", ".join(speed for speed, (_, high) in leads if high < 0)
    more = "more answers right{than}, by more than luck explains."
    said = []
    if won:
        than = more.format(than=" than both simpler rules")
        said.append(f"At {won} ELBERT's two-stage window gets {than}")
    if lost:
        said.append(f"At {lost} a simpler rule gets {more.format(than='')}")
    return " ".join(said) or (
        f"On these {rows:,} texts ELBERT's two-stage window cannot be told apart from the better "
        "of the two simpler rules at equal speed: the differences are within luck."
    )


def contest_rows(rounds: tuple[Round, ...]) -> list[list[str]]:
    """The rounds as rows of a table."""
    rows = []
    for one in rounds:
        best = [one.best.get(name) for name in RIVALS]
        lead = "–"
        if one.lead is not None:
            low, high = one.lead.accuracy_interval
            lead = f"{signed(one.lead.accuracy_difference)} ({signed(low)} to {signed(high)})"
        said = [f"{percent(p.accuracy)}\u00a0% ({described(p.policy)})" if p else "–" for p in best]
        rows.append([f"{one.speed_up:g}×", *said, lead])
    return rows
