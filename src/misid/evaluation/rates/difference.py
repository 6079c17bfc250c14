"""Difference of two algorithms' FNMR, each at its own FMR: both thresholds were set on the data that are compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from scipy import special

from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.doubt import Doubt, key, present
from misid.quantities import FEW_EVENTS, Interval
from misid.statistics import (
    Array,
    Counts,
    Sums,
    Table,
    node_sums,
    paired_rate_difference,
    satterthwaite,
    spread,
)

_UNIT = 1 << 20
"""Weights of false matches become whole numbers of this part, so that sums over people are exact."""


def fnmr_difference(doubts: tuple[Doubt, Doubt], points: tuple[Point, Point], target: float) -> Interval:
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
    Interval
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
    tried = one.tried[True]
    assert not isinstance(tried, Sums)  # nor were errors
    alone = paired_rate_difference(missed[0], missed[1], tried, one.subjects, level=one.level)
    discordant = alone.events or 0
    fewest = min(at.passed for at in points)
    if fewest < 1:
        return _apart(doubts, points, target, alone)
    passed = [_errors(of, at, False) for of, at in zip(doubts, points, strict=True)]
    weights = [of.slope(at) / at.fmr for of, at in zip(doubts, points, strict=True)]
    own = _part(_net(missed, (1.0, 1.0), 1), tried, one.subjects, 1)
    theirs = _part(_net(passed, weights, _UNIT), one.tried[False], one.subjects, _UNIT)
    moved = theirs.variance
    if fewest < FEW_EVENTS:
        moved = max(moved, (theirs.squares + max(weights) ** 2) / theirs.trials**2)
    if not discordant:
        # The same comparisons were missed: what is known of that is a bound, and the thresholds' doubt comes on top.
        half = -float(special.ndtri((1 - one.level) / 2)) * math.sqrt(moved)
        return alone._replace(low=max(alone.ends[0] - half, -1.0), high=min(alone.ends[1] + half, 1.0))
    both = own.variance + moved + 2 * float(own.nodes @ theirs.nodes)
    # A person's misses and false matches may cancel; what single comparisons leave open may not.
    least = discordant / own.trials**2 - alone.value**2 / own.trials
    error = math.sqrt(max(both, least))
    if discordant < FEW_EVENTS:
        error = max(error, alone.standard_error)
    degrees = satterthwaite(present(own.nodes + theirs.nodes))
    return _student(alone, error, min(degrees, fewest) if fewest < FEW_EVENTS else degrees, one.level)


class _Part(NamedTuple):
    """What the errors of one kind, those of the second algorithm taken away, leave open of a difference."""

    variance: float
    squares: float
    nodes: Array
    trials: int


def _part(net: Counts, tried: Table | Sums, subjects: int, unit: int) -> _Part:
    found = spread(net, tried, subjects)
    nodes = (node_sums(net, subjects) - found.value * node_sums(tried, subjects)) / found.trials / unit
    return _Part(found.variance / unit**2, found.squares / unit**2, nodes, found.trials)


def _errors(of: Doubt, at: Point, mated: bool) -> Counts:
    found = of.errors(key(at.threshold), mated)
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


def _student(alone: Interval, error: float, degrees: float, level: float) -> Interval:
    half = -float(special.stdtrit(degrees, (1 - level) / 2)) * error
    value = alone.value
    return alone._replace(
        low=max(value - half, -1.0),
        high=min(value + half, 1.0),
        standard_error=error,
        p_value=min(1.0, 2 * float(special.stdtr(degrees, -abs(value) / error))),
        degrees_of_freedom=degrees,
        method="clustered by subject, both thresholds' doubt, t",
    )


def _apart(doubts: tuple[Doubt, Doubt], points: tuple[Point, Point], target: float, alone: Interval) -> Interval:
    level = 1 - (1 - doubts[0].level) / 2
    one, other = (replace(of, level=level).fnmr_at_fmr(target, at) for of, at in zip(doubts, points, strict=True))
    low, high = alone.ends
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
