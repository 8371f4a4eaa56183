"""The files that take a page away: the page's numbers, every text as text, nothing to load."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.compare.panels import compare_html
from app.inspect.files import InspectView, inspect_html
from app.inspect.words import REAL_NOISE, real_times
from app.shared import narration
from app.shared import words as common
from app.shared.race import race_still
from app.shared.rows import Strip, strips
from app.shared.sheet import Figure
from app.shared.state import RealRun, Shown
from elbert_core.policies import ConfidenceWindow, EntropyThreshold, NeverExit
from elbert_core.policies.explanation import explain
from elbert_core.results import BatchExits, LayerTrace
from tests.app.html_files import self_contained
from tests.app.traces import make_trace

HOSTILE = {
    "tag": "<img src=x onerror='window.hit=1'> <script>window.hit=1</script> film",
    "closing": "</title></style></blockquote><script>x</script> --> ]]> film",
    "picture": "![p](https://example.org/p.png) [a](javascript:x) :red[film]",
    "formula": "$\\frac{1}{2}$ \\(x\\) film",
    "direction": "a \u202efilm\u202c that \u2067turns\u2069 \u200eround\u200f",
    "hebrew": "סרט טוב מאוד",
    "quotes": 'it\'s "good" & <b>bold</b> &amp; &lt;',
    "long": "x" * 2000,
}


def four_labels(text: str = "a good film") -> LayerTrace:
    rng = np.random.default_rng(3)
    return make_trace(
        probs=rng.dirichlet(np.ones(4), size=7), label_names=("w", "x", "y", "z"), text=text
    )


def view(trace: LayerTrace, policy: object = None, **more: object) -> InspectView:
    decision = explain(policy or ConfidenceWindow(3, 0.1), trace)  # type: ignore[arg-type]
    return InspectView(Shown(trace, "replayed"), decision, decision.exit_layer, "text=x", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("trace", [make_trace(), four_labels()], ids=["two", "four"])
@pytest.mark.parametrize("policy", [ConfidenceWindow(3, 0.1), EntropyThreshold(0.3), NeverExit()])
def test_the_file_of_inspect_has_the_page_s_numbers(trace: LayerTrace, policy: object) -> None:
    one = view(trace, policy)
    seen = self_contained(inspect_html(one))
    rows = seen.table(common.COLUMN_LAYER)
    assert len(rows) == trace.n_layers
    for row, probs in zip(rows, trace.probs, strict=True):
        for name, p in zip(trace.label_names, probs, strict=True):
            assert float(row[f"p {name}"]) == pytest.approx(float(p), abs=5e-5)
    assert narration.depth_phrase(one.decision) in seen.text
    assert narration.sure(one.decision.confidence) in seen.text
    assert common.MODES["replayed"] in seen.text
    assert "policy" not in seen.text
    assert "svg" in seen.tags


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_sentence_is_text_in_both_files(text: str) -> None:
    trace = make_trace(text=text, label_names=(text[:30], "positive"))
    html = inspect_html(view(trace, note=text))
    decision = explain(NeverExit(), trace)
    lane = [Strip(text[:40], trace, 6, text[:20], 1)]
    figure = Figure(
        text, lambda p: strips(lane, palette=p, probabilities="p"), text, (text,), {text: [text]}
    )
    other = compare_html(
        Shown(trace, "stored"), NeverExit(), "rules", "stored", figure, f"text={text}"
    )
    for file in (html, other):
        seen = self_contained(file)
        if "\u202e" in text:
            assert "⟨U+202E⟩film⟨U+202C⟩" in seen.text
        else:
            assert text in seen.text
    assert narration.verdict(decision)[-20:] in other


def test_a_real_run_and_an_opened_file_are_told() -> None:
    trace = make_trace()
    decision = explain(ConfidenceWindow(3, 0.1), trace)
    shown = Shown(trace, "replayed")
    shown.real = RealRun(
        decision.policy,
        BatchExits(
            np.array([decision.exit_layer]),
            np.array([decision.reason]),
            np.array([decision.label]),
            6,
            probs=np.array([[0.1, 0.9]], dtype=np.float32),
            truncated=np.array([False]),
            n_tokens=np.array([4]),
            label_names=trace.label_names,
            seconds=0.01,
            layer_rows=decision.exit_layer,
        ),
        (12.5, 12.1, 13.0),
        (30.5, 31.0, 29.9),
        "cpu",
    )
    html = inspect_html(InspectView(shown, decision, 1, "", note="opened"))
    assert common.MODES["real"] in html
    assert "12.5 ms (12.1 to 13.0)" in html
    assert "30.5 ms (29.9 to 31.0)" in html
    noisy = replace(shown.real, stopped_ms=(12.0, 40.0, 20.0))
    assert real_times(noisy) == REAL_NOISE.format(device="cpu")
    assert ">opened<" in html.replace(" opened<", ">opened<")


@pytest.mark.parametrize("trace", [make_trace(), four_labels()], ids=["two", "four"])
def test_the_race_on_paper_ends_where_the_run_ends(trace: LayerTrace) -> None:
    decision = explain(ConfidenceWindow(2, 0.1), trace)

    def draw(palette: object) -> dict[str, object]:
        return race_still(trace, decision, palette=palette)  # type: ignore[arg-type]

    figure = Figure("", draw, "alt", table={common.RACE_COLUMNS[0]: [1]})  # type: ignore[arg-type]
    shown = Shown(trace, "stored")
    html = compare_html(shown, decision.policy, "race", "stored", figure, "")
    self_contained(html)
    from app.shared.palette import LIGHT

    spec = race_still(trace, decision, palette=LIGHT)
    (blocks,) = [layer for layer in spec["layer"] if layer["name"] == "blocks"]
    rows = blocks["data"]["values"]
    assert len(rows) == decision.exit_layer + trace.n_layers
    assert rows[-1]["x2"] == pytest.approx(trace.embed_ms + trace.layer_ms.sum(), abs=1e-3)
