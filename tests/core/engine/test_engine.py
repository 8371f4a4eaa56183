"""The engine against replay of its own traces: same layer, same reason, same label, any batch."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from elbert_core.engine.devices import resolve_device
from elbert_core.engine.engine import EarlyExitEngine, Schedule, load_engine
from elbert_core.errors import CheckpointError, ConfigError, InputError
from elbert_core.policies import (
    ConfidenceThreshold,
    ConfidenceWindow,
    DistributionPatience,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    NeverExit,
    Patience,
    replay,
)
from elbert_core.results import ExitReason
from tests.core.tiny_albert import WORDS

POLICIES: list[ExitPolicy] = [
    NeverExit(),
    FixedLayer(3),
    EntropyThreshold(0.6),
    EntropyThreshold(0.5, unit="nats"),
    ConfidenceThreshold(0.8),
    Patience(2),
    DistributionPatience(0.02, 2),
    ConfidenceWindow(3, 0.3),
    ConfidenceWindow(2, 0.0, rule="monotone", margin=0.1),
    ConfidenceWindow(3, 0.1, rule="stable", max_range=0.2, min_layer=4),
]


def sentences(n: int, seed: int = 0) -> list[str]:
    chooser = random.Random(seed)
    return [" ".join(chooser.choices(WORDS, k=chooser.randint(1, 30))) for _ in range(n)]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return sentences(60)


@pytest.fixture(scope="module")
def probs(tiny_engine: EarlyExitEngine, texts: list[str]) -> np.ndarray:
    return np.stack([tiny_engine.trace(text).probs for text in texts], axis=1)


@pytest.mark.parametrize("schedule", ["slots", "dropping", "lockstep"])
@pytest.mark.parametrize("batch_size", [1, 7, 32])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.kind}-{p.lookback}")
def test_run_equals_replay(
    tiny_engine: EarlyExitEngine,
    texts: list[str],
    probs: np.ndarray,
    policy: ExitPolicy,
    batch_size: int,
    schedule: Schedule,
) -> None:
    expected = replay(policy, probs)
    exits = tiny_engine.run(texts, policy, batch_size=batch_size, schedule=schedule)
    assert exits.exit_layer.tolist() == expected.exit_layer.tolist()
    assert exits.reason.tolist() == expected.reason.tolist()
    assert exits.label.tolist() == expected.label.tolist()
    at_exit = probs[expected.exit_layer - 1, np.arange(len(texts))]
    np.testing.assert_allclose(exits.probs, at_exit, atol=1e-5)
    assert exits.layer_rows == expected.exit_layer.sum()


def test_policies_have_something_to_decide(probs: np.ndarray) -> None:
    assert len(set(replay(ConfidenceWindow(3, 0.3), probs).exit_layer.tolist())) > 2


def test_rows_do_not_see_their_companions(tiny_engine: EarlyExitEngine, texts: list[str]) -> None:
    policy = ConfidenceWindow(3, 0.3)
    together = tiny_engine.run(texts, policy)
    order = list(range(len(texts)))
    random.Random(3).shuffle(order)
    shuffled = tiny_engine.run([texts[i] for i in order], policy, batch_size=5)
    assert together.exit_layer[order].tolist() == shuffled.exit_layer.tolist()
    np.testing.assert_allclose(together.probs[order], shuffled.probs, atol=1e-5)


def test_pairs_and_single_texts_in_one_call(tiny_engine: EarlyExitEngine) -> None:
    mixed = ["a good film", ("the plot is bad", "not very good"), "dull"]
    together = tiny_engine.run(mixed, NeverExit())
    for row, text in enumerate(mixed):
        alone = tiny_engine.trace(text)
        np.testing.assert_allclose(together.probs[row], alone.probs[-1], atol=1e-5)
    assert tiny_engine.trace(mixed[1]).text_pair == "not very good"


def test_trace_is_complete(tiny_engine: EarlyExitEngine) -> None:
    trace = tiny_engine.trace("a good film", attention=True)
    n = len(trace.tokens)
    assert trace.tokens == ("[CLS]", "a", "good", "film", "[SEP]")
    assert trace.probs.shape == (6, 2)
    assert trace.probs.dtype == np.float32
    assert (trace.layer_ms > 0).all()
    assert trace.attention is not None
    assert trace.attention.shape == (6, 4, n, n)
    np.testing.assert_allclose(trace.attention.sum(-1), 1.0, atol=1e-5)
    assert trace.layer_macs == 4 * n * 32**2 + 2 * n**2 * 32 + 2 * n * 32 * 64
    assert trace.head_macs == 32 * 32 + 32 * 2
    assert (trace.device, trace.dtype, trace.checkpoint) == ("cpu", "float32", "tiny")


def test_asking_for_attention_changes_nothing(tiny_engine: EarlyExitEngine) -> None:
    plain = tiny_engine.trace("a good film")
    assert plain.attention is None
    assert np.array_equal(plain.probs, tiny_engine.trace("a good film", attention=True).probs)


def test_long_texts_are_cut_and_say_so(tiny_engine: EarlyExitEngine) -> None:
    long = "good " * 100
    trace = tiny_engine.trace(long)
    assert trace.truncated
    assert (len(trace.tokens), trace.n_tokens_full) == (48, 102)
    exits = tiny_engine.run(["bad", long], NeverExit())
    assert exits.truncated.tolist() == [False, True]
    assert exits.n_tokens.tolist() == [3, 48]
    exact = tiny_engine.trace("good " * 46)
    assert (exact.truncated, len(exact.tokens)) == (False, 48)


def test_no_texts_no_results(tiny_engine: EarlyExitEngine) -> None:
    exits = tiny_engine.run([], NeverExit())
    assert len(exits.exit_layer) == 0
    assert exits.probs.shape == (0, 2)


@pytest.mark.parametrize("bad", ["", "   ", "\n\t", ("good", " "), 7, None, ("a", "b", "c")])
def test_bad_rows_are_named(tiny_engine: EarlyExitEngine, bad: object) -> None:
    with pytest.raises(InputError, match="row 1"):
        tiny_engine.run(["good", bad], NeverExit())  # type: ignore[list-item]
    with pytest.raises(InputError, match="the text"):
        tiny_engine.trace(bad)  # type: ignore[arg-type]


def test_bad_arguments(tiny_engine: EarlyExitEngine) -> None:
    with pytest.raises(InputError, match="list of texts"):
        tiny_engine.run("good", NeverExit())
    with pytest.raises(ConfigError, match="batch_size"):
        tiny_engine.run(["good"], NeverExit(), batch_size=0)
    with pytest.raises(ConfigError, match="device"):
        resolve_device("toaster")


@pytest.mark.parametrize(
    "text",
    [
        "<img src=x onerror=alert(1)>",
        "\u202egood\u202c",
        "🙂" * 40,
        "\x00bad\x07",
        "ا ل ف ي ل م",
        "[CLS] [SEP] [PAD]",
    ],
)
def test_odd_texts_are_only_texts(tiny_engine: EarlyExitEngine, text: str) -> None:
    trace = tiny_engine.trace(text)
    assert trace.text == text
    alone, among = tiny_engine.run([text], NeverExit()), tiny_engine.run([text, "a"], NeverExit())
    np.testing.assert_allclose(alone.probs[0], among.probs[0], atol=1e-5)


def test_engine_leaves_no_state(tiny_engine: EarlyExitEngine) -> None:
    before = tiny_engine.run(["good", "bad plot"], Patience(2))
    tiny_engine.run(["dull"], FixedLayer(1))
    after = tiny_engine.run(["good", "bad plot"], Patience(2))
    assert before.exit_layer.tolist() == after.exit_layer.tolist()
    assert np.array_equal(before.probs, after.probs)


def test_load_engine(tiny_folder: Path, tiny_engine: EarlyExitEngine) -> None:
    engine = load_engine(tiny_folder)
    assert engine.name == "tiny"
    assert len(engine.digest) == 64
    assert engine.label_names == ("label0", "label1")
    assert (engine.n_layers, engine.max_tokens) == (6, 48)
    again = engine.trace("a good film")
    expected = tiny_engine.trace("a good film").probs
    np.testing.assert_allclose(again.probs, expected, atol=1e-6)


def test_last_layer_is_not_an_early_exit(tiny_engine: EarlyExitEngine) -> None:
    exits = tiny_engine.run(["good", "bad"], NeverExit())
    assert exits.exit_layer.tolist() == [6, 6]
    assert set(exits.reason.tolist()) == {ExitReason.LAST_LAYER}


def test_load_engine_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is empty"):
        load_engine(tmp_path)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_dtype_can_be_chosen(tiny_folder: Path, dtype: str) -> None:
    engine = load_engine(tiny_folder, dtype=dtype)
    assert engine.dtype == engine.trace("good").dtype == dtype


def test_fast_is_what_a_trial_finds(tiny_folder: Path) -> None:
    assert load_engine(tiny_folder, dtype="fast").dtype in ("float32", "bfloat16")
    with pytest.raises(ConfigError, match="dtype must be one of"):
        load_engine(tiny_folder, dtype="int8")


def test_warming_up_ends_in_time_and_changes_nothing(tiny_engine: EarlyExitEngine) -> None:
    before = tiny_engine.trace("the film", repeats=1).probs
    lengths = itertools.count(3)
    tiny_engine.warm_up(lengths, seconds=0)
    assert next(lengths) == 4  # one was read, and no more
    tiny_engine.warm_up(range(3, 9))
    np.testing.assert_array_equal(tiny_engine.trace("the film", repeats=1).probs, before)
