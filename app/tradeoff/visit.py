"""What the Trade-off page remembers of a visit: the table on show, the layer, what was asked of it.

Sentence, rule and stored table are those of the whole app (`app.shared.visit`), so that links and
all pages speak of the same ones.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from app.shared import saved_rules
from app.shared import visit as shared
from app.shared.text import visible
from app.shared.widgets import forget_click, remembered, touched
from app.tradeoff import evaluations, words
from app.tradeoff import words_closer as closer
from app.tradeoff.evaluations import MAX_BYTES, Overview
from app.tradeoff.rows import Kind, Texts, of_table
from elbert_core.errors import InputError
from elbert_core.evaluation.calibration import FAMILIES
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import ExitPolicy
from elbert_core.policy_files import Risk

CHART = "tradeoff.chart"
STRIPS = "tradeoff.layers"
"""Names of the figures that can be clicked."""

Made = TypeVar("Made")
Given = ParamSpec("Given")


@dataclass(slots=True)
class TradeoffVisit:
    """What is on show and what was asked.

    Attributes:
        own: the visitor's own table, if one is open.
        message: what went wrong last, "" for nothing.
        picked: the layer looked at, None for the busiest exit.
        kind, row: which example rows are listed, and the one shown whole.
        texts: texts that the visitor brought, by digest; `said`: what came of the last ones.
        method, risk, loss, confidence, published, families: the promise asked for, as the widgets
            of its panel hold it: the loss in 100 texts, the confidence as a share.
        answers: the last answer of each kind, with its question, see `once`.
        drawn: whether the browser has had time to draw the first figure.
    """

    own: Overview | None = None
    message: str = ""
    picked: int | None = None
    kind: Kind = "changed"
    row: int = -1
    texts: Texts = field(default_factory=dict)
    said: str = ""
    method: str = "ltt"
    risk: Risk = "disagreement"
    loss: float = 2.0
    confidence: float = 0.95
    published: bool = True
    families: Sequence[str] = FAMILIES
    answers: dict[str, tuple[Hashable, Any]] = field(default_factory=dict)
    drawn: bool = False

    @property
    def table(self) -> str:
        """Name of the stored table asked for, or else the usual one, "" without any.

        Usual is the first table of the model on the other pages, by the file names that `evaluate`
        gives (`<checkpoint>-<data>-<split>`), else the first of all.
        """
        names = evaluations.evaluation_names()
        asked, mine = shared.state().table, f"{shared.model()}-"
        usual = next((n for n in names if n.startswith(mine)), names[0] if names else "")
        return asked if asked in names else usual

    @table.setter
    def table(self, name: str) -> None:
        shared.state().table = ""
        shared.state().table = "" if name == self.table else name
        self.message = ""

    def overview(self) -> Overview | None:
        """The table on show: the visitor's own, the one asked for, or the first that opens."""
        if self.own is not None:
            return self.own
        for name in dict.fromkeys((self.table, *evaluations.evaluation_names())):
            try:
                return evaluations.overview(name) if name else None
            except InputError as error:
                shown = visible(name, limit=60)
                self.message = words.BAD_TABLE.format(name=shown, message=error)
        return None

    def open_files(self, uploads: Sequence[Any]) -> None:
        """Show a table of the visitor's own; on any trouble, say so and keep what is there."""
        self.message = ""
        # one byte more than allowed is enough to see that a file is too large
        files = [(one.name, one.read(MAX_BYTES + 1)) for one in uploads or ()]
        if files:
            try:
                self.own = evaluations.look_at(evaluations.table_from_files(files))
            except InputError as error:
                self.message = words.BAD_FILES.format(message=error)

    def close_own(self) -> None:
        """Back to the stored tables."""
        self.own = None

    def use(self, policy: ExitPolicy, *, clicked: bool = False) -> None:
        """Make this the setting in use, on every page, unless the visitor's link fixes the rule."""
        if shared.state().rule_is_fixed:
            self.message = words.RULE_FIXED
            return
        try:
            saved_rules.adopt(shared.state(), policy)
        except InputError as error:
            self.message = words.BAD_SETTING.format(message=error)
            return
        self.message = ""
        if not clicked:
            forget_click(CHART)

    def layer(self, n_layers: int, busiest: int) -> int:
        """The layer looked at, 1..n_layers."""
        return min(max(self.picked or busiest, 1), n_layers)

    def look_at(self, layer: int) -> None:
        """Look at a layer; a click on the same one in the figure counts again."""
        self.picked = layer
        forget_click(STRIPS)

    def take_texts(self, table: EvaluationTable, read: Callable[[], Texts]) -> None:
        """Keep those texts, for this visit, that are rows of the table."""
        try:
            found = of_table(read(), table)
        except InputError as error:
            self.said = closer.BAD_FILE.format(message=error)
            return
        if found:
            self.texts = {**of_table(self.texts, table), **found}
        said = closer.FOUND if found else closer.FOUND_NONE
        self.said = said.format(found=len(self.texts), rows=table.n_rows)

    def once(self, name: str, asked: Hashable, make: Callable[[], Made]) -> Made:
        """The answer to a question, worked out once until something else is asked under the name.

        The question must name all that the answer depends on.
        """
        if name not in self.answers or self.answers[name][0] != asked:
            self.answers[name] = (asked, make())
        found: Made = self.answers[name][1]
        return found


def current() -> TradeoffVisit:
    """This visit's trade-off."""
    return remembered(TradeoffVisit)


def by_itself(draw: Callable[Given, None]) -> Callable[Given, None]:
    """A part of the page that what is used in it draws anew alone, which is no step of the page."""

    @wraps(draw)
    def part(*args: Given.args, **more: Given.kwargs) -> None:
        touched()  # else the browser's next step back would be taken for one of the visitor's here
        draw(*args, **more)

    return st.fragment(part)
