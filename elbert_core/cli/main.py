"""The command line: `python -m elbert_core COMMAND`. The only place that prints or sets up logging.

Commands around tables are in `evaluation`, long runs in `training`.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from elbert_core.cli import evaluation as cli_evaluation
from elbert_core.cli.evaluation import BatchOption, DeviceOption, JsonOption, console, write_json
from elbert_core.errors import ElbertError, InputError
from elbert_core.policies import POLICIES, ExitPolicy, policy_from_text, policy_to_dict
from elbert_core.policy_files import load_policy
from elbert_core.results import ExitReason, RowExit

if TYPE_CHECKING:
    from elbert_core.engine.encoding import TextInput
    from elbert_core.engine.engine import EarlyExitEngine

DEFAULT_CHECKPOINT = "checkpoints/elbert-sst2"
RECOMMENDED = "recommended"
FALLBACK = "window:window_size=4,entropy_threshold=0.1"
MAX_LABELS = 4
"""Labels that the table of `trace` has room for."""

CONDITIONS = ("text", "text_pair", "checkpoint", "digest", "device", "dtype")
"""Of a trace, as its JSON begins with."""

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="ELBERT: early exit for ALBERT. Train, distil, look at single decisions, score files.",
    pretty_exceptions_enable=False,
)
cli_evaluation.register(app)

PolicyOption = Annotated[
    str,
    typer.Option(
        help="Rule and settings, e.g. window:window_size=4,entropy_threshold=0.1 "
        "or patience:patience=3. "
        f"Rules: {', '.join(POLICIES)}. Or a policy file, NAME.json; or {RECOMMENDED}, the rule in "
        "the checkpoint's folder."
    ),
]
CheckpointOption = Annotated[str, typer.Option(help=cli_evaluation.CHECKPOINT)]
DtypeOption = Annotated[
    str, typer.Option(help="auto, fast (bfloat16 where that is faster here), float32, bfloat16.")
]


def parse_policy(text: str) -> ExitPolicy:
    """A policy from its text, see `policy_from_text`, or from a policy file, "NAME.json".

    Raises:
        ConfigError: what the text says is no policy.
        InputError: the policy file is missing or damaged.
    """
    return load_policy(text) if text.endswith(".json") else policy_from_text(text)


def asked_policy(text: str) -> ExitPolicy | None:
    """The rule of an option, None where the checkpoint is to recommend one."""
    return None if text == RECOMMENDED else parse_policy(text)


def recommended_by(engine: EarlyExitEngine) -> ExitPolicy:
    """The checkpoint's recommended rule; where it has none, the window, which is said in a line."""
    if engine.recommended is None:
        typer.echo(f"{engine.name} recommends no rule; using {FALLBACK}", err=True)
    return engine.recommended or parse_policy(FALLBACK)


@app.command()
def trace(
    text: Annotated[str, typer.Argument(help="The sentence.")],
    pair: Annotated[str | None, typer.Option(help="Second text, for sentence pairs.")] = None,
    checkpoint: CheckpointOption = DEFAULT_CHECKPOINT,
    policy: PolicyOption = RECOMMENDED,
    device: DeviceOption = "auto",
    dtype: DtypeOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Read one sentence to full depth and show where the policy stops, and why."""
    from elbert_core.policies.explanation import explain

    asked = asked_policy(policy)  # refused before a model is loaded
    engine = _quiet_engine(checkpoint, device=device, dtype=dtype)
    rule = asked or recommended_by(engine)
    result = engine.trace(text if pair is None else (text, pair))
    decision = explain(rule, result)
    if as_json:
        record = {
            **{name: getattr(result, name) for name in CONDITIONS},
            "policy": policy_to_dict(rule),
            "label": decision.label_name,
            "confidence": decision.confidence,
            "exit_layer": decision.exit_layer,
            "n_layers": decision.n_layers,
            "reason": decision.reason.name.lower(),
            "full_depth_label": decision.full_label_name,
            "full_depth_confidence": decision.full_confidence,
            "truncated": result.truncated,
            "tokens": list(result.tokens),
            "layers": [
                {
                    "layer": verdict.layer,
                    "probabilities": dict(
                        zip(result.label_names, map(float, result.probs[i]), strict=True)
                    ),
                    "entropy": float(result.entropy[i]),
                    "milliseconds": float(result.layer_ms[i]),
                    "says": verdict.reason.name.lower(),
                    "needed": verdict.layer <= decision.exit_layer,
                }
                for i, verdict in enumerate(decision.verdicts)
            ],
        }
        write_json(record)
        return
    # the last layer's favourites, in their own order: a terminal has no room for all of many
    shown = sorted(result.probs[-1].argsort(kind="stable")[::-1][:MAX_LABELS].tolist())
    table = Table("layer", title=None)
    for label in shown:  # long names give way where the terminal is narrow
        name = Text(result.label_names[label], overflow="ellipsis", no_wrap=True)
        table.add_column(name, justify="right", min_width=5, max_width=20)
    for heading in ("entropy", "ms", "says"):
        table.add_column(heading, justify="left" if heading == "says" else "right", min_width=5)
    table.columns[0].justify = "right"
    for i, verdict in enumerate(decision.verdicts):
        table.add_row(
            str(verdict.layer),
            *(f"{p:.3f}" for p in result.probs[i, shown]),
            f"{result.entropy[i]:.3f}",
            f"{result.layer_ms[i]:.2f}",
            _words(verdict.reason),
            style="dim" if verdict.layer > decision.exit_layer else None,
        )
    console.print(table)
    if len(shown) < len(result.label_names):
        console.print(
            f"the {len(shown)} most probable of {len(result.label_names)} labels at full depth; "
            "--json gives all"
        )
    console.print(
        f"{decision.label_name} ({decision.confidence:.1%}), left after layer "
        f"{decision.exit_layer} of {decision.n_layers}: {_words(decision.reason)}"
    )
    console.print(f"full depth says {decision.full_label_name} ({decision.full_confidence:.1%})")


@app.command()
def score(
    source: Annotated[
        Path,
        typer.Argument(help="Rows with a column 'text' (and 'text_b'), or lines of plain text."),
    ],
    checkpoint: CheckpointOption = DEFAULT_CHECKPOINT,
    policy: PolicyOption = RECOMMENDED,
    device: DeviceOption = "auto",
    dtype: DtypeOption = "auto",
    batch_size: BatchOption = 32,
) -> None:
    """Classify a file of texts with real early exits; JSON lines to standard output."""
    from elbert_core.data.rows import checked_texts, read_rows

    asked = asked_policy(policy)
    if source.is_file():  # all of it is looked at before any of it is read; a pipe comes only once
        for _ in checked_texts(read_rows(source)):
            pass
    engine = _quiet_engine(checkpoint, device=device, dtype=dtype)
    rule = asked or recommended_by(engine)
    places: dict[int, tuple[int, int | None]] = {}  # of the few rows that are in flight

    def texts() -> Iterator[TextInput]:
        for index, (row, both) in enumerate(checked_texts(read_rows(source))):
            places[index] = row.number, row.line
            yield (both[0], both[1]) if len(both) == 2 else both[0]

    started, layers, done, last = time.perf_counter(), 0, 0, -1
    finished: dict[int, RowExit] = {}  # ahead of their turn: never more than a window or two
    for one in engine.stream(texts(), rule, batch_size=batch_size):
        finished[one.row] = one
        while done in finished:
            found = finished.pop(done)
            last, line = places.pop(done)
            record = {
                "row": last,
                **({} if line is None else {"line": line}),
                "label": engine.label_names[found.label],
                "confidence": round(float(found.probs.max()), 6),
                "exit_layer": found.exit_layer,
                "reason": ExitReason(found.reason).name.lower(),
                "truncated": found.truncated,
            }
            sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")
            done += 1
            layers += found.exit_layer
    if not done:
        raise InputError(f"{source} has no rows")
    seconds = time.perf_counter() - started
    blank = f" (blank lines left out: {last + 1 - done})" if last + 1 > done else ""
    typer.echo(
        f"{done} rows{blank}, mean exit layer {layers / done:.2f} of {engine.n_layers}, "
        f"theoretical speed-up {engine.n_layers * done / layers:.2f}x, {seconds:.2f} s "
        f"on {engine.device} ({engine.dtype}, batch {batch_size})",
        err=True,
    )


def _quiet_engine(checkpoint: str, *, device: str, dtype: str) -> EarlyExitEngine:
    """An engine without the library's progress bar, which would stand in the way of the answer."""
    from transformers.utils.logging import disable_progress_bar

    from elbert_core.engine.engine import load_engine

    disable_progress_bar()
    return load_engine(checkpoint, device=device, dtype=dtype)


def _words(reason: ExitReason) -> str:
    return "reads on" if reason == ExitReason.CONTINUE else reason.name.lower().replace("_", " ")


def main() -> None:
    """Entry point: errors of this package become one line and exit status 1."""
    if not {"trace", "score", *cli_evaluation.COMMANDS} & set(sys.argv[1:2]):
        # only asked for when such a command, or the overview, is wanted: it imports torch
        from elbert_core.cli import training as cli_training

        cli_training.register(app)
    for stream in (sys.stdout, sys.stderr):  # a label's name may be more than the terminal can show
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="python -m elbert_core")
        sys.stdout.flush()  # a full disk is told here, not while the interpreter ends
    except (ElbertError, OSError) as error:  # OSError: what cannot be written
        if isinstance(error, OSError):  # what is still held back cannot be written either
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # the reader had enough
            # not through rich: it would break the one line at the width of the terminal
            typer.echo(f"error: {' '.join(str(error).split())}", err=True)
        raise SystemExit(1) from None
