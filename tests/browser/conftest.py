"""The real app on a free port of this machine, and a real Chromium that may not leave it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, WebSocket, sync_playwright
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.shared import resources
from app.tradeoff import evaluations
from benchmarks._serving import ROOT, serve
from elbert_core.evaluation.tables import save_evaluation
from tests.app.tables import ROW_TEXTS, make_table, with_texts
from tests.app.tiny import save_tiny_checkpoint

FIGURE = "[data-testid=stVegaLiteChart] svg"
AT_REST = """() => {
    const app = document.querySelector("[data-testid=stApp]");
    return app !== null && app.getAttribute("data-test-script-state") === "notRunning";
}"""
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


@dataclass  # no slots: Playwright notes its own things on what listens
class Visit:
    """A page, and what went wrong in it.

    Attributes:
        page: the browser's page.
        errors: console errors and uncaught exceptions.
        strangers: requests that left this machine.
        busy: True from what the page asks of the server until the server is done with it.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    busy: bool = False

    def check(self) -> None:
        """Nothing complained, nothing left."""
        assert not self.errors, self.errors
        assert not self.strangers, self.strangers

    def ready(self, selector: str = FIGURE) -> None:
        """Wait until an element is there, as a rule a figure, and the script has come to rest."""
        self.page.wait_for_selector(selector, timeout=30_000)
        self.settled()

    def settled(self) -> None:
        """Wait until the server has done all that was asked and the page has drawn it.

        The page alone cannot tell: right after a click it still says that nothing is running.
        """
        end = time.monotonic() + 60
        calm = 0
        while calm < 4:
            assert time.monotonic() < end, "the page does not come to rest"
            self.page.wait_for_timeout(100)
            drawn = not self.busy and self.page.evaluate(AT_REST)
            calm = calm + 1 if drawn else 0

    def listen(self, socket: WebSocket) -> None:
        """Follow what page and server say to each other."""
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        if isinstance(frame, bytes) and BackMsg.FromString(frame).HasField("rerun_script"):
            self.busy = True

    def _received(self, frame: str | bytes) -> None:
        said = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        if said.HasField("new_session"):
            self.busy = True
        elif said.HasField("script_finished"):
            # one that was cut short is followed by another
            self.busy = said.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

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
            page.on("websocket", visit.listen)
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
