"""Refits of what algorithms share about image kinds, lapses and rank 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm import (
    AGED,
    BASE,
    BORDER,
    BORDER_AGED,
    CONDITION_NAMES,
    FAILED,
    N_ANCHOR,
    Array,
    ImageTypePrior,
    Row,
    normal_spread,
    parse_rows,
    where_tested,
)
from misid.errors import Fault, InvalidInput
from verification.student_fit import fit_student

_RIDGE = 0.0001
"""Least variance of a probit between algorithms (a spread of 0.01)."""
_FEWEST = 20
_AT = {name: i for i, name in enumerate(CONDITION_NAMES)}


def condition_rows(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    """Gather the printed miss rates of each algorithm by condition, failures left out.

    By algorithm, then by a name from `CONDITION_NAMES`; each at the gallery and FPIR of that condition's test.
    """
    found: dict[str, dict[str, float]] = {}
    for row in rows:
        if row.metric != "FNIR" or row.n is None or row.value >= FAILED:
            continue
        if row.fpir is None:
            name, there = f"{row.image_kind}|rank {row.rank}", row.n == N_ANCHOR
        else:
            name = f"{row.image_kind}|{row.lapse}"
            there = (row.n, row.fpir) == where_tested(row.image_kind, row.lapse)
        if there and name in CONDITION_NAMES:
            found.setdefault(row.algorithm, {})[name] = row.value
    return found


def fit_image_type_prior(rows: Iterable[Mapping[str, Any]], leave_out: Sequence[str] = ()) -> ImageTypePrior:
    """Fit what algorithms share about image kinds and lapses, on published rows, by greatest likelihood.

    InvalidInput if rows are wrong, or a condition has fewer than 20 algorithms.
    """
    parsed = [row for row in parse_rows(rows) if row.developer not in set(leave_out)]
    return fit_conditions(condition_rows(parsed), {row.algorithm: row.developer for row in parsed}, leave_out)


def fit_conditions(
    cells: Mapping[str, Mapping[str, float]], developers: Mapping[str, str], leave_out: Sequence[str] = ()
) -> ImageTypePrior:
    """Fit as `fit_image_type_prior` does, on what `condition_rows` gathered; same errors."""
    names = sorted(name for name in cells if developers[name] not in set(leave_out))
    table = np.array([[cells[name].get(one, np.nan) for one in CONDITION_NAMES] for name in names])
    known = ~np.isnan(table.reshape(len(names), len(CONDITION_NAMES)))
    few = [
        Fault("", 0, "rows", f"give {count} algorithms for {name}", f"give at least {_FEWEST}")
        for name, count in zip(CONDITION_NAMES, known.sum(axis=0), strict=True)
        if count < _FEWEST
    ]
    if few:
        raise InvalidInput(few)
    found = fit_student(*ImageTypePrior.rounded(table), _RIDGE)
    whose = np.array([developers[name] for name in names])
    return ImageTypePrior(
        tuple(float(x) for x in found.mean),
        tuple(tuple(float(x) for x in row) for row in found.scale),
        found.nu,
        tuple(int(n) for n in known.sum(axis=0)),
        tuple(len(set(whose[column])) for column in known.T),
        tuple(sorted(leave_out)),
        _ageing(special.ndtri(table)),
    )


def _ageing(probits: Array) -> tuple[float, float]:
    """Measure how much more the years cost on border photos than on mugshots."""
    more = probits[:, _AT[BORDER_AGED]] - probits[:, _AT[BORDER]] - probits[:, _AT[AGED]] + probits[:, _AT[BASE]]
    low, middle, high = np.nanquantile(more, [0.05, 0.5, 0.95])
    return float(middle), normal_spread(low, high)


def rank_share(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Measure which part of the misses at the threshold also misses at rank 1, mugshots at 1.6 million.

    ``intercept``, ``slope`` and ``sd`` of the logit of the ratio on ln FNIR, by least squares over ``n`` algorithms.
    """
    cells: dict[str, dict[bool, float]] = {}
    for row in parse_rows(rows):
        if row.image_kind == "mugshot" and row.lapse == "as tested" and row.n == N_ANCHOR and row.value < FAILED:
            cells.setdefault(row.algorithm, {})[row.rank is None] = row.value
    whole = [(pair[True], pair[False]) for pair in cells.values() if len(pair) == 2 and pair[False] < pair[True]]
    f, r = np.array(whole).T
    x, y = np.log(f), special.logit(r / f)
    slope, intercept = np.polyfit(x, y, 1)
    sd = float(np.std(y - intercept - slope * x))
    return {"intercept": float(intercept), "slope": float(slope), "sd": sd, "n": len(whole)}
