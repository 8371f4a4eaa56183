"""Every rule on the sentence in use."""

from __future__ import annotations

import streamlit as st

from app.shared import narration_compare as narration
from app.shared import wording_compare as words
from app.shared.palette import Palette
from app.shared.rows import Strip, strips
from app.shared.rules import build_policy, card, defaults, described, kinds
from app.shared.sheet import Figure
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.reading.left_out import Stability, stability
from elbert_core.results import LayerTrace


def rules(current: ExitPolicy) -> list[tuple[str, ExitPolicy]]:
    """The rule in use first, then every other kind of rule at its usual setting."""
    usual = [(kind, build_policy(kind, defaults(kind))) for kind in kinds()]
    rest = [(card(kind).name, policy) for kind, policy in usual if policy != current]
    return [(words.IN_USE, current), *rest]


def show_rules(trace: LayerTrace, current: ExitPolicy, palette: Palette) -> Figure:
    """The lanes, the sentence about them, and their table; the same for a file."""
    found = [(name, explain(policy, trace)) for name, policy in rules(current)]
    stable = stability(trace.probs)
    drawn = [Strip(n, trace, d.exit_layer, narration.result(d), d.label) for n, d in found]
    drawn.append(_oracle(trace, stable))
    said = (
        f"{narration.spread_of_rules([d for _, d in found])} "
        f"{narration.stable_sentence(stable, trace.n_layers)}"
    )
    result = Figure(
        "",
        lambda colours: strips(drawn, palette=colours, probabilities=words.LANES_PROBS),
        narration.lanes_alt(found, stable),
        (words.LANES_HELP,),
        lanes_table(found, trace, stable),
        (said,),
    )
    st.vega_lite_chart(
        spec=result.draw(palette), width="stretch", key="compare.lanes", alt=result.alt
    )
    st.text(said)
    st.caption(words.LANES_HELP)
    with st.expander(words.LANES_TABLE):
        st.dataframe(result.table, hide_index=True, width="stretch", alt=words.LANES_TABLE)
    return result


def lanes_table(
    found: list[tuple[str, Decision]], trace: LayerTrace, stable: Stability
) -> dict[str, list[object]]:
    """The lanes by column."""
    rows: list[list[object]] = [
        [
            name,
            described(d.policy),
            d.exit_layer,
            d.label_name,
            round(d.confidence, 4),
            words.YES if d.agrees_with_full else words.NO,
        ]
        for name, d in found
    ]
    label = int(trace.labels[stable.stable_from - 1])
    sure = round(float(trace.confidence[stable.stable_from - 1]), 4)
    rows.append(
        [
            words.ORACLE,
            words.ORACLE_TERM,
            stable.stable_from,
            trace.label_names[label],
            sure,
            words.YES,
        ]
    )
    return {title: [row[index] for row in rows] for index, title in enumerate(words.LANES_COLUMNS)}


def _oracle(trace: LayerTrace, stable: Stability) -> Strip:
    layer = stable.stable_from
    sure = 100 * float(trace.confidence[layer - 1])
    said = f"{layer} of {trace.n_layers}, {min(sure, 99.9):.0f} %"
    label = int(trace.labels[layer - 1])
    return Strip(words.ORACLE, trace, layer, said, label, possible=False)
