"""How misses grow with the gallery: one mated curve, two published levels on it, one free number.

On the scale ``s`` (decades of non-mated exceedance) an algorithm's mated scores give ``FNMR(s) = c + (1-c)
Phi(b (s - mu))``.  NIST prints a point of it at a threshold (FPIR 0.003) and, through rank 1, a point ``D`` decades
lower.  Two points and three latents leave the floor share free; the prior over all algorithms settles it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]
Form = Literal["duplicates", "no_duplicates"]
FORMS: tuple[Form, ...] = get_args(Form)

N_ANCHOR = 1_600_000
"""Gallery of the smaller published mugshot test; the latents are defined at its threshold."""
N_STEP = 12_000_000
"""Gallery of the larger one, the largest ever published."""
FPIR_TESTED = 0.003
HALF_UNIT = 0.00005
"""Half the last printed decimal."""
STEP = math.log10(N_STEP / N_ANCHOR)
_GUMBEL = 0.5772156649015329 / math.log(10)
"""Mean of the best of N non-mated scores above ``log10 N``, in decades."""
_COARSE = np.linspace(-8.0, 10.0, 25)
_FINE = np.linspace(-4.0, 4.0, 15)


@dataclass(frozen=True)
class GrowthPrior:
    """What all algorithms share about the growth of misses, and the spread of what they do not.

    Parameters
    ----------
    form : {"duplicates", "no_duplicates"}
        Whether a share of non-mated searches has the same person enrolled under another number.
    kappa : float
        Decades by which effects shared by a probe's comparisons lower the best non-mated score.
    delta : float
        Duplicates per reference: the share of non-mated searches that has one is ``delta N``.
    h : float
        How much harder than mates duplicates are, in probit units.
    e : float
        Share of mated searches, per reference, in which a duplicate outranks the mate.
    sigma_f, sigma_r, r_power, nu : float
        Error of ln FNIR and ln rank-1 miss over one step (1.6 to 12 million): Student t with ``nu`` degrees of
        freedom; the rank-1 scale is ``sigma_r (r / 0.0015)**r_power``.
    searches : float
        Mated searches in the mugshot test (not printed on the page; only scales the noise of the extra misses).
    mean, cov : tuple
        Of ``(ln c, z2, ln(z2 - z1))`` over algorithms: floor, probit at the threshold, probit distance to rank 1.
    n_algorithms, n_developers : int
        What it was fitted on.
    left_out : str
        Developer whose rows were left out; empty for none.

    Notes
    -----
    Only one step of growth, 0.875 decades, is published.
    """

    form: Form
    kappa: float
    delta: float
    h: float
    e: float
    sigma_f: float
    sigma_r: float
    r_power: float
    nu: float
    searches: float
    mean: tuple[float, float, float]
    cov: tuple[tuple[float, ...], ...]
    n_algorithms: int = 0
    n_developers: int = 0
    left_out: str = ""

    @property
    def distance(self) -> float:
        """Decades between the threshold at FPIR 0.003 and the level of rank 1, at the same gallery."""
        return -math.log10(FPIR_TESTED) - _GUMBEL + self.kappa

    @property
    def slope(self) -> float:
        """Median slope of the mated curve, probit units per decade."""
        return math.exp(self.mean[2]) / self.distance

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {**self.__dict__, "mean": list(self.mean), "cov": [list(row) for row in self.cov]}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> GrowthPrior:
        """Read what `to_json` wrote."""
        first, second, third = (float(x) for x in given["mean"])
        cov = tuple(tuple(float(x) for x in row) for row in given["cov"])
        return cls(**{**given, "mean": (first, second, third), "cov": cov})


def exceedances(fpir: float) -> float:
    """Return the mean number of false candidates per search at an FPIR: ``-ln(1 - FPIR)``."""
    return -math.log1p(-fpir)


def threshold(
    n: float, fpir: float, duplicates: float, h: float, floorless: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Array:
    """Solve for the threshold at which a gallery gives an FPIR, duplicates counted.

    Parameters
    ----------
    n : float
        References.
    fpir : float
        Probability, in (0, 1).
    duplicates : float
        Share of non-mated searches whose person is enrolled under another number, in [0, 1].
    h : float
        Probit units by which duplicates are harder than mates.
    floorless : tuple of array_like
        Slope and location of the mated curve.

    Returns
    -------
    ndarray
        Threshold in decades, one for each curve: the root of ``N 10^-s + d (1 - Phi(b (s - mu) + h)) = -ln(1-p)``.
    """
    slope, location = (np.asarray(x, dtype=np.float64) for x in floorless)
    target = exceedances(fpir)
    low = np.full(np.broadcast(slope, location).shape, math.log10(n / target))
    if duplicates == 0.0:
        return low
    # Where every duplicate misses, only strangers are left; where strangers alone give less, duplicates decide.
    high = np.maximum(low, location + (8.0 - h) / slope) + 1.0
    if duplicates < target:
        high = np.minimum(high, math.log10(n / (target - duplicates)))
    for _ in range(10):
        middle = 0.5 * (low + high)
        over = n * 10.0**-middle + duplicates * special.ndtr(-slope * (middle - location) - h) > target
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    # Newton for the last digits: bisection alone leaves derivatives at zero and freezes an optimiser.
    s = 0.5 * (low + high)
    for _ in range(4):
        strangers, z = n * 10.0**-s, slope * (s - location) + h
        falls = math.log(10.0) * strangers + duplicates * slope * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
        s = np.clip(s + (strangers + duplicates * special.ndtr(-z) - target) / falls, low, high)
    return np.asarray(s, dtype=np.float64)


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

    def theta(self) -> Array:
        """Return ``(ln c, z2, ln(z2 - z1))`` on a last axis of three."""
        return np.stack([np.log(self.floor), self.z2, np.log(self.z2 - self.z1)], axis=-1)


def latents(fnir: npt.ArrayLike, miss: npt.ArrayLike, prior: GrowthPrior) -> Latents:
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
    away = np.stack([np.log(c), z2, np.log(gap)], axis=-1) - np.asarray(prior.mean)
    precision = np.linalg.inv(np.asarray(prior.cov))
    quadratic = np.einsum("...i,ij,...j->...", away, precision, away)
    # |d theta / d(f, r, t)| in closed form: (1-u) / (gap (1-c)^2 phi(z1) phi(z2)).
    jacobian = np.log(rest) - np.log(gap) - 2 * np.log1p(-c) + 0.5 * (z1**2 + z2**2)
    return Latents(c, z1, z2, np.where(valid, jacobian - 0.5 * quadratic, -np.inf))


def threshold_at(z: Array, n: int, fpir: float, prior: GrowthPrior) -> Array:
    """Return the threshold of a printed row, in decades, from the probit there: known, it needs no solving."""
    target = exceedances(fpir)
    strangers = target - prior.delta * n * special.ndtr(-z - prior.h)
    # At a tiny FPIR the tested galleries' duplicates alone could exceed it; then the model has no say.
    return np.asarray(np.log10(n / np.maximum(strangers, 0.01 * target)))


def curve_of(floor: Array, z1: Array, z2: Array, prior: GrowthPrior) -> tuple[Array, Array, Array]:
    """Turn latents into slope and location of the curve, and the threshold at 1.6 million.

    Parameters
    ----------
    floor, z1, z2 : ndarray
        As in `Latents`.
    prior : GrowthPrior
        What algorithms share.

    Returns
    -------
    slope, location, threshold : ndarray
        Probit units per decade, decades, decades.
    """
    slope = (z2 - z1) / prior.distance
    at = threshold_at(z2, N_ANCHOR, FPIR_TESTED, prior)
    return slope, at - z2 / slope, at


def miss(s: npt.ArrayLike, floor: npt.ArrayLike, slope: npt.ArrayLike, location: npt.ArrayLike) -> Array:
    """Return the share of mated comparisons below ``s`` decades; the floor included."""
    c = np.asarray(floor, dtype=np.float64)
    z = np.asarray(slope) * (np.asarray(s) - np.asarray(location))
    return np.asarray(c + (1.0 - c) * special.ndtr(z), dtype=np.float64)
