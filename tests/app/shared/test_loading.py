"""Two models asked for at once in a process that has loaded nothing yet."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
