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
Z2_TYPICAL = -2.2
LN_FLOOR_TYPICAL = -7.5
RATIO_TYPICAL = math.exp(1.4)
"""Where coefficients of the prior are zero: FNIR 0.014, floor 0.00055, FNIR four times the rank-1 miss."""
_GUMBEL = 0.5772156649015329 / math.log(10)
"""Mean of the best of N non-mated scores above ``log10 N``, in decades."""


@dataclass(frozen=True)
class Law:
    """How latents vary over algorithms: the floor and the slope of a curve, given where its threshold lies.

    With ``x = z2 - Z2_TYPICAL``: ``ln c ~ N(floor[0] + floor[1] x, floor_sd)`` and, given the floor too,
    ``ln(z2 - z1) ~ N(gap[0] + gap[1] x + gap[2] x^2 / 2 + gap[3] (ln c - LN_FLOOR_TYPICAL), gap_sd)``.

    Parameters
    ----------
    z2 : tuple of float
        Mean and standard deviation, over algorithms, of the probit of FNIR at the threshold; as printed, not fitted.
    floor, gap : tuple of float
        Coefficients, as above.
    floor_sd, gap_sd : float
        Standard deviations on the logarithm.
    """

    z2: tuple[float, float]
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
    """What all algorithms share about the growth of misses, and the spread of what they do not.

    Parameters
    ----------
    form : {"duplicates", "no_duplicates"}
        Whether a share of non-mated searches has the same person enrolled under another number.
    kappa : float
        Decades by which effects shared by a probe's comparisons lower the best non-mated score, for an algorithm
        whose FNIR is `RATIO_TYPICAL` times its rank-1 miss.
    kappa_ratio : float
        By how much more, per unit of the logarithm of that ratio: an algorithm that loses many mates to the threshold
        and few to other people is read as one whose probes differ more.
    delta : float
        Duplicates per reference: the share of non-mated searches that has one is ``delta N``.
    h : float
        How much harder than mates duplicates are, in probit units.
    e : float
        Share of mated searches, per reference, in which a duplicate outranks the mate.
    law : Law
        How floor and slope vary over algorithms.
    sigma_f, counting, sigma_r, r_power, nu : float
        Error of ln FNIR and ln rank-1 miss over one step (1.6 to 12 million), see `sigma`: Student t with ``nu``
        degrees of freedom.  Set on developers left out, for searches that hold.
    broken : float
        Share of algorithms whose search loses mates at the larger gallery that it found at the smaller one.  No
        interval is widened for them.
    amplified : float
        How many times the rounding of FNIR at 1.6 million counts in that at 12 million; used in the fit alone.
    searches : float
        Mated searches in the mugshot test (not printed on the page; only scales the noise of the extra misses).
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
    kappa_ratio: float
    delta: float
    h: float
    e: float
    law: Law
    sigma_f: float
    counting: float
    sigma_r: float
    r_power: float
    nu: float
    broken: float
    amplified: float
    searches: float
    n_algorithms: int = 0
    n_developers: int = 0
    left_out: str = ""

    @property
    def slope(self) -> float:
        """Slope of the mated curve of a typical algorithm, probit units per decade."""
        _, gap = self.law.middle(np.asarray(self.law.floor[0]), np.asarray(Z2_TYPICAL))
        return math.exp(float(gap)) / float(_distance(np.asarray(RATIO_TYPICAL), self))

    def sigma(self, fpir: float, printed: npt.ArrayLike) -> Array:
        """Return the scale of the error over one step.

        Parameters
        ----------
        fpir : float
            0 for rank 1.
        printed : array_like
            Miss rate at the smaller gallery.

        Returns
        -------
        ndarray
            On ln FNIR ``sqrt(sigma_f^2 + counting / (searches f))``, on ln rank-1 miss
            ``sigma_r (r / 0.0015)^r_power``.
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
        Probit units per decade, decades, decades.  The level of rank 1 is at ``location + z1 / slope``.
    """
    missed, outranked = (floor + (1.0 - floor) * special.ndtr(z) for z in (z2, z1))
    slope = (z2 - z1) / _distance(missed / outranked, prior)
    at = threshold_at(z2, N_ANCHOR, FPIR_TESTED, prior)
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
