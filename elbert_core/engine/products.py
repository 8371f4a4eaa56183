"""Linear layers as the fewest kernels a CPU has for them: packed weights, GELU and sums inside.

On other devices, and where the library lacks these kernels, they are plain linear layers.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

logger = logging.getLogger(__name__)


def product(weight: Tensor, bias: Tensor, *, gelu: str | None = None) -> Callable[[Tensor], Tensor]:
    """Linear, with GELU in the form "none" or "tanh" after it where asked for.

    On the CPU as one oneDNN kernel on weights that are packed once: in bf16 a GELU of its own costs
    nearly as much as the product before it, and packing gains up to half for narrow outputs. These
    operators are the ones torch's own compiler emits and no public names, so they are tried out
    against the plain form before they are relied on.
    """
    weight, bias = weight.detach(), bias.detach()

    def plain(x: Tensor) -> Tensor:
        result = functional.linear(x, weight, bias)
        return result if gelu is None else functional.gelu(result, approximate=gelu)

    packed = _packed(weight)
    if packed is None:
        return plain
    after: tuple[object, ...] = ("none", [], "") if gelu is None else ("gelu", [], gelu)

    def fused(x: Tensor) -> Tensor:
        return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, packed, bias, *after))

    return fused if _agree(fused, plain, _trial(weight.shape[1], weight)) else plain


def product_and_sum(linear: nn.Linear) -> Callable[[Tensor, Tensor], Tensor]:
    """(x, other) -> linear(x) + other, as `product` does it."""
    weight, bias = linear.weight.detach(), linear.bias.detach()

    def plain(x: Tensor, other: Tensor) -> Tensor:
        return functional.linear(x, weight, bias).add_(other)

    packed = _packed(weight)
    if packed is None:
        return plain

    def fused(x: Tensor, other: Tensor) -> Tensor:
        operator = torch.ops.mkldnn._linear_pointwise.binary
        return cast(Tensor, operator(x, other, packed, bias, "add"))

    trials = (_trial(width, weight) for width in reversed(weight.shape))
    return fused if _agree(fused, plain, *trials) else plain


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


def _trial(width: int, weight: Tensor) -> Tensor:
    return torch.linspace(-3, 3, 2 * width, dtype=weight.dtype).view(2, -1)


@torch.inference_mode()
def _agree(fused: Callable[..., Tensor], plain: Callable[..., Tensor], *trials: Tensor) -> bool:
    """True when both give the same to rounding; False too where the fused one cannot run."""
    try:
        ours = fused(*trials)
    except (AttributeError, NotImplementedError, RuntimeError) as error:
        logger.debug("no fused product here: %s", error)
        return False
    theirs = plain(*trials)
    scale = theirs.abs().max().clamp(min=1e-3)
    return bool((ours - theirs).abs().max() <= 0.02 * scale)
