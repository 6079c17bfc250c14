"""What ships of the validation, and the docs made from it, are what comes out when every table is made anew."""

from __future__ import annotations

import pytest

from misid.validation import shipped
from verification.condense import condense
from verification.registry import make

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


def test_shipped_summary_is_that_of_tables_made_anew():
    anew = dict(leaves(condense(make(say=print)).to_json()))
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
