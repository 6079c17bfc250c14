"""Both distributions of scores as steps: at every edge, how many scores lie below.

Scores are counted by the leading bits of their float32 form: exact at every edge, added up in any order.  The bits of a
float32, read as a whole number, rise with the number once the negative ones are turned round.  A tally counts the
upper 18 of the 32 bits (512 cells between a number and its double), for mated and non-mated scores apart.  What lies
inside a cell is found by a second pass over the scores, for the few cells where it matters.

FMR and FNMR move in whole steps, one at each score that occurs.  A step is *single* where all its scores are equal;
other steps hold scores that nobody looked at one by one, and rates are exact at their lower edge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Block, Comparisons, Scores, Side, Stream

Whole = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint32]

BITS = 18
LOW = 32 - BITS
CELLS = 1 << BITS
INSIDE = 1 << LOW
WHOLE = 1 << 18  # scores that are sorted one by one without further thought
HELD = 50_000_000  # scores of the kind with fewer that may be held: 200 MB
AT_ONCE = 1 << 17  # comparisons at once
PIECE = 1 << 15  # scores at once: all scratch together stays in the processor's second cache
_SIGN = np.uint32(1 << 31)


def keys(scores: npt.ArrayLike) -> Keys:
    """Return whole numbers in the order of the scores, rounded to float32: equal where those are equal."""
    bits = (np.asarray(scores, np.float32) + np.float32(0)).view(np.uint32)
    # All bits where the sign is set, else the sign alone.
    turned = (bits.view(np.int32) >> np.int32(31)).view(np.uint32) | _SIGN
    return turned ^ bits


_LOWEST, _HIGHEST = (int(keys([end])[0]) for end in (-np.inf, np.inf))


def scores_of(key: npt.ArrayLike) -> Scores:
    """Return the scores of which `keys` gives these numbers; NaN outside the keys of the two infinities."""
    of = np.asarray(key, np.uint32)
    return np.where(of & _SIGN, of & ~_SIGN, ~of).view(np.float32)


class Tally:
    """How many scores lie in each of 2**18 cells.

    Tallies of parts add up to the tally of the whole, in any order, to the last unit.
    """

    def __init__(self, failed_mated: int = 0, failed_non_mated: int = 0) -> None:
        self.failed_mated = failed_mated
        self.failed_non_mated = failed_non_mated
        # By raw bits, so that no score has to be turned round while it is counted.
        self._raw = {True: np.zeros(CELLS, np.int64), False: np.zeros(CELLS, np.int64)}

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores."""
        into, cells = self._raw[mated], np.empty(min(PIECE, scores.size), np.int64)
        for part in _rounded(scores):
            here = cells[: part.size]
            np.right_shift(part.view(np.uint32), np.uint32(LOW), out=here, casting="unsafe")
            np.add.at(into, here, 1)

    def merge(self, other: Tally) -> None:
        """Add what another tally counted."""
        for mated, raw in other._raw.items():
            self._raw[mated] += raw
        self.failed_mated += other.failed_mated
        self.failed_non_mated += other.failed_non_mated

    def cells(self) -> tuple[Whole, Whole, Whole]:
        """Return the cells that hold a score."""
        raw = np.flatnonzero(self._raw[True] | self._raw[False])
        half = int(np.searchsorted(raw, CELLS // 2))
        raw = np.concatenate([raw[half:][::-1], raw[:half]])
        return _ordered(raw), self._raw[True][raw], self._raw[False][raw]


class Inside:
    """How many scores equal each score that can lie in a few cells."""

    def __init__(self, cells: npt.ArrayLike) -> None:
        self._cells = np.unique(np.asarray(cells, np.int64))
        self._place = np.zeros(CELLS, np.uint16)
        self._place[_as_bits(self._cells)] = np.arange(1, self._cells.size + 1)
        ends = np.array([self._cells[0], self._cells[-1] + 1] if self._cells.size else [0, 0], np.int64) << LOW
        # The edge after the last cell is a score that lies above it, which does no harm.
        self._ends = scores_of(np.clip(ends, _LOWEST, _HIGHEST))
        size = self._cells.size * INSIDE
        self._counts = {True: np.zeros(size, np.int64), False: np.zeros(size, np.int64)}

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count those of the scores that lie in the cells; arguments as for `Tally.add`."""
        into = self._counts[mated]
        for part in _rounded(scores):
            # One comparison with each end leaves few scores to look up, since what matters lies in the tails.
            near = part[(part >= self._ends[0]) & (part <= self._ends[1])]
            bits = near.view(np.uint32)
            place = self._place[bits >> np.uint32(LOW)]
            found = np.flatnonzero(place)
            if found.size:
                inside = bits[found] & np.uint32(INSIDE - 1)
                inside = np.where(bits[found] & _SIGN, np.uint32(INSIDE - 1) - inside, inside)
                np.add.at(into, (place[found].astype(np.int64) - 1) * INSIDE + inside, 1)

    def found(self) -> tuple[Keys, Whole, Whole]:
        """Return the keys that occur."""
        of = np.flatnonzero(self._counts[True] | self._counts[False])
        key = (self._cells[of // INSIDE] << LOW) + of % INSIDE
        return key.astype(np.uint32), self._counts[True][of], self._counts[False][of]


class HoldingTally(Tally):
    """A tally that holds mated scores as well, while they are few."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most, self._n = most, 0
        self.held: list[Scores] | None = []  # None where there are more

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores."""
        super().add(scores, mated)
        if mated and self.held is not None:
            self._n += scores.size
            self.held.append(scores.astype(np.float32))
            if self._n > self._most:
                self.held = None

    def taken(self) -> list[Scores] | None:
        """Return the mated scores, None where there are more, and let go of them."""
        held, self.held = self.held, None
        return held


class Counter(Protocol):
    """What counts scores."""

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores of one kind."""


class Ahead:
    """What later looks at the same scores are likely to ask for, found in one: what is in cells, and anything else."""

    def __init__(self, cells: npt.ArrayLike, beside: Counter | None = None) -> None:
        self._cells, self._counted = np.unique(np.asarray(cells, np.int64)), Inside(cells)
        self._found: tuple[Keys, Whole, Whole] | None = None
        self.beside = beside

    def add(self, scores: npt.NDArray[np.floating], mated: bool) -> None:
        """Count scores; arguments as for `Tally.add`."""
        self._counted.add(scores, mated)
        if self.beside is not None:
            self.beside.add(scores, mated)

    def found(self, cells: npt.ArrayLike) -> tuple[Keys, Whole, Whole] | None:
        """Return what `Inside.found` would for these cells; None if not all of them were looked into."""
        if not np.isin(cells, self._cells).all():
            return None
        key, mated, non_mated = self._found = self._found or self._counted.found()
        self._counted = Inside([])
        at = np.isin(key >> LOW, cells)
        return key[at], mated[at], non_mated[at]


def count_scores(pairs: Comparisons | Stream, into: Counter) -> None:
    """Go through all comparisons once and count their scores."""
    for mated, side in chunks(pairs):
        into.add(side.score, mated)
        if isinstance(into, Tally):
            into.failed_mated += side.failed * mated
            into.failed_non_mated += side.failed * (not mated)


def chunks(pairs: Comparisons | Stream) -> Iterator[tuple[bool, Side]]:
    """Yield all comparisons once, some at a time, and whether they are mated; failures come apart from scores."""
    if isinstance(pairs, Comparisons):
        for mated, side in ((True, pairs.mated), (False, pairs.non_mated)):
            for start in range(0, side.score.size, AT_ONCE):
                yield mated, _some(side, slice(start, start + AT_ONCE))
            yield mated, Side(side.score[:0], failed=side.failed, failed_probe=side.failed_probe)
        return
    for block in pairs.blocks():
        for start in range(0, block.score.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            some, own = _some(block, part), block.mated[part]
            for mated, which in ((True, own), (False, ~own)):
                if which.any():
                    yield mated, _some(some, which)
        for row, (mated, failed) in enumerate(((True, block.failed_mated), (False, block.failed_non_mated))):
            probe = None
            if block.failed_probe is not None and block.failed_each is not None:
                probe = np.repeat(block.failed_probe, block.failed_each[row])
            yield mated, Side(block.score[:0], failed=failed, failed_probe=probe)


def _some(of: Side | Block, which: slice | npt.NDArray[np.bool_]) -> Side:
    probe, reference = (None if who is None else who[which] for who in (of.probe, of.reference))
    return Side(of.score[which], probe, reference)


def _ordered(raw: Whole) -> Whole:
    """Turn leading bits as they stand into cells in the order of the scores: more bits with the sign set are lower."""
    return np.where(raw >= CELLS // 2, CELLS - 1 - raw, raw + CELLS // 2)


def _as_bits(cells: Whole) -> Whole:
    """Turn cells back into leading bits."""
    return np.where(cells < CELLS // 2, CELLS - 1 - cells, cells - CELLS // 2)


def _rounded(scores: npt.NDArray[np.floating]) -> Iterator[Scores]:
    """Yield the scores as float32 without minus zeros, piece by piece; a piece lives until the next is yielded."""
    room = np.empty(min(PIECE, scores.size), np.float32)
    for start in range(0, scores.size, PIECE):
        part = scores[start : start + PIECE]
        # Minus zero has a bit pattern of its own, and goes away when zero is added.
        yield np.add(part, np.float32(0), out=room[: part.size], dtype=np.float32, casting="same_kind")


@dataclass(frozen=True, eq=False)
class Steps:
    """Both distributions of scores, by k steps."""

    key: Keys  # lower edge of each step, rising, as `keys` numbers scores
    mated: Whole  # scores in the step; not both 0
    non_mated: Whole
    single: npt.NDArray[np.bool_]  # whether all scores in the step equal its edge
    failed_mated: int = 0  # comparisons without a score
    failed_non_mated: int = 0
    ahead: Ahead | None = None  # what was looked up beyond the steps

    @cached_property
    def score(self) -> Scores:
        """Lower edge of each step as a score."""
        return scores_of(self.key)

    @cached_property
    def missed(self) -> Whole:
        """Mated scores below each edge, and below a threshold above everything: shape (k + 1,), rising."""
        return np.concatenate([[0], np.cumsum(self.mated)])

    @cached_property
    def passed(self) -> Whole:
        """Non-mated scores at or above each edge, and above everything: shape (k + 1,), falling to 0."""
        return np.concatenate([np.cumsum(self.non_mated[::-1])[::-1], [0]])

    @property
    def n_mated(self) -> int:
        """Mated comparisons with a score."""
        return int(self.missed[-1])

    @property
    def n_non_mated(self) -> int:
        """Non-mated comparisons with a score."""
        return int(self.passed[0])

    def at(self, threshold: float) -> int:
        """Return the first step at or above a threshold; k if there is none.

        Exact where the threshold lies in no step or at the edge of one.
        """
        return int(np.searchsorted(self.key, keys([threshold])[0], side="left"))

    def above(self, step: int) -> float:
        """Return the lowest float32 above a step's score; below everything for step -1."""
        if step < 0:
            return -np.inf
        return float(np.nextafter(self.score[step], np.float32(np.inf)))

    def first_passing(self, passed: int) -> int:
        """Return the lowest edge at or above which at most so many non-mated scores lie (0..k)."""
        return int(self.passed.size - np.searchsorted(self.passed[::-1], passed, side="right"))

    def crossing(self) -> int:
        """Return the lowest edge (0..k) at which FNMR is above FMR; at edge 0 it never is."""
        # Products of counts stay below 2**63 for up to 3e9 comparisons of either kind.
        more = self.missed * self.n_non_mated > self.passed * self.n_mated
        return int(np.argmax(more))

    def rates(self, step: Whole) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Return FMR and FNMR at edges."""
        return self.passed[step] / self.n_non_mated, self.missed[step] / self.n_mated


LookAhead: TypeAlias = Callable[[Steps, list[Scores] | None], tuple[Whole, Counter | None]]


def allowed(fmr: str, n_non_mated: int) -> int:
    """Return how many false matches an FMR allows: ``floor(fmr * n)``, without rounding error."""
    return int(Fraction(fmr) * n_non_mated)


def steps(
    pairs: Comparisons | Stream,
    *,
    fmr: Iterable[str] = (),
    thresholds: Iterable[float] = (),
    whole: int = WHOLE,
    ahead: LookAhead | None = None,
) -> Steps:
    """Return the steps of both distributions, single ones wherever a figure rests on them, going through pairs twice.

    Exact around the crossing of FMR and FNMR, around the thresholds that leave these FMRs (in decimal digits:
    ``"1e-3"``), and around ``thresholds``; elsewhere at edges 2**-9 of the score apart.  Up to ``whole`` scores in
    memory are sorted, and every step is single.  The second time also finds what ``ahead`` says of the steps at edges
    2**-9 apart, and of the mated scores if `HELD` hold them: `Ahead`'s arguments.
    """
    if isinstance(pairs, Comparisons) and pairs.mated.score.size + pairs.non_mated.score.size <= whole:
        return _sorted(pairs)
    tally = Tally() if ahead is None else HoldingTally(HELD)
    count_scores(pairs, tally)
    return _opened(pairs, tally, fmr, thresholds, ahead)


def _opened(
    pairs: Comparisons | Stream,
    tally: Tally,
    fmr: Iterable[str] = (),
    thresholds: Iterable[float] = (),
    ahead: LookAhead | None = None,
) -> Steps:
    """As `steps`, from a tally that is there already."""
    cell, mated, non_mated = tally.cells()
    # The lowest cell that can hold a score begins below minus infinity, where there is no number.
    edges = np.maximum((cell << LOW).astype(np.uint32), keys([-np.inf]))
    coarse = Steps(edges, mated, non_mated, np.zeros(cell.size, bool), tally.failed_mated, tally.failed_non_mated)
    near = {coarse.crossing()}
    for target in fmr:
        near.add(coarse.first_passing(allowed(target, coarse.n_non_mated)))
    around = {k + d for k in near for d in (-2, -1, 0, 1)}
    wanted = keys(np.array(list(thresholds), np.float32)) >> LOW
    opens = np.zeros(cell.size, bool)
    opens[[k for k in around if 0 <= k < cell.size]] = True
    place = np.minimum(np.searchsorted(cell, wanted), max(cell.size - 1, 0))
    opens[place[cell[place] == wanted] if cell.size else place[:0]] = True
    if ahead is not None and coarse.n_mated and coarse.n_non_mated:
        cells, beside = ahead(coarse, tally.taken() if isinstance(tally, HoldingTally) else None)
        seen = Ahead(np.union1d(cells, cell[opens]), beside)
        count_scores(pairs, seen)
        coarse = replace(coarse, ahead=seen)
    return looked_into(pairs, coarse, opens)


def looked_into(pairs: Comparisons | Stream, coarse: Steps, opens: npt.NDArray[np.bool_]) -> Steps:
    """Replace some steps by one for each score in them: go through the comparisons if it was not found ahead."""
    cells = coarse.key[opens] >> LOW
    found = None if coarse.ahead is None else coarse.ahead.found(cells)
    if found is None:
        inside = Inside(cells)
        count_scores(pairs, inside)
        found = inside.found()
    key, m, n = found
    kept = ~opens
    order = np.argsort(joined := np.concatenate([coarse.key[kept], key]), kind="stable")
    return Steps(
        joined[order],
        np.concatenate([coarse.mated[kept], m])[order],
        np.concatenate([coarse.non_mated[kept], n])[order],
        np.concatenate([coarse.single[kept], np.ones(key.size, bool)])[order],
        coarse.failed_mated,
        coarse.failed_non_mated,
        coarse.ahead,
    )


def _sorted(pairs: Comparisons) -> Steps:
    mated, non_mated = keys(pairs.mated.score), keys(pairs.non_mated.score)
    key = np.unique(np.concatenate([mated, non_mated]))
    m, n = (np.bincount(np.searchsorted(key, side), minlength=key.size).astype(np.int64) for side in (mated, non_mated))
    return Steps(key, m, n, np.ones(key.size, bool), pairs.mated.failed, pairs.non_mated.failed)
