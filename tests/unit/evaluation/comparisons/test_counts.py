"""Counts per pair of subjects are those that a loop over the comparisons finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import Block, Comparisons, People, Side, pair_errors, pair_errors_at, pair_trials
from misid.statistics import CrossCounts, PairCounts


def side(seed: int, n: int, subjects: int, mated: bool) -> Side:
    rng = np.random.default_rng(seed)
    probe = rng.integers(0, subjects, n).astype(np.int32)
    other = (probe + rng.integers(1, subjects, n).astype(np.int32)) % subjects
    score = np.round(rng.normal(size=n), 1).astype(np.float32)
    return Side(score, probe, probe.copy() if mated else other.astype(np.int32))


def pairs(subjects: int = 7) -> Comparisons:
    return Comparisons(side(1, 60, subjects, True), side(2, 500, subjects, False), People(subjects))


class Pieces:
    """The same comparisons in pieces of both classes, in an order of their own."""

    def __init__(self, whole: Comparisons, step: int) -> None:
        self.people = whole.people
        both = (whole.mated, whole.non_mated)
        order = np.random.default_rng(3).permutation(whole.mated.score.size + whole.non_mated.score.size)
        self.score = np.concatenate([s.score for s in both])[order]
        self.probe = np.concatenate([s.probe for s in both])[order]
        self.reference = np.concatenate([s.reference for s in both])[order]
        self.mated = (np.arange(order.size) < whole.mated.score.size)[order]
        self.step = step

    def scores_alone(self) -> Pieces:
        return self

    def blocks(self) -> Iterator[Block]:
        for start in range(0, self.score.size, self.step):
            part = slice(start, start + self.step)
            yield Block(self.score[part], self.mated[part], self.probe[part], self.reference[part])


def by_loop(of: Side, event: np.ndarray) -> dict[tuple[int, int], int]:
    return Counter((int(p), int(r)) for p, r, e in zip(of.probe, of.reference, event, strict=True) if e)


def as_dict(table: PairCounts) -> dict[tuple[int, int], int]:
    found = {(int(a), int(b)): int(n) for a, b, n in zip(table.first, table.second, table.count, strict=True)}
    assert len(found) == table.count.size, "a pair stands twice"
    assert list(found) == sorted(found)
    return found


@pytest.mark.parametrize("subjects", [7, 40_000])
def test_counts_are_those_of_a_loop(subjects: int) -> None:
    given = pairs(subjects)
    for mated, of in ((True, given.mated), (False, given.non_mated)):
        assert as_dict(pair_trials(given, mated)) == by_loop(of, np.ones(of.score.size, bool))
        for threshold in (-0.5, 0.3, np.float32(0.1)):
            t = np.float32(threshold)
            event = of.score < t if mated else of.score >= t
            assert as_dict(pair_errors(given, float(threshold), mated)) == by_loop(of, event)


def test_a_score_equal_to_the_threshold_is_accepted() -> None:
    one = Side(np.float32([0.1]), np.int32([0]), np.int32([0]))
    other = Side(np.float32([0.1]), np.int32([0]), np.int32([1]))
    given = Comparisons(one, other, People(2))
    assert pair_errors(given, 0.1, True).total == 0  # 0.1 in float64 is not the float32 nearest to it
    assert pair_errors(given, 0.1, False).total == 1


@pytest.mark.parametrize("step", [1, 37, 10_000])
def test_pieces_give_what_the_whole_gives(step: int) -> None:
    whole = pairs()
    stream = Pieces(whole, step)
    for mated in (True, False):
        assert as_dict(pair_trials(stream, mated)) == as_dict(pair_trials(whole, mated))
        assert as_dict(pair_errors(stream, 0.2, mated)) == as_dict(pair_errors(whole, 0.2, mated))


def test_comparisons_without_subjects_are_refused() -> None:
    bare = Comparisons(Side(np.float32([1])), Side(np.float32([0])))
    with pytest.raises(MisidError, match="name no subjects"):
        pair_trials(bare, True)


def test_many_thresholds_in_one_go() -> None:
    given, stream = pairs(), Pieces(pairs(), 91)
    asked = [0.5, -1.0, 0.2, 9.0, -9.0, 0.2]
    for mated in (True, False):
        one_by_one = [as_dict(pair_errors(given, t, mated)) for t in asked]
        assert [as_dict(table) for table in pair_errors_at(given, asked, mated)] == one_by_one
        assert [as_dict(table) for table in pair_errors_at(stream, asked, mated)] == one_by_one


def crossed(probe: np.ndarray, reference: np.ndarray) -> PairCounts:
    first, second = np.nonzero(np.outer(probe, reference) * ~np.eye(probe.size, dtype=bool))
    return PairCounts(first.astype(np.int32), second.astype(np.int32), probe[first] * reference[second], probe.size)


@pytest.mark.parametrize("seed", range(5))
def test_a_full_cross_is_told_by_its_sides(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probe, reference = rng.integers(0, 4, 12), rng.integers(0, 4, 12)
    table = crossed(probe, reference)
    found = table.compact()
    assert isinstance(found, CrossCounts)
    assert np.array_equal(np.outer(found.probe, found.reference)[table.first, table.second], table.count)
    assert found.total == table.total


def test_one_pair_fewer_is_no_full_cross() -> None:
    table = crossed(np.full(6, 2), np.full(6, 3))
    short = table.rows(np.arange(1, table.count.size))
    assert isinstance(short.compact(), PairCounts)
    other = PairCounts(table.first, table.second, table.count + (np.arange(table.count.size) == 4), 6)
    assert isinstance(other.compact(), PairCounts)


def test_infinite_scores_are_trials_of_a_stream_too() -> None:
    own, other = np.int32([0, 1, 2]), np.int32([1, 2, 0])
    odd = np.float32([np.inf, -np.inf, 0])
    whole = Comparisons(Side(odd, own, own), Side(odd, own, other), People(3))
    for mated in (True, False):
        assert as_dict(pair_trials(Pieces(whole, 2), mated)) == as_dict(pair_trials(whole, mated))
        assert pair_trials(whole, mated).total == 3
