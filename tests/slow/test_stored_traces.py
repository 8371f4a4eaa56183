"""What the app shows without a model is what the shipped model says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.shared.lessons import lesson_names, load_lesson
from app.shared.presets import MODEL_OF, NAMES, load_preset
from app.shared.resources import HOME
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.results import LayerTrace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engines(checkpoint_dir: Path) -> dict[str, EarlyExitEngine]:
    """Every model that read an example or a lesson's sentence."""
    names = dict.fromkeys(MODEL_OF.values())
    return {name: load_engine(checkpoint_dir.parent / name, device="cpu") for name in names}


def same(stored: LayerTrace, engine: EarlyExitEngine) -> None:
    assert stored.digest == engine.digest, "made by another checkpoint"
    again = engine.trace(stored.text, repeats=1)
    assert again.tokens == stored.tokens
    # other processors and thread counts add in another order
    np.testing.assert_allclose(again.probs, stored.probs, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_is_what_the_model_says(name: str, engines: dict[str, EarlyExitEngine]) -> None:
    same(load_preset(name), engines[MODEL_OF[name]])


@pytest.mark.parametrize("name", lesson_names())
def test_a_lessons_sentences_are_what_the_model_says(
    name: str, engines: dict[str, EarlyExitEngine]
) -> None:
    for trace in load_lesson(name).traces.values():
        same(trace, engines[HOME])
