"""The wheel alone, in an empty environment, does what the README shows; what checks the numbers is in the sdist."""

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
SCENARIO = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[0]

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.xdist_group("wheel")]


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that knows nothing of this checkout."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MISID"))}
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
def programs(wheel) -> Path:
    """The programs of an environment that holds the wheel, and reaches the libraries that it depends on."""
    place = wheel.parent / "venv"
    venv.create(place, with_pip=False)
    (packages,) = place.glob("lib/python*/site-packages")
    # A path alone: what is installed there for editing stays out.
    (packages / "libraries.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n", "utf-8")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", place / "bin" / "python")
    run(*pip, "install", "--no-deps", "--no-index", "--force-reinstall", wheel, cwd=wheel.parent)
    return place / "bin"


def test_the_wheel_holds_the_package_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"misid"}
    assert [name for name in names if re.search(r"verification|deployments\.csv|fold_priors|tests?/", name)] == []
    assert "misid/validation/catalog/summary.json" in names


def test_the_source_distribution_holds_what_checks_the_numbers(tree):
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('sdist'))"
    run(sys.executable, "-c", build, cwd=tree)
    (packed,) = (tree / "sdist").glob("*.tar.gz")
    with tarfile.open(packed) as inside:
        names = {name.partition("/")[2] for name in inside.getnames()}
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / "verification").rglob("*.*") if path.suffix != ".pyc"}
    assert here <= names
    assert {"src/misid/validation/catalog/summary.json", "Makefile", "constraints.txt"} <= names


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
