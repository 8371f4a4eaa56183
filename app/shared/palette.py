"""Colours of every figure, for light and for dark pages.

Labels take Okabe and Ito's colour-blind safe set in an order that never puts red against green; a
shape goes with each colour, so colour is never the only sign. Knows no data.

Reference: Okabe & Ito 2008, "Color Universal Design".
"""

from __future__ import annotations

from dataclasses import dataclass

SHAPES: tuple[str, ...] = ("square", "circle", "triangle-up", "diamond", "cross", "triangle-down")
"""Vega point shapes by label index; the glyphs of `GLYPHS` show the same forms in words."""

GLYPHS: tuple[str, ...] = ("■", "●", "▲", "◆", "✚", "▼")


@dataclass(frozen=True, slots=True)
class Palette:
    """One set of colours.

    Attributes:
        labels: colour of each label by index, repeated when there are more labels.
        label_inks: text colour that reads well on the label colour of the same index.
        label_texts: the label's colour as text on the page, darker where it must be to be read.
        ink: strong text and the exit mark.
        muted: axis text and titles of staves.
        faint: grid lines and empty cells.
        bar: magnitudes (entropy, milliseconds).
        bar_hit: a magnitude that passed its threshold.
        cursor: the band under the cursor.
        paper: the page behind the figure.
        magnitude: the far end of the sequential scale, which begins at `paper`.
    """

    labels: tuple[str, ...]
    label_inks: tuple[str, ...]
    label_texts: tuple[str, ...]
    ink: str
    muted: str
    faint: str
    bar: str
    bar_hit: str
    cursor: str
    paper: str
    magnitude: str

    def label(self, index: int) -> str:
        """Colour of a label."""
        return self.labels[index % len(self.labels)]

    def label_text(self, index: int) -> str:
        """Colour of a label's name on the page."""
        return self.label_texts[index % len(self.label_texts)]

    def label_ink(self, index: int) -> str:
        """Text colour on top of a label's colour."""
        return self.label_inks[index % len(self.label_inks)]


LIGHT = Palette(
    labels=("#D55E00", "#0072B2", "#CC79A7", "#56B4E9", "#E69F00", "#666666"),
    label_inks=("#FFFFFF", "#FFFFFF", "#1B2130", "#1B2130", "#1B2130", "#FFFFFF"),
    label_texts=("#B04A00", "#0072B2", "#9B4A78", "#1B739F", "#8A5F00", "#5A5A5A"),
    ink="#1B2130",
    muted="#5B6475",
    faint="#E3E7EE",
    bar="#A9B4C6",
    bar_hit="#3B4A66",
    cursor="#F0C648",
    paper="#FFFFFF",
    magnitude="#005C92",
)

DARK = Palette(
    labels=("#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#D55E00", "#BBBBBB"),
    label_inks=("#10141C",) * 6,
    label_texts=("#E69F00", "#56B4E9", "#CC79A7", "#F0E442", "#E8751A", "#BBBBBB"),
    ink="#F2F4F8",
    muted="#A6B0C2",
    faint="#2B3342",
    bar="#56627A",
    bar_hit="#C9D4E8",
    cursor="#8C7A2E",
    paper="#10141C",
    magnitude="#7BBEE0",
)


def palette(*, dark: bool) -> Palette:
    """The colours for a dark or a light page."""
    return DARK if dark else LIGHT


def shape(index: int) -> str:
    """Vega shape of a label."""
    return SHAPES[index % len(SHAPES)]


def glyph(index: int) -> str:
    """The shape of a label as a character, for text."""
    return GLYPHS[index % len(GLYPHS)]
