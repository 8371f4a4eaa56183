"""Why it stopped, why not earlier, what full depth would say, and what was saved."""

from __future__ import annotations

from html import escape

import streamlit as st

from app import narration, wording
from app.charts.palette import Palette, glyph
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
        st.text("There is no earlier layer.")
        return
    st.html(why_not_html(trace, decision, palette))
    st.text(narration.flips(trace, decision))


def why_not_html(trace: LayerTrace, decision: Decision, palette: Palette) -> str:
    """A table of the layers before the exit, escaped."""
    rows = []
    for verdict in decision.verdicts[: decision.exit_layer - 1]:
        label = escape(narration.name(trace.label_names[verdict.label]))
        rows.append(
            "<tr>"
            f'<th scope="row" style="{_CELL};text-align:right;font-weight:600">{verdict.layer}</th>'
            f'<td style="{_CELL};white-space:nowrap">'
            f'<span aria-hidden="true" style="color:{palette.label(verdict.label)}">'
            f"{glyph(verdict.label)}</span> {label} {narration.fixed(verdict.confidence)}</td>"
            f'<td style="{_CELL}">{escape(narration.what_was_missing(verdict))}</td>'
            "</tr>"
        )
    head = "".join(
        f'<th scope="col" style="{_CELL};text-align:left;font-weight:400;opacity:0.7">{title}</th>'
        for title in ("Layer", "It said", "What was missing")
    )
    return (
        '<table style="border-collapse:collapse;border:none;width:100%;font-size:0.92rem">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


_CELL = "border:none;padding:0.2rem 0.8rem 0.2rem 0;vertical-align:top"


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
