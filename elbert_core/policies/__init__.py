"""Exit policies: frozen numbers plus one pure rule each. See `base` for the contract."""

from __future__ import annotations

from typing import Any

from elbert_core.errors import ConfigError
from elbert_core.policies.base import Check, ExitPolicy, History, replay, signals_of
from elbert_core.policies.fixed import FixedLayer, NeverExit
from elbert_core.policies.patience import DistributionPatience, Patience
from elbert_core.policies.signals import Signals
from elbert_core.policies.threshold import ConfidenceThreshold, EntropyThreshold
from elbert_core.policies.window import WINDOW_RULES, ConfidenceWindow, WindowRule

POLICIES: dict[str, type[ExitPolicy]] = {
    policy.kind: policy
    for policy in (
        ConfidenceWindow,
        EntropyThreshold,
        ConfidenceThreshold,
        Patience,
        DistributionPatience,
        FixedLayer,
        NeverExit,
    )
}
"""Every policy by its short name, as used on the command line, in JSON and in links."""


def policy_to_dict(policy: ExitPolicy) -> dict[str, Any]:
    """A policy as plain JSON values: its kind and its settings."""
    return {"kind": policy.kind, **policy.settings()}


def policy_from_dict(values: dict[str, Any]) -> ExitPolicy:
    """The policy that `policy_to_dict` described.

    Raises:
        ConfigError: unknown kind, unknown or missing setting, or a value out of range.
    """
    settings = dict(values)
    kind = settings.pop("kind", None)
    if kind not in POLICIES:
        raise ConfigError(f"policy kind must be one of {', '.join(POLICIES)}, got {kind!r}")
    try:
        return POLICIES[kind](**settings)
    except TypeError as error:
        raise ConfigError(f"settings do not fit policy {kind!r}: {error}") from error


__all__ = [
    "POLICIES",
    "WINDOW_RULES",
    "Check",
    "ConfidenceThreshold",
    "ConfidenceWindow",
    "DistributionPatience",
    "EntropyThreshold",
    "ExitPolicy",
    "FixedLayer",
    "History",
    "NeverExit",
    "Patience",
    "Signals",
    "WindowRule",
    "policy_from_dict",
    "policy_to_dict",
    "replay",
    "signals_of",
]
