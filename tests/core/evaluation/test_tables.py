"""Evaluation tables: they come back as they were, and nothing damaged or hostile gets in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.evaluation.sweeps import policy_grids
from elbert_core.evaluation.tables import (
    FORMAT,
    OLD_FORMAT,
    EvaluationTable,
    list_evaluations,
    load_evaluation,
    save_evaluation,
    table_from_bytes,
    table_to_bytes,
    text_digest,
)
from elbert_core.policies import Energy, replay
from elbert_core.uncertainty import probabilities
from tests.core.evaluation_cases import damaged, make_table
from tests.core.policy_cases import Probs, tables

ARRAYS = ("probs", "gold", "row", "text_sha256", "n_tokens", "layer_ms")


def assert_same(first: EvaluationTable, second: EvaluationTable, *, but: tuple[str, ...] = ()):
    for name in EvaluationTable.__dataclass_fields__:
        if name not in but:
            one, other = getattr(first, name), getattr(second, name)
            if name in ARRAYS:
                assert one.dtype == other.dtype
                np.testing.assert_array_equal(one, other)
            elif name == "extras":
                assert one.keys() == other.keys()
                for extra in one:
                    np.testing.assert_array_equal(one[extra], other[extra])
            else:
                assert one == other


@given(probs=tables())
@settings(max_examples=25)
def test_a_table_comes_back_as_it_was(probs: Probs) -> None:
    made = make_table(probs)
    assert_same(made, table_from_bytes(*table_to_bytes(made), where="tiny"))


@given(seed=st.integers(0, 99), rows=st.integers(1, 9))
@settings(max_examples=20)
def test_logits_and_extras_come_back_and_give_the_probabilities(seed: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (5, rows, 3)).astype(np.float32)
    extras = {"logits": logits, "exit_score": rng.random((5, rows)).astype(np.float32)}
    made = make_table(probabilities(logits), extras=extras)
    description, content = table_to_bytes(made)
    assert json.loads(description)["format"] == FORMAT
    assert "probs" not in load(content), "they derive from the logits"
    again = table_from_bytes(description, content, where="tiny")
    assert_same(made, again)
    part = again.take(np.arange(rows) % 2 == 0)
    np.testing.assert_array_equal(part.extras["exit_score"], extras["exit_score"][:, ::2])
    assert replay(Energy(0.1), part.signals).n_layers == 5


def test_a_table_of_format_1_still_opens() -> None:
    made = make_table()
    description, content = table_to_bytes(made)
    assert json.loads(description)["format"] == OLD_FORMAT
    found = table_from_bytes(description, content, where="tiny")
    np.testing.assert_array_equal(found.probs, made.probs)
    with pytest.raises(InputError, match="no logits: read the sentence again, or make the table"):
        replay(Energy(0.1), found.signals)
    assert "energy" not in policy_grids(6, 2, having=found.extras)


def test_a_table_that_was_stored_as_format_1_shows_its_numbers() -> None:
    path = Path("assets/ablation/equal-distilled-seed-0.json")
    assert json.loads(path.read_text("utf-8"))["format"] == OLD_FORMAT
    arrays = load(path.with_suffix(".safetensors").read_bytes())
    found = load_evaluation(path)
    for name, array in arrays.items():
        np.testing.assert_array_equal(getattr(found, name), array)
    assert not found.extras


def test_extras_without_logits_are_not_written() -> None:
    with pytest.raises(InputError, match="beside logits only"):
        table_to_bytes(make_table(extras={"exit_score": np.zeros((6, 40), np.float32)}))


@pytest.mark.parametrize("suffix", ["", ".json", ".safetensors"])
def test_either_file_or_their_common_name_opens_it(tmp_path: Path, suffix: str) -> None:
    path = save_evaluation(make_table(name="elbert-v1.5-toy"), tmp_path)
    assert path.name == "elbert-v1.5-toy.json"
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, "elbert-v1.5-toy.safetensors"]
    found = load_evaluation(str(path).removesuffix(".json") + suffix)
    assert_same(found, make_table(name="elbert-v1.5-toy"))
    assert list_evaluations(tmp_path) == [path]


def test_no_text_is_stored() -> None:
    text, content = table_to_bytes(make_table())
    assert b"text 0" not in content
    assert "text 0" not in text
    assert text_digest("text 0") in content


def test_a_text_and_a_pair_differ_in_digest() -> None:
    assert text_digest("a b") != text_digest("a", "b")
    assert len(text_digest("\ud800")) == 32


def test_macs_of_each_row_count_layer_and_head() -> None:
    made = make_table()
    expected = [
        metrics.layer_macs(32, 64, int(n)) + metrics.head_macs(32, 2) for n in made.n_tokens
    ]
    assert made.layer_macs.tolist() == expected


@pytest.mark.parametrize("rows", [np.array([3, 5, 8]), np.arange(40) % 3 == 0])
def test_a_slice_keeps_what_belongs_together(rows: np.ndarray) -> None:
    made = make_table()
    part = made.take(rows)
    assert part.n_rows == len(part.gold) == len(made.row[rows])
    np.testing.assert_array_equal(part.probs, made.probs[:, rows])
    np.testing.assert_array_equal(part.row, made.row[rows])
    np.testing.assert_array_equal(part.text_sha256, made.text_sha256[rows])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"format": "elbert-evaluation/9"}, "format"),
        ({"format": 3}, "format"),
        ({"surprise": 1}, "unknown field surprise"),
        ({"name": 5}, "\\(name\\)"),
        ({"name": "x" * 2000}, "\\(name\\)"),
        ({"data": "/home/someone/sst2"}, "\\(data\\)"),
        ({"data": "C:\\sst2"}, "\\(data\\)"),
        ({"digest": "abc"}, "\\(digest\\)"),
        ({"label_names": ["one"]}, "\\(label_names\\)"),
        ({"label_names": ["a", "b", "c"]}, "probs must have the shape"),
        ({"label_names": ["a", 2]}, "label_names\\[1\\]"),
        ({"n_rows": 41}, "probs must have the shape"),
        ({"n_rows": True}, "\\(n_rows\\)"),
        ({"n_layers": 7}, "probs must have the shape"),
        ({"n_layers": 10**100}, "a huge whole number"),
        ({"date": "yesterday"}, "\\(date\\)"),
        ({"versions": {"torch": 2}}, "versions"),
        ({"timing": []}, r"timing\): Expected object"),
        ({"timing": {"rows": 1}}, "timing.*required field batch_size"),
        ({"hidden_size": 0}, "\\(hidden_size\\)"),
        ({"batch_size": 1.5}, "\\(batch_size\\)"),
        ({"arrays_sha256": "0" * 64}, "damaged or belongs to another table"),
    ],
)
def test_a_wrong_field_is_refused_by_name(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        table_from_bytes(*damaged(fields), where="toy")
    assert "toy" in str(refusal.value)
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize("name", ["format", "label_names", "timing", "arrays_sha256", "digest"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(InputError, match=name):
        table_from_bytes(*damaged(drop=(name,)), where="toy")


BASE = make_table()


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"probs": BASE.probs.astype(np.float16)}, "probs must be float32"),
        ({"probs": BASE.probs[0]}, r"probs must be float32 of shape \(layers, rows, labels\)"),
        ({"probs": BASE.probs[:, :39]}, "probs must have the shape"),
        ({"probs": np.full_like(BASE.probs, np.nan)}, "probs must be finite"),
        ({"probs": np.full_like(BASE.probs, 0.4)}, "sum to 1"),
        ({"probs": BASE.probs * np.float32([3, -1])}, "in \\[0, 1\\]"),
        ({"gold": BASE.gold + 1}, r"gold must lie in 0\.\.1"),
        ({"gold": BASE.gold[:-1]}, r"gold must have shape \(40,\)"),
        ({"gold": BASE.gold.astype(np.int32)}, "gold must be int64"),
        ({"row": BASE.row[::-1]}, "rising row numbers"),
        ({"text_sha256": BASE.text_sha256[:, :16]}, r"text_sha256 must have shape \(40, 32\)"),
        ({"n_tokens": BASE.n_tokens * 0}, r"n_tokens must lie in 1\.\."),
        ({"n_tokens": BASE.n_tokens * 10**15}, r"n_tokens must lie in 1\.\."),
        ({"layer_ms": -BASE.layer_ms}, "layer_ms must be finite and not negative"),
        ({"layer_ms": BASE.layer_ms * np.inf}, "layer_ms must be finite"),
        ({"texts": BASE.gold}, "got also 'texts'"),
    ],
)
def test_a_wrong_array_is_refused_by_name(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        table_from_bytes(*damaged(arrays=arrays), where="toy")


def test_a_missing_array_is_named() -> None:
    with pytest.raises(InputError, match="n_tokens is missing"):
        table_from_bytes(*damaged(drop=("n_tokens",)), where="toy")


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"format": NaN}', '{"a": 1, "a": 2}', "[" * 100_000, b"\xff\xfe", "1"],
)
def test_what_is_no_description_is_refused(text: str | bytes) -> None:
    with pytest.raises(InputError, match=r"toy\.json"):
        table_from_bytes(text, table_to_bytes(make_table())[1], where="toy")


def resealed(content: bytes) -> str:
    import hashlib

    values = json.loads(table_to_bytes(make_table())[0])
    return json.dumps({**values, "arrays_sha256": hashlib.sha256(content).hexdigest()})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 8,
        b"\xff" * 64,
        table_to_bytes(make_table())[1][:-5],
        b"\x80\x04K\x01.",  # a pickle
        (2).to_bytes(8, "little") + b"{}",
        (60).to_bytes(8, "little")
        + b'{"probs":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}  xx',
    ],
)
def test_what_holds_no_arrays_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"toy\.safetensors"):
        table_from_bytes(resealed(content), content, where="toy")


def test_files_of_two_tables_do_not_mix(tmp_path: Path) -> None:
    first = save_evaluation(make_table(name="first"), tmp_path)
    save_evaluation(make_table(name="second", layer_ms=np.ones(6)), tmp_path)
    (tmp_path / "first.safetensors").write_bytes((tmp_path / "second.safetensors").read_bytes())
    with pytest.raises(InputError, match="belongs to another table"):
        load_evaluation(first)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none\.json"):
        load_evaluation(tmp_path / "none")
    path = save_evaluation(make_table(), tmp_path)
    path.with_suffix(".safetensors").unlink()
    with pytest.raises(InputError, match=r"cannot read .*\.safetensors"):
        load_evaluation(path)


def test_a_description_without_end_is_not_read(tmp_path: Path) -> None:
    path = save_evaluation(make_table(), tmp_path)
    path.write_text(" " * 1_100_000)
    with pytest.raises(InputError, match="at most 1000000 bytes"):
        load_evaluation(path)


def test_reading_sweeping_and_tuning_need_no_model_library() -> None:
    names = ("baselines", "calibration", "comparison", "conformal", "sweeps", "reliability")
    modules = ", ".join(f"elbert_core.evaluation.{name}" for name in names)
    code = f"import sys, {modules}; print(*sys.modules)"
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"torch", "transformers", "pandas", "streamlit"}
