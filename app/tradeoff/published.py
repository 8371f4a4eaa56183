"""Figures that others printed, from `assets/published.json`: for orientation, never for comparison.

Each entry names its source, setting and data set. They come from other models and partly from other
data, which the page says wherever it draws them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from elbert_core.errors import InputError
from elbert_core.strict_json import StrictObject, parse_json

FILE = Path(__file__).resolve().parents[2] / "assets" / "published.json"
FORMAT = "elbert-published/1"
_MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class PublishedPoint:
    """One printed pair of accuracy and speed-up.

    Attributes:
        method, model, data: what was run on what.
        accuracy: in [0, 1].
        speed_up: at least 1; `speed_up_kind` says what was counted.
        setting, source: how, and where it is printed.
    """

    method: str
    model: str
    data: str
    accuracy: float
    speed_up: float
    speed_up_kind: str
    setting: str
    source: str

    def is_of(self, data: str) -> bool:
        """True when it was measured on the data set of this name."""
        return _bare(self.data) == _bare(data)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something printed that is no point of the figure."""

    method: str
    claim: str
    source: str


@dataclass(frozen=True, slots=True)
class Published:
    """All that is known of others."""

    points: tuple[PublishedPoint, ...] = ()
    claims: tuple[Claim, ...] = ()


def load_published(path: Path = FILE) -> Published:
    """Read the file.

    Raises:
        InputError: missing or damaged; the message names the field.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read") from error
    values = parse_json(content, path.name, most_bytes=_MOST_BYTES)
    top = StrictObject(values, path.name, required=("format", "note", "points", "claims"))
    top.string("format", pattern=re.escape(FORMAT))
    for name in ("points", "claims"):
        if not isinstance(values[name], list):
            top.refuse(name, "a list")
    return Published(
        points=tuple(_point(one, path.name) for one in values["points"]),
        claims=tuple(_claim(one, path.name) for one in values["claims"]),
    )


def _point(values: object, what: str) -> PublishedPoint:
    entry = StrictObject(values, f"{what} (points)", required=PublishedPoint.__dataclass_fields__)
    return PublishedPoint(
        method=entry.string("method"),
        model=entry.string("model"),
        data=entry.string("data"),
        accuracy=entry.number("accuracy", low=0.0, high=1.0),
        speed_up=entry.number("speed_up", low=1.0, high=1000.0),
        speed_up_kind=entry.string("speed_up_kind"),
        setting=entry.string("setting"),
        source=entry.string("source"),
    )


def _claim(values: object, what: str) -> Claim:
    entry = StrictObject(values, f"{what} (claims)", required=Claim.__dataclass_fields__)
    return Claim(**{name: entry.string(name) for name in Claim.__dataclass_fields__})


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
