"""The errors a user can meet. Every message says what was wrong, what is allowed and what came."""

from __future__ import annotations


class ElbertError(Exception):
    """Base of every error that this package raises on purpose."""


class ConfigError(ElbertError, ValueError):
    """A setting is out of range or does not fit with another one."""


class InputError(ElbertError, ValueError):
    """A text, a table or an array that cannot be used."""


class CheckpointError(ElbertError):
    """A checkpoint folder that is missing, incomplete or damaged; the message names the file."""


class NumericsError(ElbertError):
    """A model whose answer is NaN or infinite; the message names the row and the layer."""
