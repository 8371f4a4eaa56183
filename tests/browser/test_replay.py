"""The rules replayed in the browser give Python's answers: golden records made here, run there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from playwright.sync_api import Browser

from app.shared.stage.data import plain_signals
from app.shared.stage.script import read_file
from elbert_core.policies import POLICIES, Energy, ExitPolicy, Signals, policy_to_dict, replay
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
    assert {type(rule) for rule in rules} == set(POLICIES.values())
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
