"""Lists of searches put in order by compiled code: the whole numbers that `misid.search.all_pairs` has by sorting."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from misid.search.tile_counts import Codes, Whole

_ONE_AT_A_TIME = Lock()


def _fold(place: Any, code: Any, mates: Any, starts: Any, room: Any, at: Any, above: Any, best: Any) -> None:
    following = starts.copy()
    for e in range(place.size):
        room[following[place[e]]] = code[e]
        following[place[e]] += 1
    for i in range(mates.size):
        mine = room[starts[i] : starts[i + 1]]
        mine.sort()
        for j in range(min(mine.size, best.shape[1])):
            best[i, j] = mine[mine.size - 1 - j]
        j = mine.size
        while j > 0 and mine[j - 1] > mates[i]:
            j -= 1
        above[i] = mine.size - j
        while j > 0 and mine[j - 1] == mates[i]:
            j -= 1
        at[i] = mine.size - j


@cache
def _compile() -> None:
    import numba

    here = globals()
    here["_fold"] = numba.njit(_fold, cache=True, nogil=True, error_model="numpy")


def fold(place: Codes, code: Codes, mates: Codes, best: Codes) -> tuple[Whole, Whole, Whole]:
    """Return how many codes each place has, at or above its mate, and above it; the highest are put into ``best``."""
    with _ONE_AT_A_TIME:
        _compile()
    listed = np.bincount(place, minlength=mates.size)
    starts = np.concatenate([[0], np.cumsum(listed)])
    at, above = np.zeros(mates.size, np.int64), np.zeros(mates.size, np.int64)
    _fold(place, code, mates, starts, np.empty(place.size, np.int32), at, above, best)
    return listed, at, above
