"""Sentences that take the same way through the layers as the one in use, or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.compare import words
from app.shared import lessons, narration, presets
from app.shared import visit as shared
from app.shared.figure_panel import show_figure
from app.shared.palette import Palette
from app.shared.reading import refused
from app.shared.rows import Strip, strips
from app.shared.sheet import Figure, by_column
from app.shared.words import quoted
from elbert_core.errors import ElbertError
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.ways import comparable, way
from elbert_core.results import LayerTrace

MOST = 8
"""Sentences that are shown."""
TITLE = 34
"""Characters of a sentence above its way: more would squeeze the figure on a telephone."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Another sentence and how far its way is from that of the one in use.

    Attributes:
        source: where it comes from, a name in `words.ALIKE_SOURCES`.
        trace, decision: all layers, and what the rule makes of them.
        differs: layers at which the ways differ, 1..n_layers.
    """

    source: str
    trace: LayerTrace
    decision: Decision
    differs: tuple[int, ...]


def alike(
    trace: LayerTrace, policy: ExitPolicy, others: Iterator[tuple[str, LayerTrace]]
) -> list[Alike]:
    """Other sentences, those whose ways are most alike first; each text once. Pure."""
    mine = way(trace, explain(policy, trace))
    found: dict[str, Alike] = {}
    for source, other in others:
        if other.text == trace.text or other.text in found or not comparable(trace, other):
            continue
        if refused(policy, other):
            continue
        decision = explain(policy, other)
        differs = tuple(int(i) + 1 for i in np.flatnonzero(mine != way(other, decision)))
        found[other.text] = Alike(source, other, decision, differs)
    return sorted(found.values(), key=lambda one: len(one.differs))  # stable: sources keep order


def sentences() -> Iterator[tuple[str, LayerTrace]]:
    """Sentences of this visit, the examples, and those of the lessons."""
    for trace in shared.visited():
        yield "visit", trace
    for name in presets.NAMES:
        try:
            yield "example", presets.preset(name)
        except ElbertError:
            continue  # Inspect says so
    for name in lessons.lesson_names():
        try:
            for trace in lessons.lesson(name).traces.values():
                yield "lesson", trace
        except ElbertError:
            continue  # Learn says so


def show_alike(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The ways, what they have in common, and their table."""
    found = alike(trace, policy, sentences())
    if not found:
        st.info(words.ALIKE_NONE)
        return None
    decision = explain(policy, trace)
    said, listed = words.alike_sentence(found, decision), found[:MOST]
    entries = [Strip(f"★ {quoted(trace.text, TITLE)}", trace, decision.exit_layer)]
    for one in listed:
        text, exit_layer = quoted(one.trace.text, TITLE), one.decision.exit_layer
        entries.append(Strip(text, one.trace, exit_layer, differs=one.differs))
    result = Figure(
        "",
        lambda colours: strips(entries, palette=colours),
        f"{said} {words.ALIKE_ALT}",
        (words.ALIKE_HELP,),
        alike_table(listed),
        (said,),
    )
    show_figure(result, palette, key="compare.alike", table=words.ALIKE_TABLE, labels=trace)
    return result


def alike_table(found: list[Alike]) -> dict[str, list[object]]:
    """The ways by column."""
    rows = [
        (
            quoted(one.trace.text, 120),
            words.ALIKE_SOURCES[one.source],
            one.decision.exit_layer,
            narration.name(one.decision.label_name),
            round(one.decision.confidence, 4),
            len(one.differs),
        )
        for one in found
    ]
    return by_column(words.ALIKE_COLUMNS, rows)
