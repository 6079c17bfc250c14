"""The compiled kernel of tiles: scores are coded, binned, counted at every level and looked through while near.

It needs the extra ``fast``.  The functions below are plain Python that numba compiles when the kernel is first loaded;
the machine code is kept beside this file.  Blocks of `_HIGH` x `_WIDE` levels stay in the processor's first cache.
What compares `_LANES` levels at once is written out in vector instructions of no machine in particular: a compiler that
is left to find them in a loop counts in 64 bits where 16 are enough.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from misid.errors import MisidError
from misid.search.tile_counts import COARSE, NEVER, Grid, Levels, Listed, Own, Scores, TileSide, TileSums
from misid.search.tile_kernels import NumpyKernel, aligned, joined

_ONE_AT_A_TIME = Lock()
_LANES = 32  # levels compared at once, a bit each
_HIGH, _WIDE = 16, 512  # rows and columns of a block
_ROOM = 4  # blocks of rows of which everything may be listed before lists are emptied
_SHIFT, _NOTHING = np.int32(COARSE), np.int16(-(2**15))  # the level of what does not count


def _reaching(level: Any, at: int, least: Any) -> Any:
    """Return which levels from a place on reach another, a bit each."""
    return np.uint32(sum(1 << j for j in range(_LANES) if level[at + j] >= least))


def _reaching_each(level: Any, at: int, least: Any, start: int) -> Any:
    """Return which levels from a place on reach those of another array, a bit each."""
    return np.uint32(sum(1 << j for j in range(_LANES) if level[at + j] >= least[start + j]))


def _lowest_bit(bits: Any) -> Any:
    """Return the place of the lowest bit that is set."""
    return np.uint32((int(bits) & -int(bits)).bit_length() - 1)


def _add_down(level: Any, at: int, least: Any, out: Any, start: int) -> None:
    """Add the number of levels of a block that reach another, of each of some columns."""
    for j in range(_LANES):
        out[start + j] += sum(level[at + j + i * _WIDE] >= least for i in range(_HIGH))


def _along(level: Any, at: int, least: Any) -> Any:
    """Return how many levels of a row of a block reach another."""
    return np.int16(sum(level[at + j] >= least for j in range(_WIDE)))


def _encode(row: Any, scale: Any, low: Any, high: Any, place: Any, level: Any) -> None:
    """Write the cell, from the lowest on, and the level of each score of a row."""
    lowest = np.int32(low)
    for j in range(row.size):
        steps = np.floor(row[j] * scale)
        steps = steps if steps > low else low  # what is no number does not count
        code = np.int32(steps if steps < high else high)
        place[j] = np.uint32(code - lowest)
        level[j] = np.int16(code >> _SHIFT) if code != lowest else _NOTHING


def _bin(place: Any, small: Any, histogram: Any) -> None:
    """Count cells in eight bits, so that those in use stay near, and whatever is over in the histogram."""
    for j in range(place.size):
        more = np.uint8(small[place[j]] + np.uint8(1))
        small[place[j]] = more
        if more == 0:
            histogram[place[j]] += 256


def _unload(small: Any, words: Any, histogram: Any) -> None:
    """Add what was counted in eight bits, and set it to 0; ``words`` are the same bytes, eight in one."""
    for w in range(words.size):
        if words[w] != 0:
            for j in range(8 * w, min(8 * w + 8, histogram.size)):
                histogram[j] += small[j]
            words[w] = 0


def _count(
    score: Any,
    shape: Any,
    start: int,
    triangle: bool,
    scale: Any,
    ends: Any,
    levels: Any,
    floors: Any,
    subjects: Any,
    small: Any,
    histogram: Any,
    rows: Any,
    columns: Any,
    lists: Any,
    near: Any,
) -> Any:
    """Count a tile from a row on; return the row that comes next when lists are full, and how long both are."""
    m, n = shape
    low, high = ends
    lowest = np.int32(low)
    one, other = lists
    full = one.shape[1] - _HIGH * n
    stride = columns.size // max(levels.size, 1)
    place, level = near
    first = second = 0
    for top in range(start, m, _HIGH):
        if first > full or second > full:
            return top, first, second
        bottom = min(top + _HIGH, m)
        for left in range(0, n, _WIDE):
            wide = min(_WIDE, n - left)
            if triangle and left + wide <= top + 1:
                continue
            if wide < _WIDE or bottom - top < _HIGH:
                level[:] = _NOTHING
            for i in range(top, bottom):
                at = (i - top) * _WIDE
                _encode(score[i, left : left + wide], scale, low, high, place, level[at : at + wide])
                if triangle:
                    for j in range(min(i + 1 - left, wide)):
                        place[j], level[at + j] = 0, _NOTHING
                _bin(place[:wide], small, histogram)
                for j in range(0, wide, _LANES):
                    bits = _reaching(level, at + j, floors[0][i])
                    turned = _reaching_each(level, at + j, floors[1], left + j)
                    while bits:
                        of = j + _lowest_bit(bits)
                        one[0, first], one[1, first] = i, subjects[1][left + of]
                        one[2, first] = np.int32(place[of]) + lowest
                        bits &= bits - np.uint32(1)
                        first += 1
                    while turned:
                        of = j + _lowest_bit(turned)
                        other[0, second], other[1, second] = left + of, subjects[0][i]
                        other[2, second] = np.int32(place[of]) + lowest
                        turned &= turned - np.uint32(1)
                        second += 1
            for k in range(levels.size):
                for j in range(0, wide, _LANES):
                    _add_down(level, j, levels[k], columns, k * stride + left + j)
                for i in range(top, bottom):
                    rows[k, i] += _along(level, (i - top) * _WIDE, levels[k])
    return m, first, second


def _best(score: Any, shape: Any, out: Any) -> None:
    """Put the best of each row in its order into ``out``, which holds as many that are lower than any."""
    m, n = shape
    k = out.shape[1]
    for i in range(m):
        best = out[i]
        least = best[k - 1]
        for start in range(0, n, _LANES):
            row = score[i, start : min(start + _LANES, n)]
            some = False
            for j in range(row.size):
                some |= row[j] > least
            if some:
                for j in range(row.size):
                    if row[j] > least:
                        at = k - 1
                        while at > 0 and best[at - 1] < row[j]:
                            best[at] = best[at - 1]
                            at -= 1
                        best[at] = row[j]
                        least = best[k - 1]


@cache
def _compile() -> None:
    """Put compiled functions in the place of those above, the inner before the outer."""
    try:
        import numba
        from llvmlite import ir  # type: ignore[import-untyped,import-not-found,unused-ignore]
        from numba.core import types
        from numba.extending import intrinsic
    except ImportError as error:
        raise MisidError("kernel 'numba' is not installed; pip install 'misid[fast]', or use kernel 'numpy'") from error
    lanes, bits = ir.VectorType(ir.IntType(16), _LANES), ir.IntType(_LANES)

    def at(context: Any, builder: Any, kind: Any, array: Any, place: Any, of: Any = lanes) -> Any:
        """Where `_LANES` numbers of an array begin."""
        start = context.make_array(kind)(context, builder, array).data
        return builder.bitcast(builder.gep(start, [place]), of.as_pointer())

    def near(builder: Any, start: Any, bytes_of_one: int = 2) -> Any:
        loaded = builder.load(start)
        loaded.align = bytes_of_one
        return loaded

    def everywhere(builder: Any, number: Any) -> Any:
        one = builder.insert_element(ir.Constant(lanes, ir.Undefined), number, ir.Constant(ir.IntType(32), 0))
        zero = ir.Constant(ir.VectorType(ir.IntType(32), _LANES), [0] * _LANES)
        return builder.shuffle_vector(one, ir.Constant(lanes, ir.Undefined), zero)

    def number_reaching(builder: Any, starts: Any, least: Any) -> Any:
        """Count, in each lane, what reaches."""
        total = ir.Constant(lanes, [0] * _LANES)
        for start in starts:
            total = builder.sub(total, builder.sext(builder.icmp_signed(">=", near(builder, start), least), lanes))
        return total

    @intrinsic
    def reaching(typing: Any, level: Any, place: Any, least: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            found = near(builder, at(context, builder, level, given[0], given[1]))
            return builder.bitcast(builder.icmp_signed(">=", found, everywhere(builder, given[2])), bits)

        return types.uint32(level, types.intp, types.int16), generate

    @intrinsic
    def reaching_each(typing: Any, level: Any, place: Any, least: Any, start: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            found = near(builder, at(context, builder, level, given[0], given[1]))
            wanted = near(builder, at(context, builder, least, given[2], given[3]))
            return builder.bitcast(builder.icmp_signed(">=", found, wanted), bits)

        return types.uint32(level, types.intp, least, types.intp), generate

    @intrinsic
    def lowest_bit(typing: Any, bits: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            return builder.cttz(given[0], ir.Constant(ir.IntType(1), 1))

        return types.uint32(types.uint32), generate

    @intrinsic
    def add_down(typing: Any, level: Any, place: Any, least: Any, out: Any, start: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            wide = ir.VectorType(ir.IntType(32), _LANES)
            index = given[1].type
            starts = [
                at(context, builder, level, given[0], builder.add(given[1], ir.Constant(index, i * _WIDE)))
                for i in range(_HIGH)
            ]
            total = builder.sext(number_reaching(builder, starts, everywhere(builder, given[2])), wide)
            there = at(context, builder, out, given[3], given[4], wide)
            stored = builder.store(builder.add(near(builder, there, 4), total), there)
            stored.align = 4
            return context.get_dummy_value()

        return types.void(level, types.intp, types.int16, out, types.intp), generate

    @intrinsic
    def along(typing: Any, level: Any, place: Any, least: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            index = given[1].type
            starts = [
                at(context, builder, level, given[0], builder.add(given[1], ir.Constant(index, j)))
                for j in range(0, _WIDE, _LANES)
            ]
            total = number_reaching(builder, starts, everywhere(builder, given[2]))
            kind = ir.FunctionType(ir.IntType(16), [lanes])
            add_all = builder.module.declare_intrinsic(f"llvm.vector.reduce.add.v{_LANES}i16", (), kind)
            return builder.call(add_all, [total])

        return types.int16(level, types.intp, types.int16), generate

    here = globals()
    here.update(_reaching=reaching, _reaching_each=reaching_each, _lowest_bit=lowest_bit)
    here.update(_add_down=add_down, _along=along)
    for function in (_encode, _bin, _unload, _count, _best):
        here[function.__name__] = numba.njit(function, cache=True, nogil=True, error_model="numpy")


class NumbaKernel(NumpyKernel):
    """Makes a tile as NumPy does, and counts it in one compiled pass."""

    name = "numba"

    def __init__(self, metric: str, grid: Grid) -> None:
        super().__init__(metric, grid)
        with _ONE_AT_A_TIME:
            _compile()
        self._small = np.zeros(-(-grid.cells // 8) * 8, np.uint8)
        self._near = aligned(_WIDE, np.uint32), aligned(_HIGH * _WIDE, np.int16)
        self._lists = (np.empty((3, 0), np.int32), np.empty((3, 0), np.int32))

    def count(
        self, a: Any, b: Any, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        grid, shape = self._grid, (a.shape[0], b.shape[0])
        score = self._padded_scores(a, b, own._replace(triangle=False))
        wide = -(-shape[1] // _WIDE) * _WIDE
        room = _ROOM * _HIGH * shape[1]
        if self._lists[0].shape[1] < room:
            self._lists = np.empty((3, room), np.int32), np.empty((3, room), np.int32)
        floors = aligned(shape[0], np.int16), aligned(wide, np.int16)
        for floor, side in zip(floors, sides, strict=True):
            floor[: side.listed_from.size] = np.maximum(side.listed_from, _NOTHING + 1)
            floor[side.listed_from.size :] = NEVER
        rows, columns = np.zeros((levels.size, shape[0]), np.int64), aligned(levels.size * wide, np.int32)
        columns[:] = 0
        lists: tuple[list[Listed], list[Listed]] = ([], [])
        row = 0
        while row < shape[0]:
            row, *found = _count(
                score,
                shape,
                row,
                own.triangle,
                np.float32(2.0**grid.bits),
                (np.float32(grid.lowest), np.float32(grid.lowest + grid.cells - 1)),
                np.maximum(levels, _NOTHING + 1),
                floors,
                tuple(np.ascontiguousarray(side.subject) for side in sides),
                self._small,
                into.histogram,
                rows,
                columns,
                self._lists,
                self._near,
            )
            for of, held, number in zip(lists, self._lists, found, strict=True):
                of.append(Listed(*held[:, :number].copy()))
        _unload(self._small, self._small.view(np.uint64), into.histogram)
        into.rows[:] += rows
        into.columns[:] += columns.reshape(levels.size, wide)[:, : shape[1]]
        return joined(lists[0]), joined(lists[1])

    def best(self, a: Any, b: Any, own: Own, k: int) -> Scores:
        """As `TileKernel.best`."""
        out = np.full((a.shape[0], k), self._grid.none)
        if k:
            _best(self._padded_scores(a, b, own), (a.shape[0], b.shape[0]), out)
        return out
