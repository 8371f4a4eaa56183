"""Every rule on one sentence: lanes against depth, under the sentence's own probabilities.

A lane is coloured as far as its rule reads, layer by layer with the label that leads there; a mark
shows where it stops, and what is not read stays empty. The last lane is the stable oracle, which
looks ahead and so is drawn with a dashed edge: no rule can do that.

Pure: a trace and decisions in, a Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.shared import wording_compare as words
from app.shared.canvas import LayerCanvas, Row, Spec, Stave, spread
from app.shared.palette import Palette, glyph
from app.shared.paths import figure, heading, label_cells, probability_lines
from app.shared.reading import label_names
from elbert_core.results import LayerTrace

_TOP = Stave(words.LANES_PROBS, 28, 108)
_FIRST = 128
_LANE = 47
_STRIP = 18


@dataclass(frozen=True, slots=True)
class Lane:
    """How far one rule reads.

    Attributes:
        name: what stands above the lane.
        exit_layer: layers applied, 1..n_layers.
        label: index of the answer.
        said: the result in a few characters.
        possible: False for the oracle.
    """

    name: str
    exit_layer: int
    label: int
    said: str
    possible: bool = True


def lanes(trace: LayerTrace, rows: Sequence[Lane], *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification."""
    n_layers = trace.n_layers
    height = _FIRST + _LANE * len(rows)
    ticks = {_TOP.y(1): "1", _TOP.y(0.5): "½", _TOP.y(0): "0"}
    canvas = LayerCanvas(n_layers, height, ticks)
    parts = [
        *probability_lines(canvas, _TOP, trace, palette, upto=n_layers),
        *heading(canvas, [(_TOP.top - 17, _TOP.title)], palette),
        *_legend(canvas, trace, palette),
    ]
    empty: list[Row] = []
    marks: list[Row] = []
    edge: list[Row] = []
    results: list[Row] = []
    titles: list[tuple[float, str]] = []
    for number, lane in enumerate(rows):
        title = _FIRST + _LANE * number + 10
        top = title + 10
        box: Row = {"y": top, "y2": top + _STRIP}
        parts += label_cells(
            canvas, trace, top, top + _STRIP, palette, upto=lane.exit_layer, name=f"_{number}"
        )
        empty += [
            {"x": layer - 0.46, "x2": layer + 0.46, **box}
            for layer in range(lane.exit_layer + 1, n_layers + 1)
        ]
        x = lane.exit_layer + 0.5
        mark: Row = {"x": x, "x2": x, "y": top - 4, "y2": top + _STRIP + 4}
        (marks if lane.possible else edge).append(mark)
        titles.append((title, lane.name))
        results.append(
            {
                "x": n_layers + 0.46,
                "y": title,
                "text": f"{glyph(lane.label)} {lane.said}",
                "ink": palette.label_text(lane.label),
            }
        )
    font: dict[str, Any] = {"align": "right", "fontSize": 12, "fontWeight": 600}
    return figure(
        [
            canvas.boxes("unread", empty, fill=None, stroke=palette.faint, cornerRadius=3),
            *parts,
            canvas.rules("exits", marks, color=palette.ink, strokeWidth=3),
            canvas.rules("oracle", edge, color=palette.ink, strokeWidth=3, strokeDash=[4, 3]),
            *heading(canvas, titles, palette, name="_lanes"),
            canvas.words("results_halo", results, stroke=palette.paper, strokeWidth=4, **font),
            canvas.words("results", results, ink="ink", **font),
        ],
        height,
    )


def _legend(canvas: LayerCanvas, trace: LayerTrace, palette: Palette) -> list[Spec]:
    """Label names beside the ends of their lines, as far apart as they need."""
    ends = sorted((_TOP.y(float(p)), index) for index, p in enumerate(trace.probs[-1]))
    wanted = [y + (-13 if rank < len(ends) / 2 else 13) for rank, (y, _) in enumerate(ends)]
    heights = spread(wanted, gap=13, low=_TOP.bottom + 8)
    names = label_names(trace)
    rows: list[Row] = [
        {
            "x": canvas.n_layers + 0.45,
            "y": round(y, 2),
            "text": f"{glyph(index)} {names[index]}",
            "ink": palette.label_text(index),
        }
        for y, (_, index) in zip(heights, ends, strict=True)
    ]
    font: dict[str, Any] = {"align": "right", "fontSize": 12, "fontWeight": 600}
    return [
        canvas.words("line_names_halo", rows, stroke=palette.paper, strokeWidth=4, **font),
        canvas.words("line_names", rows, ink="ink", **font),
    ]
