"""Everything that is loaded once and shared by all visitors: engines, and files read by `loaded`.

The only module that uses Streamlit's caches, and the only door to the model; it knows no page. One
lock stands around the model: a visitor who waits too long is told so instead of piling up. PyTorch
is imported inside the functions, because the first paint must do without it. No visitor's sentence
is ever cached.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import streamlit as st

from app.shared import words
from app.shared.state import RealRun
from app.shared.text import clean
from elbert_core.errors import CheckpointError, ElbertError
from elbert_core.model.checkpoints import list_checkpoints, weights_digest
from elbert_core.policies import ExitPolicy, NeverExit, Signals
from elbert_core.policy_files import recommended_policy
from elbert_core.reading.attention import Pooling
from elbert_core.reading.state_map import StateMap, state_map
from elbert_core.results import LayerTrace

if TYPE_CHECKING:
    from elbert_core.engine.engine import EarlyExitEngine

HOME = "elbert-sst2"
"""The model of the first example: the one the app begins with."""
CHECKPOINTS_VARIABLE = "ELBERT_CHECKPOINTS"
"""Environment variable that names another folder of checkpoints."""
TORCH_THREADS = 1
"""Short texts one at a time: more threads cost more than they bring, and visitors share cores."""
MAX_MODELS = 6
"""Models held at once, each on one device: more than are shipped."""
REAL_RUNS = 7
"""How often a sentence is run with a rule, and to full depth, to compare their times."""
WAIT_SECONDS = 20.0
"""How long one visitor waits for another one's sentence."""

_CHECKPOINTS = Path(__file__).resolve().parents[2] / "checkpoints"
_NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


Found = TypeVar("Found")


class BusyError(ElbertError):
    """The model did not become free in time."""


def checkpoints_folder() -> Path:
    """Where checkpoints are looked for."""
    return Path(os.environ.get(CHECKPOINTS_VARIABLE, "") or _CHECKPOINTS)


def checkpoint_names() -> tuple[str, ...]:
    """Names of the checkpoints at hand, that of the first example first. Looks at names only."""
    names = [path.name for path in list_checkpoints(checkpoints_folder())]
    return tuple(sorted(names, key=lambda name: (name != HOME, name)))


def device_names() -> tuple[str, ...]:
    """Devices to choose from; asks PyTorch only when it is already loaded."""
    # another run may be importing it at this moment: then it is there, but not yet all of it
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    try:
        has_gpu = bool(cuda.is_available()) if cuda is not None else _NVIDIA_DRIVER.exists()
    except AttributeError:
        has_gpu = _NVIDIA_DRIVER.exists()
    return ("cpu", "cuda") if has_gpu else ("cpu",)


def read(checkpoint: str, device: str, text: str) -> LayerTrace:
    """Read one sentence to full depth.

    Raises:
        ElbertError: no such checkpoint, a damaged one, or the model is busy.
    """
    with _model(checkpoint, device) as engine:
        return clean(engine.trace(text))


def read_many(checkpoint: str, device: str, texts: list[str]) -> Signals:
    """Read sentences to full depth in one batch; what rules read of them.

    Raises:
        ElbertError: no such checkpoint, a damaged one, or the model is busy.
    """
    with _model(checkpoint, device) as engine:
        from elbert_core.engine.full_depth import full_depth

        return full_depth(engine, texts)


def read_attention(checkpoint: str, device: str, text: str) -> tuple[LayerTrace, Pooling]:
    """Read one sentence to full depth and keep its attention; and what the exit heads read of it.

    Raises:
        ElbertError: no such checkpoint, a damaged one, or the model is busy.
    """
    with _model(checkpoint, device) as engine:
        pooling: Pooling = engine.model.config.exit_pooling
        return clean(engine.trace(text, attention=True, repeats=1)), pooling


def read_map(checkpoint: str, device: str, text: str) -> tuple[LayerTrace, StateMap]:
    """Read one sentence to full depth, and map what the exit head reads after each layer.

    Raises:
        ElbertError: no such checkpoint, a damaged one, heads that differ, or the model is busy.
    """
    with _model(checkpoint, device) as engine:
        from elbert_core.engine.full_depth import head_states

        return clean(engine.trace(text, repeats=1)), state_map(head_states(engine, text))


def stop_for_real(
    checkpoint: str, device: str, text: str, pair: str | None, policy: ExitPolicy
) -> RealRun:
    """Run one sentence, or a pair, with a policy and let it stop.

    It is run `REAL_RUNS` times with the policy and as often to full depth, in turn, so that both
    meet the same machine.

    Raises:
        ElbertError: no such checkpoint, a damaged one, or the model is busy.
    """
    rows = [text if pair is None else (text, pair)]
    stopped, full = [], []
    with _model(checkpoint, device) as engine:
        exits = engine.run(rows, policy)  # the first run also warms up
        for _ in range(REAL_RUNS):
            stopped.append(1000 * engine.run(rows, policy).seconds)
            full.append(1000 * engine.run(rows, NeverExit()).seconds)
    return RealRun(policy, exits, tuple(stopped), tuple(full), engine.device)


def digest(checkpoint: str) -> str:
    """SHA-256 of a checkpoint's weights, "" when it is not here or cannot be read."""
    if checkpoint not in checkpoint_names():
        return ""
    folder = checkpoints_folder() / checkpoint
    try:
        return loaded(weights_digest, str(folder), files=folder.iterdir())
    except OSError:
        return ""


def loaded(load: Callable[..., Found], *args: str, files: Iterable[Path]) -> Found:
    """What a loader makes of files, made once for all visitors, and anew when a file has changed.

    Args:
        load: reads the files; its errors are handed on and nothing is kept of them.
        *args: its arguments.
        files: what it reads.
    """
    found: Found = _loaded(load, f"{load.__module__}.{load.__qualname__}", args, _stamp(files))
    return found


@st.cache_resource(max_entries=64, show_spinner=False)
def _loaded(_load: Callable[..., Any], name: str, args: tuple[str, ...], stamp: str) -> Any:  # noqa: ARG001  # part of the key
    return _load(*args)


def _stamp(files: Iterable[Path]) -> str:
    """Changes with any of the files, so that a new one never answers as the old one."""
    there = sorted(path for path in files if path.is_file())
    return " ".join(f"{p.name}:{p.stat().st_mtime_ns}:{p.stat().st_size}" for p in there)


def recommended(checkpoint: str) -> ExitPolicy | None:
    """The rule that a checkpoint at hand recommends; None without one, or where it is damaged."""
    if checkpoint not in checkpoint_names():
        return None
    try:
        return recommended_policy(checkpoints_folder() / checkpoint)
    except CheckpointError:  # told where the model is loaded
        return None


def model_card(checkpoint: str) -> str:
    """The checkpoint's own description, or "" when it has none."""
    if checkpoint not in checkpoint_names():
        return ""
    try:
        return (checkpoints_folder() / checkpoint / "MODEL_CARD.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _open(checkpoint: str, device: str) -> EarlyExitEngine:
    if checkpoint not in checkpoint_names():
        raise CheckpointError(words.NO_CHECKPOINT.format(folder=checkpoints_folder().name))
    if importlib.util.find_spec("torch") is None:
        raise CheckpointError(words.NO_TORCH)
    folder = checkpoints_folder() / checkpoint
    # A click starts a new run beside one that is still loading, and torch and transformers cannot
    # be imported by two threads at once: the second gets a module with half its names.
    with _LOADING:
        from elbert_core.engine.devices import resolve_device
    where = resolve_device(device or "auto")
    return _engine(str(folder), where, _stamp(folder.iterdir()))


_LOADING, _RUNNING = threading.Lock(), threading.Lock()


@st.cache_resource(max_entries=MAX_MODELS, show_spinner=False)
def _engine(folder: str, device: str, stamp: str) -> EarlyExitEngine:  # noqa: ARG001  # part of the key
    with _LOADING:
        import torch

        from elbert_core.engine.engine import load_engine

        torch.set_num_threads(TORCH_THREADS)
        return load_engine(folder, device=device)


@contextmanager
def _model(checkpoint: str, device: str) -> Iterator[EarlyExitEngine]:
    """The engine, for one visitor at a time."""
    engine = _open(checkpoint, device)
    if not _RUNNING.acquire(timeout=WAIT_SECONDS):
        raise BusyError(words.BUSY)
    try:
        yield engine
    finally:
        _RUNNING.release()
