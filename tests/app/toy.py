"""A rule made up for tests, with a quantity of its own: a class, a card for it, a card for that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Self
from unittest.mock import patch

from app.shared.cards import Mark, RuleCard, Setting
from app.shared.quantities import QUANTITIES, QuantityCard
from app.shared.rules import RULES
from elbert_core.policies import POLICIES, Check, ExitPolicy, Signals
from elbert_core.results import ExitReason

KIND = "toy_lead"
RULE = RuleCard(
    name="Far enough ahead",
    term="A toy of the tests.",
    said="a lead of {threshold:g}",
    settings=(
        Setting("threshold", "float", 0.5, 0.0, 1.0, 0.01, "Lead at least", "How far ahead."),
    ),
    mark=Mark("wedge", "◗", "#806000", "#C0A040"),
)
QUANTITY = QuantityCard(
    name="lead",
    title="How far ahead is it?",
    sum="lead = first − second",
    missing="lead {seen}, needed {needed}",
    stopped="it was {needed} ahead",
    why="After layer {layer} {label} is ahead by {seen}, {relation} the {needed} asked for.",
    asked="(at least {needed})",
)


@contextmanager
def toy_rule(*, cards: bool = True) -> Iterator[type[ExitPolicy]]:
    """The rule, known to core and app for a while; without its cards if asked."""
    with patch.dict(POLICIES), patch.dict(RULES), patch.dict(QUANTITIES):

        @dataclass(frozen=True)
        class Lead(ExitPolicy):
            """Stop when the first label is far ahead of the second.

            Attributes:
                threshold: how far at least, in [0, 1].
            """

            kind: ClassVar[str] = KIND
            threshold: float

            @classmethod
            def grid(cls, n_layers: int, n_labels: int) -> list[Self]:  # noqa: ARG003  # one grid
                """Tenths."""
                return [cls(tenth / 10) for tenth in range(1, 11)]

            def checks(self, signals: Signals) -> tuple[Check, ...]:
                """One condition."""
                met = signals.gap >= self.threshold
                reason = ExitReason.RULE
                return (Check(reason, "toy_gap", signals.gap, self.threshold, False, False, met),)

        if cards:
            RULES[KIND], QUANTITIES["toy_gap"] = RULE, QUANTITY
        yield Lead
