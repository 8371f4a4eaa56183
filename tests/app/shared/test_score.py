"""The score as a specification: where everything is, and that nothing in it can act."""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shared import narration
from app.shared.canvas import hatch, nice_ceiling
from app.shared.palette import DARK, LIGHT, SHAPES, palette
from app.shared.quantities import closed_run
from app.shared.score import SELECTION, alt_text, score
from app.shared.text import clean
from elbert_core.policies import (
    ConfidenceThreshold,
    ConfidenceWindow,
    DistributionPatience,
    EntropyThreshold,
    ExitPolicy,
    FixedLayer,
    NeverExit,
    Patience,
)
from elbert_core.policies.explanation import explain
from elbert_core.results import LayerTrace
from tests.app.traces import make_trace

POLICIES: list[ExitPolicy] = [
    ConfidenceWindow(window_size=4, entropy_threshold=0.1),
    ConfidenceWindow(window_size=3, entropy_threshold=0.1, rule="stable"),
    EntropyThreshold(threshold=0.5),
    EntropyThreshold(threshold=0.5, unit="nats"),
    ConfidenceThreshold(threshold=0.75),
    Patience(patience=2),
    DistributionPatience(threshold=0.01, patience=2),
    FixedLayer(layer=2),
    NeverExit(),
]
WINDOW = POLICIES[0]


def draw(trace: LayerTrace, policy: ExitPolicy, *, cursor: int = 1) -> dict[str, Any]:
    return score(trace, explain(policy, trace), cursor=cursor, palette=LIGHT)


def layer(spec: dict[str, Any], name: str) -> dict[str, Any]:
    found = [part for part in spec["layer"] if part["name"] == name]
    assert len(found) == 1, f"{name}: {[part['name'] for part in spec['layer']]}"
    return found[0]


def rows(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    values: list[dict[str, Any]] = layer(spec, name)["data"]["values"]
    return values


def names(spec: dict[str, Any]) -> set[str]:
    return {part["name"] for part in spec["layer"]}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.kind)
def test_every_policy_gives_a_valid_vega_lite_figure(policy: ExitPolicy) -> None:
    spec = draw(make_trace(), policy)
    alt.LayerChart.from_dict(spec)  # checks against Vega-Lite's own schema
    json.dumps(spec, allow_nan=False)


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.kind)
def test_one_exit_mark_crosses_every_stave_after_the_exit_layer(policy: ExitPolicy) -> None:
    trace = make_trace()
    spec = draw(trace, policy)
    (mark,) = rows(spec, "exit_mark")
    decision = explain(policy, trace)
    assert mark["x"] == mark["x2"] == decision.exit_layer + 0.5
    tops = [row["y"] for row in rows(spec, "titles")]
    assert mark["y"] < min(tops)
    assert mark["y2"] == spec["height"]


def test_what_lies_after_the_exit_is_veiled_and_hatched_to_the_last_layer() -> None:
    spec = draw(make_trace(), FixedLayer(layer=2))
    (veil,) = rows(spec, "veil")
    assert (veil["x"], veil["x2"]) == (2.5, 6.5)
    for line in rows(spec, "hatch"):
        assert 2.5 <= line["x"] < line["x2"] <= 6.5
        assert veil["y"] - 0.01 <= line["y2"] < line["y"] <= veil["y2"] + 0.01
    assert rows(spec, "not_needed")[0]["text"] == "not needed"


def test_no_mark_lies_under_a_title_and_no_strip_hides_a_value() -> None:
    spec = draw(make_trace(), WINDOW)
    order = [part["name"] for part in spec["layer"]]
    strips = [(row["y"], row["y2"]) for row in rows(spec, "gutters")]
    titles = [row["y"] for row in rows(spec, "titles")]
    for (top, bottom), title in zip(strips, titles, strict=True):
        assert top + 6 <= title <= bottom - 6  # half of the letters' height
    for name in ("cursor", "cursor_frame", "veil", "hatch", "exit_mark"):
        assert order.index(name) < order.index("gutters") < order.index("titles")
    for name in ("probabilities", "entropy", "labels", "milliseconds", "bracket", "line_names"):
        for row in rows(spec, name):
            low, high = row["y"], row.get("y2", row["y"])
            for top, bottom in strips:
                assert max(low, high) <= top or min(low, high) >= bottom, name


@pytest.mark.parametrize("layer", range(1, 6))
def test_the_flag_leaves_room_for_the_words_after_the_exit(layer: int) -> None:
    """On a telephone both need more than half of the width; at half they once ran together."""
    spec = draw(make_trace(), FixedLayer(layer=layer))
    (flag,) = (part for part in spec["layer"] if part["name"] == "exit_flag")
    if flag["mark"]["align"] == "left" and "not_needed" in names(spec):
        assert 6 - layer > 6 / 2


def test_full_depth_has_no_veil() -> None:
    assert {"veil", "hatch", "not_needed"}.isdisjoint(names(draw(make_trace(), NeverExit())))


def test_all_marks_share_one_depth_axis() -> None:
    spec = draw(make_trace(), WINDOW)
    domains = {
        json.dumps(part["encoding"]["x"]["scale"]["domain"])
        for part in spec["layer"]
        if "scale" in part["encoding"]["x"]
    }
    assert domains == {"[0.5, 6.5]"}
    assert spec["width"] == "container"


def test_probabilities_lie_between_the_ends_of_their_stave() -> None:
    spec = draw(make_trace([0.0, 1.0, 0.5]), NeverExit())
    heights = {(row["index"], row["x"]): row["y"] for row in rows(spec, "probabilities")}
    top, bottom = heights[1, 2], heights[1, 1]
    assert top < heights[1, 3] < bottom
    assert heights[0, 1] == top
    assert heights[0, 2] == bottom
    assert {top, bottom} <= {row["y"] for row in rows(spec, "grid")}


def test_bars_that_passed_the_threshold_look_different() -> None:
    spec = draw(make_trace([0.6, 0.999]), EntropyThreshold(threshold=0.5))
    assert [row["ink"] for row in rows(spec, "entropy")] == [LIGHT.bar, LIGHT.bar_hit]


def test_the_entropy_line_in_nats_is_drawn_on_the_normalised_scale() -> None:
    trace = make_trace()
    nats = rows(
        draw(trace, EntropyThreshold(0.5 * float(np.log(2)), unit="nats")), "needed_entropy"
    )
    share = rows(draw(trace, EntropyThreshold(0.5)), "needed_entropy")
    assert nats[0]["y"] == pytest.approx(share[0]["y"], abs=0.01)


def test_thresholds_are_drawn_only_where_the_policy_has_one() -> None:
    trace = make_trace()
    assert "needed_probability" in names(draw(trace, ConfidenceThreshold(0.9)))
    assert "needed_entropy" not in names(draw(trace, ConfidenceThreshold(0.9)))
    assert "needed_probability" not in names(draw(trace, WINDOW))
    assert "needed_entropy" in names(draw(trace, WINDOW))


def test_the_bracket_spans_the_window_that_closed() -> None:
    trace = make_trace([0.4, 0.6, 0.7, 0.8, 0.85, 0.86])
    decision = explain(WINDOW, trace)
    assert closed_run(decision) == (2, 5)
    bracket = rows(draw(trace, WINDOW), "bracket")[0]
    assert (bracket["x"], bracket["x2"]) == (1.58, 5.42)


def test_patience_counts_confirmations_so_its_run_is_one_layer_longer() -> None:
    decision = explain(Patience(patience=2), make_trace([0.4, 0.6, 0.7, 0.8]))
    assert closed_run(decision) == (2, 4)


def test_there_is_no_bracket_when_no_window_decided() -> None:
    assert "bracket" not in names(draw(make_trace([0.999, 0.999]), WINDOW))
    assert "bracket" not in names(draw(make_trace(), NeverExit()))


def test_cells_carry_colour_shape_and_count() -> None:
    spec = draw(make_trace([0.4, 0.6, 0.7]), WINDOW)
    assert [row["label"] for row in rows(spec, "labels")] == ["negative", "positive", "positive"]
    assert [row["text"] for row in rows(spec, "counts")] == ["1", "1", "2"]
    assert layer(spec, "signs_0")["mark"]["shape"] == SHAPES[0]
    assert layer(spec, "signs_1")["mark"]["shape"] == SHAPES[1]


def test_the_cursor_marks_one_layer() -> None:
    (band,) = rows(draw(make_trace(), WINDOW, cursor=3), "cursor")
    assert (band["x"], band["x2"]) == (2.5, 3.5)


def test_a_click_selects_a_layer() -> None:
    clickable = layer(draw(make_trace(), WINDOW), "layers")
    assert clickable["params"][0]["name"] == SELECTION
    assert clickable["params"][0]["select"]["fields"] == ["layer"]
    assert [row["layer"] for row in clickable["data"]["values"]] == [1, 2, 3, 4, 5, 6]


HOSTILE = "<img src=x onerror=alert(1)>"


def test_label_names_are_data_and_never_part_of_an_expression() -> None:
    names_ = (f"a'; {HOSTILE}", "b\u202ec")
    spec = draw(clean(make_trace(label_names=names_)), WINDOW)
    without_data = json.dumps(
        [{k: v for k, v in part.items() if k != "data"} for part in spec["layer"]]
    )
    assert "img" not in without_data
    assert "\\u202e" not in json.dumps(spec)
    assert "href" not in json.dumps(spec)
    assert "url" not in json.dumps(spec)


def test_the_sentence_is_not_in_the_figure() -> None:
    assert "onerror" not in json.dumps(draw(make_trace(text=HOSTILE), WINDOW))


def test_labels_of_one_name_stay_apart() -> None:
    spec = draw(make_trace(label_names=("same", "same")), WINDOW)
    assert len({row["text"] for row in rows(spec, "line_names")}) == 2


def test_names_of_many_lines_do_not_overlap() -> None:
    table = np.full((4, 6), 1 / 6)
    spec = draw(make_trace(label_names=tuple("abcdef"), probs=table), NeverExit())
    heights = sorted(row["y"] for row in rows(spec, "line_names"))
    assert len(heights) == 6
    assert min(np.diff(heights)) >= 10


@pytest.mark.parametrize("layers", [1, 2, 24, 64])
def test_any_depth_can_be_drawn(layers: int) -> None:
    spec = draw(make_trace([0.55] * layers), WINDOW)
    alt.LayerChart.from_dict(spec)
    assert len(rows(spec, "labels")) == layers


def test_alt_text_says_what_a_reader_would_take_away() -> None:
    trace = make_trace()
    decision = explain(WINDOW, trace)
    text = alt_text(trace, decision)
    assert "6 layers" in text
    assert narration.verdict(decision) in text


def test_light_and_dark_have_colours_of_their_own() -> None:
    assert palette(dark=True) is DARK
    assert palette(dark=False) is LIGHT
    assert set(LIGHT.labels[:2]).isdisjoint(DARK.labels[:2])


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_the_scale_of_a_stave_just_holds_its_largest_value(value: float) -> None:
    ceiling = nice_ceiling(value)
    assert value <= ceiling * (1 + 1e-6)
    assert ceiling <= 2.5 * value * (1 + 1e-6)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_a_stave_without_a_usable_value_still_has_a_scale(value: float) -> None:
    assert nice_ceiling(value) == 1.0


@given(
    left=st.floats(0.5, 20),
    width=st.floats(0.5, 24),
    top=st.floats(0, 100),
    height=st.floats(20, 400),
)
def test_hatching_stays_in_its_box(left: float, width: float, top: float, height: float) -> None:
    for line in hatch(left, left + width, top, top + height):
        assert left - 1e-3 <= line["x"] <= line["x2"] <= left + width + 1e-3
        assert top - 0.1 <= line["y2"] <= line["y"] <= top + height + 0.1
