"""What the Inspect page remembers of a visit besides the sentence and the rule."""

from __future__ import annotations

from dataclasses import dataclass

from app.shared import resources, visit
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
    mine = remembered(InspectVisit)
    if mine.of is not shown:
        mine.of, mine.follows = shown, True
    asked = exit_layer if mine.follows else mine.layer
    mine.layer = min(max(asked, 1), shown.trace.n_layers)
    return mine.layer


def step_cursor(by: int) -> None:
    """Look at the layer before or after; a press that comes before the page is drawn counts too."""
    move_cursor(remembered(InspectVisit).layer + by)


def move_cursor(layer: int, *, clicked: bool = False) -> None:
    """Look at another layer, however it was chosen; it no longer follows the exit."""
    mine = remembered(InspectVisit)
    mine.layer, mine.follows = layer, False
    if not clicked:
        forget_click(SCORE)


def stop_for_real() -> None:
    """Run the sentence on the page with the rule in use and let it stop."""
    on_show = visit.shown()
    if on_show is None:
        return
    rule, pair = visit.policy(), on_show.trace.text_pair
    found = visit.try_read(
        lambda model, where, text: resources.stop_for_real(model, where, text, pair, rule),
        on_show.trace.text,
        visit.say,
    )
    if found is not None:
        on_show.real = found
        visit.say("")
