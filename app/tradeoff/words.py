"""What Trade-off says of the table, its figure and the setting in use; see also `words_closer`.

Plain text; plain words first, the papers' terms in tooltips and tables.
"""

from __future__ import annotations

import csv
from pathlib import Path

from app.shared.rules import capital, described
from app.shared.text import plain_markdown, visible
from app.tradeoff.evaluations import Overview, Setting
from elbert_core.evaluation.baselines import Baseline
from elbert_core.evaluation.comparison import Comparison
from elbert_core.evaluation.sweeps import SweepPoint
from elbert_core.evaluation.tables import EvaluationTable

Metric = tuple[str, str, str, str]
"""A number with its title before it, and its small print and definition after it."""


def lines_of(name: str) -> list[list[str]]:
    """A table of texts that stands beside this module, line by line."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


MEANINGS = dict(lines_of("metrics.tsv"))
"""What a number means, by its title."""

PAGE = "Trade-off"
HEADLINE = "What does stopping early buy, and what does it cost?"
LEAD = (
    "Every filled point is one stopping rule, tried on the same {rows:,} texts. Further right: "
    "fewer layers read. Further up: more answers right. A rule is worth something when it is "
    "further right without being lower."
)
MORE_TO_COME = "More figures and tables follow."

# -- where the numbers come from -------------------------------------------------------------------
TABLE_LABEL = "Model and data"
TABLE_HELP = (
    "An evaluation table: the class probabilities after every layer for every text, recorded in "
    "one full pass. It holds no texts."
)
MODE_HELP = (
    "All layers were computed once for every text and the probabilities stored. Each rule was then "
    "applied to that record, as it would have decided while running. No model runs on this page: "
    "a speed-up is theoretical (layers only) unless it is called measured."
)
NO_TABLES = (
    "No evaluation table was found in the folder “{folder}”, so there is nothing to draw yet. "
    "`python -m elbert_core evaluate` makes one; or open one of your own below."
)
BAD_TABLE = "The table “{name}” cannot be used: {message}."
BAD_FILES = "That is not a table that can be opened: {message}."
BAD_SETTING = "That setting cannot be used: {message}."
RULE_FIXED = "The link you came by fixes the rule; it cannot be changed here."
OPEN_LABEL = "Open a table of your own"
OPEN_HELP = (
    "The .json and the .safetensors file that `python -m elbert_core evaluate` wrote, both at "
    "once. They are checked, shown to you alone and not kept."
)
OPEN_CLOSE = "Close the opened table"
MEASURED_NONE = (
    "This table holds no milliseconds, so there is no measured speed-up to show beside the "
    "theoretical one; `evaluate` records them unless it is told `--timed-rows 0`."
)

# -- the figure ------------------------------------------------------------------------------------
SHOW_FIXED, SHOW_LIMITS, SHOW_PUBLISHED = "Fixed layers", "Limits", "Published"
DOUBT_SAID = "doubt under {doubt:g}: {right}\u00a0% right at {speed:.2f}×{kind}"
DOUBT_MEASURED = " (measured)"
DOUBT_SLIDER = "Stop when doubt is under"
AXIS_SPEED = ("theoretical speed-up", "below it: layers read on average")
AXIS_MEASURED = ("measured speed-up of the layers", "below it: milliseconds for one text")
AXIS_RIGHT = "answers right, %"
SPEED_THEORETICAL = "theoretical speed-up: layers only"
NOT_COMPARABLE = "another machine: not comparable"
TIP_MEASURED = "Measured speed-up"
TIPS = {
    "name": "Rule",
    "setting": "Setting",
    "right": "Right (95 % interval)",
    "speed": "Theoretical speed-up",
    "layers": "Layers read on average",
    "differs": "Other answer than full depth",
}
REFERENCE_TIPS = {"what": "What it is", "right": TIPS["right"], "speed": TIPS["speed"]}
PUBLISHED_TIPS = {
    "name": TIPS["name"],
    "data": "Data",
    "right": TIPS["right"],
    "speed": TIPS["speed"],
    "setting": TIPS["setting"],
    "source": "Source",
}
FULL_LABEL = "full depth: {share:.1f}\u00a0%"
BAND_WHAT = "95 % interval of full depth: differences inside it may be luck"
CURRENT_LABEL = "your setting"
LIMITS = {
    "oracle": (
        "first right layer",
        "Stops at the first layer that is right. Needs the answer, so no rule can do it (oracle).",
    ),
    "stable": (
        "final answer, known at once",
        "Stops at the layer from which the answer never changes again. Needs the later layers, so "
        "no rule can do it (stable oracle).",
    ),
}
"""Label and explanation of what only somebody could reach who knows more than a rule."""
FIXED_WHAT = "Every text stops after layer {layer} (static truncation)."
RANDOM_WHAT = (
    "The depths of your setting, dealt out to the texts at random: what the rule gains over this "
    "it owes to choosing the texts."
)
CHART_HELP = (
    "Click a point to make it your setting, here and on the Inspect page. Touch or point at a mark "
    "to see what it is. The boxes under the figure show and hide rules; the slider moves along the "
    "rules that wait for little doubt."
)
CHART_TABLE = "The figure as a table"

# -- the setting in use ----------------------------------------------------------------------------
SETTING_HEADING = "Your setting"
FAMILY_LABEL = "Stopping rule"
FAMILY_HELP = "The same choice as a click on the figure, for the keyboard."
POINT_LABEL = "Setting, from slow to fast"
INSPECT_LINK = "Watch this setting read one sentence"
METRIC_RIGHT = "Right"
METRIC_SPEED = "Theoretical speed-up"
METRIC_LAYERS = "Layers read"
METRIC_DIFFER = "Changed answers"
METRIC_F1 = "Macro-F1"
METRIC_MATTHEWS = "Correlation"

# -- taking it away --------------------------------------------------------------------------------
FILES_HEADING = "Downloads, and a table of your own"
DOWNLOAD_CSV = "All points as CSV"
DOWNLOAD_REPORT = "Report as a web page"
DOWNLOAD_REPORT_HELP = "One HTML file with figures and tables. It opens anywhere and loads nothing."
PREPARE_REPORT = "Prepare the report"


# -- numbers ---------------------------------------------------------------------------------------
def percent(share: float, decimals: int = 1) -> str:
    """A share as a percentage without its sign."""
    return f"{100 * share:.{decimals}f}"


def in_hundred(share: float) -> str:
    """A share as people count: "3 in 100", "4 in 1,000", "no"."""
    if share <= 0:
        return "no"
    if share >= 0.0095:
        return f"{100 * share:.0f} in 100"
    return f"{1000 * share:.0f} in 1,000" if share >= 0.00095 else "fewer than 1 in 1,000"


def interval(low: float, high: float) -> str:
    """A 95 % interval in percent."""
    return f"{percent(low)}–{percent(high)}"


def right(point: SweepPoint | Baseline, sign: str = " %") -> str:
    """The share of right answers with its interval."""
    spread = interval(point.accuracy_low, point.accuracy_high)
    return f"{percent(point.accuracy)}{sign} ({spread})"


def signed(share: float) -> str:
    """A difference in percentage points with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def correlation(value: float) -> str:
    """A correlation in [-1, 1] with two decimals."""
    return f"{value:.2f}".replace("-", "−")


def metric(title: str, value: str, beside: str = "") -> Metric:
    """A number with its definition."""
    return title, value, beside, MEANINGS[title]


# -- of the table ----------------------------------------------------------------------------------
def provenance(table: EvaluationTable) -> str:
    """Which rows, which model."""
    data, split, checkpoint = (
        visible(name, limit=60) for name in (table.data, table.split, table.checkpoint)
    )
    digest = f" ({table.digest[:8]})" if table.digest else ""
    return f"{table.n_rows:,} texts of {data} ({split}), read by {checkpoint}{digest}"


def measured_speed(speed_up: float, table: EvaluationTable) -> str:
    """A measured speed-up with the milliseconds it stands for."""
    all_ms = float(table.layer_ms.sum())
    return f"{speed_up:.2f}× ({all_ms / speed_up:.1f} of {all_ms:.1f} ms)"


def measured_label(table: EvaluationTable) -> str:
    """What the measured speed-up was measured on, in a few words."""
    device, dtype = visible(table.device, limit=20), visible(table.dtype, limit=20)
    return f"measured: {device}, {dtype}, batch size 1"


def measured_note(table: EvaluationTable) -> str:
    """What the measured speed-up is and what it is not, or that the table holds none."""
    if not (table.layer_ms > 0).all():
        return MEASURED_NONE
    threads = "1 thread" if table.threads == 1 else f"{table.threads:,} threads"
    return (
        "Measured speed-up: milliseconds of all layers ÷ those of the layers a text goes through, "
        f"exit heads included; medians over {table.timed_rows:,} texts, one at a time (batch size "
        f"1) on {visible(table.device, limit=30)} in {visible(table.dtype, limit=30)} with "
        f"{threads}, stored with the table. The rule itself was not run against a clock: "
        "embeddings, splitting into pieces and waiting in a batch are left out, and a long text "
        "counts like a short one."
    )


def chart_alt(overview: Overview) -> str:
    """What a sighted reader would take away from the main figure."""
    fastest, best = overview.fastest_as_good, "1"
    if fastest:
        best = f"{fastest.speed_up_ratio:.1f} times with {described(fastest.policy)}"
    return (
        f"Accuracy against theoretical speed-up of {len(overview.points)} settings of "
        f"{len(overview.families)} stopping rules on {overview.table.n_rows} texts. Full depth is "
        f"right in {percent(overview.full.accuracy)} %; the largest speed-up without fewer right "
        f"answers is {best}. The table below has all numbers."
    )


# -- of the setting in use -------------------------------------------------------------------------
def summary(setting: Setting, overview: Overview) -> str:
    """The setting in use, in one sentence."""
    point = setting.point
    return (
        f"{capital(described(point.policy))}: it reads {point.mean_exit_layer:.1f} of "
        f"{overview.table.n_layers} layers on average and is right in {percent(point.accuracy)}"
        f"\u00a0% of the texts; full depth in {percent(overview.full.accuracy)}\u00a0%."
    )


def differ(setting: Setting) -> str:
    """How many answers are others than at full depth, what that did, and whether it is luck."""
    got, share = setting.versus_full, 1 - setting.point.agreement
    said = f"At this setting {in_hundred(share)} answers differ from full depth"
    if share <= 0:
        return f"{said}."
    balance = f"{got.only_second} right ones were lost, {got.only_first} wrong ones put right"
    return f"{said}: {balance}. {versus_luck(got)}"


def versus_luck(got: Comparison) -> str:
    """The difference from full depth with its interval, and what follows."""
    low, high = got.accuracy_interval
    verdict = "on these texts it cannot be told from luck"
    if low > 0:
        verdict = "early exit gains accuracy here"
    elif high < 0:
        verdict = "early exit costs accuracy here"
    return (
        f"The difference in right answers is {signed(got.accuracy_difference)} points, with 95 % "
        f"confidence between {signed(low)} and {signed(high)}: {verdict}."
    )


def dealt_out(setting: Setting) -> str:
    """What the same depths would give if they did not depend on the text."""
    return (
        "Dealt out to the texts at random (✕), the same depths would get "
        f"{percent(setting.random.accuracy)}\u00a0% right."
    )


def scores(setting: Setting, n_labels: int) -> str:
    """Macro-F1, and Matthews' correlation of two labels, beside those of full depth."""
    early, full = setting.point, setting.full
    said = (
        f"Macro-F1 {percent(early.macro_f1)}\u00a0% (full depth {percent(full.macro_f1)}\u00a0%)."
    )
    if n_labels != 2:
        return said
    both = f"{correlation(early.matthews)} (full depth {correlation(full.matthews)})"
    return f"{said} Matthews correlation {both}."


def metrics(setting: Setting, overview: Overview) -> list[Metric]:
    """The numbers of the setting with their definitions."""
    point, table = setting.point, overview.table
    spread = interval(point.accuracy_low, point.accuracy_high)
    share = percent(point.computation_cost, 0)
    shown = [
        metric(METRIC_RIGHT, f"{percent(point.accuracy)} %", spread),
        metric(METRIC_SPEED, f"{point.speed_up_ratio:.2f}×", "layers only"),
        metric(METRIC_LAYERS, f"{point.mean_exit_layer:.2f}", f"of {table.n_layers}, {share} %"),
        metric(METRIC_DIFFER, f"{percent(1 - point.agreement)} %", f"of {point.n_rows:,} texts"),
        *score_metrics(setting, len(table.label_names)),
    ]
    if point.macs_share is not None:
        shown.append(metric("Arithmetic", f"{percent(point.macs_share, 0)} %", "of full depth"))
    if overview.is_timed:
        ms, all_ms = setting.layers_ms, setting.all_layers_ms
        beside = f"of {all_ms:.1f} ms: {all_ms / ms:.2f}×"
        device, dtype = plain_markdown(table.device[:30]), plain_markdown(table.dtype[:30])
        clock = {"threads": table.threads, "rows": table.timed_rows}
        meaning = MEANINGS["Measured layers"].format(device=device, dtype=dtype, **clock)
        shown.append(("Measured layers", f"{ms:.1f} ms", beside, meaning))
    return shown


def score_metrics(setting: Setting, n_labels: int) -> list[Metric]:
    """Scores that look at each label: macro-F1, and Matthews' correlation of two labels."""
    early, full = setting.point, setting.full
    beside = f"full depth {percent(full.macro_f1)} %"
    shown = [metric(METRIC_F1, f"{percent(early.macro_f1)} %", beside)]
    if n_labels == 2:
        beside = f"full depth {correlation(full.matthews)}"
        shown.append(metric(METRIC_MATTHEWS, correlation(early.matthews), beside))
    return shown
