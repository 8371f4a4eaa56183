"""The trade-off figure: right answers against theoretical speed-up, for every rule at once.

Each family of rules is a cloud of settings with a line along its best ones; shape and colour name
the family. Grey: what the rules must beat (full depth with its interval, fixed layers) and what
nobody can reach (oracles). Hollow: what others printed. Checkboxes show and hide families and a
slider moves along a threshold, both inside the browser. A click anywhere picks the nearest setting.

Written as Vega-Lite directly, like the score. Pure: tables in, a specification out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from app.shared.canvas import Row, Spec
from app.shared.palette import Palette
from app.shared.rules import FAMILIES, card, described
from app.tradeoff import words
from app.tradeoff.axes import HEIGHT, MEASURED, Axes, inked, switch
from app.tradeoff.evaluations import Overview, Setting, key_of
from app.tradeoff.published import Published
from app.tradeoff.references import (
    fixed_layers,
    full_depth,
    limits,
    published_figures,
)
from elbert_core.evaluation.sweeps import SweepPoint, pareto_front
from elbert_core.policies import EntropyThreshold

SELECTION = "setting_pick"
"""Name of the click selection; its field is `key`."""


def tradeoff(
    overview: Overview,
    setting: Setting,
    published: Published,
    *,
    palette: Palette,
    still: bool = False,
) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        overview: the table's sweep and reference points.
        setting: the one in use; it need not be one of the sweep.
        published: figures of others.
        palette: colours for a light or a dark page.
        still: for paper, where nothing can be switched: theoretical speed-up, no slider, nobody
            else's figures.
    """
    shown = {family: points for family, points in overview.families.items() if points}
    axes = Axes(overview, setting.point, published, still=still)
    layers: list[Spec] = [
        *full_depth(axes, overview, palette),
        *fixed_layers(axes, overview, palette),
        *_lines(axes, shown, palette),
        _cloud(axes, shown, palette),
        *_best(axes, overview, palette),
        *limits(axes, overview, palette),
        *([] if still else published_figures(axes, overview, published, palette)),
        *([] if still else _slider(axes, overview, palette)),
        *_current(axes, setting, palette),
        *axes.title(palette.muted),
    ]
    return {
        "params": [
            *_switches(shown, axes.with_published and not still),
            _doubt(overview),
            *axes.params(),
        ],
        "layer": layers,
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {"view": {"stroke": None}},
    }


def point_rows(axes: Axes, points: Iterable[SweepPoint]) -> list[Row]:
    """What is drawn and said of sweep points; of points in one place the first only."""
    n_layers = axes.overview.table.n_layers
    rows: dict[tuple[float, float], Row] = {}
    for point in points:
        place = (round(point.speed_up_ratio, 4), round(100 * point.accuracy, 3))
        rows.setdefault(
            place,
            {
                "key": key_of(point.policy),
                **axes.places(point),
                "y": place[1],
                "setting": described(point.policy),
                "right": words.right(point),
                "layers": f"{point.mean_exit_layer:.2f} of {n_layers}",
                "differs": words.in_hundred(1 - point.agreement),
            },
        )
    return list(rows.values())


def _switches(shown: dict[str, Any], with_published: bool) -> list[Spec]:
    names = {
        family: (f"{card(family).mark.glyph} {card(family).name}", family in FAMILIES)
        for family in shown
    }
    names["fixed"] = (f"□ {words.SHOW_FIXED}", False)
    names["limits"] = (f"☆ {words.SHOW_LIMITS}", False)
    names["published"] = (f"◌ {words.SHOW_PUBLISHED}", not with_published)
    return [
        {
            "name": switch(name),
            "value": not hidden,
            "bind": {"input": "checkbox", "name": f"{label} "},
        }
        for name, (label, hidden) in names.items()
    ]


def _doubt(overview: Overview) -> Spec:
    asked = 0.1 if overview.families.get("entropy") else 0.0
    return {
        "name": "doubt",
        "value": asked,
        "bind": {
            "input": "range",
            "min": 0,
            "max": 1,
            "step": 0.01,
            "name": f"{words.DOUBT_SLIDER} ",
        },
    }


def _lines(axes: Axes, shown: dict[str, tuple[SweepPoint, ...]], palette: Palette) -> list[Spec]:
    """Each family's front, by the measure that the axis shows."""
    found = []
    for name, cost, when in axes.measures():
        rows: list[Row] = [
            {
                **axes.places(point),
                "y": round(100 * point.accuracy, 3),
                "family": family,
                "ink": card(family).mark.colour(palette),
            }
            for family, points in shown.items()
            for point in pareto_front(points, cost)
        ]
        part = axes.mark(
            f"family_lines{name}",
            rows,
            {"type": "line", "strokeWidth": 2, "opacity": 0.9},
            when=f"{when}({_visible(shown)})",
            color=inked("ink"),
            detail={"field": "family"},
        )
        found.append(part)
    return found


def _cloud(axes: Axes, shown: dict[str, tuple[SweepPoint, ...]], palette: Palette) -> Spec:
    rows: list[Row] = []
    for family, points in shown.items():
        best = {key_of(point.policy) for point in pareto_front(points)}
        for row in point_rows(axes, points):
            row |= {
                "family": family,
                "name": card(family).name,
                "ink": card(family).mark.colour(palette),
                "shape": card(family).mark.shape,
                "strength": 1.0 if row["key"] in best else 0.38,
                "size": 62 if row["key"] in best else 26,
            }
            rows.append(row)
    plain = {"type": "quantitative", "scale": None, "legend": None}
    cloud = axes.mark(
        "settings",
        rows,
        {"type": "point", "filled": True, "cursor": "pointer"},
        when=_visible(shown),
        tips=words.TIPS,
        color=inked("ink"),
        shape=inked("shape"),
        opacity={"field": "strength", **plain},
        size={"field": "size", **plain},
    )
    cloud["params"] = [
        {
            "name": SELECTION,
            "select": {"type": "point", "fields": ["key"], "on": "click", "nearest": True},
        }
    ]
    return cloud


def _visible(shown: dict[str, Any]) -> str:
    return " || ".join(f"(datum.family === '{family}' && {switch(family)})" for family in shown)


def _best(axes: Axes, overview: Overview, palette: Palette) -> list[Spec]:
    rows: list[Row] = [{**axes.places(p), "y": round(100 * p.accuracy, 3)} for p in overview.front]
    line = {"type": "line", "color": palette.ink, "strokeWidth": 1, "opacity": 0.75}
    return [axes.mark("best_of_all", rows, line)]


def _slider(axes: Axes, overview: Overview, palette: Palette) -> list[Spec]:
    """The setting of the plain rule that the browser's slider points at, with its figures."""
    points = sorted(
        (p for p in overview.families.get("entropy", ()) if isinstance(p.policy, EntropyThreshold)),
        key=lambda p: p.policy.settings()["threshold"],
    )
    thresholds = [float(p.policy.settings()["threshold"]) for p in points]
    rows: list[Row] = []
    for index, point in enumerate(points):
        low = (thresholds[index - 1] + thresholds[index]) / 2 if index else -1.0
        last = index == len(points) - 1
        high = math.inf if last else (thresholds[index] + thresholds[index + 1]) / 2
        (row,) = point_rows(axes, [point])
        said = {"doubt": thresholds[index], "right": words.percent(point.accuracy)}
        row["text"] = words.DOUBT_SAID.format(**said, speed=row["x"], kind="")
        if axes.timed:
            kind = words.DOUBT_MEASURED
            row["clocked"] = words.DOUBT_SAID.format(**said, speed=row["m"], kind=kind)
        rows.append({**row, "low": low, "high": min(high, 2.0)})
    when = f"datum.low <= doubt && doubt < datum.high && {switch('entropy')}"
    ring = {
        "type": "point",
        "filled": False,
        "stroke": palette.bar_hit,
        "strokeWidth": 2,
        "size": 190,
        "shape": "circle",
    }
    corner = {
        "type": "text",
        "align": "left",
        "baseline": "bottom",
        "fontSize": 12,
    }
    parts = [axes.mark("doubt_ring", rows, ring, when=when)]
    for name, ink in (
        ("doubt_halo", {"stroke": palette.paper, "strokeWidth": 4}),
        ("doubt_text", {"color": palette.ink}),
    ):
        text = axes.mark(
            name,
            rows,
            {**corner, **ink},
            when=when,
            text={"field": "said" if axes.timed else "text"},
        )
        if axes.timed:
            either = f"{MEASURED} ? datum.clocked : datum.text"
            text["transform"].insert(0, {"calculate": either, "as": "said"})
        text["encoding"]["x"] = {"value": 4}  # the corner of slow and poor, where no rule is
        text["encoding"]["y"] = {"value": HEIGHT - 4}
        parts.append(text)
    return parts


def _current(axes: Axes, setting: Setting, palette: Palette) -> list[Spec]:
    current, random = setting.point, setting.random
    row: Row = {
        **axes.places(current),
        "x": current.speed_up_ratio,
        "y": 100 * current.accuracy,
        "low": 100 * current.accuracy_low,
        "high": 100 * current.accuracy_high,
        "text": words.CURRENT_LABEL,
        "random": 100 * random.accuracy,
        "what": words.RANDOM_WHAT,
        "right": f"{words.percent(random.accuracy)}\u00a0% "
        f"({words.interval(random.low, random.high)})",
        # the axis is logarithmic
        "side": "right" if current.speed_up_ratio > math.sqrt(axes.right) else "left",
    }
    whisker = axes.mark(
        "current_interval",
        [row],
        {"type": "rule", "color": palette.ink, "strokeWidth": 1.5},
        y2={"field": "high"},
    )
    whisker["encoding"]["y"] = {"field": "low", **axes.y}
    ring = {
        "type": "point",
        "shape": "circle",
        "filled": False,
        "stroke": palette.ink,
        "strokeWidth": 3,
        "size": 230,
        "opacity": 1,
    }
    cross: Spec = {"type": "point", "shape": "M-1,-1L1,1M-1,1L1,-1", "size": 90}
    cross |= {"stroke": palette.ink, "strokeWidth": 2, "opacity": 1}
    dealt = axes.mark("current_random", [row], cross, tips=words.REFERENCE_TIPS)
    dealt["encoding"]["y"] = {"field": "random", **axes.y}
    parts = [whisker, dealt, axes.mark("current", [row], ring)]
    font: Spec = {"type": "text", "dy": -12, "fontSize": 13, "fontWeight": 700}
    for side, offset in (("left", 13), ("right", -13)):
        for name, ink in (
            ("halo", {"stroke": palette.paper, "strokeWidth": 4}),
            ("name", {"color": palette.ink}),
        ):
            mark = {**font, **ink, "align": side, "dx": offset}
            when = f"datum.side === '{side}'"
            text = {"field": "text"}
            parts.append(axes.mark(f"current_{name}_{side}", [row], mark, when=when, text=text))
    return parts


def without_current(spec: Spec) -> tuple[Spec, list[Row]]:
    """The figure with the setting in use taken out, and the rows that go there.

    Data that come separately can change without the figure being drawn anew, so that boxes and
    slider stay as the visitor left them.
    """
    rows: list[Row] = []
    layers: list[Spec] = []
    for layer in spec["layer"]:
        if layer["name"].startswith("current"):
            rows = layer["data"]["values"]
            layer = {part: value for part, value in layer.items() if part != "data"}
        layers.append(layer)
    return {**spec, "layer": layers}, rows
