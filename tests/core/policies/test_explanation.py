"""An explanation never disagrees with replay, and its numbers are the trace's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from elbert_core.policies import ExitPolicy, FixedLayer, NeverExit, Patience, Signals, replay
from elbert_core.policies.explanation import CheckResult, Decision, explain
from elbert_core.results import ExitReason
from tests.core.policy_cases import Probs, make_trace, one_row, policies, table, tables, window


def fired(checks: tuple[CheckResult, ...]) -> ExitReason:
    """The first reason all of whose checks are met, worked out from the checks alone."""
    for reason in dict.fromkeys(check.reason for check in checks):
        if all(check.met for check in checks if check.reason == reason):
            return reason
    return ExitReason.CONTINUE


@given(policy=policies(), probs=tables(max_rows=3))
@settings(max_examples=150)
def test_explain_never_disagrees_with_replay(policy: ExitPolicy, probs: Probs) -> None:
    exits = replay(policy, probs)
    for row in range(probs.shape[1]):
        trace = make_trace(probs[:, row])
        decision = explain(policy, trace)
        assert decision.exit_layer == exits.exit_layer[row]
        assert decision.reason == exits.reason[row]
        assert decision.label == exits.label[row]
        assert decision.n_layers == exits.n_layers
        reasons = [verdict.reason for verdict in decision.verdicts]
        first = next(i for i, reason in enumerate(reasons) if reason != ExitReason.CONTINUE)
        assert first + 1 == decision.exit_layer
        assert reasons[first] == decision.reason


@given(policy=policies(), probs=tables(max_rows=1))
@settings(max_examples=150)
def test_each_verdict_follows_from_its_own_checks(policy: ExitPolicy, probs: Probs) -> None:
    trace = make_trace(probs[:, 0])
    decision = explain(policy, trace)
    assert [verdict.layer for verdict in decision.verdicts] == list(range(1, trace.n_layers + 1))
    told = policy.reasons(Signals(probs))[:, 0]
    for layer_index, verdict in enumerate(decision.verdicts):
        assert verdict.too_early == (verdict.layer < policy.min_layer)
        expected = ExitReason.CONTINUE if verdict.too_early else fired(verdict.checks)
        assert told[layer_index] == expected
        if verdict.layer == trace.n_layers and expected == ExitReason.CONTINUE:
            expected = ExitReason.LAST_LAYER
        assert verdict.reason == expected
        assert verdict.label == trace.labels[layer_index]
        assert verdict.confidence == pytest.approx(float(trace.confidence[layer_index]))
        assert all(np.isfinite([check.value, check.needed]).all() for check in verdict.checks)


def test_the_numbers_of_a_window_that_fills_up() -> None:
    probs = one_row([0.6, 0.4], [0.45, 0.55], [0.4, 0.6], [0.3, 0.7], [0.2, 0.8])[:, 0]
    trace = make_trace(probs, label_names=("no", "yes"), layer_ms=np.array([1.0, 2, 3, 4, 5]))
    decision = explain(window(3, entropy_threshold=0.05), trace)
    assert decision.exit_layer == 4
    assert decision.reason is ExitReason.WINDOW
    assert (decision.label, decision.label_name) == (1, "yes")
    assert decision.confidence == pytest.approx(0.7)
    assert (decision.full_label_name, decision.agrees_with_full) == ("yes", True)
    assert decision.full_confidence == pytest.approx(0.8)
    filling = [verdict.checks[1].value for verdict in decision.verdicts]
    assert filling == [1, 1, 2, 3, 4]
    assert [verdict.checks[1].met for verdict in decision.verdicts] == [False] * 3 + [True] * 2
    entropy, full = decision.verdicts[0].checks
    assert (entropy.quantity, entropy.needed, entropy.below, entropy.strict, entropy.met) == (
        "entropy", 0.05, True, True, False,
    )  # fmt: skip
    assert entropy.value == pytest.approx(float(trace.entropy[0]))
    assert (full.quantity, full.needed, full.below, full.strict) == ("window", 3, False, False)


def test_what_stopping_costs_and_saves() -> None:
    trace = make_trace(table(1, layers=12, rows=1, labels=2)[:, 0], layer_ms=np.full(12, 2.0))
    decision = explain(FixedLayer(layer=3), trace)
    assert decision.layers_saved == 9
    assert decision.macs_used == 3 * 1010
    assert decision.macs_full == 12 * 1010
    assert decision.ms_used == pytest.approx(0.5 + 3 * 2)
    assert decision.ms_full == pytest.approx(0.5 + 12 * 2)


def test_full_depth_saves_nothing_and_agrees_with_itself() -> None:
    decision = explain(NeverExit(), make_trace())
    assert decision.reason is ExitReason.LAST_LAYER
    assert decision.layers_saved == 0
    assert decision.agrees_with_full
    assert decision.macs_used == decision.macs_full
    assert decision.ms_used == decision.ms_full
    assert all(verdict.checks == () for verdict in decision.verdicts)


def test_an_exit_that_full_depth_would_have_taken_back() -> None:
    probs = one_row([0.9, 0.1], [0.9, 0.1], [0.2, 0.8])[:, 0]
    decision = explain(Patience(patience=1), make_trace(probs))
    assert (decision.exit_layer, decision.label, decision.full_label) == (2, 0, 1)
    assert not decision.agrees_with_full


def test_decisions_are_values() -> None:
    trace = make_trace()
    first, second = explain(window(3), trace), explain(window(3), trace)
    assert isinstance(first, Decision)
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(AttributeError):
        first.exit_layer = 1  # type: ignore[misc]  # the point of the test
