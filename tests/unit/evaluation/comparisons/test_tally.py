"""Tallies keep the order of scores, add up exactly, and find inside a cell what is there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.evaluation import LOW, PIECE, Comparisons, Inside, Side, Tally, count_scores, keys, scores_of

SCORES = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=60)
ODD = np.float32(
    [-np.inf, -3e38, -1.0, -1e-45, -0.0, 0.0, 1e-45, 1e-38, 0.5, np.nextafter(np.float32(0.5), 1), 1, np.inf]
)


@given(SCORES)
@settings(max_examples=60, deadline=None)
def test_keys_are_in_the_order_of_the_scores(values: list[float]) -> None:
    score = np.float32(values)
    key = keys(score)
    assert np.array_equal(np.less.outer(score, score), np.less.outer(key, key))
    assert np.array_equal(scores_of(key), score)


def test_minus_zero_is_zero_and_infinities_are_outermost() -> None:
    key = keys(ODD)
    assert key[4] == key[5]
    assert np.array_equal(np.unique(key), np.sort(np.delete(key, 4)))
    assert key[0] == key.min()
    assert key[-1] == key.max()


@given(SCORES, SCORES)
@settings(max_examples=25, deadline=None)
def test_cells_hold_the_scores_that_lie_in_them(mated: list[float], non_mated: list[float]) -> None:
    tally, sides = Tally(), [np.float32(mated), np.float32(non_mated)]
    for of, score in zip((True, False), sides, strict=True):
        tally.add(score, of)
    cell, m, n = tally.cells()
    assert np.array_equal(cell, np.unique(keys(np.concatenate(sides)) >> LOW))
    for counts, score in zip((m, n), sides, strict=True):
        assert np.array_equal(counts, np.array([(keys(score) >> LOW == c).sum() for c in cell]))
    inside = Inside(cell)
    for of, score in zip((True, False), sides, strict=True):
        inside.add(score, of)
    key, m, n = inside.found()
    assert np.array_equal(key, np.unique(keys(np.concatenate(sides))))
    for counts, score in zip((m, n), sides, strict=True):
        assert np.array_equal(counts, np.array([(keys(score) == k).sum() for k in key]))


def test_only_the_cells_asked_for_are_opened() -> None:
    score = np.float32([0.1, 0.2, 0.3, -0.2])
    inside = Inside([int(keys([0.2])[0]) >> LOW])
    inside.add(score, True)
    assert np.array_equal(scores_of(inside.found()[0]), np.float32([0.2]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parts_add_up_to_the_whole_in_any_order(dtype: type) -> None:
    score = np.random.default_rng(1).normal(size=3 * PIECE + 7).astype(dtype)
    whole = Tally(1, 2)
    whole.add(score, False)
    parts = [Tally(1, 0), Tally(0, 2)]
    parts[0].add(score[1000:], False)
    parts[1].add(score[:1000], False)
    parts[1].merge(parts[0])
    assert all(np.array_equal(a, b) for a, b in zip(parts[1].cells(), whole.cells(), strict=True))
    assert (parts[1].failed_mated, parts[1].failed_non_mated) == (1, 2)


def test_scores_in_float64_are_rounded_before_they_are_counted() -> None:
    tally = Tally()
    tally.add(np.array([0.1, np.float32(0.1)]), True)
    assert tally.cells()[1].tolist() == [2]


def test_failures_of_both_sides_are_counted() -> None:
    tally = Tally()
    count_scores(Comparisons(Side(np.float32([1]), failed=3), Side(np.float32([0]), failed=4)), tally)
    assert (tally.failed_mated, tally.failed_non_mated) == (3, 4)
