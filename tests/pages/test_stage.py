"""The stage on the Inspect page: it shows the record and the rule in use, and its news is heard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.shared.presets import load_preset
from app.shared.stage import take
from elbert_core.policies.explanation import explain
from tests.pages import driver
from tests.pages.conftest import OpenApp


def staged(app: AppTest) -> dict[str, Any]:
    """What the browser is sent."""
    (found,) = app.get("bidi_component")
    sent: dict[str, Any] = json.loads(found.proto.json)
    return sent


@pytest.mark.usefixtures("without_model")
def test_the_stage_shows_the_record_the_rule_and_the_layer_looked_at(open_app: OpenApp) -> None:
    app = open_app(preset="hard", policy="entropy", threshold="0.3")
    trace, sent = load_preset("hard"), staged(app)
    decision = explain(driver.visit(app).asked.exit_policy(), trace)
    assert sent["exit"] == sent["at"] == decision.exit_layer
    assert sent["rule"]["threshold"] == 0.3
    assert sent["probs"] == trace.probs.tolist()
    assert "hated" in sent["words"]
    app.button(key="inspect.back").click().run()
    assert staged(app)["at"] == decision.exit_layer - 1


@pytest.mark.usefixtures("without_model")
def test_a_bound_that_was_let_go_moves_control_link_and_verdict(open_app: OpenApp) -> None:
    app = open_app(preset="hard", policy="entropy", threshold="0.3")
    before = driver.verdict(app)
    take(driver.visit(app).asked, {"kind": "entropy", "name": "threshold", "value": 0.9})
    app.run()
    assert not app.exception
    assert staged(app)["exit"] == 1
    assert driver.verdict(app) != before
    assert app.query_params["threshold"] == "0.9"
    assert app.slider(key=driver.key(app, "setting.entropy.threshold.1")).value == 0.9


@pytest.mark.usefixtures("without_model")
def test_a_class_link_keeps_its_rule(open_app: OpenApp) -> None:
    assert not staged(open_app(policy="entropy", threshold="0.3", lock="policy"))["settings"]
    assert not staged(open_app(policy="entropy", lock="threshold"))["settings"].get("threshold")


@pytest.mark.usefixtures("with_model")
def test_the_words_are_tinted_once_it_is_asked_what_was_read(open_app: OpenApp) -> None:
    app = driver.read(open_app(), "the film was dull but the plot was great")
    assert staged(app)["reads"] is None
    app.button(key="reading.button").click().run()
    sent = staged(app)
    assert {max(row) for row in sent["reads"]} == {1.0}
    assert {len(row) for row in sent["reads"]} == {len(sent["words"])}
    driver.read(app, "a good film")
    assert staged(app)["reads"] is None, "another sentence was not asked about"
