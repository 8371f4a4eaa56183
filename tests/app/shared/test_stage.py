"""What the stage is given: the numbers of the record, what may be moved, and what comes back."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from app.shared import narration
from app.shared.palette import DARK, LIGHT
from app.shared.rules import build_policy, card, defaults, kinds
from app.shared.stage import take
from app.shared.stage.data import MAX_WORDS, Stage, stage
from app.shared.state import InspectState
from elbert_core.policies import signals_of
from elbert_core.policies.explanation import explain
from tests.app.traces import make_trace


def staged(kind: str = "window", *, text: str = "a good film", **more: object) -> Stage:
    trace = make_trace(text=text)
    decision = explain(build_policy(kind, defaults(kind)), trace)
    return stage(trace, decision, at=2, palette=LIGHT, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", kinds())
def test_every_rule_can_be_sent_as_json(kind: str) -> None:
    sent = json.loads(json.dumps(asdict(staged(kind)), allow_nan=False))
    decision = explain(build_policy(kind, defaults(kind)), make_trace())
    assert sent["rule"]["kind"] == kind
    assert sent["exit"] == decision.exit_layer
    assert set(sent["settings"]) == {s.name for s in card(kind).settings if s.kind != "choice"}
    assert sent["says"][1] == narration.at_layer(make_trace(), decision.verdicts[1], decision)


def test_the_signals_are_those_of_the_core_to_the_last_digit() -> None:
    found, signals = staged().signals, signals_of(make_trace())
    for name in ("entropy", "entropy_nats", "confidence", "gap", "energy", "label"):
        assert np.array_equal(np.float32(found[name]), np.float32(getattr(signals, name)[:, 0]))
    assert found["divergence"][0] is None, "the first layer has none before it"


def test_a_record_without_logits_has_no_energy() -> None:
    trace = make_trace()
    bare = type(trace)(**{**{n: getattr(trace, n) for n in trace.__slots__}, "extras": {}})
    decision = explain(build_policy("entropy", defaults("entropy")), bare)
    assert "energy" not in stage(bare, decision, at=1, palette=DARK).signals


def test_the_words_are_the_sentence_without_special_pieces() -> None:
    assert staged().words == ("a", "good", "film")
    long = staged(text=" ".join(["word"] * (MAX_WORDS + 5)))
    assert (len(long.words), long.left_out) == (MAX_WORDS, 5)
    assert staged(text="<b>x").words == ("⟨b⟩x",), "nothing that looks like a tag"


def test_what_was_read_is_relative_to_the_most_read_word_of_each_layer() -> None:
    shares = np.array([[0.5, 0.1, 0.2, 0.1, 0.1]] * 6)  # [CLS] a good film [SEP]
    assert staged(reads=shares).reads == ((0.5, 1.0, 0.5),) * 6


def test_a_locked_setting_cannot_be_moved() -> None:
    assert "window_size" not in staged(locked=("window_size",)).settings
    assert not staged(locked=("policy",)).settings


def told(name: str, value: object, kind: str = "window") -> dict[str, object]:
    return {"kind": kind, "name": name, "value": value}


def test_what_is_let_go_becomes_a_setting() -> None:
    state = InspectState()
    take(state, told("entropy_threshold", 0.25))
    take(state, told("window_size", 5))
    assert state.settings()["entropy_threshold"] == 0.25
    assert state.settings()["window_size"] == 5


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        "window_size",
        told("window_size", 5, kind="patience"),
        told("window_size", 0),
        told("window_size", 2.5),
        told("window_size", "5"),
        told("window_size", True),
        told("entropy_threshold", 1.5),
        told("entropy_threshold", float("nan")),
        told("entropy_threshold", float("inf")),
        told("rule", 1),
        told("__class__", 1),
    ],
)
def test_what_no_browser_of_ours_sends_changes_nothing(wrong: object) -> None:
    state = InspectState()
    before = dict(state.settings())
    take(state, wrong)
    assert state.settings() == before


def test_a_lock_is_kept_whatever_is_sent() -> None:
    for lock in ("window_size", "policy"):
        state = InspectState(lock=(lock,))
        before = dict(state.settings())
        take(state, told("window_size", 5))
        assert state.settings() == before
