"""What the Inspect page remembers, and how it is written into a link.

One schema, `POLICY_SETTINGS`, says for every policy which settings there are, their range and
their default; the widgets, the link and the tests read it. A link is a stranger's input: unknown
names are ignored, and a value that does not fit falls back to its default. Knows no Streamlit and
no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from app.shared.text import MAX_CHARS
from elbert_core.errors import ConfigError
from elbert_core.policies import POLICIES, WINDOW_RULES, ExitPolicy, policy_from_dict
from elbert_core.results import ExitReason, LayerTrace

Value: TypeAlias = "int | float | str"
Mode = Literal["stored", "opened", "replayed", "real"]

MAX_LAYERS = 24
"""Deepest model whose layers fit the sliders (ALBERT-large has 24)."""
DEFAULT_POLICY = "window"
DEFAULT_PRESET = "easy"
MAX_NAME = 60
"""Longest preset or checkpoint name taken from a link."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a policy: what it may be and what it is at first.

    Attributes:
        name: field name of the policy and parameter name in a link.
        kind: "int" and "float" are ranges, "choice" is one of `options`.
        advanced: True when it belongs behind "More settings".
    """

    name: str
    kind: Literal["int", "float", "choice"]
    default: Value
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    options: tuple[str, ...] = ()
    advanced: bool = False

    def parse(self, raw: str) -> Value:
        """The value that a link's text stands for; the default when it is no good."""
        if self.kind == "choice":
            return raw if raw in self.options else self.default
        try:
            number = float(raw) if len(raw) <= 20 else math.nan
        except ValueError:
            return self.default
        return self.fit(number)

    def fit(self, value: Value) -> Value:
        """The value itself when it is in range, else the default."""
        if self.kind == "choice":
            return value if value in self.options else self.default
        if isinstance(value, str) or not math.isfinite(value):
            return self.default
        if not self.low <= value <= self.high:
            return self.default
        if self.kind == "int":
            return int(value) if float(value).is_integer() else self.default
        return round(float(value), 4)


_MIN_LAYER = Setting("min_layer", "int", 1, 1, MAX_LAYERS, advanced=True)

POLICY_SETTINGS: dict[str, tuple[Setting, ...]] = {
    "window": (
        Setting("window_size", "int", 4, 1, MAX_LAYERS),
        Setting("entropy_threshold", "float", 0.1, 0.0, 1.0, 0.01),
        Setting("rule", "choice", "agree", options=WINDOW_RULES, advanced=True),
        Setting("margin", "float", 0.0, 0.0, 0.49, 0.01, advanced=True),
        Setting("max_range", "float", 0.1, 0.0, 1.0, 0.01, advanced=True),
        _MIN_LAYER,
    ),
    "entropy": (
        Setting("threshold", "float", 0.1, 0.0, 2.0, 0.01),
        Setting("unit", "choice", "normalised", options=("normalised", "nats"), advanced=True),
        _MIN_LAYER,
    ),
    "confidence": (Setting("threshold", "float", 0.95, 0.0, 1.0, 0.01), _MIN_LAYER),
    "patience": (Setting("patience", "int", 3, 1, MAX_LAYERS - 1), _MIN_LAYER),
    "distribution_patience": (
        Setting("threshold", "float", 0.005, 0.0, 0.5, 0.001),
        Setting("patience", "int", 3, 1, MAX_LAYERS - 1),
        _MIN_LAYER,
    ),
    "fixed": (Setting("layer", "int", 6, 1, MAX_LAYERS),),
    "never": (),
}


LOCKS: tuple[str, ...] = (
    "sentence",
    "policy",
    *dict.fromkeys(s.name for settings in POLICY_SETTINGS.values() for s in settings),
)
"""What a link may fix so that it cannot be changed on the page."""


def defaults(kind: str) -> dict[str, Value]:
    """The settings of a policy at first."""
    return {setting.name: setting.default for setting in POLICY_SETTINGS[kind]}


@dataclass(slots=True)
class InspectState:
    """Everything about the Inspect page that a link can carry.

    Attributes:
        preset: name of the stored example on show, or None for a sentence of one's own.
        text: that sentence, "" when a preset is on show.
        policy: kind of the stopping rule.
        values: settings of each policy that was looked at, by kind.
        checkpoint, device: what reads new sentences; "" leaves the choice to the app.
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


def build_policy(kind: str, values: Mapping[str, Value]) -> ExitPolicy:
    """A policy of checked settings; its defaults where the settings do not go together."""
    fitted = {s.name: s.fit(values.get(s.name, s.default)) for s in POLICY_SETTINGS[kind]}
    if kind == "entropy" and fitted["unit"] == "normalised":
        fitted["threshold"] = min(float(fitted["threshold"]), 1.0)
    try:
        return policy_from_dict({"kind": kind, **fitted})
    except ConfigError:
        return policy_from_dict({"kind": kind, **defaults(kind)})


def from_query(query: Mapping[str, str], presets: tuple[str, ...]) -> InspectState:
    """The state that a link asks for. Never fails; what it cannot use, it leaves at the default."""
    state = InspectState()
    kind = query.get("policy", DEFAULT_POLICY)
    state.policy = kind if kind in POLICIES and kind in POLICY_SETTINGS else DEFAULT_POLICY
    state.values[state.policy] = {
        s.name: s.parse(query[s.name]) if s.name in query else s.default
        for s in POLICY_SETTINGS[state.policy]
    }
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
    state.lock = tuple(name for name in LOCKS if name in asked)
    return state


def to_query(state: InspectState, *, with_text: bool = True) -> dict[str, str]:
    """What a link carries: only what differs from the defaults, so that links stay short."""
    query: dict[str, str] = {}
    if state.preset is None:
        if with_text and state.text:
            query["text"] = state.text
    elif state.preset != DEFAULT_PRESET:
        query["preset"] = state.preset
    if state.policy != DEFAULT_POLICY:
        query["policy"] = state.policy
    settings = state.settings()
    for setting in POLICY_SETTINGS[state.policy]:
        value = settings.get(setting.name, setting.default)
        if value != setting.default:
            query[setting.name] = f"{value:g}" if isinstance(value, float) else str(value)
    if state.checkpoint:
        query["checkpoint"] = state.checkpoint
    if state.device:
        query["device"] = state.device
    if state.table:
        query["table"] = state.table
    if state.lock:
        query["lock"] = ",".join(state.lock)
    return query


# -- what is on show -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RealRun:
    """One sentence that was really stopped by a rule.

    Attributes:
        policy: the rule.
        exit_layer, n_layers, reason: where it left and why.
        label, label_name, confidence: its answer.
        ms: wall-clock milliseconds of the run, tokenising included.
        device: where it ran.
    """

    policy: ExitPolicy
    exit_layer: int
    n_layers: int
    reason: ExitReason
    label: int
    label_name: str
    confidence: float
    ms: float
    device: str


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
