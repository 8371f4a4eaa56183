"""The axes of the trade-off figure, and what its rules are measured against.

Speed-up goes across, right answers upwards. The speed-up is theoretical; where the table holds the
milliseconds of every layer, a pair of radio buttons changes it for the measured one, inside the
browser: every row carries both places (`x` and `m`), and the one in use is worked out there (`at`).

Grey is what a rule must beat, stars are what nobody can reach, hollow circles were printed by
others for other models. Pure: tables in, a part of a Vega-Lite specification out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from app.shared.canvas import Marks, Row, Spec, box, tips
from app.shared.palette import Palette
from app.tradeoff import words
from app.tradeoff.evaluations import Overview
from app.tradeoff.others import Published
from elbert_core.evaluation.baselines import Baseline
from elbert_core.evaluation.sweeps import SweepPoint

HEIGHT = 400
MOST_STRETCH = 2.0
"""By how much others' figures may lengthen the upright axis before they wait to be asked for."""
MEASURED = "speed_axis === 'measured'"
"""True in the browser while the measured speed-up is shown."""
TITLE_LINES = (60, 75)
"""How far the lines of the horizontal axis' title lie under the figure."""
LEFT = 0.94
"""Where the horizontal axis begins."""
TICKS = (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
STAR = (
    "M0,-1L.235,-.324L.951,-.309L.38,.124L.588,.809L0,.4"
    "L-.588,.809L-.38,.124L-.951,-.309L-.235,-.324Z"
)


def across(title: Any, domain: list[float], values: list[float], label: str, **axis: Any) -> Spec:
    """A horizontal axis of speed-ups, logarithmic."""
    bare = {"ticks": False, "domain": False, "title": title, "values": values, "labelExpr": label}
    scale = {"type": "log", "domain": domain, "nice": False}
    return {"type": "quantitative", "scale": scale, "axis": {**bare, **axis}}


def upright(title: str, domain: list[Any], *, lift: int = 8, ticks: int = 5) -> Spec:
    """An upright axis whose title lies above it, where it can be read."""
    axis = {
        "title": title,
        "titleAlign": "left",
        "titleAngle": 0,
        "titleAnchor": "end",
        "titleX": 0,
        "titleY": -lift,
        "tickCount": ticks,
        "ticks": False,
        "domain": False,
        "minExtent": 26,
    }
    scale = {"domain": domain, "nice": False, "zero": False}
    return {"type": "quantitative", "scale": scale, "axis": axis}


def switch(name: str) -> str:
    """Name of the checkbox that shows a family or a kind of mark."""
    return f"show_{name}"


def when(part: Spec, condition: str) -> Spec:
    """The layer, shown while a condition holds in the browser."""
    part["transform"] = [{"filter": condition}, *part.get("transform", [])]
    return part


class Axes(Marks):
    """The two axes, and marks placed on them."""

    def __init__(
        self, overview: Overview, current: SweepPoint, published: Published, *, still: bool
    ) -> None:
        """Axes wide enough for a table's points and others' figures; `still` is for paper."""
        table = overview.table
        self.overview = overview
        self.timed = overview.is_timed and not still
        heights = [p.accuracy for p in (*overview.points, current)]
        heights += [b.accuracy for b in overview.references if b.kind != "oracle_shuffled"]
        self.low, self.high = _range(heights)
        same = [p.accuracy for p in published.points if p.is_of(table.data)]
        self.low_all, self.high_all = _range(heights + same)
        # others may have much better models; they are let in when that costs little room
        stretch = (self.high_all - self.low_all) / (self.high - self.low)
        self.with_published = bool(same) and stretch <= MOST_STRETCH
        others = [p.speed_up for p in published.points if p.is_of(table.data)]
        n_layers, all_ms = table.n_layers, float(table.layer_ms.sum())
        measured = [all_ms / float(table.layer_ms[0])] if self.timed else []
        self.right = 1.12 * max([float(n_layers), *others, *measured])
        below = f"format({n_layers} / datum.value, '.2~f')"
        if self.timed:
            below = f"{MEASURED} ? format({all_ms:.4f} / datum.value, '.1f') : {below}"
        # where the title changes, marks write it (`title`); two empty lines keep its place
        title = [" ", " "] if self.timed else list(words.AXIS_SPEED)
        values = [float(tick) for tick in TICKS if tick <= max(n_layers, 2)]
        more: Spec = {"grid": True, "labelOverlap": "greedy", "titlePadding": 6}
        x = across(title, [LEFT, self.right], values, f"[datum.value + '×', {below}]", **more)
        show = switch("published")
        ends = ((self.low_all, self.low), (self.high_all, self.high))
        domain = [{"expr": f"{show} ? {with_all} : {usual}"} for with_all, usual in ends]
        super().__init__(x, upright(words.AXIS_RIGHT, domain, lift=10, ticks=6))

    def mark(
        self, name: str, rows: list[Row], mark: Spec, *, ink: str = "", **encoding: Spec
    ) -> Spec:
        """One layer, cut at the edges of the figure, placed by the measure that the axis shows."""
        found = super().mark(name, rows, {"clip": True, **mark}, ink=ink, **encoding)
        if self.timed:
            for row in rows:
                row.setdefault("m", row["x"])
                row["at"] = row["x"]  # for pictures that nobody can switch
            found["transform"] = [{"calculate": f"{MEASURED} ? datum.m : datum.x", "as": "at"}]
            if "x" not in encoding:
                found["encoding"]["x"] = {"field": "at", **self.x}
        return found

    def row(self, one: SweepPoint | Baseline, **more: Any) -> Row:
        """Where a point stands, across in either measure, and what is said of it."""
        x, y = round(one.speed_up_ratio, 4), round(100 * one.accuracy, 3)
        row: Row = {"x": x, "y": y, "speed": f"{one.speed_up_ratio:.2f}×"}
        measured = self.overview.measured(one) if self.timed else None
        if measured is not None:
            row["m"] = round(measured, 4)
            row["timed"] = words.measured_speed(measured, self.overview.table)
        return row | more

    def measures(self) -> list[tuple[str, Callable[[SweepPoint], float] | None, str]]:
        """What the axis can show: end of a layer's name, cost of a point, and when it is shown."""
        if not self.timed:
            return [("", None, "")]
        return [
            ("", None, f"!({MEASURED}) && "),
            ("_measured", lambda one: -(self.overview.measured(one) or 0.0), f"{MEASURED} && "),
        ]

    def tips(self, part: Spec, titles: dict[str, str]) -> Spec:
        """The layer with a tooltip, with the measured speed-up after the theoretical one."""
        said: dict[str, str] = {}
        for field, title in titles.items():
            said[field] = title
            if self.timed and field == "speed":
                said["timed"] = words.TIP_MEASURED
        return tips(part, said)

    def params(self) -> list[Spec]:
        """The radio buttons that choose the measure; none where there is no choice."""
        if not self.timed:
            return []
        labels = [words.SPEED_THEORETICAL, words.measured_label(self.overview.table)]
        options = ["theoretical", "measured"]
        bind = {"input": "radio", "options": options, "labels": labels, "name": " "}
        return [{"name": "speed_axis", "value": options[0], "bind": bind}]

    def title(self, ink: str) -> list[Spec]:
        """What the horizontal axis shows; follows the radio buttons."""
        said = {f"!({MEASURED})": words.AXIS_SPEED, MEASURED: words.AXIS_MEASURED}
        parts: list[Spec] = []
        for condition, lines in said.items() if self.timed else ():
            for number, line in enumerate(lines):
                part = self.words(
                    f"axis_{len(parts)}",
                    [{"x": 1, "y": 0, "text": line}],
                    at_left=True,
                    align="left",
                    fontSize=12,
                    color=ink,
                    clip=False,
                )
                part["encoding"]["y"] = {"value": HEIGHT + TITLE_LINES[number]}
                parts.append(when(part, condition))
        return parts

    def on_right(self, one: Row) -> bool:
        """Whether a row stands in the right half; the axis is logarithmic."""
        return bool(one["x"] > math.sqrt(self.right))


def _range(shares: list[float]) -> tuple[float, float]:
    """Ends of the axis, in percent, with some air."""
    low, high = min(shares), max(shares)
    air = max(0.06 * (high - low), 0.004)
    return round(max(100 * (low - air), 0.0), 3), round(min(100 * (high + air), 100.0), 3)


def full_depth(axes: Axes, palette: Palette) -> list[Spec]:
    """A line across the figure, and the band in which differences may be luck."""
    full = axes.overview.full
    low, high = max(100 * full.accuracy_low, axes.low), min(100 * full.accuracy_high, axes.high)
    height, said = 100 * full.accuracy, {"what": words.BAND_WHAT, "right": words.right(full)}
    band = box(LEFT, axes.right, low, high, **said, speed="1×")
    if axes.timed:
        band["timed"] = words.measured_speed(1.0, axes.overview.table)
    text = {"x": axes.right, "y": high, "text": words.FULL_LABEL.format(share=height)}
    place: Spec = {"align": "right", "baseline": "bottom", "dx": -5, "dy": -4}
    font: Spec = {"color": palette.muted, "fontSize": 12, "fontWeight": 600}
    dash: Spec = {"color": palette.muted, "strokeDash": [6, 4], "strokeWidth": 1.5}
    return [
        axes.tips(
            axes.boxes("full_band", [band], color=palette.bar, opacity=0.16), words.REFERENCE_TIPS
        ),
        axes.rules("full_line", [box(LEFT, axes.right, height, height)], **dash),
        axes.words("full_name", [text], **place, **font),
    ]


def fixed_layers(axes: Axes, palette: Palette) -> list[Spec]:
    """Every text stops after the same layer."""
    rows = [
        axes.row(
            mark,
            key=f"fixed layer={mark.layer} min_layer=1",
            what=words.FIXED_WHAT.format(layer=mark.layer),
            right=words.right(mark),
            index=0,
        )
        for mark in axes.overview.layers
    ]
    line: Spec = {"color": palette.muted, "strokeDash": [2, 3], "strokeWidth": 1.5}
    point: Spec = {"fill": palette.paper, "stroke": palette.muted, "strokeWidth": 1.5, "size": 45}
    squares = axes.points("fixed", rows, shape="square", **point)
    parts = [axes.lines("fixed_line", rows, **line), axes.tips(squares, words.REFERENCE_TIPS)]
    return [when(part, switch("fixed")) for part in parts]


def limits(axes: Axes, palette: Palette) -> list[Spec]:
    """What only somebody could reach who knows the answer, or the later layers."""
    rows = []
    for kind, (text, what) in words.LIMITS.items():
        mark = axes.overview.reference(kind)
        right = f"{words.percent(mark.accuracy)} %"
        rows.append(axes.row(mark, kind=kind, what=what, text=text, right=right))
    star: Spec = {"fill": palette.paper, "stroke": palette.ink, "strokeWidth": 1.5, "size": 130}
    stars = axes.points("limits", rows, shape=STAR, **star)
    parts = [axes.tips(stars, words.REFERENCE_TIPS)]
    for row in rows:
        right_half = axes.on_right(row)
        side: Spec = {"align": "right" if right_half else "left", "dx": -11 if right_half else 11}
        name = f"limit_{row['kind']}"
        parts += axes.haloed(name, [row], palette, color=palette.ink, fontSize=12, **side)
    return [when(part, switch("limits")) for part in parts]


def published_figures(axes: Axes, published: Published, palette: Palette) -> list[Spec]:
    """Hollow circles, fainter where the data are others; the source is told on hover."""
    rows: list[Row] = [
        {
            "x": point.speed_up,
            "y": 100 * point.accuracy,
            "name": f"{point.method}, {point.model}",
            "data": point.data,
            "right": f"{words.percent(point.accuracy)} %",
            "speed": f"{point.speed_up:g}× ({point.speed_up_kind})",
            "setting": point.setting,
            "source": point.source,
            "strength": 0.95 if point.is_of(axes.overview.table.data) else 0.45,
        }
        for point in published.points
        if axes.low_all <= 100 * point.accuracy <= axes.high_all
    ]
    line: Spec = {"stroke": palette.muted, "strokeDash": [2, 1.5], "strokeWidth": 1.6}
    part = axes.points("published", rows, shape="circle", filled=False, size=90, **line)
    part["encoding"]["opacity"] = plain("strength")
    condition = switch("published")
    if axes.timed:  # the clocks of others are other clocks
        condition = f"{condition} && !({MEASURED})"
        for row in rows:
            row["timed"] = words.NOT_COMPARABLE
    return [when(axes.tips(part, words.PUBLISHED_TIPS), condition)]


def plain(field: str) -> Spec:
    """A number that stands in the rows as it is drawn; without a legend."""
    return {"field": field, "type": "quantitative", "scale": None, "legend": None}
