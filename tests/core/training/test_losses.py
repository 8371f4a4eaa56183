"""Losses against scalar references; learned layer weights done right."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from elbert_core.errors import ConfigError
from elbert_core.training.losses import (
    IGNORED_LABEL,
    LayerWeights,
    hidden_state_loss,
    layer_cross_entropy,
    layer_distillation,
)


def test_cross_entropy_against_scalars() -> None:
    torch.manual_seed(0)
    logits, gold = torch.randn(3, 5, 4), torch.tensor([0, 3, IGNORED_LABEL, 1, 2])
    losses = layer_cross_entropy(logits, gold)
    for layer in range(3):
        total, n = 0.0, 0
        for row, label in enumerate(gold.tolist()):
            if label != IGNORED_LABEL:
                exponents = [math.exp(z) for z in logits[layer, row].tolist()]
                total, n = total - math.log(exponents[label] / sum(exponents)), n + 1
        assert losses[layer].item() == pytest.approx(total / n, rel=1e-5)


def test_cross_entropy_without_labels_is_zero() -> None:
    gold = torch.full((2,), IGNORED_LABEL)
    assert layer_cross_entropy(torch.randn(3, 2, 2), gold).tolist() == [0.0, 0.0, 0.0]


def test_distillation_against_scalars() -> None:
    torch.manual_seed(0)
    logits, teacher = torch.randn(2, 3, 4), torch.randn(3, 4)
    values = layer_distillation(logits, teacher, temperature=2.0)
    for layer in range(2):
        total = 0.0
        for row in range(3):
            p = torch.softmax(teacher[row] / 2, 0).tolist()
            q = torch.softmax(logits[layer, row] / 2, 0).tolist()
            total += sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
        assert values[layer].item() == pytest.approx(4 * total / 3, rel=1e-4)
    assert layer_distillation(teacher[None], teacher).item() == pytest.approx(0.0, abs=1e-6)


def test_hidden_state_loss_ignores_scale_and_padding() -> None:
    torch.manual_seed(0)
    a, mask = torch.randn(2, 4, 8), torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]])
    assert hidden_state_loss([a], [3 * a + 1], mask).item() == pytest.approx(0.0, abs=1e-5)
    b = a.clone()
    b[0, 3], b[1, 2:] = 9.0, torch.randn(2, 8)
    assert hidden_state_loss([b], [a], mask).item() == pytest.approx(0.0, abs=1e-6)
    assert hidden_state_loss([-a], [a]).item() == pytest.approx(4.0, abs=1e-3)


@pytest.mark.parametrize("weighting", ["equal", "linear", "learned"])
@pytest.mark.parametrize("n_layers", [2, 12, 24])
def test_weights_sum_to_the_number_of_layers(weighting: str, n_layers: int) -> None:
    weights = LayerWeights(n_layers, weighting).weights()
    assert weights.shape == (n_layers,)
    assert weights.sum().item() == pytest.approx(n_layers, rel=1e-5)


def test_published_start_of_learned_weights() -> None:
    weights = LayerWeights(24, "learned").weights()
    assert weights[:-1].sum().item() == pytest.approx(22.59, abs=0.01)
    assert weights[-1].item() == pytest.approx(1.41, abs=0.01)


def test_linear_weights_grow_with_depth() -> None:
    weights = LayerWeights(12, "linear").weights()
    assert torch.allclose(weights / weights[0], torch.arange(1.0, 13.0))


def test_gradient_of_learned_weights() -> None:
    module, losses = LayerWeights(4, "learned"), torch.tensor([0.9, 0.5, 0.4, 0.2])
    module(losses).backward()
    w = torch.sigmoid(torch.tensor(4.0))
    expected = w * (1 - w) * (losses[:-1] - losses[-1]) / 4
    torch.testing.assert_close(module.logits.grad, expected)


def test_learned_weights_are_parameters_and_saved() -> None:
    module = nn.ModuleDict({"weights": LayerWeights(5, "learned")})
    assert list(module.state_dict()) == ["weights.logits"]
    assert not LayerWeights(5, "equal").state_dict()


def test_unknown_weighting_is_refused() -> None:
    with pytest.raises(ConfigError, match="equal.*linear.*learned.*'dyn'"):
        LayerWeights(3, "dyn")  # type: ignore[arg-type]
