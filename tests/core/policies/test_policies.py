"""What every policy promises: causal, row by row, pure, in order, and settings that make sense."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.errors import ConfigError, InputError
from elbert_core.policies import (
    ConfidenceThreshold,
    ConfidenceWindow,
    DistributionPatience,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    History,
    NeverExit,
    Patience,
    Signals,
    policy_from_dict,
    policy_to_dict,
    replay,
)
from elbert_core.results import ExitReason
from tests.core.policy_cases import (
    EXAMPLES,
    Probs,
    every_policy,
    one_row,
    policies,
    table,
    tables,
    window,
)


def rows_first(probs: Probs) -> Probs:
    return np.ascontiguousarray(np.swapaxes(probs, 0, 1))


# -------------------------------------------------------------------------- scalar reference rules
def scalar_entropy_exit(probs: list[list[float]], threshold: float) -> int | None:
    for layer, row in enumerate(probs, start=1):
        if -sum(p * math.log(p) for p in row if p > 0) / math.log(len(row)) < threshold:
            return layer
    return None


def scalar_confidence_exit(probs: list[list[float]], threshold: float) -> int | None:
    return next((i for i, row in enumerate(probs, start=1) if max(row) > threshold), None)


def scalar_patience_exit(probs: list[list[float]], patience: int) -> int | None:
    count, before = 0, None
    for layer, row in enumerate(probs, start=1):
        label = row.index(max(row))
        count = count + 1 if label == before else 0
        before = label
        if count == patience:
            return layer
    return None


def scalar_divergence(first: list[float], second: list[float]) -> float:
    total = 0.0
    for p, q in zip(first, second, strict=True):
        m = (p + q) / 2
        total += sum(v * math.log(v / m) for v in (p, q) if v > 0) / 2
    return total


def scalar_distribution_exit(
    probs: list[list[float]], threshold: float, patience: int
) -> int | None:
    count = 0
    for layer in range(2, len(probs) + 1):
        similar = scalar_divergence(probs[layer - 2], probs[layer - 1]) < threshold
        count = count + 1 if similar else 0
        if count == patience:
            return layer
    return None


@given(
    probs=tables(),
    threshold=st.sampled_from([0.03, 0.1, 0.35, 0.7]),
    patience=st.integers(1, 6),
)
@settings(max_examples=100)
def test_each_rule_equals_its_scalar_form(probs: Probs, threshold: float, patience: int) -> None:
    # normalised anew in float64, so that the scalar and the array form see numbers this far apart
    # from a bound that their rounding cannot matter
    wide = probs.astype(np.float64)
    wide /= wide.sum(axis=-1, keepdims=True)
    pairs = [
        (EntropyThreshold(threshold=threshold), scalar_entropy_exit, (threshold,)),
        (ConfidenceThreshold(threshold=1 - threshold), scalar_confidence_exit, (1 - threshold,)),
        (Patience(patience=patience), scalar_patience_exit, (patience,)),
        (
            DistributionPatience(threshold=threshold / 5, patience=patience),
            scalar_distribution_exit,
            (threshold / 5, patience),
        ),
    ]
    for policy, scalar_exit, arguments in pairs:
        exits = replay(policy, wide)
        for row in range(wide.shape[1]):
            expected = scalar_exit(wide[:, row].tolist(), *arguments)
            assert exits.exit_layer[row] == (expected or len(wide))
            assert (exits.reason[row] == ExitReason.LAST_LAYER) == (expected is None)


# --------------------------------------------------------------------------------- the contract
@given(policy=policies(), probs=tables(), data=st.data())
@settings(max_examples=120)
def test_decide_ignores_what_lies_beyond_a_rows_depth(
    policy: ExitPolicy, probs: Probs, data: st.DataObject
) -> None:
    layers, rows, _ = probs.shape
    depth = np.array(data.draw(st.lists(st.integers(1, layers), min_size=rows, max_size=rows)))
    history = rows_first(probs)
    told = policy.decide(History(history, depth))
    beyond = np.arange(layers)[None, :] >= depth[:, None]
    for garbage in (np.nan, np.inf, -7.0, 1e30, 0.0):
        spoilt = history.copy()
        spoilt[beyond] = garbage
        np.testing.assert_array_equal(policy.decide(History(spoilt, depth)), told)


@given(policy=policies(), probs=tables(), seed=st.integers(0, 1000))
@settings(max_examples=100)
def test_a_row_does_not_depend_on_its_companions_or_their_order(
    policy: ExitPolicy, probs: Probs, seed: int
) -> None:
    layers, rows, _ = probs.shape
    rng = np.random.default_rng(seed)
    history, depth = rows_first(probs), rng.integers(1, layers + 1, size=rows)
    together = policy.decide(History(history, depth))
    order = rng.permutation(rows)
    np.testing.assert_array_equal(
        policy.decide(History(history[order], depth[order])), together[order]
    )
    half = rows // 2
    parts = [policy.decide(History(history[s], depth[s])) for s in (slice(half), slice(half, None))]
    np.testing.assert_array_equal(np.concatenate(parts), together)


@given(policy=policies(), probs=tables())
@settings(max_examples=60)
def test_decide_and_replay_work_on_read_only_arrays(policy: ExitPolicy, probs: Probs) -> None:
    history, depth = rows_first(probs), np.full(probs.shape[1], len(probs))
    for array in (history, depth, probs):
        array.setflags(write=False)
    signals = Signals(probs)
    before = replay(policy, signals)
    policy.decide(History(history, depth))
    for check in policy.checks(signals):  # a shared quantity that a rule wrote to would be spoilt
        assert check.value.shape == probs.shape[:2]
    after = replay(policy, signals)
    np.testing.assert_array_equal(before.exit_layer, after.exit_layer)
    np.testing.assert_array_equal(before.reason, after.reason)


def test_policies_that_share_signals_do_not_spoil_them() -> None:
    probs = table(8, rows=200)
    shared = Signals(probs)
    for policy in EXAMPLES + EXAMPLES[::-1]:
        np.testing.assert_array_equal(
            policy.reasons(shared), policy.reasons(Signals(probs.copy())), err_msg=policy.kind
        )


@given(policy=policies(), probs=tables())
@settings(max_examples=100)
def test_a_check_is_met_exactly_when_its_numbers_say_so(policy: ExitPolicy, probs: Probs) -> None:
    """The app shows value, bound and verdict side by side: they may not contradict each other."""
    for check in policy.checks(Signals(probs)):
        if check.below:
            said = check.value < check.needed if check.strict else check.value <= check.needed
        else:
            said = check.value > check.needed if check.strict else check.value >= check.needed
        np.testing.assert_array_equal(check.met, said, err_msg=f"{policy} {check.quantity}")


def test_a_rising_run_that_began_inside_the_margin_does_not_read_as_full() -> None:
    probs = one_row([0.52, 0.48], [0.58, 0.42], [0.7, 0.3], [0.8, 0.2], [0.9, 0.1])
    _, seen = window(3, "monotone", margin=0.1).checks(Signals(probs))
    assert seen.value[:, 0].tolist() == [0, 0, 1, 2, 3]
    assert seen.met[:, 0].tolist() == [False, False, False, False, True]


@given(policy=policies(), probs=tables())
@settings(max_examples=60)
def test_no_rule_fires_before_min_layer(policy: ExitPolicy, probs: Probs) -> None:
    reasons = policy.reasons(Signals(probs))
    assert (reasons[: policy.min_layer - 1] == ExitReason.CONTINUE).all()


def test_a_window_fills_up_before_min_layer() -> None:
    sure = one_row(*[[1.0, 0.0]] * 6)
    policy = ConfidenceWindow(window_size=3, entropy_threshold=0.0, min_layer=4)
    assert replay(policy, sure).exit_layer[0] == 4


@given(policy=policies(), probs=tables())
@settings(max_examples=60)
def test_only_the_last_layer_says_last_layer(policy: ExitPolicy, probs: Probs) -> None:
    history = rows_first(probs)
    layers, rows, _ = probs.shape
    for layer in range(1, layers + 1):
        told = policy.decide(History(history, np.full(rows, layer)))
        assert ((told == ExitReason.LAST_LAYER) <= (layer == layers)).all()
        if layer == layers:
            assert (told != ExitReason.CONTINUE).all()


def test_no_rows_give_no_decisions() -> None:
    for policy in EXAMPLES:
        nobody = History(np.zeros((0, 12, 2), dtype=np.float32), np.zeros(0, dtype=np.int64))
        assert policy.decide(nobody).shape == (0,)


# ------------------------------------------------------------------------------------ monotone
@given(probs=tables(), low=st.floats(0, 1, width=32), high=st.floats(0, 1, width=32))
@settings(max_examples=80)
def test_a_looser_setting_never_leaves_later(probs: Probs, low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)

    def layers(policy: ExitPolicy) -> np.ndarray:
        return replay(policy, probs).exit_layer

    for loose, tight in (
        (EntropyThreshold(threshold=high), EntropyThreshold(threshold=low)),
        (ConfidenceThreshold(threshold=low), ConfidenceThreshold(threshold=high)),
        (window(3, entropy_threshold=high), window(3, entropy_threshold=low)),
        (window(3, margin=low * 0.49), window(3, margin=high * 0.49)),
        (window(3, "monotone", margin=low * 0.49), window(3, "monotone", margin=high * 0.49)),
        (window(3, "stable", max_range=high), window(3, "stable", max_range=low)),
        (
            DistributionPatience(threshold=high * 0.69, patience=2),
            DistributionPatience(threshold=low * 0.69, patience=2),
        ),
        (Patience(patience=2), Patience(patience=3)),
        (window(2, margin=0.1), window(3, margin=0.1)),
        (window(2), window(2, "stable")),
    ):
        assert (layers(loose) <= layers(tight)).all(), f"{loose} left later than {tight}"


def test_extreme_settings_never_or_always_leave() -> None:
    probs = table(4, rows=100, style="certain")
    for never in (
        EntropyThreshold(threshold=0.0),
        ConfidenceThreshold(threshold=1.0),
        DistributionPatience(threshold=0.0, patience=1),
        NeverExit(),
        FixedLayer(layer=99),
    ):
        assert (replay(never, probs).reason == ExitReason.LAST_LAYER).all(), never
    assert (replay(FixedLayer(layer=1), probs).exit_layer == 1).all()
    assert (replay(ConfidenceThreshold(threshold=0.0), probs).exit_layer == 1).all()
    patient = DistributionPatience(threshold=math.log(2) + 1e-5, patience=3)
    assert (replay(patient, probs).exit_layer == 4).all()


# ------------------------------------------------------------------------------------- settings
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("window", {"window_size": 0, "entropy_threshold": 0.1}, "window_size.*at least 1, got 0"),
    ("window", {"window_size": 2.0, "entropy_threshold": 0.1}, "window_size.*whole number"),
    ("window", {"window_size": True, "entropy_threshold": 0.1}, "window_size.*whole number"),
    ("window", {"window_size": 2, "entropy_threshold": 1.5}, r"entropy_threshold.*\[0, 1\]"),
    ("window", {"window_size": 2, "entropy_threshold": 0.1, "margin": 0.5}, r"\[0, 0.5\), got 0.5"),
    ("window", {"window_size": 2, "entropy_threshold": 0.1, "rule": "vote"}, '"agree", "monotone"'),
    ("window", {"window_size": 2, "entropy_threshold": 0.1, "max_range": -1}, r"max_range.*\[0, 1"),
    ("window", {"window_size": 2, "entropy_threshold": 0.1, "min_layer": 0}, "min_layer.*least 1"),
    ("window", {"window_size": 2}, "needs the setting 'entropy_threshold'"),
    ("entropy", {"threshold": math.nan}, r"threshold.*\[0, 1\], got nan"),
    ("entropy", {"threshold": "0.1"}, r"threshold.*\[0, 1\], got '0.1'"),
    ("entropy", {"threshold": None}, r"threshold.*\[0, 1\], got None"),
    ("entropy", {"threshold": 1.1}, r"threshold.*\[0, 1\], got 1.1"),
    ("entropy", {"threshold": 21, "unit": "nats"}, r"threshold.*\[0, 20\], got 21"),
    ("entropy", {"threshold": 0.1, "unit": "bits"}, 'unit must be "normalised" or "nats"'),
    ("confidence", {"threshold": -0.1}, r"threshold.*\[0, 1\], got -0.1"),
    ("patience", {"patience": 0}, "patience.*at least 1, got 0"),
    ("distribution_patience", {"threshold": 0.7, "patience": 2}, r"threshold.*\[0, 0.6932\]"),
    ("distribution_patience", {"threshold": 0.1, "patience": -1}, "patience.*at least 1"),
    ("fixed", {"layer": 0}, "layer.*at least 1"),
    ("fixed", {"layer": 3, "min_layer": 4}, r"min_layer must be at most layer \(3\), got 4"),
    ("never", {"patience": 3}, "'never' has the settings min_layer, got 'patience'"),
    ("sometimes", {}, "kind must be one of .*window.*got 'sometimes'"),
    ("window", {"kind": ["window"]}, "kind must be one of"),
]


@pytest.mark.parametrize(("kind", "values", "message"), WRONG)
def test_wrong_settings_are_refused_with_what_is_allowed(
    kind: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        policy_from_dict({"kind": kind, **values})


@pytest.mark.parametrize("wrong", [None, [], "window", 3])
def test_a_policy_must_be_a_dictionary(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="dictionary"):
        policy_from_dict(wrong)


@given(policy=policies())
@settings(max_examples=100)
def test_a_policy_survives_json(policy: ExitPolicy) -> None:
    values = json.loads(json.dumps(policy_to_dict(policy)))
    again = policy_from_dict(values)
    assert again == policy
    assert hash(again) == hash(policy)
    with pytest.raises(ConfigError, match="surprise"):
        policy_from_dict({**values, "surprise": 1})


def test_numpy_settings_become_plain_numbers() -> None:
    """Otherwise a float64 lifts the comparison, and json.dumps refuses an int64."""
    plain = ConfidenceWindow(window_size=3, entropy_threshold=0.1, min_layer=2)
    numpy = ConfidenceWindow(
        window_size=np.int64(3), entropy_threshold=np.float64(0.1), min_layer=np.int32(2)
    )
    assert numpy == plain
    assert {type(value) for value in numpy.settings().values()} == {int, float, str}
    assert json.dumps(policy_to_dict(numpy)) == json.dumps(policy_to_dict(plain))
    at_threshold = one_row([0.9, 0.1])
    exact = ConfidenceThreshold(threshold=np.float64(0.9))
    assert replay(exact, at_threshold).reason[0] == ExitReason.LAST_LAYER


@every_policy
def test_policies_are_frozen_and_hashable(policy: ExitPolicy) -> None:
    with pytest.raises(AttributeError):
        policy.min_layer = 2  # type: ignore[misc]  # the point of the test
    assert policy in {policy}


# -------------------------------------------------------------------------------------- history
@pytest.mark.parametrize(
    ("shape", "depth", "message"),
    [
        ((2, 3), [1, 1], "rows, max_layers, labels"),
        ((2, 3, 2), [1], r"depth must have shape \(2,\)"),
        ((2, 3, 2), [0, 1], r"1\.\.3, got 0\.\.1"),
        ((2, 3, 2), [1, 4], r"1\.\.3, got 1\.\.4"),
    ],
)
def test_a_history_that_does_not_fit_is_refused(
    shape: tuple[int, ...], depth: list[int], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        History(np.zeros(shape), np.array(depth))
