"""What a checkpoint folder must be before anything of it is loaded: cheap, and without torch.

Every finding is one line that names the file, what is allowed and what came.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elbert_core.errors import CheckpointError
from elbert_core.strict_json import shown

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
TOKENIZER_FILES = ("tokenizer.json", "spiece.model", "vocab.txt")
SPECIAL_PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
"""What a vocab.txt must hold, as WordPiece writes them."""

CLASSIFIER_KEY = "classifier.weight"
EMBEDDING_KEY = "albert.embeddings.word_embeddings.weight"
BUFFER = "embeddings.position_ids"
"""Stored by old versions of transformers, and no weight."""

PROBLEM = "single_label_classification"


def check_checkpoint(folder: str | Path) -> dict[str, Any]:
    """Look at a folder without loading it; the configuration as a dictionary.

    Cheap: reads JSON and the headers of the weights, needs no torch.

    Raises:
        CheckpointError: folder or file missing or damaged, another architecture or task, labels
            that are not numbered from 0 or not named apart, weights that do not fit.
    """
    root = Path(folder)
    if not root.is_dir():
        raise CheckpointError(f"no checkpoint folder at {root}")
    if not any(root.iterdir()):
        raise CheckpointError(f"{root} is empty: {CONFIG_FILE} and {WEIGHTS_FILE} are needed")
    config = read_json(root / CONFIG_FILE)
    files = weight_files(root)
    shapes = {key: shape for path in files for key, shape in _weight_shapes(path).items()}
    if not any((root / name).is_file() for name in TOKENIZER_FILES):
        raise CheckpointError(f"{root} has no tokenizer: one of {', '.join(TOKENIZER_FILES)}")
    _check_names(shapes, files[0] if len(files) == 1 else root / INDEX_FILE)
    names = label_names(config, root / CONFIG_FILE)
    depth = config.get("num_hidden_layers", 12)
    if (_whole(depth) or 0) < 1:
        raise CheckpointError(
            f"{root / CONFIG_FILE} must have num_hidden_layers of at least 1, got {shown(depth)}"
        )
    stored = shapes[CLASSIFIER_KEY][0]
    if len(names) != stored:
        raise CheckpointError(
            f"{root / CONFIG_FILE} names {len(names)} labels, but {WEIGHTS_FILE} has {stored}"
        )
    if len(files) > 1:
        listed = read_json(root / INDEX_FILE)["weight_map"]
        lost = sorted(set(listed) - set(shapes))
        if lost:
            raise CheckpointError(f"{root / listed[lost[0]]} lacks {lost[0]}")
    vocabulary = config.get("vocab_size", shapes.get(EMBEDDING_KEY, (0,))[0])
    if EMBEDDING_KEY in shapes and shapes[EMBEDDING_KEY][0] != vocabulary:
        raise CheckpointError(
            f"{root / CONFIG_FILE} says vocab_size {vocabulary}, "
            f"but {EMBEDDING_KEY} has {shapes[EMBEDDING_KEY][0]} rows"
        )
    return config


def label_names(config: Mapping[str, Any], where: str | Path) -> tuple[str, ...]:
    """Names of the labels in index order, of a classifier of one label out of several.

    `config` is the content of config.json, `where` its path for messages.

    Raises:
        CheckpointError: another architecture or task, ids that are not 0..n-1, or names that are
            blank, given twice or contradicted.
    """

    def refuse(problem: str) -> CheckpointError:
        return CheckpointError(f"{where} {problem}")

    kind = config.get("model_type")
    if kind not in ("albert", "elbert"):
        raise refuse(f"must be of an ALBERT or ELBERT, got model_type {kind!r}")
    named = config.get("architectures") or []
    if not isinstance(named, list):
        raise refuse(f"must have architectures as a list, got {shown(named)}")
    for name in named:
        if "For" in str(name) and not str(name).endswith("ForSequenceClassification"):
            raise refuse(f"must be of a classifier of sentences, got {name}")
    problem = config.get("problem_type") or PROBLEM
    if problem != PROBLEM:
        raise refuse(
            f"has problem_type {problem!r}: only {PROBLEM} (one label out of several) can be read"
        )
    given = config.get("id2label")
    if given is None:
        given = {i: f"LABEL_{i}" for i in range(_whole(config.get("num_labels")) or 2)}
    if not isinstance(given, dict) or not given:
        raise refuse("must have id2label as an object of names by id")
    ids = sorted(-1 if _whole(i) is None else int(i) for i in given)
    if ids != list(range(len(ids))):
        raise refuse(f"must number its labels 0..{len(ids) - 1}, got {', '.join(map(str, given))}")
    by_id = {int(i): name for i, name in given.items()}
    for i, name in sorted(by_id.items()):
        if isinstance(name, bool) or not isinstance(name, (str, int)) or not str(name).strip():
            raise refuse(f"must name label {i}, got {name!r}")
    names = tuple(str(by_id[i]) for i in ids)
    if len(names) == 1:
        raise refuse("has one label only, as a regression: a classifier needs at least 2")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refuse(f"gives the name {twice[0]!r} to more than one label")
    back = config.get("label2id")
    for name, i in (back if isinstance(back, dict) else {}).items():
        if name in names and _whole(i) != names.index(name):
            raise refuse(
                f"contradicts itself: {name!r} is label {names.index(name)} in id2label, {i!r} in "
                "label2id"
            )
    return names


def names_of(config: Any) -> tuple[str, ...]:
    """Names of a loaded model's labels in index order."""
    return tuple(str(config.id2label[i]) for i in sorted(config.id2label or {}))


def weight_files(folder: str | Path) -> list[Path]:
    """The file of weights, or its shards in the order of their names.

    Raises:
        CheckpointError: none is there, a shard is missing, or the index is damaged.
    """
    root = Path(folder)
    if (root / WEIGHTS_FILE).is_file():
        return [root / WEIGHTS_FILE]
    if (root / INDEX_FILE).is_file():
        listed = read_json(root / INDEX_FILE).get("weight_map")
        if not isinstance(listed, dict) or not listed:
            raise CheckpointError(f"{root / INDEX_FILE} has no weight_map")
        shards = sorted({str(name) for name in listed.values()})
        for name in shards:
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise CheckpointError(f"{root / INDEX_FILE} names {name!r}, no file beside it")
            if not (root / name).is_file():
                raise CheckpointError(f"{root / name} is missing, one of {len(shards)} shards")
        return [root / name for name in shards]
    loose = sorted(p.name for p in root.glob("model-*.safetensors"))
    others = sorted(p.name for suffix in ("*.bin", "*.pt", "*.pkl") for p in root.glob(suffix))
    hint = ""
    if loose:
        hint = f" (the shards {', '.join(loose[:3])} need {INDEX_FILE})"
    elif others:
        hint = f" ({', '.join(others)} cannot be used: safetensors only)"
    raise CheckpointError(f"{root / WEIGHTS_FILE} is missing{hint}")


def check_tokenizer(
    tokenizer: PreTrainedTokenizerBase, config: Any, where: str | Path
) -> PreTrainedTokenizerBase:
    """The tokenizer, if every piece of it has a row in the embeddings; `where` is for messages.

    Raises:
        CheckpointError: ids beyond the vocabulary, another padding id, or special pieces missing.
    """
    highest = max(tokenizer.get_vocab().values(), default=-1)
    if highest >= config.vocab_size:
        raise CheckpointError(
            f"the tokenizer of {where} does not fit the model: its ids go up to {highest}, the "
            f"embeddings have {config.vocab_size} rows (0..{config.vocab_size - 1})"
        )
    for name in ("cls", "sep", "unk", "pad"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise CheckpointError(f"the tokenizer of {where} has no {name}_token")
    padding = config.pad_token_id
    if padding is not None and padding != tokenizer.pad_token_id:
        raise CheckpointError(
            f"the tokenizer of {where} does not fit the model: it pads with id "
            f"{tokenizer.pad_token_id}, the model with {padding}"
        )
    return tokenizer


def read_tokenizer(folder_or_name: str | Path, *, local: bool = False) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder or hub name; WordPiece where there is only a vocab.txt.

    Raises:
        CheckpointError: vocab.txt lacks a special piece.
    """
    from transformers import AutoTokenizer, BertTokenizer

    root = Path(folder_or_name)
    there = [name for name in TOKENIZER_FILES if (root / name).is_file()]
    config = read_json(root / CONFIG_FILE) if (root / CONFIG_FILE).is_file() else {}
    if there != ["vocab.txt"] or config.get("model_type") not in ("albert", "elbert"):
        found: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            str(folder_or_name), local_files_only=local
        )
        return found
    # the library's own choice for an ALBERT, SentencePiece, would know none of these pieces
    vocabulary = root / "vocab.txt"
    pieces = vocabulary.read_text(encoding="utf-8-sig").splitlines()
    lacking = [piece for piece in SPECIAL_PIECES if piece not in pieces]
    if lacking:
        raise CheckpointError(f"{vocabulary} is no WordPiece vocabulary: it lacks {lacking[0]}")
    path = root / "tokenizer_config.json"
    settings = read_json(path) if path.is_file() else {}
    kept = ("do_lower_case", "strip_accents", "tokenize_chinese_chars", "model_max_length")
    wordpiece: PreTrainedTokenizerBase = BertTokenizer(
        vocab=str(vocabulary), **{name: settings[name] for name in kept if name in settings}
    )
    return wordpiece


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        CheckpointError: missing, damaged, or no object.
    """
    if not path.is_file():
        raise CheckpointError(f"{path} is missing")
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must hold a JSON object, got {type(value).__name__}")
    return value


def _whole(value: object) -> int | None:
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None


def _check_names(shapes: Mapping[str, tuple[int, ...]], where: Path) -> None:
    if CLASSIFIER_KEY in shapes and EMBEDDING_KEY in shapes:
        return
    wrapped = next((k.removesuffix(EMBEDDING_KEY) for k in shapes if k.endswith(EMBEDDING_KEY)), "")
    if wrapped:
        raise CheckpointError(
            f"{where} holds names that begin with {wrapped!r}: save the model that was wrapped "
            "(model.module, model._orig_mod), not its wrapper"
        )
    if CLASSIFIER_KEY not in shapes:
        heads = sorted({key.split(".")[0] for key in shapes} - {"albert"})
        foreign = f"; it has {', '.join(heads[:3])}" if heads else ""
        raise CheckpointError(
            f"{where} has no classifier ({CLASSIFIER_KEY}){foreign}: train it first"
        )


def _weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every stored tensor; a truncated or foreign file is refused."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as weights:
            return {key: tuple(weights.get_slice(key).get_shape()) for key in weights.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
