"""The real app on a free port of this machine, and a real Chromium that may not leave it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app import evaluations, resources
from benchmarks._serving import ROOT, serve
from elbert_core.tables import save_evaluation
from tests.app.tables import ROW_TEXTS, make_table, with_texts
from tests.app.tiny import save_tiny_checkpoint

FIGURE = "[data-testid=stVegaLiteChart] svg"
SCREENSHOTS = ROOT / "screenshots"  # not in git
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def shelves(checkpoints: Path, tables: Path) -> dict[str, str]:
    """Where the app is to look for models and tables."""
    return {
        resources.CHECKPOINTS_VARIABLE: str(checkpoints),
        evaluations.EVALUATIONS_VARIABLE: str(tables),
    }


@pytest.fixture(scope="session")
def app_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with a tiny random model and a made-up evaluation table."""
    folder = tmp_path_factory.mktemp("served")
    save_tiny_checkpoint(folder / "checkpoints" / "tiny")
    save_evaluation(with_texts(make_table(), ROW_TEXTS), folder / "evaluations")
    shelf = shelves(folder / "checkpoints", folder / "evaluations")
    with serve(folder / "server.log", shelf) as app:
        yield app.address


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@dataclass(slots=True)
class Visit:
    """A page, and what went wrong in it.

    Attributes:
        page: the browser's page.
        errors: console errors and uncaught exceptions.
        strangers: requests that left this machine.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Nothing complained, nothing left."""
        assert not self.errors, self.errors
        assert not self.strangers, self.strangers

    def ready(self, selector: str = FIGURE) -> None:
        """Wait until an element is there, as a rule a figure, and the script has come to rest."""
        self.page.wait_for_selector(selector, timeout=30_000)
        self.settled()

    def settled(self) -> None:
        """Wait until no script is running."""
        self.page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')"
            ".getAttribute('data-test-script-state') === 'notRunning'",
            timeout=30_000,
        )
        self.page.wait_for_timeout(300)

    def shoot(self, name: str) -> None:
        """Keep a picture of what is to be seen."""
        SCREENSHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")


OpenPage = Callable[..., Visit]


@pytest.fixture
def open_page(chromium: Browser, app_address: str) -> Iterator[OpenPage]:
    """Opens the app at a path, with a window size and a colour scheme; checks it at the end."""
    with ExitStack() as stack:
        visits: list[Visit] = []

        def start(
            path: str = "/",
            *,
            width: int = 1280,
            height: int = 800,
            dark: bool = False,
            wait: str = FIGURE,
        ) -> Visit:
            context = chromium.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
            )
            stack.callback(context.close)
            visit = Visit(context.new_page())
            page = visit.page
            page.on(
                "console",
                lambda m: visit.errors.append(m.text) if m.type == "error" else None,
            )
            page.on("pageerror", lambda error: visit.errors.append(str(error)))
            page.on("request", lambda request: watch(visit, request.url))
            page.goto(app_address + path)
            visit.ready(wait)
            visits.append(visit)
            return visit

        yield start
        for visit in visits:
            visit.check()


def watch(visit: Visit, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        visit.strangers.append(address)
