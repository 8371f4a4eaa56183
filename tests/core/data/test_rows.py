"""The checked reader of rows: what a file may hold, and what is refused with its line and column.

Every kind of damage is tried in more than one format, and by a scalar reference where one exists.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elbert_core.data.rows import read_rows, rows_of, well_formed
from elbert_core.data.texts import load_table, read_plain_texts
from elbert_core.engine.encoding import split_input
from elbert_core.errors import InputError

Content = str | bytes


def put(folder: Path, name: str, content: Content) -> Path:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    return folder / name


def texts(path: Path) -> list[tuple[int, int | None, str]]:
    return [(row.number, row.line, row.text("text")) for row in read_rows(path)]


BOM = b"\xef\xbb\xbf"
TWO = [(0, 2, "A warm film"), (1, 3, "Caf\u00e9")]
SAME: list[tuple[str, Content]] = [
    ("a.csv", "text,id\nA warm film,1\nCaf\u00e9,2\n"),
    ("a.csv", BOM + "text,id\nA warm film,1\nCaf\u00e9,2".encode()),
    ("a.csv", "text,id\r\nA warm film,1\r\nCaf\u00e9,2\r\n"),
    ("a.csv", "text,id\rA warm film,1\rCaf\u00e9,2\r"),
    ("a.CSV", '"text","id"\n"A warm film","1"\n"Caf\u00e9","2"\n'),
    ("a.csv", ",text\n0,A warm film\n1,Caf\u00e9\n"),
    ("a.tsv", "text\tid\nA warm film\t1\nCaf\u00e9\t2\n".encode("utf-16")),
    ("a.tsv", BOM + "text\r\nA warm film\r\nCaf\u00e9\r\n".encode()),
    ("a.tsv.gz", gzip.compress("text\nA warm film\nCaf\u00e9\n".encode(), mtime=0)),
    ("a.csv", gzip.compress("text\nA warm film\nCaf\u00e9\n".encode(), mtime=0)),
    ("a.csv.gz", gzip.compress(BOM + "text\nA warm film\nCaf\u00e9\n".encode(), mtime=0)),
]


@pytest.mark.parametrize(("name", "content"), SAME)
def test_marks_endings_and_compression_change_nothing(
    tmp_path: Path, name: str, content: Content
) -> None:
    assert texts(put(tmp_path, name, content)) == TWO


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.txt", "a.txt.gz"])
def test_lines_of_json_and_plain_text(tmp_path: Path, name: str, ending: str) -> None:
    lines = ["A warm film", "", "Line\u2028separated"]
    if "jsonl" in name:
        lines = [json.dumps({"text": line}, ensure_ascii=False) if line else "" for line in lines]
    raw = BOM + ending.join(lines).encode()
    path = put(tmp_path, name, gzip.compress(raw) if name.endswith("gz") else raw)
    assert texts(path) == [(0, 1, "A warm film"), (2, 3, "Line\u2028separated")]


def test_numbers_are_those_of_the_file(tmp_path: Path) -> None:
    """Blank lines and cells of several lines: `line` is what an editor shows."""
    content = '\ntext,id\n\n"two\nlines",1\n\nlast,2\n\n'
    path = put(tmp_path, "a.csv", content)
    assert texts(path) == [(1, 4, "two\nlines"), (3, 7, "last")]
    lines = content.split("\n")
    assert lines[3].startswith('"two')
    assert lines[6].startswith("last")


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1),
            st.text(st.characters(codec="utf-8", exclude_characters="\0")),
        ).filter(lambda cells: bool(cells[0].strip()) and cells != ("text", "note")),
        max_size=6,
    )
)
def test_what_the_csv_module_writes_comes_back(rows: list[tuple[str, str]]) -> None:
    sheet = io.StringIO(newline="")
    csv.writer(sheet, quoting=csv.QUOTE_ALL).writerows([("text", "note"), *rows])
    found = list(rows_of(io.BytesIO(sheet.getvalue().encode()), "a.csv"))
    assert [(row.values["text"], row.values["note"]) for row in found] == rows


# --------------------------------------------------------------------------------- damaged files
DAMAGED: list[tuple[str, Content, str]] = [
    # width
    ("a.csv", "text\nnothing good, and wrong\n", r"line 2 \(row 0\) has 2 cells, the header has 1"),
    ("a.csv", "text,label\na,x\n\nb, c,x\n", r"line 4 \(row 2\) has 3 cells"),
    ("a.tsv", "text\tlabel\na\tb\tx\n", r"line 2 \(row 0\) has 3 cells"),
    ("a.tsv", "id\ttext\n1\ta\n2\n", r"line 3 \(row 1\) has 1 cells.*lacks text"),
    ("a.tsv", "text\tid\nbroken\nin two\t1\n", r"line 2 .*lacks id"),
    # quotes
    ("a.csv", 'text,id\n"A warm film,1\nnever ends,2\n', "line 2 is no row of csv"),
    ("a.csv", 'text,id\na,1\n"a "fine" film",2\n', "line 3 is no row of csv"),
    ("a.csv", 'text,id\n"a \\"fine\\" film",2\n', "line 2 is no row of csv"),
    # header
    ("a.csv", "text,text\na,b\n", "line 1 has the column 'text' twice"),
    ("a.csv", "text,label\na,x\ntext,label\nb,y\n", r"line 3 \(row 1\) is the header again"),
    # encoding
    ("a.csv", b"text\na\ncaf\xe9\n", "line 3 is not UTF-8"),
    ("a.jsonl", b'{"text": "\xed\xa0\xbd"}\n', "line 1 is not UTF-8"),
    ("a.csv", "text\nfilm\n".encode("utf-16-le"), "line 1 holds the character NUL"),
    ("a.txt", b"text\0", "line 1 holds the character NUL"),
    ("a.csv", b"PK\x03\x04\0\0", "NUL"),
    # compression
    ("a.tsv.gz", b"text\nfilm\n", "not gzipped"),
    (
        "a.tsv.gz",
        gzip.compress(b"text\n" + bytes(range(65, 91)) * 99, mtime=0)[:-20],
        "cannot read",
    ),
    ("a.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\0\xff\xff\xff", "cannot read"),
    ("a.csv.bz2", b"BZh", "must end in one of"),
    ("a.json", b"[]", "must end in one of"),
    ("a.parquet", b"PAR1", "cannot read"),
    # JSON
    ("a.jsonl", '{"text":"a"}\n["a"]\n', r"line 2 \(row 1\) must be a JSON object, got a list"),
    ("a.jsonl", "5\n", "must be a JSON object, got 5"),
    ("a.jsonl", "null\n", "must be a JSON object, got null"),
    ("a.jsonl", '{"text":"a"}\n\n{"text":\n', "line 3 is no JSON"),
    ("a.jsonl", '{"text":"a","text":"b"}\n', "line 1 is no JSON: a name is given twice"),
    ("a.jsonl", "[" * 100_000, "line 1 is nested too deeply"),
    ("a.jsonl", f'{{"text": "a", "n": {"9" * 5000}}}', "line 1 is no JSON"),
]


@pytest.mark.parametrize(("name", "content", "message"), DAMAGED)
def test_damage_names_file_and_line(
    tmp_path: Path, name: str, content: Content, message: str
) -> None:
    path = put(tmp_path, name, content)
    with pytest.raises(InputError, match=message) as caught:
        list(read_rows(path))
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_folders_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder: give one of its files"):
        list(read_rows(tmp_path))
    with pytest.raises(InputError, match="cannot read"):
        list(read_rows(tmp_path / "nothing.csv"))
    path = put(tmp_path, "train.csv", "text,label\na,x\n")
    with pytest.raises(InputError, match="is a file: give its folder"):
        load_table(path, "train")
    with pytest.raises(InputError, match="no folder at"):
        load_table(tmp_path / "not" / "there", "train")
    put(tmp_path, "train.tsv", "text\tlabel\na\tx\n")
    with pytest.raises(InputError, match=r"more than once: train.tsv, train.csv"):
        load_table(tmp_path, "train")


# ---------------------------------------------------------------------------------- labelled rows
def jsonl(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows)


REFUSED: list[tuple[str, Content, str]] = [
    ("csv", "", "has no rows"),
    ("csv", "text,label\n\n", "has no rows"),
    ("csv", "text,label\na,x\nb,\n", r"line 3 \(row 1\) has no label \(column 'label'"),
    ("csv", "text,label\na,x\n  ,y\n", r"line 3 \(row 1\) has no text in column 'text'"),
    ("csv", "text,text_b,label\na,b,x\nc,,y\n", r"\(row 1\) has no text in column 'text_b'"),
    ("csv", "text,label\na,1\nb,NaN\n", r"\(row 1\) has no label"),
    ("csv", "text,label\na,1\nb,-1\n", r"\(row 1\) has no label \(column 'label' is -1\)"),
    ("csv", "text,label\na,1.0\nb,-1.0\n", r"\(row 1\) has no label"),
    ("csv", "text,label\na,Good\nb,good\n", "'Good' and 'good': are they meant to be one"),
    ("csv", "text,label\na,very good\nb,very  good\n", "are they meant to be one"),
    ("tsv", "text\tlabel\na\t1\nb\t1.0\n", "'1' and '1.0': are they meant to be one"),
    ("csv", "text,label\na,caf\u00e9\nb,cafe\u0301\n", "are they meant to be one"),
    ("csv", "A warm film,positive\nDull,negative\n", "needs a column 'text'"),
    ("jsonl", jsonl({"text": None, "label": "x"}), r"\(row 0\) has no text in column 'text'"),
    ("jsonl", '{"text": NaN, "label": 1}', "has no text"),
    ("jsonl", jsonl({"text": 5, "label": 1}), "must have a text in column 'text', got 5"),
    ("jsonl", jsonl({"text": True, "label": 1}), "must have a text in column 'text', got True"),
    ("jsonl", jsonl({"text": ["a"], "label": 1}), "got a list of 1"),
    ("jsonl", jsonl({"text": {"en": "a"}, "label": 1}), "got a JSON object of 1"),
    ("jsonl", jsonl({"text": "a\0b", "label": 1}), "must have a text"),
    ("jsonl", jsonl({"text": "a", "label": None}), "has no label .column 'label' is null"),
    ("jsonl", jsonl({"text": "a", "label": -100}), "has no label .column 'label' is -100"),
    ("jsonl", jsonl({"text": "a", "label": ["x", "y"]}), "name or a number .*got a list of 2"),
    ("jsonl", jsonl({"text": "a", "label": True}), "name or a number"),
    ("jsonl", jsonl({"text": "a", "label": 0.5}), "name or a number .*got 0.5"),
    ("jsonl", jsonl({"text": "a", "label": 1}, {"text": "b"}), r"\(row 1\) needs a column 'label'"),
    ("jsonl", jsonl({"text": "a", "label": 1}, {"txt": "b"}), r"\(row 1\) needs a column 'text'"),
    (
        "jsonl",
        jsonl({"text": "a", "text_b": "q", "label": 1}, {"text": "b", "label": 0}),
        r"line 2 \(row 1\) lacks text_b",
    ),
    (
        "jsonl",
        jsonl({"text": "b", "label": 0}, {"text": "a", "text_b": "q", "label": 1}),
        r"\(row 1\) has text, text_b, the rows before it have text",
    ),
]


@pytest.mark.parametrize(("kind", "content", "message"), REFUSED)
def test_a_missing_or_foreign_value_is_never_a_word_or_a_class(
    tmp_path: Path, kind: str, content: Content, message: str
) -> None:
    put(tmp_path, f"train.{kind}", content)
    with pytest.raises(InputError, match=message):
        load_table(tmp_path, "train")


def test_labels_that_mean_the_same_are_one(tmp_path: Path) -> None:
    put(tmp_path, "train.csv", "text,label\na,y\nb,y \nc, x\n")
    assert load_table(tmp_path, "train").label_names == ("x", "y")
    rows = ({"text": "a", "label": label} for label in (10, 2, 2.0, "2"))
    put(tmp_path, "test.jsonl", jsonl(*rows))
    table = load_table(tmp_path, "test")
    assert table.label_names == ("2", "10")  # by value, not by first digit
    assert table.labels.tolist() == [1, 0, 0, 0]


def test_a_negative_number_is_a_label_only_where_it_is_named(tmp_path: Path) -> None:
    put(tmp_path, "train.csv", "text,label\na,-1\nb,1\n")
    assert load_table(tmp_path, "train", label_names=("-1", "1")).labels.tolist() == [0, 1]
    with pytest.raises(InputError, match="has no label"):
        load_table(tmp_path, "train")


def test_parquet_names_its_labels_and_refuses_gaps(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"sentence": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}
    )
    for split, labels in (("train", [1, 0]), ("test", [1, -1]), ("dev", [0, None])):
        rows = {"sentence": ["a", "b"], "label": labels}
        datasets.Dataset.from_dict(rows, features=features).to_parquet(
            tmp_path / f"{split}.parquet"
        )
    table = load_table(tmp_path, "train", label_names=("pos", "neg"))
    assert [table.label_names[label] for label in table.labels] == ["pos", "neg"]
    for split in ("test", "dev"):
        with pytest.raises(InputError, match=rf"{split}.parquet, row 1 has no label"):
            load_table(tmp_path, split)
    rows = {"text": ["a", None, "c"], "label": ["x", "y", "x"]}
    datasets.Dataset.from_dict(rows).to_parquet(tmp_path / "validation.parquet")
    with pytest.raises(InputError, match="row 1 has no text in column 'text'"):
        load_table(tmp_path, "validation")
    datasets.Dataset.from_dict({"text": [1, 2], "label": ["x", "y"]}).to_parquet(
        tmp_path / "ints.parquet"
    )
    with pytest.raises(InputError, match="row 0 must have a text in column 'text', got 1"):
        load_table(tmp_path, "ints")


@pytest.mark.parametrize(("labels", "row"), [([-1, -1], 0), ([1, None], 1)])
def test_unlabelled_rows_of_a_data_set_by_name(
    monkeypatch: pytest.MonkeyPatch, labels: list[int | None], row: int
) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["neg", "pos"])}
    )
    stored = datasets.Dataset.from_dict({"text": ["a", "b"], "label": labels}, features=features)
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: stored)
    with pytest.raises(InputError, match=rf"glue \(test\), row {row} has no label"):
        load_table("glue", "test")


# ---------------------------------------------------------------------------- characters, digests
def test_lone_surrogates_become_the_replacement_character(tmp_path: Path) -> None:
    path = put(tmp_path, "a.jsonl", '{"text": "great \\ud83d"}\n{"text": "\\ud83d\\ude00"}\n')
    assert [text for *_, text in texts(path)] == ["great \ufffd", "\U0001f600"]
    assert split_input("caf\udce9 film") == ("caf\ufffd film", None)
    assert split_input(("a", "\ud83d\ude00")) == ("a", "\U0001f600")


@given(st.text(st.characters()))
def test_well_formed_text_can_be_written(text: str) -> None:
    assert well_formed(well_formed(text)) == well_formed(text)
    well_formed(text).encode("utf-8")
    if text.isprintable():
        assert well_formed(text) == text


def test_plain_text_is_read_line_by_line(tmp_path: Path) -> None:
    put(tmp_path, "book.txt", "One line, with a comma.\n\n  Another \u201cline\u201d.\n")
    assert list(read_plain_texts([tmp_path / "book.txt"])) == [
        "One line, with a comma.",
        "Another \u201cline\u201d.",
    ]
    put(tmp_path, "book.docx", b"PK")
    with pytest.raises(InputError, match=r"book.docx must end in one of .*\.txt"):
        list(read_plain_texts([tmp_path / "book.docx"]))


def test_the_digest_knows_texts_labels_and_order(tmp_path: Path) -> None:
    found = set()
    for content in (
        "text,label\na,x\nb,y\n",
        "text,label\nb,y\na,x\n",
        "text,label\na,x\nb,z\n",
        "text,label\na,y\nb,x\n",
        "text,label\na,x\nc,y\n",
        "text,text_b,label\na,x,x\nb,y,y\n",
    ):
        put(tmp_path, "train.csv", content)
        found.add(load_table(tmp_path, "train").digest())
    assert len(found) == 6
    put(tmp_path, "train.csv", BOM + b"label,text\r\nx,a\r\n\r\ny,b")  # the same rows
    again = load_table(tmp_path, "train").digest()
    put(tmp_path, "train.csv", "text,label\na,x\nb,y\n")
    assert load_table(tmp_path, "train").digest() == again
