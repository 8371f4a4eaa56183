"""The house rules that no single module can keep: imports, sizes, safe loading, pins, contrast.

Import directions inside the packages are contracts in pyproject.toml (`lint-imports`); here are the
rules that must hold even where the checking tools are not installed.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

import elbert_core

ROOT = Path(__file__).resolve().parents[1]
CORE = sorted((ROOT / "elbert_core").rglob("*.py"))
APP = sorted((ROOT / "app").rglob("*.py"))
ROUTER = [ROOT / "server.py", ROOT / "streamlit_app.py"]
SOURCES = [*CORE, *APP, *ROUTER, *sorted((ROOT / "benchmarks").rglob("*.py"))]

MAX_LINES = 400
FRONT_END = {"altair", "app", "pandas", "plotly", "streamlit"}
MODEL_LIBRARIES = {"torch", "transformers"}
PICKLING = {"cPickle", "cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
PICKLE_CALLS = {"torch.load", "torch.save", "pd.read_pickle", "pandas.read_pickle"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and full name of every import, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def forbidden_imports(paths: list[Path], forbidden: set[str]) -> list[str]:
    return [
        f"{name_of(path)}:{line} imports {name}"
        for path in paths
        for line, name in imports(tree_of(path))
        if name.split(".")[0] in forbidden
    ]


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(call: ast.Call, name: str) -> object:
    """Value of a literal keyword argument; None where it is absent or no literal."""
    for item in call.keywords:
        if item.arg == name:
            return item.value.value if isinstance(item.value, ast.Constant) else None
    return None


def test_there_is_code_to_check() -> None:
    assert CORE


# ---------------------------------------------------------------------------------------- imports
def test_the_core_does_not_import_the_front_end() -> None:
    assert not forbidden_imports(CORE, FRONT_END)


def test_charts_are_pure() -> None:
    charts = [
        path for path in APP if "specification out" in " ".join(path.read_text("utf-8").split())
    ]
    assert len(charts) >= 5
    assert not forbidden_imports(charts, {"streamlit", *MODEL_LIBRARIES})


def test_pages_leave_the_model_to_the_core() -> None:
    pages = [path for path in APP if path.name != "resources.py"]
    assert not forbidden_imports([*pages, *ROUTER], MODEL_LIBRARIES)


@pytest.mark.parametrize("module", ["elbert_core", "elbert_core.policies", "elbert_core.results"])
def test_importing_the_rules_loads_no_model_library(module: str) -> None:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & (MODEL_LIBRARIES | FRONT_END)
    assert done.stderr == "", "an import is silent"


def test_no_module_hides_one_of_the_standard_library() -> None:
    """Streamlit puts the folder of a script on the path, where `inspect.py` would hide Python's."""
    scripts = [*ROUTER, *APP]
    hidden = [name_of(path) for path in scripts if path.stem in sys.stdlib_module_names]
    assert not hidden


# ------------------------------------------------------------------------------------------- size
def test_no_module_is_too_long() -> None:
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert not {name: lines for name, lines in lengths.items() if lines > MAX_LINES}


# ---------------------------------------------------------------------------------------- loading
def test_nothing_is_pickled() -> None:
    assert not forbidden_imports(SOURCES, PICKLING)


def test_files_are_loaded_without_running_code() -> None:
    found = []
    for path in SOURCES:
        for name, call in calls(tree_of(path)):
            where = f"{name_of(path)}:{call.lineno} {name}"
            if name in PICKLE_CALLS or name.endswith((".to_pickle", ".load_pickle")):
                found.append(where)
            if name in ("np.load", "numpy.load") and keyword(call, "allow_pickle") is not False:
                found.append(f"{where} needs allow_pickle=False")
            for option in ("allow_pickle", "trust_remote_code"):
                value = [item.value for item in call.keywords if item.arg == option]
                if value and keyword(call, option) is not False:
                    found.append(f"{where} with {option}={ast.unparse(value[0])}")
    assert not found


def test_the_app_writes_no_raw_html() -> None:
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in SOURCES
        for _, call in calls(tree_of(path))
        if any(item.arg == "unsafe_allow_html" for item in call.keywords)
    ]
    assert not found


def test_text_of_users_is_not_cached_on_disk() -> None:
    found = [
        f"{name_of(path)}:{call.lineno}"
        for path in APP
        for name, call in calls(tree_of(path))
        if name.endswith("cache_data") and any(item.arg == "persist" for item in call.keywords)
    ]
    assert not found


# ------------------------------------------------------------------------------------ dependencies
def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def pins() -> dict[str, str]:
    """Name and version of every line of both requirements files."""
    found = {}
    for file in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / file).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                name, _, version = line.partition("==")
                assert version, f"{file}: {line} is not pinned"
                found[name] = version
    return found


def test_what_is_imported_is_declared() -> None:
    declared = project()
    extras = declared["optional-dependencies"]
    groups = [declared["dependencies"], *(extras[name] for name in ("app", "train", "teacher"))]
    names = {Requirement(text).name.lower() for group in groups for text in group}
    packages = importlib.metadata.packages_distributions()
    own = {"app", "elbert_core"} | set(sys.stdlib_module_names)
    undeclared = []
    for path in [*CORE, *APP, *ROUTER]:
        for line, name in imports(tree_of(path)):
            top = name.split(".")[0]
            offered_by = {dist.lower().replace("_", "-") for dist in packages.get(top, [top])}
            if top not in own and not offered_by & names:
                undeclared.append(f"{name_of(path)}:{line} imports {top}")
    assert not undeclared


def test_the_tested_versions_lie_in_the_declared_ranges() -> None:
    declared = project()
    groups = [declared["dependencies"], *declared["optional-dependencies"].values()]
    requirements = [Requirement(text) for group in groups for text in group]
    wanted = {item.name: item.specifier for item in requirements if item.name != declared["name"]}
    pinned = pins()
    assert set(wanted) == set(pinned)
    outside = {name: pinned[name] for name in wanted if pinned[name] not in wanted[name]}
    assert not outside


def test_the_environment_is_the_pinned_one() -> None:
    different = {}
    for name, version in pins().items():
        try:
            found = Version(importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            continue  # tools for checks need not be here to run the tests
        if found.public != version:  # 2.13.0+cpu is a build of 2.13.0
            different[name] = f"{found}, pinned {version}"
    if different:
        pytest.skip(f"other versions than the tested ones: {different}")


def test_the_version_is_the_same_everywhere() -> None:
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text("utf-8"), re.MULTILINE)
    assert cited
    assert cited.group(1) == project()["version"] == elbert_core.__version__


# ---------------------------------------------------------------------------------------- network
def test_a_test_cannot_leave_this_machine() -> None:
    with pytest.raises(RuntimeError, match="may not reach the network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)  # an address for documentation
    with pytest.raises(RuntimeError, match="may not reach the network"):
        socket.getaddrinfo("example.org", 443)


def test_a_test_can_reach_its_own_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5),
    ):
        pass


# ------------------------------------------------------------------------------------------ theme
def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_of_black_on_white_is_the_published_figure() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_theme_can_be_read(mode: str) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    theme = config["theme"][mode]
    page, panel = theme["backgroundColor"], theme["secondaryBackgroundColor"]
    for paper in (page, panel):
        assert contrast(theme["textColor"], paper) >= 7
        assert contrast(theme["linkColor"], paper) >= 4.5
        assert contrast(theme["primaryColor"], paper) >= 3  # sliders, focus rings
    assert contrast("#ffffff", theme["primaryColor"]) >= 4.5  # the text of a primary button
    # captions are the text's colour at 60 % (Streamlit's own), on the page
    faded = [0.6 * int(theme["textColor"][i : i + 2], 16) for i in (1, 3, 5)]
    under = [0.4 * int(page[i : i + 2], 16) for i in (1, 3, 5)]
    caption = "#" + "".join(f"{round(a + b):02x}" for a, b in zip(faded, under, strict=True))
    assert contrast(caption, page) >= 4.5
    for colour in theme["chartCategoricalColors"][:2]:  # the labels of the shipped checkpoint
        assert contrast(colour, page) >= 3
    assert len(theme["chartSequentialColors"]) == 10  # Streamlit takes exactly ten
    steps = [luminance(colour) for colour in theme["chartSequentialColors"]]
    assert steps == sorted(steps, reverse=mode == "light"), "one scale, more is further from paper"
