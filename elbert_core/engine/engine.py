"""Running a checkpoint: one text to full depth (`trace`), or many with real early exits (`run`).

The engine joins the model, which knows no policies, with policies, which know no model. Its
methods are free of state: a policy is an argument of the call, and a row's result depends on that
row alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from elbert_core import metrics
from elbert_core.engine.captured import CapturedSteps
from elbert_core.engine.devices import DTYPES, faster_dtype, resolve_device
from elbert_core.engine.encoding import EncodedRow, Encoder, TextInput, split_input
from elbert_core.engine.kernels import Steps, fuses, make_steps
from elbert_core.engine.layouts import EXACT_TOKENS, Layout
from elbert_core.engine.scheduling import Finished, NumberedRow, Schedule, on_host, run_rows
from elbert_core.errors import ConfigError, InputError
from elbert_core.model.check import names_of
from elbert_core.model.checkpoints import is_local, load_checkpoint, weights_digest
from elbert_core.policies import ExitPolicy
from elbert_core.policy_files import recommended_policy
from elbert_core.results import BatchExits, LayerTrace, RowExit

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from elbert_core.model.modeling import ElbertForSequenceClassification


class EarlyExitEngine:
    """A model with its tokenizer on one device.

    Attributes:
        name: name of the checkpoint.
        digest: SHA-256 of its weights, "" when unknown.
        device, dtype: where and in which precision it runs, as words ("cpu", "float32").
        label_names: names of the labels in index order.
        n_layers: layers of a full-depth pass.
        max_tokens: tokens the model reads at most, special tokens included.
        recommended: the rule that the checkpoint's folder recommends, None where it has none.
    """

    def __init__(
        self,
        model: ElbertForSequenceClassification,
        tokenizer: PreTrainedTokenizerBase,
        *,
        name: str = "model",
        digest: str = "",
        device: str = "cpu",
        dtype: str = "float32",
        captured: bool = False,
        recommended: ExitPolicy | None = None,
    ) -> None:
        if dtype not in DTYPES:
            raise ConfigError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
        if captured and not (device.startswith("cuda") and fuses(model)):
            raise ConfigError(
                "captured needs a CUDA device and a model that shares one layer and one head"
            )
        self.name = name
        self.digest = digest
        self.recommended = recommended
        self.device = device
        self.dtype = dtype
        torch.nn.Module.to(model, device=torch.device(device), dtype=DTYPES[dtype])
        torch.nn.Module.eval(model)
        self.model = model
        self.tokenizer = tokenizer
        self.label_names = names_of(model.config)
        self.n_layers: int = model.n_layers
        limit = int(model.config.max_position_embeddings)
        self.max_tokens: int = int(min(tokenizer.model_max_length, limit))
        self._encoder = Encoder(tokenizer, max_tokens=self.max_tokens)
        self._steps: Steps = CapturedSteps(model) if captured else make_steps(model)

    @torch.inference_mode()
    def warm_up(self, lengths: Iterable[int] = (16,), *, seconds: float = 0.5) -> None:
        """Apply a layer to texts of these lengths, so that no real one is the first of its kind.

        Libraries choose, build and keep their kernels by shape; on a CPU the first text of a length
        waits a few milliseconds for that, as long as for all that it is read.

        Lengths are in tokens, special ones included. After so many seconds no further text is
        begun: a busy machine has better to do.
        """
        until = time.perf_counter() + seconds
        for n_tokens in lengths:
            alone = np.array([n_tokens])
            ids = torch.ones(n_tokens, dtype=torch.long, device=self.device)
            hidden = self._steps.embed(ids, torch.zeros_like(ids), alone)
            self._steps.step(hidden, self._steps.layout(alone), 0)
            if time.perf_counter() > until:
                break
        self._synchronise()

    @torch.inference_mode()
    def trace(self, text: TextInput, *, attention: bool = False, repeats: int = 3) -> LayerTrace:
        """Read one text to full depth, measuring every layer.

        Args:
            text: a text, or a pair of texts.
            attention: also keep the attention of every layer and head.
            repeats: passes to time, at least 1; each layer's median is kept, because a single
                pass on a busy machine makes a random layer look slow.

        Raises:
            InputError: the text is empty or not a text.
            ConfigError: repeats below 1.
            NumericsError: the model's answer is NaN or infinite.
        """
        if repeats < 1:
            raise ConfigError(f"repeats must be at least 1, got {repeats}")
        first, second = split_input(text)
        started = time.perf_counter()
        (encoded,) = self._encoder.encode([(first, second)])
        embedded, layout = self._embedded([encoded])
        self._synchronise()
        embed_ms = (time.perf_counter() - started) * 1e3
        seen, weights, layer_ms = [], [], np.zeros((repeats, self.n_layers))
        for turn in range(repeats):
            hidden = embedded
            for layer_index in range(self.n_layers):
                if attention and turn == 0:  # outside the measured time: an engine never needs it
                    exact = hidden[None, : encoded.n_tokens]
                    weights.append(self.model.attention_weights(exact, None, layer_index)[0].cpu())
                started = time.perf_counter()
                outputs = self._steps.step(hidden, layout, layer_index)
                hidden = outputs.hidden
                row = on_host(outputs, np.array([0]), np.array([layer_index + 1]))  # waits for it
                layer_ms[turn, layer_index] = (time.perf_counter() - started) * 1e3
                if turn == 0:
                    seen.append(row)
        config, width = self.model.config, self.model.config.hidden_size
        # (layers, units, ...): a sentence is one unit
        record = {name: np.stack([row[name] for row in seen]) for name in seen[0]}
        return LayerTrace(
            text=first,
            text_pair=second,
            tokens=self._encoder.tokens(encoded),
            probs=record.pop("probs")[:, 0],
            layer_ms=np.median(layer_ms, axis=0),
            embed_ms=embed_ms,
            label_names=self.label_names,
            truncated=encoded.truncated,
            n_tokens_full=encoded.n_tokens_full,
            layer_macs=metrics.layer_macs(width, config.intermediate_size, encoded.n_tokens),
            head_macs=metrics.head_macs(width, len(self.label_names)),
            checkpoint=self.name,
            digest=self.digest,
            device=self.device,
            dtype=self.dtype,
            attention=torch.stack(weights).numpy() if attention else None,
            extras=record,
        )

    def encode(self, texts: Sequence[TextInput]) -> list[EncodedRow]:
        """Tokenise texts or pairs of texts.

        Raises:
            InputError: a text is empty or not a text; the message names its row.
        """
        return self._encoder.encode([split_input(text, row=i) for i, text in enumerate(texts)])

    @torch.inference_mode()
    def read_batch(self, rows: Sequence[EncodedRow]) -> dict[str, NDArray[np.float32]]:
        """One batch, at least one row, to full depth: arrays (layers, rows, ...) by name.

        "probs" and "logits" are (layers, rows, labels); what else the model gives follows.
        """
        hidden, layout = self._embedded(rows)
        seen, numbers = [], np.arange(len(rows))
        for layer_index in range(self.n_layers):
            outputs = self._steps.step(hidden, layout, layer_index)
            hidden = outputs.hidden
            seen.append(on_host(outputs, numbers, np.full(len(rows), layer_index + 1)))
        return {name: np.stack([layer[name] for layer in seen]) for name in seen[0]}

    def _embedded(self, rows: Sequence[EncodedRow]) -> tuple[Tensor, Layout]:
        ids, types = self._encoder.collate(rows, device=self.device)
        lengths = np.array([row.n_tokens for row in rows])
        return self._steps.embed(ids, types, lengths), self._steps.layout(lengths)

    def run(
        self,
        texts: Sequence[TextInput],
        policy: ExitPolicy,
        *,
        batch_size: int = 32,
        schedule: Schedule = "auto",
        progress: Callable[[int], None] | None = None,
    ) -> BatchExits:
        """Classify texts, each only as deep as the policy wants; results come in input order.

        Args:
            texts: texts or pairs of texts; none at all is allowed.
            policy: when to stop.
            batch_size: rows in one layer call at most (the number of slots).
            schedule: "slots" (a row that is done is replaced at once; one shared layer only),
                "dropping" (batches in lock-step that shrink), "lockstep" (batches that wait for
                their last row), "auto" (slots where the model allows them, else dropping). See
                `elbert_core.engine.scheduling`.
            progress: called with the number of rows that just finished.

        Raises:
            InputError: a text is empty or not a text; the message names its row.
            ConfigError: batch_size below 1, or a schedule that is unknown or does not fit.
            NumericsError: the model's answer for a row is NaN or infinite; the message names it.
        """
        if isinstance(texts, str):
            raise InputError("run takes a list of texts, got one text")
        started = time.perf_counter()
        encoded = self.encode(texts)
        lengths = np.array([row.n_tokens for row in encoded], dtype=np.int64)
        exit_layer, reason = np.zeros(len(encoded), np.int64), np.zeros(len(encoded), np.int8)
        probs = np.zeros((len(encoded), len(self.label_names)), dtype=np.float32)
        # similar lengths together, so that attention pads little
        queue = [(int(row), encoded[row]) for row in np.argsort(lengths, kind="stable")]
        for done in self._schedule(queue, policy, batch_size, schedule):
            exit_layer[done.row] = done.exit_layer
            reason[done.row] = done.reason
            probs[done.row] = done.probs
            if progress is not None:
                progress(len(done.row))
        return BatchExits(
            exit_layer=exit_layer,
            reason=reason,
            label=probs.argmax(axis=-1),
            n_layers=self.n_layers,
            probs=probs,
            truncated=np.array([row.truncated for row in encoded], dtype=bool),
            n_tokens=lengths,
            label_names=self.label_names,
            seconds=time.perf_counter() - started,
            layer_rows=int(exit_layer.sum()),
        )

    def stream(
        self,
        texts: Iterable[TextInput],
        policy: ExitPolicy,
        *,
        batch_size: int = 32,
        window: int = 1024,
        schedule: Schedule = "auto",
    ) -> Generator[RowExit, None, None]:
        """Classify texts as they come, yielding each row as it finishes; memory stays bounded.

        Rows come back in the order they finish and carry their number. `window` texts, at least 1,
        are read ahead to bring similar lengths together; all else is as in `run`. Closing the
        iterator early stops the work; what was yielded stays valid. Texts may be endless.

        Raises:
            InputError, ConfigError, NumericsError: as in `run`, when the text's turn comes.
        """
        if window < 1:
            raise ConfigError(f"window must be at least 1, got {window}")
        in_flight: dict[int, EncodedRow] = {}

        def queue() -> Iterator[NumberedRow]:
            numbered, falling = enumerate(texts), False
            while chunk := list(islice(numbered, window)):
                rows = self._encoder.encode([split_input(text, row=row) for row, text in chunk])
                members = dict(zip((row for row, _ in chunk), rows, strict=True))
                in_flight.update(members)
                falling = not falling  # down, up, down ...: where windows meet, lengths do as well
                yield from sorted(
                    members.items(), key=lambda item: item[1].n_tokens, reverse=falling
                )

        with closing(self._schedule(queue(), policy, batch_size, schedule)) as finished:
            for done in finished:
                for i, row in enumerate(done.row.tolist()):
                    encoded = in_flight.pop(row)
                    yield RowExit(
                        row=row,
                        exit_layer=int(done.exit_layer[i]),
                        reason=int(done.reason[i]),
                        probs=done.probs[i],
                        truncated=encoded.truncated,
                        n_tokens=encoded.n_tokens,
                    )

    def _schedule(
        self, queue: Iterable[NumberedRow], policy: ExitPolicy, batch_size: int, schedule: Schedule
    ) -> Generator[Finished, None, None]:
        how = (self._steps, self._encoder, queue, policy)
        return run_rows(*how, batch_size=batch_size, schedule=schedule, device=self.device)

    def _synchronise(self) -> None:
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()


def load_engine(
    folder_or_name: str | Path, *, device: str = "auto", dtype: str = "auto", captured: bool = False
) -> EarlyExitEngine:
    """An engine for a checkpoint, warmed up.

    Args:
        folder_or_name: local folder, or hub name of an ALBERT or ELBERT classifier.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", ...
        dtype: "auto" (bfloat16 on GPUs that have it, float32 elsewhere: the same answers on every
            CPU), "fast" (bfloat16 wherever a short trial finds it faster, float32 elsewhere),
            "float32", "bfloat16", "float16".
        captured: replay recorded CUDA graphs instead of starting every kernel; see
            `elbert_core.engine.captured`; off until it has been measured on a GPU.

    Raises:
        CheckpointError: the checkpoint is missing or damaged; the message names the file.
        ConfigError: no such device or dtype here, or captured where it cannot be.
    """
    chosen = resolve_device(device)
    if dtype == "auto":
        on_gpu = chosen.startswith("cuda")
        dtype = "bfloat16" if on_gpu and torch.cuda.is_bf16_supported() else "float32"
    model, tokenizer = load_checkpoint(folder_or_name)
    if dtype == "fast":
        dtype = faster_dtype(model.config.hidden_size, device=chosen)
    path = Path(folder_or_name)
    engine = EarlyExitEngine(
        model,
        tokenizer,
        name=path.name if is_local(folder_or_name) else str(folder_or_name),
        digest=weights_digest(path) if path.is_dir() else "",
        device=chosen,
        dtype=dtype,
        captured=captured,
        recommended=recommended_policy(path),
    )
    usual = sorted(range(3, EXACT_TOKENS + 1), key=lambda n_tokens: abs(n_tokens - 20))
    engine.warm_up(n_tokens for n_tokens in usual if n_tokens <= engine.max_tokens)
    return engine
