"""Strangers and finite lists."""

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.search import best_of


def test_the_best_list_wins_and_the_first_among_equals():
    score, which = best_of([3.0, 5.0, 2.0, -np.inf], [4.0, 5.0, 1.0, -np.inf], [4.0, 1.0, 9.0, -np.inf])
    assert score.tolist() == [4.0, 5.0, 9.0, -np.inf]
    assert which.tolist() == [1, 0, 2, -1]
    assert (score.dtype, which.dtype) == (np.float32, np.int8)


def test_scores_are_compared_as_they_rest():
    # Apart in float64, equal in float32: a tie, so the first list.
    _, which = best_of([8.0], [8.0 + 1e-9])
    assert which.tolist() == [0]


def test_one_number_stands_for_a_list_of_it():
    score, which = best_of(np.float32(2.0), [1.0, 3.0])
    assert score.tolist() == [2.0, 3.0]
    assert which.tolist() == [0, 1]


def test_nothing_and_nan_are_refused():
    with pytest.raises(OutOfRange, match="at least one list"):
        best_of()
    with pytest.raises(OutOfRange, match="list 1"):
        best_of([1.0], [np.nan])
