"""Rows on one depth axis: the picture of every comparison.

Depth runs from left to right, 1 to L; rows stand under one another, each with its title. The core
of a row is a strip of cells, the leading label of every layer in its colour and sign.

- `strips`: strips alone, coloured as far as each is read, with a mark where it leaves and empty
  cells after it. Many rules on one sentence, or many sentences under one rule.
- `paths`: each strip under the probabilities of all labels as lines; what lies after an exit is
  veiled and hatched, and layers can be kept back. Two or three sentences or settings, and lessons.

What slides over paths, and what single words do, is drawn on the same axis in
`app.compare.figures`. Written as Vega-Lite directly, like the score. Pure: traces and decisions in,
a specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.shared import words
from app.shared.canvas import LayerCanvas, Row, Spec, Stave, box, figure, spread, tips
from app.shared.palette import Palette, glyph, shape
from app.shared.quantities import closed_run
from app.shared.text import label_names
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

KEPT_BACK = "?"
_TICKS = {1.0: "1", 0.5: "½", 0.0: "0"}
_LINES, _TITLE, _CELLS, _GAP = 84, 30, 20, 20  # pixels of a path's parts
PATH_HEIGHT = _TITLE + _LINES + 8 + _CELLS + _GAP
"""Pixels that one path takes."""
_STRIP, _CELL = 50, 19  # pixels of a strip with its title, and of its cells


@dataclass(frozen=True, slots=True)
class Strip:
    """How far one sentence is read under one rule.

    Attributes:
        title: what stands above it, plain text.
        trace: all layers; as many as in every other strip of the figure.
        exit_layer: layers applied, 1..n_layers.
        said: the result in a few characters, above the strip on the right.
        label: index of the answer, in whose colour that is written.
        possible: False for one that looks ahead, whose mark is dashed.
        differs: layers that get a dot, because they differ from the first strip.
    """

    title: str
    trace: LayerTrace
    exit_layer: int
    said: str = ""
    label: int = 0
    possible: bool = True
    differs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """One sentence under one rule, with its probabilities.

    Attributes:
        title: what stands above it, plain text.
        trace: all layers.
        decision: where it leaves; None shows no exit.
        upto: layers that are shown at all, 0..n_layers; None shows every one.
    """

    title: str
    trace: LayerTrace
    decision: Decision | None = None
    upto: int | None = None

    @property
    def shown_layers(self) -> int:
        """Layers of which anything is drawn."""
        return self.trace.n_layers if self.upto is None else min(self.upto, self.trace.n_layers)


def strips(rows: Sequence[Strip], *, palette: Palette, probabilities: str = "") -> Spec:
    """Strips under one another.

    Args:
        rows: at least one.
        palette: colours for a light or a dark page.
        probabilities: title for the first one's probabilities, drawn above all; "" for none.
    """
    trace = rows[0].trace
    n_layers = trace.n_layers
    stave = Stave(probabilities, 28, 108)
    first = 128 if probabilities else 0
    height = first + _STRIP * len(rows) + 6
    ticks = {stave.y(value): sign for value, sign in _TICKS.items()} if probabilities else {}
    canvas = LayerCanvas(n_layers, height, ticks, palette)
    parts: list[Spec] = []
    if probabilities:
        parts += probability_lines(canvas, stave, trace, upto=n_layers)
        parts += canvas.heading([(stave.top - 17, stave.title)], name="_probabilities")
        parts += line_names(canvas, stave, trace)
    empty: list[Row] = []
    marks: dict[bool, list[Row]] = {True: [], False: []}
    dots: list[Row] = []
    results: list[Row] = []
    titles: list[tuple[float, str]] = []
    for number, row in enumerate(rows):
        title = first + _STRIP * number + 12
        top = title + 10
        low, x = top + _CELL, row.exit_layer + 0.5
        titles.append((title, row.title))
        parts += label_cells(canvas, row.trace, top, low, upto=row.exit_layer, name=f"_{number}")
        empty += [_cell(layer, top, low) for layer in range(row.exit_layer + 1, n_layers + 1)]
        marks[row.possible].append(box(x, x, top - 4, low + 4))
        dots += [{"x": layer, "y": low + 6} for layer in row.differs]
        if row.said:
            text = {"text": f"{glyph(row.label)} {row.said}", "ink": palette.label_text(row.label)}
            results.append({"x": n_layers + 0.46, "y": title, **text})
    mark: dict[str, Any] = {"color": palette.ink, "strokeWidth": 3}
    font: dict[str, Any] = {"align": "right", "fontSize": 12, "fontWeight": 600}
    return figure(
        [
            canvas.boxes("unread", empty, fill=None, stroke=palette.faint, cornerRadius=3),
            *parts,
            canvas.rules("exits", marks[True], **mark),
            canvas.rules("oracle", marks[False], strokeDash=[4, 3], **mark),
            canvas.points("differs", dots, color=palette.ink, size=26, shape="circle"),
            *canvas.heading(titles),
            *canvas.haloed("results", results, palette, ink="ink", **font),
        ],
        height,
    )


def paths(entries: Sequence[Path], *, palette: Palette) -> Spec:
    """Paths under one another.

    Args:
        entries: at least one; the deepest gives the axis.
        palette: colours for a light or a dark page.
    """
    n_layers = max(entry.trace.n_layers for entry in entries)
    height = PATH_HEIGHT * len(entries) - _GAP + 4
    tops = [PATH_HEIGHT * number + _TITLE for number in range(len(entries))]
    staves = [
        Stave(entry.title, top, top + _LINES) for entry, top in zip(entries, tops, strict=True)
    ]
    ticks = {stave.y(value): sign for stave in staves for value, sign in _TICKS.items()}
    canvas = LayerCanvas(n_layers, height, ticks, palette)
    layers: list[Spec] = []
    over: list[Row] = []
    for number, (entry, stave) in enumerate(zip(entries, staves, strict=True)):
        layers += _path(canvas, entry, stave, f"_{number}")
        low = stave.bottom + 8 + _CELLS
        over += hovered(entry.trace, stave.top - 4, low, upto=entry.shown_layers)
    return figure([*layers, tips(canvas.boxes("hover", over, opacity=0), HOVERED)], height)


def _path(canvas: LayerCanvas, entry: Path, stave: Stave, name: str) -> list[Spec]:
    palette = canvas.palette
    trace, upto, decision = entry.trace, entry.shown_layers, entry.decision
    top, low = stave.bottom + 8, stave.bottom + 8 + _CELLS
    parts = [
        *probability_lines(canvas, stave, trace, upto=upto, name=name),
        *label_cells(canvas, trace, top, low, upto=upto, name=name),
    ]
    left, right = upto + 0.5, trace.n_layers + 0.5
    if left < right:
        back = box(left, right, stave.top - 4, low)
        sign = {"x": (left + right) / 2, "y": (stave.top + stave.bottom) / 2, "text": KEPT_BACK}
        parts += [
            canvas.boxes(f"kept_back{name}", [back], color=palette.faint, opacity=0.6),
            canvas.words(f"kept_back_sign{name}", [sign], color=palette.muted, fontSize=22),
        ]
    if decision is not None and decision.exit_layer <= upto:
        x = decision.exit_layer + 0.5
        mark = box(x, x, stave.top - 10, low + 3)
        parts += canvas.veil(x, right, stave.top - 2, low, name=name)
        parts.append(canvas.rules(f"exit_mark{name}", [mark], color=palette.ink, strokeWidth=3))
        run = closed_run(decision)
        if run is not None:
            parts.append(canvas.bracket(*run, low + 6, name=name))
    return [*parts, *canvas.heading([(stave.top - 19, entry.title)], name=name)]


def probability_lines(
    canvas: LayerCanvas, stave: Stave, trace: LayerTrace, *, upto: int, name: str = ""
) -> list[Spec]:
    """Probability of each label over the first `upto` layers, on a grid of 0, ½ and 1."""
    palette = canvas.palette
    right, names = trace.n_layers + 0.5, label_names(trace)
    by_label: list[list[Row]] = [
        [
            {"x": layer, "y": stave.y(float(p)), "index": i, "ink": palette.label(i), "label": said}
            for layer, p in enumerate(trace.probs[:upto, i], start=1)
        ]
        for i, said in enumerate(names)
    ]
    grid = {value: box(0.5, right, stave.y(value), stave.y(value)) for value in _TICKS}
    faint = palette.faint
    curve: dict[str, Any] = {"ink": "ink", "strokeWidth": 2.5, "interpolate": "monotone"}
    return [
        canvas.rules(f"grid{name}", [grid[0.0], grid[1.0]], color=faint),
        canvas.rules(f"half{name}", [grid[0.5]], color=faint, strokeDash=[3, 3]),
        canvas.lines(f"probabilities{name}", sum(by_label, []), **curve),
        *(
            canvas.points(f"points_{i}{name}", mine, ink="ink", size=42, shape=shape(i))
            for i, mine in enumerate(by_label)
        ),
    ]


def line_names(canvas: LayerCanvas, stave: Stave, trace: LayerTrace) -> list[Spec]:
    """The names of as many lines as there is room for, beside their ends, the likeliest first."""
    low, gap = stave.bottom + 8, 13
    room = int((low - stave.top) / gap) + 1
    ends = sorted((stave.y(float(p)), index) for index, p in enumerate(trace.probs[-1]))[:room]
    wanted = [y + (-gap if rank < len(ends) / 2 else gap) for rank, (y, _) in enumerate(ends)]
    heights = spread([max(y, stave.top) for y in wanted], gap=gap, low=low)
    x, names, palette = canvas.n_layers + 0.45, label_names(trace), canvas.palette
    rows: list[Row] = [
        {"x": x, "y": round(y, 2), "text": f"{glyph(i)} {names[i]}", "ink": palette.label_text(i)}
        for y, (_, i) in zip(heights, ends, strict=True)
    ]
    font: dict[str, Any] = {"align": "right", "fontSize": 12, "fontWeight": 600}
    return canvas.haloed("line_names", rows, palette, ink="ink", **font)


def label_cells(
    canvas: LayerCanvas,
    trace: LayerTrace,
    top: float,
    low: float,
    *,
    upto: int,
    counts: Sequence[str] = (),
    name: str = "",
) -> list[Spec]:
    """The leading label of the first `upto` layers: coloured cells with its shape, and a count."""
    palette, middle, names = canvas.palette, (top + low) / 2, label_names(trace)
    leading = [(layer, int(i)) for layer, i in enumerate(trace.labels[:upto], start=1)]
    cells = [_cell(n, top, low, fill=palette.label(i), label=names[i]) for n, i in leading]
    inks: list[Row] = [{"x": layer, "ink": palette.label_ink(i)} for layer, i in leading]
    signs: dict[int, list[Row]] = {}
    for (_, label), ink in zip(leading, inks, strict=True):
        signs.setdefault(label, []).append({**ink, "y": middle - 6 if counts else middle})
    told = [{**ink, "y": middle + 7, "text": n} for ink, n in zip(inks, counts, strict=False)]
    return [
        canvas.boxes(f"labels{name}", cells, ink="fill", cornerRadius=3),
        canvas.words(f"counts{name}", told, ink="ink", fontSize=11, fontWeight=600),
        *(
            canvas.points(f"signs_{i}{name}", rows, ink="ink", size=40, shape=shape(i))
            for i, rows in sorted(signs.items())
        ),
    ]


def _cell(layer: int, top: float, low: float, **more: Any) -> Row:
    return box(layer - 0.46, layer + 0.46, top, low, **more)


def hovered(trace: LayerTrace, top: float, low: float, *, upto: int | None = None) -> list[Row]:
    """Boxes over the first `upto` layers that tell what each says; see `HOVERED`."""
    names = label_names(trace)
    return [
        box(
            layer - 0.5,
            layer + 0.5,
            top,
            low,
            layer=layer,
            leads=names[int(label)],
            probability=f"{sure:.3f}",
            doubt=f"{doubt:.3f}",
        )
        for layer, (label, sure, doubt) in enumerate(
            zip(trace.labels[:upto], trace.confidence, trace.entropy, strict=False), start=1
        )
    ]


HOVERED = {
    "layer": words.COLUMN_LAYER,
    "leads": words.COLUMN_LEADS,
    "probability": words.COLUMN_PROBABILITY,
    "doubt": words.COLUMN_ENTROPY,
}
"""What a tooltip of a layer shows, and what that is called."""
