"""From texts to token ids: splitting inputs, tokenising. Knows no model and no policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor

from elbert_core.data.rows import well_formed
from elbert_core.engine.layouts import placed
from elbert_core.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TextInput = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class EncodedRow:
    """One tokenised text or pair.

    Attributes:
        input_ids: token ids, special tokens included, cut to the model's length.
        token_type_ids: 0 for the first text, 1 for the second.
        n_tokens_full: tokens before cutting.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    n_tokens_full: int

    @property
    def n_tokens(self) -> int:
        """Tokens the model reads."""
        return len(self.input_ids)

    @property
    def truncated(self) -> bool:
        """True where the text was longer than the model reads."""
        return self.n_tokens_full > len(self.input_ids)


def split_input(text: TextInput, *, row: int | None = None) -> tuple[str, str | None]:
    """First and second text of an input; lone surrogates, which no file can hold, become U+FFFD.

    Raises:
        InputError: empty, or neither a text nor a pair; names the row if given.
    """
    where = "the text" if row is None else f"row {row}"
    if isinstance(text, str):
        first, second = text, None
    elif isinstance(text, tuple) and len(text) == 2 and all(isinstance(t, str) for t in text):
        first, second = text
    else:
        raise InputError(f"{where} must be a text or a pair of texts, got {type(text).__name__}")
    if not first.strip() or (second is not None and not second.strip()):
        raise InputError(f"{where} is empty: at least one word is needed")
    return well_formed(first), second if second is None else well_formed(second)


class Encoder:
    """A tokenizer with the model's length limit."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, *, max_tokens: int) -> None:
        self.tokenizer = tokenizer
        self.max_tokens = max_tokens

    def encode(self, pairs: Sequence[tuple[str, str | None]]) -> list[EncodedRow]:
        """Tokenise rows of (first, second or None); long ones are cut and remember their length."""
        encoded: dict[int, EncodedRow] = {}
        # single texts and pairs apart, so that neither changes how the other is tokenised
        for paired in (False, True):
            rows = [row for row, (_, second) in enumerate(pairs) if (second is not None) == paired]
            if not rows:
                continue
            arguments: list[Any] = [[pairs[row][0] for row in rows]]
            if paired:
                arguments.append([pairs[row][1] for row in rows])
            cut = self.tokenizer(
                *arguments, truncation=True, max_length=self.max_tokens, return_token_type_ids=True
            )
            lengths = [len(ids) for ids in cut["input_ids"]]
            if max(lengths) >= self.max_tokens:
                whole = self.tokenizer(*arguments, truncation=False, verbose=False)
                lengths = [len(ids) for ids in whole["input_ids"]]
            for row, ids, types, length in zip(
                rows, cut["input_ids"], cut["token_type_ids"], lengths, strict=True
            ):
                encoded[row] = EncodedRow(ids, types, length)
        return [encoded[row] for row in range(len(pairs))]

    def collate(self, rows: Sequence[EncodedRow], *, device: str) -> tuple[Tensor, Tensor]:
        """Ids and token types of all rows one after the other, each (tokens,)."""
        ids = [token for row in rows for token in row.input_ids]
        types = [kind for row in rows for kind in row.token_type_ids]
        return placed(ids, device), placed(types, device)

    def tokens(self, row: EncodedRow) -> tuple[str, ...]:
        """The pieces of a row, special tokens included."""
        return tuple(self.tokenizer.convert_ids_to_tokens(row.input_ids))
