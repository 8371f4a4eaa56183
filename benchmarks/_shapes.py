"""ALBERT's own shapes with random weights, and the depths at which real sentences left.

Random weights decide nothing worth measuring, so rows leave as sentences of SST-2 left the shipped
checkpoint, whatever the answers. No benchmark of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from elbert_core.model.modeling import ElbertConfig, ElbertForSequenceClassification
from elbert_core.policies import ExitPolicy, History
from elbert_core.results import ExitReason

SHAPES = {
    "base": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {
        "hidden_size": 1024,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
    },
}

PROFILE = (389, 14, 31, 208, 18, 33, 15, 18, 13, 5, 3, 125)
"""Rows that left after layer 1, 2, ... of 12: the shipped checkpoint on SST-2 under
window_size=4, entropy_threshold=0.3, margin=0.25: 4.1 on average."""


@dataclass(frozen=True, kw_only=True)
class ExitProfile(ExitPolicy):
    """Stands in for a rule: a row's first answer draws the depth it leaves at from `PROFILE`."""

    n_layers: int = 12

    def decide(self, history: History) -> NDArray[np.int8]:
        """`ExitReason` of each row; the digits of its first probability choose the depth."""
        drawn = (history.probs[:, 0, 0].astype(np.float64) * 1e4) % 1.0
        shares = np.cumsum(PROFILE) / sum(PROFILE)
        wanted = (np.searchsorted(shares, drawn, side="right") + 1) * self.n_layers // 12
        leaves = history.depth >= np.minimum(wanted, self.n_layers)
        return np.where(leaves, ExitReason.WINDOW, ExitReason.CONTINUE).astype(np.int8)


def random_model(
    shape: str, like: ElbertForSequenceClassification
) -> ElbertForSequenceClassification:
    """A model of one of `SHAPES`, with another's vocabulary."""
    torch.manual_seed(0)
    config = ElbertConfig(
        vocab_size=like.config.vocab_size,
        embedding_size=128,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        hidden_act="gelu_new",
        **{"num_hidden_layers": 12, **SHAPES[shape]},
    )
    return ElbertForSequenceClassification(config).eval()
