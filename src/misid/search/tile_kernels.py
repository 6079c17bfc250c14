"""The kernels that count tiles: one in NumPy, and all of them by name.

Scores are made by the library's product of matrices, in float32, and are counted while the tile is at hand.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import UnknownName
from misid.search.tile_counts import (
    COARSE,
    NEVER,
    Codes,
    Grid,
    Levels,
    Listed,
    Own,
    ReferenceKernel,
    Scores,
    TileKernel,
    TileSide,
    TileSums,
    Vectors,
    leave_out,
    similarities,
)

TILE_KERNELS = ("numba", "numpy", "torch", "reference")
# Where a library of matrices has other code for what is left over, it rounds otherwise there: with nothing left over,
# equal templates have equal scores wherever they stand.
_BLOCK = 64
_LINE = 64  # bytes
_ROWS = 192  # rows counted at once, whose number fits eight bits


class NumpyKernel:
    """Counts rows of a tile in NumPy, some at a time."""

    name = "numpy"

    def __init__(self, metric: str, grid: Grid) -> None:
        self._metric, self._grid = metric, grid
        self._room: Vectors = np.empty(0)
        self._places: npt.NDArray[np.intp] = np.empty(0, np.intp)
        self._codes: Codes = np.empty(0, np.int32)
        self._levels: Levels = np.empty(0, np.int16)

    def count(
        self, a: Vectors, b: Vectors, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        grid, (m, n) = self._grid, (a.shape[0], b.shape[0])
        score = self._padded_scores(a, b, own)
        wide = score.shape[1]
        score[:, n:] = grid.none
        least = np.int16((grid.lowest >> COARSE) + 1)  # of what counts
        columns = np.full(wide, NEVER)
        columns[:n] = sides[1].listed_from
        floors = np.maximum(sides[0].listed_from, least)[:, None], np.maximum(columns, least)
        subjects = sides[0].subject, sides[1].subject
        lists: tuple[list[Listed], list[Listed]] = ([], [])
        for top in range(0, m, _ROWS):
            part = slice(top, min(top + _ROWS, m))
            place, level = self._coded(score[part])
            first = int(place.min())
            counted = np.bincount(place.reshape(-1) - first if first else place.reshape(-1))
            into.histogram[first : first + counted.size] += counted
            for k, one in enumerate(np.maximum(levels, least)):
                reached = level >= one
                into.columns[k] += np.add.reduce(reached.view(np.uint8), axis=0, dtype=np.uint8)[:n]
                bits = np.packbits(reached).view(np.uint64).reshape(reached.shape[0], -1)
                into.rows[k, part] += np.bitwise_count(bits).sum(axis=1, dtype=np.int64)
            for turned, floor in enumerate((floors[0][part], floors[1])):
                if floor.min() < NEVER:
                    of = np.divmod(np.flatnonzero((level >= floor).reshape(-1)), wide)
                    code = (place[of] + grid.lowest).astype(np.int32)
                    at = (of[0] + top, of[1])
                    who = subjects[1 - turned][at[1 - turned]]
                    lists[turned].append(Listed(at[turned].astype(np.int32), who, code))
        return joined(lists[0]), joined(lists[1])

    def _coded(self, score: Scores) -> tuple[npt.NDArray[np.intp], Levels]:
        """Return the cells and levels of some scores, which are written over; both live until the next are made."""
        grid, size = self._grid, score.size
        if self._places.size < size:
            self._places, self._codes = aligned(size, np.intp), aligned(size, np.int32)
            self._levels = aligned(size, np.int16)
        place, code = self._places[:size].reshape(score.shape), self._codes[:size].reshape(score.shape)
        level = self._levels[:size].reshape(score.shape)
        score *= np.float32(2.0**grid.bits)
        np.floor(score, out=score)
        np.fmax(score, np.float32(grid.lowest), out=score)  # what is no number does not count
        np.minimum(score, np.float32(grid.lowest + grid.cells - 1), out=score)
        np.copyto(code, score, casting="unsafe")
        np.subtract(code, grid.lowest, out=place)
        code >>= COARSE
        np.copyto(level, code, casting="unsafe")
        return place, level

    def best(self, a: Vectors, b: Vectors, own: Own, k: int) -> Scores:
        """As `TileKernel.best`."""
        score = self.scores(a, b, own)
        out = np.full((score.shape[0], k), self._grid.none, np.float32)
        kept = min(k, score.shape[1])
        if kept:
            highest = np.partition(score, score.shape[1] - kept, axis=1)[:, score.shape[1] - kept :]
            out[:, :kept] = np.sort(highest, axis=1)[:, ::-1]
        return out

    def scores(self, a: Vectors, b: Vectors, own: Own) -> Scores:
        """Return a tile, with the grid's `none` for what does not count; it lives until the next one is made."""
        return self._padded_scores(a, b, own)[: a.shape[0], : b.shape[0]]

    def _padded_scores(self, a: Vectors, b: Vectors, own: Own) -> Scores:
        """Return a tile with rows and columns more, which mean nothing, and all in one piece of memory."""
        a, b = _padded(a), _padded(b)
        size = a.shape[0] * b.shape[0]
        if self._room.size < size or self._room.dtype != a.dtype:
            self._room = aligned(size, a.dtype)
        score = similarities(a, b, self._metric, self._room[:size].reshape(a.shape[0], b.shape[0]))
        leave_out(score, own, self._grid.none)
        return score


def _padded(of: Vectors) -> Vectors:
    """Return vectors followed by as many of zeros as make their number a multiple of `_BLOCK`."""
    more = -of.shape[0] % _BLOCK
    return np.concatenate([of, np.zeros((more, of.shape[1]), of.dtype)]) if more else of


def aligned(size: int, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """Return room for so many numbers that begins where a line of the processor's cache does."""
    length = size * np.dtype(kind).itemsize
    room = np.empty(length + _LINE, np.uint8)
    start = -room.ctypes.data % _LINE
    return room[start : start + length].view(kind)


def joined(lists: list[Listed]) -> Listed:
    """Return several lists as one."""
    none = np.empty(0, np.int32)
    columns: list[Codes] = [np.concatenate([none, *column]) for column in zip(*lists, strict=True)] or [none] * 3
    return Listed(*columns)


def load_tile_kernel(name: str, metric: str, grid: Grid) -> TileKernel:
    """Return a kernel by its name; the fastest that is installed if the name is empty."""
    if name not in ("", *TILE_KERNELS):
        raise UnknownName("kernel", name, TILE_KERNELS)
    if name == "reference":
        return ReferenceKernel(metric, grid)
    if name == "numba" or (not name and find_spec("numba") is not None):
        from misid.search.tile_numba import NumbaKernel

        return NumbaKernel(metric, grid)
    if name == "torch":
        from misid.search.tile_torch import TorchKernel

        return TorchKernel(metric, grid)
    return NumpyKernel(metric, grid)
