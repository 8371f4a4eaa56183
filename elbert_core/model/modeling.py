"""ALBERT with an exit head after every applied layer: configuration and sentence classifier.

This is the only module that touches the inside of transformers' ALBERT. It knows parameters and
tensors; it does not know policies, thresholds or statistics (the engine joins those), and a forward
pass leaves no state behind.

Parameter names are those of `AlbertForSequenceClassification`, so with the shared head a plain
ALBERT checkpoint loads as it is and an ELBERT checkpoint loads there.

References:
    ALBERT: Lan et al. 2020, arXiv:1909.11942.
    ELBERT: Xie, Lu, Wang, Wang 2021, arXiv:2107.00175 (one shared head: pooler, tanh, linear).
    DeeBERT: Xin et al. 2020, arXiv:2004.12993 (a head of its own for every layer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import torch
from huggingface_hub.dataclasses import strict
from torch import Tensor, nn
from transformers import AlbertConfig, AlbertModel, AutoConfig, AutoModelForSequenceClassification
from transformers.masking_utils import create_bidirectional_mask
from transformers.models.albert.modeling_albert import (
    AlbertLayer,
    AlbertLayerGroup,
    AlbertPreTrainedModel,
)
from transformers.utils.generic import ModelOutput

from elbert_core.errors import ConfigError

ExitHeads = Literal["shared", "per_layer"]
ExitPooling = Literal["cls", "mean"]
EXIT_HEADS: tuple[ExitHeads, ...] = ("shared", "per_layer")
EXIT_POOLINGS: tuple[ExitPooling, ...] = ("cls", "mean")


@strict
class ElbertConfig(AlbertConfig):
    """ALBERT's configuration plus how the exits read the hidden states.

    Attributes:
        exit_heads: "shared" (ELBERT: ALBERT's own pooler and classifier after every layer, no
            parameter more) or "per_layer" (DeeBERT, PABEE: layers 1..L-1 get heads of their own;
            the last layer keeps ALBERT's).
        exit_pooling: "cls" (state of the first token, as ALBERT does) or "mean" (average over the
            real tokens; the published option averages padding in as well).
    """

    model_type = "elbert"

    exit_heads: ExitHeads = "shared"
    exit_pooling: ExitPooling = "cls"


@dataclass
class ElbertOutput(ModelOutput):
    """What a full-depth pass gives.

    Attributes:
        loss: (1,) mean cross-entropy over all exits, when labels were given.
        logits: (batch, labels) of the last layer.
        layer_logits: (layers, batch, labels) after each layer.
        hidden_states: layers + 1 tensors (batch, tokens, hidden), embeddings first, on request.
    """

    loss: Tensor | None = None
    logits: Tensor | None = None
    layer_logits: Tensor | None = None
    hidden_states: tuple[Tensor, ...] | None = None


class ExitHead(nn.Module):
    """Pooler, tanh, dropout, linear: (batch, hidden) pooled states -> (batch, labels) logits."""

    def __init__(self, config: ElbertConfig) -> None:
        super().__init__()
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size)
        self.dropout = nn.Dropout(config.classifier_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, n_labels(config))

    def forward(self, state: Tensor) -> Tensor:
        """(batch, hidden) -> (batch, labels)."""
        logits: Tensor = self.classifier(self.dropout(torch.tanh(self.pooler(state))))
        return logits


class ElbertForSequenceClassification(AlbertPreTrainedModel):
    """Sentence (or sentence pair) classifier that can answer after any layer.

    `embed`, `expand_mask`, `layer` and `exit_logits` are the steps an engine needs; `forward` is a
    full-depth pass for training and for checks against transformers.
    """

    config_class = ElbertConfig
    config: ElbertConfig

    def __init__(self, config: ElbertConfig) -> None:
        super().__init__(config)
        if config.exit_heads not in EXIT_HEADS:
            raise ConfigError(f"exit_heads must be one of {EXIT_HEADS}, got {config.exit_heads!r}")
        if config.exit_pooling not in EXIT_POOLINGS:
            raise ConfigError(
                f"exit_pooling must be one of {EXIT_POOLINGS}, got {config.exit_pooling!r}"
            )
        self.albert = AlbertModel(config)
        self.dropout = nn.Dropout(config.classifier_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, n_labels(config))
        if config.exit_heads == "per_layer":
            self.exit_heads = nn.ModuleList(
                ExitHead(config) for _ in range(config.num_hidden_layers - 1)
            )
        self.post_init()  # type: ignore[no-untyped-call]  # transformers' own

    @property
    def n_layers(self) -> int:
        """Layers of a full-depth pass."""
        return int(self.config.num_hidden_layers)

    @property
    def shares_everything(self) -> bool:
        """True when one layer and one head serve every depth, so rows of any depth share a call."""
        return self.config.num_hidden_groups == 1 and self.config.exit_heads == "shared"

    @classmethod
    def from_pretrained(cls, *args: Any, **kwargs: Any) -> Any:
        """As transformers does it; heads that a checkpoint lacks start as copies of its own head.

        A plain ALBERT checkpoint has no heads for single layers; its pooler and classifier are a
        better start than noise (DeeBERT, section 2 of its code notes, does the same).
        """
        wants_info = kwargs.pop("output_loading_info", False)
        load: Any = super().from_pretrained  # its declared type leaves out the loading info
        model, info = load(*args, output_loading_info=True, **kwargs)
        if any(str(key).startswith("exit_heads.") for key in info["missing_keys"]):
            model.copy_head_to_exits()
        return (model, info) if wants_info else model

    @torch.no_grad()
    def copy_head_to_exits(self) -> None:
        """Start every per-layer head from ALBERT's pooler and the classifier."""
        for module in self.exit_heads:
            head = cast(ExitHead, module)
            head.pooler.load_state_dict(self.albert.pooler.state_dict())
            head.classifier.load_state_dict(self.classifier.state_dict())

    def embed(self, input_ids: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """(batch, tokens) ids -> (batch, tokens, hidden) states before the first layer."""
        embedded = self.albert.embeddings(input_ids, token_type_ids=token_type_ids)
        hidden: Tensor = self.albert.encoder.embedding_hidden_mapping_in(embedded)
        return hidden

    def expand_mask(self, attention_mask: Tensor | None, hidden: Tensor) -> Tensor | None:
        """(batch, tokens) mask, 1 for real tokens -> what `layer` takes; None without padding."""
        mask = create_bidirectional_mask(
            config=self.config, inputs_embeds=hidden, attention_mask=attention_mask
        )
        return cast("Tensor | None", mask)  # block masks come from flex attention only

    def layer(self, hidden: Tensor, mask: Tensor | None, layer_index: int = 0) -> Tensor:
        """Apply one layer: (batch, tokens, hidden) -> the same shape.

        `layer_index` (0-based) only matters when there are several layer groups.
        """
        # transformers 5 returns the tensor itself, earlier ones returned a tuple of it
        result: Tensor = self._group(layer_index)(hidden, mask)
        return result

    def first_layer(self) -> AlbertLayer:
        """The module of the first layer: the only one, where all are shared."""
        return cast(AlbertLayer, self._group(0).albert_layers[0])

    def _group(self, layer_index: int) -> AlbertLayerGroup:
        config = self.config
        group = int(layer_index / (config.num_hidden_layers / config.num_hidden_groups))
        return cast(AlbertLayerGroup, self.albert.encoder.albert_layer_groups[group])

    def pool(self, hidden: Tensor, attention_mask: Tensor | None) -> Tensor:
        """(batch, tokens, hidden) -> (batch, hidden), what the exit heads read."""
        if self.config.exit_pooling == "cls":
            return hidden[:, 0]
        if attention_mask is None:
            return hidden.mean(dim=1, dtype=torch.float32).to(hidden.dtype)
        real = attention_mask.to(hidden.dtype).unsqueeze(-1)
        # summed in float32: hundreds of bf16 terms would lose the last ones
        total = (hidden * real).sum(dim=1, dtype=torch.float32)
        return (total / real.sum(dim=1, dtype=torch.float32).clamp(min=1)).to(hidden.dtype)

    def exit_logits(
        self, hidden: Tensor, attention_mask: Tensor | None, layer_index: int = -1
    ) -> Tensor:
        """(batch, tokens, hidden) after a layer -> (batch, labels) logits of its exit head."""
        state = self.pool(hidden, attention_mask)
        if (
            self.config.exit_heads == "per_layer"
            and layer_index % self.n_layers < self.n_layers - 1
        ):
            logits: Tensor = self.exit_heads[layer_index](state)
            return logits
        answer: Tensor = self.classifier(self.dropout(self._pooled(state)))
        return answer

    def exit_states(self, hidden: Tensor, attention_mask: Tensor | None) -> Tensor:
        """(batch, tokens, hidden) -> (batch, hidden), what the shared head's linear step reads."""
        return self._pooled(self.pool(hidden, attention_mask))

    def _pooled(self, state: Tensor) -> Tensor:
        return torch.tanh(self.albert.pooler(state))

    def attention_weights(
        self, hidden: Tensor, mask: Tensor | None, layer_index: int = 0
    ) -> Tensor:
        """Attention `layer` will use on `hidden`: (batch, heads, tokens, tokens), rows sum to 1.

        Computed beside the layer, because the fast attention kernels never form these numbers. With
        several layers inside a group (`inner_group_num`) it is that of the first.
        """
        attention = cast(AlbertLayer, self._group(layer_index).albert_layers[0]).attention
        shape = (*hidden.shape[:-1], -1, attention.attention_head_size)
        query = attention.query(hidden).view(shape).transpose(1, 2)
        key = attention.key(hidden).view(shape).transpose(1, 2)
        scores = query @ key.transpose(2, 3) / math.sqrt(attention.attention_head_size)
        if mask is not None:
            scores = (
                scores.masked_fill(~mask, float("-inf"))
                if mask.dtype == torch.bool
                else scores + mask
            )
        return torch.softmax(scores.float(), dim=-1)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        labels: Tensor | None = None,
        *,
        output_hidden_states: bool = False,
    ) -> ElbertOutput:
        """Full-depth pass with the head applied after every layer.

        Args:
            input_ids: (batch, tokens).
            attention_mask: (batch, tokens), 1 for real tokens; None when nothing is padded.
            token_type_ids: (batch, tokens), 0 for the first text and 1 for the second.
            labels: (batch,) gold labels; gives `loss`, the mean over all exits. Training uses
                `elbert_core.training.losses` instead.
            output_hidden_states: keep the states of every layer.
        """
        hidden = self.embed(input_ids, token_type_ids)
        mask = self.expand_mask(attention_mask, hidden)
        states = [hidden]
        layer_logits = []
        for layer_index in range(self.n_layers):
            hidden = self.layer(hidden, mask, layer_index)
            layer_logits.append(self.exit_logits(hidden, attention_mask, layer_index))
            if output_hidden_states:
                states.append(hidden)
        stacked = torch.stack(layer_logits)
        loss = None
        if labels is not None:
            repeated = labels.repeat(self.n_layers)
            loss = nn.functional.cross_entropy(stacked.flatten(0, 1), repeated)
        return ElbertOutput(
            loss=loss,
            logits=stacked[-1],
            layer_logits=stacked,
            hidden_states=tuple(states) if output_hidden_states else None,
        )


def elbert_config(
    folder_or_name: str | Path, *, local: bool = False, **changes: Any
) -> ElbertConfig:
    """The configuration of an ELBERT, or of an ALBERT as the ELBERT that it is with a shared head.

    `changes` stand in place of what is found; where `local`, nothing is asked of a hub.

    Raises:
        ConfigError: it is of another architecture.
    """
    found = AutoConfig.from_pretrained(str(folder_or_name), local_files_only=local)
    if found.model_type not in ("albert", "elbert"):
        raise ConfigError(f"a model must be an ALBERT or ELBERT, got {found.model_type!r}")
    values = {name: value for name, value in found.to_dict().items() if name != "model_type"}
    config: ElbertConfig = ElbertConfig.from_dict({**values, **changes})
    return config


def n_labels(config: ElbertConfig) -> int:
    """Number of labels, checked."""
    count = int(config.num_labels or 0)
    if count < 2:
        raise ConfigError(f"a classifier needs at least 2 labels, got {count}")
    return count


AutoConfig.register("elbert", ElbertConfig, exist_ok=True)
AutoModelForSequenceClassification.register(
    ElbertConfig, ElbertForSequenceClassification, exist_ok=True
)
