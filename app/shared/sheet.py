"""A view of the app as one HTML file: opens from a disk, asks for nothing, runs nothing.

Every text is escaped here and its hidden characters are written out, whoever wrote it; colours and
figures come from `app.charts`. Knows no Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from app.shared.canvas import Spec
from app.shared.palette import LIGHT, Palette, glyph
from app.shared.svg import svg
from app.shared.text import visible

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Content security policy: nothing may be loaded, sent or run, whatever a text says."""

_STYLE = """
:root{color-scheme:light}
body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:#1b2130;
background:#fff;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}
h1{font-size:1.4rem;line-height:1.2}h2{font-size:1.2rem;margin:2rem 0 .4rem}
blockquote{margin:1rem 0;padding:.6rem 1rem;border-left:4px solid #d3d9de;background:#f3f5f6;
unicode-bidi:isolate;white-space:pre-wrap}
p{margin:.5rem 0}.verdict{font-size:1.25rem;line-height:1.3}.verdict b{font-size:1.7rem}
.badge{display:inline-block;border:1px solid #5b6475;border-radius:.5rem;padding:0 .6rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;overflow-wrap:normal}
th,td{text-align:left;vertical-align:top;padding:.2rem .9rem .2rem 0;
border-bottom:1px solid #e3e7ee;unicode-bidi:isolate}
th{font-weight:600}.small{color:#5b6475;font-size:.9rem}
pre{background:#f3f5f6;padding:.6rem 1rem;white-space:pre-wrap;font-size:.85rem}
svg{display:block;margin:.6rem 0}
svg text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
@media print{body{margin:0;max-width:none}h2,svg,tr{break-inside:avoid}}
"""


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
    table: Mapping[str, Sequence[object]] | None = None
    said: tuple[str, ...] = ()
    tables: tuple[tuple[str, Mapping[str, Sequence[object]]], ...] = ()


def by_column(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, list[object]]:
    """A table by column from its rows."""
    return dict(zip(titles, map(list, zip(*rows, strict=True)), strict=True))


def document(title: str, parts: Sequence[str]) -> str:
    """The whole file; `parts` are made by the functions below."""
    name = _text(title)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{name}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{name}</h1>{''.join(parts)}</main></body></html>\n"
    )


def heading(text: str) -> str:
    """A heading inside the page."""
    return f"<h2>{_text(text)}</h2>"


def paragraph(*texts: str, small: bool = False) -> str:
    """A paragraph; small for notes."""
    kind = ' class="small"' if small else ""
    return f"<p{kind}>{_text(' '.join(texts))}</p>"


def sentence(text: str) -> str:
    """A sentence that somebody typed, set apart, in its own writing direction."""
    return f'<blockquote dir="auto">{_text(text)}</blockquote>'


def badge(text: str, explanation: str) -> str:
    """Which kind of figure this is, and what that means."""
    return f'<p><span class="badge">{_text(text)}</span> {_text(explanation)}</p>'


def verdict(label: int, name: str, sure: str, rest: str) -> str:
    """The answer in its colour and shape, how sure it is, and the rest of the line."""
    sign = f'<span aria-hidden="true">{glyph(label)}</span>'
    return (
        f'<p class="verdict" role="status"><b style="color:{LIGHT.label_text(label)}">{sign} '
        f"{_text(name)}</b> <strong>{_text(sure)}</strong> {_text(rest)}</p>"
    )


def legend(names: Sequence[str]) -> str:
    """Which colour and shape is which label."""
    return keys((LIGHT.label_text(i), glyph(i), name) for i, name in enumerate(names))


def keys(entries: Iterable[tuple[str, str, str]]) -> str:
    """Colour (of ours, never a text's), shape and name of what a figure shows."""
    found = [
        f'<span style="color:{colour}"><span aria-hidden="true">{_text(sign)}</span></span> '
        f"{_text(name)}"
        for colour, sign, name in entries
    ]
    return f'<p class="small">{" &nbsp; ".join(found)}</p>'


def lines(text: str) -> str:
    """Text whose line breaks count."""
    return f"<pre>{_text(text)}</pre>"


def figure(found: Figure) -> str:
    """A figure, its notes and its table."""
    parts = [heading(found.title)] if found.title else []
    parts += [paragraph(text) for text in found.said]
    parts.append(svg(found.draw(LIGHT), alt=found.alt, ink=LIGHT.muted, faint=LIGHT.faint))
    parts += [paragraph(note, small=True) for note in found.notes]
    if found.table is not None:
        parts.append(columns(found.table))
    for title, one in found.tables:
        parts += [paragraph(title), columns(one)]
    return "".join(parts)


def columns(found: Mapping[str, Sequence[object]]) -> str:
    """A table given by column."""
    rows = zip(*found.values(), strict=True)
    return table(tuple(found), [[str(value) for value in row] for row in rows])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column names the row."""
    titles = "".join(f'<th scope="col">{_text(title)}</th>' for title in head)
    body = "".join(
        f'<tr><th scope="row">{_text(row[0])}</th>'
        + "".join(f"<td>{_text(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody>'
        "</table></div>"
    )


def _text(text: str) -> str:
    return escape(visible(text))
