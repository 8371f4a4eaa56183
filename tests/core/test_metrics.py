"""Metrics against loops over rows, against scipy, and at their edges."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.policies import EntropyThreshold, FixedLayer, replay
from elbert_core.results import Exits
from tests.core.policy_cases import Probs, one_row, table, tables


def gold_for(probs: Probs, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, probs.shape[2], size=probs.shape[1])


def label_rows(probs: Probs) -> list[list[int]]:
    """Labels of each row, layer by layer."""
    return [[int(p.argmax()) for p in probs[:, row]] for row in range(probs.shape[1])]


# ------------------------------------------------------------------------------- cost and accuracy
def test_cost_and_speed_up_by_hand() -> None:
    assert metrics.computation_cost([3, 6, 12, 3], 12) == pytest.approx(24 / 48)
    assert metrics.computation_cost([12], 12) == 1
    layers, reasons = np.array([3, 6, 12, 3]), np.ones(4, dtype=np.int8)
    exits = Exits(layers, reasons, np.zeros(4, dtype=np.int64), n_layers=12)
    assert (exits.computation_cost, exits.speed_up_ratio) == pytest.approx((0.5, 2.0))
    # the mean of the rows' own ratios would be 2.75
    assert np.mean([12 / 3, 12 / 6, 1, 4]) == 2.75


def test_cost_is_that_of_a_replay() -> None:
    exits = replay(EntropyThreshold(threshold=0.4), table(3, rows=50))
    assert metrics.computation_cost(exits.exit_layer, 12) == exits.computation_cost


def test_accuracy_by_hand() -> None:
    certain = np.eye(3)[[[0, 1, 1, 2], [2, 2, 2, 2]]]
    assert metrics.layer_accuracy(certain, [0, 1, 2, 2]).tolist() == [0.75, 0.5]


@given(probs=tables())
@settings(max_examples=50)
def test_layer_accuracy_is_the_accuracy_of_stopping_there(probs: Probs) -> None:
    gold = gold_for(probs)
    shares = metrics.layer_accuracy(probs, gold)
    assert shares.shape == (len(probs),)
    for layer, share in enumerate(shares, start=1):
        exits = replay(FixedLayer(layer=layer), probs)
        assert share == pytest.approx(np.mean(exits.label == gold))


# -------------------------------------------------------------------------- oracle and overthinking
@given(probs=tables(), seed=st.integers(0, 100))
@settings(max_examples=80)
def test_oracle_stable_and_overthinking_equal_loops_over_rows(probs: Probs, seed: int) -> None:
    gold, layers = gold_for(probs, seed), len(probs)
    oracle, stable, wasteful, destructive, flips = [], [], 0, 0, 0
    for labels, right in zip(label_rows(probs), gold.tolist(), strict=True):
        hits = [layer for layer, label in enumerate(labels, start=1) if label == right]
        oracle.append(hits[0] if hits else layers)
        start = layers
        while start > 1 and labels[start - 2] == labels[-1]:
            start -= 1
        stable.append(start)
        was_right = any(layer < layers for layer in hits)
        wasteful += was_right
        destructive += was_right and labels[-1] != right
        flips += sum(a != b for a, b in zip(labels[:-1], labels[1:], strict=True))
    rows = probs.shape[1]
    assert metrics.oracle_exit_layers(probs, gold).tolist() == oracle
    assert metrics.stable_exit_layers(probs).tolist() == stable
    seen = metrics.overthinking(probs, gold)
    assert seen.wasteful_share == pytest.approx(wasteful / rows)
    assert seen.destructive_share == pytest.approx(destructive / rows)
    assert seen.mean_flips == pytest.approx(flips / rows)
    assert seen.destructive_share <= seen.wasteful_share


def test_no_policy_beats_the_oracle() -> None:
    probs = table(6, rows=200)
    gold = gold_for(probs)
    oracle = metrics.oracle_exit_layers(probs, gold)
    best = np.mean(probs.argmax(-1)[oracle - 1, np.arange(200)] == gold)
    for threshold in (0.1, 0.5, 0.9):
        assert np.mean(replay(EntropyThreshold(threshold), probs).label == gold) <= best


def test_overthinking_by_hand() -> None:
    no, yes = [0.9, 0.1], [0.1, 0.9]
    probs = np.concatenate(
        [
            one_row(no, no, no),  # right throughout: wasteful
            one_row(no, yes, yes),  # right, then wrong: wasteful and destructive
            one_row(yes, yes, no),  # right at the end only: neither
            one_row(yes, no, yes),  # two flips, wrong at the end: wasteful and destructive
        ],
        axis=1,
    )
    seen = metrics.overthinking(probs, np.zeros(4, dtype=int))
    assert seen == metrics.Overthinking(
        wasteful_share=0.75, destructive_share=0.5, mean_flips=(0 + 1 + 1 + 2) / 4
    )
    assert metrics.stable_exit_layers(probs).tolist() == [1, 2, 3, 3]
    assert metrics.oracle_exit_layers(probs, np.zeros(4, dtype=int)).tolist() == [1, 1, 3, 2]


def test_one_layer_leaves_nothing_to_overthink() -> None:
    seen = metrics.overthinking(table(1, layers=1), gold_for(table(1, layers=1)))
    assert seen == metrics.Overthinking(0.0, 0.0, 0.0)


# ---------------------------------------------------------------------------- area under the curve
def test_area_by_hand() -> None:
    # .6 from cost .2 to .5, .9 from .5 to 1; the point (.8, .7) lies under the envelope
    area = metrics.area_under_cost_curve([0.5, 0.2, 0.8], [0.9, 0.6, 0.7])
    assert area == pytest.approx((0.3 * 0.6 + 0.5 * 0.9) / 0.8)
    from_half = metrics.area_under_cost_curve([0.5, 0.2, 0.8], [0.9, 0.6, 0.7], low=0.5)
    assert from_half == pytest.approx(0.9)
    assert metrics.area_under_cost_curve([0.2, 0.5], [0.6, 0.9], low=0.4) == pytest.approx(
        (0.1 * 0.6 + 0.5 * 0.9) / 0.6
    )


def test_area_of_one_point_is_its_accuracy() -> None:
    assert metrics.area_under_cost_curve([0.25], [0.8]) == pytest.approx(0.8)
    assert metrics.area_under_cost_curve([1.0], [0.8]) == 0.8
    assert metrics.area_under_cost_curve([1.0, 1.0, 0.5], [0.8, 0.9, 0.1], low=1.0) == 0.9


_share = st.floats(0, 1, width=32)
_points = st.lists(st.tuples(st.floats(0.0625, 1, width=32), _share), min_size=1, max_size=8)


@given(points=_points, extra=st.tuples(st.floats(0.0625, 1, width=32), _share))
@settings(max_examples=150)
def test_area_stays_in_range_ignores_order_and_never_falls_with_a_point(
    points: list[tuple[float, float]], extra: tuple[float, float]
) -> None:
    cost, share = map(list, zip(*points, strict=True))
    area = metrics.area_under_cost_curve(cost, share)
    assert min(share) - 1e-9 <= area <= max(share) + 1e-9
    assert area == pytest.approx(metrics.area_under_cost_curve(cost[::-1], share[::-1]))
    low = min(cost)
    more = metrics.area_under_cost_curve([*cost, extra[0]], [*share, extra[1]], low=low)
    assert more >= area - 1e-9


# -------------------------------------------------------------------------------------- MACs
def test_macs_count_the_multiplications_of_each_product() -> None:
    tokens, hidden, inner, labels = 7, 4, 16, 3
    projections = 4 * (tokens * hidden * hidden)
    attention = (tokens * hidden * tokens) + (tokens * tokens * hidden)
    feed_forward = (tokens * hidden * inner) + (tokens * inner * hidden)
    assert metrics.layer_macs(hidden, inner, tokens) == projections + attention + feed_forward
    assert metrics.head_macs(hidden, labels) == hidden * hidden + hidden * labels


def test_a_head_costs_little_beside_a_layer() -> None:
    """ALBERT-large: 0.06 % of a layer at 128 tokens, 0.26 % at 32."""
    head = metrics.head_macs(1024, 2)
    assert head / metrics.layer_macs(1024, 4096, 128) == pytest.approx(0.0006, abs=1e-4)
    assert head / metrics.layer_macs(1024, 4096, 32) == pytest.approx(0.0026, abs=1e-4)


# ------------------------------------------------------------------------------- Wilson interval
@given(
    counts=st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    confidence=st.sampled_from([0.5, 0.9, 0.95, 0.999]),
)
@settings(max_examples=100)
def test_wilson_interval_equals_scipy(counts: tuple[int, int], confidence: float) -> None:
    successes, n = counts
    low, high = metrics.wilson_interval(successes, n, confidence)
    expected = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    assert low == pytest.approx(expected.low, abs=1e-9)
    assert high == pytest.approx(expected.high, abs=1e-9)
    assert 0 <= low <= successes / n <= high <= 1


def test_wilson_interval_narrows_with_rows() -> None:
    widths = [math.dist(*[[end] for end in metrics.wilson_interval(n // 2, n)]) for n in (10, 1000)]
    assert widths[1] < widths[0] / 5


# ---------------------------------------------------------------------------------------- refused
PROBS = table(1, layers=3, rows=4, labels=2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.computation_cost([], 12), "rows >= 1"),
        (lambda: metrics.computation_cost([0, 3], 12), r"1\.\.12, got 0\.\.3"),
        (lambda: metrics.computation_cost([13], 12), r"1\.\.12, got 13"),
        (lambda: metrics.computation_cost([[1]], 12), "shape"),
        (lambda: metrics.label_indices([1], 2, 2, name="label"), r"label must have shape \(2,\)"),
        (lambda: metrics.layer_accuracy(PROBS, [0, 1]), r"gold must have shape \(4,\)"),
        (lambda: metrics.layer_accuracy(PROBS, [0, 1, 2, 0]), r"gold must lie in 0\.\.1"),
        (lambda: metrics.layer_accuracy(PROBS, [0.0] * 4), "label indices"),
        (lambda: metrics.layer_accuracy(PROBS[:, :0], []), "not empty"),
        (lambda: metrics.stable_exit_layers(PROBS[0]), "layers, rows, labels"),
        (lambda: metrics.oracle_exit_layers(PROBS[:0], [0] * 4), "at least 1 layer"),
        (lambda: metrics.area_under_cost_curve([], []), "points >= 1"),
        (lambda: metrics.area_under_cost_curve([0.0], [0.5]), r"cost must lie in \(0, 1\]"),
        (lambda: metrics.area_under_cost_curve([math.nan], [0.5]), "cost must lie"),
        (lambda: metrics.area_under_cost_curve([0.5], [1.5]), r"accuracy must lie in \[0, 1\]"),
        (lambda: metrics.area_under_cost_curve([0.5], [0.5], low=0.2), "low must lie"),
        (lambda: metrics.layer_macs(0, 4, 4), "hidden must be at least 1"),
        (lambda: metrics.head_macs(4, 0), "labels must be at least 1"),
        (lambda: metrics.wilson_interval(5, 4), r"0\.\.4, got 5"),
        (lambda: metrics.wilson_interval(0, 0), "n must be at least 1"),
        (lambda: metrics.wilson_interval(1, 2, 1.0), r"confidence must lie in \(0, 1\)"),
    ],
)
def test_what_makes_no_sense_is_refused(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        call()


def test_area_without_envelope_sees_bad_deep_layers() -> None:
    cost, falling = [0.25, 0.5, 1.0], [0.9, 0.8, 0.7]
    assert metrics.area_under_cost_curve(cost, falling) == pytest.approx(0.9)
    plain = metrics.area_under_cost_curve(cost, falling, envelope=False)
    assert plain == pytest.approx((0.25 * 0.85 + 0.5 * 0.75) / 0.75)
    assert metrics.area_under_cost_curve([0.5], [0.8], envelope=False) == pytest.approx(0.8)
    assert metrics.area_under_cost_curve([1.0], [0.8], envelope=False) == pytest.approx(0.8)
    part = metrics.area_under_cost_curve(cost, falling, low=0.75, envelope=False)
    assert part == pytest.approx((0.75 + 0.7) / 2)
