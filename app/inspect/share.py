"""Taking the result away: the link, the files, and what reads new sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from app.inspect import opened, words
from app.inspect.snapshot import InspectView, inspect_html
from app.inspect.visit import cursor
from app.shared import resources, visit
from app.shared import words as common
from app.shared.sheet import Figure
from app.shared.state import Shown, to_query
from app.shared.text import clean
from app.shared.widgets import bind, upload
from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.reading.traces import MAX_BYTES, trace_from_json, trace_to_csv, trace_to_json
from elbert_core.results import LayerTrace


def show_share(shown: Shown, decision: Decision, figures: Sequence[Figure] = ()) -> None:
    """Downloads, link and device, in an expander; `figures` are those open besides the score."""
    with st.expander(words.SHARE_HEADING):
        with st.container(horizontal=True):
            view = InspectView(
                shown,
                decision,
                cursor(shown, decision.exit_layer),
                urlencode(to_query(visit.state())),
                tuple(figures),
                opened.note(shown),
            )
            st.download_button(
                common.DOWNLOAD_HTML,
                lambda: inspect_html(view),  # made when it is asked for, not at every step
                "elbert-inspect.html",
                "text/html",
                on_click="ignore",
                help=common.DOWNLOAD_HTML_HELP,
            )
            st.download_button(
                words.DOWNLOAD_CSV,
                lambda: trace_to_csv(shown.trace, decision),
                "elbert-trace.csv",
                "text/csv",
                on_click="ignore",
            )
            st.download_button(
                words.DOWNLOAD_JSON,
                lambda: json_of(shown.trace),
                "elbert-trace.json",
                "application/json",
                on_click="ignore",
            )
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
        format_func=lambda name: common.DEVICE_NAMES[name],
        **bind(visit.state(), "device", "inspect.device", then=_device_picked),
    )


def _device_picked(name: str) -> None:
    asked = visit.state()
    asked.device = name
    visit.current().again = asked.preset is None and bool(asked.text)


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
