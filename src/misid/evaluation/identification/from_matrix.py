"""Searches out of a matrix of scores, probes down and references across."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.evaluation.contract import Codes, Flags, People, Scores, Searches, SubjectHits
from misid.search.tallies import HitSum, merge_best, row_counts

DEPTH = 50  # best scores of others that are kept of each search
CELLS = 1 << 18  # scores looked at together: a megabyte
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
        Best scores of others to keep of each search, at least 1.

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
    m, n = score.shape
    order = np.argsort(reference, kind="stable")
    who, first, often = np.unique(reference[order], return_index=True, return_counts=True)
    place = np.minimum(np.searchsorted(who, probe), who.size - 1)
    mates = np.where(who[place] == probe, often[place], 0)
    mate = np.full(m, -np.inf, np.float32)
    at, above = np.zeros(m, np.int64), np.zeros(m, np.int64)
    others = np.full((m, depth), -np.inf, np.float32)
    failed = np.zeros(m, np.bool_)
    step = max(1, CELLS // n)
    room, mask = np.empty((step, n), np.float32), np.empty((step, n), np.bool_)
    for start in range(0, m, step):
        rows = slice(start, min(start + step, m))
        here = room[: rows.stop - start]
        here[:] = score[rows]
        some = np.flatnonzero(mates[rows])
        if some.size:
            k = mates[rows][some]
            begin = np.concatenate([[0], np.cumsum(k)[:-1]])
            row = np.repeat(some, k)
            # The subject's own columns, which are known beforehand; no column is ever looked for by its score.
            column = order[np.repeat(first[place[rows][some]] - begin, k) + np.arange(row.size)]
            own = here[row, column]
            mate[start + some] = np.maximum.reduceat(np.where(np.isnan(own), np.float32(-np.inf), own), begin)
            here[row, column] = -np.inf
        # The greatest of numbers with a NaN among them is NaN.
        top = here.max(axis=1)
        if np.isnan(top).any():
            here[np.isnan(here)] = -np.inf
            top = here.max(axis=1)
        failed[rows] = np.isneginf(top) & np.isneginf(mate[rows])
        tally(here, mate[rows], at[rows], above[rows], others[rows], mask, top)
    none = np.isneginf(mate)
    return Searches(
        probe=probe.astype(np.int32),
        mated=mates > 0,
        failed=failed,
        mate=mate,
        rank=np.where(none, 0, 1 + at).astype(np.int32),
        rank_favoured=np.where(none, 0, 1 + above).astype(np.int32),
        others=others,
        n_references=n,
        n_enrolled=int(who.size),
        depth=n,
        people=people,
        hits=partial(_matrix_hits, score, probe, reference, people.count),
    )


def tally(
    score: Scores, mate: Scores, at: _Counts, above: _Counts, others: Scores, room: Flags, top: Scores | None = None
) -> None:
    """Count the scores of others against the mate's, and keep the best.

    Parameters
    ----------
    score : ndarray of float32, shape (m, n)
        Scores of others; ``-inf`` where there is none.
    mate : ndarray of float32, shape (m,)
        Best score of the subject's own references; ``-inf`` where there is none.
    at, above : ndarray of int64, shape (m,)
        Filled with the others at or above the mate, and strictly above it.
    others : ndarray of float32, shape (m, k)
        Best so far; the best of these are put among them.
    room : ndarray of bool, shape (at least m, n)
        Scratch: fresh memory would cost more than the comparison itself.
    top : ndarray of float32, shape (m,), optional
        Best score of each row, where it is known.
    """
    some = np.flatnonzero(~np.isneginf(mate))
    if some.size:
        among = score if some.size == mate.size else score[some]
        n = row_counts(np.greater_equal(among, mate[some, None], out=room[: some.size]))
        at[some] = n
        beaten = np.flatnonzero(n)
        above[some[beaten]] = row_counts(among[beaten] > mate[some[beaten], None])
    merge_best(others, score, top)


def _matrix_hits(
    score: npt.NDArray[np.floating], probe: Codes, reference: Codes, subjects: int, thresholds: Sequence[float]
) -> list[SubjectHits]:
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
    return [SubjectHits(*total.hits()) for total in sums]
