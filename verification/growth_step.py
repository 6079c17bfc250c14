"""One step of growth: the rows at 12 million from those at 1.6 million, and how likely the printed ones are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm import (
    FAILED,
    FPIR_TESTED,
    HALF_UNIT,
    N_ANCHOR,
    N_STEP,
    STEP,
    Array,
    GrowthPrior,
    Row,
    curve_of,
    latent_nodes,
    miss,
    rounding,
    solve_threshold,
)

_ROUNDING = 2 * HALF_UNIT / math.sqrt(12.0)
_LOST = (math.log(0.03), 1.5)
"""Logarithm of the share of mates that a broken search loses: mean and standard deviation, assumed."""
_BROKEN_SCALE, _BROKEN_NU = 0.15, 4.0
"""Error of FNIR where rank 1 says how many mates were lost; assumed, and wider than that of searches that hold."""


@dataclass(frozen=True)
class Pairs:
    """Printed mugshot rows of algorithms tested at both galleries; arrays of equal length."""

    name: tuple[str, ...]
    developer: tuple[str, ...]
    f1: Array
    r1: Array
    f2: Array
    r2: Array

    def where(self, keep: npt.NDArray[np.bool_]) -> Pairs:
        """Return some of the algorithms."""
        at = np.flatnonzero(keep)
        columns = (getattr(self, key)[at] for key in ("f1", "r1", "f2", "r2"))
        return Pairs(tuple(self.name[i] for i in at), tuple(self.developer[i] for i in at), *columns)


def pairs(rows: Iterable[Row]) -> Pairs:
    """Gather the algorithms with all four mugshot rows, failures dropped."""
    table: dict[str, dict[str, float]] = {}
    developer: dict[str, str] = {}
    for row in rows:
        mugshot = row.image_kind == "mugshot" and row.lapse == "as tested" and row.n in (N_ANCHOR, N_STEP)
        if mugshot and (row.rank == 1 or row.fpir == FPIR_TESTED):
            key = ("r" if row.rank == 1 else "f") + ("1" if row.n == N_ANCHOR else "2")
            table.setdefault(row.algorithm, {})[key] = row.value
            developer[row.algorithm] = row.developer
    names = tuple(sorted(a for a, cells in table.items() if len(cells) == 4 and cells["f1"] < FAILED))
    columns = [np.array([table[a][key] for a in names]) for key in ("f1", "r1", "f2", "r2")]
    return Pairs(names, tuple(developer[a] for a in names), *columns)


@dataclass(frozen=True)
class Step:
    """Prediction of the rows at 12 million, for every floor share; arrays of shape (algorithms, shares).

    Parameters
    ----------
    weight : ndarray
        Of each share given the rows at 1.6 million; rows sum to 1.
    fnir, rank1 : ndarray
        Predicted at 12 million.
    rounded : bool
        Whether the rounding of the rows at 1.6 million is in the shares.
    """

    weight: Array
    fnir: Array
    rank1: Array
    rounded: bool


def step(data: Pairs, prior: GrowthPrior, *, rounded: bool = False) -> Step:
    """Predict the rows at 12 million from those at 1.6 million alone.

    ``rounded``: go over the intervals that round to the printed values, as a card does, rather than take them as they
    stand; 25 times the work.
    """
    f, r = data.f1[:, None], data.r1[:, None]
    weight: Array = np.ones(1)
    if rounded:
        (f, of_f), (r, of_r) = rounding(data.f1), rounding(data.r1)
        f, r = (x.reshape(len(data.name), -1) for x in np.broadcast_arrays(f[:, :, None], r[:, None, :]))
        weight = np.asarray(np.outer(of_f, of_r).ravel())
    # Where rank 1 misses as much as the threshold does, only rounding can tell them apart.
    nodes = latent_nodes(np.maximum(f, 1.01 * r), r, prior)
    slope, location, _ = curve_of(nodes.floor, nodes.z1, nodes.z2, prior)
    s = solve_threshold(N_STEP, FPIR_TESTED, prior.delta * N_STEP, prior.h, (slope, location))
    fnir = miss(s, nodes.floor, slope, location)
    rank1 = prior.e * N_STEP + miss(location + nodes.z1 / slope + STEP, nodes.floor, slope, location)
    whole = weight[:, None] * np.exp(nodes.log_density)
    weight, fnir, rank1 = (x.reshape(len(data.name), -1) for x in (whole, fnir, np.minimum(rank1, 1.0)))
    return Step(weight, fnir, rank1, rounded)


def log_density(data: Pairs, prior: GrowthPrior, predicted: Step) -> tuple[Array, Array]:
    """Return the log density of both printed logarithms at 12 million, where the search holds and where it breaks.

    Joint with that it holds, where both errors are Student's; and with that it loses a share of its mates, the same at
    the threshold and at rank 1.  The density is their sum.
    """
    of_f, of_r = scales(data, prior, predicted.rounded)
    f2, r2 = data.f2[:, None], data.r2[:, None]
    held = _log_student(f2, predicted.fnir, of_f, prior.nu) + _log_student(r2, predicted.rank1, of_r, prior.nu)
    lost = (r2 - predicted.rank1) / (1.0 - np.minimum(predicted.rank1, 0.999))
    share = np.maximum(lost, 1e-7)
    away = (np.log(share) - _LOST[0]) / _LOST[1]
    broke = -0.5 * away**2 - math.log(_LOST[1] * math.sqrt(2 * math.pi)) + np.log(r2 / share)
    after = predicted.fnir + (1.0 - predicted.fnir) * share
    broke = broke + _log_student(f2, after, np.hypot(of_f, _BROKEN_SCALE), _BROKEN_NU)
    broke = np.where(lost > 0, broke, -np.inf)
    with np.errstate(divide="ignore"):
        log_weight = np.log(predicted.weight)
    of_held, of_broken = (special.logsumexp(log_weight + x, axis=1) for x in (held, broke))
    return np.asarray(math.log1p(-prior.broken) + of_held), np.asarray(math.log(prior.broken) + of_broken)


def scales(data: Pairs, prior: GrowthPrior, rounded: bool, printed: bool = True) -> tuple[Array, Array]:
    """Return the scale of both errors, with noise that is known: rounding, and the count of further misses.

    Without ``printed`` the rounding of the rows at 12 million is left out, as a card leaves it out, who does not know
    that its figure will be printed.
    """
    # Rounding of the smaller gallery's rows is in the shares, or counts as error: that of FNIR moves the curve most.
    found = []
    for fpir, before, after, amplified in (
        (FPIR_TESTED, data.f1, data.f2, prior.amplified),
        (0.0, data.r1, data.r2, 1.0),
    ):
        of_rows = (0.0 if rounded else (amplified / before) ** 2) + (1 / after**2 if printed else 0.0)
        extra = np.maximum(after - before, 0.0) / (prior.searches * after**2)
        scale = np.sqrt(prior.sigma(fpir, before) ** 2 + _ROUNDING**2 * of_rows + extra)
        found.append(np.asarray(scale[:, None]))
    return found[0], found[1]


def _log_student(observed: Array, predicted: Array, scale: Array, nu: float) -> Array:
    x = (np.log(observed) - np.log(predicted)) / scale
    constant = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - 0.5 * math.log(nu * math.pi)
    return np.asarray(constant - (nu + 1) / 2 * np.log1p(x * x / nu) - np.log(scale))
