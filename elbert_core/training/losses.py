"""Training losses of a network with an exit after every layer.

Each function gives one number a layer; `LayerWeights` joins them. Nothing here knows a data set or
a trainer.

References:
    ELBERT: Xie, Lu, Wang, Wang 2021, arXiv:2107.00175 (learned layer weights, "dyn").
    PABEE: Zhou et al. 2020, arXiv:2006.04152 (layer i weighs i).
    FastBERT: Liu et al. 2020, arXiv:2004.02178 (exits learn from a teacher's distribution).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from elbert_core.errors import ConfigError

Weighting = Literal["equal", "linear", "learned"]
WEIGHTINGS: tuple[Weighting, ...] = ("equal", "linear", "learned")

INITIAL_LOGIT = 4.0
"""Start of ELBERT's W_i, sigmoid(4) = 0.982, from its published code."""

IGNORED_LABEL = -100
"""Rows with this label have no gold label and take part in distillation only."""


def layer_cross_entropy(layer_logits: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of each exit over the labelled rows: (layers,) in nats, 0 without any.

    From logits (layers, batch, labels) and indices (batch,), `IGNORED_LABEL` for rows without one.
    """
    layers, batch, _ = layer_logits.shape
    losses = functional.cross_entropy(
        layer_logits.flatten(0, 1).float(),
        labels.repeat(layers),
        ignore_index=IGNORED_LABEL,
        reduction="none",
    ).view(layers, batch)
    return losses.sum(dim=1) / (labels != IGNORED_LABEL).sum().clamp(min=1)


def layer_distillation(
    layer_logits: Tensor, teacher_logits: Tensor, *, temperature: float = 1.0
) -> Tensor:
    """KL(teacher || exit) of each exit, times temperature squared: (layers,) in nats, at least 0.

    From logits (layers, batch, labels) and (batch, labels); a temperature above 0 softens both.
    """
    student = functional.log_softmax(layer_logits.float() / temperature, dim=-1)
    teacher = functional.log_softmax(teacher_logits.float() / temperature, dim=-1)
    divergence = (teacher.exp() * (teacher - student)).sum(-1).mean(-1)
    return divergence * temperature**2


def hidden_state_loss(
    student_states: Sequence[Tensor],
    teacher_states: Sequence[Tensor],
    attention_mask: Tensor | None = None,
) -> Tensor:
    """Mean squared difference between layer-normalised states, averaged over the pairs.

    Normalising both sides takes away each layer's own scale and offset, which one shared layer
    norm could not follow anyway. In [0, 4]: 0 for equal directions, 2 for unrelated ones. All
    states are (batch, tokens, hidden), the mask (batch, tokens), 1 for real tokens.
    """
    total = torch.zeros((), device=student_states[0].device)
    for student, teacher in zip(student_states, teacher_states, strict=True):
        width = (student.shape[-1],)
        ours, theirs = (functional.layer_norm(s.float(), width) for s in (student, teacher))
        error = (ours - theirs).square().mean(-1)
        if attention_mask is None:
            total = total + error.mean()
        else:
            total = total + (error * attention_mask).sum() / attention_mask.sum()
    return total / len(student_states)


def state_pairs(student_layers: int, teacher_layers: int) -> list[tuple[int, int]]:
    """Which student layer answers for which teacher layer: evenly spread, last to last, 1-based."""
    return [
        (max(1, round(layer * student_layers / teacher_layers)), layer)
        for layer in range(1, teacher_layers + 1)
    ]


class LayerWeights(nn.Module):
    """How much each exit counts in training; the weights always sum to the number of layers.

    "equal": 1 each. "linear": proportional to the layer number. "learned": ELBERT's
    w_i = sigmoid(W_i) for i < L, and w_L = L - sum of the others, trained along.

    Deviation for "learned": W is a real parameter (published: a loose tensor whose gradient was
    never cleared and which was never saved). Known weakness of the objective itself: weight drifts
    to the layer with the lowest loss, usually the last one, so its values are logged and saved.
    """

    def __init__(self, n_layers: int, weighting: Weighting = "equal") -> None:
        super().__init__()
        if weighting not in WEIGHTINGS:
            raise ConfigError(f"layer weights must be one of {WEIGHTINGS}, got {weighting!r}")
        self.n_layers = n_layers
        self.weighting = weighting
        if weighting == "learned":
            self.logits = nn.Parameter(torch.full((n_layers - 1,), INITIAL_LOGIT))

    def weights(self) -> Tensor:
        """(layers,) weights that sum to `n_layers`."""
        if self.weighting == "learned":
            early = torch.sigmoid(self.logits)
            return torch.cat([early, (self.n_layers - early.sum()).unsqueeze(0)])
        if self.weighting == "linear":
            depth = torch.arange(1, self.n_layers + 1, dtype=torch.float32)
            return depth / depth.mean()
        return torch.ones(self.n_layers)

    def forward(self, layer_losses: Tensor) -> Tensor:
        """(layers,) losses -> () weighted mean.

        The published loss is the weighted sum; dividing by the number of layers keeps gradient
        clipping comparable between depths and changes nothing else under Adam.
        """
        return (self.weights().to(layer_losses.device) * layer_losses).sum() / self.n_layers
