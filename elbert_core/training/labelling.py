"""A teacher's logits for many texts, made once and stored; students learn from them for long.

A store knows texts by their digest alone, so it can be kept and passed on where the texts cannot.
Interrupted work goes on: texts are labelled in parts, each written whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as save_arrays
from transformers import AutoModelForSequenceClassification, PreTrainedModel

from elbert_core.data.texts import load_table, read_plain_texts, split_sentences
from elbert_core.errors import ConfigError, InputError, NumericsError
from elbert_core.model.check import names_of
from elbert_core.strict_json import write_file
from elbert_core.training.packages import loading, resolve_model
from elbert_core.training.runs import check_least, model_digest, move, use_bf16
from elbert_core.training.students import load_tokenizer
from elbert_core.training.trainers import ShapedBatches, collator

logger = logging.getLogger(__name__)

DIGEST_BYTES = 16
PART_ROWS = 8_192
Text = str | tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class LabelConfig:
    """What to label.

    Attributes:
        teacher: fine-tuned classifier, folder or hub name.
        data: labelled data set whose training texts are labelled, folder or `datasets` name.
        output: file to write, NAME.safetensors.
        texts: plain texts (files or folders) to take further sentences from.
        sentences: how many of these at most, a repeatable sample.
        max_tokens: longer texts are cut there.
        tokens_per_step: tokens of one batch, padding included.
        seed: of the sample.
        precision: "auto", "bf16" or "fp32".
    """

    teacher: str
    data: str
    output: str
    texts: tuple[str, ...] = ()
    sentences: int = 0
    max_tokens: int = 64
    tokens_per_step: int = 4096
    seed: int = 0
    precision: str = "auto"

    def __post_init__(self) -> None:
        if not self.output.endswith(".safetensors"):
            raise ConfigError(f"output must be NAME.safetensors, got {self.output!r}")
        check_least(self, 0, "sentences", "seed")
        check_least(self, 1, "tokens_per_step")
        check_least(self, 3, "max_tokens")
        use_bf16(self.precision)
        if self.sentences and not self.texts:
            raise ConfigError("sentences needs texts to take them from")


@dataclass(frozen=True, slots=True, eq=False)
class StoredLabels:
    """A teacher's logits by text digest.

    Attributes:
        rows: digest of a text -> row of `logits`.
        logits: (texts, labels) float32.
        label_names: the teacher's labels in the order of the columns.
    """

    rows: dict[bytes, int]
    logits: NDArray[np.float32]
    label_names: tuple[str, ...]

    def of(self, texts: Sequence[Text], label_names: Sequence[str]) -> NDArray[np.float32]:
        """(texts, labels) logits, columns in the order of `label_names`.

        Raises:
            InputError: a text was not labelled, or the labels are others.
        """
        if set(label_names) != set(self.label_names):
            raise InputError(
                f"the stored labels are {', '.join(self.label_names)}, "
                f"the data has {', '.join(label_names)}"
            )
        missing = [n for n, text in enumerate(texts) if digest(text) not in self.rows]
        if missing:
            raise InputError(
                f"{len(missing)} of {len(texts)} texts have no stored label, the first is text "
                f"{missing[0]}: label the same data first"
            )
        columns = [self.label_names.index(name) for name in label_names]
        rows = [self.rows[digest(text)] for text in texts]
        return self.logits[rows][:, columns]


def digest(text: Text) -> bytes:
    """The first 16 bytes of the SHA-256 of a text, or of a pair and what parts it."""
    whole = text if isinstance(text, str) else "\x1f".join(text)
    return hashlib.sha256(whole.encode("utf-8")).digest()[:DIGEST_BYTES]


def load_labels(path: str | Path) -> StoredLabels:
    """Read what `label` wrote.

    Raises:
        InputError: missing, damaged, or no labels.
    """
    try:
        with safe_open(str(path), framework="numpy") as opened:
            digests, logits = opened.get_tensor("digests"), opened.get_tensor("logits")
            names = json.loads((opened.metadata() or {})["label_names"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"cannot read stored labels from {path}: {error}") from error
    named = isinstance(names, list) and all(isinstance(name, str) for name in names)
    if not named or not _fits(digests, logits, len(digests), len(names)):
        raise InputError(f"{path} holds no stored labels: digests, logits and names do not fit")
    if not np.isfinite(logits).all():
        raise InputError(f"{path} holds logits that are not finite: the teacher is damaged")
    rows = {bytes(row): n for n, row in enumerate(digests)}
    return StoredLabels(rows, np.asarray(logits, dtype=np.float32), tuple(names))


def label(config: LabelConfig) -> Path:
    """Label every text of `config` once; resumes an interrupted run.

    The file holds `digests (texts, 16)` uint8 and `logits (texts, labels)` float16, label names and
    settings in its header. One that holds these very labels stays as it is.

    Raises:
        CheckpointError, ConfigError, InputError: before any work; also where the file holds labels
            of other texts or another teacher.
        NumericsError: the teacher's logits are not finite in float16.
    """
    tokenizer = load_tokenizer(config.teacher)
    with loading("a teacher", config.teacher):
        teacher = AutoModelForSequenceClassification.from_pretrained(
            resolve_model(config.teacher),
            use_safetensors=True,
            attn_implementation="eager",
            dtype=torch.float32,
        ).eval()
    sources: list[Text] = list(load_table(config.data, "train").inputs())
    if config.sentences:
        sources += split_sentences(
            read_plain_texts(config.texts), limit=config.sentences, seed=config.seed
        )
    texts = list({digest(text): text for text in sources}.values())
    keys = np.frombuffer(b"".join(map(digest, texts)), np.uint8).reshape(-1, DIGEST_BYTES)
    about = {
        "label_names": json.dumps(names_of(teacher.config)),
        "teacher": config.teacher,
        "teacher_digest": model_digest(config.teacher) or "",
        "max_tokens": str(config.max_tokens),
        "precision": "bf16" if use_bf16(config.precision) else "fp32",
    }
    output = Path(config.output)
    if output.exists():
        if _stored(output, keys, about) is None:
            raise ConfigError(
                f"{output} is there already and holds no labels of these texts by this teacher: "
                "take another output, or delete it"
            )
        logger.info("all %d texts are labelled already", len(texts))
        return output
    move(teacher, "cuda" if torch.cuda.is_available() else "cpu")
    parts = Path(f"{output}.parts")
    stored = []
    for start in range(0, len(texts), PART_ROWS):
        part = slice(start, start + PART_ROWS)
        path = parts / f"{start:09d}.safetensors"
        logits = _stored(path, keys[part], about)
        if logits is None:
            ids = tokenizer(*_columns(texts[part]), truncation=True, max_length=config.max_tokens)
            logits = _logits(teacher, ids["input_ids"], collator(tokenizer), config)
            if not np.isfinite(logits).all():
                bad = start + int((~np.isfinite(logits)).any(axis=1).argmax())
                raise NumericsError(
                    f"the teacher's logits must be finite in float16, those of text {bad} are not"
                )
            _write(path, keys[part], logits, about)
        logger.info("%d of %d texts labelled", start + len(logits), len(texts))
        stored.append(logits)
    _write(output, keys, np.concatenate(stored), about)
    for path in parts.glob("*.safetensors"):
        path.unlink()
    parts.rmdir()
    return output


def _columns(texts: Iterable[Text]) -> list[list[str]]:
    """The texts as a tokenizer takes them: one column, or two for pairs."""
    rows = [(text,) if isinstance(text, str) else text for text in texts]
    if len({len(row) for row in rows}) > 1:
        raise InputError("texts and pairs of texts cannot be labelled in one go")
    return [list(column) for column in zip(*rows, strict=True)]


@torch.inference_mode()
def _logits(
    teacher: PreTrainedModel, ids: list[list[int]], collate: object, config: LabelConfig
) -> NDArray[np.float16]:
    found = np.zeros((len(ids), int(teacher.config.num_labels or 0)), dtype=np.float16)
    for rows in ShapedBatches([len(row) for row in ids], config.tokens_per_step):
        batch = collate([{"input_ids": ids[row]} for row in rows])  # type: ignore[operator]  # the library's collator
        inputs = {name: values.to(teacher.device) for name, values in batch.items()}
        with torch.autocast(teacher.device.type, torch.bfloat16, use_bf16(config.precision)):
            found[rows] = teacher(**inputs).logits.float().cpu().numpy()
    return found


def _stored(
    path: Path, keys: NDArray[np.uint8], about: dict[str, str]
) -> NDArray[np.float16] | None:
    """The logits that a file holds of these very texts by this teacher, None where it does not."""
    try:
        with safe_open(str(path), framework="numpy") as opened:
            stated = opened.metadata() or {}
            digests, found = opened.get_tensor("digests"), opened.get_tensor("logits")
    except (OSError, SafetensorError, TypeError):  # numpy has no bfloat16
        return None
    labels = len(json.loads(about["label_names"]))
    same = _fits(digests, found, len(keys), labels) and np.array_equal(digests, keys)
    if not same or not np.isfinite(found).all() or not about.items() <= stated.items():
        return None
    logits: NDArray[np.float16] = found
    return logits


def _fits(digests: NDArray[Any], logits: NDArray[Any], texts: int, labels: int) -> bool:
    return (
        digests.dtype == np.uint8
        and digests.shape == (texts, DIGEST_BYTES)
        and logits.shape == (texts, labels)
    )


def _write(
    path: Path, digests: NDArray[np.uint8], logits: NDArray[np.float16], about: dict[str, str]
) -> None:
    write_file(path, save_arrays({"digests": digests.copy(), "logits": logits}, metadata=about))
