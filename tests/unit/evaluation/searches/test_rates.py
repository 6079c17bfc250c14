"""Thresholds and rates by their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.evaluation import People, Searches
from misid.evaluation.searches import counts
from oracles.matrix_searches import matrix_searches
from oracles.search_rates import fnir, fpir, misid, selectivity


def by_hand(others, mate=None, rank=None, failed=None, depth=100):
    others = np.asarray(others, np.float32).reshape(len(others), -1)
    n = len(others)
    mated = np.array([False] * n if mate is None else [m is not None for m in mate])
    score = np.array([-np.inf if mate is None or m is None else m for m in mate or [None] * n], np.float32)
    places = np.array(rank or [0] * n, np.int32)
    failed = np.zeros(n, bool) if failed is None else np.array(failed)
    return Searches(
        np.arange(n, dtype=np.int32), mated, failed, score, places, places, others, 100, 100, depth, People(n)
    )


def count_at(best, threshold):
    return int((np.asarray(best, np.float32) >= np.float32(threshold)).sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("step", [0, 0.1, 1.0])
@pytest.mark.parametrize("target", [0.5, 0.1, 0.03])
def test_threshold_is_the_lowest_that_keeps_the_target(seed, step, target):
    best = np.random.default_rng(seed).normal(size=200)
    best = (np.round(best / step) * step if step else best).astype(np.float32)
    threshold = counts.threshold_for_fpir(best, target)
    assert count_at(best, threshold) <= target * 200
    assert count_at(best, np.nextafter(np.float32(threshold), np.float32(-np.inf))) > target * 200


def test_threshold_with_whole_targets():
    best = np.arange(10, dtype=np.float32)
    above = [np.nextafter(np.float32(x), np.float32(np.inf)) for x in (8, 6)]
    assert counts.threshold_for_fpir(best, 0.1) == above[0]
    assert counts.threshold_for_fpir(best, 0.3) == above[1]  # 0.3 * 10 is 3 here, whatever the last bit says
    assert counts.threshold_for_fpir(best, 0.09) is None


def test_threshold_above_ties_at_the_top():
    best = np.array([1.0] * 5 + [0.0] * 5, np.float32)
    threshold = counts.threshold_for_fpir(best, 0.3)
    assert threshold == np.nextafter(np.float32(1), np.float32(2))
    assert counts.threshold_for_fpir(best, 0.5) == np.nextafter(np.float32(0), np.float32(1))


def test_where_most_searches_return_nothing_the_threshold_is_the_lowest_score_of_all():
    best = np.array([0.5, 0.25, *[-np.inf] * 8], np.float32)
    assert counts.threshold_for_fpir(best, 0.1) == np.nextafter(np.float32(0.25), np.float32(1))
    assert counts.threshold_for_fpir(best, 0.3) == 0.25
    assert counts.threshold_for_fpir(best, 0.3, np.array([-np.inf, 0.125], np.float32)) == 0.125


@pytest.mark.parametrize("target", [0.0, 1.0, -0.1, float("nan")])
def test_targets_outside_their_range_are_refused(target):
    with pytest.raises(OutOfRange, match="above 0 and below 1"):
        counts.threshold_for_fpir(np.zeros(10, np.float32), target)


def test_threshold_comes_from_the_best_of_each_search_not_from_all_comparisons():
    """The mistake of published scripts: 50 non-mated searches of 100 references are not 5,000 trials."""
    rng = np.random.default_rng(3)
    people = People(200)
    score = rng.normal(size=(50, 100)).astype(np.float32)
    found = matrix_searches(score, np.arange(100, 150, dtype=np.int32), np.arange(100, dtype=np.int32), people)
    threshold = counts.threshold_for_fpir(counts.best_non_mated(found)[1], 0.1)
    assert fpir(found, threshold) == 0.1
    flattened = float(np.sort(score.ravel())[::-1][int(0.1 * score.size) - 1])
    assert fpir(found, flattened) > 0.9


def test_failures_are_misses_and_no_hits():
    s = by_hand(
        [[0.9], [0.1], [-np.inf], [0.2], [-np.inf]],
        mate=[None, None, None, 0.8, -np.inf],
        rank=[0, 0, 0, 1, 0],
        failed=[False, False, True, False, True],
    )
    assert fpir(s, 0.5) == pytest.approx(1 / 3)
    assert fpir(s, 0.5, failures=False) == 0.5
    assert fnir(s, 0.5) == 0.5
    assert fnir(s, 0.5, failures=False) == 0.0
    assert counts.cmc(s, 2).tolist() == [0.5, 0.5]
    assert counts.cmc(s, 2, failures=False).tolist() == [1.0, 1.0]
    # ISO/IEC 19795-1: FNIR with failures is A + (1 - A) FNIR.
    assert fnir(s, 0.9) == 0.5 + 0.5 * fnir(s, 0.9, failures=False)


def test_a_score_at_the_threshold_counts():
    s = by_hand([[0.5], [0.4]], mate=[None, 0.5], rank=[0, 1])
    assert fpir(s, 0.5) == 1.0
    assert fnir(s, 0.5) == 0.0
    above = float(np.nextafter(np.float32(0.5), np.float32(1)))
    assert fpir(s, above) == 0.0
    assert fnir(s, above) == 1.0


def test_threshold_is_rounded_to_float32():
    s = by_hand([[np.float32(0.1)]])
    assert fpir(s, 0.1) == 1.0
    assert float(np.float32(0.1)) > 0.1 or fpir(s, float(np.float32(0.1))) == 1.0


def test_selectivity_is_cut_short_by_the_list():
    s = by_hand([[0.9, 0.8, 0.7], [0.9, 0.1, 0.0]])
    assert selectivity(s, 0.65) == 2.0
    assert counts.cut_short(s, 0.65)
    assert not counts.cut_short(s, 0.75)
    assert selectivity(s, 0.75) == 1.5


def test_a_wrong_person_on_top():
    s = by_hand([[0.9], [0.9], [0.9], [0.3]], mate=[0.95, 0.9, 0.1, 0.1], rank=[1, 2, 7, 2])
    assert misid(s, 0.5) == 0.5
    assert misid(s, 0.2) == 0.75
    assert misid(s, 0.92) == 0.0


def test_mates_removed_are_non_mated_searches_of_one_person_fewer():
    s = by_hand([[0.9], [0.2], [0.4]], mate=[0.95, None, 0.1], rank=[1, 0, 2])
    without = counts.without_mates(s)
    assert without.probe.tolist() == [0, 2]
    assert not without.mated.any()
    assert (without.n_references, without.n_enrolled) == (99, 99)
    assert fpir(without, 0.5) == 0.5


@pytest.mark.parametrize("rank", [0, -1])
def test_ranks_begin_at_one(rank):
    s = by_hand([[0.9]], mate=[0.95], rank=[1])
    with pytest.raises(OutOfRange, match="at least 1"):
        counts.misses(s, rank=rank)
    with pytest.raises(OutOfRange, match="at least 1"):
        counts.cmc(s, rank)


def test_rates_of_nothing_are_not_numbers():
    s = by_hand([[0.9]])
    assert np.isnan(fnir(s, 0.5))
    assert np.isnan(counts.cmc(s, 1)).all()
