"""What all long runs share: trainer settings, precision, tokenising, resuming, versions.

Nothing here knows a loss or a task. The library's trainer keeps its own state (optimiser, random
numbers) in the run folder in torch's format; that folder is scratch and never part of a checkpoint.
"""

from __future__ import annotations

import json
import math
import os
import time
import typing
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from datasets import Dataset
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from elbert_core.data.texts import TextTable
from elbert_core.errors import CheckpointError, ConfigError
from elbert_core.model.checkpoints import versions, weights_digest
from elbert_core.training.packages import resolve_model
from elbert_core.training.trainers import ShapedBatches, ShapedTrainer

SETTINGS_FILE = "settings.json"
DIGESTS = "digests"
WORDS = {"data": "the data or its labels", "labels": "the stored labels"}
"""What a digest is of, where its name does not say it well."""
EXTENDABLE = ("output", "epochs", "max_steps", "evaluations")
"""Settings that may change when a run is taken up again: where it lies and how long it is."""


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """Settings that every kind of run has; each kind has defaults of its own.

    Attributes:
        output: checkpoint folder to write; the run's own state goes to `<output>/run`.
        epochs: passes over the training rows.
        learning_rate: highest rate; warms up, then falls linearly to 0.
        batch_size: rows of one step on one device.
        tokens_per_step: tokens of one step instead, padding included; rows of similar length are
            put together (`batches.ShapedBatches`). 0 goes by `batch_size`.
        weight_decay: AdamW's.
        warmup_steps: steps until the highest rate.
        max_tokens: longer texts are cut there.
        evaluations: how often to save (and evaluate) during the run.
        seed: of everything random.
        precision: "auto" (bf16 where the hardware is fast at it), "bf16" or "fp32".
        max_steps: stop after so many steps, -1 for all; for short trials and tests.
    """

    output: str
    epochs: float = 1.0
    learning_rate: float = 5e-5
    batch_size: int = 32
    tokens_per_step: int = 0
    weight_decay: float = 0.01
    warmup_steps: int = 100
    max_tokens: int = 128
    evaluations: int = 8
    seed: int = 0
    precision: str = "auto"
    max_steps: int = -1

    def __post_init__(self) -> None:
        check_least(self, 0, "epochs", "weight_decay", "warmup_steps", "tokens_per_step", "seed")
        check_least(self, 1, "batch_size", "evaluations")
        check_least(self, 0, "learning_rate", above=True)
        check_least(self, 3, "max_tokens")
        if self.seed >= 2**32:  # numpy takes no larger one
            raise ConfigError(f"seed must be under 2^32, got {self.seed}")
        if self.max_steps < 1 and self.max_steps != -1:
            raise ConfigError(f"max_steps must be at least 1, or -1 for all, got {self.max_steps}")
        use_bf16(self.precision)
        for name, hint in typing.get_type_hints(type(self)).items():
            allowed = typing.get_args(hint) if typing.get_origin(hint) is Literal else ()
            if allowed and getattr(self, name) not in allowed:
                raise ConfigError(
                    f"{name} must be one of {', '.join(allowed)}, got {getattr(self, name)!r}"
                )
        _check_output(self)


def check_least(settings: object, low: float, *names: str, above: bool = False) -> None:
    """Refuse settings that are below `low`, or at it where they must be above, or not finite.

    Raises:
        ConfigError: names the setting, what is allowed and what came.
    """
    for name in names:
        value = getattr(settings, name)
        if not low <= value < math.inf or (above and value == low):
            allowed = f"{'above' if above else 'at least'} {low:g}"
            raise ConfigError(f"{name} must be {allowed}, got {value}")


def _check_output(settings: RunSettings) -> None:
    output = Path(settings.output)
    if output.is_file():
        raise ConfigError(f"output must be a folder, {output} is a file")
    for name in ("backbone", "teacher", "student", "data"):
        given = getattr(settings, name, None)
        if given and Path(given).is_dir() and Path(given).resolve() == output.resolve():
            raise ConfigError(f"output must be another folder than {name}, got {output} for both")


def training_arguments(
    rows: Dataset, config: RunSettings, *, metric: str | None = None
) -> TrainingArguments:
    """The trainer's settings; with a `metric` it evaluates along the way and keeps the best."""
    if config.tokens_per_step:
        batches = len(ShapedBatches(list(map(len, rows["input_ids"])), config.tokens_per_step))
    else:
        batches = -(-len(rows) // config.batch_size)
    steps = max(1, int(batches * config.epochs))
    if config.max_steps > 0:
        steps = min(steps, config.max_steps)
    every = max(1, steps // config.evaluations)
    picks: dict[str, Any] = {"metric_for_best_model": metric, "greater_is_better": True}
    picks |= {"eval_strategy": "steps", "eval_steps": every, "load_best_model_at_end": True}
    return TrainingArguments(
        output_dir=str(Path(config.output) / "run"),
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
        **({} if metric is None else picks),
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


def encode(
    tables: Iterable[TextTable],
    tokenizer: PreTrainedTokenizerBase,
    model: PreTrainedModel,
    config: RunSettings,
) -> list[Dataset]:
    """Token ids and labels of labelled texts, cut after `config.max_tokens` and not padded.

    Raises:
        ConfigError: no room for a word, or a text that is longer than the model can read.
    """
    most, made = config.max_tokens, []
    for table in tables:
        paired = table.pairs is not None
        least = tokenizer.num_special_tokens_to_add(pair=paired) + 1 + paired
        if most < least:
            raise ConfigError(f"max_tokens must be at least {least} for these texts, got {most}")
        columns = (table.texts, table.pairs)
        cut = tokenizer(*columns, truncation=True, max_length=most, return_token_type_ids=True)
        check_lengths(cut["input_ids"], most, model)
        made.append(Dataset.from_dict({**cut, "labels": table.labels.tolist()}))
    return made


def check_lengths(rows: Iterable[Sequence[int]], max_tokens: int, *models: PreTrainedModel) -> None:
    """Refuse rows of token ids that are longer than a model can read.

    Raises:
        ConfigError: there is one.
    """
    positions = min(int(model.config.max_position_embeddings) for model in models)
    if max(map(len, rows), default=0) > positions:
        raise ConfigError(
            f"max_tokens must be at most {positions}, which the model can read, got {max_tokens}"
        )


def model_digest(name: str | None) -> str | None:
    """SHA-256 of a model's weights, None where they are not in a folder as safetensors."""
    try:
        return None if name is None else weights_digest(resolve_model(name))
    except (OSError, CheckpointError):
        return None


def run_to_the_end(
    trainer: Trainer, config: RunSettings, digests: Mapping[str, str | None], started: float
) -> dict[str, Any]:
    """Train, from where an interrupted run of these settings was; what to record of any run.

    Digests are of what it reads (texts with their labels, models), by name; `started` is when it
    began, by `time.time`.
    """
    if isinstance(trainer, ShapedTrainer):
        trainer.tokens_per_step = config.tokens_per_step
    resumed = resume_point(trainer.args, config, digests)
    trainer.train(resume_from_checkpoint=resumed)
    return {
        "config": asdict(config),
        "digests": digests,
        "steps": trainer.state.global_step,
        "minutes": round((time.time() - started) / 60, 1),
        "resumed": resumed is not None,
        "versions": versions(),
    }


def resume_point(
    arguments: TrainingArguments, config: RunSettings, digests: Mapping[str, str | None]
) -> str | None:
    """Where an interrupted run of these settings goes on; None for a fresh start.

    Leaves the settings and digests beside the run's state, so that the next call can compare them.
    Only the length of a run may differ (`EXTENDABLE`); anything else would finish one run as
    another. What is found is the newest `checkpoint-N`, after a look at every file of it.

    Raises:
        CheckpointError: a file of it is missing or damaged.
        ConfigError: the run was begun with other settings, or what it reads has changed.
    """
    folder = Path(str(arguments.output_dir))
    settings = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(config).items()
        if name not in EXTENDABLE
    }
    settings[DIGESTS] = dict(digests)
    beside = folder / SETTINGS_FILE
    found: str | None = get_last_checkpoint(str(folder)) if folder.is_dir() else None
    if found is not None:
        _check_settings(beside, settings)
        _check_state(Path(found))
    elif int(os.environ.get("RANK", "0")) == 0:  # of many processes, one writes
        folder.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    return found


def _check_settings(path: Path, settings: dict[str, Any]) -> None:
    try:
        begun = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return  # begun before settings were kept
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}; delete the folder to start") from error
    if not isinstance(begun, dict):
        raise CheckpointError(f"{path} must hold an object, got {type(begun).__name__}")
    read = begun.pop(DIGESTS, None)
    changed = [
        n for n, d in settings[DIGESTS].items() if isinstance(read, dict) and read.get(n) != d
    ]
    if changed:
        raise ConfigError(
            f"{WORDS.get(changed[0], changed[0])} changed since the run in {path.parent} began: "
            "take another output, or delete the folder"
        )
    other = [name for name in settings if name in begun and begun[name] != settings[name]]
    if other:
        said = ", ".join(f"{name} {begun[name]!r} (now {settings[name]!r})" for name in other)
        raise ConfigError(
            f"the run in {path.parent} was begun with {said}: "
            "take those settings again, another output, or delete the folder"
        )


def _check_state(checkpoint: Path) -> None:
    """Look at every file a resumed run would read, before any of it is used."""
    path = checkpoint / "trainer_state.json"
    try:
        json.loads(path.read_text(encoding="utf-8"))
        path = checkpoint / "model.safetensors"
        with safe_open(str(path), framework="numpy") as opened:
            list(opened.keys())
        random = sorted(checkpoint.glob("rng_state*.pth"))
        for path in (checkpoint / "optimizer.pt", checkpoint / "scheduler.pt", *random):
            # torch's own files are zip archives with checksums: read, never unpickled here
            with zipfile.ZipFile(path) as archive:
                if bad := archive.testzip():
                    raise zipfile.BadZipFile(f"damaged at {bad}")
    except (OSError, ValueError, SafetensorError, zipfile.BadZipFile) as error:
        raise CheckpointError(
            f"cannot resume, {path} is missing or damaged; delete {checkpoint} to go on from the "
            "state before it"
        ) from error


def move(model: nn.Module, device: torch.device | str, dtype: torch.dtype | None = None) -> None:
    """Move a model in place; transformers' own wrapper around `.to` hides its signature."""
    nn.Module.to(model, device=device, dtype=dtype)
