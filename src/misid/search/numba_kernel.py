"""The compiled kernel: Philox, logarithms and scores of one probe in one loop.  It needs the extra ``fast``.

The words are those of `misid.search.kernels`.  The functions below are plain Python that numba compiles
when the kernel is first loaded; the machine code is kept beside this file.  The logarithm is written out, because a
loop of it becomes vector instructions, and takes nothing but sums, products and quotients, so that it has the same
bits on every processor.  NumPy's differs from it in the last bit of float64 at most: scores differ, rarely, by one unit
in the last place of float32.
"""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.search.gallery import Labels, Scores
from misid.search.kernels import LABEL_BITS, Draws, Halves, Ids, Kernel
from misid.statistics import Array

_PER_DECADE = 1.0 / np.log(10.0)
_LN_2 = np.log(2.0)
_ONE_AT_A_TIME = Lock()
_PIECE = 256  # ids at once
_LABEL_SHIFT = np.uint32(32 - LABEL_BITS)
_ROUND_0, _ROUND_1 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_WEYL_0, _WEYL_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_0, _11, _32, _52 = (np.uint64(n) for n in (0, 11, 32, 52))
_LOW = np.uint64(0xFFFFFFFF)
_ROOT_HALF = np.uint64(0x3FE6A09E667F3BCD)  # bits of sqrt(1/2)
_ONE = np.uint64(0x3FF0000000000000)  # bits of 1, which are the offset of the exponent
_WHOLE = np.uint64(0x4330000000000000)  # bits of 2**52: or a small whole number into it and it is 2**52 and that


def _upper(a: Any, b: Any) -> Any:
    """Return the upper 64 bits of a product."""
    return np.uint64(int(a) * int(b) >> 64)


def _bits(x: Any) -> Any:
    """Return the bits of a float64."""
    return np.float64(x).view(np.uint64)


def _float(x: Any) -> Any:
    """Return the float64 of these bits."""
    return np.uint64(x).view(np.float64)


def _log(x: Any) -> Any:
    """Return the natural logarithm of a normal positive number: ``log m`` by its series in ``(m - 1) / (m + 1)``."""
    bits = _bits(x)
    exponent = (bits - _ROOT_HALF + _ONE) >> _52
    m = _float(bits - (exponent << _52) + _ONE)
    e = _float(exponent | _WHOLE) - (2.0**52 + 1023.0)
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    series = 1 / 15 + s * (1 / 17 + s * (1 / 19 + s * (1 / 21)))
    series = 1 / 7 + s * (1 / 9 + s * (1 / 11 + s * (1 / 13 + s * series)))
    series = 1.0 + s * (1 / 3 + s * (1 / 5 + s * series))
    return e * _LN_2 + 2.0 * f * series


def _block(seed: Any, purpose: Any, first: Any, second: Any, block: Any, out: Any) -> None:
    """Write the halves of the four words of Philox4x64-10, the lower before the upper."""
    a, b, c, d, k0, k1 = first, second, block, _0, seed, purpose
    for _ in range(10):
        high0, low0, high1, low1 = _upper(_ROUND_0, a), _ROUND_0 * a, _upper(_ROUND_1, c), _ROUND_1 * c
        a, b, c, d = high1 ^ b ^ k0, low1, high0 ^ d ^ k1, low0
        k0, k1 = k0 + _WEYL_0, k1 + _WEYL_1
    out[0], out[1], out[2], out[3] = a & _LOW, a >> _32, b & _LOW, b >> _32
    out[4], out[5], out[6], out[7] = c & _LOW, c >> _32, d & _LOW, d >> _32


def _own(seed: Any, purpose: Any, who: Any, attempt: Any, out: Any) -> None:
    """Fill a row of halves, a multiple of eight, from blocks 1 and up of an id's own counter."""
    for start in range(0, out.size, 8):
        _block(seed, purpose, who, attempt, np.uint64(1 + start // 8), out[start : start + 8])


def _words(seed: Any, purpose: Any, ids: Any, attempt: Any, shift: int, room: Any, out: Any) -> None:
    """Write each id's share of block 0 of counter ``id >> shift``: its halves as one number."""
    last = (1 << shift) - 1
    for i in range(ids.size):
        counter = ids[i] >> np.uint64(shift)
        if i == 0 or counter != ids[i - 1] >> np.uint64(shift) or attempt[i] != attempt[i - 1]:
            _block(seed, purpose, counter, attempt[i], _0, room)
        lane = np.int64(ids[i]) & last
        if shift == 3:
            out[i] = np.uint64(room[lane])
        else:
            out[i] = np.uint64(room[2 * lane + 1]) << _32 | np.uint64(room[2 * lane])


def _first(seed: Any, purpose: Any, ids: Any, attempt: Any, room: Any, words: Any, out: Any) -> None:
    """Write the first arrival of each id."""
    _words(seed, purpose, ids, attempt, 2, room, words)
    for i in range(ids.size):
        out[i] = min(np.float64(words[i] >> _11) + 0.5, 2.0**53 - 1.0) * 2.0**-53
    for i in range(ids.size):
        out[i] = -_log(out[i])


def _next(drawn: Any, row: Any) -> None:
    """Continue from ``row[0]`` by the exponentials of the halves drawn."""
    for j in range(1, row.size):
        row[j] = -_log((np.float64(drawn[j - 1]) + 0.5) * 2.0**-32)
    for j in range(1, row.size):
        row[j] += row[j - 1]


def _arrivals(seed: Any, purpose: Any, ids: Any, attempt: Any, out: Any) -> None:
    """Write the arrivals of each id; shape (n, k)."""
    k = out.shape[1]
    room, drawn = np.empty(8, np.uint32), np.empty((k + 6) // 8 * 8, np.uint32)
    words, first = np.empty(_PIECE, np.uint64), np.empty(_PIECE, np.float64)
    for start in range(0, ids.size, _PIECE):
        stop = min(start + _PIECE, ids.size)
        _first(seed, purpose, ids[start:stop], attempt[start:stop], room, words, first)
        for i in range(start, stop):
            out[i, 0] = first[i - start]
            if k > 1:
                _own(seed, purpose, ids[i], attempt[i], drawn)
                _next(drawn, out[i])


def _scores(seed: Any, purpose: Any, ids: Any, attempt: Any, mean: Any, floor: Any, out: Any) -> None:
    """Write the scores of each id; shape (n, k)."""
    k = out.shape[1]
    room, drawn = np.empty(8, np.uint32), np.empty((k + 6) // 8 * 8, np.uint32)
    words, first, row = np.empty(_PIECE, np.uint64), np.empty(_PIECE, np.float64), np.empty(k, np.float64)
    for start in range(0, ids.size, _PIECE):
        stop = min(start + _PIECE, ids.size)
        _first(seed, purpose, ids[start:stop], attempt[start:stop], room, words, first)
        for i in range(start, stop):
            if k == 1:
                out[i, 0] = max(_log(mean[i] / first[i - start]) * _PER_DECADE, floor[i])
                continue
            row[0] = first[i - start]
            _own(seed, purpose, ids[i], attempt[i], drawn)
            _next(drawn, row)
            for j in range(k):
                out[i, j] = max(_log(mean[i] / row[j]) * _PER_DECADE, floor[i])


def _halves(seed: Any, purpose: Any, ids: Any, attempt: Any, out: Any) -> None:
    """Write the half words, less their last bits, that decide the groups of each id; shape (n, k)."""
    k = out.shape[1]
    room, drawn, words = np.empty(8, np.uint32), np.empty((k + 6) // 8 * 8, np.uint32), np.empty(ids.size, np.uint64)
    _words(seed, purpose, ids, attempt, 3, room, words)
    for i in range(ids.size):
        out[i, 0] = np.uint32(words[i]) >> _LABEL_SHIFT
        if k > 1:
            _own(seed, purpose, ids[i], attempt[i], drawn)
            for j in range(1, k):
                out[i, j] = drawn[j - 1] >> _LABEL_SHIFT


def _labels(seed: Any, purpose: Any, ids: Any, attempt: Any, groups: Any, edges: Any, out: Any) -> None:
    """Write how many edges are at or below each half word; shape (n, k)."""
    k = out.shape[1]
    drawn, label = np.empty((min(_PIECE, ids.size), k), np.uint32), np.empty(k, np.uint32)
    for start in range(0, ids.size, _PIECE):
        stop = min(start + _PIECE, ids.size)
        _halves(seed, purpose, ids[start:stop], attempt[start:stop], drawn)
        for i in range(start, stop):
            if k == 1:
                place = 0
                for h in range(edges.shape[1]):
                    place += drawn[i - start, 0] >= edges[groups[i], h]
                out[i, 0] = place
                continue
            for j in range(k):
                label[j] = 0
            for h in range(edges.shape[1]):
                edge = edges[groups[i], h]
                for j in range(k):
                    label[j] += np.uint32(drawn[i - start, j] >= edge)
            for j in range(k):
                out[i, j] = label[j]


def load_numba() -> Kernel:
    """Return the kernel, compiled or read from where it was kept; MisidError if numba is not installed."""
    try:
        with _ONE_AT_A_TIME:
            _compile()
    except ImportError as error:
        raise MisidError("kernel 'numba' is not installed; pip install 'misid[fast]', or use kernel 'numpy'") from error
    return NumbaKernel()


@cache
def _compile() -> None:
    """Put compiled functions in the place of those above, the inner before the outer."""
    import numba
    from llvmlite import ir  # type: ignore[import-untyped,import-not-found,unused-ignore]
    from numba.core import types
    from numba.extending import intrinsic

    def instruction(result: Any, build: Any) -> Any:
        """One machine instruction that neither Python nor NumPy has a name for."""

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return build(builder, *arguments)

        return result, generate

    def high(builder: Any, a: Any, b: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(a, wide), builder.zext(b, wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    @intrinsic
    def upper(typing: Any, a: Any, b: Any) -> Any:
        return instruction(types.uint64(types.uint64, types.uint64), high)

    @intrinsic
    def bits(typing: Any, x: Any) -> Any:
        return instruction(types.uint64(types.float64), lambda builder, x: builder.bitcast(x, ir.IntType(64)))

    @intrinsic
    def real(typing: Any, x: Any) -> Any:
        return instruction(types.float64(types.uint64), lambda builder, x: builder.bitcast(x, ir.DoubleType()))

    here = globals()
    here.update(_upper=upper, _bits=bits, _float=real)
    for function in (_log, _block, _own, _words, _first, _next, _arrivals, _scores, _halves, _labels):
        here[function.__name__] = numba.njit(function, cache=True, nogil=True, error_model="numpy")


class NumbaKernel(Kernel):
    """The same loops, compiled."""

    name = "numba"

    def arrivals(self, draws: Draws, k: int) -> Array:
        """Return the first k arrivals."""
        out = np.empty((draws.ids.size, k))
        _arrivals(*_plain(draws), out)
        return out

    def scores(self, draws: Draws, mean: Array, floor: Array, k: int) -> Scores:
        """Return the scores of the first k arrivals."""
        out = np.empty((draws.ids.size, k), np.float32)
        _scores(*_plain(draws), np.ascontiguousarray(mean), np.ascontiguousarray(floor), out)
        return out

    def labels(self, draws: Draws, groups: Labels, edges: Halves, k: int) -> Labels:
        """Return the groups of the candidates."""
        out = np.empty((draws.ids.size, k), np.int8)
        _labels(*_plain(draws), np.ascontiguousarray(groups), np.ascontiguousarray(edges), out)
        return out

    def fractions(self, draws: Draws, k: int) -> Array:
        """Return the draws of the groups as uniforms."""
        out = np.empty((draws.ids.size, k), np.uint32)
        _halves(*_plain(draws), out)
        return np.asarray((out + 0.5) * 2.0**-LABEL_BITS, float)


def _plain(draws: Draws) -> tuple[np.uint64, np.uint64, Ids, npt.NDArray[np.uint64]]:
    """Return the draws as the compiled functions know them: one type and layout each, so that each is compiled once."""
    return np.uint64(draws.seed), np.uint64(draws.purpose), np.array(draws.ids), np.array(draws.attempt)
