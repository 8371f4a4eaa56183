"""What Trade-off says of settings that keep a promise.

Plain text; plain words first, the papers' terms in tooltips and tables.
"""

from __future__ import annotations

from app.shared import words as common
from app.shared.rules import capital, card, described
from app.tradeoff.evaluations import Overview
from app.tradeoff.promises import AveragePromise, Promise
from app.tradeoff.words import Metric, interval, metric, percent
from elbert_core.evaluation.calibration import Tuning
from elbert_core.evaluation.conformal import ConformalTuning
from elbert_core.evaluation.risks import Report

HEADING = "Find the fastest setting that keeps a promise"
LEAD = (
    "Say what you can live with. Some of the texts choose the setting, others only report what it "
    "does. What is promised holds for new texts of the same kind."
)
HELP = "Either promise holds for texts drawn like these, not for other topics."
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
WHAT = (
    "The texts are cut into three parts: one puts each rule's settings in order, from safe to "
    "fast; one tests them in turn until one fails; one only reports. The rules share what may go "
    "wrong evenly (Bonferroni)."
)
FAMILIES = "Rules to try"
FAMILIES_HELP = (
    "Each has tests of its own and takes its share of the certainty: with fewer rules each is "
    "tested less strictly. Always stopping at one layer is no candidate."
)
NO_FAMILY = "Choose at least one rule to try."
RISK = "What counts as a loss"
RISKS: dict[str, str] = {
    "disagreement": "another answer than full depth",
    "accuracy": "a right answer lost",
}
RISK_HELP = (
    "“Another answer” counts every text whose label differs from full depth's. “A right answer "
    "lost” counts only those that full depth gets right and the early exit wrong."
)
LOSS = "At most, in 100 texts"
LOSS_HELP = "The loss you accept on new texts, on average (ε)."
CONFIDENCE = "How certain must that be?"
CONFIDENCE_HELP = "Confidence 1 − δ: in so many of all draws of test texts the promise is kept."
AVERAGE_WHAT = (
    "The promise is about consistency, the same answer as at full depth, be it right or wrong, and "
    "needs no right answers. It is marginal: some kinds of text may fare worse, others better."
)
AVERAGE_PUBLISHED = "Rank only texts on which layers disagree (as published)"
AVERAGE_PUBLISHED_HELP = (
    "As published: then even of just those texts at most so many change, which is more than was "
    "asked. Otherwise all texts are ranked: the same promise with a lower threshold, so faster."
)
NAME_LABEL = "Name of this setting"
USE = "Use this setting"
SAVE = "Save it as a file"
SAVE_HELP = (
    "A small JSON file with the setting and its guarantee: for the Inspect page, the command line "
    "and Python. On this visit the Inspect page also offers it by its name."
)
STEPS = "The tests, one by one"
COLUMNS = {
    "rule": "Rule",
    "setting": "Setting",
    "layers": "Layers read",
    "y": "Lost, %",
    "limit": "Upper limit, %",
    "passed": "Passed",
}
ALT = (
    "Upper limit of the loss against theoretical speed-up for {count} tested settings; the "
    "accepted loss is {loss:.1f} %."
)
AXES = ("theoretical speed-up", "lost, %")
LIMIT_LABEL = "accepted"


def promise(tuning: Tuning) -> str:
    """What was promised, or that nothing could be; and what it did on fresh rows."""
    chosen, n = tuning.chosen, f"{tuning.n_test:,}"
    if chosen is None:
        return (
            f"No early exit passed the test: with {n} test texts nothing can be promised at this "
            "level except reading to the end. Accept a larger loss, or bring more texts."
        )
    return (
        f"{capital(described(tuning.policy))}. With {100 * tuning.confidence:g}\u00a0% confidence "
        f"it costs at most {100 * tuning.max_loss:g} in 100 texts ({RISKS[tuning.risk]}); on "
        f"the {n} test texts it cost {percent(chosen.loss)}\u00a0%. On "
        f"{tuning.report.n_rows:,} texts that had no part in the choice: "
        f"{percent(tuning.report.loss)} in 100 lost, {_on_fresh_rows(tuning.report)}"
    )


def _on_fresh_rows(report: Report) -> str:
    return (
        f"{report.speed_up_ratio:.1f}× theoretical speed-up, {percent(report.accuracy or 0.0)} % "
        f"right (full depth {percent(report.full_accuracy or 0.0)} %)."
    )


def ends(tuning: Tuning) -> str:
    """What ended each chain of tests, a line for each rule."""
    lines = []
    for chain in tuning.chains:
        best, failed = chain.best, chain.ended_by
        certified, end = "nothing passed", f"all {len(chain.steps)} that were tested passed."
        if best is not None:
            certified = f"passed up to {1 / best.computation_cost:.1f}×"
        if failed is not None:
            end = (
                f"ended at {1 / failed.computation_cost:.1f}× by “{described(failed.policy)}”, "
                f"which lost {percent(failed.loss)} in 100 and may lose "
                f"{percent(failed.upper_limit)}."
            )
        lines.append(f"{card(chain.family).name}: {certified}; {end}")
    return "\n".join(lines)


def step_rows(tuning: Tuning, n_layers: int) -> list[list[str]]:
    """The settings tested, as rows of a table."""
    return [
        [
            card(chain.family).name,
            capital(described(step.policy)),
            f"{step.computation_cost * n_layers:.1f}",
            percent(step.loss, 2),
            percent(step.upper_limit, 2),
            common.YES if step.accepted else common.NO,
        ]
        for chain in tuning.chains
        for step in chain.steps
    ]


def refusal(made: Promise, overview: Overview) -> str:
    """That the rows are too few, and how many it would take."""
    return (
        f"That cannot be promised from {overview.table.n_rows:,} texts. Even without a single loss "
        f"the test part needs {made.rows_needed:,} texts (about {made.total_needed:,} in all). "
        "Accept a larger loss, ask for less certainty, try fewer rules, or bring more texts."
    )


def promise_name(tuning: Tuning | ConformalTuning) -> str:
    """What a promised setting is called until somebody calls it otherwise."""
    limit = f"at most {100 * tuning.max_loss:g} in 100"
    if isinstance(tuning, ConformalTuning):
        return f"{limit} changed, on average"
    loss = {"disagreement": "changed", "accuracy": "lost"}[tuning.risk]
    return f"{limit} {loss}, {100 * tuning.confidence:g} % certain"


def average_promise(made: AveragePromise, tuning: ConformalTuning) -> str:
    """What the conformal rule promises, and what it did on fresh rows."""
    report = tuning.report
    return (
        f"{capital(described(tuning.policy))}. A new text of the same kind gets another answer "
        f"than at full depth in at most {100 * tuning.max_loss:g} of 100 cases: on average over "
        f"all draws of calibration texts, not for certain with this one. {made.n_calibration:,} "
        f"texts set the threshold; on {made.n_inconsistent:,} of them some earlier layer disagrees "
        f"with full depth. On the other {report.n_rows:,} texts: {percent(report.loss)} in 100 "
        f"changed (95 % interval {interval(*(report.loss_interval or (report.loss,) * 2))}), "
        f"{_on_fresh_rows(report)}"
    )


def average_refusal(made: AveragePromise) -> str:
    """That too few texts can be ranked, and how many it takes."""
    start = f"That cannot be promised from {made.n_calibration:,} calibration texts:"
    needs = f"at least {made.ranked_needed:,}. Accept a larger loss,"
    if not made.published:
        return f"{start} it takes {needs} or bring more texts."
    return (
        f"{start} an earlier layer disagrees with full depth on {made.ranked:,} of them, and "
        f"ranking just those takes {needs} rank all texts, or bring more texts."
    )


def average_metrics(made: AveragePromise, tuning: ConformalTuning) -> list[Metric]:
    """Bound, threshold, texts ranked and what happened, with their definitions."""
    loss, others = f"{percent(tuning.report.loss)}\u00a0%", f"of {tuning.report.n_rows:,} others"
    return [
        metric("Bound", f"{100 * tuning.max_loss:g}\u00a0%", "on average"),
        metric("Threshold", f"{tuning.policy.threshold:g}", "of probability"),
        metric("Texts ranked", f"{made.ranked:,}", f"of {made.n_calibration:,} for calibration"),
        metric("Changed", loss, others),
    ]
