"""Strict JSON: what does not fit is refused in one short line that names the file and the field."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elbert_core.errors import InputError
from elbert_core.strict_json import Digest, read_json


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["a", "b"]
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    digest: Digest = ""

    def __post_init__(self) -> None:
        if self.kind == "b" and self.share > 0.5:
            raise ValueError("b takes no more than half")


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rows: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    parts: list[Inner] = []
    texts: dict[str, str] = {}


def read(content: str | bytes) -> Outer:
    return read_json(content, Outer, "file.json", most_bytes=200_000)


def test_what_fits_is_read() -> None:
    parts = b'"parts": [{"kind": "a", "share": 1}]'
    found = read(b'{"rows": 3, %b, "texts": {"\xc3\xa4": "\\ud83d\\ude00"}}' % parts)
    assert found == Outer(3, [Inner("a", 1.0)], {"ä": "😀"})
    assert read(b'\xef\xbb\xbf{"rows": 3}') == read('\ufeff{"rows": 3}') == Outer(3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{}", "missing required field rows"),
        ("[]", "Expected object, got array"),
        ('{"rows": 1, "more": 1}', "unknown field more"),
        ('{"rows": 1.0}', r"\(rows\): Expected int, got float"),
        ('{"rows": true}', r"\(rows\): Expected int, got bool"),
        ('{"rows": "1"}', r"\(rows\): Expected int, got str"),
        ('{"rows": 0}', r"\(rows\): Expected int >= 1, got 0"),
        ('{"rows": 36893488147419103232}', r"\(rows\): Expected int <= 9007199254740992"),
        (f'{{"rows": {"9" * 5000}}}', "usable JSON"),
        ('{"rows": NaN}', "numbers must be finite, got NaN"),
        ('{"rows": -Infinity}', "numbers must be finite, got -Infinity"),
        (
            '{"rows": 1, "parts": [{"kind": "a", "share": 1e999}]}',
            r"\[0\]\.share\): .*range",
        ),
        (
            '{"rows": 1, "parts": [{"kind": "c"}]}',
            r"\[0\]\.kind\): .* one of a, b, got",
        ),
        ('{"rows": 1, "parts": [{"kind": "a", "share": -1}]}', r"Expected float >= 0.0, got -1"),
        ('{"rows": 1, "parts": [{"kind": "b", "share": 1}]}', r"\(parts\[0\]\): b takes no more"),
        ('{"rows": 1, "parts": [{"kind": "a", "digest": "x"}]}', "digest.*got 'x'"),
        (f'{{"rows": 1, "parts": [{{"kind": "a", "digest": "{"a" * 64}\\n"}}]}}', "digest"),
        ('{"rows": 1, "texts": {"x": 3}}', r"\(texts\[\.\.\.\]\): Expected str, got int"),
        ('{"rows": 1, "rows": 2}', "each field may be named once only"),
        ('{"rows": 1, "texts": {"x": "a", "x": "b"}}', "each field may be named once only"),
        ('{"rows": ' + "[" * 90_000, "nested|usable JSON"),
        ('{"rows": 1, "texts": {"x": "\\ud800"}}', "usable JSON"),
        (b'{"rows": 1, "texts": {"x": "\xff"}}', "usable JSON"),
        (b"\xff\xfe{\x00}\x00", "usable JSON"),
        ("", "usable JSON"),
        ('{"rows": 1} {"rows": 2}', "usable JSON"),
        (" " * 200_001, "at most 200000 bytes"),
        (f'{{"rows": 1, "{"x" * 9000}": 1}}', "unknown field x+$"),
        ('{"rows": 1, "a\\nb": 1}', "unknown field a b"),
    ],
)
def test_what_does_not_fit_is_one_short_line(content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as refusal:
        read(content)
    said = str(refusal.value)
    assert said.startswith("file.json")
    assert "\n" not in said
    assert len(said) < 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["rows", "parts", "texts", "kind", "share", "x"]), inner, max_size=3
        )
    ),
)


@given(values=JSON)
def test_anything_is_read_or_refused(values: Any) -> None:
    try:
        found = read(json.dumps(values))
    except InputError:
        return
    assert isinstance(found, Outer)
    assert found.rows >= 1
