"""The real app on a free port of this machine, for browser tests, pictures and benchmarks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 180  # seconds until the app must answer, on a busy machine too


@dataclass(frozen=True, slots=True)
class Served:
    """A running app.

    Attributes:
        address: without a slash at its end.
        pid: number of the server's process.
    """

    address: str
    pid: int


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serve(log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run the app as a user would, until the block ends.

    Args:
        log: file for what the server says.
        environment: variables to set beside those of this process.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "server.py"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            found = Served(f"http://127.0.0.1:{port}", server.pid)
            deadline = time.monotonic() + PATIENCE
            while not answers(f"{found.address}/_stcore/health"):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"the app did not start: {log.read_text()}")
                time.sleep(0.2)
            yield found
        finally:
            server.terminate()
            server.wait(timeout=30)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False
