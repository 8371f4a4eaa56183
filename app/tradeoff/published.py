"""Figures that others printed, from `assets/published.json`: for orientation, never for comparison.

Each entry names its source, setting and data set. They come from other models and partly from other
data, which the page says wherever it draws them.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from elbert_core.errors import InputError
from elbert_core.strict_json import ShortText, read_json

FILE = Path(__file__).resolve().parents[2] / "assets" / "published.json"
_MOST_BYTES = 200_000


class PublishedPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One printed pair of accuracy and speed-up.

    Attributes:
        method, model, data: what was run on what.
        accuracy: in [0, 1].
        speed_up: at least 1; `speed_up_kind` says what was counted.
        setting, source: how, and where it is printed.
    """

    method: ShortText
    model: ShortText
    data: ShortText
    accuracy: Annotated[float, msgspec.Meta(ge=0, le=1)]
    speed_up: Annotated[float, msgspec.Meta(ge=1, le=1000)]
    speed_up_kind: ShortText
    setting: ShortText
    source: ShortText

    def is_of(self, data: str) -> bool:
        """True when it was measured on the data set of this name."""
        return _bare(self.data) == _bare(data)


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something printed that is no point of the figure."""

    method: ShortText
    claim: ShortText
    source: ShortText


class Published(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is known of others."""

    points: tuple[PublishedPoint, ...] = ()
    claims: tuple[Claim, ...] = ()


class _File(Published, frozen=True, forbid_unknown_fields=True, kw_only=True):
    format: Literal["elbert-published/1"]
    note: ShortText


def load_published(path: Path = FILE) -> Published:
    """Read the file.

    Raises:
        InputError: missing or damaged; the message names the field.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read") from error
    return read_json(content, _File, path.name, most_bytes=_MOST_BYTES)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
