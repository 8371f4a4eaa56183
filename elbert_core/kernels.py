"""One layer and one exit head as few, large operations, in the precision of the engine.

The weights are the model's own. What differs from transformers' layer is bookkeeping: query, key
and value in one product, GELU fused into the product before it where the library has such a kernel,
and a padding mask that is one row a text. Results agree to rounding (tested).

Only for models that share one layer and one head between all depths; others run transformers' own
layer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from elbert_core.modeling import ElbertForSequenceClassification

logger = logging.getLogger(__name__)

GELU_FORMS = {
    "gelu": "none",
    "gelu_new": "tanh",
    "gelu_pytorch_tanh": "tanh",
    "gelu_fast": "tanh",
}
"""How the activations that ALBERT models name are written in torch."""


class Steps(Protocol):
    """What a scheduler needs of a model: embed rows, apply a layer, ask the exit head.

    `padding` is (rows, tokens), 1 for real tokens, None when nothing is padded.
    """

    n_layers: int
    mixes_depths: bool

    def embed(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """(rows, tokens) -> (rows, tokens, hidden)."""
        ...

    def mask(self, padding: Tensor | None, hidden: Tensor) -> Tensor | None:
        """What `layer` takes as mask; make it once and keep it while the rows stay."""
        ...

    def layer(self, hidden: Tensor, mask: Tensor | None, layer_index: int) -> Tensor:
        """(rows, tokens, hidden) -> the same shape."""
        ...

    def exit_logits(self, hidden: Tensor, padding: Tensor | None, layer_index: int) -> Tensor:
        """(rows, tokens, hidden) -> (rows, labels)."""
        ...


class ModelSteps:
    """The model's own layers, for groups of layers or heads per layer; rows keep one depth."""

    mixes_depths = False

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        self._model = model
        self.n_layers = model.n_layers

    def embed(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """See `Steps`."""
        return self._model.embed(input_ids, token_type_ids)

    def mask(self, padding: Tensor | None, hidden: Tensor) -> Tensor | None:
        """See `Steps`."""
        return self._model.expand_mask(padding, hidden)

    def layer(self, hidden: Tensor, mask: Tensor | None, layer_index: int) -> Tensor:
        """See `Steps`."""
        return self._model.layer(hidden, mask, layer_index)

    def exit_logits(self, hidden: Tensor, padding: Tensor | None, layer_index: int) -> Tensor:
        """See `Steps`."""
        return self._model.exit_logits(hidden, padding, layer_index)


class SharedSteps:
    """One fused layer and head for all depths; rows at different depths may share a call."""

    mixes_depths = True

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        self._model = model
        self.n_layers = model.n_layers
        layer = model.first_layer()
        attention = layer.attention
        self._heads: int = attention.num_attention_heads
        parts = (attention.query, attention.key, attention.value)
        self._qkv_weight = torch.cat([p.weight for p in parts]).detach().contiguous()
        self._qkv_bias = torch.cat([p.bias for p in parts]).detach().contiguous()
        self._dense = attention.dense
        self._attention_norm = attention.LayerNorm
        self._ffn_output = layer.ffn_output
        self._final_norm = layer.full_layer_layer_norm
        self._expand: Callable[[Tensor], Tensor] = _fused_gelu(
            layer.ffn, GELU_FORMS.get(str(model.config.hidden_act))
        ) or (lambda x: layer.activation(layer.ffn(x)))

    def embed(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """See `Steps`."""
        return self._model.embed(input_ids, token_type_ids)

    def mask(self, padding: Tensor | None, hidden: Tensor) -> Tensor | None:
        """(rows, 1, 1, tokens) bool, True for real tokens."""
        del hidden
        return None if padding is None else padding.bool()[:, None, None, :]

    def layer(self, hidden: Tensor, mask: Tensor | None, layer_index: int = 0) -> Tensor:
        """See `Steps`; the layer index does not matter, all layers are one."""
        del layer_index
        rows, tokens, width = hidden.shape
        projected = functional.linear(hidden, self._qkv_weight, self._qkv_bias)
        # (rows, tokens, 3 * hidden) -> 3 of (rows, heads, tokens, head width)
        query, key, value = projected.view(rows, tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed = mixed.transpose(1, 2).reshape(rows, tokens, width)
        attended = self._attention_norm(self._dense(mixed).add_(hidden))
        result: Tensor = self._final_norm(self._ffn_output(self._expand(attended)).add_(attended))
        return result

    def exit_logits(self, hidden: Tensor, padding: Tensor | None, layer_index: int = 0) -> Tensor:
        """See `Steps`; the layer index does not matter, all heads are one."""
        del layer_index
        return self._model.exit_logits(hidden, padding)


def make_steps(model: ElbertForSequenceClassification) -> Steps:
    """The fastest steps that this model allows."""
    if model.shares_everything and model.config.inner_group_num == 1:
        return SharedSteps(model)
    return ModelSteps(model)


def _fused_gelu(linear: nn.Linear, form: str | None) -> Callable[[Tensor], Tensor] | None:
    """Linear followed by GELU as one oneDNN kernel on the CPU, None where that is not to be had.

    In bf16 a GELU of its own costs nearly as much as the product before it. The operator is the one
    torch's own compiler emits; it is no public name, so it is tried out against the plain form
    before it is relied on.
    """
    if form is None or linear.weight.device.type != "cpu":
        return None
    weight, bias = linear.weight.detach(), linear.bias.detach()

    def fused(x: Tensor) -> Tensor:
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", [], form))

    try:
        with torch.inference_mode():
            trial = torch.linspace(-3, 3, 2 * linear.in_features, dtype=weight.dtype).view(2, -1)
            plain = functional.gelu(functional.linear(trial, weight, bias), approximate=form)
            scale = plain.abs().max().clamp(min=1e-3)
            close = bool((fused(trial) - plain).abs().max() <= 0.02 * scale)
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        logger.debug("no fused GELU here: %s", error)
        return None
    return fused if close else None
