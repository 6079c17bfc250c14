"""The kernel that needs nothing but NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.randomness import words
from misid.search.contract import Labels, Scores
from misid.search.kernels import LABEL_BITS, Draws, Halves, Ids, Kernel
from misid.statistics.ranges import Array

BLOCK = 16_384  # ids at once; with one candidate the shared blocks make four times as many
PER_DECADE = 1.0 / np.log(10.0)
_LOWEST_BITS = np.uint64(11)
_HALF = np.uint64(32)


def load() -> Kernel:
    """Return the kernel."""
    return NumpyKernel()


class NumpyKernel:
    """See `misid.search.kernels.Kernel`."""

    name = "numpy"

    def arrivals(self, draws: Draws, k: int) -> Array:
        """Return the first k arrivals."""
        out = np.empty((draws.ids.size, k))
        for part, j, arrival in _arrivals(draws, k):
            out[part, j] = arrival
        return out

    def scores(self, draws: Draws, mean: Array, floor: Array, k: int) -> Scores:
        """Return the scores of the first k arrivals."""
        out = np.empty((draws.ids.size, k), np.float32)
        score = np.empty(_piece(k))
        with np.errstate(divide="ignore"):
            for part, j, arrival in _arrivals(draws, k):
                here = np.divide(mean[part], arrival, out=score[: arrival.size])
                np.log(here, out=here)
                np.multiply(here, PER_DECADE, out=here)
                np.maximum(here, floor[part], out=here)
                out[part, j] = here
        return out

    def labels(self, draws: Draws, groups: Labels, edges: Halves, k: int) -> Labels:
        """Return the groups of the candidates."""
        out = np.empty((draws.ids.size, k), np.int8)
        columns = np.ascontiguousarray(edges.T)
        for part in _parts(draws.ids.size, k):
            here = [column.take(groups[part]) for column in columns]
            for j, half in enumerate(_halves(draws, part, k)):
                label = np.zeros(half.size, np.int8)
                np.right_shift(half, np.uint32(32 - LABEL_BITS), out=half)
                for edge in here:
                    label += half >= edge
                out[part, j] = label
        return out

    def fractions(self, draws: Draws, k: int) -> Array:
        """Return the draws of the groups as uniforms."""
        out = np.empty((draws.ids.size, k))
        for part in _parts(draws.ids.size, k):
            for j, half in enumerate(_halves(draws, part, k)):
                np.right_shift(half, np.uint32(32 - LABEL_BITS), out=half)
                out[part, j] = (half + 0.5) * 2.0**-LABEL_BITS
        return out


def _piece(k: int) -> int:
    return BLOCK if k > 1 else 4 * BLOCK


def _parts(size: int, k: int) -> Iterator[slice]:
    step = _piece(k)
    for start in range(0, size, step):
        yield slice(start, min(start + step, size))


def _arrivals(draws: Draws, k: int) -> Iterator[tuple[slice, int, Array]]:
    """Yield piece, place and arrivals; they are overwritten when the next are asked for."""
    for part in _parts(draws.ids.size, k):
        x = shared(draws, part, 4)
        np.right_shift(x, _LOWEST_BITS, out=x)
        total = np.add(x, 0.5)
        np.minimum(total, 2.0**53 - 1.0, out=total)
        np.multiply(total, 2.0**-53, out=total)
        np.log(total, out=total)
        np.negative(total, out=total)
        yield part, 0, total
        gap = np.empty_like(total)
        for j, half in enumerate(_own(draws, part, k - 1), start=1):
            np.add(half, 0.5, out=gap)
            np.multiply(gap, 2.0**-32, out=gap)
            np.log(gap, out=gap)
            np.subtract(total, gap, out=total)
            yield part, j, total


def _halves(draws: Draws, part: slice, k: int) -> Iterator[Halves]:
    yield shared(draws, part, 8)
    yield from _own(draws, part, k - 1)


def _own(draws: Draws, part: slice, count: int) -> Iterator[Halves]:
    """Yield halves of the words of blocks 1 and up of each id's own counter."""
    for start in range(0, count, 8):
        drawn = words(draws.seed, draws.purpose, draws.ids[part], draws.attempt[part], 1 + start // 8)
        for place in range(min(8, count - start)):
            word = drawn[place // 2]
            yield (word if place % 2 else word >> _HALF).astype(np.uint32)


def shared(draws: Draws, part: slice, lanes: int) -> npt.NDArray[np.unsignedinteger]:
    """Return each id's share of block 0 of the counter ``id // lanes``: a word of four lanes, a half of eight."""
    ids, attempt = draws.ids[part], draws.attempt[part]
    shift = np.uint64(lanes.bit_length() - 1)
    first, last, size = int(ids[0]), int(ids[-1]), ids.size
    if last - first == size - 1 and (attempt == attempt[0]).all() and (ids[1:] > ids[:-1]).all():
        low = first >> int(shift)
        counters = np.arange(low, (last >> int(shift)) + 1, dtype=np.uint64)
        drawn = _lanes(words(draws.seed, draws.purpose, counters, attempt[0]), lanes)
        return drawn.reshape(-1)[first - low * lanes :][:size]
    counters = ids >> shift
    fresh = np.ones(size, bool)
    fresh[1:] = (counters[1:] != counters[:-1]) | (attempt[1:] != attempt[:-1])
    drawn = _lanes(words(draws.seed, draws.purpose, counters[fresh], attempt[fresh]), lanes)
    picked: Ids = drawn[np.cumsum(fresh) - 1, (ids & np.uint64(lanes - 1)).astype(np.intp)]
    return picked


def _lanes(drawn: Ids, lanes: int) -> npt.NDArray[np.unsignedinteger]:
    """Return the words, or their halves with the upper first, in a row for each counter."""
    if lanes == 4:
        return np.ascontiguousarray(drawn.T)
    halves = np.empty((drawn.shape[1], 4, 2), np.uint32)
    halves[:, :, 0] = drawn.T >> _HALF
    halves[:, :, 1] = drawn.T & np.uint64(0xFFFFFFFF)
    return halves.reshape(-1, 8)
