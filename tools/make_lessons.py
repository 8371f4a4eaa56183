"""Writes the stored traces of the lessons' sentences.

    python -m tools.make_lessons --checkpoint checkpoints/elbert-sst2

Run it again whenever the checkpoint or a sentence changes; then run the tests, which check every
claim of every lesson against the new traces.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from app.shared.lessons import FOLDER, lesson_names, load_lesson, trace_path
from app.shared.presets import STORED_PASSES
from elbert_core.reading.traces import trace_to_json


def main(arguments: list[str] | None = None) -> None:
    """Read the sentences of all lessons to full depth and store the records."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--checkpoint", default="checkpoints/elbert-sst2", help="folder of the trained model"
    )
    parser.add_argument("--folder", type=Path, default=FOLDER, help="folder of the lessons")
    options = parser.parse_args(arguments)
    # one thread as in the app, so that the milliseconds compare; read when PyTorch is loaded
    os.environ["OMP_NUM_THREADS"] = "1"
    from elbert_core.engine.engine import load_engine

    engine = load_engine(options.checkpoint, device="cpu")
    wanted: dict[Path, str] = {}
    for name in lesson_names(options.folder):
        lesson = load_lesson(name, options.folder)
        for key, text in lesson.sentences.items():
            wanted[trace_path(options.folder, name, key)] = text
    (options.folder / "traces").mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        path.write_text(
            trace_to_json(engine.trace(text, repeats=STORED_PASSES)) + "\n", encoding="utf-8"
        )
    for path in (options.folder / "traces").glob("*.json"):
        if path not in wanted:
            path.unlink()


if __name__ == "__main__":
    main()
