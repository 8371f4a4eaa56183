"""What the stage says; places in braces are filled in by the browser."""

from __future__ import annotations

from app.shared import words

TEXTS: dict[str, str] = {
    "stage": "The sentence on its way through the layer",
    "layer": "one layer, over and over",
    "pass": "pass",
    "grip": "In the figure: {setting}",
    "scrub": "Layer looked at",
    "before": "Before the first pass: no answer yet.",
    "labels": words.STAVE_PROBS,
    "entropy": words.STAVE_ENTROPY,
    "entropy_nats": "How much doubt is left, in nats?",
    "energy": "How weak is the evidence?",
    "divergence": "How far did the answer move?",
    "leads": words.STAVE_LABELS,
    "window": "{seen} of {needed}",
    "leaves": "leaves after layer {layer}",
    "full": "reads all {layers} layers",
    "unneeded": words.NOT_NEEDED,
    "play": "Play",
    "pause": "Pause",
    "replay": "Play again",
    "live": "{setting} {value}: {label}, {sure}, {depth}.",
    "more": "and {count} more",
}
"""By the names that `stage.js` uses."""
