"""The way of a sentence's state over a map: where each label wins, and where each layer stands.

What the exit head reads after each layer is a point; the way joins them in order. A region has the
colour and the sign of the label that wins there. The exit has a ring; later points are dimmed,
because the running model would not have made them. Pure: a map and a decision in, a Vega-Lite
specification out.
"""

from __future__ import annotations

from typing import Any

from app.inspect import words
from app.shared import narration
from app.shared import words as common
from app.shared.canvas import LayerCanvas, Row, Spec, figure
from app.shared.palette import Palette, glyph, shape
from app.shared.reading import label_names
from app.shared.words import NO, YES
from elbert_core.policies.explanation import Decision
from elbert_core.reading.state_map import StateMap
from elbert_core.results import LayerTrace

HEIGHT = 360
_COLUMNS = 96  # in which regions are drawn where there are more than two
_LATER = 0.4
"""Opacity of what lies after the exit."""
_NEAR = (0.035, 0.06)
"""Numbers closer than these shares of the frame, to the right and down, would cover each other."""

Frame = tuple[float, float, float, float]


class _MapCanvas(LayerCanvas):
    """Both axes belong to the map; neither has numbers, because only regions and order matter."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(1, HEIGHT, {})
        left, right, low, high = frame
        bare: Spec = {"nice": False, "zero": False}
        self._x |= {"scale": {**bare, "domain": [left, right]}}
        self._x["axis"] |= {"values": [], "labels": False, "title": None}
        self._y |= {"scale": {**bare, "domain": [low, high]}}


def map_figure(found: StateMap, trace: LayerTrace, decision: Decision, *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        found: the map of the same sentence.
        trace: all layers of it.
        decision: where it leaves.
        palette: colours for a light or a dark page.
    """
    frame = found.frame()
    canvas = _MapCanvas(frame)
    names = label_names(trace)
    return figure(
        [
            *_regions(canvas, found, frame, names, palette),
            *_way(canvas, found, decision, palette),
            *_points(canvas, found, trace, decision, palette),
            *_numbers(canvas, found, decision, frame, palette),
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
        [YES if right else NO for right in found.faithful],
    ]
    return dict(zip(words.MAP_COLUMNS, columns, strict=True))


def map_said(trace: LayerTrace, decision: Decision) -> str:
    """What a sighted reader would take away from the figure, in words."""
    names = label_names(trace)
    labels = [int(label) for label in trace.labels[: decision.exit_layer]]
    turns = [
        f"crosses to {names[now]} at layer {layer}"
        for layer, (before, now) in enumerate(zip(labels, labels[1:], strict=False), start=2)
        if before != now
    ]
    listed = ", then ".join(turns[:4]) + (", and so on" if len(turns) > 4 else "")
    way = listed or "stays there"
    return (
        f"After layer 1 it stands in the region of {names[labels[0]]} and {way}. "
        f"It stops at layer {decision.exit_layer} in the region of "
        f"{narration.name(decision.label_name)}."
    )


def _regions(
    canvas: LayerCanvas, found: StateMap, frame: Frame, names: list[str], palette: Palette
) -> list[Spec]:
    boxes: list[Row] = []
    largest: dict[int, tuple[float, float, float]] = {}  # height, x, y of each label's best column
    for region in found.regions(frame, columns=_COLUMNS):
        boxes.append(
            {
                "x": region.x,
                "x2": region.x2,
                "y": region.y,
                "y2": region.y2,
                "fill": palette.label(region.label),
            }
        )
        high = region.y2 - region.y
        best = largest.get(region.label)
        if best is None or high > best[0] * (1 + 1e-9):
            largest[region.label] = (high, (region.x + region.x2) / 2, region.y2)
    places: dict[str, list[Row]] = {"left": [], "center": [], "right": []}
    left, right = frame[0], frame[1]
    for label, (_, x, top) in sorted(largest.items()):
        share = (x - left) / (right - left)
        if len(names) == 2:  # one region on each side, however narrow
            side, x = ("left", left) if label == 0 else ("right", right)
        else:
            side = "left" if share < 0.15 else ("right" if share > 0.85 else "center")
        text = f"{glyph(label)} {names[label]}"
        places[side].append({"x": x, "y": top, "text": text, "ink": palette.label_text(label)})
    parts = [canvas.boxes("regions", boxes, ink="fill", opacity=0.16)]
    for side, rows in places.items():
        dx = {"left": 8, "center": 0, "right": -8}[side]
        font: dict[str, Any] = {"fontSize": 13, "fontWeight": 700, "dy": 14, "dx": dx}
        font["align"] = side
        halo: dict[str, Any] = {"stroke": palette.paper, "strokeWidth": 4}
        parts += [
            canvas.words(f"region_halo_{side}", rows, **halo, **font),
            canvas.words(f"region_names_{side}", rows, ink="ink", **font),
        ]
    return parts


def _way(canvas: LayerCanvas, found: StateMap, decision: Decision, palette: Palette) -> list[Spec]:
    steps: list[Row] = [
        {"x": float(a[0]), "y": float(a[1]), "x2": float(b[0]), "y2": float(b[1])}
        for a, b in zip(found.points[:-1], found.points[1:], strict=True)
    ]
    cut = decision.exit_layer - 1
    return [
        canvas.rules("way", steps[:cut], color=palette.ink, strokeWidth=2),
        canvas.rules(
            "way_later",
            steps[cut:],
            color=palette.muted,
            strokeWidth=1.5,
            strokeDash=[4, 4],
            opacity=_LATER,
        ),
    ]


def _points(
    canvas: LayerCanvas, found: StateMap, trace: LayerTrace, decision: Decision, palette: Palette
) -> list[Spec]:
    names = label_names(trace)
    rows: list[Row] = [
        {
            "x": float(x),
            "y": float(y),
            "index": int(label),
            "ink": palette.label(int(label)),
            "layer": layer,
            "leads": names[int(label)],
            "probability": f"{trace.confidence[layer - 1]:.3f}",
            "later": layer > decision.exit_layer,
        }
        for layer, ((x, y), label) in enumerate(
            zip(found.points, trace.labels, strict=True), start=1
        )
    ]
    parts = []
    for later in (True, False):
        for index in sorted({row["index"] for row in rows}):
            mine = [row for row in rows if row["index"] == index and row["later"] is later]
            part = canvas.points(
                f"points_{index}{'_later' if later else ''}",
                mine,
                ink="ink",
                size=90,
                shape=shape(index),
                opacity=_LATER if later else 1,
                stroke=palette.paper,
                strokeWidth=1,
            )
            part["encoding"]["tooltip"] = [
                {"field": field, "title": title, "type": "nominal"}
                for field, title in (
                    ("layer", common.COLUMN_LAYER),
                    ("leads", common.COLUMN_LEADS),
                    ("probability", common.COLUMN_PROBABILITY),
                )
            ]
            parts.append(part)
    ring = [rows[decision.exit_layer - 1]]
    look: dict[str, Any] = {"filled": False, "shape": "circle", "strokeWidth": 3}
    parts.append(canvas.points("exit_ring", ring, size=330, color=palette.ink, **look))
    return parts


def _numbers(
    canvas: LayerCanvas, found: StateMap, decision: Decision, frame: Frame, palette: Palette
) -> list[Spec]:
    wide, high = frame[1] - frame[0], frame[3] - frame[2]
    last = len(found.points)
    placed: list[tuple[float, float]] = []
    rows: list[Row] = []
    # the exit first, then both ends, then whoever still has room
    order = dict.fromkeys((decision.exit_layer, 1, last, *range(2, last)))
    for layer in order:
        x, y = (float(v) for v in found.points[layer - 1])
        taken = any(
            abs(x - a) < _NEAR[0] * wide and abs(y - b) < _NEAR[1] * high for a, b in placed
        )
        if taken and layer != decision.exit_layer:
            continue
        placed.append((x, y))
        if layer != decision.exit_layer:
            rows.append({"x": x, "y": y, "text": str(layer), "later": layer > decision.exit_layer})
    x, y = (float(v) for v in found.points[decision.exit_layer - 1])
    says = common.FLAG_EXIT if decision.exit_layer < last else common.FLAG_FULL
    flag: list[Row] = [{"x": x, "y": y, "text": f"{decision.exit_layer} {says}"}]
    share = (x - frame[0]) / wide
    side = "left" if share < 0.15 else ("right" if share > 0.85 else "center")
    # above the ring, where the way seldom runs; below it under the names of the regions
    above = y < frame[3] - 0.2 * high
    return [
        *_text(canvas, "later", [r for r in rows if r["later"]], palette, palette.muted),
        *_text(canvas, "read", [r for r in rows if not r["later"]], palette, palette.ink),
        *_text(canvas, "exit", flag, palette, palette.ink, dx=0, dy=-22 if above else 22, at=side),
    ]


def _text(
    canvas: LayerCanvas,
    name: str,
    rows: list[Row],
    palette: Palette,
    ink: str,
    *,
    dx: int = 12,
    dy: int = 0,
    at: str = "left",
) -> list[Spec]:
    font: dict[str, Any] = {"fontSize": 12, "fontWeight": 600, "align": at, "dx": dx, "dy": dy}
    return [
        canvas.words(f"halo_{name}", rows, stroke=palette.paper, strokeWidth=3, **font),
        canvas.words(f"numbers_{name}", rows, color=ink, **font),
    ]
