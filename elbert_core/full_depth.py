"""Texts to full depth in batches, without timing them: probabilities only.

`EarlyExitEngine.trace` reads one text and measures it; this reads many at once, by the same steps
that stop a running engine early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from elbert_core.encoding import TextInput
from elbert_core.errors import InputError

if TYPE_CHECKING:
    from elbert_core.engine import EarlyExitEngine


def full_depth_probs(
    engine: EarlyExitEngine, texts: Sequence[TextInput], *, batch_size: int = 32
) -> NDArray[np.float32]:
    """(layers, rows, labels) probabilities after every layer, in the order of the texts.

    Raises:
        InputError: a text is empty or not a text, or batch_size is below 1.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, got {batch_size}")
    rows = engine.encode(texts)
    probs = np.zeros((engine.n_layers, len(rows), len(engine.label_names)), dtype=np.float32)
    order = sorted(range(len(rows)), key=lambda row: rows[row].n_tokens)
    for start in range(0, len(order), batch_size):
        members = order[start : start + batch_size]
        probs[:, members] = engine.layer_probs([rows[row] for row in members])
    return probs
