"""A trace as a file: JSON that can be opened again, and CSV rows for a spreadsheet.

A trace file comes from anywhere, so reading one is strict: every field is checked for type, size
and range before an array is made, and whatever does not fit is refused by name. Nothing in a file
is ever executed or followed.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from elbert_core.errors import InputError
from elbert_core.policies.explanation import Decision
from elbert_core.results import ExitReason, LayerTrace

FORMAT = "elbert-trace/1"
MAX_BYTES = 5_000_000
MAX_LAYERS = 64
MAX_HEADS = 256
MAX_LABELS = 1000
MAX_TOKENS = 4096
MAX_NAME = 1000
"""Longest token, label name or other short text, in characters."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_REQUIRED = (
    "format",
    "text",
    "text_pair",
    "tokens",
    "label_names",
    "probs",
    "layer_ms",
    "embed_ms",
    "truncated",
    "n_tokens_full",
    "layer_macs",
    "head_macs",
    "checkpoint",
    "digest",
    "device",
    "dtype",
)
_OPTIONAL = ("attention", "distances")


def trace_to_json(trace: LayerTrace, *, with_attention: bool = True) -> str:
    """A trace as JSON text that `trace_from_json` reads.

    Probabilities and distances keep nine significant digits, which gives every float32 back
    exactly; milliseconds keep four decimals, attention (a picture, no input to a rule) keeps four.

    Args:
        trace: one text, read to full depth.
        with_attention: write the attention, where the trace has one.

    Raises:
        InputError: the result would be larger than `trace_from_json` takes, as attention over a
            long text is.
    """
    values: dict[str, Any] = {
        "format": FORMAT,
        "text": trace.text,
        "text_pair": trace.text_pair,
        "tokens": list(trace.tokens),
        "label_names": list(trace.label_names),
        "probs": _exact(trace.probs),
        "layer_ms": np.round(trace.layer_ms.astype(np.float64), 4).tolist(),
        "embed_ms": round(float(trace.embed_ms), 4),
        "truncated": bool(trace.truncated),
        "n_tokens_full": int(trace.n_tokens_full),
        "layer_macs": int(trace.layer_macs),
        "head_macs": int(trace.head_macs),
        "checkpoint": trace.checkpoint,
        "digest": trace.digest,
        "device": trace.device,
        "dtype": trace.dtype,
    }
    if trace.distances is not None:
        values["distances"] = _exact(trace.distances)
    if with_attention and trace.attention is not None:
        values["attention"] = np.round(trace.attention.astype(np.float64), 4).tolist()
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    size = len(text.encode("utf-8", "replace"))
    if size > MAX_BYTES:
        raise InputError(
            f"a trace file may have at most {MAX_BYTES} bytes, this one would have {size}; "
            "leave the attention out or shorten the text"
        )
    return text


def trace_from_json(text: str) -> LayerTrace:
    """The trace that `trace_to_json` wrote; its content is checked, never trusted.

    Args:
        text: JSON of the format "elbert-trace/1", at most 5 MB.

    Raises:
        InputError: too large, no JSON, another format, or a field that is missing, unknown, of the
            wrong type, size or range; the message names the field.
    """
    values = _parse(text)
    if values.get("format") != FORMAT:
        raise InputError(f'format must be "{FORMAT}", got {_short(values.get("format"))}')
    unknown = sorted(set(values) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise InputError(f"a trace file has no field {_short(unknown[0])}")
    missing = [name for name in _REQUIRED if name not in values]
    if missing:
        raise InputError(f"a trace file needs the field {missing[0]}, which is missing")

    tokens = _strings(values["tokens"], "tokens", MAX_TOKENS)
    label_names = _strings(values["label_names"], "label_names", MAX_LABELS)
    if len(label_names) < 2:
        raise InputError(f"label_names must have at least 2 entries, got {len(label_names)}")
    probs = values["probs"]
    if not isinstance(probs, list) or not 1 <= len(probs) <= MAX_LAYERS:
        raise InputError(f"probs must be a list of 1..{MAX_LAYERS} layers, got {_short(probs)}")
    layers, labels, n_tokens = len(probs), len(label_names), len(tokens)
    if isinstance(probs[0], list) and len(probs[0]) != labels:
        raise InputError(
            f"probs and label_names must have as many labels, got {len(probs[0])} and {labels}"
        )

    layer_ms = _array(values["layer_ms"], "layer_ms", (layers,)).astype(np.float64)
    if (layer_ms < 0).any():
        raise InputError(f"layer_ms must not be negative, got {layer_ms.min():g}")
    digest = _string(values["digest"], "digest", 64)
    if not re.fullmatch("[0-9a-f]*", digest):
        raise InputError(f"digest must be hexadecimal or empty, got {_short(digest)}")
    pair = values["text_pair"]
    return LayerTrace(
        text=_string(values["text"], "text", MAX_BYTES),
        text_pair=None if pair is None else _string(pair, "text_pair", MAX_BYTES),
        tokens=tokens,
        probs=_array(probs, "probs", (layers, labels)).astype(np.float32),
        layer_ms=layer_ms,
        embed_ms=_milliseconds(values["embed_ms"], "embed_ms"),
        label_names=label_names,
        truncated=_boolean(values["truncated"], "truncated"),
        n_tokens_full=_whole(values["n_tokens_full"], "n_tokens_full", low=n_tokens),
        layer_macs=_whole(values["layer_macs"], "layer_macs", low=0),
        head_macs=_whole(values["head_macs"], "head_macs", low=0),
        checkpoint=_string(values["checkpoint"], "checkpoint", MAX_NAME),
        digest=digest,
        device=_string(values["device"], "device", MAX_NAME),
        dtype=_string(values["dtype"], "dtype", MAX_NAME),
        attention=_attention(values.get("attention"), layers, n_tokens),
        distances=_distances(values.get("distances"), layers, labels),
    )


def trace_to_csv(trace: LayerTrace, decision: Decision) -> str:
    """One row for every layer: probabilities, label, uncertainty, time, and what the policy said.

    Columns: layer; p_<label> for every label; label; confidence; entropy (normalised); ms; reason
    ("continue" or the exit reason; empty after the exit, where the policy is not asked); status
    ("read" up to the exit, "not needed" after it). Text cells that a spreadsheet would take for a
    formula get a leading apostrophe.

    Args:
        trace: one text, read to full depth.
        decision: `explain(policy, trace)`.

    Raises:
        InputError: the decision belongs to a trace with another number of layers.
    """
    if decision.n_layers != trace.n_layers:
        raise InputError(
            f"the decision must be of this trace of {trace.n_layers} layers, "
            f"got one of {decision.n_layers}"
        )
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


def _exact(values: NDArray[np.floating]) -> list[list[float]]:
    # nine significant digits identify every float32, also when read as float64 first
    return [[float(f"{value:.9g}") for value in row] for row in values]


def _parse(text: str) -> dict[str, Any]:
    """The top-level JSON object, with NaN, repeated names and deep nesting refused."""
    if not isinstance(text, str):
        raise InputError(f"a trace file must be text, got {type(text).__name__}")
    try:
        size = len(text) if len(text) > MAX_BYTES else len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise InputError("a trace file must be valid Unicode text") from error
    if size > MAX_BYTES:
        raise InputError(f"a trace file may have at most {MAX_BYTES} bytes, got {size} or more")
    try:
        values = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_no_repeats)
    except RecursionError as error:
        raise InputError("a trace file must not be nested so deeply") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"a trace file must be JSON: {error}") from error
    if not isinstance(values, dict):
        raise InputError(f"a trace file must hold a JSON object, got {_short(values)}")
    return values


def _refuse_constant(name: str) -> NoReturn:
    raise InputError(f"a trace file must hold finite numbers only, got {name}")


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise InputError("a trace file must name each field once")
    return values


def _short(value: object) -> str:
    """What came, in a few characters: a hostile value must not flood the message."""
    if isinstance(value, (list, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    # not repr() of a whole number: one of more than 4300 digits cannot be written out
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 64:
        return "a huge whole number"
    return repr(value[:40] if isinstance(value, str) else value)


def _string(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str):
        raise InputError(f"{field} must be text, got {_short(value)}")
    if len(value) > longest:
        raise InputError(f"{field} may have at most {longest} characters, got {len(value)}")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise InputError(f"{field} must be valid Unicode text, got a lone surrogate")
    return value


def _strings(value: object, field: str, most: int) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError(f"{field} must be a list of texts, got {_short(value)}")
    if not 1 <= len(value) <= most:
        raise InputError(f"{field} must have 1..{most} entries, got {len(value)}")
    return tuple(_string(one, field, MAX_NAME) for one in value)


def _boolean(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{field} must be true or false, got {_short(value)}")
    return value


def _whole(value: object, field: str, *, low: int) -> int:
    high = 2**53  # what every JSON reader keeps exactly
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{field} must be a whole number in {low}..2^53, got {_short(value)}")
    return value


def _milliseconds(value: object, field: str) -> float:
    number = float(_array([value], field, (1,))[0])
    if number < 0:
        raise InputError(f"{field} must not be negative, got {number:g}")
    return number


def _array(value: object, field: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Nested lists of exactly this shape as an array of finite numbers within float32's range."""
    largest = float(np.finfo(np.float32).max)
    numbers = np.fromiter(_leaves(value, field, shape), dtype=np.float64)
    if not (np.abs(numbers) <= largest).all():
        raise InputError(f"{field} must hold finite numbers, got one out of range")
    return numbers.reshape(shape)


def _leaves(value: object, field: str, shape: tuple[int, ...]) -> Iterator[float]:
    if not shape:
        if type(value) is float or (type(value) is int and abs(value) < 2**63):
            yield float(value)
            return
        raise InputError(f"{field} must hold numbers, got {_short(value)}")
    if not isinstance(value, list) or len(value) != shape[0]:
        raise InputError(f"{field} must hold a list of {shape[0]} here, got {_short(value)}")
    for one in value:
        yield from _leaves(one, field, shape[1:])


def _attention(value: object, layers: int, n_tokens: int) -> NDArray[np.float32] | None:
    if value is None:
        return None
    first = value[0] if isinstance(value, list) and value else None
    heads = len(first) if isinstance(first, list) else 0
    if not 1 <= heads <= MAX_HEADS:
        raise InputError(f"attention must have 1..{MAX_HEADS} heads in each layer, got {heads}")
    attention = _array(value, "attention", (layers, heads, n_tokens, n_tokens))
    if (attention < 0).any() or (attention > 1).any():
        raise InputError("attention must lie in [0, 1]")
    return attention.astype(np.float32)


def _distances(value: object, layers: int, labels: int) -> NDArray[np.float32] | None:
    if value is None:
        return None
    distances = _array(value, "distances", (layers, labels))
    if (distances < 0).any():
        raise InputError(f"distances must not be negative, got {distances.min():g}")
    return distances.astype(np.float32)
