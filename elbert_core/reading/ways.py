"""How alike the ways of two texts through the layers are.

A way is what leads after each layer that was read, then nothing. Two ways are as far apart as
there are layers at which they differ: by another label, or because only one of them is still
reading. Pure numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

GONE = -1
"""What stands for a layer after the exit."""


def way(trace: LayerTrace, decision: Decision) -> NDArray[np.int64]:
    """(layers,) the leading label after each layer up to the exit, `GONE` after it.

    Raises:
        InputError: the decision belongs to a trace with another number of layers.
    """
    decision.require_of(trace)
    found = trace.labels.copy()
    found[decision.exit_layer :] = GONE
    return found


def layers_apart(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """Layers at which two ways differ, 0..layers; 0 for the same exit and the same labels.

    Raises:
        InputError: ways through different numbers of layers.
    """
    if one.shape != other.shape:
        raise InputError(f"ways must have as many layers, got {one.shape} and {other.shape}")
    return int((one != other).sum())


def comparable(one: LayerTrace, other: LayerTrace) -> bool:
    """Whether two traces have ways that can be compared: same weights, labels and depth."""
    return (
        one.n_layers == other.n_layers
        and one.label_names == other.label_names
        and one.digest == other.digest
    )
