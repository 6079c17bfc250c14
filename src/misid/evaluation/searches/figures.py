"""All figures of one-to-many searches, each with its interval and conditions: `SEARCH_FIGURES` lists them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import HERE, Searches
from misid.evaluation.registry import Figure
from misid.evaluation.results import EvaluationOptions, Line, SearchRates, Terms
from misid.evaluation.searches import counts
from misid.evaluation.searches.counts import SearchEvents
from misid.evaluation.searches.intervals import (
    NoSearch,
    event_mean,
    event_rate,
    event_rates,
    joined_words,
    middle_part,
    resampled_thresholds,
    widened,
)
from misid.quantities import Conditions, Estimate, Interval
from misid.search import Hits
from misid.statistics import Array
from misid.vocabulary.catalogue import say

RANKS = (1, 5, 10, 20, 50)
_MOST_RANKS = 50
_MISS_KNOTS = 25  # points of a miss curve at which its band is computed
_FPIR_KNOTS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 1e-4)  # and of a curve of FPIR
_POINTS = 200  # thresholds of a curve, about
_TOGETHER = 1 << 22  # searches at all places whose intervals are computed together
_TIED = 0.05  # share of searches with an equal score elsewhere from which ties are a caveat
_AGAIN = "threshold set on the same searches, and again in each resample of people"
_WITHOUT = "_without_failures"
_REMOVED = "_mate_removed"
_WHY_REMOVED = "no search is non-mated, so mates are taken out: best score of others, one person fewer enrolled"


class _Place(NamedTuple):
    """Where a figure is taken: at a threshold or a rank, with failed searches or without."""

    score: float = -math.inf  # threshold
    rank: int = 1
    failures: bool = True
    target: float = 0.0  # FPIR that the threshold was set for
    draws: Array | None = None  # of that threshold, set again in resamples of people


@dataclass(frozen=True)
class SearchFigure(Figure):
    """A figure of mated or of non-mated searches, repeated over ranks, targets of FPIR, or thresholds.

    ``if_so`` are caveats that it carries where they hold.
    """

    mated: bool = True
    if_so: tuple[str, ...] = ()
    good: bool = False  # an event is no error: the others are


class _Frame:
    """What all figures of one set of searches share.

    ``others`` are the non-mated searches, or the mated ones without their mates where there is none; ``suffix`` tells
    the latter in names of figures.
    """

    def __init__(self, searches: Searches, terms: Terms) -> None:
        closed = bool(searches.mated.any()) and bool(searches.mated.all())
        self.searches, self.terms = searches, terms
        self.others = counts.without_mates(searches) if closed else searches
        self.suffix, self.method = _REMOVED * closed, _WHY_REMOVED * closed
        self.best = counts.best_non_mated(self.others)
        n, enrolled = self.others.n_references, self.others.n_enrolled
        self.other_conditions = replace(terms.conditions, n_references=n, n_enrolled=enrolled)
        self.hits: dict[float, Hits] = {}
        self._cmc: dict[tuple[bool, bool], list[Interval]] = {}
        self.unlisted: set[float] = set()  # thresholds at which nobody can tell whose references were hit

    def look(self, thresholds: Sequence[float]) -> None:
        """Find whose references were hit, in one look at the data for all thresholds that will be needed."""
        wanted = sorted({*(float(np.float32(threshold)) for threshold in thresholds), *self.knots()})
        others = self.others
        if not self.best[0].size:
            return
        if others.others_subject is not None:
            self.hits = {threshold: counts.listed_hits(others, ~others.mated, threshold) for threshold in wanted}
        elif others.hits is not None:
            # A subject's searches are mated all together or not at all, but failed ones.
            whose = np.unique(self.best[0])
            for threshold, hits in zip(wanted, others.hits(wanted), strict=True):
                if hits is None:
                    self.unlisted.add(threshold)
                    continue
                of = np.isin(hits.probe, whose)
                self.hits[threshold] = Hits(hits.probe[of], hits.reference[of], hits.comparisons[of], hits.share[of])

    def knots(self) -> list[float]:
        """Return the thresholds at which the band of a curve of FPIR is computed."""
        finite = np.sort(self.best[1][np.isfinite(self.best[1])])[::-1]
        if not finite.size:
            return []
        places = [round(level * finite.size) for level in _FPIR_KNOTS if level * finite.size >= 1]
        return sorted({float(finite[place - 1]) for place in places} | {float(finite[0]), float(finite[-1])})

    def figure(self, row: SearchFigure, at: _Place) -> Estimate:
        """Return a figure at a place, with the caveats that hold there."""
        where = self.terms.conditions if row.mated else self.other_conditions
        where = replace(where, score=at.score) if at.score > -math.inf else where
        try:
            found: Interval = row.compute(self, at)
        except NoSearch:
            return row.missing(say("reading.reason.no_search"), where)
        errors = found.trials - found.events if row.good and found.trials and found.events is not None else None
        holds = [code for code in row.if_so if self._holds(code, row.mated, at)]
        return row.estimate(found, where, errors).with_caveats(*holds)

    def _holds(self, code: str, mated: bool, at: _Place) -> bool:
        of = self.searches if mated else self.others
        if code == "failures_counted":
            return at.failures and self.failed(mated)
        if code == "list_depth":
            return of.depth < of.n_references if mated else counts.cut_short(of, at.score)
        return self._ties[mated]

    @cached_property
    def _ties(self) -> dict[bool, bool]:
        """Whether ties are a caveat, of mated and of non-mated searches."""
        of, best = self.searches, self.best[1]
        _, often = np.unique(best[np.isfinite(best)], return_counts=True)
        return {
            True: bool((of.mated & (of.rank != of.rank_favoured)).sum() > _TIED * of.mated.sum()),
            False: bool(often[often > 1].sum() > _TIED * best.size),
        }

    @property
    def ranks(self) -> int:
        """Rank to which the CMC goes."""
        return min(self.searches.depth, _MOST_RANKS)

    def cmc(self, failures: bool = True, of_people: bool = False) -> list[Interval]:
        """Return the share of mated searches with the mate in the top R, for all R from 1, computed together."""
        if (failures, of_people) not in self._cmc:

            def returned(rank: Array) -> SearchEvents:
                missed = counts.misses(
                    self.searches, rank=rank.astype(np.int64), failures=failures, of_people=of_people
                )
                return missed._replace(number=1 - missed.number)

            self._cmc[failures, of_people] = self.together(np.arange(1.0, self.ranks + 1), returned)
        return self._cmc[failures, of_people]

    def together(self, at: Array, count: Callable[[Array], SearchEvents]) -> list[Interval]:
        """Return the rates at some places, of shape (k,), of the same searches; ``count`` takes shape (k, 1)."""
        step = max(1, _TOGETHER // max(self.searches.probe.size, 1))
        parts = (at[start : start + step, None] for start in range(0, at.size, step))
        return [found for part in parts for found in event_rates(count(part), self.terms)]

    def failed(self, mated: bool) -> bool:
        """Return whether any mated, or non-mated, search failed."""
        of = self.searches if mated else self.others
        return bool((of.failed & (of.mated == mated)).any())


# Each computes one figure of a frame at a place.


def _returned(frame: _Frame, at: _Place, of_people: bool = False) -> Interval:
    """Return the share of mated searches with the mate in the top R."""
    return frame.cmc(at.failures, of_people)[at.rank - 1]


def _favoured(frame: _Frame, at: _Place) -> Interval:
    missed = counts.misses(frame.searches, rank=at.rank, failures=at.failures, favoured=True)
    return event_rate(missed._replace(number=1 - missed.number), frame.terms)


def _fnir(frame: _Frame, at: _Place, rank: int | None = None) -> Interval:
    return _fnir_at(frame, np.array([at.score]), rank, at.failures)[0]


def _fnir_at(frame: _Frame, thresholds: Array, rank: int | None = None, failures: bool = True) -> list[Interval]:
    found = frame.together(thresholds, lambda some: counts.misses(frame.searches, some, rank, failures=failures))
    return [
        one._replace(low=0.0, method=joined_words(one.method, f"at most: {_below(frame)}"))
        if score < frame.searches.floor
        else one
        for score, one in zip(thresholds.tolist(), found, strict=True)
    ]


def _below(frame: _Frame) -> str:
    return f"the lists hold nothing below {frame.searches.floor:.6g}"


def _misid(frame: _Frame, at: _Place) -> Interval:
    return event_rate(counts.wrong_on_top(frame.searches, at.score), frame.terms)


def _fpir(frame: _Frame, at: _Place) -> Interval:
    events = counts.false_positives(frame.others, at.score, failures=at.failures)
    found = event_rate(events, frame.terms, frame.hits.get(at.score), frame.method)
    if at.score in frame.unlisted:
        found = found._replace(method=joined_words(found.method, say("reading.tallied.hits")))
    if at.score < frame.searches.floor:
        return found._replace(high=1.0, method=joined_words(found.method, f"at least: {_below(frame)}"))
    return found


def _selectivity(frame: _Frame, at: _Place) -> Interval:
    method = frame.method
    if counts.cut_short(frame.others, at.score):
        words = f"at least: no more than {frame.others.others.shape[1]} candidates of a search are counted"
        method = joined_words(method, words)
    return event_mean(counts.returned_candidates(frame.others, at.score), frame.terms, method)


def _threshold(frame: _Frame, at: _Place) -> Interval:
    """Return the threshold of an FPIR, with the interval of thresholds set again in resamples of people."""
    best, level = frame.best[1], frame.terms.level
    ends = None if at.draws is None else middle_part(at.draws, level)
    low, high = ends or (at.score, at.score)
    words = f"best score per search, at most {at.target:g} of searches at or above it; people resampled"
    hits = int((best >= np.float32(at.score)).sum())
    return Interval(at.score, low, high, level, joined_words(frame.method, words), hits, best.size)


def _failed(frame: _Frame, at: _Place) -> Interval:
    return event_rate(SearchEvents(frame.searches.probe, frame.searches.failed.astype(np.int64)), frame.terms)


_RANK_CAVEATS = ("failures_counted", "list_depth", "ties")
_MISS_CAVEATS = ("failures_counted", "list_depth")

SEARCH_FIGURES = (
    SearchFigure("rank", "of photos, ties against the mate", _returned, over="rank", if_so=_RANK_CAVEATS, good=True),
    SearchFigure(
        "rank_1_ties_favoured",
        "ties for the mate",
        _favoured,
        over="favoured",
        if_so=_RANK_CAVEATS,
        good=True,
    ),
    SearchFigure(
        "rank_of_people",
        "of people, ties against the mate",
        partial(_returned, of_people=True),
        over="rank of people",
        if_so=("failures_counted", "list_depth"),
        good=True,
    ),
    SearchFigure("threshold_at_fpir", "", _threshold, "score", over="target", mated=False, if_so=("ties",)),
    SearchFigure("fpir_realised_at_fpir", "", _fpir, over="target", mated=False, if_so=("failures_counted",)),
    SearchFigure("fpir_at", "", _fpir, over="threshold", mated=False, if_so=("failures_counted",)),
    SearchFigure(
        "selectivity_at", "", _selectivity, "candidates", over="threshold or target", mated=False, if_so=("list_depth",)
    ),
    SearchFigure("fnir_at", "", _fnir, over="misses", if_so=_MISS_CAVEATS),
    SearchFigure("fnir_rank_1_at", "", partial(_fnir, rank=1), over="misses", if_so=_MISS_CAVEATS),
    SearchFigure("misid_at", "", _misid, over="threshold or target", if_so=("failures_counted",)),
    SearchFigure("failed_searches", "searches without a template of the probe", _failed, over="failures"),
)


def search_rates(
    searches: Searches, options: EvaluationOptions, fpir_targets: Sequence[float] | None = None
) -> SearchRates:
    """Return all rates of searches.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    options : EvaluationOptions
        Image type, thresholds of interest, level and seed.
    fpir_targets : sequence of float
        FPIR that a threshold is set for, above 0 and below 1; those of the options if not given.

    Returns
    -------
    SearchRates
        ``rank_R``; ``threshold_at_fpir_X``, ``fpir_realised_at_fpir_X`` and, with ``fpir_X`` or a threshold for A,
        ``fpir_at_A``, ``fnir_at_A``, ``fnir_rank_1_at_A``, ``misid_at_A``, ``selectivity_at_A``.  Failed searches
        are misses and no hits; with ``_without_failures`` they are left out, at the same threshold.  Where no search
        is non-mated ``fpir_mate_removed`` stands for ``fpir`` in every name.

    Raises
    ------
    OutOfRange
        If a target is outside its range.

    Notes
    -----
    ISO/IEC 19795-1; FORMULAS 0.  The threshold of an FPIR is set on the best score of each non-mated search.
    """
    conditions = Conditions(n_references=searches.n_references, n_enrolled=searches.n_enrolled)
    frame = _Frame(searches, options.terms(conditions, searches.people.count))
    mate = counts.mate_scores(searches)[1]
    fpir_targets = options.fpir_targets if fpir_targets is None else fpir_targets
    chosen = {target: counts.threshold_for_fpir(frame.best[1], target, mate) for target in fpir_targets}
    frame.look([*options.thresholds, *(score for score in chosen.values() if score is not None)])
    n_mated = int(searches.mated.sum())
    return SearchRates(
        figures=dict(_figures(frame, chosen, options.thresholds)),
        cmc=_cmc(frame) if n_mated else None,
        fpir=_fpir_line(frame) if frame.best[0].size else None,
        fnir=_fnir_line(frame) if n_mated else None,
        n_mated=n_mated,
        n_non_mated=int(searches.mated.size) - n_mated,
        n_references=searches.n_references,
        n_enrolled=searches.n_enrolled,
        depth=searches.depth,
    )


def _rows(over: str, mated: bool | None = None) -> list[SearchFigure]:
    return [row for row in SEARCH_FIGURES if row.over == over and mated in (None, row.mated)]


def _figures(
    frame: _Frame, chosen: dict[float, float | None], thresholds: Sequence[float]
) -> Iterator[tuple[str, Estimate]]:
    """Yield every figure by its name, at each place that its row is repeated over."""
    searches, suffix = frame.searches, frame.suffix
    if searches.mated.any():
        ranks = [rank for rank in RANKS if rank <= searches.depth]
        every = [("rank", rank, True) for rank in ranks] + [("favoured", 1, True)]
        every += [("rank", rank, False) for rank in ranks if searches.failed.any()]
        if searches.rank_of_people is not None:
            every += [("rank of people", rank, True) for rank in ranks]
        for over, rank, failures in every:
            for row in _rows(over):
                name = {"rank": f"rank_{rank}", "rank of people": f"rank_{rank}_of_people"}.get(over, row.name)
                yield name + _WITHOUT * (not failures), frame.figure(row, _Place(rank=rank, failures=failures))
    reached = [target for target, score in chosen.items() if score is not None]
    ways = [counts.mate_scores(searches), counts.mate_scores(searches, 1)]
    draws = resampled_thresholds(frame.best, ways, reached, frame.terms) if reached else []
    again = dict(zip(reached, draws, strict=True))
    for target, score in chosen.items():
        name = f"fpir{suffix}_{target:g}"
        if score is None:
            reason = _too_few(frame.best[0].size, target)
            for key, unit in (("threshold", "score"), ("fnir", "probability")):
                yield (
                    f"{key}_at_{name}",
                    Estimate.missing(reason, conditions=frame.terms.conditions, distance=HERE, unit=unit),
                )
            continue
        at = _Place(score, target=target, draws=again[target].threshold)
        for row in _rows("target"):
            head = row.name.removesuffix("fpir")
            yield from _with_and_without(frame, row, f"{head}{name}", at)
        missed = dict(zip(("fnir", "fnir_rank_1"), again[target].missed, strict=True))
        for key, figure in _at(frame, at, name):
            drawn = missed.get(key.removesuffix(f"_at_{name}"))
            yield key, figure if drawn is None else widened(figure, drawn, _AGAIN)
    for threshold in thresholds:
        at, name = _Place(float(np.float32(threshold))), f"{threshold:g}"
        for row in _rows("threshold") if frame.best[0].size else ():
            yield from _with_and_without(frame, row, f"{row.head}{suffix}_at_{name}", at)
        yield from _at(frame, at, name)
    if searches.failed.any():
        yield from ((row.name, frame.figure(row, _Place())) for row in _rows("failures"))


def _with_and_without(frame: _Frame, row: SearchFigure, name: str, at: _Place) -> Iterator[tuple[str, Estimate]]:
    """Yield a figure, and the same without failed searches where there are any and they count in it."""
    yield name, frame.figure(row, at)
    if "failures_counted" in row.if_so and frame.failed(row.mated):
        yield name + _WITHOUT, frame.figure(row, at._replace(failures=False))


def _at(frame: _Frame, at: _Place, name: str) -> Iterator[tuple[str, Estimate]]:
    """Yield candidates, misses, and wrong people on top, at a threshold."""
    suffix = "" if frame.suffix in name else frame.suffix
    if frame.best[0].size:
        yield from (
            (f"{row.head}{suffix}_at_{name}", frame.figure(row, at)) for row in _rows("threshold or target", False)
        )
    if not frame.searches.mated.any():
        return
    for failures in (True, False) if frame.failed(True) else (True,):
        for row in _rows("misses"):
            place = at._replace(failures=failures)
            yield f"{row.head}_at_{name}{_WITHOUT * (not failures)}", frame.figure(row, place)
    yield from ((f"{row.head}_at_{name}", frame.figure(row, at)) for row in _rows("threshold or target", True))


def _too_few(n: int, target: float) -> str:
    least = int(np.ceil(1 / target - 1e-9))
    return say("reading.reason.fpir", target=f"{target:g}", least=least, have=int(n))


def _cmc(frame: _Frame) -> Line:
    x = np.arange(1.0, frame.ranks + 1)
    return _banded(x, counts.cmc(frame.searches, frame.ranks), list(zip(x.tolist(), frame.cmc(), strict=True)))


def _fpir_line(frame: _Frame) -> Line | None:
    """Return the FPIR over the threshold; its band is computed at some thresholds and drawn between them."""
    best = frame.best[1]
    if not np.isfinite(best).any():
        return None
    x = _grid(best)
    return _banded(x, _exceeding(best, x), [(at, _fpir(frame, _Place(at))) for at in frame.knots()])


def _fnir_line(frame: _Frame) -> Line | None:
    _, mate = counts.mate_scores(frame.searches)
    if not np.isfinite(mate).any():
        return None
    x = _grid(mate)
    at = x[np.unique(np.linspace(0, x.size - 1, _MISS_KNOTS).round().astype(np.int64))]
    return _banded(x, 1.0 - _exceeding(mate, x), list(zip(at.tolist(), _fnir_at(frame, at), strict=True)))


def _exceeding(score: np.ndarray, thresholds: Array) -> Array:
    """Return the share of scores at or above each threshold."""
    below = np.searchsorted(np.sort(score), thresholds.astype(np.float32), "left")
    return np.asarray(1.0 - below / score.size, np.float64)


def _grid(score: np.ndarray) -> Array:
    """Return thresholds, rising, that show a distribution and both its ends."""
    rising = np.sort(score[np.isfinite(score)])
    n = rising.size
    even = np.linspace(rising[0], rising[-1], _POINTS // 2)
    depth = np.unique(np.geomspace(1, n, _POINTS // 4).round().astype(np.int64))
    ends = np.concatenate([rising[depth - 1], rising[n - depth]])
    over = np.nextafter(rising[-1], np.float32(np.inf))
    return np.unique(np.concatenate([even, ends, [over]]).astype(np.float32)).astype(np.float64)


def _banded(x: Array, value: Array, knots: Sequence[tuple[float, Interval]]) -> Line:
    """Return a curve, exact at every point, with a band drawn through the knots (by rising x), level beyond them."""
    if len(knots) < 2:
        return Line(x, value)
    at, low, high = (
        np.asarray(column, np.float64)
        for column in zip(*((at, *found.around().ends) for at, found in knots), strict=True)
    )
    return Line(x, value, np.minimum(np.interp(x, at, low), value), np.maximum(np.interp(x, at, high), value))
