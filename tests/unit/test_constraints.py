"""constraints.txt pins everything that pyproject.toml asks for, and says nothing of where packages come from."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "constraints.txt").read_text(encoding="utf-8")
LINES = TEXT.splitlines()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def direct() -> list[Requirement]:
    about = PROJECT["project"]
    extras = [line for group in about.get("optional-dependencies", {}).values() for line in group]
    wanted = [Requirement(line) for line in (*PROJECT["build-system"]["requires"], *about["dependencies"], *extras)]
    return [r for r in wanted if canonicalize_name(r.name) != canonicalize_name(about["name"])]


@pytest.mark.parametrize("never", ["http", "file:", "--", "@", "://"])
def test_no_addresses_and_no_options(never):
    assert never not in TEXT


def test_only_plain_sorted_pins():
    assert [line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( ; [^;]+)?", line)] == []
    assert sorted(set(LINES)) == LINES


@pytest.mark.parametrize("requirement", direct(), ids=str)
def test_every_direct_dependency_is_pinned_within_its_range(requirement):
    found = [Requirement(line) for line in LINES]
    same = [pin for pin in found if canonicalize_name(pin.name) == canonicalize_name(requirement.name)]
    assert same, f"{requirement} has no pin: run `make lock`"
    for pin in same:
        (number,) = (clause.version for clause in pin.specifier)
        assert requirement.specifier.contains(number, prereleases=True), f"{pin} is outside {requirement}"


def test_lock_refuses_what_is_not_a_pin():
    spec = importlib.util.spec_from_file_location("lock", ROOT / "tools" / "lock.py")
    lock = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lock)
    lines = ["# a comment", "zeta==1.0", "misid[figures]", "alpha==2 ; sys_platform == 'win32'", "misid-extra==1"]
    wanted = ["alpha==2 ; sys_platform == 'win32'", "misid-extra==1", "zeta==1.0"]
    assert lock.pins(lines, "misid") == wanted
    for planted in ("--index-url x", "name @ file:x", "name>=1"):
        with pytest.raises(SystemExit, match="not a plain pin"):
            lock.pins([planted], "misid")


def test_floors_are_those_of_the_project_and_the_testers_stay_at_their_pins():
    spec = importlib.util.spec_from_file_location("floors", ROOT / "tools" / "floors.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    found = tool.floors(PROJECT, LINES)
    assert [line for line in found if not re.fullmatch(r"[a-z0-9.-]+==[0-9.]+", line)] == []
    assert {line.partition("==")[0] for line in found} >= {
        "numpy",
        "scipy",
        "click",
        "duckdb",
        "numba",
        "setuptools",
        "pytest",
    }
    for wanted in map(Requirement, PROJECT["project"]["dependencies"]):
        (floor,) = (line.partition("==")[2] for line in found if line.startswith(f"{wanted.name.lower()}=="))
        assert f">={floor}" in str(wanted)
    with pytest.raises(SystemExit, match="no lowest version"):
        tool.floors(PROJECT | {"build-system": {"requires": ["numpy"]}}, LINES)
