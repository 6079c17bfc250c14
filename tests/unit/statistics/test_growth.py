"""Growth of false positives: ends of ranges, small rates, agreement of the forms, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from misid.errors import OutOfRange
from misid.statistics import (
    effective_comparisons,
    expected_from_fpir,
    fmr_for_fpir,
    fpir_gamma,
    fpir_independent,
    one_or_more,
)
from oracles.growth import (
    candidate_shares,
    fpir_beta,
    fpir_equicorrelated,
    fpir_groups,
    repeat_hit_probability,
    with_capture_failure,
)


def test_ends_of_the_independent_form() -> None:
    assert fpir_independent(0, 2e8) == 0
    assert fpir_independent(1, 1) == 1
    assert fpir_independent(1, 0) == 0
    assert fpir_independent(0.3, 1) == pytest.approx(0.3, rel=1e-15)
    assert math.copysign(1, fpir_independent(0.3, 0)) == 1


@pytest.mark.parametrize("fmr", [1e-3, 1e-9, 1e-17, 1e-200])
def test_small_rates_keep_every_digit(fmr: float) -> None:
    f = Fraction(fmr)
    exact = 1 - (1 - f) ** 3
    assert fpir_independent(fmr, 3) == pytest.approx(float(exact), rel=1e-15)
    assert fmr_for_fpir(fpir_independent(fmr, 3), 3) == pytest.approx(fmr, rel=1e-15)


def test_one_group_is_the_independent_form() -> None:
    assert fpir_groups(np.array([1e-9]), np.array([2e8])) == fpir_independent(1e-9, 2e8)
    assert fpir_groups(np.array([0.5, 1.0]), np.array([0.0, 0.0])) == 0
    assert fpir_groups(np.full((4, 3, 2), 1e-9), np.array([1e6, 1e7])).shape == (4, 3)


def test_shares_keep_the_shape_and_refuse_an_empty_gallery() -> None:
    assert candidate_shares(np.full((5, 2), 1e-9), np.array([1.0, 3.0])).tolist() == [[0.25, 0.75]] * 5
    with pytest.raises(OutOfRange, match="expected candidates"):
        candidate_shares(np.array([1e-9, 1e-9]), np.array([0.0, 0.0]))


def test_copies_count_once_and_strangers_each_time() -> None:
    assert effective_comparisons(1e6, 4, 1.0) == 250_000
    assert effective_comparisons(1e6, 4, 0.0) == 1e6
    assert effective_comparisons(1e6, 1, 0.3) == 1e6


@pytest.mark.parametrize("expected", [1e-15, 1e-6, 0.2, 7.0])
def test_gamma_form_tends_to_independence(expected: float) -> None:
    limit = fpir_gamma(expected, np.inf)
    assert limit == pytest.approx(-math.expm1(-expected), rel=1e-15)
    # The next term of k log(1 + lambda/k) is lambda^2 / 2k.
    assert fpir_gamma(expected, 1e9) == pytest.approx(limit, rel=expected / 2e9 + 1e-14)


def test_gamma_form_mixes_shapes_and_independence_in_one_array() -> None:
    both = fpir_gamma(np.array([[0.1], [0.2]]), np.array([0.5, np.inf]))
    assert both.shape == (2, 2)
    assert both[1, 1] == fpir_gamma(0.2, np.inf)
    assert both[1, 0] == fpir_gamma(0.2, 0.5)


def test_inverse_of_the_gamma_form_may_exceed_what_a_float_holds() -> None:
    assert expected_from_fpir(0.9, 1e-4) == np.inf
    assert expected_from_fpir(0.0, 0.5) == 0


@pytest.mark.parametrize(
    ("a", "b", "n"), [(0.5, 5.0, 7), (0.01, 50.0, 2000), (0.5, 0.5 / 1e-9, 2), (1e4, 1e10, 3), (1e-6, 1e-3, 100)]
)
def test_beta_form_is_the_product_over_comparisons(a: float, b: float, n: int) -> None:
    """For whole N the beta-binomial is a product, exact to the rounding of its N terms."""
    log_none = math.fsum(math.log1p(-a / (a + b + i)) for i in range(n))
    assert fpir_beta(a, b, n) == pytest.approx(-math.expm1(log_none), rel=1e-14)


def test_beta_form_of_arrays_of_unlike_size() -> None:
    a, b = np.array([[1e-4], [2.0]]), np.array([1e-3, 1e9])
    one_by_one = [[fpir_beta(float(x), float(y), 50.0) for y in b] for x in a[:, 0]]
    np.testing.assert_allclose(fpir_beta(a, b, 50.0), one_by_one, rtol=1e-13)
    assert fpir_beta(1.0, 1.0, 0) == 0


def test_beta_form_has_the_gamma_form_as_its_limit() -> None:
    """Small mean F, shape a: the beta distribution is a gamma distribution of shape a, up to F/a."""
    assert fpir_beta(0.5, 0.5 / 1e-9, 2e8) == pytest.approx(fpir_gamma(0.2, 0.5), rel=1e-8)


def test_equicorrelated_form_at_its_ends() -> None:
    assert fpir_equicorrelated(1e-6, 1e5, 0.0) == fpir_independent(1e-6, 1e5)
    assert fpir_equicorrelated(1e-6, 1.0, 0.5) == pytest.approx(1e-6, rel=1e-9)
    assert fpir_equicorrelated(1e-17, 1.0, 0.9) == pytest.approx(1e-17, rel=1e-9)
    assert fpir_equicorrelated(0.0, 1e5, 0.5) == 0
    assert fpir_equicorrelated(1.0, 1e5, 0.5) == 1
    # Almost all in common: a search is hardly more than one comparison.
    assert 1e-6 < fpir_equicorrelated(1e-6, 1e5, 1 - 1e-9) < 1.01e-6


def test_equicorrelated_form_of_two_is_the_bivariate_normal() -> None:
    level = stats.norm.isf(0.01)
    exact = {"cov": [[1, 0.4], [0.4, 1]], "abseps": 1e-13, "releps": 1e-13, "maxpts": 10**6}
    joint = stats.multivariate_normal.cdf([level, level], **exact)
    assert fpir_equicorrelated(0.01, 2.0, 0.4) == pytest.approx(1 - joint, rel=1e-6)


def test_repeat_hit_agrees_with_draws() -> None:
    expected, k, draws = 0.2, 0.05, 400_000
    propensity = np.random.default_rng(4).gamma(k, 1 / k, size=draws)
    p = -np.expm1(-expected * propensity)
    first, second = p.mean(), np.mean(p * p)
    # Delta method for a ratio of means; five standard errors fail for one seed in 1.7 million.
    error = np.std(p * p - second / first * p) / first / math.sqrt(draws)
    assert abs(repeat_hit_probability(expected, k) - second / first) < 5 * error
    assert abs(fpir_gamma(expected, k) - first) < 5 * np.std(p) / math.sqrt(draws)


def test_repeat_hit_at_its_ends() -> None:
    assert repeat_hit_probability(0.2, np.inf) == fpir_gamma(0.2, np.inf)
    assert repeat_hit_probability(0.0, 0.5) == 0
    # To first order lambda (1 + 1/k): the subtraction of two rates would have nothing left of it.
    assert repeat_hit_probability(1e-12, 0.5) == pytest.approx(3e-12, rel=1e-10)
    assert repeat_hit_probability(1e6, 1e3) == pytest.approx(1, rel=1e-12)


def test_capture_failures_hide_false_hits_and_add_misses() -> None:
    fpir, fnir = with_capture_failure(0.1, 0.2, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(fpir, [0.1, 0.05, 0.0])
    np.testing.assert_allclose(fnir, [0.2, 0.6, 1.0])


def test_floats_give_floats() -> None:
    values = [
        fpir_independent(1e-9, 2e8),
        fmr_for_fpir(0.1, 2e8),
        effective_comparisons(10, 2, 0.5),
        fpir_gamma(0.2, 0.5),
        expected_from_fpir(0.2, np.inf),
        fpir_beta(1, 2, 3),
        fpir_equicorrelated(1e-3, 10, 0.1),
        repeat_hit_probability(0.2, 0.5),
        *with_capture_failure(0.1, 0.2, 0.3),
    ]
    assert [type(value) for value in values if not isinstance(value, float)] == []


def test_probability_of_any_is_never_minus_zero() -> None:
    assert math.copysign(1, one_or_more(np.float64(0.0))) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: fpir_independent(-1e-9, 10),
        lambda: fpir_independent(1.1, 10),
        lambda: fpir_independent(math.nan, 10),
        lambda: fpir_independent(0.1, -1),
        lambda: fpir_independent(0.1, math.inf),
        lambda: fmr_for_fpir(1.0, 10),
        lambda: fmr_for_fpir(0.5, 0),
        lambda: fpir_groups(np.array([0.1, 2.0]), np.array([1.0, 1.0])),
        lambda: effective_comparisons(10, 0.5, 0.5),
        lambda: effective_comparisons(10, 2, 1.5),
        lambda: fpir_gamma(-0.1, 1),
        lambda: fpir_gamma(0.1, 0),
        lambda: expected_from_fpir(1.0, 1),
        lambda: fpir_beta(0, 1, 5),
        lambda: fpir_beta(1, 0, 5),
        lambda: fpir_equicorrelated(0.1, 5, 1.0),
        lambda: repeat_hit_probability(0.1, -1),
        lambda: with_capture_failure(0.1, 0.1, 1.1),
    ],
)
def test_what_is_outside_its_range_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(OutOfRange):
        call()
