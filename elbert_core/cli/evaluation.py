"""Commands around evaluation tables: `evaluate` makes one, `sweep` and `tune` read it.

Only `evaluate` needs a model; the others work from a stored table in a moment.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from elbert_core.errors import ConfigError
from elbert_core.evaluation.calibration import FAMILIES, Chain, Tuning, tune
from elbert_core.evaluation.conformal import ConformalTuning, tune_conformal
from elbert_core.evaluation.risks import RISKS, Report
from elbert_core.evaluation.sweeps import SweepPoint, pareto_front, policy_grids, sweep
from elbert_core.evaluation.tables import EvaluationTable, load_evaluation
from elbert_core.policies import ExitPolicy, policy_to_dict, policy_to_text
from elbert_core.policy_files import save_policy

DEFAULT_OUTPUT = Path("assets/evaluations")
COMMANDS = ("evaluate", "sweep", "tune")

console = Console(highlight=False, markup=False)
notes = Console(stderr=True, highlight=False, markup=False)

TableArgument = Annotated[Path, typer.Argument(help="Evaluation table: its .json file.")]
FamilyOption = Annotated[
    list[str] | None,
    typer.Option(
        "--family",
        "--families",
        help="Rules to try, may be given several times; all by default, for tune "
        f"{', '.join(FAMILIES)}: each one more takes its share of the confidence. One of "
        f"{', '.join(policy_grids(12, 2, having=('logits',)))}.",
    ),
]
CHECKPOINT = "Checkpoint folder or hub name."
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
BatchOption = Annotated[int, typer.Option(help="Rows in one layer call.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module to the command line."""
    app.command("evaluate")(evaluate_command)
    app.command("sweep")(sweep_command)
    app.command("tune")(tune_command)


def evaluate_command(
    checkpoint: Annotated[str, typer.Argument(help=CHECKPOINT)],
    data: Annotated[str, typer.Option(help="Folder of a labelled data set, or its usual name.")],
    split: Annotated[str, typer.Option(help="Split to read.")] = "validation",
    output: Annotated[Path, typer.Option(help="Folder for the table.")] = DEFAULT_OUTPUT,
    name: Annotated[str | None, typer.Option(help="Name of the table.")] = None,
    batch_size: BatchOption = 32,
    device: DeviceOption = "auto",
    dtype: Annotated[str, typer.Option(help="float32, bfloat16 or float16.")] = "float32",
    timed_rows: Annotated[
        int, typer.Option(help="Rows read one by one to measure each layer; 0 for none.")
    ] = 32,
) -> None:
    """Read a labelled split to full depth and store what every layer said; can be resumed."""
    from elbert_core.evaluation.recording import evaluate

    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=notes, transient=True) as bar:
        task = bar.add_task("rows", total=None)
        path = evaluate(
            checkpoint,
            data,
            split,
            output=output,
            name=name,
            batch_size=batch_size,
            device=device,
            dtype=dtype,
            timed_rows=timed_rows,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    table = load_evaluation(path)
    right = (table.probs.argmax(axis=-1) == table.gold).mean(axis=1)
    accuracies = ", ".join(f"{share:.4f}" for share in right)
    notes.print(
        f"{table.n_rows} rows of {table.data} ({table.split}), {table.n_layers} layers, on "
        f"{table.device} ({table.dtype}, batch {table.batch_size})"
    )
    notes.print(f"accuracy after each layer: {accuracies}", soft_wrap=True)
    sys.stdout.write(f"{path}\n")


def sweep_command(
    table: TableArgument, family: FamilyOption = None, as_json: JsonOption = False
) -> None:
    """Replay rules over their whole range: accuracy against theoretical cost."""
    stored = load_evaluation(table)
    grids = _grids(stored, family)
    points = {name: sweep(stored, policies=policies) for name, policies in grids.items()}
    if as_json:
        told = {name: [_point(point) for point in found] for name, found in points.items()}
        write_json({"table": _about(stored), "points": told})
        return
    front = pareto_front(point for found in points.values() for point in found)
    sheet = Table(title=f"{stored.name}: settings that no other beats (chosen on these rows)")
    for heading in ("speed-up", "cost", "accuracy", "95 % interval", "macro F1", "setting"):
        justify: Literal["left", "right"] = "left" if heading == "setting" else "right"
        sheet.add_column(heading, justify=justify, overflow="fold")
    for point in reversed(front):
        sheet.add_row(
            f"{point.speed_up_ratio:.2f}x",
            f"{point.computation_cost:.3f}",
            f"{point.accuracy:.4f}",
            f"{point.accuracy_low:.4f}..{point.accuracy_high:.4f}",
            f"{point.macro_f1:.4f}",
            policy_to_text(point.policy),
        )
    console.print(sheet)


def tune_command(
    table: TableArgument,
    max_loss: Annotated[float, typer.Option(help="Largest loss allowed, in (0, 1).")] = 0.01,
    confidence: Annotated[float, typer.Option(help="Of the guarantee, in (0, 1).")] = 0.95,
    risk: Annotated[str, typer.Option(help=f"What counts as loss: {', '.join(RISKS)}.")] = (
        "disagreement"
    ),
    method: Annotated[
        str,
        typer.Option(
            help="ltt: Learn-then-Test, holds with the confidence asked for. conformal: one "
            "confidence threshold, holds on average over calibration sets."
        ),
    ] = "ltt",
    family: FamilyOption = None,
    seed: Annotated[int, typer.Option(help="Of the random split of the rows.")] = 0,
    save: Annotated[Path | None, typer.Option(help="Write the policy to this .json file.")] = None,
    name: Annotated[str, typer.Option(help="Name of the saved policy.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Find the fastest setting that loses at most so much, with a guarantee for new rows."""
    stored = load_evaluation(table)
    if method not in ("ltt", "conformal"):
        raise ConfigError(f"method must be ltt or conformal, got {method!r}")
    if method == "conformal":
        if risk != "disagreement":
            raise ConfigError(f"method conformal has the risk disagreement only, got {risk!r}")
        conformal = tune_conformal(stored, max_loss=max_loss, seed=seed)
        policy: ExitPolicy = conformal.policy
        guarantee = conformal.guarantee(stored)
        words, record, report = _conformal_words(conformal), asdict(conformal), conformal.report
    else:
        grids = _grids(stored, family or FAMILIES)
        policies = [p for grid in grids.values() for p in grid if not p.baseline]
        tuning = tune(
            stored,
            max_loss=max_loss,
            confidence=confidence,
            risk=risk,  # type: ignore[arg-type]  # tune refuses what is none
            policies=policies,
            seed=seed,
        )
        policy, guarantee = tuning.policy, tuning.guarantee(stored)
        words, record, report = _tuning_words(tuning), asdict(tuning), tuning.report
        for chain, tested in zip(record["chains"], tuning.chains, strict=True):
            for step, setting in zip(chain["steps"], tested.steps, strict=True):
                step["policy"] = policy_to_dict(setting.policy)
    record["policy"] = policy_to_dict(policy)
    if save is not None:
        save_policy(policy, save, name=name, guarantee=guarantee)
    if as_json:
        write_json({"table": _about(stored), "method": method, **record})
        return
    console.print(policy_to_text(policy), style="bold", soft_wrap=True)
    console.print(f"{words}\n{_report_words(report)}")
    if save is not None:
        console.print(f"saved to {save}: use it with --policy {save}")


def _tuning_words(tuning: Tuning) -> str:
    lines = []
    if tuning.chosen is None:
        lines.append(
            "No early exit could be certified; full depth it is. Allow more loss, or use more rows."
        )
    else:
        step = tuning.chosen
        lines.append(
            f"Certified: with confidence {tuning.confidence:g} the {tuning.risk} loss on new rows "
            f"of the same kind is at most {tuning.max_loss:g}."
        )
        lines.append(
            f"Test: loss {step.loss:.4f} on {tuning.n_test} rows, p = {step.p_value:.2g}, upper "
            f"limit {step.upper_limit:.4f}; {len(tuning.tested)} of {tuning.n_candidates} "
            f"settings tested in an order fixed on {tuning.n_order} other rows."
        )
    return "\n".join([*lines, *(f"{c.family}: {_end_of(c)}" for c in tuning.chains)])


def _end_of(chain: Chain) -> str:
    best, failed = chain.best, chain.ended_by
    said = "none certified" if best is None else f"certified to {1 / best.computation_cost:.2f}x"
    if failed is None:
        return f"{said}, all {len(chain.steps)} tested passed"
    return (
        f"{said}, ended by {policy_to_text(failed.policy)} ({1 / failed.computation_cost:.2f}x, "
        f"loss {failed.loss:.4f}, upper limit {failed.upper_limit:.4f}, p = {failed.p_value:.2g} > "
        f"{chain.level:.2g})"
    )


def _conformal_words(tuning: ConformalTuning) -> str:
    return (
        f"Conformal: a new row of the same kind gets another label than at full depth with "
        f"probability at most {tuning.max_loss:g}, on average over calibration sets "
        f"({tuning.n_calibration} rows here, {tuning.n_inconsistent} of them with an earlier "
        f"layer that disagrees)."
    )


def _report_words(report: Report) -> str:
    return (
        f"Report on {report.n_rows} further rows: loss {report.loss:.4f}, theoretical speed-up "
        f"{report.speed_up_ratio:.2f}x, accuracy {report.accuracy:.4f} "
        f"(full depth {report.full_accuracy:.4f})."
    )


def _grids(table: EvaluationTable, families: Sequence[str] | None) -> dict[str, list[ExitPolicy]]:
    grids = policy_grids(table.n_layers, len(table.label_names), having=table.extras)
    unknown = [name for name in families or [] if name not in grids]
    if unknown:
        raise ConfigError(f"family must be one of {', '.join(grids)}, got {unknown[0]!r}")
    return {name: grid for name, grid in grids.items() if not families or name in families}


def _about(table: EvaluationTable) -> dict[str, Any]:
    names = ("name", "checkpoint", "digest", "data", "split")
    about = {name: getattr(table, name) for name in names}
    return {**about, "rows": table.n_rows, "layers": table.n_layers}


def _point(point: SweepPoint) -> dict[str, Any]:
    return {
        **asdict(point),
        "policy": policy_to_dict(point.policy),
        "speed_up_ratio": point.speed_up_ratio,
    }


def write_json(value: dict[str, Any]) -> None:
    """One JSON object, in lines, to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")
