"""A view of the app as one HTML file: opens from a disk, asks for nothing, runs nothing.

The parts are macros of `templates/sheet.html`, which pages use as well where Streamlit has nothing
of the kind. Every text is escaped there and its hidden characters are written out, whoever wrote
it. Knows no Streamlit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from app.shared import narration, still, words
from app.shared.canvas import Spec
from app.shared.palette import LIGHT, Palette, glyph
from app.shared.rules import named
from app.shared.text import visible
from elbert_core.policies import ExitPolicy, policy_to_dict
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace

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
sign: Callable[[str, str, str], Markup] = _PARTS.sign
"""A text with a coloured shape before it."""
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


def verdict(decision: Decision, palette: Palette = LIGHT, *, former: bool = False) -> Markup:
    """The answer in its colour and shape, how sure it is, where it left and why.

    Args:
        decision: what is said.
        palette: colours for a light or a dark page.
        former: whether it belongs to an older sentence than the one asked for: small and light.
    """
    said = narration.name(decision.label_name), narration.sure(decision.confidence)
    rest = f"{narration.depth_phrase(decision)}: {narration.short_reason(decision)}"
    colour, shape = palette.label_text(decision.label), glyph(decision.label)
    found: Markup = _PARTS.verdict(colour, shape, *said, rest, former)
    return found


def legend(names: Sequence[str], palette: Palette = LIGHT) -> Markup:
    """Which colour and shape is which label."""
    return keys([(palette.label_text(i), glyph(i), name) for i, name in enumerate(names)])


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


def rule(policy: ExitPolicy) -> list[Markup]:
    """The rule in use, in words and exactly."""
    exact = json.dumps(policy_to_dict(policy), ensure_ascii=False)
    return [paragraph(f"{words.POLICY_LABEL} {named(policy)}"), paragraph(exact, small=True)]


def origin(trace: LayerTrace, link: str) -> list[Markup]:
    """Which model made the record, and how the same view is opened again."""
    told = words.SHEET_DIGEST.format(digest=trace.digest) if trace.digest else ""
    return [
        heading(words.SHEET_ORIGIN),
        paragraph(words.read_by(trace), told, words.SHEET_NOTE, small=True),
        lines(f"?{link}" if link else words.LINK_DEFAULT),
    ]
