"""Which part of the misses at the threshold also misses at rank 1, for algorithms that have no rank-1 row."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.growth import N_ANCHOR
from misid.algorithm.prior import FAILED
from misid.algorithm.rows import parse_rows


@functools.cache
def shared_rank_share() -> Mapping[str, float]:
    """Return what `rank_share` gave for the catalogue, as ``tools/fit_conditions.py`` shipped it."""
    text = resources.files("misid.algorithm.catalog").joinpath("rank_share.json").read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text)["rank_share"].items()}


def rank_share(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Measure which part of the misses at the threshold also misses at rank 1, mugshots at 1.6 million.

    Parameters
    ----------
    rows : iterable of mapping
        Published rows of any number of algorithms.

    Returns
    -------
    dict
        ``intercept``, ``slope`` and ``sd`` of the logit of the ratio on ln FNIR, by least squares over ``n``
        algorithms.
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
