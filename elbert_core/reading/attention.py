"""What a text's words had read of each other after each layer: accumulated attention.

One layer's attention says where each token looks, but what it finds there already holds what other
tokens had collected. Multiplying the layers' attention follows that chain back to the words.

References:
    ELBERT, Xie et al. 2021, arXiv:2107.00175: its code keeps the raw product for each head,
        A_acc^0 = I and A_acc^l = A^l A_acc^(l-1).
    Abnar & Zuidema 2020, "Quantifying attention flow in transformers", arXiv:2005.00928, section 3:
        roll-out, the product of 0.5 A + 0.5 I over head averages, because a residual connection
        carries every token past every layer.

Neither says what a word did to the answer: values, feed-forward parts and norms are left out.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError

FloatArray = NDArray[np.floating]
Pooling = Literal["cls", "mean"]
Method = Literal["raw", "rollout"]

ROW_TOLERANCE = 1e-2
"""How far a row of attention may sum from 1: traces keep four decimals, bf16 three digits."""


def accumulate(attention: FloatArray, *, residual: bool) -> NDArray[np.float64]:
    """Product of the layers' attention, from the first layer up to each layer.

    Attention is (layers, ..., tokens, tokens), rows of each layer sum to 1; heads may stand in
    between, and each is followed by itself. So is the result: entry [l, ..., i, j] is the share of
    token i after layer l + 1 that goes back to word piece j. With `residual` every layer is mixed
    half and half with staying at the own token.

    Raises:
        InputError: no such shape, or rows that are no shares of 1.
    """
    layers = _checked(attention)
    if residual:
        layers = 0.5 * layers + 0.5 * np.eye(layers.shape[-1])
    result = np.empty_like(layers)
    reached = np.broadcast_to(np.eye(layers.shape[-1]), layers.shape[1:])
    for index, layer in enumerate(layers):
        reached = layer @ reached
        # stored attention is rounded; without this the error would grow with depth
        reached = reached / reached.sum(axis=-1, keepdims=True)
        result[index] = reached
    return result


def reading(
    attention: FloatArray, *, method: Method, pooling: Pooling, head: int | None = None
) -> NDArray[np.float64]:
    """Share of each piece in what the exit head could read after each layer.

    Args:
        attention: (layers, heads, tokens, tokens), as a trace holds it.
        method: "raw" follows each head by itself and averages the products (ELBERT's code);
            "rollout" averages the heads first and mixes in the residual (Abnar and Zuidema).
        pooling: what the exit head reads: the first token, or the mean over all tokens.
        head: follow this head alone, 0-based; None for all of them.

    Returns:
        (layers, tokens); each layer sums to 1.

    Raises:
        InputError: wrong shape, rows that are no shares of 1, or no such head.
    """
    if attention.ndim != 4:
        raise InputError(
            f"attention must have shape (layers, heads, tokens, tokens), got {attention.shape}"
        )
    if head is not None:
        if not 0 <= head < attention.shape[1]:
            raise InputError(f"head must lie in 0..{attention.shape[1] - 1}, got {head}")
        attention = attention[:, head : head + 1]
    if method == "rollout":
        accumulated = accumulate(attention.mean(axis=1), residual=True)
    else:
        accumulated = accumulate(attention, residual=False).mean(axis=1)
    return pooled(accumulated, pooling)


def pooled(accumulated: FloatArray, pooling: Pooling) -> NDArray[np.float64]:
    """(..., tokens) what the pooled state goes back to, of (..., tokens, tokens) shares.

    The row of the first token, or the average over the rows of all tokens.
    """
    rows = accumulated[..., 0, :] if pooling == "cls" else accumulated.mean(axis=-2)
    return np.asarray(rows, dtype=np.float64)


def by_word(shares: FloatArray, groups: tuple[tuple[int, ...], ...]) -> NDArray[np.float64]:
    """(..., tokens) shares summed over the pieces of each word: (..., words)."""
    return np.stack([shares[..., list(group)].sum(axis=-1) for group in groups], axis=-1)


def _checked(attention: FloatArray) -> NDArray[np.float64]:
    layers = np.asarray(attention, dtype=np.float64)
    if layers.ndim < 3 or layers.shape[-1] != layers.shape[-2] or 0 in layers.shape:
        raise InputError(
            f"attention must have shape (layers, ..., tokens, tokens), got {layers.shape}"
        )
    sums = layers.sum(axis=-1)
    if not np.isfinite(layers).all() or layers.min() < 0 or np.abs(sums - 1).max() > ROW_TOLERANCE:
        raise InputError("each row of attention must hold shares that sum to 1")
    shares: NDArray[np.float64] = layers / sums[..., None]
    return shares
