"""The fastest setting that keeps a promise: accepted loss and certainty in, a setting out."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.shared import saved_rules, session, widgets
from app.shared.palette import Palette
from app.shared.rules import capital, card, described
from app.shared.table_view import table_html
from app.tradeoff import narration
from app.tradeoff import session as visit
from app.tradeoff import wording as words
from app.tradeoff import wording_promise as promised
from app.tradeoff.evaluations import Overview
from app.tradeoff.promises import AveragePromise, average_promise, promise
from app.tradeoff.setting import show_metrics
from app.tradeoff.trust import steps_figure
from elbert_core.evaluation.calibration import FAMILIES, Tuning
from elbert_core.evaluation.conformal import ConformalTuning
from elbert_core.policy_files import SavedPolicy, policy_to_json

METHOD = "tradeoff.method"
RISK = "tradeoff.risk"
LOSS = "tradeoff.loss"
CONFIDENCE = "tradeoff.confidence"
PUBLISHED = "tradeoff.as_published"
RULES_TRIED = "tradeoff.rules_tried"
_KEPT = "tradeoff.promise"
LOSSES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)

Made = TypeVar("Made")


@st.fragment
def show_promise(overview: Overview, palette: Palette) -> None:
    """The question, and its answer or the refusal."""
    st.subheader(promised.TUNE_HEADING, help=promised.TUNE_HELP)
    st.caption(promised.TUNE_LEAD)
    left, right = st.columns([5, 7], gap="large")
    with left:
        method = visit.choice(METHOD, tuple(promised.METHODS), "ltt")
        st.radio(
            promised.METHOD_LABEL,
            list(promised.METHODS),
            format_func=lambda name: promised.METHODS[name],
            captions=promised.METHOD_TERMS,
            key=METHOD,
            help=promised.METHOD_HELP,
            on_change=visit.chosen,
            args=(METHOD,),
        )
        loss = visit.choice(LOSS, LOSSES, 2.0)
        st.select_slider(
            promised.TUNE_LOSS,
            LOSSES,
            format_func=lambda value: f"{value:g}",
            key=LOSS,
            help=promised.TUNE_LOSS_HELP,
            on_change=visit.chosen,
            args=(LOSS,),
        )
    if method == "conformal":
        _show_average(overview, loss / 100, left, right)
    else:
        _show_certain(overview, loss / 100, left, right, palette)


def _show_certain(
    overview: Overview,
    max_loss: float,
    left: DeltaGenerator,
    right: DeltaGenerator,
    palette: Palette,
) -> None:
    """Learn-then-Test."""
    with left:
        risk = visit.choice(RISK, tuple(promised.TUNE_RISKS), "disagreement")
        st.radio(
            promised.TUNE_RISK,
            list(promised.TUNE_RISKS),
            format_func=lambda name: promised.TUNE_RISKS[name],
            key=RISK,
            help=promised.TUNE_RISK_HELP,
            on_change=visit.chosen,
            args=(RISK,),
        )
        confidence = visit.choice(CONFIDENCE, CONFIDENCES, 0.95)
        st.select_slider(
            promised.TUNE_CONFIDENCE,
            CONFIDENCES,
            format_func=lambda value: f"{100 * value:g} %",
            key=CONFIDENCE,
            help=promised.TUNE_CONFIDENCE_HELP,
            on_change=visit.chosen,
            args=(CONFIDENCE,),
        )
        families = _pick_families(overview)
    if not families:
        right.info(promised.TUNE_NO_FAMILY)
        return
    made = _once(
        (id(overview), risk, max_loss, confidence, families),
        lambda: promise(overview, risk, max_loss, confidence, families),
    )
    with right:
        if made.tuning is None:
            st.info(narration.refusal(made, overview))
            return
        st.text(narration.promise(made.tuning))
        if made.tuning.found:
            _offer(made.tuning, overview)
        st.caption(promised.TUNE_WHAT)
        st.vega_lite_chart(
            spec=steps_figure(made.tuning, palette=palette),
            width="stretch",
            key="tradeoff.tests",
            alt=promised.TUNE_ALT.format(count=len(made.tuning.tested), loss=100 * max_loss),
        )
        st.text(narration.ends(made.tuning))
    with st.expander(promised.TUNE_STEPS):
        st.html(
            table_html(promised.TUNE_COLUMNS, steps_table(made.tuning, overview.table.n_layers))
        )


def _pick_families(overview: Overview) -> tuple[str, ...]:
    """The rules to try: each has a chain of tests of its own."""
    at_hand = list(overview.families)
    usual = tuple(name for name in FAMILIES if name in at_hand)
    chosen = [name for name in visit.kept(RULES_TRIED, usual) if name in at_hand]
    key = widgets.put(RULES_TRIED, chosen)
    st.multiselect(
        promised.TUNE_FAMILIES,
        at_hand,
        format_func=lambda name: card(name).name,
        key=key,
        help=promised.TUNE_FAMILIES_HELP,
        on_change=widgets.changed,
        args=(RULES_TRIED, key, lambda names: visit.keep(RULES_TRIED, tuple(names))),
    )
    return tuple(chosen)


def _show_average(
    overview: Overview,
    max_loss: float,
    left: DeltaGenerator,
    right: DeltaGenerator,
) -> None:
    """The conformal rule."""
    with left:
        published = visit.choice(PUBLISHED, (True, False), True)
        st.checkbox(
            promised.AVERAGE_PUBLISHED,
            key=PUBLISHED,
            help=promised.AVERAGE_PUBLISHED_HELP,
            on_change=visit.chosen,
            args=(PUBLISHED,),
        )
    made = _once(
        (id(overview), "conformal", max_loss, published),
        lambda: average_promise(overview, max_loss, published=published),
    )
    with right:
        if made.tuning is None:
            st.info(narration.average_refusal(made))
        else:
            st.text(narration.average_promise(made, made.tuning))
            _offer(made.tuning, overview)
            show_metrics(_average_metrics(made, made.tuning))
        st.caption(promised.AVERAGE_WHAT)


def steps_table(tuning: Tuning, n_layers: int) -> list[list[str]]:
    """The settings tested, as rows of a table."""
    return [
        [
            card(chain.family).name,
            capital(described(step.policy)),
            f"{step.computation_cost * n_layers:.1f}",
            narration.percent(step.loss, 2),
            narration.percent(step.upper_limit, 2),
            words.YES if step.accepted else words.NO,
        ]
        for chain in tuning.chains
        for step in chain.steps
    ]


def _average_metrics(
    made: AveragePromise, tuning: ConformalTuning
) -> list[tuple[str, str, str, str]]:
    """Bound, threshold, texts ranked and what happened, with their definitions."""
    shown = (
        (f"{100 * tuning.max_loss:g}\u00a0%", "on average"),
        (f"{tuning.policy.threshold:g}", "of probability"),
        (f"{made.ranked:,}", f"of {made.n_calibration:,} for calibration"),
        (f"{narration.percent(tuning.report.loss)}\u00a0%", f"of {tuning.report.n_rows:,} others"),
    )
    return [
        (title, value, detail, explanation)
        for (title, explanation), (value, detail) in zip(
            promised.AVERAGE_METRICS, shown, strict=True
        )
    ]


def _offer(tuning: Tuning | ConformalTuning, overview: Overview) -> None:
    """A name for the setting, its use, and its file."""
    usual = narration.promise_name(tuning)
    name = st.text_input(
        promised.TUNE_NAME_LABEL,
        value=usual,
        max_chars=saved_rules.MAX_NAME,
        key=f"tradeoff.name.{usual}",  # another question is another setting
    )
    saved = SavedPolicy(
        name=name.strip() or usual,
        policy=tuning.policy,
        guarantee=tuning.guarantee(overview.table),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        fixed = session.state().rule_is_fixed
        pressed = st.button(
            promised.TUNE_USE,
            type="primary",
            key="tradeoff.use",
            disabled=fixed,
            help=words.RULE_FIXED if fixed else None,
        )
        if pressed:
            visit.use(tuning.policy)
            saved_rules.remember(saved)
            st.rerun(scope="app")
        st.download_button(
            promised.TUNE_SAVE,
            policy_to_json(saved),
            "elbert-policy.json",
            "application/json",
            on_click=saved_rules.remember,
            args=(saved,),
            help=promised.TUNE_SAVE_HELP,
        )


def _once(asked: tuple[Hashable, ...], make: Callable[[], Made]) -> Made:
    """The answer, worked out once for the same question."""
    kept = st.session_state.get(_KEPT)
    if kept is None or kept[0] != asked:
        kept = (asked, make())
        st.session_state[_KEPT] = kept
    found: Made = kept[1]
    return found
