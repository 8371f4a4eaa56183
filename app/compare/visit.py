"""What the Compare page remembers of a visit: the view, what stands beside the sentence, readings.

Sentence and rule are those of the whole app (`app.shared.visit`), so all pages speak of the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.compare import words
from app.shared import presets, resources
from app.shared import visit as shared
from app.shared.rules import build_policy, defaults, kinds
from app.shared.state import to_query
from app.shared.widgets import remembered
from elbert_core.errors import ElbertError
from elbert_core.policies import ExitPolicy, Signals
from elbert_core.reading.left_out import Ablation, ablation
from elbert_core.reading.words import Word, split_words, with_word, without_word
from elbert_core.results import LayerTrace


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A sentence read again without each of its words.

    Attributes:
        text: the whole sentence.
        model: name of the checkpoint that read it.
        words: the words left out.
        texts: the sentence without each.
        read: what rules read of the whole sentence and, in the same batch, of each text.
    """

    text: str
    model: str
    words: tuple[str, ...]
    texts: tuple[str, ...]
    read: Signals

    def effects(self, policy: ExitPolicy) -> Ablation:
        """What each word does under a rule; nothing is read again."""
        whole, rest = self.read.take(slice(0, 1)), self.read.take(slice(1, None))
        return ablation(policy, whole, self.words, self.texts, rest)


@dataclass(slots=True)
class CompareVisit:
    """What is compared.

    Attributes:
        view: one of `words.VIEWS`.
        beside: what stands beside the sentence, one of `words.WITH`.
        other: the example that stands there, "" for the usual one.
        other_rule: kind of the rule that stands there, at its usual setting.
        typed: a sentence of the visitor's own that stands there, or None.
        pending: such a sentence that is still to be read, or None.
        before: the example in use when `other` was last looked at.
        left_out: what leaving out words has shown, or None.
        message: what went wrong last, "" for nothing.
    """

    view: str = "rules"
    beside: str = "sentence"
    other: str = ""
    other_rule: str = "entropy"
    typed: LayerTrace | None = None
    pending: str | None = None
    before: str | None = None
    left_out: LeftOut | None = None
    message: str = ""

    @property
    def example(self) -> str:
        """The example beside the sentence; usually the second, for the page begins with the first.

        The sentence itself stands there only when it was chosen to.
        """
        if self.other:
            return self.other
        first, *others = self.examples
        preset = shared.state().preset
        return next((name for name in (*others, first) if name != preset), first)

    @property
    def examples(self) -> tuple[str, ...]:
        """Examples that can stand there: those that the same model read."""
        return presets.names_of(shared.model()) or presets.NAMES

    @property
    def other_policy(self) -> ExitPolicy:
        """The other rule."""
        return build_policy(self.other_rule, defaults(self.other_rule))

    def say(self, text: str) -> None:
        """Leave a message for the visitor."""
        self.message = text

    def take_example(self, name: str) -> None:
        """Put an example beside the sentence, in place of one that was typed."""
        self.other, self.typed, self.message = name, None, ""

    def settle(self) -> None:
        """Let go of what is of no use beside the sentence any more.

        That is an example of another model, and one that the sentence has just become (who picks it
        again gets it twice), and a typed sentence that a model with other labels read.
        """
        preset, on_show = shared.state().preset, shared.shown()
        if self.other not in self.examples or self.other == preset != self.before:
            self.other = ""
        self.before = preset
        if self.typed and on_show and self.typed.label_names != on_show.trace.label_names:
            self.typed = None

    def other_trace(self) -> LayerTrace | None:
        """The sentence that stands beside the one in use."""
        if self.typed is not None:
            return self.typed
        try:
            return presets.preset(self.example)
        except ElbertError as error:
            self.say(str(error))
            return None

    def read_other(self, raw: str) -> bool:
        """Read another sentence; on any trouble say so and keep what is there."""
        trace = shared.try_read(resources.read, raw, self.say)
        if trace is not None:
            shared.remember(trace)
            self.typed, self.message = trace, ""
        return trace is not None

    def swap(self, trace: LayerTrace, word: Word, other: str) -> None:
        """Ask for the sentence with another word beside it."""
        try:
            self.pending = with_word(trace.text, word, other)
        except ElbertError as error:
            self.say(str(error))

    def read_what_was_asked(self) -> None:
        """Read it, and show it beside the sentence."""
        if self.pending is not None and self.read_other(self.pending):
            self.view, self.beside = "pair", "sentence"
        self.pending = None

    def without_words(self, trace: LayerTrace) -> LeftOut | None:
        """The sentence without each of its words, if the model in use has read that."""
        found = self.left_out
        wanted = (trace.text, shared.checkpoint())
        return found if found is not None and (found.text, found.model) == wanted else None

    def read_without_words(self, trace: LayerTrace) -> None:
        """Read the sentence, and the sentence without each of its words, in one batch."""
        pairs = [(word.text, without_word(trace.text, word)) for word in words_of(trace)]
        names, texts = zip(*(pair for pair in pairs if pair[1]), strict=True)
        read = shared.try_read(
            lambda model, device, _: resources.read_many(model, device, [trace.text, *texts]),
            trace.text,
            self.say,
            pair=trace.text_pair,
        )
        if read is not None:
            self.message = ""
            model = shared.checkpoint()
            self.left_out = LeftOut(trace.text, model, names, texts, read)


_LINK: dict[str, tuple[str, tuple[str, ...]]] = {
    "view": ("view", tuple(words.VIEWS)),
    "with": ("beside", tuple(words.WITH)),
    "other": ("other", presets.NAMES),
    "other_rule": ("other_rule", kinds()),
}
"""What a link carries: its names, the fields they fill, and what is allowed there."""


def current() -> CompareVisit:
    """This visit's comparison."""
    return remembered(CompareVisit)


def take(news: dict[str, str]) -> None:
    """Take the link's choices; what it does not name, or wrongly, is as at first."""
    visit, first = current(), CompareVisit()
    for name, (field, allowed) in _LINK.items():
        value = news.get(name)
        setattr(visit, field, value if value in allowed else getattr(first, field))
    visit.before = shared.state().preset


def query() -> dict[str, str]:
    """What the address ends in: sentence, rule, and the choices that are not the usual ones."""
    visit, first = current(), CompareVisit()
    mine = {
        name: str(getattr(visit, field))
        for name, (field, _) in _LINK.items()
        if getattr(visit, field) != getattr(first, field)
    }
    return to_query(shared.state()) | mine


def words_of(trace: LayerTrace) -> tuple[Word, ...]:
    """The words that can be left out or swapped."""
    return split_words(trace.text)[: words.MAX_WORDS]
