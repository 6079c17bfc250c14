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

from misid.expected.candidates import Acceptance, mates_above
from misid.expected.points import GROUPS, Array, Points
from misid.statistics import effective_comparisons, expected_from_fpir, fpir_gamma

# With v = FPIR e^-w the integral over the best non-mated score has the weight e^-w, and FNMR is all but a straight
# line in w where the weight is; 24 Gauss-Laguerre nodes give nine digits up to FPIR 0.3, from where mates are summed.
_NODES, _WEIGHTS = np.polynomial.laguerre.laggauss(24)
_NODES = np.exp(-_NODES)
_MANY = 0.3
ALL_PAIRS = 1.0 - 1e-6  # share of pairs that counts as all of them
_EVERYBODY = 1e300
OF_ALL = -float(np.log1p(-ALL_PAIRS))


@dataclass(frozen=True)
class ExpectedRates:
    """Rates of one search, before failure to acquire, by point and probe group."""

    threshold: Array  # decades on the probe's own image kind, (P,)
    fpir: Array  # share of non-mated searches with a candidate at or above the threshold, (P, G)
    named: Array  # share of non-mated searches after which somebody is named: of those, whom the person accepts, (P, G)
    misid: Array  # share of mated searches after which another person is named, (P, G)
    right: Array  # share of mated searches after which the mate is named, (P, G)
    fnir: Array  # share of mated searches whose mate is below the threshold, (P,)
    by_name: Array | float = 0.0  # share of mated searches that end with the name given, before all are searched, (P,)


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


def threshold_of(points: Points) -> Array:
    """Return the threshold of points on which one has been placed, shape (P,); ValueError where none has."""
    if points.threshold is None:
        raise ValueError("no threshold on these points: place one with at_phi, at_point or at_threshold")
    return points.threshold


def expected_candidates(points: Points, threshold: Array, groups: Sequence[int] | None = None) -> Array:
    """Return the mean number of non-mated candidates of a search at or above a threshold (P,), shape (P, G).

    ``-N log1p(-r 10^-T)``; below the threshold that all pairs reach it goes on in proportion, so that every phi has a
    threshold however few photos draw most candidates.  Where the best are shown whatever their scores nobody is below.
    """
    expected = _expected_at(points, threshold[:, None], groups)
    return expected if points.scenario.candidates.floor else np.full_like(expected, _EVERYBODY)


def _expected_at(points: Points, score: Array, groups: Sequence[int] | None) -> Array:
    """Return the mean number of non-mated candidates at or above scores, of shapes that broadcast with (P, G, ...)."""
    return candidates_of(*_of_groups(points, groups, score.ndim), score)


def candidates_of(factors: Array, n: Array, score: Array) -> Array:
    """Return the mean number of non-mated candidates at or above scores, for row factors and comparisons."""
    exceed = factors * 10.0**-score
    per_pair = np.where(exceed < ALL_PAIRS, -np.log1p(-np.minimum(exceed, ALL_PAIRS)), exceed / ALL_PAIRS * OF_ALL)
    return np.asarray(n * per_pair, float)


def pairs_reaching(expected: Array) -> Array:
    """Return ``r 10^-T``, the share of pairs that reach a threshold, from the candidates expected of a comparison."""
    part = -np.expm1(-np.minimum(expected, OF_ALL))
    return np.asarray(np.where(expected < OF_ALL, part, expected / OF_ALL * ALL_PAIRS), float)


def _score_at(points: Points, expected: Array, groups: Sequence[int] | None) -> Array:
    """Invert `_expected_at`; where nobody is expected the score is ``inf``."""
    factors, n = _of_groups(points, groups, expected.ndim)
    exceed = pairs_reaching(expected / n)
    ratio = np.divide(factors, exceed, out=np.full_like(exceed, np.inf), where=exceed > 0.0)
    return np.asarray(np.log10(ratio), float)


def _of_groups(points: Points, groups: Sequence[int] | None, axes: int) -> tuple[Array, Array]:
    """Return row factors of groups, (P, G), and comparisons, (P, 1), with axes added for broadcasting."""
    shape = (slice(None), slice(None)) + (None,) * (axes - 2)
    factors = points.group_factors(range(len(GROUPS)) if groups is None else groups)
    return factors[shape], comparisons(points)[:, None][shape]


def expected_search(points: Points, groups: Sequence[int] | None = None) -> ExpectedRates:
    """Search once, in expectation, with probes of some groups (indices into `GROUPS`) or of all.

    Right, MISID and mated without anybody named sum to one; non-mated and mated scores are independent given the probe.
    """
    threshold = threshold_of(points)
    expected = expected_candidates(points, threshold, groups)
    fpir = np.asarray(fpir_gamma(expected, points.heterogeneity_k[:, None]), float)
    fnir = fnmr(threshold, points)
    right, wrong = named_from(points, threshold, threshold, groups)
    named = fpir
    if (acceptance := Acceptance.of(points)) is not None:
        named = acceptance.named(expected)
    unlisted = np.where(_own_alone(points)[:, None], 0.0, fnir[:, None] * named)
    return ExpectedRates(threshold, fpir, named, unlisted + wrong, right, fnir)


def _own_alone(points: Points) -> npt.NDArray[np.bool_]:
    """Whether the gallery is one reference, which leaves nobody else where it is the person's own, shape (P,)."""
    return np.asarray(points[points.scenario.gallery.n_references] <= 1.0)


def named_from(
    points: Points, threshold: Array, lowest: Array, groups: Sequence[int] | None = None
) -> tuple[Array, Array]:
    """Return P(the mate is named) and P(another is named) with a mated score at or above ``lowest``, shape (P, G).

    ``lowest`` is at or above the threshold, so that such a mate is on the list unless too many strangers are above.
    """
    best = np.maximum(threshold, lowest)
    found = 1.0 - fnmr(best, points)
    right, wrong = _among_strangers(points, threshold, best, found, groups)
    if (alone := _own_alone(points)[:, None]).any():
        accepted = (points[points.scenario.candidates.picks_mate] * found)[:, None]
        right, wrong = np.where(alone, accepted, right), np.where(alone, 0.0, wrong)
    return right, wrong


def _among_strangers(
    points: Points, threshold: Array, best: Array, found: Array, groups: Sequence[int] | None
) -> tuple[Array, Array]:
    """Return P(the mate is named) and P(another is) with a mated score from ``best`` on; a share ``found`` has one."""
    acceptance = Acceptance.of(points)
    if acceptance is not None:
        here = _of_groups(points, groups, 2)[0]
        columns = (best, threshold, *points.curve, comparisons(points), acceptance.mate, acceptance.row, *here.T)
        _, first, again = np.unique(np.stack(columns, axis=1), axis=0, return_index=True, return_inverse=True)
        if len(first) < len(points):  # where only other inputs differ
            few = _among_strangers(points.rows(first), threshold[first], best[first], found[first], groups)
            return few[0][again.reshape(-1)], few[1][again.reshape(-1)]
        listed = expected_candidates(points, threshold, groups)
        return acceptance.with_mate(points, best, found, lambda score: _expected_at(points, score, groups), listed)
    # P(a stranger is above the mate): with v the probability that the best stranger is at or above s, the integral
    # over v in [0, v(best)] of FNMR(s(v)) - FNMR(best) (FORMULAS 5 in that variable).
    k = points.heterogeneity_k[:, None]
    fpir = np.asarray(fpir_gamma(expected_candidates(points, best, groups), k), float)
    above = _score_at(points, np.asarray(expected_from_fpir(fpir[..., None] * _NODES, k[..., None]), float), groups)
    there = found[:, None]
    wrong = np.maximum(fpir * (fnmr(above, points) @ _WEIGHTS - 1.0 + there), 0.0)
    if (many := np.flatnonzero((fpir > _MANY).any(axis=1))).size:
        hit = points.rows(many)
        w, mates = mates_above(hit, best[many], lambda score: _expected_at(hit, score, groups))
        wrong[many] = (np.asarray(fpir_gamma(w, k[many, :, None]), float) * mates).sum(axis=-1)
    return np.maximum(there - wrong, 0.0), wrong
