"""The README keeps its promises: its code runs, its figures are the recorded ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from elbert_core.cli.main import parse_policy
from elbert_core.data.texts import TextTable
from elbert_core.evaluation.tables import list_evaluations, load_evaluation
from elbert_core.model.checkpoints import read_training
from elbert_core.policies import replay
from elbert_core.policy_files import load_policy
from tests.slow.conftest import SHARED_READING


@pytest.fixture(scope="module")
def readme(root: Path) -> str:
    return (root / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_its_python_runs(readme: str, root: Path, checkpoint_dir: Path) -> None:
    assert checkpoint_dir.is_dir()
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3


def test_its_links_and_pictures_exist(readme: str, root: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    local = [target for target in targets if not target.startswith("http")]
    assert local
    for target in local:
        assert (root / target).exists(), target


@pytest.mark.slow
def test_accuracy_by_depth_is_the_recorded_one(readme: str, checkpoint_dir: Path) -> None:
    recorded = read_training(checkpoint_dir)["results"]["validation"]["layer_accuracy"]
    said = re.search(r"Accuracy by depth[^:]*: ([0-9., ()a-z]+)\.", readme)
    assert said is not None
    for depth, share in re.findall(r"(0\.\d+) \(layer (\d+)\)", said[1]):
        assert abs(recorded[int(share) - 1] - float(depth)) < 0.0006
    assert len(re.findall(r"layer \d+", said[1])) >= 3


@pytest.mark.slow
@SHARED_READING
def test_its_table_is_what_the_checkpoint_does(
    readme: str, validation: TextTable, probs: np.ndarray
) -> None:
    """Every row `| `policy` | accuracy | exit layer | speed-up |` measured again."""
    rows = re.findall(
        r"^\| `([^`]+)` \| ([\d.]+) \| ([\d.]+) \| ([\d.]+)x \|", readme, re.MULTILINE
    )
    assert len(rows) >= 3
    for policy, accuracy, layer, speed_up in rows:
        exits = replay(parse_policy(policy), probs)
        assert float(np.mean(exits.label == validation.labels)) == pytest.approx(
            float(accuracy), abs=2e-3
        )
        assert float(exits.exit_layer.mean()) == pytest.approx(float(layer), abs=0.02)
        assert exits.speed_up_ratio == pytest.approx(float(speed_up), abs=0.02)


def test_its_models_have_the_figures_of_their_tables(readme: str, root: Path) -> None:
    """Odd rows of the stored tables, under the rules that are recommended."""
    lines = re.findall(
        r"^\| `(elbert-\w+)`, [^|]+\| ([\d,]+) \| ([\d. |]+) \| ([\d.]+)x \|", readme, re.MULTILINE
    )
    tables = {
        t.checkpoint: t
        for t in map(load_evaluation, list_evaluations(root / "assets" / "evaluations"))
    }
    assert {name for name, *_ in lines} == set(tables)
    for name, rows, shares, speed_up in lines:
        probs, gold = tables[name].probs[:, 1::2], tables[name].gold[1::2]
        exits = replay(load_policy(root / "checkpoints" / name / "recommended.json"), probs)
        right = (probs.argmax(-1) == gold).mean(axis=1)
        expected = [right[0], right[3], right[-1], np.mean(exits.label == gold)]
        assert int(rows.replace(",", "")) == len(gold)
        assert [float(x) for x in shares.split(" | ")] == pytest.approx(expected, abs=6e-4)
        assert float(speed_up) == pytest.approx(exits.speed_up_ratio, abs=0.006)
