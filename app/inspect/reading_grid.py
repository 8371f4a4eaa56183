"""What had been read: words as rows, layers as columns, stronger for a larger share.

Every column adds up to 1. Layers after the exit are veiled, because the running model would not
have read them. Pure: shares, words and a decision in, a Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.inspect import words
from app.shared import wording
from app.shared.canvas import LayerCanvas, Row, Spec, figure, heading, veil
from app.shared.palette import Palette
from app.shared.text import piece
from elbert_core.policies.explanation import Decision

_FIRST = 16
_ROW = 32
_CELL = 14


def reading_grid(
    shares: NDArray[np.float64],
    names: Sequence[str],
    decision: Decision,
    *,
    cursor: int,
    palette: Palette,
) -> Spec:
    """The whole figure, as a Vega-Lite specification.

    Args:
        shares: (layers, words), each layer sums to 1.
        names: the words.
        decision: where the sentence leaves; same number of layers.
        cursor: layer under the cursor, 1..n_layers.
        palette: colours for a light or a dark page.
    """
    n_layers = shares.shape[0]
    height = _FIRST + _ROW * len(names) + 2
    canvas = LayerCanvas(n_layers, height, {})
    low, high = float(shares.min()), float(shares.max())
    cells: list[Row] = []
    titles: list[tuple[float, str]] = []
    for row, name in enumerate(names):
        title = _FIRST + _ROW * row
        titles.append((title, piece(name)))
        for layer in range(1, n_layers + 1):
            share = float(shares[layer - 1, row])
            part = (share - low) / (high - low or 1.0)
            cells.append(
                {
                    "x": layer - 0.46,
                    "x2": layer + 0.46,
                    "y": title + 10,
                    "y2": title + 10 + _CELL,
                    "fill": blend(palette.paper, palette.magnitude, 0.08 + 0.92 * part),
                    "layer": layer,
                    "word": piece(name),
                    "share": f"{share:.3f}",
                }
            )
    grid = canvas.boxes("shares", cells, ink="fill", cornerRadius=2)
    grid["encoding"]["tooltip"] = [
        {"field": field, "title": title, "type": "nominal"}
        for field, title in (
            ("word", words.READING_WORD),
            ("layer", wording.COLUMN_LAYER),
            ("share", words.READING_SHARE),
        )
    ]
    band: Row = {"x": cursor - 0.5, "x2": cursor + 0.5, "y": 2, "y2": height}
    x = decision.exit_layer + 0.5
    mark: Row = {"x": x, "x2": x, "y": 2, "y2": height}
    return figure(
        [
            canvas.boxes("cursor", [band], color=palette.cursor, opacity=0.28, cornerRadius=3),
            grid,
            *veil(canvas, x, n_layers + 0.5, 2, height, palette),
            canvas.rules("exit_mark", [mark], color=palette.ink, strokeWidth=3),
            *heading(canvas, titles, palette),
        ],
        height,
    )


def blend(low: str, high: str, part: float) -> str:
    """The colour `part` of the way from one "#rrggbb" to another."""
    pairs = [(int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * min(max(part, 0.0), 1.0)):02x}" for a, b in pairs)
