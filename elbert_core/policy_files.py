"""Policies with a name, as small JSON files: save a tuned setting, use it anywhere.

A guarantee that comes with a policy is kept with what it holds for: a threshold certified for one
checkpoint and data set says nothing about another.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from elbert_core.errors import CheckpointError, ConfigError, InputError
from elbert_core.policies import ExitPolicy, policy_from_dict, policy_to_dict
from elbert_core.strict_json import Digest, ShortText, read_file, read_json, write_file

FORMAT: Literal["elbert-policy/1"] = "elbert-policy/1"
MAX_BYTES = 20_000
RECOMMENDED = "recommended.json"
"""The policy file of a checkpoint's folder: the rule to use where none is asked for."""
Risk = Literal["disagreement", "accuracy", "distribution"]
Method = Literal["learn-then-test", "conformal"]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class Guarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was certified, and for what.

    Attributes:
        risk: what counts as loss, see `elbert_core.evaluation.risks.RISKS`.
        max_loss: the true loss is at most this ...
        confidence: ... with this confidence; None for the conformal rule, whose promise is an
            average over calibration sets.
        n_test: rows of the test, or for calibration.
        checkpoint, digest: name of the checkpoint, SHA-256 of its weights ("" when unknown).
        data, split: where the rows came from.
        method: "learn-then-test" (`tune`) or "conformal" (`tune_conformal`).
    """

    risk: Risk
    max_loss: Share
    confidence: Share | None
    n_test: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    checkpoint: ShortText
    digest: Digest
    data: ShortText
    split: ShortText
    method: Method = "learn-then-test"

    def __post_init__(self) -> None:
        """Raise ConfigError when method, risk and confidence do not go together."""
        marginal = self.method == "conformal"
        if marginal != (self.confidence is None):
            raise ConfigError(
                "a guarantee states a confidence, except for the conformal rule, "
                f"got {self.confidence!r} with method {self.method!r}"
            )
        if marginal and self.risk != "disagreement":
            raise ConfigError(f"the conformal rule bounds the disagreement, got {self.risk!r}")


@dataclass(frozen=True, slots=True)
class SavedPolicy:
    """A policy under a name.

    Attributes:
        name: for people.
        policy: the rule with its settings.
        guarantee: what is certified about it, None when nothing is.
    """

    name: str
    policy: ExitPolicy
    guarantee: Guarantee | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["elbert-policy/1"]
    name: ShortText
    policy: dict[str, Any]
    guarantee: Guarantee | None


def policy_to_json(saved: SavedPolicy) -> str:
    """JSON text that `policy_from_json` reads."""
    file = _File(FORMAT, saved.name, policy_to_dict(saved.policy), saved.guarantee)
    values = msgspec.to_builtins(file)
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def policy_from_json(text: str | bytes, *, where: str = "the policy file") -> SavedPolicy:
    """The named policy that `policy_to_json` wrote, checked.

    Raises:
        InputError: too large, no such JSON, or a field that is missing, unknown or out of range.
    """
    file = read_json(text, _File, where, most_bytes=MAX_BYTES)
    try:
        return SavedPolicy(file.name, policy_from_dict(file.policy), file.guarantee)
    except ConfigError as error:
        raise InputError(f"{where}: {error}") from error


def save_policy(
    policy: ExitPolicy, path: str | Path, *, name: str = "", guarantee: Guarantee | None = None
) -> Path:
    """Write a policy file; its name for people is the file's own by default.

    Raises:
        ConfigError: the file's name does not end in .json.
        InputError: what would be written could not be read again: the name is too long.
    """
    target = Path(path)
    if target.suffix != ".json":
        raise ConfigError(f"a policy file must end in .json, got {target.name!r}")
    text = policy_to_json(SavedPolicy(name or target.stem, policy, guarantee))
    policy_from_json(text)
    return write_file(target, text.encode("utf-8"))


def load_policy(path: str | Path) -> ExitPolicy:
    """The policy of a file that `save_policy` wrote.

    Raises:
        InputError: the file is missing or not such a file; the message names it and the field.
    """
    return load_saved_policy(path).policy


def recommended_policy(folder: str | Path) -> ExitPolicy | None:
    """The rule that a checkpoint's folder recommends; None where it has no such file.

    Raises:
        CheckpointError: the file is damaged.
    """
    path = Path(folder) / RECOMMENDED
    try:
        return load_policy(path) if path.is_file() else None
    except InputError as error:
        raise CheckpointError(f"{path.parent.name}: {error}") from error


def load_saved_policy(path: str | Path) -> SavedPolicy:
    """The same with its name and guarantee."""
    content = read_file(Path(path), most_bytes=MAX_BYTES)
    return policy_from_json(content, where=Path(path).name)
