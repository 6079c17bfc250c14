"""Refits of what algorithms share, from the rows in the package: ``python -m verification priors``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import Any

from misid.algorithm import (
    CELL_NAMES,
    CONDITION_NAMES,
    FORMS,
    Form,
    GroupPrior,
    GrowthPrior,
    ImageTypePrior,
    developers,
    group_cells,
    parse_rows,
    published_rows,
)
from verification.developer_folds import PARTITIONS, folds
from verification.fit_conditions import condition_rows, fit_conditions, rank_share
from verification.fit_groups import fit_group_prior
from verification.fit_growth import fit_prior
from verification.growth_of_misses import mugshot_rows
from verification.growth_step import pairs
from verification.package_data import CATALOG, DATA, write
from verification.tables import Say

_COMMAND = "python -m verification priors"
_GROWTH = (
    f"{_COMMAND} growth: maximum of the density of the mugshot rows at 12 million given those at 1.6 million, all "
    "algorithms with the four rows and FNIR below 0.7 at 1.6 million, weak priors, neutral start; scales of errors set "
    "on developers left out. searches, the number of mated mugshot searches, is not on the page; it only scales the "
    "noise of the extra misses."
)
_CONDITIONS = (
    f"{_COMMAND} conditions: Student t of the probit of FNIR over algorithms, missing entries, rows below 0.7, "
    "greatest likelihood with rounding intervals; once with all, then without each developer. Rows: nist-1n and "
    "nist-travel in sources.json."
)
_SHARE = (
    f"{_COMMAND} conditions, rows below 0.7. Logit of rank-1 miss over FNIR at FPIR 0.003 on ln FNIR, mugshots at 1.6 "
    "million, least squares over algorithms. Rows: nist-1n in sources.json."
)
_GROUPS = (
    f"{_COMMAND} groups: Student t of ln(-ln(1 - FPIR)) over the algorithms with the eight cells, greatest likelihood "
    "with rounding intervals; once with all, then without each developer. Rows: nist-1n in sources.json."
)


def refit_growth(say: Say) -> None:
    """Refit the growth prior on all developers, without each, and without each fold of them.

    Some 220 fits of a few seconds each, every one from the same neutral start; rewrites prior.json and
    fold_priors.json.
    """
    # One thread a process; read when numpy loads, so the processes must start anew.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    rows = mugshot_rows()
    names = sorted(set(pairs(parse_rows(rows)).developer))
    alone: list[tuple[str, ...]] = [(), *((name,) for name in names)]
    together = [(p, f, left_out) for p in range(PARTITIONS) for f, left_out in enumerate(folds(names, p))]
    tasks = [(form, left_out) for form in FORMS for left_out in (*alone, *(left_out for _, _, left_out in together))]
    say(f"growth: {len(tasks)} fits")
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = list(pool.map(partial(_fit_growth, rows=rows), tasks, chunksize=4))
    known = {task: prior.to_json() for task, prior in zip(tasks, found, strict=True)}
    whole = {"schema": "misid/prior/2", "made": _GROWTH}
    write(CATALOG / "prior.json", {**whole, "priors": [known[f, names] for f in FORMS for names in alone]}, None)
    parts = [{"partition": p, "fold": f, "prior": known[form, names]} for form in FORMS for p, f, names in together]
    write(DATA / "fold_priors.json", {**whole, "priors": parts}, None)


def refit_conditions(say: Say) -> None:
    """Refit what algorithms share about image kinds and about rank 1; rewrites conditions.json and rank_share.json."""
    rows = [row for row in published_rows() if row["table"] in ("accuracy", "ageing")]
    write(CATALOG / "rank_share.json", {"schema": "misid/rank-share/1", "made": _SHARE, "rank_share": rank_share(rows)})
    cells = condition_rows(parse_rows(rows))
    say(f"image kinds and lapses: {len(cells)} algorithms")
    whole = {"schema": "misid/conditions/1", "made": _CONDITIONS, "conditions": list(CONDITION_NAMES)}
    write(CATALOG / "conditions.json", {**whole, "priors": _without_each(fit_conditions, cells)}, None)


def refit_groups(say: Say) -> None:
    """Refit what algorithms share about the eight group cells; rewrites groups.json."""
    cells = group_cells()
    say(f"group cells: {len(cells)} algorithms")
    whole = {"schema": "misid/groups/1", "made": _GROUPS, "cells": list(CELL_NAMES)}
    write(CATALOG / "groups.json", {**whole, "priors": _without_each(fit_group_prior, cells)}, None)


REFITS: dict[str, Callable[[Say], None]] = {
    "growth": refit_growth,
    "conditions": refit_conditions,
    "groups": refit_groups,
}


def _fit_growth(task: tuple[Form, Sequence[str]], rows: Sequence[dict[str, str]]) -> GrowthPrior:
    form, left_out = task
    return fit_prior(rows, left_out, form)


def _without_each(
    fit: Callable[..., ImageTypePrior] | Callable[..., GroupPrior], cells: Mapping[str, Mapping[str, float]]
) -> list[dict[str, Any]]:
    """Fit once on all developers, then without each that has any of the cells."""
    whose = developers()
    without = [(), *((developer,) for developer in sorted({whose[name] for name in cells}))]
    return [fit(cells, whose, left_out).to_json() for left_out in without]
