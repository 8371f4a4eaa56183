"""What a folder must be before it is loaded: labels, task, weights in parts, names, tokenizer."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer

from elbert_core.engine.engine import load_engine
from elbert_core.errors import CheckpointError
from elbert_core.model.checkpoints import list_checkpoints, load_checkpoint, weights_digest

TWO = {"id2label": {"0": "neg", "1": "pos"}, "label2id": {"neg": 0, "pos": 1}}


@pytest.fixture
def folder(tiny_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_folder, tmp_path / "model")


def configure(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    config = {**json.loads(path.read_text(encoding="utf-8")), **values}
    path.write_text(json.dumps({k: v for k, v in config.items() if v is not ...}), encoding="utf-8")


def rename(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "model.safetensors"
    save_file({change(k): v for k, v in load_file(path).items()}, path, metadata={"format": "pt"})


CONFIGURATIONS: list[tuple[dict[str, Any], str]] = [
    ({"id2label": {"1": "neg", "2": "pos"}}, r"must number its labels 0\.\.1, got 1, 2"),
    ({"id2label": {"0": "neg", "2": "pos"}}, r"0\.\.1, got 0, 2"),
    ({"id2label": {"-1": "none", "0": "pos"}}, r"0\.\.1, got -1, 0"),
    ({"id2label": {"neg": 0, "pos": 1}}, r"0\.\.1, got neg, pos"),
    ({"id2label": ["neg", "pos"]}, "id2label as an object of names by id"),
    ({"id2label": {"0": "pos", "1": "pos"}}, "gives the name 'pos' to more than one label"),
    ({"id2label": {"0": "pos", "1": " "}}, "must name label 1, got ' '"),
    ({"id2label": {"0": "pos", "1": None}}, "must name label 1, got None"),
    ({"id2label": {"0": "score"}, "label2id": {"score": 0}}, "one label only, as a regression"),
    ({**TWO, "label2id": {"neg": 1, "pos": 0}}, "contradicts itself: 'neg' is label 0"),
    ({"problem_type": "multi_label_classification"}, "problem_type 'multi_label_classification'"),
    ({"problem_type": "regression"}, "problem_type 'regression'"),
    ({"model_type": "bert"}, "ALBERT or ELBERT, got model_type 'bert'"),
    ({"architectures": ["AlbertForTokenClassification"]}, "got AlbertForTokenClassification"),
    ({"architectures": 5}, "must have architectures as a list, got 5"),
    ({"num_hidden_layers": 0}, "num_hidden_layers of at least 1, got 0"),
    ({"num_hidden_layers": "deep"}, "num_hidden_layers of at least 1, got 'deep'"),
    ({"vocab_size": 60}, "says vocab_size 60, but .* has 64 rows"),
]


@pytest.mark.parametrize(("values", "message"), CONFIGURATIONS)
def test_labels_and_task(folder: Path, values: dict[str, Any], message: str) -> None:
    configure(folder, **values)
    with pytest.raises(CheckpointError, match=message) as caught:
        load_checkpoint(folder)
    assert "config.json" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (TWO, ("neg", "pos")),
        ({**TWO, "label2id": {"LABEL_0": 0, "LABEL_1": 1}}, ("neg", "pos")),
        ({"id2label": {"1": "pos", "0": "neg"}, "label2id": {}}, ("neg", "pos")),
        ({"id2label": {"0": "10", "1": "2"}, "label2id": {}}, ("10", "2")),
        ({**TWO, "problem_type": "single_label_classification"}, ("neg", "pos")),
        ({"id2label": ..., "label2id": ...}, ("LABEL_0", "LABEL_1")),
    ],
)
def test_good_labels_keep_their_order(
    folder: Path, values: dict[str, Any], names: tuple[str, ...]
) -> None:
    configure(folder, **values)
    assert load_engine(folder).label_names == names


# ------------------------------------------------------------------------------- weights in parts
def split(folder: Path) -> tuple[str, str]:
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    keys = sorted(tensors)
    for name, part in zip(names, (keys[:5], keys[5:]), strict=True):
        save_file({k: tensors[k] for k in part}, folder / name, metadata={"format": "pt"})
    index = {k: names[k not in keys[:5]] for k in keys}
    write_index(folder, index)
    return names


def write_index(folder: Path, weight_map: object) -> None:
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}), encoding="utf-8")


def test_shards_are_loaded_like_one_file(folder: Path, tiny_folder: Path) -> None:
    split(folder)
    ours, theirs = (load_checkpoint(f)[0].state_dict() for f in (folder, tiny_folder))
    assert all(torch.equal(ours[key], theirs[key]) for key in theirs)
    engine = load_engine(folder)
    assert engine.digest == weights_digest(folder)
    assert engine.digest != weights_digest(tiny_folder)
    assert list_checkpoints(folder.parent)[0] == folder


def test_shards_that_lack_something_are_named(folder: Path) -> None:
    first, second = split(folder)
    index = json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]
    write_index(folder, {**index, "albert.extra": first})
    with pytest.raises(CheckpointError, match=f"{first} lacks albert.extra"):
        load_checkpoint(folder)
    write_index(folder, {**index, "albert.extra": "../elsewhere.safetensors"})
    with pytest.raises(CheckpointError, match="no file beside it"):
        load_checkpoint(folder)
    write_index(folder, [])
    with pytest.raises(CheckpointError, match="has no weight_map"):
        load_checkpoint(folder)
    write_index(folder, index)
    whole = (folder / second).read_bytes()
    (folder / second).write_bytes(whole[:-9])
    with pytest.raises(CheckpointError, match=f"{second} is damaged"):
        load_checkpoint(folder)
    (folder / second).unlink()
    with pytest.raises(CheckpointError, match=f"{second} is missing, one of 2 shards"):
        load_checkpoint(folder)
    (folder / "model.safetensors.index.json").unlink()
    with pytest.raises(CheckpointError, match=rf"the shards {first} need .*index.json"):
        load_checkpoint(folder)


# ------------------------------------------------------------------------------- names of weights
@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "base_model.model."])
def test_wrapped_names_are_told(folder: Path, prefix: str) -> None:
    rename(folder, lambda key: prefix + key)
    with pytest.raises(CheckpointError, match=f"names that begin with '{prefix}'"):
        load_checkpoint(folder)


@pytest.mark.parametrize("head", ["predictions", "qa_outputs", "score"])
def test_a_foreign_head_is_named(folder: Path, head: str) -> None:
    rename(folder, lambda key: key.replace("classifier", head))
    with pytest.raises(CheckpointError, match=f"no classifier .*it has {head}"):
        load_checkpoint(folder)


def test_weights_that_nothing_uses_are_named(folder: Path) -> None:
    path = folder / "model.safetensors"
    tensors = load_file(path)
    extra = {"albert.embeddings.position_ids": torch.arange(48)}  # what old versions stored
    save_file({**tensors, **extra}, path, metadata={"format": "pt"})
    load_checkpoint(folder)
    extra = {"exit_heads.0.classifier.weight": torch.zeros(2, 32)}
    save_file({**tensors, **extra}, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="hold 1 that the model does not have, exit_heads"):
        load_checkpoint(folder)


# -------------------------------------------------------------------------------------- tokenizers
def only_vocabulary(folder: Path, *pieces: str) -> None:
    for path in folder.glob("tokenizer*"):
        path.unlink()
    (folder / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")


SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


@pytest.mark.parametrize("kind", ["albert", "elbert"])
def test_a_vocabulary_alone_is_wordpiece(folder: Path, kind: str) -> None:
    only_vocabulary(folder, *SPECIAL, "a", "good", "film", "##s")
    configure(folder, model_type=kind)
    assert load_engine(folder).trace("A good films").tokens == (
        *("[CLS]", "a", "good", "film", "##s", "[SEP]"),
    )


def test_a_vocabulary_without_special_pieces_is_refused(folder: Path) -> None:
    only_vocabulary(folder, "a", "good", "film")
    with pytest.raises(CheckpointError, match=r"vocab.txt is no WordPiece .*lacks \[PAD\]"):
        load_checkpoint(folder)


def added(folder: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens([f"word{i}" for i in range(64)])
    tokenizer.save_pretrained(folder)


def larger(folder: Path) -> None:
    only_vocabulary(folder, *SPECIAL, *(f"w{i}" for i in range(60)))


def padded_elsewhere(folder: Path) -> None:
    only_vocabulary(folder, *SPECIAL[1:], "a", SPECIAL[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (added, "ids go up to 89, the embeddings have 64 rows"),
        (larger, "ids go up to 64, the embeddings have 64 rows"),
        (padded_elsewhere, "pads with id 5, the model with 0"),
    ],
)
def test_a_tokenizer_that_does_not_fit_is_refused(
    folder: Path, change: Callable[[Path], None], message: str
) -> None:
    change(folder)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(folder)


# ----------------------------------------------------------------------------------------- warnings
def test_a_plain_albert_warns_of_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture, tiny_folder: Path
) -> None:
    configure(
        folder,
        model_type="albert",
        architectures=["AlbertForSequenceClassification"],
        exit_heads=...,
        exit_pooling=...,
    )
    logger = logging.getLogger("transformers")
    logger.addHandler(caplog.handler)
    try:
        model, _ = load_checkpoint(folder)
    finally:
        logger.removeHandler(caplog.handler)
    assert not [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    theirs = load_checkpoint(tiny_folder)[0].state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in model.state_dict().items())
