"""The map of states on the Inspect page: on request, with words, table and a place in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.inspect import words
from app.shared import resources
from app.shared.words import NEEDS_MODEL
from tests.pages import driver
from tests.pages.conftest import OpenApp

SENTENCE = "the film was dull but the plot was great"


def charts(app: AppTest) -> list[dict[str, Any]]:
    found = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    return [json.loads(chart.proto.spec) for chart in found]


def names(spec: dict[str, Any]) -> set[str]:
    return {part["name"] for part in spec["layer"]}


@pytest.mark.usefixtures("with_model")
def test_the_map_is_that_of_the_sentence_and_follows_the_rule(open_app: OpenApp) -> None:
    app = driver.read(open_app(policy="fixed", layer="3"), SENTENCE)
    assert len(charts(app)) == 1, "nothing is read before it is asked for"
    app.button(key="map.button").click().run()
    assert not app.exception
    (found,) = [spec for spec in charts(app) if "regions" in names(spec)]
    (ring,) = [part for part in found["layer"] if part["name"] == "exit_ring"]
    trace, way = resources.read_map("tiny", "cpu", SENTENCE)
    assert ring["data"]["values"][0]["x"] == pytest.approx(float(way.points[2, 0]), abs=1e-4)
    assert "stops at layer 3" in driver.shown_text(app)
    assert words.MAP_TWO in [caption.value for caption in app.caption]

    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(7).run()
    assert "stops at layer 7" in driver.shown_text(app), "replayed, not read again"
    app.toggle(key="map.table").set_value(True).run()
    table = next(t.value for t in app.dataframe if words.MAP_COLUMNS[1] in t.value)
    assert list(table[words.MAP_COLUMNS[0]]) == list(range(1, trace.n_layers + 1))

    driver.read(app, "a good film")
    assert len(charts(app)) == 1, "another sentence, another map"


@pytest.mark.usefixtures("without_model")
def test_without_a_model_it_says_so(open_app: OpenApp) -> None:
    app = open_app()
    assert NEEDS_MODEL in driver.shown_text(app)
    assert len(charts(app)) == 1


def test_a_damaged_model_is_a_message(with_model: Path, open_app: OpenApp) -> None:
    app = open_app()

    def fail(*_: object) -> None:
        raise resources.BusyError("busy [x](y)")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "read_map", fail)
        app.button(key="map.button").click().run()
    assert not app.exception
    assert "busy" in driver.warnings(app)
    assert with_model.is_dir()
