"""What the figures share: staves, the depth axis, and lines, boxes and words placed on them.

Vertical positions are pixels from the top of the figure, horizontal ones are layers. Pure; knows
neither traces nor policies.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import altair as alt

from app import wording

Row = dict[str, Any]

_HATCH_STEP = 14.0  # pixels between hatch lines, measured downwards
_HATCH_SLOPE = 50.0  # pixels up for one layer to the right: about 45 degrees at usual widths


@dataclass(frozen=True, slots=True)
class Stave:
    """A horizontal strip of the figure, in pixels from its top.

    Attributes:
        title: what it shows; written just above `top`.
        top, bottom: where the largest and the smallest value lie.
        high: the value at `top`; the value at `bottom` is 0.
    """

    title: str
    top: float
    bottom: float
    high: float = 1.0

    def y(self, value: float) -> float:
        """Pixels from the top of the figure for a value."""
        share = min(max(value / self.high, 0.0), 1.0) if self.high > 0 else 0.0
        return round(self.bottom - share * (self.bottom - self.top), 2)


@dataclass(frozen=True, slots=True)
class Staves:
    """Where everything is."""

    probs: Stave
    entropy: Stave
    labels: Stave
    ms: Stave
    height: float

    @property
    def all(self) -> tuple[Stave, ...]:
        """From top to bottom."""
        return self.probs, self.entropy, self.labels, self.ms


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50, … (or 0.5, 0.2, …) that is not under `value`."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if value <= f * power * (1 + 1e-9))


class Canvas:
    """Axes that all marks share."""

    def __init__(self, n_layers: int, place: Staves) -> None:
        """Canvas for `n_layers` layers and the staves of `place`."""
        self.n_layers = n_layers
        self.place = place
        every = 1 if self.n_layers <= 12 else 2
        self.x_scale = alt.Scale(domain=[0.5, self.n_layers + 0.5], nice=False, zero=False)
        self.x_axis = alt.Axis(
            title=wording.AXIS_DEPTH,
            values=[n for n in range(1, self.n_layers + 1) if (n - 1) % every == 0],
            format="d",
            grid=False,
            ticks=False,
            domain=False,
            labelOverlap=False,
            titlePadding=2,
        )
        ticks = self._ticks()
        pick = "''"
        for position, label in ticks.items():
            pick = f"datum.value === {position} ? '{label}' : {pick}"
        self.y_axis = alt.Axis(
            title=None,
            values=list(ticks),
            labelExpr=pick,
            grid=False,
            ticks=False,
            domain=False,
            labelOverlap=False,
            minExtent=26,
            maxExtent=26,
        )
        self.y_scale = alt.Scale(domain=[0, place.height], reverse=True, nice=False, zero=False)

    def _ticks(self) -> dict[float, str]:
        ticks: dict[float, str] = {}
        for stave in (self.place.probs, self.place.entropy, self.place.ms):
            ticks[stave.y(0)] = "0"
            ticks[stave.y(stave.high)] = f"{stave.high:g}"
        ticks[self.place.probs.y(0.5)] = "½"
        return ticks

    def x(self, name: str = "x") -> alt.X:
        """Depth in layers."""
        return alt.X(f"{name}:Q", scale=self.x_scale, axis=self.x_axis)

    def y(self, name: str = "y") -> alt.Y:
        """Pixels from the top."""
        return alt.Y(f"{name}:Q", scale=self.y_scale, axis=self.y_axis)

    def marks(self, rows: list[Row]) -> alt.Chart:
        """Marks at (x, y) in their own `ink`, one line or point set for each `index`."""
        chart: alt.Chart = alt.Chart(alt.InlineData(values=rows)).encode(
            x=self.x(), y=self.y(), color=alt.Color("ink:N", scale=None), detail="index:N"
        )
        return chart

    def boxes(self, rows: list[Row], **mark: Any) -> alt.Chart:
        """Rectangles between (x, y) and (x2, y2)."""
        base = alt.Chart(alt.InlineData(values=rows)).mark_rect(**mark)
        chart: alt.Chart = base.encode(x=self.x(), x2="x2:Q", y=self.y(), y2="y2:Q")
        return chart

    def lines(self, rows: list[Row], **mark: Any) -> alt.Chart:
        """Straight lines between (x, y) and (x2, y2)."""
        base = alt.Chart(alt.InlineData(values=rows)).mark_rule(**mark)
        chart: alt.Chart = base.encode(x=self.x(), x2="x2:Q", y=self.y(), y2="y2:Q")
        return chart

    def words(self, rows: list[Row], *, at_left: bool = False, **mark: Any) -> alt.Chart:
        """Texts at (x, y), or at the left edge."""
        place = alt.XValue(0) if at_left else self.x()
        base = alt.Chart(alt.InlineData(values=rows)).mark_text(baseline="middle", **mark)
        chart: alt.Chart = base.encode(x=place, y=self.y(), text="text:N")
        return chart


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
            rows.append(
                {
                    "x": round(x1, 4),
                    "y": round(start - slope * (x1 - left), 2),
                    "x2": round(x2, 4),
                    "y2": round(start - slope * (x2 - left), 2),
                }
            )
        start += _HATCH_STEP
    return rows
