"""Stored logits of a teacher: its own, found by text, taken up again, refused where wrong."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from elbert_core.data.texts import load_table
from elbert_core.errors import CheckpointError, ConfigError, InputError, NumericsError
from elbert_core.training import packages
from elbert_core.training.labelling import LabelConfig, digest, label, load_labels
from elbert_core.training.packages import resolve_model
from elbert_core.training.teachers import TeacherConfig, finetune_teacher
from elbert_core.training.train import TrainConfig, train
from elbert_core.training.trainers import MULTIPLE, ShapedBatches


@given(
    lengths=st.lists(st.integers(1, 70), min_size=1, max_size=80),
    tokens=st.integers(8, 200),
    seed=st.integers(0, 9),
)
def test_every_row_is_in_one_batch_of_few_tokens(
    lengths: list[int], tokens: int, seed: int
) -> None:
    sampler = ShapedBatches(lengths, tokens, seed=seed)
    batches = list(sampler)
    assert Counter(row for batch in batches for row in batch) == Counter(range(len(lengths)))
    assert len(batches) == len(sampler)
    for batch in batches:
        width = -(-max(lengths[row] for row in batch) // MULTIPLE) * MULTIPLE
        assert len(batch) == 1 or len(batch) * width <= tokens
    assert list(ShapedBatches(lengths, tokens, seed=seed)) == batches
    sampler.set_epoch(1)
    assert Counter(map(len, sampler)) == Counter(map(len, batches))


@pytest.fixture(scope="module")
def teacher(bert_folder: Path, toy_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = TeacherConfig(
        backbone=str(bert_folder),
        data=str(toy_data),
        output=str(tmp_path_factory.mktemp("teacher")),
        tokens_per_step=64,
        max_steps=3,
        evaluations=1,
        dropout=0.0,
        freeze_embeddings=True,
        precision="fp32",
    )
    return finetune_teacher(config)


@pytest.fixture(scope="module")
def config(teacher: Path, toy_data: Path, tmp_path_factory: pytest.TempPathFactory) -> LabelConfig:
    return LabelConfig(
        teacher=str(teacher),
        data=str(toy_data),
        output=str(tmp_path_factory.mktemp("labels") / "toy.safetensors"),
        tokens_per_step=128,
        precision="fp32",
    )


def test_stored_logits_are_the_teachers_own(config: LabelConfig) -> None:
    stored = load_labels(label(config))
    table = load_table(config.data, "train")
    tokenizer = AutoTokenizer.from_pretrained(config.teacher)
    model = AutoModelForSequenceClassification.from_pretrained(config.teacher).eval()
    found = stored.of(table.texts, table.label_names)
    for text, row in zip(table.texts[:20], found, strict=False):
        with torch.no_grad():
            own = model(**tokenizer(text, return_tensors="pt")).logits[0].numpy()
        assert np.abs(own - row).max() < 2e-3 * max(1, np.abs(own).max())  # half precision
    # other names of the columns, another order: by name
    swapped = stored.of(table.texts, table.label_names[::-1])
    assert np.array_equal(swapped, found[:, ::-1])


def test_unknown_texts_and_labels_are_refused(config: LabelConfig) -> None:
    stored = load_labels(label(config))
    with pytest.raises(InputError, match="1 of 1 texts have no stored label"):
        stored.of(["never labelled"], ("negative", "positive"))
    with pytest.raises(InputError, match="the stored labels are negative, positive"):
        stored.of([], ("bad", "good"))


@pytest.mark.parametrize("damage", ["cut", "other", "nan"])
def test_damaged_labels_are_refused(config: LabelConfig, tmp_path: Path, damage: str) -> None:
    whole, path = label(config), tmp_path / "labels.safetensors"
    if damage == "cut":
        path.write_bytes(whole.read_bytes()[:100])
    elif damage == "other":
        save_file({"weight": np.zeros(3, np.float32)}, path)
    else:
        tensors = load_file(whole)
        tensors["logits"] = np.full_like(tensors["logits"], np.nan)
        save_file(tensors, path, metadata={"label_names": '["negative", "positive"]'})
    with pytest.raises(InputError, match="labels"):
        load_labels(path)


def test_finished_parts_are_not_labelled_again(
    config: LabelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from elbert_core.training import labelling

    monkeypatch.setattr(labelling, "PART_ROWS", 50)
    again = replace(config, output=str(tmp_path / "again.safetensors"))
    done: list[int] = []
    real = labelling._logits

    def breaks(*arguments: object) -> object:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return real(*arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(labelling, "_logits", breaks)
    with pytest.raises(KeyboardInterrupt):
        label(again)
    monkeypatch.setattr(labelling, "_logits", real)
    resumed, whole = load_labels(label(again)), load_labels(label(config))
    assert set(resumed.rows) == set(whole.rows)
    for key, row in resumed.rows.items():
        assert np.array_equal(resumed.logits[row], whole.logits[whole.rows[key]])


def test_a_finished_file_is_kept_and_never_replaced(
    config: LabelConfig, teacher: Path, bert_folder: Path, toy_data: Path, tmp_path: Path
) -> None:
    once = replace(config, output=str(tmp_path / "once.safetensors"))
    path = label(once)
    written, before = path.stat().st_mtime_ns, path.read_bytes()
    assert label(once) == path  # the same again: nothing to do
    assert path.stat().st_mtime_ns == written
    other = finetune_teacher(
        TeacherConfig(
            backbone=str(bert_folder), data=str(toy_data), output=str(tmp_path / "other"),
            max_steps=1, evaluations=1, precision="fp32",
        )
    )  # fmt: skip
    more = tmp_path / "more.txt"
    more.write_text("one more sentence of some words\n")
    for changes in (
        {"teacher": str(other)},
        {"texts": (str(more),), "sentences": 1},
        {"max_tokens": 5},
        {"precision": "bf16"},
    ):
        with pytest.raises(ConfigError, match="once.safetensors is there already and holds no"):
            label(replace(once, **changes))  # type: ignore[arg-type]  # settings by name
    # the same name, other weights
    moved = tmp_path / "moved"
    shutil.copytree(teacher, moved)
    second = replace(once, teacher=str(moved), output=str(tmp_path / "second.safetensors"))
    label(second)
    shutil.copy(other / "model.safetensors", moved / "model.safetensors")
    with pytest.raises(ConfigError, match="is there already"):
        label(second)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["not finite", "rows", "labels", "numbers"])
def test_a_damaged_file_is_not_taken_for_finished(
    config: LabelConfig, tmp_path: Path, damage: str
) -> None:
    once = replace(config, output=str(tmp_path / "once.safetensors"))
    path = label(once)
    tensors = load_file(path)
    with safe_open(path, framework="numpy") as opened:
        about = opened.metadata()
    logits = tensors["logits"]
    tensors["logits"] = {
        "not finite": np.full_like(logits, np.nan),
        "rows": logits[:-1].copy(),
        "labels": np.repeat(logits, 2, axis=1),
        "numbers": np.zeros(1, np.float16),
    }[damage]
    save_file(tensors, path, metadata=about)
    with pytest.raises(ConfigError, match="holds no labels of these texts"):
        label(once)
    with pytest.raises(InputError, match="holds"):
        load_labels(path)


def test_a_teacher_whose_answers_are_not_finite_is_refused(
    config: LabelConfig, teacher: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(teacher, broken)
    weights = load_file(broken / "model.safetensors")
    weights["classifier.bias"] = np.full_like(weights["classifier.bias"], np.nan)
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    output = tmp_path / "labels.safetensors"
    with pytest.raises(NumericsError, match="finite in float16, those of text 0 are not"):
        label(replace(config, teacher=str(broken), output=str(output)))
    assert not output.exists()


def test_parts_of_another_teacher_are_labelled_anew(config: LabelConfig, tmp_path: Path) -> None:
    from elbert_core.training import labelling

    whole = load_labels(label(config))
    again = replace(config, output=str(tmp_path / "again.safetensors"))
    keys = np.array([list(key) for key in whole.rows], np.uint8)
    wrong = np.zeros_like(whole.logits, dtype=np.float16)
    part = tmp_path / "again.safetensors.parts" / "000000000.safetensors"
    labelling._write(part, keys, wrong, {"teacher": "another"})
    assert np.array_equal(load_labels(label(again)).logits, whole.logits)


def test_a_student_learns_from_stored_labels(
    config: LabelConfig, bert_folder: Path, tmp_path: Path
) -> None:
    settings = TrainConfig(
        backbone=str(bert_folder),
        data=config.data,
        output=str(tmp_path / "student"),
        n_layers=2,
        exit_pooling="mean",
        labels=str(label(config)),
        layer_weights="linear",
        tokens_per_step=128,
        max_steps=2,
        evaluations=1,
        precision="fp32",
    )
    assert (train(settings) / "model.safetensors").is_file()
    with pytest.raises(ConfigError, match="not both"):
        replace(settings, teacher=config.teacher)


def test_pairs_and_texts_have_digests_of_their_own() -> None:
    assert len({digest("a b"), digest(("a", "b")), digest("ab"), digest(("", "a b"))}) == 4


def test_a_model_in_parts_is_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.writestr("model/config.json", "{}")
        archive.writestr("model/weights", bytes(range(256)) * 40)
    content = (tmp_path / "whole.zip").read_bytes()
    parts = []
    for number in range(3):
        third = len(content) // 3 + 1
        parts.append(tmp_path / f"whole.zip.00{number + 1}")
        parts[-1].write_bytes(content[number * third : (number + 1) * third])
    monkeypatch.setenv(packages.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(packages, "_parts", lambda name: parts if name == "a-model" else [])
    folder = Path(resolve_model("package:a-model"))
    assert (folder / "weights").read_bytes() == bytes(range(256)) * 40
    with pytest.raises(CheckpointError, match="not installed"):
        resolve_model("package:another-model")
    parts[1].write_bytes(parts[1].read_bytes()[::-1])
    monkeypatch.setenv(packages.CACHE_VARIABLE, str(tmp_path / "other"))
    with pytest.raises(CheckpointError, match="damaged"):
        resolve_model("package:a-model")
    assert not (tmp_path / "other" / "a-model").exists()
