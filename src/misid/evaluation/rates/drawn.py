"""Counts per pair of people for a share of all pairs, chosen by a hash: all of them while they are few."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Codes
from misid.statistics import Array

Whole = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

MOST = 1 << 19  # pairs of people that are kept
SEEN = 100  # pairs with errors among those from which a ratio is taken


class Counted(NamedTuple):
    """Pairs of people without an order, each once, and how many of their comparisons reach so many thresholds.

    Parameters
    ----------
    place : ndarray of int64, shape (n,)
        Number of the pair, from 0, rising.
    reached : ndarray of int64, shape (n,)
        Thresholds reached.
    count : ndarray of int64, shape (n,)
        Comparisons of that pair that reach that many.
    pairs : int
        Pairs.
    """

    place: Whole
    reached: Whole
    count: Whole  # type: ignore[assignment]  # a tuple's own `count` is of no use here
    pairs: int

    def above(self, threshold: int) -> Array:
        """Return how many comparisons of each pair reach more than so many thresholds."""
        at = np.flatnonzero(self.reached > threshold)
        return np.bincount(self.place[at], self.count[at], self.pairs).astype(np.float64)


class Drawn:
    """Counts the comparisons of a share of all pairs of people, by how many thresholds they reach.

    Parameters
    ----------
    subjects : int
        People (M); pairs are of two of them.
    width : int
        Numbers of thresholds that can be reached, 0 included.
    most : int
        Pairs that are kept at most.

    Notes
    -----
    A pair is kept if its hash begins with enough zeros; there is one more zero each time the pairs become too many, so
    what is kept is a share 2**-k of all pairs, and every comparison of a pair that is kept was counted.  The hash mixes
    two numbers made from those of the people (Steele, Lea and Flood, OOPSLA 2014, SplitMix64): it draws nothing, and
    knows nothing of scores.
    """

    def __init__(self, subjects: int, width: int, most: int = MOST) -> None:
        self._subjects, self._width, self._most = subjects, width, most
        self._words = _mixed((np.arange(subjects, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
        self._keys, self._counts = np.empty(0, np.int64), np.empty(0, np.int64)
        self._waiting: list[Whole] = []
        self._waits = 0
        self.zeros = 0

    def add(self, probe: Codes, reference: Codes, reached: Whole) -> None:
        """Count comparisons of two people.

        Parameters
        ----------
        probe, reference : ndarray of int32, shape (n,)
            Subjects.
        reached : ndarray of int64, shape (n,)
            Thresholds that the score reaches.
        """
        if self.zeros:
            at = np.flatnonzero(self._kept(probe, reference))
            probe, reference, reached = probe[at], reference[at], reached[at]
        self._waiting.append(pair_keys(probe, reference, self._subjects) * self._width + reached)
        self._waits += reached.size
        if self._waits >= self._most:
            self._settle()

    def counted(self) -> Counted:
        """Return the counts of the pairs that were kept: a share ``2**-zeros`` of all."""
        self._settle()
        return counted(self._keys, self._counts, self._width)

    def _kept(self, probe: npt.NDArray[np.integer], reference: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        word = _mixed(self._words[probe] + self._words[reference])
        return np.asarray(word >> np.uint64(64 - self.zeros) == 0, np.bool_)

    def _settle(self) -> None:
        if self._waits:
            new = np.concatenate([self._keys, *self._waiting])
            counts = np.concatenate([self._counts, np.ones(self._waits, np.int64)])
            self._keys, place = np.unique(new, return_inverse=True)
            self._counts = np.bincount(place, counts).astype(np.int64)
            self._waiting, self._waits = [], 0
        while np.count_nonzero(np.diff(self._keys // self._width, prepend=-1)) > self._most:
            self.zeros += 1
            low, high = np.divmod(self._keys // self._width, self._subjects)
            kept = self._kept(low, high)
            self._keys, self._counts = self._keys[kept], self._counts[kept]


def counted(keys: Whole, counts: Whole, width: int) -> Counted:
    """Return counts by rising keys, pairs times ``width`` plus thresholds reached, in a form that adds up."""
    pair, reached = np.divmod(keys, np.int64(width))
    new = np.diff(pair, prepend=-1) != 0
    return Counted(np.cumsum(new) - 1, reached, counts, int(np.count_nonzero(new)))


def pair_keys(probe: npt.NDArray[np.integer], reference: npt.NDArray[np.integer], subjects: int) -> Whole:
    """Return a number for each pair of people, the same in either order."""
    low: Whole = np.minimum(probe, reference).astype(np.int64)
    low *= subjects
    low += np.maximum(probe, reference)
    return low


def _mixed(word: Words) -> Words:
    word = word ^ (word >> np.uint64(30))
    word *= np.uint64(0xBF58476D1CE4E5B9)
    word ^= word >> np.uint64(27)
    word *= np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return word
