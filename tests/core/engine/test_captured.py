"""Steps replayed from recordings: the same answers, few shapes, nobody's memory overwritten.

On a CPU a recording just does its work again, in the same fixed memory; a GPU adds the graph.
"""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from elbert_core.engine import captured
from elbert_core.engine.captured import CapturedSteps, Work
from elbert_core.engine.engine import EarlyExitEngine, Schedule
from elbert_core.errors import ConfigError
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import ConfidenceWindow, FixedLayer
from tests.core.tiny_albert import WORDS, livelier, small_config

POLICY = ConfidenceWindow(3, 0.3)


class Recorder:
    """Counts what it records and does it again."""

    def __init__(self) -> None:
        self.recorded = self.replayed = 0

    def __call__(self, work: Work) -> Work:
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            work()

        return replay


def sentences(lengths: list[int]) -> list[str]:
    chooser = random.Random(0)
    return [" ".join(chooser.choices(WORDS, k=words)) for words in lengths]


@pytest.fixture(scope="module", params=["cls", "mean"])
def pair(
    request: pytest.FixtureRequest, tokenizer: BertTokenizerFast
) -> tuple[EarlyExitEngine, EarlyExitEngine]:
    """The same model by recordings and without."""
    torch.manual_seed(5)
    model = livelier(ElbertForSequenceClassification(small_config(exit_pooling=request.param)))
    by_recordings = EarlyExitEngine(model, tokenizer)
    by_recordings._steps = CapturedSteps(model, record=Recorder())
    return by_recordings, EarlyExitEngine(model, tokenizer)


@settings(max_examples=20)
@given(
    lengths=st.lists(st.integers(1, 60), max_size=20),
    slots=st.integers(1, 9),
    schedule=st.sampled_from(["slots", "dropping", "lockstep"]),
)
def test_recordings_give_the_same_answers(
    pair: tuple[EarlyExitEngine, EarlyExitEngine],
    lengths: list[int],
    slots: int,
    schedule: Schedule,
) -> None:
    texts = sentences(lengths)
    ours, plain = (
        engine.run(texts, POLICY, batch_size=slots, schedule=schedule) for engine in pair
    )
    assert ours.exit_layer.tolist() == plain.exit_layer.tolist()
    assert ours.reason.tolist() == plain.reason.tolist()
    np.testing.assert_allclose(ours.probs, plain.probs, atol=1e-5)


def test_traces_are_the_same(pair: tuple[EarlyExitEngine, EarlyExitEngine]) -> None:
    ours, plain = (engine.trace("the film is warm", repeats=1) for engine in pair)
    np.testing.assert_allclose(ours.probs, plain.probs, atol=1e-5)


def test_a_shape_is_recorded_once_and_shapes_are_few(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    recorder = Recorder()
    engine._steps = CapturedSteps(tiny_model, record=recorder)
    texts = sentences([1 + i % 40 for i in range(100)])
    engine.run(texts, POLICY, batch_size=16)
    first = recorder.recorded
    assert first <= 5 * 3  # 1, 2, 4, 8, 16 rows of 16, 32, 48 tokens
    assert recorder.replayed > 2 * first
    engine.run(texts, POLICY, batch_size=16)
    assert recorder.recorded == first


def test_old_shapes_make_room(
    tiny_model: ElbertForSequenceClassification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured, "MOST_SHAPES", 2)
    recorder = Recorder()
    steps = CapturedSteps(tiny_model, record=recorder)
    for rows in (1, 2, 4, 1):
        lengths = np.full(rows, 5)
        ids = torch.ones(5 * rows, dtype=torch.long)
        steps.step(steps.embed(ids, ids * 0, lengths), steps.layout(lengths))
    assert len(steps._recordings) == 2
    assert recorder.recorded == 4


@torch.inference_mode()
def test_what_was_returned_is_not_overwritten(tiny_model: ElbertForSequenceClassification) -> None:
    steps = CapturedSteps(tiny_model, record=Recorder())
    lengths = np.array([3, 2])
    layout = steps.layout(lengths)
    ids = torch.tensor([5, 6, 7, 8, 9])
    states, logits, _ = steps.step(steps.embed(ids, ids * 0, lengths), layout)
    kept = states.clone(), logits.clone()
    steps.step(steps.embed(ids.flip(0), ids * 0, lengths), layout)
    assert torch.equal(states, kept[0])
    assert torch.equal(logits, kept[1])


def test_streams_in_turn_do_not_disturb_each_other(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    engine._steps = CapturedSteps(tiny_model, record=Recorder())
    texts = sentences([4, 9, 14, 3, 8, 13])
    expected = engine.run(texts, POLICY, batch_size=2)
    streams = [engine.stream(texts, POLICY, batch_size=2) for _ in range(2)]
    rows = [row for both in zip(*streams, strict=True) for row in both]
    assert len(rows) == 2 * len(texts)
    for row in rows:
        np.testing.assert_allclose(row.probs, expected.probs[row.row], atol=1e-5)


def test_a_cpu_records_nothing_and_says_so(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    with pytest.raises(ConfigError, match="captured needs a CUDA device"):
        EarlyExitEngine(tiny_model, tokenizer, captured=True)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_graphs_on_a_gpu_equal_the_plain_steps(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast, dtype: str
) -> None:
    import copy

    texts = sentences([1 + i % 40 for i in range(100)])
    ours, plain = (
        EarlyExitEngine(
            copy.deepcopy(tiny_model), tokenizer, device="cuda", dtype=dtype, captured=captured_
        ).run(texts, FixedLayer(4), batch_size=16)
        for captured_ in (True, False)
    )
    np.testing.assert_allclose(ours.probs, plain.probs, atol=1e-4 if dtype == "float32" else 2e-2)
