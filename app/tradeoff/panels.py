"""The main figure of the Trade-off page, its twin for the keyboard, numbers, tables and files."""

from __future__ import annotations

from functools import partial
from time import sleep
from typing import Any

import streamlit as st

from app.shared import sheet
from app.shared import visit as shared
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.resources import loaded
from app.shared.rules import capital, card, described
from app.shared.text import visible
from app.shared.widgets import bind, clicks, press, upload
from app.tradeoff import evaluations, visit, words
from app.tradeoff import words_closer as closer
from app.tradeoff.evaluations import Overview, Setting, key_of
from app.tradeoff.figures import SELECTION, tradeoff, without_current
from app.tradeoff.others import FILE, Published, load_published
from app.tradeoff.report import points_csv, report_html
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy, FixedLayer, NeverExit

INSPECT = "app/inspect/page.py"
SOON = 0.8
"""Seconds between the first part of the page and the rest."""


def let_it_draw() -> None:
    """Waits, at a visitor's first look, until the browser has had time for what stands so far.

    Drawing takes the browser's one thread. With all figures sent at once the first of them, which
    is what people come for, stands a second later than it could (`benchmarks/page_latency.py`). A
    part that the browser asks for by a clock does the same, but meets the visitor's own clicks.
    """
    place = st.empty()
    if not visit.current().drawn:
        place.caption(words.MORE_TO_COME)
        sleep(SOON)
        visit.current().drawn = True
        place.empty()


def pick_table() -> None:
    """A choice of tables where there is one, and which kind of figure the table makes."""
    mine, names = visit.current(), evaluations.evaluation_names()
    if mine.own is not None:
        st.button(words.OPEN_CLOSE, key="tradeoff.close", **press(mine.close_own))
    elif len(names) > 1:
        st.selectbox(
            words.TABLE_LABEL,
            names,
            format_func=lambda name: visible(name, limit=80),
            help=words.TABLE_HELP,
            filter_mode=None,
            width=420,
            **bind(mine, "table", "tradeoff.table"),
        )


def show_badge(overview: Overview) -> None:
    """Which of the three kinds of figure this is, and what it was made from."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(common.MODES["replayed"], color="blue", help=words.MODE_HELP)
        st.text(words.provenance(overview.table), width="content")


def show_chart(overview: Overview, setting: Setting, palette: Palette) -> None:
    """The figure; a click makes a point the setting in use."""
    settings = {key_of(p): p for found in _families(overview).values() for p in found}
    figure = tradeoff(overview, setting, published(), palette=palette)
    spec, current = without_current(figure)
    with st.container(key="tradeoff-figure"):
        st.vega_lite_chart(
            sheet.by_column(tuple(current[0]), [tuple(row.values()) for row in current]),
            spec,
            width="stretch",
            alt=words.chart_alt(overview),
            **clicks(visit.CHART, SELECTION, partial(_clicked, settings)),
        )
    st.html(_switch_colours(overview, palette))


def published() -> Published:
    """Figures of others; none where the file is damaged."""
    try:
        return loaded(load_published, files=[FILE])
    except InputError:
        return Published()


def pick_setting(overview: Overview) -> None:
    """Two boxes that do what a click on the figure does."""
    mine, current, fixed = visit.current(), shared.policy(), shared.state().rule_is_fixed
    families = _families(overview)
    family = next(
        (f for f, found in families.items() if current in found),
        next((f for f, found in families.items() if found[0].kind == current.kind), "never"),
    )
    middle = {name: found[len(found) // 2] for name, found in families.items()}
    chosen = st.selectbox(
        words.FAMILY_LABEL,
        list(families),
        format_func=lambda name: card(name).name,
        help=words.RULE_FIXED if fixed else words.FAMILY_HELP,
        disabled=fixed,
        filter_mode=None,
        **bind({"": family}, "", "tradeoff.family", then=lambda name: mine.use(middle[name])),
    )
    here, others = key_of(current), {key_of(policy): policy for policy in families[chosen]}
    if here not in others:
        others = {here: current, **others}
    st.selectbox(
        words.POINT_LABEL,
        list(others),
        format_func=lambda key: capital(described(others[key])),
        disabled=fixed,
        filter_mode=None,
        **bind({"": here}, "", "tradeoff.point", then=lambda key: mine.use(others[key])),
    )
    st.caption(card(chosen).term)


def show_setting(setting: Setting, overview: Overview) -> None:
    """What the setting in use buys and what it costs, in words."""
    st.text(words.summary(setting, overview))
    st.text(words.differ(setting))
    st.text(words.dealt_out(setting))
    st.page_link(INSPECT, label=words.INSPECT_LINK, icon=":material/visibility:")


def show_metrics(shown: list[words.Metric]) -> None:
    """Title, value, small print and definition of a few numbers."""
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in shown:
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                if detail:
                    st.caption(detail, width="content")


def show_tables(overview: Overview) -> None:
    """The figure's numbers: every setting, and what others printed."""
    with st.expander(words.CHART_TABLE):
        st.dataframe(
            points_table(overview), hide_index=True, width="stretch", height=320, alt=words.PAGE
        )
    with st.expander(closer.PUBLISHED_TABLE):
        known = published()
        st.caption(closer.PUBLISHED_WHAT)
        st.html(sheet.table(closer.PUBLISHED_COLUMNS, closer.published_rows(known)))
        st.html(sheet.table(closer.CLAIM_COLUMNS, closer.claim_rows(known)))


def points_table(overview: Overview) -> dict[str, list[object]]:
    """Every setting of the sweep by column."""
    best, points = {key_of(point.policy) for point in overview.front}, overview.points
    measured: list[object] = [round(overview.measured(p) or 0.0, 3) for p in points]
    return {
        words.TIPS["name"]: [card(p.policy.family).name for p in points],
        words.TIPS["setting"]: [described(p.policy) for p in points],
        words.METRIC_RIGHT: [round(100 * p.accuracy, 2) for p in points],
        "95 %": [words.interval(p.accuracy_low, p.accuracy_high) for p in points],
        words.METRIC_F1: [round(100 * p.macro_f1, 2) for p in points],
        words.METRIC_SPEED: [round(p.speed_up_ratio, 3) for p in points],
        **({words.TIP_MEASURED: measured} if overview.is_timed else {}),
        words.METRIC_LAYERS: [round(p.mean_exit_layer, 3) for p in points],
        words.METRIC_DIFFER: [round(100 * (1 - p.agreement), 2) for p in points],
        "Pareto": [common.YES if key_of(p.policy) in best else "" for p in points],
    }


def show_contest(overview: Overview) -> None:
    """ELBERT's window against the simpler rules, at equal speed."""
    st.subheader(closer.CONTEST_HEADING, help=closer.CONTEST_HELP)
    st.text(closer.contest(overview.rounds, overview.table.n_rows))
    with st.expander(closer.CONTEST_TABLE):
        st.html(sheet.table(closer.CONTEST_COLUMNS, closer.contest_rows(overview.rounds)))


@visit.by_itself
def show_files(overview: Overview, setting: Setting) -> None:
    """What every number means, the points as CSV, and the report once it is asked for."""
    with st.expander(closer.DEFINITIONS_HEADING):
        st.html(sheet.table(closer.DEFINITION_COLUMNS, closer.DEFINITIONS))
    st.subheader(words.FILES_HEADING)
    mine, asked = visit.current(), (overview, setting.point.policy)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            words.DOWNLOAD_CSV,
            lambda: points_csv(overview),
            "elbert-tradeoff.csv",
            "text/csv",
            on_click="ignore",
        )
        made = mine.answers.get("report")
        if made is None or made[0] != asked:
            st.button(
                words.PREPARE_REPORT,
                help=words.DOWNLOAD_REPORT_HELP,
                key="tradeoff.make",
                **press(
                    mine.once,
                    "report",
                    asked,
                    lambda: report_html(overview, setting, published()),
                ),
            )
        else:
            st.download_button(
                words.DOWNLOAD_REPORT,
                made[1],
                "elbert-tradeoff.html",
                "text/html",
                on_click="ignore",
                help=words.DOWNLOAD_REPORT_HELP,
            )


def open_own() -> None:
    """A table of the visitor's own."""
    st.file_uploader(
        words.OPEN_LABEL,
        accept_multiple_files=True,
        help=words.OPEN_HELP,
        **upload("tradeoff.files", visit.current().open_files),
    )


def _families(overview: Overview) -> dict[str, list[ExitPolicy]]:
    """The settings of every family from slow to fast, the baselines last."""
    found: dict[str, list[ExitPolicy]] = {}
    for family, points in overview.families.items():
        ordered = sorted(points, key=lambda point: -point.computation_cost)
        found[family] = [point.policy for point in ordered]
    layers = range(overview.table.n_layers, 0, -1)
    return found | {"fixed": [FixedLayer(layer) for layer in layers], "never": [NeverExit()]}


def _clicked(settings: dict[str, ExitPolicy], datum: dict[str, Any]) -> None:
    chosen = settings.get(str(datum.get("key")))
    if chosen is not None:
        visit.current().use(chosen, clicked=True)


def _switch_colours(overview: Overview, palette: Palette) -> str:
    """The boxes under the figure in a row, names in their colours: they are its legend."""
    # the class twice, so that these rules win over the ones that the chart comes with
    form = ".st-key-tradeoff-figure.st-key-tradeoff-figure form.vega-bindings"
    box = f"{form} .vega-bind"
    rules = [
        f"{form} {{flex-flow:row wrap;gap:0.2rem 1.2rem}}",
        f"{box} {{width:auto}}",
        f"{box} label {{gap:0.35rem}}",
        f"{box} input[type=checkbox] {{order:-1;margin:0}}",
        f"{box}-name {{min-width:0}}",
    ]
    rules += [
        f"{box}:nth-child({number}) .vega-bind-name "
        f"{{color:{card(family).mark.colour(palette)};font-weight:600}}"
        for number, family in enumerate(overview.families, start=1)
    ]
    return f"<style>{' '.join(rules)}</style>"
