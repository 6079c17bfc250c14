"""Candidates who are somebody else, over the threshold: FPIR, its threshold and selectivity with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from misid.evaluation.contract import HERE, Line, Searches, SubjectHits
from misid.evaluation.identification import rates
from misid.evaluation.identification.intervals import Terms, mean, nothing, share, too_few
from misid.quantities import Doubt, Estimate
from misid.statistics import Array

REMOVED = "_mate_removed"
_POINTS = 200
_KNOTS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 1e-4)  # FPIR at which the band is worked out
_WHY_REMOVED = "no search is non-mated, so mates are taken out: best score of others, one person fewer enrolled"


class Wrong:
    """Non-mated searches, or mated ones without their mates where there are no others.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    terms : Terms
        Of the evaluation.
    thresholds : sequence of float
        Thresholds that will be asked for: the data are looked at once for all of them.

    Attributes
    ----------
    searches : Searches
        What is counted.
    suffix : str
        Empty, or `REMOVED`.
    """

    def __init__(self, searches: Searches, terms: Terms, thresholds: Sequence[float]) -> None:
        closed = bool(searches.mated.any()) and bool(searches.mated.all())
        self.suffix = REMOVED * closed
        self._method = _WHY_REMOVED * closed
        self.searches = rates.mates_removed(searches) if closed else searches
        here = self.searches
        fewer = replace(terms.conditions, n_references=here.n_references, n_enrolled=here.n_enrolled)
        self._terms = terms._replace(conditions=fewer)
        self.best = rates.best_wrong(self.searches)
        wanted = {*(float(np.float32(threshold)) for threshold in thresholds), *self._knots()}
        self._hits = self._look(sorted(wanted)) if self.best[0].size else {}

    def rate(self, threshold: float, *, failures: bool = True) -> Estimate:
        """Return the FPIR at a threshold; as `rates.false_positives`."""
        score = float(np.float32(threshold))
        events = rates.false_positives(self.searches, score, failures=failures)
        return share(events, self._terms, score=score, hits=self._hits.get(score), method=self._method)

    def candidates(self, threshold: float) -> Estimate:
        """Return the selectivity at a threshold; as `rates.candidates`."""
        score = float(np.float32(threshold))
        events = rates.candidates(self.searches, score)
        if not rates.cut_short(self.searches, score):
            return mean(events, self._terms, score=score, method=self._method)
        kept = self.searches.others.shape[1]
        words = f"at least: no more than {kept} candidates of a search are counted"
        method = f"{self._method}; {words}" if self._method else words
        return mean(events, self._terms, score=score, method=method).with_caveats("list_depth")

    def threshold(self, target: float, draws: Array) -> Estimate:
        """Return the threshold of an FPIR with its interval.

        Parameters
        ----------
        target : float
            As `rates.threshold_at`.
        draws : ndarray of float64, shape (B,)
            Thresholds set again in resamples of people.

        Returns
        -------
        Estimate
            A similarity.
        """
        value, n = rates.threshold_at(self.best[1], target), self.best[1].size
        if value is None:
            return nothing(self._terms, too_few(n, target), unit="score")
        kept, tail = draws[np.isfinite(draws)], (1 - self._terms.level) / 2
        low, high = np.quantile(kept, [tail, 1 - tail]) if kept.size else (value, value)
        words = f"best score per search, at most {target:g} of searches at or above it; people resampled"
        return Estimate(
            value=value,
            low=min(float(low), value),
            high=max(float(high), value),
            unit="score",
            kind=Doubt.SAMPLING,
            method=f"{self._method}; {words}" if self._method else words,
            n=n,
            count=int((self.best[1] >= np.float32(value)).sum()),
            level=self._terms.level,
            conditions=replace(self._terms.conditions, score=value),
            distance=HERE,
        )

    def line(self) -> Line | None:
        """Return the FPIR over the threshold; its band is worked out at some thresholds and drawn between them."""
        best = self.best[1]
        if not np.isfinite(best).any():
            return None
        x = grid(best)
        value = exceeding(best, x)
        return banded(x, value, [(at, self.rate(at)) for at in self._knots()])

    def _knots(self) -> list[float]:
        finite = np.sort(self.best[1][np.isfinite(self.best[1])])[::-1]
        if not finite.size:
            return []
        places = [round(level * finite.size) for level in _KNOTS if level * finite.size >= 1]
        chosen = {float(finite[place - 1]) for place in places} | {float(finite[0]), float(finite[-1])}
        return sorted(chosen)

    def _look(self, thresholds: Sequence[float]) -> dict[float, SubjectHits]:
        """Return whose references were hit, at each threshold; nothing where nobody can say."""
        if self.searches.others_subject is not None:
            return {threshold: self._listed(threshold) for threshold in thresholds}
        if self.searches.hits is None:
            return {}
        # A subject's searches are mated all together or not at all, but failed ones.
        whose = np.unique(self.best[0])
        found = {}
        for threshold, hits in zip(thresholds, self.searches.hits(thresholds), strict=True):
            of = np.isin(hits.probe, whose)
            found[threshold] = SubjectHits(hits.probe[of], hits.reference[of], hits.comparisons[of], hits.share[of])
        return found

    def _listed(self, threshold: float) -> SubjectHits:
        here = self.searches
        assert here.others_subject is not None
        which = ~here.mated & ~here.failed
        hit = (here.others[which] >= np.float32(threshold)) & (here.others_subject[which] >= 0)
        number = hit.sum(axis=1)
        probe = np.repeat(here.probe[which], number)
        part = np.repeat(1 / np.maximum(number, 1), number)
        return SubjectHits(probe, here.others_subject[which][hit], np.ones(probe.size, np.int64), part)


def exceeding(score: np.ndarray, thresholds: Array) -> Array:
    """Return the share of scores at or above each threshold."""
    below = np.searchsorted(np.sort(score), thresholds.astype(np.float32), "left")
    return np.asarray(1.0 - below / score.size, np.float64)


def grid(score: np.ndarray) -> Array:
    """Return thresholds, rising, that show a distribution and both its ends."""
    rising = np.sort(score[np.isfinite(score)])
    n = rising.size
    even = np.linspace(rising[0], rising[-1], _POINTS // 2)
    depth = np.unique(np.geomspace(1, n, _POINTS // 4).round().astype(np.int64))
    ends = np.concatenate([rising[depth - 1], rising[n - depth]])
    over = np.nextafter(rising[-1], np.float32(np.inf))
    return np.unique(np.concatenate([even, ends, [over]]).astype(np.float32)).astype(np.float64)


def banded(x: Array, value: Array, knots: Sequence[tuple[float, Estimate]]) -> Line:
    """Return a curve with a band drawn through some points of it, and level beyond them.

    Parameters
    ----------
    x, value : ndarray of float64, shape (n,)
        Curve, exact at every point.
    knots : sequence of (float, Estimate)
        By rising x.

    Returns
    -------
    Line
    """
    known = [(at, found.low, found.high) for at, found in knots if found.low is not None and found.high is not None]
    if len(known) < 2:
        return Line(x, value)
    at, low, high = (np.asarray(column, np.float64) for column in zip(*known, strict=True))
    return Line(x, value, np.minimum(np.interp(x, at, low), value), np.maximum(np.interp(x, at, high), value))
