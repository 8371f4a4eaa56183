"""A table's trade-off as one HTML file: figures, tables and definitions, nothing to load.

python -m app.tradeoff.report TABLE OUTPUT

The file opens from a disk, asks the network for nothing and contains no script.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer
from markupsafe import Markup

from app.shared import resources, sheet, still
from app.shared import words as common
from app.shared.palette import LIGHT
from app.shared.rules import FAMILIES, card, described
from app.shared.state import DEFAULT_RULE
from app.shared.text import visible
from app.tradeoff import words
from app.tradeoff import words_closer as closer
from app.tradeoff.evaluations import Overview, Setting, drawable, key_of, look_at, look_closer
from app.tradeoff.figures import tradeoff
from app.tradeoff.figures_layers import layer_strips, layer_table
from app.tradeoff.others import Published, load_published
from elbert_core.errors import ElbertError
from elbert_core.evaluation.sweeps import SweepPoint
from elbert_core.evaluation.tables import load_evaluation


def report_html(overview: Overview, setting: Setting, published: Published) -> str:
    """The whole report.

    Args:
        overview: the table and its sweep.
        setting: the setting that is shown in detail.
        published: figures of others.
    """
    table = overview.table
    made = closer.REPORT_MADE.format(date=table.date[:10], name=visible(table.name, limit=80))
    parts = [
        sheet.paragraph(
            f"{common.MODES['replayed']}: {words.provenance(table)}. {made}", small=True
        ),
        sheet.paragraph(words.MODE_HELP, small=True),
        still.svg(
            tradeoff(overview, setting, published, palette=LIGHT, still=True),
            alt=words.chart_alt(overview),
        ),
        _legend(overview),
        sheet.heading(closer.REPORT_SETTING),
        sheet.paragraph(words.summary(setting, overview)),
        sheet.paragraph(words.differ(setting)),
        sheet.paragraph(words.scores(setting, len(table.label_names))),
        sheet.heading(closer.CONTEST_HEADING),
        sheet.paragraph(closer.contest(overview.rounds, table.n_rows)),
        sheet.table(closer.CONTEST_COLUMNS, closer.contest_rows(overview.rounds)),
        sheet.paragraph(closer.CONTEST_HELP, small=True),
        sheet.heading(closer.LAYERS_HEADING),
        still.svg(
            layer_strips(overview, setting, cursor=None, palette=LIGHT),
            alt=closer.layers_alt(overview, setting),
        ),
        _layers(overview, setting),
        sheet.heading(closer.SLICES_HEADING),
        sheet.table(closer.SLICE_COLUMNS, closer.slice_rows(setting)),
        sheet.heading(closer.REPORT_POINTS),
        sheet.table(closer.REPORT_COLUMNS, map(_point_row, overview.points)),
        sheet.heading(closer.PUBLISHED_TABLE),
        sheet.paragraph(closer.PUBLISHED_WHAT, small=True),
        sheet.table(closer.PUBLISHED_COLUMNS, closer.published_rows(published)),
        sheet.table(closer.CLAIM_COLUMNS, closer.claim_rows(published)),
        sheet.heading(closer.DEFINITIONS_HEADING),
        sheet.table(closer.DEFINITION_COLUMNS, closer.DEFINITIONS),
    ]
    return sheet.document(closer.REPORT_TITLE, parts)


def points_csv(overview: Overview) -> str:
    """Every point of the sweep, one a line, full precision."""
    best = {key_of(point.policy) for point in overview.front}
    rows = [
        {
            "family": p.policy.family,
            "policy": key_of(p.policy),
            "rows": p.n_rows,
            "accuracy": p.accuracy,
            "accuracy_low_95": p.accuracy_low,
            "accuracy_high_95": p.accuracy_high,
            "macro_f1": p.macro_f1,
            "matthews": p.matthews,
            "agreement_with_full_depth": p.agreement,
            "mean_exit_layer": p.mean_exit_layer,
            "computation_cost": p.computation_cost,
            "theoretical_speed_up": p.speed_up_ratio,
            "measured_layer_speed_up": overview.measured(p),
            "macs_share": p.macs_share,
            "pareto_front": int(key_of(p.policy) in best),
        }
        for p in overview.points
    ]
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write_report(
    table: Annotated[Path, typer.Argument(help="Evaluation table: its .json file.")],
    output: Annotated[Path, typer.Argument(help="HTML file to write.")],
) -> None:
    """Write a table's trade-off as one self-contained HTML file."""
    try:
        overview = look_at(drawable(load_evaluation(table)))
        policy = resources.recommended(overview.table.checkpoint) or DEFAULT_RULE
        html = report_html(overview, look_closer(overview, policy), load_published())
        output.write_text(html, encoding="utf-8")
    except (ElbertError, OSError) as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from None
    typer.echo(f"written to {output}", err=True)


def _point_row(p: SweepPoint) -> list[str]:
    return [
        card(p.policy.family).name,
        described(p.policy),
        words.right(p, ""),
        words.percent(p.macro_f1),
        f"{p.speed_up_ratio:.2f}×",
        f"{p.mean_exit_layer:.2f}",
        words.percent(1 - p.agreement),
    ]


def _legend(overview: Overview) -> Markup:
    cards = [card(family) for family in overview.families if family not in FAMILIES]
    return sheet.keys((c.mark.colour(LIGHT), c.mark.glyph, f"{c.name}. {c.term}") for c in cards)


def _layers(overview: Overview, setting: Setting) -> Markup:
    columns = layer_table(overview, setting)
    lines = zip(*columns.values(), strict=True)
    rows = [["–" if value is None else str(value) for value in line] for line in lines]
    return sheet.table(tuple(columns), rows)


if __name__ == "__main__":
    typer.run(write_report)
