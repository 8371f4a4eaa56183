"""Which rows are in the next layer call: three ways to run early exit on many texts.

* `slots`: a fixed number of places. A row that is done leaves its place, the next row of the queue
  takes it at depth 0. Rows at different depths share one call, which is only possible because all
  layers are one. The batch stays full.
* `dropping`: a batch in lock-step, rows leave it as they finish and it shrinks.
* `lockstep`: a batch in lock-step until its last row is done; finished rows are carried along. What
  plain implementations do; here for comparison.

Nothing here knows texts or a particular model; rows come in tokenised and leave as arrays.

Reference: continuous depth-wise batching, Bae et al. 2024, "Relaxed Recursive Transformers",
arXiv:2410.20672 (there for decoders, simulated); see ARCHITECTURE.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elbert_core.encoding import EncodedRow, Encoder, padding_mask
from elbert_core.errors import NumericsError
from elbert_core.kernels import Steps
from elbert_core.policies import ExitPolicy, History
from elbert_core.results import ExitReason


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """Rows that are done.

    Attributes:
        row: (n,) their numbers in the input.
        exit_layer: (n,) layers applied.
        reason: (n,) `ExitReason` values.
        probs: (n, labels) float32 at the exit.
    """

    row: NDArray[np.int64]
    exit_layer: NDArray[np.int64]
    reason: NDArray[np.int8]
    probs: NDArray[np.float32]


NumberedRow = tuple[int, EncodedRow]


def run_slots(
    steps: Steps,
    encoder: Encoder,
    queue: Iterable[NumberedRow],
    policy: ExitPolicy,
    *,
    n_slots: int,
    n_labels: int,
    device: str,
) -> Iterator[Finished]:
    """Keep `n_slots` rows in flight, each at its own depth; yields rows as they finish.

    The queue is read as places fall free, so it may be endless. Neighbours in it should have
    similar lengths, or calls are padded. Stopping the iteration early loses no finished row.
    """
    waiting = iter(queue)
    hidden: Tensor | None = None
    mask: Tensor | None = None
    padding: Tensor | None = None
    numbers = np.zeros(0, dtype=np.int64)
    lengths = np.zeros(0, dtype=np.int64)
    depth = np.zeros(0, dtype=np.int64)
    history = np.zeros((0, steps.n_layers, n_labels), dtype=np.float32)
    free = np.zeros(0, dtype=np.int64)
    exhausted = False
    while True:
        # --- fill: free places first, then (only at the start) new ones
        wanted = n_slots - len(numbers) + len(free)
        changed = False
        if wanted and not exhausted:
            arrivals = list(islice(waiting, wanted))
            exhausted = len(arrivals) < wanted
            if arrivals:
                changed = True
                fresh = [row for _, row in arrivals]
                ids, types = encoder.collate(fresh, device=device)
                states = steps.embed(ids, types)
                places, added = free[: len(arrivals)], len(arrivals) - len(free)
                free = free[len(places) :]
                if added > 0:
                    places = np.concatenate([places, np.arange(added) + len(numbers)])
                    numbers = _grown(numbers, added)
                    lengths = _grown(lengths, added)
                    depth = _grown(depth, added)
                    history = _grown(history, added)
                numbers[places] = [number for number, _ in arrivals]
                lengths[places] = [row.n_tokens for row in fresh]
                depth[places] = 0
                hidden = _placed(hidden, states, places, rows=len(numbers))
        # --- close the gaps that nobody will fill any more
        if len(free):
            keep = np.setdiff1d(np.arange(len(numbers)), free)
            numbers, lengths, depth, history = (
                numbers[keep],
                lengths[keep],
                depth[keep],
                history[keep],
            )
            hidden = None if hidden is None else hidden[torch.from_numpy(keep).to(device)]
            free, changed = free[:0], True
        if not len(numbers) or hidden is None:
            return
        if changed:
            width = int(lengths.max())
            if width < hidden.shape[1]:
                hidden = hidden[:, :width].contiguous()
            padding = padding_mask(lengths.tolist(), width, device=device)
            mask = steps.mask(padding, hidden)
        # --- one layer call for all depths
        hidden = steps.layer(hidden, mask, 0)
        probs = probabilities(steps.exit_logits(hidden, padding, 0), numbers, depth + 1)
        history[np.arange(len(numbers)), depth] = probs
        depth += 1
        verdict = policy.decide(History(history, depth))
        done = np.flatnonzero(verdict != ExitReason.CONTINUE)
        if len(done):
            yield Finished(numbers[done], depth[done].copy(), verdict[done], probs[done])
            free = done


def run_batches(
    steps: Steps,
    encoder: Encoder,
    queue: Iterable[NumberedRow],
    policy: ExitPolicy,
    *,
    batch_size: int,
    n_labels: int,
    device: str,
    drop: bool = True,
) -> Iterator[Finished]:
    """Batches in lock-step; with `drop`, rows leave as they finish, else when the last one does."""
    waiting = iter(queue)
    while batch := list(islice(waiting, batch_size)):
        rows = [row for _, row in batch]
        numbers = np.array([number for number, _ in batch], dtype=np.int64)
        yield from _run_batch(steps, encoder, numbers, rows, policy, n_labels, device, drop)


def _run_batch(
    steps: Steps,
    encoder: Encoder,
    numbers: NDArray[np.int64],
    rows: Sequence[EncodedRow],
    policy: ExitPolicy,
    n_labels: int,
    device: str,
    drop: bool,
) -> Iterator[Finished]:
    ids, types = encoder.collate(rows, device=device)
    hidden = steps.embed(ids, types)
    padding = padding_mask([row.n_tokens for row in rows], hidden.shape[1], device=device)
    mask = steps.mask(padding, hidden)
    history = np.zeros((len(rows), steps.n_layers, n_labels), dtype=np.float32)
    finished = np.zeros(len(rows), dtype=bool)
    for layer_index in range(steps.n_layers):
        hidden = steps.layer(hidden, mask, layer_index)
        depth = np.full(len(numbers), layer_index + 1)
        probs = probabilities(steps.exit_logits(hidden, padding, layer_index), numbers, depth)
        history[:, layer_index] = probs
        verdict = policy.decide(History(history, depth))
        done = (verdict != ExitReason.CONTINUE) & ~finished
        if not done.any():
            continue
        yield Finished(numbers[done], depth[done], verdict[done], probs[done])
        finished |= done
        if finished.all():
            return
        if drop:
            stay = np.flatnonzero(~finished)
            numbers, history, finished = numbers[stay], history[stay], finished[stay]
            kept = torch.from_numpy(stay).to(device)
            hidden = hidden[kept]
            mask = None if mask is None else mask[kept]
            padding = None if padding is None else padding[kept]


def probabilities(
    logits: Tensor, row: NDArray[np.int64], depth: NDArray[np.int64]
) -> NDArray[np.float32]:
    """(rows, labels) on the host: the one small read from the device that a step needs.

    Args:
        logits: (rows, labels).
        row: (rows,) numbers of the rows, for the error.
        depth: (rows,) layers applied to each, for the error.

    Raises:
        NumericsError: NaN or infinite. No rule can decide on that: NaN is under no threshold and
            the first label would win.
    """
    probs: NDArray[np.float32] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
    if not np.isfinite(probs).all():
        bad = int(np.flatnonzero(~np.isfinite(probs).all(axis=-1))[0])
        raise NumericsError(
            f"row {row[bad]}: the answer after layer {depth[bad]} is not a number in "
            f"{logits.dtype}; float32 has the widest range, and damaged weights give this too"
        )
    return probs


def _grown(values: NDArray[np.generic], rows: int) -> NDArray:  # type: ignore[type-arg]  # any kind
    """With `rows` more entries of zeros along the first axis."""
    return np.concatenate([values, np.zeros((rows, *values.shape[1:]), dtype=values.dtype)])


def _placed(
    hidden: Tensor | None, states: Tensor, places: NDArray[np.int64], *, rows: int
) -> Tensor:
    """`hidden` with new rows in their places, widened and lengthened as needed."""
    width = states.shape[1]
    if hidden is None:
        return states
    if rows > hidden.shape[0] or width > hidden.shape[1]:
        larger = hidden.new_zeros((rows, max(width, hidden.shape[1]), hidden.shape[2]))
        larger[: hidden.shape[0], : hidden.shape[1]] = hidden
        hidden = larger
    # what a longer row left behind this one's tokens is finite and masked out
    hidden[torch.from_numpy(places).to(hidden.device), :width] = states
    return hidden
