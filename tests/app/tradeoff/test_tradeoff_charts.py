"""The figures of the Trade-off page as specifications: right numbers, right places, no mischief."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest

from app.shared.palette import DARK, LIGHT, Palette
from app.shared.rules import FAMILIES, RULES, card
from app.shared.score import Canvas, staves
from app.shared.still import svg
from app.tradeoff import words
from app.tradeoff.evaluations import Overview, Setting, key_of, look_at, look_closer
from app.tradeoff.figures import SELECTION, steps_figure, tradeoff, without_current
from app.tradeoff.figures_layers import depth_of_slices, layer_strips, layer_table, trust_figure
from app.tradeoff.others import Published, load_published
from elbert_core.evaluation.calibration import tune
from elbert_core.policies import ConfidenceWindow, EntropyThreshold, FixedLayer
from elbert_core.policies.explanation import explain
from tests.app.tables import make_table
from tests.app.traces import make_trace
from tests.test_architecture import contrast

WINDOW = ConfidenceWindow(4, 0.1)
PUBLISHED = load_published()


@pytest.fixture(scope="module")
def overview() -> Overview:
    return look_at(make_table())


@pytest.fixture(scope="module")
def setting(overview: Overview) -> Setting:
    return look_closer(overview, WINDOW)


@pytest.fixture(scope="module")
def spec(overview: Overview, setting: Setting) -> dict[str, Any]:
    return tradeoff(overview, setting, PUBLISHED, palette=LIGHT)


def rows(spec: dict[str, Any], name: str) -> list[dict[str, Any]]:
    (found,) = [part for part in spec["layer"] if part["name"] == name]
    values: list[dict[str, Any]] = found["data"]["values"]
    return values


def figures(overview: Overview, setting: Setting, palette: Palette) -> list[dict[str, Any]]:
    tuning = tune(overview.table, max_loss=0.05, confidence=0.9)
    return [
        tradeoff(overview, setting, PUBLISHED, palette=palette),
        layer_strips(overview, setting, cursor=3, palette=palette),
        trust_figure(overview, 3, palette=palette),
        steps_figure(tuning, palette=palette),
        depth_of_slices(setting, overview.table.n_layers, palette=palette),
    ]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_all_figures_are_valid(palette: Palette, overview: Overview, setting: Setting) -> None:
    for figure in figures(overview, setting, palette):
        alt.Chart.from_dict(figure)
        json.dumps(figure, allow_nan=False)
        names = [part["name"] for part in figure["layer"]]
        assert len(set(names)) == len(names)  # Vega refuses two data sets of one name
        assert figure["width"] == "container"


def test_every_point_stands_where_the_core_puts_it(
    spec: dict[str, Any], overview: Overview
) -> None:
    drawn = {row["key"]: row for row in rows(spec, "settings")}
    places = {(row["family"], row["x"], row["y"]) for row in rows(spec, "settings")}
    for family, points in overview.families.items():
        for point in points:
            x, y = round(point.speed_up_ratio, 4), round(100 * point.accuracy, 3)
            assert (family, x, y) in places
            row = drawn.get(key_of(point.policy))
            if row is not None:  # of points in one place the first is drawn
                assert (row["x"], row["y"]) == (x, y)
                assert row["right"].startswith(words.percent(point.accuracy))


def test_the_current_setting_is_marked_with_its_interval(
    spec: dict[str, Any], setting: Setting
) -> None:
    (row,) = rows(spec, "current")
    assert row["x"] == pytest.approx(setting.point.speed_up_ratio, abs=1e-4)
    assert row["low"] <= row["y"] <= row["high"]
    assert row["random"] == 100 * setting.random.accuracy
    spec, loose = without_current(spec)
    assert loose == [row]
    assert not [p for p in spec["layer"] if p["name"].startswith("current") and "data" in p]


def test_the_references_are_those_of_the_core(spec: dict[str, Any], overview: Overview) -> None:
    fixed = [mark for mark in overview.references if mark.kind == "fixed"]
    drawn = [row["y"] for row in rows(spec, "fixed")]
    assert drawn == pytest.approx([100 * mark.accuracy for mark in fixed], abs=1e-3)
    assert [row["key"] for row in rows(spec, "fixed")] == [
        key_of(FixedLayer(layer)) for layer in range(1, 13)
    ]
    assert {row["kind"] for row in rows(spec, "limits")} == {"oracle", "stable"}


def test_every_family_has_a_box_and_relatives_wait(
    spec: dict[str, Any], overview: Overview
) -> None:
    boxes = {p["name"]: p["value"] for p in spec["params"] if p["bind"]["input"] == "checkbox"}
    for family in overview.families:
        assert boxes[f"show_{family}"] is (family not in FAMILIES)
    assert "show_published" in boxes
    (cloud,) = [part for part in spec["layer"] if part["name"] == "settings"]
    assert all(f"show_{family}" in cloud["transform"][0]["filter"] for family in overview.families)
    assert cloud["params"][0]["name"] == SELECTION


def test_the_slider_always_points_at_one_setting(spec: dict[str, Any]) -> None:
    steps = rows(spec, "doubt_ring")
    for doubt in np.arange(0, 1.001, 0.01):
        here = [row for row in steps if row["low"] <= doubt < row["high"]]
        assert len(here) == 1
    (ring,) = [row for row in steps if row["low"] <= 0.1 < row["high"]]
    assert ring["key"] == key_of(EntropyThreshold(0.1))


def test_others_figures_are_hollow_and_name_their_source(spec: dict[str, Any]) -> None:
    (part,) = [part for part in spec["layer"] if part["name"] == "published"]
    assert part["mark"]["filled"] is False
    assert part["data"]["values"]
    for row in part["data"]["values"]:
        assert row["source"]
        assert row["data"]
    assert "source" in [tip["field"] for tip in part["encoding"]["tooltip"]]


def test_without_others_figures_the_page_still_draws(overview: Overview, setting: Setting) -> None:
    bare = tradeoff(overview, setting, Published(), palette=LIGHT)
    assert "published" not in [part["name"] for part in bare["layer"]]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_families_can_be_told_apart(palette: Palette) -> None:
    marks = [one.mark for kind, one in (RULES | FAMILIES).items() if kind not in ("fixed", "never")]
    colours = [mark.colour(palette) for mark in marks]
    assert len({mark.shape for mark in marks}) == len({mark.glyph for mark in marks}) == len(marks)
    assert len(set(colours)) == len(marks)
    assert all(contrast(colour, palette.paper) >= 3 for colour in colours)


def test_the_depth_axis_is_that_of_the_inspect_page(overview: Overview, setting: Setting) -> None:
    trace = make_trace(np.linspace(0.5, 0.9, 12).tolist())
    score = Canvas(12, staves(trace, explain(WINDOW, trace)), LIGHT).points("p", [])["encoding"]
    for figure in (
        layer_strips(overview, setting, cursor=1, palette=LIGHT),
        depth_of_slices(setting, 12, palette=LIGHT),
    ):
        mine = figure["layer"][0]["encoding"]
        assert mine["x"]["scale"] == score["x"]["scale"]
        assert mine["x"]["axis"] == score["x"]["axis"]
        for end in ("minExtent", "maxExtent"):
            assert mine["y"]["axis"][end] == score["y"]["axis"][end]


def test_the_table_of_layers_holds_the_counts(overview: Overview, setting: Setting) -> None:
    table = layer_table(overview, setting)
    leave, right = list(table.values())[1:3]
    assert sum(float(str(share)) for share in leave) == pytest.approx(100, abs=0.1)
    assert right == [round(100 * layer.accuracy, 2) for layer in overview.layers]
    hover = rows(layer_strips(overview, setting, cursor=1, palette=LIGHT), "layers")
    assert [row["right"] for row in hover] == right


def test_hostile_names_stay_text() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    overview = look_at(make_table(n_rows=40, label_names=(nasty, "b"), data="]{<b>"))
    setting = look_closer(overview, WINDOW)
    figure = depth_of_slices(setting, 12, palette=LIGHT)
    assert any("<img" in row["text"] for row in rows(figure, "slice_names"))  # as text in a mark
    still = svg(figure, alt=nasty)
    assert "<img" not in still
    assert "&lt;img" in still


# ----------------------------------------------------------------------------------- still pictures
def test_a_still_picture_has_the_points_of_the_figure(spec: dict[str, Any]) -> None:
    still = svg(spec, alt="figure")
    hints = ElementTree.fromstring(still).iterfind(".//{*}path/{*}title")
    said = [hint.text or "" for hint in hints]
    for row in rows(spec, "limits"):
        assert any(row["right"] in one and row["speed"] in one for one in said)
    # what is switched off at first is not drawn
    assert sum(f": {card('entropy').name}\n" in one for one in said) > 3
    assert not any(f": {card(name).name}\n" in one for one in said for name in FAMILIES)
    assert "NaN" not in still
    assert "<script" not in still


def test_every_figure_can_be_a_still_picture(overview: Overview, setting: Setting) -> None:
    for figure in figures(overview, setting, LIGHT):
        before = json.dumps(figure)
        still = svg(figure, alt="<figure>")
        assert still.startswith('<div class="wide"><svg')
        assert 'aria-label="&lt;figure&gt;"' in still
        assert json.dumps(figure) == before


# -------------------------------------------------------------------------------- measured speed-up
def with_times(layer_ms: list[float], **more: Any) -> Overview:
    return look_at(replace(make_table(n_rows=60), layer_ms=np.array(layer_ms), **more))


def test_the_measured_speed_up_stands_beside_the_theoretical_one() -> None:
    slow_start = with_times([7.0] + [1.0] * 11)
    setting = look_closer(slow_start, FixedLayer(2))
    drawn = tradeoff(slow_start, setting, PUBLISHED, palette=LIGHT)
    (current,) = rows(drawn, "current")
    assert (current["x"], current["m"]) == (6, 18 / 8)
    assert current["timed"] == "2.25× (8.0 of 18.0 ms)"
    assert [row["m"] for row in rows(drawn, "fixed")] == [
        round(18 / (6 + layer), 4) for layer in range(1, 13)
    ]
    (radio,) = [p for p in drawn["params"] if p["bind"]["input"] == "radio"]
    assert radio["value"] == "theoretical"
    assert "cpu, float32, batch size 1" in radio["bind"]["labels"][1]
    for row in rows(drawn, "doubt_text"):
        assert row["clocked"].endswith(f"{row['m']:.2f}× (measured)")
    for part in drawn["layer"]:
        assert part["transform"][-1]["as"] == "at"
        if "value" not in part["encoding"]["x"]:  # some words keep their place
            assert part["encoding"]["x"]["field"] == "at"
        for row in part["data"]["values"]:
            assert row["at"] == row["x"]
    (others,) = [part for part in drawn["layer"] if part["name"] == "published"]
    assert "!(speed_axis === 'measured')" in others["transform"][0]["filter"]
    # all of the axis is in sight in either measure
    low, high = drawn["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low < 1
    assert high > 12


def test_measured_points_of_the_sweep_follow_the_table() -> None:
    made = with_times([2.0, 1.0, 3.0] * 4)
    setting = look_closer(made, WINDOW)
    drawn = {
        row["key"]: row
        for row in rows(tradeoff(made, setting, PUBLISHED, palette=LIGHT), "settings")
    }
    for point in made.points:
        row = drawn.get(key_of(point.policy))
        if row is not None:
            spent = np.dot(point.exit_counts, np.cumsum(made.table.layer_ms)) / point.n_rows
            assert row["m"] == round(24 / spent, 4)


def test_the_line_of_a_family_is_the_front_of_the_measure_on_show() -> None:
    made = with_times([0.1] * 3 + [9.0] + [0.1] * 8)
    drawn = tradeoff(made, look_closer(made, WINDOW), PUBLISHED, palette=LIGHT)
    for name, across, when in (("", "x", "!(speed_axis"), ("_measured", "m", "speed_axis")):
        (part,) = [one for one in drawn["layer"] if one["name"] == f"family_lines{name}"]
        assert part["transform"][0]["filter"].startswith(when)
        by_family: dict[str, list[tuple[float, float]]] = {}
        for row in part["data"]["values"]:
            by_family.setdefault(row["family"], []).append((row[across], row["y"]))
        for family, line in by_family.items():
            places = [
                ((made.measured(p) or 0.0) if name else p.speed_up_ratio, p.accuracy)
                for p in made.families[family]
            ]
            best = {
                (round(speed, 4), round(100 * right, 3))
                for speed, right in places
                if not any(
                    s >= speed and r >= right and (s, r) != (speed, right) for s, r in places
                )
            }
            assert set(line) == best


@pytest.mark.parametrize("layer_ms", [[0.0] * 12, [1.0] * 11 + [0.0]])
def test_without_milliseconds_there_is_no_choice_and_a_sentence(layer_ms: list[float]) -> None:
    made = with_times(layer_ms)
    drawn = tradeoff(made, look_closer(made, WINDOW), PUBLISHED, palette=LIGHT)
    assert not [p for p in drawn["params"] if p["bind"]["input"] == "radio"]
    assert drawn["layer"][0]["encoding"]["x"]["axis"]["title"] == list(words.AXIS_SPEED)
    assert not any("m" in row for part in drawn["layer"] for row in part["data"]["values"])
    assert words.measured_note(made.table) == words.MEASURED_NONE


def test_the_note_names_the_conditions() -> None:
    said = words.measured_note(with_times([1.0] * 12, device="cuda:0", threads=3).table)
    for part in ("10 texts", "cuda:0", "float32", "3 threads", "batch size 1", "left out"):
        assert part in said


def test_a_hostile_device_stays_a_short_text() -> None:
    nasty = "<img src=x onerror=alert(1)>" * 9 + "\u202e"
    made = with_times([1.0] * 12, device=nasty)
    label = words.measured_label(made.table)
    assert len(label) < 120
    assert "\u202e" not in words.measured_note(made.table)


def test_paper_has_the_theoretical_axis(overview: Overview, setting: Setting) -> None:
    drawn = tradeoff(overview, setting, PUBLISHED, palette=LIGHT, still=True)
    assert not [p for p in drawn["params"] if p["bind"]["input"] == "radio"]
    assert not [p["name"] for p in drawn["layer"] if p["name"].startswith(("doubt", "published"))]
    assert words.AXIS_SPEED[0] in svg(drawn, alt="figure")
