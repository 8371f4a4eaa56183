"""Reading tables and plain text, and refusing what cannot be read."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from elbert_core.data.texts import load_table, read_plain_texts, read_rows, split_sentences
from elbert_core.errors import InputError


def write(path: Path, text: str) -> Path:
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode("utf-8")))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz", ".csv", ".jsonl", ".jsonl.gz"])
def test_every_format_reads_the_same(tmp_path: Path, suffix: str) -> None:
    rows = [{"text": "good film", "label": "pos"}, {"text": "bad film", "label": "neg"}]
    if "jsonl" in suffix:
        text = "\n".join(json.dumps(row) for row in rows)
    else:
        comma = "," if "csv" in suffix else "\t"
        text = "\n".join(comma.join(r) for r in [("text", "label"), *(r.values() for r in rows)])
    write(tmp_path / f"train{suffix}", text)
    table = load_table(tmp_path, "train")
    assert table.texts == ["good film", "bad film"]
    assert table.label_names == ("neg", "pos")
    assert table.labels.tolist() == [1, 0]
    assert table.pairs is None


def test_tabs_are_read_without_quoting(tmp_path: Path) -> None:
    write(tmp_path / "train.tsv", 'text\tlabel\n"a "quoted\tpos\nit\'s "fine"\tneg\n')
    assert load_table(tmp_path, "train").texts == ['"a "quoted', 'it\'s "fine"']


def test_pairs(tmp_path: Path) -> None:
    write(tmp_path / "train.tsv", "text\ttext_b\tlabel\na\tb\tx\nc\td\ty\n")
    table = load_table(tmp_path, "train")
    assert table.inputs() == [("a", "b"), ("c", "d")]
    assert table.take([1]).inputs() == [("c", "d")]


def test_label_order_can_be_given(tmp_path: Path) -> None:
    write(tmp_path / "train.tsv", "text\tlabel\na\tx\nb\ty\n")
    assert load_table(tmp_path, "train", label_names=["y", "x"]).labels.tolist() == [1, 0]
    with pytest.raises(InputError, match="line 3 .row 1. must have a label among x, got 'y'"):
        load_table(tmp_path, "train", label_names=["x"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text\tlabel\n", "no rows"),
        ("words\tlabel\na\tx\n", "needs a column 'text'"),
        ("text\tgold\na\tx\n", "needs a column 'label'"),
    ],
)
def test_unusable_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path / "train.tsv", text)
    with pytest.raises(InputError, match=message):
        load_table(tmp_path, "train")


def test_damaged_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "train.tsv.gz").write_bytes(b"no gzip at all")
    with pytest.raises(InputError, match=r"cannot read .*train\.tsv\.gz"):
        load_table(tmp_path, "train")
    write(tmp_path / "x.jsonl", '{"text": ')
    with pytest.raises(InputError, match=r"x\.jsonl"):
        list(read_rows(tmp_path / "x.jsonl"))
    (tmp_path / "y.tsv").write_bytes(b"text\n\xff\xfe\n")
    with pytest.raises(InputError, match=r"y\.tsv"):
        list(read_rows(tmp_path / "y.tsv"))


def test_missing_split_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no split 'validation'.*\.tsv\.gz"):
        load_table(tmp_path, "validation")


def test_plain_texts_leave_held_out_files_alone(tmp_path: Path) -> None:
    write(tmp_path / "train.tsv", "text\tlabel\nseen\tx\n")
    write(tmp_path / "validation.tsv", "text\tlabel\nhidden\tx\n")
    write(tmp_path / "test.jsonl", '{"text": "hidden"}')
    write(tmp_path / "book.jsonl", '{"text": "first\\n\\nsecond"}')
    assert sorted(read_plain_texts([tmp_path])) == ["first", "second", "seen"]


def test_sentences_are_a_repeatable_sample() -> None:
    text = ["This is one sentence. And this is another! Is it? " + "word " * 80]
    everything = split_sentences(text, limit=10)
    assert sorted(everything) == ["And this is another!", "This is one sentence."]
    many = [f"sentence number {i} here." for i in range(100)]
    assert split_sentences(many, limit=7, seed=4) == split_sentences(many, limit=7, seed=4)
    assert split_sentences(many, limit=7, seed=4) != split_sentences(many, limit=7, seed=5)


@pytest.mark.slow
def test_sst2_has_its_published_size(data_dir: Path) -> None:
    table = load_table(data_dir / "sst2", "validation")
    assert len(table) == 872
    assert table.label_names == ("negative", "positive")
    assert int(table.labels.sum()) == 444
