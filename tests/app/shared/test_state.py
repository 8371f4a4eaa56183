"""Links: what a state writes it reads again, and a hostile link harms nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shared.cards import Setting
from app.shared.rules import build_policy, card, defaults, kinds
from app.shared.state import (
    DEFAULT_POLICY,
    DEFAULT_PRESET,
    InspectState,
    from_query,
    to_query,
)
from app.shared.text import MAX_CHARS
from elbert_core.evaluation.sweeps import policy_grids
from elbert_core.policies import (
    POLICIES,
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    policy_from_dict,
    policy_to_dict,
)

PRESETS = ("easy", "hard")
NAMES = sorted({s.name for kind in kinds() for s in card(kind).settings})
KEYS = [*NAMES, "policy", "text", "preset", "checkpoint", "device", "lock", "v", "__proto__"]

nasty = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["nan", "inf", "-inf", "1e400", "-1", "0", "1", "99999999999999999999", "0x10", "1_0", "４"]
    ),
    st.sampled_from(["../../etc/passwd", "<script>", "window", "never", "easy", "cuda", "agree"]),
    st.floats().map(str),
)


@given(st.dictionaries(st.sampled_from(KEYS), nasty))
def test_no_link_can_break_the_page(query: dict[str, str]) -> None:
    state = from_query(query, PRESETS)
    policy = state.exit_policy()  # always a policy that the core accepts
    assert policy.kind == state.policy
    assert state.preset in (None, *PRESETS)
    assert (state.preset is None) == bool(state.text)
    assert state.device in ("", "cpu", "cuda")
    for setting in card(state.policy).settings:
        assert setting.fit(state.settings()[setting.name]) == state.settings()[setting.name]


@given(st.dictionaries(st.sampled_from(KEYS), nasty))
def test_reading_a_link_twice_gives_the_same(query: dict[str, str]) -> None:
    once = from_query(query, PRESETS)
    written = to_query(once)
    again = from_query(written, PRESETS)
    assert to_query(again) == written
    assert again.exit_policy() == once.exit_policy()
    assert (again.preset, again.text) == (once.preset, once.text)


def settings_of(kind: str) -> st.SearchStrategy[dict[str, object]]:
    def values(setting: Setting) -> st.SearchStrategy[object]:
        if setting.kind == "choice":
            return st.sampled_from(list(setting.options))
        if setting.kind == "int":
            return st.integers(int(setting.low), int(setting.high))
        steps = round((setting.high - setting.low) / setting.step)
        return st.integers(0, steps).map(lambda n: round(setting.low + n * setting.step, 4))

    return st.fixed_dictionaries({s.name: values(s) for s in card(kind).settings})


@pytest.mark.parametrize("kind", kinds())
def test_every_setting_survives_the_link(kind: str) -> None:
    @given(settings_of(kind))
    def check(values: dict[str, object]) -> None:
        state = InspectState(policy=kind, values={kind: dict(values)})  # type: ignore[arg-type]
        assert from_query(to_query(state), PRESETS).settings() == values

    check()


@pytest.mark.parametrize("kind", kinds())
def test_the_schema_fits_the_policies(kind: str) -> None:
    policy = build_policy(kind, defaults(kind))
    stored = policy_to_dict(policy)
    names = {s.name for s in card(kind).settings}
    assert names <= set(stored)
    assert set(stored) - names - {"kind"} <= {"min_layer"}  # fixed and never have no use for it
    assert policy_from_dict(stored) == policy


def test_every_policy_of_the_core_can_be_chosen() -> None:
    assert set(kinds()) == set(POLICIES)


RECOMMENDED = ConfidenceWindow(2, 0.5, rule="stable", margin=0.15, max_range=0.02)
TYPED = build_policy("window", {"window_size": 3})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, RECOMMENDED),  # as links of before that had no parameters
        ({"preset": "hard", "lock": "policy"}, RECOMMENDED),
        ({"policy": "window"}, build_policy("window", {})),
        ({"window_size": "3"}, TYPED),  # as links of before, which did not name the window
        ({"policy": "never"}, policy_from_dict({"kind": "never"})),
        ({"policy": "magic", "text": "a"}, RECOMMENDED),
    ],
)
def test_a_link_that_names_no_rule_asks_for_the_recommended_one(
    query: dict[str, str], expected: ExitPolicy
) -> None:
    state = from_query(query, PRESETS)
    state.follow(RECOMMENDED)
    assert state.exit_policy() == expected
    again = from_query(to_query(state), PRESETS)
    again.follow(RECOMMENDED)
    assert again.exit_policy() == expected


def test_the_rule_follows_the_model_until_one_is_chosen() -> None:
    state = InspectState()
    for recommended in (RECOMMENDED, EntropyThreshold(0.3), None, RECOMMENDED):
        state.follow(recommended)
        assert state.exit_policy() == (recommended or ConfidenceWindow(4, 0.1))
        assert to_query(state) == {}
    assert state.adopt(TYPED)
    state.follow(EntropyThreshold(0.3))
    assert state.exit_policy() == TYPED
    assert to_query(state) == {"policy": "window", "window_size": "3"}


def test_a_recommended_rule_that_the_controls_cannot_hold_is_not_used_by_halves() -> None:
    state = InspectState()
    state.follow(EntropyThreshold(0.123456))
    assert state.exit_policy() == ConfidenceWindow(4, 0.1)
    assert not state.adopt(EntropyThreshold(0.123456))


def test_without_a_recommended_rule_the_default_is_the_papers() -> None:
    assert InspectState().exit_policy() == ConfidenceWindow(
        window_size=4, entropy_threshold=0.1, rule="agree"
    )
    assert to_query(InspectState()) == {}
    assert from_query({}, PRESETS).preset == DEFAULT_PRESET


def test_a_link_may_fix_controls_and_nothing_else() -> None:
    state = from_query({"lock": "policy,window_size,__class__,../x,policy"}, PRESETS)
    assert state.lock == ("policy", "window_size")
    assert to_query(state) == {"lock": "policy,window_size"}


def test_a_sentence_in_the_link_wins_over_a_preset() -> None:
    state = from_query({"text": "a film", "preset": "hard"}, PRESETS)
    assert (state.preset, state.text) == (None, "a film")


def test_a_link_without_the_sentence_has_everything_else() -> None:
    state = InspectState(preset=None, text="secret words", policy="never")
    assert to_query(state)["text"] == "secret words"
    assert to_query(state, with_text=False) == {"policy": "never"}


def test_an_endless_sentence_is_cut_but_still_too_long() -> None:
    state = from_query({"text": "x" * 100_000}, PRESETS)
    assert len(state.text) == MAX_CHARS + 1


@pytest.mark.parametrize(
    ("name", "raw"),
    [("window_size", "0"), ("window_size", "2.5"), ("window_size", "25"), ("margin", "0.5")]
    + [("entropy_threshold", raw) for raw in ("nan", "-0.1", "1.1", "1e999", "", "a", "0" * 50)],
)
def test_a_value_out_of_range_falls_back(name: str, raw: str) -> None:
    state = from_query({name: raw}, PRESETS)
    assert state.settings()[name] == defaults(DEFAULT_POLICY)[name]


def test_an_entropy_threshold_in_nats_may_exceed_one_and_a_share_may_not() -> None:
    assert (
        build_policy("entropy", {"threshold": 1.4, "unit": "nats"}).settings()["threshold"] == 1.4
    )
    share = build_policy("entropy", {"threshold": 1.4, "unit": "normalised"})
    assert share.settings()["threshold"] == 1.0


def test_fit_refuses_what_is_no_number() -> None:
    setting = card("window").settings[1]
    assert setting.fit(math.nan) == setting.default
    assert setting.fit("0.5") == setting.default


@pytest.mark.parametrize("layers", [2, 6, 12, 24])
def test_every_setting_of_the_sweeps_fits_the_pages_and_their_links(layers: int) -> None:
    for family in policy_grids(layers, 3, having={"logits"}).values():
        for policy in family:
            state = InspectState(policy=policy.kind)
            state.values[policy.kind] = dict(policy.settings())
            assert state.exit_policy() == policy
            assert from_query(to_query(state), PRESETS).exit_policy() == policy
