"""Every fixed word of the Trade-off page about settings that keep a promise."""

from __future__ import annotations

TUNE_HEADING = "Find the fastest setting that keeps a promise"
TUNE_LEAD = (
    "Say what you can live with. Some of the texts choose the setting, others only report what it "
    "does. What is promised holds for new texts of the same kind."
)
TUNE_HELP = "Either promise holds for texts drawn like these, not for other topics."
METHOD_LABEL = "Kind of promise"
METHODS: dict[str, str] = {
    "ltt": "kept with the certainty you choose",
    "conformal": "kept on average",
}
METHOD_TERMS = ("Learn-then-Test", "conformal, Confident Adaptive Transformers")
METHOD_HELP = (
    "Learn-then-Test (Angelopoulos et al. 2021) tests each rule's settings in a sequence of its "
    "own with the exact binomial tail, and is wrong about the setting it hands out in at most "
    "1 − confidence of all draws of texts. The conformal rule (Schuster et al. 2021) sets one "
    "probability threshold; its promise is an average over all draws, so a single draw may do "
    "worse."
)
TUNE_WHAT = (
    "The texts are cut into three parts: one puts each rule's settings in order, from safe to "
    "fast; one tests them in turn until one fails; one only reports. The rules share what may go "
    "wrong evenly (Bonferroni)."
)
TUNE_FAMILIES = "Rules to try"
TUNE_FAMILIES_HELP = (
    "Each has tests of its own and takes its share of the certainty: with fewer rules each is "
    "tested less strictly. Always stopping at one layer is no candidate."
)
TUNE_NO_FAMILY = "Choose at least one rule to try."
CHAIN_NONE = "nothing passed"
CHAIN_BEST = "passed up to {speed}×"
CHAIN_PASSED = "all {n} that were tested passed."
CHAIN_ENDED = "ended at {speed}× by “{rule}”, which lost {loss} in 100 and may lose {limit}."
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
    "{needed:,} texts (about {total:,} in all). Accept a larger loss, ask for less certainty, try "
    "fewer rules, or bring more texts."
)
TUNE_SHORT: dict[str, str] = {"disagreement": "changed", "accuracy": "lost"}
TUNE_NAME = "at most {limit} in 100 {loss}, {confidence} % certain"
AVERAGE_NAME = "at most {limit} in 100 changed, on average"
AVERAGE_FOUND = (
    "{rule}. A new text of the same kind gets another answer than at full depth in at most {limit} "
    "of 100 cases: on average over all draws of calibration texts, not for certain with this one. "
    "{n} texts set the threshold; on {differ} of them some earlier layer disagrees with full depth."
)
AVERAGE_REPORT = (
    "On the other {n} texts: {loss} in 100 changed (95 % interval {interval}), {speed}× "
    "theoretical speed-up, {accuracy} % right (full depth {full} %)."
)
AVERAGE_WHAT = (
    "The promise is about consistency, the same answer as at full depth, be it right or wrong, and "
    "needs no right answers. It is marginal: some kinds of text may fare worse, others better."
)
AVERAGE_PUBLISHED = "Rank only texts on which layers disagree (as published)"
AVERAGE_PUBLISHED_HELP = (
    "As published: then even of just those texts at most so many change, which is more than was "
    "asked. Otherwise all texts are ranked: the same promise with a lower threshold, so faster."
)
AVERAGE_REFUSED_PUBLISHED = (
    "That cannot be promised from {n:,} calibration texts: an earlier layer disagrees with full "
    "depth on {ranked:,} of them, and ranking just those takes at least {needed:,}. Accept a "
    "larger loss, rank all texts, or bring more texts."
)
AVERAGE_REFUSED = (
    "That cannot be promised from {n:,} calibration texts: it takes at least {needed:,}. Accept a "
    "larger loss, or bring more texts."
)
AVERAGE_METRICS: tuple[tuple[str, str], ...] = (
    ("Bound", "On average at most so many new texts get another answer than at full depth (ε)."),
    ("Threshold", "Leave at the first layer whose largest probability is above it."),
    (
        "Texts ranked",
        "Each by its surest mistake: the largest probability of an earlier layer that disagrees "
        "with full depth. The threshold is the ⌈(1 − ε)(m + 1)⌉-th of the m ranked texts, rounded "
        "up.",
    ),
    ("Changed", "Share of the other texts with another answer than at full depth."),
)
TUNE_NAME_LABEL = "Name of this setting"
TUNE_USE = "Use this setting"
TUNE_SAVE = "Save it as a file"
TUNE_SAVE_HELP = (
    "A small JSON file with the setting and its guarantee: for the Inspect page, the command line "
    "and Python. On this visit the Inspect page also offers it by its name."
)
TUNE_STEPS = "The tests, one by one"
TUNE_COLUMNS = ("Rule", "Setting", "Layers read", "Lost, %", "Upper limit, %", "Passed")
TUNE_ALT = (
    "Upper limit of the loss against theoretical speed-up for {count} tested settings; the "
    "accepted loss is {loss:.1f} %."
)
TUNE_AXIS_LOSS = "lost, %"
TUNE_AXIS_SPEED = "theoretical speed-up"
TUNE_LIMIT_LABEL = "accepted"
