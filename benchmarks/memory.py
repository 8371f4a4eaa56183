"""Peak memory of a stream: does it grow with the number of rows, and with what does it grow?

Prints JSON. Each measurement is a process of its own, because a process never gives its peak back.
"grown" is the resident memory, looked at whenever rows finish, above what the process held after
loading the model and reading a first thousand rows. The slope over the second half of a long run,
in MB for a million rows, says whether memory grows with the number of rows. The baseline is a list
of all results of the same rows.

    python benchmarks/memory.py [--rows 100000] [--seconds 240]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import psutil
from _common import CHECKPOINT, ROOT, WORDS, conditions, show

SLOTS = (16, 64, 256)
LENGTHS = (8, 64, 256)
SAMPLES = 50


def main() -> None:
    """Start the measurements one after the other and print what they say."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000, help="of the long run")
    parser.add_argument("--seconds", type=float, default=240.0, help="of the long run at most")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        show(_measure(**json.loads(options.one)))
        return
    long_run = {"rows": options.rows, "words": 4, "slots": 64, "seconds": options.seconds}
    stream = _apart(long_run | {"keep": False})
    show(
        {
            "benchmark": "memory",
            "conditions": conditions(),
            "model": CHECKPOINT.name,
            "policy": "entropy under 0.3",
            "stream": stream,
            "baseline, all results kept": _apart(long_run | {"keep": True}),
            "by slots (64 words)": {
                str(n): _apart({"rows": 6 * n, "words": 64, "slots": n})["peak_grown_mb"]
                for n in SLOTS
            },
            "by words (64 slots)": {
                str(n): _apart({"rows": 384, "words": n, "slots": 64})["peak_grown_mb"]
                for n in LENGTHS
            },
        }
    )


def _apart(settings: dict[str, Any]) -> dict[str, Any]:
    """One measurement in a process of its own."""
    command = [sys.executable, __file__, "--one", json.dumps(settings)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _measure(
    rows: int, words: int, slots: int, seconds: float = 60.0, keep: bool = False
) -> dict[str, Any]:
    from elbert_core.engine.engine import load_engine
    from elbert_core.policies import EntropyThreshold

    engine = load_engine(CHECKPOINT, device="cpu", dtype="float32")
    process = psutil.Process()
    first = min(1000, rows)
    list(engine.stream(_texts(first, 4), EntropyThreshold(0.3), batch_size=4))
    before = process.memory_info().rss
    started = time.monotonic()
    every = max(1, rows // SAMPLES)
    samples, kept, done = [], [], 0
    stream = engine.stream(_texts(rows, words), EntropyThreshold(0.3), batch_size=slots)
    for row in stream:
        done += 1
        if keep:
            kept.append(row)
        if done % every == 0:
            samples.append((done, process.memory_info().rss))
            if time.monotonic() - started > seconds:
                break
    stream.close()
    later = np.array(samples[len(samples) // 2 :] or [(done, before)], dtype=float)
    slope = np.polyfit(later[:, 0], later[:, 1], 1)[0] if len(later) > 2 else float("nan")
    return {
        "rows": done,
        "words": words,
        "slots": slots,
        "seconds": round(time.monotonic() - started, 1),
        "loaded_mb": round(before / 1e6, 1),
        "peak_grown_mb": round((max(rss for _, rss in samples) - before) / 1e6, 1),
        "mb_for_a_million_rows": None if np.isnan(slope) else round(float(slope), 1),
    }


def _texts(rows: int, words: int) -> Iterator[str]:
    chooser = random.Random(0)
    for _ in range(rows):
        yield " ".join(chooser.choices(WORDS, k=words))


if __name__ == "__main__":
    main()
