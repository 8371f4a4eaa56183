"""The lessons: they fit their schema, their claims are true, and their texts can be filled in."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest

from app.learn.words import facts, fill, outcome, paragraphs, record
from app.shared.claims import CHECKS, Scene, holds
from app.shared.lessons import FOLDER, Lesson, lesson_names, load_lesson, parse_lesson, trace_path
from app.shared.presets import load_preset, names_of
from app.shared.race import ends
from app.shared.resources import HOME
from app.shared.rules import card
from app.shared.text import check_text
from elbert_core.errors import InputError
from elbert_core.policies import EntropyThreshold, FixedLayer, NeverExit, policy_to_dict
from elbert_core.policies.explanation import explain
from tests.app.traces import make_trace

LESSONS = lesson_names()
STEPS = [
    (name, number) for name in LESSONS for number in range(1, len(load_lesson(name).steps) + 1)
]


def others(lesson: Lesson, number: int) -> tuple[Scene, Scene | None]:
    step = lesson.steps[number - 1]
    scene = lesson.scene(step)
    return scene, scene.other(step.beside) if step.beside else None


def test_the_threshold_to_be_found_is_neither_end_of_the_slider() -> None:
    lesson = load_lesson("threshold")
    scene = lesson.scene(lesson.steps[2])
    settings = [0.01 * step for step in range(1, 101)]
    rights = [explain(EntropyThreshold(value), scene.trace).agrees_with_full for value in settings]
    loosest = max(value for value, right in zip(settings, rights, strict=True) if right)
    assert loosest == pytest.approx(0.87)
    assert rights == [value <= loosest for value in settings]


def test_no_step_asks_what_the_lesson_has_shown_already() -> None:
    for name in LESSONS:
        shown: set[tuple[str, str]] = set()
        for step in load_lesson(name).steps:
            asked = (step.sentence, json.dumps(step.rule, sort_keys=True))
            assert not (step.ask and asked in shown), f"{name}: {step.title}"
            beside = step.beside.get("sentence", step.sentence)
            rule = json.dumps(step.beside.get("policy", step.rule), sort_keys=True)
            shown |= {asked, (beside, rule)}


def test_there_are_enough_lessons() -> None:
    assert len(LESSONS) >= 6
    assert len(set(LESSONS)) == len(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_asks_at_least_one_prediction(name: str) -> None:
    assert any(step.ask for step in load_lesson(name).steps)


@pytest.mark.parametrize("name", LESSONS)
def test_every_sentence_has_its_trace_and_could_be_typed(name: str) -> None:
    lesson = load_lesson(name)
    for key, text in lesson.sentences.items():
        assert check_text(text).problem is None
        assert lesson.traces[key].text == text
        assert not lesson.traces[key].truncated


def test_all_lessons_and_presets_come_from_one_model() -> None:
    digests = {t.digest for name in LESSONS for t in load_lesson(name).traces.values()}
    digests |= {load_preset(name).digest for name in names_of(HOME)}
    assert len(digests) == 1


def test_no_trace_is_left_over() -> None:
    wanted = {
        trace_path(FOLDER, name, key).name
        for name in LESSONS
        for key in load_lesson(name).sentences
    }
    assert {path.name for path in (FOLDER / "traces").glob("*.json")} == wanted


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_every_claim_of_every_step_is_true(name: str, number: int) -> None:
    lesson = load_lesson(name)
    scene, _ = others(lesson, number)
    for claim in lesson.steps[number - 1].claims:
        assert holds(claim, scene), f"{name}, step {number}: {json.dumps(claim)} is not true"


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_every_text_can_be_filled_in_and_says_something(name: str, number: int) -> None:
    lesson = load_lesson(name)
    scene, other = others(lesson, number)
    step = lesson.steps[number - 1]
    shown = paragraphs(step.text, scene, other)
    shown += paragraphs(step.after, scene, other)
    assert shown
    for text in shown:
        assert not re.search(r"[{}]", text)
    # also the paragraphs that do not hold now must be able to be shown one day
    for paragraph in (*step.text, *step.after):
        text = paragraph if isinstance(paragraph, str) else paragraph.text
        fill(text, facts(scene, other))
    if step.ask:
        assert step.after
        assert step.peek < scene.trace.n_layers


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_no_step_shows_the_exit_before_it_asks(name: str, number: int) -> None:
    lesson = load_lesson(name)
    step = lesson.steps[number - 1]
    if step.ask:
        text = " ".join(p if isinstance(p, str) else p.text for p in step.text)
        assert not re.search(r"\{(exit|verdict|why|saved|speed_up)", text)


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_what_a_reader_may_move_has_a_slider(name: str, number: int) -> None:
    step = load_lesson(name).steps[number - 1]
    if step.control:
        known = {s.name: s for s in card(step.policy.kind).settings}
        value = step.policy.settings()[step.control]
        assert known[step.control].fit(value) == value


# ------------------------------------------------------------------------------------------ schema
def a_lesson() -> dict[str, Any]:
    return {
        "format": "elbert-lesson/1",
        "title": "T",
        "summary": "S",
        "sentences": {"one": "A film."},
        "steps": [
            {
                "title": "Step",
                "text": ["Text", {"if": {"exit_layer": 1}, "text": "If"}],
                "sentence": "one",
                "policy": {"kind": "never"},
            }
        ],
    }


def test_a_plain_lesson_is_taken() -> None:
    lesson = parse_lesson("plain", json.dumps(a_lesson()).encode())
    assert lesson.steps[0].policy == NeverExit()


def changed(where: tuple[Any, ...], value: Any) -> dict[str, Any]:
    lesson = copy.deepcopy(a_lesson())
    place: Any = lesson
    for key in where[:-1]:
        place = place[key]
    place[where[-1]] = value
    return lesson


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("format",), "elbert-lesson/2"),
        (("extra",), 1),
        (("title",), ""),
        (("sentences",), {}),
        (("sentences",), {"../x": "A film."}),
        (("steps",), []),
        (("steps", 0, "sentence"), "two"),
        (("steps", 0, "policy"), {"kind": "magic"}),
        (("steps", 0, "policy"), {"kind": "fixed", "layer": 0}),
        (("steps", 0, "figure"), "film"),
        (("steps", 0, "figure"), "pair"),
        (("steps", 0, "beside"), {"sentence": "one"}),
        (("steps", 0, "ask"), "yes"),
        (("steps", 0, "peek"), -1),
        (("steps", 0, "cursor"), 0),
        (("steps", 0, "control"), "threshold"),
        (("steps", 0, "claims"), [{"nonsense": 1}]),
        (("steps", 0, "text"), "Text"),
        (("steps", 0, "text"), [{"if": {"exit_layer": 1}}]),
        (("steps", 0, "text"), ["Text", {"if": {"nonsense": 1}, "text": "If"}]),
        (("steps", 0, "html"), "<b>"),
    ],
)
def test_what_is_no_lesson_is_refused(where: tuple[Any, ...], value: Any) -> None:
    with pytest.raises(InputError):
        parse_lesson("wrong", json.dumps(changed(where, value)).encode())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "no usable JSON"),
        (b"{", "no usable JSON"),
        (b"\xff", "no usable JSON"),
        (b"[]", "Expected object"),
        (b'{"format": "elbert-lesson/1", "format": "elbert-lesson/1"}', "named once"),
        (b" " * 60_001, "at most 60000 bytes"),
        (json.dumps(changed(("steps", 0, "sentence"), "two")).encode(), "sentence must be one of"),
        (json.dumps(changed(("sentences",), {"../x": "A"})).encode(), "key in .*sentences"),
        (json.dumps(changed(("steps", 0, "peek"), True)).encode(), r"steps\[0\]\.peek.*got bool"),
        (json.dumps(changed(("steps", 0, "beside"), {"path": "/"})).encode(), "beside must be"),
    ],
    ids=range(10),
)
def test_a_damaged_lesson_is_one_line_that_names_it(raw: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        parse_lesson("wrong", raw)
    assert "the lesson wrong" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_an_unknown_lesson_is_refused() -> None:
    with pytest.raises(InputError, match="must be one of"):
        load_lesson("../secret")


# ------------------------------------------------------------------------------------------ claims
SCENE = Scene(
    {"a": make_trace([0.4, 0.6, 0.9]), "b": make_trace([0.9, 0.9, 0.9])}, "a", FixedLayer(2)
)


@pytest.mark.parametrize(
    ("claim", "true"),
    [
        ({"exit_layer": 2}, True),
        ({"exit_layer_at_most": 1}, False),
        ({"exit_layer_at_least": 2}, True),
        ({"leaves_early": True}, True),
        ({"label": "positive"}, True),
        ({"full_label": "negative"}, False),
        ({"agrees_with_full": True}, True),
        ({"reason": "fixed_layer"}, True),
        ({"flips_at_least": 1}, True),
        ({"flips_at_most": 0}, False),
        ({"doubt_falls": True}, True),
        ({"exit_before": {"policy": {"kind": "never"}}}, True),
        ({"exit_not_after": {"sentence": "b"}}, True),
        ({"same_exit_as": {"sentence": "b"}}, True),
        ({"same_label_as": {"sentence": "b"}}, True),
        ({"saves_time": True}, True),
        ({"policies_agree": [{"kind": "fixed", "layer": n} for n in (2, 2)]}, True),
        ({"policies_agree": [{"kind": "fixed", "layer": n} for n in (1, 2)]}, False),
        ({"never_earlier": [{"kind": "fixed", "layer": n} for n in (1, 3)]}, True),
        ({"never_earlier": [{"kind": "fixed", "layer": n} for n in (3, 1)]}, False),
        ({"once_sure_of": {"label": "positive", "at_least": 0.85}}, True),
        ({"once_sure_of": {"label": "negative", "at_least": 0.85}}, False),
        ({"clear_of_bounds": 0.1}, True),
        ({"leads": {"layer": 1, "label": "negative"}}, True),
        ({"leads": {"layer": 3, "label": "negative"}}, False),
        ({"doubt_under": {"layer": 3, "bound": 0.5}}, True),
        ({"doubt_under": {"layer": 1, "bound": 0.5}}, False),
        ({"doubt_stays_over": 0.4}, True),
        ({"doubt_stays_over": 0.5}, False),
        ({"more_pieces_than": {"sentence": "b"}}, False),
        ({"slower_than": {"sentence": "b"}}, False),
        ({"all": [{"exit_layer": 2}, {"exit_layer": 3}]}, False),
        ({"not": {"exit_layer": 3}}, True),
        ({"of": {"sentence": "b", "claim": {"flips_at_most": 0}}}, True),
    ],
)
def test_claims_say_what_they_say(claim: dict[str, Any], true: bool) -> None:
    assert holds(claim, SCENE) is true


def test_every_claim_is_tried_above() -> None:
    marks = test_claims_say_what_they_say.pytestmark  # type: ignore[attr-defined]
    tried = {next(iter(claim)) for claim, _ in marks[0].args[1]}
    assert tried == set(CHECKS)


@pytest.mark.parametrize(
    "claim",
    [
        {},
        {"exit_layer": 1, "label": "x"},
        {"__class__": 1},
        {"exit_before": {"sentence": "missing"}},
        {"exit_before": {"policy": {"kind": "magic"}}},
        {"exit_before": {"path": "/"}},
    ],
)
def test_what_is_no_claim_is_refused(claim: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        holds(claim, SCENE)


# ------------------------------------------------------------------------------------------- words
def test_predictions_are_told_apart() -> None:
    assert outcome(3, 3) == "Exactly: it stops after layer 3."
    assert "two layers" in outcome(2, 4)
    assert "one layer earlier" in outcome(5, 4)
    assert record([]) == ""
    assert "on average 1.5" in record([0, 3])


def test_the_mean_of_ratios_is_never_the_smaller_figure() -> None:
    for name, number in STEPS:
        scene, other = others(load_lesson(name), number)
        known = facts(scene, other)
        if "mean_of_ratios" in known:
            assert float(known["mean_of_ratios"]) >= float(known["ratio_of_sums"])


def test_times_end_where_the_record_ends() -> None:
    trace = make_trace()
    assert ends(trace)[-1] == pytest.approx(trace.embed_ms + trace.layer_ms.sum(), abs=1e-3)
    assert policy_to_dict(SCENE.policy)["kind"] == "fixed"
