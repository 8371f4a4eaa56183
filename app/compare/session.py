"""What the Compare page remembers of a visit: the view, what stands beside the sentence, readings.

Sentence and rule are those of the whole app (`session`), so that all pages speak of the same ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.shared import links, presets, resources, session, widgets, wording
from app.shared import wording_compare as words
from app.shared.rules import build_policy, defaults, kinds
from app.shared.state import to_query
from app.shared.text import check_text
from elbert_core.errors import ElbertError
from elbert_core.policies import ExitPolicy
from elbert_core.reading.left_out import Ablation, ablation
from elbert_core.reading.words import Word, split_words, with_word, without_word
from elbert_core.results import LayerTrace

VIEW = "compare.view"
WITH = "compare.with"
OTHER_PRESET = "compare.other_preset"
OTHER_TEXT = "compare.other_text"
OTHER_RULE = "compare.other_rule"
_KEPT = "compare.kept"
_OTHER = "compare.other"
_BESIDE = "compare.beside"
_MESSAGE = "compare.message"
_LEFT_OUT = "compare.left_out"
_READING = "compare.reading"

_CHOICES: dict[str, tuple[str, ...]] = {
    "view": tuple(words.VIEWS),
    "with": tuple(words.WITH),
    "other": presets.NAMES,
    "other_rule": kinds(),
}
_WIDGETS = {"view": VIEW, "with": WITH, "other": OTHER_PRESET, "other_rule": OTHER_RULE}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A sentence read again without each of its words.

    Attributes:
        text: the whole sentence.
        model: name of the checkpoint that read it.
        words: the words left out.
        texts: the sentence without each.
        whole: (layers, labels) of the whole sentence, read in the same batch.
        probs: (layers, words, labels).
    """

    text: str
    model: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    whole: NDArray[np.float32]
    probs: NDArray[np.float32]

    def effects(self, policy: ExitPolicy) -> Ablation:
        """What each word does under a rule; nothing is read again."""
        return ablation(policy, self.whole, self.words, self.texts, self.probs)


def start(news: dict[str, str] | None) -> None:
    """Take the link's choices, if they are news."""
    kept: dict[str, str] = st.session_state.setdefault(_KEPT, {})
    if news is not None:
        kept.clear()
        kept |= {n: news[n] for n, allowed in _CHOICES.items() if news.get(n) in allowed}
    for name in _WIDGETS:
        kept.setdefault(name, _first(name))


def choice(name: str) -> str:
    """A choice of this page: "view", "with", "other" or "other_rule"."""
    found: str = st.session_state[_KEPT][name]
    return found


def widget(name: str) -> str:
    """Key of the widget for a choice, set to what was chosen; its `on_change` is `chosen`."""
    return widgets.put(_WIDGETS[name], choice(name))


def chosen(name: str, value: str) -> None:
    """The visitor made a choice."""
    st.session_state[_KEPT][name] = value


def write_link() -> None:
    """Sentence, rule and the choices of this page, as far as they are not the usual ones."""
    links.write(query())


def query() -> dict[str, str]:
    """What the address of the page ends in."""
    kept: dict[str, str] = st.session_state[_KEPT]
    mine = {name: value for name, value in kept.items() if value != _first(name)}
    return to_query(session.state()) | mine


def message() -> str | None:
    """What went wrong last on this page, in plain words."""
    found: str | None = st.session_state.get(_MESSAGE)
    return found


def examples() -> tuple[str, ...]:
    """Examples that can stand beside the sentence: those that the same model read."""
    return presets.names_of(session.model()) or presets.NAMES


def settle_example() -> None:
    """Take another example where the one chosen is of no use beside the sentence.

    That is where it belongs to a model that is in use no more, and where the sentence has just
    become that example. Who picks it twice gets it twice.
    """
    preset = session.state().preset
    twice = choice("other") == preset != st.session_state.get(_BESIDE)
    st.session_state[_BESIDE] = preset
    if twice or choice("other") not in examples():
        chosen("other", _first("other"))


def other_trace() -> LayerTrace | None:
    """The sentence that stands beside the one in use: one that was typed, or an example."""
    typed: LayerTrace | None = st.session_state.get(_OTHER)
    on_show = session.shown()
    if typed is not None and on_show is not None:
        if typed.label_names == on_show.trace.label_names:
            return typed
        take_example(choice("other"))  # it was read by a model that is in use no more
    try:
        return presets.preset(choice("other"))
    except ElbertError as error:
        st.session_state[_MESSAGE] = str(error)
        return None


def other_is_typed() -> bool:
    """True when the other sentence is one of the visitor's own."""
    return st.session_state.get(_OTHER) is not None


def take_example(name: str) -> None:
    """Go back from a typed sentence to an example."""
    chosen("other", name)
    st.session_state[_OTHER] = None
    st.session_state[_MESSAGE] = None


def other_policy() -> ExitPolicy:
    """The other rule at its usual setting."""
    kind = choice("other_rule")
    return build_policy(kind, defaults(kind))


def read_other(raw: str) -> bool:
    """Read another sentence; on any trouble say so and keep what is there. True when it worked."""
    checked = check_text(raw)
    if checked.problem is not None:
        problem = wording.PROBLEMS[checked.problem].format(detail=checked.detail)
        st.session_state[_MESSAGE] = problem
        return False
    try:
        trace = resources.read(session.checkpoint(), session.device(), checked.text)
    except ElbertError as error:
        st.session_state[_MESSAGE] = str(error)
        return False
    st.session_state[_OTHER] = trace
    session.remember(trace)
    st.session_state[_MESSAGE] = None
    return True


def words_of(trace: LayerTrace) -> tuple[Word, ...]:
    """The words that can be left out or swapped."""
    return split_words(trace.text)[: words.MAX_WORDS]


def swap(trace: LayerTrace, word: Word, other: str) -> None:
    """Put the sentence with another word beside it."""
    try:
        text = with_word(trace.text, word, other)
    except ElbertError as error:
        st.session_state[_MESSAGE] = str(error)
        return
    if read_other(text):
        chosen("view", "pair")
        chosen("with", "sentence")


def left_out(trace: LayerTrace) -> LeftOut | None:
    """The sentence without each of its words, if that was read."""
    found: LeftOut | None = st.session_state.get(_LEFT_OUT)
    wanted = (trace.text, session.checkpoint())
    return found if found is not None and (found.text, found.model) == wanted else None


def read_without_each_word(trace: LayerTrace) -> None:
    """Read the sentence, and the sentence without each of its words, in one batch."""
    chosen = words_of(trace)
    texts = tuple(without_word(trace.text, word) for word in chosen)
    kept: Sequence[tuple[Word, str]] = [
        (word, text) for word, text in zip(chosen, texts, strict=True) if text
    ]
    try:
        probs = resources.read_many(
            session.checkpoint(), session.device(), [trace.text, *(text for _, text in kept)]
        )
    except ElbertError as error:
        st.session_state[_MESSAGE] = str(error)
        return
    st.session_state[_MESSAGE] = None
    st.session_state[_LEFT_OUT] = LeftOut(
        text=trace.text,
        model=session.checkpoint(),
        words=tuple(word.text for word, _ in kept),
        texts=tuple(text for _, text in kept),
        whole=probs[:, 0],
        probs=probs[:, 1:],
    )


def _first(name: str) -> str:
    if name == "other":
        # the second example, because the page begins with the first; but not the sentence itself
        first, *others = examples()
        preset = session.state().preset
        return next((name for name in (*others, first) if name != preset), first)
    return "entropy" if name == "other_rule" else _CHOICES[name][0]
