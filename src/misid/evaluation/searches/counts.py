"""FPIR, FNIR, DIR, CMC, selectivity and MISID: what is counted, and out of which searches.

A score is accepted at or above a threshold, as in one-to-one comparisons, a rank counts ties against the mate, and the
threshold of an FPIR is set by the best score of each search, never by single comparisons.  A failed search returns
nothing: a mated one is a miss and a non-mated one is no hit (ISO/IEC 19795-1).  Without failures they are left out of
both sides.  Thresholds are similarities, rounded to float32.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.evaluation.contract import Codes, Flags, Scores, Searches
from misid.search import Hits
from misid.statistics import Array, PairCounts

_NO_SCORE = np.empty(0, np.float32)
_SLACK = 1e-9  # a target times a count that is whole up to rounding is taken for whole


class SearchEvents(NamedTuple):
    """Searches that a rate is out of: the subject of each, and its events (0 or 1 for a rate).

    Several rates of the same searches have a row of events each: shape (k, m).
    """

    probe: Codes
    number: npt.NDArray[np.int64]

    @property
    def rate(self) -> float:
        """Events per search; NaN where there is no search."""
        return float(self.number.sum() / self.number.size) if self.number.size else float("nan")

    def by_subject(self, subjects: int) -> tuple[PairCounts, PairCounts]:
        """Return events and searches of each probe subject, out of so many subjects."""
        events, searches = np.bincount(self.probe, self.number, subjects), np.bincount(self.probe, minlength=subjects)
        return PairCounts.of_people(events), PairCounts.of_people(searches)


def false_positives(searches: Searches, threshold: float, *, failures: bool = True) -> SearchEvents:
    """Count non-mated searches with a candidate at or above a threshold: FPIR(N, T)."""
    hit = (searches.others[:, 0] >= np.float32(threshold)) & ~searches.failed
    return _counted(searches, ~searches.mated, hit, failures)


def misses(
    searches: Searches,
    threshold: float | Array = -np.inf,
    rank: int | npt.NDArray[np.int64] | None = None,
    *,
    failures: bool = True,
    favoured: bool = False,
    of_people: bool = False,
) -> SearchEvents:
    """Count mated searches without the mate in the top R at or above a threshold: FNIR(N, R, T).

    With the default threshold the rank alone counts, as in the CMC; by default the rank is as deep as the lists are.
    ``favoured`` counts ties for the mate, ``of_people`` ranks subjects and not their references.  Thresholds, or ranks,
    of shape (k, 1) give a row of events each.
    """
    if rank is not None and np.min(rank) < 1:
        raise OutOfRange("rank", int(np.min(rank)), "at least 1")
    place = searches.rank_favoured if favoured else searches.rank
    if of_people and searches.rank_of_people is not None:
        place = searches.rank_of_people
    of = _tried(searches, searches.mated, failures)
    place = place[of]
    found = (place >= 1) & (searches.mate[of] >= np.asarray(threshold, np.float32)) & ~searches.failed[of]
    if rank is not None:
        found = found & (place <= rank)
    return SearchEvents(searches.probe[of], (~found).astype(np.int64))


def wrong_on_top(searches: Searches, threshold: float, *, failures: bool = True) -> SearchEvents:
    """Count mated searches whose top candidate at or above a threshold is another person: MISID(T)."""
    wrong = (searches.others[:, 0] >= np.float32(threshold)) & (searches.rank != 1) & ~searches.failed
    return _counted(searches, searches.mated, wrong, failures)


def returned_candidates(searches: Searches, threshold: float, *, failures: bool = True) -> SearchEvents:
    """Count the candidates of each non-mated search at or above a threshold: selectivity(T) is their mean.

    At most as many a search as ``searches.others`` holds: see `cut_short`.
    """
    n = np.count_nonzero(searches.others >= np.float32(threshold), axis=1)
    return _counted(searches, ~searches.mated, np.where(searches.failed, 0, n), failures)


def cut_short(searches: Searches, threshold: float) -> bool:
    """Return whether some non-mated search may have more candidates than were kept."""
    if searches.others.shape[1] >= searches.n_references:
        return False
    full = (searches.others[:, -1] >= np.float32(threshold)) & ~searches.mated & ~searches.failed
    return bool(full.any())


def cmc(searches: Searches, ranks: int, *, favoured: bool = False, failures: bool = True) -> Array:
    """Return the CMC: the share of mated searches with the mate in the top R, R from 1 to ``ranks``."""
    if ranks < 1:
        raise OutOfRange("ranks", ranks, "at least 1")
    of = searches.mated if failures else searches.mated & ~searches.failed
    place = (searches.rank_favoured if favoured else searches.rank)[of]
    found = np.bincount(np.minimum(place, ranks + 1), minlength=ranks + 2)[1 : ranks + 1]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.cumsum(found) / np.float64(place.size), np.float64)


def people_ahead(mate: Scores, search: Codes, subject: Codes, score: Scores) -> npt.NDArray[np.int64]:
    """Return the other subjects at or above each search's mate, from others' scores; 0 where there is no mate."""
    of = score >= np.where(np.isneginf(mate), np.inf, mate)[search]
    pairs = np.unique(search[of].astype(np.int64) << 32 | subject[of])
    return np.bincount(pairs >> 32, minlength=mate.size)


def best_non_mated(searches: Searches) -> tuple[Codes, Scores]:
    """Return subject and best score of each non-mated search; ``-inf`` for one that returned nothing."""
    best = np.where(searches.failed, np.float32(-np.inf), searches.others[:, 0])
    return searches.probe[~searches.mated], best[~searches.mated].astype(np.float32)


def mate_scores(searches: Searches, rank: int | None = None) -> tuple[Codes, Scores]:
    """Return the subject of each mated search, and the score above which every threshold misses the mate.

    That score is ``-inf`` where the mate is missed at any threshold, as it is below the rank, if one is given.
    """
    missed = misses(searches, rank=rank).number > 0
    mate = searches.mate[searches.mated]
    return searches.probe[searches.mated], np.where(missed, np.float32(-np.inf), mate).astype(np.float32)


def threshold_for_fpir(best: Scores, target: float, mate: Scores = _NO_SCORE) -> float | None:
    """Return the lowest threshold at which at most a share of searches has a candidate, from the best of each search.

    As for an FMR it is the lowest float32 above the best score that must not pass, or the lowest score of all, mates'
    too, where searches that returned nothing come next; None where ``target * n`` is below 1, so that a single search
    would be too many.  Equal scores are all in or all out, so the FPIR that comes of it may lie below the target.
    """
    if not 0 < target < 1:
        raise OutOfRange("FPIR target", target, "above 0 and below 1")
    allowed = int(np.floor(target * best.size + _SLACK))
    if allowed < 1:
        return None
    first = np.partition(best, best.size - 1 - allowed)[best.size - 1 - allowed]
    return float(just_above(first, best, mate))


def just_above(score: npt.ArrayLike, *scores: Scores) -> Scores:
    """Return the lowest float32 above each score, but none below the lowest of some scores, ``-inf`` left out."""
    lowest = min((float(one[one > -np.inf].min(initial=np.inf)) for one in scores), default=np.inf)
    above = np.nextafter(np.asarray(score, np.float32), np.float32(np.inf))
    return np.asarray(np.maximum(above, lowest if lowest < np.inf else -np.inf), np.float32)


def listed_hits(searches: Searches, which: Flags, threshold: float) -> Hits:
    """Return the hits of some searches by pair of subjects, from lists that name the subjects of others."""
    assert searches.others_subject is not None
    which = which & ~searches.failed
    subjects = searches.others_subject[which]
    hit = (searches.others[which] >= np.float32(threshold)) & (subjects >= 0)
    number = hit.sum(axis=1)
    probe = np.repeat(searches.probe[which], number)
    return Hits(probe, subjects[hit], np.ones(probe.size, np.int64), np.repeat(1 / np.maximum(number, 1), number))


def without_mates(searches: Searches) -> Searches:
    """Return the mated searches as non-mated ones of a gallery with one person fewer.

    A closed set has no other way to an FPIR.
    """
    of = searches.mated
    n = int(of.sum())
    own = round(searches.n_references / searches.n_enrolled) if searches.n_enrolled else 0
    no_rank = np.zeros(n, np.int32)
    return replace(
        searches,
        probe=searches.probe[of],
        mated=np.zeros(n, np.bool_),
        failed=searches.failed[of],
        mate=np.full(n, -np.inf, np.float32),
        rank=no_rank,
        rank_favoured=no_rank,
        others=searches.others[of],
        n_references=searches.n_references - own,
        n_enrolled=max(searches.n_enrolled - 1, 0),
        others_subject=None if searches.others_subject is None else searches.others_subject[of],
    )


def _counted(searches: Searches, which: Flags, count: npt.NDArray[np.generic], failures: bool) -> SearchEvents:
    of = _tried(searches, which, failures)
    return SearchEvents(searches.probe[of], count[of].astype(np.int64))


def _tried(searches: Searches, which: Flags, failures: bool) -> Flags:
    return which if failures else which & ~searches.failed
