"""Rows of a table that show what a setting does: whose answer changed, who left first, who last.

Row by row from a replay; what the rows say is not in the table (see
`app.tradeoff.row_texts`). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.tradeoff.evaluations import Overview
from elbert_core.policies import ExitPolicy, replay

Kind = Literal["changed", "lost", "won", "first", "last"]
KINDS: tuple[Kind, ...] = ("changed", "lost", "won", "first", "last")
MOST = 500
"""Rows listed at once; the table scrolls."""


@dataclass(frozen=True, slots=True)
class Example:
    """One row under a setting.

    Attributes:
        row: its number in the split, from 0.
        digest: SHA-256 of its text.
        gold, answer, full: names of the right label, the setting's and full depth's.
        exit_layer: layers read.
        confidence: of the answer, in [0, 1].
    """

    row: int
    digest: bytes
    gold: str
    answer: str
    full: str
    exit_layer: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Examples:
    """Some rows of a kind.

    Attributes:
        kind: "changed": another answer than full depth; "lost" and "won": a right answer lost, a
            wrong one put right; "first" and "last": the rows that leave soonest and latest.
        rows: the first few, by row number.
        total: how many there are.
    """

    kind: Kind
    rows: tuple[Example, ...]
    total: int


def examples(overview: Overview, policy: ExitPolicy, kind: Kind, *, most: int = MOST) -> Examples:
    """Rows of a kind, the first few by row number."""
    table = overview.table
    exits, full = replay(policy, overview.signals), overview.signals.label[-1]
    masks = {
        "changed": exits.label != full,
        "lost": (full == table.gold) & (exits.label != table.gold),
        "won": (full != table.gold) & (exits.label == table.gold),
        "first": exits.exit_layer == exits.exit_layer.min(),
        "last": exits.exit_layer == exits.exit_layer.max(),
    }
    found = np.flatnonzero(masks[kind])
    names = table.label_names
    rows = tuple(
        Example(
            row=int(table.row[index]),
            digest=table.text_sha256[index].tobytes(),
            gold=names[int(table.gold[index])],
            answer=names[int(exits.label[index])],
            full=names[int(full[index])],
            exit_layer=int(exits.exit_layer[index]),
            confidence=float(overview.signals.confidence[exits.exit_layer[index] - 1, index]),
        )
        for index in found[:most]
    )
    return Examples(kind, rows, len(found))
