"""Where the sentence comes from: the text box, the examples, and the message when it is no good."""

from __future__ import annotations

import streamlit as st

from app.shared import presets, resources, session, widgets, wording
from app.shared.text import plain_markdown


def ask_for_sentence() -> None:
    """Text box with a Read button, and the stored examples."""
    fixed = "sentence" in session.state().lock
    above = st.container()  # filled once the sentence is read: that may change the model
    with st.form("inspect.form", border=False):
        box, button = st.columns([8, 1], vertical_alignment="bottom", gap="small")
        with box:
            st.text_area(
                wording.SENTENCE_LABEL,
                key=session.TEXT,
                height=68,
                placeholder=wording.PLACEHOLDERS.get(session.model(), wording.SENTENCE_PLACEHOLDER),
                label_visibility="collapsed",
                disabled=fixed,
            )
        with button:
            st.form_submit_button(
                wording.READ_BUTTON,
                type="primary",
                help=wording.READ_HELP,
                on_click=session.ask,
                width="stretch",
                key="inspect.read",
                disabled=fixed,
            )
    place = st.empty()  # an old message is gone while the next sentence is read
    with place:
        session.read_what_was_asked()
    problem = session.message()
    if problem is not None:
        place.warning(plain_markdown(problem))
    with above:
        _ask_for_model(fixed=fixed)
    examples = presets.names_of(session.model())
    preset = session.state().preset
    key = widgets.put(session.PRESET, preset)  # also where it is not drawn any more
    if examples:
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.pills(
                wording.PRESETS_LABEL,
                examples,
                format_func=lambda name: wording.PRESET_TITLES[name],
                key=key,
                on_change=widgets.changed,
                args=(session.PRESET, key, _preset_picked),
                label_visibility="collapsed",
                wrap=True,
                disabled=fixed,
            )
            if preset is not None:
                st.caption(wording.PRESET_REMARKS[preset], width="content")
    if problem is None and not resources.checkpoint_names():
        st.caption(wording.EXAMPLES_ONLY)


def _ask_for_model(*, fixed: bool) -> None:
    names = session.models()
    if len(names) < 2:
        return
    key = widgets.put(session.MODEL, session.model())
    st.segmented_control(
        wording.MODEL_LABEL,
        names,
        format_func=wording.model_title,
        key=key,
        required=True,
        on_change=widgets.changed,
        args=(session.MODEL, key, session.pick_model),
        label_visibility="collapsed",
        disabled=fixed,
    )


def _preset_picked(name: str | None) -> None:
    if name is not None:  # None: a second click on the example in use, which stays
        session.show_preset(name)
