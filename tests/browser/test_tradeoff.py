"""The Trade-off page in a real browser: click, drag, promise, open, save; light, dark, small."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.shared import wording_rules as rules
from app.shared import words as common
from app.shared.rules import capital, card, described
from app.tradeoff import words
from app.tradeoff import words_closer as closer
from app.tradeoff import words_promise as promised
from app.tradeoff.evaluations import look_at, look_closer
from elbert_core.evaluation.tables import save_evaluation, table_to_bytes
from elbert_core.policies import ConfidenceWindow, Patience
from elbert_core.policy_files import load_saved_policy
from tests.app.tables import ROW_TEXTS, browser_table, make_table
from tests.browser.conftest import OpenPage, Visit, click_at

pytestmark = pytest.mark.browser

FIGURES = 5
COUNT_SENT = """() => {
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (...data) {
        window.sent += 1;
        return send.apply(this, data);
    };
}"""


def go(visit: Visit, *, phone: bool = False) -> Page:
    """To the Trade-off page, as a visitor goes there."""
    page = visit.page
    if phone:
        page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("link", name=words.PAGE, exact=True).first.click()
    expect(page.get_by_text(words.HEADLINE)).to_be_visible()
    if phone:
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.locator("[data-testid=stVegaLiteChart] svg.marks")).to_have_count(FIGURES)
    visit.settled()
    return page


def test_the_main_journey(open_page: OpenPage) -> None:
    visit = open_page()
    page = go(visit)
    overview = look_at(browser_table())
    setting = look_closer(overview, ConfidenceWindow(4, 0.1))
    expect(page.get_by_text(words.summary(setting, overview))).to_be_visible()

    # box and slider work inside the browser and stay as they are when a point is clicked
    slider = page.locator(".vega-bindings input[type=range]")
    page.evaluate(COUNT_SENT)
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    readout = page.locator("svg", has_text="doubt under 0.3:").first
    expect(readout).to_be_visible()
    box = page.locator("input[name=show_patience]")
    box.uncheck()
    assert page.evaluate("window.sent") == 0
    figure = page.locator("[data-testid=stVegaLiteChart] svg.marks").first
    click_at(figure, 450, 260)
    page.wait_for_url(re.compile("policy=|window_size="))
    visit.settled()
    assert page.evaluate("window.sent") > 0
    assert not box.is_checked()
    assert slider.input_value() == "0.3"
    visit.shoot("tradeoff_clicked")

    # the same by keyboard, and on to the Inspect page
    page.get_by_text(words.HEADLINE).scroll_into_view_if_needed()
    page.get_by_role("combobox", name=words.FAMILY_LABEL).click()
    page.get_by_role("option", name=card("patience").name).click()
    page.wait_for_url(re.compile("policy=patience"))
    visit.settled()
    page.get_by_role("combobox", name=words.POINT_LABEL).click()
    page.get_by_role("option", name=capital(described(Patience(2)))).click()
    page.wait_for_url(re.compile("patience=2"))
    visit.settled()
    page.get_by_role("link", name=words.INSPECT_LINK).click()
    expect(page.get_by_text(card("patience").term)).to_be_visible()
    page.wait_for_url(re.compile("policy=patience.*patience=2"))


def test_layers_and_promise(open_page: OpenPage) -> None:
    visit = open_page()
    page = go(visit)
    strips = page.locator("[data-testid=stVegaLiteChart] svg.marks").nth(2)
    click_at(strips, -12, 120)  # the last layer
    expect(page.get_by_text(closer.TRUST_HEADING.format(layer=12))).to_be_visible()
    visit.settled()

    page.get_by_text("a right answer lost", exact=True).click()
    visit.settled()
    page.get_by_role("button", name=promised.USE).click()
    visit.settled()
    page.wait_for_url(re.compile("policy=|window_size=|entropy_threshold="))


def test_the_measured_speed_up_is_a_choice_in_the_browser(open_page: OpenPage) -> None:
    visit = open_page()
    page = go(visit)
    figure = page.locator("[data-testid=stVegaLiteChart] svg.marks").first
    expect(figure.get_by_text(words.AXIS_SPEED[0])).to_be_visible()
    page.evaluate(COUNT_SENT)
    measured = page.locator(".vega-bindings input[type=radio][value=measured]")
    measured.check()
    expect(figure.get_by_text(words.AXIS_MEASURED[0])).to_be_visible()
    expect(figure.get_by_text(words.AXIS_SPEED[0])).to_have_count(0)
    expect(figure.get_by_text(re.compile(r"\(measured\)")).first).to_be_visible()
    assert page.evaluate("window.sent") == 0
    visit.shoot("tradeoff_measured")
    visit.settled()
    box = page.get_by_role("combobox", name=words.FAMILY_LABEL)
    option = page.get_by_role("option", name=card("entropy").name)
    box.click()
    visit.settled()
    if not option.is_visible():  # a page that is still being laid out closes the list again
        box.click()
    option.click()
    page.wait_for_url(re.compile("policy=entropy"))
    visit.settled()
    assert measured.is_checked()  # another setting leaves the figure as it was


def test_a_text_goes_to_the_inspect_page_and_a_rule_comes_back_by_file(
    open_page: OpenPage, tmp_path: Path
) -> None:
    visit = open_page()
    page = go(visit)
    page.get_by_text(closer.OWN_HEADING).click()
    page.get_by_label(closer.PASTE_LABEL).fill(ROW_TEXTS[0] + "\nno such row")
    page.get_by_role("button", name=closer.PASTE_BUTTON).click()
    expect(page.get_by_text(closer.FOUND.format(found=1, rows=600))).to_be_visible()
    shown = page.get_by_test_id("stText").filter(has_text=ROW_TEXTS[0])
    expect(shown).to_be_visible()

    page.get_by_text(promised.RISKS["accuracy"], exact=True).click()
    visit.settled()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=promised.SAVE).click()
    saved = tmp_path / "rule.json"
    waiting.value.save_as(saved)
    visit.settled()
    page.get_by_role("button", name=closer.INSPECT).click()
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    expect(box).to_have_value(ROW_TEXTS[0])
    # the model is loaded first
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    visit.settled()

    page.get_by_text(rules.HEADING, exact=True).click()
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files([saved])
    expect(page.get_by_text(re.compile("^" + rules.IN_USE[:7]))).to_be_visible()
    assert load_saved_policy(saved).guarantee is not None
    visit.shoot("saved_rule")
    page.locator("[data-testid=stFileUploaderDropzoneInput]").first.set_input_files(
        [{"name": "bad.json", "mimeType": "application/json", "buffer": b"<script>"}]
    )
    expect(page.get_by_text(re.compile("not a saved rule"))).to_be_visible()


def test_files_go_out_and_come_in(open_page: OpenPage, tmp_path: Path) -> None:
    visit = open_page()
    page = go(visit)
    page.get_by_role("button", name=words.PREPARE_REPORT).click()
    button = page.get_by_role("button", name=words.DOWNLOAD_REPORT)
    expect(button).to_be_visible()
    with page.expect_download() as waiting:
        button.click()
    report = tmp_path / "report.html"
    waiting.value.save_as(report)

    asked: list[str] = []
    other = page.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.on("console", lambda message: visit.errors.append(message.text))
    other.goto(report.as_uri())
    expect(other.get_by_text(closer.REPORT_SETTING)).to_be_visible()
    assert asked == [report.as_uri()]
    other.close()

    save_evaluation(make_table(n_layers=5, n_rows=66, name="mine"), tmp_path)
    files = page.locator("[data-testid=stFileUploaderDropzoneInput]").last
    files.set_input_files([tmp_path / "mine.json", tmp_path / "mine.safetensors"])
    expect(page.get_by_text(re.compile("^66 texts"))).to_be_visible()
    visit.settled()
    page.get_by_role("button", name=words.OPEN_CLOSE).click()
    expect(page.get_by_text(re.compile("^600 texts"))).to_be_visible()


def test_a_hostile_file_is_a_message(open_page: OpenPage) -> None:
    visit = open_page()
    page = go(visit)
    description, arrays = table_to_bytes(make_table(n_rows=20))
    files = page.locator("[data-testid=stFileUploaderDropzoneInput]").last
    files.set_input_files(
        [
            {
                "name": "a.json",
                "mimeType": "application/json",
                "buffer": description.replace("sst2", "<img src=x onerror=alert(1)>").encode(),
            },
            {
                "name": "a.safetensors",
                "mimeType": "application/octet-stream",
                "buffer": arrays[:-8] + b"\x7f" * 8,
            },
        ]
    )
    expect(page.get_by_text(re.compile("not a table that can be opened"))).to_be_visible()
    expect(page.get_by_text(re.compile("^600 texts"))).to_be_visible()
    assert page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)], ids=["wide", "phone"])
def test_the_page_fits_its_window(width: int, height: int, dark: bool, open_page: OpenPage) -> None:
    visit = open_page(width=width, height=height, dark=dark)
    page = go(visit, phone=width < 500)
    wide = page.evaluate(
        "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
        ".map(e => e.scrollWidth - e.clientWidth)"
    )
    assert max(wide) <= 0, wide
    for figure in page.locator("[data-testid=stVegaLiteChart] svg.marks").all():
        place = figure.bounding_box()
        assert place is not None
        assert place["x"] + place["width"] <= width
    visit.settled()
    visit.shoot(f"tradeoff_{width}_{'dark' if dark else 'light'}")
