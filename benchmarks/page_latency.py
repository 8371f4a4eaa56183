"""Milliseconds from a key press on a rule's slider to the new verdict on the Inspect page.

Starts the app on a free port of this machine and drives it in Chromium. Prints JSON: p50 and p95
over the presses, from the key press and from the message that follows it (Streamlit waits for
further presses before it sends one); the processor time of one change, which other work on the
machine hardly touches (Linux only); how long pages take to open; and how many messages the parts
send that work inside the browser.

    python benchmarks/page_latency.py [--presses 60] [--chromium PATH]
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from _common import conditions, show
from _serving import serve
from playwright.sync_api import Browser, Page, sync_playwright

from app.shared import words as common
from app.shared.rules import card

LISTEN = """
window.sent = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (...data) {
  window.sent.push(performance.now());
  return send.apply(this, data);
};
window.wait = () => {
  const verdict = () => document.querySelector('[role=status] span:nth-child(3)')?.textContent;
  const before = verdict();
  window.done = new Promise(resolve => {
    let pressed = 0;
    document.addEventListener('keydown', () => { pressed = performance.now(); },
                              {capture: true, once: true});
    const seen = new MutationObserver(() => {
      const now = verdict();
      if (pressed && now && now !== before) {
        seen.disconnect();
        const end = performance.now();
        const first = window.sent.find(t => t >= pressed);
        resolve([end - pressed, first === undefined ? null : end - first]);
      }
    });
    seen.observe(document.body, {subtree: true, childList: true, characterData: true});
  });
};
"""
SLIDERS = {
    # every press moves the exit, so that there is a new verdict to wait for
    "window": ("/?preset=hard&entropy_threshold=0&window_size=2", "window_size"),
    "fixed": ("/?preset=hard&policy=fixed&layer=2", "layer"),
}
FIRST, LAST = 2, 9
PAGES = {"/": 1, "/compare": 1, "/tradeoff": 5, "/learn?lesson=window&step=2": 1}
"""Links, and how many figures each page has when it is complete."""
VISITS = 7
WARM = 4
"""Changes that are not counted."""
REST = 0.25
"""Seconds between two changes: a visitor looks at what came."""


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=60, help="for each of two rules")
    parser.add_argument("--chromium", default=os.environ.get("ELBERT_CHROMIUM", ""))
    options = parser.parse_args()
    path = options.chromium or shutil.which("chromium") or shutil.which("google-chrome")
    load = os.getloadavg()
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(folder) / "log") as app,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(120_000)
        page.add_init_script(LISTEN)
        changes = {
            name: change(page, app.address + link, setting, options.presses, app.pid)
            for name, (link, setting) in SLIDERS.items()
        }
        sent = messages(page, app.address)
        opened = {path: opening(browser, app.address + path, n) for path, n in PAGES.items()}
        version = browser.version
        browser.close()
    show(
        {
            "benchmark": "page_latency",
            "conditions": {
                **conditions(),
                "chromium": version,
                "streamlit": importlib.metadata.version("streamlit"),
                "load_before": [round(value, 1) for value in load],
                "load_after": [round(value, 1) for value in os.getloadavg()],
                "cores_allowed": len(os.sched_getaffinity(0)),
            },
            "opening": opened,
            "changes": changes,
            "messages_sent": sent,
        }
    )


def change(page: Page, link: str, setting: str, presses: int, server: int) -> dict[str, Any]:
    """Move one slider back and forth and time each change."""
    page.goto(link)
    settled(page)
    label = next(one.label for one in card("window").settings if one.name == setting)
    slider = page.get_by_role("slider", name=label)
    slider.focus()
    times: list[tuple[float, float]] = []
    value, step = FIRST, 1
    before = (0.0, 0.0)
    for press in range(presses + WARM):
        if not FIRST <= value + step <= LAST:
            step = -step
        value += step
        if press == WARM:
            before = processor_ms(server)
        page.evaluate("window.wait()")
        page.keyboard.press("ArrowRight" if step > 0 else "ArrowLeft")
        took = page.evaluate("window.done")
        if press >= WARM:
            times.append(took)
        settled(page)
        time.sleep(REST)
    whole, served = np.array(times, dtype=np.float64).T
    used = [after - start for after, start in zip(processor_ms(server), before, strict=True)]
    return {
        "presses": len(times),
        "press_to_verdict": spread(whole),
        "message_to_verdict": spread(served),
        "processor_ms_per_change": {
            "app": round(used[0] / len(times), 1),
            "browser": round(used[1] / len(times), 1),
        },
    }


def processor_ms(server: int) -> tuple[float, float]:
    """Milliseconds of processor time so far: of the app, and of the browser with its driver."""
    parents: dict[int, tuple[int, float]] = {}
    tick = 1000 / os.sysconf("SC_CLK_TCK")
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        parents[int(entry.parent.name)] = (
            int(fields[1]),
            tick * (int(fields[11]) + int(fields[12])),
        )
    app = browser = 0.0
    for pid, (parent, used) in parents.items():
        if pid == server:
            app += used
            continue
        while parent and parent != os.getpid():
            parent = parents.get(parent, (0, 0.0))[0]
        if parent:
            browser += used
    return app, browser


def spread(values: np.ndarray) -> dict[str, float]:
    """Middle and upper end of some milliseconds."""
    return {
        "p50_ms": round(float(np.percentile(values, 50)), 1),
        "p95_ms": round(float(np.percentile(values, 95)), 1),
        "max_ms": round(float(values.max()), 1),
    }


def opening(browser: Browser, link: str, figures: int) -> dict[str, float]:
    """Milliseconds from a link to its first figure, and to all of them, for new visitors.

    Every visitor has an empty cache; the first two, who find the server cold, are not counted.
    """
    seen: dict[str, list[float]] = {"first_figure": [], "all_figures": []}
    for _ in range(VISITS + 2):
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        drawn = context.new_page().locator("[data-testid=stVegaLiteChart] svg.marks")
        start = time.perf_counter()
        drawn.page.goto(link)
        for name, index in zip(seen, (0, figures - 1), strict=True):
            drawn.nth(index).wait_for(state="attached", timeout=120_000)
            seen[name].append(1000 * (time.perf_counter() - start))
        context.close()
    found = {}
    for name, times in seen.items():
        found[f"{name}_p50_ms"] = round(float(np.median(times[2:])))
        found[f"{name}_max_ms"] = round(max(times[2:]))
    return found


def messages(page: Page, address: str) -> dict[str, int]:
    """How many messages the race and the figures' own boxes and sliders send in use."""
    found = {}
    page.goto(f"{address}/compare?view=race&preset=hard")
    settled(page)
    page.wait_for_selector(".race svg")
    time.sleep(1)
    page.evaluate("window.sent = []")
    for name in (
        common.RACE["again"],
        common.RACE["pause"],
        common.RACE["back"],
        common.RACE["on"],
    ):
        page.locator(".race").get_by_role("button", name=name, exact=True).press("Enter")
        time.sleep(0.5)
    for key in ("Home", *("ArrowRight",) * 10, "End"):
        page.locator(".race input[type=range]").press(key)
    time.sleep(0.5)
    found["race: play, pause, step, slide"] = page.evaluate("window.sent.length")

    page.goto(f"{address}/tradeoff")
    settled(page)
    slider = page.locator(".vega-bindings input[type=range]").first
    slider.wait_for()
    time.sleep(1)
    page.evaluate("window.sent = []")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    page.locator(".vega-bindings input[type=checkbox]").first.click()
    time.sleep(0.5)
    found["trade-off: the figure's slider and boxes"] = page.evaluate("window.sent.length")
    return found


def settled(page: Page) -> None:
    """Wait until no script is running."""
    page.wait_for_selector("h1")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


if __name__ == "__main__":
    main()
