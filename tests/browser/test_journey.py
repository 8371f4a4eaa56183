"""The main journey in a real browser: open, pick, type, read, choose, step; light, dark, small."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.inspect import words
from app.shared import words as common
from app.shared.presets import SENTENCES, title
from app.shared.rules import card
from tests.browser.conftest import OpenPage, Visit, click_at

pytestmark = pytest.mark.browser

SENTENCE = "the film was dull but the plot was great"


def verdict(page: Page) -> str:
    return page.locator("[role=status]", has_text="sure").first.inner_text()


def read(visit: Visit, sentence: str) -> None:
    box = visit.page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    box.fill(sentence)
    visit.page.get_by_role("button", name=common.READ_BUTTON, exact=True).click()
    visit.settled()


def test_the_main_journey(open_page: OpenPage) -> None:
    visit = open_page()
    page = visit.page
    expect(page.get_by_text(common.MODES["stored"]).first).to_be_visible()

    page.get_by_role("radio", name=title("negation")).or_(
        page.get_by_role("button", name=title("negation"))
    ).first.click()
    visit.settled()
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    expect(box).to_have_value(SENTENCES["negation"])

    read(visit, SENTENCE)
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    assert "layer" in verdict(page)
    page.wait_for_url(re.compile("text=the"))

    # answer, depth and reason are in sight without scrolling
    place = page.locator("[role=status]", has_text="sure").first.bounding_box()
    assert place is not None
    assert place["y"] + place["height"] < 800

    page.get_by_role("combobox", name=common.POLICY_LABEL).click()
    page.get_by_role("option", name=card("fixed").name).click()
    visit.settled()
    assert "left after layer 6 of 12" in verdict(page)
    page.wait_for_url(re.compile("policy=fixed"))

    page.locator("h1").first.click()
    for key, layer in (("ArrowLeft", 5), ("ArrowLeft", 4), ("ArrowRight", 5)):
        page.keyboard.press(key)
        expect(page.locator(".stage .says")).to_have_text(re.compile(rf"^After layer {layer}\b"))
        visit.settled()
    visit.shoot("journey")

    page.reload()
    visit.ready()
    assert "left after layer 6 of 12" in verdict(page)
    expect(page.get_by_role("textbox", name=common.SENTENCE_LABEL)).to_have_value(SENTENCE)


def test_ctrl_enter_reads_and_a_click_on_the_figure_moves_the_cursor(open_page: OpenPage) -> None:
    visit = open_page()
    page = visit.page
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    box.fill(SENTENCE)
    box.press("Control+Enter")
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    visit.settled()
    page.get_by_text(words.MORE_HEADING).click()
    visit.settled()
    drawing = page.locator("[data-testid=stVegaLiteChart] svg").first
    click_at(drawing, -12, 120)  # the last layer ends at the right edge of the figure
    expect(page.get_by_text(re.compile(r"^After layer 12\b")).first).to_be_visible()
    visit.settled()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text(re.compile(r"^After layer 11\b")).first).to_be_visible()
    visit.settled()
    click_at(drawing, -12, 120)  # the same layer again
    expect(page.get_by_text(re.compile(r"^After layer 12\b")).first).to_be_visible()


def test_it_really_stops(open_page: OpenPage) -> None:
    visit = open_page("/?policy=fixed&layer=3")
    read(visit, SENTENCE)
    visit.page.get_by_role("button", name=words.REAL_BUTTON).click()
    expect(visit.page.get_by_text(common.MODES["real"], exact=True).first).to_be_attached()
    visit.settled()
    visit.shoot("really_stopped")


def test_hostile_text_stays_text(open_page: OpenPage) -> None:
    visit = open_page()
    page = visit.page
    page.evaluate("window.hit = 0")
    sentence = "<img src=x onerror='window.hit=1'> ![a](https://example.org/p.png) $x$ :red[x] film"
    read(visit, sentence)
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    page.get_by_text(re.compile("^What the model reads")).click()
    visit.settled()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.hit") == 0
    assert page.locator("img[src='x'], img[src*='example.org'], .katex").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["wide", "phone"])
@pytest.mark.parametrize("path", ["/?preset=negation", "/about"], ids=["inspect", "about"])
def test_every_page_fits_its_window(
    path: str, width: int, height: int, dark: bool, open_page: OpenPage
) -> None:
    scheme = "dark" if dark else "light"
    name = "about" if "about" in path else "inspect"
    visit = open_page("/?preset=negation", width=width, height=height, dark=dark)
    page = visit.page
    if name == "about":
        if width < 500:
            page.get_by_test_id("stExpandSidebarButton").click()
        page.get_by_role("link", name=common.PAGE_ABOUT).first.click()
        expect(page.get_by_text("What this is")).to_be_visible()
        visit.settled()
        if width < 500:
            page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    wide = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 0, wide
    if name == "inspect":
        drawing = page.locator(".stage").bounding_box()
        assert drawing is not None
        assert drawing["width"] <= width
        assert drawing["width"] >= 0.55 * min(width, 1120)
    visit.settled()
    visit.shoot(f"{name}_{width}_{scheme}")


def test_asking_twice_at_once_loses_neither_sentence_nor_rule(open_page: OpenPage) -> None:
    """Ctrl+Enter and a click right after it: the second cuts the first run short."""
    visit = open_page()
    page = visit.page
    values = page.locator("[data-testid=stSliderThumbValue]")
    before = values.all_inner_texts()
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    for sentence in ("", SENTENCE, "a good film"):
        box.fill(sentence)
        box.press("Control+Enter")
        page.get_by_role("button", name=common.READ_BUTTON, exact=True).click()
        visit.settled()
        expect(box).to_have_value(sentence)
        # the first is the layer looked at; the rule's settings follow
        assert values.all_inner_texts()[1:] == before[1:]
    page.wait_for_url(re.compile("text=a.good.film"))
    visit.check()


@pytest.mark.parametrize("then", ["read", "rule", "example"])
def test_what_is_done_before_the_page_is_drawn_counts_and_no_more(
    then: str, open_page: OpenPage
) -> None:
    """The server's answer is held back: the browser still shows, and sends, what was before."""
    visit = open_page()
    page = visit.page
    late: list[str | bytes] = []
    asked: list[str | bytes] = []
    sockets: list[WebSocketRoute] = []

    def between(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()
        socket.on_message(lambda frame: (asked.append(frame), server.send(frame)))
        server.on_message(lambda frame: late.append(frame) if holding else socket.send(frame))

    holding = False
    page.route_web_socket(re.compile("_stcore/stream"), between)
    page.reload()
    visit.ready()
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    holding = True
    box.fill(SENTENCE)
    box.press("Control+Enter")
    while not any(finished(frame) for frame in late):
        page.wait_for_timeout(20)
    before = len(asked)
    if then == "read":
        page.get_by_role("button", name=common.READ_BUTTON, exact=True).click()
    elif then == "rule":
        sliders = page.get_by_test_id("stSlider")  # the stage has one of that name too
        label = card("window").settings[0].label
        sliders.get_by_role("slider", name=label).press("ArrowLeft")
    else:
        page.get_by_role("radio", name=title("negation")).or_(
            page.get_by_role("button", name=title("negation"))
        ).first.click()
    while len(asked) == before:  # sliders wait a little before they speak
        page.wait_for_timeout(20)
    holding = False
    for frame in late:
        sockets[-1].send(frame)
    visit.settled()
    if then == "example":
        expect(box).to_have_value(SENTENCES["negation"])
        return
    expect(box).to_have_value(SENTENCE)
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    assert ("window_size=3" in page.url) == (then == "rule")


def finished(frame: str | bytes) -> bool:
    return isinstance(frame, bytes) and ForwardMsg.FromString(frame).HasField("script_finished")
