"""`python -m tools.verify`: are the figures of `checkpoints/README.md` what the checkpoints do?

Each shipped checkpoint reads its validation split again; every figure is computed from that and
compared with the file. `--write` puts the figures there instead.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from elbert_core.errors import ElbertError, InputError
from elbert_core.evaluation.tables import EvaluationTable, list_evaluations, load_evaluation
from elbert_core.policy_files import RECOMMENDED, load_policy, save_policy
from tools.report_card import (
    ablation_lines,
    accuracy_lines,
    energy_lines,
    recommend,
    recommended_lines,
    speed_lines,
)
from tools.written_figures import between, changed_figures, with_block

README = "README.md"


def verify(
    checkpoints: Annotated[Path, typer.Argument(help="Folder of checkpoints with a README.md.")] = (
        Path("checkpoints")
    ),
    data: Annotated[Path, typer.Option(help="Folder of the data sets.")] = Path("../shared/data"),
    assets: Annotated[
        Path, typer.Option(help="Folder of the tables (evaluations/, ablation/).")
    ] = Path("assets"),
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Choose the recommended rules again and write the figures, from the stored "
            "tables, instead of comparing.",
        ),
    ] = False,
    slack: Annotated[
        int, typer.Option(help="Units of the last digit that a figure may be off.", min=0)
    ] = 0,
) -> None:
    """Compute every figure of the checkpoints' README again; fails where one differs."""
    readme = checkpoints / README
    try:
        text = readme.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {readme}: {error.strerror}") from error
    stored = [load_evaluation(path) for path in list_evaluations(assets / "evaluations")]
    if not stored:
        raise InputError(f"no tables in {assets / 'evaluations'}; `evaluate` makes them")
    ablation = [load_evaluation(path) for path in list_evaluations(assets / "ablation")]
    if write:
        for table in stored:
            target = checkpoints / table.checkpoint / RECOMMENDED
            save_policy(recommend(table), target, name=f"recommended for {table.checkpoint}")
        for name, lines in figures(stored, ablation, checkpoints).items():
            text = with_block(text, name, lines)
        readme.write_text(text, encoding="utf-8")
        typer.echo(f"written to {readme}")
        return
    fresh = [_read_again(table, checkpoints, data) for table in stored]
    differing = compare(figures(fresh, ablation, checkpoints), text, slack=slack)
    for name, lines in differing.items():
        typer.echo(f"{name}: {f'{len(lines)} differ' if lines else 'as written'}")
        for line in lines:
            typer.echo(f"{name}: {line}", err=True)
    if any(differing.values()):
        raise typer.Exit(1)


def compare(blocks: dict[str, list[str]], text: str, *, slack: int = 0) -> dict[str, list[str]]:
    """One line for each figure of the text that differs from what was computed, by block."""
    return {
        name: changed_figures(between(text, name), "\n".join(lines), slack=slack)
        for name, lines in blocks.items()
    }


def figures(
    tables: list[EvaluationTable], ablation: list[EvaluationTable], checkpoints: Path
) -> dict[str, list[str]]:
    """The lines of each block of figures, by its name."""
    policies = [load_policy(checkpoints / t.checkpoint / RECOMMENDED) for t in tables]
    blocks = {
        "accuracy by depth": accuracy_lines(tables),
        "accuracy at a speed-up": speed_lines(tables),
        "energy beside entropy": energy_lines(tables),
        "recommended rules": recommended_lines(tables, policies),
    }
    if ablation:
        blocks["ablation"] = ablation_lines(ablation)
    return blocks


def _read_again(table: EvaluationTable, checkpoints: Path, data: Path) -> EvaluationTable:
    from elbert_core.evaluation.recording import evaluate

    typer.echo(f"reading {table.data} ({table.split}) with {table.checkpoint}", err=True)
    with tempfile.TemporaryDirectory() as folder:
        path = evaluate(
            checkpoints / table.checkpoint,
            data / table.data,
            table.split,
            output=folder,
            batch_size=table.batch_size,
            device="cpu",
            dtype="float32",
            timed_rows=0,
        )
        return load_evaluation(path)


def main() -> None:
    """Entry point: errors of the core become one line and exit status 1."""
    try:
        typer.run(verify)
    except ElbertError as error:
        typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
