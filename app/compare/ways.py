"""Ways of several sentences through the layers, one under the other on the depth axis.

The sentence in use comes first. Each row is coloured as far as its sentence is read, with a mark
where it leaves; a dot under a cell says that the layer differs from the first row. Pure: ways in, a
Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.shared.canvas import LayerCanvas, Row, Spec
from app.shared.palette import Palette
from app.shared.paths import figure, heading, label_cells
from elbert_core.results import LayerTrace

_FIRST = 6
_ROW = 54
_STRIP = 20


@dataclass(frozen=True, slots=True)
class Way:
    """One sentence's way.

    Attributes:
        title: what stands above it, plain text.
        trace: all layers of it; as many as every other one here.
        exit_layer: where it leaves.
        differs: layers at which it differs from the first way.
    """

    title: str
    trace: LayerTrace
    exit_layer: int
    differs: tuple[int, ...] = ()


def ways(entries: Sequence[Way], *, palette: Palette) -> Spec:
    """The whole figure, as a Vega-Lite specification; at least one way."""
    n_layers = entries[0].trace.n_layers
    height = _FIRST + _ROW * len(entries)
    canvas = LayerCanvas(n_layers, height, {})
    cells: list[Spec] = []
    empty: list[Row] = []
    marks: list[Row] = []
    dots: list[Row] = []
    titles: list[tuple[float, str]] = []
    for number, entry in enumerate(entries):
        title = _FIRST + _ROW * number + 8
        top = title + 11
        low = top + _STRIP
        titles.append((title, entry.title))
        cells += label_cells(
            canvas, entry.trace, top, low, palette, upto=entry.exit_layer, name=f"_{number}"
        )
        empty += [
            {"x": layer - 0.46, "x2": layer + 0.46, "y": top, "y2": low}
            for layer in range(entry.exit_layer + 1, n_layers + 1)
        ]
        x = entry.exit_layer + 0.5
        marks.append({"x": x, "x2": x, "y": top - 4, "y2": low + 4})
        dots += [{"x": layer, "y": low + 6} for layer in entry.differs]
    return figure(
        [
            canvas.boxes("unread", empty, fill=None, stroke=palette.faint, cornerRadius=3),
            *cells,
            canvas.rules("exits", marks, color=palette.ink, strokeWidth=3),
            canvas.points("differs", dots, color=palette.ink, size=26, shape="circle"),
            *heading(canvas, titles, palette),
        ],
        height,
    )
