"""Running a checkpoint: one text to full depth (`trace`), or many with real early exits (`run`).

The engine joins the model, which knows no policies, with policies, which know no model. Both
methods are free of state: a policy is an argument of the call, and a row's result depends on that
row alone.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.checkpoints import WEIGHTS_FILE, is_local, load_checkpoint, weights_digest
from elbert_core.errors import ConfigError, InputError
from elbert_core.policies import ExitPolicy, History
from elbert_core.results import BatchExits, ExitReason, LayerTrace

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from elbert_core.modeling import ElbertForSequenceClassification

TextInput = str | tuple[str, str]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True, slots=True)
class _Encoded:
    """One tokenised row."""

    input_ids: list[int]
    token_type_ids: list[int]
    n_tokens_full: int

    @property
    def truncated(self) -> bool:
        return self.n_tokens_full > len(self.input_ids)


class EarlyExitEngine:
    """A model with its tokenizer on one device.

    Attributes:
        name: name of the checkpoint.
        digest: SHA-256 of its weights, "" when unknown.
        device, dtype: where and in which precision it runs, as words ("cpu", "float32").
        label_names: names of the labels in index order.
        n_layers: layers of a full-depth pass.
        max_tokens: tokens the model reads at most, special tokens included.
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
    ) -> None:
        if dtype not in DTYPES:
            raise ConfigError(f"dtype must be one of {', '.join(DTYPES)}, got {dtype!r}")
        self.name = name
        self.digest = digest
        self.device = device
        self.dtype = dtype
        torch.nn.Module.to(model, device=torch.device(device), dtype=DTYPES[dtype])
        torch.nn.Module.eval(model)
        self.model = model
        self.tokenizer = tokenizer
        names = {int(index): str(name) for index, name in (model.config.id2label or {}).items()}
        self.label_names: tuple[str, ...] = tuple(names[i] for i in range(len(names)))
        self.n_layers: int = model.n_layers
        limit = int(model.config.max_position_embeddings)
        self.max_tokens: int = min(limit, int(min(tokenizer.model_max_length, limit)))

    @torch.inference_mode()
    def warm_up(self, n_tokens: int = 16) -> None:
        """Run a few layers so that the first real text is not measured on a cold machine."""
        ids = torch.ones((1, n_tokens), dtype=torch.long, device=self.device)
        hidden = self.model.embed(ids)
        for layer_index in range(self.n_layers):
            hidden = self.model.layer(hidden, None, layer_index)
            self.model.exit_logits(hidden, None, layer_index)
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
        """
        if repeats < 1:
            raise ConfigError(f"repeats must be at least 1, got {repeats}")
        first, second = _split(text, row=None)
        started = time.perf_counter()
        encoded = self._encode([(first, second)])[0]
        ids, types, _ = self._batch([encoded])
        embedded = self.model.embed(ids, types)
        self._synchronise()
        embed_ms = (time.perf_counter() - started) * 1e3
        probs, weights, layer_ms = [], [], np.zeros((repeats, self.n_layers))
        for turn in range(repeats):
            hidden = embedded
            for layer_index in range(self.n_layers):
                if attention and turn == 0:  # outside the measured time: an engine never needs it
                    weights.append(self.model.attention_weights(hidden, None, layer_index)[0].cpu())
                started = time.perf_counter()
                hidden = self.model.layer(hidden, None, layer_index)
                logits = self.model.exit_logits(hidden, None, layer_index)
                row = torch.softmax(logits.float(), dim=-1)[0].cpu()  # waits for the device
                layer_ms[turn, layer_index] = (time.perf_counter() - started) * 1e3
                if turn == 0:
                    probs.append(row.numpy())
        config = self.model.config
        n_tokens = len(encoded.input_ids)
        return LayerTrace(
            text=first,
            text_pair=second,
            tokens=tuple(self.tokenizer.convert_ids_to_tokens(encoded.input_ids)),
            probs=np.stack(probs),
            layer_ms=np.median(layer_ms, axis=0),
            embed_ms=embed_ms,
            label_names=self.label_names,
            truncated=encoded.truncated,
            n_tokens_full=encoded.n_tokens_full,
            layer_macs=metrics.layer_macs(config.hidden_size, config.intermediate_size, n_tokens),
            head_macs=metrics.head_macs(config.hidden_size, len(self.label_names)),
            checkpoint=self.name,
            digest=self.digest,
            device=self.device,
            dtype=self.dtype,
            attention=torch.stack(weights).numpy() if attention else None,
        )

    @torch.inference_mode()
    def run(
        self, texts: Sequence[TextInput], policy: ExitPolicy, *, batch_size: int = 32
    ) -> BatchExits:
        """Classify texts, each only as deep as the policy wants; the rest is not computed.

        Rows of similar length are batched together and leave the batch as soon as they are done.

        Args:
            texts: texts or pairs of texts; none at all is allowed.
            policy: when to stop.
            batch_size: rows in one layer call at most.

        Returns:
            Results in input order.

        Raises:
            InputError: a text is empty or not a text; the message names its row.
            ConfigError: batch_size below 1.
        """
        if isinstance(texts, str):
            raise InputError("run takes a list of texts, got one text")
        if batch_size < 1:
            raise ConfigError(f"batch_size must be at least 1, got {batch_size}")
        started = time.perf_counter()
        pairs = [_split(text, row=row) for row, text in enumerate(texts)]
        encoded = self._encode(pairs)
        lengths = np.array([len(row.input_ids) for row in encoded], dtype=np.int64)
        rows = len(encoded)
        exit_layer = np.zeros(rows, dtype=np.int64)
        reason = np.zeros(rows, dtype=np.int8)
        probs = np.zeros((rows, len(self.label_names)), dtype=np.float32)
        order = np.argsort(lengths, kind="stable")
        for start in range(0, rows, batch_size):
            members = order[start : start + batch_size]
            result = self._run_batch([encoded[row] for row in members], policy)
            exit_layer[members], reason[members], probs[members] = result
        return BatchExits(
            exit_layer=exit_layer,
            reason=reason,
            label=probs.argmax(axis=-1) if rows else np.zeros(0, dtype=np.int64),
            n_layers=self.n_layers,
            probs=probs,
            truncated=np.array([row.truncated for row in encoded], dtype=bool),
            n_tokens=lengths,
            label_names=self.label_names,
            seconds=time.perf_counter() - started,
            layer_rows=int(exit_layer.sum()),
        )

    def _run_batch(
        self, encoded: list[_Encoded], policy: ExitPolicy
    ) -> tuple[NDArray[np.int64], NDArray[np.int8], NDArray[np.float32]]:
        """Exit layer, reason and probabilities of one batch; rows leave it as they finish."""
        rows, n_labels = len(encoded), len(self.label_names)
        exit_layer = np.zeros(rows, dtype=np.int64)
        reason = np.zeros(rows, dtype=np.int8)
        final = np.zeros((rows, n_labels), dtype=np.float32)
        ids, types, attention_mask = self._batch(encoded)
        hidden = self.model.embed(ids, types)
        mask = self.model.expand_mask(attention_mask, hidden)
        alive = np.arange(rows)
        history = np.zeros((rows, self.n_layers, n_labels), dtype=np.float32)
        for layer_index in range(self.n_layers):
            hidden = self.model.layer(hidden, mask, layer_index)
            logits = self.model.exit_logits(hidden, attention_mask, layer_index)
            # the one small read from the device in each step
            history[:, layer_index] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
            depth = np.full(len(alive), layer_index + 1)
            verdict = policy.decide(History(history, depth))
            done = verdict != ExitReason.CONTINUE
            if not done.any():
                continue
            leaving = alive[done]
            exit_layer[leaving] = layer_index + 1
            reason[leaving] = verdict[done]
            final[leaving] = history[done, layer_index]
            if done.all():
                break
            stay = ~done
            alive, history = alive[stay], history[stay]
            kept = torch.from_numpy(np.flatnonzero(stay)).to(hidden.device)
            hidden = hidden[kept]
            mask = None if mask is None else mask[kept]
            attention_mask = None if attention_mask is None else attention_mask[kept]
        return exit_layer, reason, final

    def _encode(self, pairs: Sequence[tuple[str, str | None]]) -> list[_Encoded]:
        """Tokenise; texts longer than the model reads are cut, and how long they were is kept."""
        encoded: dict[int, _Encoded] = {}
        # single texts and pairs apart, so that neither changes how the other is tokenised
        for paired in (False, True):
            rows = [row for row, (_, second) in enumerate(pairs) if (second is not None) == paired]
            if not rows:
                continue
            arguments: list[Any] = [[pairs[row][0] for row in rows]]
            if paired:
                arguments.append([pairs[row][1] for row in rows])
            cut = self.tokenizer(
                *arguments, truncation=True, max_length=self.max_tokens, return_token_type_ids=True
            )
            lengths = [len(ids) for ids in cut["input_ids"]]
            if max(lengths) >= self.max_tokens:
                whole = self.tokenizer(*arguments, truncation=False, verbose=False)
                lengths = [len(ids) for ids in whole["input_ids"]]
            for row, ids, types, length in zip(
                rows, cut["input_ids"], cut["token_type_ids"], lengths, strict=True
            ):
                encoded[row] = _Encoded(ids, types, length)
        return [encoded[row] for row in range(len(pairs))]

    def _batch(
        self, encoded: list[_Encoded]
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """Padded ids, token types and mask (None when nothing is padded), each (rows, tokens)."""
        lengths = [len(row.input_ids) for row in encoded]
        longest = max(lengths)
        pad = self.tokenizer.pad_token_id or 0
        ids = torch.tensor(
            [row.input_ids + [pad] * (longest - len(row.input_ids)) for row in encoded]
        )
        types = torch.tensor(
            [row.token_type_ids + [0] * (longest - len(row.input_ids)) for row in encoded]
        )
        mask = None
        if min(lengths) < longest:
            mask = (torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]).long()
            mask = mask.to(self.device)
        return ids.to(self.device), types.to(self.device), mask

    def _synchronise(self) -> None:
        if self.device.startswith("cuda"):
            torch.cuda.synchronize()


def load_engine(
    folder_or_name: str | Path, *, device: str = "auto", dtype: str = "auto"
) -> EarlyExitEngine:
    """An engine for a checkpoint, warmed up.

    Args:
        folder_or_name: local folder, or hub name of an ALBERT or ELBERT classifier.
        device: "auto" (a GPU where there is one), "cpu", "cuda", "cuda:1", ...
        dtype: "auto" (bfloat16 on GPUs that have it, float32 elsewhere), "float32", "bfloat16",
            "float16".

    Raises:
        CheckpointError: the checkpoint is missing or damaged; the message names the file.
        ConfigError: no such device or dtype here.
    """
    chosen = resolve_device(device)
    if dtype == "auto":
        on_gpu = chosen.startswith("cuda")
        dtype = "bfloat16" if on_gpu and torch.cuda.is_bf16_supported() else "float32"
    model, tokenizer = load_checkpoint(folder_or_name)
    path = Path(folder_or_name)
    engine = EarlyExitEngine(
        model,
        tokenizer,
        name=path.name if is_local(folder_or_name) else str(folder_or_name),
        digest=weights_digest(path) if (path / WEIGHTS_FILE).is_file() else "",
        device=chosen,
        dtype=dtype,
    )
    engine.warm_up()
    return engine


def resolve_device(device: str) -> str:
    """Turn "auto" into a device that is here; check anything else."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError as error:
        raise ConfigError(f'device must be "auto", "cpu" or "cuda", got {device!r}') from error
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {device!r} is not available here: no CUDA GPU was found")
    if kind not in ("cpu", "cuda"):
        raise ConfigError(f'device must be "auto", "cpu" or "cuda", got {device!r}')
    return device


def _split(text: TextInput, *, row: int | None) -> tuple[str, str | None]:
    """First and second text of an input; empty or foreign inputs are refused."""
    where = "the text" if row is None else f"row {row}"
    if isinstance(text, str):
        first, second = text, None
    elif isinstance(text, tuple) and len(text) == 2 and all(isinstance(t, str) for t in text):
        first, second = text
    else:
        raise InputError(f"{where} must be a text or a pair of texts, got {type(text).__name__}")
    if not first.strip() or (second is not None and not second.strip()):
        raise InputError(f"{where} is empty: at least one word is needed")
    return first, second
