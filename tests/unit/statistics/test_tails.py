"""Tails beyond the data, thresholds and best scores."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from misid.errors import OutOfRange
from misid.statistics import fpir_gamma, tail_exceedance, threshold_shift
from oracles.tails import best_score_level, probability_kth_best_at_most


@pytest.mark.parametrize("shape", [-0.4, -0.1, 0.0, 0.1, 0.5])
def test_the_tail_is_the_generalised_pareto_distribution(shape: float) -> None:
    distance = np.array([0.0, 0.01, 0.05, 0.2])
    theirs = 1e-4 * stats.genpareto.sf(distance, shape, scale=0.03)
    np.testing.assert_allclose(tail_exceedance(1e-4, distance, 0.03, shape), theirs, rtol=1e-10)


def test_a_short_tail_ends() -> None:
    assert tail_exceedance(1e-4, 0.3, 0.03, -0.1) == 0
    assert tail_exceedance(1e-4, 5.0, 0.03, -0.1) == 0
    assert tail_exceedance(1e-4, 0.299, 0.03, -0.1) > 0


def test_the_exponential_tail_is_the_limit_from_both_sides() -> None:
    exponential = tail_exceedance(1e-4, 0.15, 0.03, 0.0)
    # The exponent moves by x (d/s)^2 / 2 = 12.5 x.
    for shape in (1e-9, -1e-9, 1e-15, 5e-324):
        assert tail_exceedance(1e-4, 0.15, 0.03, shape) == pytest.approx(exponential, rel=13 * abs(shape) + 1e-14)


def test_a_raised_threshold_holds_fpir() -> None:
    n_from, n_to, scale = 1e4, 2e8, 0.03
    distance = 0.1 + np.array([0.0, threshold_shift(scale, n_from, n_to)])
    expected = np.array([n_from, n_to]) * tail_exceedance(1e-4, distance, scale, 0.0)
    before, after = fpir_gamma(expected, np.inf)
    assert after == pytest.approx(before, rel=1e-13)
    assert threshold_shift(scale, n_to, n_from) == pytest.approx(-threshold_shift(scale, n_from, n_to))


def test_one_score_is_expected_at_the_level_of_the_best() -> None:
    n = np.array([2.0, 1e4, 2e8, 1e12])
    np.testing.assert_allclose(n * stats.norm.sf(best_score_level(n)), 1, rtol=1e-9)


def test_ranks_are_ordered() -> None:
    ranks = probability_kth_best_at_most(np.arange(1.0, 20.0), 5.0)
    assert np.all(np.diff(ranks) > 0)
    assert probability_kth_best_at_most(1, 0.0) == 1
    assert isinstance(probability_kth_best_at_most(1, 0.5), float)


@pytest.mark.parametrize(
    "call",
    [
        lambda: tail_exceedance(1.5, 0.1, 0.03, 0.0),
        lambda: tail_exceedance(0.1, -0.1, 0.03, 0.0),
        lambda: tail_exceedance(0.1, 0.1, 0.0, 0.0),
        lambda: tail_exceedance(0.1, 0.1, 0.03, math.inf),
        lambda: threshold_shift(0.03, 0, 10),
        lambda: threshold_shift(-1, 10, 10),
        lambda: best_score_level(1.0),
        lambda: probability_kth_best_at_most(0, 1.0),
        lambda: probability_kth_best_at_most(1.5, 1.0),
        lambda: probability_kth_best_at_most(1, -1.0),
    ],
)
def test_what_is_outside_its_range_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(OutOfRange):
        call()


def test_a_shape_without_end_is_refused_in_words() -> None:
    with pytest.raises(OutOfRange, match="shape must be finite, got inf"):
        tail_exceedance(0.1, 0.1, 0.03, math.inf)
