"""Which rows are in the next layer call: three ways to run early exit on many texts.

One loop does all three; they differ in when rows join a call and when they leave it.

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

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elbert_core.engine.encoding import EncodedRow, Encoder
from elbert_core.engine.kernels import Outputs, Steps
from elbert_core.engine.layouts import Layout, placed, tokens_of
from elbert_core.errors import ConfigError, NumericsError
from elbert_core.policies import ExitPolicy, History
from elbert_core.results import ExitReason
from elbert_core.uncertainty import probabilities

Schedule = Literal["auto", "slots", "dropping", "lockstep"]
SCHEDULES: tuple[Schedule, ...] = get_args(Schedule)

DTYPE = np.float32
"""Of all that the host keeps."""


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


@dataclass(frozen=True, slots=True, eq=False)
class InFlight:
    """What the host knows of the rows in the next call.

    Attributes:
        number: (rows,) their numbers in the input.
        n_tokens: (rows,) tokens of each.
        depth: (rows,) layers applied to each.
        finished: (rows,) bool, True for rows that are carried along though they are done.
        history: what is known after the layers applied so far, by name, each (rows, layers, ...)
            float32: "probs", "logits", and what else the model gives.
    """

    number: NDArray[np.int64]
    n_tokens: NDArray[np.int64]
    depth: NDArray[np.int64]
    finished: NDArray[np.bool_]
    history: Mapping[str, NDArray[np.float32]]

    @classmethod
    def starting(cls, rows: Sequence[NumberedRow]) -> InFlight:
        """Rows before their first layer; there may be none."""
        return cls(
            number=np.array([number for number, _ in rows], dtype=np.int64),
            n_tokens=np.array([row.n_tokens for _, row in rows], dtype=np.int64),
            depth=np.zeros(len(rows), dtype=np.int64),
            finished=np.zeros(len(rows), dtype=bool),
            history={},
        )

    def with_more(self, others: InFlight) -> InFlight:
        """These rows, then the others, which are before their first layer."""
        n_more = len(others.number)
        return InFlight(
            number=np.concatenate([self.number, others.number]),
            n_tokens=np.concatenate([self.n_tokens, others.n_tokens]),
            depth=np.concatenate([self.depth, others.depth]),
            finished=np.concatenate([self.finished, others.finished]),
            history={
                name: np.concatenate([past, np.zeros((n_more, *past.shape[1:]), DTYPE)])
                for name, past in self.history.items()
            },
        )

    def only(self, rows: NDArray[np.int64]) -> InFlight:
        """Some of the rows, by index."""
        return InFlight(
            number=self.number[rows],
            n_tokens=self.n_tokens[rows],
            depth=self.depth[rows],
            finished=self.finished[rows],
            history={name: past[rows] for name, past in self.history.items()},
        )

    def after_layer(self, seen: Mapping[str, NDArray[np.float32]], n_layers: int) -> InFlight:
        """One layer deeper, with what it gave: arrays (rows, ...) by name."""
        rows, layer = np.arange(len(self.number)), self.depth
        history = dict(self.history)
        for name, values in seen.items():
            if name not in history:
                history[name] = np.zeros((len(rows), n_layers, *values.shape[1:]), DTYPE)
            history[name][rows, layer] = values
        return replace(self, depth=layer + 1, history=history)


@torch.inference_mode()
def run_rows(
    steps: Steps,
    encoder: Encoder,
    queue: Iterable[NumberedRow],
    policy: ExitPolicy,
    *,
    batch_size: int,
    schedule: Schedule,
    device: str,
) -> Generator[Finished, None, None]:
    """Take rows from the queue through the layers; yields them as they finish.

    The queue is read as places fall free, so it may be endless. Neighbours in it should have
    similar lengths, or attention is padded. Stopping the iteration early loses no finished row.
    The schedule "auto" is slots where the model allows them, else dropping.

    Raises:
        ConfigError: batch_size below 1, or a schedule that is unknown or does not fit.
    """
    if batch_size < 1:
        raise ConfigError(f"batch_size must be at least 1, got {batch_size}")
    if schedule not in SCHEDULES:
        raise ConfigError(f"schedule must be one of {', '.join(SCHEDULES)}, got {schedule!r}")
    if schedule == "slots" and not steps.mixes_depths:
        raise ConfigError(
            'slots need one layer and one head shared by all depths; use "dropping" for this model'
        )
    refill = schedule == "slots" or (schedule == "auto" and steps.mixes_depths)
    waiting = iter(queue)
    flight = InFlight.starting([])
    hidden: Tensor | None = None
    layout: Layout | None = None
    while True:
        free = batch_size - len(flight.number) if refill or not len(flight.number) else 0
        if free and (arrivals := list(islice(waiting, free))):
            fresh = InFlight.starting(arrivals)
            ids, types = encoder.collate([row for _, row in arrivals], device=device)
            states = steps.embed(ids, types, fresh.n_tokens)
            in_use = int(flight.n_tokens.sum())
            hidden = states if hidden is None else torch.cat([hidden[:in_use], states])
            flight, layout = flight.with_more(fresh), None
        if hidden is None:
            return
        layout = layout or steps.layout(flight.n_tokens)
        layer_index = int(flight.depth[0])  # of all rows, where they do not mix
        outputs = steps.step(hidden, layout, layer_index)
        hidden = outputs.hidden
        seen = on_host(outputs, flight.number, flight.depth + 1)
        flight = flight.after_layer(seen, steps.n_layers)
        probs = seen["probs"]
        extras = {name: past for name, past in flight.history.items() if name != "probs"}
        verdict = policy.decide(History(flight.history["probs"], flight.depth, extras))
        done = (verdict != ExitReason.CONTINUE) & ~flight.finished
        if not done.any():
            continue
        yield Finished(flight.number[done], flight.depth[done], verdict[done], probs[done])
        flight = replace(flight, finished=flight.finished | done)
        if schedule != "lockstep" or flight.finished.all():
            stay = np.flatnonzero(~flight.finished)
            kept = placed(tokens_of(stay, flight.n_tokens), device)
            hidden = hidden.index_select(0, kept) if len(stay) else None
            flight, layout = flight.only(stay), None


def on_host(
    outputs: Outputs, row: NDArray[np.int64], depth: NDArray[np.int64]
) -> dict[str, NDArray[np.float32]]:
    """What a step says of each row, by name, float32: the one small read from the device it needs.

    "probs" (rows, labels) come from "logits" (rows, labels); extras follow as they are. The numbers
    of the rows (rows,) and the layers applied to each (rows,) are for the error.

    Raises:
        NumericsError: NaN or infinite. No rule can decide on that: NaN is under no threshold and
            the first label would win.
    """
    seen: dict[str, NDArray[np.float32]] = {
        name: values.float().cpu().numpy()
        for name, values in {"logits": outputs.logits, **outputs.extras}.items()
    }
    for name, values in seen.items():
        finite = np.isfinite(values).reshape(len(values), -1).all(axis=-1)
        if not finite.all():
            bad = int(np.flatnonzero(~finite)[0])
            what = "answer" if name == "logits" else name
            raise NumericsError(
                f"row {row[bad]}: the {what} after layer {depth[bad]} is not a number in "
                f"{outputs.logits.dtype}; float32 has the widest range, and damaged weights give "
                "this too"
            )
    return {"probs": probabilities(seen["logits"]), **seen}
