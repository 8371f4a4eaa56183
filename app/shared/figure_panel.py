"""A figure with all that goes with it, alike on every page: what is said, labels, notes, table."""

from __future__ import annotations

import streamlit as st

from app.shared.canvas import Spec
from app.shared.legend import show_legend
from app.shared.palette import Palette
from app.shared.sheet import Figure
from elbert_core.results import LayerTrace


def show_figure(
    found: Figure,
    palette: Palette,
    *,
    key: str,
    table: str,
    labels: LayerTrace | None = None,
    spec: Spec | None = None,
) -> None:
    """Draw it.

    Args:
        found: the figure.
        palette: colours for a light or a dark page.
        key: of the chart.
        table: what its table, or its tables, are called.
        labels: a record whose labels are named above the figure, where the figure does not.
        spec: drawn in place of the figure's own on the page, where it can be moved.
    """
    for line in found.said:
        st.text(line)
    if found.title:
        st.markdown(f"**{found.title}**")
    if labels is not None:
        show_legend(labels, palette)
    st.vega_lite_chart(spec=spec or found.draw(palette), width="stretch", key=key, alt=found.alt)
    for note in found.notes:
        st.caption(note)
    show_tables(found, table)


def show_tables(found: Figure, name: str) -> None:
    """The same numbers, in an expander."""
    with st.expander(name):
        tables = found.tables if found.table is None else (("", found.table), *found.tables)
        for title, table in tables:
            if title:
                st.text(title)
            st.dataframe(table, hide_index=True, width="stretch", alt=title or name)
