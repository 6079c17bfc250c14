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

TILE_KERNELS = ("numba", "numpy", "reference")
# Where a library of matrices has other code for what is left over, it rounds otherwise there: with nothing left over,
# equal templates have equal scores wherever they stand.
_BLOCK = 64
_LINE = 64  # bytes
_ROWS = 64  # rows counted at once: their codes stay in the processor's second cache


class NumpyKernel:
    """Counts rows of a tile in NumPy, some at a time."""

    name = "numpy"

    def __init__(self, metric: str, grid: Grid) -> None:
        self._metric, self._grid = metric, grid
        self._room: Vectors = np.empty(0)

    def count(
        self, a: Vectors, b: Vectors, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        rows, columns = sides
        score, grid = self.scores(a, b, own), self._grid
        lists: tuple[list[Listed], list[Listed]] = ([], [])
        for top in range(0, score.shape[0], _ROWS):
            code = grid.code(score[top : top + _ROWS])
            counted = np.bincount(code.reshape(-1) - grid.lowest, minlength=grid.cells)
            into.histogram[1:] += counted[1:]
            level = (code >> COARSE).astype(np.int16)
            for k, one in enumerate(levels):
                reached = level >= one
                into.rows[k, top : top + _ROWS] += reached.sum(axis=1)
                into.columns[k] += reached.sum(axis=0)
            for listed, floor, other in (
                (lists[0], rows.listed_from[top : top + _ROWS, None], columns.subject),
                (lists[1], columns.listed_from, rows.subject[top : top + _ROWS]),
            ):
                of = np.nonzero((level >= floor) & (floor != NEVER) & (code > grid.lowest))
                place, there = (of[0] + top, of[1]) if listed is lists[0] else (of[1], of[0])
                listed.append(Listed(place.astype(np.int32), other[there], code[of]))
        return joined(lists[0]), joined(lists[1])

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
    return NumpyKernel(metric, grid)
