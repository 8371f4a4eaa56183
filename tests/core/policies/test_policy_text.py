"""Policies as text: what people write on a command line, read and written again."""

from __future__ import annotations

import pytest

from elbert_core.errors import ConfigError
from elbert_core.policies import (
    POLICIES,
    ConfidenceThreshold,
    EntropyThreshold,
    ExitPolicy,
    NeverExit,
    policy_from_text,
    policy_to_text,
)
from tests.core.policy_cases import EXAMPLES, window


@pytest.mark.parametrize("policy", EXAMPLES, ids=lambda policy: policy.kind)
def test_a_policy_as_text_is_read_again(policy: ExitPolicy) -> None:
    assert policy_from_text(policy_to_text(policy)) == policy


def test_policies_as_people_write_them() -> None:
    assert policy_from_text(" never ") == NeverExit()
    assert policy_from_text("window:window_size=3, entropy_threshold = .2,rule=stable,") == (
        window(3, "stable", entropy_threshold=0.2)
    )
    assert policy_from_text("confidence:threshold=.95") == ConfidenceThreshold(0.95)
    assert policy_from_text("entropy:threshold=1e-3") == EntropyThreshold(0.001)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("patience:patience", "name=value, got 'patience'"),
        ("entropy:threshold=0.1,threshold=0.9", "once, got 'threshold' again"),
        ("entropy:kind=window,threshold=0.1", "once, got 'kind' again"),
        ("patience:patience=2.0", "whole number of at least 1, got 2.0"),
        ("entropy:threshold=nan", "in \\[0, 1\\], got nan"),
        ("entropy:threshold=true", "in \\[0, 1\\], got 'true'"),
        ("entropie:threshold=0.1", "must be one of .*, got 'entropie'"),
    ],
)
def test_text_that_is_no_policy_is_refused(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        policy_from_text(text)


def test_the_examples_cover_every_policy() -> None:
    """But for rules that need more than probabilities, see `test_record`."""
    assert {policy.kind for policy in EXAMPLES} == {
        kind for kind, rule in POLICIES.items() if not rule.needs
    }
