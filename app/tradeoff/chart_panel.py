"""The main figure of the Trade-off page, its twin for the keyboard, and its tables."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from app.shared import visit as shared
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.resources import loaded
from app.shared.rules import capital, card, described
from app.shared.sheet import table as table_html
from app.shared.widgets import bind, clicks
from app.tradeoff import visit, words
from app.tradeoff import words_closer as closer
from app.tradeoff.evaluations import Overview, Setting, key_of
from app.tradeoff.figures import SELECTION, tradeoff, without_current
from app.tradeoff.published import FILE, Published, load_published
from elbert_core.errors import InputError
from elbert_core.evaluation.sweeps import SweepPoint
from elbert_core.policies import ExitPolicy, FixedLayer, NeverExit

_FAMILY = "tradeoff.family"
_POINT = "tradeoff.point"


def show_chart(overview: Overview, setting: Setting, palette: Palette) -> None:
    """The figure; a click makes a point the setting in use."""
    settings = _by_key(overview)
    figure = tradeoff(overview, setting, published(), palette=palette)
    spec, current = without_current(figure)
    with st.container(key="tradeoff-figure"):
        st.vega_lite_chart(
            {name: [row[name] for row in current] for name in current[0]},
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
    current, fixed = shared.policy(), shared.state().rule_is_fixed
    families = _families(overview)
    family = next(
        (f for f, found in families.items() if current in found),
        next((f for f, found in families.items() if found[0].kind == current.kind), "never"),
    )
    chosen = st.selectbox(
        words.FAMILY_LABEL,
        list(families),
        format_func=lambda name: card(name).name,
        help=words.RULE_FIXED if fixed else words.FAMILY_HELP,
        disabled=fixed,
        filter_mode=None,
        **bind({"": family}, "", _FAMILY, then=lambda name: _use_middle(families[name])),
    )
    found = families[chosen]
    keys = [key_of(policy) for policy in found]
    here = key_of(current)
    others = {key_of(policy): policy for policy in found}
    if here not in others:
        keys.insert(0, here)
        others[here] = current
    st.selectbox(
        words.POINT_LABEL,
        keys,
        format_func=lambda key: capital(described(others[key])),
        disabled=fixed,
        filter_mode=None,
        **bind({"": here}, "", _POINT, then=lambda key: visit.current().use(others[key])),
    )
    st.caption(card(chosen).term)


def show_table(overview: Overview) -> None:
    """The figure's numbers: every setting, and what others printed."""
    with st.expander(words.CHART_TABLE):
        st.dataframe(
            points_table(overview), hide_index=True, width="stretch", height=320, alt=words.PAGE
        )
    with st.expander(closer.PUBLISHED_TABLE):
        known = published()
        st.caption(closer.PUBLISHED_WHAT)
        st.html(table_html(closer.PUBLISHED_COLUMNS, closer.published_rows(known)))
        st.html(table_html(closer.CLAIM_COLUMNS, closer.claim_rows(known)))


def points_table(overview: Overview) -> dict[str, list[object]]:
    """Every setting of the sweep by column."""
    best = {key_of(point.policy) for point in overview.front}
    rows = [(family, p) for family, points in overview.families.items() for p in points]
    return {
        words.TIPS["name"]: [card(family).name for family, _ in rows],
        words.TIPS["setting"]: [described(p.policy) for _, p in rows],
        words.METRIC_RIGHT: [round(100 * p.accuracy, 2) for _, p in rows],
        "95 %": [words.interval(p.accuracy_low, p.accuracy_high) for _, p in rows],
        words.METRIC_F1: [round(100 * p.macro_f1, 2) for _, p in rows],
        words.METRIC_SPEED: [round(p.speed_up_ratio, 3) for _, p in rows],
        **_measured(overview, [p for _, p in rows]),
        words.METRIC_LAYERS: [round(p.mean_exit_layer, 3) for _, p in rows],
        words.METRIC_DIFFER: [round(100 * (1 - p.agreement), 2) for _, p in rows],
        "Pareto": [common.YES if key_of(p.policy) in best else "" for _, p in rows],
    }


def _measured(overview: Overview, points: list[SweepPoint]) -> dict[str, list[object]]:
    found = [overview.measured(point) for point in points]
    known = [round(value, 3) for value in found if value is not None]
    return {words.TIP_MEASURED: list(known)} if len(known) == len(points) else {}


def _families(overview: Overview) -> dict[str, list[ExitPolicy]]:
    """The settings of every family from slow to fast, the baselines last."""
    found: dict[str, list[ExitPolicy]] = {}
    for family, points in overview.families.items():
        ordered = sorted(points, key=lambda point: -point.computation_cost)
        found[family] = [point.policy for point in ordered]
    layers = range(overview.table.n_layers, 0, -1)
    found["fixed"] = [FixedLayer(layer) for layer in layers]
    found["never"] = [NeverExit()]
    return found


def _by_key(overview: Overview) -> dict[str, ExitPolicy]:
    return {key_of(p): p for found in _families(overview).values() for p in found}


def _use_middle(found: list[ExitPolicy]) -> None:
    visit.current().use(found[len(found) // 2])


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
