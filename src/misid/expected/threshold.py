"""Where the threshold stands: from a field FPIR, from a test, from counts at a vendor score.

A threshold is in decades on the probe's own image kind.  phi, the field FPIR, belongs to a named mix of people: of the
strangers of one stop policy, searched once with a usable photo, the share for whom a candidate at or above the
threshold comes back.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

from misid.errors import OutOfRange
from misid.expected.answers import by_cell, part_of, stopped_groups, strata
from misid.expected.field_fpir import pooled_rate
from misid.expected.points import Array, Points, enrolled_share
from misid.expected.search import (
    OF_ALL,
    candidates_of,
    comparisons,
    expected_candidates,
    pairs_reaching,
    threshold_of,
)
from misid.scenario import OperatingPoint, Scenario
from misid.statistics import expected_from_fpir, fpir_gamma

GIVEN = "given"  # name of the point of a scenario whose threshold is known
LEAST = 1e-12  # phi is kept this far from 0 and 1, where the threshold would leave every score behind it
CARD_THRESHOLD = float(np.log10(12e6 / -np.log1p(-0.003)))  # decades at which NIST prints its misses
_ROUNDS = 100
_LOWEST, _HIGHEST = -290.0, 40.0  # decades between which thresholds are looked for
_BELOW_ONE = float(np.nextafter(1.0, 0.0))


def point_names(scenario: Scenario) -> tuple[str, ...]:
    """Return the names of the points at which a scenario is answered: its own threshold, or those it shows instead."""
    threshold = scenario.threshold
    return (GIVEN,) if threshold.known or not threshold.points else tuple(threshold.points)


def operating_point(scenario: Scenario, name: str) -> OperatingPoint:
    """Return an operating point by name; KeyError if the scenario has none of that name."""
    return scenario.threshold if name == GIVEN else scenario.threshold.points[name]


def mix_of(scenario: Scenario, point: OperatingPoint | None = None) -> str:
    """Return the stop policy whose strangers phi belongs to."""
    return (point and point.mix) or scenario.threshold.mix or scenario.headline_stop


def at_threshold(points: Points, threshold: npt.ArrayLike) -> Points:
    """Return points with the threshold at so many decades, one for all or one for each."""
    return replace(points, threshold=np.broadcast_to(np.asarray(threshold, float), (len(points),)))


def at_phi(points: Points, phi: npt.ArrayLike, mix: str, moved_by: str = "") -> Points:
    """Return points with the threshold at which the strangers of a mix have a field FPIR.

    Parameters
    ----------
    points : Points
        One point, or as many as ``phi``.
    phi : array_like of float, shape () or (P,)
        In [0, 1]; kept 1e-12 away from its ends, where no threshold is.  Where the best candidates are shown whatever
        their scores phi is 1, whatever is asked for.
    mix : str
        A stop policy.
    moved_by : {"threshold", "photos"}, optional
        What moves phi; what the scenario says if not given.  By photos the misses stay those that the card prints for
        the image kind at NIST's point, whatever phi.
    """
    if not points.scenario.candidates.floor:
        size = max(len(points), np.size(phi))
        return _best_shown(points if len(points) == size else points.rows(np.zeros(size, np.intp)))
    wanted = np.clip(np.asarray(phi, float), LEAST, 1.0 - LEAST)
    size = max(len(points), wanted.size)
    if len(points) != size:
        points = points.rows(np.zeros(size, np.intp))
    threshold = _solved(points, np.broadcast_to(wanted, (size,)), mix)
    moved = at_threshold(points, threshold)
    by_photos = (moved_by or points.scenario.threshold.moved_by) == "photos"
    shift = threshold - CARD_THRESHOLD if by_photos else np.zeros(size)
    before = 0.0 if points.moved_by_photos is None else points.moved_by_photos
    return replace(moved, location=moved.location - before + shift, moved_by_photos=shift)


def _solved(points: Points, phi: Array, mix: str) -> Array:
    """Return the threshold by Newton's method on the equivalent number of candidates, kept inside a bracket.

    That is the number of a single group of people who all had phi.
    """
    groups = stopped_groups(points.scenario, mix)
    weight = _strangers(points, mix)
    k = points.heterogeneity_k
    target = np.log(np.asarray(expected_from_fpir(phi, k), float))
    low, high = np.full(len(phi), _LOWEST), np.full(len(phi), _HIGHEST)
    last, pairs, factors = np.full(len(phi), np.inf), comparisons(points)[:, None], points.group_factors(groups)
    t = np.asarray(np.clip(np.log10(pairs[:, 0]) - target / np.log(10.0), low, high), float)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # what is not finite is halved instead
        for _ in range(_ROUNDS):
            expected = candidates_of(factors, pairs, t[:, None])
            none_of = -k[:, None] * np.log1p(expected / k[:, None])  # log P(no candidate), by group
            # Near each end phi is told by the share that is small there: of searches with a candidate, or without.
            some, none = -(weight * np.expm1(none_of)).sum(axis=1), (weight * np.exp(none_of)).sum(axis=1)
            log_none = np.where(phi < 0.5, np.log1p(-np.minimum(some, _BELOW_ONE)), np.minimum(np.log(none), 0.0))
            equivalent = np.log(k) + np.log(np.expm1(np.minimum(-log_none / k, 700.0)))
            above = equivalent - target
            if (np.abs(above) < 1e-12).all():
                break
            low, high = np.where(above > 0, t, low), np.where(above > 0, high, t)
            # It falls tenfold a decade where one group counts, slower where several do, faster where all pairs match.
            pair = expected / pairs
            faster = np.where(pair < OF_ALL, np.expm1(pair) / pair, 1.0)
            rate = np.log(weight * expected * faster) + none_of * (1.0 + 1.0 / k[:, None])
            steep = np.exp(rate - (log_none * (1.0 + 1.0 / k) + equivalent)[:, None]).sum(axis=1)
            step = t + above / (np.log(10.0) * steep)
            newton = (step > low) & (step < high) & (np.abs(above) < last / 2.0)
            last = np.where(newton, np.abs(above), np.inf)
            t = np.asarray(np.where(newton, step, (low + high) / 2.0), float)
    if (out := t < _LOWEST + 1.0).any():
        allowed = f"smaller at heterogeneity_k {float(k[out][0]):g}, where many photos draw nobody"
        raise OutOfRange("phi", float(phi[out][0]), allowed)
    return t


def _strangers(points: Points, mix: str) -> Array:
    """Return the part of each probe group among the people of a mix who are not enrolled, shape (P, G)."""
    cells, groups = strata(points.scenario, mix), stopped_groups(points.scenario, mix)
    apart = 1.0 - by_cell(points, mix, enrolled_share)
    part = part_of(points, mix) * apart
    total = part.sum(axis=1, keepdims=True)
    # Where everybody is enrolled there are no strangers: phi then belongs to the people themselves.
    part = np.where(total > 0.0, part, part_of(points, mix))
    member = np.array([[float(cell.group == g) for g in groups] for cell in cells])
    return np.asarray(part @ member / part.sum(axis=1, keepdims=True), float)


def phi_of(points: Points, mix: str) -> Array:
    """Return the field FPIR of the strangers of a mix at the threshold that stands, shape (P,)."""
    expected = expected_candidates(points, threshold_of(points), stopped_groups(points.scenario, mix))
    fpir = np.asarray(fpir_gamma(expected, points.heterogeneity_k[:, None]), float)
    return np.asarray(np.minimum((_strangers(points, mix) * fpir).sum(axis=1), 1.0), float)


def at_point(points: Points, name: str) -> Points:
    """Return points with the threshold of an operating point of their scenario, by name.

    KeyError if there is none of that name; ValueError if nothing is known of it.
    """
    scenario = points.scenario
    point = operating_point(scenario, name)
    if not scenario.candidates.floor:
        return _best_shown(points)
    if point.field_fpir is not None:
        return at_phi(points, points[point.field_fpir], mix_of(scenario, point))
    if point.test is not None:
        test = point.test
        expected = np.asarray(expected_from_fpir(points[test.fpir], points.heterogeneity_k), float)
        size = points[test.n_references] if test.gallery == "kept" else comparisons(points)
        decades = np.log10(points[test.population_factor] / pairs_reaching(expected / size))
        return at_threshold(points, decades - points[scenario.capture.tail_shift_decades])
    if point.vendor is not None:
        rate = pooled_rate(point.vendor.counts)
        if point.mix is None:  # counted on people as likely to match as the mean of the tested groups
            return at_threshold(points, -np.log10(rate))
        phi = np.asarray(fpir_gamma(rate * comparisons(points), points.heterogeneity_k), float)
        return at_phi(points, phi, point.mix, "threshold")
    raise ValueError(f"nothing is known of the threshold at {name!r}: give phi")


def _best_shown(points: Points) -> Points:
    """Return points at which the best candidates are shown, whatever their scores."""
    return at_threshold(points, -3.0)


def phi_grid(points: int = 60) -> Array:
    """Return values of phi from 1e-5 to 0.99, even in log odds, for curves."""
    low, high = logit(1e-5), logit(0.99)
    return np.asarray(expit(np.linspace(float(low), float(high), points)), float)
