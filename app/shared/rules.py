"""Stopping rules, one card a kind: the only place where the app names one.

A card gives a rule its name, its source, its settings with their limits, its words and its mark in
figures; picker, link, verdicts, figures, tables and reports read it. What a rule measures is said
in `quantities`. A kind of the core without a card gets a plain one made from its class, so that a
rule can be used before anybody has written about it. Knows no Streamlit and no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields, replace
from typing import Any

from app.shared.cards import MAX_LAYERS, Mark, RuleCard, Said, Setting, Value
from elbert_core.errors import ConfigError
from elbert_core.policies import POLICIES, ExitPolicy, policy_from_dict

_DOUBT = "0 is certain, 1 is an even guess"


def _layers(name: str, default: int, label: str, term: str, **more: Any) -> Setting:
    return Setting(name, "int", default, 1, more.pop("high", MAX_LAYERS), 1, label, term, **more)


def _share(name: str, default: float, label: str, term: str, **more: Any) -> Setting:
    high, step = more.pop("high", 1.0), more.pop("step", 0.01)
    return Setting(name, "float", default, 0.0, high, step, label, term, **more)


def _choice(name: str, label: str, term: str, **options: str) -> Setting:
    first = next(iter(options))
    return Setting(name, "choice", first, 0, 0, 1, label, term, options, advanced=True)


def _patience(default: int, label: str, term: str) -> Setting:
    return _layers("patience", default, label, term, high=MAX_LAYERS - 1)


_MIN_LAYER = _layers(
    "min_layer",
    1,
    "Not before layer",
    "No early exit before this many layers; windows may fill up earlier.",
    advanced=True,
)


def _rule(name: str, term: str, said: Said, *settings: Setting, mark: Mark) -> RuleCard:
    """The card of a rule that can be held back."""
    return RuleCard(name, term, said, (*settings, _MIN_LAYER), mark)


def _window_said(got: Mapping[str, Any]) -> str:
    size = got["window_size"]
    said = "1 layer takes a side" if size == 1 else f"{size} layers agree"
    said += {"agree": "", "monotone": ", ever surer", "stable": ", sureness within {max_range:g}"}[
        got["rule"]
    ]
    said += ", {margin:g} off a tie" if got["margin"] else ""
    return said + (", or doubt under {entropy_threshold:g}" if got["entropy_threshold"] else "")


RULES: dict[str, RuleCard] = {
    "window": _rule(
        "Sure, or layers agree",
        "ELBERT: two stages, entropy threshold, then confidence window (Xie et al. 2021); also "
        "published as EPEE (2025).",
        _window_said,
        _layers(
            "window_size",
            4,
            "Layers that must agree",
            "Window size: how many layers in a row, this one included, must agree.",
        ),
        _share(
            "entropy_threshold",
            0.1,
            "Sure means doubt under",
            f"Entropy threshold, normalised: {_DOUBT}. The entropy must lie strictly under it; "
            "0 turns this stage off.",
        ),
        _choice(
            "rule",
            "What agreeing means",
            "Window rule: bias 1, 2 and 3 of the ELBERT paper.",
            agree="the same label throughout",
            monotone="the same label, never less sure",
            stable="the same label, confidence steady",
        ),
        _share(
            "margin",
            0.0,
            "Distance from a tie",
            "Margin: how far a probability must be from ½ before it counts as taking a side.",
            high=0.49,
            advanced=True,
        ),
        _share(
            "max_range",
            0.1,
            "Confidence may move by",
            "Range: largest less smallest confidence in the window, for the steady rule.",
            advanced=True,
        ),
        mark=Mark("diamond", "◆", "#D55E00", "#E69F00"),
    ),
    "entropy": _rule(
        "Doubt low enough",
        "Entropy threshold (DeeBERT, Xin et al. 2020).",
        lambda got: "doubt under {threshold:g}" + (" nats" if got["unit"] == "nats" else ""),
        _share(
            "threshold",
            0.1,
            "Doubt under",
            f"Threshold on normalised entropy, strict: {_DOUBT}.",
            high=2.0,
            tops={("unit", "normalised"): 1.0},
        ),
        _choice(
            "unit",
            "Doubt measured as",
            "Normalised: entropy as a share of its maximum. Nats: raw entropy, as DeeBERT has it.",
            normalised="a share of the maximum",
            nats="nats",
        ),
        mark=Mark("circle", "●", "#0072B2", "#56B4E9"),
    ),
    "confidence": _rule(
        "Probability high enough",
        "Confidence threshold on the largest probability (Schwartz et al. 2020).",
        "probability above {threshold:g}",
        _share(
            "threshold",
            0.95,
            "Probability above",
            "Confidence threshold: the largest probability must lie above it.",
        ),
        mark=Mark("triangle-down", "▼", "#3C93C7", "#A9D8F5"),
    ),
    "energy": _rule(
        "Evidence strong enough",
        "Energy of the logits under a threshold (COSEE, He et al. 2025).",
        "energy under {threshold:g}",
        _share(
            "threshold",
            0.02,
            "Energy under",
            "Threshold on 1 ÷ (1 + Σ exp z), strict: near 0 for strong evidence.",
            step=0.001,
            digits=8,
        ),
        mark=Mark("M1.1,-1.1L-1.1,0L1.1,1.1Z", "◀", "#23527C", "#8FB8DE"),
    ),
    "patience": _rule(
        "Same answer repeated",
        "Patience (PABEE, Zhou et al. 2020).",
        "the same answer confirmed {patience}×",
        _patience(
            3,
            "Confirmations needed",
            "Patience: how often running the next layer must confirm the label.",
        ),
        mark=Mark("square", "■", "#B4588D", "#CC79A7"),
    ),
    "consecutive_confidence": _rule(
        "Sure several times running",
        "Patient and confident exit (PCEE-BERT, Zhang et al. 2022).",
        "{patience} layers in a row with doubt under {threshold:g}",
        _share(
            "threshold",
            0.2,
            "Sure means doubt under",
            f"Threshold on normalised entropy, strict: {_DOUBT}.",
        ),
        _patience(
            2,
            "Sure layers in a row",
            "Patience: how many layers in a row must be sure; their labels need not agree.",
        ),
        mark=Mark("M0,-1.3L.8,0L0,1.3L-.8,0ZM0,-.6L-.36,0L0,.6L.36,0Z", "◊", "#7A4FA3", "#B59AE0"),
    ),
    "distribution_patience": _rule(
        "Small steps in a row",
        "Patience on Jensen-Shannon divergence (F-PABEE, Gao et al. 2023).",
        "{patience} small steps in a row (under {threshold:g})",
        _share(
            "threshold",
            0.005,
            "A step is small under",
            "Jensen-Shannon divergence from the layer before, in nats; strictly under this "
            "counts as small.",
            high=0.5,
            step=0.001,
        ),
        _patience(3, "Small steps in a row", "Patience: how many small steps running."),
        mark=Mark("triangle-right", "▶", "#5B6475", "#BBBBBB"),
    ),
    "fixed": RuleCard(
        "Always the same layer",
        "Static truncation: a baseline that looks at nothing.",
        "always after layer {layer}",
        (_layers("layer", 6, "Stop after layer", "The same depth for every sentence."),),
        Mark("square", "□"),
    ),
    "never": RuleCard(
        "Never stops early", "The full-depth baseline that all savings refer to.", "never early"
    ),
}
"""Cards by kind, in the order shown."""

FAMILIES: dict[str, RuleCard] = {
    "window_monotone": replace(
        RULES["window"],
        name="Sure, or ever surer",
        term="ELBERT with the window rule “monotone” (bias 2).",
        mark=Mark("triangle-up", "▲", "#A8480A", "#F0E442"),
    ),
    "window_stable": replace(
        RULES["window"],
        name="Sure, or steady",
        term="ELBERT with the window rule “stable” (bias 3).",
        mark=Mark("cross", "✚", "#B97C00", "#D98A4B"),
    ),
}
"""Kinds of which a sweep tries a variant with a curve of its own, by the name of that family."""


def kinds() -> tuple[str, ...]:
    """Every kind that can be chosen: those with a card first."""
    others = [kind for kind in POLICIES if kind not in RULES and _usual(kind) is not None]
    return (*(kind for kind in RULES if kind in POLICIES), *others)


def card(name: str) -> RuleCard:
    """The card of a kind or of a family of settings; a plain one where none was written."""
    return RULES.get(name) or FAMILIES.get(name) or _plain(name)


def defaults(kind: str) -> dict[str, Value]:
    """The settings of a kind at first."""
    return {setting.name: setting.default for setting in card(kind).settings}


def build_policy(kind: str, values: Mapping[str, Value]) -> ExitPolicy:
    """A rule of checked settings; its defaults where the settings do not go together."""
    settings = card(kind).settings
    fitted = {s.name: s.fit(values.get(s.name, s.default)) for s in settings}
    for setting in settings:
        value = fitted[setting.name]
        if not isinstance(value, str) and value > setting.top(fitted):
            fitted[setting.name] = setting.top(fitted)
    try:
        return policy_from_dict({"kind": kind, **fitted})
    except ConfigError:
        return policy_from_dict({"kind": kind, **defaults(kind)})


def described(policy: ExitPolicy) -> str:
    """The settings of a rule in a few plain words."""
    got, words = policy.settings(), card(policy.kind).said
    text = (words if isinstance(words, str) else words(got)).format(**got)
    if policy.min_layer > 1 and not policy.baseline:
        text += f", not before layer {policy.min_layer}"
    return text


def capital(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def named(policy: ExitPolicy) -> str:
    """A rule's name with its settings."""
    return f"{card(policy.kind).name} ({described(policy)})"


def _plain(kind: str) -> RuleCard:
    """A card made from the class: its fields, and the first line of its docstring."""
    policy = POLICIES[kind]
    tried = policy.grid(12, 2)
    usual = tried[len(tried) // 2].settings() if tried else {}
    settings = []
    for one in fields(policy):
        label = one.name.replace("_", " ").capitalize()
        first: Any = usual.get(one.name, None if one.default is MISSING else one.default)
        if one.name == "min_layer":
            settings.append(_MIN_LAYER)
        elif one.type in ("int", int):
            settings.append(_layers(one.name, 2 if first is None else first, label, ""))
        elif one.type in ("float", float):
            settings.append(_share(one.name, 0.5 if first is None else first, label, ""))
    return RuleCard(
        name=kind.replace("_", " ").capitalize(),
        term=(policy.__doc__ or "").strip().partition("\n")[0],
        said=", ".join(f"{s.label.lower()} {{{s.name}}}" for s in settings if s != _MIN_LAYER),
        settings=tuple(sorted(settings, key=lambda setting: setting.advanced)),
    )


def _usual(kind: str) -> ExitPolicy | None:
    try:
        return policy_from_dict({"kind": kind, **defaults(kind)})
    except ConfigError:
        return None
