"""The Trade-off page's numbers are the core's, and strangers' tables are refused with a reason."""

from __future__ import annotations

import json

import numpy as np
import pytest

from app.shared.rules import FAMILIES
from app.tradeoff import evaluations
from app.tradeoff.evaluations import Overview, key_of, look_at, look_closer
from app.tradeoff.others import RIVALS
from app.tradeoff.promises import average_promise, promise
from elbert_core.errors import InputError
from elbert_core.evaluation.calibration import tune
from elbert_core.evaluation.conformal import tune_conformal
from elbert_core.evaluation.sweeps import policy_grids, sweep
from elbert_core.evaluation.tables import save_evaluation, table_to_bytes
from elbert_core.metrics import layer_accuracy, wilson_interval
from elbert_core.policies import ConfidenceWindow, NeverExit, Patience, replay
from tests.app.tables import make_table

WINDOW = ConfidenceWindow(4, 0.1)


@pytest.fixture(scope="module")
def overview() -> Overview:
    return look_at(make_table())


def test_every_point_is_that_of_the_core(overview: Overview) -> None:
    grids = policy_grids(12, 2)
    assert list(overview.families)[:4] == ["window", *FAMILIES, "entropy"]
    assert set(overview.families) == {n for n, grid in grids.items() if not grid[0].baseline}
    for family, points in overview.families.items():
        assert list(points) == sweep(overview.table, policies=grids[family])


def test_the_front_is_beaten_by_no_point(overview: Overview) -> None:
    for best in overview.front:
        for other in overview.points:
            faster = other.speed_up_ratio > best.speed_up_ratio
            assert not (faster and other.accuracy >= best.accuracy)


def test_layers_are_accuracies_with_their_intervals(overview: Overview) -> None:
    right = layer_accuracy(overview.table.probs, overview.table.gold)
    assert [layer.accuracy for layer in overview.layers] == pytest.approx(list(right))
    assert all(
        wilson_interval(round(layer.accuracy * overview.table.n_rows), overview.table.n_rows)
        == (layer.accuracy_low, layer.accuracy_high)
        for layer in overview.layers
    )


def test_a_setting_is_counted_row_by_row(overview: Overview) -> None:
    table = overview.table
    setting = look_closer(overview, WINDOW)
    exits = replay(WINDOW, table.probs)
    full = table.probs[-1].argmax(axis=-1)
    assert setting.point.accuracy == np.mean(exits.label == table.gold)
    assert setting.point.mean_exit_layer == pytest.approx(exits.exit_layer.mean())
    changed = np.flatnonzero(exits.label != full)
    assert setting.point.agreement == pytest.approx(1 - len(changed) / table.n_rows)
    lost = np.sum((full == table.gold) & (exits.label != table.gold))
    assert setting.versus_full.only_second == lost
    assert int(setting.leaving.count.sum()) == table.n_rows
    # every layer of the made-up table takes two milliseconds
    assert setting.layers_ms == pytest.approx(2 * setting.point.mean_exit_layer)
    assert setting.all_layers_ms == pytest.approx(24)
    assert setting.random.computation_cost == pytest.approx(setting.point.computation_cost)


@pytest.mark.parametrize("group", ["length", "label"])
def test_slices_part_the_rows(group: str, overview: Overview) -> None:
    parts = [part for part in look_closer(overview, WINDOW).slices if part.group == group]
    assert len(parts) > 1
    assert sum(part.early.n_rows for part in parts) == overview.table.n_rows
    assert sum(part.early.n_right for part in parts) == look_closer(overview, WINDOW).point.n_right


def test_texts_of_one_length_are_one_slice() -> None:
    table = make_table(n_rows=40)
    object.__setattr__(table, "n_tokens", np.full(40, 9, dtype=np.int64))
    parts = [part for part in evaluations.slices(table, NeverExit()) if part.group == "length"]
    assert [(part.name, part.early.n_rows) for part in parts] == [("9", 40)]


def test_the_contest_compares_the_best_at_a_speed(overview: Overview) -> None:
    assert overview.rounds
    for one in overview.rounds:
        for family, point in one.best.items():
            assert family in RIVALS
            assert point.speed_up_ratio >= one.speed_up
            fast = [p for p in overview.families[family] if p.speed_up_ratio >= one.speed_up]
            assert point.accuracy == max(p.accuracy for p in fast)
        if one.lead is not None:
            others = [p.accuracy for name, p in one.best.items() if name != "window"]
            lead = one.best["window"].accuracy - max(others)
            assert one.lead.accuracy_difference == pytest.approx(lead)


def test_a_promise_is_that_of_the_core(overview: Overview) -> None:
    made = promise(overview, "disagreement", 0.05, 0.9)
    assert made.tuning == tune(overview.table, max_loss=0.05, confidence=0.9)


def test_too_few_rows_promise_nothing_and_say_how_many_it_takes(overview: Overview) -> None:
    three = promise(overview, "accuracy", 0.005, 0.95)
    assert (three.tuning, three.rows_needed) == (None, 817)  # 0.995^817 <= 0.05 / 3 < 0.995^816
    made = promise(overview, "accuracy", 0.005, 0.95, ["entropy"])
    assert made.tuning is None
    assert made.rows_needed == 598  # 0.995^598 <= 0.05 < 0.995^597
    assert made.total_needed == 2 * 598


def test_equal_policies_have_equal_keys_and_others_have_not(overview: Overview) -> None:
    keys = [key_of(point.policy) for point in overview.points]
    assert len(set(keys)) == len(keys)
    assert key_of(Patience(3)) == key_of(Patience(patience=3, min_layer=1))


@pytest.mark.parametrize(("layers", "labels"), [(1, 2), (2, 2), (3, 5), (24, 3)])
def test_any_depth_and_number_of_labels(layers: int, labels: int) -> None:
    names = tuple(f"label {i}" for i in range(labels))
    overview = look_at(make_table(n_layers=layers, n_rows=30, label_names=names))
    setting = look_closer(overview, WINDOW)
    assert setting.point.n_rows == 30
    assert 1 <= setting.point.mean_exit_layer <= layers


# ------------------------------------------------------------------------------------------- files
def opened(**changes: object) -> dict[str, bytes]:
    description, arrays = table_to_bytes(make_table(n_rows=20))
    values = {**json.loads(description), **changes}
    return {"t.json": json.dumps(values).encode(), "t.safetensors": arrays}


def test_a_table_opens_again() -> None:
    table = evaluations.table_from_files([*opened().items()])
    assert np.array_equal(table.probs, make_table(n_rows=20).probs)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, r"its \.json and \.safetensors file is missing"),
        ({"a.json": b"{}"}, r"its \.safetensors file is missing, open both together"),
        ({"a.safetensors": b""}, r"its \.json file is missing"),
        ({"a.json": b"{}", "b.json": b"{}"}, "one table at a time"),
        ({"a.json": b"{}", "b.pkl": b"x"}, "got 'b.pkl'"),
        ({"a.json": b"{}", "b.safetensors": b""}, "format"),
        ({"a.json": b"\xff\xfe", "b.safetensors": b""}, "usable JSON"),
        ({"a.json": b"x" * 5_000_001, "b.safetensors": b""}, "5 MB"),
        ({**opened(), "t.safetensors": b"\x00" * 90}, "SHA-256"),
        (opened(n_layers=11), "shape"),
        (opened(label_names=["a", "b", "c"]), "shape"),
        (opened(data="../../secret"), "\\(data\\)"),
        (opened(digest="<script>"), "\\(digest\\)"),
        (opened(extra=1), "unknown field"),
    ],
)
def test_hostile_files_are_refused(files: dict[str, bytes], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        evaluations.table_from_files([*files.items()])


def test_two_tables_at_once_are_refused_even_under_one_name() -> None:
    with pytest.raises(InputError, match="one table at a time, which is two files, got 4"):
        evaluations.table_from_files([*opened().items(), *opened().items()])


def test_a_table_too_deep_to_draw_is_refused() -> None:
    with pytest.raises(InputError, match="can be drawn"):
        evaluations.drawable(make_table(n_layers=65, n_rows=3))


def test_another_folder_can_be_named(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path))
    assert evaluations.evaluation_names() == ()
    save_evaluation(make_table(n_rows=5, name="mine"), str(tmp_path))
    assert evaluations.evaluation_names() == ("mine",)
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, f"{tmp_path}/missing")
    assert evaluations.evaluation_names() == ()


# -------------------------------------------------------------------------------- on average
def test_an_average_promise_is_that_of_the_core(overview: Overview) -> None:
    for published in (True, False):
        made = average_promise(overview, 0.1, published=published)
        assert made.tuning == tune_conformal(overview.table, max_loss=0.1, conditional=published)
        assert made.n_calibration == 200
        assert made.ranked == (made.n_inconsistent if published else 200)


@pytest.mark.parametrize("published", [True, False])
def test_an_average_promise_is_refused_just_where_the_core_refuses(
    published: bool, overview: Overview
) -> None:
    for max_loss in (0.3, 0.1, 0.03, 0.01, 0.005, 0.003):
        made = average_promise(overview, max_loss, published=published)
        assert (made.tuning is None) == (made.ranked < made.ranked_needed)
        if made.tuning is None:
            with pytest.raises(InputError, match=f"needs at least {made.ranked_needed}"):
                tune_conformal(overview.table, max_loss=max_loss, conditional=published)


def test_one_row_promises_nothing_on_average() -> None:
    made = average_promise(look_at(make_table(n_rows=1)), 0.1, published=True)
    assert (made.tuning, made.n_calibration, made.ranked_needed) == (None, 0, 9)
