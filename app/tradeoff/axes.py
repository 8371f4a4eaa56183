"""The axes of the trade-off figure: speed-up across, right answers upwards.

The speed-up is theoretical. Where the table holds the milliseconds of every layer, a pair of radio
buttons changes it for the measured one, inside the browser: every row carries both places (`x` and
`m`), and the one in use is worked out there (`at`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app.shared.canvas import Row, Spec
from app.tradeoff import words
from app.tradeoff.evaluations import Overview
from app.tradeoff.published import Published
from elbert_core.evaluation.baselines import Baseline
from elbert_core.evaluation.sweeps import SweepPoint

Tips = dict[str, str]
"""Fields of the rows of a mark, and what each is called."""
HEIGHT = 400
MOST_STRETCH = 2.0
"""By how much others' figures may lengthen the upright axis before they wait to be asked for."""
MEASURED = "speed_axis === 'measured'"
"""True in the browser while the measured speed-up is shown."""
TITLE_LINES = (60, 75)
"""How far the lines of the horizontal axis' title lie under the figure."""
TICKS = (1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


class Axes:
    """The two axes, and marks placed on them."""

    def __init__(
        self, overview: Overview, current: SweepPoint, published: Published, *, still: bool
    ) -> None:
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
        n_layers = table.n_layers
        all_ms = float(table.layer_ms.sum())
        measured = [all_ms / float(table.layer_ms[0])] if self.timed else []
        fastest = max([float(n_layers), *others, *measured])
        self.right = 1.12 * fastest
        values = [tick for tick in TICKS if tick <= max(n_layers, 2)]
        below = f"format({n_layers} / datum.value, '.2~f')"
        if self.timed:
            below = f"{MEASURED} ? format({all_ms:.4f} / datum.value, '.1f') : {below}"
        # where the title changes, marks write it (`title`); two empty lines keep its place
        title = [" ", " "] if self.timed else list(words.AXIS_SPEED)
        self.x: Spec = {
            "type": "quantitative",
            "scale": {"type": "log", "domain": [0.94, self.right], "nice": False},
            "axis": {
                "title": title,
                "values": values,
                "labelExpr": f"[datum.value + '×', {below}]",
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

    def places(self, one: SweepPoint | Baseline) -> Row:
        """Where a point stands across, in either measure, and what is said of it."""
        measured = self.overview.measured(one) if self.timed else None
        row: Row = {"x": round(one.speed_up_ratio, 4), "speed": f"{one.speed_up_ratio:.2f}×"}
        if measured is not None:
            row["m"] = round(measured, 4)
            row["timed"] = words.measured_speed(measured, self.overview.table)
        return row

    def measures(self) -> list[tuple[str, Callable[[SweepPoint], float] | None, str]]:
        """What the axis can show: end of a layer's name, cost of a point, and when it is shown."""
        if not self.timed:
            return [("", None, "")]
        return [
            ("", None, f"!({MEASURED}) && "),
            ("_measured", lambda one: -(self.overview.measured(one) or 0.0), f"{MEASURED} && "),
        ]

    def tips(self, tips: Tips) -> Tips:
        """The hints of a mark, with the measured speed-up after the theoretical one."""
        if not self.timed:
            return tips
        found: Tips = {}
        for field, title in tips.items():
            found[field] = title
            if field == "speed":
                found["timed"] = words.TIP_MEASURED
        return found

    def params(self) -> list[Spec]:
        """The radio buttons that choose the measure; none where there is no choice."""
        if not self.timed:
            return []
        labels = [words.SPEED_THEORETICAL, words.measured_label(self.overview.table)]
        options = ["theoretical", "measured"]
        bind = {"input": "radio", "options": options, "labels": labels}
        return [{"name": "speed_axis", "value": options[0], "bind": {**bind, "name": " "}}]

    def title(self, ink: str) -> list[Spec]:
        """What the horizontal axis shows; follows the radio buttons."""
        if not self.timed:
            return []
        parts = []
        for name, when, said in (
            ("theoretical", f"!({MEASURED})", words.AXIS_SPEED),
            ("measured", MEASURED, words.AXIS_MEASURED),
        ):
            for number, line in enumerate(said):
                font: Spec = {"type": "text", "align": "left", "fontSize": 12, "color": ink}
                part = self.mark(
                    f"axis_{name}_{number}",
                    [{"x": 1, "y": 0, "text": line}],
                    {**font, "clip": False},
                    when=when,
                    text={"field": "text"},
                )
                part["encoding"]["x"] = {"value": 0}
                part["encoding"]["y"] = {"value": HEIGHT + TITLE_LINES[number]}
                parts.append(part)
        return parts

    def mark(
        self,
        name: str,
        rows: list[Row],
        mark: Spec,
        *,
        tips: Tips | None = None,
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
                {"field": field, "title": title, "type": "nominal"}
                for field, title in self.tips(tips).items()
            ]
        if when:
            found["transform"] = [{"filter": when}]
        if self.timed:
            for row in rows:
                row.setdefault("m", row["x"])
                row["at"] = row["x"]  # for pictures that nobody can switch
            place = f"{MEASURED} ? datum.m : datum.x"
            found.setdefault("transform", []).append({"calculate": place, "as": "at"})
            found["encoding"]["x"] = {"field": "at", **self.x}
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
