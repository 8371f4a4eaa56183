"""Rows a second of the engine and of what people would otherwise use, on the same rows and weights.

Prints JSON. Ratios are to "transformers, float32, as they come" in the same run. "theoretical" is
layers / mean exit layer; "share of theoretical" is the engine's own speed-up over itself under
NeverExit, divided by that.

    python benchmarks/engine_throughput.py [--rows 872] [--repeats 3] [--threads N] [--shape base]
                                           [--policy RULE]

Shapes "base" and "large" are ALBERT's with random weights. Those decide nothing worth measuring, so
rows leave as sentences of SST-2 left the shipped checkpoint (`PROFILE`), whatever the answers.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from _common import (
    CHECKPOINT,
    conditions,
    in_turn,
    matmul_peak,
    plain_albert,
    sentences,
    show,
)
from _peers import FullDepth, Pass, onnx_runtime, openvino
from numpy.typing import NDArray

from elbert_core.checkpoints import load_checkpoint
from elbert_core.cli import parse_policy
from elbert_core.engine import EarlyExitEngine
from elbert_core.kernels import SharedSteps
from elbert_core.metrics import layer_macs
from elbert_core.modeling import ElbertConfig, ElbertForSequenceClassification
from elbert_core.policies import ExitPolicy, History, NeverExit
from elbert_core.results import ExitReason

SHAPES = {
    "base": {"hidden_size": 768, "num_attention_heads": 12, "intermediate_size": 3072},
    "large": {
        "hidden_size": 1024,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
    },
}

PROFILE = (389, 14, 31, 208, 18, 33, 15, 18, 13, 5, 3, 125)
"""Rows that left after layer 1, 2, ... of 12: the shipped checkpoint on SST-2 under
window_size=4, entropy_threshold=0.3, margin=0.25: 4.1 on average."""


@dataclass(frozen=True, kw_only=True)
class ExitProfile(ExitPolicy):
    """Stands in for a rule: a row's first answer draws the depth it leaves at from `PROFILE`."""

    kind: ClassVar[str] = "profile"
    n_layers: int = 12

    def decide(self, history: History) -> NDArray[np.int8]:
        """`ExitReason` of each row; the digits of its first probability choose the depth."""
        drawn = (history.probs[:, 0, 0].astype(np.float64) * 1e4) % 1.0
        shares = np.cumsum(PROFILE) / sum(PROFILE)
        wanted = (np.searchsorted(shares, drawn, side="right") + 1) * self.n_layers // 12
        leaves = history.depth >= np.minimum(wanted, self.n_layers)
        return np.where(leaves, ExitReason.WINDOW, ExitReason.CONTINUE).astype(np.int8)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=872)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: the library's own choice")
    parser.add_argument("--slots", type=int, default=64)
    parser.add_argument("--policy", default="window:window_size=4,entropy_threshold=0.1")
    parser.add_argument("--shape", choices=["checkpoint", *SHAPES], default="checkpoint")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    texts, gold, source = sentences(options.rows)
    model, tokenizer = load_checkpoint(CHECKPOINT)
    policy = parse_policy(options.policy)
    if options.shape != "checkpoint":
        model = _random_model(options.shape, model)
        policy, gold = ExitProfile(n_layers=model.n_layers), None
    engines = {
        dtype: EarlyExitEngine(copy.deepcopy(model), tokenizer, dtype=dtype)
        for dtype in ("float32", "bfloat16")
    }
    slots = options.slots
    ways: dict[str, Callable[[], object]] = {
        "transformers, float32, as they come": _peer(model, tokenizer, texts, torch.float32, False),
        "transformers, float32, sorted": _peer(model, tokenizer, texts, torch.float32, True),
        "transformers, bfloat16, sorted": _peer(model, tokenizer, texts, torch.bfloat16, True),
    }
    ways |= _other_runtimes(model, tokenizer, texts)
    for dtype, engine in engines.items():
        for name, rule, schedule in (
            ("full depth", NeverExit(), "slots"),
            ("early exit, lock-step", policy, "lockstep"),
            ("early exit, dropping", policy, "dropping"),
            ("early exit, slots", policy, "slots"),
        ):
            ways[f"elbert, {dtype}, {name}"] = lambda e=engine, r=rule, s=schedule: e.run(
                texts, r, batch_size=slots, schedule=s
            )
    times = in_turn(ways, repeats=options.repeats)
    base = times["transformers, float32, as they come"]["median_s"]
    exits = {dtype: engine.run(texts, policy) for dtype, engine in engines.items()}
    reference = exits["float32"]
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
            ideal = exits[dtype].speed_up_ratio  # rows near a bound may leave elsewhere in bf16
            row["share_of_theoretical"] = round(full / seconds["median_s"] / ideal, 3)
        table[name] = row
    rough = exits["bfloat16"]
    show(
        {
            "benchmark": "engine_throughput",
            "conditions": conditions(),
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
                "exit_layers": int((rough.exit_layer != reference.exit_layer).sum()),
                "labels": int((rough.label != reference.label).sum()),
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
) -> Callable[[], object]:
    """Transformers' encoder to full depth in batches of 32, then the same head."""
    encoder, head = plain_albert(model, dtype), copy.deepcopy(model).to(dtype).eval()

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
            )
            states = encoder(
                input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]
            ).last_hidden_state
            labels[rows] = head.exit_logits(states, batch["attention_mask"]).argmax(-1).numpy()
        return labels

    return work


def _other_runtimes(
    model: ElbertForSequenceClassification, tokenizer: Any, texts: list[str]
) -> dict[str, Callable[[], object]]:
    """The same full-depth pass, sorted, in the runtimes that are installed and give its answers."""
    threads = torch.get_num_threads()
    makers: dict[str, Callable[[], Pass]] = {
        "ONNX Runtime, float32, sorted": lambda: onnx_runtime(model, threads=threads),
        "OpenVINO, float32, sorted": lambda: openvino(model, threads=threads, precision="f32"),
        "OpenVINO, bfloat16, sorted": lambda: openvino(model, threads=threads, precision="bf16"),
    }
    ways: dict[str, Callable[[], object]] = {}
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    for name, make in makers.items():
        try:
            run = make()
        except ImportError:
            continue
        ids = np.arange(1000, 1000 + 3 * 17).reshape(3, 17)
        mask = np.ones_like(ids)
        with torch.inference_mode():
            expected = FullDepth(model)(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
        if np.abs(run(ids, mask) - expected).max() > (0.3 if "bfloat16" in name else 1e-3):
            raise RuntimeError(f"{name} computes something else; its time would say nothing")

        def work(run: Pass = run) -> np.ndarray:
            labels = np.zeros(len(texts), dtype=np.int64)
            for start in range(0, len(order), 32):
                rows = order[start : start + 32]
                batch = tokenizer(
                    [texts[i] for i in rows], padding=True, truncation=True, return_tensors="np"
                )
                logits = run(batch["input_ids"], batch["attention_mask"])
                labels[rows] = logits.argmax(-1)
            return labels

        ways[name] = work
    return ways


def _random_model(
    shape: str, like: ElbertForSequenceClassification
) -> ElbertForSequenceClassification:
    torch.manual_seed(0)
    config = ElbertConfig(
        vocab_size=like.config.vocab_size,
        embedding_size=128,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        hidden_act="gelu_new",
        **{"num_hidden_layers": 12, **SHAPES[shape]},
    )
    return ElbertForSequenceClassification(config).eval()


@torch.inference_mode()
def _share_of_peak(engine: EarlyExitEngine, rows: int, tokens: int = 24) -> float:
    """Arithmetic of one fused layer call against the machine's best matrix product, bfloat16."""
    steps, config = SharedSteps(engine.model), engine.model.config
    hidden = torch.randn(rows, tokens, config.hidden_size).to(torch.bfloat16)
    seconds = in_turn({"layer": lambda: steps.layer(hidden, None)}, repeats=15)["layer"]["min_s"]
    macs = rows * layer_macs(config.hidden_size, config.intermediate_size, tokens)
    return round(2 * macs / max(seconds, 1e-9) / 1e9 / matmul_peak(torch.bfloat16), 3)


if __name__ == "__main__":
    main()
