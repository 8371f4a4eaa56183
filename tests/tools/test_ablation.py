"""An ablation: every kind of run once a seed, none twice, a table of each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from elbert_core.errors import ConfigError
from elbert_core.evaluation.tables import list_evaluations, load_evaluation, save_evaluation
from elbert_core.training.train import TrainConfig
from tests.core.evaluation_cases import make_table
from tools import ablation
from tools.ablation import AblationConfig, ablate
from tools.report_card import ablation_lines

CONFIG = AblationConfig(backbone="b", data="d", teacher="t", seeds=2, learning_rate=1e-3)


def test_runs_differ_in_weights_teacher_and_seed_alone() -> None:
    runs = dict(ablation.variants(CONFIG))
    assert len(runs) == 12
    kinds = Counter((c.layer_weights, c.teacher, c.seed) for c in runs.values())
    assert set(kinds.values()) == {1}
    for config in runs.values():
        assert (config.backbone, config.data, config.learning_rate) == ("b", "d", 1e-3)
        assert config.hidden_weight == (1.0 if config.teacher else 0.0)
    assert len({c.output for c in runs.values()}) == 12
    with pytest.raises(ConfigError, match="seeds must be at least 1, got 0"):
        AblationConfig(backbone="b", data="d", teacher="t", seeds=0)


def test_what_has_a_table_is_not_trained_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    trained: list[TrainConfig] = []

    def fake_train(config: TrainConfig) -> Path:
        trained.append(config)
        if len(trained) == 3:
            raise KeyboardInterrupt
        return Path(config.output)

    def fake_evaluate(checkpoint: Path, _data: str, *, output: Path, name: str, **_: int) -> None:
        save_evaluation(make_table(name=name, checkpoint=checkpoint.name), output)

    monkeypatch.setattr(ablation, "train", fake_train)
    monkeypatch.setattr(ablation, "evaluate", fake_evaluate)
    config = AblationConfig(
        backbone="b", data="d", teacher="t", seeds=2, tables=str(tmp_path / "tables")
    )
    with pytest.raises(KeyboardInterrupt):
        ablate(config)
    folder = ablate(config)
    assert len(trained) == 12 + 1  # the interrupted one twice
    tables = [load_evaluation(path) for path in list_evaluations(folder)]
    lines = ablation_lines(tables)[2:]
    assert [line.split(" | ")[:2] for line in sorted(lines)] == [
        [f"| {weights}-{kind}", "2"]
        for weights in ("equal", "learned", "linear")
        for kind in ("distilled", "labels-only")
    ]
