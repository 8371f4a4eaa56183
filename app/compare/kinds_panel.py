"""An easy, a hard and an overthought sentence on one depth axis, with the window that slides."""

from __future__ import annotations

import streamlit as st

from app.compare.alike import sentences
from app.compare.figures import sliding
from app.shared import narration_compare as narration
from app.shared import presets, wording
from app.shared import wording_compare as words
from app.shared.kinds import three_kinds
from app.shared.legend import show_legend
from app.shared.palette import Palette
from app.shared.rows import Path, paths
from app.shared.score_panel import layer_table
from app.shared.sheet import Figure
from elbert_core.policies import ExitPolicy
from elbert_core.reading.ways import comparable
from elbert_core.results import LayerTrace


def show_kinds(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure | None:
    """The three sentences, the figure with its slider, and the tables."""
    known = [trace, *(other for _, other in sentences() if comparable(trace, other))]
    kinds = three_kinds(policy, known, presets.MEANT)
    if len(kinds) < 2:
        st.info(words.KINDS_TOO_FEW)
        return None
    said = tuple(narration.kind_line(kind) for kind in kinds)
    st.text(words.KINDS_INTRO)
    for line in said:
        st.text(line)
    entries = [
        Path(narration.path_title(words.KIND_NAMES[k.name], k.decision), k.trace, k.decision)
        for k in kinds
    ]
    latest = max(kind.decision.exit_layer for kind in kinds)
    findings = [
        [narration.at_window(kind.decision, layer + 1) for layer in range(kind.trace.n_layers)]
        for kind in kinds
    ]
    found = narration.kinds_sentence(kinds)
    result = Figure(
        "",
        lambda colours: paths(entries, palette=colours),
        f"{'; '.join(entry.title for entry in entries)}. {found}",
        (words.KINDS_HELP,),
        said=(*said, found),
        tables=tuple(
            (entry.title, layer_table(kind.trace, kind.decision))
            for entry, kind in zip(entries, kinds, strict=True)
        ),
    )
    show_legend(trace, palette)
    st.vega_lite_chart(
        spec=sliding(entries, findings, at=latest, palette=palette),
        width="stretch",
        key="compare.kinds",
        alt=result.alt,
    )
    st.text(found)
    st.caption(words.KINDS_HELP)
    with st.expander(words.KINDS_TABLE):
        for title, table in result.tables:
            st.text(title)
            st.dataframe(table, hide_index=True, width="stretch", alt=wording.TABLE_ALT)
    return result
