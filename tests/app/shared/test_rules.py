"""Cards: one name a rule, words that stay true at the ends of every setting, old links."""

from __future__ import annotations

import itertools
import operator
import re
from collections.abc import Iterator

import pytest

from app.shared import narration
from app.shared.cards import Setting, Value
from app.shared.quantities import QUANTITIES, quantity
from app.shared.rules import FAMILIES, RULES, build_policy, card, described, kinds
from app.shared.score import staves
from app.shared.state import from_query
from elbert_core.errors import InputError
from elbert_core.policies import (
    POLICIES,
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
from elbert_core.results import ExitReason, LayerTrace
from tests.app.traces import make_trace

TRACES = (
    make_trace([0.6, 0.7, 0.8, 0.85, 0.9, 0.95]),
    make_trace([0.5] * 5),
    make_trace([0.51, 0.49, 0.52, 0.48]),
    make_trace([1.0] * 4),
    make_trace([0.9999, 0.99995, 0.999999]),
    make_trace([0.32] * 6),
    make_trace(
        probs=[[0.34, 0.33, 0.33], [0.4, 0.35, 0.25], [0.1, 0.8, 0.1], [0.0, 1.0, 0.0]],
        label_names=("{a}", "b", "c"),
    ),
)
RELATIONS = {"<": operator.lt, "≤": operator.le, ">": operator.gt, "≥": operator.ge}


def ends(setting: Setting) -> tuple[Value, ...]:
    if setting.kind == "choice":
        return tuple(setting.options)
    return tuple(dict.fromkeys((setting.low, setting.default, setting.high)))


def at_the_ends(kind: str) -> Iterator[ExitPolicy]:
    settings = card(kind).settings
    for values in itertools.product(*(ends(setting) for setting in settings)):
        yield build_policy(kind, {s.name: v for s, v in zip(settings, values, strict=True)})


def readable() -> Iterator[tuple[ExitPolicy, LayerTrace]]:
    for kind in kinds():
        for policy, trace in itertools.product(at_the_ends(kind), TRACES):
            try:
                explain(policy, trace)
            except InputError:
                continue  # these records lack what the rule reads
            yield policy, trace


@pytest.fixture(scope="module")
def cases() -> list[tuple[ExitPolicy, LayerTrace]]:
    return list(readable())


def test_words_stay_true_at_the_ends_of_every_setting(
    cases: list[tuple[ExitPolicy, LayerTrace]],
) -> None:
    reasons = set()
    for policy, trace in cases:
        decision = explain(policy, trace)
        check, reason = narration.deciding_check(decision), narration.short_reason(decision)
        said = f"{policy}: {reason}"
        reasons.add(decision.reason)
        if "hardly any doubt" in reason:
            assert check
            assert check.value < 0.1, said
        if "sure enough" in reason:
            assert decision.confidence >= 0.8, said
        if "in a row agreed" in reason or "confirmed" in reason:
            assert check
            span = int(check.needed) + (quantity(check.quantity).run or 0)
            run = trace.labels[decision.exit_layer - span : decision.exit_layer]
            assert [len(run), len(set(run.tolist()))] == [span, 1], said
        whole = " ".join(
            [
                narration.why(trace, decision),
                *(narration.what_was_missing(verdict) for verdict in decision.verdicts),
            ]
        )
        assert "under 0.00" not in whole, f"{policy}: {whole}"
        assert ("test is off" in whole) <= (0.0 in policy.settings().values()), said
        for seen, bound in re.findall(
            r"entropy (\d\.\d+)(?: nats)?, needed under (\d\.\d+)", whole
        ):
            assert float(seen) >= float(bound), f"{policy}: {whole}"
        for count, bound in re.findall(r"(?:window|confirmed|steps|layer) (\d+) of (\d+)", whole):
            assert int(count) < int(bound), f"{policy}: {whole}"
    assert reasons == set(ExitReason) - {ExitReason.CONTINUE}


def test_every_sum_is_right_as_written(cases: list[tuple[ExitPolicy, LayerTrace]]) -> None:
    for policy, trace in cases:
        for verdict in explain(policy, trace).verdicts:
            text = narration.arithmetic(trace, verdict)
            sums = re.findall(r"([\d.∞]+) ([<≤>≥]) ([\d.]+)\? (yes|no)", text)
            assert len(sums) == len(verdict.checks)
            for (seen, relation, bound, answer), check in zip(sums, verdict.checks, strict=True):
                if 0 < abs(check.value - check.needed) < 1e-6:
                    continue  # as near as single precision goes
                told = RELATIONS[relation](float(seen.replace("∞", "inf")), float(bound))
                assert told == (answer == "yes") == check.met, f"{policy}: {text}"


def test_a_stage_that_is_off_is_said_to_be_off() -> None:
    trace = TRACES[0]
    off = explain(ConfidenceWindow(window_size=3, entropy_threshold=0.0), trace)
    assert narration.what_was_missing(off.verdicts[0]) == "the doubt test is off; window 1 of 3"
    assert "was not under" not in narration.why(trace, off)
    assert staves(trace, off).entropy.title.endswith("(the doubt test is off)")
    wide = explain(EntropyThreshold(1.0), make_trace([0.32] * 3))
    assert narration.short_reason(wide) == "the doubt left was under 1.00"


def test_one_name_a_rule_and_a_card_a_kind() -> None:
    assert set(kinds()) == set(POLICIES) <= set(RULES)
    everything = [*RULES.values(), *FAMILIES.values()]
    assert len({one.name for one in everything}) == len(everything)
    for one in everything:
        assert all((one.term, *(s.label and s.help for s in one.settings)))
    assert all(one.sum and one.name for one in QUANTITIES.values())


def test_a_kind_without_a_card_gets_a_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in kinds():
        full = RULES[kind]
        with monkeypatch.context() as patch:
            patch.delitem(RULES, kind)
            plain = card(kind)
            assert kind in kinds()
            assert all((plain.name, plain.term))
            assert {s.name for s in plain.settings} <= set(build_policy(kind, {}).settings())
            described(build_policy(kind, {}))
        assert card(kind) is full


@pytest.mark.parametrize(
    ("link", "policy"),
    [
        ("", ConfidenceWindow(4, 0.1)),
        ("window_size=3&entropy_threshold=0.05", ConfidenceWindow(3, 0.05)),
        (
            "policy=window&rule=stable&max_range=0.2&margin=0.1&min_layer=2",
            ConfidenceWindow(4, 0.1, rule="stable", max_range=0.2, margin=0.1, min_layer=2),
        ),
        ("policy=entropy&threshold=0.3", EntropyThreshold(0.3)),
        ("policy=entropy&threshold=1.2&unit=nats", EntropyThreshold(1.2, unit="nats")),
        ("policy=confidence", ConfidenceThreshold(0.95)),
        ("policy=patience&patience=6", Patience(6)),
        ("policy=distribution_patience&threshold=0.02", DistributionPatience(0.02, 3)),
        ("policy=fixed", FixedLayer(6)),
        ("policy=never&patience=6", NeverExit()),
    ],
)
def test_links_made_before_open_with_the_same_rule(link: str, policy: ExitPolicy) -> None:
    query = dict(part.split("=") for part in link.split("&") if part)
    assert from_query(query, ("easy",)).exit_policy() == policy
