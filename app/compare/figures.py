"""What Compare draws on the depth axis beside the shared rows: a window that slides, single words.

`sliding` adds to paths, for every layer, a frame round the layers that the rule looks at there and
a few words on what it finds, and shows those of the layer that a slider in the browser is at;
nothing is sent to the server. `word_effects` has one row for a word: a line stands where the whole
sentence stops, and a mark in colour and shape of its answer where the sentence without the word
stops. Pure: what is known in, a Vega-Lite specification out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.compare import words
from app.shared.canvas import LayerCanvas, Row, Spec, box, figure, tips
from app.shared.palette import Palette, shape
from app.shared.quantities import run_of
from app.shared.rows import PATH_HEIGHT, Path, paths
from app.shared.text import label_names
from elbert_core.policies.explanation import Decision
from elbert_core.reading.left_out import Ablation
from elbert_core.results import LayerTrace

AT = "at_layer"
"""Name of the slider's value."""
_TOP, _LOW = 27, 146  # pixels of the frame inside a path: round its lines and cells
_SAID = 11
_FIRST, _ROW, _GUTTER = 38, 33, 96  # pixels above the first word, of a word, and left of all


def span(decision: Decision, layer: int) -> tuple[int, int]:
    """First and last layer that the rule looks at after a layer: its window, or that layer alone.

    A window reaches back as far as there are layers: the first ones see a part of it.
    """
    run = run_of(decision.verdicts[layer - 1].checks)
    return (layer if run is None else max(layer - run[1] + 1, 1)), layer


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
    canvas = LayerCanvas(n_layers, spec["height"], {}, palette)
    frames: list[Row] = []
    closed: list[Row] = []
    texts: list[Row] = []
    for number, (entry, findings) in enumerate(zip(entries, said, strict=True)):
        decision, top = entry.decision, PATH_HEIGHT * number
        if decision is None:
            raise ValueError("a sliding window needs a decision")
        for layer in range(1, entry.trace.n_layers + 1):
            first, last = span(decision, layer)
            row = box(first - 0.5, last + 0.5, top + _TOP, top + _LOW, layer=layer)
            if layer <= decision.exit_layer:
                (closed if layer == decision.exit_layer else frames).append(row)
            place = {"x": n_layers + 0.46, "y": top + _SAID}
            texts.append({"layer": layer, **place, "text": findings[layer - 1]})
    edge: dict[str, Any] = {"fill": None, "strokeWidth": 2.5, "cornerRadius": 4}
    tint = canvas.boxes(
        "window_tint", [*frames, *closed], fill=palette.cursor, fillOpacity=0.24, cornerRadius=4
    )
    boxes = [
        canvas.boxes("window", frames, stroke=palette.muted, strokeDash=[5, 3], **edge),
        canvas.boxes("window_closed", closed, stroke=palette.ink, **edge),
    ]
    findings_said = canvas.haloed(
        "window_said", texts, palette, color=palette.ink, align="right", fontSize=12
    )
    moving = [tint, *boxes, *findings_said]
    # the axis is that of the paths: a second one with other ticks would be drawn over it
    axis = spec["layer"][0]["encoding"]["y"]
    for part in moving:
        part["encoding"]["y"] = {**axis, "field": "y"}
        part["transform"] = [{"filter": f"datum.layer === {AT}"}]
    for frame in (tint, *boxes):
        # where the slider leaves one without rows a screen reader would meet a nameless symbol
        frame["mark"]["aria"] = False
    # the tint lies under everything, the frame under the transparent boxes with the tooltips
    *under, hover = spec["layer"]
    over = [part for part in moving[1:] if part["data"]["values"]]
    slider = {"input": "range", "min": 1, "max": n_layers, "step": 1, "name": f"{words.SLIDE} "}
    return {
        **spec,
        "layer": [tint, *under, *over, hover],
        "params": [{"name": AT, "value": at, "bind": slider}],
    }


def word_effects(found: Ablation, trace: LayerTrace, *, palette: Palette) -> Spec:
    """What leaving out each word does to the exit and to the answer."""
    n_layers, whole = found.n_layers, found.exit_layer
    height = _FIRST + _ROW * len(found.effects) - 10
    canvas = LayerCanvas(n_layers, height, {}, palette, gutter=_GUTTER)
    names = label_names(trace)
    titles: list[tuple[float, str]] = []
    tracks: list[Row] = []
    joins: list[Row] = []
    marks: dict[int, list[Row]] = {}
    areas: list[tuple[float, str]] = []
    for number, one in enumerate(found.effects):
        y, word, area = _FIRST + _ROW * number, words.word(one.word), words.area(one.area_change)
        titles.append((y - 7, word))
        areas.append((y + 7, area))
        tracks.append(box(0.5, n_layers + 0.5, y, y))
        if one.exit_change:
            joins.append(box(whole, one.exit_layer, y, y))
        told = {"word": word, "leads": names[one.label], "area": area}
        told["layer"] = f"{one.exit_layer} ({words.change(one.exit_change)})"
        row = {"x": one.exit_layer, "y": y, "ink": palette.label(one.label), **told}
        marks.setdefault(one.label, []).append(row)
    titled = dict(zip(("word", "layer", "leads", "area"), words.WORDS_TIPS, strict=True))
    flag: Row = {"x": whole, "y": 10, "text": words.WHOLE_MARK}
    side: dict[str, Any] = (
        {"align": "left", "dx": -3} if whole <= n_layers / 2 else {"align": "right", "dx": 3}
    )
    bold: dict[str, Any] = {"color": palette.ink, "fontSize": 12, "fontWeight": 700}
    line = [box(whole, whole, 18, height)]
    return figure(
        [
            canvas.rules("tracks", tracks, color=palette.faint),
            canvas.rules("whole", line, color=palette.ink, strokeWidth=2),
            canvas.words("whole_flag", [flag], **side, **bold),
            canvas.rules("moves", joins, color=palette.muted, strokeWidth=3),
            *(
                tips(canvas.points(f"exits_{i}", rows, ink="ink", size=110, shape=shape(i)), titled)
                for i, rows in sorted(marks.items())
            ),
            canvas.in_gutter(titles, palette.ink),
            canvas.in_gutter(areas, palette.muted, name="areas"),
        ],
        height,
    )
