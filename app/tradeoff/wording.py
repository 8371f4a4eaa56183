"""Every fixed word of the Trade-off page and its report; see `app.shared.words` for the rules."""

from __future__ import annotations

PAGE = "Trade-off"
HEADLINE = "What does stopping early buy, and what does it cost?"
LEAD = (
    "Every point is one stopping rule, tried on the same {rows:,} texts. Further right: fewer "
    "layers read. Further up: more answers right. A rule is worth something when it is further "
    "right without being lower."
)

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
PROVENANCE = "{rows:,} texts of {data} ({split}), read by {checkpoint} {digest}"
NO_TABLES = (
    "No evaluation table was found in the folder “{folder}”, so there is nothing to draw yet. "
    "`python -m elbert_core evaluate` makes one; or open one of your own below."
)
BAD_TABLE = "The table “{name}” cannot be used: {message}."
BAD_FILES = "That is not a table that can be opened: {message}."
BAD_SETTING = "That setting cannot be used: {message}."
OPEN_LABEL = "Open a table of your own"
OPEN_HELP = (
    "The .json and the .safetensors file that `python -m elbert_core evaluate` wrote, both at "
    "once. They are checked, shown to you alone and not kept."
)
OPEN_CLOSE = "Close the opened table"

# -- families --------------------------------------------------------------------------------------
SHOW_FIXED = "Fixed layers"
SHOW_LIMITS = "Limits"
SHOW_PUBLISHED = "Published"
DOUBT_SAID = "doubt under {doubt:g}: {right}\u00a0% right at {speed:.2f}×{kind}"
DOUBT_MEASURED = " (measured)"
DOUBT_SLIDER = "Stop when doubt is under"

# -- the figure ------------------------------------------------------------------------------------
AXIS_SPEED = ("theoretical speed-up", "below it: layers read on average")
AXIS_MEASURED = ("measured speed-up of the layers", "below it: milliseconds for one text")
SPEED_THEORETICAL = "theoretical speed-up: layers only"
SPEED_MEASURED = "measured: {device}, {dtype}, batch size 1"
NOT_COMPARABLE = "another machine: not comparable"
MEASURED_NOTE = (
    "Measured speed-up: milliseconds of all layers ÷ those of the layers a text goes through, exit "
    "heads included; medians over {rows} texts, one at a time (batch size 1) on {device} in "
    "{dtype} with {threads}, stored with the table. The rule itself was not run against a clock: "
    "embeddings, splitting into pieces and waiting in a batch are left out, and a long text counts "
    "like a short one."
)
MEASURED_NONE = (
    "This table holds no milliseconds, so there is no measured speed-up to show beside the "
    "theoretical one; `evaluate` records them unless it is told `--timed-rows 0`."
)
AXIS_RIGHT = "answers right, %"
TIP_RULE = "Rule"
TIP_SETTING = "Setting"
TIP_RIGHT = "Right (95 % interval)"
TIP_SPEED = "Theoretical speed-up"
TIP_MEASURED = "Measured speed-up"
TIP_LAYERS = "Layers read on average"
TIP_DIFFERS = "Other answer than full depth"
TIP_SOURCE = "Source"
TIP_DATA = "Data"
TIP_WHAT = "What it is"
FULL_LABEL = "full depth: {share:.1f}\u00a0%"
ORACLE_LABEL = "first right layer"
STABLE_LABEL = "final answer, known at once"
CURRENT_LABEL = "your setting"
BAND_WHAT = "95 % interval of full depth: differences inside it may be luck"
ORACLE_WHAT = (
    "Stops at the first layer that is right. Needs the answer, so no rule can do it (oracle)."
)
STABLE_WHAT = (
    "Stops at the layer from which the answer never changes again. Needs the later layers, so no "
    "rule can do it (stable oracle)."
)
FIXED_WHAT = "Every text stops after layer {layer} (static truncation)."
RANDOM_WHAT = (
    "The depths of your setting, dealt out to the texts at random: what the rule gains over this "
    "it owes to choosing the texts."
)
RANDOM_NOTE = (
    "Dealt out to the texts at random (✕), the same depths would get {right}\u00a0% right."
)
PUBLISHED_WHAT = (
    "Hollow marks: figures printed by others for other models, partly on other data. They are here "
    "for orientation, not for comparison."
)
CHART_HELP = (
    "Click a point to make it your setting, here and on the Inspect page. Touch or point at a mark "
    "to see what it is. The boxes under the figure show and hide rules; the slider moves along the "
    "rules that wait for little doubt."
)
CHART_ALT = (
    "Accuracy against theoretical speed-up of {count} settings of {families} stopping rules on "
    "{rows} texts. Full depth is right in {full:.1f} %; the largest speed-up without fewer right "
    "answers is {best}. The table below has all numbers."
)
RULE_FIXED = "The link you came by fixes the rule; it cannot be changed here."
MORE_TO_COME = "More figures and tables follow."
CHART_TABLE = "The figure as a table"
PUBLISHED_TABLE = "What others have printed"
PUBLISHED_COLUMNS = ("Method", "Data", "Right", "Speed-up", "Setting", "Source")
CLAIM_COLUMNS = ("Method", "What was printed", "Source")

# -- the setting in use ----------------------------------------------------------------------------
SETTING_HEADING = "Your setting"
FAMILY_LABEL = "Stopping rule"
FAMILY_HELP = "The same choice as a click on the figure, for the keyboard."
POINT_LABEL = "Setting, from slow to fast"
INSPECT_LINK = "Watch this setting read one sentence"
SUMMARY = (
    "{rule}: it reads {layers} of {n} layers on average and is right in {right}\u00a0% of the "
    "texts; full depth in {full}\u00a0%."
)
DIFFER = "At this setting {differ} answers differ from full depth{balance}."
BALANCE = ": {lost} right ones were lost, {won} wrong ones put right"
VERSUS_LUCK = (
    "The difference in right answers is {difference} points, with 95 % confidence between {low} "
    "and {high}: {verdict}."
)
VERDICT_WORSE = "early exit costs accuracy here"
VERDICT_BETTER = "early exit gains accuracy here"
VERDICT_OPEN = "on these texts it cannot be told from luck"
METRIC_RIGHT = "Right"
METRIC_SPEED = "Theoretical speed-up"
METRIC_LAYERS = "Layers read"
METRIC_DIFFER = "Changed answers"
METRIC_MACS = "Arithmetic"
METRIC_MS = "Measured layers"
METRIC_MS_DETAIL = "of {all:.1f} ms: {speed:.2f}×"
METRIC_MS_HELP = (
    "Milliseconds of the layers that are read, with their exit heads, mean over the texts: one "
    "text at a time on {device} in {dtype}, {threads} thread(s), medians over {rows} texts. "
    "Embeddings and waiting are left out."
)
METRIC_F1 = "Macro-F1"
METRIC_MATTHEWS = "Correlation"
AT_FULL_DEPTH = "full depth {value}"
METRIC_F1_HELP = (
    "F1 of a label: how many of its texts are found and how many finds are right, in one number "
    "(harmonic mean of recall and precision). Macro: the mean over the labels, so that a rare one "
    "counts as much as a common one."
)
METRIC_MATTHEWS_HELP = (
    "Matthews correlation of answers and right labels: 1 is all right, 0 what guessing gives "
    "however unequal the labels are."
)
METRIC_RIGHT_HELP = (
    "Accuracy: the share of texts whose label is the right one. In small print the 95 % Wilson "
    "interval."
)
METRIC_SPEED_HELP = (
    "All layers ÷ layers read on average. Counts layers only, so it is theoretical; a clock also "
    "counts exit heads, embeddings and waiting in the batch."
)
METRIC_LAYERS_HELP = "Mean exit layer; its share of all layers is the computation cost."
METRIC_DIFFER_HELP = (
    "Texts whose label is not the one that full depth gives, whether that was right or wrong "
    "(disagreement)."
)
METRIC_MACS_HELP = (
    "Multiply-accumulates (MACs) of layers and exit heads, as a share of those of full depth with "
    "a head after every layer. Long texts weigh more."
)

# -- does the window win? --------------------------------------------------------------------------
CONTEST_HEADING = "Is waiting for agreement worth it?"
CONTEST_HELP = (
    "The most accurate setting of each rule that is at least so fast. They are chosen on the texts "
    "they are reported on, so all of them flatter themselves a little; the interval is that of the "
    "difference, text by text (paired bootstrap, 95 %)."
)
CONTEST_SPEED, CONTEST_LEAD = "At least", "Lead of the first, points"
CONTEST_TABLE = "The best settings, side by side"
CONTEST_WIN = (
    "At {speeds} ELBERT's two-stage window gets more answers right than both simpler rules, by "
    "more than luck explains."
)
CONTEST_LOSS = "At {speeds} a simpler rule gets more answers right, by more than luck explains."
CONTEST_OPEN = (
    "On these {rows:,} texts ELBERT's two-stage window cannot be told apart from the better of the "
    "two simpler rules at equal speed: the differences are within luck."
)

# -- layers ----------------------------------------------------------------------------------------
LAYERS_HEADING = "Layer by layer"
LAYERS_CAPTION = "Click a layer, or use the slider, to look at it below."
STAVE_LEAVING = "Where do the texts leave?"
STAVE_RIGHT = "How often is a layer right?"
STAVE_CHANGES = "Which answers change here?"
STAVE_TRUST = "Sure too soon, or not sure enough?"
STAVE_TERMS = (
    "Exit histogram of your setting: share of the texts that stop after each layer",
    "Line and band: accuracy, with its 95 % interval, if every text stopped there. Diamonds: the "
    "texts that do stop there under your setting; the larger, the more",
    "Flips: up, answers that became right at this layer; down, right ones that became wrong",
    "Expected calibration error: how far confidence and accuracy lie apart on average; 0 is best",
)
LEGEND_RIGHT = "— all texts   ◆ those that leave here"
LEGEND_CHANGES = "▲ became right   ▼ became wrong"
LAYERS_ALT = (
    "Four strips over {n} layers. Most texts leave after layer {most}. Accuracy goes from "
    "{first:.1f} % after layer 1 to {last:.1f} % after the last. The table below has all numbers."
)
LAYERS_TABLE = "The strips as a table"
LAYER_COLUMNS = (
    "Layer",
    "Leave here, %",
    "All right, %",
    "Leavers right, %",
    "Leavers right at full depth, %",
    "Became right, %",
    "Became wrong, %",
    "Calibration error, %",
)
LOOK_AT_LAYER = "Look at layer"

# -- overthinking ----------------------------------------------------------------------------------
OVER_HEADING = "Does reading on help?"
OVER_WASTEFUL = "Right before the end"
OVER_DESTRUCTIVE = "Spoilt by reading on"
OVER_FLIPS = "Changes of mind"
OVER_ORACLE = "If it knew the answer"
OVER_CONTROL = "The same, by luck"
OVER_STABLE = "Settled for good"
OVER_WASTEFUL_HELP = (
    "Texts that some layer before the last already had right (wasteful overthinking)."
)
OVER_DESTRUCTIVE_HELP = (
    "Texts that some earlier layer had right and the last one has wrong (destructive overthinking)."
)
OVER_FLIPS_HELP = "How often the leading label changes from layer to layer, mean over the texts."
OVER_ORACLE_HELP = (
    "Right answers and mean depth if every text stopped at its first right layer. With many layers "
    "part of this is luck, as the next figure shows."
)
OVER_CONTROL_HELP = (
    "The same with the right answers dealt out at random: what an oracle gets right by luck alone."
)
OVER_STABLE_HELP = (
    "Mean layer from which the answer never changes again (stable oracle). It needs no right "
    "answers and is the fairer limit."
)

# -- reliability -----------------------------------------------------------------------------------
TRUST_HEADING = "As right as it is sure? Layer {layer}"
TRUST_AXIS = "how sure it is"
TRUST_TEXT = (
    "After layer {layer} it is {sure:.0f}\u00a0% sure on average and {right:.0f}\u00a0% "
    "right{verdict}. The larger a dot, the more texts. Calibration error: {error:.1f} points."
)
TRUST_TOO_SURE = ": too sure of itself"
TRUST_TOO_SHY = ": surer than it dares to say"
TRUST_FAIR = ": a fair judge of itself"
TRUST_ALT = "Reliability after layer {layer}: accuracy against confidence in {bins} groups."
TRUST_COLUMNS = ("Sure, %", "Texts", "Mean, %", "Right, %")
TRUST_TABLE = "The figure as a table"

# -- slices ----------------------------------------------------------------------------------------
SLICES_HEADING = "Who pays, who gains?"
SLICES_HELP = (
    "The same setting on parts of the texts: quarters by length (in pieces the model reads), and "
    "by the right label."
)
SLICE_GROUPS: dict[str, str] = {"length": "Pieces", "label": "Label"}
SLICE_COLUMNS = ("Part", "Texts", "Right, %", "Full depth, %", "Layers read")
SLICES_ALT = "Mean depth of each part of the texts under your setting; the table has the numbers."

YES, NO = "yes", "no"

# -- taking it away --------------------------------------------------------------------------------
FILES_HEADING = "Downloads, and a table of your own"
DOWNLOAD_CSV = "All points as CSV"
DOWNLOAD_REPORT = "Report as a web page"
DOWNLOAD_REPORT_HELP = "One HTML file with figures and tables. It opens anywhere and loads nothing."
PREPARE_REPORT = "Prepare the report"
