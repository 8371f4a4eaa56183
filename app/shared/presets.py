"""The example sentences of each model, and their stored traces from `assets/presets`.

The first paint of the app shows one of these, so nothing here needs PyTorch or a checkpoint. The
sentences and what is said of a model are in `assets/presets.json`, by checkpoint name; the traces
are made by `python -m tools.make_presets`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from app.shared.claims import Claim
from app.shared.resources import loaded
from app.shared.text import plain_markdown
from elbert_core.errors import InputError
from elbert_core.reading.traces import trace_from_json
from elbert_core.results import LayerTrace
from elbert_core.strict_json import read_json

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "presets"
STORED_PASSES = 15
"""Passes of a stored sentence; each layer keeps its median time, so that no hiccup is stored."""


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An example sentence.

    Attributes:
        name, title: in links, and on its button.
        text: the sentence, written for this app.
        remark: what to look at.
        claim: what the remark says, for a machine to check on the stored trace.
        meant: label name of the right answer, where a model may lose it; else "".
    """

    name: str
    title: str
    text: str
    remark: str
    claim: Claim
    meant: str = ""


class _Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    placeholder: str
    examples: tuple[Example, ...]


_LISTED = FOLDER.with_suffix(".json")
_MODELS = read_json(_LISTED.read_bytes(), dict[str, _Model], _LISTED.name, most_bytes=50_000)

EXAMPLES: dict[str, Example] = {one.name: one for m in _MODELS.values() for one in m.examples}
"""Every example by its name, in the order shown."""

SENTENCES: dict[str, str] = {name: one.text for name, one in EXAMPLES.items()}

MEANT: dict[str, str] = {one.text: one.meant for one in EXAMPLES.values() if one.meant}
"""What was meant by our own sentences whose answer a model may lose: text to label name."""

MODEL_OF: dict[str, str] = {one.name: name for name, m in _MODELS.items() for one in m.examples}
"""Name of the checkpoint that read each preset."""

NAMES: tuple[str, ...] = tuple(EXAMPLES)


def model_title(model: str) -> str:
    """What a checkpoint judges, for the shipped ones; the folder's name for others, as text."""
    return _MODELS[model].title if model in _MODELS else plain_markdown(model)


def placeholder(model: str) -> str:
    """What stands in the empty text box."""
    return (_MODELS.get(model) or next(iter(_MODELS.values()))).placeholder


def title(name: str) -> str:
    """What is on an example's button."""
    return EXAMPLES[name].title


def names_of(model: str) -> tuple[str, ...]:
    """The presets that a checkpoint of this name read; none for models of the visitor's own."""
    return tuple(one.name for one in _MODELS[model].examples) if model in _MODELS else ()


def stored_trace(path: Path, text: str, maker: str) -> LayerTrace:
    """The trace in a file of ours.

    Args:
        path: the file.
        text: whose trace it must be.
        maker: name of the tool that makes it.

    Raises:
        InputError: it is missing, damaged or of another sentence.
    """
    try:
        trace = trace_from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} cannot be read") from error
    if trace.text != text:
        raise InputError(f"{path.name} belongs to another sentence; run python -m tools.{maker}")
    return trace


def load_preset(name: str, folder: Path = FOLDER) -> LayerTrace:
    """The stored trace of a preset.

    Raises:
        InputError: unknown name, or a file that is missing, damaged or of another sentence.
    """
    if name not in SENTENCES:
        raise InputError(f"preset must be one of {', '.join(NAMES)}")
    return stored_trace(folder / f"{name}.json", SENTENCES[name], "make_presets")


def preset(name: str) -> LayerTrace:
    """A stored example, read once for all visitors.

    Raises:
        InputError: the file is missing or damaged.
    """
    return loaded(load_preset, name, files=[FOLDER / f"{name}.json"])
