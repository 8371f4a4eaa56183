"""The map of states as a figure: regions, way, exit, what lies after it, and the table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from app.inspect import words
from app.inspect.figures import map_figure, map_table
from app.inspect.words import map_said, regions_note
from app.shared import words as common
from app.shared.palette import DARK, LIGHT
from app.shared.still import svg
from elbert_core.policies import FixedLayer
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.state_map import HeadStates, StateMap, state_map
from elbert_core.results import LayerTrace
from tests.app.traces import make_trace


def made(
    labels: int, *, layers: int = 7, exit_layer: int = 4
) -> tuple[StateMap, LayerTrace, Decision]:
    """A random head's map with the trace that belongs to it."""
    rng = np.random.default_rng(labels)
    head = HeadStates(
        rng.normal(size=(layers, 12)), rng.normal(size=(labels, 12)), rng.normal(size=labels)
    )
    logits = head.logits
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    names = tuple(f"<b>{i}</b>" for i in range(labels))
    trace = make_trace(probs=probs / probs.sum(axis=1, keepdims=True), label_names=names)
    return state_map(head), trace, explain(FixedLayer(exit_layer), trace)


def rows(spec: dict[str, Any], *beginnings: str) -> list[dict[str, Any]]:
    return [
        row
        for layer in spec["layer"]
        if layer["name"].startswith(beginnings)
        for row in layer["data"]["values"]
    ]


@pytest.mark.parametrize("labels", [2, 3, 4, 6])
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_layer_is_a_point_in_its_label_s_colour(labels: int, palette: Any) -> None:
    found, trace, decision = made(labels)
    spec = map_figure(found, trace, decision, palette=palette)
    points = sorted(rows(spec, "points_"), key=lambda row: row["layer"])
    assert [row["layer"] for row in points] == list(range(1, 8))
    assert [row["ink"] for row in points] == [palette.label(int(i)) for i in trace.labels]
    later = [n for i in range(labels) for n in rows(spec, f"points_{i}_later")]
    assert sorted(row["layer"] for row in later) == [5, 6, 7]
    (ring,) = rows(spec, "exit_ring")
    at_exit = points[decision.exit_layer - 1]
    assert (ring["x"], ring["y"]) == (at_exit["x"], at_exit["y"])
    assert len(rows(spec, "way")) == 6
    assert len([r for r in rows(spec, "regions")]) >= 1
    assert any(common.FLAG_EXIT in row["text"] for row in rows(spec, "numbers_exit"))
    left, right, low, high = found.frame()
    assert all(left <= row["x"] <= right and low <= row["y"] <= high for row in points)


def test_the_picture_can_be_drawn_without_a_browser() -> None:
    found, trace, decision = made(4)
    picture = svg(map_figure(found, trace, decision, palette=LIGHT), alt="x")
    assert "<b>" not in picture
    assert "&lt;b&gt;" in picture
    assert '="nan"' not in picture


def test_words_and_table_say_the_same() -> None:
    found, trace, decision = made(2)
    table = map_table(found, trace)
    assert tuple(table) == words.MAP_COLUMNS
    across = table[words.MAP_COLUMNS[1]]
    for x, label in zip(across, trace.labels, strict=True):
        assert (float(str(x)) > 0) == bool(label)
    said = map_said(trace, decision)
    labels = trace.labels[: decision.exit_layer]
    turns = int((labels[1:] != labels[:-1]).sum())
    assert said.count("crosses to") == turns
    assert f"stops at layer {decision.exit_layer}" in said


@pytest.mark.parametrize(
    ("labels", "beginning"),
    [(2, words.MAP_TWO), (3, words.MAP_THREE), (4, words.MAP_MANY[:60]), (6, words.MAP_MANY[:60])],
)
def test_it_says_whether_the_regions_are_exact(labels: int, beginning: str) -> None:
    found, _, _ = made(labels)
    note = regions_note(found)
    assert note.startswith(beginning)
    if labels > 3:
        assert f"{int(found.faithful.sum())} of 7 layers" in note


def test_one_layer_and_an_exit_at_the_end() -> None:
    found, trace, decision = made(2, layers=1, exit_layer=1)
    spec = map_figure(found, trace, decision, palette=LIGHT)
    assert len(rows(spec, "points_")) == 1
    assert not rows(spec, "way")
