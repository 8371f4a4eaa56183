"""The Inspect page, driven without a browser: what is asked for is what is shown."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import elbert_core
from app.inspect import words
from app.shared import resources
from app.shared import words as common
from app.shared.presets import NAMES, SENTENCES, load_preset
from app.shared.rules import build_policy, defaults, kinds
from elbert_core.errors import CheckpointError
from elbert_core.policies.explanation import explain
from tests.pages import driver
from tests.pages.conftest import ROOT, OpenApp

SENTENCE = "the film was dull but the plot was great"


def test_the_first_paint_loads_no_model_library(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'streamlit_app.py')!r}, default_timeout=60).run()\n"
        "assert not app.exception, app.exception\n"
        "assert app.get('vega_lite_chart') or app.get('arrow_vega_lite_chart')\n"
        "loaded = {'torch', 'transformers', 'tokenizers'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    environment = {**os.environ, resources.CHECKPOINTS_VARIABLE: str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.usefixtures("without_model")
def test_the_first_page_shows_a_stored_example(open_app: OpenApp) -> None:
    app = open_app()
    assert driver.mode(app) == "stored example"
    assert app.text_area(key="inspect.text").value == SENTENCES["easy"]
    assert common.EXAMPLES_ONLY in [caption.value for caption in app.caption]


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("name", NAMES)
def test_every_preset_is_shown_with_the_decision_of_the_core(name: str, open_app: OpenApp) -> None:
    app = open_app(preset=name)
    trace = load_preset(name)
    decision = explain(build_policy("window", defaults("window")), trace)
    assert driver.exit_layer(app) == decision.exit_layer
    assert decision.label_name in driver.verdict(app)


@pytest.mark.usefixtures("without_model")
def test_presets_are_picked_by_their_pills(open_app: OpenApp) -> None:
    app = open_app()
    driver.group(app, "inspect.preset").set_value("negation").run()
    assert not app.exception
    assert app.text_area(key="inspect.text").value == SENTENCES["negation"]
    assert app.query_params["preset"] == "negation"


@pytest.mark.usefixtures("with_model")
def test_a_typed_sentence_is_read_by_the_model(open_app: OpenApp) -> None:
    app = driver.read(open_app(), SENTENCE)
    assert driver.mode(app) == "replayed from a full pass"
    trace = resources.read("tiny", "cpu", SENTENCE)
    decision = explain(build_policy("window", defaults("window")), trace)
    assert driver.exit_layer(app) == decision.exit_layer
    assert decision.label_name in driver.verdict(app)
    assert app.query_params["text"] == SENTENCE


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize("kind", kinds())
def test_every_policy_can_be_chosen_and_is_replayed_without_the_model(
    kind: str, open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = driver.read(open_app(), SENTENCE)
    trace = resources.read("tiny", "cpu", SENTENCE)

    def fail(*_: object) -> None:
        raise AssertionError("the model was run again")

    monkeypatch.setattr(resources, "read", fail)
    driver.choose_policy(app, kind)
    decision = explain(build_policy(kind, defaults(kind)), trace)
    assert driver.exit_layer(app) == decision.exit_layer
    assert driver.mode(app) == "replayed from a full pass"
    if kind != "window":
        assert app.query_params["policy"] == kind


@pytest.mark.usefixtures("without_model")
def test_settings_move_the_exit_and_the_link(open_app: OpenApp) -> None:
    app = driver.choose_policy(open_app(), "fixed")
    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(3).run()
    assert not app.exception
    assert driver.exit_layer(app) == 3
    assert app.query_params["layer"] == "3"


@pytest.mark.usefixtures("with_model")
def test_a_link_restores_sentence_and_settings(open_app: OpenApp) -> None:
    app = open_app(text=SENTENCE, policy="fixed", layer="5")
    assert driver.exit_layer(app) == 5
    assert driver.mode(app) == "replayed from a full pass"
    assert app.text_area(key="inspect.text").value == SENTENCE


@pytest.mark.usefixtures("without_model")
def test_a_hostile_link_shows_the_default(open_app: OpenApp) -> None:
    app = open_app(
        policy="../../etc", window_size="1e9", entropy_threshold="nan", preset="<script>", x="1"
    )
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == "window"
    assert driver.mode(app) == "stored example"
    (said,) = [element.value.replace("\\", "") for element in app.info]
    for part in ("policy=../../etc", "window_size=1e9", "entropy_threshold=nan", "preset=<script>"):
        assert part in said
    driver.group(app, "inspect.preset").set_value("hard").run()
    assert not app.info


BAD_INPUTS = {
    "": "nothing to read",
    "   \n ": "nothing to read",
    "x" * 2001: "2,000 characters",
    "nice\u202e film": "U+202E",
    "nice\x07 film": "U+0007",
    "12345": "no words",
    "Очень хороший фильм": "does not look like English",
}


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize(
    "bad", BAD_INPUTS, ids=["empty", "blank", "long", "bidi", "bell", "digits", "ru"]
)
def test_bad_input_gets_a_message_and_the_last_result_stays(bad: str, open_app: OpenApp) -> None:
    app = driver.read(open_app(), SENTENCE)
    before = driver.verdict(app)
    driver.read(app, bad)
    assert BAD_INPUTS[bad] in driver.warnings(app)
    assert common.LAST_RESULT_STAYS in driver.warnings(app)
    assert 'class="verdict former"' in driver.verdict(app)  # it answers no longer
    assert driver.words_of(driver.verdict(app)) == driver.words_of(before)
    assert words.FORMER.format(text=SENTENCE) in driver.captions(app)
    assert app.query_params["text"] == SENTENCE
    assert not driver.warnings(driver.read(app, SENTENCE))


@pytest.mark.usefixtures("with_model")
def test_text_longer_than_the_model_reads_is_reported(open_app: OpenApp) -> None:
    app = driver.read(open_app(), "good film " * 60)
    assert "its end was not read" in app.info[0].value


def test_without_a_checkpoint_a_sentence_gets_a_plain_message(
    without_model: Path, open_app: OpenApp
) -> None:
    app = driver.read(open_app(), SENTENCE)
    assert "No trained model was found" in driver.warnings(app)
    assert without_model.name in driver.warnings(app)
    assert driver.mode(app) == "stored example"


@pytest.mark.usefixtures("without_model")
def test_a_link_with_a_sentence_but_no_model_still_shows_an_example(open_app: OpenApp) -> None:
    app = open_app(text=SENTENCE)
    assert "No trained model was found" in driver.warnings(app)
    assert driver.mode(app) == "stored example"


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        ("truncated weights", "model.safetensors"),
        ("no weights", "model.safetensors"),
        ("wrong label count", "config.json"),
        ("broken config", "config.json"),
        ("empty folder", "config.json"),
    ],
)
def test_a_damaged_checkpoint_is_a_message_that_names_the_file(
    damage: str,
    named: str,
    tiny_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_app: OpenApp,
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(tiny_folder / "tiny", broken)
    weights, config = broken / "model.safetensors", broken / "config.json"
    if damage == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif damage == "no weights":
        weights.unlink()
    elif damage == "wrong label count":
        names = {"id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {"a": 0, "b": 1, "c": 2}}
        values = json.loads(config.read_text(encoding="utf-8"))
        config.write_text(json.dumps({**values, **names}), encoding="utf-8")
    elif damage == "empty folder":
        shutil.rmtree(broken)
        broken.mkdir()
    else:
        config.write_text("{", encoding="utf-8")
    monkeypatch.setenv(resources.CHECKPOINTS_VARIABLE, str(tmp_path))
    app = driver.read(open_app(), SENTENCE)
    assert named in driver.warnings(app)
    assert len(driver.warnings(app).splitlines()) == 1
    assert driver.mode(app) == "stored example"
    driver.group(app, "inspect.preset").set_value("hard").run()
    assert not app.exception
    assert not driver.warnings(app)


@pytest.mark.usefixtures("with_model")
def test_a_missing_preset_is_a_message(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import streamlit as st

    from app.shared import presets

    st.cache_resource.clear()
    monkeypatch.setattr(presets.load_preset, "__defaults__", (tmp_path,))
    app = open_app()
    assert "easy.json cannot be read" in driver.warnings(app)
    assert app.info[0].value == common.EMPTY_STATE
    assert driver.mode(driver.read(app, SENTENCE)) == "replayed from a full pass"
    st.cache_resource.clear()


@pytest.mark.usefixtures("with_model")
def test_it_really_stops_on_request(open_app: OpenApp) -> None:
    app = driver.read(open_app(policy="fixed", layer="3"), SENTENCE)
    app.button(key="inspect.stop").click().run()
    assert not app.exception
    assert driver.mode(app) == "stopped for real"
    assert "after layer 3 of 12" in driver.shown_text(app)
    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(4).run()
    assert driver.mode(app) == "replayed from a full pass"


@pytest.mark.usefixtures("with_model")
def test_a_busy_model_is_a_message(open_app: OpenApp, monkeypatch: pytest.MonkeyPatch) -> None:
    app = driver.read(open_app(), SENTENCE)
    monkeypatch.setattr(resources, "WAIT_SECONDS", 0.05)
    with resources._RUNNING:
        driver.read(app, "a good film")
    assert common.BUSY in driver.warnings(app)
    assert app.query_params["text"] == SENTENCE


@pytest.mark.usefixtures("without_model")
def test_steps_move_the_cursor_and_stay_in_range(open_app: OpenApp) -> None:
    app = open_app(policy="fixed", layer="2")
    assert app.slider(key=driver.key(app, "inspect.cursor")).value == 2
    app.button(key="inspect.back").click().run()
    assert app.slider(key=driver.key(app, "inspect.cursor")).value == 1
    assert app.button(key="inspect.back").disabled
    assert chart_cursor(app) == 1
    app.button(key="inspect.on").click().run()
    app.slider(key=driver.key(app, "inspect.cursor")).set_value(7).run()
    assert chart_cursor(app) == 7
    assert "After layer 7" in driver.shown_text(app)
    assert "not needed" in driver.shown_text(app)


def chart_cursor(app: object) -> float:
    (band,) = driver.chart_rows(app, "cursor")  # type: ignore[arg-type]
    return float(band["x"]) + 0.5


@pytest.mark.usefixtures("without_model")
def test_the_cursor_follows_the_exit_until_it_is_moved(open_app: OpenApp) -> None:
    app = open_app(policy="fixed", layer="2")
    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(6).run()
    assert app.slider(key=driver.key(app, "inspect.cursor")).value == 6
    app.button(key="inspect.back").click().run()
    app.slider(key=driver.key(app, "setting.fixed.layer.12")).set_value(9).run()
    assert app.slider(key=driver.key(app, "inspect.cursor")).value == 5


@pytest.mark.usefixtures("without_model")
def test_every_figure_has_alternatives(open_app: OpenApp) -> None:
    app = open_app()
    (chart,) = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert "Score of 12 layers" in str(chart.proto)
    (table,) = app.dataframe
    assert list(table.value[common.COLUMN_LAYER]) == list(range(1, 13))


@pytest.mark.usefixtures("without_model")
def test_every_file_can_be_taken_away(open_app: OpenApp) -> None:
    labels = [button.proto.label for button in open_app().get("download_button")]
    assert labels[-3:] == [common.DOWNLOAD_HTML, words.DOWNLOAD_CSV, words.DOWNLOAD_JSON]


@pytest.mark.usefixtures("with_model")
def test_an_unknown_checkpoint_is_refused() -> None:
    for name in ("", "nope", "../tiny", "/etc"):
        with pytest.raises(CheckpointError):
            resources.read(name, "cpu", SENTENCE)


HOSTILE = [
    "<img src=x onerror=alert(1)> film",
    "![p](http://example.org/p.png) film",
    "$\\frac{1}{2}$ film :red[x] film",
    "[click](javascript:alert(1)) film",
    "<script>alert(1)</script> film",
]


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_reaches_no_markdown_and_no_html(text: str, open_app: OpenApp) -> None:
    app = driver.read(open_app(), text)
    assert driver.mode(app) == "replayed from a full pass"
    rendered = [str(element.value) for element in (*app.markdown, *app.caption, *app.warning)]
    rendered += driver.htmls(app)
    for body in rendered:
        for danger in (
            "<img",
            "<script",
            "javascript:",
            "](http://example.org",
            "\\frac",
            ":red[x]",
        ):
            assert danger not in body
    assert "example.org" not in str(driver.figure(app))


@pytest.mark.usefixtures("with_model")
def test_a_page_switch_keeps_everything(open_app: OpenApp) -> None:
    app = driver.read(open_app(policy="fixed", layer="5"), SENTENCE)
    app.switch_page("app/about.py").run()
    assert not app.exception
    assert "What this is" in [title.value for title in app.title]
    app.switch_page("app/inspect/page.py").run()
    assert not app.exception
    assert driver.exit_layer(app) == 5
    assert app.text_area(key="inspect.text").value == SENTENCE
    assert app.slider(key=driver.key(app, "setting.fixed.layer.12")).value == 5


@pytest.mark.usefixtures("with_model")
def test_about_names_the_model_and_the_versions(open_app: OpenApp) -> None:
    app = open_app()
    app.switch_page("app/about.py").run()
    assert not app.exception
    assert any("Random." in element.value for element in app.markdown)
    assert "streamlit 1." in driver.shown_text(app)
    assert f"elbert {elbert_core.__version__}," in driver.shown_text(app)
    assert "–" not in driver.shown_text(app)


@pytest.mark.usefixtures("without_model")
def test_about_works_without_a_model(open_app: OpenApp) -> None:
    app = open_app()
    app.switch_page("app/about.py").run()
    assert not app.exception
    assert "No trained model is at hand here." in driver.shown_text(app)


@pytest.mark.usefixtures("without_model")
def test_more_settings_hold_an_exit_back(open_app: OpenApp) -> None:
    app = open_app(policy="confidence", threshold="0.5")
    assert driver.exit_layer(app) == 1
    app.slider(key=driver.key(app, "setting.confidence.min_layer.12")).set_value(5).run()
    assert not app.exception
    assert driver.exit_layer(app) == 5
    assert app.query_params["min_layer"] == "5"


@pytest.mark.usefixtures("without_model")
def test_a_threshold_in_nats_becomes_a_share_again(open_app: OpenApp) -> None:
    app = open_app(policy="entropy", unit="nats", threshold="1.5")
    assert app.slider(key=driver.key(app, "setting.entropy.threshold.2")).value == 1.5
    assert driver.exit_layer(app) == 1
    app.selectbox(key=driver.key(app, "setting.entropy.unit")).set_value("normalised").run()
    assert not app.exception
    app.run()
    assert app.slider(key=driver.key(app, "setting.entropy.threshold.1")).value <= 1.0
