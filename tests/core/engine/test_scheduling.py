"""Slots, streams and fused kernels: the same answers as the plain path, by other ways."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.engine.kernels import GELU_FORMS, ModelSteps, SharedSteps, make_steps
from elbert_core.engine.layouts import Layout
from elbert_core.errors import ConfigError, InputError
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import ConfidenceWindow, FixedLayer, NeverExit, Patience
from tests.core.tiny_albert import WORDS, livelier, small_config

POLICY = ConfidenceWindow(3, 0.3)


def sentences(n: int, *, longest: int = 30, seed: int = 0) -> list[str]:
    chooser = random.Random(seed)
    return [" ".join(chooser.choices(WORDS, k=chooser.randint(1, longest))) for _ in range(n)]


class CountingSteps(SharedSteps):
    """Counts layer calls and the rows in them."""

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        super().__init__(model)
        self.rows_in_call: list[int] = []

    def layer(self, hidden: torch.Tensor, layout: Layout, layer_index: int = 0) -> torch.Tensor:
        self.rows_in_call.append(layout.rows)
        return super().layer(hidden, layout, layer_index)


# ------------------------------------------------------------------------------------------- slots
@settings(max_examples=25)
@given(st.integers(0, 40), st.integers(1, 12), st.integers(0, 10**6))
def test_any_number_of_rows_and_slots(
    tiny_engine_everywhere: EarlyExitEngine, n_rows: int, n_slots: int, seed: int
) -> None:
    engine, texts = tiny_engine_everywhere, sentences(n_rows, seed=seed)
    slots = engine.run(texts, POLICY, batch_size=n_slots, schedule="slots")
    plain = engine.run(texts, POLICY, batch_size=1, schedule="lockstep")
    assert slots.exit_layer.tolist() == plain.exit_layer.tolist()
    assert slots.reason.tolist() == plain.reason.tolist()
    np.testing.assert_allclose(slots.probs, plain.probs, atol=1e-5)


@pytest.fixture(scope="module")
def tiny_engine_everywhere(tiny_engine: EarlyExitEngine) -> EarlyExitEngine:
    return tiny_engine


def test_slots_stay_full(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    engine = EarlyExitEngine(tiny_model, tokenizer)
    counting = CountingSteps(tiny_model)
    engine._steps = counting
    exits = engine.run(sentences(200), POLICY, batch_size=8)
    calls = counting.rows_in_call
    assert sum(calls) == exits.layer_rows == exits.exit_layer.sum()
    # every call is full until the queue is empty; then at most the depth of the model is left
    first_short = next(i for i, rows in enumerate(calls) if rows < 8)
    assert len(calls) - first_short <= engine.n_layers
    assert len(calls) <= -(-exits.layer_rows // 8) + engine.n_layers


def test_no_layer_is_computed_for_a_row_that_left(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    for schedule, rows in (("slots", 10 * 2), ("dropping", 10 * 2), ("lockstep", 10 * 2)):
        engine = EarlyExitEngine(tiny_model, tokenizer)
        engine._steps = counting = CountingSteps(tiny_model)
        engine.run(sentences(10), FixedLayer(2), batch_size=4, schedule=schedule)  # type: ignore[arg-type]
        assert sum(counting.rows_in_call) == rows


def test_lock_step_carries_finished_rows(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    spent = {}
    for schedule in ("dropping", "lockstep"):
        engine = EarlyExitEngine(tiny_model, tokenizer)
        engine._steps = counting = CountingSteps(tiny_model)
        engine.run(sentences(64), POLICY, batch_size=32, schedule=schedule)  # type: ignore[arg-type]
        spent[schedule] = sum(counting.rows_in_call)
    assert spent["dropping"] < spent["lockstep"]


# ------------------------------------------------------------------------------------------ stream
@pytest.mark.parametrize("window", [1, 5, 64])
def test_a_stream_gives_what_run_gives(tiny_engine: EarlyExitEngine, window: int) -> None:
    texts = sentences(50)
    expected = tiny_engine.run(texts, POLICY)
    rows = list(tiny_engine.stream(texts, POLICY, batch_size=6, window=window))
    assert sorted(row.row for row in rows) == list(range(50))
    for row in rows:
        assert row.exit_layer == expected.exit_layer[row.row]
        assert row.reason == expected.reason[row.row]
        assert row.label == expected.label[row.row]
        np.testing.assert_allclose(row.probs, expected.probs[row.row], atol=1e-5)


def test_an_endless_stream_reads_ahead_only_so_far(tiny_engine: EarlyExitEngine) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        for text in itertools.cycle(sentences(20)):
            read += 1
            yield text

    stream = tiny_engine.stream(endless(), POLICY, batch_size=4, window=16)
    taken = list(itertools.islice(stream, 100))
    stream.close()
    assert len({row.row for row in taken}) == 100
    assert read <= 100 + 2 * 16 + 4


def test_closing_early_keeps_what_was_finished(tiny_engine: EarlyExitEngine) -> None:
    texts = sentences(40)
    expected = tiny_engine.run(texts, POLICY)
    stream = tiny_engine.stream(texts, POLICY, batch_size=4)
    first = [next(stream) for _ in range(10)]
    stream.close()
    assert all(row.exit_layer == expected.exit_layer[row.row] for row in first)
    assert not torch.is_inference_mode_enabled()


def test_a_bad_row_in_a_stream_is_named(tiny_engine: EarlyExitEngine) -> None:
    with pytest.raises(InputError, match="row 2"):
        list(tiny_engine.stream(["good", "bad", "  "], POLICY))


def test_progress_counts_every_row(tiny_engine: EarlyExitEngine) -> None:
    counted: list[int] = []
    tiny_engine.run(sentences(30), POLICY, progress=counted.append)
    assert sum(counted) == 30


# ----------------------------------------------------------------------------------------- kernels
@torch.inference_mode()
@pytest.mark.parametrize("activation", [*GELU_FORMS, "relu"])
def test_the_fused_layer_equals_the_models(activation: str) -> None:
    model = livelier(ElbertForSequenceClassification(small_config(hidden_act=activation)))
    fused, plain = SharedSteps(model), ModelSteps(model)
    lengths = np.array([11, 4, 11, 1, 7])
    ids = torch.randint(5, 60, (lengths.sum(),), generator=torch.Generator().manual_seed(0))
    packed, padded = fused.layout(lengths), plain.layout(lengths)
    assert len(packed.groups) > len(padded.groups) == 1
    a = fused.embed(ids, torch.zeros_like(ids), lengths)
    b = plain.embed(ids, torch.zeros_like(ids), lengths)
    for layer_index in range(model.n_layers):
        a = fused.layer(a, packed, layer_index)
        b = plain.layer(b, padded, layer_index)
        torch.testing.assert_close(a[: len(b)], b, atol=2e-5, rtol=2e-5)
    torch.testing.assert_close(
        fused.exit_logits(a, packed), plain.exit_logits(b, padded, 5), atol=1e-4, rtol=1e-4
    )


@pytest.mark.parametrize(
    "settings_", [{"num_hidden_groups": 2}, {"exit_heads": "per_layer"}, {"inner_group_num": 2}]
)
def test_other_models_take_the_plain_path(
    settings_: dict[str, object], tokenizer: BertTokenizerFast
) -> None:
    model = livelier(ElbertForSequenceClassification(small_config(**settings_)))
    assert isinstance(make_steps(model), ModelSteps)
    engine = EarlyExitEngine(model, tokenizer)
    texts = sentences(12)
    batched = engine.run(texts, Patience(2), batch_size=5)
    for row, text in enumerate(texts):
        alone = engine.run([text], Patience(2))
        assert alone.exit_layer[0] == batched.exit_layer[row]
        np.testing.assert_allclose(alone.probs[0], batched.probs[row], atol=1e-5)
    with pytest.raises(ConfigError, match="slots need one layer"):
        engine.run(texts, NeverExit(), schedule="slots")


def test_unknown_schedules_are_refused(tiny_engine: EarlyExitEngine) -> None:
    with pytest.raises(ConfigError, match="schedule must be one of auto, slots"):
        tiny_engine.run(["good"], NeverExit(), schedule="magic")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="window"):
        list(tiny_engine.stream(["good"], NeverExit(), window=0))


def test_bfloat16_changes_little(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> None:
    import copy

    texts = sentences(60)
    exact = EarlyExitEngine(copy.deepcopy(tiny_model), tokenizer).run(texts, NeverExit())
    rough = EarlyExitEngine(copy.deepcopy(tiny_model), tokenizer, dtype="bfloat16").run(
        texts, NeverExit()
    )
    assert np.abs(exact.probs - rough.probs).max() < 0.15
    clear = np.abs(exact.probs[:, 0] - 0.5) > 0.1
    assert (exact.label[clear] == rough.label[clear]).all()
