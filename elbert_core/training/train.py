"""Training an early-exit classifier with transformers' Trainer (one device, or many by torchrun).

What is ours is small: the loss over all exits with its layer weights, optional distillation from a
fine-tuned teacher, a parameter group for learned weights, and the measure that picks the best
checkpoint (area under accuracy against computation cost). Loops, devices, mixed precision, saving
and resuming are the library's.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from datasets import Dataset, concatenate_datasets
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    AutoModelForSequenceClassification,
    EvalPrediction,
    PreTrainedModel,
    Trainer,
    set_seed,
)

from elbert_core.data.rows import some
from elbert_core.data.texts import (
    TextTable,
    load_table,
    read_plain_texts,
    split_sentences,
    text_list_digest,
)
from elbert_core.errors import ConfigError
from elbert_core.evaluation.sweeps import evaluation_summary
from elbert_core.model.cards import model_card
from elbert_core.model.check import check_tokenizer, names_of
from elbert_core.model.checkpoints import save_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification, ExitHeads, ExitPooling
from elbert_core.training import losses, runs
from elbert_core.training.labelling import Text, load_labels
from elbert_core.training.packages import loading, resolve_model
from elbert_core.training.students import load_backbone, load_tokenizer
from elbert_core.training.trainers import ElbertTrainer, LogLayerWeights, collator
from elbert_core.uncertainty import probabilities


@dataclass(frozen=True, kw_only=True)
class TrainConfig(runs.RunSettings):
    """Settings of one training run; saved in training.json.

    Attributes:
        backbone: ALBERT, ELBERT or BERT to start from, folder or hub name.
        data: labelled data set, folder or `datasets` name, with train and validation splits.
        n_layers: applications of the shared layer; None keeps the backbone's.
        exit_heads, exit_pooling: see `ElbertConfig`.
        layer_weights: "equal", "linear" or "learned" (`losses.LayerWeights`).
        teacher: fine-tuned classifier to distil from, None for none.
        labels: logits of a teacher that `label` stored, in place of `teacher`.
        teacher_weight: share of the distillation loss against cross-entropy, [0, 1].
        temperature: softens both distributions in distillation, above 0.
        hidden_weight: weight of the hidden-state loss towards the teacher, 0 for none.
        unlabelled: plain texts (files or folders) that only the teacher labels.
        unlabelled_rows: sentences to take from them at most.
        layer_weight_rate: learning rate of learned layer weights (ELBERT: 1e-2, no decay).
    """

    backbone: str
    data: str
    n_layers: int | None = None
    exit_heads: ExitHeads = "shared"
    exit_pooling: ExitPooling = "cls"
    layer_weights: losses.Weighting = "equal"
    teacher: str | None = None
    labels: str | None = None
    teacher_weight: float = 0.7
    temperature: float = 1.0
    hidden_weight: float = 0.0
    unlabelled: tuple[str, ...] = ()
    unlabelled_rows: int = 0
    epochs: float = 3.0
    learning_rate: float = 3e-5
    layer_weight_rate: float = 1e-2

    def __post_init__(self) -> None:
        super().__post_init__()
        runs.check_least(self, 0, "hidden_weight", "layer_weight_rate", "unlabelled_rows")
        runs.check_least(self, 0, "temperature", above=True)
        if self.n_layers is not None:
            runs.check_least(self, 1, "n_layers")
        if not 0 <= self.teacher_weight <= 1:
            raise ConfigError(f"teacher_weight must be in [0, 1], got {self.teacher_weight}")
        if self.unlabelled and self.teacher is None and self.labels is None:
            raise ConfigError("unlabelled texts need a teacher to label them")
        if bool(self.unlabelled) != bool(self.unlabelled_rows):
            raise ConfigError(
                "unlabelled (texts) and unlabelled_rows (how many, at least 1) go together, "
                f"got {len(self.unlabelled)} texts and {self.unlabelled_rows} rows"
            )
        if self.hidden_weight > 0 and self.teacher is None and self.labels is None:
            raise ConfigError("hidden_weight needs a teacher")
        if self.labels is not None and self.teacher is not None:
            raise ConfigError("labels are a teacher's answers: give labels or teacher, not both")
        if self.labels is not None and self.hidden_weight > 0:
            raise ConfigError("hidden_weight needs a teacher; stored labels have no hidden states")


class TrainingModule(nn.Module):
    """A model with its loss, so that learned layer weights are trained, averaged and saved with it.

    The teacher is kept out of the module tree: it is neither trained nor saved.
    """

    def __init__(
        self,
        model: ElbertForSequenceClassification,
        config: TrainConfig,
        teacher: PreTrainedModel | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.layer_weights = losses.LayerWeights(model.n_layers, config.layer_weights)
        self._settings = config
        self._teacher = (teacher,)
        self._columns = [] if teacher is None else teacher_columns(teacher, model)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
        teacher_logits: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Loss, and logits as (batch, layers, labels) so that batches can be joined."""
        settings, teacher = self._settings, self._teacher[0]
        use_teacher = teacher is not None and self.training
        with_states = use_teacher and settings.hidden_weight > 0
        output = self.model(
            input_ids, attention_mask, token_type_ids, output_hidden_states=with_states
        )
        result = {"logits": output.layer_logits.transpose(0, 1)}
        if labels is None:
            return result
        taught = None
        per_layer = losses.layer_cross_entropy(output.layer_logits, labels)
        loss = self.layer_weights(per_layer)
        if use_teacher and teacher is not None:
            with torch.no_grad():
                taught = teacher(
                    input_ids=input_ids,
                    attention_mask=attention_mask,
                    token_type_ids=token_type_ids,
                    output_hidden_states=with_states,
                )
            teacher_logits = taught.logits[:, self._columns]
        if teacher_logits is not None and self.training:
            softened = losses.layer_distillation(
                output.layer_logits, teacher_logits, temperature=settings.temperature
            )
            share = settings.teacher_weight
            loss = (1 - share) * loss + share * self.layer_weights(softened)
            if with_states and taught is not None:
                pairs = losses.state_pairs(self.model.n_layers, len(taught.hidden_states) - 1)
                loss = loss + settings.hidden_weight * losses.hidden_state_loss(
                    [output.hidden_states[ours] for ours, _ in pairs],
                    [taught.hidden_states[theirs] for _, theirs in pairs],
                    attention_mask,
                )
        return {"loss": loss, **result}


def train(config: TrainConfig) -> Path:
    """Train, pick the best checkpoint and write it to `config.output`; resumes an interrupted run.

    Raises:
        CheckpointError, ConfigError, InputError: before any training starts.
    """
    set_seed(config.seed)
    started = time.time()
    table = load_table(config.data, "train")
    validation = load_table(config.data, "validation", label_names=table.label_names)
    tokenizer = load_tokenizer(config.backbone)
    model = load_backbone(
        config.backbone,
        n_layers=config.n_layers,
        label_names=table.label_names,
        exit_heads=config.exit_heads,
        exit_pooling=config.exit_pooling,
    )
    teacher = None if config.teacher is None else load_teacher(config.teacher, model)
    check_tokenizer(tokenizer, model.config, config.backbone)
    train_set, validation_set = runs.encode([table, validation], tokenizer, model, config)
    digests = {
        "data": text_list_digest([table.digest(), validation.digest()]),
        "backbone": runs.model_digest(config.backbone),
        "teacher": runs.model_digest(config.teacher),
    }
    texts: list[Text] = list(table.inputs())
    if config.unlabelled_rows:
        sentences = split_sentences(
            read_plain_texts(config.unlabelled), limit=config.unlabelled_rows, seed=config.seed
        )
        unknown = np.full(len(sentences), losses.IGNORED_LABEL)
        rows = [TextTable(sentences, None, unknown, table.label_names)]
        more = runs.encode(rows, tokenizer, model, config)
        train_set = concatenate_datasets([train_set, *more])
        texts += sentences
        digests["unlabelled texts"] = text_list_digest(sentences)
    if config.labels is not None:
        logits = load_labels(config.labels).of(texts, table.label_names)
        digests["labels"] = hashlib.sha256(logits.tobytes()).hexdigest()
        train_set = train_set.add_column("teacher_logits", logits.tolist())
    if not torch.cuda.is_available():  # the fused attention's way back takes thrice as long here
        model.set_attn_implementation("eager")
    module = TrainingModule(model, config, teacher)
    arguments = runs.training_arguments(train_set, config, metric="area")
    if teacher is not None:
        runs.move(teacher, arguments.device)
    weights_log = LogLayerWeights(module.layer_weights)
    trainer = ElbertTrainer(
        module,
        arguments,
        train_dataset=train_set,
        eval_dataset=validation_set.select(range(0, len(validation), 2)),
        data_collator=collator(tokenizer),
        compute_metrics=_metrics,
        callbacks=[weights_log],
    )
    record = runs.run_to_the_end(trainer, config, digests, started)
    every = np.arange(len(validation))
    results = {
        name: evaluation_summary(*predict_layers(trainer, validation_set.select(rows)))
        for name, rows in (
            ("validation", every),
            ("picked_on_even_rows", every[::2]),
            ("reported_on_odd_rows", every[1::2]),
        )
    }
    record |= {
        "data": {
            "train_rows": len(table),
            "unlabelled_rows": len(train_set) - len(table),
            "validation_rows": len(validation),
            "labels": list(table.label_names),
        },
        "teacher_digest": digests["teacher"],
        "layer_weights": module.layer_weights.weights().tolist(),
        "layer_weight_history": weights_log.history,
        "results": results,
        "log": [
            {k: round(v, 5) if isinstance(v, float) else v for k, v in entry.items()}
            for entry in trainer.state.log_history
            if "eval_area" in entry
        ],
    }
    folder = Path(config.output)
    if trainer.is_world_process_zero():  # of many processes, one writes
        save_checkpoint(
            model,
            tokenizer,
            folder,
            training=record,
            model_card=model_card(folder.name, record, model.config.to_dict()),
        )
    return folder


def load_teacher(name: str, student: ElbertForSequenceClassification) -> PreTrainedModel:
    """A fine-tuned classifier with the student's vocabulary and labels, frozen, in float32.

    Raises:
        CheckpointError: none is there.
        ConfigError: it has other pieces or other labels; the order of the labels may differ.
    """
    with loading("a teacher", name):
        teacher = AutoModelForSequenceClassification.from_pretrained(
            resolve_model(name), use_safetensors=True, dtype=torch.float32
        )
    theirs, ours = teacher.config.vocab_size, student.config.vocab_size
    if theirs != ours:
        raise ConfigError(f"vocab_size of the teacher must be the student's {ours}, got {theirs}")
    teacher_columns(teacher, student)
    frozen: PreTrainedModel = teacher.requires_grad_(False).eval()
    return frozen


def teacher_columns(
    teacher: PreTrainedModel, student: ElbertForSequenceClassification
) -> list[int]:
    """Which of the teacher's labels each label of the student is, by name.

    Raises:
        ConfigError: the labels have other names.
    """
    theirs, ours = names_of(teacher.config), names_of(student.config)
    if sorted(theirs) != sorted(ours):
        raise ConfigError(
            f"labels of the teacher must be the student's {some(ours)}, got {some(theirs)}"
        )
    return [theirs.index(name) for name in ours]


def predict_layers(
    trainer: Trainer, rows: Dataset
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Probabilities (layers, rows, labels) and gold labels (rows,), in one order of rows.

    The trainer groups rows by length and so returns them in an order of its own; the labels it
    returns are in the same order, those of the data set are not.
    """
    output = trainer.predict(rows)
    logits = np.asarray(output.predictions, dtype=np.float32)
    return probabilities(np.swapaxes(logits, 0, 1)), np.asarray(output.label_ids, dtype=np.int64)


def _metrics(prediction: EvalPrediction) -> dict[str, float]:
    probs = probabilities(np.swapaxes(np.asarray(prediction.predictions), 0, 1))
    summary = evaluation_summary(probs, np.asarray(prediction.label_ids))
    accuracies = summary["layer_accuracy"]
    return {
        "area": summary["area"],
        "full_accuracy": accuracies[-1],
        **{f"accuracy_{i + 1}": accuracies[i] for i in range(0, len(accuracies), 3)},
    }
