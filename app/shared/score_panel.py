"""The numbers of the score."""

from __future__ import annotations

from app.shared import narration, words
from app.shared.quantities import quantity
from app.shared.reading import label_names, own_values, shown_at
from app.shared.rules import capital
from elbert_core.policies.explanation import Decision
from elbert_core.results import LayerTrace


def layer_table(trace: LayerTrace, decision: Decision) -> dict[str, list[object]]:
    """The figure's numbers by column, one entry a layer."""
    names = label_names(trace)
    columns: dict[str, list[object]] = {words.COLUMN_LAYER: list(range(1, trace.n_layers + 1))}
    columns[words.COLUMN_LEADS] = [names[int(i)] for i in trace.labels]
    for index, name in enumerate(names):
        columns[f"p {name}"] = [round(float(p), 4) for p in trace.probs[:, index]]
    columns[words.COLUMN_ENTROPY] = [round(float(e), 4) for e in trace.entropy]
    own = shown_at(decision, 1, "own")
    if own is not None:
        name = capital(quantity(own.quantity).name)
        columns[name] = [round(value, 4) for value in own_values(decision)]
    columns[words.COLUMN_MS] = [round(float(ms), 2) for ms in trace.layer_ms]
    columns[words.COLUMN_VERDICT] = [
        narration.layer_outcome(verdict, decision) for verdict in decision.verdicts
    ]
    return columns
