"""Lessons: short steps that set a sentence and a rule, ask for a prediction, and then show it.

A lesson is a JSON file in `assets/lessons`; its sentences have stored traces in `traces` beside it,
made by `python -m tools.make_lessons`. Numbers are never written in a lesson's text: `{exit}` and
the like are filled in from the trace, and a paragraph may carry a claim without which it is not
shown. Learn walks through them; their sentences serve comparisons too. Knows no Streamlit and no
model.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from app.shared.claims import Claim, Scene, check_form
from app.shared.presets import stored_trace
from app.shared.resources import loaded
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy, policy_from_dict
from elbert_core.results import LayerTrace
from elbert_core.strict_json import read_json

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"
MAX_FILE = 60_000

Text = Annotated[str, Meta(min_length=1, max_length=1500)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{1,30}\Z")]


class Paragraph(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of text that is shown where its claim, "if" in the file, holds."""

    text: Text
    claim: Claim = msgspec.field(name="if")

    def __post_init__(self) -> None:
        check_form(self.claim)


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One screen of a lesson.

    Attributes:
        title: its heading.
        text: what is said first.
        sentence: name of the sentence on show.
        rule: the rule's JSON form, "policy" in the file.
        figure: how it is drawn.
        beside: another sentence or rule for "pair".
        ask: whether the reader predicts the exit layer before it is shown.
        peek: layers that may be seen before the prediction.
        cursor: layer looked at in the score; None for the exit.
        control: a setting of the rule that the reader may move.
        after: what is said once everything is shown.
        claims: what the text takes for granted; checked by a test.
    """

    title: Text
    text: tuple[Text | Paragraph, ...]
    sentence: str
    rule: dict[str, Any] = msgspec.field(name="policy")
    figure: Literal["score", "path", "pair", "rules", "race"] = "score"
    beside: dict[str, Any] = {}
    ask: bool = False
    peek: Annotated[int, Meta(ge=0)] = 0
    cursor: Annotated[int, Meta(ge=1)] | None = None
    control: str = ""
    after: tuple[Text | Paragraph, ...] = ()
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        if not set(self.beside) <= {"sentence", "policy"}:
            raise InputError("beside must be a sentence, a policy, or both")
        if bool(self.beside) != (self.figure == "pair"):
            raise InputError("a pair needs beside, other figures have none")
        settings = self.policy.settings()
        if self.control and self.control not in settings:
            raise InputError(f"the rule has no setting {self.control!r}")
        if "policy" in self.beside:
            policy_from_dict(self.beside["policy"])
        for claim in self.claims:
            check_form(claim)

    @property
    def policy(self) -> ExitPolicy:
        """The rule."""
        return policy_from_dict(self.rule)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["elbert-lesson/1"]
    title: Text
    summary: Text
    sentences: Annotated[dict[Name, Text], Meta(min_length=1)]
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        for step in self.steps:
            for name in (step.sentence, step.beside.get("sentence", step.sentence)):
                if name not in self.sentences:
                    raise InputError(f"a sentence must be one of {', '.join(self.sentences)}")


class Lesson(_File, frozen=True, kw_only=True, dict=True):
    """A lesson with the traces of its sentences.

    Attributes:
        title, summary: what it is about.
        sentences: text by name.
        steps: at least one.
        name: file name without its number, as in links.
        folder: where its traces lie.
    """

    name: str
    folder: Path

    @cached_property
    def traces(self) -> dict[str, LayerTrace]:
        """Stored traces by sentence name.

        Raises:
            InputError: one is missing, damaged or of another sentence.
        """
        paths = {name: trace_path(self.folder, self.name, name) for name in self.sentences}
        return {
            name: stored_trace(paths[name], text, "make_lessons")
            for name, text in self.sentences.items()
        }

    def scene(self, step: Step, policy: ExitPolicy | None = None) -> Scene:
        """What a step's claims speak of, with its own rule or another setting of it."""
        return Scene(self.traces, step.sentence, policy or step.policy)


def lesson_names(folder: Path = FOLDER) -> tuple[str, ...]:
    """Names of the lessons in order."""
    return tuple(_files(folder))


def trace_path(folder: Path, lesson: str, sentence: str) -> Path:
    """Where the trace of a lesson's sentence lies."""
    return folder / "traces" / f"{lesson}-{sentence}.json"


def load_lesson(name: str, folder: Path = FOLDER) -> Lesson:
    """A lesson, checked.

    Raises:
        InputError: no such lesson, or a file that is none.
    """
    files = _files(folder)
    if name not in files:
        raise InputError(f"lesson must be one of {', '.join(files)}")
    try:
        raw = files[name].read_bytes()
    except OSError as error:
        raise InputError(f"{files[name].name} cannot be read") from error
    return parse_lesson(name, raw, folder)


def lesson(name: str) -> Lesson:
    """A lesson with its stored traces, read once for all visitors.

    Raises:
        InputError: no such lesson, or a file that is missing or damaged.
    """
    return loaded(_complete, name, files=[p for p in FOLDER.rglob("*.json") if name in str(p)])


def _complete(name: str) -> Lesson:
    found = load_lesson(name)
    _ = found.traces  # read now, so that a missing one is told here
    return found


def parse_lesson(name: str, raw: bytes, folder: Path = FOLDER) -> Lesson:
    """A lesson from the bytes of its file.

    Raises:
        InputError: too long, no JSON, or a field that is missing, unknown or of the wrong kind; the
            message names it.
    """
    read = read_json(raw, _File, f"the lesson {name}", most_bytes=MAX_FILE)
    return Lesson(**msgspec.structs.asdict(read), name=name, folder=folder)


def _files(folder: Path) -> dict[str, Path]:
    # the number in front gives the order and is no part of the name
    return {path.stem.partition("-")[2]: path for path in sorted(folder.glob("[0-9]-*.json"))}
