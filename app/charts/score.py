"""The score: one sentence's way through the layers, as staves that share the depth axis.

From top to bottom: probability of each label (lines), doubt left (bars against the threshold), the
leading label of each layer (cells, with a bracket where a window closed), milliseconds (bars). One
vertical mark through all staves shows the exit; what lies after it is dimmed and hatched. A band
marks the layer under the cursor.

The figure is a single layered view with hand-made vertical positions in pixels rather than a
concatenation of charts: only so can one mark cross all staves, and only so does the width follow the
page, down to a telephone. Pure: a trace and a decision in, a chart out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import altair as alt

from app import wording
from app.charts.palette import SHAPES, Palette
from app.inputs import visible
from elbert_core.explanation import CheckResult, Decision
from elbert_core.results import ExitReason, LayerTrace

SELECTION = "layer_pick"
"""Name of the click selection; its field is `layer`."""

_HATCH_STEP = 14.0  # pixels between hatch lines, measured downwards
_RUNS = {"window": 0, "patience": 1, "divergence_run": 1}
"""Quantities that count layers, and how many layers more than the count the run spans."""

Row = dict[str, Any]


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


def staves(trace: LayerTrace) -> Staves:
    """Room for each stave; only the scale of the milliseconds depends on the trace."""
    return Staves(
        probs=Stave(wording.STAVE_PROBS, 44, 138),
        entropy=Stave(wording.STAVE_ENTROPY, 172, 226),
        labels=Stave(wording.STAVE_LABELS, 260, 292),
        ms=Stave(wording.STAVE_MS, 332, 366, nice_ceiling(float(trace.layer_ms.max()))),
        height=368,
    )


def nice_ceiling(value: float) -> float:
    """The smallest of 1, 2, 5, 10, 20, 50, … (or 0.5, 0.2, …) that is not under `value`."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(f * power for f in (1.0, 2.0, 5.0, 10.0) if value <= f * power * (1 + 1e-9))


def check_of(decision: Decision, layer: int, *quantities: str) -> CheckResult | None:
    """The condition on one of these quantities at a layer, if the policy has one."""
    for check in decision.verdicts[layer - 1].checks:
        if check.quantity in quantities:
            return check
    return None


def score(
    trace: LayerTrace, decision: Decision, *, cursor: int, palette: Palette
) -> alt.LayerChart:
    """The whole figure.

    Args:
        trace: all layers of one sentence.
        decision: what a policy makes of it; same number of layers.
        cursor: layer under the cursor, 1..n_layers.
        palette: colours for a light or a dark page.
    """
    place = staves(trace)
    canvas = _Canvas(trace, place)
    names = label_names(trace)
    parts: list[alt.Chart] = [
        _cursor_band(canvas, cursor, palette),
        *_grid(canvas, palette),
        *_probabilities(canvas, trace, decision, names, palette),
        *_entropy(canvas, trace, decision, palette),
        *_cells(canvas, trace, decision, names, palette),
        *_milliseconds(canvas, trace, palette),
        *_after_exit(canvas, decision, palette),
        *_exit_mark(canvas, decision, palette),
        *_titles(canvas, palette),
        _hover(canvas, trace, decision, names),
    ]
    chart = alt.layer(*parts).properties(
        width="container",
        height=place.height,
        # only the width follows the page: the staves keep their heights in pixels
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    )
    return chart.configure_view(stroke=None)


def label_names(trace: LayerTrace) -> list[str]:
    """Label names as shown: no hidden characters, never two alike."""
    names = [visible(name, limit=24) or "?" for name in trace.label_names]
    return [n if names.count(n) == 1 else f"{n} ({i})" for i, n in enumerate(names)]


def alt_text(trace: LayerTrace, decision: Decision, verdict: str) -> str:
    """What a sighted reader would take away from the figure, in words."""
    doubts = trace.entropy
    return (
        f"Score of {trace.n_layers} layers. {verdict} "
        f"Doubt goes from {doubts[0]:.2f} after layer 1 to {doubts[decision.exit_layer - 1]:.2f} at "
        f"the exit. The table below has all numbers."
    )


class _Canvas:
    """Axes that all marks share."""

    def __init__(self, trace: LayerTrace, place: Staves) -> None:
        self.n_layers = trace.n_layers
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
        self.y_scale = alt.Scale(
            domain=[0, place.height], reverse=True, nice=False, zero=False
        )

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

    def boxes(self, rows: list[Row], **mark: Any) -> alt.Chart:
        """Rectangles between (x, y) and (x2, y2)."""
        base = alt.Chart(alt.InlineData(values=rows)).mark_rect(**mark)
        return base.encode(x=self.x(), x2="x2:Q", y=self.y(), y2="y2:Q")

    def lines(self, rows: list[Row], **mark: Any) -> alt.Chart:
        """Straight lines between (x, y) and (x2, y2)."""
        base = alt.Chart(alt.InlineData(values=rows)).mark_rule(**mark)
        return base.encode(x=self.x(), x2="x2:Q", y=self.y(), y2="y2:Q")

    def words(self, rows: list[Row], *, at_left: bool = False, **mark: Any) -> alt.Chart:
        """Texts at (x, y), or at the left edge."""
        base = alt.Chart(alt.InlineData(values=rows)).mark_text(baseline="middle", **mark)
        place = alt.XValue(0) if at_left else self.x()
        return base.encode(x=place, y=self.y(), text="text:N")


def _cursor_band(canvas: _Canvas, cursor: int, palette: Palette) -> alt.Chart:
    row = {"x": cursor - 0.5, "x2": cursor + 0.5, "y": 24, "y2": canvas.place.height}
    return canvas.boxes([row], color=palette.cursor, opacity=0.28, cornerRadius=3)


def _grid(canvas: _Canvas, palette: Palette) -> list[alt.Chart]:
    left, right = 0.5, canvas.n_layers + 0.5
    place = canvas.place
    heights = [s.y(v) for s in (place.probs, place.entropy, place.ms) for v in (0, s.high)]
    grid: list[Row] = [{"x": left, "x2": right, "y": y, "y2": y} for y in heights]
    half = place.probs.y(0.5)
    middle: list[Row] = [{"x": left, "x2": right, "y": half, "y2": half}]
    return [
        canvas.lines(grid, color=palette.faint),
        canvas.lines(middle, color=palette.faint, strokeDash=[3, 3]),
    ]


def _titles(canvas: _Canvas, palette: Palette) -> list[alt.Chart]:
    rows: list[Row] = [{"y": stave.top - 13, "text": stave.title} for stave in canvas.place.all]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    return [
        # a halo in the page's colour, so that a title can be read across the exit mark
        canvas.words(rows, at_left=True, stroke=palette.paper, strokeWidth=4, **font),
        canvas.words(rows, at_left=True, color=palette.muted, **font),
    ]


def _probabilities(
    canvas: _Canvas, trace: LayerTrace, decision: Decision, names: list[str], palette: Palette
) -> list[alt.Chart]:
    stave = canvas.place.probs
    rows: list[Row] = [
        {"x": layer, "y": stave.y(float(p)), "label": names[i], "probability": round(float(p), 4)}
        for layer, probs in enumerate(trace.probs, start=1)
        for i, p in enumerate(probs)
    ]
    colours = alt.Scale(domain=names, range=[palette.label(i) for i in range(len(names))])
    colour = alt.Color("label:N", scale=colours, legend=_legend())
    shapes = label_shapes(names)
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=canvas.x(), y=canvas.y(), color=colour)
    parts = [
        base.mark_line(strokeWidth=2.5, interpolate="monotone"),
        base.mark_point(filled=True, opacity=1, size=55).encode(shape=shapes),
    ]
    check = check_of(decision, 1, "confidence")
    if check is not None:
        parts += _threshold(canvas, stave, check.needed, f"above {check.needed:.2f}", palette)
    return parts


def label_shapes(names: list[str]) -> alt.Shape:
    """The shape that goes with each label; its legend is that of the colours."""
    forms = [SHAPES[i % len(SHAPES)] for i in range(len(names))]
    return alt.Shape("label:N", scale=alt.Scale(domain=names, range=forms), legend=_legend())


def _legend() -> alt.Legend:
    return alt.Legend(title=None, orient="top", symbolSize=90, offset=0, labelLimit=180)


def _threshold(
    canvas: _Canvas, stave: Stave, value: float, text: str, palette: Palette
) -> list[alt.Chart]:
    y, right = stave.y(value), canvas.n_layers + 0.5
    above = y - 8 if y - 8 > stave.top - 4 else y + 8
    return [
        canvas.lines(
            [{"x": 0.5, "x2": right, "y": y, "y2": y}],
            color=palette.ink,
            strokeDash=[5, 3],
            strokeWidth=1.5,
        ),
        canvas.words(
            [{"x": 0.55, "y": above, "text": text}], align="left", color=palette.ink, fontSize=11
        ),
    ]


def _entropy(
    canvas: _Canvas, trace: LayerTrace, decision: Decision, palette: Palette
) -> list[alt.Chart]:
    stave = canvas.place.entropy
    first = check_of(decision, 1, "entropy", "entropy_nats")
    rows: list[Row] = []
    for layer, doubt in enumerate(trace.entropy, start=1):
        check = check_of(decision, layer, "entropy", "entropy_nats")
        hit = check is not None and check.met
        rows.append(
            {
                "x": layer - 0.3,
                "x2": layer + 0.3,
                "y": stave.y(float(doubt)),
                "y2": stave.y(0),
                "ink": palette.bar_hit if hit else palette.bar,
                "doubt": round(float(doubt), 4),
            }
        )
    bars = canvas.boxes(rows, cornerRadius=1).encode(color=alt.Color("ink:N", scale=None))
    if first is None:
        return [bars]
    nats = first.quantity == "entropy_nats"
    value = first.needed / math.log(len(trace.label_names)) if nats else first.needed
    unit = " nats" if nats else ""
    return [bars, *_threshold(canvas, stave, value, f"under {first.needed:.2f}{unit}", palette)]


def _cells(
    canvas: _Canvas, trace: LayerTrace, decision: Decision, names: list[str], palette: Palette
) -> list[alt.Chart]:
    stave = canvas.place.labels
    cells: list[Row] = []
    counts: list[Row] = []
    for layer, label in enumerate(trace.labels, start=1):
        index = int(label)
        cells.append(
            {
                "x": layer - 0.46,
                "x2": layer + 0.46,
                "y": stave.top,
                "y2": stave.bottom,
                "ink": palette.label(index),
                "label": names[index],
            }
        )
        run = check_of(decision, layer, *_RUNS)
        counts.append(
            {
                "x": layer,
                "y": stave.top + 10,
                "y_count": stave.top + 23,
                "ink": palette.label_ink(index),
                "label": names[index],
                "text": "" if run is None else f"{run.value:.0f}",
            }
        )
    ink = alt.Color("ink:N", scale=None)
    signs = alt.Chart(alt.InlineData(values=counts))
    parts = [
        canvas.boxes(cells, cornerRadius=3).encode(color=ink),
        signs.mark_point(filled=True, opacity=1, size=40).encode(
            x=canvas.x(), y=canvas.y(), color=ink, shape=label_shapes(names)
        ),
        signs.mark_text(baseline="middle", fontSize=11, fontWeight=600).encode(
            x=canvas.x(), y=canvas.y("y_count"), color=ink, text="text:N"
        ),
    ]
    closed = closed_run(decision)
    if closed is not None:
        first, last = closed
        low = stave.bottom + 8
        left, right = first - 0.42, last + 0.42
        bracket: list[Row] = [
            {"x": left, "x2": right, "y": low, "y2": low},
            {"x": left, "x2": left, "y": low - 5, "y2": low},
            {"x": right, "x2": right, "y": low - 5, "y2": low},
        ]
        parts.append(canvas.lines(bracket, color=palette.ink, strokeWidth=2))
    return parts


def closed_run(decision: Decision) -> tuple[int, int] | None:
    """First and last layer of the run that made the decision; None when no run did."""
    if decision.reason not in (
        ExitReason.WINDOW,
        ExitReason.PATIENCE,
        ExitReason.STEADY_DISTRIBUTION,
    ):
        return None
    check = check_of(decision, decision.exit_layer, *_RUNS)
    if check is None:
        return None
    span = int(check.needed) + _RUNS[check.quantity]
    return max(decision.exit_layer - span + 1, 1), decision.exit_layer


def _milliseconds(canvas: _Canvas, trace: LayerTrace, palette: Palette) -> list[alt.Chart]:
    stave = canvas.place.ms
    rows: list[Row] = [
        {
            "x": layer - 0.3,
            "x2": layer + 0.3,
            "y": stave.y(float(ms)),
            "y2": stave.y(0),
            "ms": round(float(ms), 3),
        }
        for layer, ms in enumerate(trace.layer_ms, start=1)
    ]
    return [canvas.boxes(rows, color=palette.bar, cornerRadius=1)]


def _after_exit(canvas: _Canvas, decision: Decision, palette: Palette) -> list[alt.Chart]:
    left, right = decision.exit_layer + 0.5, canvas.n_layers + 0.5
    if left >= right:
        return []
    top, height = 26.0, canvas.place.height
    veil: Row = {"x": left, "x2": right, "y": top, "y2": height}
    parts = [
        canvas.boxes([veil], color=palette.paper, opacity=0.62),
        canvas.lines(hatch(left, right, top, height), color=palette.muted, opacity=0.22),
    ]
    if right - left >= 0.25 * canvas.n_layers:  # else there is no room for the words on a telephone
        words: Row = {"x": right - 0.05, "y": 12, "text": wording.NOT_NEEDED}
        parts.append(
            canvas.words(
                [words], align="right", color=palette.muted, fontSize=12, fontStyle="italic"
            )
        )
    return parts


def hatch(left: float, right: float, top: float, bottom: float) -> list[Row]:
    """Slanted lines that fill a box exactly: x in layers, y in pixels.

    Args:
        left, right: sides of the box, in layers.
        top, bottom: in pixels from the top of the figure.
    """
    slope = 50.0  # pixels upwards for one layer to the right: about 45 degrees at usual widths
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


def _exit_mark(canvas: _Canvas, decision: Decision, palette: Palette) -> list[alt.Chart]:
    layer = decision.exit_layer
    early = layer < decision.n_layers
    to_left = layer > decision.n_layers / 2
    text = wording.FLAG_EXIT if early else wording.FLAG_FULL
    # the mark stands after the layer: that layer was computed, the next one is not
    x = layer + 0.5
    mark: Row = {"x": x, "x2": x, "y": 4, "y2": canvas.place.height}
    flag = canvas.words(
        [{"x": x, "y": 12, "text": f"{text} ▸" if to_left else f"◂ {text}"}],
        align="right" if to_left else "left",
        dx=-6 if to_left else 6,
        color=palette.ink,
        fontSize=13,
        fontWeight=700,
    )
    return [canvas.lines([mark], color=palette.ink, strokeWidth=3), flag]


def _hover(
    canvas: _Canvas, trace: LayerTrace, decision: Decision, names: list[str]
) -> alt.Chart:
    rows: list[Row] = []
    for layer in range(1, canvas.n_layers + 1):
        index = int(trace.labels[layer - 1])
        rows.append(
            {
                "layer": layer,
                "x": layer - 0.5,
                "x2": layer + 0.5,
                "y": 0,
                "y2": canvas.place.height,
                "leads": names[index],
                "probability": f"{trace.confidence[layer - 1]:.3f}",
                "doubt": f"{trace.entropy[layer - 1]:.3f}",
                "ms": f"{trace.layer_ms[layer - 1]:.2f}",
            }
        )
    pick = alt.selection_point(name=SELECTION, fields=["layer"], on="click", empty=False)
    tips = [
        alt.Tooltip("layer:Q", title="Layer"),
        alt.Tooltip("leads:N", title=wording.COLUMN_LEADS),
        alt.Tooltip("probability:N", title="Probability"),
        alt.Tooltip("doubt:N", title=wording.COLUMN_ENTROPY),
        alt.Tooltip("ms:N", title="Milliseconds"),
    ]
    boxes = canvas.boxes(rows, opacity=0, cursor="pointer")
    return boxes.encode(tooltip=tips).add_params(pick)
