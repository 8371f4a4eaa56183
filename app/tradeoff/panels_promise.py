"""The fastest setting that keeps a promise: accepted loss and certainty in, a setting out."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.shared import saved_rules, sheet
from app.shared import visit as shared
from app.shared.palette import Palette
from app.shared.rules import card
from app.shared.widgets import bind
from app.tradeoff import visit, words
from app.tradeoff import words_promise as promised
from app.tradeoff.evaluations import Overview
from app.tradeoff.figures import steps_figure
from app.tradeoff.panels import show_metrics
from app.tradeoff.promises import AveragePromise, Promise, average_promise, promise
from elbert_core.evaluation.calibration import Tuning
from elbert_core.evaluation.conformal import ConformalTuning
from elbert_core.policy_files import SavedPolicy, policy_to_json

LOSSES = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0)
CONFIDENCES = (0.8, 0.9, 0.95, 0.99)


@visit.by_itself
def show_promise(overview: Overview, palette: Palette) -> None:
    """The question, and its answer or the refusal."""
    st.subheader(promised.HEADING, help=promised.HELP)
    st.caption(promised.LEAD)
    mine = visit.current()
    left, right = st.columns([5, 7], gap="large")
    with left:
        st.radio(
            promised.METHOD_LABEL,
            list(promised.METHODS),
            format_func=promised.METHODS.__getitem__,
            captions=promised.METHOD_TERMS,
            help=promised.METHOD_HELP,
            **bind(mine, "method", "tradeoff.method"),
        )
        st.select_slider(
            promised.LOSS,
            LOSSES,
            format_func=lambda value: f"{value:g}",
            help=promised.LOSS_HELP,
            **bind(mine, "loss", "tradeoff.loss"),
        )
        made = _average(overview) if mine.method == "conformal" else _certain(overview)
    with right:
        if made is None:
            st.info(promised.NO_FAMILY)
        elif isinstance(made, AveragePromise):
            _show_average(made, overview)
        else:
            _show_certain(made, overview, palette)
    if isinstance(made, Promise) and made.tuning is not None:
        with st.expander(promised.STEPS):
            rows = promised.step_rows(made.tuning, overview.table.n_layers)
            st.html(sheet.table(tuple(promised.COLUMNS.values()), rows))


def _certain(overview: Overview) -> Promise | None:
    """Asks for a promise by Learn-then-Test; None without a rule to try."""
    mine, at_hand = visit.current(), list(overview.families)
    st.radio(
        promised.RISK,
        list(promised.RISKS),
        format_func=promised.RISKS.__getitem__,
        help=promised.RISK_HELP,
        **bind(mine, "risk", "tradeoff.risk"),
    )
    st.select_slider(
        promised.CONFIDENCE,
        CONFIDENCES,
        format_func=lambda value: f"{100 * value:g} %",
        help=promised.CONFIDENCE_HELP,
        **bind(mine, "confidence", "tradeoff.confidence"),
    )
    families = tuple(name for name in mine.families if name in at_hand)
    tried, take = {"": list(families)}, partial(setattr, mine, "families")
    st.multiselect(
        promised.FAMILIES,
        at_hand,
        format_func=lambda name: card(name).name,
        help=promised.FAMILIES_HELP,
        **bind(tried, "", "tradeoff.rules_tried", then=take),
    )
    if not families:
        return None
    asked = (overview, mine.risk, mine.loss / 100, mine.confidence, families)
    return mine.once("promise", asked, lambda: promise(*asked))


def _show_certain(made: Promise, overview: Overview, palette: Palette) -> None:
    if made.tuning is None:
        st.info(promised.refusal(made, overview))
        return
    st.text(promised.promise(made.tuning))
    if made.tuning.found:
        _offer(made.tuning, overview)
    st.caption(promised.WHAT)
    tested, loss = len(made.tuning.tested), 100 * made.tuning.max_loss
    st.vega_lite_chart(
        spec=steps_figure(made.tuning, palette=palette),
        width="stretch",
        key="tradeoff.tests",
        alt=promised.ALT.format(count=tested, loss=loss),
    )
    st.text(promised.ends(made.tuning))


def _average(overview: Overview) -> AveragePromise:
    """Asks for a promise by the conformal rule."""
    mine = visit.current()
    st.checkbox(
        promised.AVERAGE_PUBLISHED,
        help=promised.AVERAGE_PUBLISHED_HELP,
        **bind(mine, "published", "tradeoff.as_published"),
    )
    asked = (overview, mine.loss / 100, mine.published)
    return mine.once(
        "promise", asked, lambda: average_promise(*asked[:2], published=mine.published)
    )


def _show_average(made: AveragePromise, overview: Overview) -> None:
    if made.tuning is None:
        st.info(promised.average_refusal(made))
    else:
        st.text(promised.average_promise(made, made.tuning))
        _offer(made.tuning, overview)
        show_metrics(promised.average_metrics(made, made.tuning))
    st.caption(promised.AVERAGE_WHAT)


def _offer(tuning: Tuning | ConformalTuning, overview: Overview) -> None:
    """A name for the setting, its use, and its file."""
    usual = promised.promise_name(tuning)
    name = st.text_input(
        promised.NAME_LABEL,
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
        fixed = shared.state().rule_is_fixed
        pressed = st.button(
            promised.USE,
            type="primary",
            key="tradeoff.use",
            disabled=fixed,
            help=words.RULE_FIXED if fixed else None,
        )
        if pressed:
            visit.current().use(tuning.policy)
            saved_rules.remember(saved)
            st.rerun(scope="app")
        st.download_button(
            promised.SAVE,
            policy_to_json(saved),
            "elbert-policy.json",
            "application/json",
            on_click=saved_rules.remember,
            args=(saved,),
            help=promised.SAVE_HELP,
        )
