"""Searches put together from one-to-one comparisons, where every probe was compared with the same references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons.counts import marks
from misid.evaluation.contract import Codes, Comparisons, Flags, Scores, Searches, Side
from misid.evaluation.searches.counts import people_ahead
from misid.search import Found, Hits, HitSum, merge_best, row_counts
from misid.vocabulary.catalogue import say

DEPTH = 50  # best scores of others that are kept of each search
_CELLS = 1 << 18  # scores looked at together: a megabyte
_DENSE = 1 << 25  # searches times subjects up to which missing comparisons are looked for one by one
_Counts = npt.NDArray[np.int64]


class _NoSearches(Exception):
    """Why the comparisons do not make up searches of one gallery."""


class _BySearch(NamedTuple):
    """Mated or non-mated comparisons, by rising number of their search, and where each search starts."""

    search: Codes
    probe: Codes
    reference: Codes
    score: Scores
    start: _Counts  # shape (searches + 1,)

    @property
    def length(self) -> _Counts:
        """Comparisons of each search."""
        return np.diff(self.start)

    def reduced(self, by: np.ufunc, values: npt.NDArray[Any], out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Reduce the values of each search's comparisons into ``out``, where a search without any keeps its own."""
        filled = np.flatnonzero(self.length)
        if filled.size:
            out[filled] = by.reduceat(values, self.start[filled])
        return out


def searches_from_comparisons(pairs: Comparisons, depth: int = DEPTH) -> tuple[Searches | None, list[str]]:
    """Put comparisons together into searches of a gallery.

    Parameters
    ----------
    pairs : Comparisons
        With the subjects of both sides.
    depth : int
        Best scores of others to keep of each search, at least 1.

    Returns
    -------
    Searches or None
        None where the comparisons do not make up searches of one gallery.
    list of str
        What was assumed, or why there is none, in sentences.

    Notes
    -----
    Every search must have been compared with the same references.  Comparisons that failed may be missing, and where
    samples were compared among one another, each with all but itself.  A subject is enrolled if it has a reference.
    """
    assumed: list[str] = []
    try:
        return _assembled(pairs, depth, assumed), assumed
    except _NoSearches as why:
        return None, [*assumed, say("reading.together.none", why=str(why))]


def _assembled(pairs: Comparisons, depth: int, assumed: list[str]) -> Searches:
    sides = pairs.mated, pairs.non_mated
    if pairs.people is None or any(
        side.score.size and (side.probe is None or side.reference is None) for side in sides
    ):
        raise _NoSearches(say("reading.together.no_subjects"))
    if not pairs.non_mated.score.size:
        raise _NoSearches(say("reading.together.no_others"))
    if any(side.score.size and side.search is None for side in sides):
        mated, other = (_numbered_by_subject(side, pairs.people.count) for side in sides)
        sides = mated, other
        assumed.append(say("reading.together.by_subject"))
    n = 1 + max(int(side.search.max(initial=-1)) for side in sides if side.search is not None)
    own, rest = (_by_search(side, n) for side in sides)
    layout = _layout(own, rest, pairs)
    mate = own.reduced(np.maximum, own.score, np.full(n, -np.inf, np.float32))
    at, above, others = _against(rest, mate, depth)
    there = layout.who >= 0
    several = layout.n_references > layout.everybody.size
    ahead = people_ahead(mate, rest.search, rest.reference, rest.score) if several else at
    repeated = same_best(mate[there & layout.enrolled])
    assumed += [repeated] * bool(repeated) + layout.remarks
    return with_failed(
        Found(
            layout.who[there], layout.enrolled[there], mate[there], at[there], above[there], ahead[there], others[there]
        ),
        layout.failed_probe,
        layout.everybody,
        n_references=layout.n_references,
        n_enrolled=int(layout.everybody.size),
        depth=layout.n_references,
        people=pairs.people,
        hits=partial(_hits, rest, pairs.people.count),
    )


def with_failed(
    found: Found, failed_probe: Codes, enrolled: Codes, *, n_references: int, n_enrolled: int, **gallery: Any
) -> Searches:
    """Return searches with the failed ones behind them, which return nothing; ``gallery`` as fields of `Searches`."""
    lost = failed_probe.size
    none = np.isneginf(found.mate)

    def rank(ahead: _Counts) -> Codes:
        return np.concatenate([np.where(none, 0, 1 + ahead), np.zeros(lost, np.int64)]).astype(np.int32)

    return Searches(
        probe=np.concatenate([found.probe, failed_probe]).astype(np.int32),
        mated=np.concatenate([found.mated, np.isin(failed_probe, enrolled)]),
        failed=np.repeat([False, True], [found.probe.size, lost]),
        mate=np.concatenate([found.mate, np.full(lost, -np.inf, np.float32)]),
        rank=rank(found.at),
        rank_favoured=rank(found.above),
        others=np.concatenate([found.others, np.full((lost, found.others.shape[1]), -np.inf, np.float32)]),
        n_references=n_references,
        n_enrolled=n_enrolled,
        rank_of_people=rank(found.people) if n_references > n_enrolled or (found.people != found.at).any() else None,
        **gallery,
    )


def _hits(rest: _BySearch, subjects: int, thresholds: Sequence[float]) -> list[Hits]:
    """Return the pairs of subjects that are at or above thresholds."""
    found = []
    for threshold in thresholds:
        of = rest.score >= np.float32(threshold)
        total = HitSum(subjects)
        search = rest.search[of]
        total.add(search, rest.probe[of], rest.reference[of], np.ones(search.size, np.int64))
        found.append(total.hits())
    return found


def _against(rest: _BySearch, mate: Scores, depth: int) -> tuple[_Counts, _Counts, Scores]:
    """Compare each search's other scores, laid end to end, with its mate's, some searches at a time."""
    n, start, length = mate.size, rest.start, rest.length
    at, above = np.zeros(n, np.int64), np.zeros(n, np.int64)
    others = np.full((n, depth), -np.inf, np.float32)
    widest = int(length.max(initial=1)) or 1
    step = max(1, _CELLS // widest)
    room = np.empty((min(step, n), widest), np.bool_)
    for first in range(0, n, step):
        rows = slice(first, min(first + step, n))
        part = rest.score[start[first] : start[rows.stop]]
        if (length[rows] == widest).all():
            here = part.reshape(-1, widest)
        else:
            here = np.full((rows.stop - first, widest), -np.inf, np.float32)
            here[np.arange(widest) < length[rows, None]] = part
        _tally(here, mate[rows], at[rows], above[rows], others[rows], room)
    return at, above, others


def _tally(score: Scores, mate: Scores, at: _Counts, above: _Counts, others: Scores, room: Flags) -> None:
    """Fill in the others at or above the mate and above it, and put the best scores among the best so far.

    There is no NaN among the scores, and ``-inf`` where there is no score.  Fresh memory in place of ``room`` would
    cost more than the comparison itself.
    """
    top = score.max(axis=1)
    # Nobody is at or above a mate who is above the best of them, and most mates are.
    some = np.flatnonzero((mate <= top) & ~np.isneginf(mate))
    at[:], above[:] = 0, 0
    if some.size:
        among = score if some.size == mate.size else score[some]
        at[some] = row_counts(np.greater_equal(among, mate[some, None], out=room[: some.size]))
        beaten = np.flatnonzero(mate[some] < top[some])
        if beaten.size:
            among = among if beaten.size == some.size else among[beaten]
            above[some[beaten]] = row_counts(np.greater(among, mate[some[beaten], None], out=room[: beaten.size]))
    merge_best(others, score, top)


class _Layout(NamedTuple):
    """Who was searched among which references.

    ``who`` (-1 for a number without a search) and ``enrolled`` are by search, ``everybody`` lists who is enrolled, and
    ``failed_probe`` the subjects of probes that failed against every reference.
    """

    who: Codes
    enrolled: Flags
    n_references: int
    everybody: Codes
    failed_probe: Codes
    remarks: list[str]


def _layout(own: _BySearch, rest: _BySearch, pairs: Comparisons) -> _Layout:
    assert pairs.people is not None
    subjects, n = pairs.people.count, own.length.size
    length = own.length + rest.length
    who = np.full(n, -1, np.int32)
    for side in (own, rest):
        filled = np.flatnonzero(side.length)
        who[filled] = side.probe[side.start[filled]]
    if any((np.repeat(who, side.length) != side.probe).any() for side in (own, rest)):
        raise _NoSearches(say("reading.together.two_subjects"))
    is_enrolled = np.zeros(subjects, np.bool_)
    is_enrolled[own.reference] = is_enrolled[rest.reference] = True
    everybody = np.flatnonzero(is_enrolled).astype(np.int32)
    if everybody.size < 2:
        raise _NoSearches(say("reading.together.one_subject"))
    there = who >= 0
    enrolled = np.isin(who, everybody) & there
    # Searches whose references have the same sum of marks were of the same references.
    mark = marks(subjects)
    own_sum, rest_sum = (side.reduced(np.add, mark[side.reference], np.zeros(n, np.uint64)) for side in (own, rest))
    seen = own_sum + rest_sum
    failed = pairs.mated.failed + pairs.non_mated.failed
    remarks: list[str] = []
    missing = np.zeros(n, np.int64)
    if np.unique(seen[there]).size == 1:
        n_references = int(length[there][0])
    elif np.unique(seen[there] + mark[who[there]]).size == 1:
        n_references = int(length[there][0])
        # Of a subject with one sample nothing is left to be found.
        enrolled = own.length > 0
        remarks.append(say("reading.together.one_another"))
    else:
        want = _table(own, rest, subjects)[there].max(axis=0)
        n_references = int(want.sum())
        missing = np.where(there, n_references - length, 0)
        if missing.sum() > failed:
            low, high = int(length[there].min()), int(length[there].max())
            of = {"low": low, "high": high, "references": n_references, "failed": int(failed)}
            raise _NoSearches(say("reading.together.not_the_same", **of))
        remarks.append(say("reading.together.failed_inside", x=int(missing.sum())))
    whole = say("reading.together.searches", x=int(there.sum()), references=n_references)
    failed_probe, more = _failed_searches(pairs, who[there], missing[there], n_references, failed)
    return _Layout(who, enrolled, n_references, everybody, failed_probe, [whole, *remarks, *more])


def _failed_searches(
    pairs: Comparisons, who: Codes, missing: _Counts, n_references: int, failed: int
) -> tuple[Codes, list[str]]:
    """Return the subjects of probes that failed against every reference."""
    left = failed - int(missing.sum())
    nobody = np.empty(0, np.int32)
    if left <= 0:
        return nobody, []
    sides = [side.failed_probe for side in (pairs.mated, pairs.non_mated) if side.failed]
    named = [side for side in sides if side is not None]
    if len(named) < len(sides):
        return nobody, [say("reading.together.failed_unnamed", x=left)]
    size = 1 + max(int(side.max(initial=0)) for side in (*named, who))
    of = np.bincount(np.concatenate(named), minlength=size)
    of -= np.bincount(who, weights=missing, minlength=size).astype(np.int64)
    runs = np.bincount(who, minlength=size)
    searched = runs > 0
    # A reference without a template fails against every probe alike.
    lost = int((of[searched] // runs[searched]).min()) if searched.any() else 0
    of -= lost * runs
    whole, part = np.divmod(of, n_references + lost)
    words = []
    if lost:
        words.append(say("reading.together.lost", x=lost))
    if part.any():
        words.append(say("reading.together.part", x=int(part.sum())))
    if whole.sum():
        words.append(say("reading.together.failed", x=int(whole.sum())))
    return np.repeat(np.arange(size), np.maximum(whole, 0)).astype(np.int32), words


def same_best(mate: Scores) -> str:
    """Say so if many mates have the same best score: samples may have been compared with themselves."""
    if mate.size < 10 or np.isneginf(mate).all():
        return ""
    same = int((mate == mate.max()).sum())
    if same * 10 < mate.size:
        return ""
    return say("reading.together.same_best", x=same, searches=mate.size, score=f"{float(mate.max()):g}")


def _numbered_by_subject(side: Side, subjects: int) -> Side:
    """Return a side with the probe subject for the search, if no pair of subjects was compared twice."""
    assert side.probe is not None
    assert side.reference is not None
    keys = np.sort(side.probe.astype(np.int64) * subjects + side.reference)
    if (keys[1:] == keys[:-1]).any():
        raise _NoSearches(say("reading.together.no_samples"))
    return replace(side, search=side.probe)


def _by_search(side: Side, n: int) -> _BySearch:
    assert side.probe is not None
    assert side.reference is not None
    assert side.search is not None
    columns = side.search, side.probe, side.reference, side.score
    if not (side.search[1:] >= side.search[:-1]).all():
        order = np.argsort(side.search, kind="stable")
        columns = side.search[order], side.probe[order], side.reference[order], side.score[order]
    start = np.searchsorted(columns[0], np.arange(n + 1, dtype=columns[0].dtype)).astype(np.int64)
    return _BySearch(*columns, start)


def _table(own: _BySearch, rest: _BySearch, subjects: int) -> npt.NDArray[np.int64]:
    """Count the comparisons of each search with each subject."""
    n = own.length.size
    if n * subjects > _DENSE:
        raise _NoSearches(say("reading.together.not_alike"))
    keys = [side.search.astype(np.int64) * subjects + side.reference for side in (own, rest)]
    return np.bincount(np.concatenate(keys), minlength=n * subjects).reshape(n, subjects)
