"""Where the sentence comes from: the text box, the examples, and the message when it is no good."""

from __future__ import annotations

import streamlit as st

from app.shared import presets, resources, visit, words
from app.shared.widgets import bind, press, warn


def ask_for_sentence() -> None:
    """Text box with a Read button, and the stored examples."""
    fixed = "sentence" in visit.state().lock
    visit.show_notice()
    above = st.container()  # filled once the sentence is read: that may change the model
    with st.form("inspect.form", border=False):
        box, button = st.columns([8, 1], vertical_alignment="bottom", gap="small")
        with box:
            st.text_area(
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
    examples = presets.names_of(visit.model())
    preset = visit.state().preset
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
    if len(names) < 2:
        return
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
