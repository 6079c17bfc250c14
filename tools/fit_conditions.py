"""Refit what algorithms share about image kinds, with all and without each developer; rewrites conditions.json, and
rank_share.json beside it.

Usage: python tools/fit_conditions.py
"""

from __future__ import annotations

import sys

from packaged import write

from misid.algorithm import CONDITION_NAMES, condition_rows, developers, fit_conditions, parse_rows
from misid.algorithm.catalog.table import published
from misid.algorithm.rank_share import rank_share

MADE = (
    "tools/fit_conditions.py: Student t of the probit of FNIR over algorithms, missing entries, rows below 0.7, "
    "greatest likelihood with rounding intervals; once with all, then without each developer. Rows: nist-1n and "
    "nist-travel in sources.json."
)
MADE_SHARE = (
    "tools/fit_conditions.py, rows below 0.7. Logit of rank-1 miss over FNIR at FPIR 0.003 on ln FNIR, mugshots at 1.6 "
    "million, least squares over algorithms. Rows: nist-1n in sources.json."
)


def main() -> int:
    rows = [row for row in published() if row["table"] in ("accuracy", "ageing")]
    shared = {"schema": "misid/rank-share/1", "made": MADE_SHARE, "rank_share": rank_share(rows)}
    write("algorithm/catalog/rank_share.json", shared)
    cells = condition_rows(parse_rows(rows))
    whose = developers()
    without = [(), *((developer,) for developer in sorted({whose[name] for name in cells}))]
    found = []
    for done, leave_out in enumerate(without):
        found.append(fit_conditions(cells, whose, leave_out).to_json())
        print(f"\r{done + 1} of {len(without)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    write(
        "algorithm/catalog/conditions.json",
        {"schema": "misid/conditions/1", "made": MADE, "conditions": list(CONDITION_NAMES), "priors": found},
        indent=None,
    )
    print({key: value for key, value in found[0].items() if key != "scale"})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
