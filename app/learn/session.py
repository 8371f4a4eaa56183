"""What the Learn page remembers of a visit: lesson and step, predictions, what the link fixes."""

from __future__ import annotations

import streamlit as st

from app.shared import lessons, links, session
from app.shared.lessons import Lesson, Step
from app.shared.rules import card
from elbert_core.policies import ExitPolicy

_STATE = "learn.state"
_GUESSES = "learn.guesses"
_SEEN = "learn.seen"
LOCKS = ("lessons", "steps", "settings", "try")
"""What a teacher's link may fix: leaving the lesson, its steps, the sliders, the way to Inspect."""
INSPECT = "app/inspect/page.py"

Guess = tuple[int, int]
"""What was predicted, and where it did stop."""


def start(news: dict[str, str] | None) -> None:
    """Take what the link asks for, if it is news."""
    if news is None and _STATE in st.session_state:
        return
    query = news or {}
    asked = query.get("lock", "").split(",")
    place: dict[str, object] = {
        "lesson": "",
        "step": 1,
        "lock": tuple(name for name in LOCKS if name in asked),
    }
    st.session_state[_STATE] = place
    if query.get("lesson", "") in lessons.lesson_names():
        place["lesson"] = query["lesson"]
        raw = query.get("step", "1")
        place["step"] = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 4 else 1


def lesson_name() -> str:
    """The lesson that is open, "" for none."""
    return str(_place()["lesson"])


def step_number(lesson: Lesson) -> int:
    """The step on show, 1..len(lesson.steps)."""
    number = min(max(int(str(_place()["step"])), 1), len(lesson.steps))
    _seen().add((lesson.name, number))
    return number


def locked(name: str) -> bool:
    """Whether the link fixes this."""
    return name in _locks()


def any_lock() -> bool:
    """Whether the link fixes anything."""
    return bool(_locks())


def go(lesson: str, step: int = 1) -> None:
    """Open a step; "" as the lesson goes back to the list."""
    _place()["lesson"], _place()["step"] = lesson, step


def write_link() -> None:
    """Lesson, step and locks into the address."""
    place = _place()
    query: dict[str, str] = {}
    if place["lesson"]:
        query = {"lesson": str(place["lesson"]), "step": str(place["step"])}
    locks = [name for name in LOCKS if locked(name)]
    if locks:
        query["lock"] = ",".join(locks)
    links.write(query)


def guess(lesson: str, step: int) -> Guess | None:
    """The prediction of a step, if it was made."""
    return _guesses().get((lesson, step))


def make_guess(lesson: str, step: int, layer: int, exit_layer: int) -> None:
    """Keep a prediction for this visit."""
    _guesses()[lesson, step] = (layer, exit_layer)


def errors() -> list[int]:
    """How many layers each prediction was out."""
    return [abs(said - was) for said, was in _guesses().values()]


def seen(lesson: str) -> int:
    """Steps of a lesson that were looked at."""
    return sum(name == lesson for name, _ in _seen())


def control_key(lesson: Lesson, number: int) -> str:
    """Key of the slider of a step."""
    return f"learn.control.{lesson.name}.{number}"


def try_on_inspect(lesson: Lesson, step: Step, policy: ExitPolicy) -> None:
    """Put the step's sentence and rule on the Inspect page."""
    trace = lesson.traces[step.sentence]
    session.show_file(trace, opened=False)
    state = session.state()
    state.text = trace.text
    state.policy = policy.kind
    known = {setting.name for setting in card(policy.kind).settings}
    state.values[policy.kind] = {n: v for n, v in policy.settings().items() if n in known}


def _place() -> dict[str, object]:
    found: dict[str, object] = st.session_state[_STATE]
    return found


def _locks() -> tuple[str, ...]:
    found = _place()["lock"]
    return found if isinstance(found, tuple) else ()


def _guesses() -> dict[tuple[str, int], Guess]:
    found: dict[tuple[str, int], Guess] = st.session_state.setdefault(_GUESSES, {})
    return found


def _seen() -> set[tuple[str, int]]:
    found: set[tuple[str, int]] = st.session_state.setdefault(_SEEN, set())
    return found
