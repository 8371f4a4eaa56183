"""Widgets bound to what a page remembers: the one way from a visit's field to a widget and back.

A page keeps what was chosen in a typed object, its visit. `bind` sets a widget from a field of it
on every run and writes back what the visitor chooses:

    st.slider("Layer", 1, 12, **bind(visit, "layer", "inspect.layer"))
    st.selectbox("View", VIEWS, **bind(visit, "view", "compare.view", among=VIEWS))
    st.slider("Doubt under", 0.0, 1.0, **bind(settings, "threshold", "setting.threshold"))
    st.button("Later", **press(step, 1))
    st.file_uploader("Open", **upload("inspect.file", open_file))
    st.vega_lite_chart(spec, **clicks("inspect.score", SELECTION, layer_clicked))

A browser sends the values of all widgets with each thing that the visitor does. Whoever acts before
the page has drawn what it set last (a second press on a button, a slider moved while a sentence is
being read) sends the value from before, which Streamlit cannot tell from a choice. So a widget that
is set to something new is drawn under a new key. Of the old key the old value is no news, and a
choice that was still made there is heard.
"""

from __future__ import annotations

import math
from collections.abc import Callable, MutableMapping, Sequence
from mimetypes import guess_type
from typing import Any, TypeVar

import streamlit as st

from app.shared.text import plain_markdown

COUNT = "widgets.count."
"""How the keys begin under which it is kept how often each widget was set to something new."""

_BEFORE = "widgets.before."
_TOUCHED = "widgets.touched"
_CLICKED = "widgets.clicked."

Visit = TypeVar("Visit")
Bound = dict[str, Any]
"""Arguments of a widget: its key and what is called when the visitor uses it."""


def remembered(kind: type[Visit]) -> Visit:
    """The session's one object of a class, made when it is first asked for.

    Args:
        kind: a class whose arguments all have defaults, as a page's visit.
    """
    key = f"{kind.__module__}.{kind.__name__}"
    if key not in st.session_state:
        st.session_state[key] = kind()
    found: Visit = st.session_state[key]
    return found


def bind(
    owner: object,
    field: str,
    name: str,
    *,
    among: Sequence[object] | None = None,
    then: Callable[[Any], None] | None = None,
) -> Bound:
    """Set a widget to a field, and the field to what the visitor chooses there.

    Args:
        owner: a visit, or a dictionary of settings.
        field: attribute of the visit, or key of the dictionary.
        name: of the widget, as in "compare.view".
        among: what can be chosen now; a field that holds anything else becomes the first of it.
        then: called with the choice instead of writing it into the field.

    Returns:
        Arguments of the widget; it must be drawn on this run.
    """
    mapping = owner if isinstance(owner, MutableMapping) else None
    value = getattr(owner, field) if mapping is None else mapping[field]

    def write(choice: object) -> None:
        if mapping is None:
            setattr(owner, field, choice)
        else:
            mapping[field] = choice

    if among is not None and value not in among:
        value = among[0] if among else None
        write(value)
    key = _key(name)
    if key in st.session_state and not _same(st.session_state[key], value):
        st.session_state[_BEFORE + name] = (key, st.session_state[key])
        st.session_state[COUNT + name] = _count(name) + 1
        key = _key(name)
    # on every run: that also mends a widget whose run was cut short by a second click, or that was
    # not drawn for a while, for those come back at a value that nobody chose
    st.session_state[key] = value

    def changed() -> None:
        chosen = st.session_state[key]
        before, was = st.session_state.get(_BEFORE + name, ("", None))
        if key == _key(name) or (key == before and not _same(chosen, was)):
            _heard(then or write, chosen)

    return {"key": key, "on_change": changed}


def press(then: Callable[..., None], *args: object) -> Bound:
    """Arguments of a button that calls `then(*args)`."""
    return {"on_click": _heard, "args": (then, *args)}


def upload(key: str, then: Callable[[Any], None]) -> Bound:
    """Arguments of a file uploader that calls `then` with what was given to it."""
    return {"key": key, "on_change": lambda: _heard(then, st.session_state[key])}


def clicks(name: str, selection: str, then: Callable[[dict[str, Any]], None]) -> Bound:
    """Arguments of a figure that calls `then` with the datum that was clicked.

    Args:
        name: of the figure.
        selection: name of its click selection.
        then: called with the fields of the datum.
    """
    key = f"{name}.{_count(name)}"

    def clicked() -> None:
        picked = st.session_state[key].get("selection", {}).get(selection, [])
        if picked:
            st.session_state[_CLICKED + name] = True
            _heard(then, picked[0])

    return {"key": key, "on_select": clicked, "selection_mode": selection}


def hears(key: str, name: str, then: Callable[[Any], None]) -> Bound:
    """Arguments of a component of our own that calls `then` with what it sends under a name."""

    def heard() -> None:
        _heard(then, st.session_state[key].get(name))

    return {"key": key, f"on_{name}_change": heard}


def forget_click(name: str) -> None:
    """Draw a figure anew if something is selected in it, because another way of choosing was used.

    It would keep its last click as selected, and a second click there would say nothing.
    """
    if st.session_state.pop(_CLICKED + name, False):
        st.session_state[COUNT + name] = _count(name) + 1


def download(
    label: str, make: Callable[[], str], name: str, *, key: str | None = None, help: str = ""
) -> None:
    """A button that gives away a file, which is made when it is asked for, not at every step."""
    kind = guess_type(name)[0]
    told = help or None
    st.download_button(label, make, name, kind, on_click="ignore", key=key, help=told)


def warn(text: str) -> None:
    """A warning that shows the text as it is."""
    st.warning(plain_markdown(text))


def touched() -> bool:
    """Whether the visitor has used a widget of this module since this was last asked."""
    return bool(st.session_state.pop(_TOUCHED, False))


def _heard(then: Callable[..., None], *args: object) -> None:
    st.session_state[_TOUCHED] = True
    then(*args)


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
