"""Small random models and vocabularies, made here: nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AlbertConfig, AlbertForSequenceClassification, BertTokenizerFast

from elbert_core.checkpoints import save_checkpoint
from elbert_core.engine import EarlyExitEngine
from elbert_core.modeling import ElbertConfig, ElbertForSequenceClassification

WORDS = ("a the film movie is was not good bad fine dull very never plot actor great awful").split()  # noqa: SIM905

SMALL = {
    "vocab_size": 64,
    "embedding_size": 16,
    "hidden_size": 32,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "num_hidden_layers": 6,
    "max_position_embeddings": 48,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "pad_token_id": 0,
}


def small_config(n_labels: int = 2, **settings: object) -> ElbertConfig:
    """A tiny ELBERT's configuration."""
    names = {i: f"label{i}" for i in range(n_labels)}
    return ElbertConfig(
        **{**SMALL, **settings}, id2label=names, label2id={v: k for k, v in names.items()}
    )


def livelier(model: torch.nn.Module) -> torch.nn.Module:
    """Larger random weights, so that layers disagree and policies have something to decide."""
    torch.manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm" not in name and "layer_norm" not in name:
                parameter.normal_(0.0, 1.0 if "embeddings" in name else 0.4)
                if name.endswith("bias"):
                    parameter.zero_()
    return model.eval()


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
