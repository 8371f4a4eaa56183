"""The unusual in a running engine: no number for an answer, giants, a user who leaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.engine.kernels import SharedSteps
from elbert_core.engine.layouts import SHAPE_STEP, Layout
from elbert_core.engine.scheduling import SCHEDULES, Schedule
from elbert_core.errors import InputError, NumericsError
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import (
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    NeverExit,
    Patience,
    replay,
)
from elbert_core.results import RowExit
from tests.core.bounds import NEAR, near_a_bound
from tests.core.tiny_albert import WORDS, livelier, small_config

POLICY = ConfidenceWindow(3, 0.3)


def sentence(words: int, *, seed: int = 0) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


class BrokenSteps(SharedSteps):
    """Gives no number for the last row of its third call."""

    def __init__(self, model: ElbertForSequenceClassification, value: float) -> None:
        super().__init__(model)
        self.value, self.calls = value, 0

    def exit_logits(
        self, hidden: torch.Tensor, layout: Layout, layer_index: int = 0
    ) -> torch.Tensor:
        logits = super().exit_logits(hidden, layout, layer_index).clone()
        self.calls += 1
        if self.calls == 3:
            logits[-1, 0] = self.value
        return logits


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_no_number_is_an_error_and_never_a_label(
    tiny_model: ElbertForSequenceClassification,
    tokenizer: BertTokenizerFast,
    schedule: Schedule,
    value: float,
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    engine._steps = BrokenSteps(tiny_model, value)
    with pytest.raises(NumericsError, match=r"row 1: the answer after layer 3 is not a number"):
        engine.run(["the film", "the film"], NeverExit(), schedule=schedule)


def test_a_trace_without_numbers_is_an_error(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    engine._steps = BrokenSteps(tiny_model, float("nan"))
    with pytest.raises(NumericsError, match="after layer 3"):
        engine.trace("the film", repeats=1)


def test_rows_that_left_before_are_kept_by_a_stream(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    engine._steps = BrokenSteps(tiny_model, float("nan"))
    rows = []
    with pytest.raises(NumericsError):
        rows.extend(engine.stream(["the film"] * 10, FixedLayer(2), batch_size=2))
    engine._steps = BrokenSteps(tiny_model, float("nan"))
    stream = engine.stream(["the film"] * 10, FixedLayer(2), batch_size=2)
    rows = [next(stream), next(stream)]
    assert [row.exit_layer for row in rows] == [2, 2]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("place", [0, 20, 40])
def test_a_giant_among_small_ones_changes_nothing(
    tiny_engine: EarlyExitEngine, schedule: Schedule, place: int
) -> None:
    small = [sentence(1 + i % 4, seed=i) for i in range(40)]
    texts = [*small[:place], sentence(5_000, seed=1), *small[place:]]
    exits = tiny_engine.run(texts, POLICY, batch_size=8, schedule=schedule)
    alone = tiny_engine.run(small, POLICY, batch_size=1, schedule="lockstep")
    rest = np.delete(np.arange(41), place)
    assert exits.truncated.tolist() == [row == place for row in range(41)]
    assert exits.exit_layer[rest].tolist() == alone.exit_layer.tolist()
    np.testing.assert_allclose(exits.probs[rest], alone.probs, atol=1e-5)


def test_a_giant_makes_nobody_pay_for_its_length(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    tokens = []

    class Watched(SharedSteps):
        def layer(self, hidden: torch.Tensor, layout: Layout, layer_index: int = 0) -> torch.Tensor:
            after = super().layer(hidden, layout, layer_index)
            tokens.append(after.shape[0])
            return after

    engine = EarlyExitEngine(tiny_model, tokenizer)
    engine._steps = Watched(tiny_model)
    texts = [sentence(5_000), *(sentence(2, seed=i) for i in range(40))]
    exits = engine.run(texts, FixedLayer(3), batch_size=4, schedule="slots")
    needed = 3 * int(exits.n_tokens.sum())
    assert needed <= sum(tokens) < needed + SHAPE_STEP * len(tokens)


class LeavingError(Exception):
    pass


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_leaving_in_the_middle_leaves_the_engine_usable(
    tiny_engine: EarlyExitEngine, schedule: Schedule
) -> None:
    texts = [sentence(1 + i % 9, seed=i) for i in range(60)]
    expected = tiny_engine.run(texts, POLICY, schedule=schedule)
    done = 0

    def leave(finished: int) -> None:
        nonlocal done
        done += finished
        if done > 20:
            raise LeavingError

    with pytest.raises(LeavingError):
        tiny_engine.run(texts, POLICY, batch_size=8, schedule=schedule, progress=leave)
    assert not torch.is_inference_mode_enabled()
    again = tiny_engine.run(texts, POLICY, schedule=schedule)
    assert again.exit_layer.tolist() == expected.exit_layer.tolist()


def test_texts_that_fail_half_way_are_told_and_lose_nothing(tiny_engine: EarlyExitEngine) -> None:
    def texts() -> Iterator[str]:
        yield from ["the film"] * 6
        raise OSError("the disk is gone")

    rows: list[RowExit] = []
    stream = tiny_engine.stream(texts(), FixedLayer(1), batch_size=2, window=2)
    with pytest.raises(OSError, match="the disk is gone"):
        rows.extend(stream)
    assert sorted(row.row for row in rows) == list(range(6))
    with pytest.raises(InputError, match="row 1"):
        tiny_engine.run(["fine", ""], POLICY)


@pytest.fixture(scope="module")
def engines(tokenizer: BertTokenizerFast) -> dict[str, EarlyExitEngine]:
    """Both paths: a head for all layers, and one for each.

    In float32: on random weights that were made lively, bf16's rounding grows from layer to layer.
    The shipped checkpoint is tested in bf16.
    """
    made = {}
    for heads in ("shared", "per_layer"):
        torch.manual_seed(3)
        model = livelier(ElbertForSequenceClassification(small_config(exit_heads=heads)).eval())
        made[heads] = EarlyExitEngine(model, tokenizer)
    return made


POLICIES: tuple[Callable[[], ExitPolicy], ...] = (
    lambda: ConfidenceWindow(2, 0.4, margin=0.1),
    lambda: EntropyThreshold(0.6),
    lambda: Patience(2),
)


@settings(max_examples=30)
@given(
    st.sampled_from(["shared", "per_layer"]),
    st.sampled_from(["auto", "dropping", "lockstep"]),
    st.lists(st.integers(1, 60), min_size=0, max_size=24),
    st.integers(1, 9),
    st.sampled_from(POLICIES),
)
def test_engine_equals_replay_on_every_path(
    engines: dict[str, EarlyExitEngine],
    heads: str,
    schedule: Schedule,
    lengths: list[int],
    slots: int,
    make: Callable[[], ExitPolicy],
) -> None:
    """Random queues, lengths, slots and rules; rows near a bound are set aside."""
    engine, policy = engines[heads], make()
    texts = [sentence(words, seed=i) for i, words in enumerate(lengths)]
    exits = engine.run(texts, policy, batch_size=slots, schedule=schedule)
    for row, text in enumerate(texts):
        probs = engine.trace(text, repeats=1).probs[:, None]
        if near_a_bound(policy, probs, NEAR)[0]:
            continue
        expected = replay(policy, probs)
        assert exits.exit_layer[row] == expected.exit_layer[0]
        assert exits.reason[row] == expected.reason[0]
        assert exits.label[row] == expected.label[0]


def test_few_rows_are_set_aside(engines: dict[str, EarlyExitEngine]) -> None:
    """Else the test above would test nothing."""
    for engine in engines.values():
        texts = [sentence(1 + i % 30, seed=i) for i in range(60)]
        probs = np.stack([engine.trace(t, repeats=1).probs for t in texts], axis=1)
        for make in POLICIES:
            assert near_a_bound(make(), probs, NEAR).mean() < 0.01
            assert len(set(replay(make(), probs).exit_layer.tolist())) > 1
