"""What all long runs share: trainer settings, precision, tokenising, resuming, versions.

Nothing here knows a loss or a task. The library's trainer keeps its own state (optimiser, random
numbers) in the run folder in torch's format; that folder is scratch and never part of a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from torch import nn
from transformers import PreTrainedTokenizerBase, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from elbert_core.data import TextTable
from elbert_core.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings that every kind of run has; each kind has defaults of its own.

    Attributes:
        epochs: passes over the training rows.
        learning_rate: highest rate; warms up, then falls linearly to 0.
        batch_size: rows of one step on one device.
        weight_decay: AdamW's.
        warmup_steps: steps until the highest rate.
        max_tokens: longer texts are cut there.
        evaluations: how often to save (and evaluate) during the run.
        seed: of everything random.
        precision: "auto" (bf16 where the hardware is fast at it), "bf16" or "fp32".
        max_steps: stop after so many steps, -1 for all; for short trials and tests.
    """

    epochs: float = 1.0
    learning_rate: float = 5e-5
    batch_size: int = 32
    weight_decay: float = 0.01
    warmup_steps: int = 100
    max_tokens: int = 128
    evaluations: int = 8
    seed: int = 0
    precision: str = "auto"
    max_steps: int = -1


def training_arguments(
    folder: Path, *, rows: int, config: RunSettings, metric: str | None = None
) -> TrainingArguments:
    """The trainer's settings; with a `metric` it evaluates along the way and keeps the best."""
    steps = max(1, int(rows / config.batch_size * config.epochs))
    if config.max_steps > 0:
        steps = min(steps, config.max_steps)
    every = max(1, steps // config.evaluations)
    picks: dict[str, Any] = (
        {}
        if metric is None
        else {
            "eval_strategy": "steps",
            "eval_steps": every,
            "load_best_model_at_end": True,
            "metric_for_best_model": metric,
            "greater_is_better": True,
        }
    )
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=config.epochs,
        max_steps=config.max_steps,
        per_device_train_batch_size=config.batch_size,
        per_device_eval_batch_size=2 * config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup_steps,
        train_sampling_strategy="group_by_length",
        bf16=use_bf16(config.precision),
        use_cpu=not torch.cuda.is_available(),
        save_strategy="steps",
        save_steps=every,
        save_total_limit=2,
        logging_steps=max(1, every // 4),
        report_to=[],
        seed=config.seed,
        remove_unused_columns=True,
        label_names=["labels"],
        **picks,
    )


def use_bf16(precision: str) -> bool:
    """True where "auto" finds hardware with fast bf16 products, or where bf16 is asked for."""
    if precision == "auto":
        if torch.cuda.is_available():
            return bool(torch.cuda.is_bf16_supported())
        return bool(torch.cpu._is_avx512_bf16_supported())
    if precision not in ("bf16", "fp32"):
        raise ConfigError(f'precision must be "auto", "bf16" or "fp32", got {precision!r}')
    return precision == "bf16"


def encode(table: TextTable, tokenizer: PreTrainedTokenizerBase, *, max_tokens: int) -> Dataset:
    """Token ids and labels of a table, truncated to `max_tokens`, not padded."""
    encoded = tokenizer(
        table.texts, table.pairs, truncation=True, max_length=max_tokens, return_token_type_ids=True
    )
    return Dataset.from_dict({**encoded, "labels": table.labels.tolist()})


def last_checkpoint(folder: str | Path | None) -> str | None:
    """Where an interrupted run can go on, None for a fresh start."""
    if folder is None or not Path(folder).is_dir():
        return None
    found: str | None = get_last_checkpoint(str(folder))
    return found


def move(model: nn.Module, device: torch.device | str, dtype: torch.dtype | None = None) -> None:
    """Move a model in place; transformers' own wrapper around `.to` hides its signature."""
    nn.Module.to(model, device=device, dtype=dtype)
