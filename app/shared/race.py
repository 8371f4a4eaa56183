"""The race of a run that may stop against a run that reads to the end, at measured speed.

The drawing is done in the browser (`race.js`), because only there can it move without a
round trip. This is what it draws, worked out here so that it can be tested: when each layer of each
run is done, what it says then, and by how much the clock is slowed. Pure: plain JSON values out.
"""

from __future__ import annotations

from typing import Any

from app.shared import words
from app.shared.canvas import LayerCanvas, Row, Spec, box, figure, heading
from app.shared.palette import Palette, glyph
from app.shared.reading import label_names
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

SECONDS = 8.0
"""How long the longer run should take on the screen, about."""
_NICE = (1, 2, 5)
_LANE, _STRIP = 58, 26  # pixels of a run in the still picture, and of its blocks


def slowed(ms: float) -> float:
    """By what to slow the clock, of 1, 2, 5, 10, …, so that `ms` takes about `SECONDS`."""
    wanted = 1000 * SECONDS / ms if ms > 0 else 1.0
    factors = [nice * 10.0**power for power in range(7) for nice in _NICE]
    return min(factors, key=lambda factor: abs(factor - wanted))


def ends(trace: LayerTrace) -> list[float]:
    """Milliseconds from the start at which each layer is done, embeddings included."""
    done, total = [], float(trace.embed_ms)
    for ms in trace.layer_ms:
        total += float(ms)
        done.append(round(total, 4))
    return done


def race(trace: LayerTrace, decision: Decision, *, palette: Palette) -> dict[str, Any]:
    """Everything the browser needs to draw and play it; all text is plain."""
    done = ends(trace)
    names = label_names(trace)
    layers = [
        {
            "end": done[layer],
            "fill": palette.label(int(label)),
            "ink": palette.label_ink(int(label)),
            "sign": glyph(int(label)),
            "probs": [round(float(p), 4) for p in trace.probs[layer]],
            "says": f"{names[int(label)]} {float(trace.confidence[layer]):.2f}",
        }
        for layer, label in enumerate(trace.labels)
    ]
    factor = slowed(done[-1])
    return {
        "layers": layers,
        "labels": [
            {
                "name": name,
                "sign": glyph(index),
                "colour": palette.label(index),
                "text": palette.label_text(index),
            }
            for index, name in enumerate(names)
        ],
        "start": round(float(trace.embed_ms), 4),
        "exit": decision.exit_layer,
        "end": done[-1],
        "slowed": factor,
        "colours": {
            "ink": palette.ink,
            "muted": palette.muted,
            "faint": palette.faint,
            "cursor": palette.cursor,
        },
        "words": {
            "axis": words.AXIS_DEPTH,
            "stops": words.RACE_STOPS,
            "full": words.RACE_FULL,
            "play": words.RACE_PLAY,
            "pause": words.RACE_PAUSE,
            "again": words.RACE_AGAIN,
            "back": words.RACE_BACK,
            "on": words.RACE_ON,
            "layer": words.RACE_LAYER,
            "slider": words.RACE_SLIDER,
            "done": words.RACE_DONE.format(layer=decision.exit_layer),
            "fullDone": words.RACE_DONE.format(layer=trace.n_layers),
            "clock": words.RACE_CLOCK.format(factor=f"{factor:,.0f}"),
        },
    }


class _TimeCanvas(LayerCanvas):
    """Milliseconds from left to right in place of layers."""

    def __init__(self, n_layers: int, height: float, end: float) -> None:
        super().__init__(n_layers, height, {})
        self._x["scale"]["domain"] = [0, end]
        self._x["axis"] |= {"title": words.COLUMN_MS, "values": None, "format": "g"}


def race_still(trace: LayerTrace, decision: Decision, *, palette: Palette) -> Spec:
    """Both runs as they end, on one axis of time: for paper, where nothing can be played."""
    done = ends(trace)
    canvas = _TimeCanvas(trace.n_layers, 2 * _LANE, done[-1] or 1.0)
    blocks: list[Row] = []
    signs: list[Row] = []
    titles: list[tuple[float, str]] = []
    runs = ((words.RACE_STOPS, decision.exit_layer), (words.RACE_FULL, trace.n_layers))
    for lane, (name, layers) in enumerate(runs):
        top = _LANE * lane + 26
        said = words.RACE_DONE.format(layer=layers)
        titles.append((top - 13, f"{name}: {said}, {done[layers - 1]:.1f} ms"))
        for layer in range(layers):
            label = int(trace.labels[layer])
            left = done[layer - 1] if layer else float(trace.embed_ms)
            fill, ink = palette.label(label), palette.label_ink(label)
            blocks.append(box(left, done[layer], top, top + _STRIP, fill=fill))
            middle = {"x": (left + done[layer]) / 2, "y": top + _STRIP / 2}
            signs.append({**middle, "text": f"{glyph(label)} {layer + 1}", "ink": ink})
    return figure(
        [
            canvas.boxes("blocks", blocks, ink="fill", cornerRadius=2, stroke=palette.paper),
            canvas.words("signs", signs, ink="ink", fontSize=11),
            *heading(canvas, titles, palette),
        ],
        2 * _LANE,
    )
