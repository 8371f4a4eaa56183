"""A whole data set layer by layer, as strips that share the depth axis of the Inspect page.

From top to bottom: where the texts leave under the setting in use (bars), how often each layer is
right (line with its interval, and diamonds for the texts that leave there), which answers change
(bars up: became right, down: became wrong), and how far sureness and rightness lie apart (bars). A
band marks the layer looked at. Beside them the reliability of that layer, and the depth of parts of
the texts. Pure: tables in, a specification out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from app.shared.canvas import LayerCanvas, Marks, Row, Spec, Stave, box, figure, nice_ceiling, tips
from app.shared.palette import Palette
from app.tradeoff import words_closer as closer
from app.tradeoff.axes import plain, upright
from app.tradeoff.evaluations import Overview, Setting
from app.tradeoff.words import AXIS_RIGHT, percent

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""
HEIGHT = 412.0
TRUST_HEIGHT = 240
_LIFT = (26, 30, 30, 14)  # pixels from a title to its strip: a line of room for what marks mean
_FIELDS = {field: title for field, title in closer.LAYER_COLUMNS.items() if field != "leavers_full"}


def layer_strips(
    overview: Overview, setting: Setting, *, cursor: int | None, palette: Palette
) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        overview: the table and its layers.
        setting: the setting in use.
        cursor: layer looked at, 1..n_layers; None for paper.
        palette: colours for a light or a dark page.
    """
    strips = _strips(overview, setting)
    leaving, right, changes, trust = strips
    ticks = {s.y(s.low): f"{abs(s.low):g}" for s in strips}
    ticks |= {s.y(s.high): f"{s.high:g}%" for s in strips} | {changes.y(0): "0"}
    canvas = LayerCanvas(overview.table.n_layers, HEIGHT, ticks, palette)
    looked_at = [] if cursor is None else [box(cursor - 0.5, cursor + 0.5, 22, HEIGHT)]
    grid = [box(0.5, canvas.n_layers + 0.5, height, height) for height in ticks]
    up, down = palette.label(1), palette.label(0)
    got, flips = setting.leaving, overview.changes
    leave = got.count / overview.table.n_rows
    counts: list[Row] = [
        {"x": layer, "y": leaving.y(100 * share) - 7, "text": _count(int(n))}
        for layer, (n, share) in enumerate(zip(got.count, leave, strict=True), start=1)
        if n
    ]
    titles: list[Row] = [
        {"y": s.top - lift, "text": s.title, "term": term}
        for s, (_, term), lift in zip(strips, closer.STRIPS, _LIFT, strict=True)
    ]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    heads = canvas.haloed("titles", titles, palette, at_left=True, color=palette.muted, **font)
    heads[1]["encoding"]["tooltip"] = {"field": "term", "type": "nominal"}
    notes: list[Row] = [
        {"y": right.top - 14, "text": closer.LEGEND_RIGHT},
        {"y": changes.top - 14, "text": closer.LEGEND_CHANGES},
    ]
    small: dict[str, Any] = {"align": "left", "color": palette.muted, "fontSize": 11}
    rounded: Spec = {"cornerRadius": 1}
    layers = [
        canvas.boxes("cursor", looked_at, color=palette.cursor, opacity=0.28, cornerRadius=3),
        canvas.rules("grid", grid, color=palette.faint),
        canvas.boxes("leaving", _bars(leaving, leave), color=palette.bar_hit, **rounded),
        canvas.words("leaving_counts", counts, color=palette.muted, fontSize=10),
        *_right(canvas, right, overview, setting, palette),
        canvas.boxes("became_right", _bars(changes, flips.to_right), color=up, **rounded),
        canvas.boxes("became_wrong", _bars(changes, -flips.to_wrong), color=down, **rounded),
        canvas.words("notes", notes, at_left=True, **small),
        canvas.boxes(
            "calibration", _bars(trust, overview.reliability.error), color=palette.bar, **rounded
        ),
        _hover(canvas, overview, setting),
        *heads,
    ]
    return figure(layers, HEIGHT)


def layer_table(overview: Overview, setting: Setting) -> dict[str, list[object]]:
    """The figure's numbers by column, one entry a layer."""
    rows, leaving, changes = overview.table.n_rows, setting.leaving, overview.changes
    shares = (
        leaving.count / rows,
        [layer.accuracy for layer in overview.layers],
        leaving.accuracy,
        leaving.full_accuracy,
        changes.to_right,
        changes.to_wrong,
        overview.reliability.error,
    )
    columns: list[list[object]] = [list(range(1, overview.table.n_layers + 1))]
    for column in shares:
        columns.append([None if math.isnan(s) else round(100 * float(s), 2) for s in column])
    return dict(zip(closer.LAYER_COLUMNS.values(), columns, strict=True))


def _strips(overview: Overview, setting: Setting) -> tuple[Stave, Stave, Stave, Stave]:
    rows, got, changes = overview.table.n_rows, setting.leaving, overview.changes
    # a handful of texts must not squeeze the line flat
    leavers = [float(s) for s, n in zip(got.accuracy, got.count, strict=True) if n >= 0.05 * rows]
    lowest = min([layer.accuracy_low for layer in overview.layers] + leavers)
    low = max(min(10 * math.floor(10 * lowest), 90), 0)
    swing = nice_ceiling(100 * float(max(changes.to_right.max(), changes.to_wrong.max())))
    trust = nice_ceiling(100 * float(overview.reliability.error.max()))
    titles = [title for title, _ in closer.STRIPS]
    return (
        Stave(titles[0], 48, 100, nice_ceiling(100 * max(got.count) / rows)),
        Stave(titles[1], 150, 238, 100, low),
        Stave(titles[2], 290, 340, swing, -swing),
        Stave(titles[3], 376, 410, trust),
    )


def _bars(strip: Stave, shares: Iterable[float]) -> list[Row]:
    """A bar from 0 for each layer's share."""
    zero = strip.y(max(strip.low, 0.0))
    return [
        box(layer - 0.3, layer + 0.3, strip.y(100 * float(share)), zero)
        for layer, share in enumerate(shares, start=1)
    ]


def _count(n: int) -> str:
    return str(n) if n < 10_000 else f"{n / 1000:.0f}k"


def _right(
    canvas: LayerCanvas, strip: Stave, overview: Overview, setting: Setting, palette: Palette
) -> list[Spec]:
    """All texts as a line with its interval, those that leave as diamonds with theirs."""
    colour, other = palette.label(1), palette.label(0)
    line: list[Row] = []
    band: list[Row] = []
    for i, layer in enumerate(overview.layers, start=1):
        line.append({"x": i, "y": strip.y(100 * layer.accuracy), "index": 0})
        high, low = strip.y(100 * layer.accuracy_high), strip.y(100 * layer.accuracy_low)
        band.append(box(i - 0.5, i + 0.5, high, low))
    got, rows = setting.leaving, int(setting.leaving.count.sum())
    leavers: list[Row] = []
    whiskers: list[Row] = []
    for i, n in enumerate(got.count, start=1):
        if n:
            y, low, high = (
                strip.y(100 * float(share[i - 1]))
                for share in (got.accuracy, got.accuracy_low, got.accuracy_high)
            )
            leavers.append({"x": i, "y": y, "size": round(30 + 170 * math.sqrt(n / rows), 1)})
            whiskers.append(box(i, i, low, high))
    diamonds = canvas.points("leavers_right", leavers, color=other, shape="diamond")
    diamonds["encoding"]["size"] = plain("size")
    return [
        canvas.boxes("right_band", band, color=colour, opacity=0.16),
        canvas.lines("right", line, color=colour, strokeWidth=2.5),
        canvas.points("right_points", line, color=colour, size=30),
        canvas.rules("leavers_interval", whiskers, color=other, strokeWidth=1.5),
        diamonds,
    ]


def _hover(canvas: LayerCanvas, overview: Overview, setting: Setting) -> Spec:
    table = layer_table(overview, setting)
    rows: list[Row] = []
    for layer in range(1, canvas.n_layers + 1):
        said = {field: table[title][layer - 1] for field, title in _FIELDS.items()}
        shown = {field: "–" if value is None else value for field, value in said.items()}
        rows.append(box(layer - 0.5, layer + 0.5, 0, HEIGHT, **shown))
    boxes = canvas.boxes("layers", rows, opacity=0, cursor="pointer")
    pick = {"type": "point", "fields": ["layer"], "on": "click"}
    boxes["params"] = [{"name": SELECTION, "select": pick}]
    return tips(boxes, _FIELDS)


def depth_of_slices(setting: Setting, n_layers: int, *, palette: Palette) -> Spec:
    """Mean depth of each slice as a bar on the same depth axis."""
    step, top = 22.0, 8.0
    height = top + step * len(setting.slices)
    bars: list[Row] = []
    names: list[Row] = []
    for index, part in enumerate(setting.slices):
        y, low = top + step * index, top + step * index + step - 5
        bars.append(box(0.5, part.early.mean_exit_layer + 0.5, y, low))
        right = f"{percent(part.early.accuracy)}\u00a0%"
        names.append({"y": (y + low) / 2, "text": f"{closer.slice_name(part)}: {right} right"})
    canvas = LayerCanvas(n_layers, height, {}, palette)
    layers = [
        canvas.boxes("slices", bars, color=palette.bar, opacity=0.55, cornerRadius=2),
        canvas.words("slice_names", names, at_left=True, align="left", dx=6, color=palette.ink),
    ]
    return figure(layers, height)


def trust_figure(overview: Overview, layer: int, *, palette: Palette) -> Spec:
    """How often a layer is right, by how sure it is; on the diagonal both are the same."""
    got, index = overview.reliability, layer - 1
    rows = int(got.count[index].sum())
    points: list[Row] = []
    for i, n in enumerate(got.count[index]):
        if n:
            sure = round(100 * float(got.confidence[index, i]), 2)
            right = round(100 * float(got.accuracy[index, i]), 2)
            point = box(sure, sure, right, sure, n=int(n), size=round(30 + 600 * n / rows, 1))
            points.append(point)
    floor = min([100 / len(overview.table.label_names), *(p["x"] for p in points)])
    low = min([floor, *(p["y"] for p in points)])
    bare = {"ticks": False, "domain": False, "title": f"{closer.TRUST_AXIS}, %", "tickCount": 5}
    scale = {"domain": [floor - 2, 102], "nice": False, "zero": False}
    marks = Marks(
        {"type": "quantitative", "scale": scale, "axis": bare},
        upright(AXIS_RIGHT, [max(low - 4, 0), 103]),
    )
    ends: list[Row] = [{"x": end, "y": end, "index": 0} for end in (floor, 100)]
    colour = palette.label(1)
    dots = marks.points("groups", points, color=colour, opacity=0.9)
    dots["encoding"]["size"] = plain("size")
    dash: Spec = {"color": palette.muted, "strokeDash": [5, 4], "strokeWidth": 1.5}
    layers = [
        marks.lines("ideal", ends, **dash),
        marks.rules("gap", points, color=colour, opacity=0.5, strokeWidth=2),
        tips(dots, dict(zip(("n", "x", "y"), closer.TRUST_COLUMNS[1:], strict=True))),
    ]
    return figure(layers, TRUST_HEIGHT)
