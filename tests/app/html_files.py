"""Reads an exported HTML file: its tags, what could fetch something, its tables and its text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

FETCHING = ("src", "href", "srcset", "action", "data", "poster", "xlink:href", "background")
ACTIVE = {"script", "link", "img", "iframe", "object", "embed", "form", "base", "audio", "video"}


class Seen(HTMLParser):
    """What is in a file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetches: list[tuple[str, str | None]] = []
        self.handlers: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.words: list[str] = []
        self._cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetches += [(tag, value) for name, value in attrs if name in FETCHING]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._cell:
            self.tables[-1][-1][-1] += data

    @property
    def text(self) -> str:
        return " ".join(self.words)

    def table(self, first_title: str) -> list[dict[str, str]]:
        """The rows of the table whose first column is called so."""
        (found,) = [one for one in self.tables if one[0][0] == first_title and len(one[0]) > 4]
        head, *rows = found
        return [dict(zip(head, row, strict=True)) for row in rows]


def self_contained(text: str) -> Seen:
    """Check that a file asks for nothing and runs nothing."""
    seen = Seen(text)
    assert seen.fetches == []
    assert seen.handlers == []
    assert not ACTIVE & set(seen.tags)
    style = text.split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in text.split("<title>")[0]
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\u200b-\u200f]", text), "a hidden character"
    return seen
