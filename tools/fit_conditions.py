"""Refit what algorithms share about image kinds, with all and without each developer; rewrites conditions.json.

Usage: python tools/fit_conditions.py
"""

from __future__ import annotations

import sys

from packaged import write

from misid.algorithm.catalog.table import developers, published
from misid.algorithm.kind_prior import CONDITION_NAMES, condition_rows, fit_conditions
from misid.algorithm.rows import parse_rows

MADE = (
    "tools/fit_conditions.py: Student t of the probit of FNIR over algorithms, missing entries, rows below 0.7, "
    "greatest likelihood with rounding intervals; once with all, then without each developer. Rows: nist-1n and "
    "nist-travel in sources.json."
)


def main() -> int:
    cells = condition_rows(parse_rows(row for row in published() if row["table"] in ("accuracy", "ageing")))
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
