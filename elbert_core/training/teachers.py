"""Fine-tuning an ordinary encoder on a task, to teach a shared-layer student afterwards.

Plain transformers: a classifier on the last layer, no exits. Nothing here knows ELBERT.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    EvalPrediction,
    PreTrainedModel,
    set_seed,
)

from elbert_core.data.texts import load_table, text_list_digest
from elbert_core.errors import ConfigError
from elbert_core.model.check import check_tokenizer, names_of
from elbert_core.model.checkpoints import TRAINING_FILE
from elbert_core.training import runs
from elbert_core.training.packages import loading, resolve_model
from elbert_core.training.students import label_settings, load_tokenizer, start_anew
from elbert_core.training.trainers import ShapedTrainer, collator

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")
"""What BERT, MPNet and their kin call their dropout rates."""


@dataclass(frozen=True, kw_only=True)
class TeacherConfig(runs.RunSettings):
    """Settings of one teacher's fine-tuning.

    Attributes:
        backbone: encoder to fine-tune: folder, hub name or "package:NAME/FOLDER".
        data: labelled data set, folder or `datasets` name, with train and validation splits.
        dropout: share of states and attention dropped in training; None keeps the encoder's.
        freeze_embeddings: leave the table of word embeddings as it is, which saves memory and time.
    """

    backbone: str
    data: str
    epochs: float = 2.0
    learning_rate: float = 6e-5
    warmup_steps: int = 200
    evaluations: int = 4
    seed: int = 1
    dropout: float | None = None
    freeze_embeddings: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout must be in [0, 1), got {self.dropout}")


def finetune_teacher(config: TeacherConfig) -> Path:
    """Fine-tune, keep the best checkpoint on the even validation rows, write it; resumes.

    The odd rows stay unseen, so that students picked and reported with them stay comparable.
    """
    set_seed(config.seed)
    started = time.time()
    table = load_table(config.data, "train")
    name = resolve_model(config.backbone)
    tokenizer = load_tokenizer(name)
    rate = config.dropout
    dropout = {} if rate is None else dict.fromkeys(DROPOUTS, rate)
    with loading("a teacher", config.backbone):
        theirs = names_of(AutoConfig.from_pretrained(name))
        same = set(theirs) == set(table.label_names)
        if same:  # a classifier keeps what its outputs mean
            table = load_table(config.data, "train", label_names=theirs)
        model, found = AutoModelForSequenceClassification.from_pretrained(
            name,
            **label_settings(table.label_names),
            ignore_mismatched_sizes=True,
            use_safetensors=True,
            dtype=torch.float32,
            attn_implementation="eager",
            output_loading_info=True,
            **dropout,
        )
    if not same and _has_own_head(model, found):  # of other labels: it must not answer for these
        for part, module in model.named_children():
            if part != model.base_model_prefix:
                start_anew(module, model.config.initializer_range)
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    check_tokenizer(tokenizer, model.config, config.backbone)
    validation = load_table(config.data, "validation", label_names=table.label_names)
    train_set, validation_set = runs.encode([table, validation], tokenizer, model, config)
    digests = {
        "data": text_list_digest([table.digest(), validation.digest()]),
        "backbone": runs.model_digest(name),
    }
    arguments = runs.training_arguments(train_set, config, metric="accuracy")
    trainer = ShapedTrainer(
        model,
        arguments,
        train_dataset=train_set,
        eval_dataset=validation_set.select(range(0, len(validation), 2)),
        data_collator=collator(tokenizer),
        compute_metrics=_accuracy,
    )
    record = runs.run_to_the_end(trainer, config, digests, started)
    accuracy = {}
    for part, rows in (
        ("validation", validation_set),
        ("odd_rows", validation_set.select(range(1, len(validation), 2))),
    ):
        output = trainer.predict(rows)
        # compared with the labels it returns: the trainer has an order of rows of its own
        right = np.asarray(output.predictions).argmax(-1) == output.label_ids
        accuracy[part] = round(float(np.mean(right)), 4)
    folder = Path(config.output)
    if not trainer.is_world_process_zero():  # of many processes, one writes
        return folder
    runs.move(model, "cpu")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    record["accuracy"] = accuracy
    (folder / TRAINING_FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return folder


def _has_own_head(model: PreTrainedModel, found: Mapping[str, Any]) -> bool:
    """Whether some weight beside the encoder's came from the file."""
    prefix, anew = f"{model.base_model_prefix}.", set(found["missing_keys"])
    anew |= {key for key, *_ in found["mismatched_keys"]}
    return any(not k.startswith(prefix) and k not in anew for k, _ in model.named_parameters())


def _accuracy(prediction: EvalPrediction) -> dict[str, float]:
    logits = np.asarray(prediction.predictions)
    return {"accuracy": float((logits.argmax(-1) == prediction.label_ids).mean())}
