"""Short texts about words left out, for figures and sentences alike. Pure: text out."""

from __future__ import annotations

from app.shared.text import visible


def word(text: str) -> str:
    """A word of the sentence, safe to show."""
    return visible(text, limit=30)


def change(layers: int) -> str:
    """As in +2, −1, 0."""
    return f"+{layers}" if layers > 0 else (f"−{-layers}" if layers else "0")


def area(value: float) -> str:
    """As in −0.21."""
    shown = f"{abs(value):.2f}"
    return shown if shown == "0.00" else f"{'+' if value > 0 else '−'}{shown}"
