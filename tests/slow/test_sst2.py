"""The shipped SST-2 checkpoint on all 872 validation sentences: engine, replay and card agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from elbert_core.data.texts import TextTable
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.model.checkpoints import load_checkpoint, read_training
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
from elbert_core.policy_files import load_policy
from tests.core.bounds import near_a_bound
from tests.slow.conftest import SHARED_READING

pytestmark = [pytest.mark.slow, SHARED_READING]

POLICIES: list[ExitPolicy] = [
    NeverExit(),
    FixedLayer(5),
    EntropyThreshold(0.1),
    EntropyThreshold(0.2, unit="nats"),
    ConfidenceThreshold(0.95),
    Patience(3),
    DistributionPatience(0.001, 2),
    ConfidenceWindow(4, 0.1),
    ConfidenceWindow(3, 0.05, rule="monotone", margin=0.05),
    ConfidenceWindow(4, 0.02, rule="stable", margin=0.1, max_range=0.05, min_layer=3),
]


@pytest.mark.parametrize("batch_size", [1, 32])
@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: f"{p.kind}-{p.lookback}")
def test_engine_equals_replay(
    engine: EarlyExitEngine,
    validation: TextTable,
    probs: np.ndarray,
    policy: ExitPolicy,
    batch_size: int,
) -> None:
    """In batches every rule on every row; one by one every row, by two or three of the rules."""
    share = slice(POLICIES.index(policy) % 4, None, 4) if batch_size == 1 else slice(None)
    texts, probs = validation.texts[share], np.ascontiguousarray(probs[:, share])
    expected = replay(policy, probs)
    exits = engine.run(texts, policy, batch_size=batch_size)
    near = near_a_bound(policy, probs)
    assert near.mean() < 0.05, f"{near.sum()} of {len(near)} rows lie near a bound"
    clear = ~near
    assert np.array_equal(exits.exit_layer[clear], expected.exit_layer[clear])
    assert np.array_equal(exits.reason[clear], expected.reason[clear])
    assert np.array_equal(exits.label[clear], expected.label[clear])
    at_exit = probs[expected.exit_layer - 1, np.arange(probs.shape[1])]
    np.testing.assert_allclose(exits.probs[clear], at_exit[clear], atol=1e-4)


@pytest.fixture(scope="module")
def rounded(checkpoint_dir: Path) -> EarlyExitEngine:
    return load_engine(checkpoint_dir, device="cpu", dtype="bfloat16")


@pytest.fixture(scope="module")
def rough(rounded: EarlyExitEngine, validation: TextTable) -> np.ndarray:
    texts = validation.texts[:300]
    return np.stack([rounded.trace(text, repeats=1).probs for text in texts], axis=1)


@pytest.mark.parametrize("policy", [EntropyThreshold(0.1), ConfidenceWindow(4, 0.1)], ids=str)
def test_engine_equals_replay_in_bfloat16(
    rounded: EarlyExitEngine, rough: np.ndarray, validation: TextTable, policy: ExitPolicy
) -> None:
    """Rounding is coarse there: rows within 1e-2 of a bound are set aside and counted."""
    near = near_a_bound(policy, rough, near_by=1e-2)
    assert near.mean() < 0.4, f"{near.sum()} of {len(near)} rows lie near a bound"
    expected, exits = replay(policy, rough), rounded.run(validation.texts[:300], policy)
    clear = ~near
    assert np.array_equal(exits.exit_layer[clear], expected.exit_layer[clear])
    assert np.array_equal(exits.reason[clear], expected.reason[clear])
    assert np.array_equal(exits.label[clear], expected.label[clear])


def test_recorded_accuracy_is_what_it_scores(
    checkpoint_dir: Path, validation: TextTable, probs: np.ndarray
) -> None:
    recorded = read_training(checkpoint_dir)["results"]["validation"]
    assert recorded["rows"] == 872
    measured = (probs.argmax(-1) == validation.labels).mean(axis=1)
    # recorded in the training precision before rounding to fp16: a few rows may differ
    np.testing.assert_allclose(measured, recorded["layer_accuracy"], atol=0.006)


def test_card_and_record_agree(checkpoint_dir: Path) -> None:
    card = (checkpoint_dir / "MODEL_CARD.md").read_text(encoding="utf-8")
    for accuracy in read_training(checkpoint_dir)["results"]["validation"]["layer_accuracy"]:
        assert f"{accuracy:.4f}" in card


def test_it_is_an_albert_of_twelve_shared_layers(checkpoint_dir: Path) -> None:
    model, _ = load_checkpoint(checkpoint_dir)
    assert model.n_layers == 12
    assert model.shares_everything
    assert (checkpoint_dir / "model.safetensors").stat().st_size < 30e6
    names = {path.suffix for path in checkpoint_dir.iterdir() if path.is_file()}
    assert names <= {".json", ".safetensors", ".md"}


def test_early_exit_is_worth_it(
    validation: TextTable, probs: np.ndarray, checkpoint_dir: Path
) -> None:
    """The rule that the checkpoint recommends: a sixth of the depth, hardly less accurate.

    It was picked on the even rows, so the odd rows are the ones that count.
    """
    recommended = load_policy(checkpoint_dir / "recommended.json")
    for rows in (slice(None), slice(1, None, 2)):
        gold = validation.labels[rows]
        full = (probs[-1, rows].argmax(-1) == gold).mean()
        exits = replay(recommended, np.ascontiguousarray(probs[:, rows]))
        assert exits.speed_up_ratio > 5
        assert (exits.label == gold).mean() > full - 0.01
