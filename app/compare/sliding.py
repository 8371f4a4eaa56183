"""A window that slides over several ways through the layers, moved by a slider in the browser.

The ways are those of `paths`; this adds, for every layer, a frame round the layers that the rule
looks at there and a few words on what it finds, and shows those of the layer that the slider is at.
Nothing is sent to the server. Pure: a trace and a decision in, a Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.shared import wording_compare as words
from app.shared.canvas import LayerCanvas, Row, Spec
from app.shared.palette import Palette
from app.shared.paths import PATH_HEIGHT, Path, paths
from app.shared.reading import RUNS, check_of
from elbert_core.policies.explanation import Decision

AT = "at_layer"
"""Name of the slider's value."""
_TOP, _LOW = 27, 146  # pixels of the frame inside a path: round its lines and cells
_SAID = 11


def span(decision: Decision, layer: int) -> tuple[int, int]:
    """First and last layer that the rule looks at after a layer: its window, or that layer alone.

    A window reaches back as far as there are layers: the first ones see a part of it.
    """
    check = check_of(decision, layer, *RUNS)
    if check is None:
        return layer, layer
    return max(layer - int(check.needed) - RUNS[check.quantity] + 1, 1), layer


def sliding(
    entries: Sequence[Path], said: Sequence[Sequence[str]], *, at: int, palette: Palette
) -> Spec:
    """The paths with the sliding window.

    Args:
        entries: at least one path, each with its decision.
        said: for each of them, what the rule finds after every layer, in a few words.
        at: layer at which the slider stands first.
        palette: colours for a light or a dark page.

    Raises:
        ValueError: a path without a decision has no window.
    """
    spec = paths(entries, palette=palette)
    n_layers = max(entry.trace.n_layers for entry in entries)
    canvas = LayerCanvas(n_layers, spec["height"], {})
    # the axis is that of the paths: a second one with other ticks would be drawn over it
    axis = spec["layer"][0]["encoding"]["y"]
    frames: list[Row] = []
    closed: list[Row] = []
    texts: list[Row] = []
    for number, (entry, findings) in enumerate(zip(entries, said, strict=True)):
        decision = entry.decision
        if decision is None:
            raise ValueError("a sliding window needs a decision")
        top = PATH_HEIGHT * number
        for layer in range(1, entry.trace.n_layers + 1):
            first, last = span(decision, layer)
            row: Row = {
                "layer": layer,
                "x": first - 0.5,
                "x2": last + 0.5,
                "y": top + _TOP,
                "y2": top + _LOW,
            }
            if layer < decision.exit_layer:
                frames.append(row)
            elif layer == decision.exit_layer:
                closed.append(row)
            text: Row = {"x": n_layers + 0.46, "y": top + _SAID, "text": findings[layer - 1]}
            texts.append({"layer": layer, **text})
    font: dict[str, Any] = {"align": "right", "fontSize": 12}
    edge: dict[str, Any] = {
        "fill": None,
        "stroke": palette.ink,
        "strokeWidth": 2.5,
        "cornerRadius": 4,
    }
    tint = canvas.boxes(
        "window_tint", [*frames, *closed], fill=palette.cursor, fillOpacity=0.24, cornerRadius=4
    )
    moving = [
        canvas.boxes("window", frames, strokeDash=[5, 3], **{**edge, "stroke": palette.muted}),
        canvas.boxes("window_closed", closed, **edge),
        canvas.words("window_halo", texts, stroke=palette.paper, strokeWidth=4, **font),
        canvas.words("window_said", texts, color=palette.ink, **font),
    ]
    for part in (tint, *moving):
        part["encoding"]["y"] = {**axis, "field": "y"}
        part["transform"] = [{"filter": f"datum.layer === {AT}"}]
    for frame in (tint, *moving[:2]):
        # where the slider leaves one without rows a screen reader would meet a nameless symbol
        frame["mark"]["aria"] = False
    # the tint lies under everything, the frame under the transparent boxes with the tooltips
    layers = [tint, *spec["layer"][:-1], *(part for part in moving if part["data"]["values"])]
    slider: Spec = {
        "name": AT,
        "value": at,
        "bind": {
            "input": "range",
            "min": 1,
            "max": n_layers,
            "step": 1,
            "name": f"{words.SLIDE} ",
        },
    }
    return {**spec, "layer": [*layers, spec["layer"][-1]], "params": [slider]}
