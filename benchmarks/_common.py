"""What the benchmarks share: conditions, texts, peers, medians. No benchmark of its own."""

from __future__ import annotations

import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from transformers import AlbertConfig, AlbertModel

from elbert_core.data.texts import load_table
from elbert_core.model.modeling import ElbertForSequenceClassification

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ELBERT_DATA") or ROOT.parent / "shared" / "data")
RECOMMENDED = ROOT / "checkpoints" / "elbert-sst2" / "recommended.json"
CHECKPOINT = Path(os.environ.get("ELBERT_CHECKPOINT") or ROOT / "checkpoints" / "elbert-sst2")
WORDS = ("the film is a warm dull bright slow story about people who never quite find it").split()  # noqa: SIM905


def processor() -> str:
    """Name of the processor, where the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def conditions() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "date": time.strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "avx512_bf16": bool(torch.cpu._is_avx512_bf16_supported()),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }


def sentences(limit: int) -> tuple[list[str], np.ndarray | None, str]:
    """Texts, gold labels where known, and what they are."""
    if (DATA / "sst2").is_dir():
        table = load_table(DATA / "sst2", "validation", label_names=("negative", "positive"))
        table = table.take(range(min(limit, len(table))))
        return table.texts, table.labels, f"SST-2 validation, first {len(table)} rows"
    chooser = random.Random(0)
    made = [" ".join(chooser.choices(WORDS, k=chooser.randint(4, 36))) for _ in range(limit)]
    return made, None, f"{limit} made-up sentences of 4 to 36 words"


def median_seconds(work: Callable[[], object], *, repeats: int) -> dict[str, float]:
    """Median, least and most seconds of several runs after one warm-up."""
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return {
        "median_s": round(statistics.median(seconds), 6),
        "min_s": round(min(seconds), 6),
        "max_s": round(max(seconds), 6),
    }


def in_turn(ways: dict[str, Callable[[], object]], *, repeats: int) -> dict[str, dict[str, float]]:
    """Time several ways in turn, A B C A B C ..., so that drift of the machine meets them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, work in ways.items():
            started = time.perf_counter()
            work()
            if turn:  # the first round warms up
                seconds[name].append(time.perf_counter() - started)
    return {
        name: {
            "median_s": round(statistics.median(s), 6),
            "min_s": round(min(s), 6),
            "max_s": round(max(s), 6),
        }
        for name, s in seconds.items()
    }


def plain_albert(model: ElbertForSequenceClassification, dtype: torch.dtype) -> AlbertModel:
    """Transformers' own encoder with the same weights."""
    values = model.config.to_dict()
    for name in ("model_type", "exit_heads", "exit_pooling", "architectures"):
        values.pop(name, None)
    plain = AlbertModel(AlbertConfig(**values))
    plain.load_state_dict({k: v.float() for k, v in model.albert.state_dict().items()})
    return plain.to(dtype).eval()


def matmul_peak(dtype: torch.dtype, *, device: str = "cpu") -> float:
    """Best GFLOP/s of a square matrix product on this machine, in `dtype`."""
    size = 1536 if device == "cpu" else 8192
    a, b = (torch.randn(size, size).to(device, dtype) for _ in range(2))

    def timed(product: Callable[[], torch.Tensor]) -> float:
        def work() -> None:
            product()
            finish(device)

        return median_seconds(work, repeats=5)["min_s"] or 1e-9

    best = min(timed(lambda: a @ b), timed(lambda: torch.nn.functional.linear(a, b)))
    return 2 * size**3 / best / 1e9


def finish(device: str) -> None:
    """Wait until a device has done what it was given."""
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def show(result: dict[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
