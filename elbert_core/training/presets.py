"""Settings of published training runs, by name, for `train --preset NAME`.

Reference: ELBERT, Xie et al. 2021, arXiv:2107.00175, and the scripts published with it: AdamW at
3e-5 without weight decay or warm-up, batches of 32, 3 epochs, 128 tokens, learned layer weights at
a rate of 1e-2 of their own, one exit head for all layers on the first token.

Deviations: the published code lets the gradients of the layer weights pile up over the whole run
and never lowers their rate; here they are cleared and scheduled like all others. Learned weights
move towards the deepest layer whenever that has the lowest loss; `--layer-weights equal` is the
safer choice and wins over the preset's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_PAPER: Mapping[str, Any] = {
    "layer_weights": "learned",
    "layer_weight_rate": 1e-2,
    "exit_heads": "shared",
    "exit_pooling": "cls",
    "learning_rate": 3e-5,
    "batch_size": 32,
    "epochs": 3.0,
    "weight_decay": 0.0,
    "warmup_steps": 0,
    "max_tokens": 128,
}

TRAIN_PRESETS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "albert-base": MappingProxyType({"backbone": "albert/albert-base-v2", **_PAPER}),
        "albert-large": MappingProxyType({"backbone": "albert/albert-large-v2", **_PAPER}),
    }
)
"""Fields of `TrainConfig` by preset: 12 layers of width 768, and the paper's 24 of width 1024."""
