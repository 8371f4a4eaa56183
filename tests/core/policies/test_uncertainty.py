"""Uncertainty measures against scalar formulas and their ranges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings

from elbert_core import uncertainty
from elbert_core.errors import InputError
from tests.core.policy_cases import Probs, table, tables


def scalar_entropy(row: list[float]) -> float:
    return -sum(p * math.log(p) for p in row if p > 0)


def scalar_divergence(first: list[float], second: list[float]) -> float:
    middle = [(p + q) / 2 for p, q in zip(first, second, strict=True)]

    def against_middle(row: list[float]) -> float:
        return sum(p * math.log(p / m) for p, m in zip(row, middle, strict=True) if p > 0)

    return (against_middle(first) + against_middle(second)) / 2


@given(probs=tables())
@settings(max_examples=60)
def test_all_measures_equal_their_scalar_formulas(probs: Probs) -> None:
    wide = probs.astype(np.float64)
    labels = wide.shape[-1]
    rows = wide.reshape(-1, labels)
    expected = [scalar_entropy(row) for row in rows.tolist()]
    np.testing.assert_allclose(uncertainty.entropy_nats(rows), expected, atol=1e-12)
    np.testing.assert_allclose(
        uncertainty.normalised_entropy(rows), np.array(expected) / math.log(labels), atol=1e-6
    )
    ranked = [sorted(row, reverse=True) for row in rows.tolist()]
    np.testing.assert_array_equal(uncertainty.confidence(rows), [row[0] for row in ranked])
    np.testing.assert_allclose(
        uncertainty.label_margin(rows), [row[0] - row[1] for row in ranked], atol=1e-12
    )
    pairs = zip(rows[1:].tolist(), rows[:-1].tolist(), strict=True)
    np.testing.assert_allclose(
        uncertainty.jensen_shannon(rows[1:], rows[:-1]),
        [scalar_divergence(first, second) for first, second in pairs],
        # rows sum to 1 within float32 only, and the two forms spread that differently
        atol=1e-6,
    )


@given(probs=tables())
@settings(max_examples=60)
def test_every_measure_stays_in_its_range(probs: Probs) -> None:
    labels = probs.shape[-1]
    entropy = uncertainty.normalised_entropy(probs)
    assert entropy.shape == probs.shape[:-1]
    assert entropy.min() >= 0
    assert entropy.max() <= 1
    assert uncertainty.entropy_nats(probs).max() <= math.log(labels) + 1e-6
    confidence = uncertainty.confidence(probs)
    assert confidence.min() >= 1 / labels - 1e-6
    assert confidence.max() <= 1 + 1e-6
    gap = uncertainty.label_margin(probs)
    assert gap.min() >= 0
    assert gap.max() <= 1
    divergence = uncertainty.jensen_shannon(probs, probs[::-1])
    assert divergence.min() >= 0
    assert divergence.max() <= math.log(2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("labels", [2, 3, 40])
def test_certain_is_zero_and_uniform_is_one(labels: int, dtype: type) -> None:
    certain = np.eye(labels, dtype=dtype)
    uniform = np.full((1, labels), 1 / labels, dtype=dtype)
    np.testing.assert_array_equal(uncertainty.normalised_entropy(certain), np.zeros(labels))
    np.testing.assert_allclose(uncertainty.normalised_entropy(uniform), 1, atol=1e-6)
    assert uncertainty.normalised_entropy(uniform).max() <= 1


def test_a_probability_too_small_for_the_type_is_no_nan() -> None:
    tiny = np.array([[1.0, 1e-45], [1.0, 1e-39]], dtype=np.float32)
    assert (uncertainty.entropy_nats(tiny) < 1e-30).all()


def test_divergence_is_zero_for_equals_symmetric_and_at_most_ln_2() -> None:
    probs = table(5, style="certain")
    same = uncertainty.jensen_shannon(probs, probs)
    np.testing.assert_array_equal(same, np.zeros(same.shape))
    np.testing.assert_array_equal(
        uncertainty.jensen_shannon(probs, probs[::-1]),
        uncertainty.jensen_shannon(probs[::-1], probs),
    )
    apart = uncertainty.jensen_shannon(np.eye(2), np.eye(2)[::-1])
    np.testing.assert_allclose(apart, math.log(2))


def test_the_gap_says_the_same_as_a_side_of_one_half_for_two_labels() -> None:
    share = np.linspace(0, 1, 2001)
    probs = np.stack([share, 1 - share], axis=-1)
    for margin in (0.0, 0.1, 0.25):
        near = np.abs(np.abs(share - 0.5) - margin) < 1e-6
        published = (share > 0.5 + margin) | (share < 0.5 - margin)
        ours = uncertainty.label_margin(probs) > 2 * margin
        np.testing.assert_array_equal(ours[~near], published[~near])
        assert near.sum() <= 2


@pytest.mark.parametrize("wrong", [np.ones((3, 1)), np.array(1.0), np.ones((2, 2), dtype=np.int64)])
def test_fewer_than_two_labels_or_whole_numbers_are_refused(wrong: np.ndarray) -> None:
    for measure in (
        uncertainty.entropy_nats,
        uncertainty.normalised_entropy,
        uncertainty.confidence,
        uncertainty.label_margin,
    ):
        with pytest.raises(InputError, match="at least 2 labels|floating point"):
            measure(wrong)


def test_divergence_needs_one_shape() -> None:
    with pytest.raises(InputError, match="one shape"):
        uncertainty.jensen_shannon(np.ones((2, 2)) / 2, np.ones((3, 2)) / 2)
