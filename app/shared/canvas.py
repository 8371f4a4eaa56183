"""What the figures share: the depth axis, strips of values on it, and marks placed by hand.

A figure is one view whose vertical positions are pixels from its top and whose horizontal ones are
layers: so one mark can cross everything, and only the width follows the page. Pure; knows neither
traces nor policies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from app.shared import words
from app.shared.palette import Palette

Row = dict[str, Any]
Spec = dict[str, Any]

_ENDS: Spec = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}

_HATCH_STEP = 14.0  # pixels between hatch lines, measured downwards
_HATCH_SLOPE = 50.0  # pixels up for one layer to the right: about 45 degrees at usual widths


@dataclass(frozen=True, slots=True)
class Stave:
    """A horizontal strip of the figure, in pixels from its top.

    Attributes:
        title: what it shows; written just above `top`.
        top, bottom: where the largest and the smallest value lie.
        high, low: the values at `top` and at `bottom`.
    """

    title: str
    top: float
    bottom: float
    high: float = 1.0
    low: float = 0.0

    def y(self, value: float) -> float:
        """Pixels from the top of the figure for a value, held inside the strip."""
        span = self.high - self.low
        share = min(max((value - self.low) / span, 0.0), 1.0) if span > 0 else 0.0
        return round(self.bottom - share * (self.bottom - self.top), 2)


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50, … (or 0.5, 0.2, …) that is not under `value`."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if value <= f * power * (1 + 1e-9))


class Marks:
    """Marks on two axes, as Vega-Lite layers.

    Every mark takes `name` (found again in tests and in the picture's source), its rows, `ink`: the
    field that holds each row's own colour, and Vega-Lite's mark properties.
    """

    def __init__(self, x: Spec, y: Spec) -> None:
        """Marks placed by the fields x and y of their rows, on these channels."""
        self.x, self.y = x, y

    def mark(
        self, name: str, rows: list[Row], mark: Spec, *, ink: str = "", **encoding: Spec
    ) -> Spec:
        """One layer: rows drawn as `mark`; further channels, or others for x and y."""
        channels: Spec = {"x": {"field": "x", **self.x}, "y": {"field": "y", **self.y}}
        if ink:
            # a colour as it stands: a scale would give the figure a legend that it does not need
            channels["color"] = {"field": ink, "type": "nominal", "scale": None}
        channels |= encoding
        return {"name": name, "data": {"values": rows}, "mark": mark, "encoding": channels}

    def boxes(self, name: str, rows: list[Row], *, ink: str = "", **mark: Any) -> Spec:
        """Rectangles between (x, y) and (x2, y2)."""
        return self.mark(name, rows, {"type": "rect", **mark}, ink=ink, **_ENDS)

    def rules(self, name: str, rows: list[Row], *, ink: str = "", **mark: Any) -> Spec:
        """Straight lines between (x, y) and (x2, y2)."""
        return self.mark(name, rows, {"type": "rule", **mark}, ink=ink, **_ENDS)

    def lines(self, name: str, rows: list[Row], *, ink: str = "", **mark: Any) -> Spec:
        """One line through (x, y) for each `index`."""
        detail = {"detail": {"field": "index", "type": "nominal"}}
        return self.mark(name, rows, {"type": "line", **mark}, ink=ink, **detail)

    def points(self, name: str, rows: list[Row], *, ink: str = "", **mark: Any) -> Spec:
        """Filled shapes at (x, y)."""
        filled = {"type": "point", "filled": True, "opacity": 1, **mark}
        return self.mark(name, rows, filled, ink=ink)

    def haloed(self, name: str, rows: list[Row], palette: Palette, **more: Any) -> list[Spec]:
        """Texts with a halo in the page's colour, so that they can be read across marks."""
        ink = {key: more.pop(key) for key in ("ink", "color") if key in more}
        halo = self.words(f"{name}_halo", rows, stroke=palette.paper, strokeWidth=4, **more)
        return [halo, self.words(name, rows, **ink, **more)]

    def words(
        self, name: str, rows: list[Row], *, ink: str = "", at_left: bool = False, **mark: Any
    ) -> Spec:
        """Texts at (x, y), or at y on the left edge."""
        more: Spec = {"text": {"field": "text", "type": "nominal"}}
        if at_left:
            more["x"] = {"value": 0}
        return self.mark(
            name, rows, {"type": "text", "baseline": "middle", **mark}, ink=ink, **more
        )


class LayerCanvas(Marks):
    """Marks on the depth axis and on pixels from the top."""

    def __init__(
        self,
        n_layers: int,
        height: float,
        ticks: dict[float, str],
        palette: Palette,
        *,
        gutter: int = 26,
    ) -> None:
        """Canvas for `n_layers` layers.

        Args:
            n_layers: layers of the axis.
            height: pixels.
            ticks: what stands left of a height in pixels.
            palette: colours for a light or a dark page.
            gutter: pixels that are kept free for it.
        """
        self.n_layers, self.palette, self.gutter = n_layers, palette, gutter
        every = 1 if n_layers <= 12 else 2
        bare = {"grid": False, "ticks": False, "domain": False, "labelOverlap": False}
        x: Spec = {
            "type": "quantitative",
            "scale": {"domain": [0.5, n_layers + 0.5], "nice": False, "zero": False},
            "axis": {
                **bare,
                "title": words.AXIS_DEPTH,
                "values": list(range(1, n_layers + 1, every)),
                "format": "d",
                "titlePadding": 2,
            },
        }
        label = "''"
        for position, text in ticks.items():
            label = f"datum.value === {position} ? '{text}' : {label}"
        y: Spec = {
            "type": "quantitative",
            "scale": {"domain": [0, height], "reverse": True, "nice": False, "zero": False},
            "axis": {
                **bare,
                "title": None,
                "values": list(ticks),
                "labelExpr": label,
                "minExtent": gutter,
                "maxExtent": gutter,
            },
        }
        super().__init__(x, y)

    def heading(self, titles: list[tuple[float, str]], *, name: str = "") -> list[Spec]:
        """Titles on the left edge, at heights in pixels."""
        rows: list[Row] = [{"y": y, "text": text} for y, text in titles]
        font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
        font["color"] = self.palette.muted
        return self.haloed(f"titles{name}", rows, self.palette, at_left=True, **font)

    def in_gutter(self, titles: list[tuple[float, str]], ink: str, *, name: str = "titles") -> Spec:
        """Titles left of the axis, at heights in pixels: no mark of the figure can cross them."""
        rows: list[Row] = [{"y": y, "text": text} for y, text in titles]
        room: dict[str, Any] = {"dx": -8, "align": "right", "limit": self.gutter - 12}
        return self.words(name, rows, at_left=True, **room, fontSize=12, color=ink)

    def bracket(self, first: int, last: int, low: float, *, name: str = "") -> Spec:
        """A bracket under the layers `first` to `last` that reaches down to `low`."""
        left, right = first - 0.42, last + 0.42
        rows = [box(left, right, low, low), *(box(x, x, low - 4, low) for x in (left, right))]
        return self.rules(f"bracket{name}", rows, color=self.palette.ink, strokeWidth=2)

    def veil(
        self, first: float, last: float, top: float, low: float, *, name: str = ""
    ) -> list[Spec]:
        """What lies after an exit, dimmed and hatched, from the edge `first` to the edge `last`."""
        if first >= last:
            return []
        cover, lines = [box(first, last, top, low)], hatch(first, last, top, low)
        return [
            self.boxes(f"veil{name}", cover, color=self.palette.paper, opacity=0.62),
            self.rules(f"hatch{name}", lines, color=self.palette.muted, opacity=0.22),
        ]


def box(left: float, right: float, top: float, low: float, /, **more: Any) -> Row:
    """Where a rectangle or a straight line lies, in layers and pixels, and its further fields."""
    return {"x": left, "x2": right, "y": top, "y2": low, **more}


def figure(layers: list[Spec], height: float) -> Spec:
    """Layers with the frame that all figures on the depth axis share.

    Layers without rows are left out: a screen reader would meet them as nameless symbols.
    """
    filled = [layer for layer in layers if layer["data"]["values"]]
    return {
        "layer": filled or layers[:1],
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
    }


def tips(part: Spec, titles: dict[str, str]) -> Spec:
    """The layer with a tooltip: fields of its rows, and what each is called."""
    part["encoding"]["tooltip"] = [
        {"field": field, "title": title, "type": "nominal"} for field, title in titles.items()
    ]
    return part


def hatch(left: float, right: float, top: float, bottom: float) -> list[Row]:
    """Slanted lines that fill a box exactly: x in layers, y in pixels.

    Args:
        left: left side of the box, in layers.
        right: right side, in layers.
        top: upper side, in pixels.
        bottom: lower side, in pixels.
    """
    slope = _HATCH_SLOPE
    rows: list[Row] = []
    start = top
    while start < bottom + slope * (right - left):
        # the line y = start - slope * (x - left), cut to the box
        x1 = left + max(0.0, (start - bottom) / slope)
        x2 = min(right, left + (start - top) / slope)
        if x2 > x1:
            y1, y2 = start - slope * (x1 - left), start - slope * (x2 - left)
            rows.append(box(round(x1, 4), round(x2, 4), round(y1, 2), round(y2, 2)))
        start += _HATCH_STEP
    return rows


def spread(heights: list[float], *, gap: float, low: float) -> list[float]:
    """Ascending heights pushed at least `gap` apart, the last one at most at `low`.

    Where there is no room the first ones move up.
    """
    apart = list(heights)
    for rank in range(1, len(apart)):
        apart[rank] = max(apart[rank], apart[rank - 1] + gap)
    limit = low
    for rank in reversed(range(len(apart))):
        apart[rank] = min(apart[rank], limit)
        limit = apart[rank] - gap
    return apart
