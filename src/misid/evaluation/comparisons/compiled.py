"""The innermost loops over many comparisons, compiled where numba is installed: the extra ``fast``.

They add the same numbers in the same order as `misid.evaluation.comparisons.counts` and `area` do in NumPy, so all sums
are the same to the last bit.  The functions below are plain Python until `load` compiles them; the machine code is kept
beside this file.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from misid.evaluation.comparisons.steps import INSIDE, LOW

_SIGN, _ZERO, _LOW = np.uint32(1 << 31), np.uint32(0), np.uint32(LOW)
_INSIDE = np.uint32(INSIDE - 1)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def key_of(bits: Any) -> Any:
    """Return what `misid.evaluation.comparisons.steps.keys` returns for the bits of one score."""
    if bits == _SIGN:  # minus zero
        bits = _ZERO
    return ~bits if bits & _SIGN else bits | _SIGN


def look_up(score: Any, bits: Any, row_of: Any, table: Any, others: Any) -> tuple[int, int]:
    """Return the sum of what a table says of the scores whose cells have a row, and how many others are to be found.

    Those are written down: the scores of cells whose row is -1.
    """
    total, found = 0, 0
    for i in range(score.size):
        key = key_of(bits[i])
        row = row_of[np.int64(key >> _LOW)]
        if row >= 0:
            total += table[row, np.int64(key & _INSIDE)]
        elif row == -1:
            others[found] = score[i]
            found += 1
    return total, found


def place(
    score: Any, bits: Any, reached_of: Any, thresholds: Any, residual_of: Any, reached: Any, residual: Any
) -> None:
    """Write how many thresholds each score reaches, and what its cell adds to the area."""
    for i in range(score.size):
        cell = np.int64(key_of(bits[i]) >> _LOW)
        found = reached_of[cell]
        if found < 0:
            found = 0
            while found < thresholds.size and thresholds[found] <= score[i]:
                found += 1
        reached[i] = found
        residual[i] = residual_of[cell]


def add_up(who: Any, reached: Any, residual: Any, counts: Any, residuals: Any) -> None:
    """Add comparisons to those of each subject, by how many thresholds they reach, and their parts of the area."""
    for i in range(who.size):
        residuals[who[i]] += residual[i]
        counts[reached[i], who[i]] += 1


def keep(probe: Any, reference: Any, reached: Any, words: Any, zeros: Any, subjects: Any, width: Any, out: Any) -> int:
    """Write keys of the comparisons whose pair is kept; return how many."""
    found = 0
    for i in range(probe.size):
        if zeros > 0:
            word = words[probe[i]] + words[reference[i]]
            word = (word ^ (word >> _30)) * _FIRST
            word = (word ^ (word >> _27)) * _SECOND
            if (word ^ (word >> _31)) >> np.uint64(64 - zeros) != 0:
                continue
        low, high = np.int64(min(probe[i], reference[i])), np.int64(max(probe[i], reference[i]))
        out[found] = (low * subjects + high) * width + reached[i]
        found += 1
    return found


@cache
def load() -> bool:
    """Compile the functions, or read them from where they were kept; say whether numba is there to do it."""
    try:
        import numba
    except ImportError:
        return False
    for function in (key_of, look_up, place, add_up, keep):  # what is called before what calls it
        globals()[function.__name__] = numba.njit(function, cache=True, nogil=True)
    return True
