"""The trade-off figure: right answers against theoretical speed-up, for every rule at once.

Each family of rules is a cloud of settings with a line along its best ones; shape and colour name
the family. Grey: what the rules must beat (full depth with its interval, fixed layers) and what
nobody can reach (oracles). Hollow: what others printed. Checkboxes show and hide families and a
slider moves along a threshold, both inside the browser. A click anywhere picks the nearest setting.
Beside it the tests of a promise, on an axis of the same kind.

Written as Vega-Lite directly, like the score. Pure: tables in, a specification out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from app.shared import words as common
from app.shared.canvas import Marks, Row, Spec, box, figure, tips
from app.shared.palette import Palette
from app.shared.rules import FAMILIES, card, described
from app.tradeoff import words
from app.tradeoff import words_promise as promised
from app.tradeoff.axes import (
    HEIGHT,
    MEASURED,
    Axes,
    across,
    fixed_layers,
    full_depth,
    limits,
    plain,
    published_figures,
    switch,
    upright,
    when,
)
from app.tradeoff.evaluations import Overview, Setting, key_of
from app.tradeoff.others import Published
from elbert_core.evaluation.calibration import Tuning
from elbert_core.evaluation.sweeps import SweepPoint, pareto_front
from elbert_core.policies import EntropyThreshold

SELECTION = "setting_pick"
"""Name of the click selection; its field is `key`."""
STEPS_HEIGHT = 240
_SHAPE = {"field": "shape", "type": "nominal", "scale": None}

Families = dict[str, tuple[SweepPoint, ...]]


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
    best: Spec = {"color": palette.ink, "strokeWidth": 1, "opacity": 0.75}
    layers: list[Spec] = [
        *full_depth(axes, palette),
        *fixed_layers(axes, palette),
        *_lines(axes, shown, palette),
        _cloud(axes, shown, palette),
        axes.lines("best_of_all", [axes.row(p, index=0) for p in overview.front], **best),
        *limits(axes, palette),
        *([] if still else published_figures(axes, published, palette)),
        *([] if still else _slider(axes, palette)),
        *_current(axes, setting, palette),
        *axes.title(palette.muted),
    ]
    boxes = _switches(shown, axes.with_published and not still)
    return {"params": [*boxes, _doubt(overview), *axes.params()], **figure(layers, HEIGHT)}


def _point_rows(axes: Axes, points: Iterable[SweepPoint], **more: Any) -> list[Row]:
    """What is drawn and said of sweep points; of points in one place the first only."""
    rows: dict[tuple[float, float], Row] = {}
    for point in points:
        row = axes.row(
            point,
            key=key_of(point.policy),
            setting=described(point.policy),
            right=words.right(point),
            layers=f"{point.mean_exit_layer:.2f} of {axes.overview.table.n_layers}",
            differs=words.in_hundred(1 - point.agreement),
            **more,
        )
        rows.setdefault((row["x"], row["y"]), row)
    return list(rows.values())


def _switches(shown: Families, with_published: bool) -> list[Spec]:
    names = {
        family: (f"{card(family).mark.glyph} {card(family).name}", family not in FAMILIES)
        for family in shown
    }
    names["fixed"] = (f"□ {words.SHOW_FIXED}", True)
    names["limits"] = (f"☆ {words.SHOW_LIMITS}", True)
    names["published"] = (f"◌ {words.SHOW_PUBLISHED}", with_published)
    return [
        {"name": switch(name), "value": on, "bind": {"input": "checkbox", "name": f"{label} "}}
        for name, (label, on) in names.items()
    ]


def _doubt(overview: Overview) -> Spec:
    slider = {"input": "range", "min": 0, "max": 1, "step": 0.01, "name": f"{words.DOUBT_SLIDER} "}
    asked = 0.1 if overview.families.get("entropy") else 0.0
    return {"name": "doubt", "value": asked, "bind": slider}


def _lines(axes: Axes, shown: Families, palette: Palette) -> list[Spec]:
    """Each family's front, by the measure that the axis shows."""
    found = []
    for name, cost, measure in axes.measures():
        rows = [
            axes.row(point, index=family, family=family, ink=card(family).mark.colour(palette))
            for family, points in shown.items()
            for point in pareto_front(points, cost)
        ]
        part = axes.lines(f"family_lines{name}", rows, ink="ink", strokeWidth=2, opacity=0.9)
        found.append(when(part, f"{measure}({_visible(shown)})"))
    return found


def _cloud(axes: Axes, shown: Families, palette: Palette) -> Spec:
    rows: list[Row] = []
    for family, points in shown.items():
        best = {key_of(point.policy) for point in pareto_front(points)}
        rule = card(family)
        look: Spec = {"ink": rule.mark.colour(palette), "shape": rule.mark.shape}
        for row in _point_rows(axes, points, family=family, name=rule.name, **look):
            first = row["key"] in best
            rows.append(row | {"strength": 1.0 if first else 0.38, "size": 62 if first else 26})
    cloud = axes.points("settings", rows, ink="ink", cursor="pointer")
    cloud["encoding"] |= {"shape": _SHAPE, "opacity": plain("strength"), "size": plain("size")}
    pick = {"type": "point", "fields": ["key"], "on": "click", "nearest": True}
    cloud["params"] = [{"name": SELECTION, "select": pick}]
    return when(axes.tips(cloud, words.TIPS), _visible(shown))


def _visible(shown: Families) -> str:
    return " || ".join(f"(datum.family === '{family}' && {switch(family)})" for family in shown)


def _slider(axes: Axes, palette: Palette) -> list[Spec]:
    """The setting of the plain rule that the browser's slider points at, with its figures."""
    by_doubt = {
        float(point.policy.threshold): point
        for point in axes.overview.families.get("entropy", ())
        if isinstance(point.policy, EntropyThreshold)
    }
    doubts = sorted(by_doubt)
    edges = [-1.0, *((low + high) / 2 for low, high in pairwise(doubts)), 2.0]
    rows: list[Row] = []
    for doubt, low, high in zip(doubts, edges, edges[1:], strict=False):
        point = by_doubt[doubt]
        (row,) = _point_rows(axes, [point], low=low, high=high)
        said = {"doubt": doubt, "right": words.percent(point.accuracy)}
        row["text"] = words.DOUBT_SAID.format(**said, speed=row["x"], kind="")
        if axes.timed:
            kind = words.DOUBT_MEASURED
            row["clocked"] = words.DOUBT_SAID.format(**said, speed=row["m"], kind=kind)
        rows.append(row)
    look: Spec = {"filled": False, "stroke": palette.bar_hit, "strokeWidth": 2, "opacity": 0.7}
    ring = axes.points("doubt_ring", rows, shape="circle", size=190, **look)
    font: Spec = {"align": "left", "baseline": "bottom", "fontSize": 12, "color": palette.ink}
    said_parts = axes.haloed("doubt_text", rows, palette, **font)
    for part in said_parts:
        if axes.timed:
            either = f"{MEASURED} ? datum.clocked : datum.text"
            part["transform"].insert(0, {"calculate": either, "as": "said"})
            part["encoding"]["text"] = {"field": "said"}
        # the corner of slow and poor, where no rule is
        part["encoding"] |= {"x": {"value": 4}, "y": {"value": HEIGHT - 4}}
    condition = f"datum.low <= doubt && doubt < datum.high && {switch('entropy')}"
    return [when(part, condition) for part in (ring, *said_parts)]


def _current(axes: Axes, setting: Setting, palette: Palette) -> list[Spec]:
    current, random = setting.point, setting.random
    row = axes.row(
        current,
        low=100 * current.accuracy_low,
        high=100 * current.accuracy_high,
        text=words.CURRENT_LABEL,
        random=100 * random.accuracy,
        what=words.RANDOM_WHAT,
        right=f"{words.percent(random.accuracy)}\u00a0% "
        f"({words.interval(random.low, random.high)})",
    )
    row["side"] = "right" if axes.on_right(row) else "left"
    bar = {"type": "rule", "color": palette.ink, "strokeWidth": 1.5}
    up: Spec = {"y": {"field": "low", **axes.y}, "y2": {"field": "high"}}
    line: Spec = {"stroke": palette.ink, "strokeWidth": 2}
    cross = axes.points("current_random", [row], shape="M-1,-1L1,1M-1,1L1,-1", size=90, **line)
    cross["mark"].pop("filled")
    cross["encoding"]["y"] = {"field": "random", **axes.y}
    ring: Spec = {"filled": False, "stroke": palette.ink, "strokeWidth": 3, "size": 230}
    parts = [
        axes.mark("current_interval", [row], bar, **up),
        axes.tips(cross, words.REFERENCE_TIPS),
        axes.points("current", [row], shape="circle", **ring),
    ]
    font: Spec = {"dy": -12, "fontSize": 13, "fontWeight": 700, "color": palette.ink}
    for side, offset in (("left", 13), ("right", -13)):
        name = axes.haloed(f"current_{side}", [row], palette, align=side, dx=offset, **font)
        parts += [when(part, f"datum.side === '{side}'") for part in name]
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
    accepted = 100 * tuning.max_loss
    top = max([accepted, *(row["limit"] for row in rows)])
    fastest = max([1.5, *(row["x"] for row in rows)])
    values = [v for v in (1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 24) if v <= fastest]
    marks = Marks(
        across(promised.AXES[0], [0.97, 1.08 * fastest], values, "datum.value + '×'"),
        upright(promised.AXES[1], [0, 1.15 * top]),
    )
    line = box(0.97, 1.08 * fastest, accepted, accepted)
    line["text"] = f"{promised.LIMIT_LABEL}: {accepted:g}\u00a0%"
    dash: Spec = {"color": palette.ink, "strokeDash": [6, 4], "strokeWidth": 1.5}
    name: Spec = {"align": "left", "baseline": "bottom", "dx": 4, "dy": -3, "color": palette.ink}
    end = {"type": "tick", "thickness": 2, "size": 9, "orient": "horizontal"}
    limit: Spec = {"y": {"field": "limit", **marks.y}}
    dots = marks.points("losses", rows, ink="ink", size=60)
    dots["encoding"]["shape"] = _SHAPE
    said = {field: promised.COLUMNS[field] for field in ("setting", "y", "limit", "passed")}
    bar = {"type": "rule", "strokeWidth": 2}
    layers = [
        marks.rules("accepted", [line], **dash),
        marks.words("accepted_name", [line], **name),
        marks.mark("limits", rows, bar, ink="ink", y2={"field": "limit"}),
        marks.mark("limit_ends", rows, end, ink="ink", **limit),
        tips(dots, said),
    ]
    return figure(layers, STEPS_HEIGHT)
