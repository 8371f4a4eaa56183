"""Files: taking the result away as a link, a table or a whole page, and opening one again.

Of an opened trace it is said whether the model that is here made it, and whether it says the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import streamlit as st
from markupsafe import Markup

from app.inspect import words
from app.inspect.panels import mode_of, real_run, why_not
from app.inspect.visit import cursor
from app.shared import narration, resources, sheet, visit
from app.shared import words as common
from app.shared.score import alt_text, layer_table, score
from app.shared.sheet import Figure
from app.shared.state import Shown, to_query
from app.shared.text import clean, label_names, piece, plain_markdown, shorten
from app.shared.widgets import bind, download, upload, warn
from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.reading.traces import MAX_BYTES, trace_from_json, trace_to_csv, trace_to_json
from elbert_core.results import LayerTrace

TOLERANCE = 1e-3
"""Largest difference of a probability that rounding of another machine explains."""
_SHORT = 12  # digits of a digest that are shown


def show_share(shown: Shown, decision: Decision, figures: Sequence[Figure] = ()) -> None:
    """Downloads, link and device, in an expander; `figures` are those open besides the score."""
    at, link = cursor(shown, decision.exit_layer), urlencode(to_query(visit.state()))
    view = InspectView(shown, decision, at, link, tuple(figures), note(shown))
    trace = shown.trace
    with st.expander(words.SHARE_HEADING):
        with st.container(horizontal=True):
            html, explained = "elbert-inspect.html", common.DOWNLOAD_HTML_HELP
            download(common.DOWNLOAD_HTML, lambda: inspect_html(view), html, help=explained)
            download(words.DOWNLOAD_CSV, lambda: trace_to_csv(trace, decision), "elbert-trace.csv")
            download(words.DOWNLOAD_JSON, lambda: json_of(trace), "elbert-trace.json")
        st.caption(common.PNG_NOTE)
        st.caption(words.LINK_NOTE)
        bare = urlencode(to_query(visit.state(), with_text=False))
        st.text(words.LINK_BARE)
        st.code(f"?{bare}" if bare else common.LINK_DEFAULT, language=None, wrap_lines=True)
        _pick_device()
        st.file_uploader(
            words.OPEN_TRACE,
            type="json",
            help=words.OPEN_TRACE_HELP,
            **upload("inspect.file", _file_opened),
        )


def json_of(trace: LayerTrace) -> str:
    """The trace as a file that opens again: without its attention where that is too large."""
    try:
        return trace_to_json(trace)
    except InputError:
        return trace_to_json(trace, with_attention=False)


def _pick_device() -> None:
    devices = resources.device_names()
    if len(devices) < 2:
        st.caption(words.ONE_DEVICE)
        return
    st.selectbox(
        words.DEVICE_LABEL,
        ("", *devices),
        format_func=common.DEVICE_NAMES.__getitem__,
        **bind(visit.state(), "device", "inspect.device", then=_device_picked),
    )


def _device_picked(name: str) -> None:
    asked = visit.state()
    asked.device = name
    visit.current().again = asked.preset is None and bool(asked.text)


# -- the page as it stands, as one HTML file -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InspectView:
    """What is on show.

    Attributes:
        shown: the record, and how it came there.
        decision: what the rule in use makes of it.
        cursor: the layer looked at.
        link: what the page's address ends in.
        figures: further figures that are open.
        note: what is known of an opened file, "" for none.
    """

    shown: Shown
    decision: Decision
    cursor: int
    link: str
    figures: Sequence[Figure] = ()
    note: str = ""


def inspect_html(view: InspectView) -> str:
    """The whole file."""
    shown, decision = view.shown, view.decision
    trace, mode = shown.trace, mode_of(shown, decision)
    at = decision.verdicts[view.cursor - 1]
    drawn = Figure(
        "",
        lambda palette: score(trace, decision, cursor=view.cursor, palette=palette),
        alt_text(trace, decision),
    )
    why: list[Markup] = [sheet.paragraph(words.NO_EARLIER_LAYER)]
    if decision.exit_layer > 1:
        why = [why_not(trace, decision), sheet.paragraph(words.flips(trace, decision))]
    parts = [
        *map(sheet.sentence, filter(None, (trace.text, trace.text_pair))),
        sheet.verdict(decision),
        sheet.paragraph(words.saves(decision), words.compared_with_full(decision)),
        sheet.badge(common.MODES[mode], common.MODE_HELP[mode]),
        sheet.paragraph(common.read_by(trace), words.truncated(trace), view.note, small=True),
        *map(sheet.paragraph, real_run(shown, decision)),
        *sheet.rule(decision.policy),
        sheet.legend(label_names(trace)),
        sheet.figure(drawn),
        sheet.paragraph(narration.at_layer(trace, at, decision)),
        sheet.lines(narration.arithmetic(trace, at)),
        sheet.heading(words.WHY_HEADING),
        sheet.paragraph(narration.why(trace, decision)),
        sheet.heading(words.FULL_HEADING),
        sheet.paragraph(narration.full_depth(decision)),
        sheet.heading(words.WHY_NOT_HEADING),
        *why,
        sheet.heading(words.SAVED_HEADING),
        sheet.table(words.SAVED_COLUMNS, words.savings(decision)),
        sheet.heading(common.SCORE_TABLE),
        sheet.columns(layer_table(trace, decision)),
        *map(sheet.figure, view.figures),
        sheet.heading(words.PIECES_HEADING.format(count=len(trace.tokens))),
        sheet.lines("  ".join(map(piece, trace.tokens))),
        *sheet.origin(trace, view.link),
    ]
    return sheet.document(words.HEADLINE, parts)


# -- an opened trace -------------------------------------------------------------------------------


def _file_opened(given: Any) -> None:
    if given is None:
        return
    try:
        if given.size > MAX_BYTES:
            raise InputError(f"at most {MAX_BYTES // 1_000_000} MB, got more")
        trace = clean(trace_from_json(given.getvalue().decode("utf-8")))
    except (InputError, UnicodeDecodeError) as error:
        visit.say(words.BAD_TRACE_FILE.format(message=error))
        return
    visit.show_file(trace)


@dataclass(frozen=True, slots=True)
class Origin:
    """What a trace says of its weights, against those here.

    Attributes:
        match: "same" weights are here; "other" weights of that name are; they are "absent"; the
            file leaves it "unknown".
        name: name of the checkpoint: of the one here where the weights match.
        digest, here: of the file and of the checkpoint here, "" when unknown.
    """

    match: Literal["same", "other", "absent", "unknown"]
    name: str
    digest: str
    here: str = ""


def origin(trace: LayerTrace) -> Origin:
    """Compare a trace's digest with those of the checkpoints here."""
    if not trace.digest:
        return Origin("unknown", trace.checkpoint, "")
    names = resources.checkpoint_names()
    # the name first: several folders may hold the same weights
    for name in sorted(names, key=lambda one: one != trace.checkpoint):
        if resources.digest(name) == trace.digest:
            return Origin("same", name, trace.digest, trace.digest)
    if trace.checkpoint in names:
        here = resources.digest(trace.checkpoint)
        return Origin("other", trace.checkpoint, trace.digest, here)
    return Origin("absent", trace.checkpoint, trace.digest)


def told(found: Origin) -> str:
    """The same in plain words."""
    return words.OPENED[found.match].format(
        name=shorten(found.name, 60), digest=found.digest[:_SHORT], here=found.here[:_SHORT]
    )


def note(shown: Shown) -> str:
    """What is known of an opened file; "" for what was not opened."""
    return told(origin(shown.trace)) if shown.opened else ""


def show_opened(shown: Shown) -> None:
    """For the trace of an opened file: what is known of it, and a way to read it again."""
    if not shown.opened:
        return
    trace, found = shown.trace, origin(shown.trace)
    tell = st.info if found.match == "same" else st.warning
    tell(plain_markdown(told(found)))
    if found.match not in ("same", "other"):
        return
    explained = plain_markdown(words.VERIFY_HELP.format(name=found.name))
    if st.button(words.VERIFY_BUTTON, key="inspect.verify", help=explained):
        shown.read_again = visit.try_read(
            resources.read, trace.text, warn, model=found.name, pair=trace.text_pair
        )
    if shown.read_again is not None:
        st.text(compared(trace, shown.read_again))


def compared(file: LayerTrace, again: LayerTrace) -> str:
    """Whether two readings of a sentence say the same, in plain words."""
    if file.probs.shape != again.probs.shape:
        return words.VERIFY_SHAPE
    largest = float(np.abs(file.probs - again.probs).max())
    said = words.VERIFY_SAME if largest <= TOLERANCE else words.VERIFY_OTHER
    return said.format(largest=largest)
