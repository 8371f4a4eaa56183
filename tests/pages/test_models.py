"""Which model reads, and where: several checkpoints, one that is not here, devices."""

from __future__ import annotations

import shutil
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from app.shared import resources
from app.shared.presets import SENTENCES
from tests.pages import driver
from tests.pages.conftest import OpenApp

SENTENCE = "the film was dull but the plot was great"
PutModels = Callable[..., None]


@pytest.fixture
def put_models(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PutModels:
    """Makes tiny checkpoints of these names the only ones."""

    def put(*names: str) -> None:
        for name in names:
            shutil.copytree(tiny_folder / "tiny", tmp_path / name)
        monkeypatch.setenv(resources.CHECKPOINTS_VARIABLE, str(tmp_path))

    return put


@pytest.mark.usefixtures("with_model")
def test_a_link_that_asks_for_a_device_this_machine_lacks_still_works(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "device_names", lambda: ("cpu",))
    app = open_app(text=SENTENCE, device="cuda", checkpoint="../elsewhere")
    assert not driver.warnings(app)
    assert driver.mode(app) == "replayed from a full pass"


@pytest.mark.usefixtures("with_model")
def test_a_machine_with_both_devices_offers_a_choice(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "device_names", lambda: ("cpu", "cuda"))
    app = driver.read(open_app(device="cpu"), SENTENCE)
    assert app.selectbox(key="inspect.device").value == "cpu"
    app.selectbox(key="inspect.device").set_value("").run()
    assert not app.exception
    assert "device" not in app.query_params


def test_a_second_checkpoint_can_be_chosen(put_models: PutModels, open_app: OpenApp) -> None:
    put_models("first", "second")
    app = driver.read(open_app(), SENTENCE)
    driver.group(app, "inspect.model").set_value("second").run()
    assert not app.exception
    assert app.query_params["checkpoint"] == "second"
    assert any("second" in caption.value for caption in app.caption)
    assert app.text_area(key="inspect.text").value == SENTENCE  # read again, by the other


def test_a_model_that_is_not_here_shows_its_examples(
    put_models: PutModels, open_app: OpenApp
) -> None:
    put_models("mine")
    app = driver.read(open_app(), SENTENCE)
    assert not [group for group in app.get("button_group") if group.key == "inspect.preset"]
    driver.group(app, "inspect.model").set_value("elbert-sst2").run()
    assert not app.exception
    assert driver.mode(app) == "stored example"
    assert driver.group(app, "inspect.preset").value == "turning"
    assert driver.mode(driver.read(app, SENTENCE)) == "replayed from a full pass"  # by "mine"


def test_devices_are_known_while_the_library_is_still_loading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another visitor's first sentence imports it; until that is done it is there in part."""
    monkeypatch.setitem(sys.modules, "torch", types.ModuleType("torch"))
    assert "cpu" in resources.device_names()


@pytest.mark.parametrize("button", ["map.button", "reading.button"])
def test_another_model_does_not_show_what_the_first_one_read(
    button: str,
    put_models: PutModels,
    open_app: OpenApp,
) -> None:
    """The sentence stays, the model changes: its map and its attention are asked for anew."""
    put_models("first", "second")
    app = driver.read(open_app(), SENTENCE)
    app.button(key=button).click().run()
    assert button not in [one.key for one in app.button]
    driver.group(app, "inspect.model").set_value("second").run()
    assert button in [one.key for one in app.button]
    driver.group(app, "inspect.model").set_value("first").run()
    assert button not in [one.key for one in app.button]


def test_a_sentence_still_to_be_read_is_not_lost_to_another_model(
    put_models: PutModels, open_app: OpenApp
) -> None:
    put_models("elbert-sst2", "elbert-agnews")
    app = open_app()
    # as the choice of another model leaves it that cuts the reading short
    driver.visit(app).pending = SENTENCE
    driver.group(app, "inspect.model").set_value("elbert-agnews").run()
    assert not app.exception, app.exception
    assert driver.mode(app) == "replayed from a full pass"
    assert app.query_params["checkpoint"] == "elbert-agnews"
    assert app.text_area(key="inspect.text").value == SENTENCE


def test_an_example_that_is_picked_while_a_sentence_is_read_stays(open_app: OpenApp) -> None:
    app = open_app()
    driver.visit(app).pending = SENTENCE
    driver.group(app, "inspect.preset").set_value("negation").run()
    assert not app.exception, app.exception
    assert driver.mode(app) == "stored example"
    assert app.text_area(key="inspect.text").value == SENTENCES["negation"]
