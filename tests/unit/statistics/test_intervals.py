"""Exact intervals: their ends, their coverage, what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from misid.errors import MisidError, OutOfRange
from misid.statistics import clopper_pearson, poisson_interval
from oracles.intervals import upper_bound_zero_errors


def test_nothing_seen_and_everything_seen_are_exact() -> None:
    low, high = clopper_pearson(np.array([0.0, 20.0]), 20)
    assert low[0] == 0
    assert high[1] == 1
    # At the ends the beta distribution has a closed form: 1 - (alpha/2)^(1/n).
    assert high[0] == pytest.approx(-math.expm1(math.log(0.025) / 20), rel=1e-12)
    assert low[1] == pytest.approx(math.exp(math.log(0.025) / 20), rel=1e-12)
    assert clopper_pearson(0, 0) == (0, 1)
    assert poisson_interval(0)[0] == 0
    assert poisson_interval(0)[1] == pytest.approx(-math.log(0.025), rel=1e-12)


@pytest.mark.parametrize(("count", "n"), [(1, 6), (4, 6), (10, 2077), (10, 3_147_436), (1, 10**9), (2000, 2077)])
def test_the_binomial_interval_agrees_with_scipy(count: int, n: int) -> None:
    for level in (0.5, 0.95, 0.999):
        theirs = stats.binomtest(count, n).proportion_ci(level, method="exact")
        np.testing.assert_allclose(
            clopper_pearson(count, n, level), theirs, rtol=1e-9, atol=2e-12
        )  # their root finder stops there


def test_one_of_a_thousand_million_keeps_its_digits() -> None:
    """At count 1 the lower end solves 1 - (1-p)^n = alpha/2, which has a closed form."""
    low, _ = clopper_pearson(1, 1e9)
    assert low == pytest.approx(-math.expm1(math.log1p(-0.025) / 1e9), rel=1e-12)


def test_each_end_has_its_own_tail() -> None:
    """The definition: at either end, the counts as extreme as the one seen have half of 1 - level."""
    count = np.array([1.0, 3.0, 12.0])
    low, high = clopper_pearson(count, 30, 0.9)
    np.testing.assert_allclose(special.bdtrc(count - 1, 30, low), 0.05, rtol=1e-9)
    np.testing.assert_allclose(special.bdtr(count, 30, high), 0.05, rtol=1e-9)
    low, high = poisson_interval(count, 0.9)
    np.testing.assert_allclose(special.pdtrc(count - 1, low), 0.05, rtol=1e-9)
    np.testing.assert_allclose(special.pdtr(count, high), 0.05, rtol=1e-9)


def test_the_binomial_interval_covers_every_probability() -> None:
    n, level = 25, 0.95
    counts = np.arange(n + 1.0)
    low, high = clopper_pearson(counts, n, level)
    truth = np.linspace(0.001, 0.999, 999)[:, None]
    chance = stats.binom.pmf(counts, n, truth)
    coverage = np.sum(chance * ((low <= truth) & (truth <= high)), axis=1)
    assert coverage.min() >= level - 1e-12


def test_no_errors_leave_about_three_in_n() -> None:
    assert upper_bound_zero_errors(1000) == pytest.approx(0.0029912, rel=1e-4)
    # Twice the tail on one side is the two-sided interval at the wider level.
    assert upper_bound_zero_errors(1000, 0.975) == pytest.approx(clopper_pearson(0, 1000, 0.95)[1], rel=1e-12)
    np.testing.assert_allclose(upper_bound_zero_errors(np.array([1e12])), -math.log(0.05) / 1e12, rtol=1e-9)


def test_floats_give_floats_and_arrays_their_shape() -> None:
    assert all(isinstance(end, float) for end in (*clopper_pearson(1, 9), *poisson_interval(3)))
    assert isinstance(upper_bound_zero_errors(9), float)
    low, high = clopper_pearson(np.ones((3, 1)), np.array([5.0, 9.0]))
    assert low.shape == high.shape == (3, 2)


@pytest.mark.parametrize(
    ("count", "n", "level"),
    [(-1, 5, 0.95), (6, 5, 0.95), (0.5, 5, 0.95), (1, 5.5, 0.95), (math.nan, 5, 0.95), (1, 5, 0.0), (1, 5, 1.0)],
)
def test_what_is_no_count_is_refused(count: float, n: float, level: float) -> None:
    with pytest.raises(OutOfRange):
        clopper_pearson(count, n, level)


def test_refusals_name_argument_and_value() -> None:
    with pytest.raises(OutOfRange, match=r"count must be whole and at least 0 and finite, got -2\.0"):
        poisson_interval(np.array([1.0, -2.0]))
    with pytest.raises(OutOfRange, match="n must be at least 1 and finite, got 0"):
        upper_bound_zero_errors(0)
    with pytest.raises(MisidError, match="level must be above 0 and below 1, got 95"):
        poisson_interval(3, 95)
