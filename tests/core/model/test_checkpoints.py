"""Complete checkpoint folders load; damaged ones are refused in one line that names the file."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from elbert_core.cli import main as cli
from elbert_core.errors import CheckpointError
from elbert_core.model.check import check_checkpoint
from elbert_core.model.checkpoints import (
    is_local,
    list_checkpoints,
    load_checkpoint,
    read_training,
    save_checkpoint,
    weights_digest,
)
from elbert_core.model.modeling import ElbertForSequenceClassification


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_folder, tmp_path / "model")


def empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def without_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def pickled_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def truncated(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def no_bytes(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")


def foreign_bytes(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 4096)


def wrong_label_count(folder: Path) -> None:
    change_config(
        folder, id2label={"0": "a", "1": "b", "2": "c"}, label2id={"a": 0, "b": 1, "c": 2}
    )


def broken_config(folder: Path) -> None:
    (folder / "config.json").write_text("{", encoding="utf-8")


def list_config(folder: Path) -> None:
    (folder / "config.json").write_text("[]", encoding="utf-8")


def without_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def other_width(folder: Path) -> None:
    change_config(folder, hidden_size=64)


def change_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, **values}), encoding="utf-8")


DAMAGE: list[tuple[Callable[[Path], None], str]] = [
    (empty, "is empty"),
    (without_weights, "model.safetensors is missing"),
    (pickled_weights, r"pytorch_model.bin cannot be used: safetensors only"),
    (truncated, "model.safetensors is damaged"),
    (no_bytes, "model.safetensors is damaged"),
    (foreign_bytes, "model.safetensors is damaged"),
    (wrong_label_count, "config.json names 3 labels, but model.safetensors has 2"),
    (broken_config, "config.json is damaged"),
    (list_config, "config.json must hold a JSON object"),
    (without_config, "config.json is missing"),
    (without_tokenizer, "has no tokenizer"),
    (other_width, "cannot load"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=lambda d: getattr(d, "__name__", ""))
def test_damage_is_one_line_that_names_the_file(
    folder: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(folder)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no checkpoint folder"):
        load_checkpoint(tmp_path / "nothing")


@pytest.mark.parametrize("damage", [empty, without_weights, truncated, wrong_label_count])
def test_command_line_says_the_same(
    folder: Path,
    damage: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    damage(folder)
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr(sys, "argv", ["elbert", "trace", "good", "--checkpoint", str(folder)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 1
    said = capsys.readouterr()
    check_one_line(said.out, said.err, folder)


def test_a_program_of_its_own_says_the_same(folder: Path) -> None:
    """Nothing that the libraries print while they load gets into it."""
    truncated(folder)
    done = subprocess.run(
        [sys.executable, "-m", "elbert_core", "trace", "good", "--checkpoint", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "COLUMNS": "400", "HF_HUB_OFFLINE": "1"},
        cwd=Path(__file__).parents[3],
    )
    assert done.returncode == 1
    check_one_line(done.stdout, done.stderr, folder)


def check_one_line(out: str, err: str, folder: Path) -> None:
    assert out == ""
    assert err.startswith("error: ")
    assert len(err.strip().splitlines()) == 1
    assert folder.name in err


def test_check_does_not_load(folder: Path) -> None:
    assert check_checkpoint(folder)["hidden_size"] == 32


def test_missing_tensor_is_named(folder: Path) -> None:
    from safetensors.torch import save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["albert.pooler.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        CheckpointError, match=r"lack 1 of the model's weights, albert.pooler.weight"
    ):
        load_checkpoint(folder)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 0.0), ("float16", 2e-3), ("bfloat16", 2e-2)]
)
def test_saving_and_loading(
    tiny_model: ElbertForSequenceClassification,
    tokenizer: object,
    tmp_path: Path,
    dtype: str,
    tolerance: float,
) -> None:
    before = {k: v.clone() for k, v in tiny_model.state_dict().items()}
    saved = save_checkpoint(
        tiny_model,
        tokenizer,
        tmp_path / "m",
        training={"seed": 3},
        model_card="# m",
        dtype=dtype,  # type: ignore[arg-type]
    )
    model, _ = load_checkpoint(saved)
    assert next(model.parameters()).dtype == torch.float32
    assert not model.training
    for key, value in model.state_dict().items():
        torch.testing.assert_close(value, before[key], atol=tolerance, rtol=tolerance)
        assert torch.equal(before[key], tiny_model.state_dict()[key])
    stored = load_file(saved / "model.safetensors")
    assert {str(v.dtype) for v in stored.values()} == {f"torch.{dtype}"}
    assert read_training(saved)["seed"] == 3
    assert read_training(tmp_path) == {}
    assert (saved / "MODEL_CARD.md").read_text(encoding="utf-8") == "# m"


def test_nothing_that_could_be_unpickled_is_written(tiny_folder: Path) -> None:
    assert {p.suffix for p in tiny_folder.iterdir()} <= {".json", ".safetensors", ".md", ".txt"}


def test_policies_are_never_saved(tiny_folder: Path) -> None:
    words = (tiny_folder / "config.json").read_text(encoding="utf-8")
    assert not {"threshold", "window_size", "patience", "policy"} & set(
        words.replace('"', " ").split()
    )


def test_listing(tiny_folder: Path, tmp_path: Path) -> None:
    assert list_checkpoints(tiny_folder.parent) == [tiny_folder]
    assert list_checkpoints(tmp_path / "nothing") == []


def test_listing_puts_complete_ones_first_and_hides_no_failure(
    folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "a-without-weights")
    without_weights(tmp_path / "a-without-weights")
    (tmp_path / "b-empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "README.md").write_text("not a model", encoding="utf-8")
    (tmp_path / ".cache").mkdir()
    names = [path.name for path in list_checkpoints(tmp_path)]
    assert names == ["model", "a-without-weights", "b-empty"]


def test_digest_changes_with_the_weights(folder: Path) -> None:
    before = weights_digest(folder)
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(bytes(data))
    assert weights_digest(folder) != before
    assert len(before) == 64


@pytest.mark.parametrize(
    ("name", "local"),
    [("albert/albert-base-v2", False), ("./model", True), ("checkpoints/x", True), ("/a/b", True)],
)
def test_hub_names_are_told_from_folders(name: str, local: bool) -> None:
    assert is_local(name) is local


@pytest.mark.slow
def test_sentencepiece_vocabulary(data_dir: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from elbert_core.engine.engine import load_engine
    from tests.core.tiny_albert import livelier, small_config

    tokenizer = AutoTokenizer.from_pretrained(data_dir / "albert_spiece")
    model = livelier(ElbertForSequenceClassification(small_config(vocab_size=30000)))
    engine = load_engine(save_checkpoint(model, tokenizer, tmp_path / "m", training={}))
    trace = engine.trace(("A fine film.", "Indeed!"))
    assert trace.tokens[:2] == ("[CLS]", "▁a")
    assert trace.tokens.count("[SEP]") == 2
    assert np.isfinite(trace.probs).all()
