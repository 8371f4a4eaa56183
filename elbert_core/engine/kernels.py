"""One layer and one exit head as few, large operations, in the precision of the engine.

The weights are the model's own. What differs from transformers' layer is bookkeeping: rows lie one
after the other without padding, query, key and value are one product, weights are packed once, GELU
and the residual sums happen inside the products before them where the library has such kernels.
Results agree to rounding (tested).

Only for models that share one layer and one head between all depths; others run transformers' own
layer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from elbert_core.engine.layouts import MOST_PADDING, Layout, filled, lay_out, positions, rounded
from elbert_core.engine.products import product, product_and_sum

if TYPE_CHECKING:
    from elbert_core.model.modeling import ElbertForSequenceClassification

GELU_FORMS = {"gelu": "none", "gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu_fast": "tanh"}
"""How the activations that ALBERT models name are written in torch."""


class Outputs(NamedTuple):
    """What a step gives.

    Attributes:
        hidden: (tokens, hidden) states.
        logits: (rows, labels).
        extras: what else the model says of each row, by name, each (rows, ...).
    """

    hidden: Tensor
    logits: Tensor
    extras: Mapping[str, Tensor] = MappingProxyType({})


class Steps(ABC):
    """What a scheduler needs of a model: embed rows, apply a layer, ask the exit head.

    States are (tokens of all rows, hidden), rows one after the other as their layout says. Where
    `mixes_depths`, rows at different depths may share a call.
    """

    mixes_depths: ClassVar[bool]

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        self._model = model
        self._device = str(model.device)
        self.n_layers = model.n_layers

    @abstractmethod
    def layout(self, lengths: NDArray[np.int64]) -> Layout:
        """(rows,) tokens of each row -> what `layer` and `exit_logits` take.

        Make it once and keep it while the rows stay.
        """

    @abstractmethod
    def embed(
        self, input_ids: Tensor, token_type_ids: Tensor, lengths: NDArray[np.int64]
    ) -> Tensor:
        """(tokens,) ids of rows of these lengths -> (tokens, hidden)."""

    @abstractmethod
    def layer(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:
        """(tokens, hidden) -> the same, with what the layout's rounding adds at the end."""

    @abstractmethod
    def exit_logits(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:
        """(tokens, hidden) -> (rows, labels)."""

    def step(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Outputs:
        """The layer, then the exit head on what it gave."""
        hidden = self.layer(hidden, layout, layer_index)
        return Outputs(hidden, self.exit_logits(hidden, layout, layer_index))


class ModelSteps(Steps):
    """The model's own layers, for groups of layers or heads per layer; rows keep one depth."""

    mixes_depths = False

    def layout(self, lengths: NDArray[np.int64]) -> Layout:
        # one group, because the model's layers take a padded batch
        return lay_out(lengths, device=self._device, most_padding=float("inf"))

    def embed(
        self, input_ids: Tensor, token_type_ids: Tensor, lengths: NDArray[np.int64]
    ) -> Tensor:
        layout = self.layout(lengths)
        ids, types = _apart(input_ids, layout), _apart(token_type_ids, layout)
        return _together(self._model.embed(ids, types), layout)

    def layer(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:
        apart = _apart(hidden, layout)
        mask = self._model.expand_mask(_padding(layout), apart)
        return _together(self._model.layer(apart, mask, layer_index), layout)

    def exit_logits(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:
        return self._model.exit_logits(_apart(hidden, layout), _padding(layout), layer_index)


def _apart(values: Tensor, layout: Layout) -> Tensor:
    """(tokens, ...) -> (rows, tokens of the longest, ...)."""
    (group,) = layout.groups
    if group.places is not None:
        values = values.index_select(0, group.places)
    return values.view(group.rows, group.tokens, *values.shape[1:])


def _together(values: Tensor, layout: Layout) -> Tensor:
    """(rows, tokens of the longest, ...) -> (tokens, ...)."""
    flat = values.flatten(0, 1)
    return flat if layout.back is None else flat.index_select(0, layout.back)


def _padding(layout: Layout) -> Tensor | None:
    """(rows, tokens) int64, 1 for real tokens, as the model takes it."""
    (group,) = layout.groups
    return None if group.padding is None else group.padding.long()


class SharedSteps(Steps):
    """One fused layer and head for all depths; rows at different depths may share a call."""

    mixes_depths = True

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        super().__init__(model)
        layer = model.first_layer()
        attention = layer.attention
        self._heads: int = attention.num_attention_heads
        parts = (attention.query, attention.key, attention.value)
        qkv_weight = torch.cat([p.weight for p in parts]).detach().contiguous()
        qkv_bias = torch.cat([p.bias for p in parts]).detach().contiguous()
        form = GELU_FORMS.get(str(model.config.hidden_act))
        widen = model.albert.encoder.embedding_hidden_mapping_in
        self._embeddings = model.albert.embeddings
        self._widen = product(widen.weight, widen.bias)
        self._project = product(qkv_weight, qkv_bias)
        self._dense = product_and_sum(attention.dense)
        self._attention_norm = attention.LayerNorm
        self._expand: Callable[[Tensor], Tensor] = (
            product(layer.ffn.weight, layer.ffn.bias, gelu=form)
            if form is not None
            else lambda x: layer.activation(layer.ffn(x))
        )
        self._ffn_output = product_and_sum(layer.ffn_output)
        self._final_norm = layer.full_layer_layer_norm
        pooler, classifier = model.albert.pooler, model.classifier
        # one row a sentence: in float32 the plain product is the faster one at that size
        self._pooler: Callable[[Tensor], Tensor] = (
            pooler if pooler.weight.dtype == torch.float32 else product(pooler.weight, pooler.bias)
        )
        self._classifier = (classifier.weight.detach(), classifier.bias.detach())

    def layout(self, lengths: NDArray[np.int64]) -> Layout:
        on_cpu = self._device == "cpu"  # a GPU: few large calls are worth more than padding
        most = MOST_PADDING if on_cpu else float("inf")
        return lay_out(lengths, device=self._device, most_padding=most, few_shapes=on_cpu)

    def embed(
        self, input_ids: Tensor, token_type_ids: Tensor, lengths: NDArray[np.int64]
    ) -> Tensor:
        embedded = self._embeddings(
            input_ids[None],
            token_type_ids=token_type_ids[None],
            position_ids=positions(lengths, device=self._device)[None],
        )
        table, tokens = embedded[0], len(input_ids)
        if self._device != "cpu":
            return self._widen(table)
        return self._widen(filled(table, rounded(tokens)))[:tokens]

    def layer(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:  # noqa: ARG002  # all layers are one
        hidden = filled(hidden, layout.size)
        mixed = self._mix(self._project(hidden), layout)
        attended = self._attention_norm(self._dense(mixed, hidden))
        result: Tensor = self._final_norm(self._ffn_output(self._expand(attended), attended))
        return result

    def _mix(self, projected: Tensor, layout: Layout) -> Tensor:
        """(tokens, 3 * hidden), query, key and value -> (tokens, hidden), attention's output."""
        outputs = []
        for group in layout.groups:
            part = (
                projected[: group.rows * group.tokens]
                if group.places is None
                else projected.index_select(0, group.places)
            )
            # (places, 3 * hidden) -> 3 of (rows, heads, tokens, head width)
            apart = part.view(group.rows, group.tokens, 3, self._heads, -1)
            query, key, value = apart.permute(2, 0, 3, 1, 4)
            mask = None if group.padding is None else group.padding[:, None, None, :]
            mixed = attend(query, key, value, mask).transpose(1, 2)
            outputs.append(mixed.reshape(group.rows * group.tokens, -1))
        together = outputs[0] if len(outputs) == 1 else torch.cat(outputs)
        return together if layout.back is None else together.index_select(0, layout.back)

    def exit_logits(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Tensor:  # noqa: ARG002  # all heads are one
        first = self._model.config.exit_pooling == "cls"
        pooled = hidden.index_select(0, layout.starts) if first else layout.means(hidden)
        return functional.linear(torch.tanh(self._pooler(pooled)), *self._classifier)


SHORT_TOKENS = 48
SHORT_ROWS = 4
"""Up to so many tokens, and from so many rows on, attention is cheaper written out on a CPU."""


def attend(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
    """Scaled dot-product attention.

    The library's kernel keeps the scores of long texts out of memory, which sentences do not need:
    as two batched products they take half to two thirds of its time on a CPU. Softmax is done in
    float32 either way; in bf16 the written-out form rounds the scores before it.

    All are (rows, heads, tokens, head width), the result in the dtype of the values. The mask is
    (rows, 1, 1, tokens) bool, True for real tokens; None where nothing is padded.
    """
    rows, _, tokens, width = query.shape
    if query.device.type != "cpu" or tokens > SHORT_TOKENS or rows < SHORT_ROWS:
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    scores = torch.matmul(query, key.transpose(-1, -2)).float().mul_(width**-0.5)
    if mask is not None:
        # a sum of a small mask is quicker than filling by it
        scores.add_(torch.where(mask, 0.0, float("-inf")))
    return torch.matmul(torch.softmax(scores, dim=-1).to(value.dtype), value)


def fuses(model: ElbertForSequenceClassification) -> bool:
    """True when one layer and one head are all there is, as `SharedSteps` needs it."""
    return model.shares_everything and model.config.inner_group_num == 1


def make_steps(model: ElbertForSequenceClassification) -> Steps:
    """The fastest steps that this model allows."""
    return SharedSteps(model) if fuses(model) else ModelSteps(model)
