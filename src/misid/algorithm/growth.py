"""How misses grow with the gallery: one mated curve, two published levels on it, one free number, and its prior.

On the scale ``s`` (decades of non-mated exceedance) an algorithm's mated scores give ``FNMR(s) = c + (1-c)
Phi(b (s - mu))``.  NIST prints a point of it at a threshold (FPIR 0.003) and, through rank 1, a point ``D`` decades
lower.  Two points and three latents leave the floor share free; the prior over all algorithms settles it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.algorithm.catalog.table import packaged

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
Z2_TYPICAL = -2.2
LN_FLOOR_TYPICAL = -7.5
RATIO_TYPICAL = math.exp(1.4)
"""Where coefficients of the prior are zero: FNIR 0.014, floor 0.00055, FNIR four times the rank-1 miss."""
_GUMBEL = 0.5772156649015329 / math.log(10)
"""Mean of the best of N non-mated scores above ``log10 N``, in decades."""
FAILED = 0.7
"""Miss rates from here up mean that the algorithm failed under the condition; they are not used."""
_COARSE = np.linspace(-8.0, 10.0, 25)
_FINE = np.linspace(-4.0, 4.0, 15)
_GAUSS_X, _GAUSS_W = np.polynomial.legendre.leggauss(5)


@dataclass(frozen=True)
class Law:
    """How latents vary over algorithms: the floor and the slope of a curve, given where its threshold lies.

    With ``x = z2 - Z2_TYPICAL``: ``ln c ~ N(floor[0] + floor[1] x, floor_sd)`` and, given the floor too,
    ``ln(z2 - z1) ~ N(gap[0] + gap[1] x + gap[2] x^2 / 2 + gap[3] (ln c - LN_FLOOR_TYPICAL), gap_sd)``.
    """

    z2: tuple[float, float]  # mean and spread over algorithms of the probit of FNIR at the threshold; not fitted
    floor: tuple[float, float]
    floor_sd: float
    gap: tuple[float, float, float, float]
    gap_sd: float

    def log_density(self, ln_floor: Array, z2: Array, ln_gap: Array) -> Array:
        """Return the log density of ``(ln c, z2, ln(z2 - z1))``, up to a constant; any one shape."""
        floor, gap = self.middle(ln_floor, z2)
        away = np.square((ln_floor - floor) / self.floor_sd) + np.square((ln_gap - gap) / self.gap_sd)
        return np.asarray(-0.5 * (away + np.square((z2 - self.z2[0]) / self.z2[1])))

    def middle(self, ln_floor: Array, z2: Array) -> tuple[Array, Array]:
        """Return where ``ln c`` lies given ``z2``, and ``ln(z2 - z1)`` given both."""
        x = z2 - Z2_TYPICAL
        gap = self.gap[0] + self.gap[1] * x + 0.5 * self.gap[2] * x * x + self.gap[3] * (ln_floor - LN_FLOOR_TYPICAL)
        return np.asarray(self.floor[0] + self.floor[1] * x), np.asarray(gap)


@dataclass(frozen=True)
class GrowthPrior:
    """What algorithms share about growth; only one step of it, 0.875 decades, is published."""

    form: Form  # whether some non-mated searches have the same person enrolled under another number
    # Decades by which effects shared by a probe's comparisons lower the best non-mated score, for an algorithm whose
    # FNIR is `RATIO_TYPICAL` times its rank-1 miss; and by how much more per unit of the logarithm of that ratio: an
    # algorithm that loses many mates to the threshold and few to other people has probes that differ more.
    kappa: float
    kappa_ratio: float
    delta: float  # duplicates per reference: the share of non-mated searches that has one is ``delta N``
    h: float  # how much harder than mates duplicates are, in probit units
    e: float  # share of mated searches, per reference, in which a duplicate outranks the mate
    law: Law
    # Error of ln FNIR and ln rank-1 miss over one step (1.6 to 12 million), see `sigma`: Student t with ``nu`` degrees
    # of freedom.  Set on developers left out, for searches that hold.
    sigma_f: float
    counting: float
    sigma_r: float
    r_power: float
    nu: float
    broken: float  # share of algorithms whose search loses mates as the gallery grows; no interval is widened for them
    amplified: float  # how many times rounding of FNIR at 1.6 million counts in that at 12 million; in the fit alone
    searches: float  # mated searches in the mugshot test, not printed; only scales the noise of the extra misses
    n_algorithms: int = 0
    n_developers: int = 0
    left_out: str = ""  # developer whose rows were left out

    @property
    def slope(self) -> float:
        """Slope of the mated curve of a typical algorithm, probit units per decade."""
        _, gap = self.law.middle(np.asarray(self.law.floor[0]), np.asarray(Z2_TYPICAL))
        return math.exp(float(gap)) / float(_distance(np.asarray(RATIO_TYPICAL), self))

    def duplicates(self, n: float) -> float:
        """Return the tested galleries' share of searches with a duplicate, and none beyond them.

        It must not grow with N there: at 200 million duplicates alone would exceed the FPIR.
        """
        return self.delta * n if n <= N_STEP else 0.0

    def sigma(self, fpir: float, printed: npt.ArrayLike) -> Array:
        """Return the scale of the error over one step, at a printed miss rate; ``fpir`` is 0 for rank 1.

        On ln FNIR ``sqrt(sigma_f^2 + counting / (searches f))``, on ln rank-1 miss ``sigma_r (r / 0.0015)^r_power``.
        """
        least = np.maximum(printed, 1e-5)
        if fpir > 0:
            return np.asarray(np.sqrt(self.sigma_f**2 + self.counting / (self.searches * least)))
        return np.asarray(self.sigma_r * (least / 0.0015) ** self.r_power)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        law = {key: list(x) if isinstance(x, tuple) else x for key, x in self.law.__dict__.items()}
        return {**self.__dict__, "law": law}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> GrowthPrior:
        """Read what `to_json` wrote."""
        law: dict[str, Any] = {key: tuple(x) if isinstance(x, list) else x for key, x in given["law"].items()}
        return cls(**{**given, "law": Law(**law)})


def exceedances(fpir: float) -> float:
    """Return the mean number of false candidates per search at an FPIR: ``-ln(1 - FPIR)``."""
    return -math.log1p(-fpir)


def solve_threshold(
    n: float, fpir: float, duplicates: float, h: float, curve: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Array:
    """Solve for the threshold, in decades, at which a gallery gives an FPIR, one for each mated curve.

    The root of ``N 10^-s + d (1 - Phi(b (s - mu) + h)) = -ln(1-p)``: ``d`` is the share of non-mated searches whose
    person is enrolled under another number, ``h`` how much harder than mates these are, in probit units.
    """
    slope, location = (np.asarray(x, dtype=np.float64) for x in curve)
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


def threshold_of_row(z: Array, n: int, fpir: float, prior: GrowthPrior) -> Array:
    """Return the threshold of a printed row, in decades, from the probit there: known, it needs no solving."""
    target = exceedances(fpir)
    strangers = target - prior.delta * n * special.ndtr(-z - prior.h)
    # At a tiny FPIR the tested galleries' duplicates alone could exceed it; then the model has no say.
    return np.asarray(np.log10(n / np.maximum(strangers, 0.01 * target)))


def curve_of(floor: Array, z1: Array, z2: Array, prior: GrowthPrior) -> tuple[Array, Array, Array]:
    """Turn latents into slope and location of the curve, and the threshold at 1.6 million, all in decades.

    The level of rank 1 is at ``location + z1 / slope``.
    """
    missed, outranked = (floor + (1.0 - floor) * special.ndtr(z) for z in (z2, z1))
    slope = (z2 - z1) / _distance(missed / outranked, prior)
    at = threshold_of_row(z2, N_ANCHOR, FPIR_TESTED, prior)
    return slope, at - z2 / slope, at


def _distance(ratio: Array, prior: GrowthPrior) -> Array:
    """Return the decades between the threshold at FPIR 0.003 and the level of rank 1, at the same gallery."""
    kappa = prior.kappa + prior.kappa_ratio * np.log(ratio / RATIO_TYPICAL)
    return np.asarray(np.maximum(-math.log10(FPIR_TESTED) - _GUMBEL + kappa, 0.5))


def miss(s: npt.ArrayLike, floor: npt.ArrayLike, slope: npt.ArrayLike, location: npt.ArrayLike) -> Array:
    """Return the share of mated comparisons below ``s`` decades; the floor included."""
    c = np.asarray(floor, dtype=np.float64)
    z = np.asarray(slope) * (np.asarray(s) - np.asarray(location))
    return np.asarray(c + (1.0 - c) * special.ndtr(z), dtype=np.float64)


# What two published rows leave open


def rounding(printed: npt.ArrayLike) -> tuple[Array, Array]:
    """Return five values in each interval that rounds to a printed one, on a last axis, and their five weights."""
    value = np.asarray(printed, dtype=np.float64)[..., None]
    low, high = np.maximum(value - HALF_UNIT, 1e-6), np.minimum(value + HALF_UNIT, 1.0 - 1e-6)
    return 0.5 * (low + high) + 0.5 * (high - low) * _GAUSS_X, _GAUSS_W / 2.0


@dataclass(frozen=True)
class Latents:
    """Possible curves of one algorithm, with weights: floor, and probits above it at rank 1 and at the threshold."""

    floor: Array
    z1: Array
    z2: Array
    log_density: Array  # log weight of each floor share, given FNIR and rank-1 miss


def latent_nodes(fnir: npt.ArrayLike, rank1: npt.ArrayLike, prior: GrowthPrior) -> Latents:
    """Solve both published points at 1.6 million for a range of floor shares, on a last axis, weighed by the prior.

    Densities are given the two points: the prior is fitted so, and says nothing on which points are likely.
    """
    f, r = (np.asarray(x, dtype=np.float64)[..., None] for x in (fnir, rank1))
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


def at_share(fnir: npt.ArrayLike, rank1: npt.ArrayLike, logit: float, prior: GrowthPrior) -> Latents:
    """Solve the two published points for one floor share, given on the logit."""
    f, r = (np.asarray(x, dtype=np.float64)[..., None] for x in (fnir, rank1))
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


# The priors that ship


@functools.cache
def _shipped() -> Mapping[tuple[Form, str], GrowthPrior]:
    found = (GrowthPrior.from_json(given) for given in packaged("prior.json")["priors"])
    return {(prior.form, prior.left_out): prior for prior in found}


def shared(leave_out: str = "") -> dict[Form, GrowthPrior]:
    """Return the prior of each form that ships, in which a developer's own algorithms had no part.

    Fitted by ``python -m verification priors growth``.  A developer with no algorithm tested at both galleries had none
    anyway: then it is the prior of all.
    """
    known = _shipped()
    return {form: known.get((form, leave_out), known[form, ""]) for form in FORMS}


@functools.cache
def shared_rank_share() -> Mapping[str, float]:
    """Return which part of the misses at the threshold also misses at rank 1, mugshots at 1.6 million.

    ``intercept``, ``slope`` and ``sd`` of the logit of the ratio on ln FNIR, over ``n`` algorithms; shipped, and fitted
    by ``python -m verification priors conditions``.
    """
    return {name: float(value) for name, value in packaged("rank_share.json")["rank_share"].items()}
