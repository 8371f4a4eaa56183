"""The answer first: one line with label, depth and reason, and what that saves."""

from __future__ import annotations

from html import escape

import streamlit as st

from app.shared import narration, wording
from app.shared.palette import Palette, glyph
from app.shared.state import Mode, Shown
from app.shared.text import plain_markdown
from elbert_core.policies.explanation import Decision

_BADGE_COLOURS = {"real": "primary", "replayed": "blue", "stored": "gray", "opened": "gray"}


def show_verdict(shown: Shown, decision: Decision, palette: Palette) -> None:
    """The verdict line, the mode badge and the saving."""
    mode = mode_of(shown, decision)
    st.html(verdict_html(decision, palette))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        colour = _BADGE_COLOURS[mode]
        st.badge(wording.MODES[mode], color=colour, help=wording.MODE_HELP[mode])  # type: ignore[arg-type]  # a Literal to Streamlit
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
    return wording.TRUNCATED.format(read=len(trace.tokens), full=trace.n_tokens_full)


def show_mode(shown: Shown, mode: Mode) -> None:
    """Which kind of figure this is and which model made it, for pages without a verdict line."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(
            wording.MODES[mode],
            color=_BADGE_COLOURS[mode],  # type: ignore[arg-type]  # a Literal to Streamlit
            help=wording.MODE_HELP[mode],
        )
        st.caption(plain_markdown(read_by(shown)), width="content")


def read_by(shown: Shown) -> str:
    """Which model made the record, and where."""
    trace = shown.trace
    return wording.READ_BY.format(
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
        wording.REAL_SAME if is_real(shown, decision) else wording.REAL_OTHER,
        f"{answer}, after layer {real.exit_layer} of {real.n_layers}. "
        + wording.REAL_TIME.format(ms=real.ms, device=real.device),
    )


def is_real(shown: Shown, decision: Decision) -> bool:
    """True when the last real run used exactly the rule on show and left at the same layer."""
    real = shown.real
    return (
        real is not None
        and real.policy == decision.policy
        and (real.exit_layer, real.label) == (decision.exit_layer, decision.label)
    )


def verdict_html(decision: Decision, palette: Palette) -> str:
    """The verdict as escaped HTML; the label has its colour and its shape."""
    label = escape(narration.name(decision.label_name))
    colour = palette.label_text(decision.label)
    sure = narration.sure(decision.confidence)
    rest = f"{narration.depth_phrase(decision)}: {narration.short_reason(decision)}"
    return (
        '<div role="status" style="display:flex;flex-wrap:wrap;align-items:baseline;'
        'gap:0.1rem 0.7rem;line-height:1.25">'
        f'<span style="font-size:1.9rem;font-weight:700;color:{colour}">'
        f'<span aria-hidden="true">{glyph(decision.label)}</span> {label}</span>'
        f'<span style="font-size:1.25rem;font-weight:600">{sure}</span>'
        f'<span style="font-size:1.25rem">{escape(rest)}</span>'
        "</div>"
    )
