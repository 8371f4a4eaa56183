"""Commands of the long runs: `train`, `distill`, `pack`, `teacher`, `label`.

Their flags are the fields of their settings. A preset fills in whatever is not given on the command
line.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import logging
import re
import sys
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from elbert_core.errors import ConfigError
from elbert_core.training.presets import TRAIN_PRESETS

RUNS = {
    "train": ("train", "TrainConfig", "train", "Train an early-exit classifier."),
    "distill": (
        "distillation",
        "DistillConfig",
        "distill",
        "Teach a shared-layer student an encoder's hidden states on plain text.",
    ),
    "pack": (
        "packing",
        "PackConfig",
        "pack",
        "Make a distillation portable: token ids and a half-precision teacher.",
    ),
    "teacher": (
        "teachers",
        "TeacherConfig",
        "finetune_teacher",
        "Fine-tune an ordinary encoder to teach a student with.",
    ),
    "label": (
        "labelling",
        "LabelConfig",
        "label",
        "Store a teacher's logits for many texts, for `train --labels`.",
    ),
}
"""Module, settings and function of each command, and its help text."""


def register(app: typer.Typer) -> None:
    """Add the commands; imports torch, because settings lie beside what they steer."""
    for name, (module, settings, function, summary) in RUNS.items():
        home = importlib.import_module(f"elbert_core.training.{module}")
        presets = TRAIN_PRESETS if name == "train" else {}
        start = f"{home.__name__}:{function}"
        add_command(app, name, getattr(home, settings), start, summary, presets=presets)


def add_command(
    app: typer.Typer,
    name: str,
    settings: type[Any],
    start: str,
    summary: str,
    *,
    presets: Mapping[str, Mapping[str, Any]] = types.MappingProxyType({}),
) -> None:
    """Register a command whose flags are the fields of a settings dataclass.

    Its docstring's Attributes give the help texts. `start` is the "module:function" that takes the
    settings and returns a folder, imported when run; `presets` are settings by name for a flag
    `--preset`, and what one may give is not required.
    """
    hints = typing.get_type_hints(settings)
    helps = attribute_helps(settings)
    in_presets = set().union(*presets.values())
    parameters = [_parameter("context", typer.Context)]
    if presets:
        words = f"settings to start from: {', '.join(presets)}; flags that are given win."
        option = typer.Option("--preset", help=words)
        parameters.append(_parameter("preset", Annotated[str | None, option], None))
    for field in dataclasses.fields(settings):
        kind, default = _flag_type(hints[field.name]), field.default
        if default is dataclasses.MISSING:
            default = inspect.Parameter.empty
            if field.name in in_presets:
                kind, default = kind | None, None
        if isinstance(default, tuple):
            default = list(default)
        option = typer.Option(f"--{field.name.replace('_', '-')}", help=helps.get(field.name, ""))
        parameters.append(_parameter(field.name, Annotated[kind, option], default))

    def command(context: typer.Context, preset: str | None = None, **values: Any) -> None:
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        given = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        given |= _from_preset(context, preset, presets)
        for field in dataclasses.fields(settings):
            if field.default is dataclasses.MISSING and given[field.name] is None:
                raise ConfigError(f"{name} needs --{field.name} or --preset")
        module, _, function = start.partition(":")
        run: Callable[[Any], Path] = getattr(importlib.import_module(module), function)
        sys.stdout.write(f"written to {run(settings(**given))}\n")

    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # read by typer
    command.__doc__ = summary
    app.command(name)(command)


def _parameter(name: str, kind: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def _from_preset(
    context: typer.Context, preset: str | None, presets: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """Settings of a preset that the command line leaves open."""
    if preset is None:
        return {}
    if preset not in presets:
        raise ConfigError(f"preset must be one of {', '.join(presets)}, got {preset!r}")
    sources = {name: context.get_parameter_source(name) for name in presets[preset]}
    open_ones = [n for n, source in sources.items() if source is None or source.name == "DEFAULT"]
    return {name: presets[preset][name] for name in open_ones}


def _flag_type(hint: Any) -> Any:
    """The type typer should parse: tuples as repeatable flags, Literal as text."""
    origin = typing.get_origin(hint)
    if origin is tuple:
        return list[str]
    if origin is typing.Literal:
        return str
    if origin in (typing.Union, types.UnionType):
        inner = next(t for t in typing.get_args(hint) if t is not type(None))
        return _flag_type(inner) | None
    return hint


def attribute_helps(settings: type[Any]) -> dict[str, str]:
    """Help text of each setting, from the Attributes of a dataclass and of those it extends."""
    helps: dict[str, str] = {}
    for owner in reversed(settings.__mro__):
        section = (owner.__doc__ or "").partition("Attributes:")[2]
        for names, words in re.findall(
            r"^ {8}([\w, \n]+?): (.+?)(?=^ {8}\w|\Z)", section, re.MULTILINE | re.DOTALL
        ):
            for name in re.split(r",\s*", names):
                helps[name.strip()] = " ".join(words.split())
    return helps
