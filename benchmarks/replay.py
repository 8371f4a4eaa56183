"""How fast is a sweep by replay? Prints JSON: figures, baseline and conditions.

300 policies over 10,000 rows and 12 layers, made-up probabilities. The baseline is the plain way to
write the same rules: for each policy and row, read layer after layer in a Python loop until the
rule says stop. It is run on a sample of policies and rows and scaled up; the sample is stated, and
both ways must give the same exit layers on it.

    python benchmarks/replay.py [--rows N] [--repeats N]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from elbert_core.evaluation.calibration import tune
from elbert_core.evaluation.sweeps import sweep
from elbert_core.policies import (
    ConfidenceThreshold,
    ConfidenceWindow,
    EntropyThreshold,
    ExitPolicy,
    Patience,
    replay,
    signals_of,
)

LAYERS, LABELS = 12, 2
SAMPLE_POLICIES, SAMPLE_ROWS = 12, 200


def made_up(rows: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Probabilities that grow surer with depth, and gold labels that mostly agree."""
    rng = np.random.default_rng(seed)
    goal = rng.normal(size=(1, rows, LABELS)) * 4
    logits = goal * np.linspace(0.1, 1, LAYERS)[:, None, None]
    logits = logits + rng.normal(size=(LAYERS, rows, LABELS)) * 0.4
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probs = (odds / odds.sum(axis=-1, keepdims=True)).astype(np.float32)
    gold = probs[-1].argmax(axis=-1)
    return probs, np.where(rng.random(rows) < 0.1, 1 - gold, gold).astype(np.int64)


def three_hundred_policies() -> list[ExitPolicy]:
    """Entropy and confidence thresholds, patience, and windows of three rules."""
    thresholds = np.linspace(0, 1, 50)
    policies: list[ExitPolicy] = [EntropyThreshold(value) for value in thresholds]
    policies += [ConfidenceThreshold(value) for value in thresholds]
    policies += [Patience(patience) for patience in range(1, 12)]
    policies += [
        ConfidenceWindow(size, value, rule=rule)
        for rule in ("agree", "monotone", "stable")
        for size in range(2, 9)
        for value in np.linspace(0, 0.8, 9)
    ]
    return policies


def row_by_row(policy: ExitPolicy, probs: list[list[list[float]]]) -> list[int]:
    """Exit layer of each row, one layer at a time, in plain Python; the baseline.

    Args:
        policy: an entropy or confidence threshold, patience, or a window of the rule "agree".
        probs: rows of layers of labels.
    """
    exit_layers = []
    for row in probs:
        run, before = 0, -1
        for depth, layer in enumerate(row, start=1):
            label = max(range(len(layer)), key=layer.__getitem__)
            run = run + 1 if label == before else 1
            before = label
            entropy = -sum(p * math.log(p) for p in layer if p > 0) / math.log(len(layer))
            if isinstance(policy, EntropyThreshold):
                stop = entropy < policy.threshold
            elif isinstance(policy, ConfidenceThreshold):
                stop = layer[label] > policy.threshold
            elif isinstance(policy, Patience):
                stop = run > policy.patience
            elif isinstance(policy, ConfidenceWindow):
                stop = entropy < policy.entropy_threshold or run >= policy.window_size
            else:
                raise TypeError(f"no plain form of {policy.kind}")
            if stop or depth == len(row):
                exit_layers.append(depth)
                break
    return exit_layers


def seconds(work: Callable[[], object], repeats: int) -> list[float]:
    """Wall-clock seconds of each repeat, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times


def figures(times: list[float]) -> dict[str, float]:
    """Median and range in seconds."""
    return {
        "median_s": round(statistics.median(times), 4),
        "min_s": round(min(times), 4),
        "max_s": round(max(times), 4),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    probs, gold = made_up(options.rows)
    policies = three_hundred_policies()

    def replay_all() -> None:
        signals = signals_of(probs)  # checks and shared quantities are part of the work
        for policy in policies:
            replay(policy, signals)

    plain = [p for p in policies if getattr(p, "rule", "agree") == "agree"]
    sampled = plain[:: len(plain) // SAMPLE_POLICIES][:SAMPLE_POLICIES]
    sample_rows = min(SAMPLE_ROWS, options.rows)
    rows = np.swapaxes(probs[:, :sample_rows], 0, 1).tolist()
    differing = sum(
        int((np.array(row_by_row(p, rows)) != replay(p, probs[:, :sample_rows]).exit_layer).sum())
        for p in sampled
    )

    replayed = seconds(replay_all, options.repeats)
    swept = seconds(lambda: sweep(probs, gold, policies), options.repeats)
    tuned = seconds(lambda: tune(probs, gold, policies=policies), options.repeats)
    looped = seconds(lambda: [row_by_row(p, rows) for p in sampled], options.repeats)
    scale = len(policies) * options.rows / (len(sampled) * sample_rows)
    baseline = statistics.median(looped) * scale
    report = {
        "what": f"{len(policies)} policies, {options.rows} rows, {LAYERS} layers, {LABELS} labels",
        "replay": figures(replayed),
        "sweep_with_all_figures": figures(swept),
        "tune": figures(tuned),
        "baseline": {
            "what": "plain Python loop over policies, rows and layers until the rule stops",
            "measured_on": f"{len(sampled)} policies x {sample_rows} rows",
            **figures(looped),
            "scaled_by": round(scale, 2),
            "scaled_median_s": round(baseline, 2),
            "rows_with_another_exit_layer": differing,
        },
        "times_faster_than_baseline": {
            "replay": round(baseline / statistics.median(replayed), 1),
            "sweep_with_all_figures": round(baseline / statistics.median(swept), 1),
        },
        "conditions": {
            "repeats": options.repeats,
            "statistic": "median after one run not counted",
            "machine": platform.machine(),
            "system": platform.system(),
            "cores_allowed": len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "dtype": str(probs.dtype),
        },
    }
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
