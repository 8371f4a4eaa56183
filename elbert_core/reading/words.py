"""Words of a text and pieces of a word: plain text work, no model.

A word is a run of letters and digits, with the marks on them and the apostrophes and hyphens inside
it; punctuation belongs to no word and stays where it is when a word goes. Texts are taken in their
composed form (NFC), so that it does not matter how their accents were typed.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from elbert_core.errors import InputError

# marks without a composed form, as the vowel signs of Indian scripts, and the joiners among them
_MARKS = "".join(chr(c) for c in range(0x300, 0xFE30) if unicodedata.category(chr(c))[0] == "M")
_LETTERS = rf"[^\W_](?:[^\W_]|[{_MARKS}\u200c\u200d])*"
_WORD = re.compile(rf"{_LETTERS}(?:['’\-‐]{_LETTERS})*")
_CLOSING = ".,;:!?)]}…'’\"”"
SPECIAL = re.compile(r"\[[A-Z]+\]|<[a-z/]+>")
"""A piece that tokenizers add to every text, as [CLS] or <s>."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word and where it stands: `text[start:end]` of the composed text."""

    text: str
    start: int
    end: int


def composed(text: str) -> str:
    """The text with letters and their accents as one character each (NFC)."""
    return unicodedata.normalize("NFC", text)


def split_words(text: str) -> tuple[Word, ...]:
    """The words of a text, in order."""
    return tuple(Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(composed(text)))


def without_word(text: str, word: Word) -> str:
    """The text with one word taken out, and no gap left behind; its punctuation stays."""
    text = _composed_around(text, word)
    before, after = text[: word.start], text[word.end :]
    if not after or after[0].isspace() or after[0] in _CLOSING:
        before = before.rstrip()
    elif not before or before[-1].isspace():
        after = after.lstrip()
    return (before + after).strip()


def with_word(text: str, word: Word, other: str) -> str:
    """The text with one word replaced; a capital at its start is kept.

    Raises:
        InputError: the word does not stand there, or the other one is empty.
    """
    text = _composed_around(text, word)
    other = composed(other.strip())
    if not other:
        raise InputError("the other word is empty")
    if word.text[:1].isupper() and word.start == split_words(text)[0].start:
        other = other[:1].upper() + other[1:]
    return text[: word.start] + other + text[word.end :]


def _composed_around(text: str, word: Word) -> str:
    text = composed(text)
    if text[word.start : word.end] != word.text:
        raise InputError(f"the word {word.text!r} does not stand at {word.start} of the text")
    return text


def group_pieces(tokens: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    """Token numbers that make up each word, in order.

    Knows both ways in which tokenizers write pieces: "##" before a continuation (WordPiece) and "▁"
    before a start (SentencePiece). Special tokens stand alone.
    """
    sentencepiece = any(token.startswith("▁") for token in tokens)
    groups: list[list[int]] = []
    joins = False  # whether the next piece may continue the last group
    for index, token in enumerate(tokens):
        special = SPECIAL.fullmatch(token) is not None
        if sentencepiece:
            goes_on = not token.startswith("▁") and any(c.isalnum() for c in token)
        else:
            goes_on = token.startswith("##")
        if goes_on and joins and not special:
            groups[-1].append(index)
        else:
            groups.append([index])
        joins = not special
    return tuple(tuple(group) for group in groups)


def join_pieces(tokens: tuple[str, ...], group: tuple[int, ...]) -> str:
    """The pieces of one word put together again."""
    return "".join(tokens[index].removeprefix("##").removeprefix("▁") for index in group) or "▁"
