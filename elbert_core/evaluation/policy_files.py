"""Policies with a name, as small JSON files: save a tuned setting, use it anywhere.

A guarantee that comes with a policy is kept with what it holds for: a threshold certified for one
checkpoint and data set says nothing about another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation.calibration import RISKS, Risk, Tuning
from elbert_core.evaluation.conformal import ConformalTuning
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy, policy_from_dict, policy_to_dict
from elbert_core.strict_json import StrictObject, parse_json

FORMAT = "elbert-policy/1"
MAX_BYTES = 20_000
Method = Literal["learn-then-test", "conformal"]
METHODS: tuple[Method, ...] = ("learn-then-test", "conformal")


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What was certified, and for what.

    Attributes:
        risk: what counts as loss, see `elbert_core.evaluation.calibration.RISKS`.
        max_loss: the true loss is at most this ...
        confidence: ... with this confidence; None for the conformal rule, whose promise is an
            average over calibration sets.
        n_test: rows of the test, or for calibration.
        checkpoint, digest: name of the checkpoint, SHA-256 of its weights ("" when unknown).
        data, split: where the rows came from.
        method: "learn-then-test" (`tune`) or "conformal" (`tune_conformal`).
    """

    risk: Risk
    max_loss: float
    confidence: float | None
    n_test: int
    checkpoint: str
    digest: str
    data: str
    split: str
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


def guarantee_of(tuning: Tuning | ConformalTuning, table: EvaluationTable) -> Guarantee:
    """The guarantee of a tuned policy, with the table it was tuned on."""
    known: dict[str, Any] = {
        "max_loss": tuning.max_loss,
        "checkpoint": table.checkpoint,
        "digest": table.digest,
        "data": table.data,
        "split": table.split,
    }
    if isinstance(tuning, ConformalTuning):
        return Guarantee(
            risk="disagreement",
            confidence=None,
            n_test=tuning.n_calibration,
            method="conformal",
            **known,
        )
    return Guarantee(risk=tuning.risk, confidence=tuning.confidence, n_test=tuning.n_test, **known)


def policy_to_json(saved: SavedPolicy) -> str:
    """JSON text that `policy_from_json` reads."""
    values: dict[str, Any] = {
        "format": FORMAT,
        "name": saved.name,
        "policy": policy_to_dict(saved.policy),
        "guarantee": None if saved.guarantee is None else asdict(saved.guarantee),
    }
    return json.dumps(values, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def policy_from_json(text: str | bytes, *, where: str = "the policy file") -> SavedPolicy:
    """The named policy that `policy_to_json` wrote, checked.

    Raises:
        InputError: too large, no such JSON, or a field that is missing, unknown or out of range.
    """
    values = parse_json(text, where, most_bytes=MAX_BYTES)
    fields_ = StrictObject(values, where, required=("format", "name", "policy", "guarantee"))
    fields_.string("format", pattern=FORMAT)
    try:
        policy = policy_from_dict(values["policy"])
    except ConfigError as error:
        raise InputError(f"{where}: {error}") from error
    given = values["guarantee"]
    return SavedPolicy(
        name=fields_.string("name"),
        policy=policy,
        guarantee=None if given is None else _guarantee(given, f"{where} (guarantee)"),
    )


def save_policy(
    policy: ExitPolicy, path: str | Path, *, name: str = "", guarantee: Guarantee | None = None
) -> Path:
    """Write a policy file.

    Args:
        policy: the rule with its settings.
        path: where to, a name that ends in .json.
        name: for people; the file's own name by default.
        guarantee: what is certified about it.

    Raises:
        ConfigError: the file's name does not end in .json.
    """
    target = Path(path)
    if target.suffix != ".json":
        raise ConfigError(f"a policy file must end in .json, got {target.name!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = policy_to_json(SavedPolicy(name or target.stem, policy, guarantee))
    target.write_text(text, encoding="utf-8")
    return target


def load_policy(path: str | Path) -> ExitPolicy:
    """The policy of a file that `save_policy` wrote.

    Raises:
        InputError: the file is missing or not such a file; the message names it and the field.
    """
    return load_saved_policy(path).policy


def load_saved_policy(path: str | Path) -> SavedPolicy:
    """The same with its name and guarantee."""
    source = Path(path)
    try:
        with source.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read {source}: {error.strerror or error}") from error
    return policy_from_json(content, where=source.name)


def _guarantee(values: object, what: str) -> Guarantee:
    names = [field.name for field in fields(Guarantee)]
    given = StrictObject(values, what, required=names[:-1], optional=names[-1:])
    risk = given.string("risk")
    if risk not in RISKS:
        given.refuse("risk", f"one of {', '.join(RISKS)}")
    method = given.string("method") if "method" in given.values else METHODS[0]
    if method not in METHODS:
        given.refuse("method", f"one of {', '.join(METHODS)}")
    marginal = method == "conformal"
    if marginal and given.values["confidence"] is not None:
        given.refuse("confidence", "null for the conformal rule")
    if marginal and risk != "disagreement":
        given.refuse("risk", "disagreement for the conformal rule")
    return Guarantee(
        risk=risk,  # type: ignore[arg-type]  # one of RISKS, whose names are those of Risk
        max_loss=given.number("max_loss", low=0.0, high=1.0),
        confidence=None if marginal else given.number("confidence", low=0.0, high=1.0),
        n_test=given.whole("n_test", low=1),
        checkpoint=given.string("checkpoint"),
        digest=given.string("digest", pattern="[0-9a-f]{64}|"),
        data=given.string("data"),
        split=given.string("split"),
        method="conformal" if marginal else "learn-then-test",
    )
