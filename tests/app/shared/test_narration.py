"""The decision in words: right numbers, for every policy and every reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.inspect import words
from app.inspect.panels import why_not
from app.shared import narration, sheet
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
from tests.app.traces import make_trace

WINDOW = ConfidenceWindow(window_size=4, entropy_threshold=0.1)


def test_the_verdict_of_a_window() -> None:
    decision = explain(WINDOW, make_trace([0.6, 0.7, 0.8, 0.85, 0.9, 0.9]))
    assert narration.verdict(decision) == (
        "positive, 85 % sure: left after layer 4 of 6, four layers in a row agreed."
    )


def test_the_verdict_of_a_steady_window_says_how_steady() -> None:
    policy = ConfidenceWindow(2, 0.0, rule="stable", max_range=0.05)
    decision = explain(policy, make_trace([0.6, 0.7, 0.8, 0.84, 0.9]))
    assert (
        narration.short_reason(decision) == "two layers in a row agreed, within 0.05 of each other"
    )
    alone = explain(replace(policy, window_size=1), make_trace([0.6, 0.7, 0.8]))
    assert narration.short_reason(alone) == "this layer took a side"


def test_why_not_earlier_names_every_condition_with_its_numbers() -> None:
    decision = explain(WINDOW, make_trace([0.6, 0.944, 0.8, 0.85]))
    assert narration.what_was_missing(decision.verdicts[1]) == (
        "entropy 0.31, needed under 0.10; window 2 of 4"
    )


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (WINDOW, "fills the window of 4"),
        (
            ConfidenceWindow(window_size=3, entropy_threshold=0.0, rule="stable"),
            "The doubt test is off. The confidence moved by 0.10 in it",
        ),
        (EntropyThreshold(0.6), "under the 0.60 that counts as sure"),
        (EntropyThreshold(0.4, unit="nats"), "counts as sure"),
        (ConfidenceThreshold(0.82), "above the 0.82 asked for"),
        (Patience(2), "the next two layers said so too"),
        (DistributionPatience(0.02, 2), "Up to layer 3 the last two steps were small"),
        (FixedLayer(3), "stops every sentence after layer 3"),
        (NeverExit(), "never stops early"),
        (ConfidenceThreshold(1.0), "Even there the rule was not satisfied"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_why_speaks_of_the_rule_in_use(policy: ExitPolicy, expected: str) -> None:
    trace = make_trace([0.6, 0.7, 0.8, 0.85, 0.9, 0.95])
    assert expected in narration.why(trace, explain(policy, trace))


def test_too_early_is_said() -> None:
    trace = make_trace([0.999] * 4)
    decision = explain(EntropyThreshold(0.5, min_layer=3), trace)
    assert decision.exit_layer == 3
    assert narration.what_was_missing(decision.verdicts[0]) == "too early for this rule"


def test_the_table_says_what_happens_at_each_layer() -> None:
    decision = explain(FixedLayer(2), make_trace())
    outcomes = [narration.layer_outcome(verdict, decision) for verdict in decision.verdicts]
    assert outcomes[0] == "goes on: layer 1 of 2"
    assert outcomes[1].startswith("stops")
    assert set(outcomes[2:]) == {"not needed"}


def test_full_depth_says_when_the_answer_changed() -> None:
    trace = make_trace([0.2, 0.3, 0.6])
    assert "changed the answer" in narration.full_depth(explain(FixedLayer(1), trace))
    same = explain(FixedLayer(1), make_trace([0.7, 0.8]))
    assert "cost nothing" in narration.full_depth(same)
    assert "did read to full depth" in narration.full_depth(explain(NeverExit(), trace))


def test_savings_are_counted_against_full_depth() -> None:
    decision = explain(FixedLayer(2), make_trace([0.5, 0.6, 0.7, 0.8]))
    assert words.saves(decision) == "Saves 2 of 4 layers (50 %)."
    layers, macs, (_, percent, detail, _) = words.savings(decision)
    assert layers[1:3] == ("50 %", "2 of 4")
    assert macs[1:3] == ("50 %", "2.0 of 4.0 million")
    assert detail.endswith(" ms")
    assert percent.endswith(" %")


@pytest.mark.parametrize(
    ("confidence", "said"),
    [(0.5, "50 % sure"), (0.944, "94 % sure"), (0.9962, "99.6 % sure"), (1.0, "over 99.9 % sure")],
)
def test_sure_never_claims_certainty(confidence: float, said: str) -> None:
    assert narration.sure(confidence) == said


def test_numbers_close_to_their_bound_are_told_apart() -> None:
    decision = explain(ConfidenceThreshold(0.9), make_trace([0.8999]))
    assert narration.what_was_missing(decision.verdicts[0]) == (
        "probability 0.8999, needed above 0.9000"
    )


def test_the_arithmetic_has_this_sentences_numbers() -> None:
    trace = make_trace([0.2, 0.9])
    lines = narration.arithmetic(trace, explain(WINDOW, trace).verdicts[1])
    assert "0.1000·ln 0.1000 + 0.9000·ln 0.9000" in lines
    assert "÷ ln 2 = 0.47" in lines
    assert "0.47 < 0.10? no" in lines
    assert "1 ≥ 4? no" in lines


def test_mind_changes_are_counted_up_to_the_exit() -> None:
    trace = make_trace([0.6, 0.4, 0.6, 0.4])
    assert "twice" in words.flips(trace, explain(FixedLayer(3), trace))
    assert "never" in words.flips(trace, explain(FixedLayer(1), trace))


def test_label_names_are_escaped_in_html() -> None:
    trace = make_trace(label_names=("<b onclick=x>", "<img src=x>"))
    decision = explain(WINDOW, trace)
    for html in map(str, (sheet.verdict(decision), why_not(trace, decision))):
        assert "<img" not in html
        assert "<b onclick" not in html
        assert "&lt;" in html
