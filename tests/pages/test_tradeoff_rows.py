"""Single texts on the Trade-off page: shown when at hand, never guessed, opened on Inspect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.tradeoff import evaluations
from app.tradeoff import rows as tradeoff_rows
from app.tradeoff import words_closer as words
from app.tradeoff.evaluations import look_at
from app.tradeoff.rows import examples
from elbert_core.evaluation.tables import EvaluationTable, save_evaluation
from elbert_core.policies import ConfidenceWindow
from tests.app.tables import make_table, with_texts
from tests.pages import driver
from tests.pages.conftest import OpenApp

PAGE = "app/tradeoff/page.py"
INSPECT = "app/inspect/page.py"
WINDOW = ConfidenceWindow(4, 0.1)
NASTY = "<img src=x onerror=alert(1)> :red[hot] **bold** ![a](http://x.example/a.png)"
TEXTS = [NASTY, *(f"good film number {i}" for i in range(1, 90))]


@pytest.fixture(scope="module")
def table() -> EvaluationTable:
    return with_texts(replace(make_table(n_rows=90), checkpoint="tiny"), TEXTS)


@pytest.fixture
def stored(table: EvaluationTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    save_evaluation(table, tmp_path / "evaluations")
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path / "evaluations"))
    monkeypatch.setenv(tradeoff_rows.DATA_VARIABLE, str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def at_hand(stored: Path) -> Path:
    folder = stored / "data" / "sst2"
    folder.mkdir(parents=True)
    lines = ["text\tlabel", *(f"{text}\tpositive" for text in TEXTS)]
    (folder / "validation.tsv").write_text("\n".join(lines), encoding="utf-8")
    return stored


def rows(app: AppTest) -> dict[str, list[object]]:
    """The table of example rows: the one with a column of row numbers."""
    (found,) = [d.value for d in app.dataframe if words.ROW_COLUMNS[0] in d.value.columns]
    return {str(name): list(found[name]) for name in found.columns}


def captions(app: AppTest) -> str:
    return " ".join(str(one.value) for one in app.caption).replace("\\", "")


@pytest.mark.usefixtures("at_hand", "without_model")
def test_texts_at_hand_stand_beside_their_numbers(
    open_app: OpenApp, table: EvaluationTable
) -> None:
    app = driver.trade_off(open_app())
    shown = rows(app)
    expected = examples(look_at(table), WINDOW, "changed")[0]
    assert expected
    assert shown[words.ROW_COLUMNS[0]] == [one.row for one in expected]
    assert shown[words.ROW_COLUMNS[1]] == [TEXTS[one.row] for one in expected]
    assert shown[words.ROW_COLUMNS[2]] == [one.gold for one in expected]
    assert shown[words.ROW_COLUMNS[3]] == [one.answer for one in expected]
    assert shown[words.ROW_COLUMNS[5]] == [one.exit_layer for one in expected]
    assert TEXTS[expected[0].row] in driver.shown_text(app)
    app.selectbox(key=driver.key(app, "tradeoff.row")).set_value(expected[1].row).run()
    assert TEXTS[expected[1].row] in driver.shown_text(app)


@pytest.mark.usefixtures("at_hand", "without_model")
@pytest.mark.parametrize("kind", ["lost", "won", "first", "last"])
def test_other_kinds_can_be_looked_at(kind: str, open_app: OpenApp, table: EvaluationTable) -> None:
    app = driver.trade_off(open_app())
    app.selectbox(key=driver.key(app, "tradeoff.rows")).set_value(kind).run()
    assert not app.exception
    found, total = examples(look_at(table), WINDOW, kind)  # type: ignore[arg-type]  # one of KINDS
    assert f"{total:,} such texts" in driver.shown_text(app)
    assert rows(app)[words.ROW_COLUMNS[0]] == [one.row for one in found]


@pytest.mark.usefixtures("at_hand", "without_model")
def test_a_hostile_text_is_plain_text_everywhere(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(policy="fixed", layer="12"))
    app.selectbox(key=driver.key(app, "tradeoff.rows")).set_value("first").run()
    app.selectbox(key=driver.key(app, "tradeoff.row")).set_value(0).run()
    assert NASTY in driver.shown_text(app)
    others = [*app.markdown, *app.caption, *app.info, *app.warning]
    assert not [one.value for one in others if "onerror" in str(one.value)]
    assert not [body for body in driver.htmls(app) if "onerror" in body]


@pytest.mark.usefixtures("stored", "without_model")
def test_without_texts_one_line_says_how_to_get_them(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    assert words.ROW_COLUMNS[1] not in rows(app)
    assert tradeoff_rows.DATA_VARIABLE in captions(app)
    assert not [box for box in app.selectbox if box.key == "tradeoff.row"]


@pytest.mark.usefixtures("without_model")
def test_another_version_of_the_data_is_not_taken_for_it(at_hand: Path, open_app: OpenApp) -> None:
    path = at_hand / "data" / "sst2" / "validation.tsv"
    path.write_text(path.read_text("utf-8").replace("film", "movie").replace("img", "jpg"), "utf-8")
    app = driver.trade_off(open_app())
    assert words.ROW_COLUMNS[1] not in rows(app)
    assert "another version of the data" in captions(app)
    assert "movie" not in driver.shown_text(app)


@pytest.mark.usefixtures("stored", "without_model")
def test_pasted_texts_are_matched_for_this_visit(open_app: OpenApp, table: EvaluationTable) -> None:
    app = driver.trade_off(open_app())
    first, second = examples(look_at(table), WINDOW, "changed")[0][:2]
    app.text_area(key="tradeoff.paste").set_value(f"{TEXTS[first.row]}\nno such row")
    app.button(key="tradeoff.look_for").click().run()
    assert not app.exception
    shown = rows(app)[words.ROW_COLUMNS[1]]
    assert shown[:2] == [TEXTS[first.row], words.UNKNOWN]
    app.text_area(key="tradeoff.paste").set_value(TEXTS[second.row])
    app.button(key="tradeoff.look_for").click().run()
    assert rows(app)[words.ROW_COLUMNS[1]][:2] == [TEXTS[first.row], TEXTS[second.row]]
    app.text_area(key="tradeoff.paste").set_value("nothing of the kind")
    app.button(key="tradeoff.look_for").click().run()
    assert words.FOUND_NONE in [str(one.value).replace("\\", "") for one in app.info]


@pytest.mark.usefixtures("at_hand", "with_model")
@pytest.mark.parametrize("seen", [True, False], ids=["from Inspect", "from a link"])
def test_a_text_opens_on_the_inspect_page(seen: bool, open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(policy="patience", patience="2"))
    if not seen:
        driver.visit(app).shown = None
        driver.visit(app).due = True
    row = int(app.selectbox(key=driver.key(app, "tradeoff.row")).value)
    app.button(key="tradeoff.inspect_row").click().run()
    assert not app.exception, app.exception
    assert app.text_area(key="inspect.text").value == TEXTS[row]
    assert driver.visit(app).shown.trace.text == TEXTS[row]
    assert driver.mode(app) == "replayed from a full pass"
    assert driver.visit(app).asked.policy == "patience"
    assert app.query_params["text"] in (TEXTS[row], [TEXTS[row]])


@pytest.mark.usefixtures("at_hand", "without_model")
def test_without_a_model_the_page_says_so_and_keeps_the_text(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app())
    row = int(app.selectbox(key=driver.key(app, "tradeoff.row")).value)
    app.button(key="tradeoff.inspect_row").click().run()
    assert not app.exception
    assert "No trained model" in driver.warnings(app)
    assert app.text_area(key="inspect.text").value == TEXTS[row]


@pytest.mark.usefixtures("at_hand", "without_model")
def test_a_link_that_fixes_the_sentence_keeps_it(open_app: OpenApp) -> None:
    app = driver.trade_off(open_app(lock="sentence"))
    assert app.button(key="tradeoff.inspect_row").disabled
