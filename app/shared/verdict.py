"""The answer first: one line with label, depth and reason, and what that saves."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from app.shared import narration, visit, words
from app.shared.palette import Palette, glyph
from app.shared.state import Mode, RealRun, Shown
from app.shared.text import plain_markdown, visible
from elbert_core.policies.explanation import Decision

SIZES = ("1.9rem", "1.25rem")
_BADGE_COLOURS = {"real": "primary", "replayed": "blue", "stored": "gray", "opened": "gray"}


def show_verdict(shown: Shown, decision: Decision, palette: Palette) -> None:
    """The verdict line, the mode badge and the saving."""
    mode, former = mode_of(shown, decision), visit.current().refused
    if former:
        st.caption(plain_markdown(words.FORMER.format(text=visible(shown.trace.text, limit=90))))
    st.html(verdict_html(decision, palette, former=former))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        colour = _BADGE_COLOURS[mode]
        st.badge(words.MODES[mode], color=colour, help=words.MODE_HELP[mode])  # type: ignore[arg-type]  # a Literal to Streamlit
        st.text(narration.saves(decision), width="content")
        st.text(narration.compared_with_full(decision), width="content")
        st.caption(plain_markdown(read_by(shown)), width="content")
    cut = truncated(shown)
    if cut:
        st.info(cut)


def mode_of(shown: Shown, decision: Decision) -> Mode:
    """Which kind of figure this is."""
    return "real" if is_real(shown, decision) else shown.mode


def truncated(shown: Shown) -> str:
    """That the end of the text was not read, "" when it was."""
    trace = shown.trace
    if not trace.truncated:
        return ""
    return words.TRUNCATED.format(read=len(trace.tokens), full=trace.n_tokens_full)


def show_mode(shown: Shown, mode: Mode) -> None:
    """Which kind of figure this is and which model made it, for pages without a verdict line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(
            words.MODES[mode],
            color=_BADGE_COLOURS[mode],  # type: ignore[arg-type]  # a Literal to Streamlit
            help=words.MODE_HELP[mode],
        )
        st.caption(plain_markdown(read_by(shown)), width="content")


def read_by(shown: Shown) -> str:
    """Which model made the record, and where."""
    trace = shown.trace
    return words.READ_BY.format(
        checkpoint=trace.checkpoint[:60], device=trace.device[:30], dtype=trace.dtype[:30]
    )


def show_real_run(shown: Shown, decision: Decision) -> None:
    """What happened when the model really stopped under the rule in use, if it was tried."""
    for line in real_run(shown, decision):
        st.text(line)


def real_run(shown: Shown, decision: Decision) -> tuple[str, ...]:
    """The same as lines of plain text; none when it was not tried with this rule."""
    real = shown.real
    if real is None or real.policy != decision.policy:
        return ()
    answer = f"{narration.name(real.label_name)}, {narration.sure(real.confidence)}"
    return (
        words.REAL_SAME if is_real(shown, decision) else words.REAL_OTHER,
        f"{answer}, after layer {real.exit_layer} of {real.n_layers}. " + real_times(real),
    )


def real_times(real: RealRun) -> str:
    """What stopping saved in time, unless the times vary by more than that."""
    stopped, full = np.asarray(real.stopped_ms), np.asarray(real.full_ms)
    noise = max(float(np.subtract(*np.percentile(ms, (75, 25)))) for ms in (stopped, full))
    if float(np.median(full) - np.median(stopped)) <= noise:
        return words.REAL_NOISE.format(device=real.device)
    spans = [
        words.REAL_SPAN.format(median=np.median(ms), fastest=ms.min(), slowest=ms.max())
        for ms in (stopped, full)
    ]
    return words.REAL_TIME.format(
        runs=len(stopped), device=real.device, stopped=spans[0], full=spans[1]
    )


def is_real(shown: Shown, decision: Decision) -> bool:
    """True when the last real run used exactly the rule on show and left at the same layer."""
    real = shown.real
    return (
        real is not None
        and real.policy == decision.policy
        and (real.exit_layer, real.label) == (decision.exit_layer, decision.label)
    )


def verdict_html(decision: Decision, palette: Palette, *, former: bool = False) -> str:
    """The verdict as escaped HTML; the label has its colour and its shape.

    Args:
        decision: what is said.
        palette: colours for a light or a dark page.
        former: whether it belongs to an older sentence than the one asked for: small and light.
    """
    # small and light, not faded: text that is too pale to read is no text
    large, rest_size = ("1rem", "0.9rem") if former else SIZES
    weight = 400 if former else 700
    label = escape(narration.name(decision.label_name))
    colour = palette.label_text(decision.label)
    sure = narration.sure(decision.confidence)
    rest = f"{narration.depth_phrase(decision)}: {narration.short_reason(decision)}"
    return (
        '<div role="status" style="display:flex;flex-wrap:wrap;align-items:baseline;'
        f'gap:0.1rem 0.7rem;line-height:1.25">'
        f'<span style="font-size:{large};font-weight:{weight};color:{colour}">'
        f'<span aria-hidden="true">{glyph(decision.label)}</span> {label}</span>'
        f'<span style="font-size:{rest_size};font-weight:{min(weight, 600)}">{sure}</span>'
        f'<span style="font-size:{rest_size}">{escape(rest)}</span>'
        "</div>"
    )
