"""The setting in use, in words and numbers."""

from __future__ import annotations

import streamlit as st

from app.shared import words as common
from app.shared.text import plain_markdown
from app.tradeoff import narration
from app.tradeoff import wording as words
from app.tradeoff.evaluations import Overview, Setting

INSPECT = "app/inspect/page.py"


def show_setting(setting: Setting, overview: Overview) -> None:
    """What it buys and what it costs, in words."""
    st.text(narration.summary(setting, overview))
    st.text(narration.differ(setting))
    st.text(narration.dealt_out(setting))
    st.page_link(INSPECT, label=words.INSPECT_LINK, icon=":material/visibility:")


def show_numbers(setting: Setting, overview: Overview) -> None:
    """The numbers with their definitions."""
    point, n_layers = setting.point, overview.table.n_layers
    spread = narration.interval(point.accuracy_low, point.accuracy_high)
    shown = [
        (
            words.METRIC_RIGHT,
            f"{narration.percent(point.accuracy)} %",
            spread,
            words.METRIC_RIGHT_HELP,
        ),
        (
            words.METRIC_SPEED,
            f"{point.speed_up_ratio:.2f}×",
            "layers only",
            words.METRIC_SPEED_HELP,
        ),
        (
            words.METRIC_LAYERS,
            f"{point.mean_exit_layer:.2f}",
            f"of {n_layers}, {narration.percent(point.computation_cost, 0)} %",
            words.METRIC_LAYERS_HELP,
        ),
        (
            words.METRIC_DIFFER,
            f"{narration.percent(1 - point.agreement)} %",
            f"of {point.n_rows:,} texts",
            words.METRIC_DIFFER_HELP,
        ),
    ]
    shown += score_metrics(setting, len(overview.table.label_names))
    if point.macs_share is not None:
        share = f"{narration.percent(point.macs_share, 0)} %"
        shown.append((words.METRIC_MACS, share, "of full depth", words.METRIC_MACS_HELP))
    if overview.is_timed:
        table = overview.table
        conditions = words.METRIC_MS_HELP.format(
            device=plain_markdown(table.device[:30]),
            dtype=plain_markdown(table.dtype[:30]),
            threads=table.threads,
            rows=table.timed_rows,
        )
        detail = words.METRIC_MS_DETAIL.format(
            all=setting.all_layers_ms, speed=setting.all_layers_ms / setting.layers_ms
        )
        shown.append((words.METRIC_MS, f"{setting.layers_ms:.1f} ms", detail, conditions))
    show_metrics(shown)


def score_metrics(setting: Setting, n_labels: int) -> list[tuple[str, str, str, str]]:
    """Scores that look at each label: macro-F1, and Matthews' correlation of two labels."""
    early, full = setting.point, setting.full
    shown = [
        (
            words.METRIC_F1,
            f"{narration.percent(early.macro_f1)} %",
            words.AT_FULL_DEPTH.format(value=f"{narration.percent(full.macro_f1)} %"),
            words.METRIC_F1_HELP,
        )
    ]
    if n_labels == 2:
        shown.append(
            (
                words.METRIC_MATTHEWS,
                narration.correlation(early.matthews),
                words.AT_FULL_DEPTH.format(value=narration.correlation(full.matthews)),
                words.METRIC_MATTHEWS_HELP,
            )
        )
    return shown


def show_metrics(shown: list[tuple[str, str, str, str]]) -> None:
    """Title, value, small print and definition of a few numbers."""
    with st.container(horizontal=True, gap="medium"):
        for title, value, detail, explanation in shown:
            with st.container(width="content", gap=None):
                st.metric(title, value, help=explanation, width="content")
                if detail:
                    st.caption(detail, width="content")


def show_badge(overview: Overview) -> None:
    """Which of the three kinds of figure this is, and what it was made from."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(common.MODES["replayed"], color="blue", help=words.MODE_HELP)
        st.text(narration.provenance(overview.table), width="content")
