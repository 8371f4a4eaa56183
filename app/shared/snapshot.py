"""What the files that take a page away have in common, besides `sheet`. Pure: text out."""

from __future__ import annotations

import json

from markupsafe import Markup

from app.shared import sheet, words
from app.shared.rules import named
from app.shared.state import Shown
from app.shared.verdict import read_by
from elbert_core.policies import ExitPolicy, policy_to_dict


def rule(policy: ExitPolicy) -> list[Markup]:
    """The rule in use, in words and exactly."""
    exact = json.dumps(policy_to_dict(policy), ensure_ascii=False)
    return [
        sheet.paragraph(f"{words.POLICY_LABEL} {named(policy)}"),
        sheet.paragraph(exact, small=True),
    ]


def origin(shown: Shown, link: str) -> list[Markup]:
    """Which model made the record, and how the same view is opened again."""
    digest = shown.trace.digest
    told = words.SHEET_DIGEST.format(digest=digest) if digest else ""
    return [
        sheet.heading(words.SHEET_ORIGIN),
        sheet.paragraph(read_by(shown), told, words.SHEET_NOTE, small=True),
        sheet.lines(f"?{link}" if link else words.LINK_DEFAULT),
    ]
