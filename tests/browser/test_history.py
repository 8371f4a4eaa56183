"""Back and Forward in a real browser: the sentences and settings of a visit, one after another."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.shared import words as common
from app.shared.presets import SENTENCES
from app.shared.rules import card
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.browser

SENTENCE = "the film was dull but the plot was great"


def test_back_and_forward_walk_through_what_was_on_show(open_page: OpenPage) -> None:
    visit = open_page("/?policy=fixed&layer=3")
    page = visit.page
    box = page.get_by_role("textbox", name=common.SENTENCE_LABEL)
    verdict = page.locator("[role=status]", has_text="sure").first
    expect(box).to_have_value(SENTENCES["easy"])

    box.fill(SENTENCE)
    page.get_by_role("button", name=common.READ_BUTTON, exact=True).click()
    page.wait_for_url(re.compile("text=the"))
    page.get_by_role("combobox", name=common.POLICY_LABEL).click()
    page.get_by_role("option", name=card("never").name).click()
    expect(verdict).to_contain_text("read all 12 layers")
    page.wait_for_url(re.compile("policy=never"))

    page.go_back()
    expect(verdict).to_contain_text("left after layer 3 of 12")
    expect(box).to_have_value(SENTENCE)
    page.go_back()
    expect(box).to_have_value(SENTENCES["easy"])
    page.go_forward()
    expect(box).to_have_value(SENTENCE)
    page.go_forward()
    expect(verdict).to_contain_text("read all 12 layers")
    visit.settled()
    assert "policy=never" in page.url
