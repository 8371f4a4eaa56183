"""Sentences of the Trade-off page that carry a table's own numbers. Pure; draws nothing."""

from __future__ import annotations

from app.shared.rules import capital, card, described
from app.shared.text import visible
from app.tradeoff import wording as words
from app.tradeoff import wording_promise as promised
from app.tradeoff import wording_report as reported
from app.tradeoff.contest import RIVALS, Round
from app.tradeoff.evaluations import Overview, Setting, Slice
from app.tradeoff.promises import AveragePromise, Promise
from app.tradeoff.published import Published
from elbert_core.evaluation.calibration import Tuning
from elbert_core.evaluation.comparison import Comparison
from elbert_core.evaluation.conformal import ConformalTuning
from elbert_core.evaluation.tables import EvaluationTable

MAX_NAME = 60


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


def summary(setting: Setting, overview: Overview) -> str:
    """The setting in use, in one sentence."""
    point = setting.point
    return words.SUMMARY.format(
        rule=capital(described(point.policy)),
        layers=f"{point.mean_exit_layer:.1f}",
        n=overview.table.n_layers,
        right=percent(point.accuracy),
        full=percent(overview.full.accuracy),
    )


def differ(setting: Setting) -> str:
    """How many answers are others than at full depth, what that did, and whether it is luck."""
    got = setting.versus_full
    share = 1 - setting.point.agreement
    if share <= 0:
        return words.DIFFER.format(differ="no", balance="")
    balance = words.BALANCE.format(lost=got.only_second, won=got.only_first)
    said = words.DIFFER.format(differ=in_hundred(share), balance=balance)
    return f"{said} {versus_luck(got)}"


def dealt_out(setting: Setting) -> str:
    """What the same depths would give if they did not depend on the text."""
    return words.RANDOM_NOTE.format(right=percent(setting.random.accuracy))


def versus_luck(got: Comparison) -> str:
    """The difference from full depth with its interval, and what follows."""
    low, high = got.accuracy_interval
    if low > 0:
        verdict = words.VERDICT_BETTER
    else:
        verdict = words.VERDICT_WORSE if high < 0 else words.VERDICT_OPEN
    return words.VERSUS_LUCK.format(
        difference=signed(got.accuracy_difference),
        low=signed(low),
        high=signed(high),
        verdict=verdict,
    )


def signed(share: float) -> str:
    """A difference in percentage points with its sign."""
    return f"{100 * share:+.1f}".replace("-", "−")


def correlation(value: float) -> str:
    """A correlation in [-1, 1] with two decimals."""
    return f"{value:.2f}".replace("-", "−")


def scores(setting: Setting, n_labels: int) -> str:
    """Macro-F1, and Matthews' correlation of two labels, beside those of full depth."""
    early, full = setting.point, setting.full
    said = reported.REPORT_SCORES.format(f1=percent(early.macro_f1), full=percent(full.macro_f1))
    if n_labels != 2:
        return said
    return f"{said} " + reported.REPORT_SCORES_TWO.format(
        value=correlation(early.matthews), full=correlation(full.matthews)
    )


def provenance(table: EvaluationTable) -> str:
    """Which rows, which model."""
    return words.PROVENANCE.format(
        rows=table.n_rows,
        data=visible(table.data, limit=MAX_NAME),
        split=visible(table.split, limit=MAX_NAME),
        checkpoint=visible(table.checkpoint, limit=MAX_NAME),
        digest=f"({table.digest[:8]})" if table.digest else "",
    ).rstrip()


def measured_speed(speed_up: float, table: EvaluationTable) -> str:
    """A measured speed-up with the milliseconds it stands for."""
    all_ms = float(table.layer_ms.sum())
    return f"{speed_up:.2f}× ({all_ms / speed_up:.1f} of {all_ms:.1f} ms)"


def measured_label(table: EvaluationTable) -> str:
    """What the measured speed-up was measured on, in a few words."""
    return words.SPEED_MEASURED.format(
        device=visible(table.device, limit=20), dtype=visible(table.dtype, limit=20)
    )


def measured_note(table: EvaluationTable) -> str:
    """What the measured speed-up is and what it is not, or that the table holds none."""
    if not (table.layer_ms > 0).all():
        return words.MEASURED_NONE
    return words.MEASURED_NOTE.format(
        device=visible(table.device, limit=30),
        dtype=visible(table.dtype, limit=30),
        threads="1 thread" if table.threads == 1 else f"{table.threads:,} threads",
        rows=f"{table.timed_rows:,}",
    )


def slice_name(part: Slice) -> str:
    """What a slice is called."""
    return f"{words.SLICE_GROUPS[part.group]} {visible(part.name, limit=24)}"


def chart_alt(overview: Overview) -> str:
    """What a sighted reader would take away from the main figure."""
    fastest, best = overview.fastest_as_good, "1"
    if fastest:
        best = f"{fastest.speed_up_ratio:.1f} times with {described(fastest.policy)}"
    return words.CHART_ALT.format(
        count=len(overview.points),
        families=len(overview.families),
        rows=overview.table.n_rows,
        full=100 * overview.full.accuracy,
        best=best,
    )


def trust(overview: Overview, layer: int) -> str:
    """Whether a layer is surer than right, in words."""
    got, index = overview.reliability, layer - 1
    sure = float(overview.signals.confidence[index].mean())
    right = overview.layers[index].share
    verdict = words.TRUST_FAIR
    if abs(sure - right) > 0.03:
        verdict = words.TRUST_TOO_SURE if sure > right else words.TRUST_TOO_SHY
    return words.TRUST_TEXT.format(
        layer=layer,
        sure=100 * sure,
        right=100 * right,
        verdict=verdict,
        error=100 * float(got.error[index]),
    )


def promise(tuning: Tuning) -> str:
    """What was promised, or that nothing could be; and what it did on fresh rows."""
    chosen, report = tuning.chosen, tuning.report
    if chosen is None:
        return promised.TUNE_NOT_FOUND.format(n=f"{tuning.n_test:,}")
    said = promised.TUNE_FOUND.format(
        rule=capital(described(tuning.policy)),
        confidence=f"{100 * tuning.confidence:g}\u00a0%",
        limit=f"{100 * tuning.max_loss:g}",
        risk=promised.TUNE_RISKS[tuning.risk],
        n=f"{tuning.n_test:,}",
        loss=f"{percent(chosen.loss)}\u00a0%",
    )
    return f"{said} " + promised.TUNE_REPORT.format(
        n=f"{report.n_rows:,}",
        loss=percent(report.loss),
        speed=f"{report.speed_up_ratio:.1f}",
        accuracy=percent(report.accuracy or 0.0),
        full=percent(report.full_accuracy or 0.0),
    )


def ends(tuning: Tuning) -> str:
    """What ended each chain of tests, a line for each rule."""
    lines = []
    for chain in tuning.chains:
        best, failed = chain.best, chain.ended_by
        certified = promised.CHAIN_NONE
        if best is not None:
            certified = promised.CHAIN_BEST.format(speed=f"{1 / best.computation_cost:.1f}")
        end = promised.CHAIN_PASSED.format(n=len(chain.steps))
        if failed is not None:
            end = promised.CHAIN_ENDED.format(
                rule=described(failed.policy),
                speed=f"{1 / failed.computation_cost:.1f}",
                loss=percent(failed.loss),
                limit=percent(failed.upper_limit),
            )
        lines.append(f"{card(chain.family).name}: {certified}; {end}")
    return "\n".join(lines)


def refusal(made: Promise, overview: Overview) -> str:
    """That the rows are too few, and how many it would take."""
    return promised.TUNE_REFUSED.format(
        rows=overview.table.n_rows, needed=made.rows_needed, total=made.total_needed
    )


def promise_name(tuning: Tuning | ConformalTuning) -> str:
    """What a promised setting is called until somebody calls it otherwise."""
    limit = f"{100 * tuning.max_loss:g}"
    if isinstance(tuning, ConformalTuning):
        return promised.AVERAGE_NAME.format(limit=limit)
    return promised.TUNE_NAME.format(
        limit=limit,
        loss=promised.TUNE_SHORT[tuning.risk],
        confidence=f"{100 * tuning.confidence:g}",
    )


def average_promise(made: AveragePromise, tuning: ConformalTuning) -> str:
    """What the conformal rule promises, and what it did on fresh rows."""
    report = tuning.report
    low, high = report.loss_interval or (report.loss, report.loss)
    said = promised.AVERAGE_FOUND.format(
        rule=capital(described(tuning.policy)),
        limit=f"{100 * tuning.max_loss:g}",
        n=f"{made.n_calibration:,}",
        differ=f"{made.n_inconsistent:,}",
    )
    return f"{said} " + promised.AVERAGE_REPORT.format(
        n=f"{report.n_rows:,}",
        loss=percent(report.loss),
        interval=interval(low, high),
        speed=f"{report.speed_up_ratio:.1f}",
        accuracy=percent(report.accuracy or 0.0),
        full=percent(report.full_accuracy or 0.0),
    )


def average_refusal(made: AveragePromise) -> str:
    """That too few texts can be ranked, and how many it takes."""
    text = promised.AVERAGE_REFUSED_PUBLISHED if made.published else promised.AVERAGE_REFUSED
    return text.format(n=made.n_calibration, ranked=made.ranked, needed=made.ranked_needed)


def contest(rounds: tuple[Round, ...], rows: int) -> str:
    """Whether the window beats the simpler rules anywhere, said plainly."""
    won = [r.speed_up for r in rounds if r.lead is not None and r.lead.accuracy_interval[0] > 0]
    lost = [r.speed_up for r in rounds if r.lead is not None and r.lead.accuracy_interval[1] < 0]
    said = []
    for speeds, text in ((won, words.CONTEST_WIN), (lost, words.CONTEST_LOSS)):
        if speeds:
            said.append(text.format(speeds=", ".join(f"{speed:g}×" for speed in speeds)))
    return " ".join(said) or words.CONTEST_OPEN.format(rows=rows)


def contest_columns() -> tuple[str, ...]:
    """Titles of the columns of `contest_rows`."""
    return (words.CONTEST_SPEED, *(card(kind).name for kind in RIVALS), words.CONTEST_LEAD)


def contest_rows(rounds: tuple[Round, ...]) -> list[list[str]]:
    """The rounds as rows of a table."""
    rows = []
    for one in rounds:
        best = [
            f"{percent(one.best[name].accuracy)}\u00a0% ({described(one.best[name].policy)})"
            if name in one.best
            else "–"
            for name in RIVALS
        ]
        lead = "–"
        if one.lead is not None:
            low, high = one.lead.accuracy_interval
            lead = f"{signed(one.lead.accuracy_difference)} ({signed(low)} to {signed(high)})"
        rows.append([f"{one.speed_up:g}×", *best, lead])
    return rows


def slice_rows(setting: Setting) -> list[list[str]]:
    """The slices as rows of a table."""
    return [
        [
            slice_name(part),
            f"{part.early.n_rows:,}",
            f"{percent(part.early.accuracy)} "
            f"({interval(part.early.accuracy_low, part.early.accuracy_high)})",
            percent(part.full.accuracy),
            f"{part.early.mean_exit_layer:.2f}",
        ]
        for part in setting.slices
    ]


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
