"""Rules under a name: promised on the Trade-off page, opened from files, used on every page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.shared import saved_rules
from app.shared import wording_rules as words
from app.shared.state import InspectState
from app.tradeoff import evaluations
from app.tradeoff import words_promise as promised
from app.tradeoff.evaluations import look_at
from app.tradeoff.promises import average_promise
from elbert_core.errors import InputError
from elbert_core.evaluation.calibration import tune
from elbert_core.evaluation.tables import EvaluationTable, save_evaluation
from elbert_core.policies import (
    ConfidenceThreshold,
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    Patience,
)
from elbert_core.policy_files import (
    SavedPolicy,
    load_saved_policy,
    policy_to_json,
    save_policy,
)
from tests.app.tables import make_table
from tests.pages import driver
from tests.pages.conftest import OpenApp

PAGE = "app/tradeoff/page.py"
INSPECT = "app/inspect/page.py"
COMPARE = "app/compare/page.py"
pytestmark = pytest.mark.usefixtures("without_model")


@pytest.fixture(scope="module")
def table() -> EvaluationTable:
    return make_table(n_rows=300)


@pytest.fixture
def tables(table: EvaluationTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    save_evaluation(table, tmp_path / "evaluations")
    monkeypatch.setenv(evaluations.EVALUATIONS_VARIABLE, str(tmp_path / "evaluations"))
    return tmp_path


def in_use(app: AppTest) -> ExitPolicy:
    policy: ExitPolicy = driver.visit(app).asked.exit_policy()
    return policy


def remembered(app: AppTest) -> dict[str, SavedPolicy]:
    kind = saved_rules.SavedRules
    found: dict[str, SavedPolicy] = app.session_state[f"{kind.__module__}.{kind.__name__}"].rules
    return found


def go(app: AppTest, page: str) -> AppTest:
    app.switch_page(page).run()
    assert not app.exception, app.exception
    return app


def open_file(app: AppTest, content: str | bytes) -> AppTest:
    data = content.encode() if isinstance(content, str) else content
    app.file_uploader(key=saved_rules.FILE).upload("rule.json", data).run()
    assert not app.exception, app.exception
    return app


# ------------------------------------------------------------------------------------------- files
@pytest.mark.parametrize(
    "policy",
    [
        ConfidenceWindow(5, 0.02, margin=0.2, rule="stable", max_range=0.02),
        ConfidenceThreshold(0.9065, min_layer=2),
        EntropyThreshold(0.3, unit="nats"),
        Patience(2),
    ],
    ids=lambda policy: policy.kind,
)
def test_an_opened_rule_is_the_rule_of_every_page(policy: ExitPolicy, open_app: OpenApp) -> None:
    app = open_file(open_app(), policy_to_json(SavedPolicy("mine", policy)))
    assert in_use(app) == policy
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == policy.kind
    assert words.IN_USE.format(name="mine") in driver.shown_text(app)
    go(app, COMPARE)
    assert app.selectbox(key=driver.key(app, "inspect.policy")).value == policy.kind
    assert app.selectbox(key=driver.key(app, saved_rules.PICK)).value == "mine"
    assert in_use(app) == policy


GOOD = json.loads(policy_to_json(SavedPolicy("mine", EntropyThreshold(0.1))))
TOO_FINE = {"kind": "confidence", "threshold": 0.98765, "min_layer": 1}
TOO_DEEP = {"kind": "patience", "patience": 60, "min_layer": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "usable JSON"),
        (b"\xff\xfe{}", "usable JSON"),
        (b"[" * 9000, "nested|usable JSON"),
        (b"x" * 30_000, "at most 20000 bytes"),
        (json.dumps({**GOOD, "format": "elbert-policy/9"}), "one of elbert-policy/1"),
        (json.dumps({**GOOD, "extra": 1}), "unknown field"),
        (json.dumps({**GOOD, "name": "\ud800"}), "usable JSON"),
        (json.dumps({**GOOD, "policy": {"kind": "__import__"}}), "policy kind must be one of"),
        (json.dumps({**GOOD, "policy": TOO_FINE}), "four decimals"),
        (json.dumps({**GOOD, "policy": TOO_DEEP}), "layers up to"),
        (
            json.dumps({**GOOD, "guarantee": {"risk": "none"}}),
            "Expected one of",
        ),
    ],
)
def test_a_damaged_or_hostile_file_is_one_clear_line(
    content: str | bytes, reason: str, open_app: OpenApp
) -> None:
    app = open_app()
    before = in_use(app)
    open_file(app, content)
    assert in_use(app) == before
    (said,) = [str(one.value).replace("\\", "") for one in app.warning]
    assert said.startswith(words.BAD_FILE.split("{", maxsplit=1)[0])
    assert any(part in said for part in reason.split("|")), said
    assert "\n" not in said
    assert len(said) < 450
    open_file(app, policy_to_json(SavedPolicy("mine", Patience(2))))
    assert not app.warning
    assert in_use(app) == Patience(2)


def test_a_hostile_name_stays_a_short_text(open_app: OpenApp) -> None:
    nasty = "<img src=x onerror=alert(1)>\u202e:red[x]" * 20
    app = open_file(open_app(), policy_to_json(SavedPolicy(nasty, Patience(2))))
    assert "\u202e" not in driver.shown_text(app)
    assert not [one for one in [*app.markdown, *app.caption] if "onerror" in str(one.value)]
    (name,) = app.selectbox(key=driver.key(app, saved_rules.PICK)).options
    assert len(name) <= saved_rules.MAX_NAME + 10


def test_a_link_that_fixes_the_rule_offers_no_other(open_app: OpenApp) -> None:
    for lock, offered in (("policy", 0), ("window_size", 0), ("sentence", 1)):
        app = open_app(lock=lock)
        assert len([f for f in app.file_uploader if f.key == saved_rules.FILE]) == offered


@pytest.mark.usefixtures("tables")
def test_a_link_that_fixes_the_rule_fixes_it_on_the_trade_off_page_too(open_app: OpenApp) -> None:
    app = go(open_app(lock="policy", policy="patience", patience="3"), PAGE)
    app.run()  # the rest of the page comes a moment after the first part
    assert [box.disabled for box in app.selectbox if box.key.startswith("tradeoff.family")] == [
        True
    ]
    assert [box.disabled for box in app.selectbox if box.key.startswith("tradeoff.point")] == [True]
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    assert app.button(key="tradeoff.use").disabled
    assert driver.visit(app).asked.exit_policy() == Patience(3)


def test_a_rule_is_taken_as_it_is_or_not_at_all() -> None:
    state = InspectState()
    before = state.exit_policy()
    for policy in (ConfidenceThreshold(0.12345), Patience(40), ConfidenceWindow(30, 0.1)):
        with pytest.raises(InputError):
            saved_rules.adopt(state, policy)
        assert state.exit_policy() == before
    saved_rules.adopt(state, ConfidenceThreshold(0.1234))
    assert state.exit_policy() == ConfidenceThreshold(0.1234)


# ----------------------------------------------------------------------------------------- promises
@pytest.mark.usefixtures("tables")
def test_a_promised_setting_is_offered_by_its_name(
    open_app: OpenApp, table: EvaluationTable, tmp_path: Path
) -> None:
    app = go(open_app(), PAGE)
    app.run()  # the rest of the page comes a moment after the first part
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    tuning = tune(table, max_loss=0.05, confidence=0.95)
    (box,) = [one for one in app.text_input if one.label == promised.NAME_LABEL]
    assert box.value == promised.promise_name(tuning)
    box.set_value("careful").run()
    app.button(key="tradeoff.use").click().run()
    assert not app.exception
    assert in_use(app) == tuning.policy

    go(app, INSPECT)
    assert app.selectbox(key=driver.key(app, saved_rules.PICK)).value == "careful"
    said = driver.shown_text(app)
    assert words.IN_USE.format(name="careful") in said
    assert "at most 5 in 100" in said
    assert words.OTHER_MODEL in said  # the stored example was read by another model
    app.selectbox(key=driver.key(app, "inspect.policy")).set_value("never").run()
    assert app.selectbox(key=driver.key(app, saved_rules.PICK)).value is None
    app.selectbox(key=driver.key(app, saved_rules.PICK)).set_value("careful").run()
    assert in_use(app) == tuning.policy

    # the file is one that the core reads again
    saved = remembered(app)["careful"]
    assert saved == SavedPolicy("careful", tuning.policy, tuning.guarantee(table))
    path = save_policy(
        saved.policy, tmp_path / "x.json", name=saved.name, guarantee=saved.guarantee
    )
    assert load_saved_policy(path) == saved


@pytest.mark.usefixtures("tables")
def test_the_conformal_promise_stands_beside_the_other(
    open_app: OpenApp, table: EvaluationTable
) -> None:
    app = go(open_app(), PAGE)
    app.run()  # the rest of the page comes a moment after the first part
    app.radio(key=driver.key(app, "tradeoff.method")).set_value("conformal").run()
    assert not app.exception, app.exception
    overview = look_at(table)
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(10.0).run()
    for published in (True, False):
        app.checkbox(key=driver.key(app, "tradeoff.as_published")).set_value(published).run()
        made = average_promise(overview, 0.1, published=published)
        assert made.tuning is not None
        text = driver.shown_text(app)
        assert promised.average_promise(made, made.tuning) in text
        assert "on average" in text
        assert promised.AVERAGE_WHAT in [str(one.value) for one in app.caption]
    app.button(key="tradeoff.use").click().run()
    assert in_use(app) == made.tuning.policy
    kept = next(iter(remembered(app).values()))
    assert kept.guarantee is not None
    assert (kept.guarantee.method, kept.guarantee.confidence) == ("conformal", None)

    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(0.5).run()
    app.checkbox(key=driver.key(app, "tradeoff.as_published")).set_value(True).run()
    refused = average_promise(overview, 0.005, published=True)
    assert refused.tuning is None
    assert promised.average_refusal(refused) in [str(one.value) for one in app.info]
    assert not [button for button in app.button if button.key == "tradeoff.use"]


@pytest.mark.usefixtures("tables")
def test_a_question_changes_by_a_visitor_only(open_app: OpenApp) -> None:
    app = go(open_app(), PAGE)
    app.run()  # the rest of the page comes a moment after the first part
    app.select_slider(key=driver.key(app, "tradeoff.loss")).set_value(5.0).run()
    app.select_slider(key=driver.key(app, "tradeoff.confidence")).set_value(0.9).run()
    app.radio(key=driver.key(app, "tradeoff.risk")).set_value("accuracy").run()
    # as a run does that a second click cuts short: widgets come back at other values
    app.session_state[driver.key(app, "tradeoff.loss")] = 0.5
    app.session_state[driver.key(app, "tradeoff.confidence")] = 0.8
    app.session_state[driver.key(app, "tradeoff.risk")] = "disagreement"
    app.session_state[driver.key(app, "tradeoff.family")] = "never"
    app.run()
    assert not app.exception

    def asked() -> tuple[object, ...]:
        return (
            app.select_slider(key=driver.key(app, "tradeoff.loss")).value,
            app.select_slider(key=driver.key(app, "tradeoff.confidence")).value,
            app.radio(key=driver.key(app, "tradeoff.risk")).value,
            app.selectbox(key=driver.key(app, "tradeoff.family")).value,
        )

    assert asked() == (5.0, 0.9, "accuracy", "window")
    go(go(app, "app/about.py"), PAGE)
    assert asked() == (5.0, 0.9, "accuracy", "window")


def test_a_promise_of_the_model_on_the_page_is_not_doubted(
    open_app: OpenApp, table: EvaluationTable
) -> None:
    app = open_app()
    trace = driver.visit(app).shown.trace
    mine = replace(table, checkpoint=trace.checkpoint, digest=trace.digest)
    tuning = tune(mine, max_loss=0.05)
    saved = SavedPolicy("mine", tuning.policy, tuning.guarantee(mine))
    open_file(app, policy_to_json(saved))
    assert words.OTHER_MODEL not in driver.shown_text(app)
