"""Texts to full depth in batches, without timing them: probabilities only.

`EarlyExitEngine.trace` reads one text and measures it; this reads many at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from elbert_core.encoding import TextInput, split_input
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
    pairs = [split_input(text, row=row) for row, text in enumerate(texts)]
    probs = np.zeros((engine.n_layers, len(pairs), len(engine.label_names)), dtype=np.float32)
    encoded = [
        engine.tokenizer(
            first,
            second,
            truncation=True,
            max_length=engine.max_tokens,
            return_token_type_ids=True,
        )
        for first, second in pairs
    ]
    order = sorted(range(len(pairs)), key=lambda row: len(encoded[row]["input_ids"]))
    for start in range(0, len(order), batch_size):
        members = order[start : start + batch_size]
        probs[:, members] = batch_probs(
            engine,
            [encoded[row]["input_ids"] for row in members],
            [encoded[row]["token_type_ids"] for row in members],
        )
    return probs


@torch.inference_mode()
def batch_probs(
    engine: EarlyExitEngine, ids: list[list[int]], types: list[list[int]]
) -> NDArray[np.float32]:
    """(layers, rows, labels) probabilities of one batch of token ids and token types."""
    lengths = torch.tensor([len(one) for one in ids])
    longest = int(lengths.max())
    pad = engine.tokenizer.pad_token_id or 0
    padded = torch.tensor([one + [pad] * (longest - len(one)) for one in ids])
    padded_types = torch.tensor([one + [0] * (longest - len(one)) for one in types])
    mask = None
    if int(lengths.min()) < longest:
        mask = (torch.arange(longest)[None, :] < lengths[:, None]).long().to(engine.device)
    output = engine.model(
        padded.to(engine.device),
        attention_mask=mask,
        token_type_ids=padded_types.to(engine.device),
    )
    probs: NDArray[np.float32] = torch.softmax(output.layer_logits.float(), dim=-1).cpu().numpy()
    return probs
