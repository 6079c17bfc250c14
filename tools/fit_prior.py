"""Refit the growth prior on the catalogue's rows: on all developers, without each, and without each fold of them.

Usage: python tools/fit_prior.py

Rewrites prior.json of the algorithm catalogue and fold_priors.json of the validation catalogue; some 220 fits of a few
seconds each, every one from the same neutral start.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from packaged import write

from misid.algorithm import FORMS, Form, GrowthPrior, fit_prior, pairs, parse_rows
from misid.algorithm.catalog.table import published
from misid.validation import PARTITIONS, folds

MADE = (
    "tools/fit_prior.py: maximum of the density of the mugshot rows at 12 million given those at 1.6 million, all "
    "algorithms with the four rows and FNIR below 0.7 at 1.6 million, weak priors, neutral start; scales of errors set "
    "on developers left out. searches, the number of mated mugshot searches, is not on the page; it only scales the "
    "noise of the extra misses."
)


def fitted(task: tuple[Form, Sequence[str]], rows: Sequence[dict[str, str]]) -> GrowthPrior:
    form, left_out = task
    return fit_prior(rows, left_out, form)


def main() -> int:
    rows = [row for row in published() if row["table"] == "accuracy" and row["image_kind"] == "mugshot"]
    developers = sorted(set(pairs(parse_rows(rows)).developer))
    alone: list[tuple[str, ...]] = [(), *((name,) for name in developers)]
    together = [(p, f, names) for p in range(PARTITIONS) for f, names in enumerate(folds(developers, p))]
    tasks = [(form, names) for form in FORMS for names in (*alone, *(names for _, _, names in together))]
    with ProcessPoolExecutor() as pool:
        found = list(pool.map(partial(fitted, rows=rows), tasks, chunksize=4))
    known = {task: prior.to_json() for task, prior in zip(tasks, found, strict=True)}
    write(
        "algorithm/catalog/prior.json",
        {"schema": "misid/prior/2", "made": MADE, "priors": [known[f, names] for f in FORMS for names in alone]},
        None,
    )
    parts = [{"partition": p, "fold": f, "prior": known[form, names]} for form in FORMS for p, f, names in together]
    write("validation/catalog/fold_priors.json", {"schema": "misid/prior/2", "made": MADE, "priors": parts}, None)
    for form in FORMS:
        print(form, known[form, ()])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
