"""The text of MODEL_CARD.md, made from the record of the run: no figure is typed by hand.

What it says stands in `card.md`, with the names of what is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).with_name("card.md")


def model_card(name: str, record: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Markdown for a checkpoint folder, from the content of training.json and of config.json."""
    settings, results = record["config"], record["results"]
    whole, reported = results["validation"], results["reported_on_odd_rows"]
    accuracies = zip(whole["layer_accuracy"], reported["layer_accuracy"], strict=True)
    rules = whole["at_speed_up"].items()
    shared = config["exit_heads"] == "shared"
    taught = settings["teacher"] or settings.get("labels")  # older records know no stored labels
    share = f"; distilled from a fine-tuned teacher (share {settings['teacher_weight']:g})"
    tokens = settings.get("tokens_per_step", 0)
    return TEMPLATE.read_text(encoding="utf-8").format(
        name=name,
        config=config,
        settings=settings,
        record=record,
        rows=record["data"],
        whole=whole,
        reported=reported,
        full=whole["layer_accuracy"][-1],
        head="one head shared by all layers" if shared else "a head per layer",
        labels=", ".join(str(config["id2label"][i]) for i in sorted(config["id2label"], key=int)),
        data=_last_part(settings["data"]),
        backbone=_last_part(settings["backbone"]),
        teacher=share if taught else "",
        batch=f"{tokens} tokens a step" if tokens else f"batch {settings['batch_size']}",
        layers="\n".join(f"| {n} | {a:.4f} | {b:.4f} |" for n, (a, b) in enumerate(accuracies, 1)),
        rules="\n".join(
            f"| {rule} | {point['accuracy']:.4f} | {point['speed_up_ratio']:.2f}x |"
            for rule, point in rules
        ),
    )


def _last_part(name: str) -> str:
    """Folder names without the path of the machine they were on."""
    return str(name).rstrip("/").replace("\\", "/").split("/")[-1]
