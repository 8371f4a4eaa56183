"""What had been read: words as rows, layers as columns, stronger for a larger share.

Every column adds up to 1. Layers after the exit are veiled, because the running model would not
have read them. Pure: shares, words and a decision in, a Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.inspect import words
from app.shared import words as common
from app.shared.canvas import LayerCanvas, Row, Spec, figure, veil
from app.shared.palette import Palette
from app.shared.text import piece
from elbert_core.policies.explanation import Decision

_ROW = 22
_CELL = 18
_GUTTER = 96
"""Pixels left of the figure, for the words."""


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
    height = _ROW * len(names) + 4
    canvas = LayerCanvas(n_layers, height, {}, gutter=_GUTTER)
    low, high = float(shares.min()), float(shares.max())
    cells: list[Row] = []
    titles: list[Row] = []
    for row, name in enumerate(names):
        top = _ROW * row + 4
        titles.append({"y": top + _CELL / 2, "text": piece(name)})
        for layer in range(1, n_layers + 1):
            share = float(shares[layer - 1, row])
            part = (share - low) / (high - low or 1.0)
            cells.append(
                {
                    "x": layer - 0.46,
                    "x2": layer + 0.46,
                    "y": top,
                    "y2": top + _CELL,
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
            ("layer", common.COLUMN_LAYER),
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
            canvas.words(
                "titles",
                titles,
                at_left=True,
                dx=-8,
                align="right",
                limit=_GUTTER - 12,
                fontSize=12,
                color=palette.ink,
            ),
        ],
        height,
    )


def blend(low: str, high: str, part: float) -> str:
    """The colour `part` of the way from one "#rrggbb" to another."""
    pairs = [(int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * min(max(part, 0.0), 1.0)):02x}" for a, b in pairs)
