"""What two published rows leave open about one algorithm: possible curves, weighed by what algorithms share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm.growth import HALF_UNIT, N_ANCHOR, Array, GrowthPrior

_COARSE = np.linspace(-8.0, 10.0, 25)
_FINE = np.linspace(-4.0, 4.0, 15)
_GAUSS_X, _GAUSS_W = np.polynomial.legendre.leggauss(5)


def rounding(printed: npt.ArrayLike) -> tuple[Array, Array]:
    """Spread printed values over the intervals that round to them.

    Parameters
    ----------
    printed : array_like
        Rates with four decimals.

    Returns
    -------
    values : ndarray
        Five in each interval, on a last axis; within (0, 1).
    weights : ndarray, shape (5,)
        Of each, all values in the interval alike; they sum to 1 (Gauss and Legendre).
    """
    value = np.asarray(printed, dtype=np.float64)[..., None]
    low, high = np.maximum(value - HALF_UNIT, 1e-6), np.minimum(value + HALF_UNIT, 1.0 - 1e-6)
    return 0.5 * (low + high) + 0.5 * (high - low) * _GAUSS_X, _GAUSS_W / 2.0


@dataclass(frozen=True)
class Latents:
    """Possible curves of one algorithm, with weights.

    Parameters
    ----------
    floor, z1, z2 : ndarray
        Floor, and probits above it at rank 1 and at the threshold, all at 1.6 million references.
    log_density : ndarray
        Log weight of each floor share, given FNIR and rank-1 miss.
    """

    floor: Array
    z1: Array
    z2: Array
    log_density: Array


def latent_nodes(fnir: npt.ArrayLike, miss: npt.ArrayLike, prior: GrowthPrior) -> Latents:
    """Solve the two published points for a range of floor shares, and weigh them by the prior.

    Parameters
    ----------
    fnir, miss : array_like
        FNIR at FPIR 0.003 and rank-1 miss, both at 1.6 million; equal shapes.
    prior : GrowthPrior
        What algorithms share.

    Returns
    -------
    Latents
        Shape of ``fnir`` with one more axis, for the share.  Densities are given the two points: the prior is fitted
        so, and says nothing on which points are likely.
    """
    f, r = (np.asarray(x, dtype=np.float64)[..., None] for x in (fnir, miss))
    # The share is known to 0.04 or to 2 on the logit: the grid closes in on it, so that its step never shows.
    grid = np.broadcast_to(_COARSE, (*f.shape[:-1], len(_COARSE)))
    step = np.full(f.shape, _COARSE[1] - _COARSE[0])
    found = _weighed(f, r, grid, prior)
    for _ in range(3):
        top = found.log_density.max(axis=-1, keepdims=True)
        weight = np.exp(found.log_density - np.where(np.isfinite(top), top, 0.0))
        weight = weight / np.maximum(weight.sum(axis=-1, keepdims=True), 1e-300)
        center = (weight * grid).sum(axis=-1, keepdims=True)
        spread = np.sqrt((weight * (grid - center) ** 2).sum(axis=-1, keepdims=True))
        spread = np.maximum(spread, 0.5 * step)
        grid, step = center + spread * _FINE, spread * (_FINE[1] - _FINE[0])
        found = _weighed(f, r, grid, prior)
    top = found.log_density.max(axis=-1, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    total = np.maximum(np.exp(found.log_density - top).sum(axis=-1, keepdims=True), 1e-300)
    return Latents(found.floor, found.z1, found.z2, found.log_density - top - np.log(total))


def at_share(fnir: npt.ArrayLike, miss: npt.ArrayLike, logit: float, prior: GrowthPrior) -> Latents:
    """Solve the two published points for one floor share, given on the logit."""
    f, r = (np.asarray(x, dtype=np.float64)[..., None] for x in (fnir, miss))
    return _weighed(f, r, np.full(f.shape, logit), prior)


def _weighed(f: Array, r: Array, grid: Array, prior: GrowthPrior) -> Latents:
    # A duplicate that outranks the mate is no property of the curve; it cannot be most of what rank 1 misses.
    r = np.maximum(r - prior.e * N_ANCHOR, 0.05 * r)
    u, rest = special.expit(grid), special.expit(-grid)
    c = u * r
    z1 = special.ndtri(rest * r / (1.0 - c))
    z2 = special.ndtri(np.maximum(f - c, 1e-12) / (1.0 - c))
    gap = z2 - z1
    valid = gap > 1e-6
    z2, gap = np.where(valid, z2, z1 + 1.0), np.where(valid, gap, 1.0)
    ln_floor, ln_gap = np.log(c), np.log(gap)
    # |d theta / d(f, r, t)| in closed form: (1-u) / (gap (1-c)^2 phi(z1) phi(z2)).
    jacobian = np.log(rest) - ln_gap - 2 * np.log1p(-c) + 0.5 * (z1**2 + z2**2)
    return Latents(c, z1, z2, np.where(valid, jacobian + prior.law.log_density(ln_floor, z2, ln_gap), -np.inf))
