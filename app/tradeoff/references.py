"""What the rules are measured against: full depth, fixed layers, oracles, figures of others.

Grey is what a rule must beat, stars are what nobody can reach, hollow circles were printed by
others for other models.
"""

from __future__ import annotations

import math
from typing import Any

from app.shared.canvas import Row, Spec
from app.shared.palette import Palette
from app.tradeoff import words
from app.tradeoff.axes import MEASURED, Axes, switch
from app.tradeoff.evaluations import Overview
from app.tradeoff.published import Published


def full_depth(axes: Axes, overview: Overview, palette: Palette) -> list[Spec]:
    """A line across the figure, and the band in which differences may be luck."""
    full = overview.full
    band: Row = {
        "x": 0.94,
        "x2": axes.right,
        "y": max(100 * full.accuracy_low, axes.low),
        "y2": min(100 * full.accuracy_high, axes.high),
        "what": words.BAND_WHAT,
        "right": words.right(full),
        "speed": "1×",
    }
    if axes.timed:
        band["timed"] = words.measured_speed(1.0, overview.table)
    height = 100 * full.accuracy
    line: Row = {**band, "y": height, "y2": height}
    ends: dict[str, Any] = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
    text = words.FULL_LABEL.format(share=height)
    return [
        axes.mark(
            "full_band",
            [band],
            {"type": "rect", "color": palette.bar, "opacity": 0.16},
            tips=words.REFERENCE_TIPS,
            **ends,
        ),
        axes.mark(
            "full_line",
            [line],
            {"type": "rule", "color": palette.muted, "strokeDash": [6, 4], "strokeWidth": 1.5},
            x2={"field": "x2"},
        ),
        axes.mark(
            "full_name",
            [{"x": axes.right, "y": band["y2"], "text": text}],
            {
                "type": "text",
                "align": "right",
                "baseline": "bottom",
                "dx": -5,
                "dy": -4,
                "color": palette.muted,
                "fontSize": 12,
                "fontWeight": 600,
            },
            text={"field": "text"},
        ),
    ]


def fixed_layers(axes: Axes, overview: Overview, palette: Palette) -> list[Spec]:
    """Every text stops after the same layer."""
    rows: list[Row] = [
        {
            **axes.places(mark),
            "y": 100 * mark.accuracy,
            "key": f"fixed layer={mark.layer} min_layer=1",
            "what": words.FIXED_WHAT.format(layer=mark.layer),
            "right": words.right(mark),
        }
        for mark in overview.references
        if mark.kind == "fixed"
    ]
    when = switch("fixed")
    line = {"type": "line", "color": palette.muted, "strokeDash": [2, 3], "strokeWidth": 1.5}
    point = {
        "type": "point",
        "shape": "square",
        "filled": True,
        "fill": palette.paper,
        "stroke": palette.muted,
        "strokeWidth": 1.5,
        "size": 45,
        "opacity": 1,
    }
    return [
        axes.mark("fixed_line", rows, line, when=when),
        axes.mark("fixed", rows, point, when=when, tips=words.REFERENCE_TIPS),
    ]


def limits(axes: Axes, overview: Overview, palette: Palette) -> list[Spec]:
    """What only somebody could reach who knows the answer, or the later layers."""
    rows: list[Row] = [
        {
            **axes.places(mark),
            "y": 100 * mark.accuracy,
            "kind": kind,
            "what": what,
            "text": text,
            "right": f"{words.percent(mark.accuracy)} %",
        }
        for kind, (text, what) in words.LIMITS.items()
        for mark in [overview.reference(kind)]
    ]
    when = switch("limits")
    star = {
        "type": "point",
        "shape": STAR,
        "filled": True,
        "fill": palette.paper,
        "stroke": palette.ink,
        "strokeWidth": 1.5,
        "size": 130,
        "opacity": 1,
    }
    parts = [axes.mark("limits", rows, star, when=when, tips=words.REFERENCE_TIPS)]
    for row in rows:
        right_half = row["x"] > math.sqrt(axes.right)  # the axis is logarithmic
        name: Spec = {
            "type": "text",
            "align": "right" if right_half else "left",
            "dx": -11 if right_half else 11,
            "fontSize": 12,
        }
        for layer, ink in (
            ("limit_halo", {"stroke": palette.paper, "strokeWidth": 4}),
            ("limit_name", {"color": palette.ink}),
        ):
            text = {"field": "text"}
            parts.append(
                axes.mark(f"{layer}_{row['kind']}", [row], {**name, **ink}, when=when, text=text)
            )
    return parts


STAR = "M0,-1L.235,-.324L.951,-.309L.38,.124L.588,.809L0,.4L-.588,.809L-.38,.124L-.951,-.309L-.235,-.324Z"  # noqa: E501  # a path


def published_figures(
    axes: Axes, overview: Overview, published: Published, palette: Palette
) -> list[Spec]:
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
            "strength": 0.95 if point.is_of(overview.table.data) else 0.45,
        }
        for point in published.points
        if axes.low_all <= 100 * point.accuracy <= axes.high_all
    ]
    mark = {
        "type": "point",
        "shape": "circle",
        "filled": False,
        "stroke": palette.muted,
        "strokeDash": [2, 1.5],
        "strokeWidth": 1.6,
        "size": 90,
    }
    strength = {"field": "strength", "type": "quantitative", "scale": None, "legend": None}
    when = switch("published")
    if axes.timed:  # the clocks of others are other clocks
        when = f"{when} && !({MEASURED})"
        for row in rows:
            row["timed"] = words.NOT_COMPARABLE
    return [
        axes.mark("published", rows, mark, when=when, tips=words.PUBLISHED_TIPS, opacity=strength)
    ]
