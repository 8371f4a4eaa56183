"""The example sentences, and their stored traces from `assets/presets`.

The first paint of the app shows one of these, so nothing here needs PyTorch or a checkpoint. The
traces are made by `python -m tools.make_presets`.
"""

from __future__ import annotations

from pathlib import Path

from app.shared.resources import HOME, loaded
from elbert_core.errors import InputError
from elbert_core.reading.traces import trace_from_json
from elbert_core.results import LayerTrace

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "presets"

STORED_PASSES = 15
"""Passes of a stored sentence; each layer keeps its median time, so that no hiccup is stored."""

_BY_MODEL: dict[str, dict[str, str]] = {
    HOME: {
        "easy": "A warm, funny and beautifully acted film.",
        "hard": "It is clumsy, far too long and oddly paced, and yet I could not look away once.",
        "negation": "There is not a single funny moment in this so-called comedy.",
        "sarcasm": "Oh great, two more hours of people shouting in the rain, just what I needed.",
        "long": (
            "The first half hour takes its time with the harbour, the weather and a family that "
            "hardly speaks; then a letter arrives, the older brother leaves without a word, and "
            "what looked like a slow sketch of village life turns, almost without our noticing, "
            "into one of the most tender and gripping stories about forgiveness that I have seen "
            "in years."
        ),
        "misspelt": "A wram, funy and beutifully actd flim.",
        "overthought": "Good actors, good music, and two wasted hours.",
    },
    "elbert-agnews": {
        "topic": "The home side scored twice in the last ten minutes to win the cup final.",
        "two-topics": "Shares of the football club fell after it sold the stadium to a bank.",
        "vague": "A spokesman said on Thursday that no decision had been made.",
        "off-topic": "Slice the aubergines, salt them well and leave them to drain.",
        "sued": "The champion sued her former sponsor over the contract.",
    },
    "elbert-emotion": {
        "feeling": "I am so glad that my sister is finally home.",
        "two-feelings": "I am proud of her and yet I feel empty now that she has gone.",
        "wavering": "I feel a little nervous about the trip, but mostly I feel loved.",
        "unspoken": "She read the letter twice and put it back without a word.",
        "talked-out": "I feel fed up with being nice.",
    },
}

MEANT: dict[str, str] = {
    "Good actors, good music, and two wasted hours.": "negative",
    "I feel fed up with being nice.": "anger",
    "The champion sued her former sponsor over the contract.": "Sports",
}
"""What was meant by our own sentences whose answer a model may lose: text to label name."""

SENTENCES: dict[str, str] = {
    name: text for sentences in _BY_MODEL.values() for name, text in sentences.items()
}
"""Sentences written for this app, by preset name, in the order shown."""

MODEL_OF: dict[str, str] = {
    name: model for model, sentences in _BY_MODEL.items() for name in sentences
}
"""Name of the checkpoint that read each preset."""

NAMES: tuple[str, ...] = tuple(SENTENCES)


def names_of(model: str) -> tuple[str, ...]:
    """The presets that a checkpoint of this name read; none for models of the visitor's own."""
    return tuple(_BY_MODEL.get(model, {}))


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
