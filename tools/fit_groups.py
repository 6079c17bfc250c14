"""Refit what algorithms share about the eight group cells, with all and without each developer; rewrites groups.json.

Usage: python tools/fit_groups.py
"""

from __future__ import annotations

from packaged import write

from misid.algorithm import CELL_NAMES, developers, fit_group_prior, group_cells

MADE = (
    "tools/fit_groups.py: Student t of ln(-ln(1 - FPIR)) over the algorithms with the eight cells, greatest likelihood "
    "with rounding intervals; once with all, then without each developer. Rows: nist-1n in sources.json."
)


def main() -> int:
    cells, whose = group_cells(), developers()
    without = [(), *((developer,) for developer in sorted({whose[name] for name in cells}))]
    found = [fit_group_prior(cells, whose, leave_out).to_json() for leave_out in without]
    write(
        "algorithm/catalog/groups.json",
        {"schema": "misid/groups/1", "made": MADE, "cells": list(CELL_NAMES), "priors": found},
        indent=None,
    )
    print({key: value for key, value in found[0].items() if key != "scale"})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
