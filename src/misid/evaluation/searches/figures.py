"""All figures of one-to-many searches, by plain names, each with its interval and conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from misid.evaluation.contract import HERE, Searches
from misid.evaluation.results import FPIR_TARGETS, Line, SearchRates, Terms
from misid.evaluation.searches import counts
from misid.evaluation.searches.counts import SearchEvents
from misid.evaluation.searches.intervals import (
    ThresholdDraws,
    mean_estimate,
    middle_part,
    missing_estimate,
    rate_estimate,
    resampled_thresholds,
    widened,
)
from misid.quantities import Conditions, Estimate, Interval
from misid.search import Hits
from misid.statistics import Array

RANKS = (1, 5, 10, 20, 50)
_MOST_RANKS = 50
_MISS_KNOTS = 25  # points of a miss curve at which its band is computed
_FPIR_KNOTS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 1e-4)  # and of a curve of FPIR
_POINTS = 200  # thresholds of a curve, about
_TIED = 0.05  # share of searches with an equal score elsewhere from which ties are a caveat
_AGAIN = "threshold set on the same searches, and again in each resample of people"
_WITHOUT = "_without_failures"
_REMOVED = "_mate_removed"
_WHY_REMOVED = "no search is non-mated, so mates are taken out: best score of others, one person fewer enrolled"


def search_rates(
    searches: Searches,
    *,
    image_kind: str,
    level: float = 0.95,
    seed: int = 1,
    thresholds: Sequence[float] = (),
    fpir_targets: Sequence[float] = FPIR_TARGETS,
) -> SearchRates:
    """Return all rates of searches.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    image_kind : str
        Type of probe image, in words.
    level : float
        Confidence level, strictly between 0 and 1.
    seed : int
        Of the draws of intervals.
    thresholds : sequence of float
        Thresholds of interest, as similarities.
    fpir_targets : sequence of float
        FPIR that a threshold is set for, above 0 and below 1.

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
    conditions = Conditions(n_references=searches.n_references, n_enrolled=searches.n_enrolled, image_kind=image_kind)
    terms = Terms(conditions, searches.people.count, level, seed)
    others = _NonMated(searches, terms)
    chosen = {target: counts.threshold_for_fpir(others.best[1], target) for target in fpir_targets}
    others.look([*thresholds, *(score for score in chosen.values() if score is not None)])
    figures = _ranks(searches, terms)
    reached = [target for target, score in chosen.items() if score is not None]
    ways = [counts.mate_scores(searches), counts.mate_scores(searches, 1)]
    draws = dict(zip(reached, resampled_thresholds(others.best, ways, reached, terms), strict=True)) if reached else {}
    for target, score in chosen.items():
        name = f"fpir{others.suffix}_{target:g}"
        if score is None:
            reason = _too_few(others.best[0].size, target)
            figures[f"threshold_at_{name}"] = missing_estimate(terms, reason, unit="score")
            figures[f"fnir_at_{name}"] = missing_estimate(terms, reason)
            continue
        figures |= _at_target(searches, others, terms, target, score, name, draws[target])
    for threshold in thresholds:
        if others.best[0].size:
            figures |= _false_positives(others, threshold, f"fpir{others.suffix}_at_{threshold:g}")
        figures |= _at(searches, others, terms, threshold, f"{threshold:g}")
    if searches.failed.any():
        failed = SearchEvents(searches.probe, searches.failed.astype(np.int64))
        figures["failed_searches"] = rate_estimate(failed, terms, method="searches without a template of the probe")
    n_mated = int(searches.mated.sum())
    return SearchRates(
        figures=figures,
        cmc=_cmc(searches, terms) if n_mated else None,
        fpir=others.line() if others.best[0].size else None,
        fnir=_fnir(searches, terms) if n_mated else None,
        n_mated=n_mated,
        n_non_mated=int(searches.mated.size) - n_mated,
        n_references=searches.n_references,
        n_enrolled=searches.n_enrolled,
        depth=searches.depth,
    )


def _too_few(n: int, target: float) -> str:
    least = int(np.ceil(1 / target - 1e-9))
    return f"an FPIR of {target:g} needs at least {least:,} non-mated searches; the data have {n:,}"


class _NonMated:
    """Non-mated searches, or mated ones without their mates where there are no others: FPIR and selectivity.

    ``suffix`` is empty, or says in names of figures that mates were taken out.
    """

    def __init__(self, searches: Searches, terms: Terms) -> None:
        closed = bool(searches.mated.any()) and bool(searches.mated.all())
        self.suffix = _REMOVED * closed
        self.searches = counts.without_mates(searches) if closed else searches
        self.best = counts.best_non_mated(self.searches)
        self._method = _WHY_REMOVED * closed
        n, enrolled = self.searches.n_references, self.searches.n_enrolled
        self._terms = terms._replace(conditions=replace(terms.conditions, n_references=n, n_enrolled=enrolled))
        self._hits: dict[float, Hits] = {}

    def look(self, thresholds: Sequence[float]) -> None:
        """Find whose references were hit, in one look at the data for all thresholds that will be needed."""
        wanted = sorted({*(float(np.float32(threshold)) for threshold in thresholds), *self._knots()})
        here = self.searches
        if not self.best[0].size:
            return
        if here.others_subject is not None:
            self._hits = {threshold: counts.listed_hits(here, ~here.mated, threshold) for threshold in wanted}
        elif here.hits is not None:
            # A subject's searches are mated all together or not at all, but failed ones.
            whose = np.unique(self.best[0])
            for threshold, hits in zip(wanted, here.hits(wanted), strict=True):
                of = np.isin(hits.probe, whose)
                self._hits[threshold] = Hits(hits.probe[of], hits.reference[of], hits.comparisons[of], hits.share[of])

    def rate(self, threshold: float, *, failures: bool = True) -> Estimate:
        """Return the FPIR at a threshold."""
        score = float(np.float32(threshold))
        events = counts.false_positives(self.searches, score, failures=failures)
        return rate_estimate(events, self._terms, score=score, hits=self._hits.get(score), method=self._method)

    def selectivity(self, threshold: float) -> Estimate:
        """Return the mean number of candidates at a threshold."""
        score = float(np.float32(threshold))
        events = counts.returned_candidates(self.searches, score)
        if not counts.cut_short(self.searches, score):
            return mean_estimate(events, self._terms, score=score, method=self._method)
        words = f"at least: no more than {self.searches.others.shape[1]} candidates of a search are counted"
        method = f"{self._method}; {words}" if self._method else words
        return mean_estimate(events, self._terms, score=score, method=method).with_caveats("list_depth")

    def threshold(self, value: float, target: float, draws: Array) -> Estimate:
        """Return the threshold of an FPIR, with the interval of thresholds set again in resamples of people."""
        best, level = self.best[1], self._terms.level
        low, high = middle_part(draws, level) or (value, value)
        words = f"best score per search, at most {target:g} of searches at or above it; people resampled"
        hits = int((best >= np.float32(value)).sum())
        return Estimate.of(
            Interval(value, low, high, level, words, hits, best.size),
            conditions=replace(self._terms.conditions, score=value),
            distance=HERE,
            unit="score",
            words=self._method,
        )

    def line(self) -> Line | None:
        """Return the FPIR over the threshold; its band is computed at some thresholds and drawn between them."""
        best = self.best[1]
        if not np.isfinite(best).any():
            return None
        x = _grid(best)
        return _banded(x, _exceeding(best, x), [(at, self.rate(at)) for at in self._knots()])

    def _knots(self) -> list[float]:
        finite = np.sort(self.best[1][np.isfinite(self.best[1])])[::-1]
        if not finite.size:
            return []
        places = [round(level * finite.size) for level in _FPIR_KNOTS if level * finite.size >= 1]
        return sorted({float(finite[place - 1]) for place in places} | {float(finite[0]), float(finite[-1])})


def _ranks(searches: Searches, terms: Terms) -> dict[str, Estimate]:
    if not searches.mated.any():
        return {}
    ranks = [rank for rank in RANKS if rank <= searches.depth]
    found = {f"rank_{rank}": _returned(searches, terms, rank) for rank in ranks}
    found["rank_1_ties_favoured"] = _returned(searches, terms, 1, favoured=True)
    if searches.failed.any():
        found |= {f"rank_{rank}{_WITHOUT}": _returned(searches, terms, rank, failures=False) for rank in ranks}
    return found


def _returned(
    searches: Searches, terms: Terms, rank: int, *, favoured: bool = False, failures: bool = True
) -> Estimate:
    """Return the share of mated searches with the mate in the top R."""
    events = counts.misses(searches, rank=rank, failures=failures, favoured=favoured)
    hit = SearchEvents(events.probe, 1 - events.number)
    figure = rate_estimate(hit, terms, method="ties for the mate" if favoured else "ties against the mate", good=True)
    tied = searches.mated & (searches.rank != searches.rank_favoured)
    many = tied.sum() > _TIED * searches.mated.sum()
    return _mated_caveats(figure, searches, failures).with_caveats(*["ties"] * bool(many))


def _at_target(
    searches: Searches, others: _NonMated, terms: Terms, target: float, score: float, name: str, draws: ThresholdDraws
) -> dict[str, Estimate]:
    """Return everything at the threshold of an FPIR; the intervals allow for the threshold having been set here."""
    figure = others.threshold(score, target, draws.threshold)
    _, often = np.unique(others.best[1][np.isfinite(others.best[1])], return_counts=True)
    many = often[often > 1].sum() > _TIED * others.best[1].size
    found = {f"threshold_at_{name}": figure.with_caveats(*["ties"] * bool(many))}
    found |= _false_positives(others, score, f"fpir_realised_at_{name}")
    found |= _at(searches, others, terms, score, name)
    for rate, missed in zip(("fnir", "fnir_rank_1"), draws.missed, strict=True):
        if (key := f"{rate}_at_{name}") in found:
            found[key] = widened(found[key], missed, _AGAIN)
    return found


def _false_positives(others: _NonMated, score: float, name: str) -> dict[str, Estimate]:
    here, figure = others.searches, others.rate(score)
    if not (here.failed & ~here.mated).any():
        return {name: figure}
    return {name: figure.with_caveats("failures_counted"), name + _WITHOUT: others.rate(score, failures=False)}


def _at(searches: Searches, others: _NonMated, terms: Terms, threshold: float, name: str) -> dict[str, Estimate]:
    """Return candidates, misses, and wrong people on top, at a threshold."""
    score = float(np.float32(threshold))
    suffix = "" if others.suffix in name else others.suffix
    found = {f"selectivity{suffix}_at_{name}": others.selectivity(score)} if others.best[0].size else {}
    if not searches.mated.any():
        return found
    for failures in (True, False) if (searches.failed & searches.mated).any() else (True,):
        end = "" if failures else _WITHOUT
        for rate, rank in (("fnir", None), ("fnir_rank_1", 1)):
            events = counts.misses(searches, score, rank, failures=failures)
            figure = rate_estimate(events, terms, score=score)
            found[f"{rate}_at_{name}{end}"] = _mated_caveats(figure, searches, failures)
    figure = rate_estimate(counts.wrong_on_top(searches, score), terms, score=score)
    found[f"misid_at_{name}"] = _mated_caveats(figure, searches, True, missed=False)
    return found


def _mated_caveats(figure: Estimate, searches: Searches, failures: bool, missed: bool = True) -> Estimate:
    codes = ["failures_counted"] * bool(failures and (searches.failed & searches.mated).any())
    codes += ["list_depth"] * (missed and searches.depth < searches.n_references)
    return figure.with_caveats(*codes)


def _cmc(searches: Searches, terms: Terms) -> Line:
    ranks = min(searches.depth, _MOST_RANKS)
    x = np.arange(1, ranks + 1)
    knots = [(float(rank), _returned(searches, terms, int(rank))) for rank in x]
    return _banded(x.astype(np.float64), counts.cmc(searches, ranks), knots)


def _fnir(searches: Searches, terms: Terms) -> Line | None:
    _, mate = counts.mate_scores(searches)
    if not np.isfinite(mate).any():
        return None
    x = _grid(mate)
    at = x[np.unique(np.linspace(0, x.size - 1, _MISS_KNOTS).round().astype(np.int64))]
    knots = [(s, rate_estimate(counts.misses(searches, s), terms, score=s)) for s in at.tolist()]
    return _banded(x, 1.0 - _exceeding(mate, x), knots)


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


def _banded(x: Array, value: Array, knots: Sequence[tuple[float, Estimate]]) -> Line:
    """Return a curve, exact at every point, with a band drawn through the knots (by rising x), level beyond them."""
    known = [(at, found.low, found.high) for at, found in knots if found.low is not None and found.high is not None]
    if len(known) < 2:
        return Line(x, value)
    at, low, high = (np.asarray(column, np.float64) for column in zip(*known, strict=True))
    return Line(x, value, np.minimum(np.interp(x, at, low), value), np.maximum(np.interp(x, at, high), value))
