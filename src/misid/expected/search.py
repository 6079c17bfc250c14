"""One search in closed form: what comes back for mated and non-mated probes of each group.

On the exceedance scale the number of non-mated candidates at or above s is Poisson with mean
``Lambda_g(s) = -N log1p(-r_g 10^-s)``, so that nothing here depends on N but through a logarithm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from misid.expected.points import GROUPS, Array, Points
from misid.statistics import effective_comparisons, expected_from_fpir, fpir_gamma
from misid.vocabulary import Mode

# With v = FPIR e^-w the integral over the best non-mated score has the weight e^-w, and FNMR is all but a straight
# line in w where the weight is; 24 Gauss-Laguerre nodes give nine digits up to FPIR 0.3 and five at 0.9.
_NODES, _WEIGHTS = np.polynomial.laguerre.laggauss(24)
_NODES = np.exp(-_NODES)


@dataclass(frozen=True)
class ExpectedRates:
    """Rates of one search, before failure to acquire, by point and probe group."""

    threshold: Array  # decades on the probe's own image kind, (P,)
    fpir: Array  # share of non-mated searches with a candidate, (P, G)
    misid: Array  # share of mated searches whose top candidate is another person, (P, G)
    right: Array  # share of mated searches whose top candidate is the mate, (P, G)
    fnir: Array  # share of mated searches whose mate is below the threshold, (P,)


def fnmr(s: Array, points: Points) -> Array:
    """Return the mated curve ``c + (1-c) Phi(b (s - mu))`` at decades ``s``, shape (P, ...)."""
    shape = (len(points),) + (1,) * (s.ndim - 1)
    floor, slope, location = (x.reshape(shape) for x in (points.floor, points.slope, points.location))
    return np.asarray(floor + (1.0 - floor) * ndtr(slope * (s - location)), float)


def comparisons(points: Points) -> Array:
    """Return the number of independent comparisons of one search, shape (P,) (FORMULAS 3)."""
    gallery = points.scenario.gallery
    images = points[gallery.n_references]
    per_person = np.minimum(points[gallery.images_per_person], images)
    return np.asarray(effective_comparisons(images, per_person, points[gallery.image_correlation]), float)


def threshold_decades(points: Points, mode: Mode) -> Array:
    """Return the threshold in decades on the scale of the image kind it was set on, shape (P,).

    ``comparisons``: the threshold stays where it was set.  ``held``: the vendor moves it with the gallery so that FPIR
    stays, by log10 of the ratio of comparisons.
    """
    threshold = points.scenario.threshold
    expected = np.asarray(expected_from_fpir(points[threshold.fpir], points.heterogeneity_k), float)
    decades = np.log10(points[threshold.n_references] / expected)
    if mode is Mode.HELD:
        decades = decades + np.log10(comparisons(points) / points[threshold.n_references])
    return np.asarray(decades, float)


def probe_threshold(points: Points, mode: Mode) -> Array:
    """Return the threshold in decades on the scale of the probe's own image kind, shape (P,)."""
    return threshold_decades(points, mode) - points[points.scenario.capture.tail_shift_decades]


def expected_search(points: Points, mode: Mode, groups: Sequence[int] | None = None) -> ExpectedRates:
    """Search once, in expectation, with probes of some groups (indices into `GROUPS`) or of all.

    Right, MISID and mated without hit sum to one.  Non-mated and mated scores are independent given the probe.  With v
    the probability that the best non-mated score is at or above s, ``MISID = integral over v in [0, FPIR] of
    FNMR(s(v)) dv`` (FORMULAS 5 in that variable), and ``right = 1 - FNMR(T) - MISID + FPIR FNMR(T)``.
    """
    return expected_search_at(points, probe_threshold(points, mode), groups)


def expected_search_at(points: Points, threshold: Array, groups: Sequence[int] | None = None) -> ExpectedRates:
    """Search once at a threshold, as `expected_search` does; in decades on the probe's image kind, shape (P,)."""
    k = points.heterogeneity_k[:, None]
    # The threshold's rate is that of the population it was set on; a group is likelier or less likely relative to it.
    factors = points.group_factors(range(len(GROUPS)) if groups is None else groups)
    factors = factors / points[points.scenario.threshold.population_factor][:, None]
    exceed = np.minimum(factors * 10.0 ** -threshold[:, None], 1.0 - 1e-12)
    expected = -comparisons(points)[:, None] * np.log1p(-exceed)
    fpir = np.asarray(fpir_gamma(expected, k), float)
    at_node = np.asarray(expected_from_fpir(fpir[..., None] * _NODES, k[..., None]), float)
    above = threshold[:, None, None] + np.log10(_ratio(expected[..., None], at_node))
    fnir = fnmr(threshold, points)
    misid = fpir * (fnmr(above, points) @ _WEIGHTS)
    right = 1.0 - fnir[:, None] - misid + fpir * fnir[:, None]
    return ExpectedRates(threshold, fpir, misid, np.maximum(right, 0.0), fnir)


def _ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> Array:
    """Divide; where both are 0 (a group that never matches) the ratio is 1 and is multiplied by 0 later."""
    top, bottom = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    return np.asarray(np.divide(top, bottom, out=np.ones_like(top), where=bottom > 0), float)
