"""Taking the result away: the link, the files, and what reads new sentences."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

import streamlit as st

from app.inspect import opened
from app.inspect.snapshot import InspectView, inspect_html
from app.shared import resources, session, wording
from app.shared.sheet import Figure
from app.shared.state import Shown, to_query
from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.reading.traces import MAX_BYTES, trace_from_json, trace_to_csv, trace_to_json

_FILE = "inspect.file"
_DEVICE = "inspect.device"
MAX_SHOWN_LAYERS = 64
MAX_SHOWN_LABELS = 12


def show_share(shown: Shown, decision: Decision, figures: Sequence[Figure] = ()) -> None:
    """Downloads, link and device, in an expander; `figures` are those open besides the score."""
    with st.expander(wording.SHARE_HEADING):
        with st.container(horizontal=True):
            view = InspectView(
                shown,
                decision,
                session.cursor(shown.trace.n_layers, decision.exit_layer),
                urlencode(to_query(session.state())),
                tuple(figures),
                opened.note(shown),
            )
            st.download_button(
                wording.DOWNLOAD_HTML,
                lambda: inspect_html(view),  # made when it is asked for, not at every step
                "elbert-inspect.html",
                "text/html",
                on_click="ignore",
                help=wording.DOWNLOAD_HTML_HELP,
            )
            st.download_button(
                wording.DOWNLOAD_CSV,
                trace_to_csv(shown.trace, decision),
                "elbert-trace.csv",
                "text/csv",
                on_click="ignore",
            )
            st.download_button(
                wording.DOWNLOAD_JSON,
                trace_to_json(shown.trace),
                "elbert-trace.json",
                "application/json",
                on_click="ignore",
            )
        st.caption(wording.PNG_NOTE)
        st.caption(wording.LINK_NOTE)
        bare = urlencode(to_query(session.state(), with_text=False))
        st.text(wording.LINK_BARE)
        st.code(f"?{bare}" if bare else wording.LINK_DEFAULT, language=None, wrap_lines=True)
        _pick_device()
        st.file_uploader(
            wording.OPEN_TRACE,
            type="json",
            key=_FILE,
            help=wording.OPEN_TRACE_HELP,
            on_change=_file_opened,
        )


def _pick_device() -> None:
    asked = session.state()
    before = asked.device
    devices = resources.device_names()
    if len(devices) > 1:
        if st.session_state.get(_DEVICE) not in ("", *devices):
            st.session_state[_DEVICE] = session.device()
        asked.device = st.selectbox(
            wording.DEVICE_LABEL,
            ("", *devices),
            format_func=lambda name: wording.DEVICE_NAMES[name],
            key=_DEVICE,
        )
    else:
        st.caption(wording.ONE_DEVICE)
    if asked.device != before and asked.preset is None and asked.text:
        session.read_again()


def _file_opened() -> None:
    upload = st.session_state[_FILE]
    if upload is None:
        return
    try:
        if upload.size > MAX_BYTES:
            raise InputError(f"at most {MAX_BYTES // 1_000_000} MB, got more")
        trace = trace_from_json(upload.getvalue().decode("utf-8"))
        if trace.n_layers > MAX_SHOWN_LAYERS or len(trace.label_names) > MAX_SHOWN_LABELS:
            raise InputError(
                f"at most {MAX_SHOWN_LAYERS} layers and {MAX_SHOWN_LABELS} labels can be drawn"
            )
    except (InputError, UnicodeDecodeError) as error:
        session.say(wording.BAD_TRACE_FILE.format(message=error))
        return
    session.show_file(trace)
