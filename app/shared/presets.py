"""The example sentences, and their stored traces from `assets/presets`.

The first paint of the app shows one of these, so nothing here needs PyTorch or a checkpoint. The
traces are made by `python -m tools.make_presets`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.shared.claims import Claim
from app.shared.resources import HOME, loaded
from elbert_core.errors import InputError
from elbert_core.reading.traces import trace_from_json
from elbert_core.results import LayerTrace

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "presets"

STORED_PASSES = 15
"""Passes of a stored sentence; each layer keeps its median time, so that no hiccup is stored."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example sentence.

    Attributes:
        name, title: in links, and on its button.
        text: the sentence, written for this app.
        remark: what to look at.
        claim: what the remark says, for a machine to check on the stored trace.
    """

    name: str
    title: str
    text: str
    remark: str
    claim: Claim


def _leads(label: str) -> Claim:
    return {"leads": {"layer": 1, "label": label}}


def _sure(bound: float, layer: int = 1) -> Claim:
    return {"doubt_under": {"layer": layer, "bound": bound}}


def _all(*claims: Claim) -> Claim:
    return {"all": claims}


_EXAMPLES: dict[str, tuple[Example, ...]] = {
    HOME: (
        Example(
            "easy",
            "Easy",
            "A warm, funny and beautifully acted film.",
            "Plain praise. Look at how soon the two lines part.",
            _sure(0.1),
        ),
        Example(
            "hard",
            "Hard",
            "It is clumsy, far too long and oddly paced, and yet I could not look away once.",
            "Praise and blame in one breath; blame leads throughout. Look at how doubt falls.",
            {
                "all": [
                    {"flips_at_most": 0},
                    {"full_label": "negative"},
                    {"doubt_falls": True},
                    {"not": _sure(0.5, 4)},
                ]
            },
        ),
        Example(
            "negation",
            "Negation",
            "There is not a single funny moment in this so-called comedy.",
            "A cheerful word under a “not”. Look at how early the “not” is heard.",
            {
                "all": [
                    _leads("negative"),
                    {"flips_at_most": 0},
                    _sure(0.3),
                ]
            },
        ),
        Example(
            "sarcasm",
            "Sarcasm",
            "Oh great, two more hours of people shouting in the rain, just what I needed.",
            "Kind words, meant unkindly. It is not taken in, but look at how much doubt stays.",
            _all({"full_label": "negative"}, {"flips_at_most": 0}, {"doubt_stays_over": 0.4}),
        ),
        Example(
            "long",
            "Long",
            (
                "The first half hour takes its time with the harbour, the weather and a family "
                "that hardly speaks; then a letter arrives, the older brother leaves without a "
                "word, and what looked like a slow sketch of village life turns, almost without "
                "our noticing, into one of the most tender and gripping stories about forgiveness"
                " that I have seen in years."
            ),
            "Much is said, little of it matters. Look at the milliseconds: every layer costs more.",
            {"slower_than": {"sentence": "easy"}},
        ),
        Example(
            "misspelt",
            "Misspelt",
            "A wram, funy and beutifully actd flim.",
            "Typing errors break words into pieces. Compare it with the easy one.",
            {
                "all": [
                    {"more_pieces_than": {"sentence": "easy"}},
                    {"same_label_as": {"sentence": "easy"}},
                    {"not": _sure(0.3)},
                ]
            },
        ),
        Example(
            "overthought",
            "Overthought",
            "Good actors, good music, and two wasted hours.",
            "Praise first, the verdict last. Look at what reading on does to it.",
            _all(_leads("negative"), {"full_label": "positive"}),
        ),
    ),
    "elbert-agnews": (
        Example(
            "topic",
            "One topic",
            "The home side scored twice in the last ten minutes to win the cup final.",
            "Nothing but sport in it. Look at how soon one line leaves the others.",
            {
                "all": [
                    _leads("Sports"),
                    _sure(0.1),
                ]
            },
        ),
        Example(
            "two-topics",
            "Two topics",
            "Shares of the football club fell after it sold the stadium to a bank.",
            "Sport and money in one sentence. Sport leads first; look at which leads last.",
            _all(_leads("Sports"), {"full_label": "Business"}),
        ),
        Example(
            "vague",
            "Vague",
            "A spokesman said on Thursday that no decision had been made.",
            "It could be about anything. Look at how much doubt stays.",
            {"doubt_stays_over": 0.4},
        ),
        Example(
            "off-topic",
            "Off topic",
            "Slice the aubergines, salt them well and leave them to drain.",
            "No topic fits, and one has to be named. Look at whether it is ever sure.",
            {"doubt_stays_over": 0.4},
        ),
        Example(
            "sued",
            "Overthought",
            "The champion sued her former sponsor over the contract.",
            "Sport, told in the words of business. Look at what reading on does to it.",
            _all(_leads("Sports"), {"full_label": "Business"}),
        ),
    ),
    "elbert-emotion": (
        Example(
            "feeling",
            "One feeling",
            "I am so glad that my sister is finally home.",
            "Plainly said. Look at how soon one line leaves the others.",
            _sure(0.1),
        ),
        Example(
            "two-feelings",
            "Two feelings",
            "I am proud of her and yet I feel empty now that she has gone.",
            "Two feelings in one breath. Joy leads first; look at which leads last.",
            _all(_leads("joy"), {"full_label": "sadness"}),
        ),
        Example(
            "wavering",
            "Wavering",
            "I feel a little nervous about the trip, but mostly I feel loved.",
            "Fear is said first, love last. Look at how often the leading label changes.",
            _all(_leads("fear"), {"flips_at_least": 2}),
        ),
        Example(
            "unspoken",
            "Unspoken",
            "She read the letter twice and put it back without a word.",
            "No feeling is named, and one has to be. Look at whether it is ever sure.",
            {"doubt_stays_over": 0.6},
        ),
        Example(
            "talked-out",
            "Overthought",
            "I feel fed up with being nice.",
            "Anger with a kind word in it. Look at what reading on does to it.",
            _all(_leads("anger"), {"full_label": "love"}),
        ),
    ),
}

MEANT: dict[str, str] = {
    "Good actors, good music, and two wasted hours.": "negative",
    "I feel fed up with being nice.": "anger",
    "The champion sued her former sponsor over the contract.": "Sports",
}
"""What was meant by our own sentences whose answer a model may lose: text to label name."""

EXAMPLES: dict[str, Example] = {one.name: one for ones in _EXAMPLES.values() for one in ones}
"""Every example by its name, in the order shown."""

SENTENCES: dict[str, str] = {name: one.text for name, one in EXAMPLES.items()}

MODEL_OF: dict[str, str] = {one.name: model for model, ones in _EXAMPLES.items() for one in ones}
"""Name of the checkpoint that read each preset."""

NAMES: tuple[str, ...] = tuple(EXAMPLES)


def title(name: str) -> str:
    """What is on an example's button."""
    return EXAMPLES[name].title


def names_of(model: str) -> tuple[str, ...]:
    """The presets that a checkpoint of this name read; none for models of the visitor's own."""
    return tuple(one.name for one in _EXAMPLES.get(model, ()))


def load_preset(name: str, folder: Path = FOLDER) -> LayerTrace:
    """The stored trace of a preset.

    Raises:
        InputError: unknown name, or a file that is missing, damaged or of another sentence.
    """
    if name not in SENTENCES:
        raise InputError(f"preset must be one of {', '.join(NAMES)}")
    path = folder / f"{name}.json"
    try:
        trace = trace_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read") from error
    if trace.text != SENTENCES[name]:
        raise InputError(
            f"{path.name} belongs to another sentence; run python -m tools.make_presets"
        )
    return trace


def preset(name: str) -> LayerTrace:
    """A stored example, read once for all visitors.

    Raises:
        InputError: the file is missing or damaged.
    """
    return loaded(load_preset, name, files=[FOLDER / f"{name}.json"])
