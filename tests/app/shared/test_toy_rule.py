"""A new rule with a quantity of its own takes a class and two cards, and is found everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.shared import narration, panels
from app.shared.palette import DARK, LIGHT
from app.shared.rules import build_policy, card, described, kinds
from app.shared.score import layer_table, score, staves
from app.shared.state import InspectState, from_query, to_query
from app.tradeoff.evaluations import look_at, look_closer
from app.tradeoff.figures import tradeoff
from app.tradeoff.others import Published
from app.tradeoff.report import points_csv, report_html
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import explain
from elbert_core.policy_files import SavedPolicy, policy_from_json, policy_to_json
from tests.app import toy
from tests.app.tables import make_table
from tests.app.traces import make_trace

TRACE = make_trace([0.55, 0.7, 0.8, 0.9, 0.95])


@pytest.fixture
def lead() -> Iterator[ExitPolicy]:
    with toy.toy_rule():
        yield build_policy(toy.KIND, {})


def test_it_can_be_chosen_linked_and_saved(lead: ExitPolicy) -> None:
    assert toy.KIND in kinds()
    assert described(lead) == "a lead of 0.5"
    state = InspectState(policy=toy.KIND, values={toy.KIND: {"threshold": 0.7}})
    link = to_query(state) | {"lock": "threshold"}
    assert link["policy"] == toy.KIND
    again = from_query(link, ("easy",))
    assert again.exit_policy() == state.exit_policy() == type(lead)(threshold=0.7)  # type: ignore[call-arg]  # the toy's setting
    assert again.lock == ("threshold",)
    text = policy_to_json(SavedPolicy("mine", lead))
    assert policy_from_json(text, where="here").policy == lead


def test_its_verdict_reasons_and_sums_are_said_by_its_cards(lead: ExitPolicy) -> None:
    decision = explain(lead, TRACE)
    assert decision.exit_layer == 3
    assert narration.short_reason(decision) == "it was 0.50 ahead"
    assert narration.what_was_missing(decision.verdicts[0]) == "lead 0.10, needed 0.50"
    assert narration.why(TRACE, decision) == (
        "After layer 3 positive is ahead by 0.60, at least the 0.50 asked for."
    )
    lines = narration.arithmetic(TRACE, decision.verdicts[0])
    assert "lead = first − second = 0.10\n    0.10 ≥ 0.50? no" in lines


def test_the_figure_shows_its_quantity_with_the_bound(lead: ExitPolicy) -> None:
    decision = explain(lead, TRACE)
    strip = staves(TRACE, decision).entropy
    assert strip.title == "How far ahead is it? (at least 0.50)"
    parts = {
        part["name"]: part for part in score(TRACE, decision, cursor=1, palette=LIGHT)["layer"]
    }
    bars = parts["entropy"]["data"]["values"]
    assert [row["doubt"] for row in bars] == pytest.approx([0.1, 0.4, 0.6, 0.8, 0.9], abs=1e-4)
    assert [row["ink"] == LIGHT.bar_hit for row in bars] == [False, False, True, True, True]
    assert parts["needed_entropy"]["data"]["values"][0]["y"] == strip.y(0.5)
    assert layer_table(TRACE, decision)["Lead"] == pytest.approx([0.1, 0.4, 0.6, 0.8, 0.9])


def test_it_stands_beside_the_other_rules(lead: ExitPolicy) -> None:
    names = [name for name, _ in panels.rules(build_policy("never", {}))]
    assert toy.RULE.name in names
    assert lead in dict(panels.rules(lead)).values()


def test_it_has_a_curve_a_mark_and_a_line_in_every_table(lead: ExitPolicy) -> None:
    overview = look_at(make_table(n_rows=60))
    assert len(overview.families[toy.KIND]) == 10
    setting = look_closer(overview, lead)
    spec = tradeoff(overview, setting, Published(), palette=DARK)
    assert f"show_{toy.KIND}" in [part["name"] for part in spec["params"]]
    (cloud,) = [part for part in spec["layer"] if part["name"] == "settings"]
    mine = [row for row in cloud["data"]["values"] if row["family"] == toy.KIND]
    assert {(row["name"], row["ink"], row["shape"]) for row in mine} == {
        (toy.RULE.name, toy.RULE.mark.dark, toy.RULE.mark.shape)
    }
    assert f"\n{toy.KIND}," in points_csv(overview)
    assert f"{toy.RULE.name}. {toy.RULE.term}" in report_html(overview, setting, Published())


def test_without_cards_nothing_breaks() -> None:
    with toy.toy_rule(cards=False):
        plain = card(toy.KIND)
        assert plain.name == "Toy lead"
        assert plain.term == "Stop when the first label is far ahead of the second."
        policy = build_policy(toy.KIND, {})
        assert policy.settings()["threshold"] == 0.6  # the middle of what a sweep tries
        decision = explain(policy, TRACE)
        assert (
            narration.what_was_missing(decision.verdicts[0]) == "toy gap 0.10, needed at least 0.60"
        )
        assert narration.short_reason(decision) == "toy gap was at least 0.60"
        assert "toy gap = 0.10" in narration.arithmetic(TRACE, decision.verdicts[0])
        assert score(TRACE, decision, cursor=1, palette=LIGHT)["layer"]
