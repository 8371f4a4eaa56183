"""The stored examples: there, whole, of the right sentences, and readable without PyTorch."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.shared.claims import Scene, check_form, holds
from app.shared.presets import (
    EXAMPLES,
    FOLDER,
    MODEL_OF,
    NAMES,
    SENTENCES,
    load_preset,
    model_title,
    names_of,
    placeholder,
)
from app.shared.text import check_text
from elbert_core.errors import InputError
from elbert_core.model.checkpoints import list_checkpoints, weights_digest
from elbert_core.policies import NeverExit
from elbert_core.reading.traces import trace_to_json


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_loads(name: str) -> None:
    trace = load_preset(name)
    assert trace.text == SENTENCES[name]
    assert trace.checkpoint == MODEL_OF[name]
    assert trace.n_layers == 12
    assert not trace.truncated


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_could_be_typed(name: str) -> None:
    assert check_text(SENTENCES[name]).problem is None


def test_presets_come_from_the_shipped_models(root: Path) -> None:
    for model in dict.fromkeys(MODEL_OF.values()):
        traces = [load_preset(name) for name in names_of(model)]
        assert {trace.digest for trace in traces} == {weights_digest(root / "checkpoints" / model)}
        assert len({trace.label_names for trace in traces}) == 1


def test_every_shipped_model_has_examples_and_words(root: Path) -> None:
    for folder in list_checkpoints(root / "checkpoints"):
        assert len(names_of(folder.name)) >= 3
        assert model_title(folder.name) != folder.name
        assert "press Read" in placeholder(folder.name)


def test_no_preset_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(NAMES)


def test_a_missing_preset_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="easy.json cannot be read"):
        load_preset("easy", tmp_path)


def test_a_preset_of_another_sentence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "easy.json").write_text(trace_to_json(load_preset("hard")), encoding="utf-8")
    with pytest.raises(InputError, match="another sentence"):
        load_preset("easy", tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", json.dumps({"format": "elbert-trace/1"})])
def test_a_damaged_preset_is_a_plain_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "easy.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        load_preset("easy", tmp_path)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InputError, match="must be one of"):
        load_preset("../easy")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_remark_promises_happens(name: str) -> None:
    traces = {other: load_preset(other) for other in names_of(MODEL_OF[name])}
    claim = EXAMPLES[name].claim
    check_form(claim)
    assert holds(claim, Scene(traces, name, NeverExit()))


def test_a_remark_that_does_not_hold_would_be_found_out() -> None:
    """The negation is called negative from the first layer on: no label leads first that loses."""
    traces = {"negation": load_preset("negation")}
    assert not holds({"flips_at_least": 1}, Scene(traces, "negation", NeverExit()))
