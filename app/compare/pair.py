"""Two sentences, or two rules on one sentence, one under the other on one depth axis."""

from __future__ import annotations

import streamlit as st

from app.compare import session as visit
from app.shared import narration_compare as narration
from app.shared import resources, widgets, wording
from app.shared import wording_compare as words
from app.shared.legend import show_legend
from app.shared.palette import Palette
from app.shared.rows import Path, paths
from app.shared.rules import card, kinds, named
from app.shared.score_panel import layer_table
from app.shared.sheet import Figure
from app.shared.text import plain_markdown
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import explain
from elbert_core.results import LayerTrace


def show_pair(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """What stands beside the sentence in use, the figure, and its table."""
    key = visit.widget("with")
    chosen = st.segmented_control(
        words.WITH_LABEL,
        list(words.WITH),
        format_func=lambda name: words.WITH[name],
        key=key,
        on_change=widgets.changed,
        args=(visit.WITH, key, visit.chosen, "with"),
        required=True,
    )
    if chosen == "rule":
        key = visit.widget("other_rule")
        st.selectbox(
            words.OTHER_RULE,
            kinds(),
            format_func=lambda kind: card(kind).name,
            key=key,
            on_change=widgets.changed,
            args=(visit.OTHER_RULE, key, visit.chosen, "other_rule"),
            filter_mode=None,
        )
        beside, other_policy = trace, visit.other_policy()
    else:
        _ask_for_other()
        found = visit.other_trace()
        if found is None:
            return None
        beside, other_policy = found, policy
    a, b = explain(policy, trace), explain(other_policy, beside)
    if chosen == "rule":
        names = (words.IN_USE, card(other_policy.kind).name)
        lead = (
            f"{names[0]}: {named(policy)}",
            f"{words.OTHER_RULE_SHORT}: {named(other_policy)}",
        )
    else:
        names = ("A", "B")
        lead = (
            f"A: {narration.quoted(trace.text, 200)}",
            f"B: {narration.quoted(beside.text, 200)}",
        )
    for line in lead:
        st.text(line)
    entries = [
        Path(narration.path_title(names[0], a), trace, a),
        Path(narration.path_title(names[1], b), beside, b),
    ]
    show_legend(trace, palette)
    called = ("A", "B") if chosen == "sentence" else (words.THE_RULE, words.OTHER_RULE_SHORT)
    difference = narration.pair_sentence(a, b, called)
    result = Figure(
        "",
        lambda colours: paths(entries, palette=colours),
        f"{entries[0].title}; {entries[1].title}. {difference}",
        said=(*lead, difference),
        tables=(
            (entries[0].title, layer_table(trace, a)),
            (entries[1].title, layer_table(beside, b)),
        ),
    )
    st.vega_lite_chart(
        spec=result.draw(palette), width="stretch", key="compare.pair", alt=result.alt
    )
    st.text(difference)
    with st.expander(words.PAIR_TABLE):
        for title, table in result.tables:
            st.text(title)
            st.dataframe(table, hide_index=True, width="stretch", alt=wording.TABLE_ALT)
    return result


def _ask_for_other() -> None:
    key = visit.widget("other")
    st.pills(
        words.OTHER_SENTENCE,
        visit.examples(),
        format_func=lambda name: wording.PRESET_TITLES[name],
        key=key,
        required=True,
        on_change=widgets.changed,
        args=(visit.OTHER_PRESET, key, visit.take_example),
        wrap=True,
    )
    if resources.checkpoint_names():
        with st.form("compare.form", border=False):
            box, button = st.columns([6, 1], vertical_alignment="bottom", gap="small")
            box.text_input(
                words.OTHER_SENTENCE,
                key=visit.OTHER_TEXT,
                placeholder=words.OTHER_PLACEHOLDER,
                label_visibility="collapsed",
            )
            pressed = button.form_submit_button(
                words.READ_OTHER, width="stretch", key="compare.read_other"
            )
        if pressed:
            with st.spinner(wording.READING):
                visit.read_other(str(st.session_state[visit.OTHER_TEXT]))
    problem = visit.message()
    if problem is not None:
        st.warning(plain_markdown(problem))
