"""The race of a run that may stop against a run that reads to the end, at measured speed.

The drawing is done in the browser (`race.js`), because only there can it move, play, pause and step
without a round trip. What it draws is worked out here so that it can be tested: when each layer of
each run is done, what it says then, and by how much the clock is slowed.
"""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import streamlit as st

from app.shared import narration, words
from app.shared.canvas import LayerCanvas, Row, Spec, box, figure
from app.shared.palette import Palette, glyph
from app.shared.panels import show_tables
from app.shared.sheet import Figure, by_column
from app.shared.text import label_names, shorten
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.results import LayerTrace

SECONDS = 8.0
"""How long the longer run should take on the screen, about."""
_NICE = (1, 2, 5)
_FILE = Path(__file__)  # the script and its style lie beside it
_LANE, _STRIP = 58, 26  # pixels of a run in the still picture, and of its blocks


def slowed(ms: float) -> float:
    """By what to slow the clock, of 1, 2, 5, 10, …, so that `ms` takes about `SECONDS`."""
    wanted = 1000 * SECONDS / ms if ms > 0 else 1.0
    factors = [nice * 10.0**power for power in range(7) for nice in _NICE]
    return min(factors, key=lambda factor: abs(factor - wanted))


def ends(trace: LayerTrace) -> list[float]:
    """Milliseconds from the start at which each layer is done, embeddings included."""
    passed = accumulate(map(float, trace.layer_ms), initial=float(trace.embed_ms))
    return [round(ms, 4) for ms in passed][1:]


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
        "colours": {n: getattr(palette, n) for n in ("ink", "muted", "faint", "cursor")},
        "words": {
            **words.RACE,
            "done": words.RACE_DONE.format(layer=decision.exit_layer),
            "fullDone": words.RACE_DONE.format(layer=trace.n_layers),
            "clock": words.RACE_CLOCK.format(factor=f"{factor:,.0f}"),
        },
    }


class _TimeCanvas(LayerCanvas):
    """Milliseconds from left to right in place of layers."""

    def __init__(self, n_layers: int, height: float, end: float, palette: Palette) -> None:
        super().__init__(n_layers, height, {}, palette)
        self.x["scale"]["domain"] = [0, end]
        self.x["axis"] |= {"title": words.COLUMN_MS, "values": None, "format": "g"}


def race_still(trace: LayerTrace, decision: Decision, *, palette: Palette) -> Spec:
    """Both runs as they end, on one axis of time: for paper, where nothing can be played."""
    done = ends(trace)
    canvas = _TimeCanvas(trace.n_layers, 2 * _LANE, done[-1] or 1.0, palette)
    blocks: list[Row] = []
    signs: list[Row] = []
    titles: list[tuple[float, str]] = []
    runs = ((words.RACE["stops"], decision.exit_layer), (words.RACE["full"], trace.n_layers))
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
            *canvas.heading(titles),
        ],
        2 * _LANE,
    )


def show_race(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure:
    """The race and its table.

    Returns:
        A still picture of it, for the file that takes the page away.
    """
    decision = explain(policy, trace)
    st.text(words.RACE_INTRO)
    component = st.components.v2.component(
        "elbert_race",
        html='<div class="race"></div>',
        css=_FILE.with_suffix(".css").read_text(encoding="utf-8"),
        js=_FILE.with_suffix(".js").read_text(encoding="utf-8"),
    )
    component(data=race(trace, decision, palette=palette), key="compare.race", height="content")
    used, full = decision.ms_used, decision.ms_full
    said = (
        f"{narration.verdict(decision)} That took {used:.1f} of {full:.1f} ms when it was measured "
        f"on {shorten(trace.device, 30)}."
    )
    found = Figure(
        "",
        lambda colours: race_still(trace, decision, palette=colours),
        said,
        (words.RACE_NOTE,),
        race_table(trace, decision),
        (said,),
    )
    st.text(said)
    show_tables(found, words.RACE_TABLE)
    st.caption(words.RACE_NOTE)
    return found


def race_table(trace: LayerTrace, decision: Decision) -> dict[str, list[object]]:
    """The race by column, one entry a layer."""
    names, done = label_names(trace), ends(trace)
    rows = [
        (
            layer,
            names[int(trace.labels[layer - 1])],
            round(float(trace.confidence[layer - 1]), 4),
            round(done[layer - 1], 2),
            words.RACE_STILL if layer <= decision.exit_layer else words.RACE_GONE,
        )
        for layer in range(1, trace.n_layers + 1)
    ]
    return by_column(words.RACE_COLUMNS, rows)
