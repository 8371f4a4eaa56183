"""`python -m tools.everyday`: how many of our own everyday sentences each model gets right.

The sentences (negation, contrast, irony, quotation, mixed feelings) were written for this, before
any model was asked; none is from a data set. They are no sample of anything: they show what a
model's narrow training leaves out, and whether another model leaves out less.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

SETS = {"elbert-sst2": "films.tsv", "elbert-emotion": "feelings.tsv"}
FOLDER = Path(__file__).resolve().parents[1] / "assets" / "everyday"


def sentences(path: Path) -> list[dict[str, str]]:
    """Rows with `kind`, `label` and `text`."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def measure(checkpoint: Path, rows: list[dict[str, str]]) -> dict[str, Any]:
    """Right answers at full depth and under the recommended rule, and where the sentences left."""
    from elbert_core import load_engine
    from elbert_core.policies import NeverExit, policy_to_text

    engine = load_engine(checkpoint, device="cpu")
    rule = engine.recommended or NeverExit()
    texts = [row["text"] for row in rows]
    full, stopped = (engine.run(texts, policy) for policy in (NeverExit(), rule))
    names = full.label_names
    right: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        counts = right.setdefault(row["kind"], [0, 0])
        counts[0] += names[full.label[number]] == row["label"]
        counts[1] += 1
    return {
        "checkpoint": checkpoint.name,
        "rule": policy_to_text(rule),
        "sentences": len(rows),
        "right_full_depth": sum(counts[0] for counts in right.values()),
        "right_under_rule": sum(
            names[label] == row["label"] for label, row in zip(stopped.label, rows, strict=True)
        ),
        "right_full_depth_by_kind": {kind: f"{a} of {b}" for kind, (a, b) in right.items()},
        "left_after_layer": stopped.exit_layer.tolist(),
    }


def everyday(
    checkpoints: Annotated[Path, typer.Argument(help="Folder of checkpoints.")] = Path(
        "checkpoints"
    ),
) -> None:
    """Print one JSON object a model."""
    for name, file in SETS.items():
        found = measure(checkpoints / name, sentences(FOLDER / file))
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    typer.run(everyday)
