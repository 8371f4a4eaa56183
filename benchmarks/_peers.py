"""Other runtimes for the same full-depth pass, where they are installed. No benchmark of its own.

Neither is a dependency: `pip install onnx onnxscript onnxruntime openvino` to have them measured.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from elbert_core.model.modeling import ElbertForSequenceClassification

Pass = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(rows, tokens) ids and mask -> (rows, labels) logits of the last layer."""


class FullDepth(nn.Module):
    """All layers, then the head once: what a runtime without early exit has to compute."""

    def __init__(self, model: ElbertForSequenceClassification) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """(rows, tokens) twice -> (rows, labels)."""
        hidden = self.model.embed(input_ids)
        mask = (1.0 - attention_mask[:, None, None, :].to(hidden.dtype)) * -1e9
        for layer_index in range(self.model.n_layers):
            hidden = self.model.layer(hidden, mask, layer_index)
        return self.model.exit_logits(hidden, attention_mask)


def installed(model: ElbertForSequenceClassification) -> dict[str, Pass]:
    """The runtimes that are here, by name, each after a look at its answers.

    Raises:
        RuntimeError: one computes something else, so that its time would say nothing.
    """
    threads = torch.get_num_threads()
    makers: dict[str, Callable[[], Pass]] = {
        "ONNX Runtime, float32": lambda: onnx_runtime(model, threads=threads),
        "OpenVINO, float32": lambda: openvino(model, threads=threads, precision="f32"),
        "OpenVINO, bfloat16": lambda: openvino(model, threads=threads, precision="bf16"),
    }
    ids = np.arange(1000, 1000 + 3 * 17).reshape(3, 17)
    mask = np.ones_like(ids)
    with torch.inference_mode():
        expected = FullDepth(model)(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()
    found: dict[str, Pass] = {}
    for name, make in makers.items():
        try:
            run = make()
        except ImportError:
            continue
        if np.abs(run(ids, mask) - expected).max() > (0.3 if "bfloat16" in name else 1e-3):
            raise RuntimeError(f"{name} computes something else; its time would say nothing")
        found[name] = run
    return found


def onnx_runtime(model: ElbertForSequenceClassification, *, threads: int) -> Pass:
    """float32 in ONNX Runtime; raises ImportError where it is not installed."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        example = torch.ones(2, 9, dtype=torch.long)
        axes = {0: "rows", 1: "tokens"}
        # the tracing exporter: the newer one fixed the length of the example in this model
        torch.onnx.export(
            FullDepth(model).eval(),
            (example, example),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes},
            dynamo=False,
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        answer: np.ndarray = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return answer

    return run


def openvino(model: ElbertForSequenceClassification, *, threads: int, precision: str) -> Pass:
    """OpenVINO with precision "f32" or "bf16"; raises ImportError where it is not installed."""
    import openvino as ov

    example = torch.ones(2, 9, dtype=torch.long)
    converted = ov.convert_model(
        FullDepth(model).eval(),
        example_input={"input_ids": example, "attention_mask": example},
    )
    compiled = ov.Core().compile_model(
        converted, "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": threads}
    )

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        answer: np.ndarray = compiled({"input_ids": ids, "attention_mask": mask})[0]
        return answer

    return run
