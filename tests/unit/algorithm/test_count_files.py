"""Counts that are none: each is named with its place, and nothing that is wrong ends in a traceback."""

from __future__ import annotations

import pytest

from misid.api import evidence
from misid.errors import InvalidInput

GIVEN = {"faces": 1000, "list_size": 50, "false_alerts": 2}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (7, "counts.1\n  is int, no mapping; give faces, list_size, false_alerts by name"),
        ({**GIVEN, "faces": 10**400}, "counts.1.faces\n  1000"),
        ({**GIVEN, "faces": "1_0"}, "counts.1.faces\n  '1_0' is no number"),
        ({**GIVEN, "faces": "١٢"}, "counts.1.faces\n  '١٢' is no number"),
        ({**GIVEN, "list_size": float("nan")}, "counts.1.list_size\n  nan is not a number from 1"),
        ({**GIVEN, "faces": True}, "counts.1.faces\n  True is no number"),
    ],
)
def test_a_row_that_is_none_is_named(row, told):
    with pytest.raises(InvalidInput) as refused:
        evidence([GIVEN, row])
    assert told in str(refused.value)
