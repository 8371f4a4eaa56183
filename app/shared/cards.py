"""What the card of a stopping rule is made of; the cards themselves are in `rules`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from app.shared.palette import LIGHT, Palette

Value: TypeAlias = "int | float | str"
Said: TypeAlias = "str | Callable[[Mapping[str, Any]], str]"
"""A text with places, or what makes one of a rule's settings."""

MAX_LAYERS = 24
"""Deepest model whose layers fit the sliders (ALBERT-large has 24)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a rule: what it may be, what it is at first, and what it is called.

    Attributes:
        name: field name of the policy and parameter name in a link.
        kind: "int" and "float" are ranges, "choice" is one of `options`.
        label, help: on the control, and its tooltip with the exact term.
        options: what each choice is called.
        digits: decimals that are kept, so that a link holds the value as it is.
        tops: smaller upper ends, by the name and value of another setting.
        advanced: True when it belongs behind "More settings".
    """

    name: str
    kind: Literal["int", "float", "choice"]
    default: Value
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    label: str = ""
    help: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    digits: int = 4
    tops: Mapping[tuple[str, Value], float] = field(default_factory=dict)
    advanced: bool = False

    def parse(self, raw: str) -> Value:
        """The value that a link's text stands for; the default when it is no good."""
        if self.kind == "choice":
            return self.fit(raw)
        try:
            return self.fit(float(raw) if len(raw) <= 20 else math.nan)
        except ValueError:
            return self.default

    def fit(self, value: Value) -> Value:
        """The value itself when it is in range, else the default."""
        if self.kind == "choice":
            return value if value in self.options else self.default
        if isinstance(value, str) or not math.isfinite(value):
            return self.default
        if not self.low <= value <= self.high:
            return self.default
        if self.kind == "int":
            return int(value) if float(value).is_integer() else self.default
        return round(float(value), self.digits)

    def top(self, values: Mapping[str, Value]) -> float:
        """The upper end beside the other settings."""
        return min([self.high, *(top for (n, v), top in self.tops.items() if values.get(n) == v)])


@dataclass(frozen=True, slots=True)
class Mark:
    """How a rule is drawn: Okabe and Ito's blue and orange first, no green, and a shape of its own.

    Attributes:
        shape: Vega's name or path of the point shape.
        glyph: the same shape as a character.
        light, dark: colour on a light and on a dark page; relatives share a family of colours.
    """

    shape: str = "circle"
    glyph: str = "●"
    light: str = "#5B6475"
    dark: str = "#A6B0C2"

    def colour(self, palette: Palette) -> str:
        """The colour on the page with this palette."""
        return self.light if palette is LIGHT else self.dark


@dataclass(frozen=True, slots=True)
class RuleCard:
    """What the app says of one kind of rule.

    Attributes:
        name: the one plain name, short enough for a legend.
        term: the field's term with its source.
        said: settings in a few plain words.
        settings: what can be set, in the order of the controls.
        mark: how it is drawn.
    """

    name: str
    term: str
    said: Said
    settings: tuple[Setting, ...] = ()
    mark: Mark = Mark()
