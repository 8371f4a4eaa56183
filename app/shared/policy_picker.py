"""Chooses the stopping rule and its settings. Applied by replay; the model is not run.

What was chosen lives in `InspectState` and changes only when a visitor changes a widget; the
widgets are set from it on every run.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.shared import widgets, words
from app.shared.cards import Setting, Value
from app.shared.rules import card, kinds
from app.shared.saved_rules import show_saved
from app.shared.state import InspectState

POLICY = "inspect.policy"
SETTINGS = "setting."
"""How the keys of all settings begin."""


def pick_policy(state: InspectState, *, n_layers: int) -> None:
    """The picker; writes what was chosen into `state`."""
    key = widgets.put(POLICY, state.policy)
    st.selectbox(
        words.POLICY_LABEL,
        kinds(),
        format_func=lambda kind: card(kind).name,
        key=key,
        on_change=widgets.changed,
        args=(POLICY, key, _policy_chosen, state),
        help=words.POLICY_HELP,
        disabled="policy" in state.lock,
        filter_mode=None,
    )
    rule = card(state.policy)
    st.caption(rule.term)
    advanced = [setting for setting in rule.settings if setting.advanced]
    for setting in rule.settings:
        if not setting.advanced:
            _control(state, setting, n_layers)
    if advanced:
        with st.expander(words.MORE_SETTINGS):
            for setting in advanced:
                _control(state, setting, n_layers)
    show_saved(state)


def _policy_chosen(state: InspectState, kind: str) -> None:
    state.policy = kind


def _setting_chosen(settings: dict[str, Value], name: str, value: Value) -> None:
    settings[name] = value


def _control(state: InspectState, setting: Setting, n_layers: int) -> None:
    name, settings = setting.name, state.settings()
    value = setting.fit(settings.get(name, setting.default))
    high = _upper(state, setting, value, n_layers)
    # a slider whose range changes is a new widget, so the range is part of its name
    called = f"{SETTINGS}{state.policy}.{name}"
    called += "" if setting.kind == "choice" else f".{high:g}"
    if setting.kind == "float":
        value = min(float(value), high)
    settings[name] = value
    if setting.kind == "int" and int(setting.low) == int(high):
        return
    key = widgets.put(called, value)
    shared: dict[str, Any] = {
        "key": key,
        "on_change": widgets.changed,
        "args": (called, key, _setting_chosen, settings, name),
        "help": setting.help or None,
        "disabled": name in state.lock,
    }
    if setting.kind == "choice":
        names = setting.options
        st.selectbox(
            setting.label, list(names), format_func=names.__getitem__, filter_mode=None, **shared
        )
    elif setting.kind == "int":
        st.slider(setting.label, int(setting.low), int(high), step=1, **shared)
    else:
        shown = f"%.{_decimals(setting, float(value))}f"
        st.slider(
            setting.label, float(setting.low), high, step=setting.step, format=shown, **shared
        )


def _decimals(setting: Setting, value: float) -> int:
    """As many as the steps have, or as a value from elsewhere needs to be seen as it is."""
    usual = 3 if setting.step < 0.01 else 2
    steps = range(usual, setting.digits)
    return next((n for n in steps if round(value, n) == value), setting.digits)


def _upper(state: InspectState, setting: Setting, current: Value, n_layers: int) -> float:
    if setting.kind == "int":
        return max(n_layers, int(current))
    return setting.top(state.settings())
