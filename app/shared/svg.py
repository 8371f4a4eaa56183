"""The app's own figures as still pictures: a Vega-Lite specification in, an SVG text out.

Reads just what `app.charts` writes (layers of rect, rule, tick, line, point and text on one pair of
axes, values inline, colours in the rows), so that a report needs neither a browser nor a script.
Hints become `<title>` elements. All text is escaped and its hidden characters are written out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

from app.shared.canvas import Row, Spec
from app.shared.text import visible

Keep = Callable[[str, Row], bool]

_LEFT, _RIGHT, _TOP, _BOTTOM = 40.0, 10.0, 26.0, 52.0
_SHAPES: dict[str, str] = {
    "circle": "",
    "square": "M-.886,-.886H.886V.886H-.886Z",
    "diamond": "M0,-1.25L.95,0L0,1.25L-.95,0Z",
    "cross": "M-.38,-1.1H.38V-.38H1.1V.38H.38V1.1H-.38V.38H-1.1V-.38H-.38Z",
    "triangle-up": "M0,-1.1L1.1,.9H-1.1Z",
    "triangle-down": "M0,1.1L1.1,-.9H-1.1Z",
    "triangle-right": "M1.1,0L-.9,1.1V-1.1Z",
}
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_BASELINES = {"middle": "central", "top": "hanging", "bottom": "auto", "alphabetic": "auto"}


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: values to pixels."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Pixels of a value."""
        low, high, here = self.low, self.high, value
        if self.log:
            low, high, here = math.log(low), math.log(high), math.log(max(value, 1e-9))
        return round(self.start + (here - low) / (high - low) * (self.end - self.start), 2)


def svg(
    spec: Spec,
    *,
    alt: str,
    ink: str,
    faint: str,
    width: float = 760,
    keep: Keep | None = None,
) -> str:
    """The figure as one `<svg>` element that scales with the page.

    Args:
        spec: a figure of `app.charts`.
        alt: what it shows, for those who cannot see it.
        ink: colour of axis text.
        faint: colour of grid lines.
        width: in pixels; the height is the figure's own.
        keep: which rows of which layer are drawn; all by default.
    """
    switches = {p["name"]: bool(p.get("value")) for p in spec.get("params", ())}
    encoding = spec["layer"][0]["encoding"]
    height = float(spec["height"])
    x = _scale(encoding["x"], _LEFT, width - _RIGHT, switches)
    y = _scale(encoding["y"], _TOP + height, _TOP, switches)
    if encoding["y"]["scale"].get("reverse"):
        y = Scale(y.low, y.high, _TOP, _TOP + height)
    parts = [*_x_axis(encoding["x"], x, _TOP + height, ink, faint), *_y_axis(encoding["y"], y, ink)]
    # an inner picture, because it cuts off what lies outside of it
    box = f"{_LEFT - 4:g} 0 {width - _LEFT - 4:g} {_TOP + height + 4:g}"
    left, top, wide, high = box.split()
    place = f'x="{left}" y="{top}" width="{wide}" height="{high}"'
    parts.append(f'<svg {place} viewBox="{box}">')
    for layer in spec["layer"]:
        rows = [r for r in layer["data"]["values"] if keep is None or keep(layer["name"], r)]
        parts += _layer(layer, rows, x, y)
    parts.append("</svg>")
    total = _TOP + height + _BOTTOM
    return (
        f'<svg viewBox="0 0 {width:g} {total:g}" role="img" aria-label="{_safe(alt)}" '
        f'xmlns="http://www.w3.org/2000/svg" style="width:100%;max-width:{width:g}px">'
        f"{''.join(parts)}</svg>"
    )


def _scale(channel: Spec, start: float, end: float, switches: dict[str, bool]) -> Scale:
    low, high = (_number(value, switches) for value in channel["scale"]["domain"])
    return Scale(low, high, start, end, log=channel["scale"].get("type") == "log")


def _number(value: object, switches: dict[str, bool]) -> float:
    """A number, or the branch of "name ? a : b" that a switch stands for."""
    if isinstance(value, dict):
        name, yes, no = re.split(r" [?:] ", str(value["expr"]))
        return float(yes if switches.get(name) else no)
    return float(str(value))


def _x_axis(channel: Spec, scale: Scale, bottom: float, ink: str, faint: str) -> list[str]:
    axis, parts = channel["axis"], []
    values = axis.get("values")
    for value in _ticks(scale) if values is None else values:
        place = scale.at(value)
        if axis.get("grid"):
            parts.append(_line(place, _TOP, place, bottom, f'stroke="{faint}"'))
        for line, said in enumerate(_x_labels(axis, value)):
            parts.append(_text(place, bottom + 15 + 13 * line, said, ink, anchor="middle"))
    title = axis.get("title") or ""
    lines = title if isinstance(title, list) else [title]
    middle = (scale.start + scale.end) / 2
    said = " · ".join(lines)
    parts.append(_text(middle, bottom + 46, said, ink, anchor="middle"))
    return parts


def _x_labels(axis: Spec, value: float) -> list[str]:
    expression = str(axis.get("labelExpr", ""))
    times = f"{value:g}" + ("×" if "×" in expression else "")
    layers = re.search(r"format\((\d+) / datum", expression)
    return [times, f"{int(layers[1]) / value:.3g}"] if layers else [times]


def _y_axis(channel: Spec, scale: Scale, ink: str) -> list[str]:
    axis = channel["axis"]
    named = dict(re.findall(r"datum\.value === ([\d.]+) \? '([^']*)'", axis.get("labelExpr", "")))
    labels = {float(value): said for value, said in named.items()}
    if not labels and axis.get("values") is None:
        labels = {value: f"{value:g}" for value in _ticks(scale)}
    parts = [
        _text(_LEFT - 6, scale.at(value) + 4, said, ink, anchor="end")
        for value, said in labels.items()
    ]
    if isinstance(axis.get("title"), str):
        parts.append(_text(0, 14, axis["title"], ink))
    return parts


def _ticks(scale: Scale) -> list[float]:
    """About five round values inside a linear axis."""
    raw = (scale.high - scale.low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(f * power for f in (1.0, 2.0, 5.0, 10.0) if raw <= f * power * (1 + 1e-9))
    first = math.ceil(scale.low / step)
    count = math.floor(scale.high / step) - first + 1
    return [round((first + i) * step, 6) for i in range(count)]


def _layer(layer: Spec, rows: list[Row], x: Scale, y: Scale) -> list[str]:
    mark, encoding = layer["mark"], layer["encoding"]
    kind = mark["type"]
    if kind == "line":
        return _lines(rows, mark, encoding, x, y)
    drawn = []
    for row in rows:
        look = _Look(row, mark, encoding)
        left, top = look.place("x", x), look.place("y", y)
        right, low = look.place("x2", x, left), look.place("y2", y, top)
        hint = _hint(row, encoding)
        if kind == "rect":
            box = f'x="{min(left, right):g}" y="{min(top, low):g}" '
            box += f'width="{abs(right - left):g}" height="{abs(low - top):g}"'
            box += f' rx="{float(mark.get("cornerRadius", 0)):g}"'
            drawn.append(f"<rect {box} {look.paint()}>{hint}</rect>")
        elif kind in ("rule", "tick"):
            if kind == "tick":
                left, right = left - 4, left + 4
            drawn.append(_line(left, top, right, low, look.paint(stroked=True), hint))
        elif kind == "point":
            drawn.append(_point(left, top, look, hint))
        elif kind == "text":
            drawn.append(_words(left, top, row, look))
    return drawn


class _Look:
    """How one row of one layer is painted: a field of the row wins over the mark."""

    def __init__(self, row: Row, mark: Spec, encoding: Spec) -> None:
        self.row, self.mark, self.encoding = row, mark, encoding

    def get(self, name: str, default: Any = None) -> Any:
        channel = self.encoding.get(name, {})
        return self.row[channel["field"]] if "field" in channel else self.mark.get(name, default)

    def place(self, name: str, scale: Scale, default: float = 0.0) -> float:
        channel = self.encoding.get(name)
        if channel is None:
            return default
        if "value" in channel:
            return float(channel["value"]) + (_LEFT if name == "x" else _TOP)
        return scale.at(float(self.row[channel["field"]]))

    def paint(self, *, stroked: bool = False) -> str:
        colour = self.get("color")
        filled = bool(self.mark.get("filled", self.mark["type"] != "point"))
        fill = self.mark.get("fill", colour if filled else None)
        stroke = self.mark.get("stroke", colour if stroked or not filled else None)
        if stroked:
            fill = None
        said = [f'fill="{escape(str(fill))}"' if fill else 'fill="none"']
        if stroke:
            wide = float(self.mark.get("strokeWidth", 1))
            said.append(f'stroke="{escape(str(stroke))}" stroke-width="{wide:g}"')
        if "strokeDash" in self.mark:
            dash = " ".join(f"{float(length):g}" for length in self.mark["strokeDash"])
            said.append(f'stroke-dasharray="{dash}"')
        said.append(f'opacity="{float(self.get("opacity", 1)):g}"')
        return " ".join(said)


def _lines(rows: list[Row], mark: Spec, encoding: Spec, x: Scale, y: Scale) -> list[str]:
    field = encoding.get("detail", {}).get("field", "")
    groups: dict[object, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.get(field), []).append(row)
    drawn = []
    for group in groups.values():
        look = _Look(group[0], mark, encoding)
        looks = [_Look(row, mark, encoding) for row in group]
        ordered = sorted((one.place("x", x), one.place("y", y)) for one in looks)
        path = " ".join(f"{left:g},{top:g}" for left, top in ordered)
        drawn.append(f'<polyline points="{path}" {look.paint(stroked=True)}/>')
    return drawn


def _point(left: float, top: float, look: _Look, hint: str) -> str:
    radius = math.sqrt(float(look.get("size", 30)) / math.pi)
    shape = str(look.get("shape", "circle"))
    if shape == "circle":
        return f'<circle cx="{left:g}" cy="{top:g}" r="{radius:.2f}" {look.paint()}>{hint}</circle>'
    path = _SHAPES.get(shape, shape)
    paint = f'{look.paint()} vector-effect="non-scaling-stroke"'
    move = f'transform="translate({left:g} {top:g}) scale({radius:.2f})"'
    return f'<path d="{escape(path)}" {move} {paint}>{hint}</path>'


def _words(left: float, top: float, row: Row, look: _Look) -> str:
    mark = look.mark
    halo = mark.get("stroke")
    said = [
        f'font-size="{float(mark.get("fontSize", 11)):g}"',
        f'font-weight="{escape(str(mark.get("fontWeight", 400)))}"',
        f'font-style="{escape(str(mark.get("fontStyle", "normal")))}"',
        f'text-anchor="{_ANCHORS[mark.get("align", "center")]}"',
        f'dominant-baseline="{_BASELINES[mark.get("baseline", "middle")]}"',
    ]
    if halo:
        wide = float(mark.get("strokeWidth", 1))
        said.append(f'fill="none" stroke="{escape(str(halo))}" stroke-width="{wide:g}"')
    else:
        said.append(f'fill="{escape(str(look.get("color", "black")))}"')
    left, top = left + float(mark.get("dx", 0)), top + float(mark.get("dy", 0))
    return f'<text x="{left:g}" y="{top:g}" {" ".join(said)}>{_safe(str(row["text"]))}</text>'


def _hint(row: Row, encoding: Spec) -> str:
    tips = encoding.get("tooltip")
    if not isinstance(tips, list):
        return ""
    said = "\n".join(f"{tip['title']}: {row.get(tip['field'], '')}" for tip in tips)
    return f"<title>{_safe(said)}</title>"


def _line(x1: float, y1: float, x2: float, y2: float, paint: str, hint: str = "") -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" {paint}>{hint}</line>'


def _text(left: float, top: float, said: str, ink: str, *, anchor: str = "start") -> str:
    return (
        f'<text x="{left:g}" y="{top:g}" fill="{ink}" font-size="11" text-anchor="{anchor}">'
        f"{_safe(said)}</text>"
    )


def _safe(text: str) -> str:
    return escape(visible(text))
