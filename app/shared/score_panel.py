"""The score with its stepper: the figure, the cursor, and the sums of the layer looked at."""

from __future__ import annotations

import streamlit as st

from app.shared import narration, session, widgets, wording
from app.shared.palette import Palette
from app.shared.reading import alt_text, label_names
from app.shared.score import SELECTION, score
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

CHART = "inspect.score"


def show_score(trace: LayerTrace, decision: Decision, palette: Palette) -> None:
    """The figure; a click on a layer moves the cursor there."""
    layer = session.cursor(trace.n_layers, decision.exit_layer)
    key = f"{CHART}.{session.drawing()}"
    st.vega_lite_chart(
        spec=score(trace, decision, cursor=layer, palette=palette),
        width="stretch",
        key=key,
        on_select=lambda: _clicked(key),
        selection_mode=SELECTION,
        alt=alt_text(trace, decision, narration.verdict(decision)),
    )


def show_stepper(trace: LayerTrace, decision: Decision) -> None:
    """Buttons, keys and a slider that move the cursor, and what the rule sees there."""
    n_layers = trace.n_layers
    layer = session.cursor(n_layers, decision.exit_layer)
    if n_layers > 1:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.button(
                wording.STEP_BACK,
                key="inspect.back",
                shortcut="Left",
                on_click=session.step_cursor,
                args=(-1,),
                disabled=layer == 1,
            )
            st.button(
                wording.STEP_ON,
                key="inspect.on",
                shortcut="Right",
                on_click=session.step_cursor,
                args=(1,),
                disabled=layer == n_layers,
            )
            key = widgets.put(session.CURSOR, layer)
            st.slider(
                wording.STEP_LABEL,
                1,
                n_layers,
                key=key,
                on_change=widgets.changed,
                args=(session.CURSOR, key, session.move_cursor),
                help=wording.STEP_HELP,
            )
    verdict = decision.verdicts[layer - 1]
    st.text(narration.at_layer(trace, verdict, decision))
    with st.expander(wording.ARITHMETIC):
        st.code(narration.arithmetic(trace, verdict), language=None, wrap_lines=True)


def layer_table(trace: LayerTrace, decision: Decision) -> dict[str, list[object]]:
    """The figure's numbers by column, one entry a layer."""
    names = label_names(trace)
    columns: dict[str, list[object]] = {wording.COLUMN_LAYER: list(range(1, trace.n_layers + 1))}
    columns[wording.COLUMN_LEADS] = [names[int(i)] for i in trace.labels]
    for index, name in enumerate(names):
        columns[f"p {name}"] = [round(float(p), 4) for p in trace.probs[:, index]]
    columns[wording.COLUMN_ENTROPY] = [round(float(e), 4) for e in trace.entropy]
    columns[wording.COLUMN_MS] = [round(float(ms), 2) for ms in trace.layer_ms]
    columns[wording.COLUMN_VERDICT] = [
        narration.layer_outcome(verdict, decision) for verdict in decision.verdicts
    ]
    return columns


def show_table(trace: LayerTrace, decision: Decision) -> None:
    """The figure as a table."""
    with st.expander(wording.SCORE_TABLE):
        table = layer_table(trace, decision)
        decimals = {
            column: st.column_config.NumberColumn(
                format="%.2f" if column == wording.COLUMN_MS else "%.4f"
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
            alt=wording.TABLE_ALT,
        )


def _clicked(key: str) -> None:
    picked = st.session_state[key].get("selection", {}).get(SELECTION, [])
    if picked and "layer" in picked[0]:
        session.clicked(int(picked[0]["layer"]))
