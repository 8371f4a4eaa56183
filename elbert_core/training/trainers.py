"""transformers' Trainer with what these runs need: batches of few shapes, rates of layer weights.

A processor's matrix library builds kernels for each shape it meets, and padded tokens cost as much
as real ones. Rows are put together by length, rounded up to a multiple of 8; each width has one
number of rows, and what is left over joins the next width.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from torch.utils.data import DataLoader, Sampler
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerBase,
    Trainer,
    TrainerCallback,
)

from elbert_core.training.losses import LayerWeights

if TYPE_CHECKING:
    from elbert_core.training.train import TrainingModule

logger = logging.getLogger(__name__)

MULTIPLE = 8
"""Widths are multiples of this."""


def collator(tokenizer: PreTrainedTokenizerBase) -> DataCollatorWithPadding:
    """Pads the rows of a batch to a multiple of `MULTIPLE`."""
    return DataCollatorWithPadding(tokenizer, pad_to_multiple_of=MULTIPLE)


class ShapedBatches(Sampler[list[int]]):
    """Row numbers of each batch; another order in every epoch, the same for the same seed.

    Args:
        lengths: tokens of each row.
        tokens: tokens of one batch, padding included, at most (one row at least).
        seed: of the order.
    """

    def __init__(self, lengths: Sequence[int], tokens: int, *, seed: int = 0) -> None:
        self._widths = -(-np.asarray(lengths, dtype=np.int64) // MULTIPLE) * MULTIPLE
        self._tokens = tokens
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the trainer before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return sum(1 for _ in self._batches(np.random.default_rng(0)))

    def __iter__(self) -> Iterator[list[int]]:
        chooser = np.random.default_rng((self._seed, self._epoch))
        batches = list(self._batches(chooser))
        for number in chooser.permutation(len(batches)):
            yield batches[number]

    def _batches(self, chooser: np.random.Generator) -> Iterator[list[int]]:
        left = np.zeros(0, dtype=np.int64)
        for width in np.unique(self._widths):
            rows = np.concatenate(
                [left, chooser.permutation(np.flatnonzero(self._widths == width))]
            )
            size = max(1, self._tokens // int(width))
            whole = len(rows) // size * size
            for start in range(0, whole, size):
                yield rows[start : start + size].tolist()
            left = rows[whole:]
        if len(left):
            yield left.tolist()


class ShapedTrainer(Trainer):
    """transformers' Trainer with `ShapedBatches`.

    Attributes:
        tokens_per_step: tokens of a batch; 0 leaves the batches to the library.
    """

    tokens_per_step = 0

    def get_train_dataloader(self) -> DataLoader[object]:
        """As the library's, with batches of few shapes."""
        if not self.tokens_per_step:
            return super().get_train_dataloader()
        rows = self._remove_unused_columns(
            cast(Dataset, self.train_dataset), description="training"
        )
        lengths = [len(ids) for ids in cast(Dataset, rows)["input_ids"]]
        sampler = ShapedBatches(lengths, self.tokens_per_step, seed=self.args.seed)
        loader: DataLoader[object] = DataLoader(
            rows, batch_sampler=sampler, collate_fn=self.data_collator
        )
        return cast("DataLoader[object]", self.accelerator.prepare(loader))


class ElbertTrainer(ShapedTrainer):
    """Trainer with a parameter group of its own for learned layer weights."""

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """AdamW; layer weights get their own rate and no decay (ELBERT, published code)."""
        wanted = self.optimizer is None
        optimizer = super().create_optimizer(*([] if model is None else [model]))
        module = cast("TrainingModule", self.model)
        if wanted and module.layer_weights.weighting == "learned":
            logits = module.layer_weights.logits
            for group in optimizer.param_groups:
                group["params"] = [p for p in group["params"] if p is not logits]
            optimizer.add_param_group(
                {"params": [logits], "lr": module._settings.layer_weight_rate, "weight_decay": 0.0}
            )
        return optimizer


class LogLayerWeights(TrainerCallback):
    """Writes the layer weights into the log and keeps their history."""

    def __init__(self, weights: LayerWeights) -> None:
        self.weights = weights
        self.history: list[tuple[int, list[float]]] = []

    def on_log(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002  # the library's signature
        """Called by the trainer at every log step, with arguments of no use here."""
        if self.weights.weighting == "learned":
            values = [round(v, 4) for v in self.weights.weights().tolist()]
            self.history.append((state.global_step, values))
            logger.info("layer weights at step %d: %s", state.global_step, values)
