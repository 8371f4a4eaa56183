"""Folders cut into pieces come back byte by byte, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elbert_core import pieces
from elbert_core.errors import ConfigError, InputError
from elbert_core.pieces import RECORD, JoinConfig, SplitConfig, join, split

NAMES = st.sampled_from(["a", "b.bin", "run/checkpoint-1/optimizer.pt", "run/état.json", "c/d/e"])
PIECE = 10


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of ten bytes, read in chunks of seven."""
    monkeypatch.setattr(pieces, "MEGABYTE", PIECE)
    monkeypatch.setattr(pieces, "CHUNK", 7)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@given(st.dictionaries(NAMES, st.binary(max_size=45), min_size=1), st.integers(1, 3))
def test_any_folder_comes_back(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes], piece_mb: int
) -> None:
    root = tmp_path_factory.mktemp("any")
    folder = written(root / "folder", files)
    made = split(SplitConfig(folder=str(folder), output=str(root / "cut"), piece_mb=piece_mb))
    sizes = [path.stat().st_size for path in sorted(made.glob("piece-*"))]
    total = sum(map(len, files.values()))
    assert sum(sizes) == total
    assert all(size == PIECE * piece_mb for size in sizes[:-1])
    assert max(sizes, default=0) <= PIECE * piece_mb
    back = join(JoinConfig(pieces=str(made), output=str(root / "back")))
    assert contents(back) == files == contents(folder)


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    files = {"model.safetensors": bytes(range(25)), "run/optimizer.pt": b"state" * 3}
    folder = written(tmp_path / "folder", files)
    return split(SplitConfig(folder=str(folder), output=str(tmp_path / "cut"), piece_mb=1))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[3] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: flip(f / "piece-0001.bin"), "model.safetensors are damaged"),
        (lambda f: flip(f / "piece-0003.bin"), "optimizer.pt are damaged"),
        (lambda f: (f / "piece-0003.bin").write_bytes(b"stat"), "optimizer.pt are damaged or cut"),
        (lambda f: (f / "piece-0002.bin").unlink(), "piece-0002.bin is missing"),
        (lambda f: (f / RECORD).unlink(), "not a record of pieces"),
        (lambda f: (f / RECORD).write_text("[]"), "not a record of pieces"),
        (lambda f: (f / RECORD).write_text('{"format": "x"}'), "must be of format"),
    ],
)
def test_damage_is_named_and_leaves_nothing(
    cut: Path, tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(cut)
    before = {path.name for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=message):
        join(JoinConfig(pieces=str(cut), output=str(tmp_path / "back")))
    assert {path.name for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "", "a\\..\\out"])
@pytest.mark.parametrize("where", ["files", "pieces"])
def test_a_record_that_leads_elsewhere_is_refused(
    cut: Path, tmp_path: Path, name: str, where: str
) -> None:
    record: dict[str, Any] = json.loads((cut / RECORD).read_text())
    if where == "files":
        record["files"][0]["name"] = name
    else:
        record["pieces"][0] = name
    (cut / RECORD).write_text(json.dumps(record))
    with pytest.raises(InputError, match="leads out of the folder"):
        join(JoinConfig(pieces=str(cut), output=str(tmp_path / "back")))
    assert not (tmp_path / "back").exists()


def test_nothing_is_overwritten_or_followed(cut: Path, tmp_path: Path) -> None:
    folder = str(tmp_path / "folder")
    with pytest.raises(ConfigError, match="is not empty"):
        split(SplitConfig(folder=folder, output=str(cut)))
    with pytest.raises(ConfigError, match="is not empty"):
        join(JoinConfig(pieces=str(cut), output=folder))
    with pytest.raises(ConfigError, match="which is to be cut"):
        split(SplitConfig(folder=folder, output=f"{folder}/cut"))
    with pytest.raises(ConfigError, match="piece_mb must be at least 1, got 0"):
        SplitConfig(folder=folder, output="x", piece_mb=0)
    (tmp_path / "folder" / "link").symlink_to("/etc/hostname")
    with pytest.raises(InputError, match="is a link"):
        split(SplitConfig(folder=folder, output=str(tmp_path / "more")))


def test_folders_that_cannot_be_cut(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a folder"):
        split(SplitConfig(folder=str(tmp_path / "none"), output=str(tmp_path / "cut")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no files"):
        split(SplitConfig(folder=str(tmp_path / "empty"), output=str(tmp_path / "cut")))
    assert not (tmp_path / "cut").exists()


def test_an_empty_folder_may_be_there(cut: Path, tmp_path: Path) -> None:
    (tmp_path / "back").mkdir()
    back = join(JoinConfig(pieces=str(cut), output=str(tmp_path / "back")))
    assert contents(back) == contents(tmp_path / "folder")
