"""Names that play tricks, on every page: in words, tables and figures."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.compare import words
from app.shared.text import clean, is_hidden
from app.tradeoff import evaluations
from app.tradeoff.evaluations import drawable, table_from_files
from elbert_core.evaluation.tables import EvaluationTable, save_evaluation
from elbert_core.reading.traces import trace_from_json, trace_to_json
from elbert_core.results import LayerTrace
from tests.app.tables import make_table
from tests.app.traces import make_trace
from tests.pages import driver
from tests.pages.conftest import OpenApp

LABELS = (
    "![a](https://example.org/p.png)",
    "<img src=x onerror=alert(1)>",
    "\u202eevil\u2066",
    "$\\frac{1}{2}$ :red[x]",
    "\x07\x1b[31m",
    "**bold** `code` #",
    "' + 1 + '",
)
NAME = "<script>alert(1)</script> \u202e :red[x] $x$ [a](https://example.org)"
ACTIVE = ("<img", "<script", "](http", ":red[", "$\\frac", "$x$")
"""What Markdown or HTML would act on; escaped it reads otherwise."""


def hostile_trace() -> LayerTrace:
    rng = np.random.default_rng(3)
    probs = rng.dirichlet(np.ones(len(LABELS)), 6).astype(np.float32)
    trace = make_trace(label_names=LABELS, probs=probs, text=f"film {NAME}")
    return replace(trace, checkpoint=NAME, device=NAME[:60], dtype=NAME[:60])


def hostile_table() -> EvaluationTable:
    table = make_table(n_layers=6, n_rows=60, label_names=LABELS[:4])
    return replace(table, checkpoint=NAME, data="\u202ereviews :red[x]", device=NAME[:30])


def strings(value: object) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings(part)]
    if isinstance(value, list):
        return [text for part in value for text in strings(part)]
    return [value] if isinstance(value, str) else []


def check(app: AppTest) -> None:
    """Nothing on the page hides a character, and nothing is acted on."""
    assert not app.exception, app.exception
    read = [*app.markdown, *app.caption, *app.warning, *app.info, *app.success]
    acted_on = [str(element.value) for element in read]
    for body in driver.htmls(app):  # where Markdown means nothing
        assert "<img" not in body, body
        assert "<script" not in body, body
    labels = [str(button.label) for button in (*app.button, *app.selectbox, *app.slider)]
    for body in (*acted_on, *labels):
        for danger in ACTIVE:
            assert danger not in re.sub(r"\\.", "", body), body  # what is escaped is shown
    drawn = [
        text
        for chart in (*app.get("vega_lite_chart"), *app.get("arrow_vega_lite_chart"))
        for text in (*strings(json.loads(chart.proto.spec)), str(chart.proto.alt))
    ]
    cells = [str(c) for table in app.dataframe for c in (*table.value, *table.value.values.flat)]
    plain = [str(element.value) for element in (*app.get("text"), *app.code, *app.text_area)]
    for text in (*acted_on, *driver.htmls(app), *labels, *drawn, *cells, *plain):
        assert not [c for c in text if is_hidden(c) and c not in "\n\t"], repr(text)


@pytest.fixture
def opened(open_app: OpenApp) -> AppTest:
    app = open_app()
    content = trace_to_json(hostile_trace()).encode()
    app.file_uploader(key="inspect.file").upload("t.json", content).run()
    assert driver.mode(app) == "opened file"
    return app


@pytest.mark.usefixtures("with_model")
def test_inspect_shows_hostile_names_as_text(opened: AppTest) -> None:
    check(opened)
    for kind in ("confidence", "never"):
        check(driver.choose_policy(opened, kind))


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize("view", words.VIEWS)
def test_every_view_of_compare_shows_hostile_names_as_text(view: str, opened: AppTest) -> None:
    opened.switch_page("app/compare/page.py").run()
    driver.group(opened, "compare.view").set_value(view).run()
    check(opened)


@pytest.mark.usefixtures("without_model")
def test_the_trade_off_shows_hostile_names_as_text(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_evaluation(hostile_table(), tmp_path)
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    app = open_app()
    app.switch_page("app/tradeoff/page.py").run()
    app.run()
    check(app)


def test_names_are_cleaned_once_where_a_record_comes_in(tmp_path: Path) -> None:
    files = [(path.name, path.read_bytes()) for path in _saved(tmp_path)]
    for record in (clean(hostile_trace()), table_from_files(files), drawable(hostile_table())):
        names = [*record.label_names, record.checkpoint, record.device, record.dtype]
        assert not [c for name in names for c in name if is_hidden(c)]
        assert len(set(record.label_names)) == len(record.label_names)
        assert clean(record) == record or clean(record).label_names == record.label_names


def test_labels_that_look_alike_are_told_apart() -> None:
    alike = replace(make_trace(), label_names=(" ", ""))
    assert clean(alike).label_names == ("? (0)", "? (1)")


@pytest.mark.parametrize("labels", [20, 60])
def test_what_the_page_writes_it_also_opens(labels: int, open_app: OpenApp) -> None:
    probs = np.random.default_rng(1).dirichlet(np.ones(labels), 4).astype(np.float32)
    trace = make_trace(probs=probs, label_names=tuple(f"intent_{i}" for i in range(labels)))
    app = open_app()
    app.file_uploader(key="inspect.file").upload("t.json", trace_to_json(trace).encode()).run()
    assert not driver.warnings(app).replace("Opened from a file", "").count("not a trace")
    assert driver.mode(app) == "opened file"
    assert not app.exception


def test_whole_numbers_of_attention_open_and_are_saved_again(open_app: OpenApp) -> None:
    """A file near the size that may be opened grows where 0 is written as 0.0."""
    from app.inspect.files import json_of

    tokens = 380
    trace = make_trace(text=" ".join(["word"] * (tokens - 2)))
    values = json.loads(trace_to_json(trace))
    values["attention"] = [[[[0] * tokens] * tokens] for _ in range(6)]
    content = json.dumps(values, separators=(",", ":")).encode()
    assert len(content) < 5_000_000
    app = open_app()
    app.file_uploader(key="inspect.file").upload("t.json", content).run()
    assert not app.exception
    assert driver.mode(app) == "opened file"
    app.button(key="inspect.on").click().run()
    assert not app.exception
    shown = driver.visit(app).shown
    assert shown is not None
    again = trace_from_json(json_of(shown.trace))
    assert np.allclose(again.probs, trace.probs, atol=1e-6)


def _saved(folder: Path) -> list[Path]:
    save_evaluation(hostile_table(), folder)
    return sorted(folder.iterdir())
