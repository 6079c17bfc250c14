"""The compiled kernel of tiles: each row is coded, binned, counted at every level and looked through while it is near.

It needs the extra ``fast``.  The functions below are plain Python that numba compiles when the kernel is first loaded;
the machine code is kept beside this file.  Each loop is short and runs over one row, so that it becomes vector
instructions: 16 codes at once, and 32 levels.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from misid.errors import MisidError
from misid.search.tile_counts import COARSE, NEVER, Grid, Levels, Listed, Own, TileSide, TileSums
from misid.search.tile_kernels import NumpyKernel

_ONE_AT_A_TIME = Lock()
_WIDTH = 32  # columns looked through together
_PART = 256  # columns whose number above a level is summed in 16 bits
_SHIFT, _NEVER = np.int32(COARSE), NEVER


def _encode(row: Any, scale: Any, code: Any, level: Any) -> None:
    for j in range(row.size):
        c = np.int32(np.floor(row[j] * scale))
        code[j] = c
        level[j] = np.int16(c >> _SHIFT)


def _bin(code: Any, offset: Any, histogram: Any) -> None:
    for j in range(code.size):
        histogram[code[j] + offset] += np.uint32(1)


def _above(level: Any, least: Any, columns: Any) -> None:
    for j in range(level.size):
        columns[j] += np.int16(level[j] >= least)


def _number(level: Any, least: Any) -> Any:
    total: Any = 0
    for start in range(0, level.size, _PART):
        part = level[start : start + _PART]
        some: Any = np.int16(0)
        for j in range(part.size):
            some = np.int16(some + np.int16(part[j] >= least))
        total += some
    return total


def _any(level: Any, row: Any, columns: Any) -> Any:
    some = np.int16(0)
    for j in range(level.size):
        some = np.int16(some | np.int16((level[j] >= row) | (level[j] >= columns[j])))
    return some != 0


def _count(
    score: Any,
    scale: Any,
    lowest: Any,
    levels: Any,
    row_floor: Any,
    column_floor: Any,
    row_subject: Any,
    column_subject: Any,
    histogram: Any,
    rows: Any,
    columns: Any,
    listed: Any,
    other: Any,
) -> tuple[Any, Any]:
    """Count a tile; return how long both lists are, of which no more was written than there was room."""
    m, n = score.shape
    code, level = np.empty(n, np.int32), np.empty(n, np.int16)
    first = second = 0
    for i in range(m):
        _encode(score[i], scale, code, level)
        _bin(code, -lowest, histogram)
        for k in range(levels.size):
            _above(level, levels[k], columns[k])
            rows[k, i] += _number(level, levels[k])
        floor = row_floor[i]
        for start in range(0, n, _WIDTH):
            stop = min(start + _WIDTH, n)
            if not _any(level[start:stop], floor, column_floor[start:stop]):
                continue
            for j in range(start, stop):
                if code[j] <= lowest:
                    continue
                if level[j] >= floor and floor != _NEVER:
                    if first < listed.shape[1]:
                        listed[0, first] = i
                        listed[1, first] = column_subject[j]
                        listed[2, first] = code[j]
                    first += 1
                if level[j] >= column_floor[j] and column_floor[j] != _NEVER:
                    if second < other.shape[1]:
                        other[0, second] = j
                        other[1, second] = row_subject[i]
                        other[2, second] = code[j]
                    second += 1
    return first, second


@cache
def _compile() -> None:
    try:
        import numba
    except ImportError:
        raise MisidError("the kernel numba is not installed; pip install 'misid[fast]', or --kernel numpy") from None
    here = globals()
    for function in (_encode, _bin, _above, _number, _any, _count):
        here[function.__name__] = numba.njit(function, cache=True, nogil=True, error_model="numpy")


class NumbaKernel(NumpyKernel):
    """Makes a tile as NumPy does, and counts it in one compiled pass over its rows."""

    name = "numba"

    def __init__(self, metric: str, grid: Grid) -> None:
        super().__init__(metric, grid)
        with _ONE_AT_A_TIME:
            _compile()
        self._histogram = np.zeros(grid.cells, np.uint32)
        self._lists = (np.empty((3, 0), np.int32), np.empty((3, 0), np.int32))

    def count(
        self, a: Any, b: Any, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        score, grid = self.scores(a, b, own), self._grid
        m, n = score.shape
        while True:
            histogram = self._histogram
            histogram[:] = 0
            rows, columns = np.zeros((levels.size, m), np.int64), np.zeros((levels.size, n), np.int16)
            found = _count(
                score,
                np.float32(2.0**grid.bits),
                grid.lowest,
                levels,
                sides[0].listed_from,
                sides[1].listed_from,
                sides[0].subject,
                sides[1].subject,
                histogram,
                rows,
                columns,
                *self._lists,
            )
            room = [most.shape[1] for most in self._lists]
            if found[0] <= room[0] and found[1] <= room[1]:
                break
            self._lists = tuple(  # type: ignore[assignment]
                np.empty((3, max(size, number + number // 4 + 64)), np.int32)
                for size, number in zip(room, found, strict=True)
            )
        into.histogram[1:] += histogram[1:]
        into.rows[:] += rows
        into.columns[:] += columns
        one, other = (
            Listed(*(column[:number].copy() for column in held))
            for held, number in zip(self._lists, found, strict=True)
        )
        return one, other
