"""Intervals of rates of searches: over people, on both sides where the gallery side is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.evaluation.contract import Codes, Scores
from misid.evaluation.results import Terms
from misid.evaluation.searches.counts import SearchEvents, just_above
from misid.quantities import Estimate, Interval
from misid.randomness import Purpose, uniforms
from misid.search import Hits, row_counts
from misid.statistics import Array, poisson_interval, search_interval, search_intervals

REPLICATES = 2_000
_UNIT = 64.0  # weights are whole numbers, so that sums are exact in any order; on average this large
_TOGETHER = 1 << 22  # weights of searches that are held at once
_STRIDE = 6  # how many times faster ids that follow each other are drawn
_ROOM = 4.0  # how much further down than the target a resampled threshold is first looked for


def joined_words(*words: str) -> str:
    """Return what stands in the method of a figure, one thing after the other."""
    return "; ".join(part for part in words if part)


class NoSearch(Exception):
    """There is no search that a figure could be out of."""


def event_rate(events: SearchEvents, terms: Terms, hits: Hits | None = None, method: str = "") -> Interval:
    """Return the share of searches with an event.

    ``hits`` hold whose references were hit, for the variance that comes of who is enrolled; ``method`` stands ahead of
    how the interval was found.
    """
    if hits is None or not hits.share.size:
        return event_rates(events._replace(number=events.number[None]), terms, method)[0]
    both = hits.probe, hits.reference, hits.share
    found = search_interval(events.probe, events.number > 0, terms.people, *both, level=terms.level)
    return found._replace(method=joined_words(method, found.method, "probe and gallery subjects"))


def event_rates(events: SearchEvents, terms: Terms, method: str = "") -> list[Interval]:
    """Return `event_rate` without hits of several rates of the same searches, computed together."""
    if not events.probe.size:
        raise NoSearch
    # Most people are enrolled and not searched for, and sums over people cost as much for them.
    who, place = _present(terms.people, events.probe)
    found = search_intervals(place[events.probe], events.number > 0, who.size, level=terms.level)
    return [one._replace(method=joined_words(method, one.method, "probe subjects")) for one in found]


def event_mean(events: SearchEvents, terms: Terms, method: str = "") -> Interval:
    """Return the mean number of events per search, over probe subjects.

    The interval is Student's t on the logarithm, and Garwood's over people where there was no event.
    """
    n = events.number.size
    if not n:
        raise NoSearch
    total, value = int(events.number.sum()), events.rate
    people = max(int(np.unique(events.probe).size), 2)
    words = "clustered by probe subject, t on the logarithm"
    if total:
        residuals = np.bincount(events.probe, events.number - value)
        variance = float(np.square(residuals).sum()) / n**2 * people / (people - 1)
        largest = max(variance, value / n)
        half = -float(special.stdtrit(people - 1, (1 - terms.level) / 2)) * float(np.sqrt(largest)) / value
        low, high = value * float(np.exp(-half)), value * float(np.exp(half))
    else:
        low, high = 0.0, float(poisson_interval(0.0, terms.level)[1]) / people
        words = "exact, on people"
    return Interval(value, low, high, terms.level, joined_words(method, words), total, n)


class ThresholdDraws(NamedTuple):
    """A threshold set again in each of B resamples of people, and the misses there.

    ``missed`` has shape (k, B): the share of mated searches that miss, by each of k ways to miss; NaN where a resample
    has no mated search.
    """

    threshold: Array
    missed: Array


def resampled_thresholds(
    best: tuple[Codes, Scores],
    mated: Sequence[tuple[Codes, Scores]],
    targets: Sequence[float],
    terms: Terms,
    replicates: int = REPLICATES,
) -> list[ThresholdDraws]:
    """Set the threshold of each FPIR again in resamples of people, and count the misses there.

    ``best`` holds subject and best score of each non-mated search; ``mated``, for each way to miss, the subject of each
    mated search and the score above which every threshold misses (`mate_scores`).

    Each person gets an exponential weight, the same on either side and whoever else is in the data (Bayesian
    bootstrap: Rubin, Annals of Statistics 9 (1981)).  The rule is that of `threshold_for_fpir` with weights for
    numbers: equal scores are all in or all out.
    """
    everybody, place = _present(terms.people, best[0], *(probe for probe, _ in mated))
    order = np.argsort(-best[1], kind="stable")
    who, falling = place[best[0][order]], best[1][order]
    n = falling.size
    # The lowest threshold that lets nobody in from the first search on that may not hit, and from those equal to it.
    edge = just_above(falling, falling, *(mate for _, mate in mated))
    number = np.bincount(who, minlength=everybody.size).astype(np.float64)
    ways = [_MissedWeight(place[probe], mate, edge, everybody.size) for probe, mate in mated]
    near = min(n, int(_ROOM * max(targets, default=0) * n) + 64)
    out = [ThresholdDraws(np.full(replicates, np.nan), np.full((len(ways), replicates), np.nan)) for _ in targets]
    step = max(4, _TOGETHER // max(n, *(way.who.size for way in ways), everybody.size, 1))
    for start, weight in _weights(everybody, terms.seed, replicates, step):
        some = slice(start, start + weight.shape[0])
        whole = weight @ number
        leading = np.cumsum(weight[:, who[:near]], axis=1)
        for target, found in zip(targets, out, strict=True):
            most = (target * whole)[:, None]
            last = row_counts(leading <= most)
            if near < n and (last >= near).any():
                last = row_counts(np.cumsum(weight[:, who], axis=1) <= most)
            last = np.minimum(last, n - 1)
            found.threshold[some] = edge[last]
            for row, way in enumerate(ways):
                found.missed[row, some] = way.share(weight, last)
    return out


class _MissedWeight:
    """Weight of the mated searches that miss, at each threshold that could be set."""

    def __init__(self, probe: Codes, mate: Scores, edge: Scores, people: int) -> None:
        rising = np.argsort(mate, kind="stable")
        self.who, self._people = probe[rising], people
        self._below = np.searchsorted(mate[rising], edge, "left")
        self._all = self._number(probe.size)

    def share(self, weight: Array, place: npt.NDArray[np.int64]) -> Array:
        """Return the share of the weight that misses at a place of each replicate."""
        # Weights are whole numbers, so that they add up to the same however many are taken together.
        at = self._below[place]
        first = int(at.min())
        missed = np.zeros((at.size, int(at.max()) - first + 1))
        np.cumsum(weight[:, self.who[first : first + missed.shape[1] - 1]], axis=1, out=missed[:, 1:])
        found = weight @ self._number(first) + missed[np.arange(at.size), at - first]
        with np.errstate(invalid="ignore"):
            return np.asarray(found / (weight @ self._all), np.float64)

    def _number(self, first: int) -> Array:
        return np.bincount(self.who[:first], minlength=self._people).astype(np.float64)


def middle_part(draws: Array, level: float) -> tuple[float, float] | None:
    """Return the ends of the central part of some draws, NaN and infinities left out; None where none is left."""
    kept, tail = draws[np.isfinite(draws)], (1 - level) / 2
    if not kept.size:
        return None
    low, high = np.quantile(kept, [tail, 1 - tail])
    return float(low), float(high)


def widened(figure: Estimate, draws: Array, words: str) -> Estimate:
    """Return a figure whose interval also holds the middle part of some draws, which ``words`` name."""
    if figure.value is None or figure.low is None or figure.high is None or figure.level is None:
        return figure
    ends = middle_part(draws, figure.level)
    if ends is None:
        return figure
    low, high = min(figure.low, ends[0]), max(figure.high, ends[1])
    return replace(figure, low=low, high=high, method=f"{figure.method}; {words}")


def _present(people: int, *probe: Codes) -> tuple[npt.NDArray[np.int64], Codes]:
    """Return who is searched for, rising, and the place of each of them among them."""
    there = np.zeros(people, np.bool_)
    for some in probe:
        there[some] = True
    who, place = np.flatnonzero(there), np.empty(people, np.int32)
    place[who] = np.arange(who.size, dtype=np.int32)
    return who, place


def _weights(who: npt.NDArray[np.int64], seed: int, replicates: int, step: int) -> Iterator[tuple[int, Array]]:
    """Yield weights of people, shape (some, people), for some resamples at a time, from the first."""
    ids, first = who, 0
    if who.size and int(who[-1] - who[0]) < _STRIDE * who.size:
        ids, first = np.arange(who[0], who[-1] + 1), int(who[0])
    step = -(-step // 4) * 4
    for start in range(0, replicates, step):
        stop = min(start + step, replicates)
        weight = np.empty((-(-(stop - start) // 4) * 4, who.size))
        for row in range(0, weight.shape[0], 4):
            drawn = uniforms(seed, Purpose.BOOTSTRAP, ids, (start + row) // 4)
            weight[row : row + 4] = drawn if ids.size == who.size else drawn[:, who - first]
        np.log(weight, out=weight)
        weight *= -_UNIT
        yield start, np.ceil(weight, out=weight)[: stop - start]
