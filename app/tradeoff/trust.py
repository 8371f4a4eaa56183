"""Two small figures of the Trade-off page: reliability of one layer, and the tests of a promise."""

from __future__ import annotations

from typing import Any

from app.shared import words as common
from app.shared.canvas import Row, Spec
from app.shared.palette import Palette
from app.shared.rules import described
from app.tradeoff import words
from app.tradeoff import words_closer as closer
from app.tradeoff import words_promise as promised
from app.tradeoff.evaluations import Overview
from elbert_core.evaluation.calibration import Tuning

HEIGHT = 240
_FIT: Spec = {
    "width": "container",
    "height": HEIGHT,
    "autosize": {"type": "fit-x", "contains": "padding"},
    "config": {"view": {"stroke": None}},
}
_BARE: dict[str, Any] = {"ticks": False, "domain": False}


def trust_figure(overview: Overview, layer: int, *, palette: Palette) -> Spec:
    """How often a layer is right, by how sure it is; on the diagonal both are the same."""
    got, index = overview.reliability, layer - 1
    rows = int(got.count[index].sum())
    lowest = 100 / len(overview.table.label_names)
    points: list[Row] = [
        {
            "x": round(100 * float(got.confidence[index, i]), 2),
            "y": round(100 * float(got.accuracy[index, i]), 2),
            "n": int(n),
            "size": round(30 + 600 * n / rows, 1),
        }
        for i, n in enumerate(got.count[index])
        if n
    ]
    for point in points:
        point["ideal"] = point["x"]
    floor = min([lowest, *(p["x"] for p in points)])
    low = min([floor, *(p["y"] for p in points)])
    axis = {"type": "quantitative", "title": None}
    x = {**axis, "scale": {"domain": [floor - 2, 102], "nice": False, "zero": False}}
    y = {**axis, "scale": {"domain": [max(low - 4, 0), 103], "nice": False, "zero": False}}
    x["axis"] = {**_BARE, "title": f"{closer.TRUST_AXIS}, %", "tickCount": 5}
    y["axis"] = {
        **_BARE,
        "title": words.AXIS_RIGHT,
        "titleAlign": "left",
        "titleAngle": 0,
        "titleAnchor": "end",
        "titleX": 0,
        "titleY": -8,
        "tickCount": 5,
        "minExtent": 26,
    }

    def part(name: str, values: list[Row], mark: Spec, **more: Any) -> Spec:
        encoding = {"x": {"field": "x", **x}, "y": {"field": "y", **y}, **more}
        return {"name": name, "data": {"values": values}, "mark": mark, "encoding": encoding}

    ends: list[Row] = [{"x": floor, "y": floor}, {"x": 100, "y": 100}]
    plain: Spec = {"type": "quantitative", "scale": None, "legend": None}
    tips = [
        {"field": field, "title": title, "type": "nominal"}
        for field, title in zip(("n", "x", "y"), closer.TRUST_COLUMNS[1:], strict=True)
    ]
    colour = palette.label(1)
    return {
        "layer": [
            part(
                "ideal",
                ends,
                {"type": "line", "color": palette.muted, "strokeDash": [5, 4], "strokeWidth": 1.5},
            ),
            part(
                "gap",
                points,
                {"type": "rule", "color": colour, "opacity": 0.5, "strokeWidth": 2},
                y2={"field": "ideal"},
            ),
            part(
                "groups",
                points,
                {"type": "point", "filled": True, "color": colour, "opacity": 0.9},
                size={"field": "size", **plain},
                tooltip=tips,
            ),
        ],
        **_FIT,
    }


def steps_figure(tuning: Tuning, *, palette: Palette) -> Spec:
    """The settings tested in turn: what each lost, up to its limit, against the accepted loss."""
    rows: list[Row] = [
        {
            "x": round(1 / step.computation_cost, 3),
            "y": round(100 * step.loss, 3),
            "limit": round(100 * step.upper_limit, 3),
            "ink": palette.label(1 if step.accepted else 0),
            "shape": "circle" if step.accepted else "cross",
            "setting": described(step.policy),
            "passed": common.YES if step.accepted else common.NO,
        }
        for step in tuning.tested
    ]
    top = max([100 * tuning.max_loss, *(row["limit"] for row in rows)])
    fastest = max([1.5, *(row["x"] for row in rows)])
    x: Spec = {
        "type": "quantitative",
        "scale": {"type": "log", "domain": [0.97, 1.08 * fastest], "nice": False},
        "axis": {
            **_BARE,
            "title": promised.AXES[0],
            "values": [v for v in (1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 24) if v <= fastest],
            "labelExpr": "datum.value + '×'",
        },
    }
    y: Spec = {
        "type": "quantitative",
        "scale": {"domain": [0, 1.15 * top], "nice": False},
        "axis": {
            **_BARE,
            "title": promised.AXES[1],
            "titleAlign": "left",
            "titleAngle": 0,
            "titleAnchor": "end",
            "titleX": 0,
            "titleY": -8,
            "tickCount": 5,
            "minExtent": 26,
        },
    }

    def part(name: str, values: list[Row], mark: Spec, field: str = "y", **more: Any) -> Spec:
        encoding = {"x": {"field": "x", **x}, "y": {"field": field, **y}, **more}
        return {"name": name, "data": {"values": values}, "mark": mark, "encoding": encoding}

    def inked(field: str) -> Spec:
        return {"field": field, "type": "nominal", "scale": None}

    accepted: Row = {"x": 0.97, "x2": 1.08 * fastest, "y": 100 * tuning.max_loss}
    accepted["text"] = f"{promised.LIMIT_LABEL}: {100 * tuning.max_loss:g}\u00a0%"
    tips = [
        {"field": field, "title": promised.COLUMNS[field], "type": "nominal"}
        for field in ("setting", "y", "limit", "passed")
    ]
    dash: Spec = {"type": "rule", "color": palette.ink, "strokeDash": [6, 4], "strokeWidth": 1.5}
    name: Spec = {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -3}
    bar: Spec = {"type": "rule", "strokeWidth": 2}
    tick: Spec = {"type": "tick", "thickness": 2, "size": 9, "orient": "horizontal"}
    dot: Spec = {"type": "point", "filled": True, "size": 60, "opacity": 1}
    return {
        "layer": [
            part("accepted", [accepted], dash, x2={"field": "x2"}),
            part(
                "accepted_name", [accepted], {**name, "color": palette.ink}, text={"field": "text"}
            ),
            part("limits", rows, bar, color=inked("ink"), y2={"field": "limit"}),
            part("limit_ends", rows, tick, "limit", color=inked("ink")),
            part("losses", rows, dot, color=inked("ink"), shape=inked("shape"), tooltip=tips),
        ],
        **_FIT,
    }
