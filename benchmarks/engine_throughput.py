"""Rows a second of the engine and of what people would otherwise use, on the same rows and weights.

Prints JSON. Ratios are to "transformers, float32, as they come" in the same run. "theoretical" is
layers / mean exit layer; "share of theoretical" is the engine's own speed-up over itself under
NeverExit, divided by that.

    python benchmarks/engine_throughput.py [--rows 872] [--repeats 3] [--threads N] [--shape base]
                                           [--policy RULE] [--device cuda]

Shapes "base" and "large" are ALBERT's with random weights. Those decide nothing worth measuring, so
rows leave as sentences of SST-2 left the shipped checkpoint (`PROFILE`), whatever the answers.

On a GPU the engine is measured with and without recorded graphs, other runtimes are not.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from _common import (
    CHECKPOINT,
    RECOMMENDED,
    conditions,
    finish,
    in_turn,
    matmul_peak,
    plain_albert,
    sentences,
    show,
)
from _peers import Pass, installed
from _shapes import SHAPES, ExitProfile, random_model

from elbert_core.cli.main import parse_policy
from elbert_core.engine.devices import resolve_device
from elbert_core.engine.engine import EarlyExitEngine
from elbert_core.engine.kernels import SharedSteps
from elbert_core.metrics import layer_macs
from elbert_core.model.checkpoints import load_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification
from elbert_core.policies import NeverExit
from elbert_core.results import BatchExits


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=872)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: the library's own choice")
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--policy", default=str(RECOMMENDED), help="a rule, or its file")
    parser.add_argument("--shape", choices=["checkpoint", *SHAPES], default="checkpoint")
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    device = resolve_device(options.device)
    texts, gold, source = sentences(options.rows)
    model, tokenizer = load_checkpoint(CHECKPOINT)
    policy = parse_policy(options.policy)
    if options.shape != "checkpoint":
        model = random_model(options.shape, model)
        policy, gold = ExitProfile(n_layers=model.n_layers), None
    engines = {
        dtype: EarlyExitEngine(copy.deepcopy(model), tokenizer, device=device, dtype=dtype)
        for dtype in ("float32", "bfloat16")
    }
    if device != "cpu":
        engines["bfloat16 captured"] = EarlyExitEngine(
            copy.deepcopy(model), tokenizer, device=device, dtype="bfloat16", captured=True
        )
    slots = options.slots
    exact, rough = torch.float32, torch.bfloat16
    exits: dict[str, BatchExits] = {}  # of each way's last turn
    ways: dict[str, Callable[[], object]] = {
        "transformers, float32, as they come": _peer(model, tokenizer, texts, exact, False, device),
        "transformers, float32, sorted": _peer(model, tokenizer, texts, exact, True, device),
        "transformers, bfloat16, sorted": _peer(model, tokenizer, texts, rough, True, device),
    }
    if device == "cpu":
        ways |= {
            f"{name}, sorted": _by_length(run, tokenizer, texts)
            for name, run in installed(model).items()
        }
    for dtype, engine in engines.items():
        for name, rule, schedule in (
            ("full depth", NeverExit(), "slots"),
            ("early exit, lock-step", policy, "lockstep"),
            ("early exit, dropping", policy, "dropping"),
            ("early exit, slots", policy, "slots"),
        ):
            way = f"elbert, {dtype}, {name}"
            ways[way] = lambda w=way, e=engine, r=rule, s=schedule: exits.__setitem__(
                w, e.run(texts, r, batch_size=slots, schedule=s)
            )
    times = in_turn(ways, repeats=options.repeats)
    base = times["transformers, float32, as they come"]["median_s"]
    reference = exits["elbert, float32, early exit, slots"]
    theoretical = reference.speed_up_ratio
    table: dict[str, Any] = {}
    for name, seconds in times.items():
        row: dict[str, Any] = {
            "rows_per_s": round(len(texts) / seconds["median_s"], 1),
            "ratio": round(base / seconds["median_s"], 2),
            **seconds,
        }
        if "early exit" in name:
            dtype = name.split(", ")[1]
            full = times[f"elbert, {dtype}, full depth"]["median_s"]
            row["speed_up_over_full_depth"] = round(full / seconds["median_s"], 2)
            ideal = exits[name].speed_up_ratio  # rows near a bound may leave elsewhere in bf16
            row["share_of_theoretical"] = round(full / seconds["median_s"] / ideal, 3)
        table[name] = row
    bf16 = exits["elbert, bfloat16, early exit, slots"]
    show(
        {
            "benchmark": "engine_throughput",
            "conditions": conditions(),
            "device": device,
            "rows": len(texts),
            "texts": source,
            "model": CHECKPOINT.name
            if options.shape == "checkpoint"
            else f"random, {options.shape}",
            "slots_or_batch": slots,
            "transformers_batch": 32,
            "mean_tokens": round(float(reference.n_tokens.mean()), 1),
            "policy": f"{policy}",
            "mean_exit_layer": round(float(reference.exit_layer.mean()), 3),
            "theoretical_speed_up": round(theoretical, 3),
            "accuracy": None if gold is None else round(float(np.mean(reference.label == gold)), 4),
            "bfloat16_differs": None
            if gold is None
            else {
                "exit_layers": int((bf16.exit_layer != reference.exit_layer).sum()),
                "labels": int((bf16.label != reference.label).sum()),
            },
            "share_of_bfloat16_peak": _share_of_peak(engines["bfloat16"], slots),
            "ways": table,
        }
    )


def _peer(
    model: ElbertForSequenceClassification,
    tokenizer: Any,
    texts: list[str],
    dtype: torch.dtype,
    by_length: bool,
    device: str,
) -> Callable[[], object]:
    """Transformers' encoder to full depth in batches of 32, then the same head."""
    encoder = plain_albert(model, dtype).to(device)
    head = copy.deepcopy(model).to(device, dtype).eval()

    @torch.inference_mode()
    def work() -> np.ndarray:
        order = (
            sorted(range(len(texts)), key=lambda i: len(texts[i]))
            if by_length
            else range(len(texts))
        )
        order = list(order)
        labels = np.zeros(len(texts), dtype=np.int64)
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            batch = tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, return_tensors="pt"
            ).to(device)
            states = encoder(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state
            answers = head.exit_logits(states, batch["attention_mask"]).argmax(-1)
            labels[rows] = answers.cpu().numpy()
        return labels

    return work


def _by_length(run: Pass, tokenizer: Any, texts: list[str]) -> Callable[[], object]:
    """A runtime's full-depth pass in batches of 32, sorted by length."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))

    def work() -> np.ndarray:
        labels = np.zeros(len(texts), dtype=np.int64)
        for start in range(0, len(order), 32):
            rows = order[start : start + 32]
            batch = tokenizer(
                [texts[i] for i in rows], padding=True, truncation=True, return_tensors="np"
            )
            labels[rows] = run(batch["input_ids"], batch["attention_mask"]).argmax(-1)
        return labels

    return work


@torch.inference_mode()
def _share_of_peak(engine: EarlyExitEngine, rows: int, tokens: int = 24) -> float:
    """Arithmetic of one fused layer call against the machine's best matrix product, bfloat16."""
    steps, config = SharedSteps(engine.model), engine.model.config
    hidden = torch.randn(rows * tokens, config.hidden_size).to(engine.device, torch.bfloat16)
    layout = steps.layout(np.full(rows, tokens))

    def layer() -> None:
        steps.layer(hidden, layout)
        finish(engine.device)

    seconds = in_turn({"layer": layer}, repeats=15)["layer"]["min_s"]
    macs = rows * layer_macs(config.hidden_size, config.intermediate_size, tokens)
    return round(
        2 * macs / max(seconds, 1e-9) / 1e9 / matmul_peak(torch.bfloat16, device=engine.device), 3
    )


if __name__ == "__main__":
    main()
