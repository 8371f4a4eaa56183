"""Any folder as files of a limited size, and back, checked byte by byte.

For machines that are reached by small files only: a packed corpus goes there, a student comes back,
and with it the state of its unfinished training, so that it goes on elsewhere. Files are laid one
after the other and cut; nothing is read as anything but bytes.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from elbert_core.errors import ConfigError, InputError

FORMAT = "elbert-pieces/1"
RECORD = "pieces.json"
MEGABYTE = 1_000_000
CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class SplitConfig:
    """What to cut into pieces.

    Attributes:
        folder: what to cut, with everything in it.
        output: folder to write; new or empty.
        piece_mb: largest size of a piece, in megabytes (1 MB is a million bytes).
    """

    folder: str
    output: str
    piece_mb: int = 16

    def __post_init__(self) -> None:
        if self.piece_mb < 1:
            raise ConfigError(f"piece_mb must be at least 1, got {self.piece_mb}")


@dataclass(frozen=True, kw_only=True)
class JoinConfig:
    """Pieces to put together.

    Attributes:
        pieces: folder that `split` wrote.
        output: folder to write; new or empty.
    """

    pieces: str
    output: str


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the folder: its name there, its length in bytes, what it must hash to."""

    name: str
    length: int
    sha256: str


def split(config: SplitConfig) -> Path:
    """Cut a folder into pieces of at most `piece_mb`, with a record of its files.

    Returns:
        The folder of the pieces.

    Raises:
        ConfigError: the output holds something, or lies in the folder.
        InputError: there is no such folder, or nothing in it, or a link, which could lead anywhere.
    """
    source, output = Path(config.folder), Path(config.output)
    if not source.is_dir():
        raise InputError(f"{source} is not a folder")
    if output.resolve().is_relative_to(source.resolve()):
        raise ConfigError(f"{output} lies in {source}, which is to be cut")
    _must_be_empty(output)
    everything = sorted(source.rglob("*"))
    if links := [path for path in everything if path.is_symlink()]:
        raise InputError(f"{links[0]} is a link; pieces hold files alone")
    paths = [path for path in everything if path.is_file()]
    if not paths:
        raise InputError(f"{source} holds no files")
    output.mkdir(parents=True, exist_ok=True)
    files, size = [], config.piece_mb * MEGABYTE
    with _Pieces(output, size) as pieces:
        for path in paths:
            digest, length = hashlib.sha256(), 0
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
                    length += len(chunk)
                    pieces.write(chunk)
            name = path.relative_to(source).as_posix()
            files.append(_File(name, length, digest.hexdigest()))
        names = pieces.names
    record = {
        "format": FORMAT,
        "piece_bytes": size,
        "pieces": names,
        "files": [asdict(file) for file in files],
    }
    # last, so that a folder with a record is a whole one
    (output / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return output


def join(config: JoinConfig) -> Path:
    """Put a folder together again; it appears whole or not at all.

    Returns:
        The folder.

    Raises:
        ConfigError: the output holds something.
        InputError: pieces are missing or damaged; the message names the file they belong to.
    """
    root, output = Path(config.pieces), Path(config.output)
    names, files = _read_record(root)
    _must_be_empty(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=output.parent, prefix=f".{output.name}-"))
    try:
        stream = _Stream(root, names)
        for file in files:
            path = made.joinpath(*PurePosixPath(file.name).parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with path.open("wb") as written:
                for chunk in stream.take(file.length):
                    digest.update(chunk)
                    written.write(chunk)
            if digest.hexdigest() != file.sha256:
                raise InputError(
                    f"{root}: the pieces of {file.name} are damaged or cut; bring them again"
                )
        made.chmod(root.stat().st_mode & 0o777)
        made.replace(output)  # an empty folder may be there
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return output


class _Pieces:
    """Bytes one after the other into files of a limited size."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder, self.size = folder, size
        self.names: list[str] = []
        self._file: BinaryIO | None = None
        self._room = 0

    def __enter__(self) -> _Pieces:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> None:
        """Append bytes, opening pieces as they fill."""
        view = memoryview(data)
        while len(view):
            if self._file is None or not self._room:
                self.__exit__()
                self.names.append(f"piece-{len(self.names):04d}.bin")
                self._file = (self.folder / self.names[-1]).open("wb")
                self._room = self.size
            part = view[: self._room]
            self._file.write(part)
            self._room -= len(part)
            view = view[len(part) :]


class _Stream:
    """The bytes of all pieces, one after the other."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._chunks = _chunks(folder, names)
        self._left = b""

    def take(self, count: int) -> Iterator[bytes]:
        """The next `count` bytes in chunks; fewer where the pieces end."""
        while count:
            chunk = self._left or next(self._chunks, b"")
            if not chunk:
                return
            yield chunk[:count]
            self._left = chunk[count:]
            count -= min(count, len(chunk))


def _chunks(folder: Path, names: list[str]) -> Iterator[bytes]:
    for name in names:
        try:
            with (folder / name).open("rb") as file:
                while chunk := file.read(CHUNK):
                    yield chunk
        except OSError as error:
            raise InputError(f"{folder / name} is missing: {error.strerror}") from error


def _read_record(root: Path) -> tuple[list[str], list[_File]]:
    """Names of the pieces, and the files in them, each looked at before a byte is written."""
    path = root / RECORD
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        kind = record.get("format")
        if kind != FORMAT:
            raise InputError(f"{path} must be of format {FORMAT}, got {kind!r}")
        names = [str(name) for name in record["pieces"]]
        files = [
            _File(str(file["name"]), int(file["length"]), str(file["sha256"]))
            for file in record["files"]
        ]
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a record of pieces: {error}") from error
    for name in (*names, *(file.name for file in files)):
        parts = PurePosixPath(name)
        if parts.is_absolute() or ".." in parts.parts or not parts.parts or "\\" in name:
            raise InputError(f"{path}: {name!r} leads out of the folder")
    if any(file.length < 0 for file in files):
        raise InputError(f"{path}: a file of less than no bytes")
    return names, files


def _must_be_empty(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is not empty; name a new folder")
