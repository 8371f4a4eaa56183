"""Compare, who goes the same way: examples, lessons and the sentences of this visit."""

from __future__ import annotations

import pytest

from app.compare import words
from tests.pages import driver
from tests.pages.conftest import OpenApp
from tests.pages.test_compare import open_compare, rows

SENTENCES = ("the film was dull but the plot was great", "a good film", "it is not funny")


@pytest.mark.usefixtures("without_model")
def test_examples_and_lessons_are_compared_without_a_model() -> None:
    app = open_compare(view="alike", preset="hard")
    assert rows(app, "exits")
    (table,) = app.dataframe
    sources = set(table.value[words.ALIKE_COLUMNS[1]])
    assert sources <= {words.ALIKE_SOURCES["example"], words.ALIKE_SOURCES["lesson"]}
    apart = list(table.value[words.ALIKE_COLUMNS[-1]])
    assert apart == sorted(apart)
    assert words.ALIKE_ALT in str((app.get("vega_lite_chart") or [None])[0].proto)


@pytest.mark.usefixtures("with_model")
def test_sentences_of_this_visit_are_compared(open_app: OpenApp) -> None:
    app = open_app()
    for sentence in SENTENCES:
        driver.read(app, sentence)
    app.query_params["view"] = "alike"
    app.switch_page("app/compare/page.py").run()
    assert not app.exception
    (table,) = app.dataframe
    assert list(table.value[words.ALIKE_COLUMNS[1]]) == [words.ALIKE_SOURCES["visit"]] * 2
    said = " ".join(table.value[words.ALIKE_COLUMNS[0]])
    assert SENTENCES[0] in said
    assert SENTENCES[2] not in said, "not the one in use"


@pytest.mark.usefixtures("with_model")
def test_a_first_sentence_is_alone(open_app: OpenApp) -> None:
    app = driver.read(open_app(), SENTENCES[0])
    app.query_params["view"] = "alike"
    app.switch_page("app/compare/page.py").run()
    assert words.ALIKE_NONE in [info.value for info in app.info]
