"""The Inspect page as it stands, as one HTML file. Pure: what is on show in, text out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from app.inspect import words
from app.inspect.reasons import savings, why_not_rows
from app.shared import narration, sheet
from app.shared import words as common
from app.shared.reading import alt_text, label_names
from app.shared.score import score
from app.shared.score_panel import layer_table
from app.shared.sheet import Figure
from app.shared.snapshot import origin, rule
from app.shared.state import Shown
from app.shared.text import piece
from app.shared.verdict import mode_of, read_by, real_run, truncated
from elbert_core.policies.explanation import Decision


@dataclass(frozen=True, slots=True)
class InspectView:
    """What is on show.

    Attributes:
        shown: the record, and how it came there.
        decision: what the rule in use makes of it.
        cursor: the layer looked at.
        link: what the page's address ends in.
        figures: further figures that are open.
        note: what is known of an opened file, "" for none.
    """

    shown: Shown
    decision: Decision
    cursor: int
    link: str
    figures: Sequence[Figure] = ()
    note: str = ""


def inspect_html(view: InspectView) -> str:
    """The whole file."""
    shown, decision = view.shown, view.decision
    trace = shown.trace
    mode = mode_of(shown, decision)
    at = decision.verdicts[view.cursor - 1]
    parts = [sheet.sentence(trace.text)]
    if trace.text_pair is not None:
        parts.append(sheet.sentence(trace.text_pair))
    parts += [
        sheet.verdict(
            decision.label,
            narration.name(decision.label_name),
            narration.sure(decision.confidence),
            f"{narration.depth_phrase(decision)}: {narration.short_reason(decision)}",
        ),
        sheet.paragraph(narration.saves(decision), narration.compared_with_full(decision)),
        sheet.badge(common.MODES[mode], common.MODE_HELP[mode]),
        sheet.paragraph(read_by(shown), truncated(shown), view.note, small=True),
        *(sheet.paragraph(line) for line in real_run(shown, decision)),
        *rule(decision.policy),
        sheet.legend(label_names(trace)),
        sheet.figure(
            Figure(
                "",
                lambda palette: score(trace, decision, cursor=view.cursor, palette=palette),
                alt_text(trace, decision, narration.verdict(decision)),
            )
        ),
        sheet.paragraph(narration.at_layer(trace, at, decision)),
        sheet.lines(narration.arithmetic(trace, at)),
        sheet.heading(words.WHY_HEADING),
        sheet.paragraph(narration.why(trace, decision)),
        sheet.heading(words.FULL_HEADING),
        sheet.paragraph(narration.full_depth(decision)),
        sheet.heading(words.WHY_NOT_HEADING),
        *_why_not(shown, decision),
        sheet.heading(words.SAVED_HEADING),
        sheet.table(words.SAVED_COLUMNS, savings(decision)),
        sheet.heading(common.SCORE_TABLE),
        sheet.columns(layer_table(trace, decision)),
        *(sheet.figure(figure) for figure in view.figures),
        sheet.heading(words.PIECES_HEADING.format(count=len(trace.tokens))),
        sheet.lines("  ".join(piece(token) for token in trace.tokens)),
        *origin(shown, view.link),
    ]
    return sheet.document(words.HEADLINE, parts)


def _why_not(shown: Shown, decision: Decision) -> list[Markup]:
    if decision.exit_layer == 1:
        return [sheet.paragraph(words.NO_EARLIER_LAYER)]
    return [
        sheet.table(words.WHY_NOT_COLUMNS, why_not_rows(shown.trace, decision)),
        sheet.paragraph(narration.flips(shown.trace, decision)),
    ]
