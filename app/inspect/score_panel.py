"""The score with its stepper: the figure, the cursor, and the sums of the layer looked at."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.inspect import words
from app.inspect.visit import SCORE, InspectVisit, cursor, move_cursor, step_cursor
from app.shared import narration
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.reading import alt_text
from app.shared.score import SELECTION, score
from app.shared.score_panel import layer_table
from app.shared.state import Shown
from app.shared.widgets import bind, clicks, press, remembered
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace


def show_score(shown: Shown, decision: Decision, palette: Palette) -> None:
    """The figure; a click on a layer moves the cursor there."""
    trace = shown.trace
    st.vega_lite_chart(
        spec=score(trace, decision, cursor=cursor(shown, decision.exit_layer), palette=palette),
        width="stretch",
        alt=alt_text(trace, decision, narration.verdict(decision)),
        **clicks(SCORE, SELECTION, _clicked),
    )


def show_stepper(shown: Shown, decision: Decision) -> None:
    """Buttons, keys and a slider that move the cursor, and what the rule sees there."""
    trace, layer = shown.trace, cursor(shown, decision.exit_layer)
    n_layers = trace.n_layers
    if n_layers > 1:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.button(
                words.STEP_BACK,
                key="inspect.back",
                shortcut="Left",
                disabled=layer == 1,
                **press(step_cursor, -1),
            )
            st.button(
                words.STEP_ON,
                key="inspect.on",
                shortcut="Right",
                disabled=layer == n_layers,
                **press(step_cursor, 1),
            )
            st.slider(
                words.STEP_LABEL,
                1,
                n_layers,
                help=words.STEP_HELP,
                **bind(remembered(InspectVisit), "layer", "inspect.cursor", then=move_cursor),
            )
    verdict = decision.verdicts[layer - 1]
    st.text(narration.at_layer(trace, verdict, decision))
    with st.expander(words.ARITHMETIC):
        st.code(narration.arithmetic(trace, verdict), language=None, wrap_lines=True)


def show_table(trace: LayerTrace, decision: Decision) -> None:
    """The figure as a table."""
    with st.expander(common.SCORE_TABLE):
        table = layer_table(trace, decision)
        decimals = {
            column: st.column_config.NumberColumn(
                format="%.2f" if column == common.COLUMN_MS else "%.4f"
            )
            for column, values in table.items()
            if isinstance(values[0], float)
        }
        st.dataframe(
            table,
            hide_index=True,
            width="stretch",
            height="content",
            column_config=decimals,
            alt=words.TABLE_ALT,
        )


def _clicked(datum: dict[str, Any]) -> None:
    if "layer" in datum:
        move_cursor(int(datum["layer"]), clicked=True)
