"""SST-2's validation sentences, read once a run for all tests that ask about them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from elbert_core.cli import main as cli
from elbert_core.data.texts import TextTable, load_table
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.evaluation.tables import EvaluationTable, load_evaluation

# The tests that share a reading run in one worker: `pytestmark = SHARED_READING`.
SHARED_READING = pytest.mark.xdist_group("sst2")


@pytest.fixture(scope="session")
def engine(checkpoint_dir: Path) -> EarlyExitEngine:
    """The shipped SST-2 checkpoint."""
    return load_engine(checkpoint_dir, device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def validation(data_dir: Path, engine: EarlyExitEngine) -> TextTable:
    """Its 872 sentences."""
    return load_table(data_dir / "sst2", "validation", label_names=engine.label_names)


@pytest.fixture(scope="session")
def probs(engine: EarlyExitEngine, validation: TextTable) -> np.ndarray:
    """(layers, rows, labels) of full-depth traces, one text at a time."""
    traces = [engine.trace(text, repeats=1) for text in validation.texts]
    return np.stack([trace.probs for trace in traces], axis=1)


@pytest.fixture(scope="session")
def evaluated_again(
    checkpoint_dir: Path, data_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> EvaluationTable:
    """What the command `evaluate` says of them now, in batches."""
    folder = tmp_path_factory.mktemp("evaluated")
    arguments = ["evaluate", str(checkpoint_dir), "--data", str(data_dir / "sst2")]
    arguments += ["--output", str(folder), "--name", "again", "--timed-rows", "0"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["elbert", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
    assert not stopped.value.code
    return load_evaluation(folder / "again.json")
