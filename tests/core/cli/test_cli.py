"""The command line: the same decision as the library, one-line errors, flags from the settings."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import typer
from transformers import BertTokenizerFast
from typer.testing import CliRunner

from elbert_core.cli import main as cli
from elbert_core.cli import training as cli_training
from elbert_core.engine.engine import EarlyExitEngine, load_engine
from elbert_core.model.checkpoints import save_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import ConfidenceWindow, FixedLayer, Patience
from elbert_core.policies.explanation import explain
from elbert_core.policy_files import RECOMMENDED, save_policy
from elbert_core.training import train as training
from elbert_core.training.distillation import DistillConfig
from elbert_core.training.packing import PackConfig
from elbert_core.training.presets import TRAIN_PRESETS
from elbert_core.training.teachers import TeacherConfig
from elbert_core.training.train import TrainConfig
from tests.core.tiny_albert import small_config

TABLE = "assets/evaluations/elbert-sst2-sst2-validation.json"
TEXT = "the film was never good <b>but</b> great"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, as on Linux")
def test_a_full_disk_is_one_line(root: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "elbert_core", "sweep", TABLE],
            cwd=root, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: [Errno 28] No space left on device"
    assert "Traceback" not in done.stderr


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["elbert", *arguments])
    try:
        cli.main()
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_trace_as_json_says_what_the_library_says(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tiny_engine: EarlyExitEngine,
) -> None:
    assert run(monkeypatch, "trace", TEXT, "--checkpoint", str(tiny_folder), "--json") == 0
    said = json.loads(capsys.readouterr().out)
    decision = explain(ConfidenceWindow(4, 0.1), tiny_engine.trace(TEXT))
    assert said["text"] == TEXT
    assert said["label"] == decision.label_name
    assert said["exit_layer"] == decision.exit_layer
    assert said["reason"] == decision.reason.name.lower()
    assert said["confidence"] == pytest.approx(decision.confidence, abs=1e-6)
    assert said["full_depth_label"] == decision.full_label_name
    assert [layer["layer"] for layer in said["layers"]] == [1, 2, 3, 4, 5, 6]
    assert [layer["needed"] for layer in said["layers"]] == [
        layer <= decision.exit_layer for layer in range(1, 7)
    ]


@pytest.mark.parametrize("command", ["trace", "score"])
def test_the_recommended_rule_is_the_default(
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tmp_path: Path,
) -> None:
    folder = shutil.copytree(tiny_folder, tmp_path / "model")
    source = tmp_path / "x.tsv"
    source.write_text(f"text\n{TEXT}\n", encoding="utf-8")
    arguments = {"trace": ("trace", TEXT, "--json"), "score": ("score", str(source))}[command]

    def exit_layer(*more: str) -> tuple[int, str]:
        assert run(monkeypatch, *arguments, "--checkpoint", str(folder), *more) == 0
        shown = capsys.readouterr()
        return json.loads(shown.out)["exit_layer"], shown.err

    assert exit_layer()[1].startswith(
        "model recommends no rule; using window:window_size=4,entropy_threshold=0.1\n"
    )
    save_policy(FixedLayer(5), folder / RECOMMENDED)
    assert load_engine(folder).recommended == FixedLayer(5)
    for more in ((), ("--policy", "recommended")):
        layer, said = exit_layer(*more)
        assert layer == 5
        assert "recommends" not in said
    assert exit_layer("--policy", "never")[0] == 6
    (folder / RECOMMENDED).write_text("{}", encoding="utf-8")
    assert run(monkeypatch, *arguments, "--checkpoint", str(folder)) == 1
    assert "recommended.json" in capsys.readouterr().err


def test_trace_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tiny_folder: Path
) -> None:
    arguments = ("trace", TEXT, "--checkpoint", str(tiny_folder), "--policy", "never")
    assert run(monkeypatch, *arguments) == 0
    assert "left after layer 6 of 6: last layer" in capsys.readouterr().out


def test_score_keeps_the_order(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tiny_engine: EarlyExitEngine,
    tmp_path: Path,
) -> None:
    texts = ["good film", "the plot was never bad and the actor was fine", "dull"]
    (tmp_path / "x.tsv").write_text("text\n" + "\n".join(texts), encoding="utf-8")
    arguments = ("score", str(tmp_path / "x.tsv"), "--checkpoint", str(tiny_folder))
    assert run(monkeypatch, *arguments, "--policy", "patience:patience=2") == 0
    said = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    exits = tiny_engine.run(texts, Patience(2))
    assert [row["exit_layer"] for row in said] == exits.exit_layer.tolist()
    assert [row["label"] for row in said] == [exits.label_names[i] for i in exits.label]


def test_score_numbers_rows_as_the_file_does(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tmp_path: Path,
) -> None:
    """In the order of the file, whatever finishes first; blank lines are counted and told."""
    lines = [("good film " * (1 + 7 * number % 11)).strip() for number in range(40)]
    lines[5] = lines[17] = ""
    (tmp_path / "x.txt").write_text("\n".join(lines), encoding="utf-8")
    arguments = ("score", str(tmp_path / "x.txt"), "--checkpoint", str(tiny_folder))
    assert run(monkeypatch, *arguments, "--policy", "never", "--batch-size", "3") == 0
    shown = capsys.readouterr()
    said = [json.loads(line) for line in shown.out.splitlines()]
    kept = [number for number, line in enumerate(lines) if line]
    assert [(row["row"], row["line"]) for row in said] == [(n, n + 1) for n in kept]
    assert shown.err.splitlines()[-1].startswith(
        "38 rows (blank lines left out: 2), mean exit layer 6.00 of 6, theoretical speed-up 1.00x"
    )


def test_nothing_is_scored_of_a_file_with_a_bad_row(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tmp_path: Path,
) -> None:
    rows = ["text,id", *(f"good film,{number}" for number in range(50)), "good, film,50"]
    (tmp_path / "x.csv").write_text("\n".join(rows), encoding="utf-8")
    arguments = ("score", str(tmp_path / "x.csv"), "--checkpoint", str(tiny_folder))
    assert run(monkeypatch, *arguments) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "x.csv, line 52 (row 50) has 3 cells, the header has 2" in shown.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_label_on_any_terminal(
    tokenizer: BertTokenizerFast, tmp_path: Path, encoding: str
) -> None:
    """Many labels, long ones, and names like markup or that the terminal cannot show."""
    model = ElbertForSequenceClassification(small_config(77))
    names = [
        "[bold]tr\u00e8s bien[/bold]",
        "\u5f88\u597d " * 20,
        *(f"intent_{i}" for i in range(75)),
    ]
    model.config.id2label = dict(enumerate(names))
    model.config.label2id = {name: i for i, name in enumerate(names)}
    with torch.no_grad():
        model.classifier.bias[:2] = torch.tensor([6.0, 5.0])
    folder = save_checkpoint(model, tokenizer, tmp_path / "m", training={}, dtype="float32")
    done = subprocess.run(
        [sys.executable, "-m", "elbert_core", "trace", "good film", "--checkpoint", str(folder)],
        capture_output=True,
        check=False,
        cwd=Path(__file__).parents[3],
        env={"PATH": "", "COLUMNS": "80", "PYTHONIOENCODING": encoding, "HF_HUB_OFFLINE": "1"},
    )
    said = done.stdout.decode(encoding)
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert "the 4 most probable of 77 labels" in said
    assert "[bold]tr" in said
    heading = next(line for line in said.splitlines() if "layer" in line)
    assert len(re.split("[|\u2503]", heading)) == 2 + len(("layer", "entropy", "ms", "says")) + 4
    if encoding == "utf-8":  # elsewhere what cannot be shown is written as \\u2026, which is wider
        assert max(map(len, said.splitlines()[:4])) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("trace", "x", "--checkpoint", "{nothing}"), "no checkpoint folder"),
        (("trace", "", "--checkpoint", "{tiny}"), "the text is empty"),
        (
            ("trace", "x", "--checkpoint", "{tiny}", "--policy", "magic"),
            "policy kind must be one of",
        ),
        (
            ("trace", "x", "--checkpoint", "{tiny}", "--policy", "patience:patience=0"),
            "patience must be a whole number of at least 1, got 0",
        ),
        (("trace", "x", "--checkpoint", "{tiny}", "--device", "toaster"), "device must be"),
        (("score", "{nothing}.tsv", "--checkpoint", "{tiny}"), "cannot read"),
    ],
)
def test_errors_are_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tiny_folder: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.setenv("COLUMNS", "500")
    places = {"tiny": str(tiny_folder), "nothing": str(tmp_path / "nothing")}
    assert run(monkeypatch, *(a.format(**places) for a in arguments)) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert "Traceback" not in shown.err


@pytest.mark.parametrize(
    ("command", "settings"),
    [
        ("train", TrainConfig),
        ("distill", DistillConfig),
        ("pack", PackConfig),
        ("teacher", TeacherConfig),
    ],
)
def test_every_setting_is_a_flag_with_help(command: str, settings: type) -> None:
    app = typer.Typer()
    cli_training.register(app)
    result = CliRunner(env={"COLUMNS": "300"}).invoke(app, [command, "--help"])
    assert result.exit_code == 0
    helps = cli_training.attribute_helps(settings)
    for field in dataclasses.fields(settings):
        assert f"--{field.name.replace('_', '-')}" in result.output
        assert helps.get(field.name), f"{field.name} has no help text"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[TrainConfig]:
    """What `train` was asked to do, without doing it."""
    asked: list[TrainConfig] = []
    monkeypatch.setattr(training, "train", lambda config: asked.append(config) or Path("done"))
    return asked


@pytest.mark.parametrize("preset", TRAIN_PRESETS)
def test_a_preset_fills_in_what_is_not_given(
    monkeypatch: pytest.MonkeyPatch, started: list[TrainConfig], preset: str
) -> None:
    where = ("--data", "sst2", "--output", "out")
    assert run(monkeypatch, "train", "--preset", preset, *where) == 0
    (config,) = started
    for name, value in TRAIN_PRESETS[preset].items():
        assert getattr(config, name) == value
    assert (config.seed, config.teacher) == (0, None)  # the rest keeps its defaults


def test_given_flags_win_over_a_preset(
    monkeypatch: pytest.MonkeyPatch, started: list[TrainConfig]
) -> None:
    given = ("--backbone", "my/albert", "--learning-rate", "1e-5", "--warmup-steps", "100")
    where = ("--data", "sst2", "--output", "out")
    assert run(monkeypatch, "train", "--preset", "albert-base", *where, *given) == 0
    (config,) = started
    assert (config.backbone, config.learning_rate, config.warmup_steps) == ("my/albert", 1e-5, 100)
    assert (config.layer_weights, config.weight_decay) == ("learned", 0.0)


def test_the_paper_settings_are_those_of_its_scripts() -> None:
    large = TRAIN_PRESETS["albert-large"]
    assert large["backbone"] == "albert/albert-large-v2"
    assert (large["learning_rate"], large["batch_size"], large["epochs"]) == (3e-5, 32, 3.0)
    assert (large["max_tokens"], large["warmup_steps"], large["weight_decay"]) == (128, 0, 0.0)
    assert large.keys() <= {field.name for field in dataclasses.fields(TrainConfig)}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--preset", "albert-tiny"), "preset must be one of albert-base, albert-large, got"),
        ((), "train needs --backbone or --preset"),
    ],
)
def test_a_wrong_or_missing_preset_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    started: list[TrainConfig],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    assert run(monkeypatch, "train", "--data", "sst2", "--output", "out", *arguments) == 1
    assert message in capsys.readouterr().err
    assert not started
