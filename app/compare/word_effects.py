"""What leaving out each word does to the exit: one row for a word, on the depth axis.

A line stands where the whole sentence stops; for every word a mark shows where the sentence without
it stops, joined to that line, in colour and shape of its answer. How much the confidence moves
stands beside the word. Pure: an ablation and a trace in, a Vega-Lite specification out.
"""

from __future__ import annotations

from app.shared import narration_words as narration
from app.shared import wording_compare as words
from app.shared.canvas import LayerCanvas, Row, Spec
from app.shared.palette import SHAPES, Palette
from app.shared.paths import figure, heading
from app.shared.reading import label_names
from elbert_core.reading.left_out import Ablation
from elbert_core.results import LayerTrace

_FIRST = 34
_ROW = 33


def word_effects(found: Ablation, trace: LayerTrace, *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification."""
    n_layers = found.n_layers
    height = _FIRST + _ROW * len(found.effects) + 4
    canvas = LayerCanvas(n_layers, height, {})
    names = label_names(trace)
    titles: list[tuple[float, str]] = []
    tracks: list[Row] = []
    joins: list[Row] = []
    marks: list[Row] = []
    areas: list[Row] = []
    for number, one in enumerate(found.effects):
        title = _FIRST + _ROW * number + 6
        y = title + 12
        titles.append((title, narration.word(one.word)))
        tracks.append({"x": 0.5, "x2": n_layers + 0.5, "y": y, "y2": y})
        if one.exit_change:
            joins.append({"x": found.exit_layer, "x2": one.exit_layer, "y": y, "y2": y})
        marks.append(
            {
                "x": one.exit_layer,
                "y": y,
                "index": one.label,
                "ink": palette.label(one.label),
                "word": narration.word(one.word),
                "layer": f"{one.exit_layer} ({narration.change(one.exit_change)})",
                "leads": names[one.label],
                "area": narration.area(one.area_change),
            }
        )
        areas.append({"x": n_layers + 0.46, "y": title, "text": narration.area(one.area_change)})
    whole: Row = {"x": found.exit_layer, "x2": found.exit_layer, "y": 18, "y2": height}
    points = []
    for index in sorted({one.label for one in found.effects}):
        mine = [row for row in marks if row["index"] == index]
        part = canvas.points(
            f"exits_{index}", mine, ink="ink", size=110, shape=SHAPES[index % len(SHAPES)]
        )
        columns = zip(("word", "layer", "leads", "area"), words.WORDS_TIPS, strict=True)
        part["encoding"]["tooltip"] = [
            {"field": field, "title": title, "type": "nominal"} for field, title in columns
        ]
        points.append(part)
    left = found.exit_layer <= n_layers / 2
    flag: Row = {"x": found.exit_layer, "y": 10, "text": words.WHOLE_MARK}
    return figure(
        [
            canvas.rules("tracks", tracks, color=palette.faint),
            canvas.rules("whole", [whole], color=palette.ink, strokeWidth=2),
            canvas.words(
                "whole_flag",
                [flag],
                align="left" if left else "right",
                dx=-3 if left else 3,
                color=palette.ink,
                fontSize=12,
                fontWeight=700,
            ),
            canvas.rules("moves", joins, color=palette.muted, strokeWidth=3),
            *points,
            *heading(canvas, titles, palette),
            canvas.words("areas", areas, align="right", color=palette.muted, fontSize=12),
        ],
        height,
    )
