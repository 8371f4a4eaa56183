"""The Trade-off page, driven without a browser: what is asked for is what is shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from app.tradeoff import evaluations, panels, words
from app.tradeoff import words_closer as closer
from app.tradeoff import words_promise as promised
from app.tradeoff.evaluations import key_of, look_at, look_closer
from app.tradeoff.figures import SELECTION
from app.tradeoff.promises import Promise
from elbert_core.evaluation.calibration import tune
from elbert_core.evaluation.sweeps import policy_grids
from elbert_core.evaluation.tables import EvaluationTable, save_evaluation
from elbert_core.policies import ConfidenceWindow, EntropyThreshold, ExitPolicy, Patience
from tests.app.tables import make_table
from tests.pages import driver
from tests.pages.conftest import ROOT, OpenApp

PAGE = "app/tradeoff/page.py"
WINDOW = ConfidenceWindow(4, 0.1)
pytestmark = pytest.mark.usefixtures("without_model")


@pytest.fixture(scope="module")
def table() -> EvaluationTable:
    return make_table(n_rows=420)


@pytest.fixture(scope="module")
def stored(table: EvaluationTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluations")
    save_evaluation(table, folder)
    save_evaluation(make_table(n_layers=6, n_rows=80, name="other"), folder)
    return folder


@pytest.fixture
def tables(stored: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(stored))
    return stored


def charts(app: AppTest) -> list[dict[str, Any]]:
    found = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    return [json.loads(chart.proto.spec) for chart in found]


def current(app: AppTest) -> dict[str, Any]:
    """The setting in use as the main figure marks it; its data come beside the specification."""
    figure = (app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart"))[0]
    (row,) = pyarrow.ipc.open_stream(figure.proto.data.data).read_all().to_pylist()
    found: dict[str, Any] = row
    return found


def in_use(app: AppTest) -> ExitPolicy:
    policy: ExitPolicy = driver.visit(app).asked.exit_policy()
    return policy


def click(app: AppTest, number: int, selection: str, row: dict[str, object]) -> AppTest:
    """What the browser sends when a mark of a figure is clicked."""
    found = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    states = app._tree.get_widget_states()
    value = json.dumps({"selection": {selection: [row]}})
    states.widgets.append(WidgetState(id=found[number].proto.id, string_value=value))
    app._run(states)
    assert not app.exception, app.exception
    return app


@pytest.mark.usefixtures("tables")
def test_the_first_look_gives_the_main_figure_time_once(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(panels, "sleep", waits.append)
    app = open_app().switch_page(PAGE).run()
    assert not app.exception
    for _ in range(2):
        assert len(charts(app)) == 5
        assert words.SETTING_HEADING in " ".join(m.value for m in app.markdown)
        assert words.MORE_TO_COME not in [caption.value for caption in app.caption]
        assert waits == [panels.SOON]
        app.run()


def test_the_first_paint_loads_no_model_library(tables: Path) -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'streamlit_app.py')!r}, default_timeout=60).run()\n"
        f"app.switch_page({PAGE!r}).run()\n"
        "app.run()\n"
        "assert not app.exception, app.exception\n"
        "assert len(app.get('vega_lite_chart') or app.get('arrow_vega_lite_chart')) == 5\n"
        "loaded = {'torch', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    environment = {**os.environ, evaluations.EVALUATIONS_VARIABLE: str(tables)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.usefixtures("tables")
def test_the_page_shows_the_numbers_of_the_core(open_app: OpenApp, table: EvaluationTable) -> None:
    app = driver.trade_off(open_app())
    assert driver.mode(app) == "replayed from a full pass"
    overview = look_at(table)
    setting = look_closer(overview, WINDOW)
    text = driver.shown_text(app)
    assert words.provenance(table) in text
    assert words.summary(setting, overview) in text
    assert words.differ(setting) in text
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown[words.METRIC_RIGHT] == f"{100 * setting.point.accuracy:.1f} %"
    assert shown[words.METRIC_SPEED] == f"{setting.point.speed_up_ratio:.2f}×"
    assert shown[words.METRIC_LAYERS] == f"{setting.point.mean_exit_layer:.2f}"
    assert all(metric.help for metric in app.metric)
    assert current(app)["y"] == pytest.approx(100 * setting.point.accuracy, abs=1e-3)


@pytest.mark.usefixtures("tables")
def test_a_click_makes_a_point_the_setting_of_the_whole_app(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    for policy in (EntropyThreshold(0.3), Patience(2), ConfidenceWindow(6, 0.05, margin=0.2)):
        click(app, 0, SELECTION, {"key": key_of(policy)})
        assert in_use(app) == policy
    app.switch_page("app/inspect/page.py").run()
    assert not app.exception
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == "window"
    sliders = {slider.label: slider.value for slider in app.slider}
    assert sliders["Layers that must agree"] == 6
    assert sliders["Distance from a tie"] == 0.2


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("row", [{"key": "no such point"}, {}, {"key": 3}])
def test_a_strange_click_changes_nothing(row: dict[str, object], open_app: OpenApp) -> None:
    assert in_use(click(driver.trade_off(open_app()), 0, SELECTION, row)) == WINDOW


@pytest.mark.usefixtures("tables")
def test_the_setting_of_the_inspect_page_is_marked(
    open_app: OpenApp, table: EvaluationTable
) -> None:
    app = driver.trade_off(open_app(policy="entropy", threshold="0.37"))  # no point of the grid
    point = look_closer(look_at(table), EntropyThreshold(0.37)).point
    assert current(app)["x"] == pytest.approx(point.speed_up_ratio, abs=1e-4)
    assert app.selectbox(key=driver.key(app, "tradeoff.family")).value == "entropy"
    assert app.selectbox(key=driver.key(app, "tradeoff.point")).value == key_of(
        EntropyThreshold(0.37)
    )


@pytest.mark.usefixtures("tables")
def test_two_boxes_do_what_a_click_does(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    app.selectbox(key=driver.key(app, "tradeoff.family")).set_value("patience").run()
    assert in_use(app).kind == "patience"
    app.selectbox(key=driver.key(app, "tradeoff.point")).set_value(key_of(Patience(2))).run()
    assert not app.exception
    assert in_use(app) == Patience(2)
    assert app.query_params["policy"] in ("patience", ["patience"])


@pytest.mark.usefixtures("tables")
def test_back_restores_setting_and_table(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    app.selectbox(key=driver.key(app, "tradeoff.family")).set_value("patience").run()
    app.selectbox(key=driver.key(app, "tradeoff.table")).set_value("other").run()
    assert "80 texts" in driver.shown_text(app)
    there = dict(app.query_params)
    app.query_params.clear()
    app.run()
    assert in_use(app) == WINDOW
    assert "420 texts" in driver.shown_text(app)
    for name, value in there.items():
        app.query_params[name] = value
    app.run()
    assert in_use(app).kind == "patience"
    assert "80 texts" in driver.shown_text(app)


def test_what_is_used_in_a_part_of_the_page_is_no_step_of_the_page() -> None:
    """Else the first step back after it would go unheard; see `app.shared.links`."""

    def script() -> None:
        import streamlit as st

        from app.shared import widgets
        from app.tradeoff import visit

        def part(text: str) -> None:
            st.text(text)

        st.session_state[widgets._TOUCHED] = True
        visit.by_itself(part)("drawn")
        st.text(str(widgets.touched()))

    app = AppTest.from_function(script).run()
    assert [text.value for text in app.text] == ["drawn", "False"]


@pytest.mark.usefixtures("tables")
def test_the_layer_looked_at_follows_slider_and_click(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    app.slider(key=driver.key(app, "tradeoff.layer")).set_value(7).run()
    assert closer.TRUST_HEADING.format(layer=7) in [s.value for s in app.subheader]
    click(app, 2, "layer_pick", {"layer": 3})
    assert closer.TRUST_HEADING.format(layer=3) in [s.value for s in app.subheader]


@pytest.mark.usefixtures("tables")
def test_a_promise_is_kept_or_refused(open_app: OpenApp, table: EvaluationTable) -> None:
    app = driver.trade_off(open_app())
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    tuning = tune(table, max_loss=0.05, confidence=0.95)
    assert tuning.found
    assert promised.promise(tuning) in driver.shown_text(app)
    app.button(key="tradeoff.use").click().run()
    assert not app.exception
    assert in_use(app) == tuning.policy

    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(0.5).run()
    said = " ".join(str(element.value) for element in app.info)
    assert said == promised.refusal(Promise(None, 817, 1634), look_at(table))


@pytest.mark.usefixtures("tables")
def test_the_rules_to_try_can_be_chosen_and_each_chain_says_its_end(
    open_app: OpenApp, table: EvaluationTable
) -> None:
    app = driver.trade_off(open_app())
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    usual = tune(table, max_loss=0.05)
    assert promised.ends(usual) in driver.shown_text(app)
    picker = app.multiselect(key=driver.key(app, "tradeoff.rules_tried"))
    assert picker.value == ["window", "entropy", "patience"]
    assert not {"fixed", "never"} & set(picker.options)
    picker.set_value(["entropy"]).run()
    alone = tune(table, max_loss=0.05, policies=policy_grids(12, 2)["entropy"])
    assert promised.promise(alone) in driver.shown_text(app)
    assert promised.ends(alone).count("\n") == 0
    app.multiselect(key=driver.key(app, "tradeoff.rules_tried")).set_value([]).run()
    assert promised.NO_FAMILY in [str(element.value) for element in app.info]
    assert not app.exception


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("t.json", "its .safetensors file is missing"),
        ("t.safetensors", "its .json file is missing"),
        ("<b>t.csv", "a table is a .json and a .safetensors file"),
    ],
)
def test_a_lone_or_wrong_file_gets_a_message(open_app: OpenApp, name: str, said: str) -> None:
    app = driver.trade_off(open_app())
    app.file_uploader(key="tradeoff.files").upload(name, b"{}").run()
    assert said in " ".join(str(element.value) for element in app.warning).replace("\\", "")
    assert "420 texts" in driver.shown_text(app)
    assert not app.exception


@pytest.mark.usefixtures("tables")
def test_another_table_can_be_chosen_and_linked(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(table="other"))
    assert "80 texts" in driver.shown_text(app)
    app.selectbox(key=driver.key(app, "tradeoff.table")).set_value("made-up.sst2.validation").run()
    assert not app.exception
    assert "420 texts" in driver.shown_text(app)


@pytest.mark.usefixtures("tables")
@pytest.mark.parametrize("asked", ["../secret", "missing", "\u202e", "a" * 5000])
def test_a_link_cannot_ask_for_another_file(asked: str, open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(table=asked))
    assert "420 texts" in driver.shown_text(app)


def test_without_a_table_the_page_says_how_to_make_one(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path / "none"))
    app = driver.trade_off(open_app())
    assert [element.value for element in app.info] == [words.NO_TABLES.format(folder="none")]
    assert not charts(app)


def test_a_damaged_table_is_a_message_and_the_next_one_is_shown(
    stored: Path, open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(stored, tmp_path, dirs_exist_ok=True)
    broken = tmp_path / "made-up.sst2.validation.safetensors"
    broken.write_bytes(broken.read_bytes()[:-100])
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    app = driver.trade_off(open_app())
    assert "damaged" in driver.warnings(app)
    assert "80 texts" in driver.shown_text(app)


@pytest.mark.usefixtures("tables")
def test_a_table_of_ones_own_is_shown_and_closed(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    driver.trade_off_visit(app).own = look_at(make_table(n_layers=3, n_rows=44, name="mine"))
    app.run()
    assert not app.exception
    assert "44 texts" in driver.shown_text(app)
    app.button(key="tradeoff.close").click().run()
    assert "420 texts" in driver.shown_text(app)


@pytest.mark.usefixtures("tables")
def test_the_report_is_made_when_asked_for(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    assert len(app.get("download_button")) == 2  # the points, and the setting that was promised
    app.button(key="tradeoff.make").click().run()
    assert not app.exception
    made = driver.trade_off_visit(app).answers["report"][1]
    assert made.startswith("<!doctype html>")


def test_a_table_is_worked_out_once(tables: Path) -> None:
    first = evaluations.overview("other")
    assert evaluations.overview("other") is first
    os.utime(tables / "other.json", ns=(1, 1))
    assert evaluations.overview("other") is not first
