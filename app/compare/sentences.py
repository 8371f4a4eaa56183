"""Sentences to set beside the one in use: those that go its way, and one of each kind.

Both are read off stored passes under the rule in use, never written down: another model or another
rule may choose others. Three kinds: easy, hard, and overthought (Kaya et al. 2019), which means
that an earlier layer was right and the last one is wrong; so it can only be said of sentences of
which somebody has said what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from app.shared import lessons, presets
from app.shared import visit as shared
from app.shared.words import refused
from elbert_core.errors import ElbertError
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.ways import comparable, way
from elbert_core.results import LayerTrace

KINDS = ("easy", "hard", "overthought")
"""In the order drawn."""


def sentences() -> Iterator[tuple[str, LayerTrace]]:
    """Sentences of this visit, the examples, and those of the lessons."""
    for trace in tuple(shared.current().visited.values()):
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


@dataclass(frozen=True, slots=True)
class Kind:
    """A sentence that stands for its kind.

    Attributes:
        name: one of `KINDS`.
        trace, decision: all layers, and what the rule makes of them.
        right_at: for "overthought", the layer surest of the right answer, 1..n_layers - 1; None for
            the other kinds.
    """

    name: str
    trace: LayerTrace
    decision: Decision
    right_at: int | None = None


def right_before(trace: LayerTrace, meant: str) -> int | None:
    """The layer surest of the right answer, where the last layer has lost it; else None.

    Args:
        trace: all layers of a sentence.
        meant: name of the right label.
    """
    names = [trace.label_names[int(label)] for label in trace.labels]
    if names[-1] == meant:
        return None
    right = [layer for layer, name in enumerate(names, start=1) if name == meant]
    return max(right, key=lambda layer: float(trace.confidence[layer - 1]), default=None)


def three_kinds(
    policy: ExitPolicy, traces: Iterable[LayerTrace], meant: Mapping[str, str]
) -> tuple[Kind, ...]:
    """One sentence of each kind, as many kinds as there are. Pure.

    Args:
        policy: the rule that decides where each leaves.
        traces: sentences that the same model read; a text that comes twice counts once.
        meant: names of the right labels of some of them, by text.

    Returns:
        At most three, in the order of `KINDS`. Overthought: the one that was surest of the right
        answer before it lost it. Of the others, easy: the earliest exit, the surest of these; hard:
        the latest exit, the least sure of these, and never the easy one.
    """
    different = {trace.text: trace for trace in traces}
    lost = [
        Kind("overthought", trace, explain(policy, trace), layer)
        for text, trace in different.items()
        if text in meant and (layer := right_before(trace, meant[text])) is not None
    ]
    worst = max(lost, key=_sure_of_the_right, default=None)
    rest = [
        Kind("easy", trace, explain(policy, trace))
        for trace in different.values()
        if worst is None or trace is not worst.trace
    ]
    rest.sort(key=lambda kind: (kind.decision.exit_layer, -kind.decision.confidence))
    hard = [Kind("hard", kind.trace, kind.decision) for kind in rest[1:][-1:]]
    return (*rest[:1], *hard, *([worst] if worst else []))


def _sure_of_the_right(kind: Kind) -> float:
    assert kind.right_at is not None
    return float(kind.trace.confidence[kind.right_at - 1])
