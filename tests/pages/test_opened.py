"""An opened trace file is checked against the checkpoints here, and says what came of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app.inspect import words
from app.inspect.files import origin, told
from app.shared import resources
from app.shared.presets import load_preset
from app.shared.text import clean
from elbert_core.model.checkpoints import weights_digest
from elbert_core.reading.traces import trace_to_json
from elbert_core.results import LayerTrace
from tests.app.traces import make_trace
from tests.pages import driver
from tests.pages.conftest import OpenApp

SENTENCE = "the film was dull but the plot was great"


@pytest.fixture
def trace(with_model: Path) -> LayerTrace:
    """A sentence that the tiny model read."""
    read = resources.read("tiny", "cpu", SENTENCE)
    assert read.digest == weights_digest(with_model / "tiny")
    return read


def open_file(app: AppTest, trace: LayerTrace) -> AppTest:
    app.file_uploader(key="inspect.file").upload("t.json", trace_to_json(trace).encode()).run()
    assert not app.exception, app.exception
    return app


def notes(app: AppTest) -> str:
    shown = [*app.info, *app.warning]
    return " ".join(str(element.value) for element in shown).replace("\\", "")


def test_a_file_of_these_weights_says_so_and_gives_the_same_again(
    trace: LayerTrace, open_app: OpenApp
) -> None:
    app = open_file(open_app(), trace)
    assert "which are the ones here" in notes(app)
    assert trace.digest[:12] in notes(app)
    assert not driver.warnings(app)
    app.button(key="inspect.verify").click().run()
    assert "no probability differs by more than 0.0000" in driver.shown_text(app)


def test_a_file_of_other_weights_says_so(trace: LayerTrace, open_app: OpenApp) -> None:
    app = open_file(open_app(), replace(trace, digest="ab" * 32))
    assert "does not match the model here" in driver.warnings(app)
    assert trace.digest[:12] in driver.warnings(app)
    assert "abababababab" in driver.warnings(app)


def test_numbers_that_were_changed_are_found_out(trace: LayerTrace, open_app: OpenApp) -> None:
    probs, logits = np.roll(trace.probs, 1, axis=1), np.roll(trace.extras["logits"], 1, axis=2)
    app = open_file(open_app(), replace(trace, probs=probs, extras={"logits": logits}))
    assert "which are the ones here" in notes(app)
    app.button(key="inspect.verify").click().run()
    assert "gives other numbers than the file" in driver.shown_text(app)


def test_weights_are_known_again_under_another_name(trace: LayerTrace) -> None:
    found = origin(replace(trace, checkpoint="renamed"))
    assert (found.match, found.name) == ("same", "tiny")


@pytest.mark.usefixtures("with_model")
@pytest.mark.parametrize(
    ("digest", "said"),
    [("", words.OPENED["unknown"]), ("cd" * 32, "is not here")],
    ids=["unknown", "absent"],
)
def test_what_cannot_be_checked_is_said(digest: str, said: str, open_app: OpenApp) -> None:
    hostile = make_trace(text="![a](https://example.org/p.png) film")
    hostile = replace(hostile, digest=digest, checkpoint="<img src=x> :red[x] \u202e")
    app = open_file(open_app(), hostile)
    assert said in driver.warnings(app)
    assert not [b for b in app.button if b.key == "inspect.verify"]
    for element in app.warning:
        assert ":red[x]" not in str(element.value)
        assert "\u202e" not in str(element.value)


def test_every_outcome_has_words() -> None:
    for name in ("SAME", "OTHER", "ABSENT", "UNKNOWN"):
        assert words.OPENED[name.lower()]
    stranger = clean(replace(make_trace(), checkpoint="\u202ex", digest="ab" * 32))
    assert "⟨U+202E⟩x" in told(origin(stranger))


@pytest.mark.usefixtures("with_model")
def test_a_sentence_read_here_has_no_note(open_app: OpenApp) -> None:
    app = driver.read(open_app(), SENTENCE)
    assert "Opened from a file" not in notes(app)


@pytest.mark.usefixtures("without_model")
def test_a_saved_trace_opens_again(open_app: OpenApp) -> None:
    app = open_app(policy="never")
    trace = load_preset("misspelt")
    app.file_uploader(key="inspect.file").upload("t.json", trace_to_json(trace).encode()).run()
    assert not app.exception
    assert app.text_area(key="inspect.text").value == trace.text
    assert driver.mode(app) == "opened file"
    assert "text" not in app.query_params


@pytest.mark.usefixtures("without_model")
@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"[" * 10_000, b'{"format": 1}'])
def test_a_file_that_is_no_trace_is_a_message(content: bytes, open_app: OpenApp) -> None:
    app = open_app()
    before = driver.verdict(app)
    app.file_uploader(key="inspect.file").upload("t.json", content).run()
    assert not app.exception
    assert "not a trace" in driver.warnings(app)
    assert driver.verdict(app) == before


@pytest.mark.usefixtures("without_model")
def test_a_hostile_trace_file_is_shown_as_text(open_app: OpenApp) -> None:
    trace = make_trace(
        label_names=("<img src=x onerror=alert(1)>", "![a](https://example.org/p.png)"),
        text="<script>alert(1)</script> \u202e :red[x]",
    )
    app = open_app()
    app.file_uploader(key="inspect.file").upload("t.json", trace_to_json(trace).encode()).run()
    assert not app.exception
    for body in driver.htmls(app):
        assert "<img" not in body
        assert "<script" not in body
    for element in (*app.markdown, *app.caption):
        for danger in ("<img", "<script", "](https", ":red[x]"):
            assert danger not in str(element.value)
    assert "\u202e" not in app.text_area(key="inspect.text").value
