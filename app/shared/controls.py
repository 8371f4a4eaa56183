"""What pages ask for: the sentence, what judges it, and the rule that stops it.

The text box, the examples, and the message when a sentence is no good; the stopping rule and its
settings, which are applied by replay: the model is not run again.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.shared import presets, resources, visit, words
from app.shared.cards import Setting
from app.shared.rules import card, kinds
from app.shared.saved_rules import show_saved
from app.shared.state import InspectState
from app.shared.widgets import bind, press, warn

POLICY = "inspect.policy"
SETTINGS = "setting."
"""How the keys of all settings begin."""


def ask_for_sentence() -> None:
    """Text box with a Read button, and the stored examples."""
    fixed = "sentence" in visit.state().lock
    visit.show_notice()
    above = st.container()  # filled once the sentence is read: that may change the model
    with st.form("inspect.form", border=False):
        box, button = st.columns([8, 1], vertical_alignment="bottom", gap="small")
        box.text_area(
            words.SENTENCE_LABEL,
            key=visit.TEXT,
            height=68,
            placeholder=presets.placeholder(visit.model()),
            label_visibility="collapsed",
            disabled=fixed,
        )
        with button:
            st.form_submit_button(
                words.READ_BUTTON,
                type="primary",
                help=words.READ_HELP,
                width="stretch",
                key="inspect.read",
                disabled=fixed,
                **press(visit.ask),
            )
    place = st.empty()  # an old message is gone while the next sentence is read
    with place:
        visit.read_what_was_asked()
    problem = visit.current().message
    if problem:
        with place:
            warn(problem)
    with above:
        _ask_for_model(fixed=fixed)
    examples, preset = presets.names_of(visit.model()), visit.state().preset
    # also where it is not drawn any more
    bound = bind(visit.state(), "preset", visit.PRESET, then=_preset_picked)
    if examples:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.pills(
                words.PRESETS_LABEL,
                examples,
                format_func=presets.title,
                label_visibility="collapsed",
                wrap=True,
                disabled=fixed,
                **bound,
            )
            if preset is not None:
                st.caption(presets.EXAMPLES[preset].remark, width="content")
    if not problem and not resources.checkpoint_names():
        st.caption(words.EXAMPLES_ONLY)


def _ask_for_model(*, fixed: bool) -> None:
    names = visit.models()
    if len(names) > 1:
        st.segmented_control(
            words.MODEL_LABEL,
            names,
            format_func=presets.model_title,
            required=True,
            label_visibility="collapsed",
            disabled=fixed,
            **bind(visit.current(), "model", visit.MODEL, then=visit.pick_model),
        )


def _preset_picked(name: str | None) -> None:
    if name is not None:  # None: a second click on the example in use, which stays
        visit.show_preset(name)


def pick_policy(state: InspectState, *, n_layers: int) -> None:
    """The stopping rule with its settings; writes what was chosen into `state`."""
    st.selectbox(
        words.POLICY_LABEL,
        kinds(),
        format_func=lambda kind: card(kind).name,
        help=words.POLICY_HELP,
        disabled="policy" in state.lock,
        filter_mode=None,
        **bind(state, "policy", POLICY),
    )
    rule = card(state.policy)
    st.caption(rule.term)
    for setting in rule.settings:
        if not setting.advanced:
            _control(state, setting, n_layers)
    advanced = [setting for setting in rule.settings if setting.advanced]
    if advanced:
        with st.expander(words.MORE_SETTINGS):
            for setting in advanced:
                _control(state, setting, n_layers)
    show_saved(state)


def _control(state: InspectState, setting: Setting, n_layers: int) -> None:
    name, settings, whole = setting.name, state.settings(), setting.kind == "int"
    value = setting.fit(settings.get(name, setting.default))
    high = max(n_layers, int(value)) if whole else setting.top(settings)
    # a slider whose range changes is a new widget, so the range is part of its name
    called = f"{SETTINGS}{state.policy}.{name}"
    called += "" if setting.kind == "choice" else f".{high:g}"
    settings[name] = value = min(float(value), high) if setting.kind == "float" else value
    if whole and int(setting.low) == int(high):
        return
    given: dict[str, Any] = {"help": setting.help or None, "disabled": name in state.lock}
    given |= bind(settings, name, called)
    if setting.kind == "choice":
        names = setting.options
        st.selectbox(
            setting.label, list(names), format_func=names.__getitem__, filter_mode=None, **given
        )
    elif whole:
        st.slider(setting.label, int(setting.low), int(high), step=1, **given)
    else:
        shown = f"%.{_decimals(setting, float(value))}f"
        st.slider(setting.label, setting.low, high, step=setting.step, format=shown, **given)


def _decimals(setting: Setting, value: float) -> int:
    """As many as the steps have, or as a value from elsewhere needs to be seen as it is."""
    usual = 3 if setting.step < 0.01 else 2
    steps = range(usual, setting.digits)
    return next((n for n in steps if round(value, n) == value), setting.digits)
