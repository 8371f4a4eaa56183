"""What the Inspect page remembers, and how it is written into a link.

Which settings a rule has, their ranges and their defaults stand on its card in `rules`. A link is a
stranger's input: unknown names are ignored, and a value that does not fit falls back to its
default. Knows no Streamlit and no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.shared.cards import Value
from app.shared.rules import build_policy, card, defaults, kinds
from app.shared.text import MAX_CHARS
from elbert_core.policies import ExitPolicy
from elbert_core.results import BatchExits, LayerTrace

Mode = Literal["stored", "opened", "replayed", "real"]

DEFAULT_POLICY = "window"
"""The rule of a model that recommends none, and of links that give settings but name no rule."""
DEFAULT_PRESET = "easy"
MAX_NAME = 60
"""Longest preset or checkpoint name taken from a link."""


@dataclass(slots=True)
class InspectState:
    """Everything about the Inspect page that a link can carry.

    Attributes:
        preset: name of the stored example on show, or None for a sentence of one's own.
        text: that sentence, "" when a preset is on show.
        policy: kind of the stopping rule.
        values: settings of each policy that was looked at, by kind.
        checkpoint, device: what reads new sentences; "" leaves the choice to the app.
        usual: the rule that the model in use recommends, which a link need not name; None while
            that is not known of a link that names a rule.
        lock: what a teacher's link fixes: "sentence", "policy", or a setting by its name.
        table: name of the evaluation table on the Trade-off page, "" for the first one.
    """

    preset: str | None = DEFAULT_PRESET
    text: str = ""
    policy: str = DEFAULT_POLICY
    values: dict[str, dict[str, Value]] = field(default_factory=dict)
    checkpoint: str = ""
    device: str = ""
    table: str = ""
    usual: ExitPolicy | None = field(default_factory=lambda: DEFAULT_RULE)
    lock: tuple[str, ...] = ()

    @property
    def rule_is_fixed(self) -> bool:
        """Whether the link fixes the rule or one of its settings."""
        return any(name != "sentence" for name in self.lock)

    def settings(self) -> dict[str, Value]:
        """Settings of the policy in use."""
        return self.values.setdefault(self.policy, defaults(self.policy))

    def exit_policy(self) -> ExitPolicy:
        """The policy in use; its defaults where the settings do not go together."""
        return build_policy(self.policy, self.settings())

    def adopt(self, policy: ExitPolicy) -> bool:
        """Make a policy the one in use; False where the controls cannot hold it as it is."""
        if policy.kind not in kinds():
            return False
        given = policy.settings()
        values = {setting.name: given[setting.name] for setting in card(policy.kind).settings}
        if build_policy(policy.kind, values) != policy:
            return False
        self.policy, self.values[policy.kind] = policy.kind, values
        return True

    def follow(self, recommended: ExitPolicy | None) -> None:
        """Another model may be in use: take the rule it recommends, unless one was chosen."""
        usual = recommended or DEFAULT_RULE
        if usual != self.usual:
            follows = self.usual is not None and self.exit_policy() == self.usual
            if follows and not self.adopt(usual):
                usual = DEFAULT_RULE
                self.adopt(usual)
            self.usual = usual


def locks() -> tuple[str, ...]:
    """What a link may fix so that it cannot be changed on the page."""
    settings = (setting.name for kind in kinds() for setting in card(kind).settings)
    return ("sentence", "policy", *dict.fromkeys(settings))


DEFAULT_RULE: ExitPolicy = build_policy(DEFAULT_POLICY, {})


def from_query(query: Mapping[str, str], presets: tuple[str, ...]) -> InspectState:
    """The state that a link asks for. Never fails; what it cannot use, it leaves at the default.

    A link that names neither a rule nor a setting asks for the one that the model recommends; the
    settings of a link that names no rule are those of `DEFAULT_POLICY`.
    """
    state = InspectState()
    kind = query.get("policy", DEFAULT_POLICY)
    state.policy = kind if kind in kinds() else DEFAULT_POLICY
    state.values[state.policy] = {
        s.name: s.parse(query[s.name]) if s.name in query else s.default
        for s in card(state.policy).settings
    }
    if state.policy == query.get("policy") or any(s in query for s in state.settings()):
        state.usual = None
    text = query.get("text", "")
    preset = query.get("preset", "")
    if text:
        # one character more than allowed is kept, so that the page can say that it is too long
        state.preset, state.text = None, text[: MAX_CHARS + 1]
    elif preset in presets:
        state.preset = preset
    state.checkpoint = query.get("checkpoint", "")[:MAX_NAME]
    device = query.get("device", "")
    state.device = device if device in ("cpu", "cuda") else ""
    state.table = query.get("table", "")[:MAX_NAME]
    asked = query.get("lock", "").split(",")
    state.lock = tuple(name for name in locks() if name in asked)
    return state


def not_understood(query: Mapping[str, str], presets: tuple[str, ...]) -> tuple[str, ...]:
    """Names of a link's parameters on sentence, rule and device that `from_query` cannot use."""
    state = from_query(query, presets)
    used: dict[str, Value | None] = {"policy": state.policy, "device": state.device}
    used |= state.settings()
    if not state.text:
        used["preset"] = state.preset
    wrong = [name for name, value in used.items() if not _means(query.get(name), value)]
    unknown = set(query.get("lock", "").split(",")) - {"", *locks()}
    return (*wrong, *(["lock"] if unknown else []))


def _means(raw: str | None, value: Value | None) -> bool:
    if not raw or isinstance(value, str) or value is None:
        return not raw or raw == value
    try:
        return math.isclose(float(raw), value, abs_tol=1e-4)
    except ValueError:
        return False


def to_query(state: InspectState, *, with_text: bool = True) -> dict[str, str]:
    """What a link carries: only what differs from the defaults, so that links stay short."""
    query: dict[str, str] = {}
    if state.preset is None:
        if with_text and state.text:
            query["text"] = state.text
    elif state.preset != DEFAULT_PRESET:
        query["preset"] = state.preset
    if state.exit_policy() != state.usual:
        query["policy"] = state.policy
        settings = state.settings()
        for setting in card(state.policy).settings:
            value = settings.get(setting.name, setting.default)
            if value != setting.default:
                query[setting.name] = f"{value:g}" if isinstance(value, float) else str(value)
    rest = {name: getattr(state, name) for name in ("checkpoint", "device", "table")}
    rest["lock"] = ",".join(state.lock)
    return query | {name: value for name, value in rest.items() if value}


# -- what is on show -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RealRun:
    """One sentence that was really stopped by a rule.

    Attributes:
        policy: the rule.
        exits: where this one sentence left, and its answer.
        stopped_ms, full_ms: wall-clock milliseconds of runs with the rule, and of runs to full
            depth in between, tokenising included.
        device: where it ran.
    """

    policy: ExitPolicy
    exits: BatchExits
    stopped_ms: tuple[float, ...]
    full_ms: tuple[float, ...]
    device: str

    @property
    def exit_layer(self) -> int:
        """Where it left, 1..n_layers."""
        return int(self.exits.exit_layer[0])

    @property
    def label(self) -> int:
        """Index of its answer."""
        return int(self.exits.label[0])


@dataclass(slots=True)
class Shown:
    """The trace on the page and how it came there.

    Attributes:
        trace: one sentence, read to full depth.
        mode: "stored" for examples, "opened" for a file of the visitor's, "replayed" for a sentence
            read just now.
        real: the last run that really stopped, or None.
        read_again: that file's sentence read by the model here, once it was asked for.
    """

    trace: LayerTrace
    mode: Mode
    real: RealRun | None = None
    read_again: LayerTrace | None = None

    @property
    def opened(self) -> bool:
        """Whether it is the trace of a file that the visitor opened."""
        return self.mode == "opened"
