"""The visitor's session: what was asked for, what is on show, what to tell.

The only place that touches `st.session_state` by key for the Inspect page, apart from the widgets'
own keys.
"""

from __future__ import annotations

import streamlit as st

from app.shared import presets, resources, wording
from app.shared.state import DEFAULT_PRESET, InspectState, RealRun, Shown, from_query, to_query
from app.shared.text import MAX_CHARS, Checked, check_text, visible
from elbert_core.errors import ElbertError, InputError
from elbert_core.results import ExitReason, LayerTrace

_STATE = "inspect.state"
_SHOWN = "inspect.shown"
_MESSAGE = "inspect.message"
TEXT = "inspect.text"
PRESET = "inspect.preset"
MODEL = "inspect.model"
CURSOR = "inspect.cursor"
_LAYER = "inspect.layer"
_PAGE = "inspect.page"
_FOLLOWS = "inspect.cursor_follows"
_AGAIN = "inspect.read_again"
_ASKED = "inspect.asked"
_CLICKED = "inspect.clicked"
_DRAWING = "inspect.drawing"
_VISITED = "inspect.visited"
MAX_VISITED = 40
"""Sentences of a visit that are kept for comparison, the newest."""


def state() -> InspectState:
    """What the visitor asked for; read from the link when the session begins."""
    if _STATE not in st.session_state:
        st.session_state[_STATE] = from_query(st.query_params.to_dict(), presets.NAMES)
    found: InspectState = st.session_state[_STATE]
    return found


def shown() -> Shown | None:
    """What is on the page, if anything is."""
    found: Shown | None = st.session_state.get(_SHOWN)
    return found


def message() -> str | None:
    """What went wrong last, in plain words."""
    found: str | None = st.session_state.get(_MESSAGE)
    return found


def start(page: str) -> None:
    """The first paint of a session: the link's sentence, or a stored example.

    Args:
        page: the page that is drawn; pages share the widgets for sentence and rule.
    """
    if st.session_state.get(_PAGE) != page:
        st.session_state[_PAGE] = page
        # A widget on another page is another widget to Streamlit, which would start it empty
        # although one with its key was there before. (The others are set on every run.)
        st.session_state.pop(TEXT, None)
    asked = state()
    if _SHOWN in st.session_state:
        # back from another page: widgets forget what they held while they were not drawn
        st.session_state.setdefault(TEXT, st.session_state.get(_ASKED, _sentence()))
        if st.session_state.pop(_AGAIN, False):
            with st.spinner(wording.READING):
                read_text(asked.text)
        return
    st.session_state[_SHOWN] = None
    if _ASKED in st.session_state:  # brought from a page without a sentence; it is read next
        show_preset(presets.NAMES[0], keep_text=True)
        st.session_state[TEXT] = st.session_state[_ASKED]
    elif asked.preset is None:
        st.session_state[TEXT] = asked.text
        with st.spinner(wording.READING):
            read_text(asked.text)
        if shown() is not None:
            return
        kept = message()
        show_preset(presets.NAMES[0], keep_text=True)
        st.session_state[_MESSAGE] = kept
    else:
        show_preset(_example_of_link(asked))


def show_preset(name: str, *, keep_text: bool = False) -> None:
    """Put a stored example on the page; when it is damaged, say so and keep what is there."""
    try:
        trace = resources.preset(name)
    except InputError as error:
        st.session_state[_MESSAGE] = wording.NO_PRESET.format(
            name=wording.PRESET_TITLES[name], message=error
        )
        return
    asked = state()
    asked.preset, asked.text = name, ""
    _use(presets.MODEL_OF[name])
    if not keep_text:
        st.session_state[TEXT] = presets.SENTENCES[name]
        st.session_state.pop(_ASKED, None)  # what was still to be read is wanted no more
    _put(Shown(trace, "stored"))


def read_text(raw: str) -> None:
    """Read a sentence of the visitor's own; on any trouble, say so and keep the last result."""
    checked = check_text(raw)
    if checked.problem is not None:
        _complain(_problem(checked))
        return
    asked = state()
    try:
        trace = resources.read(checkpoint(), device(), checked.text)
    except ElbertError as error:
        _complain(_trouble(error))
        return
    remember(trace)  # a run that a click has replaced meanwhile ends here and changes nothing
    asked.preset, asked.text = None, checked.text
    _put(Shown(trace, "replayed"))


def ask() -> None:
    """Note the sentence in the box as asked for; the next run reads it.

    Kept apart from the box: a run that a second click cuts short loses what the box held.
    """
    st.session_state[_ASKED] = st.session_state.get(TEXT, "")


def bring(text: str, *, checkpoint: str = "") -> None:
    """Have the page with the sentence read this text when it is drawn next.

    Args:
        text: what is to be read.
        checkpoint: what reads it, if it is at hand.
    """
    if checkpoint:
        _use(checkpoint)
    st.session_state[_ASKED] = text


def read_what_was_asked() -> None:
    """Read the sentence that was asked for, if one was."""
    if _ASKED not in st.session_state:
        return
    with st.spinner(wording.READING):
        read_text(st.session_state[_ASKED])
    del st.session_state[_ASKED]


def remember(trace: LayerTrace) -> None:
    """Keep a sentence that was read for comparisons within this visit."""
    kept = {one.text: one for one in (*visited(), trace)}
    st.session_state[_VISITED] = tuple(kept.values())[-MAX_VISITED:]


def visited() -> tuple[LayerTrace, ...]:
    """Sentences read in this visit."""
    found: tuple[LayerTrace, ...] = st.session_state.get(_VISITED, ())
    return found


def read_again() -> None:
    """Read the sentence again, from the top of the page, because what reads it has changed."""
    st.session_state[_AGAIN] = True
    st.rerun()


def show_file(trace: LayerTrace, *, opened: bool = True) -> None:
    """Put a stored trace on the page: that of an opened file, or of a lesson."""
    asked = state()
    asked.preset, asked.text = None, ""
    st.session_state[TEXT] = visible(trace.text, limit=MAX_CHARS)
    st.session_state.pop(_ASKED, None)
    _put(Shown(trace, "stored", opened=opened))


def stop_for_real() -> None:
    """Run the sentence on the page with the rule in use and let it stop."""
    on_show = shown()
    if on_show is None:
        return
    policy = state().exit_policy()
    checked = check_text(on_show.trace.text)  # of an opened file it could be anything
    if checked.problem is not None:
        _complain(_problem(checked), stays=False)
        return
    try:
        exits, ran_on = resources.stop_for_real(
            checkpoint(), device(), checked.text, on_show.trace.text_pair, policy
        )
    except ElbertError as error:
        _complain(_trouble(error), stays=False)
        return
    label = int(exits.label[0])
    on_show.real = RealRun(
        policy=policy,
        exit_layer=int(exits.exit_layer[0]),
        n_layers=exits.n_layers,
        reason=ExitReason(int(exits.reason[0])),
        label=label,
        label_name=exits.label_names[label],
        confidence=float(exits.probs[0, label]),
        ms=1000 * exits.seconds,
        device=ran_on,
    )
    st.session_state[_MESSAGE] = None


def say(text: str) -> None:
    """Leave a message for the visitor."""
    st.session_state[_MESSAGE] = text


def checkpoint() -> str:
    """The checkpoint in use: the one asked for if it is there, else the first, else ""."""
    names = resources.checkpoint_names()
    asked = state().checkpoint
    return asked if asked in names else (names[0] if names else "")


def model() -> str:
    """Name of the model on the page: that of the example on show, else what reads sentences."""
    preset = state().preset
    if preset is None or _SHOWN not in st.session_state:  # nothing read yet: what a link names
        return checkpoint()
    return presets.MODEL_OF[preset]


def models() -> tuple[str, ...]:
    """Models to choose from: those at hand, and those whose examples are stored."""
    return tuple(dict.fromkeys((*resources.checkpoint_names(), *presets.MODEL_OF.values())))


def pick_model(name: str) -> None:
    """Change to another model: to its first example, or the visitor's own sentence read by it."""
    examples, here = presets.names_of(name), name in resources.checkpoint_names()
    own = state().preset is None or _ASKED in st.session_state  # the second: still to be read
    if examples and not (own and here):
        show_preset(examples[0])
        return
    _use(name)
    st.session_state[TEXT] = st.session_state.setdefault(_ASKED, st.session_state.get(TEXT, ""))


def device() -> str:
    """The device in use: the one asked for if the machine has it, else "", the app's choice."""
    asked = state().device
    return asked if asked in resources.device_names() else ""


def write_link() -> None:
    """Put the state into the page's address."""
    query = to_query(state())
    if st.query_params.to_dict() != query:
        st.query_params.from_dict(query)


def cursor(n_layers: int, exit_layer: int) -> int:
    """The layer looked at. It follows the exit until the visitor steps away from it."""
    asked = exit_layer if st.session_state.get(_FOLLOWS, True) else int(st.session_state[_LAYER])
    layer = min(max(asked, 1), n_layers)
    st.session_state[_LAYER] = layer
    return layer


def step_cursor(by: int) -> None:
    """Look at the layer before or after; a press that comes before the page is drawn counts too."""
    move_cursor(int(st.session_state[_LAYER]) + by)


def move_cursor(layer: int) -> None:
    """Look at another layer, chosen by button, key or slider; it no longer follows the exit."""
    st.session_state[_LAYER] = layer
    st.session_state[_FOLLOWS] = False
    if st.session_state.get(_CLICKED, False):
        # the figure keeps its last click as selected, and a second click there would say nothing
        st.session_state[_CLICKED] = False
        st.session_state[_DRAWING] = drawing() + 1


def clicked(layer: int) -> None:
    """A layer of the figure was clicked."""
    st.session_state[_CLICKED] = False
    move_cursor(layer)
    st.session_state[_CLICKED] = True


def drawing() -> int:
    """Number of the figure's current drawing; a new one has nothing selected."""
    number: int = st.session_state.get(_DRAWING, 0)
    return number


def _use(name: str) -> None:
    """Have this checkpoint read what comes, if it is at hand."""
    names = resources.checkpoint_names()
    if name in names:
        state().checkpoint = "" if name == names[0] else name


def _example_of_link(asked: InspectState) -> str:
    """The example to begin with: a link may name the model alone, then it is that one's first."""
    assert asked.preset is not None
    examples = presets.names_of(checkpoint())
    if asked.preset == DEFAULT_PRESET and examples:
        return examples[0]
    return asked.preset


def _sentence() -> str:
    asked = state()
    return asked.text if asked.preset is None else presets.SENTENCES[asked.preset]


def _put(new: Shown) -> None:
    st.session_state[_SHOWN] = new
    st.session_state[_MESSAGE] = None
    st.session_state[_FOLLOWS] = True


def _complain(text: str, *, stays: bool = True) -> None:
    tail = f" {wording.LAST_RESULT_STAYS}" if stays and shown() is not None else ""
    st.session_state[_MESSAGE] = text + tail


def _problem(checked: Checked) -> str:
    assert checked.problem is not None
    return wording.PROBLEMS[checked.problem].format(detail=checked.detail)


def _trouble(error: ElbertError) -> str:
    if isinstance(error, resources.BusyError) or not resources.checkpoint_names():
        return str(error)
    return wording.BROKEN_CHECKPOINT.format(message=error)
