"""What the core hands out: frozen values made of numpy arrays, numbers and words.

Nothing here knows a model, a policy or a chart. Layers are counted as layers applied, 1..L; only
array indices start at 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.uncertainty import normalised_entropy, probabilities, require_distributions


class ExitReason(IntEnum):
    """Why a row stopped after a layer, or that it goes on."""

    CONTINUE = 0
    LOW_ENTROPY = 1
    HIGH_CONFIDENCE = 2
    WINDOW = 3
    PATIENCE = 4
    STEADY_DISTRIBUTION = 5
    FIXED_LAYER = 6
    LAST_LAYER = 7
    RULE = 8
    """Any rule that no other reason names; what it looks at says more."""


@dataclass(frozen=True, slots=True, eq=False)
class Exits(metrics.Costed):
    """Where each row leaves. `LAST_LAYER` is not an early exit.

    Attributes:
        exit_layer: (rows,) int64, layers applied, 1..n_layers.
        reason: (rows,) int8, values of `ExitReason`, never CONTINUE.
        label: (rows,) int64, index of the most probable label at the exit.
        n_layers: layers a full-depth pass applies.
    """

    exit_layer: NDArray[np.int64]
    reason: NDArray[np.int8]
    label: NDArray[np.int64]
    n_layers: int

    @property
    def computation_cost(self) -> float:
        """mean(exit_layer) / n_layers, in (0, 1]; counts layers only. NaN without rows."""
        layers = self.exit_layer
        return metrics.computation_cost(layers, self.n_layers) if len(layers) else np.nan


@dataclass(frozen=True, slots=True, eq=False)
class BatchExits(Exits):
    """What `EarlyExitEngine.run` did for each text, in input order; these rows stopped for real.

    Attributes:
        probs: (rows, labels) float32, class probabilities at the exit.
        truncated: (rows,) bool, True where the text was longer than the model reads.
        n_tokens: (rows,) int64, tokens read, special tokens included.
        label_names: names of the labels by index.
        seconds: wall-clock time of the whole run, tokenising included.
        layer_rows: layer applications spent, summed over rows (= exit_layer.sum()).
    """

    probs: NDArray[np.float32]
    truncated: NDArray[np.bool_]
    n_tokens: NDArray[np.int64]
    label_names: tuple[str, ...]
    seconds: float
    layer_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class RowExit:
    """One row of a stream, stopped for real.

    Attributes:
        row: its number in the input, from 0.
        exit_layer: layers applied, 1..L.
        reason: `ExitReason` value, never CONTINUE.
        probs: (labels,) float32, class probabilities at the exit.
        truncated: True where the text was longer than the model reads.
        n_tokens: tokens read, special tokens included.
    """

    row: int
    exit_layer: int
    reason: int
    probs: NDArray[np.float32]
    truncated: bool
    n_tokens: int

    @property
    def label(self) -> int:
        """Index of the most probable label."""
        return int(self.probs.argmax())


@dataclass(frozen=True, slots=True, eq=False)
class LayerTrace:
    """One text, read to full depth: everything a policy, a chart or a lesson needs.

    Attributes:
        text, text_pair: the input as given.
        tokens: the pieces the model read, special tokens included.
        probs: (layers, labels) float32, class probabilities after each layer.
        layer_ms: (layers,) float64, milliseconds of each layer with its exit head (median of
            a few passes).
        embed_ms: milliseconds before the first layer (tokenising and embeddings).
        label_names: names of the labels by index.
        truncated: True where the text was longer than the model reads.
        n_tokens_full: tokens the whole text has (= len(tokens) unless truncated).
        layer_macs: multiply-accumulates of one layer at this length.
        head_macs: multiply-accumulates of one exit head.
        checkpoint: name of the checkpoint folder or hub model.
        digest: SHA-256 of the weights, "" when unknown.
        device, dtype: where and in which precision it ran, e.g. "cpu", "float32".
        attention: (layers, heads, tokens, tokens) float32, on request.
        extras: what else was recorded, by name, each (layers, units, ...) float32, where a sentence
            is one unit: "logits" (layers, 1, labels), from which `probs` derive (absent in files of
            format 1, which hold probabilities alone), "distances" (layers, 1, labels) to the class
            prototypes, "exit_score" (layers, 1) of a learned exit.
    """

    text: str
    text_pair: str | None
    tokens: tuple[str, ...]
    probs: NDArray[np.float32]
    layer_ms: NDArray[np.float64]
    embed_ms: float
    label_names: tuple[str, ...]
    truncated: bool
    n_tokens_full: int
    layer_macs: int
    head_macs: int
    checkpoint: str
    digest: str
    device: str
    dtype: str
    attention: NDArray[np.float32] | None = None
    extras: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise InputError when the arrays do not fit each other or are no probabilities."""
        if self.probs.ndim != 2 or self.probs.shape[0] < 1 or self.probs.shape[1] < 2:
            raise InputError(
                "a trace needs probs of shape (layers, labels) with at least 1 layer and 2 labels, "
                f"got {self.probs.shape}"
            )
        layers, labels = self.probs.shape
        if self.layer_ms.shape != (layers,):
            raise InputError(f"layer_ms must have shape ({layers},), got {self.layer_ms.shape}")
        if len(self.label_names) != labels:
            raise InputError(
                f"a trace of {labels} labels needs as many label_names, got {len(self.label_names)}"
            )
        require_distributions("the probs of a trace", self.probs)
        if self.attention is not None:
            square = (len(self.tokens), len(self.tokens))
            shape = self.attention.shape
            if len(shape) != 4 or shape[0] != layers or shape[2:] != square:
                raise InputError(
                    f"attention must have shape ({layers}, heads, {square[0]}, {square[1]}), "
                    f"got {shape}"
                )
        for name, values in self.extras.items():
            if values.ndim < 2 or values.shape[:2] != (layers, 1):
                raise InputError(f"{name} must have shape ({layers}, 1, ...), got {values.shape}")
            if not np.isfinite(values).all():
                raise InputError(f"the {name} of a trace must be finite, got NaN or infinity")
        logits = self.extras.get("logits")
        if logits is not None and (
            logits.shape != (layers, 1, labels)
            or np.abs(probabilities(logits[:, 0]) - self.probs).max() > 1e-3
        ):
            raise InputError("the probs of a trace must be those of its logits")

    @property
    def n_layers(self) -> int:
        """Layers of a full-depth pass."""
        return int(self.probs.shape[0])

    @property
    def entropy(self) -> NDArray[np.floating]:
        """(layers,) normalised entropy after each layer, in [0, 1]."""
        return normalised_entropy(self.probs)

    @property
    def confidence(self) -> NDArray[np.floating]:
        """(layers,) largest probability after each layer."""
        largest: NDArray[np.floating] = self.probs.max(axis=-1)
        return largest

    @property
    def labels(self) -> NDArray[np.int64]:
        """(layers,) index of the most probable label after each layer."""
        labels: NDArray[np.int64] = self.probs.argmax(axis=-1).astype(np.int64)
        return labels
