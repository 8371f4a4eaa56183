"""A tiny random model on disk, and the app driven without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.shared import resources
from app.tradeoff import panels
from tests.app.tiny import save_tiny_checkpoint

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one checkpoint, `tiny`."""
    folder = tmp_path_factory.mktemp("checkpoints")
    save_tiny_checkpoint(folder / "tiny")
    return folder


@pytest.fixture
def with_model(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app finds the tiny model."""
    monkeypatch.setenv(resources.CHECKPOINTS_VARIABLE, str(tiny_folder))
    return tiny_folder


@pytest.fixture
def without_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The app finds an empty folder."""
    monkeypatch.setenv(resources.CHECKPOINTS_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def no_browser_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is drawn here."""
    monkeypatch.setattr(panels, "SOON", 0.0)


OpenApp = Callable[..., AppTest]


@pytest.fixture
def open_app() -> OpenApp:
    """Opens the app at a link."""

    def start(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception
        return app

    return start
