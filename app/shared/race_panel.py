"""The race: play, pause and step in the browser, without a round trip."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.shared import narration, words
from app.shared.figure_panel import show_tables
from app.shared.palette import Palette
from app.shared.race import ends, race, race_still
from app.shared.reading import label_names
from app.shared.sheet import Figure, by_column
from app.shared.text import shorten
from elbert_core.policies import ExitPolicy
from elbert_core.policies.explanation import Decision, explain
from elbert_core.results import LayerTrace

_SCRIPT = Path(__file__).with_name("race.js")
_STYLE = """
.race {width: 100%; font: inherit}
.race svg {display: block}
.race .bar {display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; margin-top: 0.4rem}
.race button {font: inherit; color: inherit; background: transparent; cursor: pointer;
  border: 1px solid var(--st-border-color); border-radius: 0.5rem; padding: 0.35rem 0.9rem;
  min-height: 2.5rem; min-width: 2.75rem}
.race button:first-child {min-width: 7rem}
.race button:focus-visible, .race input:focus-visible {
  outline: 2px solid var(--st-primary-color); outline-offset: 2px}
.race input {flex: 1 1 10rem; accent-color: var(--st-primary-color); height: 2rem}
.race p {margin: 0.3rem 0 0 0}
.race .time {font-variant-numeric: tabular-nums}
"""


def show_race(trace: LayerTrace, policy: ExitPolicy, palette: Palette) -> Figure:
    """The race and its table.

    Returns:
        A still picture of it, for the file that takes the page away.
    """
    decision = explain(policy, trace)
    st.text(words.RACE_INTRO)
    component = st.components.v2.component(
        "elbert_race",
        html='<div class="race"></div>',
        css=_STYLE,
        js=_SCRIPT.read_text(encoding="utf-8"),
    )
    component(data=race(trace, decision, palette=palette), key="compare.race", height="content")
    used, full = decision.ms_used, decision.ms_full
    said = (
        f"{narration.verdict(decision)} That took {used:.1f} of {full:.1f} ms when it was measured "
        f"on {shorten(trace.device, 30)}."
    )
    found = Figure(
        "",
        lambda colours: race_still(trace, decision, palette=colours),
        said,
        (words.RACE_NOTE,),
        race_table(trace, decision),
        (said,),
    )
    st.text(said)
    show_tables(found, words.RACE_TABLE)
    st.caption(words.RACE_NOTE)
    return found


def race_table(trace: LayerTrace, decision: Decision) -> dict[str, list[object]]:
    """The race by column, one entry a layer."""
    names, done = label_names(trace), ends(trace)
    rows = [
        (
            layer,
            names[int(trace.labels[layer - 1])],
            round(float(trace.confidence[layer - 1]), 4),
            round(done[layer - 1], 2),
            words.RACE_STILL if layer <= decision.exit_layer else words.RACE_GONE,
        )
        for layer in range(1, trace.n_layers + 1)
    ]
    return by_column(words.RACE_COLUMNS, rows)
