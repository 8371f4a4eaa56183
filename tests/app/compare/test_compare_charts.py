"""The figures of the Compare page and of what had been read: where everything is."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import numpy as np
import pytest

from app.compare import words
from app.compare.figures import word_effects
from app.compare.panels import words_figure
from app.inspect.figures import blend, reading_grid
from app.shared import words as common
from app.shared.palette import DARK, LIGHT
from app.shared.panels import lanes_table, rules
from app.shared.race import ends, race, race_table, slowed
from app.shared.rows import Path, Strip, paths, strips
from app.shared.rules import described, kinds
from app.shared.sheet import legend
from app.shared.text import label_names
from elbert_core.policies import ConfidenceWindow, ExitPolicy, FixedLayer, NeverExit
from elbert_core.policies.explanation import explain
from elbert_core.reading.left_out import ablation, stability
from tests.app.traces import make_trace

WINDOW = ConfidenceWindow(window_size=4, entropy_threshold=0.1)
TRACE = make_trace([0.4, 0.6, 0.7, 0.8, 0.85, 0.9])


def rows(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    (found,) = [part for part in spec["layer"] if part["name"] == name]
    values: list[dict[str, Any]] = found["data"]["values"]
    return values


def names(spec: dict[str, Any]) -> set[str]:
    return {part["name"] for part in spec["layer"]}


def valid(spec: dict[str, Any]) -> None:
    alt.LayerChart.from_dict(spec)  # checks against Vega-Lite's own schema
    json.dumps(spec, allow_nan=False)


def one_axis(spec: dict[str, Any], n_layers: int) -> None:
    domains = {
        json.dumps(part["encoding"]["x"]["scale"]["domain"])
        for part in spec["layer"]
        if "scale" in part["encoding"]["x"]
    }
    assert domains == {f"[0.5, {n_layers + 0.5}]"}


# ------------------------------------------------------------------------------------------- lanes
def all_lanes(trace: Any, current: ExitPolicy) -> list[Strip]:
    found = [(name, explain(policy, trace)) for name, policy in rules(current)]
    return [Strip(n, trace, d.exit_layer, common.result(d), d.label) for n, d in found]


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_rule_has_a_lane_that_ends_at_its_exit(colours: Any) -> None:
    drawn = all_lanes(TRACE, WINDOW)
    spec = strips(drawn, palette=colours, probabilities="How likely?")
    valid(spec)
    one_axis(spec, 6)
    assert [row["x"] for row in rows(spec, "exits")] == [d.exit_layer + 0.5 for d in drawn]
    for number, lane in enumerate(drawn):
        assert len(rows(spec, f"labels_{number}")) == lane.exit_layer


def test_the_rule_in_use_comes_first_and_is_not_repeated() -> None:
    usual = rules(WINDOW)
    assert len(usual) == len(kinds())
    assert usual[0] == ("The rule in use", WINDOW)
    assert len(rules(FixedLayer(3))) == len(kinds()) + 1


def test_the_oracle_is_marked_as_impossible() -> None:
    oracle = Strip("Looks ahead", TRACE, 2, "2 of 6", 1, possible=False)
    spec = strips([*all_lanes(TRACE, WINDOW), oracle], palette=LIGHT, probabilities="How likely?")
    (mark,) = rows(spec, "oracle")
    assert mark["x"] == 2.5
    (part,) = [p for p in spec["layer"] if p["name"] == "oracle"]
    assert part["mark"]["strokeDash"]


def test_the_lanes_have_a_table_with_the_oracle_last() -> None:
    found = [(name, explain(policy, TRACE)) for name, policy in rules(WINDOW)]
    table = lanes_table(found, TRACE, stability(TRACE.probs))
    assert table["Stops after layer"][-1] == 2
    assert {len(column) for column in table.values()} == {len(found) + 1}


def test_an_answer_unlike_full_depth_is_marked() -> None:
    assert common.result(explain(FixedLayer(1), TRACE)).endswith("≠")
    assert not common.result(explain(FixedLayer(2), TRACE)).endswith("≠")


# ------------------------------------------------------------------------------------------- paths
def test_two_paths_share_one_axis_and_each_has_its_exit() -> None:
    short = make_trace([0.9, 0.95, 0.99])
    entries = [
        Path("A", TRACE, explain(WINDOW, TRACE)),
        Path("B", short, explain(FixedLayer(2), short)),
    ]
    spec = paths(entries, palette=LIGHT)
    valid(spec)
    one_axis(spec, 6)
    (a,), (b,) = rows(spec, "exit_mark_0"), rows(spec, "exit_mark_1")
    assert (a["x"], b["x"]) == (5.5, 2.5)
    assert a["y2"] < b["y"]
    assert rows(spec, "bracket_0")[0]["x"] == pytest.approx(1.58)


@pytest.mark.parametrize("upto", [0, 1, 3, 6])
def test_what_is_kept_back_is_nowhere_in_the_figure(upto: int) -> None:
    spec = paths([Path("A", TRACE, None, upto=upto)], palette=LIGHT)
    if upto == 3:
        valid(spec)
    if upto:
        assert max(row["x"] for row in rows(spec, "probabilities_0")) == upto
        assert len(rows(spec, "labels_0")) == len(rows(spec, "hover")) == upto
    else:  # parts of the drawing without rows are left out
        assert not {"probabilities_0", "labels_0", "hover"} & set(names(spec))
    assert ("kept_back_0" in names(spec)) == (upto < 6)
    assert not any(name.startswith("exit_mark") for name in names(spec))


# -------------------------------------------------------------------------------------------- race
def test_the_race_ends_when_the_record_does() -> None:
    data = race(TRACE, explain(WINDOW, TRACE), palette=LIGHT)
    json.dumps(data, allow_nan=False)
    assert data["exit"] == 5
    assert [layer["end"] for layer in data["layers"]] == ends(TRACE)
    assert ends(TRACE) == sorted(ends(TRACE))
    assert data["end"] == pytest.approx(TRACE.embed_ms + TRACE.layer_ms.sum(), abs=1e-3)


@pytest.mark.parametrize("ms", [0.2, 5.0, 15.5, 300.0, 8000.0, 60_000.0])
def test_the_race_takes_some_seconds_and_its_factor_is_round(ms: float) -> None:
    factor = slowed(ms)
    assert str(int(factor)).rstrip("0") in ("1", "2", "5")
    if factor > 1:
        assert 4 <= ms * factor / 1000 <= 16


def test_the_race_has_a_table() -> None:
    table = race_table(TRACE, explain(FixedLayer(2), TRACE))
    assert list(table.values())[-1] == ["still reading"] * 2 + ["stopped"] * 4


# ------------------------------------------------------------------------------------------- words
def effects(*variants: list[float]) -> Any:
    probs = np.stack([make_trace(v).probs for v in variants], axis=1)
    labels = [f"w{i}" for i in range(len(variants))]
    return ablation(WINDOW, TRACE.probs, labels, labels, probs)


def test_every_word_has_its_exit_and_its_change() -> None:
    same = [0.4, 0.6, 0.7, 0.8, 0.85, 0.9]
    found = effects(same, [0.999] * 6, [0.1] * 6)
    spec = word_effects(found, TRACE, palette=LIGHT)
    valid(spec)
    one_axis(spec, 6)
    assert rows(spec, "whole")[0]["x"] == 5
    assert [row["x"] for row in rows(spec, "exits_1")] == [5, 1]
    assert [row["x"] for row in rows(spec, "exits_0")] == [4]
    assert len(rows(spec, "moves")) == 2
    # words and numbers stand left of the axis, where no mark can cross them
    (titles,) = [layer for layer in spec["layer"] if layer["name"] == "titles"]
    assert titles["encoding"]["x"] == {"value": 0}
    assert titles["mark"]["dx"] < 0
    assert titles["mark"]["align"] == "right"
    assert [row["text"] for row in rows(spec, "titles")] == ["w0", "w1", "w2"]
    assert words_figure(found, TRACE).table["Change"] == [0, -4, -1]
    assert "Without “w2” it stops one layer earlier and says negative instead" in (
        words.ablation_sentence(found, TRACE)
    )


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ([[0.999] * 6], "One of 3 words moves the"),
        ([[0.999] * 6, [0.1] * 6], "Two of 3 words move"),
    ],
    ids=["one", "two"],
)
def test_one_word_moves_and_two_words_move(variants: list[list[float]], said: str) -> None:
    same = [0.4, 0.6, 0.7, 0.8, 0.85, 0.9]
    found = effects(*variants, *[same] * (3 - len(variants)))
    assert words.ablation_sentence(found, TRACE).startswith(said)


def test_it_is_said_that_no_word_matters() -> None:
    found = effects([0.4, 0.6, 0.7, 0.8, 0.85, 0.8])
    assert "No single word decides it" in words.ablation_sentence(found, TRACE)


# ----------------------------------------------------------------------------------------- reading
def test_darker_is_more_and_what_was_not_read_is_veiled() -> None:
    shares = np.array([[0.2, 0.8], [0.5, 0.5], [0.7, 0.3]])
    decision = explain(FixedLayer(2), make_trace([0.5, 0.6, 0.7]))
    spec = reading_grid(shares, ["a", "<b>"], decision, cursor=1, palette=LIGHT)
    valid(spec)
    one_axis(spec, 3)
    cells = rows(spec, "shares")
    assert len(cells) == 6
    darkest = max(cells, key=lambda c: float(c["share"]))
    assert darkest["fill"] == LIGHT.magnitude.lower()
    assert rows(spec, "veil")[0]["x"] == 2.5
    assert "<" not in json.dumps([row["text"] for row in rows(spec, "titles")])


def test_full_depth_has_nothing_veiled() -> None:
    decision = explain(NeverExit(), TRACE)
    spec = reading_grid(np.full((6, 2), 0.5), ["a", "b"], decision, cursor=6, palette=DARK)
    valid(spec)
    assert "veil" not in names(spec)


def test_colours_are_mixed_in_proportion() -> None:
    assert blend("#000000", "#ffffff", 0.5) == "#808080"
    assert blend("#123456", "#ffffff", 0) == "#123456"
    assert blend("#123456", "#ffffff", 9) == "#ffffff"


def test_label_names_are_escaped_in_the_legend() -> None:
    html = legend(label_names(make_trace(label_names=("<img src=x>", "b"))), LIGHT)
    assert "<img" not in html


# ------------------------------------------------------------------------------------------- words
def test_settings_are_said_without_what_is_usual() -> None:
    assert described(WINDOW) == "4 layers agree, or doubt under 0.1"
    assert described(NeverExit()) == "never early"
    steady = ConfidenceWindow(window_size=3, entropy_threshold=0.0, rule="stable", min_layer=2)
    assert described(steady) == "3 layers agree, sureness within 0.1, not before layer 2"


def test_changes_carry_their_sign() -> None:
    assert words.area(0.004) == "0.00"
    assert words.area(-0.21) == "−0.21"
    assert common.spread_of_rules([explain(FixedLayer(1), TRACE)]) == (
        "All of them stop after layer 1. One of 1 gives another answer than full depth would."
    )
