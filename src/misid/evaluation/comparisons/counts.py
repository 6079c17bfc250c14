"""Comparisons and errors counted by pair of subjects, and added up over people in one pass through many.

Intervals need, of every person, trials and errors: those are counted in full.  They also need sums of squares over
pairs of people.  Where a table of all pairs fits in 256 MiB it is filled.  Beyond that, pairs with errors are listed
while they are few, and everything else about pairs comes from half a million of them, chosen by a hash, so that memory
does not grow with the pass.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError
from misid.evaluation.comparisons import compiled
from misid.evaluation.comparisons.steps import CELLS, LOW, Steps, chunks, keys
from misid.evaluation.contract import Codes, Comparisons, Scores, Side, Stream
from misid.statistics import Array, PairCounts, PairSums, TrialCounts

Whole = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

DENSE = 1 << 26  # cells of a table of all pairs: 256 MiB; also of a count that is cheaper than a sort
LISTED = 1 << 23  # errors whose pairs are listed
KEPT = 1 << 19  # pairs of people that are kept where not all are
COMPILED = 20_000_000  # comparisons from which numba is loaded
SEEN = 100  # pairs with errors among those kept from which a ratio is taken
_SEVERAL = -1  # marks a cell with a threshold inside


@dataclass(frozen=True, eq=False)
class Reached:
    """Comparisons by pair of people and by how many of some rising thresholds they reach, in rising order of both."""

    pair: Whole  # first * subjects + second, shape (n,)
    reached: Whole
    count: Whole
    subjects: int

    def above(self, k: int) -> PairCounts:
        """Return the comparisons that reach more than k thresholds; all of them for k = -1."""
        return self._summed(self.reached > k)

    def up_to(self, k: int) -> PairCounts:
        """Return the comparisons that reach at most k thresholds."""
        return self._summed(self.reached <= k)

    def _summed(self, which: npt.NDArray[np.bool_]) -> PairCounts:
        at = np.flatnonzero(which)
        starts = np.flatnonzero(np.diff(self.pair[at], prepend=-1))
        sums = np.add.reduceat(self.count[at], starts) if at.size else self.count[:0]
        return PairCounts.of_keys(self.pair[at][starts], sums, self.subjects)


class PairTally:
    """Counts comparisons by pair of people and by how many thresholds they reach, in any order.

    With ``most``, a share of all pairs without an order is kept, at most so many: a pair is kept if its hash begins
    with enough zeros.  There is one more zero each time the pairs become too many, so what is kept is a share
    ``2**-zeros`` of all pairs, and every comparison of a pair that is kept was counted.  The hash mixes two numbers
    made from those of the people (Steele, Lea and Flood, OOPSLA 2014, SplitMix64): it draws nothing, and knows nothing
    of scores.
    """

    def __init__(self, subjects: int, width: int, *, ordered: bool = False, most: int | None = None) -> None:
        # ``width``: numbers of thresholds that can be reached, 0 included.
        self._subjects, self._width, self._ordered, self._most = subjects, width, ordered, most
        self._keys, self._counts = np.empty(0, np.int64), np.empty(0, np.int64)
        self._waiting: list[Whole] = []
        self._waits = 0
        self.zeros = 0
        if most is not None:
            self._words = marks(subjects)

    def add(self, probe: Codes, reference: Codes, reached: Whole) -> None:
        """Count comparisons."""
        if self.zeros:
            at = np.flatnonzero(self._kept(probe, reference))
            probe, reference, reached = probe[at], reference[at], reached[at]
        key = pair_keys(probe, reference, self._subjects, self._ordered)
        self._wait(key * self._width + reached)

    def add_compiled(self, probe: Codes, reference: Codes, reached: Whole) -> None:
        """As `add`, for a tally with ``most`` and without an order, by `misid.evaluation.comparisons.compiled`."""
        out = np.empty(probe.size, np.int64)
        found = compiled.keep(probe, reference, reached, self._words, self.zeros, self._subjects, self._width, out)
        self._wait(out[:found].copy())

    def _wait(self, keys: Whole) -> None:
        self._waiting.append(keys)
        self._waits += keys.size
        if self._waits >= (self._most or LISTED):
            self._settle()

    def counted(self) -> Reached:
        """Return the counts of the pairs that were kept."""
        self._settle()
        pair, reached = np.divmod(self._keys, np.int64(self._width))
        return Reached(pair, reached, self._counts, self._subjects)

    def _kept(self, probe: npt.NDArray[np.integer], reference: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        word = _mixed(self._words[probe] + self._words[reference])
        return np.asarray(word >> np.uint64(64 - self.zeros) == 0, np.bool_)

    def _settle(self) -> None:
        if self._waits:
            new = self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting)
            self._waiting, self._waits = [], 0
            new, often = _distinct(new, self._subjects**2 * self._width)
            if self._keys.size:
                both = np.concatenate([self._keys, new])
                order = np.argsort(both, kind="stable")  # which merges two runs that rise
                both, often = both[order], np.concatenate([self._counts, often])[order]
                starts = np.flatnonzero(np.diff(both, prepend=-1))
                new, often = both[starts], np.add.reduceat(often, starts)
            self._keys, self._counts = new, often
        while self._most is not None and _different(self._keys // self._width) > self._most:
            self.zeros += 1
            kept = self._kept(*np.divmod(self._keys // self._width, self._subjects))
            self._keys, self._counts = self._keys[kept], self._counts[kept]


def scaled_sums(
    nodes: Whole, total: int, found: Whole, own: Array, worst: float, complete: bool, listed: Whole | None = None
) -> PairSums:
    """Return sums of ``total`` events from the events and the trials of some pairs of people, scaled up.

    ``complete`` where those are all pairs, and ``listed`` the events of all pairs, where they are known.  ``worst`` are
    the most trials of any pair.
    """
    each, there = found.astype(np.float64), found.size
    share = total / each.sum() if there else 0.0
    squares, pairs = float(each @ each) * share, round(there * share)
    if listed is not None:
        seen = listed.astype(np.float64)
        squares, pairs = float(seen @ seen), seen.size
    # A pair has no more errors than trials.
    least, most = squares, total * max(worst, squares / max(total, 1))
    if complete or there >= SEEN:
        least = most = max(float(each @ own) * share, squares)
    return PairSums(nodes, total, squares, pairs, least, most)


def pair_keys(
    probe: npt.NDArray[np.integer], reference: npt.NDArray[np.integer], subjects: int, ordered: bool = False
) -> Whole:
    """Return a number for each pair of people, ``first * subjects + second``; unless ordered, the lower one first."""
    first = probe if ordered else np.minimum(probe, reference)
    key: Whole = first.astype(np.int64)
    key *= subjects
    key += reference if ordered else np.maximum(probe, reference)
    return key


def marks(subjects: int) -> Words:
    """Return a number for each subject of which no two sums are likely to agree by chance (splitmix64)."""
    return _mixed(np.arange(1, subjects + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15))


def _mixed(word: Words) -> Words:
    word = word ^ (word >> np.uint64(30))
    word *= np.uint64(0xBF58476D1CE4E5B9)
    word ^= word >> np.uint64(27)
    word *= np.uint64(0x94D049BB133111EB)
    word ^= word >> np.uint64(31)
    return word


def _different(rising: Whole) -> int:
    return int(np.count_nonzero(np.diff(rising, prepend=-1)))


def _distinct(keys: Whole, limit: int) -> tuple[Whole, Whole]:
    """Return each key once, rising, and how often it stands; all keys are below a limit."""
    if limit <= min(DENSE, 8 * keys.size):
        counted = np.bincount(keys, minlength=1)
        found = np.flatnonzero(counted)
        return found, counted[found].astype(np.int64)
    found, often = np.unique(keys, return_counts=True)
    return found, often.astype(np.int64)


def sides(pairs: Comparisons | Stream, mated: bool) -> Iterator[Side]:
    """Yield the mated or the non-mated comparisons, piece by piece where they are a stream."""
    if isinstance(pairs, Comparisons):
        yield pairs.mated if mated else pairs.non_mated
        return
    yield from (side for kind, side in chunks(pairs) if kind == mated and side.score.size)


def named_sides(pairs: Comparisons | Stream, mated: bool) -> Iterator[tuple[Scores, Codes, Codes]]:
    """Yield scores, probe subjects and reference subjects of `sides`."""
    for side in sides(pairs, mated):
        if side.probe is None or side.reference is None:
            raise nameless()
        yield side.score, side.probe, side.reference


def subjects_of(pairs: Comparisons | Stream) -> int:
    """Return how many people there are, or refuse comparisons that name none."""
    if pairs.people is None:
        raise nameless()
    return pairs.people.count


def nameless() -> MisidError:
    """Return the error for comparisons that name no subjects."""
    return MisidError(
        "the comparisons name no subjects, so errors cannot be counted per pair of subjects; "
        "give probe_subject and reference_subject"
    )


def pair_trials(pairs: Comparisons | Stream, mated: bool) -> PairCounts:
    """Count the comparisons with a score of each pair of subjects; mated pairs have the same subject twice."""
    tally = PairTally(subjects_of(pairs), 1, ordered=True)
    for _, probe, reference in named_sides(pairs, mated):
        tally.add(probe, reference, np.broadcast_to(np.int64(0), probe.shape))
    return tally.counted().above(-1)


def pair_errors(pairs: Comparisons | Stream, threshold: float, mated: bool) -> PairCounts:
    """Count the errors of each pair of subjects at a threshold: mated scores below it, or non-mated ones not below."""
    return pair_errors_at(pairs, [threshold], mated)[0]


def pair_errors_at(pairs: Comparisons | Stream, thresholds: Sequence[float], mated: bool) -> list[PairCounts]:
    """Count the errors of each pair of subjects at each threshold, rounded to float32, in one pass."""
    order, place = np.unique(np.asarray(thresholds, np.float32), return_inverse=True)
    tally = PairTally(subjects_of(pairs), order.size + 1, ordered=True)
    for score, probe, reference in named_sides(pairs, mated):
        hit = np.flatnonzero(score < order[-1] if mated else score >= order[0])
        tally.add(probe[hit], reference[hit], np.searchsorted(order, score[hit], side="right"))
    found = tally.counted()
    each = [found.up_to(k) if mated else found.above(k) for k in range(order.size)]
    return [each[k] for k in place]


class ListedPairs:
    """Trials and errors of comparisons in memory at some thresholds: every pair of people is listed."""

    def __init__(self, pairs: Comparisons | Stream, thresholds: Sequence[float]) -> None:
        self._tried = {True: pair_trials(pairs, True), False: pair_trials(pairs, False).compact()}
        self._errors = {
            (float(np.float32(t)), mated): table
            for mated in (True, False)
            for t, table in zip(thresholds, pair_errors_at(pairs, thresholds, mated), strict=True)
        }

    def tried(self, mated: bool) -> TrialCounts:
        """Return the trials of people."""
        return self._tried[mated]

    def errors(self, threshold: float, mated: bool) -> PairCounts | PairSums:
        """Return the errors of people at one of the thresholds."""
        return self._errors[float(np.float32(threshold)), mated]


class SummedPairs:
    """Trials and errors of people at some thresholds, and parts of the area, added up in one pass.

    ``residuals`` are what a mated and a non-mated score of each cell of `misid.evaluation.comparisons.steps` adds to
    the area under the curve, each of shape (CELLS,).
    """

    def __init__(
        self, pairs: Comparisons | Stream, thresholds: Sequence[float], steps: Steps, residuals: Sequence[Array]
    ) -> None:
        self.subjects = m = subjects_of(pairs)
        self._thresholds, self._of = np.unique(np.asarray(thresholds, np.float32)), residuals
        width = self._thresholds.size + 1
        # How many thresholds a score of each cell reaches, where all of a cell's scores reach as many.
        edges = keys(self._thresholds) >> LOW
        self._reached = np.searchsorted(edges, np.arange(CELLS, dtype=np.uint32), side="left").astype(np.int64)
        self._reached[edges] = _SEVERAL
        # Mated comparisons of each subject, and non-mated ones on either side, that reach so many thresholds, no more.
        self.mated, self.other = (np.zeros((width, m), np.int64) for _ in range(2))
        self.probes = np.zeros(m, np.int64)  # comparisons with a score of each probe subject
        self.lost: Whole | None = np.zeros(
            (2, m), np.int64
        )  # without one, mated and not; None where owners are unknown
        self.residuals, self.squares = np.zeros(m), 0.0  # of each subject; squares of single non-mated comparisons
        # Non-mated comparisons of each pair, where a table of all fits, in 32 bits; else of some pairs, and of all
        # pairs with errors from the first threshold on that few comparisons reach.
        dense = m**2 * width <= DENSE
        self._table = np.zeros((width, m**2), np.int32) if dense else None
        some, errors = (None, None) if dense else (PairTally(m, width, most=KEPT), PairTally(m, width))
        passed = [int(steps.passed[steps.at(float(t))]) for t in self._thresholds]
        self.listed_from = next((k for k, n in enumerate(passed) if n <= LISTED), len(passed))
        # Loading numba takes longer than adding up few comparisons.
        self._fast = steps.n_mated + steps.n_non_mated >= COMPILED and compiled.load()
        for mated, side in chunks(pairs):
            self._add(side, mated, some, errors)
        if self._table is not None:  # from here on: of those that reach so many or more
            for k in range(width - 1, 0, -1):
                self._table[k - 1] += self._table[k]
        self.some = None if some is None else some.counted()
        self.complete = some is None or some.zeros == 0  # whether all pairs of people are known, not some
        self._listed = None if errors is None else errors.counted()
        self._moments: dict[int, PairSums] = {}
        self._tried = {mated: self._trials(mated) for mated in (True, False)}

    def tried(self, mated: bool) -> TrialCounts:
        """Return the trials of people."""
        return self._tried[mated]

    def _trials(self, mated: bool) -> TrialCounts:
        if mated:
            return PairCounts.of_people(self.mated.sum(axis=0))
        if self._table is not None:
            return self._of_table(-1).compact()
        nodes = self.other.sum(axis=0)
        total = int(nodes.sum()) // 2
        each = self._tried_some.count.astype(np.float64)
        scale = total / each.sum() if total else 0.0
        return PairSums(nodes, total, float(each @ each) * scale, max(round(each.size * scale), 1))

    def errors(self, threshold: float, mated: bool) -> PairCounts | PairSums:
        """Return the errors of people at one of the thresholds."""
        k = self._place(threshold)
        if mated:
            return PairCounts.of_people(self.mated[: k + 1].sum(axis=0))
        if self._table is not None:
            return self._of_table(k)
        if k not in self._moments:  # without each person's, which would take room if they were kept
            self._moments[k] = self._summed(int(self.other[k + 1 :].sum()) // 2, k)
        return self._moments[k]._replace(nodes=self.other[k + 1 :].sum(axis=0))

    @property
    def all_mated(self) -> Whole:
        """Mated comparisons of each subject: shape (M,)."""
        return np.asarray(self.mated.sum(axis=0), np.int64)

    def missed(self, threshold: float) -> Whole:
        """Return the mated errors of each subject at one of the thresholds: shape (M,)."""
        return np.asarray(self.mated[: self._place(threshold) + 1].sum(axis=0), np.int64)

    def _place(self, threshold: float) -> int:
        return int(np.searchsorted(self._thresholds, np.float32(threshold)))

    def _of_table(self, k: int) -> PairCounts:
        assert self._table is not None
        counts = self._table[k + 1]
        at = np.flatnonzero(counts)
        return PairCounts.of_keys(at, counts[at], self.subjects)

    @cached_property
    def _tried_some(self) -> PairCounts:
        assert self.some is not None
        return self.some.above(-1)

    def _summed(self, total: int, k: int) -> PairSums:
        nodes = np.empty(0, np.int64)
        if not total:
            return PairSums(nodes, 0, 0.0, 0)
        assert self.some is not None
        assert self._listed is not None
        found, tried = self.some.above(k), self._tried_some
        own = tried.count[np.searchsorted(tried.keys, found.keys)].astype(np.float64)
        # Few pairs have more trials than any of those that were kept.
        worst = float(tried.count.max(initial=0))
        seen = self._listed.above(k).count if k >= self.listed_from and not self.complete else None
        return scaled_sums(nodes, total, found.count, own, worst, self.complete, seen)

    def _add(self, side: Side, mated: bool, some: PairTally | None, errors: PairTally | None) -> None:
        if side.failed_probe is None:
            self.lost = None if side.failed else self.lost
        elif self.lost is not None:
            np.add.at(self.lost[0 if mated else 1], side.failed_probe, 1)
        if not side.score.size:
            return
        probe, reference = side.probe, side.reference
        if probe is None or reference is None:
            raise nameless()
        np.add.at(self.probes, probe, 1)
        into, fast = self.mated if mated else self.other, self._fast and side.score.dtype == np.float32
        reached, residual = self._placed(side.score, self._of[0 if mated else 1], fast)
        for who in (probe,) if mated else (probe, reference):
            if fast:
                compiled.add_up(who, reached, residual, into, self.residuals)
            else:
                np.add.at(self.residuals, who, residual)
                np.add.at(into.reshape(-1), reached * self.subjects + who, 1)
        if mated:
            return
        # Not by a product: how that is rounded depends on how many threads take part.
        self.squares += float(np.square(residual).sum())
        if self._table is not None:
            key = reached * self.subjects + probe
            key *= self.subjects
            np.add.at(self._table.reshape(-1), key + reference, 1)
        if some is not None and errors is not None:
            (some.add_compiled if fast else some.add)(probe, reference, reached)
            at = np.flatnonzero(reached > self.listed_from)
            if at.size:
                errors.add(probe[at], reference[at], reached[at])

    def _placed(self, score: Scores, of: Array, fast: bool) -> tuple[Whole, Array]:
        """Return how many thresholds each score reaches, and what it adds to the area."""
        if fast:
            reached, residual = np.empty(score.size, np.int64), np.empty(score.size)
            bits = np.ascontiguousarray(score).view(np.uint32)
            compiled.place(score, bits, self._reached, self._thresholds, of, reached, residual)
            return reached, residual
        cell = keys(score) >> np.uint32(LOW)
        reached = self._reached[cell]
        unsure = np.flatnonzero(reached == _SEVERAL)
        reached[unsure] = np.searchsorted(self._thresholds, score[unsure], side="right")
        return reached, of[cell]
