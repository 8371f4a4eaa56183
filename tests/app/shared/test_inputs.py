"""What may be read, and how strange characters are shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.shared.text import MAX_CHARS, check_text, is_hidden, piece, plain_markdown, visible


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ("", "empty"),
        ("  \n\t ", "empty"),
        ("x" * (MAX_CHARS + 1), "too_long"),
        ("a\x00b", "control"),
        ("good \u202eevil", "control"),
        ("zero\u200bwidth", "control"),
        ("12 + 30 = 42", "no_letters"),
        ("🎬🍿", "no_letters"),
        ("Это очень хороший фильм", "not_latin"),
        ("これはとても良い映画です", "not_latin"),
        ("فيلم جيد جدا", "not_latin"),
    ],
)
def test_what_is_refused(raw: str, problem: str) -> None:
    assert check_text(raw).problem == problem


@pytest.mark.parametrize(
    "raw",
    [
        "A fine film.",
        "x" * MAX_CHARS,
        "two\nlines\tand a tab",
        "Amélie, naïve and über-cool",
        "A film about Москва and nothing else",
        "<img src=x onerror=alert(1)> is a film",
        "$x^2$ :red[x] ![p](http://example.org/x.png)",
        "good 👩‍👩‍👧 film",
    ],
)
def test_what_is_read(raw: str) -> None:
    checked = check_text(raw)
    assert checked.problem is None
    assert "\n" not in checked.text


def test_the_message_about_a_control_character_names_it() -> None:
    assert check_text("a\u202eb").detail == "U+202E"


@given(st.text())
def test_nothing_invisible_is_left_to_see(text: str) -> None:
    shown = visible(text)
    assert not any(is_hidden(c) and c not in "\n\r\t" for c in shown)
    assert visible(shown) == shown


@given(st.text(max_size=60))
def test_a_piece_never_looks_like_a_tag(token: str) -> None:
    assert not set(piece(token)) & set("<>")


def test_special_pieces_stay_readable() -> None:
    assert piece("<unk>") == "⟨unk⟩"
    assert piece("▁film") == "·film"


@given(st.text(max_size=60))
def test_plain_markdown_escapes_every_ascii_sign_that_markdown_knows(text: str) -> None:
    escaped = plain_markdown(text)
    for position, character in enumerate(escaped):
        if character in "*_[]<>$:`!~#":
            backslashes = len(escaped[:position]) - len(escaped[:position].rstrip("\\"))
            assert backslashes % 2 == 1


def test_visible_cuts_long_names() -> None:
    assert visible("x" * 50, limit=10) == "x" * 9 + "…"


def test_hidden_means_no_face() -> None:
    assert is_hidden("\x07")
    assert not is_hidden("é")
    assert unicodedata.category("\u202e") == "Cf"
    assert is_hidden("\u202e")
