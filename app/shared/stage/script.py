"""The files that the browser runs, read from beside this module."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent


@cache
def read_file(name: str) -> str:
    """A file of this folder."""
    return (_HERE / name).read_text(encoding="utf-8")


def script() -> str:
    """The stage as one module: what it draws with, the rules, and what it does."""
    return "\n".join(read_file(name) for name in ("tools.js", "replay.js", "figure.js", "stage.js"))
