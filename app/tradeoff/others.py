"""What a table's rules are set beside: simpler rules at equal speed, and figures of others.

Each figure of others, from `assets/published.json`, names its source, setting and data set. They
come from other models and partly from other data, which the page says wherever it draws them: they
are there for orientation, never for comparison.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.evaluation.comparison import Comparison, compare
from elbert_core.evaluation.sweeps import SweepPoint, best_at
from elbert_core.policies import Signals, replay
from elbert_core.strict_json import ShortText, read_json

RIVALS = ("window", "entropy", "patience")
SPEED_UPS = (1.5, 2.0, 3.0, 4.0, 6.0)
FILE = Path(__file__).resolve().parents[2] / "assets" / "published.json"
_MOST_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Round:
    """The best settings of three rules that are at least so fast.

    Attributes:
        speed_up: asked of all of them; theoretical.
        best: by family, see `RIVALS`; a family that is never so fast is missing.
        lead: ELBERT's window against the better of the others, row by row.
    """

    speed_up: float
    best: dict[str, SweepPoint]
    lead: Comparison | None


def contest(
    families: dict[str, tuple[SweepPoint, ...]], signals: Signals, gold: NDArray[np.int64]
) -> tuple[Round, ...]:
    """ELBERT's window against plain entropy and patience at equal speed.

    Settings are chosen on the rows they are compared on, so every lead flatters its owner.
    """
    rounds = []
    for speed_up in SPEED_UPS:
        found = {name: best_at(families.get(name, ()), speed_up) for name in RIVALS}
        best = {name: point for name, point in found.items() if point is not None}
        lead = None
        if len(best) > 1 and "window" in best:
            others = [point for name, point in best.items() if name != "window"]
            rival = max(others, key=lambda point: point.accuracy)
            exits = [replay(p.policy, signals) for p in (best["window"], rival)]
            lead = compare(exits[0], exits[1], gold)
        if best:
            rounds.append(Round(speed_up, best, lead))
    return tuple(rounds)


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
