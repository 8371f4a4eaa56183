"""Widgets that the page itself sets: an example's name, the layer looked at, a rule's settings.

A browser sends the values of all widgets with each thing that the visitor does. Whoever acts before
the page has drawn what it set last (a second press on a button, a slider moved while a sentence is
being read) sends the value from before, which Streamlit cannot tell from a choice. So a widget that
is set to something new is drawn under a new key. Of the old key the old value is no news, and a
choice that was still made there is heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import streamlit as st

COUNT = "widgets.count."
"""How the keys begin under which it is kept how often each widget was set to something new."""

_BEFORE = "widgets.before."


def put(name: str, value: object) -> str:
    """Set a widget, before it is drawn, on every run.

    Setting it on every run also mends a widget whose run was cut short by a second click, or that
    was not drawn for a while: those come back at a value that nobody chose.

    Args:
        name: of the widget.
        value: what it is to hold.

    Returns:
        The key to draw it with: `name` itself until it is first set to something new.
    """
    key = _key(name)
    if key in st.session_state and not _same(st.session_state[key], value):
        st.session_state[_BEFORE + name] = (key, st.session_state[key])
        st.session_state[COUNT + name] = _count(name) + 1
        key = _key(name)
    st.session_state[key] = value
    return key


def changed(name: str, key: str, then: Callable[..., None], *args: object) -> None:
    """For `on_change`: hand on what the visitor chose.

    Args:
        name: of the widget.
        key: the key that it was drawn with.
        then: called with `args` and, as the last one, the value; not for a value from before.
        *args: the first arguments of `then`.
    """
    value = st.session_state[key]
    before, was = st.session_state.get(_BEFORE + name, ("", None))
    if key == _key(name) or (key == before and not _same(value, was)):
        then(*args, value)


def _key(name: str) -> str:
    count = _count(name)
    return f"{name}.again{count}" if count else name


def _count(name: str) -> int:
    found: int = st.session_state.get(COUNT + name, 0)
    return found


def _same(one: object, other: object) -> bool:
    """Equal, but for the last digit of a slider's steps: it is to keep the visitor's focus."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-9)
    return one == other
