"""Replay over stored probabilities equals asking `decide` layer by layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.errors import InputError
from elbert_core.policies import (
    WINDOW_RULES,
    ConfidenceThreshold,
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    History,
    NeverExit,
    Patience,
    Signals,
    replay,
    signals_of,
)
from elbert_core.results import ExitReason, Exits
from tests.core.policy_cases import Probs, decided_one_by_one, policies, table, tables


def assert_same(first: Exits, second: Exits) -> None:
    np.testing.assert_array_equal(first.exit_layer, second.exit_layer)
    np.testing.assert_array_equal(first.reason, second.reason)
    np.testing.assert_array_equal(first.label, second.label)
    assert first.n_layers == second.n_layers


@given(policy=policies(), probs=tables(max_rows=4))
@settings(max_examples=150)
def test_replay_equals_one_row_at_a_time(policy: ExitPolicy, probs: Probs) -> None:
    exits = replay(policy, probs)
    exit_layers, reasons = decided_one_by_one(policy, probs)
    assert exits.exit_layer.tolist() == exit_layers
    assert exits.reason.tolist() == reasons
    at_exit = probs[exits.exit_layer - 1, np.arange(probs.shape[1])]
    np.testing.assert_array_equal(exits.label, at_exit.argmax(axis=-1))


@given(policy=policies(), probs=tables(), slots=st.integers(1, 4))
@settings(max_examples=120)
def test_replay_equals_slots_with_rows_at_mixed_depths(
    policy: ExitPolicy, probs: Probs, slots: int
) -> None:
    """Rows of different depth are decided together, and a row that leaves gives up its slot."""
    layers, rows, labels = probs.shape
    queue = list(range(rows))
    history = np.full((slots, layers, labels), np.nan, dtype=np.float32)
    depth = np.zeros(slots, dtype=np.int64)
    seats: dict[int, int] = {}
    left: dict[int, tuple[int, int]] = {}
    while queue or seats:
        for slot in range(slots):
            if slot not in seats and queue:
                seats[slot], depth[slot] = queue.pop(0), 0
        # one slot in turn moves alone now and then, so that depths drift apart
        busy = sorted(seats)
        moving = busy if len(left) % 2 else busy[:1]
        for slot in moving:
            history[slot, depth[slot]] = probs[depth[slot], seats[slot]]
            depth[slot] += 1
        asked = [slot for slot in busy if depth[slot] > 0]
        told = policy.decide(History(history[asked], depth[asked]))
        for slot, reason in zip(asked, told, strict=True):
            if slot in moving and reason != ExitReason.CONTINUE:
                left[seats.pop(slot)] = (int(depth[slot]), int(reason))
    exits = replay(policy, probs)
    assert [left[row] for row in range(rows)] == list(
        zip(exits.exit_layer.tolist(), exits.reason.tolist(), strict=True)
    )


@given(policy=policies(), probs=tables())
@settings(max_examples=100)
def test_exits_lie_in_range_and_last_layer_is_the_last(policy: ExitPolicy, probs: Probs) -> None:
    exits = replay(policy, probs)
    layers = len(probs)
    assert exits.exit_layer.min() >= 1
    assert exits.exit_layer.max() <= layers
    assert (exits.reason != ExitReason.CONTINUE).all()
    assert (exits.exit_layer[exits.reason == ExitReason.LAST_LAYER] == layers).all()
    early = exits.reason != ExitReason.LAST_LAYER
    assert (exits.exit_layer[early] >= policy.min_layer).all()
    assert 0 < exits.computation_cost <= 1
    assert exits.speed_up_ratio == pytest.approx(layers / exits.exit_layer.mean())


@given(policy=policies(), probs=tables())
@settings(max_examples=60)
def test_torch_and_numpy_replay_alike(policy: ExitPolicy, probs: Probs) -> None:
    assert_same(replay(policy, probs), replay(policy, torch.from_numpy(probs)))
    wide = probs.astype(np.float64)
    with_gradient = torch.from_numpy(wide).requires_grad_()
    assert_same(replay(policy, wide), replay(policy, with_gradient))
    half = probs.astype(np.float16)
    assert_same(replay(policy, half), replay(policy, torch.from_numpy(half)))
    rough = torch.from_numpy(probs).bfloat16()
    assert_same(replay(policy, rough), replay(policy, rough.float().numpy()))


def test_replay_does_not_care_how_the_table_lies_in_memory() -> None:
    probs = table(7, rows=300)
    other = np.swapaxes(np.ascontiguousarray(np.swapaxes(probs, 0, 1)), 0, 1)
    for policy in (EntropyThreshold(threshold=0.4), Patience(patience=3)):
        assert_same(replay(policy, probs), replay(policy, other))


def test_never_reads_to_the_end() -> None:
    exits = replay(NeverExit(), table(1))
    assert (exits.exit_layer == 12).all()
    assert (exits.reason == ExitReason.LAST_LAYER).all()
    assert exits.speed_up_ratio == 1


def test_a_table_without_rows_has_no_exits() -> None:
    exits = replay(Patience(patience=1), np.zeros((12, 0, 2), dtype=np.float32))
    assert exits.exit_layer.shape == (0,)
    assert np.isnan(exits.computation_cost)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.ones((3, 2), dtype=np.float32), "layers, rows, labels"),
        (np.ones((3, 2, 1), dtype=np.float32), "at least 1 layer and 2 labels"),
        (np.ones((0, 2, 2), dtype=np.float32), "at least 1 layer and 2 labels"),
        (np.ones((3, 2, 2), dtype=np.int64), "floating point"),
        (torch.ones((3, 2, 2), dtype=torch.int64), "floating point"),
        (np.full((3, 2, 2), np.nan), "finite"),
        (np.full((3, 2, 2), np.inf), "finite"),
        (np.array([[[2.0, -1.0]]]), r"\[0, 1\], got -1\.\.2"),
        (np.array([[[0.1, 0.2]]]), "sum to 1"),
        ([[[0.5, 0.5]]], "numpy array or a torch tensor, got list"),
    ],
)
def test_what_is_no_table_of_probabilities_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        replay(NeverExit(), wrong)  # type: ignore[arg-type]  # the point of the test


def test_three_hundred_policies_share_one_table() -> None:
    """A sweep as the trade-off page runs it; not timed, but it must be a matter of seconds."""
    probs = table(2, layers=12, rows=10_000, labels=2)
    signals = signals_of(probs)
    assert isinstance(signals, Signals)
    thresholds = np.linspace(0, 1, 50)
    grid: list[ExitPolicy] = [EntropyThreshold(threshold=value) for value in thresholds]
    grid += [ConfidenceThreshold(threshold=value) for value in thresholds]
    grid += [Patience(patience=patience) for patience in range(1, 12)]
    grid += [
        ConfidenceWindow(window_size=size, entropy_threshold=value, rule=rule)
        for rule in WINDOW_RULES
        for size in range(2, 9)
        for value in np.linspace(0, 0.8, 9)
    ]
    assert len(grid) == 300
    costs = [replay(policy, signals).computation_cost for policy in grid]
    assert min(costs) >= 1 / 12
    assert max(costs) <= 1
    assert len({round(cost, 6) for cost in costs}) > 150
    assert costs[:50] == sorted(costs[:50], reverse=True)
