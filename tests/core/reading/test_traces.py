"""Trace files: what is written can be read, and nothing else can."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elbert_core.errors import InputError
from elbert_core.policies import FixedLayer, NeverExit, policy_to_dict
from elbert_core.policies.explanation import explain
from elbert_core.reading.traces import (
    FORMAT,
    MAX_BYTES,
    MAX_LABELS,
    MAX_LAYERS,
    MAX_TOKENS,
    OLD_FORMAT,
    trace_from_json,
    trace_to_csv,
    trace_to_json,
)
from elbert_core.results import LayerTrace
from elbert_core.uncertainty import probabilities
from tests.core.policy_cases import Probs, make_trace, tables

ARRAYS = ("probs", "layer_ms", "attention", "extras")


def full_trace() -> LayerTrace:
    rng = np.random.default_rng(3)
    attention = rng.dirichlet(np.ones(7), size=(12, 2, 7)).astype(np.float32)
    logits = rng.normal(0, 3, (12, 1, 2)).astype(np.float32)
    return make_trace(
        probabilities(logits[:, 0]),
        attention=attention,
        extras={
            "logits": logits,
            "distances": rng.random((12, 1, 2)).astype(np.float32),
            "exit_score": rng.random((12, 1)).astype(np.float32),
        },
        text_pair="and a second text",
    )


def old_file(**changes: Any) -> str:
    """A file of format 1, with distances as such files had them."""
    values = json.loads(trace_to_json(make_trace()))
    assert values["format"] == OLD_FORMAT
    return json.dumps({**values, "distances": [[0.25, 0.75]] * 12, **changes})


def fields_of(trace: LayerTrace) -> dict[str, Any]:
    return {name: getattr(trace, name) for name in LayerTrace.__slots__ if name not in ARRAYS}


# --------------------------------------------------------------------------------- round trip
@given(probs=tables(max_rows=1))
@settings(max_examples=60)
def test_probabilities_survive_bit_by_bit(probs: Probs) -> None:
    again = trace_from_json(trace_to_json(make_trace(probs[:, 0])))
    assert again.probs.dtype == np.float32
    assert again.probs.tobytes() == np.ascontiguousarray(probs[:, 0]).tobytes()


@given(text=st.text(max_size=60), pair=st.none() | st.text(max_size=20))
@settings(max_examples=60)
def test_any_text_survives(text: str, pair: str | None) -> None:
    again = trace_from_json(trace_to_json(make_trace(text=text, text_pair=pair)))
    assert (again.text, again.text_pair) == (text, pair)


def test_everything_else_survives() -> None:
    trace = full_trace()
    assert fields_of(trace_from_json("\ufeff" + trace_to_json(trace))) == fields_of(trace)
    again = trace_from_json(trace_to_json(trace))
    assert fields_of(again) == fields_of(trace)
    np.testing.assert_array_equal(again.extras["distances"], trace.extras["distances"])
    np.testing.assert_allclose(again.layer_ms, trace.layer_ms, atol=5e-5)
    np.testing.assert_allclose(again.attention, trace.attention, atol=5.1e-5)
    assert trace_to_json(again) == trace_to_json(trace)


def test_attention_and_distances_are_written_only_where_they_are() -> None:
    bare = json.loads(trace_to_json(make_trace()))
    assert not {"attention", "distances", "extras"} & set(bare)
    light = json.loads(trace_to_json(full_trace(), with_attention=False))
    assert "attention" not in light
    assert light["format"] == FORMAT
    assert "probs" not in light, "they derive from the logits"
    assert set(light["extras"]) == {"distances", "exit_score"}
    again = trace_from_json(trace_to_json(make_trace()))
    assert again.attention is None
    assert not again.extras


def test_a_file_of_format_1_opens_with_its_numbers_and_is_kept() -> None:
    text = Path(__file__).with_name("format-1.json").read_text("utf-8").strip()
    trace = trace_from_json(text)
    np.testing.assert_array_equal(trace.probs, np.float32(json.loads(text)["probs"]))
    assert (trace.checkpoint, trace.tokens[1], trace.extras) == ("elbert-sst2", "a", {})
    assert trace_to_json(trace) == text
    with_distances = trace_from_json(old_file())
    assert with_distances.extras["distances"].shape == (12, 1, 2)
    again = trace_from_json(trace_to_json(with_distances))
    np.testing.assert_array_equal(
        again.extras["distances"], with_distances.extras["distances"], strict=True
    )
    with pytest.raises(InputError, match="no extras but distances"):
        trace_to_json(make_trace(extras={"exit_score": np.zeros((12, 1), np.float32)}))


def test_fields_of_the_other_format_are_refused() -> None:
    new = json.loads(trace_to_json(full_trace()))
    old = json.loads(old_file())
    for values, other, name in ((new, old, "probs"), (new, old, "distances"), (old, new, "extras")):
        with pytest.raises(InputError, match=f"has no field {name}"):
            trace_from_json(json.dumps({**values, name: other[name]}))


def test_a_file_too_large_to_be_read_is_not_written() -> None:
    tokens = tuple("word" for _ in range(400))
    attention = np.full((12, 2, 400, 400), 0.0025, dtype=np.float32)
    trace = make_trace(tokens=tokens, n_tokens_full=400, attention=attention)
    with pytest.raises(InputError, match="leave the attention out"):
        trace_to_json(trace)
    assert trace_from_json(trace_to_json(trace, with_attention=False)).tokens == tokens


# -------------------------------------------------------------------------------- what is refused
OLD_FIELDS = ("probs", "distances")


def changed(**changes: Any) -> str:
    if set(changes) <= set(OLD_FIELDS):
        return old_file(**changes)
    return json.dumps({**json.loads(trace_to_json(full_trace())), **changes})


def nested(**changes: Callable[[Any], Any]) -> str:
    values = json.loads(old_file() if "probs" in changes else trace_to_json(full_trace()))
    for name, change in changes.items():
        change(values[name])
    return json.dumps(values)


def put(*path: int, value: Any) -> Callable[[Any], None]:
    def change(array: Any) -> None:
        for index in path[:-1]:
            array = array[index]
        array[path[-1]] = value

    return change


WRONG_FIELDS: list[tuple[str, Any]] = [
    ("format", "elbert-trace/3"),
    ("format", None),
    ("format", ["elbert-trace/2"]),
    ("logits", []),
    ("logits", [[0.5, 0.5]] * 12),
    ("logits", [[[0.5, 0.5], [0.5, 0.5]]] * 12),
    ("logits", [[["1", "2"]]] * 12),
    ("logits", [[[1e300, 0.5]]] * 12),
    ("extras", [1]),
    ("extras", {"score": [[0.5]] * 11}),
    ("extras", {"score": [[0.5, 0.5]] * 12}),
    ("extras", {"score": [["x"]] * 12}),
    ("extras", {f"score {i}": [[0.5]] * 12 for i in range(17)}),
    ("text", 3),
    ("text", None),
    ("text_pair", ["a"]),
    ("tokens", "abc"),
    ("tokens", []),
    ("tokens", [1, 2]),
    ("tokens", ["a" * 1001]),
    ("tokens", ["a"] * (MAX_TOKENS + 1)),
    ("label_names", ["only one"]),
    ("label_names", [f"{i}" for i in range(MAX_LABELS + 1)]),
    ("label_names", {"0": "a", "1": "b"}),
    ("probs", []),
    ("probs", "0.5"),
    ("probs", None),
    ("probs", [[0.5, 0.5]] * (MAX_LAYERS + 1)),
    ("probs", [[0.5, 0.5, 0.0]] * 12),
    ("probs", [[0.5, 0.6]] * 12),
    ("probs", [[1.5, -0.5]] * 12),
    ("probs", [["0.5", "0.5"]] * 12),
    ("probs", [[True, False]] * 12),
    ("probs", [[[0.5], [0.5]]] * 12),
    ("probs", [[None, 1.0]] * 12),
    ("probs", [[1e300, 0.5]] * 12),
    ("probs", [[10**400, 0.5]] * 12),
    ("layer_ms", [1.0] * 11),
    ("layer_ms", [-1.0] * 12),
    ("layer_ms", 1.0),
    ("embed_ms", -1),
    ("embed_ms", "0.5"),
    ("embed_ms", True),
    ("embed_ms", None),
    ("truncated", 0),
    ("truncated", "false"),
    ("n_tokens_full", 6),
    ("n_tokens_full", 7.0),
    ("n_tokens_full", True),
    ("layer_macs", -1),
    ("layer_macs", 10**400),
    ("head_macs", 1.5),
    ("checkpoint", None),
    ("checkpoint", "a" * 1001),
    ("digest", "not hexadecimal"),
    ("digest", "0" * 65),
    ("device", 0),
    ("dtype", ["float32"]),
    ("attention", []),
    ("attention", "all"),
    ("attention", [[[[0.5]]]]),
    ("attention", [[]] * 12),
    ("distances", [[0.1] * 3] * 12),
    ("distances", [[-0.1, 0.1]] * 12),
    ("distances", {}),
]


@pytest.mark.parametrize(("field", "value"), WRONG_FIELDS)
def test_a_wrong_field_is_refused_by_name(field: str, value: Any) -> None:
    named = {"extras": "extras|score", "format": "format|needs the field"}.get(field, field)
    with pytest.raises(InputError, match=named) as caught:
        trace_from_json(changed(**{field: value}))
    assert len(str(caught.value)) < 300, "a hostile value must not flood the message"


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("attention", put(3, 1, 2, 0, value="x")),
        ("attention", put(3, 1, 2, 0, value=1.5)),
        ("attention", put(3, 1, 2, value=[0.1] * 6)),
        ("attention", put(3, value=[])),
        ("probs", put(4, 1, value=[0.5])),
        ("probs", put(4, value={"0": 0.5, "1": 0.5})),
        ("layer_ms", put(0, value={})),
        ("tokens", put(0, value=None)),
    ],
)
def test_a_wrong_entry_deep_inside_is_refused_by_name(
    field: str, change: Callable[[Any], None]
) -> None:
    with pytest.raises(InputError, match=field):
        trace_from_json(nested(**{field: change}))


@pytest.mark.parametrize("field", sorted(json.loads(trace_to_json(make_trace()))))
def test_a_missing_field_is_refused_by_name(field: str) -> None:
    values = json.loads(trace_to_json(make_trace()))
    del values[field]
    with pytest.raises(InputError, match=field):
        trace_from_json(json.dumps(values))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("not json", "JSON"),
        ("[]", "object"),
        ("null", "object"),
        ("1" * 5000, "JSON"),
        ("[" * 200_000, "nested|JSON"),
        ('{"a":' * 100_000, "nested|JSON"),
        ('{"format": NaN}', "finite, got NaN"),
        ('{"format": [-Infinity]}', "finite, got -Infinity"),
        ('{"format": 1, "format": 2}', "named once"),
        ("\ud800", "Unicode"),
        (changed(text="\ud800"), "surrogate"),
        (changed(label_names=["a", "b", "c"]), "must have shape"),
        (" " * (MAX_BYTES + 1), "at most 5000000 bytes"),
        ("é" * (MAX_BYTES // 2 + 1), "at most 5000000 bytes"),
    ],
)
def test_what_is_no_trace_file_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trace_from_json(text)


def test_unknown_fields_and_numbers_that_overflow_are_refused() -> None:
    with pytest.raises(InputError, match="unknown field __class__"):
        trace_from_json(changed(__class__="os.system"))
    overflowing = trace_to_json(make_trace()).replace('"embed_ms":0.5', '"embed_ms":1e999')
    with pytest.raises(InputError, match="embed_ms"):
        trace_from_json(overflowing)
    with pytest.raises(InputError, match="must be text, got bytes"):
        trace_from_json(b"{}")  # type: ignore[arg-type]  # the point of the test


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    field=st.sampled_from([*sorted(json.loads(trace_to_json(full_trace()))), *OLD_FIELDS]),
    value=_json,
)
@settings(max_examples=200)
def test_any_json_in_any_field_is_read_or_refused(field: str, value: Any) -> None:
    """Never another error than InputError, and what is read can be written again."""
    try:
        trace = trace_from_json(changed(**{field: value}))
    except InputError:
        return
    assert trace_to_json(trace)


# ------------------------------------------------------------------------------------------- CSV
def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_csv_has_a_row_for_every_layer() -> None:
    trace = make_trace(label_names=("negative", "positive"))
    rows = rows_of(trace_to_csv(trace, explain(FixedLayer(layer=4), trace)))
    assert list(rows[0]) == [
        "layer", "p_negative", "p_positive", "label", "confidence", "entropy", "ms", "reason",
        "status",
    ]  # fmt: skip
    assert [row["layer"] for row in rows] == [str(layer) for layer in range(1, 13)]
    assert [row["status"] for row in rows] == ["read"] * 4 + ["not needed"] * 8
    assert [row["reason"] for row in rows] == ["continue"] * 3 + ["fixed_layer"] + [""] * 8
    probs = np.array([[row["p_negative"], row["p_positive"]] for row in rows], dtype=np.float32)
    np.testing.assert_array_equal(probs, trace.probs)
    assert [row["label"] for row in rows] == [trace.label_names[label] for label in trace.labels]
    entropy = np.array([row["entropy"] for row in rows], dtype=np.float64)
    np.testing.assert_allclose(entropy, trace.entropy, atol=1e-6)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_text_can_start_a_formula(start: str) -> None:
    names = (f'{start}HYPERLINK("evil","x")', 'a,b\n"c"')
    trace = make_trace(label_names=names)
    table = list(csv.reader(io.StringIO(trace_to_csv(trace, explain(NeverExit(), trace)), "")))
    assert len(table) == 13
    assert all(len(row) == len(table[0]) for row in table)
    label_column = table[0].index("label")
    labels = {row[label_column] for row in table[1:]}
    assert labels <= {f"'{names[0]}", names[1]}
    for cell in table[0] + [row[label_column] for row in table[1:]]:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_csv_refuses_the_decision_of_another_trace() -> None:
    trace, other = make_trace(), make_trace(np.full((3, 2), 0.5, dtype=np.float32))
    decision = explain(NeverExit(), other)
    assert policy_to_dict(decision.policy)["kind"] == "never"
    with pytest.raises(InputError, match="12 layers, got one of 3"):
        trace_to_csv(trace, decision)


def test_an_old_trace_is_written_again_with_all_it_had() -> None:
    trace = trace_from_json(old_file())
    again = trace_from_json(trace_to_json(trace))
    np.testing.assert_array_equal(again.extras["distances"], trace.extras["distances"])
    np.testing.assert_array_equal(again.probs, trace.probs)
    bare = make_trace(extras={"exit_score": np.zeros((12, 1), np.float32)})
    with pytest.raises(InputError, match="without logits"):
        trace_to_json(bare)
