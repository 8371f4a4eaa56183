"""The answer and why: the verdict, the score with its stepper, the reasons, what stopping saves."""

from __future__ import annotations

from typing import Any

import streamlit as st
from markupsafe import Markup

from app.inspect import words
from app.inspect.visit import SCORE, InspectVisit, cursor, move_cursor, step_cursor, stop_for_real
from app.shared import narration, sheet, visit
from app.shared import words as common
from app.shared.palette import LIGHT, Palette, glyph
from app.shared.panels import show_mode
from app.shared.score import SELECTION, alt_text, layer_table, score
from app.shared.state import Mode, Shown
from app.shared.text import plain_markdown
from app.shared.widgets import bind, clicks, press, remembered
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace


def show_verdict(shown: Shown, decision: Decision, palette: Palette) -> None:
    """The verdict line, the mode badge and the saving."""
    trace, former = shown.trace, visit.current().refused
    if former:
        st.caption(plain_markdown(words.former(trace)))
    st.html(sheet.verdict(decision, palette, former=former))
    said = words.saves(decision), words.compared_with_full(decision)
    show_mode(mode_of(shown, decision), *said, by=trace)
    cut = words.truncated(trace)
    if cut:
        st.info(cut)


def mode_of(shown: Shown, decision: Decision) -> Mode:
    """Which kind of figure this is: real where the last real run had this rule and this result."""
    real = shown.real
    same = (
        real is not None
        and real.policy == decision.policy
        and (real.exit_layer, real.label) == (decision.exit_layer, decision.label)
    )
    return "real" if same else shown.mode


def real_run(shown: Shown, decision: Decision) -> tuple[str, ...]:
    """What happened when the model really stopped; nothing where this rule was not tried."""
    real = shown.real
    if real is None or real.policy != decision.policy:
        return ()
    return words.real_run(real, same=mode_of(shown, decision) == "real")


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
    st.html(why_not(trace, decision, palette))
    st.text(words.flips(trace, decision))


def why_not(trace: LayerTrace, decision: Decision, palette: Palette = LIGHT) -> Markup:
    """A table of the layers before the exit."""
    rows = []
    for verdict in decision.verdicts[: decision.exit_layer - 1]:
        label = narration.name(trace.label_names[verdict.label])
        said = f"{label} {narration.fixed(verdict.confidence)}"
        sign = sheet.sign(palette.label(verdict.label), glyph(verdict.label), said)
        rows.append((str(verdict.layer), sign, narration.what_was_missing(verdict)))
    return sheet.table(words.WHY_NOT_COLUMNS, rows)


def show_savings(shown: Shown, decision: Decision) -> None:
    """Layers, arithmetic and time that stopping saves, and a button that checks it."""
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in words.savings(decision):
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                st.caption(detail, width="content")
    if st.button(words.REAL_BUTTON, help=words.REAL_HELP, key="inspect.stop"):
        with st.spinner(words.STOPPING):
            stop_for_real()
        st.rerun()
    for line in real_run(shown, decision):
        st.text(line)


def show_score(shown: Shown, decision: Decision, palette: Palette) -> None:
    """The figure; a click on a layer moves the cursor there."""
    trace = shown.trace
    st.vega_lite_chart(
        spec=score(trace, decision, cursor=cursor(shown, decision.exit_layer), palette=palette),
        width="stretch",
        alt=alt_text(trace, decision),
        **clicks(SCORE, SELECTION, _clicked),
    )


def _clicked(datum: dict[str, Any]) -> None:
    if "layer" in datum:
        move_cursor(int(datum["layer"]), clicked=True)


def show_stepper(shown: Shown, decision: Decision) -> None:
    """Buttons, keys and a slider that move the cursor, and what the rule sees there."""
    trace, layer = shown.trace, cursor(shown, decision.exit_layer)
    n_layers = trace.n_layers
    if n_layers > 1:
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            for label, key, shortcut, end, by in (
                (words.STEP_BACK, "inspect.back", "Left", 1, -1),
                (words.STEP_ON, "inspect.on", "Right", n_layers, 1),
            ):
                step = press(step_cursor, by)
                st.button(label, key=key, shortcut=shortcut, disabled=layer == end, **step)
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
