"""How unsure is a prediction? Pure functions of probabilities that know no layers and no policies.

All but the first two take floating-point `probs (..., labels)`, non-negative and summing to 1 over
the last axis, with at least two labels, and return `(...)`; they raise `InputError` for another
shape or type.

References:
    ELBERT: Xie, Lu, Wang, Wang 2021, arXiv:2107.00175 (normalised entropy, first stage).
    DeeBERT: Xin et al. 2020, arXiv:2004.12993 (entropy in nats).
    COSEE: He et al. 2025, arXiv:2412.13236 (energy; formula from its code).
    F-PABEE: Gao et al. 2023, arXiv:2305.11916 (Jensen-Shannon divergence between layers).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, softmax

from elbert_core.errors import InputError

FloatArray = NDArray[np.floating]


def _check_labels(probs: FloatArray) -> None:
    if probs.ndim == 0 or probs.shape[-1] < 2:
        raise InputError(
            f"probabilities need at least 2 labels on the last axis, got shape {probs.shape}"
        )
    if not np.issubdtype(probs.dtype, np.floating):
        raise InputError(f"probabilities must be floating point, got {probs.dtype}")


def require_distributions(what: str, probs: FloatArray, *, tolerance: float = 1e-3) -> None:
    """Refuse `probs (..., labels)` that are not finite, not in [0, 1] or do not sum to 1."""
    if not np.isfinite(probs).all():
        raise InputError(f"{what} must be finite, got NaN or infinity")
    if probs.size and (probs.min() < 0 or probs.max() > 1 + tolerance):
        raise InputError(f"{what} must lie in [0, 1], got {probs.min():g}..{probs.max():g}")
    if probs.size and np.abs(probs.sum(axis=-1) - 1).max() > tolerance:
        raise InputError(f"{what} must sum to 1 over the labels (softmax the logits first)")


def probabilities(logits: FloatArray) -> NDArray[np.float32]:
    """Class probabilities of `logits (..., labels)`: the one place where a record derives them.

    Computed for each row by itself, on the host, so that engine, trace, table and replay agree.
    """
    probs: NDArray[np.float32] = softmax(np.asarray(logits, dtype=np.float32), axis=-1)
    return probs


def energy(logits: FloatArray) -> FloatArray:
    """1 / (1 + sum exp z): `(...)` in (0, 1), lower is surer (COSEE, arXiv:2412.13236, code).

    Unlike what is read off probabilities it keeps how much evidence there is, not its shape alone.
    """
    value: FloatArray = 1 / (1 + np.exp(np.minimum(logsumexp(logits, axis=-1), 80)))
    return value


def entropy_nats(probs: FloatArray) -> FloatArray:
    """Shannon entropy, in nats: `(...)` in [0, ln(labels)]; 0 for a certain prediction.

    Deviation from the published code: a probability of exactly 0 contributes 0. The form
    `p * log(p)` gives NaN there, and a NaN is never under a threshold, so the surest rows would
    never exit.
    """
    _check_labels(probs)
    # The floor makes p * log(p) exactly 0 at p = 0; it touches only subnormal numbers besides.
    logs = np.log(np.maximum(probs, np.finfo(probs.dtype).tiny))
    # (probs * logs).sum(-1), several times faster for few labels
    total = probs[..., 0] * logs[..., 0]
    for label in range(1, probs.shape[-1]):
        total = total + probs[..., label] * logs[..., label]
    return np.maximum(-total, 0.0)


def normalised_entropy(probs: FloatArray) -> FloatArray:
    """Entropy as a share of its maximum, ln(labels): `(...)` in [0, 1], lower is surer.

    0 for a certain prediction, 1 for a uniform one (ELBERT, first stage; FastBERT's uncertainty).
    """
    share: FloatArray = np.minimum(entropy_nats(probs) / math.log(probs.shape[-1]), 1.0)
    return share


def confidence(probs: FloatArray) -> FloatArray:
    """Largest probability: `(...)` in [1/labels, 1], higher is surer."""
    _check_labels(probs)
    largest: FloatArray = probs.max(axis=-1)
    return largest


def label_margin(probs: FloatArray) -> FloatArray:
    """Gap between the first and the second label: `(...)` in [0, 1], higher is surer.

    For two labels `gap > 2 * margin` says the same as ELBERT's `p > 0.5 + margin` or
    `p < 0.5 - margin`; that is how its window rules are carried over to more labels.
    """
    _check_labels(probs)
    gap: FloatArray
    if probs.shape[-1] == 2:
        gap = np.abs(probs[..., 0] - probs[..., 1])
        return gap
    top_two = np.partition(probs, -2, axis=-1)[..., -2:]
    gap = top_two[..., 1] - top_two[..., 0]
    return gap


def jensen_shannon(probs: FloatArray, other: FloatArray) -> FloatArray:
    """Jensen-Shannon divergence of two distributions, in nats: `(...)` in [0, ln 2], symmetric."""
    _check_labels(probs)
    if probs.shape != other.shape:
        raise InputError(f"both distributions need one shape, got {probs.shape} and {other.shape}")
    middle = (probs + other) / 2
    divergence = entropy_nats(middle) - (entropy_nats(probs) + entropy_nats(other)) / 2
    return np.clip(divergence, 0.0, math.log(2.0))
