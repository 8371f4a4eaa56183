"""Which word moves the exit: a text read again without each of its words.

The exit layer is a whole number and often does not move, so the area under the confidence curve is
given beside it: the mean over all layers of the probability of the answer that the whole text gets
at full depth. Pure numpy: it compares passes that were read elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.metrics import stable_exit_layers
from elbert_core.policies.base import ExitPolicy, replay
from elbert_core.policies.signals import Signals

FloatArray = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class WordEffect:
    """What leaving out one word does.

    Attributes:
        word: the word.
        text: the text without it.
        exit_layer: where the shortened text leaves, layers applied.
        exit_change: that less the whole text's exit layer; positive when it reads on for longer.
        label: answer at the exit.
        label_changed: True when it is not the whole text's answer at its exit.
        area: mean over layers of the probability of the whole text's full-depth answer, [0, 1].
        area_change: that less the whole text's area; negative when the word spoke for the answer.
    """

    word: str
    text: str
    exit_layer: int
    exit_change: int
    label: int
    label_changed: bool
    area: float
    area_change: float


@dataclass(frozen=True, slots=True)
class Ablation:
    """A text without each of its words, under one policy.

    Attributes:
        effects: one for every word, in the order of the text.
        exit_layer, label, area: those of the whole text.
        full_label: its answer at full depth, whose probability makes the areas.
        n_layers: layers of a full-depth pass.
    """

    effects: tuple[WordEffect, ...]
    exit_layer: int
    label: int
    area: float
    full_label: int
    n_layers: int

    @property
    def no_single_word_matters(self) -> bool:
        """True when no word alone moves the exit or the answer."""
        return not any(effect.exit_change or effect.label_changed for effect in self.effects)

    @property
    def strongest(self) -> WordEffect | None:
        """The word whose absence does most: of those that move anything, by area."""
        if not self.effects:
            return None
        return max(
            self.effects,
            key=lambda e: (e.label_changed or e.exit_change != 0, abs(e.area_change)),
        )


def confidence_area(probs: FloatArray, label: int) -> float:
    """Mean over layers of the probability of one label, in [0, 1]; `probs` (layers, labels)."""
    return float(np.mean(probs[:, label], dtype=np.float64))


def ablation(
    policy: ExitPolicy,
    whole: FloatArray | Signals,
    words: Sequence[str],
    texts: Sequence[str],
    without: FloatArray | Signals,
) -> Ablation:
    """Compare a text with itself without each word.

    `whole` holds (layers, labels) probabilities of the whole text at every layer, `without` those
    of the texts without each word (layers, words, labels); or the signals of either.

    Raises:
        InputError: the numbers of words, texts, layers or labels do not fit each other, or the
            record lacks what the rule needs.
    """
    if len(words) != len(texts):
        raise InputError(f"{len(words)} words need as many texts, got {len(texts)}")
    text = whole if isinstance(whole, Signals) else Signals(whole[:, None])
    others = without if isinstance(without, Signals) else Signals(without)
    shape, probs = (text.n_layers, len(words), text.probs.shape[-1]), others.probs
    if probs.shape != shape:
        raise InputError(f"probs must have shape {shape}, got {probs.shape}")
    exits = replay(policy, text.beside(others))
    full_label = int(text.label[-1, 0])
    area = confidence_area(text.probs[:, 0], full_label)
    first, label = int(exits.exit_layer[0]), int(exits.label[0])
    effects = []
    for row, (word, rest) in enumerate(zip(words, texts, strict=True)):
        layer, answer = int(exits.exit_layer[row + 1]), int(exits.label[row + 1])
        area_without = confidence_area(probs[:, row], full_label)
        change = (answer, answer != label, area_without, area_without - area)
        effects.append(WordEffect(word, rest, layer, layer - first, *change))
    return Ablation(tuple(effects), first, label, area, full_label, text.n_layers)


@dataclass(frozen=True, slots=True)
class Stability:
    """How the leading label of one text changes with depth.

    Attributes:
        flips: changes from one layer to the next.
        first_of_final: first layer whose label is the full-depth one, whatever comes between.
        stable_from: first layer from which the label never changes again (the stable oracle).
    """

    flips: int
    first_of_final: int
    stable_from: int


def stability(probs: FloatArray) -> Stability:
    """Flips and first layers of the final label; `probs` (layers, labels).

    Raises:
        InputError: wrong shape.
    """
    if probs.ndim != 2 or probs.shape[0] < 1:
        raise InputError(f"probs must have shape (layers, labels), got {probs.shape}")
    labels = probs.argmax(axis=-1)
    return Stability(
        flips=int((labels[1:] != labels[:-1]).sum()),
        first_of_final=int((labels == labels[-1]).argmax()) + 1,
        stable_from=int(stable_exit_layers(probs[:, None])[0]),
    )
