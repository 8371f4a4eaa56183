"""What the Inspect page remembers of a visit besides the sentence and the rule."""

from __future__ import annotations

from dataclasses import dataclass

from app.shared.state import Shown
from app.shared.widgets import forget_click, remembered

SCORE = "inspect.score"
"""Name of the figure that can be clicked."""


@dataclass(slots=True)
class InspectVisit:
    """The layer looked at.

    Attributes:
        layer: 1..n_layers.
        follows: whether it follows the exit, which it does until the visitor steps away from it.
        of: what it was looked at in; in another record it follows the exit again.
    """

    layer: int = 1
    follows: bool = True
    of: Shown | None = None


def cursor(shown: Shown, exit_layer: int) -> int:
    """The layer looked at."""
    visit = remembered(InspectVisit)
    if visit.of is not shown:
        visit.of, visit.follows = shown, True
    asked = exit_layer if visit.follows else visit.layer
    visit.layer = min(max(asked, 1), shown.trace.n_layers)
    return visit.layer


def step_cursor(by: int) -> None:
    """Look at the layer before or after; a press that comes before the page is drawn counts too."""
    move_cursor(remembered(InspectVisit).layer + by)


def move_cursor(layer: int, *, clicked: bool = False) -> None:
    """Look at another layer, however it was chosen; it no longer follows the exit."""
    visit = remembered(InspectVisit)
    visit.layer, visit.follows = layer, False
    if not clicked:
        forget_click(SCORE)
