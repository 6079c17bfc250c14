"""Counts by pair of people, and what people do to a rate: somebody who is easily mistaken is in many pairs at once.

A comparison belongs to two people, so comparisons that share one are not independent.  All sums here are over people
and over pairs of people; only with few people and many pairs is a table of all pairs filled (`_LARGEST`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.statistics.ranges import Array, within

Codes = npt.NDArray[np.int32]
Whole = npt.NDArray[np.int64]
_Fold = Callable[[Any], Any]  # of an index of some people, to a sum over them

UNIT = 64.0  # weights are whole numbers, on average this large, so that sums are exact in any order
_CELLS = 1 << 21  # weights held at once
_DENSE = 0.04  # share of filled pairs from which a full table is faster than a sparse one
_LARGEST = 4096  # people in a full table
_WORDS = 4  # draws of one block


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Events, or trials, by pair of people: whole numbers in rows that add up, in any order, to the last unit.

    People are numbered from 0, on both sides alike; a mated pair has the same person twice.  Only pairs that have any
    are listed.  Rows of one pair add up, so the counts of parts (blocks of a stream, tiles) become those of the whole
    by ``+``; `merged` gives each pair one row.  Statistics take (a, b) and (b, a) for one pair of people.

    Where pairs are too many to be listed, `CrossCounts` and `PairSums` stand for the same counts in less room; all
    three have ``subjects``, ``total`` and ``by_person``.
    """

    first: Codes  # probe subjects, shape (n,)
    second: Codes  # reference subjects, shape (n,)
    count: Whole  # of that pair, shape (n,)
    subjects: int  # people in all (M)

    @classmethod
    def of_people(cls, count: npt.NDArray[np.integer]) -> PairCounts:
        """Return counts of each person with himself, from an array of shape (M,)."""
        who = np.flatnonzero(count).astype(np.int32)
        return cls(who, who, count[who].astype(np.int64), count.size)

    @classmethod
    def of_keys(cls, keys: Whole, count: npt.NDArray[np.integer], subjects: int) -> PairCounts:
        """Return counts of pairs that are numbered ``first * subjects + second``."""
        first, second = np.divmod(keys, np.int64(max(subjects, 1)))
        return cls(first.astype(np.int32), second.astype(np.int32), count.astype(np.int64, copy=False), subjects)

    @property
    def total(self) -> int:
        """Sum over all pairs."""
        return int(self.count.sum())

    @property
    def keys(self) -> Whole:
        """Number of each row's pair, ``first * subjects + second``."""
        return self.first.astype(np.int64) * self.subjects + self.second

    def __add__(self, other: PairCounts) -> PairCounts:
        first, second = np.concatenate([self.first, other.first]), np.concatenate([self.second, other.second])
        return PairCounts(first, second, np.concatenate([self.count, other.count]), self.subjects)

    def times(self, by: int) -> PairCounts:
        """Return every count times a whole number, which may be negative."""
        return PairCounts(self.first, self.second, self.count * by, self.subjects)

    def rows(self, which: npt.NDArray[np.integer] | npt.NDArray[np.bool_]) -> PairCounts:
        """Return some of the rows."""
        return PairCounts(self.first[which], self.second[which], self.count[which], self.subjects)

    def merged(self) -> PairCounts:
        """Return the same counts with one row for each pair, by first person, then second."""
        keys, place = np.unique(self.keys, return_inverse=True)
        # Whole numbers below 2**53 add up exactly in float64.
        return PairCounts.of_keys(keys, np.bincount(place, self.count, keys.size), self.subjects)

    def by_person(self) -> Whole:
        """Return the sum over the pairs of each person, shape (M,); a mated pair counts once."""
        other = self.first != self.second
        sums = np.bincount(self.first, self.count, self.subjects)
        sums += np.bincount(self.second[other], self.count[other], self.subjects)
        return sums.astype(np.int64)

    def by_pair(self) -> tuple[Whole, Array]:
        """Return keys (lower person first) and counts of pairs without an order, each once."""
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        keys, place = np.unique(low.astype(np.int64) * self.subjects + high, return_inverse=True)
        sums: Array = np.bincount(place, self.count, keys.size).astype(np.float64)
        return keys, sums

    def compact(self) -> PairCounts | CrossCounts:
        """Return merged counts by sides, if every probe sample met every reference sample of others; else as they are.

        Quicker to weigh, and as large as the people instead of the pairs.
        """
        if not self.count.size or (self.first == self.second).any():
            return self
        samples = np.zeros((2, self.subjects), np.int64)
        # The pair of the most trials shows one person of either side; their other trials show everybody else.
        top = int(np.argmax(self.count))
        i, j = int(self.first[top]), int(self.second[top])
        row, column = self.first == i, self.second == j
        g = int(np.gcd.reduce(self.count[row]))
        samples[1, self.second[row]] = self.count[row] // g
        if (self.count[column] % samples[1, j]).any():
            return self
        samples[0, self.first[column]] = self.count[column] // samples[1, j]
        # Person i as a reference, and j as a probe, are in neither: any pair with them will do.
        for side, person, mine, other in ((1, i, self.second, self.first), (0, j, self.first, self.second)):
            known = np.flatnonzero((mine == person) & (samples[1 - side, other] > 0))
            if known.size:
                samples[side, person] = self.count[known[0]] // samples[1 - side, other[known[0]]]
        if not np.array_equal(samples[0, self.first] * samples[1, self.second], self.count):
            return self
        found = CrossCounts(samples[0], samples[1])
        return found if found.total == self.total else self


@dataclass(frozen=True, eq=False)
class CrossCounts:
    """Trials of a full cross comparison: every probe sample with every reference sample of other people.

    Person i has ``probe[i] * reference[j]`` trials with another person j; arrays have shape (M,).  With ``unordered``
    both sides are the same samples, and two of them are compared once, not twice.  With ``group`` only trials of two
    people of one group count, or those of two groups if ``apart``.
    """

    probe: Whole
    reference: Whole
    unordered: bool = False
    group: npt.NDArray[np.integer] | None = None  # of each person, from 0; shape (M,)
    apart: bool = False

    @property
    def subjects(self) -> int:
        """People in all (M)."""
        return self.probe.size

    @property
    def total(self) -> int:
        """Sum over all pairs."""
        both: int = self._over_pairs(*map(_summed, (self.probe, self.reference, self.probe * self.reference)))
        return both // 2 if self.unordered else both

    def by_person(self) -> Whole:
        """Return the sum over the pairs of each person, shape (M,)."""
        both: Whole = self.probe * self._met(self.reference) + self.reference * self._met(self.probe)
        return both // 2 if self.unordered else both

    def with_some(self, some: npt.NDArray[np.bool_]) -> Whole:
        """Return the sum over each person's pairs with some of the people, shape (M,)."""
        probe, reference = (np.where(some, side, 0) for side in (self.probe, self.reference))
        both: Whole = self.probe * (reference.sum() - reference) + self.reference * (probe.sum() - probe)
        return both // 2 if self.unordered else both

    def compact(self) -> CrossCounts:
        """Return itself: there is no shorter form."""
        return self

    def of_pairs(self, first: npt.NDArray[np.integer], second: npt.NDArray[np.integer]) -> Array:
        """Return the trials of pairs of two people without an order."""
        p, r = self.probe.astype(np.float64), self.reference.astype(np.float64)
        tried: Array = p[first] * r[second]
        if not self.unordered:
            tried += p[second] * r[first]
        return tried if self.group is None else tried * ((self.group[first] != self.group[second]) == self.apart)

    def sums(self) -> PairSums:
        """Return the same, added up by person."""
        p, r = self.probe.astype(np.float64), self.reference.astype(np.float64)
        on_either, on_both = (p > 0, r > 0), (p > 0) & (r > 0)
        compared = self._over_pairs(*map(_summed, (*on_either, on_both)))
        compared -= self._over_pairs(*map(_summed, (on_both,) * 3)) // 2
        # Sums over i < j of (p_i r_j)^2, or of (p_i r_j + p_j r_i)^2, from sums over people.
        own = p * r
        square = self._over_pairs(*map(_summed, (p * p, r * r, own * own))) / (2 if self.unordered else 1)
        if not self.unordered:
            square += self._over_pairs(*map(_summed, (own, own, own * own)))
        return PairSums(self.by_person(), self.total, square, compared)

    def weighted(self, w: Array) -> Array:
        """Return the sums with each pair weighted by the product of its people's weights (M, b): shape (b,)."""
        p, r = self.probe.astype(np.float64), self.reference.astype(np.float64)
        both: Array = self._over_pairs(
            lambda of: p[of] @ w[of], lambda of: r[of] @ w[of], lambda of: (p * r)[of] @ np.square(w[of])
        )
        return both / 2 if self.unordered else both

    def _over_pairs(self, first: _Fold, second: _Fold, both: _Fold) -> Any:
        """Sum products of two numbers over ordered pairs of people that count, from sums over people.

        Of the numbers of some people, of the others, and of each person's two, multiplied.
        """
        everybody = slice(None)
        if self.group is None:
            return first(everybody) * second(everybody) - both(everybody)
        parts = [np.flatnonzero(self.group == g) for g in np.unique(self.group)]
        within = sum(first(of) * second(of) for of in parts)
        return first(everybody) * second(everybody) - within if self.apart else within - both(everybody)

    def _met(self, count: Whole) -> Whole:
        """Return, for each person, the sum over all others that count."""
        if self.group is None:
            return np.asarray(count.sum() - count)
        own = np.bincount(self.group, count)[self.group].astype(np.int64)
        return np.asarray(count.sum() - own if self.apart else own - count)


def _summed(count: npt.NDArray[Any]) -> _Fold:
    return lambda some: count[some].sum().item()


class PairSums(NamedTuple):
    """Events, or trials, added up by person, with sums of squares over pairs: for pairs too many to be listed.

    All pairs are of two people.  The sum of squared residuals of pairs, ``squares - 2 F crossed + F^2 squares of
    trials``, is known between two bounds, as the sum over pairs of events times trials lies from ``least`` to ``most``
    (of no meaning for trials); `clustered_rate` takes from each bound the one that leaves more variance.
    """

    nodes: Whole  # of the pairs of each person, shape (M,)
    total: int  # over all pairs
    squares: float  # sum over pairs without an order of what belongs to each, squared
    pairs: int  # pairs without an order that have any
    least: float = 0.0
    most: float = 0.0

    @property
    def subjects(self) -> int:
        """People in all (M)."""
        return self.nodes.size

    def by_person(self) -> Whole:
        """Return the sum over the pairs of each person, shape (M,)."""
        return self.nodes

    def without(self, events: PairSums) -> PairSums:
        """Return the trials, of which these are, that had no event."""
        squares = self.squares - events.least - events.most + events.squares
        return PairSums(
            self.nodes - events.nodes,
            self.total - events.total,
            max(squares, 0.0),
            self.pairs,
            self.squares - events.most,
            self.squares - events.least,
        )


EventCounts: TypeAlias = PairCounts | PairSums
TrialCounts: TypeAlias = PairCounts | CrossCounts | PairSums


class ClusteredRate(NamedTuple):
    """A rate and what people do to it."""

    value: float  # events over trials
    variance: float  # with everything that people share; never below that of independent pairs, or trials
    plain: float  # what it would be if trials were independent: value (1 - value) / trials
    between: float  # what it has because different pairs share people, at least 0; 0 where all pairs are mated
    # By how much the rate would fall without each person who has trials (leave one out), shape (k,).
    nodes: Array
    people: int  # who have trials
    events: int
    trials: int
    pairs: int  # of people compared, in either order
    squares: float  # of the events of pairs without an order, summed; over events, it tells how bunched they are
    bunch_worst: float  # trials of the pair that a trial belongs to, on average: as if all of a pair failed together
    sharing: float  # sum over people of the squared share of trials of two people that they take part in; near 4 / M


def clustered_rate(events: EventCounts, trials: TrialCounts) -> ClusteredRate:
    """Rate, its variance with all that people share, and each person's part; sums go with sums alone.

    With residuals ``e_d = events_d - F trials_d`` of the pairs of people d, all terms ``e_d e_d'`` of pairs that share
    somebody are added up: squared sums over people, less the squares of pairs, which two people each have counted.
    The leave-one-out jackknife keeps what is taken away here and overstates.

    Source: Fafchamps and Gubert, Journal of Development Economics 83 (2007); Aronow, Samii and Assenova, Political
    Analysis 23 (2015).
    """
    number = trials.total
    rates = _jackknifed(events.by_person()[None], trials.by_person(), [events.total], number)
    value, nodes, clustered, plain = rates.value[0], rates.nodes[0], rates.clustered[0], rates.plain[0]
    parts = _summed_squares(events, trials, value) if isinstance(events, PairSums) else _squares(events, trials, value)
    pairs_alone = (parts.mated + parts.other) / number**2
    twice = parts.other if parts.least is None else parts.least
    between = max(clustered - twice / number**2 - parts.mated / number**2, 0.0) if parts.shared else 0.0
    variance, k = max(clustered - twice / number**2, pairs_alone, plain), nodes.size
    seen = events.total, number, parts.pairs, parts.events, parts.trials / number
    return ClusteredRate(value, variance, plain, between, nodes, k, *seen, parts.shared)


def clustered_rates_by_person(events: Whole, trials: Whole) -> list[ClusteredRate]:
    """As `clustered_rate` of pairs in which everybody stands with himself, without looking for pairs.

    ``trials`` has shape (M,), ``events`` a row for each of k rates of the same trials: shape (k, M).
    """
    number, found = int(trials.sum()), events.sum(axis=1).tolist()
    rates = _jackknifed(events, trials, found, number)
    residual = events - np.array(rates.value)[:, None] * trials
    alone = np.square(residual, out=residual).sum(axis=1).tolist()
    squares, bunch = np.einsum("ij,ij->i", events, events).tolist(), float(trials @ trials) / number
    people = rates.nodes.shape[1]
    return [
        ClusteredRate(
            value, max(clustered, own / number**2, plain), plain, 0.0, nodes, people, seen, number, people,
            float(square), bunch, 0.0,
        )
        for value, nodes, clustered, plain, own, seen, square in zip(*rates, alone, found, squares, strict=True)
    ]  # fmt: skip


class _Jackknifed(NamedTuple):
    """Of k rates: value, each person's part of it, variance of their sum, and that of independent trials."""

    value: list[float]
    nodes: Array  # shape (k, people with trials)
    clustered: list[float]
    plain: list[float]


def _jackknifed(events: Whole, trials: Whole, found: Sequence[int], number: int) -> _Jackknifed:
    """Take people out of rates; ``events`` are of the pairs of each person, a row a rate, and ``found`` in all."""
    if number < 1:
        raise OutOfRange("trials", number, "at least 1")
    value = [one / number for one in found]
    there = np.flatnonzero(trials)
    share = trials[there] / number
    # One person in more than half of all trials says more about himself than leaving him out can tell.
    nodes = (events if there.size == trials.size else events[:, there]) / number
    nodes -= np.multiply.outer(value, share)
    nodes /= 1 - np.minimum(share, 0.5)
    k = there.size
    clustered = [float(row @ row) * (k - 1) / k if k > 1 else 0.0 for row in nodes]
    return _Jackknifed(value, nodes, clustered, [max(one * (1 - one), 0.0) / number for one in value])


class _Squares(NamedTuple):
    """Sums of squares over pairs of people without an order."""

    mated: float
    other: float
    events: float
    trials: float
    pairs: int
    shared: float
    least: float | None = None  # of `other`, where that is a bound


def _summed_squares(events: PairSums, trials: TrialCounts, value: float) -> _Squares:
    if not isinstance(trials, PairSums):
        raise TypeError(f"events as sums go with trials as sums, not with {type(trials).__name__}")
    share = trials.nodes / trials.total
    both = events.squares + value**2 * trials.squares
    return _Squares(
        0.0,
        max(both - 2 * value * events.least, 0.0),
        events.squares,
        trials.squares,
        trials.pairs,
        float(share @ share),
        max(both - 2 * value * events.most, 0.0),
    )


def _squares(events: PairCounts, trials: TrialCounts, value: float) -> _Squares:
    if isinstance(trials, PairSums):
        raise TypeError(f"trials as sums go with events as sums, not with {type(events).__name__}")
    keys, seen = events.by_pair()
    happened = float(seen @ seen)
    if isinstance(trials, CrossCounts):
        return _cross_squares(keys, seen, trials, value)
    wanted, tried = trials.by_pair()
    residual = -value * tried
    residual[np.searchsorted(wanted, keys)] += seen
    first, second = np.divmod(wanted, trials.subjects)
    apart = first != second
    squared = np.square(residual)
    number = tried.sum()
    of_two = np.bincount(np.concatenate([first[apart], second[apart]]), np.tile(tried[apart], 2)) / number
    return _Squares(
        float(squared[~apart].sum()),
        float(squared[apart].sum()),
        happened,
        float(tried @ tried),
        int(wanted.size),
        float(of_two @ of_two),
    )


def _cross_squares(keys: Whole, seen: Array, trials: CrossCounts, value: float) -> _Squares:
    tried, sums = trials.of_pairs(*np.divmod(keys, trials.subjects)), trials.sums()
    unseen = sums.squares - float(tried @ tried)
    share = sums.nodes / sums.total
    other = float(np.square(seen - value * tried).sum()) + value**2 * max(unseen, 0.0)
    return _Squares(0.0, other, float(seen @ seen), sums.squares, sums.pairs, float(share @ share))


def satterthwaite(nodes: Array) -> float:
    """Return the degrees of freedom of a sum of squares over people's parts: few where few carry most of it.

    From 1 to ``k - 1`` for k people.  Source: Satterthwaite, Biometrics Bulletin 2 (1946).
    """
    squares = np.square(nodes)
    k = max(nodes.size, 2)
    second, fourth = float(squares.sum()), float(np.square(squares).sum())
    excess = fourth - second**2 / k
    return float(k - 1) if excess <= 0 else max(1.0, float(min(k - 1, 2 * second**2 / excess)))


def upper_freedom(freedom: float) -> float:
    """Return the degrees of freedom of an upper end, whose side people's own rates are skewed to.

    Chosen on simulated data sets with gamma and lognormal rates of people (``tests/statistical``), not derived.
    """
    return max(min(0.4 * freedom, 0.5 * freedom - 3), 1.5)


def resampled_rates(
    tables: Sequence[tuple[PairCounts, PairCounts | CrossCounts]],
    *,
    seed: int,
    replicates: int = 2000,
    drawn_in: bool = True,
) -> Array:
    """Rates under resampled people, the same people for every table of events and trials: shape (tables, replicates).

    Each person has a positive weight, which depends on nothing but seed, person and replicate.  A pair of people has
    the product of their weights, a mated pair one person's weight.  NaN where a replicate has no trial.

    Products spread more than their parts: a pair of its own counts three times in the variance (Owen, Annals of
    Applied Statistics 1 (2007)), which makes intervals up to 1.7 times too wide where errors are rare.  ``drawn_in``
    moves replicates towards the rate, so that their spread is the standard error of `rate_interval`.

    Sums are of whole numbers below 2**53, so they are the same bytes whatever the order and the number of threads.
    """
    count = int(within("replicates", float(replicates), 1, below=True, whole=True))
    people = tables[0][1].subjects if tables else 0
    forms = [(_weighted(events), _weighted(trials)) for events, trials in tables]
    out = np.empty((len(tables), count))
    step = max(_WORDS, min(count, _CELLS // max(people, 1)) // _WORDS * _WORDS)
    for start in range(0, count, step):
        stop = min(start + step, count)
        drawn = _weights(people, seed, start, stop)
        for row, (events_of, trials_of) in enumerate(forms):
            tried = trials_of(drawn)
            found = np.full(stop - start, np.nan)
            out[row, start:stop] = np.divide(events_of(drawn), tried, out=found, where=tried > 0)
    if drawn_in:
        for rates, (events, trials) in zip(out, tables, strict=True):
            _draw_in(rates, clustered_rate(events, trials))
    return out


def _draw_in(row: Array, found: ClusteredRate) -> None:
    good = np.isfinite(row)
    wide = float(np.sqrt(np.square(row[good] - found.value).mean())) if good.any() else 0.0
    if wide > 0:
        row -= found.value
        row *= min(1.0, float(np.sqrt(found.variance)) / wide)
        row += found.value


def _weights(n: int, seed: int, start: int, stop: int) -> Array:
    """Weights of all people, shape (M, stop - start); ``start`` is a multiple of four."""
    out = np.empty((n, stop - start))
    ids = np.arange(n)
    for at in range(start, stop, _WORDS):
        here = out[:, at - start : at - start + _WORDS]
        drawn_at = uniforms(seed, Purpose.BOOTSTRAP, ids, at // _WORDS)[: here.shape[1]]
        here[:] = np.ceil(np.log(drawn_at.T) * -UNIT)
    return out


def _weighted(table: PairCounts | CrossCounts) -> Callable[[Array], Array]:
    """Return the function from weights, shape (M, b), to weighted sums of the table, shape (b,)."""
    if isinstance(table, CrossCounts):
        return table.weighted
    from scipy import sparse

    n, own = table.subjects, table.first == table.second
    self_pairs = np.bincount(table.first[own], table.count[own], n).astype(np.float64)
    pairs = sparse.csr_matrix(
        (table.count[~own].astype(np.float64), (table.first[~own], table.second[~own])), shape=(n, n)
    )
    matrix = pairs.toarray() if n <= _LARGEST and pairs.nnz > _DENSE * n * n else pairs

    def weighted(w: Array) -> Array:
        sums: Array = self_pairs @ w
        if pairs.nnz:
            sums = sums + np.einsum("ij,ij->j", w, matrix @ w)
        return sums

    return weighted
