"""How sure the rates of comparisons are: people, not comparisons, are what was sampled.

A rate at a fixed threshold has an interval of its own (`misid.statistics.clustered`).  The EER and FNMR at an FMR move
along the curve as well when the other rate errs, so both errors, of the same people, go into one variance (delta
method).  With fewer than 25 errors on either side that is not trusted: the ends then come from both rates' own
intervals, each at half the miscoverage, which errs towards too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from misid.evaluation.contract import Comparisons, Stream
from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.distribution import Steps
from misid.evaluation.rates.gathered import Gathered
from misid.evaluation.rates.tables import compact, events_at_each, trials
from misid.quantities import FEW_EVENTS, Interval
from misid.statistics import (
    Array,
    Counts,
    Margins,
    Sums,
    clopper_pearson,
    node_sums,
    rate_interval,
    satterthwaite,
    spread,
    upper_freedom,
)

_LEAST = 2.0**-60


class _Error(NamedTuple):
    """Error of one rate: its variance, what it would be for independent comparisons, and each subject's part."""

    variance: float
    plain: float
    nodes: Array


@dataclass(frozen=True, eq=False)
class Doubt:
    """Intervals of one set of comparisons.

    Parameters
    ----------
    steps : Steps
        Of the comparisons.
    level : float
        Confidence level.
    subjects : int
        People; 0 where comparisons are taken as independent.
    tried : mapping of bool to Counts, Margins or Sums
        Trials, mated and non-mated.
    errors : callable
        Gives the errors, mated or not, at each threshold that intervals are asked for, as float32.
    anchors : tuple of float
        Thresholds of figures; others are those of bands.
    sums : Gathered, optional
        What a stream, or many comparisons, were added up to.
    """

    steps: Steps
    level: float
    subjects: int
    tried: dict[bool, Counts | Margins | Sums]
    errors: Callable[[float, bool], Counts | Sums]
    anchors: tuple[float, ...] = ()
    sums: Gathered | None = None

    def rate(self, at: Point, mated: bool, level: float | None = None) -> Interval:
        """Return the interval of FNMR (mated) or FMR at a point; other levels than the evaluation's on request."""
        level = self.level if level is None else level
        if not self.subjects:
            count, n = (at.missed, self.steps.n_mated) if mated else (at.passed, self.steps.n_non_mated)
            return independent(count, n, level)
        events = self.errors(key(at.threshold), mated)
        found = rate_interval(events, self.tried[mated], self.subjects, level=level)
        return found._replace(value=at.fnmr if mated else at.fmr)

    def eer(self, value: float, at: Point) -> Interval:
        """Return the interval of the equal error rate."""

        # The true rate lies between FMR and FNMR at any threshold, since one rises where the other falls.
        def wide(level: float) -> Interval:
            sides = self.rate(at, True, level), self.rate(at, False, level)
            low, high = min(side.ends[0] for side in sides), max(side.ends[1] for side in sides)
            words = "between FMR and FNMR at the crossing, both intervals"
            return Interval(value, low, high, self.level, words, rough=sides[0].rough or sides[1].rough)

        if not self._enough(at):
            return wide(1 - (1 - self.level) / 2)
        slope = self.slope(at)
        share = at.fmr / (at.fmr + slope)
        return self._moved(value, at, share, slope / (at.fmr + slope), "delta method over both rates")

    def fnmr_at_fmr(self, target: float, at: Point) -> Interval:
        """Return the interval of FNMR at an FMR, with the doubt about the threshold."""
        if self._enough(at):
            words = "delta method, with the threshold's doubt"
            return self._moved(at.fnmr, at, 1.0, self.slope(at) / at.fmr, words, skewed=True)
        level = 1 - (1 - self.level) / 2
        low, high = self.thresholds_of(target, at, level)
        ends = [self._missed(t, level) for t in (low, high)]
        words = "both intervals, with the threshold's doubt"
        return Interval(at.fnmr, ends[0][0], ends[1][1], self.level, words).around()

    def thresholds_of(self, target: float, at: Point, level: float | None = None) -> tuple[float, float]:
        """Return the thresholds that FMR's interval leaves open for a target; infinite where it leaves all."""
        ends = self.rate(at, False, level).ends
        n = self.steps.n_non_mated
        base = max(at.fmr, 1 / n)
        wishes = [target * base / max(end, _LEAST) for end in ends]
        below = [self.steps.first_passing(int(min(wish, 1.0) * n)) - 1 for wish in wishes]
        low = self.steps.above(below[0])
        return min(low, at.threshold), max(self.steps.above(below[1]), at.threshold) if wishes[1] * n >= 1 else np.inf

    def area(self, value: float, variance: float, nodes: Array | None) -> Interval:
        """Return the interval of the area under the curve."""
        words = "DeLong, comparisons taken as independent" if nodes is None else "places of each subject's comparisons"
        if variance <= 0:
            return Interval(value, None, None, None, "no overlap: the area is at its end and has no standard error")
        return _logit(value, variance, nodes, self.level, words)

    def _missed(self, threshold: float, level: float) -> tuple[float, float]:
        """Return the ends of FNMR's interval at a threshold, from the effective number at the nearest one asked for."""
        steps = self.steps
        fnmr = float(steps.missed[steps.at(threshold) if threshold < np.inf else -1]) / steps.n_mated
        n = float(steps.n_mated)
        if self.subjects:
            near = min(
                (key(t) for t in self.anchors), key=lambda t: abs(t - threshold) if np.isfinite(threshold) else -t
            )
            found = rate_interval(self.errors(near, True), self.tried[True], self.subjects, level=level)
            n = min(n, max(found.effective_n, 1.0))
        tail = (1 - level) / 2
        low = float(special.betaincinv(fnmr * n, n - fnmr * n + 1, tail)) if fnmr > 0 else 0.0
        high = float(special.betainccinv(fnmr * n + 1, n - fnmr * n, tail)) if fnmr < 1 else 1.0
        return low, high

    def _enough(self, at: Point) -> bool:
        """Say whether there are enough errors of either kind, and enough comparisons without one."""
        right = min(self.steps.n_non_mated - at.passed, self.steps.n_mated - at.missed)
        return min(at.passed, at.missed, right) >= FEW_EVENTS

    def slope(self, at: Point) -> float:
        """Rise of FNMR per e-fold of FMR, over one standard error of FMR to either side."""
        reach = max(np.sqrt(self._of(at, False).variance) / at.fmr, 1 / np.sqrt(at.passed))
        n = self.steps.n_non_mated
        wishes = [min(at.fmr * np.exp(sign * reach), 1.0) for sign in (1, -1)]
        steps = [self.steps.first_passing(int(wish * n)) for wish in wishes]
        fmr = [max(int(self.steps.passed[k]), 1) / n for k in steps]
        rise = float(self.steps.missed[steps[1]] - self.steps.missed[steps[0]]) / self.steps.n_mated
        return rise / max(float(np.log(fmr[0] / fmr[1])), _LEAST)

    def _of(self, at: Point, mated: bool) -> _Error:
        count, n = (at.missed, self.steps.n_mated) if mated else (at.passed, self.steps.n_non_mated)
        plain = count / n * (1 - count / n) / n
        if not self.subjects:
            return _Error(plain, plain, np.empty(0))
        events, tried = self.errors(key(at.threshold), mated), self.tried[mated]
        own = node_sums(events, self.subjects) - count / n * node_sums(tried, self.subjects)
        return _Error(spread(events, tried, self.subjects).variance, plain, own / n)

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
        if not self.subjects:
            return _logit(value, variance, None, self.level, f"{words}, comparisons taken as independent")
        # False matches are skewed by few people: their part of the doubt reaches further up.
        part = min(of_passed**2 * passed.variance / variance, 1.0) if skewed else 0.0
        skew = upper_freedom(satterthwaite(present(of_passed * passed.nodes)))
        return _logit(value, variance, nodes, self.level, words, (part, skew))


def doubt(
    pairs: Comparisons | Stream,
    steps: Steps,
    thresholds: Sequence[float],
    band: Sequence[float] = (),
    *,
    level: float,
    sums: Gathered | None = None,
) -> Doubt:
    """Count what intervals at some thresholds need.

    Parameters
    ----------
    pairs : Comparisons or Stream
        Not gone through where there are sums.
    steps : Steps
        Of the same comparisons.
    thresholds, band : sequence of float
        At which intervals will be asked for: of figures, and of rates alone.
    level : float
        Confidence level.
    sums : Gathered, optional
        Of the same comparisons, at all those thresholds.

    Returns
    -------
    Doubt
    """
    people, every = pairs.people, [*thresholds, *band]
    tried: dict[bool, Counts | Margins | Sums] = {}
    errors: dict[tuple[float, bool], Counts | Sums] = {}

    def held(threshold: float, mated: bool) -> Counts | Sums:
        return errors[threshold, mated]

    if people is None:
        return Doubt(steps, level, 0, {}, held)
    if sums is not None:
        tried = {mated: sums.tried(mated) for mated in (True, False)}
        return Doubt(steps, level, people.count, tried, sums.errors, tuple(thresholds), sums)
    for mated in (True, False):
        all_of = trials(pairs, mated)
        plain = Counts(all_of.first, all_of.second, all_of.count)
        tried[mated] = plain if mated else compact(all_of, people.count)
        for t, table in zip(every, events_at_each(pairs, every, mated), strict=True):
            errors[key(t), mated] = Counts(table.first, table.second, table.count)
    return Doubt(steps, level, people.count, tried, held, tuple(thresholds))


def key(threshold: float) -> float:
    """Return a threshold as errors are asked for at it."""
    return float(np.float32(threshold))


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
    degrees = np.inf if nodes is None else satterthwaite(present(nodes))
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


def present(nodes: Array) -> Array:
    """Leave out people who took no part."""
    return np.asarray(nodes[nodes != 0])
