"""Configurations and weights of small random models."""

from __future__ import annotations

from typing import TypeVar

import torch
from transformers import BertConfig

from elbert_core.model.modeling import ElbertConfig

WORDS = ("a the film movie is was not good bad fine dull very never plot actor great awful").split()  # noqa: SIM905
GOOD, BAD = ("good", "fine", "great"), ("bad", "dull", "awful")
"""Words that tell the label of a toy review."""

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


ModelT = TypeVar("ModelT", bound=torch.nn.Module)


def livelier(model: ModelT) -> ModelT:
    """Larger random weights, so that layers disagree and policies have something to decide."""
    torch.manual_seed(2)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "LayerNorm" not in name and "layer_norm" not in name:
                parameter.normal_(0.0, 1.0 if "embeddings" in name else 0.4)
                if name.endswith("bias"):
                    parameter.zero_()
    return model.eval()


def bert_config() -> BertConfig:
    return BertConfig(
        vocab_size=len(WORDS) + 9,
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=48,
    )
