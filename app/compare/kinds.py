"""Three kinds of sentence: one that is easy, one that is hard, one that is overthought.

Kinds are read off stored passes under the rule in use, never written down: another model or another
rule may make another sentence the hard one. Overthought (Kaya et al. 2019) means that an earlier
layer was right and the last one is wrong, so it can only be said of sentences of which somebody has
said what they mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from app.compare import words
from app.compare.alike import sentences
from app.compare.figures import sliding
from app.shared import presets
from app.shared.figure_panel import show_figure
from app.shared.palette import Palette
from app.shared.reading import refused
from app.shared.rows import Path, paths
from app.shared.score_panel import layer_table
from app.shared.sheet import Figure
from app.shared.words import path_title
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.ways import comparable
from elbert_core.results import LayerTrace

KINDS = ("easy", "hard", "overthought")
"""In the order drawn."""


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


def show_kinds(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The three sentences, the figure with its slider, and the tables."""
    others = (other for _, other in sentences() if comparable(trace, other))
    known = [trace, *(other for other in others if not refused(policy, other))]
    kinds = three_kinds(policy, known, presets.MEANT)
    if len(kinds) < 2:
        st.info(words.KINDS_TOO_FEW)
        return None
    st.text(words.KINDS_INTRO)
    entries = [
        Path(path_title(words.KIND_NAMES[k.name], k.decision), k.trace, k.decision) for k in kinds
    ]
    findings = [
        [words.at_window(kind.decision, layer) for layer in range(1, kind.trace.n_layers + 1)]
        for kind in kinds
    ]
    latest = max(kind.decision.exit_layer for kind in kinds)
    said = words.kinds_sentence(kinds)
    result = Figure(
        "",
        lambda colours: paths(entries, palette=colours),
        f"{'; '.join(entry.title for entry in entries)}. {said}",
        (words.KINDS_HELP,),
        said=(*map(words.kind_line, kinds), said),
        tables=tuple(
            (entry.title, layer_table(kind.trace, kind.decision))
            for entry, kind in zip(entries, kinds, strict=True)
        ),
    )
    show_figure(
        result,
        palette,
        key="compare.kinds",
        table=words.KINDS_TABLE,
        labels=trace,
        spec=sliding(entries, findings, at=latest, palette=palette),
    )
    return result
