"""What the app shows without a model is what the shipped model says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.lessons import lesson_names, load_lesson
from app.presets import NAMES, load_preset
from elbert_core.engine import EarlyExitEngine, load_engine
from elbert_core.results import LayerTrace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(checkpoint_dir: Path) -> EarlyExitEngine:
    return load_engine(checkpoint_dir, device="cpu")


def same(stored: LayerTrace, engine: EarlyExitEngine) -> None:
    assert stored.digest == engine.digest, "made by another checkpoint"
    again = engine.trace(stored.text, repeats=1)
    assert again.tokens == stored.tokens
    # other processors and thread counts add in another order
    np.testing.assert_allclose(again.probs, stored.probs, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_what_the_model_says(name: str, engine: EarlyExitEngine) -> None:
    same(load_preset(name), engine)


@pytest.mark.parametrize("name", lesson_names())
def test_a_lessons_sentences_are_what_the_model_says(name: str, engine: EarlyExitEngine) -> None:
    for trace in load_lesson(name).traces.values():
        same(trace, engine)
