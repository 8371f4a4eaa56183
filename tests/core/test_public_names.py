"""What `elbert_core` exports: everything is there, and an import costs no model library."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import elbert_core


def test_every_name_is_there() -> None:
    for name in elbert_core.__all__:
        assert getattr(elbert_core, name) is not None
    assert set(dir(elbert_core)) >= set(elbert_core.__all__)


def test_no_name_is_also_a_module() -> None:
    """A submodule that is imported later would take the place of the function."""
    modules = {module.name for module in pkgutil.iter_modules(elbert_core.__path__)}
    assert not modules & set(elbert_core.__all__)


def test_names_stand_where_the_stub_says() -> None:
    stub = ast.parse(Path(elbert_core.__file__).with_suffix(".pyi").read_text("utf-8"))
    listed = [
        (name.name, f"elbert_core.{part.module}")
        for part in stub.body
        if isinstance(part, ast.ImportFrom)
        for name in part.names
    ]
    assert len({name for name, _ in listed}) == len(listed) > 60
    assert {name for name, _ in listed} == set(elbert_core.__all__)
    for name, module in listed:
        assert getattr(importlib.import_module(module), name) is getattr(elbert_core, name)


def test_policies_and_replay_need_no_torch() -> None:
    code = (
        "import sys, numpy, elbert_core as e\n"
        "p = numpy.full((12, 3, 2), 0.5, dtype='float32')\n"
        "e.replay(e.ConfidenceWindow(4, 0.1), p)\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
