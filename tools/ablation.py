"""An ablation: the same short training run with other layer weights, with and without a teacher.

Every run leaves an evaluation table, so that all figures can be computed again without the models.
Runs that have one are not trained again; an interrupted study goes on where it stopped.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from elbert_core.cli.training import add_command
from elbert_core.errors import ElbertError
from elbert_core.evaluation.recording import evaluate
from elbert_core.model.modeling import ExitPooling
from elbert_core.training.losses import WEIGHTINGS
from elbert_core.training.runs import RunSettings, check_least
from elbert_core.training.train import TrainConfig, train

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class AblationConfig(RunSettings):
    """Settings that all runs of an ablation share.

    Attributes:
        backbone: ALBERT, ELBERT or BERT to start from, folder or hub name.
        data: labelled data set, folder or `datasets` name, with train and validation splits.
        teacher: fine-tuned classifier of the runs with distillation.
        output: folder for the trained models; may be deleted afterwards.
        tables: folder for the evaluation tables.
        seeds: runs of each kind, with the seeds 0, 1, ...
        exit_pooling: see `ElbertConfig`.
        hidden_weight: weight of the hidden-state loss in the runs with distillation.
    """

    backbone: str
    data: str
    teacher: str
    output: str = "runs/ablation"
    tables: str = "assets/ablation"
    seeds: int = 3
    exit_pooling: ExitPooling = "mean"
    hidden_weight: float = 1.0
    epochs: float = 1.0
    learning_rate: float = 4e-4
    evaluations: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_least(self, 1, "seeds")


def variants(config: AblationConfig) -> Iterator[tuple[str, TrainConfig]]:
    """Name of the table and settings of every run, one seed after the other."""
    for seed in range(config.seeds):
        for distilled in (False, True):
            for weights in WEIGHTINGS:
                kind = f"{weights}-{'distilled' if distilled else 'labels-only'}"
                yield (
                    f"{kind}-seed-{seed}",
                    TrainConfig(
                        backbone=config.backbone,
                        data=config.data,
                        # the folder's name is the name of the run in the table
                        output=str(Path(config.output) / f"seed-{seed}" / kind),
                        exit_pooling=config.exit_pooling,
                        layer_weights=weights,
                        teacher=config.teacher if distilled else None,
                        hidden_weight=config.hidden_weight if distilled else 0.0,
                        epochs=config.epochs,
                        learning_rate=config.learning_rate,
                        batch_size=config.batch_size,
                        weight_decay=config.weight_decay,
                        warmup_steps=config.warmup_steps,
                        max_tokens=config.max_tokens,
                        evaluations=config.evaluations,
                        seed=seed,
                        precision=config.precision,
                        max_steps=config.max_steps,
                    ),
                )


def ablate(config: AblationConfig) -> Path:
    """Train and evaluate every variant that has no table yet; the folder of the tables.

    Raises:
        CheckpointError, ConfigError, InputError: as `train` and `evaluate` do.
    """
    tables = Path(config.tables)
    for name, settings in variants(config):
        if (tables / f"{name}.json").exists():
            logger.info("%s: has a table", name)
            continue
        logger.info("%s: training", name)
        evaluate(train(settings), config.data, output=tables, name=name, timed_rows=0)
    return tables


def main() -> None:
    """Entry point: the flags are the settings of `AblationConfig`."""
    app = typer.Typer(pretty_exceptions_enable=False)
    add_command(app, "ablate", AblationConfig, "tools.ablation:ablate", __doc__ or "")
    try:
        app(prog_name="python -m tools.ablation")
    except ElbertError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
