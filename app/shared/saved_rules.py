"""Rules under a name: those of this visit, and those of files that a visitor opens.

A saved rule is used exactly as it is or not at all: where the controls cannot hold one of its
settings, the file is refused, because a promise about 0.98765 is none about 0.99.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app.shared import visit
from app.shared import wording_rules as words
from app.shared.cards import MAX_LAYERS
from app.shared.rules import capital, described, kinds
from app.shared.state import InspectState
from app.shared.text import visible
from app.shared.widgets import bind, remembered, upload, warn
from elbert_core.errors import InputError
from elbert_core.policies import ExitPolicy
from elbert_core.policy_files import (
    MAX_BYTES,
    Guarantee,
    SavedPolicy,
    policy_from_json,
    policy_to_json,
)

PICK = "rules.pick"
FILE = "rules.file"
MOST = 20
"""Rules remembered in a visit; the oldest goes first."""
MAX_NAME = 60


@dataclass(slots=True)
class SavedRules:
    """The rules of this visit by name, and what went wrong last, "" for nothing."""

    rules: dict[str, SavedPolicy] = field(default_factory=dict)
    message: str = ""


def adopt(state: InspectState, policy: ExitPolicy) -> None:
    """Make a policy the rule in use, on every page.

    Raises:
        InputError: the app has no such rule, or its controls cannot hold one of its settings.
    """
    if policy.kind not in kinds():
        raise InputError(words.NO_SUCH_RULE.format(kind=policy.kind))
    if not state.adopt(policy):
        raise InputError(words.OUT_OF_RANGE.format(layers=MAX_LAYERS))


def saved() -> dict[str, SavedPolicy]:
    """The rules of this visit by name."""
    return remembered(SavedRules).rules


def remember(one: SavedPolicy) -> None:
    """Offer a rule by its name from now on; another rule of that name gives way."""
    known = saved()
    name = _short(one.name) or capital(described(one.policy))
    known.pop(name, None)
    known[name] = one
    while len(known) > MOST:
        del known[next(iter(known))]


def show_saved(state: InspectState) -> None:
    """The rules of this visit, opening a file, and saving the rule in use."""
    if state.rule_is_fixed:
        return
    current = state.exit_policy()
    with st.expander(words.HEADING):
        name = next((n for n, one in saved().items() if one.policy == current), None)
        if saved():
            st.selectbox(
                words.PICK_LABEL,
                list(saved()),
                placeholder=words.PICK_NONE,
                help=words.PICK_HELP,
                filter_mode=None,
                **bind({"": name}, "", PICK, then=lambda picked: _picked(state, picked)),
            )
        if name is not None:
            st.text(_about(name, saved()[name].guarantee))
        st.file_uploader(
            words.OPEN_LABEL,
            type="json",
            help=words.OPEN_HELP,
            **upload(FILE, lambda given: _opened(state, given)),
        )
        if remembered(SavedRules).message:
            warn(remembered(SavedRules).message)
        st.download_button(
            words.SAVE,
            policy_to_json(
                saved()[name] if name else SavedPolicy(capital(described(current)), current)
            ),
            "elbert-policy.json",
            "application/json",
            on_click="ignore",
            help=words.SAVE_HELP,
            key="rules.save",
        )


def _picked(state: InspectState, name: str | None) -> None:
    one = saved().get(str(name))
    if one is not None:
        _use(state, lambda: one)


def _opened(state: InspectState, given: Any) -> None:
    remembered(SavedRules).message = ""
    if given is not None:
        _use(state, lambda: policy_from_json(given.read(MAX_BYTES + 1), where="the file"))


def _use(state: InspectState, read: Callable[[], SavedPolicy]) -> None:
    mine = remembered(SavedRules)
    try:
        one = read()
        adopt(state, one.policy)
    except InputError as error:
        said = visible(" ".join(str(error).split()), limit=300)
        mine.message = words.BAD_FILE.format(message=said)
    else:
        remember(one)
        mine.message = ""


def _about(name: str, guarantee: Guarantee | None) -> str:
    said = words.IN_USE.format(name=name)
    if guarantee is None:
        return said
    certainty = words.ON_AVERAGE
    if guarantee.confidence is not None:
        certainty = words.WITH_CONFIDENCE.format(confidence=100 * guarantee.confidence)
    said += " " + words.PROMISE.format(
        limit=f"{100 * guarantee.max_loss:g}",
        risk=words.RISKS[guarantee.risk],
        certainty=certainty,
        n=guarantee.n_test,
        data=_short(guarantee.data),
        split=_short(guarantee.split),
        checkpoint=_short(guarantee.checkpoint),
    )
    return said if _is_of_shown(guarantee) else f"{said} {words.OTHER_MODEL}"


def _is_of_shown(guarantee: Guarantee) -> bool:
    """True unless another model than the promise's has read the sentence on the page."""
    on_show = visit.shown()
    if on_show is None:
        return True
    trace = on_show.trace
    if trace.digest and guarantee.digest:
        return trace.digest == guarantee.digest
    return trace.checkpoint == guarantee.checkpoint


def _short(text: str) -> str:
    return visible(text.strip(), limit=MAX_NAME)
