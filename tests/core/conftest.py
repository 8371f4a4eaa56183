"""Small random models and vocabularies, made here: nothing is downloaded."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch
from transformers import (
    AlbertConfig,
    AlbertForSequenceClassification,
    BertModel,
    BertTokenizerFast,
)

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.model.checkpoints import save_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification
from tests.core.tiny_albert import (
    BAD,
    GOOD,
    SMALL,
    WORDS,
    bert_config,
    livelier,
    small_config,
)


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> BertTokenizerFast:
    """A WordPiece tokenizer of a few words."""
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "##s", "##ly", ".", "!"]
    path.write_text("\n".join(pieces), encoding="utf-8")
    return BertTokenizerFast(vocab=str(path), model_max_length=48)


@pytest.fixture(scope="session")
def plain_albert() -> AlbertForSequenceClassification:
    """transformers' own classifier with random weights."""
    return livelier(AlbertForSequenceClassification(AlbertConfig(**SMALL, num_labels=3)))


@pytest.fixture(scope="session")
def plain_folder(
    plain_albert: AlbertForSequenceClassification, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same, saved by transformers."""
    folder = tmp_path_factory.mktemp("albert")
    plain_albert.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_model() -> ElbertForSequenceClassification:
    """A tiny two-label ELBERT with random weights."""
    return livelier(ElbertForSequenceClassification(small_config()))


@pytest.fixture(scope="session")
def tiny_folder(
    tiny_model: ElbertForSequenceClassification,
    tokenizer: BertTokenizerFast,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The same as a checkpoint folder in float32."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    return save_checkpoint(
        tiny_model, tokenizer, folder, training={"note": "random"}, dtype="float32"
    )


@pytest.fixture(scope="session")
def tiny_engine(
    tiny_model: ElbertForSequenceClassification, tokenizer: BertTokenizerFast
) -> EarlyExitEngine:
    """An engine on the tiny model."""
    return EarlyExitEngine(tiny_model, tokenizer, name="tiny")


@pytest.fixture(scope="session")
def toy_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reviews whose label is the kind of their one telling word."""
    folder = tmp_path_factory.mktemp("toy")
    chooser = random.Random(0)
    neutral = [word for word in WORDS if word not in GOOD + BAD]
    for split, rows in (("train", 160), ("validation", 40)):
        lines = ["text\tlabel"]
        for _ in range(rows):
            words = chooser.choices(neutral, k=chooser.randint(3, 7))
            positive = chooser.random() < 0.5
            telling = chooser.choice(GOOD if positive else BAD)
            words.insert(chooser.randrange(len(words)), telling)
            lines.append(" ".join(words) + "\t" + ("positive" if positive else "negative"))
        (folder / f"{split}.tsv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def bert_folder(tokenizer: BertTokenizerFast, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random BERT encoder of three different layers."""
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    BertModel(bert_config()).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
