"""One layer with its exit head, the step that early exit repeats, here and in other runtimes.

Prints JSON: milliseconds of one call and ratios to transformers' own layer in float32, for a full
set of slots and for one sentence. It answers whether the step would be worth running elsewhere.

    python benchmarks/one_layer.py [--repeats 30] [--threads N]
"""

from __future__ import annotations

import argparse
import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _common import CHECKPOINT, conditions, in_turn, show
from torch import Tensor, nn
from torch._inductor.exc import InductorError

from elbert_core.engine.kernels import SharedSteps
from elbert_core.model.checkpoints import load_checkpoint
from elbert_core.model.modeling import ElbertForSequenceClassification

SHAPES = ((64, 24), (16, 24), (1, 24), (1, 8))
Call = Callable[[], object]
Maker = Callable[[int, int], Call]


class Step(nn.Module):
    """(rows, tokens, hidden) and padding -> states after one more layer, and the head's answer."""

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, hidden: Tensor, padding: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        mask = (1.0 - padding[:, None, None, :].to(hidden.dtype)) * -1e9
        hidden = self.model.layer(hidden, mask, 0)
        return hidden, self.model.exit_logits(hidden, padding)


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--threads", type=int, default=0, help="0: the library's own choice")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    model, _ = load_checkpoint(CHECKPOINT)
    model = model.eval()
    makers: dict[str, Maker] = {
        "transformers, float32": _plain(model, torch.float32),
        "transformers, bfloat16": _plain(model, torch.bfloat16),
        "elbert, float32": _fused(model, torch.float32),
        "elbert, bfloat16": _fused(model, torch.bfloat16),
    }
    for name, make in (
        ("torch.compile, float32", lambda: _compiled(model, torch.float32)),
        ("torch.compile, bfloat16", lambda: _compiled(model, torch.bfloat16)),
        ("ONNX Runtime, float32", lambda: _onnx_runtime(model)),
        ("OpenVINO, float32", lambda: _openvino(model, "f32")),
        ("OpenVINO, bfloat16", lambda: _openvino(model, "bf16")),
    ):
        try:
            makers[name] = make()
        except (ImportError, InductorError):  # not installed, or no C++ compiler here
            continue
    table: dict[str, Any] = {}
    for rows, tokens in SHAPES:
        times = in_turn(
            {name: make(rows, tokens) for name, make in makers.items()}, repeats=options.repeats
        )
        base = times["transformers, float32"]["median_s"]
        table[f"{rows} rows of {tokens} tokens"] = {
            name: {
                "median_ms": round(1e3 * seconds["median_s"], 3),
                "min_ms": round(1e3 * seconds["min_s"], 3),
                "ratio": round(base / seconds["median_s"], 2) if seconds["median_s"] else None,
            }
            for name, seconds in times.items()
        }
    show(
        {
            "benchmark": "one_layer",
            "conditions": conditions(),
            "model": CHECKPOINT.name,
            "calls": table,
        }
    )


def _inputs(rows: int, tokens: int, width: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(0)
    padding = torch.ones(rows, tokens, dtype=torch.long)
    if rows > 1:
        padding[::3, -2:] = 0  # a few shorter rows, as the slots have them
    return torch.randn(rows, tokens, width), padding


def _plain(model: ElbertForSequenceClassification, dtype: torch.dtype) -> Maker:
    step = Step(copy.deepcopy(model).to(dtype))

    def make(rows: int, tokens: int) -> Call:
        hidden, padding = _inputs(rows, tokens, model.config.hidden_size)
        hidden = hidden.to(dtype)

        @torch.inference_mode()
        def call() -> object:
            return step(hidden, padding)

        return call

    return make


def _compiled(model: ElbertForSequenceClassification, dtype: torch.dtype) -> Maker:
    """PyTorch's own compiler with frozen weights; it needs a C++ compiler on the machine."""
    step = Step(copy.deepcopy(model).to(dtype)).eval()
    compiled = torch.compile(step, options={"freezing": True})

    def make(rows: int, tokens: int) -> Call:
        hidden, padding = _inputs(rows, tokens, model.config.hidden_size)
        hidden = hidden.to(dtype)

        @torch.no_grad()
        def call() -> tuple[Tensor, Tensor]:
            states, logits = compiled(hidden, padding)
            return states, logits

        answers: Tensor = call()[1]
        exact = _inputs(rows, tokens, model.config.hidden_size)
        _check(model, *exact, answers.float().numpy(), 1e-3 if dtype == torch.float32 else 0.3)
        return call

    make(2, 9)  # a missing compiler shows here
    return make


def _fused(model: ElbertForSequenceClassification, dtype: torch.dtype) -> Maker:
    steps = SharedSteps(copy.deepcopy(model).to(dtype))

    def make(rows: int, tokens: int) -> Call:
        hidden, padding = _inputs(rows, tokens, model.config.hidden_size)
        packed = hidden.to(dtype)[padding.bool()]
        layout = steps.layout(padding.sum(dim=1).numpy())

        @torch.inference_mode()
        def call() -> object:
            return steps.exit_logits(steps.layer(packed, layout), layout)

        return call

    return make


def _onnx_runtime(model: ElbertForSequenceClassification) -> Maker:
    import onnxruntime

    hidden, padding = _inputs(2, 9, model.config.hidden_size)
    axes = {0: "rows", 1: "tokens"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "step.onnx"
        torch.onnx.export(
            Step(model),
            (hidden, padding),
            str(path),
            input_names=["hidden", "padding"],
            output_names=["states", "logits"],
            dynamic_axes={"hidden": axes, "padding": axes},
            dynamo=False,
        )
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(str(path), settings, ["CPUExecutionProvider"])

    def make(rows: int, tokens: int) -> Call:
        states, mask = _inputs(rows, tokens, model.config.hidden_size)
        feed = {"hidden": states.numpy(), "padding": mask.numpy()}
        _check(model, states, mask, session.run(None, feed)[1], 1e-3)
        return lambda: session.run(None, feed)

    return make


def _openvino(model: ElbertForSequenceClassification, precision: str) -> Maker:
    import openvino as ov

    hidden, padding = _inputs(2, 9, model.config.hidden_size)
    converted = ov.convert_model(Step(model), example_input={"hidden": hidden, "padding": padding})
    settings = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": torch.get_num_threads(),
    }
    compiled = ov.Core().compile_model(converted, "CPU", settings)

    def make(rows: int, tokens: int) -> Call:
        states, mask = _inputs(rows, tokens, model.config.hidden_size)
        feed = {"hidden": states.numpy(), "padding": mask.numpy()}
        _check(model, states, mask, compiled(feed)[1], 0.3 if precision == "bf16" else 1e-3)
        return lambda: compiled(feed)

    return make


def _check(
    model: ElbertForSequenceClassification,
    hidden: Tensor,
    padding: Tensor,
    logits: np.ndarray,
    tolerance: float,
) -> None:
    with torch.inference_mode():
        expected = Step(model)(hidden, padding)[1].numpy()
    if np.abs(logits - expected).max() > tolerance:
        raise RuntimeError("another runtime computes something else; its time would say nothing")


if __name__ == "__main__":
    main()
