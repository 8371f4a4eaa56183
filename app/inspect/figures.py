"""What Inspect draws besides the score: what had been read, and how the state moves.

`reading_grid` has words as rows and layers as columns, stronger for a larger share; every column
adds up to 1. `map_figure` shows what the exit head reads after each layer as a point; a way joins
them in order, and a region has the colour and the sign of the label that wins there. What lies
after the exit is veiled or dimmed, because the running model would not have made it. Pure: what was
found and a decision in, a specification out, or a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.inspect import words
from app.shared import words as common
from app.shared.canvas import LayerCanvas, Row, Spec, box, figure, tips
from app.shared.palette import Palette, glyph, shape
from app.shared.rows import HOVERED
from app.shared.text import label_names, piece
from elbert_core.policies.explanation import Decision
from elbert_core.reading.state_map import StateMap
from elbert_core.results import LayerTrace

_ROW = 22
_CELL = 18
_GUTTER = 96
"""Pixels left of the figure, for the words."""
HEIGHT = 360
_COLUMNS = 96  # in which regions are drawn where there are more than two
_LATER = 0.4
"""Opacity of what lies after the exit."""
_NEAR = (0.035, 0.06)
"""Numbers closer than these shares of the frame, to the right and down, would cover each other."""

Frame = tuple[float, float, float, float]


def reading_grid(
    shares: NDArray[np.float64],
    names: Sequence[str],
    decision: Decision,
    *,
    cursor: int,
    palette: Palette,
) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        shares: (layers, words), each layer sums to 1.
        names: the words.
        decision: where the sentence leaves; same number of layers.
        cursor: layer under the cursor, 1..n_layers.
        palette: colours for a light or a dark page.
    """
    n_layers, height = shares.shape[0], _ROW * len(names) + 4
    canvas = LayerCanvas(n_layers, height, {}, palette, gutter=_GUTTER)
    low, high = float(shares.min()), float(shares.max())
    cells: list[Row] = []
    titles: list[tuple[float, str]] = []
    for row, name in enumerate(map(piece, names)):
        top = _ROW * row + 4
        titles.append((top + _CELL / 2, name))
        for layer, share in enumerate(map(float, shares[:, row]), start=1):
            strength = 0.08 + 0.92 * (share - low) / (high - low or 1.0)
            told = {"layer": layer, "word": name, "share": f"{share:.3f}"}
            told["fill"] = blend(palette.paper, palette.magnitude, strength)
            cells.append(box(layer - 0.46, layer + 0.46, top, top + _CELL, **told))
    grid = canvas.boxes("shares", cells, ink="fill", cornerRadius=2)
    titled = {"word": words.READING_WORD, "layer": common.COLUMN_LAYER}
    titled["share"] = words.READING_SHARE
    band = box(cursor - 0.5, cursor + 0.5, 2, height)
    x = decision.exit_layer + 0.5
    return figure(
        [
            canvas.boxes("cursor", [band], color=palette.cursor, opacity=0.28, cornerRadius=3),
            tips(grid, titled),
            *canvas.veil(x, n_layers + 0.5, 2, height),
            canvas.rules("exit_mark", [box(x, x, 2, height)], color=palette.ink, strokeWidth=3),
            canvas.in_gutter(titles, palette.ink),
        ],
        height,
    )


def shares_table(shares: NDArray[np.float64], names: list[str]) -> dict[str, list[object]]:
    """The grid by column: a word, then its share in each layer."""
    table: dict[str, list[object]] = {words.READING_WORD: [piece(name) for name in names]}
    for layer, row in enumerate(shares, start=1):
        table[str(layer)] = [round(float(share), 4) for share in row]
    return table


def blend(low: str, high: str, part: float) -> str:
    """The colour `part` of the way from one "#rrggbb" to another."""
    pairs = [(int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * min(max(part, 0.0), 1.0)):02x}" for a, b in pairs)


class _MapCanvas(LayerCanvas):
    """Both axes belong to the map; neither has numbers, because only regions and order matter."""

    def __init__(self, frame: Frame, palette: Palette) -> None:
        super().__init__(1, HEIGHT, {}, palette)
        self.frame = left, right, low, high = frame
        bare: Spec = {"nice": False, "zero": False}
        self.x |= {"scale": {**bare, "domain": [left, right]}}
        self.x["axis"] |= {"values": [], "labels": False, "title": None}
        self.y |= {"scale": {**bare, "domain": [low, high]}}


def map_figure(found: StateMap, trace: LayerTrace, decision: Decision, *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        found: the map of the same sentence.
        trace: all layers of it.
        decision: where it leaves.
        palette: colours for a light or a dark page.
    """
    canvas = _MapCanvas(found.frame(), palette)
    return figure(
        [
            *_regions(canvas, found, label_names(trace)),
            *_way(canvas, found, decision),
            *_points(canvas, found, trace, decision),
            *_numbers(canvas, found, decision),
        ],
        HEIGHT,
    )


def map_table(found: StateMap, trace: LayerTrace) -> dict[str, list[object]]:
    """The map's numbers by column, one entry a layer."""
    names = label_names(trace)
    columns: list[list[object]] = [
        list(range(1, trace.n_layers + 1)),
        [round(float(x), 3) for x in found.points[:, 0]],
        [round(float(y), 3) for y in found.points[:, 1]],
        [names[int(label)] for label in trace.labels],
        [round(float(p), 4) for p in trace.confidence],
        [common.YES if right else common.NO for right in found.faithful],
    ]
    return dict(zip(words.MAP_COLUMNS, columns, strict=True))


def _regions(canvas: _MapCanvas, found: StateMap, names: list[str]) -> list[Spec]:
    frame, palette = canvas.frame, canvas.palette
    boxes: list[Row] = []
    largest: dict[int, tuple[float, float, float]] = {}  # height, x, y of each label's best column
    for region in found.regions(frame, columns=_COLUMNS):
        fill = palette.label(region.label)
        boxes.append(box(region.x, region.x2, region.y, region.y2, fill=fill))
        high = region.y2 - region.y
        if high > largest.get(region.label, (0.0,))[0] * (1 + 1e-9):
            largest[region.label] = (high, (region.x + region.x2) / 2, region.y2)
    places: dict[str, list[Row]] = {"left": [], "center": [], "right": []}
    for label, (_, x, top) in sorted(largest.items()):
        side = _side(x, frame)
        if len(names) == 2:  # one region on each side, however narrow
            side, x = ("left", frame[0]) if label == 0 else ("right", frame[1])
        text = f"{glyph(label)} {names[label]}"
        places[side].append({"x": x, "y": top, "text": text, "ink": palette.label_text(label)})
    parts = [canvas.boxes("regions", boxes, ink="fill", opacity=0.16)]
    for side, rows in places.items():
        font: dict[str, Any] = {"fontSize": 13, "fontWeight": 700, "dy": 14, "align": side}
        dx = {"left": 8, "center": 0, "right": -8}[side]
        parts += canvas.haloed(f"region_names_{side}", rows, palette, ink="ink", dx=dx, **font)
    return parts


def _side(x: float, frame: Frame) -> str:
    """How a text at x is aligned so that it stays inside the frame."""
    share = (x - frame[0]) / (frame[1] - frame[0])
    return "left" if share < 0.15 else ("right" if share > 0.85 else "center")


def _way(canvas: _MapCanvas, found: StateMap, decision: Decision) -> list[Spec]:
    palette = canvas.palette
    points = [(float(x), float(y)) for x, y in found.points]
    steps = [box(a[0], b[0], a[1], b[1]) for a, b in zip(points[:-1], points[1:], strict=True)]
    cut = decision.exit_layer - 1
    later: dict[str, Any] = {"strokeWidth": 1.5, "strokeDash": [4, 4], "opacity": _LATER}
    return [
        canvas.rules("way", steps[:cut], color=palette.ink, strokeWidth=2),
        canvas.rules("way_later", steps[cut:], color=palette.muted, **later),
    ]


def _points(
    canvas: _MapCanvas, found: StateMap, trace: LayerTrace, decision: Decision
) -> list[Spec]:
    names, palette = label_names(trace), canvas.palette
    groups: dict[tuple[bool, int], list[Row]] = {}
    for layer, ((x, y), label) in enumerate(zip(found.points, trace.labels, strict=True), start=1):
        index = int(label)
        groups.setdefault((layer <= decision.exit_layer, index), []).append(
            {
                "x": float(x),
                "y": float(y),
                "ink": palette.label(index),
                "layer": layer,
                "leads": names[index],
                "probability": f"{trace.confidence[layer - 1]:.3f}",
            }
        )
    told = {name: HOVERED[name] for name in ("layer", "leads", "probability")}
    edge: dict[str, Any] = {"size": 90, "stroke": palette.paper, "strokeWidth": 1}
    parts = []
    for (read, index), rows in sorted(groups.items()):
        name = f"points_{index}{'' if read else '_later'}"
        look = {"shape": shape(index), "opacity": 1 if read else _LATER}
        parts.append(tips(canvas.points(name, rows, ink="ink", **look, **edge), told))
    x, y = map(float, found.points[decision.exit_layer - 1])
    ring: dict[str, Any] = {"filled": False, "shape": "circle", "strokeWidth": 3, "size": 330}
    return [*parts, canvas.points("exit_ring", [{"x": x, "y": y}], color=palette.ink, **ring)]


def _numbers(canvas: _MapCanvas, found: StateMap, decision: Decision) -> list[Spec]:
    frame, palette = canvas.frame, canvas.palette
    wide, high = frame[1] - frame[0], frame[3] - frame[2]
    last, exit_layer = len(found.points), decision.exit_layer
    placed: list[tuple[float, float]] = []
    rows: dict[bool, list[Row]] = {True: [], False: []}
    # the exit first, then both ends, then whoever still has room
    for layer in dict.fromkeys((exit_layer, 1, last, *range(2, last))):
        x, y = map(float, found.points[layer - 1])
        if any(abs(x - a) < _NEAR[0] * wide and abs(y - b) < _NEAR[1] * high for a, b in placed):
            continue
        placed.append((x, y))
        if layer != exit_layer:
            rows[layer > exit_layer].append({"x": x, "y": y, "text": str(layer)})
    x, y = placed[0]
    says = common.FLAG_EXIT if exit_layer < last else common.FLAG_FULL
    flag: list[Row] = [{"x": x, "y": y, "text": f"{exit_layer} {says}"}]
    font: dict[str, Any] = {"fontSize": 12, "fontWeight": 600}
    beside: dict[str, Any] = {"align": "left", "dx": 12, **font}
    # above the ring, where the way seldom runs; below it under the names of the regions
    dy = -22 if y < frame[3] - 0.2 * high else 22
    return [
        *canvas.haloed("numbers_later", rows[True], palette, color=palette.muted, **beside),
        *canvas.haloed("numbers_read", rows[False], palette, color=palette.ink, **beside),
        *canvas.haloed(
            "numbers_exit", flag, palette, color=palette.ink, align=_side(x, frame), dy=dy, **font
        ),
    ]
