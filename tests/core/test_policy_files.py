"""Saved policies: they come back as they were, promise included, and damaged ones are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elbert_core.errors import ConfigError, InputError
from elbert_core.evaluation.calibration import (
    tune,
)
from elbert_core.evaluation.conformal import tune_conformal
from elbert_core.policies import (
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    Patience,
)
from elbert_core.policy_files import (
    SavedPolicy,
    load_policy,
    load_saved_policy,
    policy_from_json,
    policy_to_json,
    save_policy,
)
from tests.core.evaluation_cases import gold_of, make_table
from tests.core.policy_cases import policies, table

DRAWS = 1000
PROBS = table(11, layers=6, rows=4000, labels=2)
GOLD = gold_of(PROBS)


# ------------------------------------------------------------------------------------ policy files
@given(policy=policies(), name=st.text(max_size=30).filter(str.isprintable))
def test_a_saved_policy_comes_back(policy: ExitPolicy, name: str) -> None:
    saved = SavedPolicy(name, policy)
    assert policy_from_json(policy_to_json(saved)) == saved


def test_a_guarantee_travels_with_its_policy(tmp_path: Path) -> None:
    made = make_table(PROBS, gold=GOLD)
    result = tune(made, max_loss=0.05)
    guarantee = result.guarantee(made)
    path = save_policy(result.policy, tmp_path / "new" / "fast.json", guarantee=guarantee)
    assert load_saved_policy(path) == SavedPolicy("fast", result.policy, guarantee)
    assert load_policy(path) == result.policy
    assert (guarantee.checkpoint, guarantee.max_loss, guarantee.n_test) == ("tiny", 0.05, 2000)
    with pytest.raises(ConfigError, match=r"must end in \.json"):
        save_policy(result.policy, tmp_path / "fast.txt")
    with pytest.raises(InputError, match=r"cannot read .*none\.json"):
        load_policy(tmp_path / "none.json")


def test_a_conformal_promise_travels_too() -> None:
    made = make_table(PROBS, gold=GOLD)
    result = tune_conformal(made, max_loss=0.05)
    guarantee = result.guarantee(made)
    assert (guarantee.method, guarantee.confidence) == ("conformal", None)
    assert guarantee.n_test == result.n_calibration
    saved = SavedPolicy("average", result.policy, guarantee)
    assert policy_from_json(policy_to_json(saved)) == saved


def test_a_guarantee_without_its_method_is_read_as_before() -> None:
    made = make_table(PROBS, gold=GOLD)
    saved = SavedPolicy("old", Patience(2), tune(made, max_loss=0.05).guarantee(made))
    values = json.loads(policy_to_json(saved))
    del values["guarantee"]["method"]
    assert policy_from_json(json.dumps(values)) == saved


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "magic"}, "method.*one of conformal, learn-then-test, got 'magic'"),
        ({"method": "conformal"}, "states a confidence"),
        (
            {"method": "conformal", "confidence": None, "risk": "accuracy"},
            "bounds the disagreement",
        ),
        ({"confidence": None}, "states a confidence"),
        ({"confidence": 1.5}, "confidence.*Expected float <= 1.0, got 1.5"),
        ({"max_loss": True}, "max_loss.*got bool"),
        ({"n_test": 10**400}, "n_test.*huge whole number|n_test.*out of range"),
        ({"n_test": 0}, r"\(guarantee\.n_test\): Expected int >= 1, got 0"),
        ({"digest": "<b>"}, "digest.*matching"),
    ],
)
def test_a_wrong_guarantee_is_refused(changes: dict[str, Any], message: str) -> None:
    made = make_table(PROBS, gold=GOLD)
    saved = SavedPolicy("mine", Patience(2), tune(made, max_loss=0.05).guarantee(made))
    values = json.loads(policy_to_json(saved))
    values["guarantee"] |= changes
    with pytest.raises(InputError, match=message):
        policy_from_json(json.dumps(values))


def test_a_guarantee_cannot_mix_two_kinds_of_promise() -> None:
    made = make_table(PROBS, gold=GOLD)
    certified = tune(made, max_loss=0.05).guarantee(made)
    for wrong in ({"confidence": None}, {"method": "conformal"}):
        with pytest.raises(ConfigError, match="states a confidence"):
            msgspec.structs.replace(certified, **wrong)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(ConfigError, match="bounds the disagreement"):
        msgspec.structs.replace(certified, method="conformal", confidence=None, risk="accuracy")


GOOD = json.loads(policy_to_json(SavedPolicy("mine", EntropyThreshold(0.1))))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "elbert-policy/2"}, "format.*one of elbert-policy/1, got 'elbert-policy/2'"),
        ({"name": 3}, "name.*Expected str, got int"),
        ({"policy": {"kind": "entropy", "threshold": 2}}, "threshold must be"),
        ({"policy": {"kind": "magic"}}, "policy kind must be one of"),
        ({"policy": "never"}, "policy.*Expected object, got str"),
        ({"guarantee": {}}, "missing required field risk"),
        ({"guarantee": "yes"}, "guarantee.*Expected object"),
        ({"code": "import os"}, "unknown field code"),
        ({"name": "x" * 30_000}, "at most 20000 bytes"),
    ],
)
def test_a_wrong_policy_file_is_refused(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({**GOOD, **changes}), encoding="utf-8")
    with pytest.raises(InputError, match=message) as refusal:
        load_policy(path)
    assert "mine.json" in str(refusal.value)


def test_a_name_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    target = tmp_path / "rule.json"
    with pytest.raises(InputError, match="length <= 1000"):
        save_policy(FixedLayer(3), target, name="x" * 1001)
    assert not target.exists()
