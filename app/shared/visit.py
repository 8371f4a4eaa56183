"""The visit: the sentence, the rule and the model that all pages share, and reading a sentence.

    visit.start("compare")                     # news of the link, or None
    visit.policy()                             # the rule in use
    found = visit.try_read(resources.read_map, text, widgets.warn)
    if found is not None: ...                  # else `warn` has said why not

A page keeps what is its own in a typed object beside this (`app.shared.widgets.remembered`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import streamlit as st

from app.shared import links, presets, resources, words
from app.shared.state import (
    DEFAULT_PRESET,
    InspectState,
    Shown,
    from_query,
    not_understood,
    to_query,
)
from app.shared.text import MAX_CHARS, check_text, plain_markdown, visible
from app.shared.widgets import remembered
from elbert_core.errors import ElbertError, InputError
from elbert_core.policies import ExitPolicy
from elbert_core.results import LayerTrace

TEXT = "inspect.text"
PRESET = "inspect.preset"
MODEL = "inspect.model"
MAX_VISITED = 40
"""Sentences of a visit that are kept for comparison, the newest."""

Found = TypeVar("Found")


@dataclass(slots=True)
class Visit:
    """What all pages remember of a visit.

    Attributes:
        asked: what the visitor asked for: everything that a link can carry.
        shown: what is on the pages, if anything is.
        message: what went wrong last, in plain words, "" for nothing.
        refused: whether the sentence asked for last was refused, so that an older one is on show.
        notice: what of the link could not be used, "" for nothing.
        pending: a sentence that is asked for and still to be read, or None.
        again: whether the sentence is to be read again, because what reads it has changed.
        due: whether the sentence asked for is still to be put on show.
        page: the page drawn last.
        visited: sentences read in this visit, by text.
    """

    asked: InspectState = field(default_factory=InspectState)
    shown: Shown | None = None
    message: str = ""
    refused: bool = False
    notice: str = ""
    pending: str | None = None
    again: bool = False
    due: bool = True
    page: str = ""
    visited: dict[str, LayerTrace] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """Name of the model on the page."""
        return model()


def current() -> Visit:
    """This visit."""
    return remembered(Visit)


def state() -> InspectState:
    """What the visitor asked for."""
    return current().asked


def policy() -> ExitPolicy:
    """The rule in use."""
    return state().exit_policy()


def shown() -> Shown | None:
    """What is on the page, if anything is."""
    return current().shown


def say(text: str) -> None:
    """Leave a message for the visitor, shown beside the sentence."""
    current().message = text


def arrive(page: str) -> dict[str, str] | None:
    """Take sentence, rule and model from the address, if it is news; nothing is read or shown.

    Args:
        page: the page that is drawn.

    Returns:
        What the address asks for, if that is news: a page takes its own part of it.
    """
    visit, news = current(), links.arrived(page)
    if visit.page != page:
        visit.page = page
        # A widget on another page is another widget to Streamlit, which would start it empty
        # although one with its key was there before. (The others are set on every run.)
        st.session_state.pop(TEXT, None)
    if news is None:
        return None
    asked, before = from_query(news, presets.NAMES), visit.asked
    if not (before.preset or before.text or "preset" in news or "text" in news):
        asked.preset = None  # a file is on show, which no address can carry
    if to_query(asked) != to_query(before):
        visit.asked, visit.pending = asked, None
        visit.due |= any(
            getattr(asked, name) != getattr(before, name)
            for name in ("preset", "text", "checkpoint")
        )
    _follow_model()
    _notice(news)
    return news


def start(page: str) -> dict[str, str] | None:
    """As `arrive`, and put on show what is asked for; at first a stored example."""
    news, visit = arrive(page), current()
    if visit.due:
        _show_what_is_asked_for(visit)
        _follow_model()
    # back from another page: widgets forget what they held while they were not drawn
    preset = visit.asked.preset
    sentence = visit.asked.text if preset is None else presets.SENTENCES[preset]
    st.session_state.setdefault(TEXT, sentence if visit.pending is None else visit.pending)
    if visit.again:
        visit.again = False
        read_text(visit.asked.text)
    _notice(news)
    return news


def _follow_model() -> None:
    """Where no rule was chosen, the one that the model on the page recommends is in use."""
    state().follow(resources.recommended(model()))


def _notice(news: dict[str, str] | None) -> None:
    """Say what of a link could not be used, until something else is put on the page."""
    if news is None:
        return
    asked = state()
    wrong = [] if current().page == "learn" else list(not_understood(news, presets.NAMES))
    if asked.checkpoint not in ("", *models()):
        wrong.append("checkpoint")
    if asked.device not in ("", *resources.device_names()):
        wrong.append("device")
    parts = [f"{name}={visible(news.get(name, ''), limit=30)}" for name in dict.fromkeys(wrong)]
    current().notice = words.LINK_LEFT_OUT.format(parts=", ".join(parts)) if parts else ""


def show_notice() -> None:
    """What of the link was left out."""
    if current().notice:
        st.info(plain_markdown(current().notice))


def _show_what_is_asked_for(visit: Visit) -> None:
    asked = visit.asked
    if visit.pending is not None:  # brought from a page without a sentence; it is read next
        show_preset(presets.NAMES[0], keep_text=True)
        st.session_state[TEXT] = visit.pending
    elif asked.preset is not None:
        # a link may name the model alone: then its first example is meant
        examples = presets.names_of(checkpoint()) if asked.preset == DEFAULT_PRESET else ()
        show_preset(examples[0] if examples else asked.preset)
    else:
        st.session_state[TEXT] = asked.text
        if not read_text(asked.text, known=True) and visit.shown is None:
            kept = visit.message
            show_preset(presets.NAMES[0], keep_text=True)
            visit.message = kept
    visit.due = False


def show_preset(name: str, *, keep_text: bool = False) -> None:
    """Put a stored example on the page; when it is damaged, say so and keep what is there."""
    try:
        trace = presets.preset(name)
    except InputError as error:
        say(words.NO_PRESET.format(name=presets.title(name), message=error))
        return
    asked = state()
    asked.preset, asked.text = name, ""
    use_model(presets.MODEL_OF[name])
    if not keep_text:
        st.session_state[TEXT] = presets.SENTENCES[name]
        current().pending = None  # what was still to be read is wanted no more
    _put(Shown(trace, "stored"))


def try_read(
    read: Callable[[str, str, str], Found],
    text: str,
    say: Callable[[str], None],
    *,
    model: str = "",
    pair: str | None = None,
) -> Found | None:
    """Read a text with the model in use; on any trouble say so in one line.

    Args:
        read: (checkpoint, device, checked text) -> what is found, as the readers of `resources`.
        text: as it was typed or stored.
        say: is told why there is nothing, as `widgets.warn`.
        model: another checkpoint than the one in use.
        pair: the second text of a pair, which only an opened file can have; it is refused.
    """
    checked = check_text(text)
    if pair is not None:
        say(words.PAIR_REFUSED)
    elif checked.problem is not None:
        say(words.PROBLEMS[checked.problem].format(detail=checked.detail))
    else:
        try:
            with st.spinner(words.READING):
                return read(model or checkpoint(), device(), checked.text)
        except ElbertError as error:
            known = isinstance(error, resources.BusyError) or not resources.checkpoint_names()
            say(str(error) if known else words.BROKEN_CHECKPOINT.format(message=error))
    return None


def read_text(raw: str, *, known: bool = False) -> bool:
    """Put a sentence of the visitor's own on the page; on any trouble say so.

    Args:
        raw: what was typed.
        known: whether a reading from earlier in this visit will do.

    Returns:
        Whether it was read.
    """
    visit = current()
    trace = visit.visited.get(raw) if known else None
    if trace is None or trace.checkpoint != checkpoint():
        trace = try_read(resources.read, raw, _complain)
    if trace is None:
        return False
    remember(trace)  # a run that a click has replaced meanwhile ends here and changes nothing
    visit.asked.preset, visit.asked.text = None, trace.text
    _put(Shown(trace, "replayed"))
    return True


def ask() -> None:
    """Note the sentence in the box as asked for; the next run reads it.

    Kept apart from the box: a run that a second click cuts short loses what the box held.
    """
    current().pending = st.session_state.get(TEXT, "")


def bring(text: str, *, checkpoint: str = "") -> None:
    """Have the page with the sentence read this text when it is drawn next.

    Args:
        text: what is to be read.
        checkpoint: what reads it, if it is at hand.
    """
    if checkpoint:
        use_model(checkpoint)
    current().pending = text


def read_what_was_asked() -> None:
    """Read the sentence that was asked for, if one was."""
    visit = current()
    if visit.pending is not None:
        read_text(visit.pending)
        visit.pending = None


def remember(trace: LayerTrace) -> None:
    """Keep a sentence that was read for comparisons within this visit."""
    known = current().visited
    known[trace.text] = trace
    while len(known) > MAX_VISITED:
        del known[next(iter(known))]


def show_file(trace: LayerTrace, *, opened: bool = True) -> None:
    """Put a stored trace on the page: that of an opened file, or of a lesson."""
    visit = current()
    visit.asked.preset, visit.asked.text = None, ""
    visit.due, visit.pending = False, None
    st.session_state[TEXT] = visible(trace.text, limit=MAX_CHARS)
    _put(Shown(trace, "opened" if opened else "stored"))


def checkpoint() -> str:
    """The checkpoint in use: the one asked for if it is there, else the first, else ""."""
    names = resources.checkpoint_names()
    asked = state().checkpoint
    return asked if asked in names else (names[0] if names else "")


def model() -> str:
    """Name of the model on the page: that of the example on show, else what reads sentences."""
    preset = state().preset
    if preset is None or current().due:  # nothing read yet: what a link names
        return checkpoint()
    return presets.MODEL_OF[preset]


def models() -> tuple[str, ...]:
    """Models to choose from: those at hand, and those whose examples are stored."""
    return tuple(dict.fromkeys((*resources.checkpoint_names(), *presets.MODEL_OF.values())))


def pick_model(name: str) -> None:
    """Change to another model: to its first example, or the visitor's own sentence read by it."""
    visit = current()
    examples, here = presets.names_of(name), name in resources.checkpoint_names()
    own = visit.asked.preset is None or visit.pending is not None
    if examples and not (own and here):
        show_preset(examples[0])
        return
    use_model(name)
    if visit.pending is None:
        visit.pending = st.session_state.get(TEXT, "")
    st.session_state[TEXT] = visit.pending


def use_model(name: str) -> None:
    """Have this checkpoint read what comes, if it is at hand."""
    names = resources.checkpoint_names()
    if name in names:
        state().checkpoint = "" if name == names[0] else name


def device() -> str:
    """The device in use: the one asked for if the machine has it, else "", the app's choice."""
    asked = state().device
    return asked if asked in resources.device_names() else ""


def _put(new: Shown) -> None:
    visit = current()
    visit.shown, visit.message, visit.refused, visit.notice = new, "", False, ""


def _complain(text: str) -> None:
    current().refused = shown() is not None
    say(f"{text} {words.LAST_RESULT_STAYS}" if current().refused else text)
