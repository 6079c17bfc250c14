"""Searches out of a matrix of scores, probes down and references across, in one pass over its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes, ScoreMatrix, Scores, Searches
from misid.evaluation.searches.counts import people_ahead
from misid.evaluation.searches.from_comparisons import DEPTH, same_best
from misid.search import Hits, HitSum, merge_best, row_counts
from misid.vocabulary.catalogue import say

CELLS = 1 << 22  # scores gone through in one call, where nothing is made of their size
_AT_ONCE = 1 << 18  # scores looked at together: a megabyte
Matrix = npt.NDArray[np.floating]  # float32, or float64 that is rounded where it matters: rounding keeps the order
_Counts = npt.NDArray[np.int64]


class _Own(NamedTuple):
    """Rows, rising, and columns of every mated comparison of some rows."""

    row: _Counts
    column: _Counts


def searches_from_matrix(matrix: ScoreMatrix, depth: int = DEPTH) -> tuple[Searches | None, list[str]]:
    """Put a matrix of scores together into searches, in the order of its rows.

    Parameters
    ----------
    matrix : ScoreMatrix
        NaN is a comparison that failed, a row of nothing else a failed search, a column of nothing else no reference.
    depth : int
        Best scores of others to keep of each search, at least 1.  With 1 all ranks and rates are the same, and a pass
        over the scores is nearly all it costs; more are for selectivity, and for growth.

    Returns
    -------
    Searches or None
        None for samples against themselves, of which each two were compared once, and where one subject is enrolled.
    list of str
        What was assumed, or why there is none, in sentences.
    """
    enrolled = matrix.enrolled()
    people = np.count_nonzero(enrolled)
    why = "no_samples" if matrix.half else "one_subject" if people < 2 else ""
    if why:
        return None, [say("reading.together.none", why=say(f"reading.together.{why}"))]
    m, n = matrix.score.shape
    every, several = _own(matrix), people < n
    mate, top = (np.full(m, -np.inf, np.float32) for _ in range(2))
    at, above, ahead = (np.zeros(m, np.int64) for _ in range(3))
    others = top[:, None] if depth == 1 else np.full((m, depth), -np.inf, np.float32)
    scored, there = np.zeros(m, np.int64), np.zeros(n, np.bool_)  # comparisons of each row; whether a column has one
    for rows, own in _tiles(matrix, every):
        score = matrix.rows(rows, wide=True)
        top[rows], holes = _tops(score, own)
        scored[rows] = n
        if holes:
            valid = ~np.isnan(score)
            scored[rows], score = row_counts(valid), np.where(valid, score, -np.inf)
            there |= valid.any(axis=0)
        else:
            there[:] = True
        mate[rows], same = _mates(score, own)
        at[rows], above[rows] = _against(score, same, mate[rows], top[rows])
        if depth > 1:
            _best(score, own, others[rows])
        if several:
            ahead[rows] = _ahead(score, mate[rows], at[rows], matrix.probe[rows], matrix.reference)
    none = np.isneginf(mate)
    failed = none & np.isneginf(top)
    n_references = int(np.count_nonzero(there))
    if n_references < n:
        enrolled = matrix.enrolled(there)

    def rank(better: _Counts) -> Codes:
        return np.where(none, 0, 1 + better).astype(np.int32)

    searches = Searches(
        probe=matrix.probe.astype(np.int32),
        mated=enrolled[matrix.probe],
        failed=failed,
        mate=mate,
        rank=rank(at),
        rank_favoured=rank(above),
        others=others,
        n_references=n_references,
        n_enrolled=int(np.count_nonzero(enrolled)),
        depth=n_references,
        people=matrix.people,
        hits=partial(_hits, matrix),
        rank_of_people=rank(ahead) if several else None,
    )
    missing = int((n_references - scored[~failed]).sum())
    words = [say("reading.together.searches", x=int((~failed).sum()), references=n_references)]
    for key, x in (("failed_inside", missing), ("lost", n - n_references), ("failed", int(failed.sum()))):
        words += [say(f"reading.together.{key}", x=x)] * bool(x)
    repeated = same_best(mate[searches.mated & ~failed])
    return searches, [repeated] * bool(repeated) + words


def _own(matrix: ScoreMatrix) -> _Own:
    """Return where the mated comparisons are: known beforehand, and not looked for by score."""
    order = np.argsort(matrix.reference, kind="stable")
    rising = matrix.reference[order]
    first, last = (np.searchsorted(rising, matrix.probe, side) for side in ("left", "right"))
    k = last - first
    row = np.repeat(np.arange(k.size), k)
    column = order[np.repeat(last - np.cumsum(k), k) + np.arange(row.size)]
    return _Own(row, column)


def _tiles(matrix: ScoreMatrix, every: _Own) -> Iterator[tuple[slice, _Own]]:
    """Yield rows that are looked at together, and where their mated comparisons are, counted from the first."""
    for rows in matrix.parts(CELLS):
        begin, end = np.searchsorted(every.row, [rows.start, rows.stop])
        yield rows, _Own(every.row[begin:end] - rows.start, every.column[begin:end])


def _tops(score: Matrix, own: _Own) -> tuple[Scores, bool]:
    """Return the best score of others of each row in one pass, ``-inf`` where there is none, and whether NaN is there.

    The scores are cut at mated ones, so that nothing has to be copied.
    """
    n = score.shape[1]
    flat = np.ascontiguousarray(score).ravel()
    begin, mine = np.arange(0, flat.size, n), own.row * n + own.column
    cut = np.sort(np.concatenate([begin, mine, mine + 1]))
    cut = cut[(np.diff(cut, prepend=-1) > 0) & (cut < flat.size)]
    first, apart = np.searchsorted(cut, begin), np.searchsorted(cut, mine)
    holes = False
    for greatest in (np.maximum, np.fmax):
        best = greatest.reduceat(flat, cut)
        # The greatest of numbers with a NaN among them is NaN, and only then they are looked at once more.
        if greatest is np.maximum and np.isnan(best).any():
            holes = True
            continue
        best[apart] = -np.inf
        found = greatest.reduceat(best, first)
        break
    return _rounded(np.where(np.isnan(found), -np.inf, found)), holes


def _mates(score: Matrix, own: _Own) -> tuple[Scores, _Counts]:
    """Return the best own score of each row, and how many own scores equal it."""
    mate, same = np.full(score.shape[0], -np.inf, np.float32), np.zeros(score.shape[0], np.int64)
    if own.row.size:
        mine, first = _rounded(score[own]), np.flatnonzero(np.diff(own.row, prepend=-1))
        mate[own.row[first]] = np.maximum.reduceat(mine, first)
        same[own.row[first]] = np.add.reduceat(mine == mate[own.row], first, dtype=np.int64)
    return mate, same


def _against(score: Matrix, same: _Counts, mate: Scores, top: Scores) -> tuple[_Counts, _Counts]:
    """Return the others at or above each row's mate and above it."""
    at, above = np.zeros(mate.size, np.int64), np.zeros(mate.size, np.int64)
    # Nobody is at or above a mate who is above the best of the others.
    beaten = np.flatnonzero((mate <= top) & ~np.isneginf(mate))
    step = max(1, _AT_ONCE // score.shape[1])
    # Fresh memory for each comparison would cost more than the comparison itself.
    shape = min(step, beaten.size), score.shape[1]
    room, flags = np.empty(shape, score.dtype), np.empty(shape, np.bool_)
    for start in range(0, beaten.size, step):
        some = beaten[start : start + step]
        among = _rounded(np.take(score, some, axis=0, out=room[: some.size], mode="clip"))
        here = flags[: some.size]
        at[some] = row_counts(np.greater_equal(among, mate[some, None], out=here)) - same[some]
        if (mate[some] < top[some]).any():
            above[some] = row_counts(np.greater(among, mate[some, None], out=here))
    return at, above


def _best(score: Matrix, own: _Own, others: Scores) -> None:
    """Put the best scores of others of each row into ``others``, best first."""
    step = max(1, _AT_ONCE // score.shape[1])
    for start in range(0, score.shape[0], step):
        here = score[start : start + step].astype(np.float32)
        begin, end = np.searchsorted(own.row, [start, start + step])
        here[own.row[begin:end] - start, own.column[begin:end]] = -np.inf
        merge_best(others[start : start + step], here)


def _ahead(score: Matrix, mate: Scores, at: _Counts, probe: Codes, reference: Codes) -> _Counts:
    """Return the other subjects with a score at or above each row's mate."""
    some = np.flatnonzero(at)
    row, column = np.nonzero(_rounded(score[some]) >= mate[some, None])
    search = some[row]
    other = probe[search] != reference[column]
    search, column = search[other], column[other]
    return people_ahead(mate, search.astype(np.int32), reference[column], _rounded(score[search, column]))


def _rounded(score: Matrix) -> Scores:
    return score.astype(np.float32, copy=False)


def _hits(matrix: ScoreMatrix, thresholds: Sequence[float]) -> list[Hits]:
    """Return the pairs of subjects that are at or above thresholds, in one pass for all."""
    sums = [HitSum(matrix.people.count) for _ in thresholds]
    lowest = np.float32(min(thresholds, default=np.inf))
    for rows in matrix.parts(CELLS):
        score = matrix.rows(rows)
        search, column = np.nonzero(score >= lowest)
        whose, whom = matrix.probe[rows][search], matrix.reference[column]
        other = whose != whom
        search, whose, whom, high = search[other], whose[other], whom[other], score[search[other], column[other]]
        for threshold, total in zip(thresholds, sums, strict=True):
            of = high >= np.float32(threshold)
            total.add(search[of], whose[of], whom[of], np.ones(int(of.sum()), np.int64))
    return [total.hits() for total in sums]
