"""Counts of scores by the leading bits of their float32 form: exact at every edge, added up in any order.

The bits of a float32, read as a whole number, rise with the number once the negative ones are turned round.  A tally
counts the upper 18 of the 32 bits (512 cells between a number and its double), for mated and non-mated scores apart.
What lies inside a cell is found by a second pass over the scores, for the few cells where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Comparisons, Scores, Stream

Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]

BITS = 18
LOW = 32 - BITS
CELLS = 1 << BITS
INSIDE = 1 << LOW
PIECE = 1 << 15  # scores at once: all scratch together stays in the processor's second cache
_SIGN = np.uint32(1 << 31)


def keys(scores: npt.ArrayLike) -> Keys:
    """Return whole numbers in the order of the scores.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
        No NaN; rounded to float32.  Minus zero is zero, infinities are the outermost scores.

    Returns
    -------
    ndarray of uint32, shape (n,)
        Equal where the scores are equal as float32, else in their order.
    """
    bits = (np.asarray(scores, np.float32) + np.float32(0)).view(np.uint32)
    return np.where(bits & _SIGN, ~bits, bits | _SIGN)


_LOWEST, _HIGHEST = (int(keys([end])[0]) for end in (-np.inf, np.inf))


def scores_of(key: npt.ArrayLike) -> Scores:
    """Return the scores of which `keys` gives these numbers.

    Parameters
    ----------
    key : array_like of int, shape (n,)
        In [0, 2**32); numbers outside the keys of the two infinities give NaN.

    Returns
    -------
    ndarray of float32, shape (n,)
    """
    of = np.asarray(key, np.uint32)
    return np.where(of & _SIGN, of & ~_SIGN, ~of).view(np.float32)


class Tally:
    """How many scores lie in each of 2**18 cells.

    Parameters
    ----------
    failed_mated, failed_non_mated : int
        Comparisons without a score.

    Notes
    -----
    Tallies of parts add up to the tally of the whole, in any order, to the last unit.
    """

    def __init__(self, failed_mated: int = 0, failed_non_mated: int = 0) -> None:
        self.failed_mated = failed_mated
        self.failed_non_mated = failed_non_mated
        # By raw bits, so that no score has to be turned round while it is counted.
        self._raw = {True: np.zeros(CELLS, np.int64), False: np.zeros(CELLS, np.int64)}

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores.

        Parameters
        ----------
        scores : ndarray of float, shape (n,)
            Similarities, no NaN; rounded to float32 before they are counted.
        mated : bool
            Which of the two they are.
        """
        into, cells = self._raw[mated], np.empty(min(PIECE, scores.size), np.int64)
        for part in _rounded(scores):
            here = cells[: part.size]
            np.right_shift(part.view(np.uint32), np.uint32(LOW), out=here, casting="unsafe")
            np.add.at(into, here, 1)

    def merge(self, other: Tally) -> None:
        """Add what another tally counted."""
        for mated, raw in other._raw.items():
            self._raw[mated] += raw
        self.failed_mated += other.failed_mated
        self.failed_non_mated += other.failed_non_mated

    def cells(self) -> tuple[npt.NDArray[np.int64], Counts, Counts]:
        """Return the cells that hold a score.

        Returns
        -------
        cell : ndarray of int64, shape (k,)
            Rising; cell c holds the keys from ``c << LOW`` to ``((c + 1) << LOW) - 1``.
        mated, non_mated : ndarray of int64, shape (k,)
            Scores in it.
        """
        raw = np.flatnonzero(self._raw[True] | self._raw[False])
        half = int(np.searchsorted(raw, CELLS // 2))
        raw = np.concatenate([raw[half:][::-1], raw[:half]])
        return _ordered(raw), self._raw[True][raw], self._raw[False][raw]


class Inside:
    """How many scores equal each score that can lie in a few cells.

    Parameters
    ----------
    cells : array_like of int, shape (r,)
        Cells, as `Tally.cells` numbers them; 256 KiB of counts each.
    """

    def __init__(self, cells: npt.ArrayLike) -> None:
        self._cells = np.unique(np.asarray(cells, np.int64))
        self._place = np.zeros(CELLS, np.uint16)
        self._place[_as_bits(self._cells)] = np.arange(1, self._cells.size + 1)
        ends = np.array([self._cells[0], self._cells[-1] + 1] if self._cells.size else [0, 0], np.int64) << LOW
        # The edge after the last cell is a score that lies above it, which does no harm.
        self._ends = scores_of(np.clip(ends, _LOWEST, _HIGHEST))
        size = self._cells.size * INSIDE
        self._counts = {True: np.zeros(size, np.int64), False: np.zeros(size, np.int64)}

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count those of the scores that lie in the cells; arguments as for `Tally.add`."""
        into = self._counts[mated]
        for part in _rounded(scores):
            # One comparison with each end leaves few scores to look up, since what matters lies in the tails.
            near = part[(part >= self._ends[0]) & (part <= self._ends[1])]
            bits = near.view(np.uint32)
            place = self._place[bits >> np.uint32(LOW)]
            found = np.flatnonzero(place)
            if found.size:
                inside = bits[found] & np.uint32(INSIDE - 1)
                inside = np.where(bits[found] & _SIGN, np.uint32(INSIDE - 1) - inside, inside)
                np.add.at(into, (place[found].astype(np.int64) - 1) * INSIDE + inside, 1)

    def found(self) -> tuple[Keys, Counts, Counts]:
        """Return the keys that occur.

        Returns
        -------
        key : ndarray of uint32, shape (k,)
            Rising.
        mated, non_mated : ndarray of int64, shape (k,)
            Scores that have it.
        """
        of = np.flatnonzero(self._counts[True] | self._counts[False])
        key = (self._cells[of // INSIDE] << LOW) + of % INSIDE
        return key.astype(np.uint32), self._counts[True][of], self._counts[False][of]


def count(pairs: Comparisons | Stream, into: Tally | Inside) -> None:
    """Go through all comparisons once and count their scores.

    Parameters
    ----------
    pairs : Comparisons or Stream
        In memory or not; the counts are the same.
    into : Tally or Inside
        What counts them.
    """
    if isinstance(pairs, Comparisons):
        into.add(pairs.mated.score, True)
        into.add(pairs.non_mated.score, False)
        if isinstance(into, Tally):
            into.failed_mated += pairs.mated.failed
            into.failed_non_mated += pairs.non_mated.failed
        return
    for block in pairs.blocks():
        into.add(block.score[block.mated], True)
        into.add(block.score[~block.mated], False)
        if isinstance(into, Tally):
            into.failed_mated += block.failed_mated
            into.failed_non_mated += block.failed_non_mated


def _ordered(raw: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn leading bits as they stand into cells in the order of the scores: more bits with the sign set are lower."""
    return np.where(raw >= CELLS // 2, CELLS - 1 - raw, raw + CELLS // 2)


def _as_bits(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn cells back into leading bits."""
    return np.where(cells < CELLS // 2, CELLS - 1 - cells, cells - CELLS // 2)


def _rounded(scores: npt.NDArray[np.floating]) -> Iterator[Scores]:
    """Yield the scores as float32 without minus zeros, piece by piece; a piece lives until the next is asked for."""
    room = np.empty(min(PIECE, scores.size), np.float32)
    for start in range(0, scores.size, PIECE):
        part = scores[start : start + PIECE]
        # Minus zero has a bit pattern of its own, and goes away when zero is added.
        yield np.add(part, np.float32(0), out=room[: part.size], dtype=np.float32, casting="same_kind")
