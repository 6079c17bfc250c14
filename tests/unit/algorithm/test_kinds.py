from __future__ import annotations

import pytest

from misid.algorithm.catalog.table import published
from misid.algorithm.kinds import kind_spread, rank_share, shared_kinds

ROWS = [row for row in published() if row["table"] in ("accuracy", "ageing")]


def test_the_shipped_spread_of_image_kinds_is_that_of_the_rows():
    assert kind_spread(ROWS) == {key: dict(value) for key, value in shared_kinds().spread.items()}
    assert rank_share(ROWS)["slope"] == pytest.approx(shared_kinds().rank_share["slope"])
