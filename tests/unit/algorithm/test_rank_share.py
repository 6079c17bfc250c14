from __future__ import annotations

import pytest

from misid.algorithm import shared_rank_share
from misid.algorithm.catalog.table import published
from misid.algorithm.rank_share import rank_share


def test_the_shipped_share_is_that_of_the_rows():
    rows = [row for row in published() if row["table"] in ("accuracy", "ageing")]
    assert rank_share(rows) == pytest.approx(shared_rank_share())
