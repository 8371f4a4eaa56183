"""A whole data set layer by layer, as strips that share the depth axis of the Inspect page.

From top to bottom: where the texts leave under the setting in use (bars), how often each layer is
right (line with its interval, and diamonds for the texts that leave there), which answers change
(bars up: became right, down: became wrong), and how far sureness and rightness lie apart (bars). A
band marks the layer looked at. Pure: tables in, a specification out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from app.shared.canvas import LayerCanvas, Row, Spec, nice_ceiling
from app.shared.palette import Palette
from app.tradeoff import words_closer as words
from app.tradeoff.evaluations import Overview, Setting
from app.tradeoff.words import percent

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""
HEIGHT = 412.0

_TIPS = {field: title for field, title in words.LAYER_COLUMNS.items() if field != "leavers_full"}


@dataclass(frozen=True, slots=True)
class Strip:
    """A horizontal strip: values from `low` at `bottom` to `high` at `top`, in percent."""

    title: str
    term: str
    top: float
    bottom: float
    low: float
    high: float

    def y(self, value: float) -> float:
        """Pixels from the top of the figure for a value, held inside the strip."""
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return round(self.bottom - share * (self.bottom - self.top), 2)


@dataclass(frozen=True, slots=True)
class Strips:
    """Where everything is."""

    leaving: Strip
    right: Strip
    changes: Strip
    trust: Strip

    @property
    def all(self) -> tuple[Strip, ...]:
        """From top to bottom."""
        return self.leaving, self.right, self.changes, self.trust


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
    place = _strips(overview, setting)
    canvas = LayerCanvas(overview.table.n_layers, HEIGHT, _ticks(place))
    band: dict[str, Any] = {"color": palette.cursor, "opacity": 0.28, "cornerRadius": 3}
    boxes: list[Row] = []
    if cursor is not None:
        boxes = [{"x": cursor - 0.5, "x2": cursor + 0.5, "y": 22, "y2": HEIGHT}]
    layers: list[Spec] = [
        canvas.boxes("cursor", boxes, **band),
        _grid(canvas, place, palette),
        *_leaving(canvas, place, setting, palette),
        *_right(canvas, place, overview, setting, palette),
        *_changes(canvas, place, overview, palette),
        *_trust(canvas, place, overview, palette),
        _hover(canvas, overview, setting),
        *_titles(canvas, place, palette),
    ]
    return {
        "layer": layers,
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
    }


def layer_table(overview: Overview, setting: Setting) -> dict[str, list[object]]:
    """The figure's numbers by column, one entry a layer."""
    table, leaving, changes = overview.table, setting.leaving, overview.changes
    columns: tuple[list[object], ...] = (
        [layer for layer in range(1, table.n_layers + 1)],
        [_percent(n / table.n_rows) for n in leaving.count],
        [_percent(layer.share) for layer in overview.layers],
        [_percent(share) for share in leaving.accuracy],
        [_percent(share) for share in leaving.full_accuracy],
        [_percent(share) for share in changes.to_right],
        [_percent(share) for share in changes.to_wrong],
        [_percent(share) for share in overview.reliability.error],
    )
    return dict(zip(words.LAYER_COLUMNS.values(), columns, strict=True))


def _percent(share: float) -> float | None:
    return None if math.isnan(share) else round(100 * float(share), 2)


def _strips(overview: Overview, setting: Setting) -> Strips:
    leave = 100 * max(setting.leaving.count) / overview.table.n_rows
    many = 0.05 * overview.table.n_rows  # a handful of texts must not squeeze the line flat
    leavers = [
        float(share)
        for share, n in zip(setting.leaving.accuracy, setting.leaving.count, strict=True)
        if n >= many
    ]
    lowest = min([layer.low for layer in overview.layers] + leavers)
    low = max(min(10 * math.floor(10 * lowest), 90), 0)
    changes = overview.changes
    swing = nice_ceiling(100 * float(max(changes.to_right.max(), changes.to_wrong.max())))
    trust = nice_ceiling(100 * float(overview.reliability.error.max()))
    leaving, rightness, changes_here, sureness = words.STRIPS
    return Strips(
        Strip(*leaving, 48, 100, 0, nice_ceiling(leave)),
        Strip(*rightness, 150, 238, low, 100),
        Strip(*changes_here, 290, 340, -swing, swing),
        Strip(*sureness, 376, 410, 0, trust),
    )


def _ticks(place: Strips) -> dict[float, str]:
    ticks: dict[float, str] = {}
    for strip in place.all:
        ticks[strip.y(strip.low)] = f"{abs(strip.low):g}"
        ticks[strip.y(strip.high)] = f"{strip.high:g}%"
    ticks[place.changes.y(0)] = "0"
    return ticks


def _grid(canvas: LayerCanvas, place: Strips, palette: Palette) -> Spec:
    values = [(s, v) for s in place.all for v in (s.low, s.high)]
    heights = [strip.y(value) for strip, value in values] + [place.changes.y(0)]
    rows: list[Row] = [
        {"x": 0.5, "x2": canvas.n_layers + 0.5, "y": height, "y2": height} for height in heights
    ]
    return canvas.rules("grid", rows, color=palette.faint)


def _bar(layer: int, strip: Strip, value: float, *, side: float = 0.0) -> Row:
    return {
        "x": layer - 0.3 + side,
        "x2": layer + 0.3 + side,
        "y": strip.y(value),
        "y2": strip.y(max(strip.low, 0.0)),
    }


def _leaving(canvas: LayerCanvas, place: Strips, setting: Setting, palette: Palette) -> list[Spec]:
    strip, counts = place.leaving, setting.leaving.count
    rows = int(counts.sum())
    bars = [_bar(i, strip, 100 * n / rows) for i, n in enumerate(counts, start=1)]
    labels: list[Row] = [
        {"x": i, "y": strip.y(100 * n / rows) - 7, "text": _count(int(n))}
        for i, n in enumerate(counts, start=1)
        if n
    ]
    return [
        canvas.boxes("leaving", bars, color=palette.bar_hit, cornerRadius=1),
        canvas.words("leaving_counts", labels, color=palette.muted, fontSize=10),
    ]


def _count(n: int) -> str:
    return str(n) if n < 10_000 else f"{n / 1000:.0f}k"


def _right(
    canvas: LayerCanvas, place: Strips, overview: Overview, setting: Setting, palette: Palette
) -> list[Spec]:
    strip = place.right
    colour, other = palette.label(1), palette.label(0)
    layers = list(enumerate(overview.layers, start=1))
    line: list[Row] = [{"x": i, "y": strip.y(100 * layer.share), "index": 0} for i, layer in layers]
    band: list[Row] = [
        {
            "x": i - 0.5,
            "x2": i + 0.5,
            "y": strip.y(100 * layer.high),
            "y2": strip.y(100 * layer.low),
        }
        for i, layer in layers
    ]
    got = setting.leaving
    rows = int(got.count.sum())
    leavers: list[Row] = []
    whiskers: list[Row] = []
    for i, n in enumerate(got.count, start=1):
        if n:
            y = strip.y(100 * float(got.accuracy[i - 1]))
            leavers.append({"x": i, "y": y, "size": round(30 + 170 * math.sqrt(n / rows), 1)})
            whiskers.append(
                {
                    "x": i,
                    "x2": i,
                    "y": strip.y(100 * float(got.accuracy_low[i - 1])),
                    "y2": strip.y(100 * float(got.accuracy_high[i - 1])),
                }
            )
    diamonds = canvas.points("leavers_right", leavers, color=other, shape="diamond")
    diamonds["encoding"]["size"] = {"field": "size", "type": "quantitative", "scale": None}
    note: Row = {"y": strip.top - 14, "text": words.LEGEND_RIGHT}
    return [
        canvas.boxes("right_band", band, color=colour, opacity=0.16),
        canvas.lines("right", line, color=colour, strokeWidth=2.5),
        canvas.points("right_points", line, color=colour, size=30),
        canvas.rules("leavers_interval", whiskers, color=other, strokeWidth=1.5),
        diamonds,
        canvas.words(
            "right_note", [note], at_left=True, align="left", color=palette.muted, fontSize=11
        ),
    ]


def _changes(
    canvas: LayerCanvas, place: Strips, overview: Overview, palette: Palette
) -> list[Spec]:
    strip, got = place.changes, overview.changes
    up = [_bar(i, strip, 100 * float(v)) for i, v in enumerate(got.to_right, start=1)]
    down = [_bar(i, strip, -100 * float(v)) for i, v in enumerate(got.to_wrong, start=1)]
    note: Row = {"y": strip.top - 14, "text": words.LEGEND_CHANGES}
    return [
        canvas.boxes("became_right", up, color=palette.label(1), cornerRadius=1),
        canvas.boxes("became_wrong", down, color=palette.label(0), cornerRadius=1),
        canvas.words(
            "changes_note", [note], at_left=True, align="left", color=palette.muted, fontSize=11
        ),
    ]


def _trust(canvas: LayerCanvas, place: Strips, overview: Overview, palette: Palette) -> list[Spec]:
    errors = overview.reliability.error
    bars = [_bar(i, place.trust, 100 * float(e)) for i, e in enumerate(errors, start=1)]
    return [canvas.boxes("calibration", bars, color=palette.bar, cornerRadius=1)]


def _titles(canvas: LayerCanvas, place: Strips, palette: Palette) -> list[Spec]:
    lift = (26, 30, 30, 14)  # a line of room for numbers and for what the marks mean
    rows: list[Row] = [
        {"y": strip.top - up, "text": strip.title, "term": strip.term}
        for strip, up in zip(place.all, lift, strict=True)
    ]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    titles = canvas.words("titles", rows, at_left=True, color=palette.muted, **font)
    titles["encoding"]["tooltip"] = {"field": "term", "type": "nominal"}
    halo: dict[str, Any] = {"stroke": palette.paper, "strokeWidth": 4}
    return [canvas.words("titles_halo", rows, at_left=True, **halo, **font), titles]


def _hover(canvas: LayerCanvas, overview: Overview, setting: Setting) -> Spec:
    table = layer_table(overview, setting)
    rows: list[Row] = []
    for layer in range(1, canvas.n_layers + 1):
        said = {
            field: "–" if table[title][layer - 1] is None else table[title][layer - 1]
            for field, title in _TIPS.items()
        }
        box: Row = {"x": layer - 0.5, "x2": layer + 0.5, "y": 0, "y2": HEIGHT}
        rows.append({**said, **box, "layer": layer})
    boxes = canvas.boxes("layers", rows, opacity=0, cursor="pointer")
    boxes["encoding"]["tooltip"] = [
        {"field": field, "title": title, "type": "nominal"} for field, title in _TIPS.items()
    ]
    boxes["params"] = [
        {"name": SELECTION, "select": {"type": "point", "fields": ["layer"], "on": "click"}}
    ]
    return boxes


def depth_of_slices(setting: Setting, n_layers: int, *, palette: Palette) -> Spec:
    """Mean depth of each slice as a bar on the same depth axis."""
    parts = setting.slices
    step, top = 22.0, 8.0
    height = top + step * len(parts)
    ticks: dict[float, str] = {}
    canvas = LayerCanvas(n_layers, height, ticks)
    bars: list[Row] = []
    names: list[Row] = []
    for index, part in enumerate(parts):
        y = top + step * index
        end = part.early.mean_exit_layer + 0.5
        bars.append({"x": 0.5, "x2": end, "y": y, "y2": y + step - 5})
        name = words.slice_name(part)
        right = f"{percent(part.early.accuracy)}\u00a0%"
        names.append({"y": y + (step - 5) / 2, "text": f"{name}: {right} right"})
    return {
        "layer": [
            canvas.boxes("slices", bars, color=palette.bar, opacity=0.55, cornerRadius=2),
            canvas.words("slice_names", names, at_left=True, align="left", dx=6, color=palette.ink),
        ],
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
    }
