"""The innermost loops of the lazy search in NumPy; `misid.search.numba_kernel` compiles the same from the same words.

Which words a candidate is drawn from (counter: id, attempt, block; key: seed, purpose):

* the best candidate's gap: one 64-bit word; four ids share block 0 of counter ``id // 4`` and take the word
  ``id % 4`` of it, so that a search for one candidate costs a quarter of a block;
* the gap of the j-th candidate after it (j from 0): half a word, the lower before the upper, of blocks 1 and up of
  counter ``id``;
* groups alike, in halves throughout: eight ids share block 0 of counter ``id // 8`` for the best candidate.

So the first candidates are the same however many are drawn.

Ids that follow each other are drawn by NumPy's own Philox4x64-10, as `misid.randomness` does, but word by word as they
come: turning them into four rows and back would cost as much as drawing them.  All other ids are drawn there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from misid.randomness import words
from misid.search.gallery import LN_10, Labels, Scores
from misid.statistics import Array

Ids = npt.NDArray[np.uint64]
Halves = npt.NDArray[np.uint32]

LABEL_BITS = 31  # of the half words that decide a group: a share of 2**-31 is the least that differs from none
_SCORES = 1 << 17  # at once: a megabyte, so that calls are few and what is at hand is near
_WORD = (1 << 64) - 1
_CELL_BITS = 10
_DROP = np.uint32(32 - LABEL_BITS)
_CELL_SHIFT = np.uint32(32 - _CELL_BITS)


class Draws(NamedTuple):
    """Whose draws: seed and purpose are the key, ids and attempt, shape (n,), the counter."""

    seed: int
    purpose: int
    ids: Ids
    attempt: Ids


class Kernel:
    """What a kernel computes, in NumPy."""

    name = "numpy"

    def arrivals(self, draws: Draws, k: int) -> Array:
        """Return the first k arrivals of a Poisson process of rate 1 for each id, shape (n, k), rising."""
        out = np.empty((draws.ids.size, k))
        for part, arrival in _arrivals(draws, k):
            out[part] = arrival.T
        return out

    def scores(self, draws: Draws, mean: Array, floor: Array, k: int) -> Scores:
        """Return ``max(floor, log10(mean / arrival))``, shape (n, k); ``mean`` and ``floor`` have shape (n,)."""
        out = np.empty((draws.ids.size, k), np.float32)
        with np.errstate(divide="ignore"):
            for part, here in _arrivals(draws, k):
                np.divide(mean[part], here, out=here)
                np.log(here, out=here)
                np.multiply(here, 1 / LN_10, out=here)
                np.maximum(here, floor[part], out=here)
                out[part] = here.T
        return out

    def labels(self, draws: Draws, groups: Labels, edges: Halves, k: int) -> Labels:
        """Return how many edges of row ``groups[i]`` are at or below each draw, shape (n, k).

        ``edges`` has shape (G, H - 1), rises along a row and is in units of ``2**-LABEL_BITS``.
        """
        out = np.empty((draws.ids.size, k), np.int8)
        cells, mixed = _cells(edges)
        for part, half in _halves(draws, k):
            cell = np.right_shift(half, _CELL_SHIFT)
            cell += (groups[part].astype(np.uint32) << np.uint32(_CELL_BITS))[:, None]
            here = cells.take(cell)
            # A cell that an edge runs through is compared edge by edge.
            close = np.flatnonzero(here == mixed)
            row = groups[part][close // k]
            here.reshape(-1)[close] = (half.reshape(-1)[close, None] >> _DROP >= edges[row]).sum(axis=1)
            out[part] = here
        return out

    def fractions(self, draws: Draws, k: int) -> Array:
        """Return the draws that `labels` uses as uniforms in (0, 1), shape (n, k)."""
        out = np.empty((draws.ids.size, k))
        for part, half in _halves(draws, k):
            out[part] = ((half >> _DROP) + 0.5) * 2.0**-LABEL_BITS
        return out


def _cells(edges: Halves) -> tuple[Labels, np.int8]:
    """Return the group that all draws of a cell give, cells of all rows in one, and what marks a cell with several."""
    width = 1 << (LABEL_BITS - _CELL_BITS)
    start = np.arange(1 << _CELL_BITS) * width
    first, last = (
        np.stack([np.searchsorted(row, place, side="right") for row in edges]) for place in (start, start + width - 1)
    )
    mixed = np.int8(edges.shape[1] + 1 if edges.shape[1] < 127 else -1)
    return np.where(first == last, first, mixed).astype(np.int8).reshape(-1), mixed


def _step(k: int) -> int:
    return max(_SCORES // (k + 7), 256)


def _parts(size: int, k: int) -> Iterator[slice]:
    step = _step(k)
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


def _arrivals(draws: Draws, k: int) -> Iterator[tuple[slice, Array]]:
    """Yield pieces of the ids and their arrivals, shape (k, piece), overwritten by the next piece."""
    blocks = (k + 6) // 8
    room = np.empty((1 + 8 * blocks, _step(k)))
    stream = _Stream(draws)
    for part in _parts(draws.ids.size, k):
        gap = room[:, : part.stop - part.start]
        first = stream.shared(part, 4)
        np.minimum(np.add(first >> np.uint64(11), 0.5, out=gap[0]), 2.0**53 - 1.0, out=gap[0])
        gap[0] *= 2.0**-53
        for block in range(blocks):
            np.add(stream.own(part, 1 + block).T, 0.5, out=gap[1 + 8 * block : 9 + 8 * block])
        gap = gap[:k]
        np.multiply(gap[1:], 2.0**-32, out=gap[1:])
        np.log(gap, out=gap)
        np.negative(gap, out=gap)
        for j in range(1, k):
            np.add(gap[j], gap[j - 1], out=gap[j])
        yield part, gap


def _halves(draws: Draws, k: int) -> Iterator[tuple[slice, Halves]]:
    """Yield pieces of the ids and the half words that decide their groups, shape (piece, k)."""
    stream = _Stream(draws)
    for part in _parts(draws.ids.size, k):
        out = np.empty((part.stop - part.start, k), np.uint32)
        out[:, 0] = stream.shared(part, 8)
        for start in range(1, k, 8):
            out[:, start : start + 8] = stream.own(part, 1 + start // 8)[:, : k - start]
        yield part, out


class _Stream:
    """Words of many counters under one key."""

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self._philox = np.random.Philox(key=draws.seed + (draws.purpose << 64))
        self._state = self._philox.state

    def own(self, part: slice, block: int) -> Halves:
        """Return the halves of the words of each id's own counter, the lower before the upper, shape (piece, 8)."""
        return self._words(self._draws.ids[part], self._draws.attempt[part], block)

    def shared(self, part: slice, lanes: int) -> npt.NDArray[np.unsignedinteger]:
        """Return each id's share of block 0 of the counter ``id // lanes``: a word of four lanes, a half of eight."""
        ids, attempt = self._draws.ids[part], self._draws.attempt[part]
        shift, last = np.uint64(lanes.bit_length() - 1), np.uint64(lanes - 1)
        counter = ids >> shift
        if _follow(ids, attempt):
            counter = np.arange(counter[0], counter[-1] + np.uint64(1), dtype=np.uint64)
            drawn = _as_lanes(self._words(counter, attempt[:1].repeat(counter.size), 0), lanes)
            start = int(ids[0] & last)
            return drawn.reshape(-1)[start : start + ids.size]
        fresh = np.ones(ids.size, bool)
        fresh[1:] = (counter[1:] != counter[:-1]) | (attempt[1:] != attempt[:-1])
        drawn = _as_lanes(self._words(counter[fresh], attempt[fresh], 0), lanes)
        return np.asarray(drawn[np.cumsum(fresh) - 1, (ids & last).astype(np.intp)])

    def _words(self, ids: Ids, attempt: Ids, block: int) -> Halves:
        if _follow(ids, attempt):
            # NumPy's generator steps before it draws, so it is put one before: counters are numbers of 256 bits.
            before = (int(ids[0]) + (int(attempt[0]) << 64) + (block << 128) - 1) % (1 << 256)
            self._state["state"]["counter"] = np.array([before >> 64 * n & _WORD for n in range(4)], np.uint64)
            self._philox.state = self._state
            drawn = np.asarray(self._philox.random_raw(4 * ids.size))
        else:
            drawn = np.ascontiguousarray(words(self._draws.seed, self._draws.purpose, ids, attempt, block).T)
        return drawn.astype("<u8", copy=False).view("<u4").reshape(-1, 8)


def _as_lanes(drawn: Halves, lanes: int) -> npt.NDArray[np.unsignedinteger]:
    return drawn if lanes == 8 else drawn.view("<u8")


def _follow(ids: Ids, attempt: Ids) -> bool:
    """Whether each id is the one before it plus one, all on the same attempt."""
    return bool(
        int(ids[-1]) - int(ids[0]) == ids.size - 1 and (ids[1:] - ids[:-1] == 1).all() and (attempt == attempt[0]).all()
    )
