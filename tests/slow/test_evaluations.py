"""The committed evaluation tables: what the checkpoints say now, and what scikit-learn says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics as reference

from app.tradeoff.report import write_report
from elbert_core.data.texts import load_table
from elbert_core.evaluation.sweeps import sweep
from elbert_core.evaluation.tables import (
    EvaluationTable,
    list_evaluations,
    load_evaluation,
    text_digest,
)
from elbert_core.model.checkpoints import list_checkpoints, weights_digest
from elbert_core.policies import ConfidenceWindow, EntropyThreshold, NeverExit, Patience, replay
from tests.slow.conftest import SHARED_READING


@pytest.fixture(scope="module")
def table(root: Path) -> EvaluationTable:
    return load_evaluation(root / "assets" / "evaluations" / "elbert-sst2-sst2-validation.json")


def test_every_shipped_checkpoint_has_a_table_of_its_weights(root: Path) -> None:
    tables = [load_evaluation(path) for path in list_evaluations(root / "assets" / "evaluations")]
    for folder in list_checkpoints(root / "checkpoints"):
        assert weights_digest(folder) in {t.digest for t in tables if t.checkpoint == folder.name}


@pytest.mark.parametrize(
    "policy", [NeverExit(), ConfidenceWindow(4, 0.1), EntropyThreshold(0.3), Patience(3)], ids=str
)
def test_scores_equal_scikit_learns(table: EvaluationTable, policy: object) -> None:
    (point,) = sweep(table.probs, table.gold, [policy])  # type: ignore[list-item]  # one of the four
    label = replay(policy, table.probs).label  # type: ignore[arg-type]
    assert point.accuracy == pytest.approx(reference.accuracy_score(table.gold, label))
    assert point.macro_f1 == pytest.approx(reference.f1_score(table.gold, label, average="macro"))
    assert point.matthews == pytest.approx(reference.matthews_corrcoef(table.gold, label))


@pytest.mark.slow
@SHARED_READING
def test_evaluating_again_gives_the_committed_table(
    table: EvaluationTable, evaluated_again: EvaluationTable
) -> None:
    again = evaluated_again
    assert (again.digest, again.data, again.split) == (table.digest, table.data, table.split)
    assert np.array_equal(again.gold, table.gold)
    assert np.array_equal(again.n_tokens, table.n_tokens)
    # another processor adds up in another order
    np.testing.assert_allclose(again.probs, table.probs, atol=1e-3)
    same = (again.probs.argmax(-1) == table.probs.argmax(-1)).mean()
    assert same > 0.998


@pytest.mark.slow
def test_its_rows_are_those_of_the_data(table: EvaluationTable, data_dir: Path) -> None:
    rows = load_table(data_dir / "sst2", "validation", label_names=table.label_names)
    assert np.array_equal(rows.labels, table.gold)
    digests = np.stack([np.frombuffer(text_digest(t), dtype=np.uint8) for t in rows.texts])
    assert np.array_equal(digests, table.text_sha256)


def test_the_report_command_writes_one_file(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = root / "assets" / "evaluations" / "elbert-sst2-sst2-validation.json"
    target = tmp_path / "report.html"
    monkeypatch.chdir(root)
    write_report(source, target)
    html = target.read_text(encoding="utf-8")
    assert html.lstrip().lower().startswith("<!doctype html>")
    assert 'src="http' not in html
    assert "<script" not in html
