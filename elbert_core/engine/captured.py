"""Layer and exit head recorded once as a CUDA graph, then replayed: one launch for thirty.

On a fast GPU the kernels of one layer call take less time than starting them one by one. A graph
starts them all, but only over the memory it was recorded with, so calls have a few fixed shapes:
rows rounded up to a power of two and tokens to a multiple of 16. What is added is masked out and
computed for nothing, so this suits sentences of like lengths and not single texts.

The recorder is an argument, because everything but the recording works, and is tested, on any
device.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elbert_core.engine.kernels import Outputs, SharedSteps
from elbert_core.engine.layouts import Group, Layout, placed

if TYPE_CHECKING:
    from elbert_core.model.modeling import ElbertForSequenceClassification

Work = Callable[[], None]
Recorder = Callable[[Work], Work]
"""Work on fixed memory -> the same work, started at once."""

TOKENS_STEP = 16
"""Tokens a row are rounded up to a multiple of this."""

MOST_SHAPES = 64
"""Recorded shapes kept; each holds its states."""


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One shape's fixed memory and the work on it.

    Attributes:
        states: (rows * tokens, hidden), read and then overwritten.
        padding: (rows, tokens) bool, True for real tokens; unused rows have one.
        logits: (rows, labels), written.
        replay: does the work.
    """

    states: Tensor
    padding: Tensor
    logits: Tensor
    replay: Work


def cuda_graph(work: Work) -> Work:
    """Record work as a CUDA graph on the current device (torch's own recipe: warm up, capture)."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # the library declares no types here
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):  # libraries choose and allocate on first use, which a graph cannot hold
            work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    # other threads may use the device meanwhile
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        work()
    replay: Work = graph.replay
    return replay


class CapturedSteps(SharedSteps):
    """`SharedSteps` whose steps are replayed from recordings. Safe to use from several threads."""

    def __init__(
        self, model: ElbertForSequenceClassification, *, record: Recorder = cuda_graph
    ) -> None:
        super().__init__(model)
        self._record = record
        self._recordings: dict[tuple[int, int], Recording] = {}
        self._lock = threading.Lock()

    def layout(self, lengths: NDArray[np.int64]) -> Layout:
        # one padded group of a fixed shape; `back` says where the real tokens lie in it
        rows = 1 << max(len(lengths) - 1, 0).bit_length()
        tokens = -(-int(lengths.max()) // TOKENS_STEP) * TOKENS_STEP
        sizes = np.ones(rows, dtype=np.int64)
        sizes[: len(lengths)] = lengths
        real = np.arange(tokens) < sizes[:, None]
        back = np.flatnonzero(real[: len(lengths)])
        group = Group(rows, tokens, None, placed(real, self._device))
        starts = placed(lengths.cumsum() - lengths, self._device)
        every = torch.arange(len(back), device=self._device)
        there = placed(back, self._device)
        return Layout(len(lengths), lengths, starts, every, (group,), there, size=len(back))

    def step(self, hidden: Tensor, layout: Layout, layer_index: int = 0) -> Outputs:  # noqa: ARG002  # all layers are one
        (group,) = layout.groups
        if layout.back is None or group.padding is None:
            raise ValueError("this layout is not one of CapturedSteps.layout")
        with self._lock:
            recording = self._recording(group.rows, group.tokens)
            recording.states.index_copy_(0, layout.back, hidden)
            recording.padding.copy_(group.padding)
            recording.replay()
            states = recording.states.index_select(0, layout.back)
            # a copy: the recording's memory is used again
            return Outputs(states, recording.logits[: layout.rows].clone())

    def _recording(self, rows: int, tokens: int) -> Recording:
        """The recording of a shape, made where it is new."""
        if found := self._recordings.get((rows, tokens)):
            return found
        if len(self._recordings) >= MOST_SHAPES:
            self._recordings.pop(next(iter(self._recordings)))
        like = self._classifier[0]
        states = like.new_zeros((rows * tokens, self._model.config.hidden_size))
        padding = torch.ones((rows, tokens), dtype=torch.bool, device=like.device)
        logits = like.new_zeros((rows, like.shape[0]))
        starts = torch.arange(0, rows * tokens, tokens, device=like.device)
        every = torch.arange(rows * tokens, device=like.device)
        lengths = np.full(rows, tokens, dtype=np.int64)
        group = Group(rows, tokens, None, padding)
        fixed = Layout(rows, lengths, starts, every, (group,), None, size=rows * tokens)

        def work() -> None:
            after, answers, _ = SharedSteps.step(self, states, fixed)
            states.copy_(after)
            logits.copy_(answers)

        made = Recording(states, padding, logits, self._record(work))
        self._recordings[rows, tokens] = made
        return made
