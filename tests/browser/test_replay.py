"""The rules replayed in the browser give Python's answers: golden records made here, run there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Browser

from app.shared.palette import LIGHT
from app.shared.rules import build_policy, defaults
from app.shared.stage.data import plain_signals, stage
from app.shared.stage.script import read_file, script
from elbert_core.policies import POLICIES, Energy, ExitPolicy, Signals, policy_to_dict, replay
from elbert_core.policies.explanation import explain
from tests.app.traces import make_trace
from tests.core.policy_cases import STYLES, policies, table

pytestmark = pytest.mark.browser

RULES = 500
ROWS = 10  # records of each rule

# what the script's module makes of each record, in the order given
RUN = """async ([script, cases]) => {
    const module = await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
    return cases.map(({rule, signals}) => {
        const found = module.replay(rule, signals);
        return [found.exit, found.reasons, found.checks.map(one => [one.value, one.met])];
    });
}"""


# mounts the stage as Streamlit does, in a page that holds nothing else
MOUNT = """async ([script, data]) => {
    document.body.innerHTML = '<div id="parent"><div class="hall"></div></div>';
    const module = await import(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
    const parentElement = document.getElementById("parent");
    module.default({data, parentElement, setTriggerValue: () => {}});
    await new Promise(done => setTimeout(done, 300));
    const grips = [...document.querySelectorAll(".grip")].filter(grip => !grip.hidden);
    const says = document.querySelector(".says").textContent;
    return [says, grips.length, parentElement.clientHeight];
}"""


def a_rule_each() -> list[ExitPolicy]:
    """Rules with all sorts of settings, the same ones on every run."""
    found: list[ExitPolicy] = []

    @settings(
        max_examples=RULES, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(policies())
    def collect(policy: ExitPolicy) -> None:
        found.append(policy)

    collect()
    bounds = np.geomspace(1e-4, 1, 40)
    return [*found, *(Energy(float(bound), min_layer=1 + i % 3) for i, bound in enumerate(bounds))]


def record(seed: int) -> Signals:
    """Probabilities of any depth and number of labels, and logits that they could come from."""
    rng = np.random.default_rng(seed)
    layers, labels = int(rng.integers(1, 25)), int(rng.integers(2, 7))
    probs = table(seed, layers=layers, rows=ROWS, labels=labels, style=STYLES[seed % len(STYLES)])
    logits = np.log(np.maximum(probs, 1e-6)) + rng.normal(size=(layers, ROWS, 1)).astype("float32")
    return Signals(probs, extras={"logits": logits})


def expected(policy: ExitPolicy, signals: Signals, row: int) -> list[Any]:
    one = signals.take(slice(row, row + 1))
    reasons = policy.reasons(one)[:, 0].tolist()
    found = replay(policy, one)
    reasons[-1] = reasons[-1] or 7
    checks = [
        [[float(v) for v in check.value[:, 0]], check.met[:, 0].tolist()]
        for check in policy.checks(one)
    ]
    return [int(found.exit_layer[0]), reasons, checks]


def test_every_rule_gives_pythons_answer_in_the_browser(chromium: Browser) -> None:
    rules = a_rule_each()
    ours = {kind for kind, one in POLICIES.items() if one.__module__.startswith("elbert_core.")}
    assert {rule.kind for rule in rules} == ours
    cases, wanted = [], []
    for seed, policy in enumerate(rules):
        signals = record(seed)
        for row in range(ROWS):
            cases.append({"rule": policy_to_dict(policy), "signals": plain_signals(signals, row)})
            wanted.append(expected(policy, signals, row))
    assert len(cases) >= 5000
    page = chromium.new_page()
    found = page.evaluate(RUN, [read_file("replay.js"), cases])
    page.close()
    wrong = [
        (case["rule"], got, want)
        for case, got, want in zip(cases, found, wanted, strict=True)
        if got != want
    ]
    assert not wrong, (len(wrong), wrong[0])
    assert len({want[0] for want in wanted}) > 10, "records that leave at many layers"


def drawn(kind: str, **changes: object) -> dict[str, Any]:
    trace = make_trace()
    decision = explain(build_policy(kind, defaults(kind)), trace)
    return {**asdict(stage(trace, decision, at=decision.exit_layer, palette=LIGHT)), **changes}


def test_a_rule_that_is_not_known_there_is_shown_as_python_decided_it(chromium: Browser) -> None:
    page = chromium.new_page()
    faults: list[object] = []
    page.on("pageerror", lambda error: faults.append(error))
    data = drawn("entropy")
    says, grips, _ = page.evaluate(MOUNT, [script(), data])
    assert (says, grips) == (data["says"][data["exit"] - 1], 1)
    data = drawn("entropy", rule={"kind": "toy", "min_layer": 1, "threshold": 0.1})
    says, grips, height = page.evaluate(MOUNT, [script(), data])
    assert (says, grips) == (data["says"][data["exit"] - 1], 0)
    assert height > 100
    assert not faults
    page.close()


def test_where_it_cannot_be_drawn_it_takes_no_room(chromium: Browser) -> None:
    page = chromium.new_page()
    _, _, height = page.evaluate(MOUNT, [script(), drawn("entropy", probs=None)])
    assert height == 0
    page.close()
