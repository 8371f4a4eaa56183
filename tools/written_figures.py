"""Figures in a Markdown file that a command can compute again and hold against what is written.

They stand between the lines `<!-- NAME -->` and `<!-- end of NAME -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from elbert_core.errors import InputError


def between(text: str, name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- end of name -->`.

    Raises:
        InputError: the two comment lines are not there, once each and in this order.
    """
    found = re.findall(_block(name), text, re.DOTALL)
    if len(found) != 1:
        raise InputError(f"needs one <!-- {name} --> and, after it, one <!-- end of {name} -->")
    return str(found[0][1]).strip()


def with_block(text: str, name: str, lines: Iterable[str]) -> str:
    """The text with other lines between the two comments of that name."""
    between(text, name)
    inner = "\n".join(lines)
    return re.sub(_block(name), lambda m: f"{m[1]}\n{inner}\n{m[3]}", text, flags=re.DOTALL)


def _block(name: str) -> str:
    return rf"(<!-- {re.escape(name)} -->)(.*?)(<!-- end of {re.escape(name)} -->)"


def changed_figures(written: str, fresh: str, *, slack: int = 0) -> list[str]:
    """Cells of two Markdown tables that differ.

    Args:
        written: the table as it stands.
        fresh: the same table, computed and rounded again.
        slack: units of the last digit that a number may be off; 0 asks for the same digits.

    Returns:
        One line for each difference, empty when there is none.
    """
    ours, theirs = _cells(written), _cells(fresh)
    if [len(row) for row in ours] != [len(row) for row in theirs]:
        return [
            f"the table has {len(ours)} lines where {len(theirs)} were computed, or other columns"
        ]
    found = []
    for mine, computed in zip(ours, theirs, strict=True):
        for a, b in zip(mine, computed, strict=True):
            if not _same_cell(a, b, slack):
                found.append(f"{' '.join(mine[:3])}: says {a}, computed {b}")
    return found


def _cells(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.strip()
    ]


def _same_cell(written: str, fresh: str, slack: int) -> bool:
    number = r"(?<![\w=.])\d+\.\d+"
    if re.sub(number, "#", written) != re.sub(number, "#", fresh):
        return False
    for a, b in zip(re.findall(number, written), re.findall(number, fresh), strict=True):
        unit = 10.0 ** -len(a.split(".")[1])
        if abs(float(a) - float(b)) > (slack + 0.5) * unit:
            return False
    return True
