"""Two models asked for at once in a process that has loaded nothing yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.shared import resources
from tests.app.tiny import save_tiny_checkpoint

PROGRAM = """
import threading, time
from app.shared import resources

said = []
def read(name):
    said.append(resources.read(name, "cpu", "a good film").checkpoint)

threads = [threading.Thread(target=read, args=(name,)) for name in ("one", "two")]
for thread in threads:
    thread.start()
    time.sleep(1)
for thread in threads:
    thread.join()
print(sorted(said))
"""


def test_two_models_load_at_once(root: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        save_tiny_checkpoint(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=root,
        env=os.environ | {resources.CHECKPOINTS_VARIABLE: str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.strip() == "['one', 'two']", done.stderr[-2000:]


def test_models_are_held_once_a_device_and_all_that_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("one", "two", "three")
    for name in names:
        save_tiny_checkpoint(tmp_path / name)
    monkeypatch.setenv(resources.CHECKPOINTS_VARIABLE, str(tmp_path))
    monkeypatch.setattr("elbert_core.engine.devices.torch.cuda.is_available", lambda: False)
    held = {name: resources._open(name, "") for name in names}
    assert len({id(engine) for engine in held.values()}) == 3
    for name in names:
        assert resources._open(name, "cpu") is held[name]


def test_a_file_is_read_anew_once_it_has_changed(tmp_path: Path) -> None:
    file, read = tmp_path / "note.txt", []

    def load(path: str) -> str:
        read.append(path)
        return Path(path).read_text(encoding="utf-8")

    for content in ("first", "first", "the second"):
        file.write_text(content, encoding="utf-8")
        os.utime(file, ns=(0, len(content)))
        assert resources.loaded(load, str(file), files=[file]) == content
    assert len(read) == 2
