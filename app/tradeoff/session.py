"""What the Trade-off page remembers of a visit: the table on show and the layer looked at.

The setting in use is that of the whole app (`session.state()`), so that the Inspect page and links
speak of the same one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

import streamlit as st

from app.shared import saved_rules, session
from app.shared.text import visible
from app.tradeoff import evaluations
from app.tradeoff import wording as words
from app.tradeoff.evaluations import Overview
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy

TABLE = "tradeoff.table"
LAYER = "tradeoff.layer"
FILES = "tradeoff.files"
_OWN = "tradeoff.own"
_MESSAGE = "tradeoff.message"
_DRAWING = "tradeoff.drawing"
_CLICKED = "tradeoff.clicked"
_LAYER_DRAWING = "tradeoff.layer_drawing"
_KEPT = "tradeoff.kept"

Choice = TypeVar("Choice", bound=Hashable)


def message() -> str | None:
    """What went wrong last, in plain words."""
    found: str | None = st.session_state.get(_MESSAGE)
    return found


def own() -> Overview | None:
    """The visitor's own table, if one is open."""
    found: Overview | None = st.session_state.get(_OWN)
    return found


def overview() -> Overview | None:
    """The table on show: the visitor's own, the one asked for, or the first; None without any."""
    mine = own()
    if mine is not None:
        return mine
    for name in _names_to_try():
        try:
            return evaluations.overview(name)
        except InputError as error:
            st.session_state[_MESSAGE] = words.BAD_TABLE.format(
                name=visible(name, limit=60), message=error
            )
    return None


def table_name() -> str:
    """Name of the stored table asked for: the link's if it is there, else the usual one or ""."""
    names = evaluations.evaluation_names()
    asked = session.state().table
    return asked if asked in names else _usual_table(names)


def choose_table(name: str) -> None:
    """Show another stored table."""
    names = evaluations.evaluation_names()
    session.state().table = "" if name == _usual_table(names) else name
    st.session_state[_MESSAGE] = None


def _usual_table(names: tuple[str, ...]) -> str:
    """The first table of the model on the other pages, else the first of all, else "".

    Goes by the file names that `evaluate` gives, `<checkpoint>-<data>-<split>`.
    """
    mine = f"{session.model()}-"
    return next((name for name in names if name.startswith(mine)), names[0] if names else "")


def open_files(files: Sequence[tuple[str, bytes]]) -> None:
    """Show a table of the visitor's own; on any trouble, say so and keep what is there."""
    if not files:  # taken away again
        st.session_state[_MESSAGE] = None
        return
    try:
        table = evaluations.table_from_files(files)
        st.session_state[_OWN] = evaluations.look_at(table)
        st.session_state[_MESSAGE] = None
    except InputError as error:
        st.session_state[_MESSAGE] = words.BAD_FILES.format(message=error)


def close_own() -> None:
    """Back to the stored tables."""
    st.session_state[_OWN] = None


def policy() -> ExitPolicy:
    """The setting in use."""
    return session.state().exit_policy()


def use(chosen: ExitPolicy, *, clicked: bool = False) -> None:
    """Make this the setting in use, on every page, unless the visitor's link fixes the rule."""
    if session.state().rule_is_fixed:
        st.session_state[_MESSAGE] = words.RULE_FIXED
        return
    try:
        saved_rules.adopt(session.state(), chosen)
    except InputError as error:
        st.session_state[_MESSAGE] = words.BAD_SETTING.format(message=error)
        return
    st.session_state[_MESSAGE] = None
    if st.session_state.get(_CLICKED, False) and not clicked:
        # the figure keeps its last click as selected, and a second click there would say nothing
        st.session_state[_DRAWING] = drawing() + 1
    st.session_state[_CLICKED] = clicked


def drawing() -> int:
    """Number of the figure's current drawing."""
    number: int = st.session_state.get(_DRAWING, 0)
    return number


def choice(key: str, options: Sequence[Choice], first: Choice) -> Choice:
    """What was chosen by the widget of this key, and the widget set to it.

    Called before the widget on every run: one whose run was cut short by a second click, or that
    was not drawn for a while, comes back at a value that nobody chose.

    Args:
        key: of the widget; its `on_change` must be `chosen`.
        options: what can be chosen now.
        first: chosen until the visitor does.
    """
    kept = st.session_state.setdefault(_KEPT, {}).get(key, first)
    value: Choice = kept if kept in options else first
    st.session_state[key] = value
    return value


def chosen(key: str) -> None:
    """The visitor changed the widget of this key."""
    keep(key, st.session_state[key])


def keep(key: str, value: Hashable) -> None:
    """Take a value for the widget of this key, however it was chosen."""
    st.session_state.setdefault(_KEPT, {})[key] = value


def kept(key: str, first: Choice) -> Choice:
    """What was kept under this key, or else the first."""
    found: Choice = st.session_state.setdefault(_KEPT, {}).get(key, first)
    return found


def layer(n_layers: int, first: int) -> int:
    """The layer looked at; the busiest exit until the visitor picks one."""
    kept = st.session_state.setdefault(_KEPT, {})
    return min(max(int(kept.get(LAYER, first)), 1), n_layers)


def layer_moved(layer: int) -> None:
    """The layer was chosen by slider; a click on the same layer of the figure counts again."""
    keep(LAYER, layer)
    st.session_state[_LAYER_DRAWING] = layer_drawing() + 1


def layer_drawing() -> int:
    """Number of the strips' current drawing."""
    number: int = st.session_state.get(_LAYER_DRAWING, 0)
    return number


def _names_to_try() -> list[str]:
    first = table_name()
    return [first, *(n for n in evaluations.evaluation_names() if n != first)] if first else []
