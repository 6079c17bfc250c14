"""Difference of two algorithms' FNMR, each at its own FMR: both thresholds were set on the data that are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.doubt import Doubt, freedom, key
from misid.statistics.clustered import ENOUGH, Counts, Margins, RateDifference, Sums, paired_rate_difference
from misid.statistics.dyadic import node_sums, spread

_UNIT = 1 << 20
"""Weights of false matches become whole numbers of this part, so that sums over people are exact."""


def fnmr_difference(doubts: tuple[Doubt, Doubt], points: tuple[Point, Point], target: float) -> RateDifference:
    """Return the difference of FNMR with the doubt about people and about either threshold.

    Parameters
    ----------
    doubts : tuple of Doubt
        Of both algorithms, on the same comparisons in memory, with subjects.
    points : tuple of Point
        Where each has its FMR.
    target : float
        That FMR.

    Returns
    -------
    RateDifference
        First minus second.  Without a p-value (NaN) where either algorithm has no false match at its threshold.

    Notes
    -----
    An algorithm's FNMR moves with its misses, and with its false matches by what FNMR rises per e-fold of FMR (delta
    method, as `Doubt.fnmr_at_fmr`).  What one person does to both algorithms cancels in the difference of the two, and
    one variance holds misses and false matches.  Fewer than 25 false matches count as one more, of one algorithm alone,
    and give no more degrees of freedom than they are: on the log, exact limits of so few are no wider.
    """
    one = doubts[0]
    missed = [_errors(of, at, True) for of, at in zip(doubts, points, strict=True)]
    tried = {mated: _listed(one, mated) for mated in (True, False)}
    alone = paired_rate_difference(missed[0], missed[1], tried[True], one.subjects, level=one.level)
    fewest = min(at.passed for at in points)
    if fewest < 1:
        return _apart(doubts, points, target, alone)
    passed = [_errors(of, at, False) for of, at in zip(doubts, points, strict=True)]
    weights = [of.slope(at) / at.fmr for of, at in zip(doubts, points, strict=True)]
    parts, variance = [], []
    for tables, times, unit, mated in ((missed, (1.0, 1.0), 1, True), (passed, weights, _UNIT, False)):
        net = _net(tables, times, unit)
        found = spread(net, tried[mated], one.subjects)
        own = node_sums(net, one.subjects) - found.value * node_sums(tried[mated], one.subjects)
        parts.append(own / found.trials / unit)
        variance.append(found.variance / unit**2)
        if not mated and fewest < ENOUGH:
            variance[-1] = max(variance[-1], (found.squares / unit**2 + max(times) ** 2) / found.trials**2)
    if not alone.discordant:
        # The same comparisons were missed: what is known of that is a bound, and the thresholds' doubt comes on top.
        half = -float(special.ndtri((1 - one.level) / 2)) * math.sqrt(variance[1])
        return alone._replace(low=max(alone.low - half, -1.0), high=min(alone.high + half, 1.0))
    both = sum(variance) + 2 * float(parts[0] @ parts[1])
    # A person's misses and false matches may cancel; what single comparisons leave open may not.
    n = found_trials(tried[True])
    least = alone.discordant / n**2 - alone.difference**2 / n
    error = math.sqrt(max(both, least))
    if alone.discordant < ENOUGH:
        error = max(error, alone.standard_error)
    degrees = freedom(parts[0] + parts[1])
    return _student(alone, error, min(degrees, fewest) if fewest < ENOUGH else degrees, one.level)


def found_trials(tried: Counts | Margins) -> int:
    """Return how many mated comparisons there are."""
    assert isinstance(tried, Counts)  # mated trials are always listed
    return int(tried.count.sum())


def _errors(of: Doubt, at: Point, mated: bool) -> Counts:
    found = of.errors(key(at.threshold), mated)
    if isinstance(found, Sums):
        raise TypeError("two algorithms are compared on comparisons in memory, not on a stream")
    return found


def _listed(of: Doubt, mated: bool) -> Counts | Margins:
    found = of.tried[mated]
    if isinstance(found, Sums):
        raise TypeError("two algorithms are compared on comparisons in memory, not on a stream")
    return found


def _net(tables: Sequence[Counts], times: Sequence[float], unit: int) -> Counts:
    """Return errors of the first less those of the second, weighted, in whole units."""
    whole = [round(sign * weight * unit) for sign, weight in zip((1, -1), times, strict=True)]
    return Counts(
        np.concatenate([table.first for table in tables]),
        np.concatenate([table.second for table in tables]),
        np.concatenate([table.count * weight for table, weight in zip(tables, whole, strict=True)]),
    )


def _student(alone: RateDifference, error: float, degrees: float, level: float) -> RateDifference:
    half = -float(special.stdtrit(degrees, (1 - level) / 2)) * error
    value = alone.difference
    return alone._replace(
        low=max(value - half, -1.0),
        high=min(value + half, 1.0),
        standard_error=error,
        p_value=min(1.0, 2 * float(special.stdtr(degrees, -abs(value) / error))),
        degrees_of_freedom=degrees,
        method="clustered by subject, both thresholds' doubt, t",
    )


def _apart(
    doubts: tuple[Doubt, Doubt], points: tuple[Point, Point], target: float, alone: RateDifference
) -> RateDifference:
    level = 1 - (1 - doubts[0].level) / 2
    one, other = (replace(of, level=level).fnmr_at_fmr(target, at) for of, at in zip(doubts, points, strict=True))
    low, high = alone.low, alone.high
    if one.low is not None and other.high is not None:
        low = min(low, one.low - other.high)
    if one.high is not None and other.low is not None:
        high = max(high, one.high - other.low)
    return alone._replace(
        low=max(low, -1.0),
        high=min(high, 1.0),
        p_value=math.nan,
        method="no false match, both intervals with their thresholds' doubt",
    )
