"""Files as a whole, and small JSON descriptions that may come from anywhere, checked by field.

Nothing that was read is executed or followed as a path. Every error is an `InputError` that names
the file and the field.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import msgspec

from elbert_core.errors import InputError

ShortText = Annotated[str, msgspec.Meta(max_length=1000)]
"""A name, a version."""
Digest = Annotated[str, msgspec.Meta(pattern=r"^([0-9a-f]{64}|)\Z")]
"""A SHA-256 in hexadecimal, "" when unknown."""

T = TypeVar("T")


def read_json(content: str | bytes, kind: type[T], what: str, *, most_bytes: int) -> T:
    """A JSON text in UTF-8 as the `msgspec.Struct` that describes it, nothing guessed or left over.

    Unknown fields are refused where that says `forbid_unknown_fields`; `what` is for messages.

    Raises:
        InputError: too large, no strict JSON, a name given twice, or no such object; the message
            names the file and the field.
    """
    if len(content) > most_bytes:
        raise InputError(f"{what} may have at most {most_bytes} bytes, got {len(content)} or more")
    try:
        text = content.decode("utf-8") if isinstance(content, bytes) else content
        text = text.removeprefix("\ufeff")  # some editors put a mark before UTF-8
        # msgspec takes the last of two equal names, so Python's reader looks first
        values = json.loads(text, parse_constant=_no_constant, object_pairs_hook=no_repeats)
        try:
            return msgspec.json.decode(text, type=kind)
        except msgspec.ValidationError as error:
            raise InputError(f"{what}{_told(error, values, kind)}") from error
    except RecursionError as error:
        raise InputError(f"{what} must not be nested so deeply") from error
    except InputError:
        raise
    except ValueError as error:  # what is no UTF-8 or no JSON, and the two hooks below
        raise InputError(f"{what} is no usable JSON: {error}") from error


def read_file(path: Path, *, most_bytes: int) -> bytes:
    """The content of a file.

    Raises:
        InputError: it cannot be read, or is larger.
    """
    try:
        size = path.stat().st_size
        if size > most_bytes:
            raise InputError(f"{path.name} may have at most {most_bytes} bytes, got {size}")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def write_file(path: Path, content: bytes) -> Path:
    """Write a file whole, its folder too: what is cut off leaves what was there before."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.write_bytes(content)
    return draft.replace(path)


def _told(error: msgspec.ValidationError, values: Any, kind: type) -> str:
    """Which field, what is allowed, what came; msgspec says the first two, but for a choice."""
    said, _, path = " ".join(str(error).replace("`", "").split()).partition(" - at ")
    names = re.findall(r"\w+", path) if path.startswith("$") else []
    for name in names:
        values = values[int(name)] if isinstance(values, list) else values[name]
    if said.startswith("Invalid enum value") and names:
        objects = msgspec.json.schema(kind)["$defs"].values()
        fields = [(n, field) for one in objects for n, field in one["properties"].items()]
        allowed = next(f["enum"] for n, f in fields if n == names[-1] and "enum" in f)
        said = f"Expected one of {', '.join(allowed)}"
    came = (
        f", got {shown(values)}"
        if names and said.startswith("Expected") and "got" not in said
        else ""
    )
    where = f" ({path.removeprefix('$').strip('.')})" if path else ""
    return f"{where}: {said[:200]}{came}"  # it may quote the file


def shown(value: object) -> str:
    """What came, in a few characters: a hostile value must not flood a message."""
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    # not repr() of a whole number: one of more than 4300 digits cannot be written out
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return "a huge whole number"
    return repr(value[:40] if isinstance(value, str) else value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"numbers must be finite, got {name}")


def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What `json.loads` takes to refuse an object that names a field twice."""
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a name is given twice, each field may be named once only")
    return values
