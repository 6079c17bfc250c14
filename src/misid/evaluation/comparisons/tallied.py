"""Comparisons of which one pass over all templates kept counts: what figures and their intervals take from those.

Rates are exact of the scores on their grid, and so is everything that rests on mated comparisons or on the highest
non-mated ones, which are listed.  Below the list a person's own non-mated comparisons are known at a few levels.
Between two levels they are taken to be spread as everybody's are, and how they bunch by pairs of people is taken from a
random part of the people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np

from misid.evaluation.comparisons.conventions import Point
from misid.evaluation.comparisons.counts import PairTally, Reached, scaled_sums
from misid.evaluation.comparisons.steps import Steps, Whole, keys
from misid.evaluation.contract import Codes, Comparisons, People, Scores, Stream
from misid.search import COARSE, AllPairs, PairList
from misid.statistics import Array, CrossCounts, PairCounts, PairSums
from misid.vocabulary.catalogue import say


@dataclass(frozen=True, eq=False)
class TalliedPairs:
    """Comparisons of all templates, counted; ``failed_probe`` are the subjects of probe samples without a template."""

    tally: AllPairs
    people: People
    failed_probe: Codes

    @classmethod
    def of(cls, tally: AllPairs, people: People, failed_probe: Codes) -> TalliedPairs:
        """Return them; people without any template are counted too."""
        more = people.count - tally.probes.size
        probes, references = (np.pad(side, (0, more)) for side in (tally.probes, tally.references))
        sums = None if tally.sums is None else np.pad(tally.sums, (0, more))
        over = np.pad(tally.over, ((0, 0), (0, more)))
        return cls(
            replace(tally, over=over, sums=sums, probes=probes, references=references),
            people,
            failed_probe,
        )

    def words(self) -> list[str]:
        """Say how they were counted."""
        words = [say("reading.tallied.grid", bits=self.tally.grid.bits)]
        if self.n_listed < self.trials.total:
            levels = self._edges.size - 2
            words.append(say("reading.tallied.listed", n=self.n_listed, lowest=self.lowest_listed, levels=levels))
        return words

    @cached_property
    def steps(self) -> Steps:
        """Both distributions, a step for each score that occurs."""
        grid, non_mated = self.tally.grid, self.tally.histogram
        mated = np.bincount(self.tally.mated.code - grid.lowest, minlength=grid.cells)
        at = np.flatnonzero(mated | non_mated)
        failed = self.failed
        return Steps(
            keys(grid.score(at + grid.lowest)),
            mated[at],
            non_mated[at],
            np.ones(at.size, np.bool_),
            int(failed[0].sum()),
            int(failed[1].sum()),
        )

    @cached_property
    def failed(self) -> Whole:
        """Comparisons without a score, mated and non-mated, of each failed probe: shape (2, f)."""
        own = self.tally.references[self.failed_probe]
        return np.stack([own, self.tally.references.sum() - own])

    @cached_property
    def trials(self) -> CrossCounts:
        """Non-mated comparisons by pair of people."""
        return CrossCounts(self.tally.probes, self.tally.references, self.tally.same)

    @cached_property
    def mated_trials(self) -> PairCounts:
        """Mated comparisons of each person."""
        return PairCounts.of_people(np.bincount(self.tally.mated.probe, minlength=self.people.count))

    def code(self, threshold: float) -> int:
        """Return the lowest code whose score is at or above a threshold, rounded to float32."""
        return int(self.tally.grid.reaching(threshold))

    def lists(self, threshold: float) -> bool:
        """Return whether all non-mated comparisons at or above a threshold are listed."""
        return self.code(threshold) >= self.tally.tail_from

    @property
    def n_listed(self) -> int:
        """Non-mated comparisons that are listed."""
        return int(self.tally.tail.code.size)

    @property
    def lowest_listed(self) -> float:
        """Score from which on they are."""
        return float(self.tally.grid.score(self.tally.tail_from))

    def passed(self, threshold: float) -> int:
        """Return how many non-mated comparisons are at or above a threshold."""
        return int(self.steps.passed[self.steps.at(threshold)])

    def listed(self, threshold: float) -> PairList:
        """Return the listed non-mated comparisons at or above a threshold."""
        at = np.flatnonzero(self.tally.tail.code >= self.code(threshold))
        return PairList(*(of[at] for of in self.tally.tail))

    def scores(self, listed: PairList) -> Scores:
        """Return the scores of listed comparisons."""
        return self.tally.grid.score(listed.code)

    def nth_listed(self, n: int) -> float:
        """Return the n-th highest score of the list, or its lowest if it is shorter."""
        code = self.tally.tail.code
        place = max(code.size - n, 0)
        return float(self.tally.grid.score(np.partition(code, place)[place])) if code.size else np.inf

    def mean_scores(self) -> tuple[Array, Array]:
        """Return the mean mated and the mean non-mated score of each subject; NaN where there is none."""
        own, n_own, grid = self.tally.mated, self.mated_trials.by_person(), self.tally.grid
        mated = np.bincount(own.probe, grid.score(own.code), self.people.count)
        others, n_others = self.tally.sums, self.trials.by_person()
        if others is None:
            others = self.by_person(grid.score(grid.lowest + np.arange(grid.cells)).astype(np.float64))
        mean = [np.where(n > 0, of / np.maximum(n, 1), np.nan) for of, n in ((mated, n_own), (others, n_others))]
        return mean[0], mean[1]

    def errors(self, threshold: float, mated: bool) -> PairCounts | None:
        """Return the errors of each pair of people at a threshold; None where not all of them are listed."""
        subjects = self.people.count
        if mated:
            own = self.tally.mated
            return PairCounts.of_people(np.bincount(own.probe[own.code < self.code(threshold)], minlength=subjects))
        if not self.lists(threshold):
            return None
        found = self.listed(threshold)
        return PairCounts(found.probe, found.reference, np.ones(found.code.size, np.int64), subjects).merged()

    def by_person(self, value: Array) -> Array:
        """Return, of each subject, the sum of what the non-mated comparisons are worth, given by code: shape (M,)."""
        tail, subjects = self.tally.tail, self.people.count
        worth = value[tail.code - self.tally.grid.lowest]
        out: Array = np.zeros(subjects)
        for side in (tail.probe, tail.reference):
            out += np.bincount(side, worth, subjects)
        count, edge = self.tally.histogram, self._edges - self.tally.grid.lowest
        for k in range(edge.size - 1):
            band = slice(edge[k], edge[k + 1])
            number = count[band].sum()
            if number:
                out += (self._reach[k] - self._reach[k + 1]) * float(count[band] @ value[band] / number)
        return out

    def nodes(self, threshold: float, total: int) -> Whole:
        """Return the non-mated comparisons of each subject at or above a threshold below the list, ``total`` in all."""
        k = int(np.searchsorted(self._edges, self.code(threshold), side="right")) - 1
        low: Whole = self._reach[k]
        high: Whole = self._reach[k + 1]
        between = low - high
        if not between.any():
            return high
        share = (2 * total - int(high.sum())) / int(between.sum())
        return _whole(high + share * between, 2 * total)

    def knots(self, band: Sequence[Point]) -> list[float]:
        """Return thresholds for a band, of some that lie even: the listed ones, and levels below them."""
        levels = self.tally.grid.at_level(self.tally.levels)
        return sorted({float(t) for t in levels} | {at.threshold for at in band if self.lists(at.threshold)})

    @cached_property
    def _edges(self) -> Whole:
        """Codes from which on each subject's comparisons are counted: the lowest, levels below the list, its start."""
        levels = self.tally.levels.astype(np.int64) << COARSE
        start = self.tally.grid.lowest
        between = levels[(levels < self.tally.tail_from) & (levels > start)]
        return np.concatenate([[start], between, [self.tally.tail_from]]).astype(np.int64)

    @cached_property
    def _reach(self) -> Whole:
        """Non-mated comparisons of each subject at or above each edge: shape (edges, M)."""
        levels = self.tally.levels.astype(np.int64) << COARSE
        tail, subjects = self.tally.tail, self.people.count
        listed = np.bincount(tail.probe, minlength=subjects) + np.bincount(tail.reference, minlength=subjects)
        known = self.tally.over[np.isin(levels, self._edges[1:-1])]
        return np.concatenate([self.trials.by_person()[None], known, listed[None]])


Known: TypeAlias = Comparisons | TalliedPairs  # the highest comparisons are at hand, with whose they are
AnyPairs: TypeAlias = Known | Stream


def _whole(value: Array, total: int) -> Whole:
    """Round to whole numbers that add up to a total."""
    out = np.floor(value).astype(np.int64)
    short = total - int(out.sum())
    out[np.argsort(out - value, kind="stable")[:short]] += 1
    return out


class TalliedCounts:
    """Trials and errors of people at some thresholds, and parts of the area, from tallied comparisons."""

    def __init__(self, pairs: TalliedPairs, thresholds: Sequence[float], area: float) -> None:
        self._pairs, self._area = pairs, area
        tally, subjects = pairs.tally, pairs.people.count
        self._codes = np.unique([pairs.code(threshold) for threshold in thresholds])
        self._mated = _reached(tally.mated, self._codes, subjects, (tally.mated.probe,))
        self._listed = _reached(tally.tail, self._codes, subjects, (tally.tail.probe, tally.tail.reference))
        self._tried: dict[bool, PairCounts | PairSums] = {
            True: PairCounts.of_people(self._mated[0]),
            False: pairs.trials.sums(),
        }
        self._summed: dict[int, PairSums] = {}
        self.lost = np.zeros((2, subjects), np.int64)  # comparisons without a score of each probe subject
        for kind in (0, 1):
            np.add.at(self.lost[kind], pairs.failed_probe, pairs.failed[kind])

    def tried(self, mated: bool) -> PairCounts | PairSums:
        """Return the trials of people."""
        return self._tried[mated]

    def errors(self, threshold: float, mated: bool) -> PairCounts | PairSums:
        """Return the errors of people at one of the thresholds."""
        if mated:
            return PairCounts.of_people(self.missed(threshold))
        k = self._place(threshold)
        if k not in self._summed:
            total = self._pairs.passed(threshold)
            if self._pairs.lists(threshold):
                found, nodes = self._by_pair.above(k), self._listed[k + 1]
            else:
                found, nodes = self._of_some.above(k), self._pairs.nodes(threshold, total)
            self._summed[k] = self._scaled(found, nodes, total, self._pairs.lists(threshold))
        return self._summed[k]

    def missed(self, threshold: float) -> Whole:
        """Return the mated errors of each subject at one of the thresholds: shape (M,)."""
        return np.asarray(self._mated[0] - self._mated[self._place(threshold) + 1], np.int64)

    @property
    def all_mated(self) -> Whole:
        """Mated comparisons of each subject: shape (M,)."""
        return np.asarray(self._mated[0], np.int64)

    @property
    def probes(self) -> Whole:
        """Comparisons with a score of each probe subject, shape (M,); of one set with itself, the first of the two."""
        tally = self._pairs.tally
        others = tally.references.sum() - tally.references
        if tally.same:
            others = others - np.cumsum(tally.references) + tally.references
        return np.asarray(self.all_mated + tally.probes * others, np.int64)

    @cached_property
    def residuals(self) -> Array:
        """What each subject adds to the area beyond a fair share, as `misid.evaluation.comparisons.area.residuals`."""
        tally, (mated, other) = self._pairs.tally, self._worth
        own = mated[tally.mated.code - tally.grid.lowest]
        return np.bincount(tally.mated.probe, own, self.lost.shape[1]) + self._pairs.by_person(other)

    @cached_property
    def squares(self) -> float:
        """Squares of what single non-mated comparisons add, summed."""
        other = self._worth[1]
        return float(self._pairs.tally.histogram @ np.square(other))

    @cached_property
    def _worth(self) -> tuple[Array, Array]:
        """What a mated, and a non-mated, score of each code adds to the area."""
        tally = self._pairs.tally
        mated = np.bincount(tally.mated.code - tally.grid.lowest, minlength=tally.grid.cells)
        n_mated, n_other = int(mated.sum()), int(tally.histogram.sum())
        lower = np.cumsum(tally.histogram) - tally.histogram / 2
        upper = n_mated - np.cumsum(mated) + mated / 2
        return (lower / n_other - self._area) / n_mated, (upper / n_mated - self._area) / n_other

    @cached_property
    def _by_pair(self) -> Reached:
        return _pairs_reached(self._pairs.tally.tail, self._codes, self._pairs.people.count)

    @cached_property
    def _of_some(self) -> Reached:
        return _pairs_reached(self._pairs.tally.sample, self._codes, self._pairs.people.count)

    def _scaled(self, found: PairCounts, nodes: Whole, total: int, whole: bool) -> PairSums:
        trials = self._pairs.trials
        own = trials.of_pairs(found.first, found.second)
        worst = float(trials.probe.max(initial=0) * trials.reference.max(initial=0) * (1 if trials.unordered else 2))
        return scaled_sums(nodes, total, found.count, own, worst, whole)

    def _place(self, threshold: float) -> int:
        return int(np.searchsorted(self._codes, self._pairs.code(threshold)))


def _reached(pairs: PairList, codes: Whole, subjects: int, sides: Sequence[Codes]) -> Whole:
    """Return the comparisons of each subject, on some sides, that reach at least 0, 1 ... of some rising codes."""
    base = np.searchsorted(codes, pairs.code, side="right") * subjects
    size = (codes.size + 1) * subjects
    exactly = sum(np.bincount(base + side, minlength=size) for side in sides)
    return np.asarray(np.reshape(exactly, (-1, subjects))[::-1].cumsum(axis=0)[::-1], np.int64)


def _pairs_reached(pairs: PairList, codes: Whole, subjects: int) -> Reached:
    """Return comparisons by pair of people and by how many of some rising codes they reach."""
    tally = PairTally(subjects, codes.size + 1)
    tally.add(pairs.probe, pairs.reference, np.searchsorted(codes, pairs.code, side="right"))
    return tally.counted()
