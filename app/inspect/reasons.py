"""Why it stopped, why not earlier, what full depth would say, and what was saved."""

from __future__ import annotations

import streamlit as st

from app.inspect import words
from app.shared import narration
from app.shared.palette import Palette, glyph
from app.shared.table_view import Cell, Sign, table_html
from elbert_core.policies.explanation import Decision, LayerVerdict
from elbert_core.results import LayerTrace


def show_why(trace: LayerTrace, decision: Decision) -> None:
    """Why it stops there, in words, and what full depth would have said."""
    st.markdown(f"**{words.WHY_HEADING}**")
    st.text(narration.why(trace, decision))
    st.markdown(f"**{words.FULL_HEADING}**")
    st.text(narration.full_depth(decision))


def show_why_not(trace: LayerTrace, decision: Decision, palette: Palette) -> None:
    """For every layer before the exit, what was missing."""
    st.markdown(f"**{words.WHY_NOT_HEADING}**")
    if decision.exit_layer == 1:
        st.text(words.NO_EARLIER_LAYER)
        return
    st.html(why_not_html(trace, decision, palette))
    st.text(narration.flips(trace, decision))


def why_not_html(trace: LayerTrace, decision: Decision, palette: Palette) -> str:
    """A table of the layers before the exit, escaped."""
    rows: list[list[Cell]] = []
    for verdict in decision.verdicts[: decision.exit_layer - 1]:
        sign = Sign(glyph(verdict.label), palette.label(verdict.label), _said(trace, verdict))
        rows.append([str(verdict.layer), sign, narration.what_was_missing(verdict)])
    return table_html(words.WHY_NOT_COLUMNS, rows)


def why_not_rows(trace: LayerTrace, decision: Decision) -> list[list[str]]:
    """The same as plain text."""
    return [
        [
            str(verdict.layer),
            f"{glyph(verdict.label)} {_said(trace, verdict)}",
            narration.what_was_missing(verdict),
        ]
        for verdict in decision.verdicts[: decision.exit_layer - 1]
    ]


def savings(decision: Decision) -> tuple[tuple[str, str, str, str], ...]:
    """Layers, arithmetic and measured milliseconds saved: title, share, amount, explanation."""
    layers = narration.share(decision.layers_saved, decision.n_layers)
    return (
        (
            words.SAVED_LAYERS,
            layers,
            f"{decision.layers_saved} of {decision.n_layers}",
            words.SAVED_LAYERS_HELP,
        ),
        (words.SAVED_MACS, *narration.saved_macs(decision), words.SAVED_MACS_HELP),
        (words.SAVED_MS, *narration.saved_ms(decision), words.SAVED_MS_HELP),
    )


def show_savings(decision: Decision) -> None:
    """Layers, arithmetic and measured milliseconds that stopping saves."""
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in savings(decision):
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                st.caption(detail, width="content")


def _said(trace: LayerTrace, verdict: LayerVerdict) -> str:
    label = narration.name(trace.label_names[verdict.label])
    return f"{label} {narration.fixed(verdict.confidence)}"
