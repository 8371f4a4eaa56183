"""The Compare page, driven without a browser."""

from __future__ import annotations

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.compare import words
from app.shared import resources
from app.shared import words as common
from app.shared.presets import SENTENCES, load_preset
from app.shared.state import build_policy, defaults
from elbert_core.policies.explanation import explain
from elbert_core.reading.left_out import stability
from tests.pages import driver
from tests.pages.conftest import ROOT, OpenApp

SENTENCE = "the film was dull but the plot was great"


def open_compare(**query: str) -> AppTest:
    app = driver.at("compare")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def chart(app: AppTest) -> dict[str, Any]:
    (found,) = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    spec: dict[str, Any] = json.loads(found.proto.spec)
    return spec


def rows(app: AppTest, name: str) -> list[dict[str, Any]]:
    (found,) = [part for part in chart(app)["layer"] if part["name"] == name]
    values: list[dict[str, Any]] = found["data"]["values"]
    return values


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("view", words.VIEWS)
def test_every_view_opens_without_a_model(view: str) -> None:
    app = open_compare(view=view, preset="hard")
    assert app.segmented_control(key=driver.key(app, "compare.view")).value == view
    assert driver.mode(app) == "stored example"


@pytest.mark.usefixtures("without_model")
def test_every_rule_stops_where_the_core_says() -> None:
    app = open_compare(preset="negation")
    trace = load_preset("negation")
    first = explain(build_policy("window", defaults("window")), trace)
    assert rows(app, "exits")[0]["x"] == first.exit_layer + 0.5
    assert rows(app, "oracle")[0]["x"] == stability(trace.probs).stable_from + 0.5


@pytest.mark.usefixtures("without_model")
def test_sentence_and_rule_go_along_from_page_to_page(open_app: OpenApp) -> None:
    app = open_app(preset="negation", window_size="6")
    app.switch_page("app/compare/page.py").run()
    for page in ("app/inspect/page.py", "app/compare/page.py"):
        assert not app.exception, app.exception
        assert app.text_area(key="inspect.text").value == SENTENCES["negation"]
        assert app.slider(key=driver.key(app, "setting.window.window_size.12")).value == 6
        app.slider(key=driver.key(app, "setting.window.window_size.12")).set_value(6).run()
        app.switch_page(page).run()


@pytest.mark.usefixtures("without_model")
def test_another_sentence_and_another_rule_can_stand_beside_it() -> None:
    app = open_compare(view="pair")
    app.get("button_group")[-1].set_value("sarcasm").run()
    assert not app.exception
    decision = explain(build_policy("window", defaults("window")), load_preset("sarcasm"))
    assert rows(app, "exit_mark_1")[0]["x"] == decision.exit_layer + 0.5
    assert app.query_params["other"] == "sarcasm"

    app.segmented_control(key=driver.key(app, "compare.with")).set_value("rule").run()
    app.selectbox(key=driver.key(app, "compare.other_rule")).set_value("fixed").run()
    assert not app.exception
    assert rows(app, "exit_mark_1")[0]["x"] == 6.5
    assert app.query_params["other_rule"] == "fixed"


@pytest.mark.usefixtures("without_model")
def test_a_sentence_stands_beside_itself_only_on_request() -> None:
    app = open_compare(view="pair", preset="hard")
    assert driver.group(app, "compare.other_preset").value == "easy"
    driver.group(app, "compare.other_preset").set_value("hard").run()
    assert driver.group(app, "compare.other_preset").value == "hard"
    app.run()
    assert driver.group(app, "compare.other_preset").value == "hard"
    driver.group(app, "inspect.preset").set_value("easy").run()
    assert driver.group(app, "compare.other_preset").value == "hard"
    driver.group(app, "inspect.preset").set_value("hard").run()
    assert not app.exception, app.exception
    assert driver.group(app, "compare.other_preset").value == "easy"


@pytest.mark.usefixtures("with_model")
def test_words_are_left_out_in_one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[int] = []
    read_many = resources.read_many

    def counted(checkpoint: str, device: str, texts: list[str]) -> Any:
        batches.append(len(texts))
        return read_many(checkpoint, device, texts)

    monkeypatch.setattr(resources, "read_many", counted)
    app = open_compare(view="words", text=SENTENCE)
    assert not [*app.get("vega_lite_chart"), *app.get("arrow_vega_lite_chart")]
    app.button(key="compare.leave_out").click().run()
    assert not app.exception, app.exception
    assert batches == [10]
    assert [row["text"] for row in rows(app, "titles")] == SENTENCE.split()
    assert driver.mode(app) == "replayed from a full pass"

    driver.choose_policy(app, "fixed")  # another rule asks for no second reading
    assert batches == [10]
    assert rows(app, "whole")[0]["x"] == 6


@pytest.mark.usefixtures("with_model")
def test_the_batch_says_what_single_readings_say() -> None:
    texts = [SENTENCE, "the film was dull", "great"]
    probs = resources.read_many("tiny", "cpu", texts).probs
    for row, text in enumerate(texts):
        # padded rows go through another kernel
        assert probs[:, row] == pytest.approx(resources.read("tiny", "cpu", text).probs, abs=1e-5)


@pytest.mark.usefixtures("with_model")
def test_a_word_is_swapped() -> None:
    app = open_compare(view="words", text=SENTENCE)
    (box,) = [one for one in app.selectbox if str(one.key).startswith("compare.swap_word.")]
    box.set_value(3)
    app.text_input(key="compare.swap_for").set_value("funny")
    app.button(key="compare.swap_read").click().run()
    assert not app.exception, app.exception
    assert app.segmented_control(key=driver.key(app, "compare.view")).value == "pair"
    assert "B: “the film was funny but the plot was great”" in driver.shown_text(app)


@pytest.mark.usefixtures("with_model")
def test_what_cannot_be_read_is_said() -> None:
    app = open_compare(view="pair", text=SENTENCE)
    app.text_input(key="compare.other_text").set_value("12 + 3")
    app.button(key="compare.read_other").click().run()
    assert not app.exception
    assert common.PROBLEMS["no_letters"] in driver.warnings(app)


@pytest.mark.usefixtures("without_model")
def test_a_hostile_link_shows_the_default() -> None:
    app = open_compare(view="../x", other="<img>", other_rule="magic", **{"with": "?"})
    assert app.segmented_control(key=driver.key(app, "compare.view")).value == "rules"


@pytest.mark.usefixtures("with_model")
def test_what_it_had_read_is_shown_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
    app.query_params["text"] = SENTENCE
    app.run()
    charts = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert len(charts) == 1
    app.button(key="reading.button").click().run()
    assert not app.exception, app.exception
    charts = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert len(charts) == 2

    def shares() -> dict[tuple[int, str], float]:
        found = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
        spec = json.loads(found[1].proto.spec)
        (part,) = [p for p in spec["layer"] if p["name"] == "shares"]
        return {(r["layer"], r["y"]): float(r["share"]) for r in part["data"]["values"]}

    before = shares()
    for layer in range(1, 13):
        total = sum(share for (at, _), share in before.items() if at == layer)
        assert total == pytest.approx(1, abs=0.01)  # three decimals each

    def fail(*_: object) -> None:
        raise AssertionError("the model was run again")

    monkeypatch.setattr(resources, "read_attention", fail)
    app.segmented_control(key="reading.method").set_value("raw").run()
    assert not app.exception
    assert shares() != before


@pytest.mark.usefixtures("without_model")
def test_a_teachers_link_fixes_controls(open_app: OpenApp) -> None:
    app = open_app(lock="sentence,window_size", preset="hard")
    assert app.text_area(key="inspect.text").disabled
    assert app.button(key="inspect.read").disabled
    assert app.slider(key=driver.key(app, "setting.window.window_size.12")).disabled
    assert not app.slider(key=driver.key(app, "setting.window.entropy_threshold.1")).disabled
    assert not app.selectbox(key=driver.key(app, "inspect.policy")).disabled
    assert app.query_params["lock"] == "sentence,window_size"


@pytest.mark.usefixtures("without_model")
def test_a_choice_changes_by_a_visitor_only() -> None:
    app = open_compare(view="pair")
    app.segmented_control(key=driver.key(app, "compare.with")).set_value("rule").run()
    app.selectbox(key=driver.key(app, "compare.other_rule")).set_value("patience").run()
    # as a run does that a second click cuts short: the widget comes back at another value
    app.session_state["compare.other_rule"] = "window"
    app.session_state["compare.with"] = "sentence"
    app.session_state["compare.view"] = "race"
    app.run()
    assert not app.exception, app.exception
    assert app.segmented_control(key=driver.key(app, "compare.view")).value == "pair"
    assert app.segmented_control(key=driver.key(app, "compare.with")).value == "rule"
    assert app.selectbox(key=driver.key(app, "compare.other_rule")).value == "patience"
    # and over a look at another page
    app.switch_page("app/about.py").run()
    app.switch_page("app/compare/page.py").run()
    assert app.selectbox(key=driver.key(app, "compare.other_rule")).value == "patience"
