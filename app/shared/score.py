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

from app.shared import wording
from app.shared.canvas import Canvas, Row, Spec, Stave, hatch, spread
from app.shared.palette import SHAPES, Palette, glyph
from app.shared.quantities import quantity
from app.shared.reading import closed_run, label_names, own_values, shown_at, staves
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""

TOOLTIPS = (
    ("layer", wording.COLUMN_LAYER),
    ("leads", wording.COLUMN_LEADS),
    ("probability", wording.COLUMN_PROBABILITY),
    ("doubt", wording.COLUMN_ENTROPY),
    ("ms", wording.COLUMN_MS),
)

_LINE_GAP = 13.0  # pixels between a line's end and its name, and between two names


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
    names = label_names(trace)
    layers: list[Spec] = [
        _cursor_band(canvas, cursor, palette),
        *_grid(canvas, palette),
        *_probabilities(canvas, trace, decision, names, palette),
        *_entropy(canvas, trace, decision, palette),
        *_cells(canvas, trace, decision, names, palette),
        *_milliseconds(canvas, trace, palette),
        *_after_exit(canvas, decision, palette),
        _cursor_frame(canvas, cursor, palette),
        *_exit_mark(canvas, decision, palette),
        *_line_names(canvas, trace, names, palette),
        _hover(canvas, trace, names),
        *_titles(canvas, palette),  # on top, because their tooltips give the papers' terms
    ]
    return {
        "layer": layers,
        "width": "container",
        "height": place.height,
        # only the width follows the page: the staves keep their heights in pixels
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
    }


def _cursor_band(canvas: Canvas, cursor: int, palette: Palette) -> Spec:
    row = _cursor_box(canvas, cursor)
    return canvas.boxes("cursor", [row], color=palette.cursor, opacity=0.28, cornerRadius=3)


def _cursor_frame(canvas: Canvas, cursor: int, palette: Palette) -> Spec:
    row = _cursor_box(canvas, cursor)  # above the veil, so that the cursor can be seen there too
    frame: dict[str, Any] = {
        "fill": None,
        "stroke": palette.cursor,
        "strokeWidth": 1.5,
        "cornerRadius": 3,
    }
    return canvas.boxes("cursor_frame", [row], **frame)


def _cursor_box(canvas: Canvas, cursor: int) -> Row:
    return {"x": cursor - 0.5, "x2": cursor + 0.5, "y": 24, "y2": canvas.place.height}


def _grid(canvas: Canvas, palette: Palette) -> list[Spec]:
    left, right = 0.5, canvas.n_layers + 0.5
    place = canvas.place
    heights = [s.y(v) for s in (place.probs, place.entropy, place.ms) for v in (0, s.high)]
    grid: list[Row] = [{"x": left, "x2": right, "y": y, "y2": y} for y in heights]
    half = place.probs.y(0.5)
    middle: list[Row] = [{"x": left, "x2": right, "y": half, "y2": half}]
    return [
        canvas.rules("grid", grid, color=palette.faint),
        canvas.rules("half", middle, color=palette.faint, strokeDash=[3, 3]),
    ]


def _titles(canvas: Canvas, palette: Palette) -> list[Spec]:
    rows: list[Row] = [
        {"y": stave.top - 13, "text": stave.title, "term": term}
        for stave, term in zip(canvas.place.all, wording.STAVE_TERMS, strict=True)
    ]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    titles = canvas.words("titles", rows, at_left=True, color=palette.muted, **font)
    titles["encoding"]["tooltip"] = {"field": "term", "type": "nominal"}
    return [
        # a halo in the page's colour, so that a title can be read across the exit mark
        canvas.words(
            "titles_halo", rows, at_left=True, stroke=palette.paper, strokeWidth=4, **font
        ),
        titles,
    ]


def _probabilities(
    canvas: Canvas, trace: LayerTrace, decision: Decision, names: list[str], palette: Palette
) -> list[Spec]:
    stave = canvas.place.probs
    rows: list[Row] = [
        {
            "x": layer,
            "y": stave.y(float(p)),
            "index": i,
            "label": names[i],
            "ink": palette.label(i),
            "probability": round(float(p), 4),
        }
        for layer, probs in enumerate(trace.probs, start=1)
        for i, p in enumerate(probs)
    ]
    parts = [
        canvas.lines("probabilities", rows, ink="ink", strokeWidth=2.5, interpolate="monotone")
    ]
    for index in range(len(names)):
        shape = SHAPES[index % len(SHAPES)]
        mine = [row for row in rows if row["index"] == index]
        parts.append(canvas.points(f"points_{index}", mine, ink="ink", size=55, shape=shape))
    check = shown_at(decision, 1, "probabilities")
    if check is not None:
        parts.append(_threshold(canvas, "needed_probability", stave, check.needed, palette))
    return parts


def _line_names(
    canvas: Canvas, trace: LayerTrace, names: list[str], palette: Palette
) -> list[Spec]:
    """Each line's label beside its end: quicker to read than a legend."""
    stave = canvas.place.probs
    ends = sorted((stave.y(float(p)), index) for index, p in enumerate(trace.probs[-1]))
    half = len(ends) / 2
    heights = [y + (-_LINE_GAP if rank < half else _LINE_GAP) for rank, (y, _) in enumerate(ends)]
    heights = spread(heights, gap=_LINE_GAP, low=stave.bottom + 6)
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


def _threshold(canvas: Canvas, name: str, stave: Stave, value: float, palette: Palette) -> Spec:
    y, right = stave.y(value), canvas.n_layers + 0.5
    line: Row = {"x": 0.5, "x2": right, "y": y, "y2": y}
    return canvas.rules(name, [line], color=palette.ink, strokeDash=[5, 3], strokeWidth=1.5)


def _entropy(canvas: Canvas, trace: LayerTrace, decision: Decision, palette: Palette) -> list[Spec]:
    stave, own = canvas.place.entropy, own_values(decision)
    row = "own" if own else "doubt"
    rows: list[Row] = []
    for layer, value in enumerate(own or trace.entropy, start=1):
        check = shown_at(decision, layer, row)
        hit = check is not None and check.met
        rows.append(
            {
                "x": layer - 0.3,
                "x2": layer + 0.3,
                "y": stave.y(float(value)),
                "y2": stave.y(0),
                "ink": palette.bar_hit if hit else palette.bar,
                "doubt": round(float(value), 4),
            }
        )
    bars = canvas.boxes("entropy", rows, ink="ink", cornerRadius=1)
    first = shown_at(decision, 1, row)
    if first is None:
        return [bars]
    bound = quantity(first.quantity).place(first.needed, len(trace.label_names))
    return [bars, _threshold(canvas, "needed_entropy", stave, bound, palette)]


def _cells(
    canvas: Canvas, trace: LayerTrace, decision: Decision, names: list[str], palette: Palette
) -> list[Spec]:
    stave = canvas.place.labels
    cells: list[Row] = []
    for layer, label in enumerate(trace.labels, start=1):
        index, run = int(label), shown_at(decision, layer, "labels")
        cells.append(
            {
                "x": layer - 0.46,
                "x2": layer + 0.46,
                "y": stave.top,
                "y2": stave.bottom,
                "index": index,
                "fill": palette.label(index),
                "ink": palette.label_ink(index),
                "label": names[index],
                "count": "" if run is None else f"{run.value:.0f}",
            }
        )
    signs: list[Row] = []
    counts: list[Row] = []
    for layer, cell in enumerate(cells, start=1):
        middle = {"x": layer, "ink": cell["ink"], "index": cell["index"]}
        signs.append({**middle, "y": stave.top + (10 if cell["count"] else 16)})
        counts.append({**middle, "y": stave.top + 23, "text": cell["count"]})
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
        first, last = closed
        low = stave.bottom + 8
        left, right = first - 0.42, last + 0.42
        bracket: list[Row] = [
            {"x": left, "x2": right, "y": low, "y2": low},
            {"x": left, "x2": left, "y": low - 5, "y2": low},
            {"x": right, "x2": right, "y": low - 5, "y2": low},
        ]
        parts.append(canvas.rules("bracket", bracket, color=palette.ink, strokeWidth=2))
    return parts


def _milliseconds(canvas: Canvas, trace: LayerTrace, palette: Palette) -> list[Spec]:
    stave = canvas.place.ms
    rows: list[Row] = [
        {
            "x": layer - 0.3,
            "x2": layer + 0.3,
            "y": stave.y(float(ms)),
            "y2": stave.y(0),
            "ms": round(float(ms), 3),
        }
        for layer, ms in enumerate(trace.layer_ms, start=1)
    ]
    return [canvas.boxes("milliseconds", rows, color=palette.bar, cornerRadius=1)]


def _after_exit(canvas: Canvas, decision: Decision, palette: Palette) -> list[Spec]:
    left, right = decision.exit_layer + 0.5, canvas.n_layers + 0.5
    if left >= right:
        return []
    top, height = 26.0, canvas.place.height
    veil: Row = {"x": left, "x2": right, "y": top, "y2": height}
    parts = [
        canvas.boxes("veil", [veil], color=palette.paper, opacity=0.62),
        canvas.rules("hatch", hatch(left, right, top, height), color=palette.muted, opacity=0.22),
    ]
    if right - left >= 0.25 * canvas.n_layers:  # else there is no room for the words on a telephone
        words: Row = {"x": right - 0.05, "y": 12, "text": wording.NOT_NEEDED}
        parts.append(
            canvas.words(
                "not_needed",
                [words],
                align="right",
                color=palette.muted,
                fontSize=12,
                fontStyle="italic",
            )
        )
    return parts


def _exit_mark(canvas: Canvas, decision: Decision, palette: Palette) -> list[Spec]:
    layer = decision.exit_layer
    early = layer < decision.n_layers
    to_left = layer >= decision.n_layers / 2  # beside it on the right stands NOT_NEEDED
    text = wording.FLAG_EXIT if early else wording.FLAG_FULL
    # the mark stands after the layer: that layer was computed, the next one is not
    x = layer + 0.5
    mark: Row = {"x": x, "x2": x, "y": 4, "y2": canvas.place.height}
    flag = canvas.words(
        "exit_flag",
        [{"x": x, "y": 12, "text": f"{text} ▸" if to_left else f"◂ {text}"}],
        align="right" if to_left else "left",
        dx=-6 if to_left else 6,
        color=palette.ink,
        fontSize=13,
        fontWeight=700,
    )
    return [canvas.rules("exit_mark", [mark], color=palette.ink, strokeWidth=3), flag]


def _hover(canvas: Canvas, trace: LayerTrace, names: list[str]) -> Spec:
    rows: list[Row] = []
    labels, confidence, entropy = trace.labels, trace.confidence, trace.entropy
    for layer in range(1, canvas.n_layers + 1):
        index = int(labels[layer - 1])
        rows.append(
            {
                "layer": layer,
                "x": layer - 0.5,
                "x2": layer + 0.5,
                "y": 0,
                "y2": canvas.place.height,
                "leads": names[index],
                "probability": f"{confidence[layer - 1]:.3f}",
                "doubt": f"{entropy[layer - 1]:.3f}",
                "ms": f"{trace.layer_ms[layer - 1]:.2f}",
            }
        )
    boxes = canvas.boxes("layers", rows, opacity=0, cursor="pointer")
    boxes["encoding"]["tooltip"] = [
        {"field": field, "title": title, "type": "nominal"} for field, title in TOOLTIPS
    ]
    boxes["params"] = [
        {
            "name": SELECTION,
            "select": {"type": "point", "fields": ["layer"], "on": "click"},
        }
    ]
    return boxes
