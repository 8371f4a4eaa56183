"""The Learn page, driven without a browser: a walk through all lessons, links and locks."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from streamlit.testing.v1 import AppTest

from app.learn import words
from app.shared.lessons import lesson_names, load_lesson
from elbert_core.policies.explanation import explain
from tests.pages import driver
from tests.pages.conftest import ROOT

pytestmark = pytest.mark.usefixtures("without_model")


def open_learn(**query: str) -> AppTest:
    app = driver.at("learn")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def charts(app: AppTest) -> list[str]:
    found = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    return [chart.proto.spec for chart in found]


def test_lessons_and_comparisons_load_no_model_library() -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'streamlit_app.py')!r}, default_timeout=60).run()\n"
        "for page in ('learn', 'compare'):\n"
        "    app.switch_page(f'app/{page}/page.py').run()\n"
        "    assert not app.exception, app.exception\n"
        "loaded = {'torch', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_list_shows_every_lesson() -> None:
    app = open_learn()
    for name in lesson_names():
        assert app.button(key=f"learn.open.{name}")


@pytest.mark.parametrize("name", lesson_names())
def test_a_walk_through_a_lesson_reveals_every_prediction(name: str) -> None:
    lesson = load_lesson(name)
    app = open_learn()
    app.button(key=f"learn.open.{name}").click().run()
    asked = 0
    for number, step in enumerate(lesson.steps, start=1):
        assert not app.exception, app.exception
        assert app.header[0].value == step.title
        assert app.query_params["step"] == str(number)
        if step.ask:
            asked += 1
            decision = explain(step.policy, lesson.traces[step.sentence])
            (spec,) = charts(app)
            assert "exit_mark" not in spec
            app.select_slider(key=f"learn.guess.{name}.{number}").set_value(1).run()
            app.button(key=f"learn.show.{name}.{number}").click().run()
            assert not app.exception, app.exception
            (spec,) = charts(app)
            (mark,) = [p for p in json.loads(spec)["layer"] if p["name"] == "exit_mark"]
            assert mark["data"]["values"][0]["x"] == decision.exit_layer + 0.5
        if number < len(lesson.steps):
            app.button(key="learn.next").click().run()
    assert f"Predictions so far: {asked}" in " ".join(c.value for c in app.caption)


def test_a_link_opens_any_step() -> None:
    app = open_learn(lesson="window", step="3")
    assert app.header[0].value == load_lesson("window").steps[2].title


@pytest.mark.parametrize(
    ("lesson", "step", "shown"),
    [("../x", "1", ""), ("window", "99", "4"), ("window", "0", "1"), ("window", "x", "1")],
)
def test_a_hostile_link_does_no_harm(lesson: str, step: str, shown: str) -> None:
    app = open_learn(lesson=lesson, step=step, lock="<img>,steps,__class__")
    if not shown:
        assert not app.header
    else:
        assert app.header[0].value == load_lesson("window").steps[int(shown) - 1].title
        assert app.button(key="learn.next" if shown != "4" else "learn.back").disabled


def test_a_slider_moves_the_rule_and_a_link_can_fix_it() -> None:
    app = open_learn(lesson="window", step="3")
    app.slider(key="learn.control.window.3").set_value(2).run()
    assert not app.exception
    policy = load_lesson("window").steps[2].policy
    trace = load_lesson("window").traces["turn"]
    moved = explain(type(policy)(**{**policy.settings(), "window_size": 2}), trace)
    assert f"left after layer {moved.exit_layer}" in driver.shown_text(app)

    fixed = open_learn(lesson="window", step="3", lock="settings,lessons,try")
    assert fixed.slider(key="learn.control.window.3").disabled
    assert fixed.button(key="learn.try").disabled
    assert "learn.all" not in [button.key for button in fixed.button]
    assert words.LOCKED in [caption.value for caption in fixed.caption]
    assert set(fixed.query_params["lock"].split(",")) == {"lessons", "settings", "try"}


def test_the_last_lesson_says_where_to_go_on() -> None:
    last = load_lesson(lesson_names()[-1])
    app = open_learn(lesson=last.name, step=str(len(last.steps)))
    assert words.THE_END not in driver.shown_text(app)
    app.button(key=f"learn.show.{last.name}.{len(last.steps)}").click().run()
    assert words.THE_END in driver.shown_text(app)


def test_the_step_can_be_tried_on_the_inspect_page() -> None:
    app = open_learn(lesson="cousins", step="2")
    app.button(key="learn.try").click().run()
    assert not app.exception, app.exception
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == "patience"
    assert app.text_area(key="inspect.text").value == load_lesson("cousins").sentences["story"]
    assert driver.mode(app) == "stored example"
