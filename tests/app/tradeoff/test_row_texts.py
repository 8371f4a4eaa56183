"""Texts find their rows by SHA-256 and by nothing else; names in a table never become paths."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from app.tradeoff import rows
from app.tradeoff.evaluations import look_at
from app.tradeoff.rows import KINDS, RowText, examples, of_table, split_file, texts_at_hand
from elbert_core.errors import InputError
from elbert_core.policies import ConfidenceWindow, replay
from tests.app.tables import make_table, with_texts

WINDOW = ConfidenceWindow(4, 0.1)
TEXTS = [f"sentence number {i}" for i in range(40)]
TABLE = with_texts(make_table(n_rows=40), TEXTS)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(rows.DATA_VARIABLE, str(tmp_path))
    (tmp_path / "sst2").mkdir()
    return tmp_path


def write(folder: Path, texts: list[str], *, split: str = "validation") -> None:
    lines = ["text\tlabel", *(f"{text}\tpositive" for text in texts)]
    with gzip.open(folder / "sst2" / f"{split}.tsv.gz", "wt", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")


def by_row(found: rows.Texts | None) -> list[str | None]:
    assert found is not None
    return [found[d].text if d in found else None for d in rows.digests(TABLE)]


def test_texts_are_those_of_the_rows_whatever_their_order(data: Path) -> None:
    write(data, TEXTS[::-1])
    assert by_row(texts_at_hand(TABLE)) == TEXTS


def test_a_text_that_is_no_row_is_not_shown_in_its_place(data: Path) -> None:
    other = ["quite another text", *TEXTS[1:]]
    write(data, other)
    assert by_row(texts_at_hand(TABLE)) == [None, *TEXTS[1:]]
    write(data, ["x", "y"])
    assert texts_at_hand(TABLE) == {}


def test_without_the_split_there_are_no_texts(data: Path) -> None:
    assert texts_at_hand(TABLE) is None
    write(data, TEXTS, split="train")
    assert texts_at_hand(TABLE) is None
    assert texts_at_hand(replace(TABLE, split="train")) is not None


def test_a_changed_file_is_read_again(data: Path) -> None:
    write(data, TEXTS[:3])
    assert len(texts_at_hand(TABLE) or {}) == 3
    path = data / "sst2" / "validation.tsv.gz"
    before = path.stat()
    write(data, TEXTS)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))  # however coarse the clock
    assert len(texts_at_hand(TABLE) or {}) == 40


def test_pairs_are_known_by_both_texts(data: Path) -> None:
    pairs = [(f"one {i}", f"two {i}") for i in range(40)]
    lines = ["text\ttext_b\tlabel", *(f"{a}\t{b}\tx" for a, b in pairs)]
    (data / "sst2" / "validation.tsv").write_text("\n".join(lines), encoding="utf-8")
    table = with_texts(make_table(n_rows=40), pairs)
    found = texts_at_hand(table)
    assert found is not None
    assert [found[d] for d in rows.digests(table)] == [RowText(*pair) for pair in pairs]
    pasted = rows.texts_of_paste("one 3\ttwo 3\nno row")
    assert list(of_table(pasted, table).values()) == [RowText("one 3", "two 3")]


@pytest.mark.parametrize("name", ["..", ".", "", "../sst2", "a/b", "a\\b", "a\0b", "~", "x" * 200])
def test_names_of_a_table_are_no_paths(name: str, data: Path) -> None:
    write(data, TEXTS)
    assert split_file("sst2", "validation") is not None
    assert split_file(name, "validation") is None
    assert split_file("sst2", name) is None


@pytest.mark.parametrize(
    "content", [b"\x1f\x8b\x08broken", b"", b"text\tlabel\n", b"no columns here\nat all\n"]
)
def test_a_damaged_split_is_told(content: bytes, data: Path) -> None:
    (data / "sst2" / "validation.tsv.gz").write_bytes(content)
    with pytest.raises(InputError) as refusal:
        texts_at_hand(TABLE)
    assert str(data) not in str(refusal.value)


# --------------------------------------------------------------------------------- of the visitor
def own(texts: rows.Texts) -> set[str]:
    return {one.text for one in of_table(texts, TABLE).values()}


def test_pasted_lines_find_their_rows() -> None:
    pasted = f"  {TEXTS[4]}  \nsomething else\n\n{TEXTS[9]}\tnegative\r\n"
    assert own(rows.texts_of_paste(pasted)) == {TEXTS[4], TEXTS[9]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", f"{TEXTS[1]}\n{TEXTS[2]}\n"),
        ("a.TSV", f"label\ttext\n0\t{TEXTS[1]}\n1\t{TEXTS[2]}\n"),
        ("a.csv", f'id,text\n1,"{TEXTS[1]}"\n2,"{TEXTS[2]}"\n'),
        ("a.jsonl", "\n".join(json.dumps({"id": i, "text": TEXTS[i]}) for i in (1, 2))),
        ("a.jsonl", "\n".join(json.dumps(TEXTS[i]) for i in (1, 2))),
        ("a.txt", f"\ufeff{TEXTS[1]}\n{TEXTS[2]}"),
    ],
)
def test_files_are_searched_cell_by_cell(name: str, content: str) -> None:
    assert own(rows.texts_of_file(name, content.encode())) == {TEXTS[1], TEXTS[2]}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pkl", b"x", "files of type"),
        ("a", b"x", "files of type"),
        ("a.txt", b"\xff\xfe\x00", "cannot read"),
        ("a.jsonl", b"{", "line 1 is no JSON"),
        ("a.jsonl", b"[" * 100_000, "nested too deeply"),
        ("a.csv", b'"' + b"x" * 200_000, "line 1 is no row of csv"),
        ("a.csv.gz", gzip.compress(b"x", mtime=0), "files of type"),
        ("a.csv", gzip.compress(b"x", mtime=0), "files of type"),
        ("a.txt", b"x" * 5_000_001, "5 MB"),
    ],
)
def test_hostile_files_are_refused(name: str, content: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        rows.texts_of_file(name, content)


# ----------------------------------------------------------------------------------- example rows
def test_examples_are_those_rows_of_the_replay() -> None:
    overview = look_at(TABLE)
    exits = replay(WINDOW, TABLE.probs)
    full = TABLE.probs[-1].argmax(-1)
    expected = {
        "changed": [i for i in range(40) if exits.label[i] != full[i]],
        "lost": [i for i in range(40) if full[i] == TABLE.gold[i] != exits.label[i]],
        "won": [i for i in range(40) if full[i] != TABLE.gold[i] == exits.label[i]],
        "first": [i for i in range(40) if exits.exit_layer[i] == min(exits.exit_layer)],
        "last": [i for i in range(40) if exits.exit_layer[i] == max(exits.exit_layer)],
    }
    assert any(expected["changed"])
    for kind in KINDS:
        found, total = examples(overview, WINDOW, kind, most=3)
        assert total == len(expected[kind])
        assert [one.row for one in found] == expected[kind][:3]
        for one in found:
            assert one.exit_layer == exits.exit_layer[one.row]
            assert one.answer == TABLE.label_names[exits.label[one.row]]
            assert one.gold == TABLE.label_names[TABLE.gold[one.row]]
            assert one.full == TABLE.label_names[full[one.row]]
            assert one.digest == TABLE.text_sha256[one.row].tobytes()
            probs = TABLE.probs[one.exit_layer - 1, one.row]
            assert one.confidence == pytest.approx(probs.max())


def test_row_numbers_are_those_of_the_split_not_of_the_table() -> None:
    some = TABLE.take([3, 8, 20, 31])  # type: ignore[arg-type]  # a list does as well
    found, _ = examples(look_at(some), WINDOW, "first")
    assert {one.row for one in found} <= {3, 8, 20, 31}
