"""What the Trade-off page knows about one evaluation table, worked out once by the core.

Nothing is computed here that the core does not define: the table's sweep over all families, its
reference points and its layers (`look_at`), and one setting in detail (`look_closer`). Knows no
Streamlit and no charts, and needs no PyTorch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.shared.resources import loaded
from app.shared.rules import kinds
from app.shared.text import clean, visible
from app.tradeoff.others import Round, contest
from elbert_core.errors import InputError
from elbert_core.evaluation.baselines import Baseline, RandomExit, baselines, random_exit
from elbert_core.evaluation.comparison import Comparison, compare
from elbert_core.evaluation.reliability import (
    ChangesOfMind,
    ExitAccuracy,
    Reliability,
    changes_of_mind,
    exit_accuracy,
    reliability,
)
from elbert_core.evaluation.sweeps import (
    SweepPoint,
    mean_layer_ms,
    measured_speed_up,
    pareto_front,
    policy_grids,
    signals_from,
    sweep,
    sweep_point,
)
from elbert_core.evaluation.tables import (
    EvaluationTable,
    list_evaluations,
    load_evaluation,
    table_from_bytes,
)
from elbert_core.metrics import Overthinking, overthinking
from elbert_core.policies import ExitPolicy, NeverExit, Signals, policy_to_dict, replay

EVALUATIONS_VARIABLE = "ELBERT_EVALUATIONS"
"""Environment variable that names another folder of evaluation tables."""
MAX_LAYERS = 64
"""Deepest table that is drawn."""
MAX_LABELS = 50
"""Most labels of a table that is drawn."""
MAX_BYTES = 5_000_000
"""Largest file of a table that the page opens."""
LENGTH_GROUPS = 4
"""Slices by length: quarters of the rows, from short to long."""


@dataclass(frozen=True, slots=True, eq=False)
class Overview:
    """One table and all that does not depend on the setting in use.

    Attributes:
        table: the stored full-depth pass.
        signals: of its probabilities, shared by all replays.
        families: sweep points by family, in the order shown.
        front: the points that no other point of any family beats, cheapest first.
        references: full depth, fixed layers, oracles.
        overthinking, changes, reliability: of the full pass.
        rounds: ELBERT's window against simpler rules, see `contest`.
    """

    table: EvaluationTable
    signals: Signals
    families: dict[str, tuple[SweepPoint, ...]]
    front: tuple[SweepPoint, ...]
    references: tuple[Baseline, ...]
    overthinking: Overthinking
    changes: ChangesOfMind
    reliability: Reliability
    rounds: tuple[Round, ...]

    @property
    def full(self) -> Baseline:
        """Full depth."""
        return self.reference("full")

    @property
    def layers(self) -> tuple[Baseline, ...]:
        """All rows stop after layer 1, 2, ..."""
        return tuple(mark for mark in self.references if mark.kind == "fixed")

    def reference(self, kind: str) -> Baseline:
        """The first reference point of a kind."""
        return next(mark for mark in self.references if mark.kind == kind)

    @property
    def fastest_as_good(self) -> SweepPoint | None:
        """The fastest point that is right at least as often as full depth, if any is."""
        good = [point for point in self.front if point.accuracy >= self.full.accuracy]
        return good[0] if good else None

    @property
    def is_timed(self) -> bool:
        """True where the table holds the milliseconds of every layer."""
        return bool((self.table.layer_ms > 0).all())

    def measured(self, one: SweepPoint | Baseline) -> float | None:
        """Speed-up by the table's measured milliseconds, None where it holds none."""
        return measured_speed_up(one.exit_counts, self.table.layer_ms)

    @property
    def points(self) -> tuple[SweepPoint, ...]:
        """All points of all families."""
        return tuple(point for family in self.families.values() for point in family)


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of the table under the setting in use.

    Attributes:
        group: "length" or "label".
        name: the label's name; of a length, the fewest and most tokens.
        early, full: the setting and full depth on these rows.
    """

    group: str
    name: str
    early: SweepPoint
    full: SweepPoint


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One policy on one table, in detail.

    Attributes:
        point: its figures.
        full: those of full depth.
        leaving: the answers of the rows that leave after each layer.
        random: leaving at random, at the same cost.
        versus_full: the setting against full depth, row by row.
        slices: by length and by label.
        layers_ms, all_layers_ms: mean milliseconds of the layers applied, and of all layers, by
            the table's measured medians at batch 1; 0 where nothing was measured.
    """

    point: SweepPoint
    full: SweepPoint
    leaving: ExitAccuracy
    random: RandomExit
    versus_full: Comparison
    slices: tuple[Slice, ...]
    layers_ms: float
    all_layers_ms: float

    @property
    def busiest(self) -> int:
        """The layer after which most rows leave."""
        return int(self.leaving.count.argmax()) + 1


def evaluations_folder() -> Path:
    """Where evaluation tables are looked for."""
    default = Path(__file__).resolve().parents[2] / "assets" / "evaluations"
    return Path(os.environ.get(EVALUATIONS_VARIABLE, "") or default)


def evaluation_names() -> tuple[str, ...]:
    """Names of the tables at hand. Looks at file names only."""
    folder = evaluations_folder()
    return tuple(path.stem for path in list_evaluations(folder)) if folder.is_dir() else ()


def overview(name: str) -> Overview:
    """The evaluation table of this name with its sweep, worked out once for all visitors.

    Raises:
        InputError: no such table, or a damaged one.
    """
    if name not in evaluation_names():
        raise InputError("it is not there")
    path = evaluations_folder() / f"{name}.json"
    return loaded(_overview, str(path), files=(path, path.with_suffix(".safetensors")))


def _overview(path: str) -> Overview:
    return look_at(drawable(load_evaluation(path)))


def table_from_files(files: Sequence[tuple[str, bytes]]) -> EvaluationTable:
    """The table of two opened files, checked as a stranger's.

    Args:
        files: name and content of one .json and one .safetensors file.

    Raises:
        InputError: not these two files, too large, damaged, or more than can be drawn.
    """
    found: dict[str, list[bytes]] = {suffix: [] for suffix in _SUFFIXES}
    for name, content in files:
        suffix = Path(name).suffix.lower()
        if suffix not in found:
            raise InputError(
                f"a table is a .json and a .safetensors file, got {visible(name, limit=60)!r}"
            )
        if len(content) > MAX_BYTES:
            raise InputError(f"at most {MAX_BYTES // 1_000_000} MB for each file, got more")
        found[suffix].append(content)
    if any(len(contents) > 1 for contents in found.values()):
        raise InputError(f"one table at a time, which is two files, got {len(files)}")
    missing = [suffix for suffix, contents in found.items() if not contents]
    if missing:
        raise InputError(f"its {' and '.join(missing)} file is missing, open both together")
    description, arrays = (found[suffix][0] for suffix in _SUFFIXES)
    return drawable(table_from_bytes(description, arrays, where="the table"))


_SUFFIXES = (".json", ".safetensors")


def drawable(table: EvaluationTable) -> EvaluationTable:
    """The table with names that are safe to show.

    Raises:
        InputError: more layers or labels than can be drawn.
    """
    if table.n_layers > MAX_LAYERS or len(table.label_names) > MAX_LABELS:
        raise InputError(
            f"at most {MAX_LAYERS} layers and {MAX_LABELS} labels can be drawn, "
            f"got {table.n_layers} and {len(table.label_names)}"
        )
    return clean(table)


def look_at(table: EvaluationTable) -> Overview:
    """Replay every family of rules over the table, and measure its layers."""
    signals = signals_from(table)
    grids = policy_grids(table.n_layers, len(table.label_names), having=table.extras)
    families = {
        family: tuple(sweep(table, policies=grid))
        for family, grid in sorted(grids.items(), key=lambda one: kinds().index(one[1][0].kind))
        if not grid[0].baseline
    }
    return Overview(
        table=table,
        signals=signals,
        families=families,
        front=tuple(pareto_front(p for family in families.values() for p in family)),
        references=tuple(baselines(table)),
        overthinking=overthinking(table.probs, table.gold),
        changes=changes_of_mind(table),
        reliability=reliability(table),
        rounds=contest(families, signals, table.gold),
    )


def look_closer(overview: Overview, policy: ExitPolicy) -> Setting:
    """One policy in detail; it need not lie on a grid."""
    table, signals = overview.table, overview.signals
    exits, to_the_end = replay(policy, signals), replay(NeverExit(), signals)
    point = sweep_point(policy, exits, table.gold, signals, layer_macs=table.layer_macs)
    return Setting(
        point=point,
        full=sweep_point(NeverExit(), to_the_end, table.gold, signals),
        leaving=exit_accuracy(table, exits),
        random=random_exit(table, exit_counts=point.exit_counts, draws=100),
        versus_full=compare(exits, to_the_end, table.gold),
        slices=slices(table, policy),
        layers_ms=mean_layer_ms(point.exit_counts, table.layer_ms),
        all_layers_ms=float(table.layer_ms.sum()),
    )


def slices(table: EvaluationTable, policy: ExitPolicy) -> tuple[Slice, ...]:
    """The setting on short and long rows, and on the rows of each label."""
    lengths = table.n_tokens
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, LENGTH_GROUPS + 1)).astype(int))
    parts = []
    for index, high in enumerate(edges[1:] if len(edges) > 1 else edges):
        low = edges[index] if index == 0 or len(edges) == 1 else edges[index] + 1
        name = f"{low}–{high}" if low != high else f"{high}"
        parts.append(("length", name, (lengths >= low) & (lengths <= high)))
    parts += [("label", name, table.gold == i) for i, name in enumerate(table.label_names)]
    return tuple(
        Slice(group, name, *sweep(table.take(mask), policies=[policy, NeverExit()]))
        for group, name, mask in parts
        if mask.any()
    )


def key_of(policy: ExitPolicy) -> str:
    """A policy as one short text, the same for equal policies."""
    values = policy_to_dict(policy)
    kind = values.pop("kind")
    return " ".join([kind, *(f"{name}={value}" for name, value in sorted(values.items()))])
