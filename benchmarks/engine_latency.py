"""Milliseconds for one sentence: the engine leaving early against full-depth passes.

Prints JSON: p50 and p95 over the rows, one sentence at a time, tokenising included. Ratios are to
"transformers, float32" in the same run.

    python benchmarks/engine_latency.py [--rows 200] [--threads N] [--shape base]
"""

from __future__ import annotations

import argparse
import copy
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from _common import CHECKPOINT, conditions, plain_albert, sentences, show
from _peers import Pass, installed
from _shapes import SHAPES, random_model

from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.model.checkpoints import load_checkpoint
from elbert_core.policies import FixedLayer, NeverExit


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--threads", type=int, default=0, help="0: the library's own choice")
    parser.add_argument("--shape", choices=["checkpoint", *SHAPES], default="checkpoint")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    texts, _, source = sentences(options.rows)
    model, tokenizer = load_checkpoint(CHECKPOINT)
    if options.shape != "checkpoint":
        model = random_model(options.shape, model)
    early = model.n_layers // 3
    ways: dict[str, Callable[[str], object]] = {
        f"transformers, {str(dtype)[6:]}": _peer(model, tokenizer, dtype)
        for dtype in (torch.float32, torch.bfloat16)
    }
    ways |= {name: _alone(run, tokenizer) for name, run in installed(model).items()}
    for dtype in ("float32", "bfloat16"):
        engine = EarlyExitEngine(copy.deepcopy(model), tokenizer, dtype=dtype)
        engine.warm_up(range(3, 65))
        rules = (("full depth", NeverExit()), (f"exit at layer {early}", FixedLayer(early)))
        for name, policy in rules:
            ways[f"elbert, {dtype}, {name}"] = lambda text, e=engine, p=policy: e.run(
                [text], p, batch_size=1
            )
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for turn, text in enumerate(texts[:5] + texts):
        for name, work in ways.items():
            started = time.perf_counter()
            work(text)
            if turn >= 5:  # the first five warm up
                measured[name].append((time.perf_counter() - started) * 1e3)
    base = float(np.percentile(measured["transformers, float32"], 50))
    show(
        {
            "benchmark": "engine_latency",
            "conditions": conditions(),
            "rows": len(texts),
            "texts": source,
            "model": CHECKPOINT.name
            if options.shape == "checkpoint"
            else f"random, {options.shape}",
            "ways": {
                name: {
                    "p50_ms": round(float(np.percentile(values, 50)), 2),
                    "p95_ms": round(float(np.percentile(values, 95)), 2),
                    "ratio_p50": round(base / float(np.percentile(values, 50)), 2),
                }
                for name, values in measured.items()
            },
        }
    )


def _alone(run: Pass, tokenizer: Any) -> Callable[[str], object]:
    def work(text: str) -> int:
        batch = tokenizer([text], truncation=True, return_tensors="np")
        return int(run(batch["input_ids"], batch["attention_mask"]).argmax())

    return work


def _peer(model: Any, tokenizer: Any, dtype: torch.dtype) -> Callable[[str], object]:
    encoder, head = plain_albert(model, dtype), copy.deepcopy(model).to(dtype).eval()

    @torch.inference_mode()
    def work(text: str) -> int:
        batch = tokenizer(text, truncation=True, return_tensors="pt")
        return int(
            head.exit_logits(encoder(input_ids=batch["input_ids"]).last_hidden_state, None).argmax()
        )

    return work


if __name__ == "__main__":
    main()
