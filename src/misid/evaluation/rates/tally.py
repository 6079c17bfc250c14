"""Counts of scores by the leading bits of their float32 form: exact at every edge, added up in any order.

The bits of a float32, read as a whole number, rise with the number once the negative ones are turned round.  A tally
counts the upper 20 of the 32 bits (2,048 cells between a number and its double), for mated and non-mated scores apart.
What lies inside a cell is found by a second pass over the scores, for the few cells where it matters.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Comparisons, Scores, Stream

Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]

BITS = 20
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
    """How many scores lie in each of 2**20 cells.

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
        into = self._raw[mated]
        for cells, _ in _raw_cells(scores):
            np.add.at(into, cells, 1)

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
        Cells, as `Tally.cells` numbers them; 64 KiB of counts each.
    """

    def __init__(self, cells: npt.ArrayLike) -> None:
        self._cells = np.unique(np.asarray(cells, np.int64))
        self._place = np.zeros(CELLS, np.uint16)
        self._place[_as_bits(self._cells)] = np.arange(1, self._cells.size + 1)
        size = self._cells.size * INSIDE
        self._counts = {True: np.zeros(size, np.int64), False: np.zeros(size, np.int64)}

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count those of the scores that lie in the cells; arguments as for `Tally.add`."""
        into = self._counts[mated]
        for cells, bits in _raw_cells(scores):
            place = self._place[cells]
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


def _raw_cells(scores: npt.NDArray[np.floating]) -> Iterator[tuple[npt.NDArray[np.int64], Keys]]:
    """Yield leading bits and all bits of the scores, piece by piece; both live until the next piece is asked for."""
    size = min(PIECE, scores.size)
    rounded, cells = np.empty(size, np.float32), np.empty(size, np.int64)
    for start in range(0, scores.size, PIECE):
        part = scores[start : start + PIECE]
        here = rounded[: part.size]
        here[...] = part
        here += np.float32(0)  # minus zero has a bit pattern of its own
        bits = here.view(np.uint32)
        np.right_shift(bits, np.uint32(LOW), out=cells[: part.size], casting="unsafe")
        yield cells[: part.size], bits
