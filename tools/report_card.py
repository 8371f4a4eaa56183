"""The figures of `checkpoints/README.md`, computed from tables: nothing in it is typed by hand.

The even-numbered rows of a table choose every setting, the odd-numbered ones are reported. Also the
table of an ablation: training runs that differ in one thing, each with an evaluation table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elbert_core import metrics
from elbert_core.errors import InputError
from elbert_core.evaluation.comparison import compare
from elbert_core.evaluation.sweeps import (
    SPEED_UPS,
    SweepPoint,
    area,
    best_at,
    policy_grids,
    sweep,
    two_curves,
)
from elbert_core.evaluation.tables import EvaluationTable
from elbert_core.policies import (
    ConfidenceWindow,
    ExitPolicy,
    Signals,
    WindowRule,
    policy_to_text,
    replay,
)

MIN_LAYERS = 4
MIN_SHARE = 0.05
ENTROPIES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
MARGINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
RANGES = (0.01, 0.02, 0.05, 0.1)
SHOWN_DEPTHS = (1, 2, 3, 4, 6, 9)


@dataclass(frozen=True, slots=True)
class Half:
    """Every second row of a table.

    Attributes:
        signals: of the probabilities (layers, rows, labels).
        gold: (rows,) right label indices.
    """

    signals: Signals
    gold: NDArray[np.int64]

    def points(self, policies: Iterable[ExitPolicy]) -> list[SweepPoint]:
        """The policies replayed over these rows."""
        return sweep(self.signals, self.gold, policies)


def halves(table: EvaluationTable) -> tuple[Half, Half]:
    """The rows that choose (even numbers) and the rows that are reported (odd numbers)."""
    even, odd = table.row % 2 == 0, table.row % 2 == 1
    if not even.any() or not odd.any():
        raise InputError(f"table {table.name} needs even and odd rows to choose and to report")
    first, second = (Half(table.signals.take(m), table.gold[m]) for m in (even, odd))
    return first, second


def recommend(table: EvaluationTable, *, max_loss: float = 0.005) -> ExitPolicy:
    """ELBERT's fastest window rule that gives up at most `max_loss` of full depth's accuracy.

    Chosen on the even rows alone. Settings under which at least `MIN_LAYERS` layers surely take
    `MIN_SHARE` of the rows go first: a model whose rows all leave at one layer shows nothing.
    "Surely" is by the interval's lower end; shares that only just suffice on the rows that choose
    fall short on others.

    Args:
        table: full-depth probabilities.
        max_loss: accuracy that may be lost against full depth, in [0, 1].
    """
    choose, _ = halves(table)
    full = float(np.mean(choose.signals.label[-1] == choose.gold))
    best: tuple[tuple[bool, float, float], ExitPolicy] | None = None
    for policy in candidates(table.n_layers):
        exits = replay(policy, choose.signals)
        accuracy = float(np.mean(exits.label == choose.gold))
        if accuracy < full - max_loss - 1e-9:
            continue
        spread = len(surely_busy_layers(np.bincount(exits.exit_layer)[1:])) >= MIN_LAYERS
        rank = (spread, -float(exits.exit_layer.mean()), accuracy)
        if best is None or rank > best[0]:
            best = rank, policy
    if best is None:
        raise InputError(f"no window rule on {table.name} stays within {max_loss} of full depth")
    return best[1]


def candidates(n_layers: int) -> list[ExitPolicy]:
    """ELBERT's window rules that may be recommended: a finer grid than the one that is drawn."""
    rules: list[tuple[WindowRule, tuple[float, ...]]] = [
        ("agree", (0.1,)),  # these two look at no range
        ("monotone", (0.1,)),
        ("stable", RANGES),
    ]
    return [
        ConfidenceWindow(size, entropy, rule=rule, margin=margin, max_range=most)
        for rule, ranges in rules
        for size in range(2, n_layers + 1)
        for entropy in ENTROPIES
        for margin in MARGINS
        for most in ranges
    ]


def busy_layers(exit_counts: Sequence[int] | NDArray[np.integer]) -> list[int]:
    """Layers, counted from 1, after which at least `MIN_SHARE` of the rows leave."""
    enough = MIN_SHARE * sum(exit_counts)
    return [i for i, n in enumerate(exit_counts, start=1) if n >= enough]


def surely_busy_layers(exit_counts: Sequence[int] | NDArray[np.integer]) -> list[int]:
    """The same by the lower end of the share's 95% interval (Wilson)."""
    rows = int(sum(exit_counts))
    lowest = [metrics.wilson_interval(int(n), rows)[0] for n in exit_counts]
    return [i for i, share in enumerate(lowest, start=1) if share >= MIN_SHARE]


def accuracy_lines(tables: Sequence[EvaluationTable]) -> list[str]:
    """Accuracy by depth of several checkpoints, all rows and the odd ones."""
    depths = [d for d in SHOWN_DEPTHS if d < min(t.n_layers for t in tables)]
    lines = _head(
        ("checkpoint",), ("rows", *(f"layer {d}" for d in depths), "full depth", "95 % interval")
    )
    for table in tables:
        right = table.probs.argmax(-1) == table.gold
        for words, mask in (("all", slice(None)), ("odd", table.row % 2 == 1)):
            part = right[:, mask]
            low, high = metrics.wilson_interval(int(part[-1].sum()), part.shape[1])
            shares = " | ".join(f"{part[d - 1].mean():.3f}" for d in depths)
            lines.append(
                f"| `{table.checkpoint}` | {words} {part.shape[1]} | {shares} | "
                f"{part[-1].mean():.3f} | {low:.3f} to {high:.3f} |"
            )
    return lines


def speed_lines(tables: Sequence[EvaluationTable]) -> list[str]:
    """Accuracy at least so fast: settings chosen on even rows, figures of the odd ones."""
    lines = _head(("checkpoint", "rule"), ("full depth", *(f"{s:g}x" for s in SPEED_UPS)))
    for table in tables:
        choose, report = halves(table)
        full = float(np.mean(report.signals.label[-1] == report.gold))
        grids = policy_grids(table.n_layers, len(table.label_names), having=table.extras)
        for family in ("entropy", "window", "energy", "consecutive_confidence"):
            if family not in grids:
                continue
            points = choose.points(grids[family])
            cells = []
            for speed_up in SPEED_UPS:
                best = best_at(points, speed_up)
                if best is None:
                    cells.append("none")
                    continue
                (point,) = report.points([best.policy])
                cells.append(f"{point.accuracy:.3f} at {point.speed_up_ratio:.2f}x")
            lines.append(f"| `{table.checkpoint}` | {family} | {full:.3f} | {' | '.join(cells)} |")
    return lines


def energy_lines(tables: Sequence[EvaluationTable]) -> list[str]:
    """Energy beside entropy at equal speed: settings chosen on even rows, figures of the odd ones.

    The p-value is McNemar's exact test on the odd rows, not corrected for the number of tests.
    """
    lines = _head(
        ("checkpoint", "at least"),
        ("energy", "95 % interval", "entropy", "only energy right", "only entropy right", "p"),
    )
    for table in tables:
        if "logits" not in table.extras:
            continue
        choose, report = halves(table)
        grids = policy_grids(table.n_layers, len(table.label_names), having=table.extras)
        for speed_up in SPEED_UPS:
            best = [best_at(choose.points(grids[f]), speed_up) for f in ("energy", "entropy")]
            if best[0] is None or best[1] is None:
                continue
            rules = [one.policy for one in best if one is not None]
            energy, entropy = report.points(rules)
            exits = [replay(rule, report.signals) for rule in rules]
            found = compare(exits[0], exits[1], report.gold, draws=1)
            low, high = metrics.wilson_interval(found.both_right + found.only_first, found.n_rows)
            lines.append(
                f"| `{table.checkpoint}` | {speed_up:g}x | "
                f"{energy.accuracy:.3f} at {energy.speed_up_ratio:.2f}x | "
                f"{low:.3f} to {high:.3f} | "
                f"{entropy.accuracy:.3f} at {entropy.speed_up_ratio:.2f}x | "
                f"{found.only_first} | {found.only_second} | {found.p_value:.3f} |"
            )
    return lines


def recommended_lines(
    tables: Sequence[EvaluationTable], policies: Sequence[ExitPolicy]
) -> list[str]:
    """The recommended rule of each checkpoint, on the rows that chose it and on the others."""
    lines = _head(
        ("checkpoint", "recommended rule", "rows"),
        ("accuracy", "full depth", "speed-up"),
        ("layers that take 5 % or more",),
    )
    for table, policy in zip(tables, policies, strict=True):
        for words, half in zip(("even", "odd"), halves(table), strict=True):
            (point,) = half.points([policy])
            full = float(np.mean(half.signals.label[-1] == half.gold))
            layers = ", ".join(map(str, busy_layers(point.exit_counts)))
            lines.append(
                f"| `{table.checkpoint}` | `{policy_to_text(policy)}` | {words} | "
                f"{point.accuracy:.3f} | {full:.3f} | {point.speed_up_ratio:.2f}x | {layers} |"
            )
    return lines


def ablation_lines(tables: Sequence[EvaluationTable]) -> list[str]:
    """Training runs that differ in one thing; tables of one `checkpoint` name are its seeds.

    Area under accuracy against cost of the entropy sweep (no envelope) and accuracy on its curve,
    for the window rule without a margin on its best setting at least so fast: all on all rows, as
    descriptions of the runs and not as a promise. Means over seeds, with the range for the area.
    """
    runs: dict[str, list[EvaluationTable]] = defaultdict(list)
    for table in tables:
        runs[table.checkpoint].append(table)
    speeds = [f"{rule} {s:g}x" for rule in ("entropy", "window") for s in SPEED_UPS]
    lines = _head(("run",), ("seeds", "area", "layer 1", "full depth", *speeds))
    for name, seeds in runs.items():
        rows = np.array([_run_figures(table) for table in seeds])
        mean, spread = (
            rows.mean(axis=0),
            np.ptp(rows[:, 0]) / 2,
        )  # NaN where a seed never gets there
        shown = ("none" if np.isnan(value) else f"{value:.3f}" for value in mean[1:])
        around = f" ± {spread:.4f}" if len(seeds) > 1 else ""
        cells = [f"{mean[0]:.4f}{around}", *shown]
        lines.append(f"| {name} | {len(seeds)} | {' | '.join(cells)} |")
    return lines


def _head(
    words: Sequence[str], figures: Sequence[str], more_words: Sequence[str] = ()
) -> list[str]:
    """The first two lines of a Markdown table; figures are set to the right."""
    names = (*words, *figures, *more_words)
    rule = (*(["---"] * len(words)), *(["---:"] * len(figures)), *(["---"] * len(more_words)))
    return [f"| {' | '.join(names)} |", f"| {' | '.join(rule)} |"]


def _run_figures(table: EvaluationTable) -> list[float]:
    signals = table.signals
    curves = two_curves(table.n_layers, len(table.label_names))
    entropy, window = (sweep(signals, table.gold, curve) for curve in curves)
    accuracy = metrics.layer_accuracy(table.probs, table.gold)
    figures = [area(entropy, envelope=False), float(accuracy[0]), float(accuracy[-1])]
    ordered = sorted(entropy, key=lambda p: p.computation_cost)
    costs = [p.computation_cost for p in ordered]
    shares = [p.accuracy for p in ordered]
    figures += [float(np.interp(1 / s, costs, shares)) for s in SPEED_UPS]
    found = [best_at(window, s) for s in SPEED_UPS]
    return figures + [float("nan") if p is None else p.accuracy for p in found]
