"""What ships of the validation, and the docs made from it, are what comes out when every table is made anew."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from misid.validation import TABLES, shipped, validation
from misid.validation.digest import digest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.verify

# Six significant digits ship; processors differ in the last bits of exp and log, and a fit carries that along.
TOLERANCE = 1e-5


def leaves(value, path=""):
    """Every number and word, by where it stands."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        yield f"{path}.length", len(value)
        for i, one in enumerate(value):
            yield from leaves(one, f"{path}.{i}")
    else:
        yield path, value


def test_what_ships_is_of_the_tables_that_are_registered():
    assert [table.code for table in shipped().tables] == list(TABLES), "run `make validation`"


def test_the_tables_of_the_docs_are_those_that_ship():
    tools = runpy.run_path(str(ROOT / "tools" / "validation.py"))
    assert tools["PAGE"].read_text("utf-8") == tools["page"](), "run `make docs`"


@pytest.mark.skipif(not TABLES, reason="no table is registered")
def test_shipped_summary_is_that_of_tables_made_anew():
    anew = dict(leaves(digest(validation(progress=print)).to_json()))
    ships = dict(leaves(shipped().to_json()))
    assert anew.keys() == ships.keys()
    moved = {
        path: (ships[path], now)
        for path, now in anew.items()
        if (
            now != pytest.approx(ships[path], rel=TOLERANCE, abs=1e-12)
            if isinstance(now, float) and isinstance(ships[path], float)
            else now != ships[path]
        )
    }
    assert moved == {}, "run `make validation`, and name what moved in the changelog"
