"""The score: one sentence's way through the layers, as staves that share the depth axis.

From top to bottom: probability of each label (lines), doubt left (bars against the threshold), the
leading label of each layer (cells, with a bracket where a window closed), milliseconds (bars). One
vertical mark through all staves shows the exit; what lies after it is dimmed and hatched. A band
marks the layer under the cursor.

The figure is a single layered view with hand-made vertical positions in pixels rather than a
concatenation of charts: only so can one mark cross all staves, and only so does the width follow
the page, down to a telephone. It is written as Vega-Lite directly: checking the same figure through
Altair's classes takes a tenth of a second, which would be felt at every step of the cursor. Pure: a
trace and a decision in, a specification out; with its numbers and its message.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from app.shared import narration, words
from app.shared.canvas import LayerCanvas, Row, Spec, Stave, box, figure, nice_ceiling, tips
from app.shared.palette import Palette
from app.shared.quantities import closed_run, own_values, quantity, shown_at
from app.shared.rows import HOVERED, hovered, label_cells, line_names, probability_lines
from app.shared.rules import capital
from app.shared.text import label_names
from elbert_core.policies.explanation import CheckResult, Decision
from elbert_core.results import LayerTrace

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""
HEIGHT = 368
"""Pixels of the figure."""


class Staves(NamedTuple):
    """Where everything is, from top to bottom."""

    probs: Stave
    entropy: Stave
    labels: Stave
    ms: Stave


def staves(trace: LayerTrace, decision: Decision) -> Staves:
    """Room for each stave; a title says what the rule needs there."""
    checks = {row: shown_at(decision, 1, row) for row in ("probabilities", "doubt", "labels")}
    own = shown_at(decision, 1, "own")
    doubt, high = _asking(words.STAVE_ENTROPY, checks["doubt"]), 1.0
    if own is not None:
        measured = quantity(own.quantity)
        doubt = _asking(measured.title or capital(measured.name), own)
        high = nice_ceiling(max(own.needed, *own_values(decision)))
    return Staves(
        Stave(_asking(words.STAVE_PROBS, checks["probabilities"]), 44, 138),
        Stave(doubt, 172, 226, high),
        Stave(_asking(words.STAVE_LABELS, checks["labels"]), 260, 292),
        Stave(words.STAVE_MS, 332, 366, nice_ceiling(float(trace.layer_ms.max()))),
    )


def _asking(title: str, check: CheckResult | None) -> str:
    return title if check is None else f"{title} {narration.asked(check)}"


class Canvas(LayerCanvas):
    """The canvas of the score: the staves of one sentence."""

    def __init__(self, n_layers: int, place: Staves, palette: Palette) -> None:
        """Canvas for `n_layers` layers and the staves of `place`."""
        ticks: dict[float, str] = {}
        for stave in (place.probs, place.entropy, place.ms):
            ticks[stave.y(0)] = "0"
            ticks[stave.y(stave.high)] = f"{stave.high:g}"
        ticks[place.probs.y(0.5)] = "½"
        super().__init__(n_layers, HEIGHT, ticks, palette)
        self.place = place


def score(trace: LayerTrace, decision: Decision, *, cursor: int, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        trace: all layers of one sentence.
        decision: what a policy makes of it; same number of layers.
        cursor: layer under the cursor, 1..n_layers.
        palette: colours for a light or a dark page.
    """
    place = staves(trace, decision)
    canvas = Canvas(trace.n_layers, place, palette)
    left, right = decision.exit_layer + 0.5, trace.n_layers + 0.5
    at_cursor = [box(cursor - 0.5, cursor + 0.5, 24, HEIGHT)]
    frame: Spec = {"fill": None, "stroke": palette.cursor, "strokeWidth": 1.5, "cornerRadius": 3}
    lines = [
        box(0.5, right, s.y(v), s.y(v)) for s in (place.entropy, place.ms) for v in (0, s.high)
    ]
    # a bare strip for each title: band, mark and hatching pass under it
    gutters = [box(0.4, right + 0.1, stave.top - 21, stave.top - 6) for stave in place]
    times = [float(ms) for ms in trace.layer_ms]
    layers: list[Spec] = [
        canvas.boxes("cursor", at_cursor, color=palette.cursor, opacity=0.28, cornerRadius=3),
        canvas.rules("grid_bars", lines, color=palette.faint),
        *probability_lines(canvas, place.probs, trace, upto=trace.n_layers),
        *_threshold(canvas, place.probs, "probabilities", trace, decision),
        *_measured(canvas, trace, decision),
        *_cells(canvas, trace, decision),
        canvas.boxes("milliseconds", _bars(place.ms, times), color=palette.bar, cornerRadius=1),
        *canvas.veil(left, right, 26, HEIGHT),
        # above the veil, so that the cursor can be seen there too
        canvas.boxes("cursor_frame", at_cursor, **frame),
        *_exit_mark(canvas, decision),
        *line_names(canvas, place.probs, trace),
        canvas.boxes("gutters", gutters, color=palette.paper),
        _hover(canvas, trace),
        _titles(canvas, decision),  # on top, because their tooltips give exact terms
    ]
    return figure(layers, HEIGHT)


def alt_text(trace: LayerTrace, decision: Decision) -> str:
    """What a sighted reader would take away from the figure, in words."""
    doubts = trace.entropy
    return (
        f"Score of {trace.n_layers} layers. {narration.verdict(decision)} "
        f"Doubt goes from {doubts[0]:.2f} after layer 1 to "
        f"{doubts[decision.exit_layer - 1]:.2f} at the exit. The table below has all numbers."
    )


def layer_table(trace: LayerTrace, decision: Decision) -> dict[str, list[object]]:
    """The figure's numbers by column, one entry a layer."""
    names, own = label_names(trace), shown_at(decision, 1, "own")
    columns: dict[str, list[object]] = {words.COLUMN_LAYER: list(range(1, trace.n_layers + 1))}
    columns[words.COLUMN_LEADS] = [names[int(i)] for i in trace.labels]
    for index, name in enumerate(names):
        columns[f"p {name}"] = [round(float(p), 4) for p in trace.probs[:, index]]
    columns[words.COLUMN_ENTROPY] = [round(float(e), 4) for e in trace.entropy]
    if own is not None:
        name = capital(quantity(own.quantity).name)
        columns[name] = [round(value, 4) for value in own_values(decision)]
    columns[words.COLUMN_MS] = [round(float(ms), 2) for ms in trace.layer_ms]
    columns[words.COLUMN_VERDICT] = [
        narration.layer_outcome(verdict, decision) for verdict in decision.verdicts
    ]
    return columns


def _titles(canvas: Canvas, decision: Decision) -> Spec:
    own = shown_at(decision, 1, "own")
    terms = list(words.STAVE_TERMS)
    terms[1] = terms[1] if own is None else quantity(own.quantity).term
    rows: list[Row] = [
        {"y": stave.top - 13, "text": stave.title, "term": term}
        for stave, term in zip(canvas.place, terms, strict=True)
    ]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    titles = canvas.words("titles", rows, at_left=True, color=canvas.palette.muted, **font)
    titles["encoding"]["tooltip"] = {"field": "term", "type": "nominal"}
    return titles


def _threshold(
    canvas: Canvas, stave: Stave, row: str, trace: LayerTrace, decision: Decision
) -> list[Spec]:
    """The bound of the rule on a strip, if it has one there."""
    check = shown_at(decision, 1, row)
    if check is None:
        return []
    y = stave.y(quantity(check.quantity).place(check.needed, len(trace.label_names)))
    name = "needed_probability" if row == "probabilities" else "needed_entropy"
    line = [box(0.5, canvas.n_layers + 0.5, y, y)]
    look: Spec = {"color": canvas.palette.ink, "strokeDash": [5, 3], "strokeWidth": 1.5}
    return [canvas.rules(name, line, **look)]


def _measured(canvas: Canvas, trace: LayerTrace, decision: Decision) -> list[Spec]:
    """The doubt of each layer, or what else the rule measures."""
    palette, stave, own = canvas.palette, canvas.place.entropy, own_values(decision)
    row, values = ("own", own) if own else ("doubt", [float(e) for e in trace.entropy])
    rows = _bars(stave, values)
    for layer, (bar, value) in enumerate(zip(rows, values, strict=True), start=1):
        check = shown_at(decision, layer, row)
        passed = check is not None and check.met
        bar |= {"ink": palette.bar_hit if passed else palette.bar, "doubt": round(value, 4)}
    bars = canvas.boxes("entropy", rows, ink="ink", cornerRadius=1)
    return [bars, *_threshold(canvas, stave, row, trace, decision)]


def _bars(stave: Stave, values: list[float]) -> list[Row]:
    return [
        box(layer - 0.3, layer + 0.3, stave.y(value), stave.y(0))
        for layer, value in enumerate(values, start=1)
    ]


def _cells(canvas: Canvas, trace: LayerTrace, decision: Decision) -> list[Spec]:
    """The leading label of each layer, with the count of the run that the rule waits for."""
    top, low = canvas.place.labels.top, canvas.place.labels.bottom
    runs = [shown_at(decision, verdict.layer, "labels") for verdict in decision.verdicts]
    counts = [f"{run.value:.0f}" for run in runs if run is not None]
    parts = label_cells(canvas, trace, top, low, upto=trace.n_layers, counts=counts)
    closed = closed_run(decision)
    return parts if closed is None else [*parts, canvas.bracket(*closed, low + 8)]


def _exit_mark(canvas: Canvas, decision: Decision) -> list[Spec]:
    layer, n_layers, palette = decision.exit_layer, decision.n_layers, canvas.palette
    to_left = layer >= n_layers / 2  # beside it on the right stands NOT_NEEDED
    text = words.FLAG_EXIT if layer < n_layers else words.FLAG_FULL
    # the mark stands after the layer: that layer was computed, the next one is not
    x = layer + 0.5
    flag: Row = {"x": x, "y": 12, "text": f"{text} ▸" if to_left else f"◂ {text}"}
    side: Spec = {"align": "right", "dx": -6} if to_left else {"align": "left", "dx": 6}
    bold: Spec = {"color": palette.ink, "fontSize": 13, "fontWeight": 700}
    mark = [box(x, x, 4, HEIGHT)]
    parts = [
        canvas.rules("exit_mark", mark, color=palette.ink, strokeWidth=3),
        canvas.words("exit_flag", [flag], **side, **bold),
    ]
    if 0 < n_layers - layer >= 0.25 * n_layers:  # else no room for the words on a telephone
        rest: Row = {"x": n_layers + 0.45, "y": 12, "text": words.NOT_NEEDED}
        font: Spec = {"color": palette.muted, "fontSize": 12, "fontStyle": "italic"}
        parts.append(canvas.words("not_needed", [rest], align="right", **font))
    return parts


def _hover(canvas: Canvas, trace: LayerTrace) -> Spec:
    rows = hovered(trace, 0, HEIGHT)
    for row, ms in zip(rows, trace.layer_ms, strict=True):
        row["ms"] = f"{ms:.2f}"
    boxes = canvas.boxes("layers", rows, opacity=0, cursor="pointer")
    selects = {"type": "point", "fields": ["layer"], "on": "click"}
    boxes["params"] = [{"name": SELECTION, "select": selects}]
    return tips(boxes, {**HOVERED, "ms": words.COLUMN_MS})
