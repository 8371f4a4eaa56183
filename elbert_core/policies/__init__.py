"""Exit policies: frozen numbers plus one pure rule each. See `base` for the contract."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import MISSING, fields
from typing import Any

from elbert_core.errors import ConfigError
from elbert_core.policies.base import POLICIES, Check, ExitPolicy, History, replay, signals_of
from elbert_core.policies.energy import Energy
from elbert_core.policies.fixed import FixedLayer, NeverExit
from elbert_core.policies.patience import ConsecutiveConfidence, DistributionPatience, Patience
from elbert_core.policies.signals import Signals
from elbert_core.policies.threshold import ConfidenceThreshold, EntropyThreshold
from elbert_core.policies.window import WINDOW_RULES, ConfidenceWindow, WindowRule

for _module in pkgutil.iter_modules(__path__):  # each rule enters itself into POLICIES
    importlib.import_module(f"{__name__}.{_module.name}")


def policy_to_dict(policy: ExitPolicy) -> dict[str, Any]:
    """A policy as plain JSON values: its kind and its settings."""
    return {"kind": policy.kind, **policy.settings()}


def policy_from_dict(values: dict[str, Any]) -> ExitPolicy:
    """The policy that `policy_to_dict` described.

    Raises:
        ConfigError: no dictionary, unknown kind, unknown or missing setting, or a value out of
            range.
    """
    if not isinstance(values, dict):
        raise ConfigError(f"a policy must be a dictionary, got {type(values).__name__}")
    settings = dict(values)
    kind = settings.pop("kind", None)
    if not isinstance(kind, str) or kind not in POLICIES:
        raise ConfigError(f"policy kind must be one of {', '.join(POLICIES)}, got {kind!r}")
    known = {setting.name: setting for setting in fields(POLICIES[kind])}
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise ConfigError(
            f"policy {kind!r} has the settings {', '.join(sorted(known))}, got {unknown[0]!r}"
        )
    required = [name for name, setting in known.items() if setting.default is MISSING]
    missing = [name for name in required if name not in settings]
    if missing:
        raise ConfigError(f"policy {kind!r} needs the setting {missing[0]!r}, which is missing")
    return POLICIES[kind](**settings)


def policy_to_text(policy: ExitPolicy) -> str:
    """A policy as `--policy` takes it; settings that are at their default are left out."""
    values = ",".join(
        f"{field.name}={getattr(policy, field.name)}"
        for field in fields(policy)
        if getattr(policy, field.name) != field.default
    )
    return f"{policy.kind}:{values}" if values else policy.kind


def policy_from_text(text: str) -> ExitPolicy:
    """The policy that `policy_to_text` wrote: "kind" or "kind:setting=value,setting=value".

    Raises:
        ConfigError: unknown kind, unknown, missing or repeated setting, or a value out of range.
    """
    kind, _, rest = text.partition(":")
    values: dict[str, Any] = {"kind": kind.strip()}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            raise ConfigError(f"a policy setting is written name=value, got {part!r}")
        if name in values:
            raise ConfigError(f"a policy setting may be given once, got {name!r} again")
        values[name] = _number(value)
    return policy_from_dict(values)


def _number(text: str) -> int | float | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text.strip('"')


__all__ = [
    "POLICIES",
    "WINDOW_RULES",
    "Check",
    "ConfidenceThreshold",
    "ConfidenceWindow",
    "ConsecutiveConfidence",
    "DistributionPatience",
    "Energy",
    "EntropyThreshold",
    "ExitPolicy",
    "FixedLayer",
    "History",
    "NeverExit",
    "Patience",
    "Signals",
    "WindowRule",
    "policy_from_dict",
    "policy_from_text",
    "policy_to_dict",
    "policy_to_text",
    "replay",
    "signals_of",
]
