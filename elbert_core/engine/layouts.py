"""Where rows of different lengths lie in one call without padding between them.

States of a call are one long table, (tokens of all rows, hidden): products, norms and sums work on
each token alone, so nothing is computed for padding. Only attention needs rows apart; it takes rows
of similar length in groups, padded to the longest of their group. For sentences attention is a
hundredth of a layer's arithmetic, so what padding is left costs little.

A CPU's library prepares its kernels for each shape it meets, which takes a few milliseconds, as
much as a layer of a sentence. `few_shapes` rounds sizes up a little, so that it soon has met all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST_PADDING = 1.5
"""The longest row of a group is at most so many times as long as its shortest."""

SHAPE_STEP = 8
"""Widths of groups are rounded up to a multiple of this."""

EXACT_TOKENS = 64
"""Tables of up to so many tokens, single sentences that is, are left as they are: there are few
such sizes, and what rounding adds is much of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Rows whose attention is one call.

    Attributes:
        rows: how many.
        tokens: places of each, the length of the longest.
        places: (rows * tokens,) where their tokens lie in the table; what pads a row repeats its
            last token, which is finite and masked out. None where the group is all of the table,
            from its start.
        padding: (rows, tokens) bool, True for real tokens, at least one a row; None where nothing
            is padded.
    """

    rows: int
    tokens: int
    places: Tensor | None
    padding: Tensor | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The rows of a call, one after the other.

    Attributes:
        rows: how many.
        lengths: (rows,) tokens of each, on the host.
        starts: (rows,) first token of each.
        every: (tokens,) 0, 1, 2 ...: the table in its own order.
        groups: for attention; every row is in one of them.
        back: (size,) where each token lies in the groups' outputs, one group after the other; None
            where they are the table itself.
        size: tokens of the table: those of the rows, and what rounding adds at its end.
    """

    rows: int
    lengths: NDArray[np.int64]
    starts: Tensor
    every: Tensor
    groups: tuple[Group, ...]
    back: Tensor | None
    size: int

    def means(self, hidden: Tensor) -> Tensor:
        """(tokens, hidden) -> (rows, hidden), the mean over the tokens of each row.

        Summed in float32 whatever the table's dtype: hundreds of bf16 terms would lose the last.
        """
        whole = self.groups[0]
        if whole.places is None:
            apart = hidden[: whole.rows * whole.tokens].view(whole.rows, whole.tokens, -1)
            if whole.padding is None:
                return apart.mean(dim=1, dtype=torch.float32).to(hidden.dtype)
            real = whole.padding.unsqueeze(-1).to(hidden.dtype)
            total = (apart * real).sum(dim=1, dtype=torch.float32)
            return (total / real.sum(dim=1, dtype=torch.float32)).to(hidden.dtype)
        # a bag of embeddings is a mean over a stretch of a table, in one kernel
        return torch.nn.functional.embedding_bag(self.every, hidden, self.starts, mode="mean")


def placed(values: NDArray[np.generic] | Sequence[int], device: str) -> Tensor:
    """Values of the host on a device; on a GPU from pinned memory, so that nobody waits for it."""
    there = torch.from_numpy(np.asarray(values))
    if torch.device(device).type == "cuda":
        return there.pin_memory().to(device, non_blocking=True)
    return there.to(device)


def lay_out(
    lengths: Sequence[int] | NDArray[np.int64],
    *,
    device: str = "cpu",
    most_padding: float = MOST_PADDING,
    few_shapes: bool = False,
) -> Layout:
    """Rows of these lengths (rows,), at least 1 each, one after the other, grouped by length.

    `most_padding` is longest over shortest row of a group, at least 1 and infinite for one group;
    `few_shapes` rounds the table and groups of several rows up to few sizes.
    """
    sizes = np.asarray(lengths, dtype=np.int64)
    starts, total = sizes.cumsum() - sizes, int(sizes.sum())
    size = rounded(total) if few_shapes else total
    every = torch.arange(total, device=device)
    if len(sizes) == 1 and size == total:  # a text alone: nothing to arrange
        alone = Group(1, total, None, None)
        return Layout(1, sizes, every[:1], every, (alone,), None, size)
    back = np.zeros(size, dtype=np.int64)
    groups, taken = [], 0
    for members in _similar(sizes, most_padding):
        width = int(sizes[members].max())
        if few_shapes and len(members) > 1:
            width = -(-width // SHAPE_STEP) * SHAPE_STEP
        column = np.arange(width)
        real = column < sizes[members, None]
        places = starts[members, None] + np.minimum(column, sizes[members, None] - 1)
        back[places[real]] = taken + np.flatnonzero(real)
        taken += places.size
        whole = len(members) == len(sizes) and bool(real.all())
        groups.append(
            Group(
                rows=len(members),
                tokens=width,
                places=None if whole else placed(places.reshape(-1), device),
                padding=None if real.all() else placed(real, device),
            )
        )
    alike = groups[0].places is None and size == total
    return Layout(
        rows=len(sizes),
        lengths=sizes,
        starts=placed(starts, device),
        every=every,
        groups=tuple(groups),
        back=None if alike else placed(back, device),
        size=size,
    )


def rounded(tokens: int) -> int:
    """The next of few sizes: all up to 64, multiples of 8 up to 256, sixteen to every doubling."""
    if tokens <= EXACT_TOKENS:
        return tokens
    step = max(SHAPE_STEP, 1 << max(tokens.bit_length() - 5, 0))
    return -(-tokens // step) * step


def filled(table: Tensor, size: int) -> Tensor:
    """(tokens, width) -> (size, width), the first row again at the end: finite, read by nobody."""
    missing = size - table.shape[0]
    return torch.cat([table, table[:1].expand(missing, -1)]) if missing else table


def positions(lengths: NDArray[np.int64], *, device: str = "cpu") -> Tensor:
    """(tokens,) int64: 0, 1, 2 ... for each row anew."""
    return placed(_counted(lengths), device)


def tokens_of(rows: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """(tokens,) where the tokens of some rows lie, in the order of these rows."""
    starts, sizes = (lengths.cumsum() - lengths)[rows], lengths[rows]
    places: NDArray[np.int64] = np.repeat(starts, sizes) + _counted(sizes)
    return places


def _counted(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    counted: NDArray[np.int64] = np.arange(sizes.sum()) - np.repeat(sizes.cumsum() - sizes, sizes)
    return counted


def _similar(lengths: NDArray[np.int64], most_padding: float) -> list[NDArray[np.int64]]:
    """Rows in groups of similar length, longest first; within a group in their own order."""
    order = np.argsort(-lengths, kind="stable")
    groups, first = [], 0
    while first < len(order):
        shortest = lengths[order[first]] / most_padding
        # descending, so the group ends at the first row that is too short
        last = int(np.searchsorted(-lengths[order], -shortest, side="right"))
        groups.append(np.sort(order[first:last]))
        first = last
    return groups
