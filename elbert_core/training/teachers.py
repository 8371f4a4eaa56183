"""Fine-tuning an ordinary encoder on a task, to teach a shared-layer student afterwards.

Plain transformers: a classifier on the last layer, no exits. Nothing here knows ELBERT.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from transformers import (
    AutoModelForSequenceClassification,
    EvalPrediction,
    set_seed,
)

from elbert_core.data.texts import load_table
from elbert_core.errors import CheckpointError
from elbert_core.model.checkpoints import TRAINING_FILE, versions
from elbert_core.training.batches import ShapedTrainer, collator
from elbert_core.training.packages import resolve_model
from elbert_core.training.runs import (
    RunSettings,
    encode,
    move,
    resume_point,
    training_arguments,
)
from elbert_core.training.students import load_tokenizer

DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob")
"""What BERT, MPNet and their kin call their dropout rates."""


@dataclass(frozen=True, kw_only=True)
class TeacherConfig(RunSettings):
    """Settings of one teacher's fine-tuning.

    Attributes:
        backbone: encoder to fine-tune: folder, hub name or "package:NAME/FOLDER".
        data: labelled data set, folder or `datasets` name, with train and validation splits.
        output: folder to write; the run's own state goes to `<output>/run`.
        dropout: share of states and attention dropped in training; None keeps the encoder's.
        freeze_embeddings: leave the table of word embeddings as it is, which saves memory and time.
    """

    backbone: str
    data: str
    output: str
    epochs: float = 2.0
    learning_rate: float = 6e-5
    warmup_steps: int = 200
    evaluations: int = 4
    seed: int = 1
    dropout: float | None = None
    freeze_embeddings: bool = False


def finetune_teacher(config: TeacherConfig) -> Path:
    """Fine-tune, keep the best checkpoint on the even validation rows, write it; resumes.

    The odd rows stay unseen, so that students picked and reported with them stay comparable.

    Returns:
        The folder written.
    """
    set_seed(config.seed)
    started = time.time()
    table = load_table(config.data, "train")
    validation = load_table(config.data, "validation", label_names=table.label_names)
    name = resolve_model(config.backbone)
    tokenizer = load_tokenizer(name)
    rate = config.dropout
    dropout = {} if rate is None else dict.fromkeys(DROPOUTS, rate)
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            name,
            id2label=dict(enumerate(table.label_names)),
            label2id={label: i for i, label in enumerate(table.label_names)},
            use_safetensors=True,
            attn_implementation="eager",
            **dropout,
        )
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot load a teacher from {config.backbone}: {error}") from error
    if config.freeze_embeddings:
        model.get_input_embeddings().requires_grad_(False)
    train_set = encode(table, tokenizer, max_tokens=config.max_tokens)
    arguments = training_arguments(
        Path(config.output) / "run", rows=train_set, config=config, metric="accuracy"
    )
    picking = validation.take(range(0, len(validation), 2))
    trainer = ShapedTrainer(
        model,
        arguments,
        train_dataset=train_set,
        eval_dataset=encode(picking, tokenizer, max_tokens=config.max_tokens),
        data_collator=collator(tokenizer),
        compute_metrics=_accuracy,
    )
    trainer.tokens_per_step = config.tokens_per_step
    trainer.train(resume_from_checkpoint=resume_point(arguments, config))
    accuracy = {}
    for part, rows in (
        ("validation", validation),
        ("odd_rows", validation.take(range(1, len(validation), 2))),
    ):
        output = trainer.predict(encode(rows, tokenizer, max_tokens=config.max_tokens))
        # compared with the labels it returns: the trainer has an order of rows of its own
        right = np.asarray(output.predictions).argmax(-1) == output.label_ids
        accuracy[part] = round(float(np.mean(right)), 4)
    folder = Path(config.output)
    if not trainer.is_world_process_zero():  # of many processes, one writes
        return folder
    move(model, "cpu")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    record = {
        "config": asdict(config),
        "steps": trainer.state.global_step,
        "minutes": round((time.time() - started) / 60, 1),
        "versions": versions(),
        "accuracy": accuracy,
    }
    (folder / TRAINING_FILE).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return folder


def _accuracy(prediction: EvalPrediction) -> dict[str, float]:
    logits = np.asarray(prediction.predictions)
    return {"accuracy": float((logits.argmax(-1) == prediction.label_ids).mean())}
