"""What the stage shows of one sentence, as plain values. Pure: a trace and a decision in.

The browser draws it and replays the rule when a bound is dragged (`replay.js`). For that it gets
what rules read, as `Signals` derives it: there the numbers are only compared and counted, so that
both sides give the same answer to the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.shared import narration
from app.shared.palette import Palette, glyph
from app.shared.rules import card
from app.shared.stage import words
from app.shared.text import label_names, piece
from elbert_core.policies import Signals, policy_to_dict, signals_of
from elbert_core.policies.explanation import Decision
from elbert_core.reading.words import SPECIAL, group_pieces, join_pieces
from elbert_core.results import LayerTrace

MAX_WORDS = 60
"""Words shown at most; what is left out is counted."""

_SIGNALS = ("label", "confidence", "gap", "entropy", "entropy_nats", "divergence")


@dataclass(frozen=True, slots=True)
class Label:
    """A label as it is drawn: its name, its sign, its colour, and that colour as text."""

    name: str
    sign: str
    colour: str
    text: str
    ink: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a setting can be dragged, and what it is called."""

    label: str
    low: float
    high: float
    step: float
    whole: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """One sentence on the stage.

    Attributes:
        words: of the sentence as the model reads them, `MAX_WORDS` at most.
        left_out: how many more there are.
        reads: (layers, words) shares of what was read, each layer's largest being 1; None where
            the record does not hold attention.
        labels, probs: (labels,) and (layers, labels).
        signals: what rules read, one entry a layer, by the names of `Signals`.
        rule: the rule in use, with its kind.
        settings: those that can be moved, by name.
        exit, at: layer where it leaves under that rule, and the layer looked at, 1..layers.
        says, sure: what is said of each layer, and how sure its answer is.
        texts: everything else that is said.
    """

    words: tuple[str, ...]
    left_out: int
    reads: tuple[tuple[float, ...], ...] | None
    labels: tuple[Label, ...]
    probs: tuple[tuple[float, ...], ...]
    signals: Mapping[str, tuple[float | None, ...]]
    rule: Mapping[str, Any]
    settings: Mapping[str, Limits]
    exit: int
    at: int
    says: tuple[str, ...]
    sure: tuple[str, ...]
    texts: Mapping[str, str]


def stage(
    trace: LayerTrace,
    decision: Decision,
    *,
    at: int,
    palette: Palette,
    locked: Sequence[str] = (),
    reads: NDArray[np.float64] | None = None,
) -> Stage:
    """All that is drawn of a sentence.

    Args:
        trace: all layers of it.
        decision: where it leaves under the rule in use.
        at: the layer looked at, 1..n_layers.
        palette: colours for a light or a dark page.
        locked: settings that cannot be moved; "policy" for all of them.
        reads: (layers, words) shares of what was read, special pieces included, where known.
    """
    groups = group_pieces(trace.tokens)
    names = [join_pieces(trace.tokens, group) for group in groups]
    kept = [i for i, name in enumerate(names) if not SPECIAL.fullmatch(name)]
    return Stage(
        words=tuple(piece(names[i]) for i in kept[:MAX_WORDS]),
        left_out=max(len(kept) - MAX_WORDS, 0),
        reads=None if reads is None else _relative(reads[:, kept[:MAX_WORDS]]),
        labels=tuple(
            Label(name, glyph(i), palette.label(i), palette.label_text(i), palette.label_ink(i))
            for i, name in enumerate(label_names(trace))
        ),
        probs=tuple(tuple(float(p) for p in row) for row in trace.probs),
        signals=plain_signals(signals_of(trace)),
        rule=policy_to_dict(decision.policy),
        settings=_limits(decision, locked),
        exit=decision.exit_layer,
        at=at,
        says=tuple(narration.at_layer(trace, one, decision) for one in decision.verdicts),
        sure=tuple(narration.sure(one.confidence) for one in decision.verdicts),
        texts=words.TEXTS,
    )


def plain_signals(signals: Signals, row: int = 0) -> dict[str, tuple[float | None, ...]]:
    """What rules read of one row, by name: one number a layer, None for what is not finite."""
    names = (*_SIGNALS, "energy") if "logits" in signals.extras else _SIGNALS
    columns = {name: getattr(signals, name)[:, row].tolist() for name in names}
    return {
        name: tuple(value if np.isfinite(value) else None for value in values)
        for name, values in columns.items()
    }


def _relative(reads: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    largest = np.maximum(reads.max(axis=1, keepdims=True), 1e-12)
    return tuple(tuple(round(float(x), 3) for x in row) for row in reads / largest)


def _limits(decision: Decision, locked: Sequence[str]) -> dict[str, Limits]:
    """The settings of the rule that are numbers and may be changed."""
    values = decision.policy.settings()
    return {
        one.name: Limits(
            label=one.label,
            low=one.low,
            high=max(decision.n_layers, values[one.name]) if one.kind == "int" else one.top(values),
            step=one.step,
            whole=one.kind == "int",
        )
        for one in card(decision.policy.kind).settings
        if one.kind != "choice" and one.name not in locked and "policy" not in locked
    }
