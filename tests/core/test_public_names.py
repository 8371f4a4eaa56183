"""What `elbert_core` exports: everything is there, and an import costs no model library."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import elbert_core


def test_every_name_is_there() -> None:
    for name in elbert_core.__all__:
        assert getattr(elbert_core, name) is not None
    assert set(dir(elbert_core)) >= set(elbert_core.__all__)


def test_no_name_is_also_a_module() -> None:
    """A submodule that is imported later would take the place of the function."""
    modules = {module.name for module in pkgutil.iter_modules(elbert_core.__path__)}
    assert not modules & set(elbert_core.__all__)


def test_names_stand_where_they_say() -> None:
    for name, module in elbert_core._WHERE.items():
        where = importlib.import_module(f"elbert_core.{module}")
        assert getattr(where, name) is getattr(elbert_core, name)


def test_policies_and_replay_need_no_torch() -> None:
    code = (
        "import sys, numpy, elbert_core as e\n"
        "p = numpy.full((12, 3, 2), 0.5, dtype='float32')\n"
        "e.replay(e.ConfidenceWindow(4, 0.1), p)\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
