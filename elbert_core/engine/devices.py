"""Where and in which precision a model runs: names checked, "auto" and "fast" decided."""

from __future__ import annotations

import time

import torch

from elbert_core.errors import ConfigError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@torch.inference_mode()
def faster_dtype(hidden_size: int, *, device: str = "cpu", rows: int = 512) -> str:
    """Name bfloat16 where its matrix product clearly beats float32's here, else float32.

    A trial of a few milliseconds: processors without bf16 instructions emulate it, slowly.
    """
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"
    best = {}
    for name in ("float32", "bfloat16"):
        a = torch.ones(rows, hidden_size, dtype=DTYPES[name])
        weight = torch.ones(hidden_size, hidden_size, dtype=DTYPES[name])
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            torch.nn.functional.linear(a, weight)
            seconds.append(time.perf_counter() - started)
        best[name] = min(seconds)
    return "bfloat16" if best["bfloat16"] < best["float32"] / 1.3 else "float32"


def resolve_device(device: str) -> str:
    """Turn "auto" into a device that is here; check anything else."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(device).type
    except RuntimeError:
        kind = ""
    if kind not in ("cpu", "cuda"):
        raise ConfigError(f'device must be "auto", "cpu" or "cuda", got {device!r}')
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {device!r} is not available here: no CUDA GPU was found")
    return device
