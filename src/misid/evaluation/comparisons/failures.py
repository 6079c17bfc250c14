"""Comparisons without a score, folded into the rates as ISO/IEC 19795-1 says.

FRR = FTA + (1 - FTA) FNMR and FAR = (1 - FTA) FMR, FTA being the share of mated and of non-mated comparisons
respectively that has no score.
"""

from __future__ import annotations

import math

import numpy as np

from misid.evaluation.comparisons.conventions import Point
from misid.evaluation.comparisons.counts import SummedPairs, Whole
from misid.evaluation.comparisons.intervals import PairIntervals, independent
from misid.evaluation.comparisons.tallied import AnyPairs, TalliedCounts
from misid.evaluation.contract import Comparisons, Side
from misid.quantities import Interval
from misid.statistics import PairCounts, rate_interval

_UNKNOWN = Interval(math.nan, None, None, None, "no interval: the file does not say whose samples failed")


def failure_to_acquire(pairs: AnyPairs, intervals: PairIntervals) -> Interval:
    """Return the share of comparisons without a score, over probe subjects: a sample that fails takes all its own."""
    steps = intervals.steps
    failed = steps.failed_mated + steps.failed_non_mated
    tried = steps.n_mated + steps.n_non_mated + failed
    counts = _by_probe(pairs, intervals, (True, False))
    return _interval(failed, tried, counts, pairs.people is not None, intervals.level)


def frr_at(pairs: AnyPairs, intervals: PairIntervals, at: Point) -> Interval:
    """Return the share of mated comparisons that fail or miss."""
    steps = intervals.steps
    counts = _by_probe(pairs, intervals, (True,), at.threshold)
    refused, tried = steps.failed_mated + at.missed, steps.n_mated + steps.failed_mated
    return _interval(refused, tried, counts, pairs.people is not None, intervals.level)


def far_at(intervals: PairIntervals, at: Point) -> Interval:
    """Return the share of non-mated comparisons that do not fail and are accepted."""
    steps = intervals.steps
    n = steps.n_non_mated + steps.failed_non_mated
    found = intervals.rate(at, False).times(steps.n_non_mated / n)
    return found._replace(value=at.passed / n, method=f"{found.method}; FTA as it was", events=at.passed, trials=n)


def _interval(events: int, trials: int, counts: tuple[Whole, Whole] | None, named: bool, level: float) -> Interval:
    if not named:
        return independent(events, trials, level)
    found = _UNKNOWN
    if counts is not None:
        found = rate_interval(*(PairCounts.of_people(of) for of in counts), level=level)
    return found._replace(value=events / trials, events=events, trials=trials)


def _by_probe(
    pairs: AnyPairs, intervals: PairIntervals, sides: tuple[bool, ...], threshold: float | None = None
) -> tuple[Whole, Whole] | None:
    """Return failures, with misses at a threshold, and comparisons tried of each probe subject; None if not known."""
    if pairs.people is None:
        return None
    sums, m = intervals.counts, pairs.people.count
    if isinstance(sums, SummedPairs | TalliedCounts):
        if sums.lost is None:
            return None
        if threshold is None:
            failed = sums.lost.sum(axis=0)
            return failed, failed + sums.probes
        return sums.lost[0] + sums.missed(threshold), sums.lost[0] + sums.all_mated
    assert isinstance(pairs, Comparisons)  # a stream with subjects is summed
    failed, tried = np.zeros(m, np.int64), np.zeros(m, np.int64)
    for side in (pairs.mated if mated else pairs.non_mated for mated in sides):
        lost = _lost(side, m)
        if lost is None or side.probe is None:
            return None
        failed += lost
        tried += lost + np.bincount(side.probe, minlength=m)
        if threshold is not None:
            failed += np.bincount(side.probe[side.score < np.float32(threshold)], minlength=m)
    return failed, tried


def _lost(side: Side, subjects: int) -> Whole | None:
    """Failures of each probe subject; None if it is not known whose they are."""
    if side.failed_probe is None:
        return None if side.failed else np.zeros(subjects, np.int64)
    return np.bincount(side.failed_probe, minlength=subjects).astype(np.int64)
