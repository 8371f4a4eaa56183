"""The fastest setting that keeps a promise: accepted loss and certainty in, a setting out."""

from __future__ import annotations

import streamlit as st

from app import narration_tradeoff as narration
from app import wording_promise as promised
from app import wording_tradeoff as words
from app.charts.palette import Palette
from app.charts.tradeoff_trust import steps_figure
from app.components import tradeoff_session as visit
from app.components.tables import table_html
from app.evaluations import Overview, Promise, promise
from elbert_core.calibration import Tuning
from elbert_core.policy_files import SavedPolicy, guarantee_of, policy_to_json

_RISK = "tradeoff.risk"
_LOSS = "tradeoff.loss"
_CONFIDENCE = "tradeoff.confidence"
_KEPT = "tradeoff.promise"
LOSSES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)


@st.fragment
def show_promise(overview: Overview, palette: Palette) -> None:
    """The question, and its answer or the refusal."""
    st.subheader(promised.TUNE_HEADING, help=promised.TUNE_HELP)
    st.caption(promised.TUNE_LEAD)
    left, right = st.columns([5, 7], gap="large")
    with left:
        risk = st.radio(
            promised.TUNE_RISK,
            list(promised.TUNE_RISKS),
            format_func=lambda name: promised.TUNE_RISKS[name],
            key=_RISK,
            help=promised.TUNE_RISK_HELP,
        )
        loss = st.select_slider(
            promised.TUNE_LOSS,
            LOSSES,
            value=2.0,
            format_func=lambda value: f"{value:g}",
            key=_LOSS,
            help=promised.TUNE_LOSS_HELP,
        )
        confidence = st.select_slider(
            promised.TUNE_CONFIDENCE,
            CONFIDENCES,
            value=0.95,
            format_func=lambda value: f"{100 * value:g} %",
            key=_CONFIDENCE,
            help=promised.TUNE_CONFIDENCE_HELP,
        )
    made = _promise(overview, str(risk), loss / 100, confidence)
    with right:
        if made.tuning is None:
            st.info(narration.refusal(made, overview))
            return
        st.text(narration.promise(made.tuning))
        if made.tuning.found:
            _show_found(made.tuning, overview)
        st.vega_lite_chart(
            spec=steps_figure(made.tuning, palette=palette),
            width="stretch",
            key="tradeoff.tests",
            alt=promised.TUNE_ALT.format(count=len(made.tuning.sequence), loss=loss),
        )
    with st.expander(promised.TUNE_STEPS):
        st.html(
            table_html(promised.TUNE_COLUMNS, steps_table(made.tuning, overview.table.n_layers))
        )


def steps_table(tuning: Tuning, n_layers: int) -> list[list[str]]:
    """The settings tested, as rows of a table."""
    return [
        [
            narration.capital(narration.rule(step.policy)),
            f"{step.computation_cost * n_layers:.1f}",
            narration.percent(step.loss, 2),
            narration.percent(step.upper_limit, 2),
            words.YES if step.accepted else words.NO,
        ]
        for step in tuning.sequence
    ]


def _show_found(tuning: Tuning, overview: Overview) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(promised.TUNE_USE, type="primary", key="tradeoff.use"):
            visit.use(tuning.policy)
            st.rerun(scope="app")
        st.download_button(
            promised.TUNE_SAVE,
            policy_to_json(
                SavedPolicy(
                    name=narration.rule(tuning.policy),
                    policy=tuning.policy,
                    guarantee=guarantee_of(tuning, overview.table),
                )
            ),
            "elbert-policy.json",
            "application/json",
            on_click="ignore",
            help=promised.TUNE_SAVE_HELP,
        )


def _promise(overview: Overview, risk: str, max_loss: float, confidence: float) -> Promise:
    """The answer, worked out once for the same question."""
    asked = (id(overview), risk, max_loss, confidence)
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != asked:
        made = promise(overview, risk, max_loss, confidence)
        kept = (asked, made)
        st.session_state[_KEPT] = kept
    found: Promise = kept[1]
    return found
