"""Back and Forward: an address that the browser shows again brings back what was on show then."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.shared import resources
from app.shared.presets import SENTENCES
from tests.pages import driver
from tests.pages.conftest import OpenApp

SENTENCE = "the film was dull but the plot was great"


def address(app: AppTest) -> dict[str, str]:
    """What the page's address ends in now."""
    parts = dict(app.query_params).items()
    return {name: part if isinstance(part, str) else part[0] for name, part in parts}


def go(app: AppTest, query: dict[str, str]) -> AppTest:
    """Run the page with an address from the browser's history."""
    app.query_params.clear()
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    assert address(app) == query, "a step of the history is not followed by another one"
    return app


@pytest.mark.usefixtures("with_model")
def test_back_and_forward_bring_back_sentences_and_settings(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_app()
    trail = [address(app)]
    driver.group(app, "inspect.preset").set_value("negation").run()
    trail.append(address(app))
    driver.read(app, SENTENCE)
    trail.append(address(app))
    exit_before = driver.exit_layer(app)
    driver.choose_policy(app, "fixed")
    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(3).run()
    trail.append(address(app))
    assert len({tuple(sorted(query.items())) for query in trail}) == 4

    def fail(*_: object) -> None:
        raise AssertionError("the model was run again")

    monkeypatch.setattr(resources, "read", fail)
    go(app, trail[2])
    assert driver.exit_layer(app) == exit_before
    assert app.text_area(key="inspect.text").value == SENTENCE
    go(app, trail[1])
    assert app.text_area(key="inspect.text").value == SENTENCES["negation"]
    assert driver.mode(app) == "stored example"
    go(app, trail[0])
    assert app.text_area(key="inspect.text").value == SENTENCES["easy"]
    go(app, trail[3])
    assert app.text_area(key="inspect.text").value == SENTENCE
    assert driver.exit_layer(app) == 3
    assert app.slider(key=driver.key(app, "setting.fixed.layer.12")).value == 3


@pytest.mark.usefixtures("without_model")
def test_a_press_that_comes_before_the_new_address_is_no_step_back(open_app: OpenApp) -> None:
    app = open_app()
    driver.group(app, "inspect.preset").set_value("negation").run()
    app.query_params.clear()  # the browser does not know yet
    app.button(key="inspect.on").click().run()
    assert not app.exception, app.exception
    assert app.text_area(key="inspect.text").value == SENTENCES["negation"]
    assert address(app) == {"preset": "negation"}


@pytest.mark.usefixtures("without_model")
def test_an_address_in_other_words_is_left_as_it_is(open_app: OpenApp) -> None:
    """Else the step back to it would lead forward at once."""
    app = open_app(policy="window", preset="negation")
    assert address(app) == {"policy": "window", "preset": "negation"}
    app.button(key="inspect.on").click().run()
    assert address(app) == {"policy": "window", "preset": "negation"}
    driver.choose_policy(app, "never")
    assert address(app) == {"policy": "never", "preset": "negation"}


@pytest.mark.usefixtures("without_model")
def test_an_opened_file_stays_when_a_setting_is_taken_back(open_app: OpenApp) -> None:
    from elbert_core.reading.traces import trace_to_json
    from tests.app.traces import make_trace

    app = open_app()
    app.file_uploader(key="inspect.file").upload(
        "t.json", trace_to_json(make_trace()).encode()
    ).run()
    driver.choose_policy(app, "never")
    go(app, {})
    assert driver.mode(app) == "opened file"
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == "window"
