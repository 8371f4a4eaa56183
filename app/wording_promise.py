"""Every fixed word of the Trade-off page about settings that keep a promise; see `app.wording`."""

from __future__ import annotations

TUNE_HEADING = "Find the fastest setting that keeps a promise"
TUNE_LEAD = (
    "Say what you can live with. The texts are cut into three parts: one puts the settings in "
    "order, one tests them, one only reports. What passes keeps its promise on new texts of the "
    "same kind."
)
TUNE_HELP = (
    "Fixed-sequence Learn-then-Test with the exact binomial tail (Angelopoulos et al. 2021). It "
    "holds for texts drawn like these, not for other topics."
)
TUNE_RISK = "What counts as a loss"
TUNE_RISKS: dict[str, str] = {
    "disagreement": "another answer than full depth",
    "accuracy": "a right answer lost",
}
TUNE_RISK_HELP = (
    "“Another answer” counts every text whose label differs from full depth's. “A right answer "
    "lost” counts only those that full depth gets right and the early exit wrong."
)
TUNE_LOSS = "At most, in 100 texts"
TUNE_LOSS_HELP = "The loss you accept on new texts, on average (ε)."
TUNE_CONFIDENCE = "How certain must that be?"
TUNE_CONFIDENCE_HELP = (
    "Confidence 1 − δ: in so many of all draws of test texts the promise is kept."
)
TUNE_FOUND = (
    "{rule}. With {confidence} confidence it costs at most {limit} in 100 texts ({risk}); on the "
    "{n} test texts it cost {loss}."
)
TUNE_REPORT = (
    "On {n} texts that had no part in the choice: {loss} in 100 lost, {speed}× theoretical "
    "speed-up, {accuracy} % right (full depth {full} %)."
)
TUNE_NOT_FOUND = (
    "No early exit passed the test: with {n} test texts nothing can be promised at this level "
    "except reading to the end. Accept a larger loss, or bring more texts."
)
TUNE_REFUSED = (
    "That cannot be promised from {rows:,} texts. Even without a single loss the test part needs "
    "{needed:,} texts (about {total:,} in all). Accept a larger loss, ask for less certainty, or "
    "bring more texts."
)
TUNE_USE = "Use this setting"
TUNE_SAVE = "Save it as a file"
TUNE_SAVE_HELP = (
    "A small JSON file with the setting and its guarantee, for the command line and for Python."
)
TUNE_STEPS = "The tests, one by one"
TUNE_COLUMNS = ("Setting", "Layers read", "Lost, %", "Upper limit, %", "Passed")
TUNE_ALT = (
    "Upper limit of the loss against theoretical speed-up for {count} tested settings; the "
    "accepted loss is {loss:.1f} %."
)
TUNE_AXIS_LOSS = "lost, %"
TUNE_AXIS_SPEED = "theoretical speed-up"
TUNE_LIMIT_LABEL = "accepted"
