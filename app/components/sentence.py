"""Where the sentence comes from: the text box, the examples, and the message when it is no good."""

from __future__ import annotations

import streamlit as st

from app import presets, resources, wording
from app.components import session
from app.inputs import plain_markdown


def ask_for_sentence() -> None:
    """Text box with a Read button, and the stored examples."""
    fixed = "sentence" in session.state().lock
    with st.form("inspect.form", border=False):
        box, button = st.columns([8, 1], vertical_alignment="bottom", gap="small")
        with box:
            st.text_area(
                wording.SENTENCE_LABEL,
                key=session.TEXT,
                height=68,
                placeholder=wording.SENTENCE_PLACEHOLDER,
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
    session.read_what_was_asked()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.pills(
            wording.PRESETS_LABEL,
            presets.NAMES,
            format_func=lambda name: wording.PRESET_TITLES[name],
            key=session.PRESET,
            on_change=_preset_picked,
            label_visibility="collapsed",
            wrap=True,
            disabled=fixed,
        )
        preset = session.state().preset
        if preset is not None:
            st.caption(wording.PRESET_REMARKS[preset], width="content")
    problem = session.message()
    if problem is not None:
        st.warning(plain_markdown(problem))
    elif not resources.checkpoint_names():
        st.caption(wording.EXAMPLES_ONLY)


def _preset_picked() -> None:
    name = st.session_state[session.PRESET]
    if name is None:  # a second click on the example in use: it stays
        st.session_state[session.PRESET] = session.state().preset
    else:
        session.show_preset(name)
