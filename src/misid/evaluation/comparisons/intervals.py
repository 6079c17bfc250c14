"""Intervals of rates of comparisons, over people: people, not comparisons, are what was sampled.

A rate at a fixed threshold has an interval of its own (`misid.statistics.rate_interval`).  The EER and FNMR at an FMR
move along the curve as well when the other rate errs, so both errors, of the same people, go into one variance (delta
method).  With fewer than 25 errors, or 25 comparisons without one, on either side that is not trusted: the ends then
come from both rates' own intervals, each at half the miscoverage, which errs towards too wide.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy import special

from misid.evaluation.comparisons.conventions import Point
from misid.evaluation.comparisons.counts import ListedPairs, SummedPairs
from misid.evaluation.comparisons.steps import Steps
from misid.evaluation.comparisons.tallied import AnyPairs, TalliedCounts, TalliedPairs
from misid.quantities import FEW_EVENTS, Interval
from misid.statistics import (
    Array,
    PairCounts,
    PairSums,
    TrialCounts,
    clopper_pearson,
    clustered_rate,
    paired_rate_difference,
    rate_interval,
    satterthwaite,
    upper_freedom,
)

_LEAST = 2.0**-60
_UNIT = 1 << 20
"""Weights of false matches are rounded to multiples of 2**-20 and multiplied by 2**20, so that sums over people are
exact, in any order."""


class _Error(NamedTuple):
    """Error of one rate: its variance, what it would be for independent comparisons, and each subject's part."""

    variance: float
    plain: float
    nodes: Array


@dataclass(frozen=True, eq=False)
class PairIntervals:
    """Intervals of the figures of one set of comparisons."""

    steps: Steps
    level: float
    counts: ListedPairs | SummedPairs | TalliedCounts | None = None  # None where comparisons are taken as independent
    anchors: tuple[float, ...] = ()  # thresholds of figures, at which errors were counted; others are those of bands

    def rate(self, at: Point, mated: bool, level: float | None = None) -> Interval:
        """Return the interval of FNMR (mated) or FMR at a point; other levels than the evaluation's on request."""
        level = self.level if level is None else level
        count, n = (at.missed, self.steps.n_mated) if mated else (at.passed, self.steps.n_non_mated)
        if self.counts is None:
            return independent(count, n, level)
        found = rate_interval(self.counts.errors(at.threshold, mated), self.counts.tried(mated), level=level)
        return found._replace(value=count / n, events=count, trials=n)

    def eer(self, value: float, at: Point) -> Interval:
        """Return the interval of the equal error rate."""
        if not self.enough(at):
            # The true rate lies between FMR and FNMR at any threshold, since one rises where the other falls.
            level = 1 - (1 - self.level) / 2
            sides = self.rate(at, True, level), self.rate(at, False, level)
            low, high = min(side.ends[0] for side in sides), max(side.ends[1] for side in sides)
            words = "between FMR and FNMR at the crossing, both intervals"
            return Interval(value, low, high, self.level, words, rough=sides[0].rough or sides[1].rough)
        slope = self.slope(at)
        share = at.fmr / (at.fmr + slope)
        return self._moved(value, at, share, slope / (at.fmr + slope), "delta method over both rates")

    def fnmr_at_fmr(self, target: float, at: Point) -> Interval:
        """Return the interval of FNMR at an FMR, whose threshold was set on the same data."""
        if self.enough(at):
            words = "delta method, with the threshold's doubt"
            return self._moved(at.fnmr, at, 1.0, self.slope(at) / at.fmr, words, skewed=True)
        level = 1 - (1 - self.level) / 2
        (low, _), (_, high) = (self._missed(t, level) for t in self.thresholds_of(target, at, level))
        words = "both intervals, with the threshold's doubt"
        return Interval(at.fnmr, low, high, self.level, words).around()

    def thresholds_of(self, target: float, at: Point, level: float | None = None) -> tuple[float, float]:
        """Return the thresholds that FMR's interval leaves open for a target; infinite where it leaves all."""
        n = self.steps.n_non_mated
        # If the true FMR is as many times the one seen as an end of its interval, so is that of thresholds near by: the
        # target is then reached where that many times less is seen.  Where less than one comparison would be left, no
        # threshold of the data is high enough.
        base = max(at.fmr, 1 / n)
        wishes = [target * base / max(end, _LEAST) for end in self.rate(at, False, level).ends]
        below = [self.steps.first_passing(int(min(wish, 1.0) * n)) - 1 for wish in wishes]
        low = min(self.steps.above(below[0]), at.threshold)
        return low, max(self.steps.above(below[1]), at.threshold) if wishes[1] * n >= 1 else np.inf

    def area(self, value: float, variance: float, nodes: Array | None) -> Interval:
        """Return the interval of the area under the curve."""
        words = "DeLong, comparisons taken as independent" if nodes is None else "places of each subject's comparisons"
        if variance <= 0:
            return Interval(value, None, None, None, "no overlap: the area is at its end and has no standard error")
        return _logit(value, variance, nodes, self.level, words)

    def slope(self, at: Point) -> float:
        """Rise of FNMR per e-fold of FMR, over one standard error of FMR to either side."""
        # At least that of a Poisson count of as many false matches, in which no two share a person.
        reach = max(np.sqrt(self._of(at, False).variance) / at.fmr, 1 / np.sqrt(at.passed))
        n = self.steps.n_non_mated
        wishes = [min(at.fmr * np.exp(sign * reach), 1.0) for sign in (1, -1)]
        steps = [self.steps.first_passing(int(wish * n)) for wish in wishes]
        fmr = [max(int(self.steps.passed[k]), 1) / n for k in steps]
        rise = float(self.steps.missed[steps[1]] - self.steps.missed[steps[0]]) / self.steps.n_mated
        return rise / max(float(np.log(fmr[0] / fmr[1])), _LEAST)

    def enough(self, at: Point) -> bool:
        """Say whether there are enough errors of either kind, and enough comparisons without one."""
        right = min(self.steps.n_non_mated - at.passed, self.steps.n_mated - at.missed)
        return min(at.passed, at.missed, right) >= FEW_EVENTS

    def _missed(self, threshold: float, level: float) -> tuple[float, float]:
        """Return the ends of FNMR's interval at a threshold, from the effective number at the nearest anchor."""
        steps = self.steps
        fnmr = float(steps.missed[steps.at(threshold) if threshold < np.inf else -1]) / steps.n_mated
        n = float(steps.n_mated)
        if self.counts is not None:
            anchors = [float(np.float32(t)) for t in self.anchors]
            near = min(anchors, key=lambda t: abs(t - threshold) if np.isfinite(threshold) else -t)
            found = rate_interval(self.counts.errors(near, True), self.counts.tried(True), level=level)
            n = min(n, max(found.effective_n, 1.0))
        tail = (1 - level) / 2
        low = float(special.betaincinv(fnmr * n, n - fnmr * n + 1, tail)) if fnmr > 0 else 0.0
        high = float(special.betainccinv(fnmr * n + 1, n - fnmr * n, tail)) if fnmr < 1 else 1.0
        return low, high

    def _of(self, at: Point, mated: bool) -> _Error:
        count, n = (at.missed, self.steps.n_mated) if mated else (at.passed, self.steps.n_non_mated)
        plain = count / n * (1 - count / n) / n
        if self.counts is None:
            return _Error(plain, plain, np.empty(0))
        events, tried = self.counts.errors(at.threshold, mated), self.counts.tried(mated)
        own = events.by_person() - count / n * tried.by_person()
        return _Error(clustered_rate(events, tried).variance, plain, own / n)

    def _moved(
        self, value: float, at: Point, of_missed: float, of_passed: float, words: str, skewed: bool = False
    ) -> Interval:
        """Interval of a figure that moves so much with FNMR's error and so much with FMR's."""
        missed, passed = self._of(at, True), self._of(at, False)
        nodes = of_missed * missed.nodes + of_passed * passed.nodes
        both = 2 * of_missed * of_passed * float(missed.nodes @ passed.nodes)
        variance = of_missed**2 * missed.variance + of_passed**2 * passed.variance + both
        plain = of_missed**2 * missed.plain + of_passed**2 * passed.plain
        variance = max(variance, plain)
        if self.counts is None:
            return _logit(value, variance, None, self.level, f"{words}, comparisons taken as independent")
        # False matches are skewed by few people: their part of the variance reaches further up.
        part = min(of_passed**2 * passed.variance / variance, 1.0) if skewed else 0.0
        skew = upper_freedom(satterthwaite(_present(of_passed * passed.nodes)))
        return _logit(value, variance, nodes, self.level, words, (part, skew))


def pair_intervals(
    pairs: AnyPairs,
    steps: Steps,
    thresholds: Sequence[float],
    band: Sequence[float] = (),
    *,
    level: float,
    sums: SummedPairs | TalliedCounts | None = None,
) -> PairIntervals:
    """Count what intervals at some thresholds need: those of figures, and those of bands, where rates alone are wanted.

    Comparisons are not gone through where they were summed already, at all those thresholds.
    """
    if pairs.people is None:
        return PairIntervals(steps, level)
    if sums is None:
        assert not isinstance(pairs, TalliedPairs)  # those are summed
        return PairIntervals(steps, level, ListedPairs(pairs, [*thresholds, *band]), tuple(thresholds))
    return PairIntervals(steps, level, sums, tuple(thresholds))


def independent(count: int, n: int, level: float) -> Interval:
    """Return the interval of a share of comparisons that are taken as independent."""
    low, high = clopper_pearson(float(count), float(n), level)
    return Interval(count / n, low, high, level, "Clopper-Pearson, comparisons taken as independent", count, n)


def _logit(
    value: float,
    variance: float,
    nodes: Array | None,
    level: float,
    words: str,
    raised: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Interval on the logit scale, with as many degrees of freedom as the people's parts carry.

    ``raised`` is the part of the variance that has fewer at the upper end, and how many it has.
    """
    degrees = np.inf if nodes is None else satterthwaite(_present(nodes))
    part, skew = raised
    t, further = (
        -float(special.ndtri((1 - level) / 2) if np.isinf(df) else special.stdtrit(df, (1 - level) / 2))
        for df in (degrees, skew)
    )
    error = float(np.sqrt(variance)) / (value * (1 - value))
    middle = float(special.logit(value))
    low, high = middle - t * error, middle + (t + part * max(further - t, 0.0)) * error
    low, high = float(special.expit(low)), float(special.expit(high))
    return Interval(value, low, high, level, words, rough=bool(degrees < 10))


def _present(nodes: Array) -> Array:
    """Leave out people who took no part."""
    return np.asarray(nodes[nodes != 0])


def fnmr_difference(
    intervals: tuple[PairIntervals, PairIntervals], points: tuple[Point, Point], target: float
) -> Interval:
    """Difference of two algorithms' FNMR, first minus second, each at its own FMR, set on the data compared.

    An algorithm's FNMR moves with its misses, and with its false matches by what FNMR rises per e-fold of FMR (delta
    method, as `PairIntervals.fnmr_at_fmr`).  What one person does to both algorithms cancels in the difference of the
    two, and one variance holds misses and false matches.  With fewer than 25 false matches the variance is at least
    that with one more, of one algorithm alone, and there are no more degrees of freedom than false matches: on the log
    scale, exact limits for so few are no wider.  There is no p-value (NaN) where either algorithm has no false match at
    its threshold.
    """
    one = intervals[0]
    assert one.counts is not None  # algorithms are compared where subjects are named
    missed = [_listed(of, at, True) for of, at in zip(intervals, points, strict=True)]
    tried = one.counts.tried(True)
    assert not isinstance(tried, PairSums)  # nor were errors
    alone = paired_rate_difference(missed[0], missed[1], tried, level=one.level)
    discordant, fewest = alone.events or 0, min(at.passed for at in points)
    if fewest < 1:
        return _apart(intervals, points, target, alone)
    passed = [_listed(of, at, False) for of, at in zip(intervals, points, strict=True)]
    weights = [of.slope(at) / at.fmr for of, at in zip(intervals, points, strict=True)]
    own = _part(missed[0] + missed[1].times(-1), tried, 1)
    net = passed[0].times(round(weights[0] * _UNIT)) + passed[1].times(round(-1 * weights[1] * _UNIT))
    theirs = _part(net, one.counts.tried(False), _UNIT)
    moved = theirs.variance
    if fewest < FEW_EVENTS:
        moved = max(moved, (theirs.squares + max(weights) ** 2) / theirs.trials**2)
    if not discordant:
        # The same comparisons were missed: a bound says what is left open there, and the thresholds add to it.
        half = -float(special.ndtri((1 - one.level) / 2)) * math.sqrt(moved)
        low, high = alone.ends
        return alone._replace(low=max(low - half, -1.0), high=min(high + half, 1.0))
    both = own.variance + moved + 2 * float(own.nodes @ theirs.nodes)
    # A person's misses and false matches may cancel; what single comparisons leave open may not.
    least = discordant / own.trials**2 - alone.value**2 / own.trials
    error = math.sqrt(max(both, least))
    if discordant < FEW_EVENTS:
        error = max(error, alone.standard_error)
    degrees = satterthwaite(_present(own.nodes + theirs.nodes))
    return _student(alone, error, min(degrees, fewest) if fewest < FEW_EVENTS else degrees, one.level)


class _Part(NamedTuple):
    """What the errors of one kind, those of the second algorithm taken away, leave open of a difference."""

    variance: float
    squares: float
    nodes: Array
    trials: int


def _part(net: PairCounts, tried: TrialCounts, unit: int) -> _Part:
    found = clustered_rate(net, tried)
    nodes = (net.by_person() - found.value * tried.by_person()) / found.trials / unit
    return _Part(found.variance / unit**2, found.squares / unit**2, nodes, found.trials)


def _listed(of: PairIntervals, at: Point, mated: bool) -> PairCounts:
    found = None if of.counts is None else of.counts.errors(at.threshold, mated)
    if not isinstance(found, PairCounts):
        raise TypeError("two algorithms are compared on comparisons in memory, not on a stream")
    return found


def _student(alone: Interval, error: float, degrees: float, level: float) -> Interval:
    half = -float(special.stdtrit(degrees, (1 - level) / 2)) * error
    return alone._replace(
        low=max(alone.value - half, -1.0),
        high=min(alone.value + half, 1.0),
        standard_error=error,
        p_value=min(1.0, 2 * float(special.stdtr(degrees, -abs(alone.value) / error))),
        degrees_of_freedom=degrees,
        method="clustered by subject, both thresholds' doubt, t",
    )


def _apart(
    intervals: tuple[PairIntervals, PairIntervals], points: tuple[Point, Point], target: float, alone: Interval
) -> Interval:
    level = 1 - (1 - intervals[0].level) / 2
    one, other = (
        replace(of, level=level).fnmr_at_fmr(target, at).ends for of, at in zip(intervals, points, strict=True)
    )
    low, high = alone.ends
    return alone._replace(
        low=max(min(low, one[0] - other[1]), -1.0),
        high=min(max(high, one[1] - other[0]), 1.0),
        p_value=math.nan,
        method="no false match, both intervals with their thresholds' doubt",
    )
