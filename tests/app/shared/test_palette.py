"""Colours of the figures: names of labels can be read on their pages, labels told apart."""

from __future__ import annotations

import pytest

from app.shared.palette import DARK, GLYPHS, LIGHT, SHAPES, Palette
from tests.test_architecture import contrast


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_in_figures_can_be_read(palette: Palette) -> None:
    for index in range(6):
        assert contrast(palette.label_text(index), palette.paper) >= 4.5
        assert contrast(palette.label_ink(index), palette.label(index)) >= 3  # bold or a sign
    assert contrast(palette.muted, palette.paper) >= 4.5
    assert contrast(palette.ink, palette.paper) >= 7


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_six_labels_have_six_colours_and_shapes(palette: Palette) -> None:
    for kind in (palette.labels, palette.label_texts, SHAPES, GLYPHS):
        assert len(set(kind)) == 6
