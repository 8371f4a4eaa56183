"""axe-core on every page in its main states: no serious and no critical violation.

axe comes with the package axe-playwright-python and is injected from there; nothing is downloaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.compare import words as compare
from app.inspect import words as inspect_words
from app.learn import words as learn
from app.shared import words as common
from app.shared.lessons import lesson_names, load_lesson
from app.shared.stage.words import TEXTS as STAGE
from tests.browser.conftest import OpenPage, Visit
from tests.browser.test_compare_learn import go, look_at
from tests.browser.test_journey import read
from tests.browser.test_tradeoff import go as go_to_tradeoff

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js")
SENTENCE = "the film was dull but the plot was great"
BAD = {"serious", "critical"}

NOT_OURS: dict[tuple[str, str], str] = {}
"""Violations inside Streamlit's own widgets, by rule and a part of the element, with the reason."""


def violations(page: Page) -> list[str]:
    """What axe finds, without what is listed above."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], "
        "runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert len(result["passes"]) > 10, "axe looked at something"
    return [
        f"{found['id']}: {node['html'][:200]} {node['failureSummary'][:200]}"
        for found in result["violations"]
        if found["impact"] in BAD
        for node in found["nodes"]
        if not any(rule == found["id"] and part in node["html"] for rule, part in NOT_OURS)
    ]


def open_all(visit: Visit) -> None:
    """Open every expander."""
    closed = visit.page.locator("[data-testid=stExpander] details:not([open]) > summary")
    visit.settled()
    while closed.count():
        closed.first.click()
        visit.settled()


def inspect(visit: Visit) -> Iterator[str]:
    page = visit.page
    yield "inspect, example"
    read(visit, SENTENCE)
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    open_all(visit)
    for button in (inspect_words.READING_BUTTON, inspect_words.MAP_BUTTON):
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("button", name=button)).to_have_count(0)
        visit.settled()
    yield "inspect, everything open"
    read(visit, "12345")
    yield "inspect, a message"


def compare_pages(visit: Visit) -> Iterator[str]:
    go(visit, compare.PAGE, compare.HEADLINE)
    for view in compare.VIEWS:
        look_at(visit, view)
        if view == "words":
            visit.page.get_by_role("button", name=compare.WORDS_BUTTON).click()
            expect(visit.page.get_by_text(compare.WORDS_TITLE)).to_be_visible()
        open_all(visit)
        yield f"compare, {view}"


def learn_pages(visit: Visit) -> Iterator[str]:
    page = go(visit, learn.PAGE, learn.HEADLINE)
    yield "learn, list"
    lesson = load_lesson(lesson_names()[0])
    page.get_by_role("button", name=learn.OPEN.format(title=lesson.title)).click()
    for step in lesson.steps[:3]:
        expect(page.get_by_role("heading", name=step.title, exact=True)).to_be_visible()
        visit.settled()
        if step.ask:
            yield f"learn, {step.title}, before"
            page.get_by_role("button", name=learn.SHOW).click()
            visit.settled()
        open_all(visit)
        yield f"learn, {step.title}"
        page.get_by_role("button", name=learn.NEXT, exact=True).click()


def other_pages(visit: Visit) -> Iterator[str]:
    go_to_tradeoff(visit)
    open_all(visit)
    yield "trade-off"
    go(visit, common.PAGE_ABOUT, "What this is")
    yield "about"


PAGES = {
    "inspect": inspect,
    "compare": compare_pages,
    "learn": learn_pages,
    "others": other_pages,
}


@pytest.mark.parametrize(
    ("name", "dark"),
    [*((name, False) for name in PAGES), ("inspect", True), ("compare", True)],
    ids=lambda value: {True: "dark", False: "light"}.get(value, value),
)
def test_axe_finds_nothing_serious(name: str, dark: bool, open_page: OpenPage) -> None:
    visit = open_page("/?preset=negation", dark=dark)
    found = {state: violations(visit.page) for state in PAGES[name](visit)}
    assert not any(found.values()), {state: bad for state, bad in found.items() if bad}


def test_every_figure_speaks_and_can_be_reached_by_keyboard(open_page: OpenPage) -> None:
    visit = open_page("/?preset=hard")
    page = visit.page
    charts = page.locator("[data-testid=stVegaLiteChart]")
    for index in range(charts.count()):
        said = charts.nth(index).get_attribute("aria-label") or ""
        assert re.search(r"[a-z] .*\.", said), "a sentence"
        assert len(said) > 60
    seen: list[str] = []
    for _ in range(45):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(e => `${e.getAttribute('aria-label')} ${(e.innerText || '').slice(0, 60)}`)"
                "(document.activeElement.shadowRoot?.activeElement ?? document.activeElement)"
            )
        )
    heard = " | ".join(seen)
    for name in (common.SENTENCE_LABEL, common.READ_BUTTON, STAGE["scrub"]):
        assert name in heard, heard
