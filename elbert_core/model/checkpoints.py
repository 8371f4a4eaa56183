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
from elbert_core.model import check

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from elbert_core.model.modeling import ElbertForSequenceClassification

TRAINING_FILE = "training.json"
MODEL_CARD_FILE = "MODEL_CARD.md"
FORMAT_VERSION = 1


def list_checkpoints(folder: str | Path) -> list[Path]:
    """Sub-folders that are, or were meant to be, checkpoints: complete ones first, then by name.

    A folder that holds only one of configuration and weights, or nothing at all, is listed as well:
    trying to load it says what it lacks, where leaving it out would hide that something went wrong.
    """
    root = Path(folder)
    if not root.is_dir():
        return []
    needed = ((check.CONFIG_FILE,), (check.WEIGHTS_FILE, check.INDEX_FILE))
    found = []
    for path in root.iterdir():
        if not path.is_dir() or path.name.startswith((".", "_")):
            continue
        there = [any((path / name).is_file() for name in names) for names in needed]
        if any(there) or not any(path.iterdir()):
            found.append((not all(there), path.name, path))
    return [path for *_, path in sorted(found)]


def weights_digest(folder: str | Path) -> str:
    """SHA-256 of the weights file, or of its shards one after the other, in hexadecimal.

    Raises:
        OSError, CheckpointError: there are no weights.
    """
    found = hashlib.sha256()
    for path in check.weight_files(folder):
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                found.update(block)
    return found.hexdigest()


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

    from elbert_core.model.modeling import ElbertForSequenceClassification, elbert_config

    local = is_local(folder_or_name)
    if local:
        check.check_checkpoint(folder_or_name)
    try:
        config = elbert_config(folder_or_name, local=local)
        model, info = ElbertForSequenceClassification.from_pretrained(
            str(folder_or_name),
            config=config,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=local,
            output_loading_info=True,
        )
        tokenizer = check.read_tokenizer(folder_or_name, local=local)
    except CheckpointError:
        raise
    except Exception as error:  # noqa: BLE001  # many libraries below; one line is what users need
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        where = "" if local else "no such folder here, and as a hub name: "
        raise CheckpointError(f"cannot load {folder_or_name}: {where}{first_line}") from error
    check.label_names(config.to_dict(), folder_or_name)
    for keys, what in (
        ("missing_keys", "lack {} of the model's weights"),
        ("unexpected_keys", "hold {} that the model does not have"),
    ):
        found = sorted(key for key in map(str, info[keys]) if not key.endswith(check.BUFFER))
        if found:
            raise CheckpointError(
                f"the weights of {folder_or_name} {what.format(len(found))}, {found[0]} first"
            )
    return model.eval(), check.check_tokenizer(tokenizer, config, folder_or_name)


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
    """Write a checkpoint folder; the model is left as it was, and so are files of other names.

    `training` says how it was made, in any JSON values; a model card of None leaves that file
    alone; weights are stored in "float16", "bfloat16" or "float32".
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
    return check.read_json(path) if path.is_file() else {}
