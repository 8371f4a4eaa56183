"""A trace as a file: JSON that can be opened again, and CSV rows for a spreadsheet.

A trace file comes from anywhere, so reading one is strict: every field is checked for type, size
and range before an array is made, and whatever does not fit is refused by name. Nothing in a file
is ever executed or followed.
"""

from __future__ import annotations

import csv
import io
import json
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.results import ExitReason, LayerTrace
from elbert_core.strict_json import Digest, ShortText, read_json, shown
from elbert_core.uncertainty import probabilities

WHAT = "a trace file"

FORMAT = "elbert-trace/2"
OLD_FORMAT = "elbert-trace/1"
"""Probabilities in place of logits, and no extras; still read."""
AS_THEY_ARE = [
    "truncated",
    "n_tokens_full",
    "layer_macs",
    "head_macs",
    "checkpoint",
    "digest",
    "device",
    "dtype",
]
MAX_BYTES = 5_000_000
MAX_LAYERS = 64
MAX_HEADS = 256
MAX_LABELS = 1000
MAX_TOKENS = 4096
MAX_EXTRAS = 16

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")

Layers = Annotated[list[Any], msgspec.Meta(min_length=1, max_length=MAX_LAYERS)]
Number = Annotated[float, msgspec.Meta(ge=0)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]  # what every JSON reader keeps exactly


class _File(msgspec.Struct, forbid_unknown_fields=True):
    """A trace file; arrays are nested lists, looked at once their sizes are known."""

    format: Literal["elbert-trace/2", "elbert-trace/1"]
    text: Annotated[str, msgspec.Meta(max_length=MAX_BYTES)]
    text_pair: Annotated[str, msgspec.Meta(max_length=MAX_BYTES)] | None
    tokens: Annotated[list[ShortText], msgspec.Meta(min_length=1, max_length=MAX_TOKENS)]
    label_names: Annotated[list[ShortText], msgspec.Meta(min_length=2, max_length=MAX_LABELS)]
    layer_ms: Layers
    embed_ms: Number
    truncated: bool
    n_tokens_full: Count
    layer_macs: Count
    head_macs: Count
    checkpoint: ShortText
    digest: Digest
    device: ShortText
    dtype: ShortText
    probs: Layers | None = None
    logits: Layers | None = None
    extras: Annotated[dict[ShortText, Layers], msgspec.Meta(max_length=MAX_EXTRAS)] = {}
    attention: Layers | None = None
    distances: Layers | None = None


def trace_to_json(trace: LayerTrace, *, with_attention: bool = True) -> str:
    """A trace as JSON text that `trace_from_json` reads.

    Logits and extras keep nine significant digits, which gives every float32 back exactly (and the
    probabilities that derive from them); milliseconds keep four decimals, attention (a picture, no
    input to a rule) keeps four.

    Raises:
        InputError: the result would be larger than `trace_from_json` takes, as attention over a
            long text is.
    """
    extras = {name: _exact(values) for name, values in trace.extras.items()}
    logits = extras.pop("logits", None)
    old = logits is None
    if old and set(extras) - {"distances"}:
        raise InputError("a trace without logits can be written with no extras but distances")
    values: dict[str, Any] = {
        "format": OLD_FORMAT if old else FORMAT,
        "text": trace.text,
        "text_pair": trace.text_pair,
        "tokens": list(trace.tokens),
        "label_names": list(trace.label_names),
        **({"probs": _exact(trace.probs)} if old else {"logits": logits}),
        "layer_ms": np.round(trace.layer_ms.astype(np.float64), 4).tolist(),
        "embed_ms": round(float(trace.embed_ms), 4),
        **{name: getattr(trace, name) for name in AS_THEY_ARE},
    }
    if old and extras:  # format 1 has a place for them
        values["distances"] = _exact(trace.extras["distances"][:, 0])
    elif extras:
        values["extras"] = extras
    if with_attention and trace.attention is not None:
        values["attention"] = np.round(trace.attention.astype(np.float64), 4).tolist()
    how: dict[str, Any] = {"separators": (",", ":"), "default": lambda number: number.item()}
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, **how)
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise InputError(
            f"a trace file may have at most {MAX_BYTES} bytes, this one would have {size}; "
            "leave the attention out or shorten the text"
        )
    return text


def trace_from_json(text: str) -> LayerTrace:
    """The trace that `trace_to_json` wrote, at most 5 MB; its content is checked, never trusted.

    Raises:
        InputError: too large, no JSON, another format, or a field that is missing, unknown, of the
            wrong type, size or range; the message names the field.
    """
    if not isinstance(text, str):
        raise InputError(f"{WHAT} must be text, got {type(text).__name__}")
    try:
        file = read_json(text.encode("utf-8"), _File, WHAT, most_bytes=MAX_BYTES)
    except UnicodeEncodeError as error:
        raise InputError(f"{WHAT} must be valid Unicode text") from error
    needed, others = ("logits", ("probs", "distances"))
    if file.format == OLD_FORMAT:
        needed, others = ("probs", ("logits", "extras"))
    answers: Any = getattr(file, needed)
    if answers is None:
        raise InputError(f"{WHAT} of the format {file.format} needs the field {needed}")
    for name in others:
        if getattr(file, name):
            raise InputError(f"{WHAT} of the format {file.format} has no field {name}")
    layers, labels, n_tokens = len(answers), len(file.label_names), len(file.tokens)
    if file.n_tokens_full < n_tokens:
        raise InputError(
            f"{WHAT}: n_tokens_full must be at least {n_tokens}, got {file.n_tokens_full}"
        )
    layer_ms = _array(file.layer_ms, "layer_ms", (layers,))
    if (layer_ms < 0).any():
        raise InputError(f"{WHAT}: layer_ms must not be negative, got {layer_ms.min():g}")
    extras = {}
    if file.format == FORMAT:
        for name, values in file.extras.items():
            extras[name] = _array(values, name, (layers, 1), exact=False)
        extras["logits"] = _array(answers, "logits", (layers, 1, labels))
        probs = probabilities(extras["logits"][:, 0].astype(np.float32))
    else:
        probs = _array(answers, "probs", (layers, labels)).astype(np.float32)
        if file.distances is not None:
            extras["distances"] = _array(file.distances, "distances", (layers, labels))[:, None]
    if "distances" in extras and (extras["distances"] < 0).any():
        raise InputError(f"{WHAT}: distances must not be negative")
    return LayerTrace(
        text=file.text,
        text_pair=file.text_pair,
        tokens=tuple(file.tokens),
        probs=probs,
        layer_ms=layer_ms,
        embed_ms=file.embed_ms,
        label_names=tuple(file.label_names),
        **{name: getattr(file, name) for name in AS_THEY_ARE},
        attention=_attention(file.attention, layers, n_tokens),
        extras={name: values.astype(np.float32) for name, values in extras.items()},
    )


def trace_to_csv(trace: LayerTrace, decision: Decision) -> str:
    """One row for every layer: probabilities, label, uncertainty, time, and what the policy said.

    Columns: layer; p_<label> for every label; label; confidence; entropy (normalised); ms; reason
    ("continue" or the exit reason; empty after the exit, where the policy is not asked); status
    ("read" up to the exit, "not needed" after it). Text cells that a spreadsheet would take for a
    formula get a leading apostrophe. The decision is `explain(policy, trace)`.

    Raises:
        InputError: the decision belongs to a trace with another number of layers.
    """
    decision.require_of(trace)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    columns = [f"p_{name}" for name in trace.label_names]
    header = ["layer", *columns, "label", "confidence", "entropy", "ms", "reason", "status"]
    writer.writerow([_cell(name) for name in header])
    entropy, confidence, labels = trace.entropy, trace.confidence, trace.labels
    for layer_index, verdict in enumerate(decision.verdicts):
        was_read = verdict.layer <= decision.exit_layer
        writer.writerow(
            [
                verdict.layer,
                *(f"{value:.9g}" for value in trace.probs[layer_index]),
                _cell(trace.label_names[labels[layer_index]]),
                f"{confidence[layer_index]:.9g}",
                f"{entropy[layer_index]:.6f}",
                f"{trace.layer_ms[layer_index]:.4f}",
                ExitReason(verdict.reason).name.lower() if was_read else "",
                "read" if was_read else "not needed",
            ]
        )
    return sheet.getvalue()


def _cell(text: str) -> str:
    """A text cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _exact(values: NDArray[np.floating]) -> Any:
    # nine significant digits identify every float32, also when read as float64 first
    if values.ndim:
        return [_exact(part) for part in values]
    return float(f"{values:.9g}")


def _array(
    value: object, field: str, start: tuple[int, ...], *, exact: bool = True
) -> NDArray[np.float64]:
    """Nested lists as an array of finite numbers within float32's range.

    `start` is the shape, or how it begins where it is not `exact`; `field` is for messages.
    """
    if not _holds_numbers(value):
        raise InputError(f"{WHAT}: {field} must hold numbers, got {_first_else(value)}")
    try:
        numbers = np.array(value, dtype=np.float64)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{WHAT}: {field} must hold lists of equal length") from error
    if numbers.shape[: None if exact else len(start)] != start:
        raise InputError(f"{WHAT}: {field} must have shape {start}, got {numbers.shape}")
    if not (np.abs(numbers) <= float(np.finfo(np.float32).max)).all():
        raise InputError(f"{WHAT}: {field} must hold finite numbers, got one out of range")
    return numbers


def _holds_numbers(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_holds_numbers, value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _first_else(value: object) -> str:
    """The first entry that is no number, in a few characters."""
    while isinstance(value, list):
        value = next(one for one in value if not _holds_numbers(one))
    return shown(value)


def _attention(value: list[Any] | None, layers: int, n_tokens: int) -> NDArray[np.float32] | None:
    if value is None:
        return None
    heads = len(value[0]) if isinstance(value[0], list) else 0
    if not 1 <= heads <= MAX_HEADS:
        raise InputError(f"{WHAT}: attention must have 1..{MAX_HEADS} heads a layer, got {heads}")
    attention = _array(value, "attention", (layers, heads, n_tokens, n_tokens))
    if (attention < 0).any() or (attention > 1).any():
        raise InputError(f"{WHAT}: attention must lie in [0, 1]")
    return attention.astype(np.float32)
