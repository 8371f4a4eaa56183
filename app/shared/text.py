"""The border: looks at what a visitor typed or what a file holds, before it is read or shown.

`check_text` refuses what the model cannot read sensibly. `clean` makes the hidden characters of all
names in a record visible where the record comes in, so that figures and words can trust them;
`visible` does so for one text. Knows no Streamlit.
"""

from __future__ import annotations

import dataclasses
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from elbert_core.evaluation.tables import EvaluationTable
    from elbert_core.results import LayerTrace

Record = TypeVar("Record", "LayerTrace", "EvaluationTable")

MAX_CHARS = 2000
"""Longest sentence taken from the text box or from a link."""

Problem = Literal["empty", "too_long", "control", "no_letters", "not_latin"]

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH = frozenset("\u200b\u2060\ufeff\u00ad")
_BREAKS = frozenset("\n\r\t")


@dataclass(frozen=True, slots=True)
class Checked:
    """A text after `check_text`.

    Attributes:
        text: what may be read: white space at both ends removed, line breaks turned into spaces.
        problem: why it may not be read, or None.
        detail: what the message needs: a count of characters or the name of one.
    """

    text: str
    problem: Problem | None = None
    detail: str = ""


def is_hidden(character: str) -> bool:
    """True for control characters, direction marks and other characters without a face."""
    if character in _BIDI or character in _ZERO_WIDTH:
        return True
    return unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn")


def code_point(character: str) -> str:
    """A character by its number, as in U+202E."""
    return f"U+{ord(character):04X}"


def check_text(raw: str) -> Checked:
    """What is wrong with a text as input, if anything."""
    text = "".join(" " if c in _BREAKS else c for c in raw).strip()
    if not text:
        return Checked(text, "empty")
    if len(text) > MAX_CHARS:
        return Checked(text, "too_long", str(len(text)))
    for character in text:
        if is_hidden(character):
            return Checked(text, "control", code_point(character))
    letters = [c for c in text if c.isalpha()]
    if not letters:
        return Checked(text, "no_letters")
    latin = sum(unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)
    if latin < 0.5 * len(letters):
        return Checked(text, "not_latin")
    return Checked(text)


def visible(text: str, *, limit: int | None = None) -> str:
    """The text with hidden characters written out as ⟨U+202E⟩, cut to `limit` characters."""
    if limit is not None and len(text) > limit:
        text = text[: limit - 1] + "…"
    return "".join(f"⟨{code_point(c)}⟩" if is_hidden(c) and c not in _BREAKS else c for c in text)


def clean(record: Record) -> Record:
    """A trace or a table whose names are safe to show: no hidden characters, no label without one.

    Names are those of labels, pieces, model, data, device and precision. The text itself stays as
    it is, because it may be read again; it is made visible where it is quoted.
    """
    held = {part.name: getattr(record, part.name) for part in dataclasses.fields(record)}
    new: dict[str, Any] = {}
    for name, value in held.items():
        if isinstance(value, str) and not name.startswith("text"):
            new[name] = visible(value)
        elif isinstance(value, tuple) and all(isinstance(one, str) for one in value):
            new[name] = tuple(visible(one) for one in value)
    labels = [label.strip() or "?" for label in new["label_names"]]
    new["label_names"] = tuple(
        label if labels.count(label) == 1 else f"{label} ({index})"
        for index, label in enumerate(labels)
    )
    return dataclasses.replace(record, **{n: v for n, v in new.items() if v != held[n]})


def shorten(name: str, limit: int = 24) -> str:
    """A clean name, cut to the room there is."""
    return name if len(name) <= limit else name[: limit - 1] + "…"


def label_names(trace: LayerTrace) -> list[str]:
    """Label names as shown: cut to the room there is, never two alike."""
    names = [shorten(name) for name in trace.label_names]
    return [n if names.count(n) == 1 else f"{n} ({i})" for i, n in enumerate(names)]


def piece(token: str) -> str:
    """A token to show: its angle brackets cannot be taken for a tag, its space mark is a dot."""
    shown = visible(token, limit=40).replace("<", "⟨").replace(">", "⟩")
    return shown.replace("▁", "·")


def plain_markdown(text: str) -> str:
    """The text with everything that Markdown could act on disarmed by a backslash.

    For the few labels (of widgets) that Streamlit always reads as Markdown; running text goes to
    elements that do not read Markdown at all.
    """
    return "".join("\\" + c if c in "\\`*_{}[]()<>#+-.!|~$:&^=/@" else c for c in visible(text))
