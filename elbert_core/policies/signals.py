"""Quantities that several policies read from the same probabilities, each computed at most once.

A sweep replays hundreds of policies over one table; entropies, labels and runs do not depend on the
policy, so they live here and are shared. Everything is causal: entry `[l, r]` depends on layers
0..l of row r only, never on later layers or on other rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from elbert_core import uncertainty
from elbert_core.errors import InputError

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
BoolArray = NDArray[np.bool_]


class Signals:
    """Derived quantities of `probs (layers, rows, labels)`, each of shape (layers, rows)."""

    def __init__(
        self,
        probs: FloatArray,
        *,
        first_layer: IntArray | int = 1,
        extras: Mapping[str, FloatArray] = MappingProxyType({}),
    ) -> None:
        """Keep the probabilities; everything else is computed when first asked for.

        Args:
            probs: (layers, rows, labels) floating point, at least 1 layer and 2 labels.
            first_layer: layer number (1-based) of `probs[0]`, one for all rows or `(rows,)`. More
                than 1 when only the last layers of a longer history are given.
            extras: what else the record holds, by name, each (layers, rows, ...): "logits"
                (layers, rows, labels), "distances", "exit_score".

        Raises:
            InputError: another shape.
        """
        if probs.ndim != 3 or probs.shape[0] < 1 or probs.shape[-1] < 2:
            raise InputError(
                "probs must have shape (layers, rows, labels) with at least 1 layer and 2 labels, "
                f"got {probs.shape}"
            )
        self.probs = probs
        self.first_layer = first_layer
        self.extras = extras
        for name, values in extras.items():
            if values.shape[:2] != self.shape:
                raise InputError(
                    f"{name} must have shape {(*self.shape, '...')}, got {values.shape}"
                )

    @property
    def n_layers(self) -> int:
        """Layers in `probs`."""
        return int(self.probs.shape[0])

    @property
    def shape(self) -> tuple[int, int]:
        """(layers, rows)."""
        return self.probs.shape[0], self.probs.shape[1]

    def take(self, rows: IntArray | BoolArray | slice) -> Signals:
        """The signals of some rows only."""
        extras = {name: values[:, rows] for name, values in self.extras.items()}
        return Signals(self.probs[:, rows], first_layer=self.first_layer, extras=extras)

    def beside(self, others: Signals) -> Signals:
        """These rows and then the others, with what both records hold."""
        both = self.extras.keys() & others.extras.keys()
        return Signals(
            np.concatenate([self.probs, others.probs], axis=1),
            first_layer=self.first_layer,
            extras={n: np.concatenate([self.extras[n], others.extras[n]], axis=1) for n in both},
        )

    def extra(self, name: str) -> FloatArray:
        """What the record holds under a name, (layers, rows, ...).

        Raises:
            InputError: nothing; the message says how to make a record that has it.
        """
        if name not in self.extras:
            raise InputError(
                f"this record has no {name}: read the sentence again, or make the table anew with "
                f"`evaluate`, by a model that gives {name}"
            )
        return self.extras[name]

    @cached_property
    def energy(self) -> FloatArray:
        """1 / (1 + sum exp z), (0, 1); needs logits."""
        return uncertainty.energy(self.extra("logits"))

    @cached_property
    def depth(self) -> IntArray:
        """Layers applied, 1-based; broadcasts against (layers, rows)."""
        first: IntArray = np.atleast_1d(np.asarray(self.first_layer, dtype=np.int64))
        return np.arange(self.n_layers)[:, None] + first[None, :]

    @cached_property
    def entropy(self) -> FloatArray:
        """Normalised entropy, [0, 1]."""
        return uncertainty.normalised_entropy(self.probs)

    @cached_property
    def entropy_nats(self) -> FloatArray:
        """Entropy in nats, [0, ln(labels)]."""
        return uncertainty.entropy_nats(self.probs)

    @cached_property
    def confidence(self) -> FloatArray:
        """Largest probability."""
        return uncertainty.confidence(self.probs)

    @cached_property
    def gap(self) -> FloatArray:
        """Probability of the first label less that of the second, [0, 1]."""
        return uncertainty.label_margin(self.probs)

    @cached_property
    def label(self) -> IntArray:
        """Most probable label; the lower index wins a tie."""
        label: IntArray = self.probs.argmax(axis=-1)
        return label

    @cached_property
    def agrees(self) -> BoolArray:
        """True where a layer names the same label as the layer before; False at the first."""
        same = np.zeros(self.shape, dtype=bool)
        same[1:] = self.label[1:] == self.label[:-1]
        return same

    @cached_property
    def agreement_run(self) -> IntArray:
        """Layers in a row, this one included, that name the same label; at least 1."""
        return run_length(np.ones(self.shape, dtype=bool), self.agrees)

    @cached_property
    def rises(self) -> BoolArray:
        """True where the label stays and its probability does not fall; False at the first."""
        rises = np.zeros(self.shape, dtype=bool)
        rises[1:] = self.agrees[1:] & (self.confidence[1:] >= self.confidence[:-1])
        return rises

    @cached_property
    def rising_run(self) -> IntArray:
        """Layers in a row with one label whose probability never falls (ties fine); at least 1."""
        return run_length(np.ones(self.shape, dtype=bool), self.rises)

    @cached_property
    def divergence(self) -> FloatArray:
        """Jensen-Shannon divergence from the layer before, nats; infinite at the first layer."""
        values = np.full(self.shape, np.inf, dtype=self.probs.dtype)
        if self.n_layers > 1:
            values[1:] = uncertainty.jensen_shannon(self.probs[1:], self.probs[:-1])
        return values


def run_length(holds: BoolArray, continues: BoolArray | None = None) -> IntArray:
    """(layers, rows) int64 length of the run of layers that ends at each layer.

    0 where the condition does not hold, else 1 plus the run before it where that `continues`, or
    always if None; both are (layers, rows).
    """
    runs = holds.astype(np.int64)
    for layer_index in range(1, len(runs)):
        goes_on = holds[layer_index] if continues is None else continues[layer_index]
        runs[layer_index] += runs[layer_index - 1] * (holds[layer_index] & goes_on)
    return runs
