"""Compare and Learn in a real browser: a race without round trips, words; by keyboard."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from app.compare import words as compare
from app.learn import words as learn
from app.shared import words as common
from app.shared.presets import SENTENCES
from app.shared.rules import card
from tests.browser.conftest import OpenPage, Visit
from tests.browser.test_tradeoff import COUNT_SENT

pytestmark = pytest.mark.browser

SENTENCE = "<img src=x onerror='window.hit=1'> :red[film] was dull"


def go(visit: Visit, name: str, headline: str, *, phone: bool = False) -> Page:
    """To a page, as a visitor goes there."""
    page = visit.page
    if phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", name=headline).first).to_be_visible()
    if phone:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    visit.settled()
    return page


def look_at(visit: Visit, view: str) -> None:
    visit.page.get_by_role("radio", name=compare.VIEWS[view], exact=True).click()
    visit.settled()


def clock(page: Page) -> float:
    text = page.locator(".race .time").inner_text()
    return float(text.split(" ms")[0])


def press(page: Page, name: str) -> None:
    """Press a button of the race by keyboard."""
    page.locator(".race").get_by_role("button", name=name, exact=True).press("Enter")


def test_the_race_is_played_and_stepped_by_keyboard_without_a_round_trip(
    open_page: OpenPage,
) -> None:
    visit = open_page("/?preset=hard", alone=True)
    page = go(visit, compare.PAGE, compare.HEADLINE)
    look_at(visit, "race")
    expect(page.locator(".race svg")).to_be_visible()
    slider = page.locator(".race input[type=range]")
    end = clock(page)
    page.evaluate(COUNT_SENT)
    # from here on time passes when the test says so: a busy machine finishes no race too early
    page.clock.install()
    page.clock.pause_at(datetime.now() + timedelta(hours=1))
    page.clock.run_for(400)
    assert clock(page) == end, "nothing moves until asked"

    press(page, common.RACE["again"])
    page.clock.run_for(600)
    press(page, common.RACE["pause"])
    paused = clock(page)
    assert 0 < paused < end
    page.clock.run_for(300)
    assert clock(page) == paused

    press(page, common.RACE["back"])
    back = clock(page)
    assert back < paused
    press(page, common.RACE["on"])
    assert clock(page) > back
    expect(page.locator(".race [role=status]")).to_contain_text(common.RACE["stops"])
    slider.press("End")
    assert clock(page) == end
    slider.press("Home")
    assert clock(page) == 0
    assert page.evaluate("window.sent") == 0
    visit.shoot("compare_race")


def test_the_window_slides_without_a_round_trip_and_the_link_complains_of_nothing(
    open_page: OpenPage,
) -> None:
    visit = open_page("/compare?view=kinds")  # straight to an inner page, as a shared link goes
    page = visit.page
    for name in compare.KIND_NAMES.values():
        expect(page.get_by_text(re.compile(f"^{name}: “")).first).to_be_visible()
    figure = page.locator("[data-testid=stVegaLiteChart] svg.marks").first
    slider = page.locator(".vega-bindings input[type=range]")
    page.evaluate(COUNT_SENT)
    slider.press("Home")
    expect(figure).to_contain_text("1 of 4")
    expect(figure).not_to_contain_text(compare.AT_HAS_STOPPED)
    for _ in range(4):
        slider.press("ArrowRight")
    expect(figure).to_contain_text(compare.AT_HAS_STOPPED)
    slider.press("End")
    expect(figure).not_to_contain_text("agree")
    assert page.evaluate("window.sent") == 0


@pytest.mark.parametrize("path", ["/learn?lesson=window&step=2", "/tradeoff", "/about"])
def test_a_link_to_an_inner_page_opens_it_and_logs_no_error(path: str, open_page: OpenPage) -> None:
    visit = open_page(path, wait="h1")
    expect(visit.page.locator("h1").first).not_to_have_text("")
    assert path in visit.page.url


def test_words_are_left_out_and_stay_text(open_page: OpenPage) -> None:
    visit = open_page()
    page = go(visit, compare.PAGE, compare.HEADLINE)
    page.get_by_role("textbox", name="Your sentence").fill(SENTENCE)
    page.get_by_role("button", name="Read", exact=True).click()
    visit.settled()
    look_at(visit, "words")
    page.get_by_role("button", name=compare.WORDS_BUTTON).press("Enter")
    expect(page.get_by_text(compare.WORDS_TITLE)).to_be_visible()
    visit.settled()
    drawing = page.locator("[data-testid=stVegaLiteChart] svg.marks").first
    expect(drawing).to_contain_text("onerror")
    visit.shoot("compare_words")

    page.get_by_role("textbox", name=compare.SWAP_FOR).fill("<b>fun</b>")
    page.get_by_role("button", name=compare.SWAP_BUTTON).press("Enter")
    expect(page.get_by_text(re.compile("^B: ")).first).to_contain_text("<b>fun</b>")
    assert page.evaluate("window.hit") is None
    assert page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["wide", "phone"])
def test_every_view_fits_its_window(
    width: int, height: int, dark: bool, open_page: OpenPage
) -> None:
    scheme = "dark" if dark else "light"
    visit = open_page("/?preset=negation", width=width, height=height, dark=dark)
    phone = width < 500
    page = go(visit, compare.PAGE, compare.HEADLINE, phone=phone)
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    expect(box).to_have_value(SENTENCES["negation"])
    window = page.get_by_role("slider", name=card("window").settings[0].label)
    expect(window).to_have_value("4")
    for view in compare.VIEWS:
        look_at(visit, view)
        fits(page)
        visit.shoot(f"compare_{view}_{width}_{scheme}")
    page = go(visit, learn.PAGE, learn.HEADLINE, phone=phone)
    fits(page)
    visit.shoot(f"learn_{width}_{scheme}")
    page.get_by_role("button", name=re.compile("cousins")).click()
    expect(page.get_by_role("button", name=learn.SHOW)).to_be_visible()
    visit.settled()
    fits(page)
    visit.shoot(f"learn_step_{width}_{scheme}")


def fits(page: Page) -> None:
    wide = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 0, wide
