"""Colour and shape of each family of rules on the Trade-off page. Knows no data.

Okabe and Ito's set, blue and orange first, no green; each family also has a shape of its own, and
relatives (the three window rules; the two thresholds) share a colour family.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.shared.palette import LIGHT, Palette


@dataclass(frozen=True, slots=True)
class Mark:
    """How a family is drawn.

    Attributes:
        colour: of line and points.
        shape: Vega's name of the point shape.
        glyph: the same shape as a character.
    """

    colour: str
    shape: str
    glyph: str


_SHAPES = {
    "window": ("diamond", "◆"),
    "window_monotone": ("triangle-up", "▲"),
    "window_stable": ("cross", "✚"),
    "entropy": ("circle", "●"),
    "confidence": ("triangle-down", "▼"),
    "patience": ("square", "■"),
    "distribution_patience": ("triangle-right", "▶"),
}
_ON_LIGHT = {
    "window": "#D55E00",
    "window_monotone": "#A8480A",
    "window_stable": "#B97C00",
    "entropy": "#0072B2",
    "confidence": "#3C93C7",
    "patience": "#B4588D",
    "distribution_patience": "#5B6475",
}
_ON_DARK = {
    "window": "#E69F00",
    "window_monotone": "#F0E442",
    "window_stable": "#D98A4B",
    "entropy": "#56B4E9",
    "confidence": "#A9D8F5",
    "patience": "#CC79A7",
    "distribution_patience": "#BBBBBB",
}


def family_marks(palette: Palette) -> dict[str, Mark]:
    """How every family is drawn on a light or a dark page."""
    colours = _ON_LIGHT if palette is LIGHT else _ON_DARK
    return {family: Mark(colours[family], *_SHAPES[family]) for family in _SHAPES}
