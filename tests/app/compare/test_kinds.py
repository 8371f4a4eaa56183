"""Easy, hard and overthought: which sentence stands for which kind, and the window that slides."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compare import words
from app.compare.figures import AT, sliding, span
from app.compare.sentences import KINDS, right_before, three_kinds
from app.shared import presets
from app.shared.palette import DARK, LIGHT
from app.shared.rows import Path
from elbert_core.policies import (
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    NeverExit,
    Patience,
)
from elbert_core.policies.explanation import explain
from tests.app.traces import make_trace

WINDOW = ConfidenceWindow(window_size=3, entropy_threshold=0.1)
SURE = make_trace([0.99] * 6, text="sure")
SLOW = make_trace([0.4, 0.6, 0.4, 0.6, 0.6, 0.6], text="slow")
LOST = make_trace([0.8, 0.7, 0.4, 0.3, 0.3, 0.3], text="lost")
MEANT = {"lost": "positive", "slow": "positive"}


def test_each_kind_is_found_and_named_in_order() -> None:
    found = three_kinds(WINDOW, [LOST, SLOW, SURE, SURE], MEANT)
    assert [(kind.name, kind.trace.text) for kind in found] == [
        ("easy", "sure"),
        ("hard", "slow"),
        ("overthought", "lost"),
    ]
    assert found[2].right_at == 1
    assert "Right was positive, as layer 1 said (80 % sure)" in words.kinds_sentence(found)


def test_nobody_is_overthought_without_a_meaning() -> None:
    found = three_kinds(WINDOW, [LOST, SLOW, SURE], {})
    assert [kind.name for kind in found] == ["easy", "hard"]
    assert "None of the sentences" in words.kinds_sentence(found)


@pytest.mark.parametrize(
    ("trace", "meant", "layer"),
    [(LOST, "positive", 1), (LOST, "negative", None), (SURE, "negative", None)],
    ids=["lost", "found in the end", "never had"],
)
def test_right_before(trace: Any, meant: str, layer: int | None) -> None:
    assert right_before(trace, meant) == layer


curves = st.lists(
    st.lists(st.floats(0.0625, 0.9375, width=32), min_size=4, max_size=4), min_size=0, max_size=6
)


@given(curves)
def test_the_easy_one_is_never_later_than_the_hard_one(table: list[list[float]]) -> None:
    traces = [make_trace(row, text=str(number)) for number, row in enumerate(table)]
    found = three_kinds(WINDOW, traces, {"0": "positive", "1": "negative"})
    assert [kind.name for kind in found] == [
        name for name in KINDS if name in {k.name for k in found}
    ]
    assert len({kind.trace.text for kind in found}) == len(found)
    assert len(found) >= min(len(table), 2) - 1
    by_name = {kind.name: kind.decision for kind in found}
    if "hard" in by_name:
        assert by_name["easy"].exit_layer <= by_name["hard"].exit_layer


# --------------------------------------------------------------------------- the sliding window
def rows(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = [part["data"]["values"] for part in spec["layer"] if part["name"] == name]
    return [row for values in found for row in values]


def drawn(policy: ExitPolicy, *traces: Any, palette: Any = LIGHT) -> dict[str, Any]:
    decisions = [explain(policy, trace) for trace in traces]
    entries = [Path("name", t, d) for t, d in zip(traces, decisions, strict=True)]
    said = [[words.at_window(d, n + 1) for n in range(d.n_layers)] for d in decisions]
    return sliding(entries, said, at=1, palette=palette)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("policy", [WINDOW, EntropyThreshold(0.2), NeverExit()], ids=str)
def test_the_window_reaches_back_and_closes_at_the_exit(policy: ExitPolicy, palette: Any) -> None:
    spec = drawn(policy, SURE, SLOW, LOST, palette=palette)
    alt.LayerChart.from_dict(spec)  # checks against Vega-Lite's own schema
    json.dumps(spec, allow_nan=False)
    decisions = [explain(policy, trace) for trace in (SURE, SLOW, LOST)]
    closed = rows(spec, "window_closed")
    assert [row["layer"] for row in closed] == [d.exit_layer for d in decisions]
    assert len(rows(spec, "window")) == sum(d.exit_layer - 1 for d in decisions)
    width = 3 if policy is WINDOW else 1
    for row in (*rows(spec, "window"), *closed):
        assert row["x2"] - row["x"] == min(width, row["layer"])
        assert row["x2"] == row["layer"] + 0.5


def test_the_slider_moves_nothing_but_the_window() -> None:
    spec = drawn(WINDOW, SLOW, LOST)
    (slider,) = spec["params"]
    assert (slider["name"], slider["bind"]["min"], slider["bind"]["max"]) == (AT, 1, 6)
    assert all(
        part["mark"].get("aria") is False
        for part in spec["layer"]
        if part["name"] in ("window_tint", "window", "window_closed")
    )
    moving = {part["name"] for part in spec["layer"] if part.get("transform")}
    assert moving == {"window_tint", "window", "window_closed", "window_said_halo", "window_said"}
    for part in spec["layer"]:
        for rule in part.get("transform", ()):
            assert rule == {"filter": f"datum.layer === {AT}"}


def test_a_run_of_agreeing_layers_counts_itself() -> None:
    assert span(explain(Patience(2), SURE), 5) == (3, 5)
    assert span(explain(FixedLayer(4), SURE), 5) == (5, 5)


def test_what_is_found_at_each_layer() -> None:
    slow = explain(WINDOW, SLOW)
    said = [words.at_window(slow, layer) for layer in range(1, 7)]
    assert said == ["window 1 of 3"] * 4 + ["window 2 of 3", "stops here"]
    early = explain(ConfidenceWindow(window_size=2, entropy_threshold=0.1, min_layer=3), SURE)
    said = [words.at_window(early, layer) for layer in (2, 3, 4)]
    assert said == ["too early to stop", "stops here", "has stopped"]
    assert words.at_window(explain(NeverExit(), SURE), 6) == "no layers left"
    patient = explain(Patience(2), make_trace([0.4, 0.6, 0.6, 0.6, 0.6, 0.6]))
    assert [words.at_window(patient, n) for n in (2, 3, 4)] == [
        "confirmed 0 of 2 times",
        "confirmed 1 of 2 times",
        "stops here",
    ]


def test_a_path_without_a_decision_has_no_window() -> None:
    with pytest.raises(ValueError, match="needs a decision"):
        sliding([Path("name", SURE)], [[""] * 6], at=1, palette=LIGHT)


# ------------------------------------------------------------------------------- our own sentences
@pytest.mark.parametrize("model", dict.fromkeys(presets.MODEL_OF.values()))
def test_every_shipped_model_overthinks_the_example_that_says_so(model: str) -> None:
    (name,) = [n for n in presets.names_of(model) if presets.title(n) == "Overthought"]
    trace = presets.load_preset(name)
    assert right_before(trace, presets.MEANT[trace.text]) is not None
    names = [presets.load_preset(name) for name in presets.names_of(model)]
    found = three_kinds(WINDOW, names, presets.MEANT)
    assert tuple(kind.name for kind in found) == KINDS
