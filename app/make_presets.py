"""Writes the stored traces that the app shows before any model is loaded.

    python -m app.make_presets --checkpoint checkpoints/elbert-sst2

Run it again whenever the checkpoint or a sentence changes.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from app.presets import FOLDER, SENTENCES, STORED_PASSES
from elbert_core.traces import trace_to_json


def main(arguments: list[str] | None = None) -> None:
    """Read every preset sentence to full depth and store the records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoint", default="checkpoints/elbert-sst2", help="folder of the trained model"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the traces")
    options = parser.parse_args(arguments)
    # one thread as in the app, so that the milliseconds compare; read when PyTorch is loaded
    os.environ["OMP_NUM_THREADS"] = "1"
    from elbert_core.engine import load_engine

    engine = load_engine(options.checkpoint, device="cpu")
    options.out.mkdir(parents=True, exist_ok=True)
    for name, sentence in SENTENCES.items():
        path = options.out / f"{name}.json"
        path.write_text(
            trace_to_json(engine.trace(sentence, repeats=STORED_PASSES)) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
