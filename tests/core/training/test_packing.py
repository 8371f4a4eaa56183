"""A packed corpus gives the run that its texts would give, or is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from elbert_core.errors import CheckpointError, ConfigError, InputError
from elbert_core.model.checkpoints import load_checkpoint
from elbert_core.training.distillation import DistillConfig, distill
from elbert_core.training.packing import CORPUS, RECORD, TEACHER, PackConfig, pack, read_packed
from elbert_core.training.students import load_tokenizer


@pytest.fixture
def packed(bert_folder: Path, toy_data: Path, tmp_path: Path) -> Path:
    return pack(
        PackConfig(
            teacher=str(bert_folder),
            texts=(str(toy_data),),
            output=str(tmp_path / "packed"),
        )
    )


def settings(teacher: Path, texts: Path, output: Path) -> DistillConfig:
    return DistillConfig(
        teacher=str(teacher),
        texts=(str(texts),),
        output=str(output),
        n_layers=4,
        batch_size=8,
        max_steps=6,
        precision="fp32",
    )


def test_a_packed_corpus_gives_the_same_student(
    bert_folder: Path, toy_data: Path, packed: Path, tmp_path: Path
) -> None:
    states = []
    for name, texts in (("plain", toy_data), ("packed", packed)):
        folder = distill(settings(bert_folder, texts, tmp_path / name))
        states.append(load_checkpoint(folder)[0].state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_the_packed_teacher_is_the_teacher_rounded(
    bert_folder: Path, packed: Path, tmp_path: Path
) -> None:
    own = load_file(bert_folder / "model.safetensors")
    small = load_file(packed / TEACHER / "model.safetensors")
    assert {w.dtype for w in small.values() if w.is_floating_point()} == {torch.float16}
    for name, weight in small.items():
        torch.testing.assert_close(weight, own[name].to(weight.dtype), rtol=0, atol=0)
    folder = distill(settings(packed / TEACHER, packed, tmp_path / "student"))
    weights = load_checkpoint(folder)[0].state_dict().values()
    assert all(bool(torch.isfinite(weight).all()) for weight in weights)


def test_no_text_is_stored(packed: Path) -> None:
    record = json.loads((packed / RECORD).read_text())
    assert record["sentences"] > 10
    assert not any(b"the film was" in path.read_bytes() for path in (packed / CORPUS).glob("*"))


def test_what_does_not_fit_is_refused(
    bert_folder: Path, toy_data: Path, packed: Path, tmp_path: Path
) -> None:
    tokenizer = load_tokenizer(bert_folder)
    with pytest.raises(ConfigError, match="packed with max_tokens=64, got 32"):
        read_packed(packed, tokenizer, limit=10, max_tokens=32)
    assert len(read_packed(packed, tokenizer, limit=7, max_tokens=64)) == 7
    both = replace(
        settings(bert_folder, packed, tmp_path / "x"), texts=(str(packed), str(toy_data))
    )
    with pytest.raises(ConfigError, match="taken alone"):
        distill(both)
    tokenizer.add_tokens(["quite-another-word"])
    with pytest.raises(ConfigError, match="another tokenizer"):
        read_packed(packed, tokenizer, limit=10, max_tokens=64)
    with pytest.raises(ConfigError, match="at least one source"):
        PackConfig(teacher="x", texts=(), output="y")


@pytest.mark.parametrize("damage", ["record", "format", "count", "corpus", "list"])
def test_a_damaged_folder_is_refused(bert_folder: Path, packed: Path, damage: str) -> None:
    record = packed / RECORD
    known = json.loads(record.read_text())
    if damage == "record":
        record.write_text("{")
    elif damage == "format":
        record.write_text(json.dumps({**known, "format": "other/9"}))
    elif damage == "count":
        record.write_text(json.dumps({**known, "sentences": known["sentences"] + 1}))
    elif damage == "list":
        record.write_text("[]")
    else:
        for path in (packed / CORPUS).glob("*.arrow"):
            path.unlink()
    with pytest.raises(InputError):
        read_packed(packed, load_tokenizer(bert_folder), limit=10, max_tokens=64)


def test_a_teacher_that_is_not_there(toy_data: Path, tmp_path: Path) -> None:
    config = PackConfig(teacher=str(tmp_path / "no"), texts=(str(toy_data),), output="never")
    with pytest.raises(CheckpointError):
        pack(config)
