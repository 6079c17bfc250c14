"""Image kinds and lapses: how far they lie from the mugshot row, over the algorithms that were tested on both."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from scipy import special

from misid.algorithm.growth import N_ANCHOR
from misid.algorithm.prior import FAILED
from misid.algorithm.rows import parse_rows


@dataclass(frozen=True)
class Kinds:
    """What the package knows of image kinds and lapses, over all algorithms.

    Parameters
    ----------
    spread : dict
        ``"webcam|as tested"`` and so on: median and standard deviation over algorithms of the probit of FNIR, less
        that of the mugshot row at 1.6 million; ``n`` algorithms.
    rank_share : dict
        Logit of rank-1 miss over FNIR, mugshots at 1.6 million: ``intercept`` and ``slope`` on ln FNIR, ``sd``.
    """

    spread: Mapping[str, Mapping[str, float]]
    rank_share: Mapping[str, float]


@functools.cache
def shared_kinds() -> Kinds:
    """Return what is shipped with the package, measured by ``tools/fit_kinds.py``."""
    text = resources.files("misid.algorithm.catalog").joinpath("kinds.json").read_text(encoding="utf-8")
    given = json.loads(text)
    return Kinds(given["spread"], given["rank_share"])


def kind_spread(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Measure how far other image kinds and lapses lie from the mugshot row, over all algorithms.

    Parameters
    ----------
    rows : iterable of mapping
        Published rows of any number of algorithms.

    Returns
    -------
    dict
        By ``"webcam|as tested"`` and so on: ``median``, ``sd`` (from the 5th to 95th percentile) and ``n`` of
        the probit of FNIR less that of the mugshot row at 1.6 million; failures left out.
    """
    base: dict[str, float] = {}
    other: dict[str, dict[str, tuple[int, float]]] = {}
    for row in parse_rows(rows):
        if row.metric != "FNIR" or row.fpir is None or row.n is None or row.value >= FAILED:
            continue
        key = f"{row.image_kind}|{row.lapse}"
        if key == "mugshot|as tested":
            if row.n == N_ANCHOR:
                base[row.algorithm] = row.value
        elif row.n >= other.setdefault(key, {}).get(row.algorithm, (0, 0.0))[0]:
            other[key][row.algorithm] = (row.n, row.value)
    found = {}
    for key, values in sorted(other.items()):
        both = sorted(base.keys() & values.keys())
        away = special.ndtri([values[a][1] for a in both]) - special.ndtri([base[a] for a in both])
        low, high = np.quantile(away, [0.05, 0.95])
        sd = (high - low) / (2 * 1.6449)
        found[key] = {"median": round(float(np.median(away)), 4), "sd": round(float(sd), 4), "n": len(both)}
    return found


def rank_share(rows: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Measure which part of the misses at the threshold also misses at rank 1, mugshots at 1.6 million.

    Parameters
    ----------
    rows : iterable of mapping
        Published rows of any number of algorithms.

    Returns
    -------
    dict
        ``intercept``, ``slope`` and ``sd`` of the logit of the ratio on ln FNIR, by least squares.
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
