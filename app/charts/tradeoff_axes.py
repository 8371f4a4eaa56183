"""The axes of the trade-off figure: theoretical speed-up across, right answers upwards."""

from __future__ import annotations

from typing import Any

from app import wording_tradeoff as words
from app.charts.canvas import Row, Spec
from app.evaluations import Overview
from app.published import Published
from elbert_core.sweeps import SweepPoint

HEIGHT = 400
MOST_STRETCH = 2.0
"""By how much others' figures may lengthen the upright axis before they wait to be asked for."""
TICKS = (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


class Axes:
    """The two axes, and marks placed on them."""

    def __init__(self, overview: Overview, current: SweepPoint, published: Published) -> None:
        table = overview.table
        heights = [p.accuracy for p in (*overview.points, current)]
        heights += [b.accuracy for b in overview.references if b.kind != "oracle_shuffled"]
        self.low, self.high = _range(heights)
        same = [p.accuracy for p in published.points if p.is_of(table.data)]
        self.low_all, self.high_all = _range(heights + same)
        # others may have much better models; they are let in when that costs little room
        stretch = (self.high_all - self.low_all) / (self.high - self.low)
        self.with_published = bool(same) and stretch <= MOST_STRETCH
        others = [p.speed_up for p in published.points if p.is_of(table.data)]
        fastest = max([float(table.n_layers), *others])
        n_layers = table.n_layers
        self.right = 1.12 * fastest
        values = [tick for tick in TICKS if tick <= max(n_layers, 2)]
        layers = f"format({n_layers} / datum.value, '.2~f')"
        self.x: Spec = {
            "type": "quantitative",
            "scale": {"type": "log", "domain": [0.94, self.right], "nice": False},
            "axis": {
                "title": list(words.AXIS_SPEED),
                "values": values,
                "labelExpr": f"[datum.value + '×', {layers}]",
                "grid": True,
                "ticks": False,
                "domain": False,
                "labelOverlap": "greedy",
                "titlePadding": 6,
            },
        }
        show = switch("published")
        self.y: Spec = {
            "type": "quantitative",
            "scale": {
                "domain": [
                    {"expr": f"{show} ? {self.low_all} : {self.low}"},
                    {"expr": f"{show} ? {self.high_all} : {self.high}"},
                ],
                "nice": False,
                "zero": False,
            },
            "axis": {
                "title": words.AXIS_RIGHT,
                "titleAlign": "left",
                "titleAngle": 0,
                "titleAnchor": "end",
                "titleX": 0,
                "titleY": -10,
                "tickCount": 6,
                "ticks": False,
                "domain": False,
                "minExtent": 26,
            },
        }

    def mark(
        self,
        name: str,
        rows: list[Row],
        mark: Spec,
        *,
        tips: tuple[tuple[str, str], ...] = (),
        when: str = "",
        **encoding: Any,
    ) -> Spec:
        """One layer: rows with x and y, drawn as `mark`, shown while `when` holds."""
        found: Spec = {
            "name": name,
            "data": {"values": rows},
            "mark": {"clip": True, **mark},
            "encoding": {
                "x": {"field": "x", **self.x},
                "y": {"field": "y", **self.y},
                **encoding,
            },
        }
        if tips:
            found["encoding"]["tooltip"] = [
                {"field": field, "title": title, "type": "nominal"} for field, title in tips
            ]
        if when:
            found["transform"] = [{"filter": when}]
        return found


def _range(shares: list[float]) -> tuple[float, float]:
    """Ends of the axis, in percent, with some air."""
    low, high = min(shares), max(shares)
    air = max(0.06 * (high - low), 0.004)
    return round(max(100 * (low - air), 0.0), 3), round(min(100 * (high + air), 100.0), 3)


def inked(field: str) -> Spec:
    """A colour or shape that stands in the rows; without a legend."""
    return {"field": field, "type": "nominal", "scale": None}


def switch(name: str) -> str:
    """Name of the checkbox that shows a family or a kind of mark."""
    return f"show_{name}"
