"""The address of a page: what it asks for, and keeping it in step with what is on show.

Every change of the address is a step of the browser's history. When the visitor goes Back or
Forward, the page is run with the address from then: news, from which it restores what it showed.

    news = links.arrived("compare")
    if news is not None:
        take(news)
    ...                                # the page
    links.write(query())
"""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from app.shared import widgets


@dataclass(slots=True)
class _Address:
    """What the browser is known to show.

    Attributes:
        page: the page.
        query: what its address ends in.
        means: the same as the page would write it, where that is known.
        fresh: True during the run that `query` came with.
    """

    page: str = ""
    query: dict[str, str] = field(default_factory=dict)
    means: dict[str, str] | None = None
    fresh: bool = False


def arrived(page: str) -> dict[str, str] | None:
    """What the address asks for, if the visitor has just come to it; else None.

    That is: with the first run of a visit, by Back or Forward, and by a link from another page. A
    page that is opened by its name alone asks for nothing new once the visit has begun. Called
    once on every run of a page, before `write`.
    """
    known, query = widgets.remembered(_Address), st.query_params.to_dict()
    first, elsewhere = not known.page, known.page != page
    # a press that the browser sent before it had the last address is no step in its history
    moved = not widgets.touched() and query != known.query
    known.fresh = first or (bool(query) if elsewhere else moved)
    if known.fresh or elsewhere:
        known.page, known.query, known.means = page, query, None
    return query if known.fresh else None


def write(query: dict[str, str]) -> None:
    """Have the address say what is on show, unless it says so already in words of its own."""
    known, shown = widgets.remembered(_Address), st.query_params.to_dict()
    if known.fresh:
        known.means = query  # as the page understood the address that it was opened with
    elif shown != query and (shown, query) != (known.query, known.means):
        st.query_params.from_dict(query)
        known.query = known.means = query
