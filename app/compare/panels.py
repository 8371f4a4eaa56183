"""The views of Compare, each a figure with its controls, and the file that takes one away."""

from __future__ import annotations

from urllib.parse import urlencode
from zlib import crc32

import streamlit as st

from app.compare import visit, words
from app.compare.figures import sliding, word_effects
from app.compare.sentences import Alike, alike, sentences, three_kinds
from app.shared import narration, presets, resources, sheet
from app.shared import words as common
from app.shared.palette import Palette
from app.shared.panels import of_paths, show_figure
from app.shared.rows import Path, Strip, strips
from app.shared.rules import card, kinds, named
from app.shared.sheet import Figure, by_column
from app.shared.state import Mode, Shown
from app.shared.text import label_names, plain_markdown
from app.shared.widgets import bind, download, press, warn
from app.shared.words import path_title, quoted, refused
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import explain
from elbert_core.reading.left_out import Ablation
from elbert_core.reading.ways import comparable
from elbert_core.reading.words import Word
from elbert_core.results import LayerTrace

MOST = 8
"""Sentences that go the same way: as many are shown."""
TITLE = 34
"""Characters of a sentence above its way: more would squeeze the figure on a telephone."""
_SWAP_FOR = "compare.swap_for"


def show_kinds(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """A sentence of each kind, the figure with its slider, and the tables."""
    others = (other for _, other in sentences() if comparable(trace, other))
    known = [trace, *(other for other in others if not refused(policy, other))]
    found = three_kinds(policy, known, presets.MEANT)
    if len(found) < 2:
        st.info(words.KINDS_TOO_FEW)
        return None
    st.text(words.KINDS_INTRO)
    entries = [
        Path(path_title(words.KIND_NAMES[k.name], k.decision), k.trace, k.decision) for k in found
    ]
    findings = [
        [words.at_window(kind.decision, layer) for layer in range(1, kind.trace.n_layers + 1)]
        for kind in found
    ]
    latest = max(kind.decision.exit_layer for kind in found)
    said = words.kinds_sentence(found)
    alt = f"{'; '.join(entry.title for entry in entries)}. {said}"
    result = of_paths(entries, alt, *map(words.kind_line, found), said, note=words.KINDS_HELP)
    moving = sliding(entries, findings, at=latest, palette=palette)
    show_figure(
        result, palette, key="compare.kinds", table=words.KINDS_TABLE, labels=trace, spec=moving
    )
    return result


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
        names = (common.IN_USE, card(other_policy.kind).name)
        lead = (
            f"{common.IN_USE}: {named(policy)}",
            f"{words.OTHER_RULE_SHORT}: {named(other_policy)}",
        )
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
    entries = [Path(path_title(names[0], a), trace, a), Path(path_title(names[1], b), beside, b)]
    difference = words.pair_sentence(a, b, called)
    alt = f"{entries[0].title}; {entries[1].title}. {difference}"
    result = of_paths(entries, alt, *lead, difference)
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


def show_words(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The button, and once it was pressed the figure, its sentence and its table."""
    st.text(words.WORDS_INTRO)
    mine, chosen, result = visit.current(), visit.words_of(trace), None
    if not resources.checkpoint_names():
        st.info(common.NEEDS_MODEL)
        return None
    if len(chosen) < 2:
        st.info(words.ONE_WORD)
        return None
    if st.button(words.WORDS_BUTTON, help=words.WORDS_HELP, key="compare.leave_out"):
        mine.read_without_words(trace)
    if mine.message:
        warn(mine.message)
    read = mine.without_words(trace)
    if read is not None:
        result = words_figure(read.effects(policy), trace)
        show_figure(result, palette, key="compare.words", table=words.WORDS_TABLE)
        if len(chosen) == words.MAX_WORDS:
            st.caption(words.WORDS_CUT)
    _swap(trace, chosen)
    return result


def words_figure(found: Ablation, trace: LayerTrace) -> Figure:
    """What each word does, drawn, said and by column."""
    said = words.ablation_sentence(found, trace)
    rows = [
        (e.word, e.exit_layer, e.exit_change, trace.label_names[e.label], round(e.area_change, 4))
        for e in found.effects
    ]
    return Figure(
        words.WORDS_TITLE,
        lambda colours: word_effects(found, trace, palette=colours),
        f"{said} The table below has every word.",
        (words.AREA_HELP,),
        by_column(words.WORDS_COLUMNS, rows),
        (said,),
    )


def _swap(trace: LayerTrace, chosen: tuple[Word, ...]) -> None:
    st.markdown(f"**{words.SWAP_HEADING}**")
    # another sentence has other words, so it is another widget
    key = f"compare.swap_word.{crc32(trace.text.encode())}"

    def swapped() -> None:
        word = chosen[int(st.session_state[key])]
        visit.current().swap(trace, word, str(st.session_state[_SWAP_FOR]))

    with st.form("compare.swap", border=False):
        row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
        row.selectbox(
            words.SWAP_WORD,
            range(len(chosen)),
            format_func=lambda number: plain_markdown(chosen[number].text),
            key=key,
            filter_mode=None,
        )
        row.text_input(words.SWAP_FOR, key=_SWAP_FOR, max_chars=60)
        row.form_submit_button(words.SWAP_BUTTON, key="compare.swap_read", **press(swapped))


def show_alike(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The ways, what they have in common, and their table."""
    found = alike(trace, policy, sentences())
    if not found:
        st.info(words.ALIKE_NONE)
        return None
    decision = explain(policy, trace)
    said, listed = words.alike_sentence(found, decision), found[:MOST]
    entries = [Strip(f"★ {quoted(trace.text, TITLE)}", trace, decision.exit_layer)]
    for one in listed:
        text, exit_layer = quoted(one.trace.text, TITLE), one.decision.exit_layer
        entries.append(Strip(text, one.trace, exit_layer, differs=one.differs))
    result = Figure(
        "",
        lambda colours: strips(entries, palette=colours),
        f"{said} {words.ALIKE_ALT}",
        (words.ALIKE_HELP,),
        alike_table(listed),
        (said,),
    )
    show_figure(result, palette, key="compare.alike", table=words.ALIKE_TABLE, labels=trace)
    return result


def alike_table(found: list[Alike]) -> dict[str, list[object]]:
    """The ways by column."""
    rows = [
        (
            quoted(one.trace.text, 120),
            words.ALIKE_SOURCES[one.source],
            one.decision.exit_layer,
            narration.name(one.decision.label_name),
            round(one.decision.confidence, 4),
            len(one.differs),
        )
        for one in found
    ]
    return by_column(words.ALIKE_COLUMNS, rows)


def show_download(shown: Shown, policy: ExitPolicy, view: str, mode: Mode, found: Figure) -> None:
    """The button that takes the view away."""
    link = urlencode(visit.query())
    download(
        common.DOWNLOAD_HTML,
        lambda: compare_html(shown, policy, view, mode, found, link),
        f"elbert-compare-{view}.html",
        key="compare.html",
        help=common.DOWNLOAD_HTML_HELP,
    )
    st.caption(common.PNG_NOTE)


def compare_html(
    shown: Shown, policy: ExitPolicy, view: str, mode: Mode, found: Figure, link: str
) -> str:
    """The whole file. Pure.

    Args:
        shown: the record of the sentence in use.
        policy: the rule in use.
        view: which of the page's views, by name.
        mode: which kind of figure it is.
        found: the view's figure with its words and tables.
        link: what the page's address ends in.
    """
    trace = shown.trace
    decision = explain(policy, trace)
    parts = [
        sheet.sentence(trace.text),
        sheet.paragraph(narration.verdict(decision)),
        *sheet.rule(policy),
        sheet.badge(common.MODES[mode], common.MODE_HELP[mode]),
        sheet.heading(words.VIEWS[view]),
        sheet.legend(label_names(trace)),
        sheet.figure(found),
        *sheet.origin(trace, link),
    ]
    return sheet.document(words.HEADLINE, parts)
