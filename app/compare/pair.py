"""Two sentences, or two rules on one sentence, one under the other on one depth axis."""

from __future__ import annotations

import streamlit as st

from app.compare import visit, words
from app.shared import presets, resources
from app.shared.figure_panel import show_figure
from app.shared.palette import Palette
from app.shared.reading import refused
from app.shared.rows import Path, paths
from app.shared.rules import card, kinds, named
from app.shared.score_panel import layer_table
from app.shared.sheet import Figure
from app.shared.text import plain_markdown
from app.shared.widgets import bind, warn
from app.shared.words import IN_USE, path_title, quoted
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import explain
from elbert_core.results import LayerTrace


def show_pair(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """What stands beside the sentence in use, the figure, and its table."""
    mine = visit.current()
    st.segmented_control(
        words.WITH_LABEL,
        list(words.WITH),
        format_func=words.WITH.__getitem__,
        required=True,
        **bind(mine, "beside", "compare.with"),
    )
    beside, other_policy, called = trace, policy, ("A", "B")
    if mine.beside == "rule":
        st.selectbox(
            words.OTHER_RULE,
            kinds(),
            format_func=lambda kind: card(kind).name,
            filter_mode=None,
            **bind(mine, "other_rule", "compare.other_rule"),
        )
        other_policy, called = mine.other_policy, (words.THE_RULE, words.OTHER_RULE_SHORT)
        names = (IN_USE, card(other_policy.kind).name)
        lead = (f"{IN_USE}: {named(policy)}", f"{words.OTHER_RULE_SHORT}: {named(other_policy)}")
    else:
        _ask_for_other(mine)
        found = mine.other_trace()
        if found is None:
            return None
        beside, names = found, called
        lead = (f"A: {quoted(trace.text, 200)}", f"B: {quoted(beside.text, 200)}")
    problem = refused(other_policy, beside)
    if problem:
        st.info(plain_markdown(problem))
        return None
    a, b = explain(policy, trace), explain(other_policy, beside)
    entries = [
        Path(path_title(names[0], a), trace, a),
        Path(path_title(names[1], b), beside, b),
    ]
    difference = words.pair_sentence(a, b, called)
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
    show_figure(result, palette, key="compare.pair", table=words.PAIR_TABLE, labels=trace)
    return result


def _ask_for_other(mine: visit.CompareVisit) -> None:
    st.pills(
        words.OTHER_SENTENCE,
        mine.examples,
        format_func=presets.title,
        required=True,
        wrap=True,
        **bind(mine, "example", "compare.other_preset", then=mine.take_example),
    )
    if resources.checkpoint_names():
        with st.form("compare.form", border=False):
            box, button = st.columns([6, 1], vertical_alignment="bottom", gap="small")
            typed = box.text_input(
                words.OTHER_SENTENCE,
                key="compare.other_text",
                placeholder=words.OTHER_PLACEHOLDER,
                label_visibility="collapsed",
            )
            pressed = button.form_submit_button(
                words.READ_OTHER, width="stretch", key="compare.read_other"
            )
        if pressed:
            mine.read_other(typed)
    if mine.message:
        warn(mine.message)
