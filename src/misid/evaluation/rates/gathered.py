"""Errors added up over people in one pass, in memory that does not grow with it.

Intervals need, of every person, trials and errors: those are counted in full.  They also need sums of squares over
pairs of people.  Where a table of all pairs fits in 256 MiB it is filled.  Beyond that, pairs with errors are listed
while they are few, and everything else about pairs comes from half a million of them (`misid.evaluation.rates.drawn`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Block, Codes, Comparisons, PairTable, Scores, Stream
from misid.evaluation.rates.distribution import Steps
from misid.evaluation.rates.drawn import SEEN, Counted, Drawn, counted, pair_keys
from misid.evaluation.rates.tables import compact, nameless
from misid.evaluation.rates.tally import CELLS, LOW, keys
from misid.statistics import Array, Counts, Margins, Sums

Whole = npt.NDArray[np.int64]

DENSE = 1 << 26  # cells of a table of all pairs: 256 MiB
LISTED = 1 << 23  # errors whose pairs are listed
AT_ONCE = 1 << 17
_SEVERAL = -1  # marks a cell with a threshold inside


@dataclass(frozen=True, eq=False)
class Gathered:
    """Trials and errors of people at some thresholds.

    Parameters
    ----------
    thresholds : ndarray of float32, shape (k,)
        Rising, each once.
    subjects : int
        People (M).
    mated : ndarray of int64, shape (k + 1, M)
        Mated comparisons of each subject that reach so many thresholds and no more.
    other : ndarray of int64, shape (k + 1, M)
        Non-mated ones that each subject takes part in, on either side.
    probes : ndarray of int64, shape (M,)
        Comparisons with a score of each probe subject.
    lost : ndarray of int64, shape (2, M), or None
        Mated and non-mated ones without; None where nobody knows whose they are.
    residuals : ndarray of float64, shape (M,)
        Residuals of each subject's comparisons, added up.
    squares : float
        Squares of those of single non-mated comparisons, added up.
    table : ndarray of int32, shape (k + 1, M * M), or None
        Non-mated comparisons of each pair, where it fits.
    drawn, listed : Counted, or None
        Of some pairs, and of all pairs with errors at the highest thresholds.
    whole : bool
        Whether ``drawn`` holds all pairs.
    from_listed : int
        First threshold of which ``listed`` knows all errors.
    """

    thresholds: Scores
    subjects: int
    mated: Whole
    other: Whole
    probes: Whole
    lost: Whole | None
    residuals: Array
    squares: float
    table: npt.NDArray[np.int32] | None
    drawn: Counted | None
    listed: Counted | None
    whole: bool
    from_listed: int
    _known: dict[int, Sums] = field(default_factory=dict, repr=False)

    def tried(self, mated: bool) -> Counts | Margins | Sums:
        """Return the trials of people."""
        if mated:
            return _own(self.mated.sum(axis=0))
        if self.table is not None:
            return compact(self._pairs(self.table.sum(axis=0)), self.subjects)
        assert self.drawn is not None
        nodes = self.other.sum(axis=0)
        total = int(nodes.sum()) // 2
        each = self._of_pairs
        scale = total / each.sum() if total else 0.0
        return Sums(nodes, total, float(each @ each) * scale, max(round(self.drawn.pairs * scale), 1))

    def errors(self, threshold: float, mated: bool) -> Counts | Sums:
        """Return the errors of people at one of the thresholds."""
        k = int(np.searchsorted(self.thresholds, np.float32(threshold)))
        if mated:
            return _own(self.mated[: k + 1].sum(axis=0))
        if self.table is not None:
            found = self._pairs(self.table[k + 1 :].sum(axis=0))
            return Counts(found.first, found.second, found.count)
        return self._moments(k)._replace(nodes=self.other[k + 1 :].sum(axis=0))

    def missed(self, threshold: float) -> Whole:
        """Return the mated errors of each subject at one of the thresholds: shape (M,)."""
        k = int(np.searchsorted(self.thresholds, np.float32(threshold)))
        return np.asarray(self.mated[: k + 1].sum(axis=0), np.int64)

    @cached_property
    def _of_pairs(self) -> Array:
        """Trials of each pair that was drawn."""
        return self.drawn.above(-1) if self.drawn is not None else np.empty(0)

    def _moments(self, k: int) -> Sums:
        """Return all of the errors at a threshold but each person's, which would take room if they were kept."""
        if k not in self._known:
            self._known[k] = self._summed(int(self.other[k + 1 :].sum()) // 2, k)
        return self._known[k]

    def _summed(self, total: int, k: int) -> Sums:
        assert self.drawn is not None
        assert self.listed is not None
        nodes = np.empty(0, np.int64)
        if not total:
            return Sums(nodes, 0, 0.0, 0)
        each, tried = self.drawn.above(k), self._of_pairs
        there = int(np.count_nonzero(each))
        share = total / each.sum() if there else 0.0
        squares, pairs = float(each @ each) * share, round(there * share)
        if k >= self.from_listed and not self.whole:
            seen = self.listed.above(k)
            squares, pairs = float(seen @ seen), int(np.count_nonzero(seen))
        # A pair has no more errors than trials, and few pairs have more trials than any of those that were drawn.
        least, most = squares, total * max(float(tried.max(initial=0)), squares / total)
        if self.whole or there >= SEEN:
            least = most = max(float(each @ tried) * share, squares)
        return Sums(nodes, total, squares, pairs, least, most)

    def _pairs(self, counts: Whole) -> PairTable:
        at = np.flatnonzero(counts)
        first, second = np.divmod(at, self.subjects)
        return PairTable(first.astype(np.int32), second.astype(np.int32), counts[at].astype(np.int64))


def gathered(
    pairs: Comparisons | Stream, steps: Steps, thresholds: Sequence[float], residuals: Sequence[Array]
) -> Gathered:
    """Go through comparisons once and add up what intervals over people need.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With the subjects of every comparison.
    steps : Steps
        Of the same comparisons.
    thresholds : sequence of float
        At which errors are wanted, in any order.
    residuals : sequence of two ndarray of float64, shape (CELLS,)
        What a mated and a non-mated score of each cell of `misid.evaluation.rates.tally` counts for.

    Returns
    -------
    Gathered

    Raises
    ------
    MisidError
        If the comparisons name no subjects.
    """
    if pairs.people is None:
        raise nameless()
    into = _Adding(pairs.people.count, np.unique(np.asarray(thresholds, np.float32)), steps, residuals)
    lost: Whole | None = np.zeros((2, into.subjects), np.int64)
    for block in _blocks(pairs) if isinstance(pairs, Comparisons) else pairs.blocks():
        if block.probe is None or block.reference is None:
            raise nameless()
        for start in range(0, block.score.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            score, probe, reference = block.score[part], block.probe[part], block.reference[part]
            own = np.flatnonzero(block.mated[part])
            if own.size:
                into.mates(score[own], probe[own])
                rest = np.flatnonzero(~block.mated[part])
                score, probe, reference = score[rest], probe[rest], reference[rest]
            into.others(score, probe, reference)
        if block.failed_probe is not None and block.failed_each is not None:
            if lost is not None:
                for row, each in zip(lost, block.failed_each, strict=True):
                    np.add.at(row, block.failed_probe, each)
        elif block.failed_mated or block.failed_non_mated:
            lost = None
    return into.done(lost)


def _blocks(pairs: Comparisons) -> Iterator[Block]:
    for side, mated in ((pairs.mated, True), (pairs.non_mated, False)):
        if side.probe is None or side.reference is None:
            raise nameless()
        for start in range(0, side.score.size, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            score = side.score[part]
            yield Block(score, np.full(score.size, mated), side.probe[part], side.reference[part])
        lost = np.zeros((2, side.failed), np.int64)
        lost[0 if mated else 1] = 1
        yield Block(
            side.score[:0],
            np.zeros(0, np.bool_),
            side.probe[:0],
            side.reference[:0],
            0,
            side.failed,
            side.failed_probe,
            None if side.failed_probe is None else lost,
        )


class _Adding:
    """Everything that is added to during the pass."""

    def __init__(self, subjects: int, thresholds: Scores, steps: Steps, residuals: Sequence[Array]) -> None:
        self.subjects, self._thresholds, self._of = subjects, thresholds, residuals
        self._width = thresholds.size + 1
        # How many thresholds a score of each cell reaches, where all of a cell's scores reach as many.
        edges = keys(thresholds) >> LOW
        self._reached = np.searchsorted(edges, np.arange(CELLS, dtype=np.uint32), side="left").astype(np.int64)
        self._reached[edges] = _SEVERAL
        self._mated, self._other = (np.zeros((self._width, subjects), np.int64) for _ in range(2))
        self._probes = np.zeros(subjects, np.int64)
        self._nodes, self._squares = np.zeros(subjects), 0.0
        dense = subjects**2 * self._width <= DENSE
        self._table = np.zeros((self._width, subjects**2), np.int32) if dense else None
        self._drawn = None if dense else Drawn(subjects, self._width)
        passed = [int(steps.passed[steps.at(float(t))]) for t in thresholds]
        self._from = next((k for k, n in enumerate(passed) if n <= LISTED), len(passed))
        self._listed: list[Whole] = []

    def mates(self, score: Scores, probe: Codes) -> None:
        cell, reached = self._placed(score)
        np.add.at(self._mated.reshape(-1), reached * self.subjects + probe, 1)
        np.add.at(self._probes, probe, 1)
        np.add.at(self._nodes, probe, self._of[0][cell])

    def others(self, score: Scores, probe: Codes, reference: Codes) -> None:
        cell, reached = self._placed(score)
        residual = self._of[1][cell]
        self._squares += float(residual @ residual)
        np.add.at(self._probes, probe, 1)
        base = reached * self.subjects
        for side in (probe, reference):
            np.add.at(self._nodes, side, residual)
            np.add.at(self._other.reshape(-1), base + side, 1)
        if self._table is not None:
            key = base + probe
            key *= self.subjects
            np.add.at(self._table.reshape(-1), key + reference, 1)
        if self._drawn is not None:
            self._drawn.add(probe, reference, reached)
            at = np.flatnonzero(reached > self._from)
            if at.size:
                key = pair_keys(probe[at], reference[at], self.subjects)
                self._listed.append(key * self._width + reached[at])

    def done(self, lost: Whole | None) -> Gathered:
        listed = drawn = None
        if self._drawn is not None:
            drawn = self._drawn.counted()
            found, often = np.unique(np.concatenate([*self._listed, np.empty(0, np.int64)]), return_counts=True)
            listed = counted(found, often.astype(np.int64), self._width)
        return Gathered(
            self._thresholds,
            self.subjects,
            self._mated,
            self._other,
            self._probes,
            lost,
            self._nodes,
            self._squares,
            self._table,
            drawn,
            listed,
            self._drawn is None or self._drawn.zeros == 0,
            self._from,
        )

    def _placed(self, score: Scores) -> tuple[npt.NDArray[np.uint32], Whole]:
        cell = keys(score) >> np.uint32(LOW)
        reached = self._reached[cell]
        unsure = np.flatnonzero(reached == _SEVERAL)
        reached[unsure] = np.searchsorted(self._thresholds, score[unsure], side="right")
        return cell, reached


def _own(count: npt.NDArray[np.integer]) -> Counts:
    who = np.flatnonzero(count).astype(np.int32)
    return Counts(who, who, count[who].astype(np.int64))
