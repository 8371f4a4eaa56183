"""The visit under its former name, until every page speaks of `app.shared.visit`."""

from __future__ import annotations

from app.shared import links, visit
from app.shared.state import to_query
from app.shared.visit import (
    bring,
    checkpoint,
    device,
    model,
    remember,
    show_file,
    shown,
    start,
    state,
    visited,
)


def write_link() -> None:
    """Put the state into the page's address."""
    links.write(to_query(visit.state()))


__all__ = [
    "bring",
    "checkpoint",
    "device",
    "model",
    "remember",
    "show_file",
    "shown",
    "start",
    "state",
    "visited",
    "write_link",
]
