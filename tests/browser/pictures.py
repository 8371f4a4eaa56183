"""Pictures of every page in light, dark and phone width, from the real app with the shipped model.

    python -m tests.browser.pictures     (or: make pictures)

All go to screenshots/, which git ignores; those that the README shows are copied to assets/readme/.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks._serving import serve
from tests.browser.conftest import FLAGS, ROOT, SCREENSHOTS, shelves

SENTENCE = "The film is not without charm, but it never finds its feet."
PAGES = {
    "inspect": f"/?text={SENTENCE.replace(' ', '+')}",
    "tradeoff": "/tradeoff",
    "compare": "/compare",
    "compare-kinds": "/compare?view=kinds",
    "compare-pair": "/compare?view=pair&preset=hard",
    "compare-alike": "/compare?view=alike&preset=hard",
    "compare-race": "/compare?view=race&preset=hard",
    "learn": "/learn",
    "learn-step": "/learn?lesson=window&step=2",
    "learn-figure": "/learn?lesson=cousins&step=1",
    "about": "/about",
}
VIEWS = {
    "light": (1280, 800, "light"),
    "dark": (1280, 800, "dark"),
    "tall": (1280, 2400, "light"),
    "phone-light": (390, 844, "light"),
    "phone-dark": (390, 2800, "dark"),
}
FOR_README = {"inspect-light": "inspect.png", "tradeoff-light": "tradeoff.png"}


def wait_until_quiet(page: Page) -> None:
    """Wait for the app to finish its run and for the figures to be drawn."""
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    page.wait_for_selector("h1", timeout=90_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=90_000)
    page.wait_for_timeout(2500)  # figures are drawn after the run


def main() -> None:
    """Start the app, look at every page, store the pictures."""
    wanted = sys.argv[1:] or list(PAGES)
    SCREENSHOTS.mkdir(exist_ok=True)
    browser_path = os.environ.get("ELBERT_CHROMIUM") or shutil.which("chromium")
    checkpoints = Path(os.environ.get("ELBERT_CHECKPOINTS") or ROOT / "checkpoints")
    tables = ROOT / "assets" / "evaluations"
    with (
        serve(SCREENSHOTS / "server.log", shelves(checkpoints, tables)) as app,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        for view, (width, height, scheme) in VIEWS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                reduced_motion="reduce",  # the stage where it ends
                color_scheme=scheme,  # type: ignore[arg-type]  # one of the words it takes
            )
            page = context.new_page()
            for name in wanted:
                page.goto(app.address + PAGES[name])
                wait_until_quiet(page)
                page.screenshot(path=SCREENSHOTS / f"{name}-{view}.png")
            context.close()
        browser.close()
    target = ROOT / "assets" / "readme"
    target.mkdir(parents=True, exist_ok=True)
    for name, copy in FOR_README.items():
        if (SCREENSHOTS / f"{name}.png").is_file() and name.split("-")[0] in wanted:
            shutil.copyfile(SCREENSHOTS / f"{name}.png", target / copy)


if __name__ == "__main__":
    main()
