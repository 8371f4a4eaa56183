"""Taking a page away as one HTML file, and opening it from disk with no network at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.compare import words as compare
from app.inspect import words as inspect_words
from app.shared import words as common
from tests.app.html_files import self_contained
from tests.browser.conftest import OpenPage, Visit
from tests.browser.test_compare_learn import go, look_at
from tests.browser.test_journey import read, verdict

pytestmark = pytest.mark.browser

HOSTILE = (
    "<img src=x onerror='window.hit=1'> ![a](https://example.org/p.png) $\\frac{1}{2}$ :red[x] "
    "<script>window.hit=1</script> film "
)
OpenFile = Callable[[Path], Page]


@pytest.fixture
def open_file(chromium: Browser) -> Iterator[OpenFile]:
    """Opens a file from disk; nothing else may be asked for and nothing may complain."""
    context = chromium.new_context(offline=True, viewport={"width": 390, "height": 844})
    asked: list[str] = []
    complaints: list[str] = []

    def start(path: Path) -> Page:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        return page

    yield start
    context.close()
    assert all(address.startswith("file:") for address in asked), asked
    assert not complaints, complaints


def save(visit: Visit, folder: Path) -> Path:
    button = visit.page.get_by_role("button", name=common.DOWNLOAD_HTML)
    with visit.page.expect_download() as waiting:
        button.click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_the_file_of_inspect_says_what_the_page_says(
    open_page: OpenPage, open_file: OpenFile, tmp_path: Path
) -> None:
    visit = open_page("/?window_size=3")
    page = visit.page
    sentence = (HOSTILE + "good " * 500)[:1990]
    read(visit, sentence)
    expect(page.get_by_text(common.MODES["replayed"]).first).to_be_visible()
    said = verdict(page).split()
    page.get_by_text(inspect_words.SHARE_HEADING).click()
    path = save(visit, tmp_path)
    alt = page.locator("[data-testid=stVegaLiteChart]").first.get_attribute("aria-label")

    file = open_file(path)
    assert file.locator("[role=status]").inner_text().split() == said
    assert file.locator("svg[role=img]").first.get_attribute("aria-label") == alt
    assert file.evaluate("window.hit") is None
    assert file.locator("img, script").count() == 0
    assert sentence.strip() in file.locator("blockquote").first.inner_text()
    wide = file.evaluate("document.documentElement.scrollWidth - document.body.clientWidth")
    assert wide <= 40, "fits a telephone"
    seen = self_contained(path.read_text(encoding="utf-8"))
    layers = seen.table(common.COLUMN_LAYER)
    stops = [int(row["Layer"]) for row in layers if row[common.COLUMN_VERDICT].startswith("stops")]
    exit_layer = re.search(r"after layer (\d+)|all (\d+) layers", " ".join(said))
    assert exit_layer
    assert stops == [int(exit_layer[1] or exit_layer[2])]
    # the table on the page is drawn on a canvas; its accessible copy has the same numbers
    page.get_by_text(common.SCORE_TABLE).click()
    cells = page.locator("[data-testid=stDataFrame] [role=gridcell]")
    expect(cells.first).to_be_attached()
    on_page = cells.all_inner_texts()
    for row in layers[:3]:
        for name in ("p negative", "p positive"):
            assert any(
                text and re.fullmatch(r"[\d.]+", text) and float(text) == float(row[name])
                for text in on_page
            ), (row[name], on_page)
    visit.shoot("export_page")
    file.screenshot(path=tmp_path / "file.png")


@pytest.mark.parametrize("view", ["rules", "pair", "race"])
def test_every_view_of_compare_can_be_taken_away(
    view: str, open_page: OpenPage, open_file: OpenFile, tmp_path: Path
) -> None:
    visit = open_page("/?preset=hard")
    go(visit, compare.PAGE, compare.HEADLINE)
    look_at(visit, view)
    path = save(visit, tmp_path)
    assert path.name == f"elbert-compare-{view}.html"
    file = open_file(path)
    expect(file.get_by_role("heading", name=compare.VIEWS[view])).to_be_visible()
    expect(file.locator("svg[role=img]")).to_be_visible()
    assert f"view={view}" in file.locator("pre").last.inner_text() or view == "rules"
    if view != "race":
        alt = visit.page.locator("[data-testid=stVegaLiteChart]").first.get_attribute("aria-label")
        assert file.locator("svg[role=img]").get_attribute("aria-label") == alt


def test_a_figure_saves_itself_as_a_picture(open_page: OpenPage, tmp_path: Path) -> None:
    visit = open_page("/?preset=hard")
    page = visit.page
    page.get_by_text(inspect_words.MORE_HEADING).click()
    visit.settled()
    page.locator("[data-testid=stVegaLiteChart]").first.hover()
    button = page.get_by_role("button", name=re.compile("^Download as PNG")).first
    with page.expect_download() as waiting:
        button.press("Enter")
    path = tmp_path / "figure.png"
    waiting.value.save_as(path)
    assert path.read_bytes().startswith(b"\x89PNG")
    visit.settled()
