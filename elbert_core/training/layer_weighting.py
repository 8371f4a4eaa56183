"""The trainer's side of layer weights: a rate of their own, and a log of where they go."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import TrainerCallback

from elbert_core.training.batches import ShapedTrainer
from elbert_core.training.losses import LayerWeights

if TYPE_CHECKING:
    from elbert_core.training.train import TrainingModule

logger = logging.getLogger(__name__)


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
