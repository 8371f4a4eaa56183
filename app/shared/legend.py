"""Which colour and shape is which label, as one line of escaped HTML above a figure."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.shared.palette import Palette, glyph
from app.shared.reading import label_names
from elbert_core.results import LayerTrace


def show_legend(trace: LayerTrace, palette: Palette) -> None:
    """The labels with their signs."""
    st.html(legend_html(trace, palette))


def legend_html(trace: LayerTrace, palette: Palette) -> str:
    """The labels as HTML; names may come from a stranger's file."""
    parts = [
        f'<span style="color:{palette.label_text(index)};font-weight:600;white-space:nowrap">'
        f'<span aria-hidden="true">{glyph(index)}</span> {escape(name)}</span>'
        for index, name in enumerate(label_names(trace))
    ]
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.2rem 1rem">{"".join(parts)}</div>'
