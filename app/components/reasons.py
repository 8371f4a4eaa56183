"""Why it stopped, why not earlier, what full depth would say, and what was saved."""

from __future__ import annotations

import streamlit as st

from app import narration, wording
from app.charts.palette import Palette, glyph
from app.components.tables import Cell, Sign, table_html
from elbert_core.explanation import Decision
from elbert_core.results import LayerTrace


def show_why(trace: LayerTrace, decision: Decision) -> None:
    """Why it stops there, in words, and what full depth would have said."""
    st.markdown(f"**{wording.WHY_HEADING}**")
    st.text(narration.why(trace, decision))
    st.markdown(f"**{wording.FULL_HEADING}**")
    st.text(narration.full_depth(decision))


def show_why_not(trace: LayerTrace, decision: Decision, palette: Palette) -> None:
    """For every layer before the exit, what was missing."""
    st.markdown(f"**{wording.WHY_NOT_HEADING}**")
    if decision.exit_layer == 1:
        st.text(wording.NO_EARLIER_LAYER)
        return
    st.html(why_not_html(trace, decision, palette))
    st.text(narration.flips(trace, decision))


def why_not_html(trace: LayerTrace, decision: Decision, palette: Palette) -> str:
    """A table of the layers before the exit, escaped."""
    rows: list[list[Cell]] = []
    for verdict in decision.verdicts[: decision.exit_layer - 1]:
        label = narration.name(trace.label_names[verdict.label])
        said = f"{label} {narration.fixed(verdict.confidence)}"
        sign = Sign(glyph(verdict.label), palette.label(verdict.label), said)
        rows.append([str(verdict.layer), sign, narration.what_was_missing(verdict)])
    return table_html(wording.WHY_NOT_COLUMNS, rows)


def show_savings(decision: Decision) -> None:
    """Layers, arithmetic and measured milliseconds that stopping saves."""
    layers = narration.share(decision.layers_saved, decision.n_layers)
    layers_detail = f"{decision.layers_saved} of {decision.n_layers}"
    macs, macs_detail = narration.saved_macs(decision)
    ms, ms_detail = narration.saved_ms(decision)
    shown = (
        (wording.SAVED_LAYERS, layers, layers_detail, wording.SAVED_LAYERS_HELP),
        (wording.SAVED_MACS, macs, macs_detail, wording.SAVED_MACS_HELP),
        (wording.SAVED_MS, ms, ms_detail, wording.SAVED_MS_HELP),
    )
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in shown:
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                st.caption(detail, width="content")
