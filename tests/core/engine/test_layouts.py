"""Rows in one table without padding: every token in its place, whatever the lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from elbert_core.engine.layouts import (
    EXACT_TOKENS,
    SHAPE_STEP,
    filled,
    lay_out,
    positions,
    rounded,
    tokens_of,
)

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=12)
PADDING = st.sampled_from([1.0, 1.5, math.inf])


@given(LENGTHS, PADDING, st.booleans())
def test_groups_hold_every_token_once_and_give_it_back(
    lengths: list[int], most_padding: float, few_shapes: bool
) -> None:
    layout = lay_out(lengths, most_padding=most_padding, few_shapes=few_shapes)
    table = torch.arange(sum(lengths))
    outputs = []
    for group in layout.groups:
        whole = table[: group.rows * group.tokens]
        seen = whole if group.places is None else table[group.places]
        seen = seen.view(group.rows, group.tokens)
        real = torch.ones_like(seen, dtype=torch.bool) if group.padding is None else group.padding
        for row, mask in zip(seen, real, strict=True):
            (number,) = {
                int(np.searchsorted(np.cumsum(lengths), int(token), side="right")) for token in row
            }
            first = sum(lengths[:number])
            # a row's own tokens in order, then its last one again
            assert row[mask].tolist() == list(range(first, first + lengths[number]))
            assert set(row[~mask].tolist()) <= {first + lengths[number] - 1}
        outputs.append(seen.flatten())
    together = torch.cat(outputs)
    back = together if layout.back is None else together[layout.back]
    assert back[: len(table)].tolist() == table.tolist()
    assert len(back) == layout.size == (rounded(len(table)) if few_shapes else len(table))


@given(LENGTHS, st.sampled_from([1.0, 1.5, 3.0]))
def test_no_row_is_padded_to_one_much_longer(lengths: list[int], most_padding: float) -> None:
    for group in lay_out(lengths, most_padding=most_padding).groups:
        if group.padding is not None:
            assert group.tokens <= most_padding * int(group.padding.sum(dim=1).min())


def test_one_group_for_everything_and_none_where_all_are_alike() -> None:
    assert len(lay_out([1, 2, 40], most_padding=math.inf).groups) == 1
    alike = lay_out([7, 7, 7])
    assert alike.back is None
    assert alike.groups[0].places is None
    assert alike.groups[0].padding is None
    # rows of one length among others need no mask either
    assert {group.padding is None for group in lay_out([7, 7, 2]).groups} == {True}


def test_sizes_are_few_and_little_larger() -> None:
    sizes = {rounded(tokens) for tokens in range(1, 4097)}
    assert len(sizes) <= EXACT_TOKENS + 8 + 16 * 5
    assert sizes >= set(range(1, EXACT_TOKENS + 1))
    for tokens in range(1, 4097):
        assert tokens <= rounded(tokens) < tokens + max(SHAPE_STEP, tokens / 16 + 1)
        assert rounded(rounded(tokens)) == rounded(tokens)


@given(st.lists(st.integers(1, 40), min_size=2, max_size=12))
def test_groups_of_several_rows_have_few_widths(lengths: list[int]) -> None:
    for group in lay_out(lengths, few_shapes=True).groups:
        assert group.rows == 1 or group.tokens % SHAPE_STEP == 0


@given(LENGTHS, st.booleans())
def test_means_and_positions_are_those_of_each_row(lengths: list[int], few_shapes: bool) -> None:
    table = torch.randn(sum(lengths), 3, generator=torch.Generator().manual_seed(0))
    layout = lay_out(lengths, few_shapes=few_shapes)
    rows = torch.split(table, lengths)
    means = layout.means(filled(table, layout.size))
    torch.testing.assert_close(means, torch.stack([row.mean(dim=0) for row in rows]))
    expected = [place for length in lengths for place in range(length)]
    assert positions(np.array(lengths)).tolist() == expected
    assert table[layout.starts].tolist() == [row[0].tolist() for row in rows]


@pytest.mark.parametrize("others", [[], [3]])
def test_means_of_long_rows_in_bfloat16_lose_no_terms(others: list[int]) -> None:
    """Summed in bf16, 512 ones stop at 256."""
    lengths = [512, *others]
    table = torch.ones(sum(lengths), 4, dtype=torch.bfloat16)
    means = lay_out(lengths).means(table)
    assert means.dtype == torch.bfloat16
    assert (means == 1).all()


@given(LENGTHS, st.data())
def test_tokens_of_some_rows_in_any_order(lengths: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(lengths) - 1), unique=True))
    sizes = np.array(lengths)
    parts = np.split(np.arange(sizes.sum()), sizes.cumsum()[:-1])
    expected = [token for row in chosen for token in parts[row].tolist()]
    assert tokens_of(np.array(chosen, dtype=np.int64), sizes).tolist() == expected
