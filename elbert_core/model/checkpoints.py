"""A checkpoint is a folder: configuration, weights, tokenizer, how it was trained.

    config.json  model.safetensors  tokenizer.json (or spiece.model)  training.json  MODEL_CARD.md

Weights are safetensors only; nothing here can unpickle. Damage is found before transformers sees
the files, and every error is one line that names the file.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from elbert_core.errors import CheckpointError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from elbert_core.model.modeling import ElbertForSequenceClassification

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
TRAINING_FILE = "training.json"
MODEL_CARD_FILE = "MODEL_CARD.md"
TOKENIZER_FILES = ("tokenizer.json", "spiece.model", "vocab.txt")
FORMAT_VERSION = 1

CLASSIFIER_KEY = "classifier.weight"


def list_checkpoints(folder: str | Path) -> list[Path]:
    """Sub-folders that are, or were meant to be, checkpoints: complete ones first, then by name.

    A folder that holds only one of configuration and weights, or nothing at all, is listed as well:
    trying to load it says what it lacks, where leaving it out would hide that something went wrong.
    """
    root = Path(folder)
    if not root.is_dir():
        return []
    needed = (CONFIG_FILE, WEIGHTS_FILE)
    found = []
    for path in root.iterdir():
        if not path.is_dir() or path.name.startswith((".", "_")):
            continue
        there = [(path / name).is_file() for name in needed]
        if any(there) or not any(path.iterdir()):
            found.append((not all(there), path.name, path))
    return [path for *_, path in sorted(found)]


def weights_digest(folder: str | Path) -> str:
    """SHA-256 of the weights file, in hexadecimal."""
    with (Path(folder) / WEIGHTS_FILE).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_checkpoint(folder: str | Path) -> dict[str, Any]:
    """Look at a folder without loading it; the configuration as a dictionary.

    Cheap: reads JSON and the header of the weights, needs no torch.

    Raises:
        CheckpointError: folder or file missing, file damaged, or label counts that do not fit.
    """
    root = Path(folder)
    if not root.is_dir():
        raise CheckpointError(f"no checkpoint folder at {root}")
    if not any(root.iterdir()):
        raise CheckpointError(f"{root} is empty: {CONFIG_FILE} and {WEIGHTS_FILE} are needed")
    config = _read_json(root / CONFIG_FILE)
    weights = root / WEIGHTS_FILE
    if not weights.is_file():
        others = sorted(p.name for suffix in ("*.bin", "*.pt", "*.pkl") for p in root.glob(suffix))
        hint = f" ({', '.join(others)} cannot be used: safetensors only)" if others else ""
        raise CheckpointError(f"{weights} is missing{hint}")
    shapes = _weight_shapes(weights)
    if not any((root / name).is_file() for name in TOKENIZER_FILES):
        raise CheckpointError(f"{root} has no tokenizer: one of {', '.join(TOKENIZER_FILES)}")
    if CLASSIFIER_KEY not in shapes:
        raise CheckpointError(f"{weights} has no classifier ({CLASSIFIER_KEY}): train it first")
    stored = shapes[CLASSIFIER_KEY][0]
    named = len(config.get("id2label") or {}) or int(config.get("num_labels") or 2)
    if named != stored:
        raise CheckpointError(
            f"{root / CONFIG_FILE} names {named} labels, but {WEIGHTS_FILE} has {stored}"
        )
    return config


def load_checkpoint(
    folder_or_name: str | Path,
) -> tuple[ElbertForSequenceClassification, PreTrainedTokenizerBase]:
    """Model (float32, evaluation mode, on the CPU) and tokenizer of a checkpoint.

    Args:
        folder_or_name: a local folder, or a hub name of an ALBERT or ELBERT classifier.

    Raises:
        CheckpointError: see `check_checkpoint`; also when parts of the model have no weights.
    """
    import torch
    from transformers import AutoTokenizer

    from elbert_core.model.modeling import ElbertForSequenceClassification

    local = is_local(folder_or_name)
    if local:
        check_checkpoint(folder_or_name)
    try:
        model, info = ElbertForSequenceClassification.from_pretrained(
            str(folder_or_name),
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=local,
            output_loading_info=True,
        )
        tokenizer = AutoTokenizer.from_pretrained(str(folder_or_name), local_files_only=local)
    except Exception as error:  # noqa: BLE001  # many libraries below; one line is what users need
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        where = "" if local else "no such folder here, and as a hub name: "
        raise CheckpointError(f"cannot load {folder_or_name}: {where}{first_line}") from error
    missing = sorted(str(key) for key in info["missing_keys"])
    if missing:
        raise CheckpointError(
            f"{Path(folder_or_name) / WEIGHTS_FILE} lacks {len(missing)} of the model's weights, "
            f"{missing[0]} first"
        )
    return model.eval(), tokenizer


def is_local(folder_or_name: str | Path) -> bool:
    """True when this means a folder here rather than a model of a hub.

    Whatever exists, or is written as a path of more than two parts or with a leading dot or slash.
    """
    text = str(folder_or_name)
    return (
        isinstance(folder_or_name, Path)
        or Path(text).exists()
        or text.startswith((".", "/", "~", "checkpoints"))
        or text.count("/") > 1
        or "\\" in text
    )


def save_checkpoint(
    model: ElbertForSequenceClassification,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | Path,
    *,
    training: Mapping[str, Any],
    model_card: str | None = None,
    dtype: str = "float16",
) -> Path:
    """Write a checkpoint folder; files of other names that are there stay.

    Args:
        model: what to save; it is left as it was.
        tokenizer: its tokenizer.
        folder: where to.
        training: how it was made, any JSON values.
        model_card: text of MODEL_CARD.md; None leaves that file alone.
        dtype: precision of the stored weights, "float16", "bfloat16" or "float32".
    """
    import copy

    import torch

    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    stored = copy.deepcopy(model)
    torch.nn.Module.to(stored, device="cpu", dtype=getattr(torch, dtype))
    stored.save_pretrained(root, max_shard_size="10GB")
    tokenizer.save_pretrained(root)
    record = {"format_version": FORMAT_VERSION, **training}
    (root / TRAINING_FILE).write_text(
        json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    if model_card is not None:
        (root / MODEL_CARD_FILE).write_text(model_card, encoding="utf-8")
    return root


def versions() -> dict[str, str]:
    """Versions of what a result depends on."""
    import torch
    import transformers

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def read_training(folder: str | Path) -> dict[str, Any]:
    """How a checkpoint was made; empty when it does not say."""
    path = Path(folder) / TRAINING_FILE
    return _read_json(path) if path.is_file() else {}


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"{path} is missing")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    if not isinstance(value, dict):
        raise CheckpointError(f"{path} must hold a JSON object, got {type(value).__name__}")
    return value


def _weight_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Name and shape of every stored tensor; a truncated or foreign file is refused."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as weights:
            return {key: tuple(weights.get_slice(key).get_shape()) for key in weights.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
