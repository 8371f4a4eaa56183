"""A view of the app as one HTML file: opens from a disk, asks for nothing, runs nothing.

The parts are macros of `templates/sheet.html`. Every text is escaped there and its hidden
characters are written out, whoever wrote it. Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app.shared import still
from app.shared.canvas import Spec
from app.shared.palette import LIGHT, Palette, glyph
from app.shared.text import visible

Columns = Mapping[str, Sequence[object]]
"""A table by column."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with what goes with it.

    Attributes:
        title: its heading, "" for none.
        draw: makes the Vega-Lite specification in some colours.
        alt: its message in words.
        said: what is said of it, before it.
        notes: what stands under it.
        table: the same numbers, by column.
        tables: more than one, each with its title.
    """

    title: str
    draw: Callable[[Palette], Spec]
    alt: str
    notes: tuple[str, ...] = ()
    table: Columns | None = None
    said: tuple[str, ...] = ()
    tables: tuple[tuple[str, Columns], ...] = ()


def by_column(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """A table by column from its rows."""
    return dict(zip(titles, map(list, zip(*rows, strict=True)), strict=True))


def _shown(value: object) -> object:
    return value if isinstance(value, Markup) else visible(str(value))


_PARTS: Any = (
    Environment(
        loader=PackageLoader("app.shared"),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    .get_template("sheet.html")
    .module
)
heading: Callable[[str], Markup] = _PARTS.heading
"""A heading inside the page."""
sentence: Callable[[str], Markup] = _PARTS.sentence
"""A sentence that somebody typed, set apart, in its own writing direction."""
badge: Callable[[str, str], Markup] = _PARTS.badge
"""Which kind of figure this is, and what that means."""
lines: Callable[[str], Markup] = _PARTS.lines
"""Text whose line breaks count."""
keys: Callable[[Iterable[tuple[str, str, str]]], Markup] = _PARTS.keys
"""Colour (of ours, never a text's), shape and name of what a figure shows."""
table: Callable[[Sequence[str], Iterable[Sequence[object]]], Markup] = _PARTS.table
"""A table, given its titles and its rows, whose first column names the row."""


def document(title: str, parts: Iterable[Markup]) -> str:
    """The whole file."""
    return str(_PARTS.document(title, list(parts))).lstrip()


def paragraph(*texts: str, small: bool = False) -> Markup:
    """A paragraph; small for notes."""
    found: Markup = _PARTS.paragraph(" ".join(texts), small)
    return found


def verdict(label: int, name: str, sure: str, rest: str) -> Markup:
    """The answer in its colour and shape, how sure it is, and the rest of the line."""
    found: Markup = _PARTS.verdict(LIGHT.label_text(label), glyph(label), name, sure, rest)
    return found


def legend(names: Sequence[str]) -> Markup:
    """Which colour and shape is which label."""
    return keys([(LIGHT.label_text(i), glyph(i), name) for i, name in enumerate(names)])


def columns(found: Columns) -> Markup:
    """A table given by column."""
    return table(tuple(found), list(zip(*found.values(), strict=True)))


def figure(found: Figure) -> Markup:
    """A figure, its notes and its tables."""
    parts = [heading(found.title)] if found.title else []
    parts += [paragraph(text) for text in found.said]
    parts.append(still.svg(found.draw(LIGHT), alt=found.alt))
    parts += [paragraph(note, small=True) for note in found.notes]
    if found.table is not None:
        parts.append(columns(found.table))
    for title, one in found.tables:
        parts += [paragraph(title), columns(one)]
    return Markup("").join(parts)
