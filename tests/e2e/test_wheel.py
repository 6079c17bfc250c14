"""The wheel alone, in an empty environment, does what the README shows; what checks the numbers is in the sdist.

`make install-check` names the folder of pipx and uv: then wheel and sdist are also installed as those two install them,
with the newest libraries.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).parents[2]
NOT_COPIED = (".*", "build", "dist", "*.egg-info", "__pycache__", "tests", "docs", "demo", "out", "misid-*")
MORE = (
    "misid scenario check examples/own.yaml",
    "misid run police-live --encounters 2000 --out police --force",
    "misid validate --json",
)
INSTALLERS = os.environ.get("MISID_INSTALLERS", "")
SCENARIO = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[0]

pytestmark = [pytest.mark.slow, pytest.mark.e2e]


def run(*command: str | Path, cwd: Path, **more: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that knows nothing of this checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MISID"))}
    env |= {name: str(value) for name, value in more.items()}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the checkout, so that no older build is found beside it and none is left."""
    place = tmp_path_factory.mktemp("build") / "tree"
    shutil.copytree(ROOT, place, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    return place


@pytest.fixture(scope="module")
def wheel(tree) -> Path:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", tree.parent, tree, cwd=tree.parent)
    (built,) = tree.parent.glob("misid-*.whl")
    return built


@pytest.fixture(scope="module")
def source(tree) -> Path:
    """The source distribution."""
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('sdist'))"
    run(sys.executable, "-c", build, cwd=tree)
    (packed,) = (tree / "sdist").glob("*.tar.gz")
    return packed


@pytest.fixture(scope="module", params=["pip", *(["pipx", "uv"] if INSTALLERS else [])])
def programs(request, wheel) -> Path:
    """The programs of an environment that holds the package alone, and reaches the libraries that it depends on."""
    place = wheel.parent / request.param
    if request.param == "pip":
        venv.create(place, with_pip=False)
        (packages,) = place.glob("lib/python*/site-packages")
        # A path alone: what is installed there for editing stays out.
        (packages / "libraries.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n", "utf-8")
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", place / "bin" / "python")
        run(*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=wheel.parent)
        return place / "bin"
    if request.param == "pipx":
        asked = ("install", "--python", sys.executable, wheel)
        found = place / "venvs" / "misid" / "bin"
    else:
        asked = ("tool", "install", "--python", sys.executable, request.getfixturevalue("source"))
        found = place / "misid" / "bin"
    homes = dict.fromkeys(("PIPX_HOME", "UV_TOOL_DIR"), place)
    homes |= dict.fromkeys(("PIPX_BIN_DIR", "UV_TOOL_BIN_DIR"), place / "on-path")
    run(Path(INSTALLERS) / request.param, *asked, cwd=wheel.parent, **homes)
    assert (place / "on-path" / "misid").resolve() == (found / "misid").resolve()
    return found


def test_the_wheel_holds_the_package_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    inside = {name for name in names if not re.match(r"misid-[\w.]+\.dist-info/", name)}
    here = (path.relative_to(ROOT / "src") for path in (ROOT / "src" / "misid").rglob("*") if path.is_file())
    assert inside == {path.as_posix() for path in here if path.suffix not in (".pyc", ".pyo", ".nbi", ".nbc")}
    assert [name for name in names if re.search(r"verification|deployments\.csv|fold_priors|tests?/", name)] == []


def test_the_source_distribution_holds_what_checks_the_numbers_and_what_the_readme_names(source):
    with tarfile.open(source) as inside:
        names = {name.partition("/")[2] for name in inside.getnames()}
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "verification").rglob("*.*") if path.suffix != ".pyc"}
    assert here <= names
    assert {"src/misid/validation/catalog/summary.json", "Makefile", "constraints.txt", "tools/floors.py"} <= names
    assert {f"examples/{path.name}" for path in (ROOT / "examples").iterdir()} <= names


def test_no_module_of_verification_is_installed(programs, tmp_path):
    look = "import importlib.util as u, misid; print(u.find_spec('verification'), misid.__file__)"
    said = run(programs / "python", "-c", look, cwd=tmp_path).stdout.split()
    assert said[0] == "None"
    assert programs.parent in Path(said[1]).parents


def test_the_commands_of_the_readme_run(programs, tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "examples" / "own.yaml").write_text(SCENARIO, "utf-8")
    lines = re.findall(r"^\$ \.venv/bin/(misid .*)$", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert {line.split()[1] for line in lines} >= {"run", "compare", "card", "evaluate", "plan", "validate", "scenario"}
    for line in (*lines, *MORE):
        words = re.sub(r"--encounters \d+", "--encounters 2000", line).split()
        assert run(programs / words[0], *words[1:], cwd=tmp_path).stdout, line
    for page in ("out", "rules", "evaluation", "predictions", "police"):
        assert (tmp_path / page / "report.html").stat().st_size > 100_000
