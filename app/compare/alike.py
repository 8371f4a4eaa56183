"""Sentences that take the same way through the layers as the one in use, or nearly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.shared import lessons, narration, presets, session
from app.shared import narration_compare as compare
from app.shared import wording_compare as words
from app.shared.legend import show_legend
from app.shared.palette import Palette
from app.shared.rows import Strip, strips
from app.shared.sheet import Figure
from elbert_core.errors import ElbertError
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.ways import comparable, layers_apart, way
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
        decision = explain(policy, other)
        theirs = way(other, decision)
        differs = tuple(int(index) + 1 for index in np.flatnonzero(mine != theirs))
        assert len(differs) == layers_apart(mine, theirs)
        found[other.text] = Alike(source, other, decision, differs)
    return sorted(found.values(), key=lambda one: len(one.differs))  # stable: sources keep order


def sentences() -> Iterator[tuple[str, LayerTrace]]:
    """Sentences of this visit, the examples, and those of the lessons."""
    for trace in session.visited():
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
    said, listed = alike_sentence(found, decision), found[:MOST]
    entries = [Strip(f"★ {compare.quoted(trace.text, TITLE)}", trace, decision.exit_layer)]
    entries += [
        Strip(
            compare.quoted(one.trace.text, TITLE),
            one.trace,
            one.decision.exit_layer,
            differs=one.differs,
        )
        for one in listed
    ]
    result = Figure(
        "",
        lambda colours: strips(entries, palette=colours),
        f"{said} {words.ALIKE_ALT}",
        (words.ALIKE_HELP,),
        alike_table(listed),
        (said,),
    )
    st.text(said)
    show_legend(trace, palette)
    st.vega_lite_chart(
        spec=result.draw(palette), width="stretch", key="compare.alike", alt=result.alt
    )
    st.caption(words.ALIKE_HELP)
    with st.expander(words.ALIKE_TABLE):
        st.dataframe(result.table, hide_index=True, width="stretch", alt=words.ALIKE_TABLE)
    return result


def alike_sentence(found: list[Alike], decision: Decision) -> str:
    """How many sentences go the same way, or how far the nearest is."""
    same = sum(not one.differs for one in found)
    phrase = narration.depth_phrase(decision)
    if same:
        verb = "goes" if same == 1 else "go"
        count = narration.number(same).capitalize()
        return (
            f"{count} of {len(found)} other sentences {verb} exactly this way: {phrase}, with the "
            "same leading label after every layer."
        )
    nearest = narration.counted(len(found[0].differs), "layer")
    return (
        f"None of {len(found)} other sentences goes exactly this way ({phrase}). The nearest "
        f"differs at {nearest}."
    )


def alike_table(found: list[Alike]) -> dict[str, list[object]]:
    """The ways by column."""
    columns: list[list[object]] = [
        [compare.quoted(one.trace.text, 120) for one in found],
        [words.ALIKE_SOURCES[one.source] for one in found],
        [one.decision.exit_layer for one in found],
        [narration.name(one.decision.label_name) for one in found],
        [round(one.decision.confidence, 4) for one in found],
        [len(one.differs) for one in found],
    ]
    return dict(zip(words.ALIKE_COLUMNS, columns, strict=True))
