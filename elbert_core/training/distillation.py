"""Teaching a shared-layer student an encoder's hidden states on plain text, before any task.

One layer applied L times imitates the states that a teacher's different layers produce. Labels are
not needed; any text will do, text like the task's does more.

Reference: hidden-state distillation as in Jiao et al. 2020, "TinyBERT", arXiv:1909.10351 (section
3, transformer distillation), without its attention loss; both sides are layer-normalised here.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from datasets import Dataset
from torch import Tensor, nn
from transformers import (
    DataCollatorWithPadding,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    set_seed,
)

from elbert_core.errors import ConfigError
from elbert_core.model.checkpoints import save_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification, ExitPooling
from elbert_core.training import runs
from elbert_core.training.losses import hidden_state_loss, state_pairs
from elbert_core.training.packing import encode_texts, is_packed, load_encoder, read_packed
from elbert_core.training.students import load_backbone, load_tokenizer, shared_student

Targets = Literal["each", "last"]


@dataclass(frozen=True, kw_only=True)
class DistillConfig(runs.RunSettings):
    """Settings of one distillation run; saved in training.json.

    Attributes:
        teacher: BERT encoder (folder or hub name) whose states are imitated.
        texts: plain texts: files, or folders whose training files are read; or one folder that
            `pack` wrote, whose sentences are taken in their order.
        student: ELBERT to go on from; None averages the teacher's layers.
        n_layers: applications of the shared layer.
        exit_pooling: how the student's heads will read it later (`ElbertConfig`).
        targets: "each" pairs evenly spread student layers with the teacher's layers; "last" asks
            every student layer from the second on for the teacher's last states.
        sentences: how many sentences to read at most, a repeatable sample.
    """

    teacher: str
    texts: tuple[str, ...]
    student: str | None = None
    n_layers: int = 12
    exit_pooling: ExitPooling = "cls"
    targets: Targets = "each"
    sentences: int = 200_000
    max_tokens: int = 64
    learning_rate: float = 5e-4
    batch_size: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        runs.check_least(self, 1, "n_layers", "sentences")
        if not self.texts:
            raise ConfigError("distillation needs at least one source of texts")
        if self.targets == "last" and self.n_layers < 2:
            raise ConfigError(f'targets "last" need n_layers of at least 2, got {self.n_layers}')


class DistillationModule(nn.Module):
    """The student with its loss; the teacher is kept out of the module tree."""

    def __init__(
        self,
        model: ElbertForSequenceClassification,
        teacher: PreTrainedModel,
        targets: Targets = "each",
    ) -> None:
        super().__init__()
        self.model = model
        self._teacher = (teacher,)
        teacher_layers = int(teacher.config.num_hidden_layers)
        self._pairs = (
            state_pairs(model.n_layers, teacher_layers)
            if targets == "each"
            else [(layer, teacher_layers) for layer in range(2, model.n_layers + 1)]
        )

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """The hidden-state loss, averaged over the paired layers."""
        with torch.no_grad():
            taught = self._teacher[0](
                input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True
            ).hidden_states
        hidden = self.model.embed(input_ids, token_type_ids)
        mask = self.model.expand_mask(attention_mask, hidden)
        states = [hidden]
        for layer_index in range(self.model.n_layers):
            states.append(self.model.layer(states[-1], mask, layer_index))
        loss = hidden_state_loss(
            [states[ours] for ours, _ in self._pairs],
            [taught[theirs] for _, theirs in self._pairs],
            attention_mask,
        )
        return {"loss": loss}


def token_ids(config: DistillConfig, tokenizer: PreTrainedTokenizerBase) -> Dataset:
    """Token ids of the sentences to read, packed before or made now."""
    packed = [source for source in config.texts if is_packed(source)]
    if packed and len(config.texts) > 1:
        raise ConfigError("a packed corpus is taken alone, without other texts")
    if packed:
        return read_packed(
            packed[0], tokenizer, limit=config.sentences, max_tokens=config.max_tokens
        )
    return encode_texts(
        config.texts,
        tokenizer,
        limit=config.sentences,
        seed=config.seed,
        max_tokens=config.max_tokens,
    )


def distill(config: DistillConfig) -> Path:
    """Distil and write the student to `config.output`; resumes an interrupted run.

    `train --backbone` takes the folder; its classifier is untrained.
    """
    set_seed(config.seed)
    started = time.time()
    tokenizer = load_tokenizer(config.teacher)
    teacher = load_encoder(config.teacher)
    if config.student is None:
        student = shared_student(
            teacher, n_layers=config.n_layers, exit_pooling=config.exit_pooling
        )
    else:
        student = load_backbone(
            config.student, n_layers=config.n_layers, exit_pooling=config.exit_pooling
        )
    for unused in (student.classifier, student.albert.pooler):
        unused.requires_grad_(False)  # many processes wait for the gradient of every other weight
    data = token_ids(config, tokenizer)
    runs.check_lengths(data["input_ids"], config.max_tokens, student, teacher)
    arguments = runs.training_arguments(data, config)
    runs.move(teacher, arguments.device)
    trainer = Trainer(
        DistillationModule(student, teacher, config.targets),
        arguments,
        train_dataset=data,
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    digests = {
        "texts": hashlib.sha256(json.dumps(list(data["input_ids"])).encode()).hexdigest(),
        "teacher": runs.model_digest(config.teacher),
        "student": runs.model_digest(config.student),
    }
    record = runs.run_to_the_end(trainer, config, digests, started)
    losses = [
        {"step": entry["step"], "loss": round(float(entry["loss"]), 5)}
        for entry in trainer.state.log_history
        if "loss" in entry
    ]
    record |= {
        "sentences": len(data),
        "tokens": sum(len(ids) for ids in data["input_ids"]),
        "losses": losses,
    }
    folder = Path(config.output)
    if trainer.is_world_process_zero():  # of many processes, one writes
        save_checkpoint(student, tokenizer, folder, training=record, dtype="float32")
    return folder
