"""A run that was killed goes on; a run folder that is damaged or another's is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from transformers import BertTokenizerFast

from elbert_core.errors import CheckpointError, ConfigError
from elbert_core.model.checkpoints import load_checkpoint, read_training
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.training.train import TrainConfig, train
from tests.core.tiny_albert import small_config

STEPS = 24


@pytest.fixture(scope="module")
def config(tokenizer: BertTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    """A small run from a tiny random ALBERT."""
    folder = tmp_path_factory.mktemp("resuming")
    torch.manual_seed(0)
    ElbertForSequenceClassification(small_config()).save_pretrained(folder / "albert")
    tokenizer.save_pretrained(folder / "albert")
    (folder / "data").mkdir()
    for part in ("train", "validation"):
        rows = [f"the film was {word}\t{word}" for word in ("good", "bad")] * 16
        (folder / "data" / f"{part}.tsv").write_text("\n".join(["text\tlabel", *rows]))
    return TrainConfig(
        backbone=str(folder / "albert"),
        data=str(folder / "data"),
        output="",
        batch_size=4,
        max_steps=STEPS,
        evaluations=STEPS // 2,
        learning_rate=1e-3,
        precision="fp32",
    )


def begun(config: TrainConfig, folder: Path) -> TrainConfig:
    """A run stopped half way, its state on disk."""
    half = replace(config, output=str(folder), max_steps=STEPS // 2, evaluations=3)
    train(half)
    return replace(half, max_steps=STEPS)


@pytest.fixture(scope="module")
def half(config: TrainConfig, tmp_path_factory: pytest.TempPathFactory) -> TrainConfig:
    return begun(config, tmp_path_factory.mktemp("half") / "run-of-two-parts")


def copied(config: TrainConfig, folder: Path) -> TrainConfig:
    shutil.copytree(config.output, folder / "copy")
    return replace(config, output=str(folder / "copy"))


def newest(config: TrainConfig) -> Path:
    states = (Path(config.output) / "run").glob("checkpoint-*")
    return max(states, key=lambda path: int(path.name.split("-")[1]))


def test_a_killed_run_goes_on_to_the_same_model(config: TrainConfig, tmp_path: Path) -> None:
    """SIGKILL in the middle; the run started again ends where an undisturbed one does."""
    killed = replace(config, output=str(tmp_path / "killed"))
    flags = [
        argument
        for name in ("backbone", "data", "output", "batch_size", "max_steps", "evaluations")
        for argument in (f"--{name.replace('_', '-')}", str(getattr(killed, name)))
    ]
    flags += ["--learning-rate", "1e-3", "--precision", "fp32"]
    command = [sys.executable, "-m", "elbert_core", "train", *flags]
    root = Path(__file__).resolve().parents[3]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    state = Path(killed.output) / "run"
    try:
        until = time.monotonic() + 120
        while not list(state.glob("checkpoint-*/trainer_state.json")):
            assert process.poll() is None, process.communicate()[0].decode()
            assert time.monotonic() < until, "no state was saved within two minutes"
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert not (Path(killed.output) / "model.safetensors").exists()
    try:
        finished = train(killed)
    except CheckpointError:  # killed while it wrote: told, and one step back
        shutil.rmtree(newest(killed))
        finished = train(killed)
    assert read_training(finished)["steps"] == STEPS
    undisturbed = train(replace(config, output=str(tmp_path / "undisturbed")))
    ours, theirs = (load_checkpoint(f)[0].state_dict() for f in (finished, undisturbed))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_run_goes_on_elsewhere(half: TrainConfig, tmp_path: Path) -> None:
    """Half of it here; the rest in another folder."""
    elsewhere = shutil.copytree(half.output, tmp_path / "elsewhere")
    moved, stayed = (
        train(replace(half, output=str(folder)))
        for folder in (elsewhere, copied(half, tmp_path).output)
    )
    assert read_training(moved)["steps"] == STEPS
    theirs = load_checkpoint(stayed)[0].state_dict()
    for name, weight in load_checkpoint(moved)[0].state_dict().items():
        assert torch.equal(weight, theirs[name])


@pytest.mark.parametrize(
    "name",
    ["trainer_state.json", "model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth"],
)
@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_state_is_refused(
    half: TrainConfig, tmp_path: Path, name: str, damage: str
) -> None:
    again = copied(half, tmp_path)
    path = newest(again) / name
    content = bytearray(path.read_bytes())
    if damage == "cut":
        content = content[: len(content) // 2]
    else:
        content[: len(content) // 2] = bytes(255 - b for b in content[: len(content) // 2])
    path.write_bytes(bytes(content))
    with pytest.raises(CheckpointError, match=rf"cannot resume, .*{name} .*delete .*checkpoint-"):
        train(again)


@pytest.mark.parametrize("name", ["optimizer.pt", "model.safetensors"])
def test_a_missing_file_is_refused(half: TrainConfig, tmp_path: Path, name: str) -> None:
    again = copied(half, tmp_path)
    (newest(again) / name).unlink()
    with pytest.raises(CheckpointError, match=f"{name} is missing"):
        train(again)


def test_following_the_advice_goes_on_from_the_state_before(
    half: TrainConfig, tmp_path: Path
) -> None:
    again = copied(half, tmp_path)
    (newest(again) / "optimizer.pt").write_bytes(b"not an archive")
    with pytest.raises(CheckpointError):
        train(again)
    shutil.rmtree(newest(again))
    record = read_training(train(again))
    assert (record["resumed"], record["steps"]) == (True, STEPS)


def test_another_runs_folder_is_refused(half: TrainConfig, tmp_path: Path) -> None:
    again = copied(half, tmp_path)
    with pytest.raises(ConfigError, match=r"begun with learning_rate 0.001 \(now 0.002\)"):
        train(replace(again, learning_rate=2e-3))
    settings = Path(again.output) / "run" / "settings.json"
    assert json.loads(settings.read_text())["learning_rate"] == 1e-3
    settings.write_text("{")
    with pytest.raises(CheckpointError, match="settings.json is damaged"):
        train(again)
