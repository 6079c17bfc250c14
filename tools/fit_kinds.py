"""Measure image kinds and lapses again on the catalogue's rows; rewrites the catalogue's kinds.json.

Usage: python tools/fit_kinds.py
"""

from __future__ import annotations

from packaged import write

from misid.algorithm.catalog.table import published
from misid.algorithm.kinds import kind_spread, rank_share

MADE = (
    "tools/fit_kinds.py, rows below 0.7. spread: probit of FNIR less that of the mugshot row at 1.6 million and FPIR "
    "0.003, over algorithms with both."
)


def main() -> int:
    rows = [row for row in published() if row["table"] in ("accuracy", "ageing")]
    whole = {
        "schema": "misid/kinds/1",
        "made": MADE,
        "spread": kind_spread(rows),
        "rank_share": rank_share(rows),
    }
    write("algorithm/catalog/kinds.json", whole)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
