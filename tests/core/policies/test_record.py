"""What a record holds beside probabilities: rules that need it, and a rule that comes by itself."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.engine.kernels import Outputs
from elbert_core.engine.scheduling import run_rows
from elbert_core.errors import InputError, NumericsError
from elbert_core.evaluation.sweeps import policy_grids, sweep
from elbert_core.policies import (
    POLICIES,
    Check,
    ConsecutiveConfidence,
    Energy,
    ExitPolicy,
    History,
    NeverExit,
    Signals,
    policy_from_dict,
    policy_from_text,
    policy_to_dict,
    policy_to_text,
    replay,
)
from elbert_core.policies.explanation import explain
from elbert_core.reading.traces import trace_from_json, trace_to_json
from elbert_core.results import ExitReason
from elbert_core.uncertainty import probabilities
from tests.core.policy_cases import Probs, make_trace, tables
from tests.core.tiny_albert import WORDS


# ----------------------------------------------------------------------------- scalar references
def energy_exit(logits: list[list[float]], threshold: float) -> int:
    for layer, z in enumerate(logits, start=1):
        if 1 / (1 + sum(math.exp(one) for one in z)) < threshold:
            return layer
    return len(logits)


def sure_in_a_row(probs: list[list[float]], patience: int, threshold: float) -> int:
    run = 0
    for layer, p in enumerate(probs, start=1):
        entropy = -sum(one * math.log(one) for one in p if one > 0) / math.log(len(p))
        run = run + 1 if entropy < threshold else 0
        if run >= patience:
            return layer
    return len(probs)


def random_logits(seed: int, layers: int, rows: int, labels: int) -> Probs:
    return np.random.default_rng(seed).normal(0, 3, (layers, rows, labels)).astype(np.float32)


@given(seed=st.integers(0, 999), labels=st.integers(2, 6), threshold=st.floats(0, 1))
@settings(max_examples=80)
def test_energy_by_hand(seed: int, labels: int, threshold: float) -> None:
    logits = random_logits(seed, 8, 6, labels)
    signals = Signals(probabilities(logits), extras={"logits": logits})
    if (np.abs(signals.energy - threshold) < 1e-6).any():
        return
    expected = [energy_exit(logits[:, row].tolist(), threshold) for row in range(6)]
    assert replay(Energy(threshold), signals).exit_layer.tolist() == expected


@given(probs=tables(), patience=st.integers(1, 5), threshold=st.floats(0.01, 1))
@settings(max_examples=80)
def test_consecutive_confidence_by_hand(probs: Probs, patience: int, threshold: float) -> None:
    if (np.abs(Signals(probs).entropy - threshold) < 1e-5).any():
        return
    rows = range(probs.shape[1])
    expected = [sure_in_a_row(probs[:, row].tolist(), patience, threshold) for row in rows]
    found = replay(ConsecutiveConfidence(patience, threshold), probs)
    assert found.exit_layer.tolist() == expected


def test_huge_logits_are_certain_and_no_warning() -> None:
    logits = np.array([[[1000.0, -1000.0]], [[-1000.0, -1000.0]]], dtype=np.float32)
    signals = Signals(probabilities(logits), extras={"logits": logits})
    assert signals.energy[0, 0] < 1e-30
    assert signals.energy[1, 0] == 1.0
    assert replay(Energy(0.5), signals).exit_layer.tolist() == [1]


# ------------------------------------------------------------------------- the record and its gaps
@given(seed=st.integers(0, 99), threshold=st.sampled_from([0.02, 0.1, 0.4]))
@settings(max_examples=30)
def test_one_row_at_a_time_says_the_same(seed: int, threshold: float) -> None:
    logits = random_logits(seed, 6, 5, 3)
    probs, policy = probabilities(logits), Energy(threshold)
    found = replay(policy, Signals(probs, extras={"logits": logits}))
    rows = np.swapaxes(probs, 0, 1), np.swapaxes(logits, 0, 1)
    for row in range(5):
        for layer in range(1, 7):
            history = History(
                rows[0][row : row + 1], np.array([layer]), {"logits": rows[1][row : row + 1]}
            )
            if policy.decide(history)[0] != ExitReason.CONTINUE:
                break
        assert layer == found.exit_layer[row]


def test_a_record_without_what_a_rule_needs_is_refused_in_one_line() -> None:
    probs = np.full((4, 2, 3), 1 / 3, dtype=np.float32)
    for ask in (
        lambda: replay(Energy(0.1), probs),
        lambda: replay(Energy(0.1), make_trace()),
        lambda: explain(Energy(0.1), make_trace()),
        lambda: Energy(0.1).decide(History(np.swapaxes(probs, 0, 1), np.array([1, 2]))),
    ):
        with pytest.raises(InputError, match="has no logits: read the sentence again") as caught:
            ask()
        assert "\n" not in str(caught.value)
    assert "energy" in policy_grids(4, 3, having={"logits": None})
    assert "energy" not in policy_grids(4, 3)


def test_extras_must_fit_the_probabilities() -> None:
    probs = np.full((4, 2, 3), 1 / 3, dtype=np.float32)
    with pytest.raises(InputError, match="logits must have shape"):
        Signals(probs, extras={"logits": probs[:3]})
    with pytest.raises(InputError, match="those of its logits"):
        make_trace(extras={"logits": np.zeros((12, 1, 2), np.float32)})


# ------------------------------------------------------------------- extras on the way to the rule
@dataclass(frozen=True)
class ToyScore(ExitPolicy):
    """A rule as a newcomer writes it: one class, with a quantity of its own."""

    kind: ClassVar[str] = "toy_score"
    needs: ClassVar[tuple[str, ...]] = ("toy",)
    least: float

    @classmethod
    def grid(cls, n_layers: int, n_labels: int) -> list[ToyScore]:
        return [cls(n_layers * n_labels / 24), cls(0.5)]

    def checks(self, signals: Signals) -> tuple[Check, ...]:
        value = signals.extra("toy")
        return (
            Check(
                reason=ExitReason.RULE,
                quantity="toy_quantity",
                value=value,
                needed=self.least,
                below=False,
                strict=False,
                met=value >= self.least,
            ),
        )


POLICIES.pop("toy_score")  # in it while a test asks for it, and never while others are collected


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy rule as if its file lay among the others."""
    monkeypatch.setitem(POLICIES, "toy_score", ToyScore)


class ScoringSteps:
    """A real model's steps that give one extra: the share of layers applied, less for long rows."""

    def __init__(self, steps: Any, *, broken: bool = False) -> None:
        self._steps = steps
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._steps, name)

    def step(self, hidden: torch.Tensor, layout: Any, layer_index: int) -> Outputs:
        outputs = self._steps.step(hidden, layout, layer_index)
        # from the logits alone, so that it is a row's own at whatever depth it stands
        score = torch.sigmoid(outputs.logits.float().abs().sum(-1))
        if self._broken:
            score = score * float("nan")
        return Outputs(outputs.hidden, outputs.logits, {"toy": score})


SENTENCES = [" ".join(WORDS[i : i + 2 + i % 5]) for i in range(len(WORDS) - 6)]


@pytest.fixture
def scoring(tiny_engine: EarlyExitEngine, monkeypatch: pytest.MonkeyPatch) -> EarlyExitEngine:
    monkeypatch.setattr(tiny_engine, "_steps", ScoringSteps(tiny_engine._steps))
    return tiny_engine


@pytest.mark.parametrize("schedule", ["slots", "dropping", "lockstep"])
@pytest.mark.parametrize(
    "policy", [Energy(0.2), ConsecutiveConfidence(2, 0.9)], ids=lambda p: p.kind
)
def test_the_engine_stops_where_replay_says(
    tiny_engine: EarlyExitEngine, schedule: Any, policy: ExitPolicy
) -> None:
    expected = [int(replay(policy, tiny_engine.trace(text)).exit_layer[0]) for text in SENTENCES]
    found = tiny_engine.run(SENTENCES, policy, batch_size=3, schedule=schedule)
    assert found.exit_layer.tolist() == expected


@pytest.mark.usefixtures("toy")
@pytest.mark.parametrize("schedule", ["slots", "dropping", "lockstep"])
def test_a_rule_of_ones_own_is_found_everywhere(scoring: EarlyExitEngine, schedule: Any) -> None:
    """Replay, engine, explanation, sweep, JSON, text and trace file know it by its class alone."""
    traces = [scoring.trace(text) for text in SENTENCES]
    scores = np.concatenate([trace.extras["toy"][:, 0] for trace in traces])
    policy = ToyScore(float(np.quantile(scores, 0.6)))
    expected = [replay(policy, trace) for trace in traces]
    found = scoring.run(SENTENCES, policy, batch_size=3, schedule=schedule)
    assert found.exit_layer.tolist() == [int(exits.exit_layer[0]) for exits in expected]
    assert len(set(found.exit_layer.tolist())) > 1
    decision = explain(policy, traces[0])
    assert decision.exit_layer == expected[0].exit_layer[0]
    assert decision.verdicts[0].checks[0].quantity == "toy_quantity"
    assert policy_from_dict(json.loads(json.dumps(policy_to_dict(policy)))) == policy
    assert policy_from_text(policy_to_text(policy)) == policy
    again = trace_from_json(trace_to_json(traces[0]))
    np.testing.assert_array_equal(again.extras["toy"], traces[0].extras["toy"])
    assert replay(policy, again).exit_layer[0] == expected[0].exit_layer[0]
    assert policy_grids(12, 2, having={"toy"})["toy_score"] == [ToyScore(1.0), ToyScore(0.5)]


def test_a_batch_to_full_depth_holds_what_traces_hold(scoring: EarlyExitEngine) -> None:
    record = scoring.read_batch(scoring.encode(SENTENCES[:5]))
    assert set(record) == {"probs", "logits", "toy"}
    for row, text in enumerate(SENTENCES[:5]):
        trace = scoring.trace(text)
        np.testing.assert_allclose(
            record["logits"][:, row], trace.extras["logits"][:, 0], atol=1e-5
        )
        np.testing.assert_allclose(record["toy"][:, row], trace.extras["toy"][:, 0], atol=1e-5)
    gold = record["probs"][-1].argmax(-1)
    signals = Signals(record.pop("probs"), extras=record)
    assert sweep(signals, gold, [ToyScore(0.5), NeverExit()])[1].accuracy == 1.0


def test_an_extra_that_is_no_number_names_row_and_layer(tiny_engine: EarlyExitEngine) -> None:
    encoded = tiny_engine.encode(SENTENCES[:3])
    rows = run_rows(
        ScoringSteps(tiny_engine._steps, broken=True),
        tiny_engine._encoder,
        [(7 + number, row) for number, row in enumerate(encoded)],
        NeverExit(),
        batch_size=2,
        schedule="slots",
        device="cpu",
    )
    with pytest.raises(NumericsError, match="row 7: the toy after layer 1"):
        list(rows)
