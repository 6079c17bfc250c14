from __future__ import annotations

import pytest

from misid.algorithm import published_rows, shared_rank_share
from verification.fit_conditions import rank_share


def test_the_shipped_share_is_that_of_the_rows():
    rows = [row for row in published_rows() if row["table"] in ("accuracy", "ageing")]
    assert rank_share(rows) == pytest.approx(shared_rank_share())
