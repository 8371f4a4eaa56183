"""A rule that only its class and its cards know of, on every page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.shared.state import Shown
from app.tradeoff import evaluations
from elbert_core.errors import InputError
from elbert_core.evaluation.tables import save_evaluation
from elbert_core.policies import ExitPolicy
from tests.app import toy
from tests.app.tables import make_table
from tests.app.traces import make_trace
from tests.pages import driver
from tests.pages.conftest import OpenApp

pytestmark = pytest.mark.usefixtures("without_model")


@pytest.fixture
def lead() -> Iterator[type[ExitPolicy]]:
    with toy.toy_rule() as rule:
        yield rule


@pytest.mark.usefixtures("lead")
def test_the_toy_is_on_every_page(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_evaluation(make_table(n_rows=60, name="toy"), tmp_path)
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    app = open_app()
    driver.choose_policy(app, toy.KIND)
    assert "ahead" in driver.verdict(app)
    assert app.query_params["policy"] == toy.KIND
    assert toy.RULE.term in [caption.value for caption in app.caption]
    assert toy.QUANTITY.title in str(driver.figure(app))

    app.switch_page("app/compare/page.py").run()
    assert not app.exception
    assert toy.RULE.said.format(threshold=0.5) in app.dataframe[0].value.to_string()  # type: ignore[union-attr]  # a text here

    app.switch_page("app/tradeoff/page.py").run()
    app.run()
    assert not app.exception
    assert toy.RULE.name in [option for box in app.selectbox for option in box.options]


def test_a_rule_that_a_record_cannot_serve_is_refused_in_a_line(
    open_app: OpenApp, lead: type[ExitPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(*_: object) -> tuple[object, ...]:
        raise InputError("it needs more than this record holds; record it again")

    app = open_app()
    monkeypatch.setattr(lead, "checks", lacking)
    driver.choose_policy(app, toy.KIND)
    assert any(toy.RULE.name in one.value and "record it again" in one.value for one in app.info)
    app.switch_page("app/compare/page.py").run()
    assert not app.exception
    driver.choose_policy(app, "never")
    assert any("record it again" in text.value for text in app.text)


def test_energy_is_refused_in_a_line_where_records_hold_no_logits(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, trace = make_table(n_rows=60, name="old"), make_trace(text="an old record")
    save_evaluation(replace(table, extras={}), tmp_path)
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    app = open_app(policy="energy")
    assert "energy was under" in driver.verdict(app) or "nothing allowed" in driver.verdict(app)
    assert "e^" in " ".join(block.value for block in app.code)
    driver.visit(app).shown = Shown(replace(trace, extras={}), "opened")
    pages = ("app/inspect/page.py", "app/compare/page.py", "app/tradeoff/page.py")
    for page in pages:
        app.switch_page(page).run()
        app.run()
        assert not app.exception
        assert any("Evidence strong enough" in one.value for one in app.info), page
