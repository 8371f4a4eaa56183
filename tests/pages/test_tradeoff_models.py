"""The Trade-off page with tables of several models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.tradeoff import evaluations, words
from app.tradeoff import words_closer as closer
from elbert_core.evaluation.tables import save_evaluation
from tests.app.tables import make_table
from tests.pages import driver
from tests.pages.conftest import OpenApp

pytestmark = pytest.mark.usefixtures("without_model")

SIX = ("sadness", "joy", "love", "anger", "fear", "surprise")


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Tables of three models, as `evaluate` names them."""
    for model, data, labels in (
        ("elbert-agnews", "ag_news", ("World", "Sports", "Business", "Sci/Tech")),
        ("elbert-emotion", "emotion", SIX),
        ("elbert-sst2", "sst2", ("negative", "positive")),
    ):
        made = make_table(
            n_rows=30 + len(labels),
            label_names=labels,
            data=data,
            name=f"{model}-{data}-validation",
        )
        save_evaluation(replace(made, checkpoint=model), tmp_path)
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("several")
def test_tables_of_several_models_can_be_chosen(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(table="elbert-emotion-emotion-validation"))
    assert "36 texts of emotion" in driver.shown_text(app)
    metrics = {metric.label for metric in app.metric}
    assert words.METRIC_F1 in metrics
    assert words.METRIC_MATTHEWS not in metrics
    slices = [body for body in driver.htmls(app) if closer.SLICE_COLUMNS[0] in body]
    assert all(f"Label {name}" in slices[0] for name in SIX)
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(10.0).run()
    app.button(key="tradeoff.make").click().run()
    assert not app.exception, app.exception
    assert "surprise" in driver.trade_off_visit(app).answers["report"][1]

    app.selectbox(key=driver.key(app, "tradeoff.table")).set_value(
        "elbert-agnews-ag_news-validation"
    ).run()
    assert not app.exception, app.exception
    assert "34 texts of ag_news" in driver.shown_text(app)
    # a widget that comes back at another value chooses nothing
    app.session_state[driver.key(app, "tradeoff.table")] = "elbert-emotion-emotion-validation"
    app.run()
    assert (
        app.selectbox(key=driver.key(app, "tradeoff.table")).value
        == "elbert-agnews-ag_news-validation"
    )
    assert "34 texts of ag_news" in driver.shown_text(app)


@pytest.mark.usefixtures("several")
def test_the_first_table_is_that_of_the_model_in_use(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    assert "32 texts of sst2" in driver.shown_text(app)  # the stored examples are of that model
    assert words.METRIC_MATTHEWS in {metric.label for metric in app.metric}
    assert "table" not in app.query_params
