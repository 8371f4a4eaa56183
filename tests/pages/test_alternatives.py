"""Every figure of every page has its message in words and a table of the same numbers beside it."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from app.compare import words as compare
from app.shared.lessons import lesson_names, load_lesson
from tests.pages import driver
from tests.pages.conftest import OpenApp
from tests.pages.test_compare import open_compare


def check(app: AppTest, *, others: int = 0) -> None:
    """Alternatives of every chart; `others` counts figures that are not Vega-Lite."""
    assert not app.exception, app.exception
    charts = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert charts or others
    for chart in charts:
        alt = str(chart.proto.alt)
        assert len(alt.split()) >= 8, alt
        assert "None" not in alt
    tables = [*app.dataframe]
    assert len(tables) >= len(charts) + others


@pytest.mark.usefixtures("with_model")
def test_inspect(open_app: OpenApp) -> None:
    app = driver.read(open_app(), "the film was dull")
    check(app)
    for button, toggle in (("reading.button", "reading.table"), ("map.button", "map.table")):
        app.button(key=button).click().run()
        app.toggle(key=toggle).set_value(True).run()
    check(app)
    assert len(app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")) == 3


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize("view", compare.VIEWS)
def test_compare(view: str) -> None:
    app = open_compare(view=view, preset="hard")
    if view == "words":
        app.button(key="compare.leave_out").click().run()
    check(app, others=int(view == "race"))


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("name", lesson_names())
def test_every_step_of_every_lesson(name: str) -> None:
    lesson = load_lesson(name)
    app = driver.at("learn")
    app.query_params["lesson"] = name
    app.run()
    for number, step in enumerate(lesson.steps, start=1):
        if step.ask:
            charts = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
            assert all(len(str(chart.proto.alt).split()) >= 6 for chart in charts)
            app.button(key=f"learn.show.{name}.{number}").click().run()
        race = step.figure == "race"
        check(app, others=int(race))
        if number < len(lesson.steps):
            app.button(key="learn.next").click().run()
