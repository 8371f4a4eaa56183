"""Every rule on the sentence in use."""

from __future__ import annotations

from app.shared import words
from app.shared.figure_panel import show_figure
from app.shared.palette import Palette
from app.shared.reading import refused
from app.shared.rows import Strip, strips
from app.shared.rules import build_policy, card, defaults, described, kinds
from app.shared.sheet import Figure, by_column
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.left_out import Stability, stability
from elbert_core.results import LayerTrace


def rules(current: ExitPolicy) -> list[tuple[str, ExitPolicy]]:
    """The rule in use first, then every other kind of rule at its usual setting."""
    usual = [(card(kind).name, build_policy(kind, defaults(kind))) for kind in kinds()]
    return [(words.IN_USE, current), *(one for one in usual if one[1] != current)]


def show_rules(trace: LayerTrace, current: ExitPolicy, palette: Palette) -> Figure:
    """The lanes, the sentence about them, and their table; the same for a file."""
    problems = {policy: refused(policy, trace) for _, policy in rules(current)}
    found = [(name, explain(p, trace)) for name, p in rules(current) if not problems[p]]
    stable = stability(trace.probs)
    drawn = [Strip(n, trace, d.exit_layer, words.result(d), d.label) for n, d in found]
    drawn.append(_oracle(trace, stable))
    said = (
        f"{words.spread_of_rules([d for _, d in found])} "
        f"{words.stable_sentence(stable, trace.n_layers)}"
    )
    result = Figure(
        "",
        lambda colours: strips(drawn, palette=colours, probabilities=words.STAVE_PROBS),
        words.lanes_alt(found, stable),
        (words.LANES_HELP,),
        lanes_table(found, trace, stable),
        (said, *filter(None, problems.values())),
    )
    show_figure(result, palette, key="compare.lanes", table=words.LANES_TABLE)
    return result


def lanes_table(
    found: list[tuple[str, Decision]], trace: LayerTrace, stable: Stability
) -> dict[str, list[object]]:
    """The lanes by column."""
    rows: list[tuple[object, ...]] = [
        (
            name,
            described(d.policy),
            d.exit_layer,
            d.label_name,
            round(d.confidence, 4),
            words.YES if d.agrees_with_full else words.NO,
        )
        for name, d in found
    ]
    at = stable.stable_from - 1
    label, sure = trace.label_names[int(trace.labels[at])], round(float(trace.confidence[at]), 4)
    rows.append((words.ORACLE, words.ORACLE_TERM, stable.stable_from, label, sure, words.YES))
    return by_column(words.LANES_COLUMNS, rows)


def _oracle(trace: LayerTrace, stable: Stability) -> Strip:
    layer = stable.stable_from
    sure = 100 * float(trace.confidence[layer - 1])
    said = f"{layer} of {trace.n_layers}, {min(sure, 99.9):.0f} %"
    return Strip(words.ORACLE, trace, layer, said, int(trace.labels[layer - 1]), possible=False)
