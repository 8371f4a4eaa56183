"""ELBERT's window rules against the published binary rules and against scalar multi-label ones.

The binary reference below restates the published two-stage inference in terms of `x`, the
probability of label 0 after each layer. Rows too near to a threshold for float32 to tell are left
out by one rule (`too_near`) and counted.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.policies import ConfidenceWindow, EntropyThreshold, Patience, WindowRule, replay
from elbert_core.results import ExitReason
from tests.core.policy_cases import Probs, one_row, tables, window

TRACES = 6000
NEAR = 1e-6


def binary_traces(seed: int = 11) -> Probs:
    """(12, TRACES, 2): drifting, noisy and plateaued traces; many exact ties between layers.

    A third is rounded to eighths and another third to multiples of 2^-12: both probabilities are
    then exact in float32, ties between layers are frequent and exact, and so is p = 0.5.
    """
    rng = np.random.default_rng(seed)
    layers = 12
    goal = rng.normal(size=(1, TRACES)) * 4
    share = np.linspace(0.05, 1.0, layers)[:, None]
    scale = rng.choice([0.1, 0.5, 2.0], size=(1, TRACES))
    logits = goal * share + rng.normal(size=(layers, TRACES)) * scale
    first = 1 / (1 + np.exp(-logits))
    third = TRACES // 3
    first[:, :third] = np.round(first[:, :third] * 8) / 8
    first[:, third : 2 * third] = np.round(first[:, third : 2 * third] * 4096) / 4096
    for layer_index in range(1, layers):
        stays = rng.random(TRACES) < 0.25
        first[layer_index, stays] = first[layer_index - 1, stays]
    first = first.astype(np.float32)
    return np.stack([first, np.float32(1) - first], axis=-1)


# ------------------------------------------------------------------ the published rules, restated
def entropy_share(x: float) -> float:
    return -sum(p * math.log(p) for p in (x, 1 - x) if p > 0) / math.log(2)


def bias_1(xs: list[float], m: float, _spread: float) -> bool:
    return all(x > 0.5 + m for x in xs) or all(x < 0.5 - m for x in xs)


def bias_2(xs: list[float], m: float, _spread: float) -> bool:
    steps = list(zip(xs[:-1], xs[1:], strict=True))
    if xs[0] > 0.5 + m:
        return all(later >= earlier for earlier, later in steps)
    if xs[0] < 0.5 - m:
        return all(later <= earlier for earlier, later in steps)
    return False


def bias_3(xs: list[float], m: float, spread: float) -> bool:
    one_side = min(xs) > 0.5 + m or max(xs) < 0.5 - m
    return one_side and max(xs) - min(xs) <= spread


PUBLISHED = {"agree": bias_1, "monotone": bias_2, "stable": bias_3}


def published_exit(
    xs: list[float], policy: ConfidenceWindow | EntropyThreshold
) -> tuple[int, ExitReason]:
    """Layer and reason by the published two-stage inference; `entropy` mode is stage 1 alone."""
    for layer in range(1, len(xs) + 1):
        if isinstance(policy, EntropyThreshold):
            if entropy_share(xs[layer - 1]) < policy.threshold:
                return layer, ExitReason.LOW_ENTROPY
            continue
        if entropy_share(xs[layer - 1]) < policy.entropy_threshold:
            return layer, ExitReason.LOW_ENTROPY
        n = policy.window_size
        if layer >= n:
            seen = xs[layer - n : layer]
            if PUBLISHED[policy.rule](seen, policy.margin, policy.max_range):
                return layer, ExitReason.WINDOW
    return len(xs), ExitReason.LAST_LAYER


def too_near(probs: Probs, policy: ConfidenceWindow | EntropyThreshold) -> np.ndarray:
    """(rows,) True where a number lies within 1e-6 of a bound, so that float32 may not tell.

    Exactly 0.5 and exact ties between layers are representable and are kept; so is every entropy
    under a bound of 0, which none can be below.
    """
    wide = probs.astype(np.float64)
    x = wide[..., 0]
    inside = x.clip(1e-300, 1 - 1e-16)
    entropy = -(inside * np.log(inside) + (1 - inside) * np.log(1 - inside)) / math.log(2)
    is_plain = isinstance(policy, EntropyThreshold)
    bound = policy.threshold if is_plain else policy.entropy_threshold
    near = (np.abs(entropy - bound) < NEAR) & (bound > 0)
    if is_plain:
        return near.any(axis=0)
    distance = np.abs(np.abs(x - 0.5) - policy.margin)
    near |= (distance < NEAR) & (x != 0.5)
    if policy.rule == "monotone":
        steps = np.abs(np.diff(wide, axis=0)).max(axis=-1)
        near[1:] |= (steps > 0) & (steps < NEAR)
    if policy.rule == "stable":
        for end in range(policy.window_size, len(x) + 1):
            spread = np.ptp(x[end - policy.window_size : end], axis=0)
            near[end - 1] |= np.abs(spread - policy.max_range) < NEAR
    return near.any(axis=0)


SETTINGS = [
    window(n, rule, entropy_threshold=threshold, margin=margin, max_range=spread)
    for rule in ("agree", "monotone", "stable")
    for n, threshold, margin, spread in (
        (1, 0.0, 0.0, 0.1),
        (2, 0.3, 0.07, 0.03),
        (4, 0.1, 0.0, 0.1),
        (5, 0.0, 0.21, 0.2),
        (8, 0.1, 0.0, 0.06),
        (12, 0.05, 0.03, 0.3),
    )
]


@pytest.mark.parametrize("policy", SETTINGS, ids=str)
def test_window_rules_equal_the_published_binary_rules_on_every_row(
    policy: ConfidenceWindow,
) -> None:
    assert_equal_to_published(policy)


@pytest.mark.parametrize("threshold", [0.0, 0.01, 0.1, 0.4, 0.9, 0.99])
def test_entropy_rule_equals_the_published_one_on_every_row(threshold: float) -> None:
    assert_equal_to_published(EntropyThreshold(threshold=threshold))


def assert_equal_to_published(policy: ConfidenceWindow | EntropyThreshold) -> None:
    probs = binary_traces()
    left_out = too_near(probs, policy)
    exits = replay(policy, probs)
    traces = probs[..., 0].astype(np.float64).T.tolist()
    expected = [published_exit(xs, policy) for xs in traces]
    layers = np.array([layer for layer, _ in expected])
    reasons = np.array([reason for _, reason in expected])
    compared = ~left_out
    np.testing.assert_array_equal(exits.exit_layer[compared], layers[compared])
    np.testing.assert_array_equal(exits.reason[compared], reasons[compared])
    at_exit = probs[layers - 1, np.arange(len(layers))]
    labels = (at_exit[:, 1] > at_exit[:, 0]).astype(int)
    np.testing.assert_array_equal(exits.label[compared], labels[compared])
    assert left_out.mean() < 0.005, f"{left_out.sum()} of {len(left_out)} rows left out"


def test_the_traces_hold_ties_plateaus_and_flips() -> None:
    """Otherwise the comparison above would prove little."""
    probs = binary_traces()
    x = probs[..., 0]
    ties = (x[1:] == x[:-1]).any(axis=0)
    flips = ((x[1:] > 0.5) != (x[:-1] > 0.5)).any(axis=0)
    halves = (x == 0.5).any(axis=0)
    assert min(ties.mean(), flips.mean()) > 0.2
    assert halves.sum() > 100
    assert (x == 1).any()
    assert (x == 0).any()


# ------------------------------------------------------------------------- more than two labels
def scalar_window(probs: list[list[float]], policy: ConfidenceWindow) -> int | None:
    """First layer at which the window closes, for any number of labels; None when it never does."""
    n = policy.window_size
    best = [max(range(len(row)), key=row.__getitem__) for row in probs]
    gap = [sorted(row)[-1] - sorted(row)[-2] for row in probs]
    top = [max(row) for row in probs]
    for end in range(n, len(probs) + 1):
        last = range(end - n, end)
        if len({best[i] for i in last}) > 1:
            continue
        outside = [gap[i] > 2 * policy.margin for i in last]
        held = [top[i] for i in last]
        rising = all(b >= a for a, b in zip(held[:-1], held[1:], strict=True))
        closed = {
            "agree": all(outside),
            "monotone": outside[0] and rising,
            "stable": all(outside) and max(held) - min(held) <= policy.max_range,
        }[policy.rule]
        if closed:
            return end
    return None


@given(
    probs=tables(),
    n=st.integers(1, 8),
    rule=st.sampled_from(["agree", "monotone", "stable"]),
    margin=st.sampled_from([0.0, 0.05, 0.2]),
    max_range=st.sampled_from([0.01, 0.1, 0.4]),
)
@settings(max_examples=150)
def test_window_rules_equal_their_scalar_form_for_any_labels(
    probs: Probs, n: int, rule: WindowRule, margin: float, max_range: float
) -> None:
    policy = window(n, rule, margin=margin, max_range=max_range)
    exits = replay(policy, probs.astype(np.float64))
    for row in range(probs.shape[1]):
        closed = scalar_window(probs[:, row].astype(np.float64).tolist(), policy)
        if closed is None:
            assert exits.reason[row] == ExitReason.LAST_LAYER
        else:
            assert exits.exit_layer[row] == closed
            assert exits.reason[row] == ExitReason.WINDOW


@given(probs=tables(), n=st.integers(2, 9))
@settings(max_examples=100)
def test_window_without_margin_is_patience_of_one_less(probs: Probs, n: int) -> None:
    ranked = np.sort(probs, axis=-1)
    untied = (ranked[..., -1] > ranked[..., -2]).all(axis=0)
    probs = probs[:, untied]
    by_window, by_patience = replay(window(n), probs), replay(Patience(patience=n - 1), probs)
    np.testing.assert_array_equal(by_window.exit_layer, by_patience.exit_layer)
    np.testing.assert_array_equal(by_window.label, by_patience.label)
    np.testing.assert_array_equal(
        by_window.reason == ExitReason.WINDOW, by_patience.reason == ExitReason.PATIENCE
    )


@pytest.mark.parametrize("rule", ["agree", "monotone", "stable"])
def test_flipping_between_two_other_labels_closes_no_window(rule: WindowRule) -> None:
    """p(label 0) stays under one half throughout; the binary rule would call that agreement."""
    flipping = one_row(*[[0.1, 0.6, 0.3], [0.1, 0.3, 0.6]] * 4)
    exits = replay(window(3, rule, max_range=1.0), flipping)
    assert exits.exit_layer[0] == 8
    assert exits.reason[0] == ExitReason.LAST_LAYER


def test_monotone_needs_the_same_label_even_while_its_probability_rises() -> None:
    """Label 0 rises from .40 to .42, but a rival overtakes it."""
    overtaken = one_row([0.40, 0.35, 0.25], [0.41, 0.39, 0.20], [0.42, 0.50, 0.08])
    assert replay(window(3, "monotone"), overtaken).reason[0] == ExitReason.LAST_LAYER
    ahead = one_row([0.40, 0.35, 0.25], [0.41, 0.39, 0.20], [0.42, 0.41, 0.17])
    assert replay(window(3, "monotone"), ahead).reason[0] == ExitReason.WINDOW


def test_monotone_looks_at_the_margin_where_the_window_starts() -> None:
    rising_rival = one_row([0.45, 0.30, 0.25], [0.46, 0.45, 0.09], [0.47, 0.44, 0.09])
    policy = window(3, "monotone", margin=0.05)
    assert replay(policy, rising_rival).exit_layer[0] == 3
    assert replay(policy, rising_rival).reason[0] == ExitReason.WINDOW
    near_start = one_row([0.45, 0.40, 0.15], [0.60, 0.30, 0.10], [0.70, 0.20, 0.10])
    assert replay(policy, near_start).reason[0] == ExitReason.LAST_LAYER


def test_monotone_takes_ties_and_no_fall() -> None:
    policy = window(3, "monotone")
    level = one_row([0.75, 0.25], [0.75, 0.25], [0.75, 0.25])
    assert replay(policy, level).reason[0] == ExitReason.WINDOW
    falling = one_row([0.75, 0.25], [0.875, 0.125], [0.75, 0.25])
    assert replay(policy, falling).reason[0] == ExitReason.LAST_LAYER


def test_exactly_one_half_takes_no_side() -> None:
    level = one_row(*[[0.5, 0.5]] * 4)
    for rule in ("agree", "monotone", "stable"):
        assert replay(window(2, rule), level).reason[0] == ExitReason.LAST_LAYER


def test_stable_takes_a_range_equal_to_the_bound() -> None:
    policy = window(2, "stable", max_range=0.125)
    assert replay(policy, one_row([0.75, 0.25], [0.875, 0.125])).reason[0] == ExitReason.WINDOW
    wider = one_row([0.75, 0.25], [0.890625, 0.109375])
    assert replay(policy, wider).reason[0] == ExitReason.LAST_LAYER


def test_entropy_comes_first_when_both_stages_fire() -> None:
    sure = one_row([1.0, 0.0], [1.0, 0.0])
    assert replay(window(1, entropy_threshold=0.5), sure).reason[0] == ExitReason.LOW_ENTROPY
    assert replay(window(1), sure).reason[0] == ExitReason.WINDOW


def test_a_window_longer_than_the_model_never_closes() -> None:
    sure = one_row(*[[1.0, 0.0]] * 3)
    for rule in ("agree", "monotone", "stable"):
        for size in (4, 10**30):
            exits = replay(window(size, rule), sure)
            assert exits.exit_layer[0] == 3
            assert exits.reason[0] == ExitReason.LAST_LAYER
