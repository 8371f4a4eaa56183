"""Several ways through the layers, one under the other on one depth axis.

Each path has the probability of every label as lines and the leading label of each layer as cells;
a mark after its exit crosses both, and what lies behind is veiled and hatched as in the score. Used
to compare two sentences or two rules, and in lessons, where the later layers may be kept back.

Written as Vega-Lite directly, like the score. Pure: traces and decisions in, a specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.shared import wording
from app.shared import wording_compare as words
from app.shared.canvas import LayerCanvas, Row, Spec, Stave, hatch
from app.shared.palette import SHAPES, Palette, glyph
from app.shared.reading import closed_run, label_names
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

_LINES = 84  # pixels of the probability lines
_TITLE = 30
_CELLS = 20
_GAP = 20
PATH_HEIGHT = _TITLE + _LINES + 8 + _CELLS + _GAP
"""Pixels that one path takes."""


@dataclass(frozen=True, slots=True)
class Path:
    """One sentence under one rule.

    Attributes:
        title: what stands above it, plain text.
        trace: all layers.
        decision: where it leaves; None shows no exit.
        upto: layers that are shown at all, 0..n_layers; None shows every one.
    """

    title: str
    trace: LayerTrace
    decision: Decision | None = None
    upto: int | None = None

    @property
    def shown_layers(self) -> int:
        """Layers of which anything is drawn."""
        return self.trace.n_layers if self.upto is None else min(self.upto, self.trace.n_layers)


def paths(entries: Sequence[Path], *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        entries: at least one path; the deepest gives the axis.
        palette: colours for a light or a dark page.
    """
    n_layers = max(entry.trace.n_layers for entry in entries)
    height = PATH_HEIGHT * len(entries) - _GAP + 4
    staves = [
        Stave(entry.title, top, top + _LINES)
        for number, entry in enumerate(entries)
        for top in [PATH_HEIGHT * number + _TITLE]
    ]
    ticks: dict[float, str] = {}
    for stave in staves:
        ticks |= {stave.y(1): "1", stave.y(0.5): "½", stave.y(0): "0"}
    canvas = LayerCanvas(n_layers, height, ticks)
    layers: list[Spec] = []
    for number, (entry, stave) in enumerate(zip(entries, staves, strict=True)):
        layers += _path(canvas, entry, stave, number, palette)
    layers.append(_hover(canvas, entries, staves))
    return figure(layers, height)


def figure(layers: list[Spec], height: float) -> Spec:
    """Layers with the frame that all stacked figures share.

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


def _path(
    canvas: LayerCanvas, entry: Path, stave: Stave, number: int, palette: Palette
) -> list[Spec]:
    low = stave.bottom + 8 + _CELLS
    return [
        *probability_lines(
            canvas, stave, entry.trace, palette, upto=entry.shown_layers, name=f"_{number}"
        ),
        *label_cells(
            canvas,
            entry.trace,
            stave.bottom + 8,
            low,
            palette,
            upto=entry.shown_layers,
            name=f"_{number}",
        ),
        *_kept_back(canvas, entry, stave, low, number, palette),
        *_exit(canvas, entry, stave, low, number, palette),
        *heading(canvas, [(stave.top - 19, entry.title)], palette, name=f"_{number}"),
    ]


def heading(
    canvas: LayerCanvas, titles: list[tuple[float, str]], palette: Palette, *, name: str = ""
) -> list[Spec]:
    """Titles on the left edge with a halo, so that they can be read across marks."""
    rows: list[Row] = [{"y": y, "text": text} for y, text in titles]
    font: dict[str, Any] = {"align": "left", "fontSize": 12, "fontWeight": 600}
    halo: dict[str, Any] = {"stroke": palette.paper, "strokeWidth": 4}
    return [
        canvas.words(f"titles_halo{name}", rows, at_left=True, **halo, **font),
        canvas.words(f"titles{name}", rows, at_left=True, color=palette.muted, **font),
    ]


def probability_lines(
    canvas: LayerCanvas,
    stave: Stave,
    trace: LayerTrace,
    palette: Palette,
    *,
    upto: int,
    name: str = "",
) -> list[Spec]:
    """Probability of each label over the first `upto` layers, on a grid of 0, ½ and 1."""
    right = trace.n_layers + 0.5
    names = label_names(trace)
    rows: list[Row] = [
        {
            "x": layer,
            "y": stave.y(float(p)),
            "index": i,
            "ink": palette.label(i),
            "label": names[i],
        }
        for layer, probs in enumerate(trace.probs[:upto], start=1)
        for i, p in enumerate(probs)
    ]
    edges: list[Row] = [
        {"x": 0.5, "x2": right, "y": stave.y(v), "y2": stave.y(v)} for v in (0.0, 1.0)
    ]
    half: list[Row] = [{"x": 0.5, "x2": right, "y": stave.y(0.5), "y2": stave.y(0.5)}]
    parts = [
        canvas.rules(f"grid{name}", edges, color=palette.faint),
        canvas.rules(f"half{name}", half, color=palette.faint, strokeDash=[3, 3]),
        canvas.lines(
            f"probabilities{name}", rows, ink="ink", strokeWidth=2.5, interpolate="monotone"
        ),
    ]
    for index in range(len(names)):
        mine = [row for row in rows if row["index"] == index]
        shape = SHAPES[index % len(SHAPES)]
        parts.append(canvas.points(f"points_{index}{name}", mine, ink="ink", size=42, shape=shape))
    return parts


def label_cells(
    canvas: LayerCanvas,
    trace: LayerTrace,
    top: float,
    bottom: float,
    palette: Palette,
    *,
    upto: int,
    name: str = "",
) -> list[Spec]:
    """The leading label of the first `upto` layers, as coloured cells with its sign."""
    cells: list[Row] = []
    signs: list[Row] = []
    for layer, label in enumerate(trace.labels[:upto], start=1):
        index = int(label)
        cells.append(
            {
                "x": layer - 0.46,
                "x2": layer + 0.46,
                "y": top,
                "y2": bottom,
                "fill": palette.label(index),
            }
        )
        signs.append(
            {
                "x": layer,
                "y": (top + bottom) / 2,
                "text": glyph(index),
                "ink": palette.label_ink(index),
            }
        )
    return [
        canvas.boxes(f"labels{name}", cells, ink="fill", cornerRadius=3),
        canvas.words(f"signs{name}", signs, ink="ink", fontSize=11),
    ]


def veil(
    canvas: LayerCanvas,
    first: float,
    last: float,
    top: float,
    bottom: float,
    palette: Palette,
    *,
    name: str = "",
) -> list[Spec]:
    """What lies after an exit, dimmed and hatched, from the edge `first` to the edge `last`."""
    if first >= last:
        return []
    box: Row = {"x": first, "x2": last, "y": top, "y2": bottom}
    return [
        canvas.boxes(f"veil{name}", [box], color=palette.paper, opacity=0.62),
        canvas.rules(
            f"hatch{name}", hatch(first, last, top, bottom), color=palette.muted, opacity=0.22
        ),
    ]


def _kept_back(
    canvas: LayerCanvas, entry: Path, stave: Stave, low: float, number: int, palette: Palette
) -> list[Spec]:
    left, right = entry.shown_layers + 0.5, entry.trace.n_layers + 0.5
    if left >= right:
        return []
    box: Row = {"x": left, "x2": right, "y": stave.top - 4, "y2": low}
    middle: Row = {
        "x": (left + right) / 2,
        "y": (stave.top + stave.bottom) / 2,
        "text": words.LATER,
    }
    return [
        canvas.boxes(f"kept_back{number}", [box], color=palette.faint, opacity=0.6, cornerRadius=3),
        canvas.words(f"kept_back_sign{number}", [middle], color=palette.muted, fontSize=22),
    ]


def _exit(
    canvas: LayerCanvas, entry: Path, stave: Stave, low: float, number: int, palette: Palette
) -> list[Spec]:
    decision = entry.decision
    if decision is None or decision.exit_layer > entry.shown_layers:
        return []
    x, top = decision.exit_layer + 0.5, stave.top - 10
    parts = veil(canvas, x, entry.trace.n_layers + 0.5, top + 8, low, palette, name=f"_{number}")
    mark: Row = {"x": x, "x2": x, "y": top, "y2": low + 3}
    parts.append(canvas.rules(f"exit_mark_{number}", [mark], color=palette.ink, strokeWidth=3))
    run = closed_run(decision)
    if run is not None:
        left, right = run[0] - 0.42, run[1] + 0.42
        bracket: list[Row] = [
            {"x": left, "x2": right, "y": low + 6, "y2": low + 6},
            {"x": left, "x2": left, "y": low + 2, "y2": low + 6},
            {"x": right, "x2": right, "y": low + 2, "y2": low + 6},
        ]
        parts.append(canvas.rules(f"bracket_{number}", bracket, color=palette.ink, strokeWidth=2))
    return parts


def _hover(canvas: LayerCanvas, entries: Sequence[Path], staves: list[Stave]) -> Spec:
    rows: list[Row] = []
    for entry, stave in zip(entries, staves, strict=True):
        names = label_names(entry.trace)
        for layer in range(1, entry.shown_layers + 1):
            rows.append(
                {
                    "x": layer - 0.5,
                    "x2": layer + 0.5,
                    "y": stave.top - 4,
                    "y2": stave.bottom + 8 + _CELLS,
                    "layer": layer,
                    "leads": names[int(entry.trace.labels[layer - 1])],
                    "probability": f"{entry.trace.confidence[layer - 1]:.3f}",
                    "doubt": f"{entry.trace.entropy[layer - 1]:.3f}",
                }
            )
    boxes = canvas.boxes("hover", rows, opacity=0)
    boxes["encoding"]["tooltip"] = [
        {"field": field, "title": title, "type": "nominal"}
        for field, title in (
            ("layer", wording.COLUMN_LAYER),
            ("leads", wording.COLUMN_LEADS),
            ("probability", wording.COLUMN_PROBABILITY),
            ("doubt", wording.COLUMN_ENTROPY),
        )
    ]
    return boxes
