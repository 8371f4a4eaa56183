"""The text of MODEL_CARD.md, made from the record of the run: no figure is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def model_card(name: str, record: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """Markdown for a checkpoint folder.

    Args:
        name: the checkpoint's name.
        record: content of training.json.
        config: content of config.json.
    """
    settings = record["config"]
    whole = record["results"]["validation"]
    reported = record["results"]["reported_on_odd_rows"]
    low, high = whole["full_accuracy_interval_95"]
    labels = [str(v) for _, v in sorted(config["id2label"].items(), key=lambda kv: int(kv[0]))]
    head = (
        "one head shared by all layers" if config["exit_heads"] == "shared" else "a head per layer"
    )
    lines = [
        f"# {name}",
        "",
        f"An ELBERT: ALBERT's architecture, one layer applied {config['num_hidden_layers']} times, "
        f"an exit after each ({head}, {config['exit_pooling']} pooling). "
        f"Labels: {', '.join(labels)}.",
        "",
        f"Width {config['hidden_size']}, feed-forward {config['intermediate_size']}, "
        f"{config['num_attention_heads']} attention heads, vocabulary {config['vocab_size']}. "
        "Weights are stored in fp16. English only.",
        "",
        "## Accuracy by depth",
        "",
        f"Validation split of `{_last_part(settings['data'])}`, {whole['rows']} rows, every row "
        "read to full depth. The best checkpoint of the run was picked on the even-numbered rows; "
        f"the odd-numbered ones ({reported['rows']} rows) were only reported.",
        "",
        "| layer | all rows | odd rows |",
        "| ---: | ---: | ---: |",
        *(
            f"| {layer} | {a:.4f} | {b:.4f} |"
            for layer, (a, b) in enumerate(
                zip(whole["layer_accuracy"], reported["layer_accuracy"], strict=True), start=1
            )
        ),
        "",
        f"Full depth, all rows: {whole['layer_accuracy'][-1]:.4f} "
        f"(95% Wilson interval {low:.4f} to {high:.4f}).",
        "",
        "## Accuracy at a theoretical speed-up",
        "",
        "Theoretical speed-up = layers / mean exit layer. Settings chosen on the rows they are "
        "shown for, so these figures say what is possible, not what a tuned threshold gives on "
        "new text.",
        "",
        "| rule | accuracy | speed-up |",
        "| --- | ---: | ---: |",
        *(
            f"| {rule} | {point['accuracy']:.4f} | {point['speed_up_ratio']:.2f}x |"
            for rule, point in whole["at_speed_up"].items()
        ),
        "",
        "## How it was made",
        "",
        f"Recipe: see `checkpoints/README.md`. Start: `{_last_part(settings['backbone'])}`; "
        f"{settings['epochs']:g} epochs, "
        f"learning rate {settings['learning_rate']:g}, batch {settings['batch_size']}, seed "
        f"{settings['seed']}; {settings['layer_weights']} layer weights"
        + (
            f"; distilled from a fine-tuned teacher (share {settings['teacher_weight']:g})"
            if settings["teacher"]
            else ""
        )
        + f". Training rows: {record['data']['train_rows']} labelled, "
        f"{record['data']['unlabelled_rows']} labelled by the teacher alone. "
        f"{record['minutes']:g} minutes. All settings: `training.json`.",
        "",
        "## Limits",
        "",
        f"A small model for teaching and demonstration. It knows English text like that of "
        f"`{_last_part(settings['data'])}` and names one of its labels for anything else as well; "
        "sarcasm, negation over a distance and other domains mislead it. Do not use it for "
        "decisions about people.",
        "",
        "## Licence",
        "",
        "Apache License 2.0, as the encoder it starts from. The training data has terms of its "
        "own; `NOTICE` names them.",
        "",
    ]
    return "\n".join(lines)


def _last_part(name: str) -> str:
    """Folder names without the path of the machine they were on."""
    return str(name).rstrip("/").replace("\\", "/").split("/")[-1]
