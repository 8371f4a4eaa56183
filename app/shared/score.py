"""The score: one sentence's way through the layers, as staves that share the depth axis.

From top to bottom: probability of each label (lines), doubt left (bars against the threshold), the
leading label of each layer (cells, with a bracket where a window closed), milliseconds (bars). One
vertical mark through all staves shows the exit; what lies after it is dimmed and hatched. A band
marks the layer under the cursor.

The figure is a single layered view with hand-made vertical positions in pixels rather than a
concatenation of charts: only so can one mark cross all staves, and only so does the width follow
the page, down to a telephone. It is written as Vega-Lite directly: checking the same figure through
Altair's classes takes a tenth of a second, which would be felt at every step of the cursor. Pure: a
trace and a decision in, a specification out.
"""

from __future__ import annotations

from typing import Any

from app.shared import words
from app.shared.canvas import Canvas, Row, Spec, Stave, box, bracket, figure, tips, veil
from app.shared.palette import SHAPES, Palette
from app.shared.quantities import quantity
from app.shared.reading import closed_run, label_names, own_values, shown_at, staves
from app.shared.rows import line_names, probability_lines
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""


def score(trace: LayerTrace, decision: Decision, *, cursor: int, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        trace: all layers of one sentence.
        decision: what a policy makes of it; same number of layers.
        cursor: layer under the cursor, 1..n_layers.
        palette: colours for a light or a dark page.
    """
    place = staves(trace, decision)
    canvas = Canvas(trace.n_layers, place)
    left, right, height = decision.exit_layer + 0.5, trace.n_layers + 0.5, place.height
    at_cursor = [box(cursor - 0.5, cursor + 0.5, 24, height)]
    frame: Spec = {"fill": None, "stroke": palette.cursor, "strokeWidth": 1.5, "cornerRadius": 3}
    lines = [
        box(0.5, right, s.y(v), s.y(v)) for s in (place.entropy, place.ms) for v in (0, s.high)
    ]
    times = [float(ms) for ms in trace.layer_ms]
    layers: list[Spec] = [
        canvas.boxes("cursor", at_cursor, color=palette.cursor, opacity=0.28, cornerRadius=3),
        canvas.rules("grid_bars", lines, color=palette.faint),
        *probability_lines(canvas, place.probs, trace, palette, upto=trace.n_layers),
        *_threshold(canvas, place.probs, "probabilities", trace, decision, palette),
        *_measured(canvas, trace, decision, palette),
        *_cells(canvas, trace, decision, palette),
        canvas.boxes("milliseconds", _bars(place.ms, times), color=palette.bar, cornerRadius=1),
        *veil(canvas, left, right, 26, height, palette),
        # above the veil, so that the cursor can be seen there too
        canvas.boxes("cursor_frame", at_cursor, **frame),
        *_exit_mark(canvas, decision, palette),
        *line_names(canvas, place.probs, trace, palette),
        _gutters(canvas, palette),
        _hover(canvas, trace),
        _titles(canvas, decision, palette),  # on top, because their tooltips give exact terms
    ]
    return figure(layers, height)


def _gutters(canvas: Canvas, palette: Palette) -> Spec:
    """A bare strip for each title: band, mark and hatching pass under it."""
    strips = [
        box(0.4, canvas.n_layers + 0.6, stave.top - 21, stave.top - 6) for stave in canvas.place.all
    ]
    return canvas.boxes("gutters", strips, color=palette.paper)


def _titles(canvas: Canvas, decision: Decision, palette: Palette) -> Spec:
    own = shown_at(decision, 1, "own")
    terms = list(words.STAVE_TERMS)
    terms[1] = terms[1] if own is None else quantity(own.quantity).term
    rows: list[Row] = [
        {"y": stave.top - 13, "text": stave.title, "term": term}
        for stave, term in zip(canvas.place.all, terms, strict=True)
    ]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    titles = canvas.words("titles", rows, at_left=True, color=palette.muted, **font)
    titles["encoding"]["tooltip"] = {"field": "term", "type": "nominal"}
    return titles


def _threshold(
    canvas: Canvas,
    stave: Stave,
    row: str,
    trace: LayerTrace,
    decision: Decision,
    palette: Palette,
) -> list[Spec]:
    """The bound of the rule on a strip, if it has one there."""
    check = shown_at(decision, 1, row)
    if check is None:
        return []
    y = stave.y(quantity(check.quantity).place(check.needed, len(trace.label_names)))
    name = "needed_probability" if row == "probabilities" else "needed_entropy"
    line = [box(0.5, canvas.n_layers + 0.5, y, y)]
    return [canvas.rules(name, line, color=palette.ink, strokeDash=[5, 3], strokeWidth=1.5)]


def _measured(
    canvas: Canvas, trace: LayerTrace, decision: Decision, palette: Palette
) -> list[Spec]:
    """The doubt of each layer, or what else the rule measures."""
    stave, own = canvas.place.entropy, own_values(decision)
    row, values = ("own", own) if own else ("doubt", [float(e) for e in trace.entropy])
    rows = _bars(stave, values)
    for layer, (bar, value) in enumerate(zip(rows, values, strict=True), start=1):
        check = shown_at(decision, layer, row)
        passed = check is not None and check.met
        bar |= {"ink": palette.bar_hit if passed else palette.bar, "doubt": round(value, 4)}
    bars = canvas.boxes("entropy", rows, ink="ink", cornerRadius=1)
    return [bars, *_threshold(canvas, stave, row, trace, decision, palette)]


def _bars(stave: Stave, values: list[float]) -> list[Row]:
    return [
        box(layer - 0.3, layer + 0.3, stave.y(value), stave.y(0))
        for layer, value in enumerate(values, start=1)
    ]


def _cells(canvas: Canvas, trace: LayerTrace, decision: Decision, palette: Palette) -> list[Spec]:
    """The leading label of each layer, with the count of the run that the rule waits for."""
    stave, names = canvas.place.labels, label_names(trace)
    cells: list[Row] = []
    signs: list[Row] = []
    counts: list[Row] = []
    for layer, label in enumerate(trace.labels, start=1):
        index, run = int(label), shown_at(decision, layer, "labels")
        cells.append(
            box(
                layer - 0.46,
                layer + 0.46,
                stave.top,
                stave.bottom,
                fill=palette.label(index),
                label=names[index],
            )
        )
        middle = {"x": layer, "ink": palette.label_ink(index), "index": index}
        signs.append({**middle, "y": stave.top + (16 if run is None else 10)})
        if run is not None:
            counts.append({**middle, "y": stave.top + 23, "text": f"{run.value:.0f}"})
    parts = [
        canvas.boxes("labels", cells, ink="fill", cornerRadius=3),
        canvas.words("counts", counts, ink="ink", fontSize=11, fontWeight=600),
    ]
    for index in sorted({int(label) for label in trace.labels}):
        mine = [sign for sign in signs if sign["index"] == index]
        shape = SHAPES[index % len(SHAPES)]
        parts.append(canvas.points(f"signs_{index}", mine, ink="ink", size=40, shape=shape))
    closed = closed_run(decision)
    if closed is not None:
        parts.append(bracket(canvas, *closed, stave.bottom + 8, palette))
    return parts


def _exit_mark(canvas: Canvas, decision: Decision, palette: Palette) -> list[Spec]:
    layer, n_layers = decision.exit_layer, decision.n_layers
    to_left = layer >= n_layers / 2  # beside it on the right stands NOT_NEEDED
    text = words.FLAG_EXIT if layer < n_layers else words.FLAG_FULL
    # the mark stands after the layer: that layer was computed, the next one is not
    x = layer + 0.5
    flag = canvas.words(
        "exit_flag",
        [{"x": x, "y": 12, "text": f"{text} ▸" if to_left else f"◂ {text}"}],
        align="right" if to_left else "left",
        dx=-6 if to_left else 6,
        color=palette.ink,
        fontSize=13,
        fontWeight=700,
    )
    mark = [box(x, x, 4, canvas.place.height)]
    parts = [canvas.rules("exit_mark", mark, color=palette.ink, strokeWidth=3), flag]
    if 0 < n_layers - layer >= 0.25 * n_layers:  # else no room for the words on a telephone
        rest: Row = {"x": n_layers + 0.45, "y": 12, "text": words.NOT_NEEDED}
        font: Spec = {"color": palette.muted, "fontSize": 12, "fontStyle": "italic"}
        parts.append(canvas.words("not_needed", [rest], align="right", **font))
    return parts


def _hover(canvas: Canvas, trace: LayerTrace) -> Spec:
    names = label_names(trace)
    rows = [
        box(
            layer - 0.5,
            layer + 0.5,
            0,
            canvas.place.height,
            layer=layer,
            leads=names[int(trace.labels[layer - 1])],
            probability=f"{trace.confidence[layer - 1]:.3f}",
            doubt=f"{trace.entropy[layer - 1]:.3f}",
            ms=f"{trace.layer_ms[layer - 1]:.2f}",
        )
        for layer in range(1, canvas.n_layers + 1)
    ]
    boxes = canvas.boxes("layers", rows, opacity=0, cursor="pointer")
    selects = {"type": "point", "fields": ["layer"], "on": "click"}
    boxes["params"] = [{"name": SELECTION, "select": selects}]
    return tips(
        boxes,
        {
            "layer": words.COLUMN_LAYER,
            "leads": words.COLUMN_LEADS,
            "probability": words.COLUMN_PROBABILITY,
            "doubt": words.COLUMN_ENTROPY,
            "ms": words.COLUMN_MS,
        },
    )
