"""Sweeps and their figures against independent computation; the recording pass on a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from elbert_core.errors import InputError
from elbert_core.evaluation.baselines import baselines, random_exit
from elbert_core.evaluation.comparison import bootstrap_interval, compare
from elbert_core.evaluation.reliability import changes_of_mind, exit_accuracy, reliability
from elbert_core.evaluation.scores import confusion_matrix, label_f1
from elbert_core.evaluation.sweeps import (
    SweepPoint,
    area,
    best_at,
    evaluation_summary,
    mean_layer_ms,
    measured_speed_up,
    pareto_front,
    policy_grids,
    sweep,
)
from elbert_core.policies import (
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    NeverExit,
    Patience,
    policy_from_dict,
    policy_to_dict,
    replay,
)
from tests.core.evaluation_cases import gold_of, make_table
from tests.core.policy_cases import Probs, policies, table, tables


# ------------------------------------------------------------------------------------------ sweeps
@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
@given(probs=tables(max_rows=30), policy=policies(), seed=st.integers(0, 99))
@settings(max_examples=60)
def test_scores_are_those_of_scikit_learn(probs: Probs, policy: ExitPolicy, seed: int) -> None:
    gold = gold_of(probs, seed=seed, wrong=0.4)
    label = replay(policy, probs).label
    (point,) = sweep(probs, gold, [policy])
    assert point.accuracy == pytest.approx(sk.accuracy_score(gold, label))
    assert point.macro_f1 == pytest.approx(sk.f1_score(gold, label, average="macro"))
    assert point.matthews == pytest.approx(sk.matthews_corrcoef(gold, label), abs=1e-12)
    n_labels = probs.shape[2]
    np.testing.assert_array_equal(
        confusion_matrix(label, gold, n_labels),
        sk.confusion_matrix(gold, label, labels=range(n_labels)),
    )
    f1 = label_f1(confusion_matrix(label, gold, n_labels))
    expected = sk.f1_score(gold, label, average=None, labels=range(n_labels), zero_division=np.nan)
    seen = ~np.isnan(expected)
    np.testing.assert_allclose(f1[seen], expected[seen])


@given(probs=tables(max_rows=30), policy=policies())
@settings(max_examples=40)
def test_points_add_up(probs: Probs, policy: ExitPolicy) -> None:
    made = make_table(probs)
    (point,) = sweep(made, policies=[policy])
    exits = replay(policy, probs)
    layers = np.array(point.exit_counts) @ np.arange(1, made.n_layers + 1)
    assert sum(point.exit_counts) == point.n_rows == made.n_rows
    assert point.mean_exit_layer == pytest.approx(layers / point.n_rows)
    assert point.computation_cost == pytest.approx(layers / point.n_rows / made.n_layers)
    assert point.speed_up_ratio == pytest.approx(1 / point.computation_cost)
    assert point.accuracy_low <= point.accuracy <= point.accuracy_high
    assert point.macs == pytest.approx(np.mean(exits.exit_layer * made.layer_macs))
    assert 0 < point.macs_share <= 1
    assert point.early_exit_rate == pytest.approx(np.mean(exits.exit_layer < made.n_layers))
    assert point.agreement == pytest.approx(np.mean(exits.label == probs[-1].argmax(-1)))
    plain = sweep(probs, made.gold, [policy])[0]
    assert (plain.macs, plain.macs_share) == (None, None)
    assert replace(point, macs=None, macs_share=None) == plain


def test_full_depth_costs_all_multiply_accumulates() -> None:
    (point,) = sweep(make_table(), policies=[NeverExit()])
    assert (point.macs_share, point.computation_cost, point.early_exit_rate) == (1.0, 1.0, 0.0)


@pytest.mark.parametrize(("layers", "labels"), [(1, 2), (2, 2), (12, 2), (24, 5)])
def test_grids_are_usable_settings_from_safe_to_fast(layers: int, labels: int) -> None:
    grids = policy_grids(layers, labels)
    probs = table(5, layers=layers, rows=60, labels=labels)
    for family, grid in grids.items():
        assert len(set(grid)) == len(grid), family
        assert [policy_from_dict(policy_to_dict(policy)) for policy in grid] == grid
        costs = [p.computation_cost for p in sweep(probs, gold_of(probs), grid)]
        if family in ("entropy", "confidence", "fixed"):
            assert max(costs) == 1.0
            assert min(costs) == pytest.approx(1 / layers)
    if layers > 1:
        assert all(grids.values())


@given(probs=tables(max_rows=30), policy=policies(), seed=st.integers(0, 99))
@settings(max_examples=40)
def test_measured_milliseconds_add_up_row_by_row(
    probs: Probs, policy: ExitPolicy, seed: int
) -> None:
    layer_ms = np.random.default_rng(seed).uniform(0.1, 3.0, probs.shape[0])
    (point,) = sweep(make_table(probs), policies=[policy])
    spent = [layer_ms[:depth].sum() for depth in replay(policy, probs).exit_layer]
    assert mean_layer_ms(point.exit_counts, layer_ms) == pytest.approx(np.mean(spent))
    ratio = layer_ms.sum() / np.mean(spent)
    assert measured_speed_up(point.exit_counts, layer_ms) == pytest.approx(ratio)
    alike = measured_speed_up(point.exit_counts, np.full(probs.shape[0], 2.5))
    assert alike == pytest.approx(point.speed_up_ratio)


@pytest.mark.parametrize("layer_ms", [[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
def test_without_milliseconds_no_measured_speed_up(layer_ms: list[float]) -> None:
    assert measured_speed_up((1, 1, 1), np.array(layer_ms)) is None


def brute_front(points: list[SweepPoint]) -> set[tuple[float, float]]:
    both = [(p.computation_cost, p.accuracy) for p in points]
    return {
        (c, a) for c, a in both if not any(o[0] <= c and o[1] >= a and o != (c, a) for o in both)
    }


@given(probs=tables(max_rows=12), seed=st.integers(0, 9))
@settings(max_examples=20)
def test_the_front_is_what_nothing_beats(probs: Probs, seed: int) -> None:
    grids = policy_grids(*probs.shape[::2])
    points = sweep(probs, gold_of(probs, seed=seed), [*grids["entropy"], *grids["fixed"]])
    front = pareto_front(points)
    assert {(p.computation_cost, p.accuracy) for p in front} == brute_front(points)
    assert [p.accuracy for p in front] == sorted({p.accuracy for p in front})
    best = best_at(points, front[0].speed_up_ratio)
    assert best is not None
    assert best.computation_cost <= front[0].computation_cost
    assert 0 <= area(points) <= 1


def test_gold_labels_are_checked() -> None:
    probs = table(1, layers=3, rows=5, labels=2)
    with pytest.raises(InputError, match="gold is needed"):
        sweep(probs, policies=[NeverExit()])
    for wrong in (np.zeros(4, dtype=int), np.full(5, 2), np.zeros(5)):
        with pytest.raises(InputError, match="gold must"):
            sweep(probs, wrong, [NeverExit()])


def test_the_summary_of_a_model_card_is_json() -> None:
    probs = table(2, layers=4, rows=50, labels=3)
    summary = evaluation_summary(probs, gold_of(probs))
    assert json.loads(json.dumps(summary)) == summary
    assert summary["layer_accuracy"][-1] == pytest.approx(
        sk.accuracy_score(gold_of(probs), probs[-1].argmax(-1)), abs=1e-4
    )


# --------------------------------------------------------------------------------------- baselines
@given(probs=tables(max_rows=12))
@settings(max_examples=30)
def test_baselines_are_what_their_names_say(probs: Probs) -> None:
    gold = gold_of(probs, wrong=0.3)
    layers = len(probs)
    found = baselines(probs, gold)
    right = probs.argmax(-1) == gold
    kinds = [b.kind for b in found]
    assert kinds == ["full", *["fixed"] * layers, "oracle", "oracle_shuffled", "stable"]
    full, oracle, stable = found[0], found[layers + 1], found[-1]
    assert (full.accuracy, full.computation_cost) == (pytest.approx(right[-1].mean()), 1.0)
    for fixed, (point) in zip(
        found[1:], sweep(probs, gold, map(FixedLayer, range(1, layers + 1))), strict=False
    ):
        assert fixed.accuracy == point.accuracy
        assert fixed.computation_cost == pytest.approx(point.computation_cost)
    assert oracle.accuracy == pytest.approx(right.any(axis=0).mean())
    assert stable.accuracy == full.accuracy
    assert oracle.accuracy >= max(b.accuracy for b in found if b.kind == "fixed")
    assert all(sum(b.exit_counts) == len(gold) for b in found)


def test_random_exits_have_the_expected_accuracy() -> None:
    probs = table(3, layers=5, rows=400, labels=2)
    gold = gold_of(probs)
    point = sweep(probs, gold, [EntropyThreshold(0.4)])[0]
    dealt = random_exit(probs, gold, exit_counts=point.exit_counts, draws=300)
    right = (probs.argmax(-1) == gold).mean(axis=1)
    assert dealt.accuracy == pytest.approx(np.average(right, weights=point.exit_counts))
    assert dealt.low <= dealt.accuracy <= dealt.high
    assert dealt.computation_cost == pytest.approx(point.computation_cost)
    assert dealt.accuracy < point.accuracy
    assert dealt == random_exit(probs, gold, exit_counts=point.exit_counts, draws=300)
    with pytest.raises(InputError, match="sum to 400"):
        random_exit(probs, gold, exit_counts=(1, 2, 3, 4, 5))


# -------------------------------------------------------------------------------------- comparison
def test_two_settings_are_compared_row_by_row() -> None:
    probs = table(7, layers=8, rows=500, labels=3, style="drift")
    gold = gold_of(probs)
    early, full = replay(Patience(1), probs), replay(NeverExit(), probs)
    result = compare(early, full, gold)
    only_full = int(((early.label != gold) & (full.label == gold)).sum())
    assert result.only_second == only_full
    assert result.both_right + result.only_first + result.only_second + result.both_wrong == 500
    assert result.accuracy_difference == pytest.approx(
        np.mean(early.label == gold) - np.mean(full.label == gold)
    )
    assert result.cost_difference == pytest.approx(early.computation_cost - 1)
    for value, (low, high) in (
        (result.accuracy_difference, result.accuracy_interval),
        (result.cost_difference, result.cost_interval),
    ):
        assert low <= value <= high
    assert compare(early, full, gold) == result
    assert compare(early, early, gold).p_value == 1.0
    with pytest.raises(InputError, match="same rows and layers"):
        compare(early, full, gold[:-1])


def test_drawing_counts_is_drawing_rows() -> None:
    differences = np.random.default_rng(0).choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=300)
    rows = np.random.default_rng(1).integers(0, 300, size=(4000, 300))
    expected = np.quantile(differences[rows].mean(axis=1), [0.025, 0.975])
    # the ends of both are sample quantiles, each known to about 0.001
    np.testing.assert_allclose(bootstrap_interval(differences), expected, atol=0.006)


# ------------------------------------------------------------------------------------- reliability
def test_reliability_is_that_of_scikit_learn() -> None:
    probs = table(8, layers=3, rows=800, labels=2)
    gold = gold_of(probs)
    found = reliability(probs, gold, bins=10)
    for layer_index, layer in enumerate(probs):
        right = layer.argmax(-1) == gold
        shares, sure = calibration_curve(right, layer.max(-1), n_bins=10)
        used = found.count[layer_index] > 0
        np.testing.assert_allclose(found.accuracy[layer_index][used], shares)
        np.testing.assert_allclose(found.confidence[layer_index][used], sure, rtol=1e-6)
        weights = found.count[layer_index][used] / 800
        assert found.error[layer_index] == pytest.approx(weights @ np.abs(shares - sure))


@given(probs=tables(max_rows=12), bins=st.integers(1, 12))
@settings(max_examples=30)
def test_every_row_is_in_one_bin(probs: Probs, bins: int) -> None:
    found = reliability(probs, gold_of(probs), bins=bins)
    assert (found.count.sum(axis=1) == probs.shape[1]).all()
    assert ((found.error >= 0) & (found.error <= 1 + 1e-6)).all()
    assert (np.isnan(found.accuracy) == (found.count == 0)).all()


@given(probs=tables(max_rows=12), policy=policies())
@settings(max_examples=30)
def test_accuracy_by_exit_layer_adds_up(probs: Probs, policy: ExitPolicy) -> None:
    gold, exits = gold_of(probs), replay(policy, probs)
    found = exit_accuracy(probs, exits, gold)
    used = found.count > 0
    assert np.average(found.accuracy[used], weights=found.count[used]) == pytest.approx(
        np.mean(exits.label == gold)
    )
    assert np.average(found.full_accuracy[used], weights=found.count[used]) == pytest.approx(
        np.mean(probs[-1].argmax(-1) == gold)
    )
    assert (np.isnan(found.accuracy) == ~used).all()
    assert (found.accuracy_low[used] <= found.accuracy[used] + 1e-12).all()


@given(probs=tables(max_rows=12))
@settings(max_examples=30)
def test_changes_of_mind_lead_from_layer_to_layer(probs: Probs) -> None:
    gold = gold_of(probs, wrong=0.3)
    found = changes_of_mind(probs, gold)
    right = (probs.argmax(-1) == gold).mean(axis=1)
    np.testing.assert_allclose(
        right, right[0] + np.cumsum(found.to_right) - np.cumsum(found.to_wrong), atol=1e-12
    )
    flips = found.to_right + found.to_wrong + found.between_wrong
    labels = probs.argmax(-1)
    np.testing.assert_allclose(flips[1:], (labels[1:] != labels[:-1]).mean(axis=1))
    assert flips[0] == 0
    assert found.right_so_far[-1] == pytest.approx((labels == gold).any(axis=0).mean())
