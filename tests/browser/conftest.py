"""The real app on a free port of this machine, and a real Chromium that may not leave it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    WebSocket,
    expect,
    sync_playwright,
)
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.shared import resources
from app.tradeoff import evaluations
from benchmarks._serving import ROOT, serve
from elbert_core.evaluation.tables import save_evaluation
from tests.app.tables import browser_table
from tests.app.tiny import save_tiny_checkpoint

FIGURE = ".stage .depth svg, [data-testid=stVegaLiteChart] svg"
PATIENCE = 60_000  # ms until a page must have done what was asked, on a busy machine too
# Put into every page before its own scripts: what it has sent and what it still means to do.
# Widgets wait a little before they speak (a slider 200 ms): a page at rest has no such timer.
WATCH = """() => {
    const soon = new Set();
    const [start, stop, send] = [window.setTimeout, window.clearTimeout, WebSocket.prototype.send];
    window.setTimeout = (act, delay = 0, ...rest) => {
        const timer = start(() => { soon.delete(timer); act(...rest); }, delay);
        if (delay <= 500) soon.add(timer);
        return timer;
    };
    window.clearTimeout = timer => { soon.delete(timer); stop(timer); };
    WebSocket.prototype.send = function (...data) {
        this.sent = (this.sent ?? 0) + 1;
        window.socket = this;
        return send.apply(this, data);
    };
    const frame = () => new Promise(done => requestAnimationFrame(done));
    const scrolled = () => document.querySelector("[data-testid=stMain]")?.scrollTop;
    window.rest = async () => {
        const before = scrolled();
        await frame();
        await frame();
        const app = document.querySelector("[data-testid=stApp]");
        const running = app?.getAttribute("data-test-script-state") !== "notRunning";
        const moving = document.getAnimations().filter(
            one => one.playState === "running" && isFinite(one.effect.getComputedTiming().endTime));
        const still = moving.length === 0 && scrolled() === before;
        return {running, moving: !still, soon: soon.size, sent: window.socket?.sent ?? 0};
    };
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
    save_evaluation(browser_table(), folder / "evaluations")
    shelf = shelves(folder / "checkpoints", folder / "evaluations")
    with serve(folder / "server.log", shelf) as app:
        yield app.address


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


def new_profile(chromium: Browser) -> BrowserContext:
    """A browser that has fetched nothing yet, with the watcher in each of its pages."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE)
    context.add_init_script(f"({WATCH})()")
    return context


@pytest.fixture(scope="session")
def profile(chromium: Browser) -> Iterator[BrowserContext]:
    """What the visits share: the app's files are fetched once."""
    with new_profile(chromium) as context:
        yield context


@dataclass  # no slots: Playwright notes its own things on what listens
class Visit:
    """A page, and what went wrong in it.

    Attributes:
        page: the browser's page.
        errors: console errors and uncaught exceptions.
        strangers: requests that left this machine.
        busy: True from what the page asks of the server until the server is done with it.
        sent: what this side has seen the page send over its connection.
    """

    page: Page
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    busy: bool = False
    sent: int = 0

    def check(self) -> None:
        """Nothing complained, nothing left."""
        assert not self.errors, self.errors
        assert not self.strangers, self.strangers

    def ready(self, selector: str = FIGURE) -> None:
        """Wait until an element is there, as a rule a figure, and the script has come to rest."""
        self.page.wait_for_selector(selector)
        self.settled()

    def settled(self) -> None:
        """Wait until the server has done all that was asked and the page has drawn it.

        The page alone cannot tell: right after a click it still says that nothing is running. So
        all that it has sent must have been seen here, and it must have nothing left to do soon.
        """
        end = time.monotonic() + PATIENCE / 1000
        calm, said = 0, None
        while calm < 2:
            assert time.monotonic() < end, f"the page does not come to rest: {self.busy} {said}"
            said = self.page.evaluate("window.rest()")
            moving = said["running"] or said["moving"] or said["soon"]
            busy = self.busy or moving or said["sent"] > self.sent
            calm = 0 if busy else calm + 1
            if busy:
                self.page.wait_for_timeout(20)

    def listen(self, socket: WebSocket) -> None:
        """Follow what page and server say to each other."""
        self.sent = 0
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        self.sent += 1
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


def click_at(figure: Locator, x: float, y: float) -> None:
    """Click a place of a drawing, from its left (its right edge if negative) and its top."""
    place = figure.bounding_box()
    assert place is not None
    figure.click(position={"x": x if x >= 0 else place["width"] + x, "y": y})


@pytest.fixture
def open_page(chromium: Browser, profile: BrowserContext, app_address: str) -> Iterator[OpenPage]:
    """Opens the app at a path, with a window size and a colour scheme; checks it at the end.

    A visit whose clock is set goes `alone`: Playwright sets it for the whole profile.
    """
    visits: list[Visit] = []

    def start(
        path: str = "/",
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        alone: bool = False,
        wait: str = FIGURE,
    ) -> Visit:
        visit = Visit((new_profile(chromium) if alone else profile).new_page())
        visits.append(visit)
        page = visit.page
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.on("websocket", visit.listen)
        page.on(
            "console",
            lambda m: visit.errors.append(m.text) if m.type == "error" else None,
        )
        page.on("pageerror", lambda error: visit.errors.append(str(error)))
        page.on("request", lambda request: watch(visit, request.url))
        page.goto(app_address + path)
        visit.ready(wait)
        return visit

    yield start
    for visit in visits:
        visit.page.evaluate("localStorage.clear()")  # the next visitor is another one
        visit.page.close() if visit.page.context is profile else visit.page.context.close()
    for visit in visits:
        visit.check()


def watch(visit: Visit, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
        visit.strangers.append(address)
