"""Lessons: short steps that set a sentence and a rule, ask for a prediction, and then show it.

A lesson is a JSON file in `assets/lessons`; its sentences have stored traces in `traces` beside it,
made by `python -m tools.make_lessons`. Numbers are never written in a lesson's text: `{exit}` and
the like are filled in from the trace, and a paragraph may carry a claim without which it is not
shown.
Knows no Streamlit and no model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from app.learn.claims import CHECKS, Claim, Scene
from elbert_core.errors import ConfigError, InputError
from elbert_core.policies import ExitPolicy, policy_from_dict
from elbert_core.reading.traces import trace_from_json
from elbert_core.results import LayerTrace

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"
FORMAT = "elbert-lesson/1"
FIGURES = ("score", "path", "pair", "rules", "race")
MAX_FILE = 60_000
_NAME = re.compile(r"[a-z][a-z0-9_]{1,30}")
_LESSON_FIELDS = {"format", "title", "summary", "sentences", "steps"}
_STEP_FIELDS = {
    "title",
    "text",
    "sentence",
    "policy",
    "figure",
    "beside",
    "ask",
    "peek",
    "cursor",
    "control",
    "after",
    "claims",
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of text, shown where its claim holds (always, without one)."""

    text: str
    claim: Claim | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One screen of a lesson.

    Attributes:
        title: its heading.
        text: what is said first.
        sentence: name of the sentence on show.
        policy: the rule.
        figure: how it is drawn, one of `FIGURES`.
        beside: another sentence or rule for "pair".
        ask: whether the reader predicts the exit layer before it is shown.
        peek: layers that may be seen before the prediction.
        cursor: layer looked at in the score; None for the exit.
        control: a setting of the rule that the reader may move.
        after: what is said once everything is shown.
        claims: what the text takes for granted; checked by a test.
    """

    title: str
    text: tuple[Paragraph, ...]
    sentence: str
    policy: ExitPolicy
    figure: str
    beside: Mapping[str, Any]
    ask: bool
    peek: int
    cursor: int | None
    control: str
    after: tuple[Paragraph, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Lesson:
    """A lesson with the traces of its sentences.

    Attributes:
        name: file name without its number, as in links.
        title, summary: what it is about.
        sentences: text by name.
        steps: at least one.
        folder: where its traces lie.
    """

    name: str
    title: str
    summary: str
    sentences: Mapping[str, str]
    steps: tuple[Step, ...]
    folder: Path

    @cached_property
    def traces(self) -> dict[str, LayerTrace]:
        """Stored traces by sentence name.

        Raises:
            InputError: one is missing, damaged or of another sentence.
        """
        found = {}
        for name, text in self.sentences.items():
            path = trace_path(self.folder, self.name, name)
            try:
                trace = trace_from_json(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError) as error:
                raise InputError(f"{path.name} cannot be read") from error
            if trace.text != text:
                raise InputError(
                    f"{path.name} belongs to another sentence; run python -m tools.make_lessons"
                )
            found[name] = trace
        return found

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
        text = files[name].read_text(encoding="utf-8")
        if len(text) > MAX_FILE:
            raise InputError(f"{files[name].name} is too long for a lesson")
        values = json.loads(text)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{files[name].name} cannot be read") from error
    return parse_lesson(name, values, folder)


def parse_lesson(name: str, values: Any, folder: Path = FOLDER) -> Lesson:
    """A lesson from plain JSON values.

    Raises:
        InputError: a field is missing, unknown or of the wrong kind; the message names it.
    """
    _fields(values, "a lesson", _LESSON_FIELDS, required=_LESSON_FIELDS)
    if values["format"] != FORMAT:
        raise InputError(f'format must be "{FORMAT}"')
    sentences = values["sentences"]
    _require(isinstance(sentences, dict) and bool(sentences), "sentences must be named texts")
    for key, text in sentences.items():
        _require(_NAME.fullmatch(key) is not None, f"{key!r} is no name for a sentence")
        _text(text, f"sentence {key}")
    steps = values["steps"]
    _require(isinstance(steps, list) and bool(steps), "steps must be a list, not empty")
    return Lesson(
        name=name,
        title=_text(values["title"], "title"),
        summary=_text(values["summary"], "summary"),
        sentences=sentences,
        steps=tuple(_step(step, sentences) for step in steps),
        folder=folder,
    )


def _step(values: Any, sentences: Mapping[str, str]) -> Step:
    _fields(values, "a step", _STEP_FIELDS, required={"title", "text", "sentence", "policy"})
    figure = values.get("figure", "score")
    _require(figure in FIGURES, f"figure must be one of {', '.join(FIGURES)}")
    _require(values["sentence"] in sentences, f"no sentence {values['sentence']!r}")
    beside = values.get("beside", {})
    _require(isinstance(beside, dict), "beside must be a sentence or a policy")
    _require(bool(beside) == (figure == "pair"), "a pair needs beside, other figures have none")
    _require(beside.get("sentence", values["sentence"]) in sentences, "beside: no such sentence")
    try:
        policy = policy_from_dict(values["policy"])
        if "policy" in beside:
            policy_from_dict(beside["policy"])
    except ConfigError as error:
        raise InputError(str(error)) from error
    control = values.get("control", "")
    _require(not control or control in policy.settings(), f"the rule has no setting {control!r}")
    peek, cursor = values.get("peek", 0), values.get("cursor")
    _require(isinstance(peek, int) and peek >= 0, "peek must be a number of layers")
    _require(cursor is None or (isinstance(cursor, int) and cursor >= 1), "cursor must be a layer")
    ask = values.get("ask", False)
    _require(isinstance(ask, bool), "ask must be true or false")
    claims = values.get("claims", [])
    _require(isinstance(claims, list), "claims must be a list")
    return Step(
        title=_text(values["title"], "title"),
        text=_paragraphs(values["text"]),
        sentence=values["sentence"],
        policy=policy,
        figure=figure,
        beside=beside,
        ask=ask,
        peek=peek,
        cursor=cursor,
        control=control,
        after=_paragraphs(values.get("after", [])),
        claims=tuple(_claim(claim) for claim in claims),
    )


def _paragraphs(values: Any) -> tuple[Paragraph, ...]:
    _require(isinstance(values, list), "text must be a list of paragraphs")
    found = []
    for value in values:
        if isinstance(value, dict):
            _fields(value, "a paragraph", {"if", "text"}, required={"if", "text"})
            found.append(Paragraph(_text(value["text"], "text"), _claim(value["if"])))
        else:
            found.append(Paragraph(_text(value, "text")))
    return tuple(found)


def _claim(value: Any) -> Claim:
    fits = isinstance(value, dict) and len(value) == 1 and next(iter(value)) in CHECKS
    _require(fits, f"a claim must be one of {', '.join(CHECKS)}")
    claim: Claim = value
    return claim


def _files(folder: Path) -> dict[str, Path]:
    # the number in front gives the order and is no part of the name
    return {path.stem.partition("-")[2]: path for path in sorted(folder.glob("[0-9]-*.json"))}


def _fields(values: Any, what: str, allowed: set[str], *, required: set[str]) -> None:
    _require(isinstance(values, dict), f"{what} must be a JSON object")
    unknown, missing = sorted(set(values) - allowed), sorted(required - set(values))
    _require(not unknown, f"{what} has no field {unknown[:1]}")
    _require(not missing, f"{what} needs the field {missing[:1]}")


def _text(value: Any, what: str) -> str:
    _require(isinstance(value, str) and 0 < len(value) <= 1500, f"{what} must be text")
    return str(value)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)
