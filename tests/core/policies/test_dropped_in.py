"""A rule is one file in `policies/`: a copy of the package with one more knows it everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import elbert_core
from elbert_core.evaluation.tables import save_evaluation
from elbert_core.uncertainty import probabilities
from tests.core.evaluation_cases import make_table
from tests.core.policies.test_record import random_logits

RULE = '''
from dataclasses import dataclass
from typing import ClassVar

from elbert_core.policies.base import Check, ExitPolicy
from elbert_core.results import ExitReason


@dataclass(frozen=True)
class TopLogit(ExitPolicy):
    """Stop when the largest logit is large."""

    kind: ClassVar[str] = "top_logit"
    needs: ClassVar[tuple[str, ...]] = ("logits",)
    least: float

    @classmethod
    def grid(cls, n_layers, n_labels):
        return [cls(1.0), cls(4.0)]

    def checks(self, signals):
        top = signals.extra("logits").max(axis=-1)
        met = top >= self.least
        return (Check(ExitReason.RULE, "top_logit", top, self.least, False, False, met),)
'''


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """The package, its files linked, with one rule more."""
    source, copy = Path(elbert_core.__file__).parent, tmp_path / "elbert_core"
    (copy / "policies").mkdir(parents=True)
    for folder in (source, source / "policies"):
        for path in folder.iterdir():
            if path.name not in ("policies", "__pycache__"):
                (copy / path.relative_to(source)).symlink_to(path)
    (copy / "policies" / "top_logit.py").write_text(RULE, encoding="utf-8")
    logits = random_logits(1, 6, 40, 2)
    save_evaluation(make_table(probabilities(logits), extras={"logits": logits}), tmp_path)
    return tmp_path


def run(house: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(house), "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
    # from the copy, so that no other package of this name is found first
    done = subprocess.run(
        [sys.executable, *command],
        env=environment,
        cwd=house,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_the_command_line_sweeps_a_rule_that_is_one_file(house: Path) -> None:
    table = str(house / "tiny-toy-validation.json")
    swept = json.loads(run(house, "-m", "elbert_core", "sweep", table, "--json"))["points"]
    assert [point["policy"] for point in swept["top_logit"]] == [
        {"kind": "top_logit", "min_layer": 1, "least": 1.0},
        {"kind": "top_logit", "min_layer": 1, "least": 4.0},
    ]
    fast, slow = (point["computation_cost"] for point in swept["top_logit"])
    assert 0 < fast < slow <= 1
    assert list(swept)[-1] == "fixed", "baselines come last"


def test_its_text_and_json_are_read_and_decide(house: Path, tiny_folder: Path) -> None:
    code = (
        "from elbert_core import POLICIES, policy_from_text, policy_from_dict, policy_to_dict, "
        "load_engine, replay, explain\n"
        "p = policy_from_text('top_logit:least=.5')\n"
        "assert policy_from_dict(policy_to_dict(p)) == p and 'top_logit' in POLICIES\n"
        f"engine = load_engine({str(tiny_folder)!r}, device='cpu', dtype='float32')\n"
        "texts = ['a good film', 'a bad and slow story', 'good']\n"
        "traces = [engine.trace(text) for text in texts]\n"
        "exits = [int(replay(p, trace).exit_layer[0]) for trace in traces]\n"
        "assert engine.run(texts, p, batch_size=2).exit_layer.tolist() == exits\n"
        "decision = explain(p, traces[0])\n"
        "print(decision.exit_layer == exits[0], decision.verdicts[0].checks[0].quantity)"
    )
    assert run(house, "-c", code).strip() == "True top_logit"
