"""Figures with all that goes with them, alike on every page that shows them.

What is said, which label has which colour and shape, notes, and the same numbers as a table; and
the one figure that several pages show as a whole: every rule on one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from app.shared import sheet, words
from app.shared.canvas import Spec
from app.shared.palette import Palette
from app.shared.rows import Path, Strip, paths, strips
from app.shared.rules import build_policy, card, defaults, described, kinds
from app.shared.score import layer_table
from app.shared.sheet import Figure, by_column
from app.shared.state import Mode
from app.shared.text import label_names, plain_markdown
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.left_out import Stability, stability
from elbert_core.results import LayerTrace

_BADGE_COLOURS: dict[str, Literal["primary", "blue", "gray"]] = {
    "real": "primary",
    "replayed": "blue",
    "stored": "gray",
    "opened": "gray",
}


def show_figure(
    found: Figure,
    palette: Palette,
    *,
    key: str,
    table: str,
    labels: LayerTrace | None = None,
    spec: Spec | None = None,
) -> None:
    """Draw it.

    Args:
        found: the figure.
        palette: colours for a light or a dark page.
        key: of the chart.
        table: what its table, or its tables, are called.
        labels: a record whose labels are named above the figure, where the figure does not.
        spec: drawn in place of the figure's own on the page, where it can be moved.
    """
    for line in found.said:
        st.text(line)
    if found.title:
        st.markdown(f"**{found.title}**")
    if labels is not None:
        show_legend(labels, palette)
    st.vega_lite_chart(spec=spec or found.draw(palette), width="stretch", key=key, alt=found.alt)
    for note in found.notes:
        st.caption(note)
    show_tables(found, table)


def of_paths(entries: Sequence[Path], alt: str, *said: str, note: str = "") -> Figure:
    """Paths as a figure, each with the table of its layers.

    Args:
        entries: each with its decision.
        alt: its message in words.
        *said: what is said of it, before it.
        note: what stands under it.
    """
    several = len(entries) > 1
    tables = [
        (e.title if several else "", layer_table(e.trace, e.decision))
        for e in entries
        if e.decision is not None
    ]
    notes = (note,) if note else ()
    return Figure(
        "", lambda colours: paths(entries, palette=colours), alt, notes, None, said, tuple(tables)
    )


def show_tables(found: Figure, name: str) -> None:
    """The same numbers, in an expander."""
    with st.expander(name):
        tables = found.tables if found.table is None else (("", found.table), *found.tables)
        for title, table in tables:
            if title:
                st.text(title)
            st.dataframe(table, hide_index=True, width="stretch", alt=title or name)


def show_legend(trace: LayerTrace, palette: Palette) -> None:
    """The labels with their signs; names may come from a stranger's file."""
    st.html(sheet.legend(label_names(trace), palette))


def show_mode(mode: Mode, *said: str, by: LayerTrace | None = None) -> None:
    """Which kind of figure this is, what else is said of it, and which model made its record."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(words.MODES[mode], color=_BADGE_COLOURS[mode], help=words.MODE_HELP[mode])
        for text in said:
            st.text(text, width="content")
        if by is not None:
            st.caption(plain_markdown(words.read_by(by)), width="content")


def rules(current: ExitPolicy) -> list[tuple[str, ExitPolicy]]:
    """The rule in use first, then every other kind of rule at its usual setting."""
    usual = [(card(kind).name, build_policy(kind, defaults(kind))) for kind in kinds()]
    return [(words.IN_USE, current), *(one for one in usual if one[1] != current)]


def show_rules(trace: LayerTrace, current: ExitPolicy, palette: Palette) -> Figure:
    """The lanes, the sentence about them, and their table; the same for a file."""
    problems = {policy: words.refused(policy, trace) for _, policy in rules(current)}
    found = [(name, explain(p, trace)) for name, p in rules(current) if not problems[p]]
    stable = stability(trace.probs)
    drawn = [Strip(n, trace, d.exit_layer, words.result(d), d.label) for n, d in found]
    drawn.append(_oracle(trace, stable))
    said = (
        f"{words.spread_of_rules([d for _, d in found])} "
        f"{words.stable_sentence(stable, trace.n_layers)}"
    )
    result = Figure(
        "",
        lambda colours: strips(drawn, palette=colours, probabilities=words.STAVE_PROBS),
        words.lanes_alt(found, stable),
        (words.LANES_HELP,),
        lanes_table(found, trace, stable),
        (said, *filter(None, problems.values())),
    )
    show_figure(result, palette, key="compare.lanes", table=words.LANES_TABLE)
    return result


def lanes_table(
    found: list[tuple[str, Decision]], trace: LayerTrace, stable: Stability
) -> dict[str, list[object]]:
    """The lanes by column."""
    rows: list[tuple[object, ...]] = [
        (
            name,
            described(d.policy),
            d.exit_layer,
            d.label_name,
            round(d.confidence, 4),
            words.YES if d.agrees_with_full else words.NO,
        )
        for name, d in found
    ]
    at = stable.stable_from - 1
    label, sure = trace.label_names[int(trace.labels[at])], round(float(trace.confidence[at]), 4)
    rows.append((words.ORACLE, words.ORACLE_TERM, stable.stable_from, label, sure, words.YES))
    return by_column(words.LANES_COLUMNS, rows)


def _oracle(trace: LayerTrace, stable: Stability) -> Strip:
    layer = stable.stable_from
    sure = 100 * float(trace.confidence[layer - 1])
    said = f"{layer} of {trace.n_layers}, {min(sure, 99.9):.0f} %"
    return Strip(words.ORACLE, trace, layer, said, int(trace.labels[layer - 1]), possible=False)
