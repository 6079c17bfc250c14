"""The innermost loops of sums over people, compiled where numba is installed: the extra ``fast``.

They add the same numbers in the same order as `misid.evaluation.comparisons.counts` does in NumPy, so all sums are the
same to the last bit.  The functions below are plain Python until `load` compiles them; the machine code is kept beside
this file.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from misid.evaluation.comparisons.steps import LOW

_SIGN, _ZERO, _LOW = np.uint32(1 << 31), np.uint32(0), np.uint32(LOW)
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def place(
    score: Any, bits: Any, reached_of: Any, thresholds: Any, residual_of: Any, reached: Any, residual: Any
) -> None:
    """Write how many thresholds each score reaches, and what its cell adds to the area."""
    for i in range(score.size):
        one = bits[i]
        if one == _SIGN:  # minus zero
            one = _ZERO
        cell = np.int64((~one if one & _SIGN else one | _SIGN) >> _LOW)
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
    for function in (place, add_up, keep):
        globals()[function.__name__] = numba.njit(function, cache=True, nogil=True)
    return True
