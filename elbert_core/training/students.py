"""Making a shared-layer student out of an encoder whose layers differ.

No small pretrained ALBERT is at hand everywhere; a small BERT is. Its layers, averaged into one
layer that is applied L times, are a working start for distillation. Nothing here trains.

Reference: averaging layers to start a recursive model, Bae et al. 2024, "Relaxed Recursive
Transformers", arXiv:2410.20672 (section on initialisation).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoConfig, AutoModel, BertModel, PreTrainedTokenizerBase

from elbert_core.errors import ConfigError
from elbert_core.model.check import names_of, read_tokenizer
from elbert_core.model.modeling import (
    ElbertConfig,
    ElbertForSequenceClassification,
    ExitHeads,
    ExitPooling,
    elbert_config,
)
from elbert_core.training.packages import loading, resolve_model

BERT_TO_ALBERT = {
    "attention.self.query": "attention.query",
    "attention.self.key": "attention.key",
    "attention.self.value": "attention.value",
    "attention.output.dense": "attention.dense",
    "attention.output.LayerNorm": "attention.LayerNorm",
    "intermediate.dense": "ffn",
    "output.dense": "ffn_output",
    "output.LayerNorm": "full_layer_layer_norm",
}
"""Names of the same parameters in a BERT layer and in an ALBERT layer."""
SAME_SETTINGS = [
    "vocab_size",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "pad_token_id",
    "max_position_embeddings",
    "type_vocab_size",
    "layer_norm_eps",
]


def shared_student(
    teacher: BertModel,
    *,
    n_layers: int = 12,
    label_names: Sequence[str] = ("0", "1"),
    exit_heads: ExitHeads = "shared",
    exit_pooling: ExitPooling = "cls",
) -> ElbertForSequenceClassification:
    """An ELBERT whose one layer is the average of the teacher's layers.

    Embeddings are the teacher's own (embedding size = hidden size, identity mapping), so the
    states before the first layer are equal; the pooler is the teacher's where it has one. The
    shared layer is applied `n_layers` times; label names stand in index order.
    """
    bert = teacher.config
    config = ElbertConfig(
        **{name: getattr(bert, name) for name in SAME_SETTINGS},
        embedding_size=bert.hidden_size,
        num_hidden_layers=n_layers,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        bos_token_id=None,
        eos_token_id=None,
        exit_heads=exit_heads,
        exit_pooling=exit_pooling,
        **label_settings(label_names),
    )
    student = ElbertForSequenceClassification(config)
    with torch.no_grad():
        for name in (
            "word_embeddings",
            "position_embeddings",
            "token_type_embeddings",
            "LayerNorm",
        ):
            source = teacher.embeddings.get_submodule(name)
            student.albert.embeddings.get_submodule(name).load_state_dict(source.state_dict())
        mapping = student.albert.encoder.embedding_hidden_mapping_in
        mapping.weight.copy_(torch.eye(bert.hidden_size))
        mapping.bias.zero_()
        layer = student.first_layer()
        for theirs, ours in BERT_TO_ALBERT.items():
            states = [block.get_submodule(theirs).state_dict() for block in teacher.encoder.layer]
            mean = {key: torch.stack([s[key] for s in states]).mean(0) for key in states[0]}
            layer.get_submodule(ours).load_state_dict(mean)
        if teacher.pooler is not None:
            student.albert.pooler.load_state_dict(teacher.pooler.dense.state_dict())
        if exit_heads == "per_layer":
            student.copy_head_to_exits()
    return student


def load_tokenizer(name: str | Path) -> PreTrainedTokenizerBase:
    """Tokenizer of a model folder, hub name or "package:NAME/FOLDER".

    Raises:
        CheckpointError: none is there.
    """
    with loading("a tokenizer", name):
        return read_tokenizer(resolve_model(name))


def load_backbone(
    name: str | Path,
    *,
    n_layers: int | None = None,
    label_names: Sequence[str] = ("0", "1"),
    exit_heads: ExitHeads = "shared",
    exit_pooling: ExitPooling = "cls",
) -> ElbertForSequenceClassification:
    """The model that training starts from.

    An ALBERT or ELBERT (folder or hub name) is taken as it is, in float32: its classifier keeps
    what it means where the labels have the same names, in whatever order, and starts anew where
    they have not. A BERT becomes an averaged shared-layer student.

    Raises:
        CheckpointError: nothing usable is there.
        ConfigError: neither ALBERT, ELBERT nor BERT.
    """
    name = resolve_model(name)
    changes: dict[str, Any] = {"exit_heads": exit_heads, "exit_pooling": exit_pooling}
    float32: dict[str, Any] = {"use_safetensors": True, "dtype": torch.float32}
    with loading("a backbone", name):
        found = AutoConfig.from_pretrained(name)
        kind = found.model_type
        if kind == "bert":
            teacher = AutoModel.from_pretrained(name, **float32)
            return shared_student(
                teacher, n_layers=n_layers or 12, label_names=label_names, **changes
            )
        if kind not in ("albert", "elbert"):
            raise ConfigError(f"a backbone must be an ALBERT, ELBERT or BERT, got {kind!r}")
        if n_layers is not None:
            changes["num_hidden_layers"] = n_layers
        theirs = names_of(found)
        same = set(theirs) == set(label_names)
        if not same:
            theirs = tuple(label_names)
        config = elbert_config(name, **changes, **label_settings(theirs))
        model: ElbertForSequenceClassification = ElbertForSequenceClassification.from_pretrained(
            name, config=config, ignore_mismatched_sizes=True, **float32
        )
    _relabel(model, [theirs.index(label) for label in label_names] if same else None)
    for setting, value in label_settings(label_names).items():
        setattr(model.config, setting, value)
    return model


def label_settings(names: Sequence[str]) -> dict[str, Any]:
    """The settings of a configuration that name its labels."""
    return {"id2label": dict(enumerate(names)), "label2id": {n: i for i, n in enumerate(names)}}


@torch.no_grad()
def _relabel(model: ElbertForSequenceClassification, rows: list[int] | None) -> None:
    """Put the classifiers' rows in another order; None starts them anew."""
    heads = [module.classifier for module in getattr(model, "exit_heads", ())]
    for head in (model.classifier, *heads):
        if rows is None:
            start_anew(head, model.config.initializer_range)
        else:
            head.weight.copy_(head.weight[rows])
            head.bias.copy_(head.bias[rows])


@torch.no_grad()
def start_anew(head: nn.Module, spread: float) -> None:
    """Draw the linear layers of a head again, as the library does: normal weights, no bias."""
    for layer in head.modules():
        if isinstance(layer, nn.Linear):
            layer.weight.normal_(0.0, spread)
            layer.bias.zero_()
