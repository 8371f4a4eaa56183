"""A distillation made portable: token ids and a half-precision teacher.

Tokenising a large corpus takes minutes and needs all of its text, and a machine with a fast GPU may
be rented for minutes. `pack` does the slow part anywhere, `distill` takes the folder in place of
texts and teacher.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from datasets import Dataset, Features, Sequence, Value, load_from_disk
from transformers import AutoModel, BertModel, PreTrainedTokenizerBase

from elbert_core.data.texts import read_plain_texts, split_sentences
from elbert_core.errors import ConfigError, InputError
from elbert_core.training.packages import loading, resolve_model
from elbert_core.training.runs import check_least, move
from elbert_core.training.students import load_tokenizer

FORMAT = "elbert-packed/1"
RECORD = "packed.json"
TEACHER = "teacher"
CORPUS = "corpus"


@dataclass(frozen=True, kw_only=True)
class PackConfig:
    """What to pack.

    Attributes:
        teacher: BERT encoder (folder or hub name); its tokenizer makes the ids.
        texts: plain texts: files, or folders whose training files are read.
        output: folder to write, with `teacher` and `corpus` in it.
        sentences: how many sentences at most, a repeatable sample in random order.
        max_tokens: longer sentences are cut there.
        seed: of the sample.
    """

    teacher: str
    texts: tuple[str, ...]
    output: str
    sentences: int = 2_000_000
    max_tokens: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, 0, "seed")
        check_least(self, 1, "sentences")
        check_least(self, 3, "max_tokens")
        if not self.texts:
            raise ConfigError("packing needs at least one source of texts")


def pack(config: PackConfig) -> Path:
    """Write teacher, corpus and a record of both, for `distill --teacher OUT/teacher --texts OUT`.

    Raises:
        CheckpointError: no such teacher.
        InputError: no sentences in the texts.
    """
    tokenizer = load_tokenizer(config.teacher)
    teacher = load_encoder(config.teacher)
    corpus = encode_texts(
        config.texts,
        tokenizer,
        limit=config.sentences,
        seed=config.seed,
        max_tokens=config.max_tokens,
    )
    root = Path(config.output)
    (root / TEACHER).mkdir(parents=True, exist_ok=True)
    move(teacher, "cpu", torch.float16)
    teacher.save_pretrained(root / TEACHER)
    tokenizer.save_pretrained(root / TEACHER)
    corpus.save_to_disk(str(root / CORPUS))
    record = {
        "format": FORMAT,
        "tokenizer": tokenizer_digest(tokenizer),
        "sentences": len(corpus),
        "tokens": sum(len(ids) for ids in corpus["input_ids"]),
        "max_tokens": config.max_tokens,
        "seed": config.seed,
        "sources": [Path(source).name for source in config.texts],
    }
    # last, so that a folder with a record is a whole one
    (root / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return root


def is_packed(source: str | Path) -> bool:
    """Whether a source of texts is a folder that `pack` wrote."""
    return (Path(source) / RECORD).is_file()


def read_packed(
    folder: str | Path, tokenizer: PreTrainedTokenizerBase, *, limit: int, max_tokens: int
) -> Dataset:
    """Token ids that `pack` wrote, at most `limit` sentences.

    Raises:
        ConfigError: they were made by another tokenizer, or cut at another length.
        InputError: the folder is damaged.
    """
    root = Path(folder)
    try:
        record = json.loads((root / RECORD).read_text(encoding="utf-8"))
        kind = record.get("format")
        if kind != FORMAT:
            raise InputError(f"{root / RECORD} must be of format {FORMAT}, got {kind!r}")
        corpus = load_from_disk(str(root / CORPUS))
        whole = isinstance(corpus, Dataset) and len(corpus) == record["sentences"]
    except (OSError, ValueError, AttributeError, KeyError) as error:
        raise InputError(f"{root} is not a whole packed corpus: {error}") from error
    if not whole:
        raise InputError(f"{root} is not a whole packed corpus: sentences are missing")
    if record["tokenizer"] != tokenizer_digest(tokenizer):
        raise ConfigError(f"{root} was packed with another tokenizer than the teacher's")
    if record["max_tokens"] != max_tokens:
        raise ConfigError(
            f"{root} was packed with max_tokens={record['max_tokens']}, got {max_tokens}"
        )
    return corpus.select(range(min(limit, len(corpus))))


def encode_texts(
    texts: tuple[str, ...],
    tokenizer: PreTrainedTokenizerBase,
    *,
    limit: int,
    seed: int,
    max_tokens: int,
) -> Dataset:
    """Token ids of sentences sampled from plain texts, not padded; two bytes each if they fit.

    Raises:
        InputError: there is no sentence.
    """
    sentences = split_sentences(read_plain_texts(texts), limit=limit, seed=seed)
    if not sentences:
        raise InputError(f"no sentences of 3 to 60 words in {', '.join(texts)}")
    encoded = tokenizer(sentences, truncation=True, max_length=max_tokens)
    kind = "uint16" if len(tokenizer) <= 2**16 else "int32"
    return Dataset.from_dict(
        {"input_ids": encoded["input_ids"]}, features=Features({"input_ids": Sequence(Value(kind))})
    )


def load_encoder(name: str) -> BertModel:
    """An encoder to teach with, in float32 whatever its file holds, without gradients.

    Raises:
        CheckpointError: none is there.
    """
    with loading("a teacher", name):
        model = AutoModel.from_pretrained(
            resolve_model(name), use_safetensors=True, dtype=torch.float32
        )
    return cast(BertModel, model.requires_grad_(False).eval())


def tokenizer_digest(tokenizer: PreTrainedTokenizerBase) -> str:
    """SHA-256 of what a tokenizer makes of its vocabulary: the pieces with their ids."""
    pieces = sorted(tokenizer.get_vocab().items())
    return hashlib.sha256(json.dumps(pieces).encode()).hexdigest()
