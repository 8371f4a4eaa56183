"""One layer and one exit head as few, large operations, in the precision of the engine.

The weights are the model's own. What differs from transformers' layer is bookkeeping: query, key
and value in one product, weights packed once, GELU and the residual sums inside the products before
them where the library has such kernels, and a padding mask that is one row a text. Results agree to
rounding (tested).

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
        qkv_weight = torch.cat([p.weight for p in parts]).detach().contiguous()
        qkv_bias = torch.cat([p.bias for p in parts]).detach().contiguous()
        form = GELU_FORMS.get(str(model.config.hidden_act))
        widen = model.albert.encoder.embedding_hidden_mapping_in
        self._embeddings = model.albert.embeddings
        self._widen = _product(widen.weight, widen.bias)
        self._project = _product(qkv_weight, qkv_bias)
        self._dense = _product_and_sum(attention.dense)
        self._attention_norm = attention.LayerNorm
        self._expand: Callable[[Tensor], Tensor] = (
            _product(layer.ffn.weight, layer.ffn.bias, gelu=form)
            if form is not None
            else lambda x: layer.activation(layer.ffn(x))
        )
        self._ffn_output = _product_and_sum(layer.ffn_output)
        self._final_norm = layer.full_layer_layer_norm
        pooler, classifier = model.albert.pooler, model.classifier
        # one row a sentence: in float32 the plain product is the faster one at that size
        self._pooler: Callable[[Tensor], Tensor] = (
            pooler if pooler.weight.dtype == torch.float32 else _product(pooler.weight, pooler.bias)
        )
        self._classifier = (classifier.weight.detach(), classifier.bias.detach())

    def embed(self, input_ids: Tensor, token_type_ids: Tensor) -> Tensor:
        """See `Steps`."""
        return self._widen(self._embeddings(input_ids, token_type_ids=token_type_ids))

    def mask(self, padding: Tensor | None, hidden: Tensor) -> Tensor | None:
        """(rows, 1, 1, tokens) bool, True for real tokens."""
        del hidden
        return None if padding is None else padding.bool()[:, None, None, :]

    def layer(self, hidden: Tensor, mask: Tensor | None, layer_index: int = 0) -> Tensor:
        """See `Steps`; the layer index does not matter, all layers are one."""
        del layer_index
        rows, tokens, width = hidden.shape
        projected = self._project(hidden)
        # (rows, tokens, 3 * hidden) -> 3 of (rows, heads, tokens, head width)
        query, key, value = projected.view(rows, tokens, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        mixed = attend(query, key, value, mask).transpose(1, 2).reshape(rows, tokens, width)
        attended = self._attention_norm(self._dense(mixed, hidden))
        result: Tensor = self._final_norm(self._ffn_output(self._expand(attended), attended))
        return result

    def exit_logits(self, hidden: Tensor, padding: Tensor | None, layer_index: int = 0) -> Tensor:
        """See `Steps`; the layer index does not matter, all heads are one."""
        del layer_index
        state = torch.tanh(self._pooler(self._model.pool(hidden, padding)))
        return functional.linear(state, *self._classifier)


SHORT_TOKENS = 48
SHORT_ROWS = 4
"""Up to so many tokens, and from so many rows on, attention is cheaper written out on a CPU."""


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot-product attention.

    The library's kernel keeps the scores of long texts out of memory, which sentences do not need:
    as two batched products they take half to two thirds of its time on a CPU. Softmax is done in
    float32 either way; in bf16 the written-out form rounds the scores before it.

    Args:
        query: (rows, heads, tokens, head width).
        key: the same shape.
        value: the same shape.
        mask: (rows, 1, 1, tokens) bool, True for real tokens; None where nothing is padded.

    Returns:
        (rows, heads, tokens, head width) in the dtype of the values.
    """
    rows, _, tokens, width = query.shape
    if query.device.type != "cpu" or tokens > SHORT_TOKENS or rows < SHORT_ROWS:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    scores = torch.matmul(query, key.transpose(-1, -2)).float().mul_(width**-0.5)
    if mask is not None:
        # a sum of a small mask is quicker than filling by it
        scores.add_(torch.where(mask, 0.0, float("-inf")))
    return torch.matmul(torch.softmax(scores, dim=-1).to(value.dtype), value)


def make_steps(model: ElbertForSequenceClassification) -> Steps:
    """The fastest steps that this model allows."""
    if model.shares_everything and model.config.inner_group_num == 1:
        return SharedSteps(model)
    return ModelSteps(model)


def _product(
    weight: Tensor, bias: Tensor, *, gelu: str | None = None
) -> Callable[[Tensor], Tensor]:
    """Linear, with GELU in the form "none" or "tanh" after it where asked for.

    On the CPU as one oneDNN kernel on weights that are packed once: in bf16 a GELU of its own costs
    nearly as much as the product before it, and packing gains up to half for narrow outputs. These
    operators are the ones torch's own compiler emits and no public names, so they are tried out
    against the plain form before they are relied on.
    """
    weight, bias = weight.detach(), bias.detach()

    def plain(x: Tensor) -> Tensor:
        product = functional.linear(x, weight, bias)
        return product if gelu is None else functional.gelu(product, approximate=gelu)

    packed = _packed(weight)
    if packed is None:
        return plain
    after: tuple[str, list[float], str] = ("none", [], "") if gelu is None else ("gelu", [], gelu)

    def fused(x: Tensor) -> Tensor:
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, packed, bias, *after))

    trial = _trial(weight)
    return fused if _agree(lambda: fused(trial), lambda: plain(trial)) else plain


def _product_and_sum(linear: nn.Linear) -> Callable[[Tensor, Tensor], Tensor]:
    """(x, other) -> linear(x) + other, as `_product` does it."""
    weight, bias = linear.weight.detach(), linear.bias.detach()

    def plain(x: Tensor, other: Tensor) -> Tensor:
        return functional.linear(x, weight, bias).add_(other)

    packed = _packed(weight)
    if packed is None:
        return plain

    def fused(x: Tensor, other: Tensor) -> Tensor:
        operator = torch.ops.mkldnn._linear_pointwise.binary
        return cast(Tensor, operator(x, other, packed, bias, "add"))

    trial = _trial(weight)
    other = torch.linspace(-2, 2, 2 * len(bias), dtype=weight.dtype).view(2, -1)
    return fused if _agree(lambda: fused(trial, other), lambda: plain(trial, other)) else plain


PACKED_FOR_TOKENS = 1024
"""Tokens of a usual call, which the library wants to know when it packs weights."""


@torch.inference_mode()
def _packed(weight: Tensor) -> Tensor | None:
    """Weights in the layout that oneDNN's products like best, None where that is not to be had."""
    if weight.device.type != "cpu":
        return None
    try:
        return cast(Tensor, torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_FOR_TOKENS))
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        logger.debug("no packed products here: %s", error)
        return None


def _trial(weight: Tensor) -> Tensor:
    return torch.linspace(-3, 3, 2 * weight.shape[1], dtype=weight.dtype).view(2, -1)


@torch.inference_mode()
def _agree(fused: Callable[[], Tensor], plain: Callable[[], Tensor]) -> bool:
    """True when both give the same to rounding; False too where the fused one cannot run."""
    try:
        ours = fused()
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        logger.debug("no fused product here: %s", error)
        return False
    theirs = plain()
    scale = theirs.abs().max().clamp(min=1e-3)
    return bool((ours - theirs).abs().max() <= 0.02 * scale)
