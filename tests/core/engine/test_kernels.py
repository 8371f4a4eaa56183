"""Attention of the fused layer against its definition, in either form."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.engine import kernels
from elbert_core.engine.kernels import SHORT_ROWS, SHORT_TOKENS, attend


def by_definition(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, lengths: list[int]
) -> torch.Tensor:
    found = torch.zeros_like(value, dtype=torch.float64)
    for row, head, place in torch.cartesian_prod(*map(torch.arange, query.shape[:3])).tolist():
        seen = range(lengths[row])
        scores = [float(query[row, head, place] @ key[row, head, t]) for t in seen]
        weights = [math.exp(s / math.sqrt(query.shape[-1])) for s in scores]
        for t, weight in zip(seen, weights, strict=True):
            found[row, head, place] += weight / sum(weights) * value[row, head, t].double()
    return found


@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6),
    padded=st.booleans(),
    seed=st.integers(0, 99),
)
def test_attention_is_its_definition(lengths: list[int], padded: bool, seed: int) -> None:
    if not padded:
        lengths = [6] * len(lengths)
    generator = torch.Generator().manual_seed(seed)
    query, key, value = torch.randn(3, len(lengths), 2, 6, 4, generator=generator)
    mask = None
    if padded:
        mask = (torch.arange(6) < torch.tensor(lengths)[:, None])[:, None, None, :]
    found = attend(query, key, value, mask)
    torch.testing.assert_close(
        found.double(), by_definition(query, key, value, lengths), rtol=1e-4, atol=1e-5
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("tokens", [1, SHORT_TOKENS, SHORT_TOKENS + 1])
def test_both_forms_agree(dtype: torch.dtype, tokens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(3, SHORT_ROWS, 3, tokens, 8).to(dtype)
    mask = torch.ones(SHORT_ROWS, 1, 1, tokens, dtype=torch.bool)
    mask[1:, :, :, tokens // 2 + 1 :] = False
    written_out = attend(query, key, value, mask)
    monkeypatch.setattr(kernels, "SHORT_TOKENS", 0)
    kernel = attend(query, key, value, mask)
    assert written_out.dtype == kernel.dtype == dtype
    close = 1e-5 if dtype == torch.float32 else 0.03  # scores of bf16 are rounded once more
    torch.testing.assert_close(written_out, kernel, rtol=close, atol=close)


def test_a_row_alone_takes_the_library_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    library = torch.nn.functional.scaled_dot_product_attention

    def counted(*arguments: Any, **more: Any) -> torch.Tensor:
        calls.append(1)
        return library(*arguments, **more)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    few = torch.randn(3, SHORT_ROWS - 1, 1, 5, 8)
    attend(*few, None)
    assert calls == [1]
    attend(*torch.randn(3, SHORT_ROWS, 1, 5, 8), None)
    assert calls == [1]
