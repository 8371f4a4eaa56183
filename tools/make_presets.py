"""Writes the stored traces that the app shows before any model is loaded.

    python -m tools.make_presets --checkpoints checkpoints

Run it again whenever the checkpoint or a sentence changes.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from app.shared.presets import FOLDER, MODEL_OF, SENTENCES, STORED_PASSES, names_of
from elbert_core.reading.traces import trace_to_json


def main(arguments: list[str] | None = None) -> None:
    """Read every preset sentence to full depth and store the records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoints", type=Path, default=Path("checkpoints"), help="folder of trained models"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the traces")
    options = parser.parse_args(arguments)
    # one thread as in the app, so that the milliseconds compare; read when PyTorch is loaded
    os.environ["OMP_NUM_THREADS"] = "1"
    from elbert_core.engine.engine import load_engine

    options.out.mkdir(parents=True, exist_ok=True)
    for model in dict.fromkeys(MODEL_OF.values()):
        engine = load_engine(options.checkpoints / model, device="cpu")
        for name in names_of(model):
            path = options.out / f"{name}.json"
            trace = engine.trace(SENTENCES[name], repeats=STORED_PASSES)
            path.write_text(trace_to_json(trace) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
