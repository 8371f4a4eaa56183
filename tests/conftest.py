"""What all tests share: where things are, what may be missing, and no way out to the network."""

from __future__ import annotations

import os

# Before anything loads torch, tokenizers or the hub client: two threads, no downloads, no reports.
os.environ.setdefault("OMP_NUM_THREADS", "1" if "PYTEST_XDIST_WORKER" in os.environ else "2")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

import ipaddress
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OTHER_BROWSERS = (
    "~/.cache/ms-playwright/chromium-*/chrome-linux*/chrome",
    "~/Library/Caches/ms-playwright/chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

hypothesis.settings.register_profile("elbert", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if IN_CI else "elbert")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, then those with real checkpoints, those in a browser last."""

    def tier(item: pytest.Item) -> int:
        names = ("slow", "gpu", "browser")
        return max(
            (names.index(m.name) + 1 for m in item.iter_markers() if m.name in names), default=0
        )

    items.sort(key=tier)  # stable: the order within a tier stays


def missing(reason: str) -> NoReturn:
    """Skip a test for want of something that this project ships or installs; in CI, fail."""
    if IN_CI:
        pytest.fail(f"{reason} (skipped elsewhere, a failure in CI)", pytrace=False)
    pytest.skip(reason)


# ---------------------------------------------------------------------------- what may be missing
@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with the public data sets, which is no part of the repository."""
    folder = Path(os.environ.get("ELBERT_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no data folder at {folder}; ELBERT_DATA names another one")
    return folder


@pytest.fixture(scope="session")
def checkpoint_dir() -> Path:
    """The shipped SST-2 checkpoint."""
    folder = ROOT / "checkpoints" / "elbert-sst2"
    if not (folder / "model.safetensors").is_file():
        missing(f"no weights in {folder.relative_to(ROOT)}")
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium for Playwright's `executable_path`; ELBERT_CHROMIUM names one."""
    named = os.environ.get("ELBERT_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            missing(f"ELBERT_CHROMIUM is not a program: {named}")
        return named
    for name in BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    for pattern in OTHER_BROWSERS:
        path = Path(pattern).expanduser()
        for candidate in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
            if os.access(candidate, os.X_OK):
                return str(candidate)
    missing("no Chromium or Chrome found; install one or name it in ELBERT_CHROMIUM")


# ------------------------------------------------------------------------------------- no network
class NetworkError(RuntimeError):
    """A test tried to leave this machine."""


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse connections and name look-ups that leave this machine (in this process)."""
    patch = pytest.MonkeyPatch()

    def refuse(host: object) -> NoReturn:
        raise NetworkError(f"tests may not reach the network, tried {host!r}")

    def guard(name: str) -> None:
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *args: object) -> object:
            address = args[-1]  # sendto(data, [flags,] address)
            if isinstance(address, tuple) and not _is_local(address[0]):
                refuse(address[0])
            return original(self, *args)

        patch.setattr(socket.socket, name, guarded)

    for name in ("connect", "connect_ex", "sendto"):
        guard(name)

    look_up = socket.getaddrinfo

    def guarded_look_up(host: object, *args: object, **options: object) -> object:
        if not _is_local(host):
            refuse(host)
        return look_up(host, *args, **options)  # type: ignore[arg-type]  # passed on as it came

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()
