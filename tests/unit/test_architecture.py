"""Imports go one way, heavy libraries load late, files stay short, and nothing here can recognise a face."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "misid"

# Each row may import the rows above it; names in one row never import each other.  A new room takes its place here.
LAYERS = (
    ("errors", "front", "vocabulary", "_version"),
    ("quantities",),
    ("provenance", "randomness"),
    ("statistics", "storage"),
    ("algorithm",),
    ("scenario",),
    ("search",),
    ("expected", "evaluation"),
    ("simulation",),
    ("validation",),
    ("findings",),
    ("charts",),
    ("report",),
    ("api",),
    ("misid",),  # the package's own __init__: the public names
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
NEVER_AT_TOP = ("scipy.stats", "torch", "dask", "distributed", "numba", "duckdb")
ONE_FILE_ONLY = {"duckdb": "storage", "dask": "storage", "distributed": "storage"}
LONGEST = 800
CODE = {".py", ".css", ".js", ".j2", ".html", ".sql"}  # tables and catalogues are data, and as long as they are

# What finds, reads or compares faces in pictures.  misid takes scores, counts and synthetic people; see DESIGN, 6.
FACE_PACKAGES = re.compile(
    r"opencv|dlib|face-?recognition|insightface|mtcnn|deepface|facenet|retina-?face|arcface|mediapipe|compreface"
    r"|face-?(alignment|detect|net|api|lib)|facexlib|dghs-?imgutils|uniface|lightface"
)
FACE_MODULES = {"cv2", "dlib", "face_recognition", "insightface", "mtcnn", "deepface", "mediapipe", "facenet_pytorch"}


def room_of(module: str) -> str:
    """The room of a dotted module name: ``misid.charts.bars`` is in ``charts``, ``misid`` in ``misid``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


def module_of(path: Path) -> str:
    parts = ("misid", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(node: ast.AST) -> list[str]:
    """Names that one statement imports; ``from a import b`` counts as ``a.b``, since b may be a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    return []


def at_top(tree: ast.AST) -> Iterator[ast.AST]:
    """Statements that run when the module loads: not in a function, not for the type checker alone."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from (inner for child in node.orelse for inner in (child, *at_top(child)))
            continue
        yield node
        yield from at_top(node)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def faults_in(module: str, source: str) -> list[str]:
    """What one module does against the rules."""
    tree = ast.parse(source)
    room = room_of(module)
    if room not in LEVEL:
        return [f"{module}: room {room!r} has no place in LAYERS"]
    faults = []
    for name in (name for node in ast.walk(tree) for name in imported(node)):
        if name.startswith("."):
            faults.append(f"{module}: relative import of {name}")
        elif within(name, "misid"):
            target = name.split(".")[1] if "." in name else "misid"
            if target not in LEVEL:  # ``from misid import run``: a name of the package itself
                target = "misid" if name.count(".") == 1 else target
            if target not in LEVEL:
                faults.append(f"{module}: imports {name}, a room without a place in LAYERS")
            elif target != room and LEVEL[target] >= LEVEL[room]:
                faults.append(f"{module}: {room} may not import {target} ({name})")
        elif name.split(".")[0] in FACE_MODULES:
            faults.append(f"{module}: imports {name}, which handles pictures of faces")
        for package, only in ONE_FILE_ONLY.items():
            if within(name, package) and room != only:
                faults.append(f"{module}: {package} may load in {only} only")
    for name in (name for node in at_top(tree) for name in imported(node)):
        faults += [f"{module}: {late} loads with the module" for late in NEVER_AT_TOP if within(name, late)]
    return faults


def modules() -> dict[str, str]:
    return {module_of(path): path.read_text(encoding="utf-8") for path in sorted(SOURCE.rglob("*.py"))}


def users_of(package: str, sources: dict[str, str]) -> list[str]:
    return [
        module
        for module, source in sources.items()
        if package in source
        and any(within(name, package) for node in ast.walk(ast.parse(source)) for name in imported(node))
    ]


def test_imports_keep_the_rules():
    assert [fault for module, source in modules().items() for fault in faults_in(module, source)] == []


@pytest.mark.parametrize("package", ONE_FILE_ONLY)
def test_loads_in_one_file(package):
    assert len(users_of(package, modules())) <= 1


def test_files_are_short():
    files = [p for p in SOURCE.rglob("*") if p.suffix in CODE and "vendor" not in p.relative_to(SOURCE).parts]
    assert files
    lengths = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def names_of_packages() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lines = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for table in (project["project"].get("optional-dependencies", {}), project.get("dependency-groups", {})):
        lines += [line for group in table.values() for line in group if isinstance(line, str)]
    lines += (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [re.split(r"[\s\[<>=!~;@]", line.strip(), maxsplit=1)[0] for line in lines if line.strip()]


def handles_faces(name: str) -> bool:
    return bool(FACE_PACKAGES.search(re.sub(r"[-_.]+", "-", name.lower())))


def test_no_dependency_handles_faces():
    names = names_of_packages()
    assert "numpy" in names
    assert [name for name in names if handles_faces(name)] == []


# The rules must bite: each planted violation is caught.


@pytest.mark.parametrize(
    ("module", "source", "what"),
    [
        ("misid.errors", "from misid.vocabulary import Origin", "errors may not import vocabulary"),
        ("misid.vocabulary", "import misid.errors", "vocabulary may not import errors"),
        ("misid.quantities", "from misid import scenario", "quantities may not import scenario"),
        ("misid.statistics.growth", "from misid.algorithm.card import Card", "statistics may not import algorithm"),
        ("misid.expected.answers", "def f():\n    import misid.charts.bars", "expected may not import charts"),
        ("misid.expected", "from misid.simulation import World", "expected may not import simulation"),
        (
            "misid.simulation",
            "if TYPE_CHECKING:\n    from misid.report import page",
            "simulation may not import report",
        ),
        ("misid.findings.q01", "from misid import run", "findings may not import misid"),
        ("misid.report.page", "import misid", "report may not import misid"),
        ("misid.api", "from misid.cli.main import main", "api may not import cli"),
        ("misid.report.page", "from misid.attic.box import x", "without a place"),
        ("misid.attic.box", "", "no place in LAYERS"),
        ("misid.simulation.run", "from . import expected", "relative import"),
        ("misid.simulation.run", "from ..errors import Fault", "relative import"),
        ("misid.report.page", "def f():\n    import duckdb as db", "duckdb may load in storage only"),
        ("misid.statistics.x", "import scipy.stats", "scipy.stats loads with the module"),
        ("misid.statistics.x", "from scipy import stats", "scipy.stats loads with the module"),
        ("misid.statistics.x", "from scipy.stats import beta", "scipy.stats loads with the module"),
        ("misid.statistics.x", "class A:\n    import scipy.stats", "scipy.stats loads with the module"),
        ("misid.simulation.x", "try:\n    import numba\nexcept ImportError:\n    pass", "numba loads with the module"),
        ("misid.simulation.x", "from torch import nn", "torch loads with the module"),
        ("misid.simulation.x", "import dask.distributed", "dask loads with the module"),
        ("misid.simulation.x", "def f():\n    import cv2", "pictures of faces"),
    ],
)
def test_planted_violation_is_caught(module, source, what):
    assert any(what in fault for fault in faults_in(module, source)), faults_in(module, source)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("misid.quantities", "from misid.errors import IncompleteRate\nfrom misid.vocabulary import Origin"),
        ("misid.cli.run", "from misid import run\nfrom misid.api import Result\nimport misid"),
        ("misid", "from misid._version import VERSION as __version__"),
        ("misid.statistics.x", "def f():\n    from scipy.stats import beta\n    import numba"),
        ("misid.statistics.x", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import scipy.stats"),
        ("misid.statistics.x", "from scipy import special\nimport scipy.statsmodels_of_ours"),
        ("misid.storage.database", "def f():\n    import duckdb\nfrom misid.errors import Fault"),
        (
            "misid.simulation.run",
            "from misid.expected.answers import f\nfrom misid.scenario.schema import Scenario",
        ),
    ],
)
def test_what_is_allowed_stays_allowed(module, source):
    assert faults_in(module, source) == []


def test_second_user_of_duckdb_is_seen():
    planted = {"misid.storage.a": "import duckdb", "misid.storage.b": "def f():\n    from duckdb import Error"}
    assert users_of("duckdb", planted) == ["misid.storage.a", "misid.storage.b"]


@pytest.mark.parametrize("name", ["opencv-python-headless", "dlib", "Face_Recognition", "facenet-pytorch", "deepface"])
def test_planted_face_package_is_caught(name):
    assert handles_faces(name)


@pytest.mark.parametrize("name", ["jsonschema", "interface-meta", "numpy", "typeface"])
def test_other_packages_are_not(name):
    assert not handles_faces(name)
