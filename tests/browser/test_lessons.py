"""A walk through every step of every lesson: predict, reveal, go on; what is claimed is true.

The first lesson is walked with the keyboard alone, the others with the mouse. The `open_page`
fixture checks at the end that nothing complained and that nothing left this machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from app.learn import words as learn_words
from app.shared import words as common
from app.shared.claims import Scene, holds
from app.shared.lessons import Lesson, Step, lesson_names, load_lesson
from tests.browser.conftest import OpenPage, Visit
from tests.browser.test_compare_learn import go

pytestmark = pytest.mark.browser

NAMES = lesson_names()
Press = Callable[[Locator], None]


def by_keyboard(target: Locator) -> None:
    """Go there with the Tab key, as somebody without a mouse does, and press Enter."""
    page = target.page
    target.wait_for()
    for _ in range(120):
        if target.evaluate(
            "e => e === document.activeElement || e.contains(document.activeElement)"
        ):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {target}")


def by_mouse(target: Locator) -> None:
    target.click()


def shown(page: Page, texts: list[str]) -> None:
    """All paragraphs are there, word for word."""
    for text in texts:
        expect(page.get_by_text(text, exact=True).first).to_be_visible()


def predict(visit: Visit, scene: Scene, press: Press) -> None:
    """Move the prediction by the arrow keys, ask, and be told how near it came."""
    page = visit.page
    slider = page.get_by_role("slider", name=learn_words.ASK)
    n_layers = scene.trace.n_layers
    guess = (n_layers + 1) // 2 - 1
    if press is by_keyboard:
        slider.focus()
        page.keyboard.press("ArrowLeft")
    else:
        slider.press("ArrowLeft")
    visit.settled()
    press(page.get_by_role("button", name=learn_words.SHOW))
    exit_layer = scene.decision.exit_layer
    expect(page.get_by_text(learn_words.outcome(guess, exit_layer)).first).to_be_visible()


def look_at_figure(page: Page, step: Step) -> None:
    """Whatever the step draws is drawn, and what kind of figure it is stands beside it."""
    drawing = ".race svg" if step.figure == "race" else "[data-testid=stVegaLiteChart] svg.marks"
    expect(page.locator(drawing).first).to_be_visible()
    expect(page.get_by_text(common.MODES["stored"]).first).to_be_visible()


def walk(visit: Visit, lesson: Lesson, press: Press) -> int:
    """Every step of a lesson; how many predictions it asked for."""
    page, asked = visit.page, 0
    for number, step in enumerate(lesson.steps, start=1):
        expect(page.get_by_role("heading", name=step.title, exact=True)).to_be_visible()
        visit.settled()
        scene = lesson.scene(step)
        other = scene.other(step.beside) if step.beside else None
        assert all(holds(claim, scene) for claim in step.claims)
        shown(page, learn_words.paragraphs(step.text, scene, other))
        if step.ask:
            asked += 1
            predict(visit, scene, press)
            visit.settled()
        shown(page, learn_words.paragraphs(step.after, scene, other))
        look_at_figure(page, step)
        if step.control:
            slider = page.locator("[data-testid=stSlider] input[type=range], [role=slider]").first
            slider.press("ArrowRight")
            visit.settled()
        if number < len(lesson.steps):
            press(page.get_by_role("button", name=learn_words.NEXT, exact=True))
    return asked


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_can_be_walked_to_its_end(name: str, open_page: OpenPage) -> None:
    press = by_keyboard if name == NAMES[0] else by_mouse
    visit = open_page()
    page = go(visit, learn_words.PAGE, learn_words.HEADLINE)
    lesson = load_lesson(name)
    press(page.get_by_role("button", name=learn_words.OPEN.format(title=lesson.title)))
    asked = walk(visit, lesson, press)
    assert asked == sum(step.ask for step in lesson.steps)
    assert page.get_by_role("button", name=learn_words.SHOW).count() == 0
    expect(page.get_by_text(f"Predictions so far: {asked}")).to_be_visible()
    page.wait_for_url(re.compile(rf"lesson={name}&step={len(lesson.steps)}"))
    last = name == NAMES[-1]
    onward = page.get_by_role("button", name=learn_words.ALL_LESSONS)
    if not last:
        title = load_lesson(NAMES[NAMES.index(name) + 1]).title
        onward = page.get_by_role("button", name=learn_words.NEXT_LESSON.format(title=title))
    press(onward)
    expect(page.get_by_role("heading", level=1)).not_to_have_text(lesson.title)
    visit.settled()
    visit.check()
