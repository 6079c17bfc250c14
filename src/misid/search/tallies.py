"""What is kept of scores that are seen once: the best of each row, and hits added up by pairs of subjects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.search.gallery import Scores
from misid.statistics import Array

Codes = npt.NDArray[np.int32]
Counts = npt.NDArray[np.int64]

_WIDE = 256


class Hits(NamedTuple):
    """Comparisons with other subjects at or above a threshold, added up by pairs of subjects; shape (n,) each."""

    probe: Codes  # subjects; a pair stands once, by probe, then reference
    reference: Codes
    comparisons: Counts
    # Searches with a hit, each split evenly over its hits: over all pairs they add up to the searches with a hit.
    share: Array


class HitSum:
    """Hits added up by pairs of subjects, some probes at a time; numbers of subjects are below ``subjects``."""

    def __init__(self, subjects: int) -> None:
        self._span = np.int64(subjects)
        self._key, self._number, self._share = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)

    def add(self, search: npt.NDArray[np.integer], probe: Codes, reference: Codes, number: Counts) -> None:
        """Add hits with references of one subject in one search; all of one search must come in one call.

        Searches are numbered from 0; probe and reference are subjects; every array has shape (n,).
        """
        if not search.size:
            return
        total = np.bincount(search, weights=number)
        keys = probe.astype(np.int64) * self._span + reference
        key, place = np.unique(np.concatenate([self._key, keys]), return_inverse=True)
        # Sums of whole numbers below 2**53 are exact in float64.
        weights = np.concatenate([self._number, number])
        share = np.concatenate([self._share, number / total[search]])
        self._number = np.bincount(place, weights, key.size).astype(np.int64)
        self._share = np.bincount(place, share, key.size).astype(np.float64)
        self._key = key

    def hits(self) -> Hits:
        """Return the sums."""
        first, second = np.divmod(self._key, self._span)
        return Hits(first.astype(np.int32), second.astype(np.int32), self._number, self._share)


def row_counts(mask: npt.NDArray[np.bool_]) -> Counts:
    """Count what is true in each row, shape (m,)."""
    # Wide rows are counted one by one, which NumPy does ten times faster than all together.
    if mask.shape[1] < _WIDE:
        return np.asarray(mask.sum(axis=1), np.int64)
    return np.fromiter(map(np.count_nonzero, mask), np.int64, mask.shape[0])


def merge_best(best: Scores, score: Scores, top: Scores | None = None) -> None:
    """Put the scores of a tile (m, n), without NaN, among the best so far (m, k), best first, changed in place.

    ``top`` is the best score of each row, where it is known.
    """
    # A row's k-th best so far bounds what is compared.  In the first tile the columns are dealt to 4k hands: the k-th
    # best of the hands' highest cards is reached by k scores at least.
    k, n = best.shape[1], score.shape[1]
    floor = best[:, -1]
    if k == 1:
        np.maximum(floor, score.max(axis=1, initial=-np.inf) if top is None else top, out=floor)
        return
    hands = 4 * k
    if n >= 4 * hands and np.isneginf(floor).any():
        dealt = score[:, : n - n % hands].reshape(score.shape[0], n // hands, hands).max(axis=1)
        floor = np.maximum(floor, np.partition(dealt, hands - k, axis=1)[:, hands - k])
    better = score >= floor[:, None]
    often = row_counts(better)
    some = np.flatnonzero(often)
    if not some.size:
        return
    often = often[some]
    room = np.full((some.size, k + int(often.max())), -np.inf, np.float32)
    room[:, :k] = best[some]
    room[:, k:][np.arange(room.shape[1] - k) < often[:, None]] = score[better]
    room = np.partition(room, room.shape[1] - k, axis=1)[:, -k:]
    best[some] = np.sort(room, axis=1)[:, ::-1]
