"""The written figures: computed from tables, chosen on one half, compared digit by digit."""

from __future__ import annotations

import re
import shutil
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from elbert_core.errors import InputError
from elbert_core.evaluation.tables import (
    EvaluationTable,
    list_evaluations,
    load_evaluation,
)
from elbert_core.policies import ConfidenceWindow, Energy, EntropyThreshold, replay
from tools import verify as verify_module
from tools.report_card import (
    ablation_lines,
    accuracy_lines,
    busy_layers,
    energy_lines,
    halves,
    recommend,
    recommended_lines,
    speed_lines,
    surely_busy_layers,
)
from tools.written_figures import between, changed_figures, with_block


@pytest.fixture(scope="module")
def table(root: Path) -> EvaluationTable:
    return load_evaluation(root / "assets" / "evaluations" / "elbert-sst2-sst2-validation.json")


def test_halves_share_no_row_and_lose_none(table: EvaluationTable) -> None:
    even, odd = halves(table)
    assert len(even.gold) + len(odd.gold) == table.n_rows
    assert np.array_equal(even.gold, table.gold[0::2])
    assert np.array_equal(odd.signals.probs, table.probs[:, 1::2])


@cache
def lowest(rows: int, of: int) -> float:
    return float(binomtest(rows, of).proportion_ci(0.95, method="wilson").low)


def test_recommended_by_hand(table: EvaluationTable) -> None:
    """No window of a coarser grid that keeps accuracy and spread on even rows is faster."""
    policy = recommend(table)
    probs, gold = table.probs[:, 0::2], table.gold[0::2]
    full = np.mean(probs[-1].argmax(-1) == gold)

    def figures(rule: ConfidenceWindow) -> tuple[float, float, int]:
        exits = replay(rule, probs)
        counts = np.bincount(exits.exit_layer, minlength=13)
        return (
            float(np.mean(exits.label == gold)),
            12 / float(exits.exit_layer.mean()),
            sum(lowest(int(n), len(gold)) >= 0.05 for n in counts),
        )

    assert isinstance(policy, ConfidenceWindow)
    accuracy, speed_up, layers = figures(policy)
    assert accuracy >= full - 0.005
    assert layers >= 4
    for size in range(2, 9):
        for entropy in (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6):
            for margin in (0.0, 0.2, 0.4):
                for rule, most in (("agree", 0.1), ("monotone", 0.1), ("stable", 0.02)):
                    window = ConfidenceWindow(
                        size, entropy, rule=rule, margin=margin, max_range=most
                    )
                    other = figures(window)
                    good = other[0] >= full - 0.005 and other[2] >= 4
                    assert not good or other[1] <= speed_up + 1e-9


def test_odd_rows_choose_nothing(table: EvaluationTable) -> None:
    from dataclasses import replace

    gold = table.gold.copy()
    gold[1::2] = 1 - gold[1::2]
    assert recommend(replace(table, gold=gold)) == recommend(table)


def test_lines_say_what_the_rows_say(table: EvaluationTable) -> None:
    accuracy = accuracy_lines([table])
    right = table.probs.argmax(-1) == table.gold
    assert f"| all {table.n_rows} | {right[0].mean():.3f} |" in accuracy[2]
    assert f"| {right[-1, 1::2].mean():.3f} |" in accuracy[3]
    policy = recommend(table)
    exits = replay(policy, table.probs[:, 1::2])
    odd = recommended_lines([table], [policy])[-1]
    assert f"| odd | {np.mean(exits.label == table.gold[1::2]):.3f} |" in odd
    assert f"| {exits.speed_up_ratio:.2f}x |" in odd
    assert len(speed_lines([table])) == 6  # two of them the head


def test_energy_stands_beside_entropy_row_by_row(root: Path) -> None:
    """Thresholds from even rows, figures from odd ones, by hand for one speed-up."""
    emotion = root / "assets" / "evaluations" / "elbert-emotion-emotion-validation.json"
    table = load_evaluation(emotion)
    line = next(line for line in energy_lines([table]) if "| 6x |" in line)
    right = []
    for kind in (Energy, EntropyThreshold):
        found = []
        for policy in kind.grid(12, 6):
            exits = replay(policy, table.signals.take(np.arange(0, table.n_rows, 2)))
            if exits.speed_up_ratio >= 6:
                share = float(np.mean(exits.label == table.gold[0::2]))
                found.append((share, exits.speed_up_ratio, policy))
        best = max(found, key=lambda one: one[:2])[2]
        exits = replay(best, table.signals.take(np.arange(1, table.n_rows, 2)))
        right.append(exits.label == table.gold[1::2])
        assert f"{right[-1].mean():.3f} at {exits.speed_up_ratio:.2f}x" in line
    first, second = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    p = binomtest(min(first, second), first + second).pvalue
    assert line.endswith(f"| {first} | {second} | {p:.3f} |")


def test_busy_layers_are_counted_from_one(table: EvaluationTable) -> None:
    (point,) = halves(table)[0].points([ConfidenceWindow(4, 0.1)])
    expected = [i + 1 for i, n in enumerate(point.exit_counts) if n / point.n_rows >= 0.05]
    assert busy_layers(point.exit_counts) == expected
    assert surely_busy_layers([0, 400, 33, 33]) == [2, 3, 4]  # 33 of 466 is 7.1 %, at least 5.1 %
    assert surely_busy_layers([0, 400, 32, 33]) == [2, 4]


def test_an_ablation_joins_seeds(table: EvaluationTable) -> None:
    (line,) = ablation_lines([table, table])[2:]
    (alone,) = ablation_lines([table])[2:]
    assert "| 2 |" in line
    assert " ± 0.0000" in line
    assert line.replace("| 2 |", "| 1 |").replace(" ± 0.0000", "") == alone


# ------------------------------------------------------------------------------------ written
WRITTEN = "| a | b |\n| --- | ---: |\n| x `window:margin=0.4` | 0.867 at 3.10x |"


@pytest.mark.parametrize(
    ("old", "new", "slack", "differ"),
    [
        ("0.867", "0.867", 0, 0),
        ("0.867", "0.868", 0, 1),
        ("0.867", "0.868", 1, 0),
        ("0.867", "0.869", 1, 1),
        ("3.10x", "3.11x", 0, 1),
        ("margin=0.4", "margin=0.2", 5, 1),  # a setting is a word, not a figure
        ("| x", "| y", 5, 1),
    ],
)
def test_differences_are_found(old: str, new: str, slack: int, differ: int) -> None:
    found = changed_figures(WRITTEN, WRITTEN.replace(old, new), slack=slack)
    assert len(found) == differ


def test_a_lost_line_is_found() -> None:
    assert changed_figures(WRITTEN, WRITTEN.rsplit("\n", 1)[0])


def test_blocks_are_replaced_and_nothing_else() -> None:
    text = "before\n<!-- x -->\nold\n<!-- end of x -->\nafter\n"
    new = with_block(text, "x", ["| 1 |", r"| \1 |"])
    assert new == "before\n<!-- x -->\n| 1 |\n| \\1 |\n<!-- end of x -->\nafter\n"
    assert between(new, "x") == "| 1 |\n| \\1 |"
    with pytest.raises(InputError, match="needs one <!-- y -->"):
        between(text, "y")
    with pytest.raises(InputError):
        between(text + text, "x")


def verify(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["verify", *arguments])
    with pytest.raises(SystemExit) as stopped:
        verify_module.main()
    return int(stopped.value.code or 0)


def test_stored_tables_give_the_written_figures(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing the figures again from the committed tables changes no byte of the file."""
    shutil.copytree(root / "assets", tmp_path / "assets", ignore=shutil.ignore_patterns("readme"))
    for stored in ("README.md", *(p.relative_to(root / "checkpoints") for p in _recommended(root))):
        target = tmp_path / "checkpoints" / stored
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "checkpoints" / stored, target)
    policies = _recommended(tmp_path)
    before = [path.read_text() for path in policies]
    assert len(policies) == 3
    for path in policies:
        path.write_text("to be written again")
    monkeypatch.chdir(tmp_path)
    assert verify(monkeypatch, "--write") == 0
    written = (tmp_path / "checkpoints" / "README.md").read_text(encoding="utf-8")
    assert written == (root / "checkpoints" / "README.md").read_text(encoding="utf-8")
    assert [path.read_text() for path in policies] == before


def _recommended(root: Path) -> list[Path]:
    return sorted((root / "checkpoints").glob("*/recommended.json"))


BLOCKS = [
    "accuracy by depth",
    "accuracy at a speed-up",
    "energy beside entropy",
    "recommended rules",
    "ablation",
]


@pytest.fixture(scope="module")
def blocks(root: Path) -> dict[str, list[str]]:
    """The figures of the stored tables."""
    tables, ablation = (
        [load_evaluation(path) for path in list_evaluations(root / "assets" / folder)]
        for folder in ("evaluations", "ablation")
    )
    return verify_module.figures(tables, ablation, root / "checkpoints")


def with_a_wrong_digit(root: Path, block: str) -> str:
    text = (root / "checkpoints" / "README.md").read_text(encoding="utf-8")
    before, after = text.split(f"<!-- {block} -->")
    found = re.search(r"0\.\d{3}", after)
    assert found
    wrong = f"{float(found[0]) - 0.1:.3f}"
    return f"{before}<!-- {block} -->{after.replace(found[0], wrong, 1)}"


@pytest.mark.parametrize("block", BLOCKS)
def test_a_wrong_digit_is_found(root: Path, blocks: dict[str, list[str]], block: str) -> None:
    assert list(blocks) == BLOCKS
    text = (root / "checkpoints" / "README.md").read_text(encoding="utf-8")
    assert not any(verify_module.compare(blocks, text).values())
    found = verify_module.compare(blocks, with_a_wrong_digit(root, block), slack=2)
    assert {name: len(lines) for name, lines in found.items() if lines} == {block: 1}


def test_the_command_fails_at_a_wrong_digit(
    root: Path,
    tmp_path: Path,
    blocks: dict[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(verify_module, "_read_again", lambda table, *_: table)
    monkeypatch.setattr(verify_module, "figures", lambda *_: blocks)
    monkeypatch.chdir(root)
    assert verify(monkeypatch) == 0
    assert capsys.readouterr().out.count("as written") == len(BLOCKS)
    (tmp_path / "README.md").write_text(with_a_wrong_digit(root, BLOCKS[0]), encoding="utf-8")
    assert verify(monkeypatch, str(tmp_path)) == 1
    assert f"{BLOCKS[0]}: " in capsys.readouterr().err
