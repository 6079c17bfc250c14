"""FPIR, FNIR, DIR, CMC, selectivity and MISID: what is counted, and out of which searches.

A threshold is "at or above", a rank counts ties against the mate, and the threshold of an FPIR is set by the best
score of each search, never by single comparisons.  A failed search returns nothing: a mated one is a miss and a
non-mated one is no hit (ISO/IEC 19795-1).  Without failures they are left out of both sides.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.evaluation.contract import Codes, Flags, Scores, Searches
from misid.statistics import Array

_SLACK = 1e-9  # a target times a count that is whole up to rounding is taken for whole


class Events(NamedTuple):
    """Searches that a rate is out of, and what was counted in each.

    Parameters
    ----------
    probe : ndarray of int32, shape (n,)
        Subject of each search.
    number : ndarray of int64, shape (n,)
        Events of each search: 0 or 1 for a rate, candidates for selectivity.
    """

    probe: Codes
    number: npt.NDArray[np.int64]

    @property
    def rate(self) -> float:
        """Events per search; NaN where there is no search."""
        return float(self.number.sum() / self.number.size) if self.number.size else float("nan")


def false_positives(searches: Searches, threshold: float, *, failures: bool = True) -> Events:
    """Count non-mated searches with a candidate at or above a threshold: FPIR(N, T).

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    threshold : float
        As a similarity; rounded to float32.
    failures : bool
        Whether failed searches are among those counted, as searches without a candidate.

    Returns
    -------
    Events
        ISO/IEC 19795-1.
    """
    hit = (searches.others[:, 0] >= np.float32(threshold)) & ~searches.failed
    return _of(searches, ~searches.mated, hit, failures)


def misses(
    searches: Searches,
    threshold: float = -np.inf,
    rank: int | None = None,
    *,
    failures: bool = True,
    favoured: bool = False,
) -> Events:
    """Count mated searches without the mate in the top R at or above a threshold: FNIR(N, R, T).

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    threshold : float
        As a similarity; rounded to float32.  ``-inf`` asks for the rank alone, as the CMC does.
    rank : int, optional
        R, at least 1; by default as deep as the lists are.
    failures : bool
        Whether failed searches are among those counted, as misses.
    favoured : bool
        Whether ties count for the mate.

    Returns
    -------
    Events
        ISO/IEC 19795-1.

    Raises
    ------
    OutOfRange
        If ``rank`` is less than 1.
    """
    if rank is not None and rank < 1:
        raise OutOfRange("rank", rank, "at least 1")
    place = searches.rank_favoured if favoured else searches.rank
    found = (place >= 1) & (searches.mate >= np.float32(threshold))
    if rank is not None:
        found &= place <= rank
    return _of(searches, searches.mated, ~found | searches.failed, failures)


def wrong_on_top(searches: Searches, threshold: float, *, failures: bool = True) -> Events:
    """Count mated searches whose top candidate at or above a threshold is another person: MISID(T).

    Parameters
    ----------
    searches, threshold, failures
        As `false_positives`; a failed search has no candidate.

    Returns
    -------
    Events
        FORMULAS 0; a tie with the mate counts against the mate.
    """
    wrong = (searches.others[:, 0] >= np.float32(threshold)) & (searches.rank != 1) & ~searches.failed
    return _of(searches, searches.mated, wrong, failures)


def candidates(searches: Searches, threshold: float, *, failures: bool = True) -> Events:
    """Count the candidates at or above a threshold of non-mated searches: selectivity(T) is their mean.

    Parameters
    ----------
    searches, threshold, failures
        As `false_positives`.

    Returns
    -------
    Events
        At most as many a search as ``searches.others`` holds: see `cut_short`.
    """
    n = np.count_nonzero(searches.others >= np.float32(threshold), axis=1)
    return _of(searches, ~searches.mated, np.where(searches.failed, 0, n), failures)


def cut_short(searches: Searches, threshold: float) -> bool:
    """Say whether some non-mated search may have more candidates than were kept.

    Parameters
    ----------
    searches, threshold
        As `candidates`.

    Returns
    -------
    bool
        True where the selectivity is only known to be at least what was counted.
    """
    if searches.others.shape[1] >= searches.n_references:
        return False
    full = (searches.others[:, -1] >= np.float32(threshold)) & ~searches.mated & ~searches.failed
    return bool(full.any())


def fpir(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return FPIR(N, T); arguments as `false_positives`."""
    return false_positives(searches, threshold, failures=failures).rate


def fnir(searches: Searches, threshold: float = -np.inf, rank: int | None = None, *, failures: bool = True) -> float:
    """Return FNIR(N, R, T); arguments as `misses`."""
    return misses(searches, threshold, rank, failures=failures).rate


def dir_at(searches: Searches, threshold: float = -np.inf, rank: int = 1, *, failures: bool = True) -> float:
    """Return the detection and identification rate, ``1 - FNIR(N, R, T)``; arguments as `misses`."""
    return 1.0 - misses(searches, threshold, rank, failures=failures).rate


def misid(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return MISID(T); arguments as `wrong_on_top`."""
    return wrong_on_top(searches, threshold, failures=failures).rate


def selectivity(searches: Searches, threshold: float, *, failures: bool = True) -> float:
    """Return the mean number of candidates per non-mated search; arguments as `candidates`."""
    return candidates(searches, threshold, failures=failures).rate


def cmc(searches: Searches, ranks: int, *, favoured: bool = False, failures: bool = True) -> Array:
    """Return the cumulative match characteristic.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    ranks : int
        How many, at least 1.
    favoured : bool
        Whether ties count for the mate.
    failures : bool
        Whether failed searches are among those counted.

    Returns
    -------
    ndarray of float64, shape (ranks,)
        Share of mated searches with the mate in the top R, R from 1.

    Raises
    ------
    OutOfRange
        If ``ranks`` is less than 1.
    """
    if ranks < 1:
        raise OutOfRange("ranks", ranks, "at least 1")
    of = searches.mated if failures else searches.mated & ~searches.failed
    place = (searches.rank_favoured if favoured else searches.rank)[of]
    found = np.bincount(np.minimum(place, ranks + 1), minlength=ranks + 2)[1 : ranks + 1]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.cumsum(found) / np.float64(place.size), np.float64)


def best_wrong(searches: Searches, *, failures: bool = True) -> tuple[Codes, Scores]:
    """Return subject and best score of each non-mated search; ``-inf`` for one that returned nothing."""
    of = ~searches.mated if failures else ~searches.mated & ~searches.failed
    best = np.where(searches.failed, np.float32(-np.inf), searches.others[:, 0])
    return searches.probe[of], best[of].astype(np.float32)


def reach(searches: Searches, rank: int | None = None) -> tuple[Codes, Scores]:
    """Return subject and mate score of each mated search.

    Parameters
    ----------
    searches : Searches
        Of one gallery.
    rank : int, optional
        R; a mate further down is out of reach.

    Returns
    -------
    probe : ndarray of int32, shape (n,)
        Subjects.
    score : ndarray of float32, shape (n,)
        The search misses at every threshold above it; ``-inf`` where it misses at any.
    """
    missed = misses(searches, rank=rank).number > 0
    mate = searches.mate[searches.mated]
    return searches.probe[searches.mated], np.where(missed, np.float32(-np.inf), mate).astype(np.float32)


def threshold_at(best: Scores, target: float) -> float | None:
    """Return the threshold at which at most a share of searches has a candidate.

    Parameters
    ----------
    best : ndarray of float32, shape (n,)
        Best score of each search; ``-inf`` where it returned nothing.
    target : float
        FPIR that may not be exceeded, above 0 and below 1.

    Returns
    -------
    float or None
        The lowest of the scores, or, where ties leave none, the next float32 above the highest; None where
        ``target * n`` is below 1, so that a single search would be too many.

    Raises
    ------
    OutOfRange
        If the target is outside its range.

    Notes
    -----
    "At most" rule: equal scores are all in or all out, so the FPIR that comes of it may lie below the target.
    """
    if not 0 < target < 1:
        raise OutOfRange("FPIR target", target, "above 0 and below 1")
    allowed = int(np.floor(target * best.size + _SLACK))
    if allowed < 1:
        return None
    falling = np.sort(best)[::-1]
    over = falling[allowed]
    above = falling[:allowed][falling[:allowed] > over]
    return float(above[-1]) if above.size else float(np.nextafter(over, np.float32(np.inf)))


def mates_removed(searches: Searches) -> Searches:
    """Return mated searches as if nobody who is searched were enrolled.

    Parameters
    ----------
    searches : Searches
        The mated ones are taken, with the best scores of others.

    Returns
    -------
    Searches
        Non-mated, of a gallery with one person fewer: a closed set has no other way to an FPIR.
    """
    of = searches.mated
    n = int(of.sum())
    own = round(searches.n_references / searches.n_enrolled) if searches.n_enrolled else 0
    nothing = np.zeros(n, np.int32)
    return replace(
        searches,
        probe=searches.probe[of],
        mated=np.zeros(n, np.bool_),
        failed=searches.failed[of],
        mate=np.full(n, -np.inf, np.float32),
        rank=nothing,
        rank_favoured=nothing,
        others=searches.others[of],
        n_references=searches.n_references - own,
        n_enrolled=max(searches.n_enrolled - 1, 0),
        others_subject=None if searches.others_subject is None else searches.others_subject[of],
    )


def _of(searches: Searches, which: Flags, count: npt.NDArray[np.generic], failures: bool) -> Events:
    of = which if failures else which & ~searches.failed
    return Events(searches.probe[of], count[of].astype(np.int64))
