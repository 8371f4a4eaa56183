"""The stage in a real browser: it plays once, scrubs and drags without a message, and is heard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from app.shared.stage.words import TEXTS
from tests.browser.conftest import OpenPage, Visit

pytestmark = pytest.mark.browser


def layers(page: Page) -> Locator:
    return page.get_by_role("slider", name=TEXTS["scrub"])


def said(page: Page) -> str:
    return page.locator(".stage .says").inner_text()


def verdict(page: Page) -> str:
    return page.locator("[role=status]", has_text="sure").first.inner_text()


def at_rest(open_page: OpenPage, path: str) -> Visit:
    """A page whose stage has played, or was looked at, before."""
    visit = open_page(path)
    layers(visit.page).press("End")  # stops it
    visit.settled()
    return visit


def centre(thing: Locator) -> tuple[float, float]:
    box = thing.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_it_plays_once_and_again_when_asked(open_page: OpenPage) -> None:
    visit = open_page("/?preset=hard&policy=fixed&layer=3")
    page = visit.page
    expect(page.locator(".stage .play")).to_have_text(TEXTS["replay"])  # when it has played
    assert said(page).startswith("After layer 3")
    page.reload()
    visit.ready()
    assert page.locator(".stage .play").inner_text() == TEXTS["replay"]
    sent = visit.sent
    page.locator(".stage .play").click()
    expect(page.locator(".stage .play")).to_have_text(TEXTS["pause"])
    expect(page.locator(".stage .says")).to_have_text(re.compile("^After layer 1"))
    expect(page.locator(".stage .play")).to_have_text(TEXTS["replay"])
    assert said(page).startswith("After layer 3")
    assert visit.sent == sent


def test_who_wants_no_motion_sees_where_it_ends(open_page: OpenPage) -> None:
    visit = open_page("/about", wait="h1")
    visit.page.emulate_media(reduced_motion="reduce")
    visit.page.goto(visit.page.url.replace("/about", "/?preset=hard&policy=fixed&layer=3"))
    visit.ready()
    assert said(visit.page).startswith("After layer 3")
    layers(visit.page).press("ArrowLeft")
    assert said(visit.page).startswith("After layer 2")


def test_keys_and_pointer_scrub_without_a_message(open_page: OpenPage) -> None:
    visit = at_rest(open_page, "/?preset=hard&policy=fixed&layer=3")
    page, slots, sent = visit.page, layers(visit.page), visit.sent
    slots.press("Home")
    expect(page.locator(".stage .says")).to_have_text(TEXTS["before"])
    for layer in (1, 2):
        slots.press("ArrowRight")
        expect(page.locator(".stage .says")).to_have_text(re.compile(f"^After layer {layer}\\b"))
        assert slots.get_attribute("aria-valuetext") == said(page)
    box = slots.bounding_box()
    assert box is not None
    slots.click(position={"x": box["width"] * 7.5 / 12, "y": 20})
    expect(page.locator(".stage .says")).to_have_text(re.compile("^After layer 8.*not needed"))
    for step in range(100):
        page.mouse.move(box["x"] + box["width"] * step / 100, box["y"] + 20)
    page.mouse.move(5, 5)
    expect(page.locator(".stage .says")).to_have_text(re.compile("^After layer 8"))
    visit.settled()
    assert visit.sent == sent


def test_a_bound_is_dragged_in_the_browser_and_heard_when_it_is_let_go(
    open_page: OpenPage,
) -> None:
    visit = at_rest(open_page, "/?preset=negation&policy=entropy&threshold=0.5")
    page, sent, before = visit.page, visit.sent, verdict(visit.page)
    grip = page.get_by_role("slider", name=TEXTS["grip"].format(setting="Doubt under"))
    x, y = centre(grip)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 7):
        page.mouse.move(x, y + step)
    live = re.search(r"leaves after layer (\d+)", said(page))
    assert live, said(page)
    assert visit.sent == sent, "nothing is sent while it is dragged"
    assert verdict(page) == before
    page.mouse.up()
    expect(page.locator("[role=status]").first).to_contain_text(f"after layer {live[1]} of 12")
    page.wait_for_url(re.compile("threshold=0"))
    visit.settled()
    assert verdict(page) != before
    assert said(page).startswith(f"After layer {live[1]}")
    visit.shoot("stage_dragged")


def test_a_window_and_a_door_are_moved_by_keys(open_page: OpenPage) -> None:
    visit = at_rest(open_page, "/?preset=hard&policy=patience&patience=2")
    page = visit.page
    grip = page.locator(".stage .grip.window")
    for _ in range(3):
        grip.press("ArrowRight")
    expect(grip).to_have_attribute("aria-valuetext", re.compile("leaves after layer 6"))
    expect(page.locator("[role=status]").first).to_contain_text("after layer 6 of 12")
    page.wait_for_url(re.compile("patience=5"))
    focused = "document.activeElement.shadowRoot?.activeElement?.className"
    assert "window" in page.evaluate(focused), "what is used stays in focus"

    page.goto(re.sub(r"\?.*", "?preset=hard&policy=fixed&layer=3", page.url))
    visit.ready()
    page.locator(".stage .grip.exit-grip").press("ArrowRight")
    expect(page.locator("[role=status]").first).to_contain_text("after layer 4 of 12")


def test_what_a_class_link_fixes_cannot_be_dragged(open_page: OpenPage) -> None:
    visit = at_rest(open_page, "/?preset=negation&policy=entropy&threshold=0.5&lock=policy")
    expect(visit.page.locator(".stage .grip:not([hidden])")).to_have_count(0)
