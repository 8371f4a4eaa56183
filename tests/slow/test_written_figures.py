"""The figures of `checkpoints/README.md` are what the shipped checkpoints do."""

from __future__ import annotations

from pathlib import Path

import pytest

from elbert_core.evaluation import recording
from elbert_core.evaluation.tables import EvaluationTable, load_evaluation, save_evaluation
from tests.slow.conftest import SHARED_READING
from tests.tools.test_report_card import BLOCKS, verify


@pytest.mark.slow
@SHARED_READING
def test_the_checkpoints_give_the_written_figures(
    root: Path,
    data_dir: Path,
    evaluated_again: EvaluationTable,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """SST-2 as it was just read, the others as stored: `make evaluate` reads those anew, too.

    One row more or less is another processor's rounding.
    """
    asked = []

    def evaluate(checkpoint: Path, data: Path, split: str, *, output: str, **how: object) -> Path:
        asked.append((checkpoint.name, data, split, how))
        stored = root / "assets" / "evaluations" / f"{checkpoint.name}-{data.name}-{split}.json"
        again = checkpoint.name == evaluated_again.checkpoint
        return save_evaluation(evaluated_again if again else load_evaluation(stored), output)

    monkeypatch.setattr(recording, "evaluate", evaluate)
    monkeypatch.chdir(root)
    assert verify(monkeypatch, "--data", str(data_dir), "--slack", "2") == 0
    assert capsys.readouterr().out.count("as written") == len(BLOCKS)
    how = {"batch_size": 32, "device": "cpu", "dtype": "float32", "timed_rows": 0}
    assert sorted(asked, key=str) == [
        ("elbert-agnews", data_dir / "ag_news", "validation", how),
        ("elbert-emotion", data_dir / "emotion", "validation", how),
        ("elbert-sst2", data_dir / "sst2", "validation", how),
    ]
