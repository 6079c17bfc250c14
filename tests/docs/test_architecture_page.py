"""docs/architecture.md: its picture is that of the imports, and its walks go through files that are there."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
WALKS = re.findall(r"^### (Walk[^\n]*)\n(.*?)(?=^##)", TEXT + "\n##", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def tool():
    sys.path.append(str(ROOT / "tools"))
    return importlib.import_module("architecture")


@pytest.fixture(scope="module")
def source(tool):
    return tool.house, *tool.house.read_modules(tool.house.SOURCE, tool.house.SOURCE.rglob("*.py"))


@pytest.mark.slow
def test_the_picture_is_that_of_the_imports(tool):
    assert tool.page(TEXT) == TEXT, "run `make docs`"


def test_arrows_that_follow_from_others_are_left_out(tool):
    rooms = {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"a", "c"}}
    assert tool.reduced(rooms) == {"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c"}}


def test_files_that_are_named_are_there():
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.[a-z0-9]+)`", TEXT)
    assert named
    assert [
        name for name in named if not any((place / name).exists() for place in (ROOT, ROOT / "src" / "misid"))
    ] == []


def test_there_are_two_walks():
    assert len(WALKS) == 2


@pytest.mark.slow
@pytest.mark.parametrize(("title", "text"), WALKS, ids=[title for title, _ in WALKS])
def test_each_step_of_a_walk_is_imported_by_one_before_it(title, text, source):
    house, trees, homes = source
    steps = re.findall(r"^\d+\. `([a-z_/]+\.py)`: (.*)$", text, re.MULTILINE)
    files = [house.SOURCE / name for name, _ in steps]
    assert len(files) > 5
    modules = [house.module_of(house.SOURCE, path) for path in files]
    known = set[str]()
    for i, module in enumerate(modules[1:], 1):
        known |= house.imports(modules[i - 1], trees[modules[i - 1]], trees, homes)
        # What a registry calls by name is imported by nobody.
        assert module in known or "called by name" in steps[i][1], module
