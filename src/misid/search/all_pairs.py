"""Everyone compared with everyone, once, and nothing kept but counts: `compare_all`.

People stand in a random order, each with all their templates.  The first of them, a *sample*, are compared first: they
show where levels and lists shall begin.  Then everyone is compared with the foremost of the sample, which gives each
search a floor above which its scores are listed, and then with everyone else.  Work on the rest is cut into tasks that
need nothing of each other, and what they return adds up in any order.

Every comparison is counted once.  Scores with the sample are made again to set levels and floors, and so are all those
of the few searches whose floor was too high.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.search.pair_tally import AllPairs, PairList
from misid.search.tile_counts import (
    COARSE,
    NEVER,
    Codes,
    Grid,
    Levels,
    Listed,
    Own,
    TileKernel,
    TileSide,
    TileSums,
    Vectors,
    Whole,
    leave_out,
    similarities,
)
from misid.search.tile_kernels import load_tile_kernel
from misid.search.tiles import Found, checked_rows
from misid.statistics import CrossCounts
from misid.storage import Checkpoint, SharedArrays, worker_count

Rows = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.int64]

SAMPLE = 2_048  # templates on either side whose comparisons with each other are all held
TAIL = 6_000_000  # comparisons that are listed with whose they are, at most about so many
TAIL_SHARE, TAIL_EACH = 1.2e-3, 16  # and no more than this share of all, or so many a search, whichever is more
TILE = 2_048  # rows and columns of a tile
BLOCK = 8_192  # and of a task
LEAST_BLOCKS = 8  # on a side, below which they are half as large
LEVELS = (0.9, 0.6, 0.3, 0.1, 0.05, 0.02, 0.01, 0.004)  # shares of comparisons at or above a level, about
_MISSED = 1e-3  # share of searches whose floor may turn out too high
_NOBODY = np.int32(2**30)  # a code that no score reaches

_CENTRED = 4_096  # rows whose mean is the centre of distances
_ROOM = 1.001  # by which the grid reaches beyond what rounding could make of the longest vectors
_STRIP, _LEAST_STRIP = 64, 256  # the foremost of the sample: a share of the columns, and no fewer
_AT_ONCE = 1 << 22  # scores or numbers at once
_STEP = 1 << 15  # rows looked at together

Run = Callable[[Callable[[int], "Counted"], Sequence[int], Callable[[int, "Counted"], None]], None]
"""Has a task done once for each number, in any order, and hands over what came of it."""


class Side(NamedTuple):
    """Templates on one side, in the order in which they are compared."""

    row: Rows  # in the table of vectors
    subject: Codes
    mate: Codes  # code of each search's best mated score; `_NOBODY` where there is none
    floor: Levels  # level from which scores of each search are listed; `NEVER` where it is no search


class Sums(NamedTuple):
    """What comparing some rows with some columns gives of one of the two sides."""

    over: Whole  # (K, m)
    listed: Whole  # scores on each search's list, (m,)
    at: Whole  # of them, at or above its mate
    above: Whole
    best: Codes  # k best codes, best first, (m, k)
    ahead: Keys  # place << 32 | subject, of each who is at or above the mate
    tail: PairList  # code, place, subject: from the tail's level on


class Counted(NamedTuple):
    """What comparing some rows with some columns gives."""

    histogram: Whole
    rows: Sums
    columns: Sums


class MappedFile(NamedTuple):
    """Vectors in a file, which every process maps for itself."""

    path: str
    kind: str
    shape: tuple[int, ...]
    offset: int


@cache
def _opened(file: MappedFile) -> Vectors:
    return np.memmap(file.path, np.dtype(file.kind), "r", file.offset, file.shape)


@dataclass(frozen=True, eq=False)
class Comparer:
    """Compares blocks of rows with blocks of columns; holds everything that a task needs."""

    vectors: Vectors | MappedFile | SharedArrays
    length: npt.NDArray[np.float64] | None  # what each row is divided by
    centre: npt.NDArray[np.float64] | None
    metric: str
    kernel: str
    grid: Grid
    levels: Levels
    tail_from: int
    k: int
    rows: Side
    columns: Side
    same: bool  # both sides are the same: two templates are compared once, and both are searches
    tasks: tuple[tuple[slice, slice], ...] = ()

    def __call__(self, task: int) -> Counted:
        """Do one of the tasks."""
        return self.compare(*self.tasks[task])

    def compare(self, rows: slice, columns: slice) -> Counted:
        """Compare a block of rows with a block of columns, tile by tile."""
        kernel = _kernel(self.kernel, self.metric, self.grid)
        a, b = self.load(self.rows, rows), self.load(self.columns, columns)
        histogram = np.zeros(self.grid.cells, np.int64)
        over = [np.zeros((self.levels.size, part.stop - part.start), np.int64) for part in (rows, columns)]
        lists: tuple[list[Listed], list[Listed]] = ([], [])
        for top in tiles(rows):
            for left in tiles(columns):
                own = self.own(top, left)
                if own is None:
                    continue
                here, there = _within(top, rows), _within(left, columns)
                sides = TileSide(self.rows.subject[top], self.rows.floor[top]), self._other_side(left)
                into = TileSums(histogram, over[0][:, here], over[1][:, there])
                found = kernel.count(a[here], b[there], own, sides, self.levels, into)
                for listed, one, at in zip(lists, found, (here, there), strict=True):
                    listed.append(one._replace(place=one.place + np.int32(at.start)))
        histogram[0] = 0  # what does not count
        searching = self.columns.mate[columns] if self.same else np.empty(0, np.int32)
        return Counted(
            histogram,
            self._folded(self.rows.mate[rows], over[0], lists[0]),
            self._folded(searching, over[1], lists[1]),
        )

    def _folded(self, mates: Codes, over: Whole, lists: Sequence[Listed]) -> Sums:
        """Return what lists say of each search; ``mates`` are theirs, of shape (0,) where nobody searches."""
        place, subject, code = joined_lists([PairList(*listed) for listed in lists])
        best = np.full((mates.size, self.k), self.grid.lowest, np.int32)
        if self.kernel == "numba":
            from misid.search.list_numba import fold

            listed, at, above = fold(place, code, mates, best)
        else:
            listed, at, above = fold_lists(place, code, mates, best)
        reach = np.flatnonzero(code >= mates[place])
        ahead = np.unique(place[reach].astype(np.int64) << 32 | subject[reach])
        high = np.flatnonzero(code >= self.tail_from)
        return Sums(over, listed, at, above, best, ahead, PairList(code[high], place[high], subject[high]))

    def load(self, side: Side, part: slice) -> Vectors:
        """Return the vectors of some rows, as kernels take them."""
        return self._loaded(side.row[part])

    @property
    def table(self) -> Vectors:
        """All vectors, wherever they lie."""
        if isinstance(self.vectors, SharedArrays):
            return self.vectors[_VECTORS]
        return _opened(self.vectors) if isinstance(self.vectors, MappedFile) else self.vectors

    def _loaded(self, row: Rows) -> Vectors:
        taken: Vectors = self.table[row].astype(np.float32 if self.centre is None else np.float64, copy=False)
        if self.length is not None:
            taken = (taken / self.length[row, None]).astype(np.float32)
        return taken if self.centre is None else taken - self.centre

    def own(self, rows: slice, columns: slice) -> Own | None:
        """Return what does not count of a tile; None where nothing of it does."""
        if self.same and columns.stop <= rows.start + 1:
            return None
        boxes = _boxes(self.rows.subject[rows], self.columns.subject[columns])
        return Own(boxes, self.same and columns.start < rows.stop)

    def _other_side(self, columns: slice) -> TileSide:
        subject = self.columns.subject[columns]
        floor = self.columns.floor[columns] if self.same else np.full(subject.size, NEVER, np.int16)
        return TileSide(subject, floor)

    def held(self, rows: slice, columns: slice) -> PairList:
        """Return every comparison of some rows with some columns of other people, where each pair stands once."""
        a, b = self.load(self.rows, rows), self.load(self.columns, columns)
        found = []
        for part in tiles(slice(0, a.shape[0])):
            top = slice(rows.start + part.start, rows.start + part.stop)
            own = self.own(top, columns)
            if own is None:
                continue
            score = similarities(a[part], b, self.metric)
            leave_out(score, own, self.grid.none)
            counts = score > self.grid.none
            where = np.nonzero(counts)
            who = self.rows.subject[top][where[0]], self.columns.subject[columns][where[1]]
            found.append(PairList(self.grid.code(score[counts]), *who))
        return joined_lists(found)

    def mated(self, own: npt.NDArray[np.float64]) -> PairList:
        """Return every comparison of two templates of one person, and note the best of each search in its side.

        All scores of a person's templates with each other, with themselves too, are added to ``own``.
        """
        people = [_people(side.subject) for side in (self.rows, self.columns)]
        who, *at = np.intersect1d(people[0][0], people[1][0], return_indices=True)
        starts = [of[1][places] for of, places in zip(people, at, strict=True)]
        sizes = np.stack([of[2][places] for of, places in zip(people, at, strict=True)])
        found = []
        for a, b in np.unique(sizes, axis=1).T:
            of = np.flatnonzero((sizes[0] == a) & (sizes[1] == b))
            step = max(_AT_ONCE // int((a + b) * self.table.shape[1] + a * b), 1)
            for first in range(0, of.size, step):
                some = of[first : first + step]
                found.append(self._of_one_person(who[some], starts[0][some], starts[1][some], int(a), int(b), own))
        return joined_lists(found)

    def _of_one_person(
        self, who: Codes, first: Rows, second: Rows, a: int, b: int, own: npt.NDArray[np.float64]
    ) -> PairList:
        """Compare each of some people's a rows with their b columns."""
        places = first[:, None] + np.arange(a), second[:, None] + np.arange(b)
        sides = [(self.rows, places[0])] if self.same else [(self.rows, places[0]), (self.columns, places[1])]
        loaded = [self._loaded(of.row[at.ravel()]).astype(np.float64).reshape(*at.shape, -1) for of, at in sides]
        left, right = loaded[0], loaded[-1]
        score = similarities(left, right, self.metric)
        own[who] = score.sum(axis=(1, 2), dtype=np.float64)
        code = self.grid.code(score)
        other = self.rows.row[places[0]][:, :, None] != self.columns.row[places[1]][:, None, :]
        best = np.where(other, code, self.grid.lowest).max(axis=2)
        self.rows.mate[places[0]] = np.where(other.any(axis=2), best, _NOBODY)
        if self.same:
            other = other & np.tri(a, b, dtype=np.bool_).T
        person = np.broadcast_to(who[:, None, None], code.shape)[other]
        return PairList(code[other], person, person)

    def compare_first(self, strip: slice, tail_level: np.int16, tally: _Tally) -> None:
        """Compare everyone with the foremost columns, which shows each search from which level it is to be listed."""
        n = self.columns.row.size
        rank = floor_rank(self.k, strip.stop, n)
        first = self.load(self.columns, strip)

        def compared(part: slice) -> tuple[slice, slice, Counted]:
            a, kernel = self.load(self.rows, part), _kernel(self.kernel, self.metric, self.grid)
            for top in tiles(part):
                own = Own(_boxes(self.rows.subject[top], self.columns.subject[strip]))
                best = kernel.best(a[_within(top, part)], first, own, rank)
                self.rows.floor[top] = np.minimum(self.grid.level(best[:, -1]), tail_level)
            block = (strip, part) if self.same else (part, strip)
            return *block, self.compare(*block)

        parts = blocks(strip.stop if self.same else 0, self.rows.row.size)
        if self.same:  # the others need to know from where on these are listed
            tally.add(*compared(strip))
        threads = min(worker_count(None), len(parts) or 1)
        with _one_thread_each(threads), ThreadPoolExecutor(threads) as pool:
            for found in pool.map(compared, parts):
                tally.add(*found)

    def score_sums(self, own: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
        """Return the sum of the non-mated scores of each person, on either side; None for distances.

        Cosines with everyone add up to the product with the sum of all vectors; ``own`` are those of each person with
        themselves.
        """
        if self.centre is not None:
            return None
        out = -own if self.same else -2 * own
        sides = [(self.rows, self.rows)] if self.same else [(self.rows, self.columns), (self.columns, self.rows)]
        for side, other in sides:
            total = np.zeros(self.table.shape[1])
            for part in blocks(0, other.row.size):
                total += self.load(other, part).sum(axis=0, dtype=np.float64)
            for part in blocks(0, side.row.size):
                out += np.bincount(side.subject[part], self.load(side, part) @ total, out.size)
        return out

    def search_again(self, tally: _Tally) -> None:
        """Search again for those of whom fewer were listed than are wanted, listing everything."""
        found, lowest = tally.rows, np.int16((self.grid.lowest >> COARSE) + 1)
        again = np.flatnonzero((found.listed < self.k) & (self.rows.floor > lowest))
        kernel = _kernel(self.kernel, self.metric, self.grid)
        none = np.empty(0, np.int16)
        step = max(_AT_ONCE // max(self.columns.row.size, 1), 1)
        for start in range(0, again.size, step):
            some = again[start : start + step]
            side = TileSide(self.rows.subject[some], np.full(some.size, lowest, np.int16))
            a, lists = self._loaded(self.rows.row[some]), []
            for part in tiles(slice(0, self.columns.row.size)):
                subject = self.columns.subject[part]
                sides = side, TileSide(subject, np.full(subject.size, NEVER, np.int16))
                over = np.zeros((0, some.size), np.int64), np.zeros((0, subject.size), np.int64)
                into = TileSums(np.zeros(self.grid.cells, np.int64), *over)
                own = Own(_boxes(side.subject, subject))
                lists.append(kernel.count(a, self.load(self.columns, part), own, sides, none, into)[0])
            sums = self._folded(self.rows.mate[some], np.zeros((0, some.size), np.int64), lists)
            found.listed[some], found.at[some], found.above[some] = sums.listed, sums.at, sums.above
            found.best[some] = sums.best
            found.ahead.append(some[sums.ahead >> 32] << 32 | sums.ahead & 0xFFFFFFFF)


class _Kept(threading.local):
    """The kernel of each thread, whose rooms are used again."""

    def __init__(self) -> None:
        self.kernels: dict[tuple[str, str, Grid], TileKernel] = {}


_KEPT = _Kept()


def _kernel(name: str, metric: str, grid: Grid) -> TileKernel:
    if (name, metric, grid) not in _KEPT.kernels:
        _KEPT.kernels = {(name, metric, grid): load_tile_kernel(name, metric, grid)}
    return _KEPT.kernels[name, metric, grid]


def _boxes(here: Codes, there: Codes) -> list[tuple[int, int, int, int]]:
    """Return the rectangles of people with themselves, whose templates stand together on either side."""
    both, first, left = np.intersect1d(here, there, return_indices=True)
    return [
        (int(i), int(i + _together(here, i)), int(j), int(j + _together(there, j)))
        for i, j in (zip(first, left, strict=True) if both.size else ())
    ]


def _together(of: Codes, start: int) -> int:
    """Return how many equal subjects stand together from a place on."""
    differ = of[start:] != of[start]
    return int(differ.argmax()) if differ.any() else of.size - int(start)


def _people(subject: Codes) -> tuple[Codes, Rows, Rows]:
    """Return who stands on a side, where their templates begin, and how many they are."""
    starts = np.flatnonzero(np.diff(subject, prepend=-1))
    return subject[starts], starts, np.diff(starts, append=subject.size)


def tiles(part: slice) -> Iterator[slice]:
    """Yield the tiles of a block."""
    for start in range(part.start, part.stop, TILE):
        yield slice(start, min(start + TILE, part.stop))


def blocks(start: int, stop: int) -> list[slice]:
    """Cut rows into blocks of whole tiles: large ones, if there are rows enough for several workers to have work."""
    size = BLOCK if stop - start > LEAST_BLOCKS * BLOCK else max(BLOCK // 2, TILE)
    return [slice(first, min(first + size, stop)) for first in range(start, stop, size)]


def _within(part: slice, of: slice) -> slice:
    return slice(part.start - of.start, part.stop - of.start)


def fold_lists(place: Codes, code: Codes, mates: Codes, best: Codes) -> tuple[Whole, Whole, Whole]:
    """Return how many codes each place has, at or above its mate, and above it; the highest are put into ``best``."""
    size, k = best.shape
    mate = mates[place]
    numbers = [np.bincount(place[of], minlength=size) for of in (slice(None), code >= mate, code > mate)]
    if place.size:
        # Sorted in 32 bits where place and code fit in, which takes half the time.
        top = int(code.max())
        bits = (top - int(code.min())).bit_length()
        kind: type[np.unsignedinteger[Any]] = np.uint32 if bits + size.bit_length() <= 32 else np.uint64
        keys = place.astype(kind) << kind(bits) | (top - code).astype(kind)
        keys.sort()
        where = (keys >> kind(bits)).astype(np.int64)
        starts = np.cumsum(np.bincount(where, minlength=size))[:-1]
        number = np.arange(keys.size) - np.concatenate([[0], starts])[where]
        kept = number < k
        best[where[kept], number[kept]] = top - (keys[kept] & kind((1 << bits) - 1)).astype(np.int64)
    return numbers[0], numbers[1], numbers[2]


class _Found:
    """What is known of the searches of one side so far."""

    def __init__(self, size: int, levels: int, k: int, none: int) -> None:
        self.over = np.zeros((levels, size), np.int64)
        self.listed, self.at, self.above = (np.zeros(size, np.int64) for _ in range(3))
        self.best = np.full((size, k), none, np.int32)
        self.ahead: list[Keys] = []

    def add(self, part: slice, sums: Sums) -> None:
        """Add what a task found of a block."""
        self.over[:, part] += sums.over
        if not sums.listed.size:
            return
        self.listed[part] += sums.listed
        self.at[part] += sums.at
        self.above[part] += sums.above
        k = self.best.shape[1]
        some = part.start + np.flatnonzero(sums.listed)
        both = np.concatenate([self.best[some], sums.best[some - part.start]], axis=1)
        self.best[some] = np.partition(both, k, axis=1)[:, k:]
        self.ahead.append(sums.ahead + (np.int64(part.start) << 32))


_VECTORS = "vectors"
_SIDES = ("rows", "columns")
_COUNTS = ("over", "listed", "at", "above", "best")


class _Tally:
    """Everything counted so far."""

    def __init__(self, comparer: Comparer, most: int) -> None:
        self._comparer, self._most = comparer, most
        self.histogram = np.zeros(comparer.grid.cells, np.int64)
        sizes = (comparer.rows.row.size, comparer.columns.row.size)
        k, none = comparer.k, comparer.grid.lowest
        self.rows = _Found(sizes[0], comparer.levels.size, k, none)
        self.columns = self.rows if comparer.same else _Found(sizes[1], comparer.levels.size, 0, none)
        self.tail_from = comparer.tail_from
        self.tails: tuple[list[PairList], list[PairList]] = ([], [])  # by search of a row, and of a column
        self._waits = 0

    def add(self, rows: slice, columns: slice, found: Counted) -> None:
        """Add what came of a block."""
        self.histogram += found.histogram
        self.rows.add(rows, found.rows)
        self.columns.add(columns, found.columns)
        for tail, sums, part in zip(self.tails, (found.rows, found.columns), (rows, columns), strict=True):
            if sums.tail.code.size:
                tail.append(sums.tail._replace(probe=sums.tail.probe + np.int32(part.start)))
        self._waits += found.rows.tail.code.size
        if self._waits > 2 * self._most:
            self.prune()

    def prune(self) -> None:
        """Let go of the lowest of the tail if it has become too long; what is left does not depend on when."""
        reached = np.cumsum(self.histogram[::-1])
        first = int(np.searchsorted(reached, self._most, side="right"))  # cells from the top that may be kept
        lowest = self._comparer.grid.lowest + self._comparer.grid.cells - first
        self.tail_from = max(self.tail_from, -(-lowest >> COARSE) << COARSE)
        for tail in self.tails:
            joined = joined_lists(tail)
            tail[:] = [PairList(*(column[joined.code >= self.tail_from] for column in joined))]
        self._waits = self.tails[0][0].code.size

    def state(self) -> dict[str, npt.NDArray[np.integer[Any]]]:
        """Return what is counted so far, for a checkpoint."""
        self.prune()
        found = {"histogram": self.histogram, "tail_from": np.array([self.tail_from])}
        for side, of, tail in zip(_SIDES, (self.rows, self.columns), self.tails, strict=True):
            of.ahead[:] = [np.unique(np.concatenate([np.empty(0, np.int64), *of.ahead]))]
            tail[:] = [joined_lists(tail)]
            found |= {f"{side}.ahead": of.ahead[0], f"{side}.tail": np.stack(tail[0])}
            found |= {f"{side}.{name}": getattr(of, name) for name in _COUNTS}
        return found

    def restore(self, state: Mapping[str, npt.NDArray[np.integer]]) -> None:
        """Take what was counted before."""
        self.histogram[:], self.tail_from = state["histogram"], int(state["tail_from"][0])
        for side, of, tail in zip(_SIDES, (self.rows, self.columns), self.tails, strict=True):
            of.ahead[:] = [state[f"{side}.ahead"].astype(np.int64)]
            tail[:] = [PairList(*state[f"{side}.tail"].astype(np.int32))]
            for name in _COUNTS:
                getattr(of, name)[:] = state[f"{side}.{name}"]
        self._waits = self.tails[0][0].code.size


def in_order(probe: npt.NDArray[np.integer[Any]], reference: Codes, code: Codes, lowest: int) -> PairList:
    """Return a list by codes, then people, so that nothing hangs on which task was done first."""
    # Three numbers in one, which is sorted ten times faster: codes have 20 bits, people and rows no more than 21 each.
    key = (code - lowest).astype(np.uint64) << np.uint64(42)
    key |= probe.astype(np.uint64) << np.uint64(21) | reference.astype(np.uint64)
    key.sort()
    low = np.uint64((1 << 21) - 1)
    columns = key >> np.uint64(42), key >> np.uint64(21) & low, key & low
    codes, first, second = (column.astype(np.int32) for column in columns)
    return PairList(codes + np.int32(lowest), first, second)


def joined_lists(lists: Sequence[PairList]) -> PairList:
    """Return several lists as one."""
    none = np.empty(0, np.int32)
    return (
        PairList(*(np.concatenate([none, *column]) for column in zip(*lists, strict=True)))
        if lists
        else PairList(none, none, none)
    )


def compare_all(
    vectors: Vectors,
    metric: str,
    subject: Codes,
    probes: Rows,
    references: Rows,
    *,
    length: npt.NDArray[np.float64] | None = None,
    k: int = 50,
    kernel: str = "",
    run: Run | None = None,
    checkpoint: Callable[[int], Checkpoint] | None = None,
    on_progress: Callable[[float], None] = lambda share: None,
    sample: int = SAMPLE,
    tail: int = 0,
) -> AllPairs:
    """Compare every probe with every reference of another person, and count.

    Parameters
    ----------
    vectors, metric, subject, probes, references
        As `Tiles` takes them.  Where both sides are the same rows every unordered pair is compared once, and both are
        searches.
    length : ndarray of float64, shape (rows,), optional
        What each row is divided by, so that templates of any length can stay where they are.
    k : int
        Best scores of others to keep of each search, at least 1.
    kernel : str
        Name of a kernel; the fastest that is installed if empty.
    run : callable, optional
        Has the tasks done; in this process if not given.
    checkpoint : callable, optional
        Takes the number of tasks and returns a `Checkpoint`, from which a run that was killed goes on.
    on_progress : callable
        Called with the share of all comparisons that are done.
    sample, tail : int
        Templates on either side that are compared first, and comparisons that are listed one by one; a number that
        fits their number if 0.

    Returns
    -------
    AllPairs
        The same to the last unit whoever did the tasks, and in whatever order.
    """
    if k < 1:
        raise OutOfRange("k", k, "at least 1")
    whole = checked_rows(vectors, metric, subject, probes, references)
    # People are numbered anew, in a random order, so that nothing on the way says who they are.
    people = 1 + int(subject.max(initial=-1))
    subjects = np.argsort(uniforms(0, Purpose.COMPARED_FIRST, np.arange(people))[0], kind="stable")
    person = np.empty(people, np.int32)
    person[subjects] = np.arange(people)
    of = person[subject]
    sides = [one[np.lexsort((one, of[one]))] for one in (rows[whole[rows]] for rows in (probes, references))]
    same = bool(np.array_equal(sides[0], sides[1]))
    centre = None
    if metric == "euclidean":
        first = sides[1][:_CENTRED]
        centre = vectors[first].astype(np.float64).mean(axis=0) if first.size else np.zeros(vectors.shape[1])
    reach = [_reach(vectors, length, centre, rows) for rows in (sides if not same else sides[:1])]
    high = reach[0] * reach[-1] if metric == "cosine" else 0.0
    low = -high if metric == "cosine" else -(reach[0] + reach[-1])
    grid = Grid.spanning(low * _ROOM, high * _ROOM)
    rows, columns = (_side(row, of) for row in sides)
    if same:
        columns = rows
    kernel = load_tile_kernel(kernel, metric, grid).name
    comparer = Comparer(vectors, length, centre, metric, kernel, grid, np.empty(0, np.int16), 0, k, rows, columns, same)
    own = np.zeros(people)
    mated = comparer.mated(own)
    first_rows, first_columns = (people_end(of.subject, sample) for of in (rows, columns))
    seen = comparer.held(slice(0, first_rows), slice(0, first_columns))
    total = _number(rows, columns, same)
    number = seen.code.size
    tail = tail or min(max(int(TAIL_SHARE * total), TAIL_EACH * rows.row.size), TAIL)
    places = [place for share in LEVELS if 0 < (place := int(share * number)) < number]
    last = min(int(number * tail / max(total, 1)), number - 1)
    falling = -np.partition(-seen.code, [*places, max(last, 0)]) if number else seen.code
    levels = np.unique(falling[places] >> COARSE).astype(np.int16)
    tail_from = grid.lowest + 1
    if total > tail and number:
        tail_from = int(falling[last])
    tail_level = tail_from >> COARSE
    comparer = replace(comparer, levels=levels, tail_from=max(tail_level << COARSE, grid.lowest + 1))
    tally = _Tally(comparer, tail)
    strip = slice(0, people_end(columns.subject, min(max(columns.row.size // _STRIP, _LEAST_STRIP), sample)))
    comparer.compare_first(strip, np.int16(tail_level), tally)
    rest = blocks(strip.stop, columns.row.size)
    tasks = [
        (one, other)
        for one, other in itertools.product(blocks(strip.stop if same else 0, rows.row.size), rest)
        if not same or other.start >= one.start
    ]
    comparer = replace(comparer, tasks=tuple(tasks))
    cells = np.array([(one.stop - one.start) * (other.stop - other.start) for one, other in tasks], np.int64)
    kept = None if checkpoint is None else checkpoint(len(tasks))
    left = list(range(len(tasks)))
    if kept is not None and (state := kept.read()):
        tally.restore(state)
        left = kept.left()
    ahead = int(cells[left].sum())

    def done(task: int, found: Counted) -> None:
        nonlocal ahead
        tally.add(*tasks[task], found)
        if kept is not None:
            kept.note(task, tally.state)
        ahead -= int(cells[task])
        on_progress(1 - ahead / max(int(cells.sum()), 1))

    (run or _here)(comparer, left, done)
    tally.prune()
    comparer.search_again(tally)
    if kept is not None:
        kept.remove()
    return _result(comparer, tally, mated, seen, own, subjects.astype(np.int32))


def floor_rank(k: int, m: int, n: int) -> int:
    """Return the place, among m of n scores, from which on at least k of all n will be found, but for few searches."""
    if m >= n:
        return max(min(k, m), 1)
    rank = 1
    # Where the r-th of m stands, a Gamma(r) share of n/m scores lies above.
    while rank < min(k, m) and special.gammainc(rank, k * m / n) > _MISSED:
        rank += 1
    return rank


def people_end(subject: Codes, size: int) -> int:
    """Return the first place from ``size`` on where another person begins."""
    if size >= subject.size:
        return subject.size
    return size + _together(subject, size) if subject[size] == subject[size - 1] else size


def _side(row: Rows, subject: Codes) -> Side:
    return Side(row, subject[row].astype(np.int32), np.full(row.size, _NOBODY), np.full(row.size, NEVER, np.int16))


def _reach(vectors: Vectors, length: Any, centre: Any, rows: Rows) -> float:
    """Return the length of the longest vector of some rows."""
    longest, rising = 0.0, np.sort(rows)
    for start in range(0, rows.size, _STEP):
        row: Any = rising[start : start + _STEP]
        if row[-1] - row[0] == row.size - 1:
            row = slice(int(row[0]), int(row[-1]) + 1)  # which needs no copy
        part: Vectors = vectors[row].astype(np.float32 if centre is None else np.float64)
        part = part if centre is None else part - centre
        size = np.sqrt(np.linalg.vecdot(part, part))
        longest = max(longest, float((size if length is None else size / length[row]).max(initial=0.0)))
    return longest


def _number(rows: Side, columns: Side, same: bool) -> int:
    """Return how many comparisons of different people there are."""
    size = 1 + int(max(rows.subject.max(initial=0), columns.subject.max(initial=0)))
    probes, references = (np.bincount(side.subject, minlength=size) for side in (rows, columns))
    return CrossCounts(probes, references, same).total


def in_processes(execute: Callable[..., None], workers: int | None) -> Run:
    """Return a way to have tasks done by an executor's processes, which map the vectors instead of copying them."""

    def run(task: Callable[[int], Counted], numbers: Sequence[int], on_done: Callable[[int, Counted], None]) -> None:
        assert isinstance(task, Comparer)
        table = task.table
        if isinstance(table, np.memmap) and table.flags.c_contiguous and table.filename is not None:
            file = MappedFile(str(table.filename), table.dtype.str, table.shape, _offset(table))
            execute(replace(task, vectors=file), numbers, workers, on_done)
            return
        with SharedArrays({_VECTORS: table}) as shared:
            execute(replace(task, vectors=shared), numbers, workers, on_done)

    return run


def in_threads(workers: int) -> Run:
    """Return a way to have tasks done by threads, which need no time to start; kernels wait for no other thread."""

    def run(task: Callable[[int], Counted], numbers: Sequence[int], on_done: Callable[[int, Counted], None]) -> None:
        left = iter(numbers)
        with _one_thread_each(workers), ThreadPoolExecutor(workers) as pool:
            # No more at once than are at work and wait: results are large.
            busy = {pool.submit(task, number): number for number in itertools.islice(left, 2 * workers)}
            try:
                while busy:
                    done = next(as_completed(busy))
                    on_done(busy.pop(done), done.result())
                    busy |= {pool.submit(task, number): number for number in itertools.islice(left, 1)}
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise

    return run


@contextmanager
def _one_thread_each(workers: int) -> Iterator[None]:
    """Keep the library of matrices from threads of its own, which would stand in the way of ours; if that is known."""
    if workers < 2 or find_spec("threadpoolctl") is None:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, "blas"):
        yield


def _offset(mapped: np.memmap[Any, Any]) -> int:
    """Return where in its file a mapped array begins, also if it is a part of another."""
    base: Any = mapped
    while isinstance(base.base, np.memmap):
        base = base.base
    return int(base.offset + mapped.ctypes.data - base.ctypes.data)


def _here(task: Callable[[int], Counted], numbers: Sequence[int], on_done: Callable[[int, Counted], None]) -> None:
    for number in numbers:
        on_done(number, task(number))


def _result(
    comparer: Comparer,
    tally: _Tally,
    mated: PairList,
    sample: PairList,
    own: npt.NDArray[np.float64],
    subjects: Codes,
) -> AllPairs:
    """Put the searches in the order of their subjects, and counts by subject; people are numbered otherwise so far."""
    grid = comparer.grid
    rows, columns = (side._replace(subject=subjects[side.subject]) for side in (comparer.rows, comparer.columns))
    people = own.size
    order = np.lexsort((rows.row, rows.subject))
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    found, has_mate = tally.rows, rows.mate != _NOBODY
    probes, references = (np.bincount(side.subject, minlength=people) for side in (rows, columns))
    ahead = np.unique(np.concatenate([np.empty(0, np.int64), *found.ahead]))
    several = bool((references > 1).any())
    who = np.bincount(ahead >> 32, minlength=order.size) if several else found.at
    others = np.empty(found.best.shape, np.float32)
    for start in range(0, order.size, _STEP):  # in pieces: of a million searches they are the most that is held
        best = np.sort(found.best[order[start : start + _STEP]], axis=1)[:, ::-1]
        others[start : start + _STEP] = np.where(best == grid.lowest, np.float32(-np.inf), grid.score(best))
    mate = np.where(has_mate, grid.score(rows.mate), np.float32(-np.inf))
    at, above, who = (np.where(has_mate, of, 0)[order] for of in (found.at, found.above, who))
    searches = Found(rows.subject[order], has_mate[order], mate[order].astype(np.float32), at, above, who, others)
    over = np.zeros((comparer.levels.size, people), np.int64)
    for side, of in ((rows, found), (columns, tally.columns))[: 1 if comparer.same else 2]:
        for total, one in zip(over, of.over, strict=True):
            np.add.at(total, side.subject, one)
    sums = comparer.score_sums(own)
    by_subject = None
    if sums is not None:
        by_subject = np.empty_like(sums)
        by_subject[subjects] = sums
    one_way, back = (joined_lists(tail) for tail in tally.tails)
    both = joined_lists([one_way, back])
    return AllPairs(
        grid=grid,
        histogram=tally.histogram,
        levels=comparer.levels,
        over=over,
        tail_from=tally.tail_from,
        tail=in_order(rows.subject[one_way.probe], subjects[one_way.reference], one_way.code, grid.lowest),
        sample=sample._replace(probe=subjects[sample.probe], reference=subjects[sample.reference]),
        mated=mated._replace(probe=subjects[mated.probe], reference=subjects[mated.reference]),
        found=searches,
        probes=probes,
        references=references,
        same=comparer.same,
        listed=in_order(place[both.probe], subjects[both.reference], both.code, grid.lowest),
        sums=by_subject,
        probe_row=rows.row[order],
    )
