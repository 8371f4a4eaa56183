"""Sentences that go the same way: how alike two ways are, their order, their figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.compare.panels import MOST, alike_table
from app.compare.sentences import alike
from app.compare.words import alike_sentence
from app.shared.palette import LIGHT
from app.shared.rows import Strip, strips
from elbert_core.errors import InputError
from elbert_core.policies import ConfidenceWindow, FixedLayer, NeverExit
from elbert_core.policies.explanation import explain
from elbert_core.reading.ways import GONE, comparable, layers_apart, way
from tests.app.traces import make_trace

PATHS = st.lists(
    st.floats(0.01, 0.99).filter(lambda p: abs(p - 0.5) > 1e-3), min_size=6, max_size=6
)


@given(PATHS, PATHS, st.integers(1, 6), st.integers(1, 6))
def test_ways_differ_where_a_reader_would_count_a_difference(
    a: list[float], b: list[float], exit_a: int, exit_b: int
) -> None:
    one, other = make_trace(a), make_trace(b)
    first = way(one, explain(FixedLayer(exit_a), one))
    second = way(other, explain(FixedLayer(exit_b), other))
    count = 0
    for layer in range(1, 7):
        reads = (layer <= exit_a, layer <= exit_b)
        if reads == (True, True):
            count += (a[layer - 1] > 0.5) != (b[layer - 1] > 0.5)
        else:
            count += reads[0] != reads[1]
    assert layers_apart(first, second) == layers_apart(second, first) == count
    assert layers_apart(first, first) == 0
    assert (first[exit_a:] == GONE).all()


def test_what_does_not_fit_is_refused() -> None:
    short, long = make_trace((0.2, 0.3)), make_trace()
    with pytest.raises(InputError):
        way(short, explain(NeverExit(), long))
    with pytest.raises(InputError):
        layers_apart(np.zeros(2, dtype=np.int64), np.zeros(3, dtype=np.int64))
    assert not comparable(short, long)
    assert not comparable(long, replace(long, digest="ab"))
    assert not comparable(long, replace(long, label_names=("a", "b")))


def test_the_most_alike_come_first_each_once_and_never_itself() -> None:
    mine = make_trace((0.6, 0.7, 0.8, 0.9, 0.95, 0.99), text="mine")
    same = make_trace((0.9,) * 6, text="same")
    turns = make_trace((0.1, 0.9, 0.9, 0.9, 0.9, 0.9), text="turns")
    against = make_trace((0.1,) * 6, text="against")
    other_model = replace(make_trace((0.9,) * 6, text="other"), digest="ab")
    given_ = [("example", against), ("lesson", turns), ("visit", same), ("example", same)]
    found = alike(mine, NeverExit(), iter([*given_, ("visit", mine), ("visit", other_model)]))
    assert [one.trace.text for one in found] == ["same", "turns", "against"]
    assert [one.differs for one in found] == [(), (1,), (1, 2, 3, 4, 5, 6)]
    assert found[0].source == "visit"
    decision = explain(NeverExit(), mine)
    assert alike_sentence(found, decision).startswith("One of 3 other sentences goes exactly")
    assert "differs at one layer" in alike_sentence(found[1:], decision)
    table = alike_table(found)
    assert [len(column) for column in table.values()] == [3] * 6


def test_the_rule_decides_which_are_alike() -> None:
    """Under a rule that leaves early, what comes after the exit does not count."""
    mine = make_trace((0.9, 0.9, 0.9, 0.9, 0.9, 0.9), text="mine")
    late = make_trace((0.9, 0.9, 0.9, 0.1, 0.1, 0.1), text="late turn")
    (early,) = alike(mine, ConfidenceWindow(2, 0.0), iter([("visit", late)]))
    (whole,) = alike(mine, NeverExit(), iter([("visit", late)]))
    assert early.differs == ()
    assert whole.differs == (4, 5, 6)


@pytest.mark.parametrize("labels", [2, 4, 6])
def test_the_figure_marks_exits_and_differences(labels: int) -> None:
    rng = np.random.default_rng(labels)
    names = tuple("abcdef"[:labels])
    traces = [
        make_trace(probs=rng.dirichlet(np.ones(labels), size=5), label_names=names, text=str(i))
        for i in range(4)
    ]
    found = alike(traces[0], FixedLayer(3), iter([("visit", one) for one in traces[1:]]))
    entries = [Strip("mine", traces[0], 3)]
    entries += [
        Strip(o.trace.text, o.trace, o.decision.exit_layer, differs=o.differs) for o in found
    ]
    spec = strips(entries[: MOST + 1], palette=LIGHT)
    parts = {part["name"]: part["data"]["values"] for part in spec["layer"]}
    assert [mark["x"] for mark in parts["exits"]] == [3.5] * 4
    assert len(parts["differs"]) == sum(len(one.differs) for one in found)
    assert len(parts["unread"]) == 4 * 2
