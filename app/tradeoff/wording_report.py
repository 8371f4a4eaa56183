"""Every fixed word of the Trade-off report, and the definitions it shares with the page."""

from __future__ import annotations

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
REPORT_SCORES = "Macro-F1 {f1}\u00a0% (full depth {full}\u00a0%)."
REPORT_SCORES_TWO = "Matthews correlation {value} (full depth {full})."

# -- definitions -----------------------------------------------------------------------------------
DEFINITION_COLUMNS = ("Word", "In plain words", "Formula or term")
DEFINITIONS_HEADING = "What the numbers mean"
DEFINITIONS: tuple[tuple[str, str, str], ...] = (
    ("Right", "Share of the texts that get the right label.", "accuracy"),
    (
        "95 % interval",
        "Where the share could lie for very many texts of this kind.",
        "Wilson score interval",
    ),
    ("Macro-F1", "Each label's F1, averaged over the labels.", "mean of 2·P·R ÷ (P + R)"),
    (
        "Correlation",
        "Of answers and right labels, for two labels: 0 is guessing, 1 all right.",
        "Matthews correlation",
    ),
    ("Layers read", "Passes through the shared layer, mean over the texts.", "mean exit layer"),
    ("Cost", "Layers read as a share of all layers.", "mean(exit layer) ÷ L"),
    ("Speed-up", "One over the cost; theoretical, layers only.", "L ÷ mean(exit layer)"),
    (
        "Measured speed-up",
        "Milliseconds of all layers over those of the layers read, by stored medians.",
        "Σ ms(1…L) ÷ mean Σ ms(1…exit layer)",
    ),
    ("Changed answers", "Texts with another label than at full depth.", "disagreement"),
    ("Best of all", "No other setting is faster and more often right.", "Pareto front"),
    ("Calibration error", "How far sureness and rightness lie apart.", "Σ n ÷ N · |acc − conf|"),
    ("Promise", "Loss on new texts, bounded with a stated confidence.", "Learn-then-Test"),
    (
        "Promise on average",
        "Changed answers among new texts, bounded on average over calibration texts.",
        "conformal (CATs)",
    ),
)
