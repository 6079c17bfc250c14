"""Refit the growth prior, both forms, on the catalogue's rows; rewrites the catalogue's prior.json.

Usage: python tools/fit_prior.py
"""

from __future__ import annotations

import json
from pathlib import Path

from misid.algorithm.catalog.table import published
from misid.algorithm.growth import FORMS
from misid.algorithm.prior import fit_prior

TARGET = Path(__file__).parents[1] / "src/misid/algorithm/catalog/prior.json"
MADE = (
    "tools/fit_prior.py: maximum of the density of the mugshot rows at 12 million given those at 1.6 million, all "
    "algorithms with the four rows and FNIR below 0.7 at 1.6 million, weak priors, neutral start. searches, the "
    "number of mated mugshot searches, is not on the page; it only scales the noise of the extra misses."
)


def rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


def main() -> int:
    rows = [row for row in published() if row["table"] in ("accuracy", "ageing")]
    forms = {form: fit_prior(rows, form=form).to_json() for form in FORMS}
    whole = {
        "schema": "misid/prior/1",
        "made": MADE,
        "forms": forms,
    }
    text = json.dumps(rounded(whole), indent=1, sort_keys=True, allow_nan=False)
    TARGET.write_text(text + "\n", encoding="utf-8", newline="\n")
    for form in FORMS:
        print(form, forms[form])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
