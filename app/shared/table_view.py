"""Small HTML tables: read aloud by screen readers, wrapped on a telephone. All text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_CELL = "border:none;padding:0.2rem 0.8rem 0.2rem 0;vertical-align:top;text-align:left"


@dataclass(frozen=True, slots=True)
class Sign:
    """A cell with a coloured shape before its text."""

    glyph: str
    colour: str
    text: str


Cell = str | Sign


def table_html(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table whose first column names the row."""
    titles = "".join(
        f'<th scope="col" style="{_CELL};font-weight:400;opacity:0.7">{escape(title)}</th>'
        for title in head
    )
    body = "".join(f"<tr>{_row(row)}</tr>" for row in rows)
    return (
        '<table style="border-collapse:collapse;border:none;font-size:0.92rem">'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    )


def _row(cells: Sequence[Cell]) -> str:
    first, *rest = cells
    lead = f'<th scope="row" style="{_CELL};font-weight:600">{_inner(first)}</th>'
    return lead + "".join(f'<td style="{_CELL}">{_inner(cell)}</td>' for cell in rest)


def _inner(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    sign = f'<span aria-hidden="true" style="color:{cell.colour}">{cell.glyph}</span>'
    return f'<span style="white-space:nowrap">{sign} {escape(cell.text)}</span>'
