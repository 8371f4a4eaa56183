"""The map of states: regions that say what the head says, and a way that is the model's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import BertTokenizerFast

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.engine.full_depth import head_states
from elbert_core.errors import ConfigError, InputError
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.reading.state_map import HeadStates, state_map
from tests.core.tiny_albert import livelier, small_config


def random_head(seed: int, *, layers: int = 7, labels: int = 2, width: int = 16) -> HeadStates:
    rng = np.random.default_rng(seed)
    return HeadStates(
        np.tanh(rng.normal(size=(layers, width))),
        rng.normal(size=(labels, width)),
        rng.normal(size=labels),
    )


def region_at(regions: list, x: float, y: float) -> set[int]:  # type: ignore[type-arg]
    """Labels of the boxes that hold a place."""
    return {r.label for r in regions if r.x <= x <= r.x2 and r.y <= y <= r.y2}


@given(st.integers(0, 10_000))
def test_with_two_labels_x_is_the_difference_of_the_logits(seed: int) -> None:
    head = random_head(seed)
    found = state_map(head)
    logits = head.states @ head.weights.T + head.bias  # the head itself, in one line
    assert found.exact
    np.testing.assert_allclose(found.points[:, 0], logits[:, 1] - logits[:, 0], atol=1e-9)
    assert found.faithful.all()
    assert ((found.points[:, 0] > 0) == (found.labels == 1)).all()


@given(st.integers(0, 10_000))
def test_with_two_labels_y_is_what_the_difference_does_not_see(seed: int) -> None:
    """Moving a state along the decision leaves y; y has the largest spread of all such axes."""
    head = random_head(seed)
    found = state_map(head)
    difference = head.weights[1] - head.weights[0]
    rest = head.states - np.outer(head.states @ difference, difference) / (difference @ difference)
    spread = np.linalg.eigvalsh(np.cov(rest.T))[-1]
    assert np.var(found.points[:, 1], ddof=1) == pytest.approx(spread, rel=1e-6)
    moved = HeadStates(head.states + 3 * difference, head.weights, head.bias)
    np.testing.assert_allclose(state_map(moved).points[:, 1], found.points[:, 1], atol=1e-6)


@given(st.integers(0, 10_000))
def test_with_three_labels_every_state_lies_in_its_region(seed: int) -> None:
    head = random_head(seed, labels=3)
    found = state_map(head)
    assert found.exact
    assert found.faithful.all()
    # only differences of logits decide, and the map keeps them
    ours, theirs = found.logits(found.points), head.logits
    np.testing.assert_allclose(ours - ours[:, :1], theirs - theirs[:, :1], atol=1e-8)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 7))
def test_regions_fill_the_frame_once_and_name_the_winner(seed: int, labels: int) -> None:
    found = state_map(random_head(seed, labels=labels))
    frame = found.frame()
    regions = list(found.regions(frame, columns=16))
    area = sum((r.x2 - r.x) * (r.y2 - r.y) for r in regions)
    assert area == pytest.approx((frame[1] - frame[0]) * (frame[3] - frame[2]), rel=1e-9)
    for region in regions:
        middle = np.array([[(region.x + region.x2) / 2, (region.y + region.y2) / 2]])
        assert found.logits(middle).argmax() == region.label


def test_with_more_labels_it_says_where_the_map_is_wrong() -> None:
    wrong = 0
    for seed in range(50):
        found = state_map(random_head(seed, labels=6))
        assert not found.exact
        wrong += int((~found.faithful).sum())
    assert wrong, "random heads of six labels do not fit a plane"


def test_the_border_of_two_labels_is_always_in_the_picture() -> None:
    head = random_head(1)
    far = HeadStates(head.states, head.weights, np.array([0.0, 1000.0]))
    found = state_map(far)
    left, right, *_ = found.frame()
    assert left < 0 < right
    assert {region.label for region in found.regions(found.frame())} == {0, 1}
    x, y = found.points[0]
    assert region_at(list(found.regions(found.frame())), x, y) == {1}


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_one_layer_and_alike_weights_still_make_a_map(labels: int) -> None:
    head = HeadStates(np.ones((1, 4)), np.ones((labels, 4)), np.zeros(labels))
    found = state_map(head)
    assert np.isfinite(found.points).all()
    assert np.isfinite(found.frame()).all()
    assert list(found.regions(found.frame()))


@pytest.mark.parametrize(
    ("states", "weights", "bias"),
    [
        (np.zeros(3), np.zeros((2, 3)), np.zeros(2)),
        (np.zeros((0, 3)), np.zeros((2, 3)), np.zeros(2)),
        (np.zeros((4, 3)), np.zeros((2, 4)), np.zeros(2)),
        (np.zeros((4, 3)), np.zeros((1, 3)), np.zeros(1)),
        (np.zeros((4, 3)), np.zeros((2, 3)), np.zeros(3)),
        (np.full((4, 3), np.nan), np.zeros((2, 3)), np.zeros(2)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    states: np.ndarray, weights: np.ndarray, bias: np.ndarray
) -> None:
    with pytest.raises(InputError):
        HeadStates(states, weights, bias)


@pytest.mark.parametrize("labels", [2, 3, 4, 6])
@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_the_way_is_that_of_the_running_model(
    labels: int, pooling: str, tokenizer: BertTokenizerFast
) -> None:
    config = small_config(labels, exit_pooling=pooling)
    model = livelier(ElbertForSequenceClassification(config))
    engine = EarlyExitEngine(model, tokenizer)
    text = "the film was not bad"
    head, trace = head_states(engine, text), engine.trace(text, repeats=1)
    logits = head.logits
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probs, trace.probs, atol=1e-5)  # the fused layer rounds otherwise
    found = state_map(head)
    np.testing.assert_array_equal(found.labels, trace.labels)
    if labels == 2:
        x = found.points[:, 0]
        np.testing.assert_allclose(1 / (1 + np.exp(-x)), trace.probs[:, 1], atol=1e-5)


def test_heads_of_their_own_have_no_one_map(tokenizer: BertTokenizerFast) -> None:
    config = small_config(2, exit_heads="per_layer")
    engine = EarlyExitEngine(ElbertForSequenceClassification(config), tokenizer)
    with pytest.raises(ConfigError, match="one exit head"):
        head_states(engine, "a film")
