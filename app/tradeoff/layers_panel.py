"""A whole data set layer by layer: the strips, overthinking, reliability and slices."""

from __future__ import annotations

import math
from typing import Any

import streamlit as st

from app.shared.palette import Palette
from app.shared.sheet import table as table_html
from app.shared.widgets import bind, clicks
from app.tradeoff import visit
from app.tradeoff import words_closer as words
from app.tradeoff.evaluations import Overview, Setting
from app.tradeoff.figures_layers import (
    SELECTION,
    depth_of_slices,
    layer_strips,
    layer_table,
    trust_figure,
)
from app.tradeoff.setting import show_metrics
from app.tradeoff.words import percent

LAYER = "tradeoff.layer"


@visit.by_itself
def show_layers(overview: Overview, setting: Setting, palette: Palette) -> None:
    """The strips with their cursor, and the layer looked at."""
    n_layers = overview.table.n_layers
    mine, busiest = visit.current(), setting.busiest
    layer = mine.layer(n_layers, busiest)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.subheader(words.LAYERS_HEADING)
        st.caption(words.LAYERS_CAPTION)
        st.vega_lite_chart(
            spec=layer_strips(overview, setting, cursor=layer, palette=palette),
            width="stretch",
            alt=words.layers_alt(overview, setting),
            **clicks(visit.STRIPS, SELECTION, _clicked),
        )
        if n_layers > 1:
            slider = bind({"layer": layer}, "layer", LAYER, then=mine.look_at)
            st.slider(words.LOOK_AT_LAYER, 1, n_layers, **slider)
    with right:
        _show_trust(overview, layer, palette)
    with st.expander(words.LAYERS_TABLE):
        st.dataframe(
            layer_table(overview, setting),
            hide_index=True,
            width="stretch",
            height="content",
            alt=words.LAYERS_HEADING,
        )


def show_overthinking(overview: Overview) -> None:
    """What reading on does, and how much of it is luck."""
    st.subheader(words.OVER_HEADING)
    show_metrics(words.overthinking(overview))


def show_slices(overview: Overview, setting: Setting, palette: Palette) -> None:
    """Short and long texts, and each label, under the setting in use."""
    st.subheader(words.SLICES_HEADING, help=words.SLICES_HELP)
    left, right = st.columns([7, 5], gap="large")
    with left:
        st.vega_lite_chart(
            spec=depth_of_slices(setting, overview.table.n_layers, palette=palette),
            width="stretch",
            key="tradeoff.slices",
            alt=words.SLICES_ALT,
        )
    with right:
        st.html(table_html(words.SLICE_COLUMNS, words.slice_rows(setting)))


def _show_trust(overview: Overview, layer: int, palette: Palette) -> None:
    st.subheader(words.TRUST_HEADING.format(layer=layer))
    got, index = overview.reliability, layer - 1
    st.vega_lite_chart(
        spec=trust_figure(overview, layer, palette=palette),
        width="stretch",
        key="tradeoff.trust",
        alt=words.TRUST_ALT.format(layer=layer, bins=len(got.edges) - 1),
    )
    st.text(words.trust(overview, layer))
    with st.expander(words.TRUST_TABLE):
        rows = [
            [
                f"{100 * got.edges[i]:.0f}–{100 * got.edges[i + 1]:.0f}",
                f"{n:,}",
                _percent(float(got.confidence[index, i])),
                _percent(float(got.accuracy[index, i])),
            ]
            for i, n in enumerate(got.count[index])
            if n
        ]
        st.html(table_html(words.TRUST_COLUMNS, rows))


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else percent(share)


def _clicked(datum: dict[str, Any]) -> None:
    if "layer" in datum:
        visit.current().picked = int(datum["layer"])
