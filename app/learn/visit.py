"""What the Learn page remembers of a visit: lesson and step, predictions, what the link fixes."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.shared import lessons
from app.shared import visit as shared
from app.shared.lessons import Lesson, Step
from app.shared.rules import card
from app.shared.widgets import remembered
from elbert_core.policies import ExitPolicy

LOCKS = ("lessons", "steps", "settings", "try")
"""What a teacher's link may fix: leaving the lesson, its steps, the sliders, the way to Inspect."""
INSPECT = "app/inspect/page.py"

Place = tuple[str, int]
"""A lesson and the number of a step in it."""


@dataclass(slots=True)
class LearnVisit:
    """Where the reader is, and what was predicted.

    Attributes:
        lesson: the lesson that is open, "" for none.
        step: the step asked for, from 1.
        lock: what the link fixes, of `LOCKS`.
        guesses: by step what was predicted and where it did stop.
        seen: steps that were looked at.
        settings: what a step's slider was moved to, by "lesson.step".
    """

    lesson: str = ""
    step: int = 1
    lock: tuple[str, ...] = ()
    guesses: dict[Place, tuple[int, int]] = field(default_factory=dict)
    seen: set[Place] = field(default_factory=set)
    settings: dict[str, float] = field(default_factory=dict)

    @property
    def errors(self) -> list[int]:
        """How many layers each prediction was out."""
        return [abs(said - was) for said, was in self.guesses.values()]

    def take(self, news: dict[str, str]) -> None:
        """Take what the link asks for."""
        asked, raw = news.get("lock", "").split(","), news.get("step", "1")
        self.lock = tuple(name for name in LOCKS if name in asked)
        self.lesson, self.step = news.get("lesson", ""), 1
        if self.lesson not in lessons.lesson_names():
            self.lesson = ""
        elif raw.isascii() and raw.isdigit() and len(raw) < 4:
            self.step = int(raw)

    def place(self, lesson: Lesson) -> Place:
        """The step on show, in its lesson; it is seen now."""
        found = lesson.name, min(max(self.step, 1), len(lesson.steps))
        self.seen.add(found)
        return found

    def go(self, lesson: str, step: int = 1) -> None:
        """Open a step; "" as the lesson goes back to the list."""
        self.lesson, self.step = lesson, step

    def query(self) -> dict[str, str]:
        """What the address ends in: lesson, step and locks."""
        place = {"lesson": self.lesson, "step": str(self.step)} if self.lesson else {}
        return place | ({"lock": ",".join(self.lock)} if self.lock else {})


def current() -> LearnVisit:
    """This visit's lessons."""
    return remembered(LearnVisit)


def try_on_inspect(lesson: Lesson, step: Step, policy: ExitPolicy) -> None:
    """Put the step's sentence and rule on the Inspect page."""
    trace = lesson.traces[step.sentence]
    shared.show_file(trace, opened=False)
    state = shared.state()
    state.text = trace.text
    state.policy = policy.kind
    known = {setting.name for setting in card(policy.kind).settings}
    state.values[policy.kind] = {n: v for n, v in policy.settings().items() if n in known}
