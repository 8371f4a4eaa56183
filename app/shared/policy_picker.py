"""Chooses the stopping rule and its settings. Applied by replay; the model is not run.

What was chosen lives in `InspectState` and changes only when a visitor changes a widget; the
widgets are set from it on every run.
"""

from __future__ import annotations

import streamlit as st

from app.shared import widgets, wording
from app.shared.saved_rules import show_saved
from app.shared.state import POLICY_SETTINGS, InspectState, Setting, Value

POLICY = "inspect.policy"
SETTINGS = "setting."
"""How the keys of all settings begin."""


def pick_policy(state: InspectState, *, n_layers: int) -> None:
    """The picker; writes what was chosen into `state`."""
    key = widgets.put(POLICY, state.policy)
    st.selectbox(
        wording.POLICY_LABEL,
        list(POLICY_SETTINGS),
        format_func=lambda kind: wording.POLICY_NAMES[kind],
        key=key,
        on_change=widgets.changed,
        args=(POLICY, key, _policy_chosen, state),
        help=wording.POLICY_HELP,
        disabled="policy" in state.lock,
        filter_mode=None,
    )
    st.caption(wording.POLICY_TERMS[state.policy])
    plain = [s for s in POLICY_SETTINGS[state.policy] if not s.advanced]
    advanced = [s for s in POLICY_SETTINGS[state.policy] if s.advanced]
    for setting in plain:
        _control(state, setting, n_layers)
    if advanced:
        with st.expander(wording.MORE_SETTINGS):
            for setting in advanced:
                _control(state, setting, n_layers)
    show_saved(state)


def setting_name(policy: str, name: str) -> str:
    """What a setting is called."""
    special = wording.SETTING_NAMES_BY_POLICY.get((policy, name))
    return special or wording.SETTING_NAMES[name]


def _policy_chosen(state: InspectState, kind: str) -> None:
    state.policy = kind


def _setting_chosen(settings: dict[str, Value], name: str, value: Value) -> None:
    settings[name] = value


def _control(state: InspectState, setting: Setting, n_layers: int) -> None:
    policy, name = state.policy, setting.name
    current = setting.fit(state.settings().get(name, setting.default))
    label = setting_name(policy, name)
    explanation = wording.SETTING_HELP_BY_POLICY.get((policy, name), wording.SETTING_HELP[name])
    fixed = name in state.lock
    high = _upper(state, setting, current, n_layers)
    # a slider whose range changes is a new widget, so the range is part of its name
    called = f"{SETTINGS}{policy}.{name}" + ("" if setting.kind == "choice" else f".{high:g}")
    value: Value = current
    if setting.kind == "int":
        value = int(current)
    elif setting.kind == "float":
        value = min(float(current), high)
    state.settings()[name] = value
    if setting.kind == "int" and int(setting.low) == int(high):
        return
    key = widgets.put(called, value)
    heard = (called, key, _setting_chosen, state.settings(), name)
    if setting.kind == "choice":
        st.selectbox(
            label,
            setting.options,
            format_func=lambda option: wording.CHOICE_NAMES[option],
            key=key,
            on_change=widgets.changed,
            args=heard,
            help=explanation,
            disabled=fixed,
            filter_mode=None,
        )
    elif setting.kind == "int":
        st.slider(
            label,
            int(setting.low),
            int(high),
            step=1,
            key=key,
            on_change=widgets.changed,
            args=heard,
            help=explanation,
            disabled=fixed,
        )
    else:
        decimals = _decimals(setting, float(value))
        st.slider(
            label,
            float(setting.low),
            high,
            step=setting.step,
            format=f"%.{decimals}f",
            key=key,
            on_change=widgets.changed,
            args=heard,
            help=explanation,
            disabled=fixed,
        )


def _decimals(setting: Setting, value: float) -> int:
    """As many as the steps have, or as a value from elsewhere needs to be seen as it is."""
    usual = 3 if setting.step < 0.01 else 2
    return next(n for n in (usual, 3, 4) if n >= usual and (round(value, n) == value or n == 4))


def _upper(state: InspectState, setting: Setting, current: Value, n_layers: int) -> float:
    if setting.kind == "int":
        return max(n_layers, int(current))
    if state.policy == "entropy" and setting.name == "threshold":
        return 2.0 if state.settings().get("unit") == "nats" else 1.0
    return setting.high
