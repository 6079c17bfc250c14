"""Comparisons without a score, folded into the rates as ISO/IEC 19795-1 says."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from misid.evaluation.contract import Comparisons, Side, Stream
from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.doubt import independent
from misid.evaluation.rates.frame import Frame
from misid.quantities import Estimate, Interval
from misid.statistics import Counts, rate_interval

CAVEAT = "failures_counted"
_UNKNOWN = Interval(math.nan, None, None, None, "no interval: the file does not say whose samples failed")


def failures(pairs: Comparisons | Stream, frame: Frame, points: Mapping[str, Point]) -> dict[str, Estimate]:
    """Return how many comparisons have no score, and rates that count them.

    Parameters
    ----------
    pairs : Comparisons or Stream
        What was compared.
    frame : Frame
        Of the evaluation.
    points : mapping of str to Point
        Thresholds at which FRR and FAR are wanted, by the end of their names.

    Returns
    -------
    dict of str to Estimate
        ``failure_to_acquire``; with at least one failure ``frr_at_*`` and ``far_at_*`` too.

    Notes
    -----
    FRR = FTA + (1 - FTA) FNMR and FAR = (1 - FTA) FMR (ISO/IEC 19795-1), FTA being the share of mated and of non-mated
    comparisons respectively that has no score.
    """
    steps = frame.steps
    failed = steps.failed_mated + steps.failed_non_mated
    tried = steps.n_mated + steps.n_non_mated + failed
    words = "share of comparisons without a score"
    figures = {
        "failure_to_acquire": frame.estimate(_fta(pairs, frame)._replace(value=failed / tried), words, tried, failed)
    }
    if not failed:
        return figures
    n_mated, n_non_mated = steps.n_mated + steps.failed_mated, steps.n_non_mated + steps.failed_non_mated
    for name, at in points.items():
        refused = steps.failed_mated + at.missed
        figures[f"frr_at_{name}"] = frame.estimate(
            _frr(pairs, frame, at)._replace(value=refused / n_mated), "FTA + (1 - FTA) FNMR", n_mated, refused, at
        ).with_caveats(CAVEAT)
        of = frame.doubts.rate(at, False).times(steps.n_non_mated / n_non_mated)
        figures[f"far_at_{name}"] = frame.estimate(
            of._replace(value=at.passed / n_non_mated, method=of.method + "; FTA as it was"),
            "(1 - FTA) FMR",
            n_non_mated,
            at.passed,
            at,
        ).with_caveats(CAVEAT)
    return figures


def _fta(pairs: Comparisons | Stream, frame: Frame) -> Interval:
    """Interval over probe subjects: a sample that fails takes all its comparisons with it."""
    steps = frame.steps
    all_failed = steps.failed_mated + steps.failed_non_mated
    all_tried = all_failed + steps.n_mated + steps.n_non_mated
    if pairs.people is None:
        return independent(all_failed, all_tried, frame.doubts.level)
    m = pairs.people.count
    tried, failed = np.zeros(m, np.int64), np.zeros(m, np.int64)
    sums = frame.doubts.sums
    if sums is not None or not isinstance(pairs, Comparisons):
        if sums is None or sums.lost is None:
            return _UNKNOWN
        failed = sums.lost.sum(axis=0)
        return _by_probe(frame, failed, failed + sums.probes)
    for side in (pairs.mated, pairs.non_mated):
        lost = _lost(side, m)
        if lost is None or side.probe is None:
            return _UNKNOWN
        failed += lost
        tried += lost + np.bincount(side.probe, minlength=m)
    return _by_probe(frame, failed, tried)


def _frr(pairs: Comparisons | Stream, frame: Frame, at: Point) -> Interval:
    steps = frame.steps
    refused, tried = steps.failed_mated + at.missed, steps.n_mated + steps.failed_mated
    if pairs.people is None:
        return independent(refused, tried, frame.doubts.level)
    sums = frame.doubts.sums
    if sums is not None or not isinstance(pairs, Comparisons):
        if sums is None or sums.lost is None:
            return _UNKNOWN
        own = sums.lost[0]
        return _by_probe(frame, own + sums.missed(at.threshold), own + sums.mated.sum(axis=0))
    lost = _lost(pairs.mated, pairs.people.count)
    if lost is None or pairs.mated.probe is None:
        return _UNKNOWN
    m = pairs.people.count
    missed = np.bincount(pairs.mated.probe[pairs.mated.score < np.float32(at.threshold)], minlength=m)
    return _by_probe(frame, lost + missed, lost + np.bincount(pairs.mated.probe, minlength=m))


def _lost(side: Side, subjects: int) -> np.ndarray | None:
    """Failures of each probe subject; None if it is not known whose they are."""
    if side.failed_probe is None:
        return None if side.failed else np.zeros(subjects, np.int64)
    return np.bincount(side.failed_probe, minlength=subjects).astype(np.int64)


def _by_probe(frame: Frame, events: np.ndarray, tried: np.ndarray) -> Interval:
    def own(count: np.ndarray) -> Counts:
        who = np.flatnonzero(count).astype(np.int32)
        return Counts(who, who, count[who].astype(np.int64))

    return rate_interval(own(events), own(tried), tried.size, level=frame.doubts.level)
