"""Searches out of a matrix of scores, probes down and references across."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.evaluation.contract import Codes, Flags, People, Scores, Searches
from misid.search import Hits, HitSum, merge_best, row_counts

DEPTH = 50  # best scores of others that are kept of each search
CELLS = 1 << 18  # scores looked at together: a megabyte
_PASS = 1 << 22  # scores gone through in one call, where nothing is made of their size
_Counts = npt.NDArray[np.int64]


def matrix_searches(
    score: npt.NDArray[np.floating], probe: Codes, reference: Codes, people: People, depth: int = DEPTH
) -> Searches:
    """Put a matrix of scores together into searches.

    Parameters
    ----------
    score : ndarray of float, shape (m, n)
        Similarities, probes down and references across; rounded to float32.  NaN is a comparison that failed, and a
        row of nothing else is a failed search.
    probe, reference : ndarray of int32, shape (m,), (n,)
        Subjects of the rows and of the columns.
    people : People
        Who is in the data.
    depth : int
        Best scores of others to keep of each search, at least 1.  With 1 all ranks and rates are the same, and a pass
        over the scores is nearly all it costs; more are for selectivity, and for growth.

    Returns
    -------
    Searches
        In the order of the rows.

    Raises
    ------
    OutOfRange
        If a shape does not fit.
    """
    if score.ndim != 2 or score.shape != (probe.size, reference.size) or not reference.size:
        raise OutOfRange("shape of score", score.shape, f"({probe.size}, {reference.size}), and at least one reference")
    n = score.shape[1]
    row, column, mated, n_enrolled = _own(probe, reference)
    top = _tops(score, row, column)
    mate, at, above = _against_mates(score, row, column, top)
    others = top[:, None] if depth == 1 else _best(score, row, column, depth)
    none = np.isneginf(mate)
    return Searches(
        probe=probe.astype(np.int32),
        mated=mated,
        failed=np.isneginf(top) & none,
        mate=mate,
        rank=np.where(none, 0, 1 + at).astype(np.int32),
        rank_favoured=np.where(none, 0, 1 + above).astype(np.int32),
        others=others,
        n_references=n,
        n_enrolled=n_enrolled,
        depth=n,
        people=people,
        hits=partial(_matrix_hits, score, probe, reference, people.count),
    )


def _own(probe: Codes, reference: Codes) -> tuple[_Counts, _Counts, Flags, int]:
    """Return row and column of every mated comparison, by rows, whether a row has one, and the subjects enrolled.

    The subject's own columns are known beforehand; no column is ever looked for by its score.
    """
    order = np.argsort(reference, kind="stable")
    who, first, often = np.unique(reference[order], return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(who, probe), who.size - 1)
    mated = who[place] == probe
    searched = np.flatnonzero(mated)
    place = place[searched]
    k = often[place]
    row = np.repeat(searched, k)
    column = order[np.repeat(first[place] - np.cumsum(k) + k, k) + np.arange(row.size)]
    return row, column, mated, int(who.size)


def _tops(score: npt.NDArray[np.floating], row: _Counts, column: _Counts) -> Scores:
    """Return the best score of others of each row in one pass over the scores; ``-inf`` where there is none."""
    m, n = score.shape
    # Rounding keeps the order, so the best score, rounded, is the best of the rounded scores.
    kind = score.dtype if score.dtype in (np.float32, np.float64) else np.dtype(np.float32)
    top = np.empty(m, np.float32)
    for rows, own in _tiles(m, n, row, _PASS):
        part = np.ascontiguousarray(score[rows], kind).ravel()
        begin = np.arange(0, part.size, n)
        mine = (row[own] - rows.start) * n + column[own]
        cut = np.sort(np.concatenate([begin, mine, mine + 1]))
        cut = cut[(np.diff(cut, prepend=-1) > 0) & (cut < part.size)]
        first, apart = np.searchsorted(cut, begin), np.searchsorted(cut, mine)
        for greatest in (np.maximum, np.fmax):
            best = greatest.reduceat(part, cut)
            best[apart] = -np.inf
            found = greatest.reduceat(best, first)
            # The greatest of numbers with a NaN among them is NaN, and only then they are looked at once more.
            if not np.isnan(found).any():
                break
        top[rows] = np.where(np.isnan(found), -np.inf, found)
    return top


def _against_mates(
    score: npt.NDArray[np.floating], row: _Counts, column: _Counts, top: Scores
) -> tuple[Scores, _Counts, _Counts]:
    """Return the best own score of each row, and the others at or above it and above it."""
    m, n = score.shape
    mate = np.full(m, -np.inf, np.float32)
    at, above = np.zeros(m, np.int64), np.zeros(m, np.int64)
    if not row.size:
        return mate, at, above
    own = score[row, column].astype(np.float32)
    first = np.flatnonzero(np.diff(row, prepend=-1))
    mate[row[first]] = np.maximum.reduceat(np.where(np.isnan(own), np.float32(-np.inf), own), first)
    same = np.zeros(m, np.int64)
    same[row[first]] = np.add.reduceat(own == mate[row], first, dtype=np.int64)
    # Nobody is at or above a mate who is above the best of the others.
    beaten = np.flatnonzero((mate <= top) & ~np.isneginf(mate))
    step = max(1, CELLS // n)
    for start in range(0, beaten.size, step):
        some = beaten[start : start + step]
        in_a_row = some[-1] - some[0] + 1 == some.size
        among = (score[some[0] : some[-1] + 1] if in_a_row else score[some]).astype(np.float32, copy=False)
        at[some] = row_counts(among >= mate[some, None]) - same[some]
        more = np.flatnonzero(mate[some] < top[some])
        among = among if more.size == some.size else among[more]
        above[some[more]] = row_counts(among > mate[some[more], None])
    return mate, at, above


def _best(score: npt.NDArray[np.floating], row: _Counts, column: _Counts, depth: int) -> Scores:
    """Return the best scores of others of each row, best first."""
    m, n = score.shape
    others = np.full((m, depth), -np.inf, np.float32)
    room = np.empty((min(m, max(1, CELLS // n)), n), np.float32)
    for rows, own in _tiles(m, n, row, CELLS):
        here = room[: rows.stop - rows.start]
        here[:] = score[rows]
        here[row[own] - rows.start, column[own]] = -np.inf
        if np.isnan(here.max()):
            here[np.isnan(here)] = -np.inf
        merge_best(others[rows], here)
    return others


def _tiles(m: int, n: int, row: _Counts, cells: int) -> Iterator[tuple[slice, slice]]:
    """Yield rows that are looked at together, and where their mated comparisons are."""
    step = max(1, cells // n)
    starts = np.arange(0, m, step)
    for start, begin, end in zip(starts.tolist(), *np.searchsorted(row, [starts, starts + step]).tolist(), strict=True):
        yield slice(start, min(start + step, m)), slice(begin, end)


def _matrix_hits(
    score: npt.NDArray[np.floating], probe: Codes, reference: Codes, subjects: int, thresholds: Sequence[float]
) -> list[Hits]:
    sums = [HitSum(subjects) for _ in thresholds]
    step = max(1, CELLS // reference.size)
    for start in range(0, probe.size, step):
        part = np.asarray(score[start : start + step], np.float32)
        best = np.fmax.reduce(part, axis=1)
        for threshold, total in zip(thresholds, sums, strict=True):
            some = np.flatnonzero(best >= np.float32(threshold))
            if not some.size:
                continue
            whose = probe[start + some]
            hit = part[some] >= np.float32(threshold)
            number = row_counts(hit)
            search, whom = np.repeat(some, number), np.broadcast_to(reference, hit.shape)[hit]
            other = np.repeat(whose, number) != whom
            total.add(search[other], probe[start:][search[other]], whom[other], np.ones(int(other.sum()), np.int64))
    return [total.hits() for total in sums]
