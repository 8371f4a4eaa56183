"""Texts to full depth without timing them: probabilities in batches, or one text's exit states.

`EarlyExitEngine.trace` reads one text and measures it; here many are read at once, by the same
steps that stop a running engine early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from elbert_core.engine.encoding import EncodedRow, TextInput
from elbert_core.errors import ConfigError, InputError
from elbert_core.policies import Signals
from elbert_core.reading.state_map import HeadStates

if TYPE_CHECKING:
    from elbert_core.engine.engine import EarlyExitEngine


def full_depth(
    engine: EarlyExitEngine, texts: Sequence[TextInput], *, batch_size: int = 32
) -> Signals:
    """What rules read of each text after every layer, in the order of the texts.

    Raises:
        InputError: a text is empty or not a text, or batch_size is below 1.
    """
    if batch_size < 1:
        raise InputError(f"batch_size must be at least 1, got {batch_size}")
    rows = engine.encode(texts)
    order = sorted(range(len(rows)), key=lambda row: rows[row].n_tokens)
    if not rows:
        return Signals(np.zeros((engine.n_layers, 0, len(engine.label_names)), np.float32))
    record = read_batches(engine, [rows[row] for row in order], batch_size)
    back = np.argsort(order)
    record = {name: values[:, back] for name, values in record.items()}
    return Signals(record.pop("probs"), extras=record)


def read_batches(
    engine: EarlyExitEngine, rows: Sequence[EncodedRow], batch_size: int
) -> dict[str, NDArray[np.float32]]:
    """`EarlyExitEngine.read_batch` for any number of rows, at least one, in batches of a size."""
    starts = range(0, len(rows), batch_size)
    batches = [engine.read_batch(rows[start : start + batch_size]) for start in starts]
    return {name: np.concatenate([b[name] for b in batches], axis=1) for name in batches[0]}


@torch.inference_mode()
def head_states(engine: EarlyExitEngine, text: TextInput) -> HeadStates:
    """What the linear step of the exit head reads after every layer of one text.

    Raises:
        InputError: the text is empty or not a text.
        ConfigError: every layer has a head of its own, so there is no one map of their states.
    """
    model = engine.model
    if model.config.exit_heads != "shared":
        raise ConfigError("a map of states needs one exit head that all layers share")
    (row,) = engine.encode([text])
    ids = torch.tensor([row.input_ids], device=engine.device)
    types = torch.tensor([row.token_type_ids], device=engine.device)
    hidden, states = model.embed(ids, types), []
    for layer_index in range(engine.n_layers):
        hidden = model.layer(hidden, None, layer_index)
        states.append(model.exit_states(hidden, None)[0])
    parts = (torch.stack(states), model.classifier.weight, model.classifier.bias)
    return HeadStates(*(part.float().cpu().numpy() for part in parts))
