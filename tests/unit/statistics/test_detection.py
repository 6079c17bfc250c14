"""Readers: rates and criterion are one thing in two forms, no check stays no check, and two readers share errors."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from misid.errors import MisidError, OutOfRange
from misid.statistics import both_pass, shifted, single_from_both
from oracles.detection import rates, sensitivity

INNER = np.array([1e-12, 1e-4, 0.02, 0.14, 0.5, 0.94, 0.9999])
RHO = [0.0, 1e-9, 0.05, 0.3, 0.5, 0.8, 0.95, 0.999, 1.0]


def test_rates_and_criterion_are_inverse() -> None:
    hit, alarm = INNER[:, None], INNER
    again = rates(*sensitivity(hit, alarm))
    # ndtri and ndtr lose a few units; near 0 that is multiplied by z (7 at 1e-12).
    np.testing.assert_allclose(again.hit, np.broadcast_to(hit, (7, 7)), rtol=1e-13)
    np.testing.assert_allclose(again.false_alarm, np.broadcast_to(alarm, (7, 7)), rtol=1e-13)


def test_equal_rates_mean_no_sensitivity() -> None:
    np.testing.assert_array_equal(sensitivity(INNER, INNER).d_prime, 0)
    assert sensitivity(0.5, 0.5) == (0, 0)


@pytest.mark.parametrize(
    ("hit", "alarm", "d_prime", "criterion"),
    [
        (1, 1, 0, -math.inf),
        (0, 0, 0, math.inf),
        (1, 0, math.inf, 0),
        (0, 1, -math.inf, 0),
    ],
)
def test_no_check_and_a_perfect_check_are_exact(hit: float, alarm: float, d_prime: float, criterion: float) -> None:
    assert sensitivity(hit, alarm) == (d_prime, criterion)
    assert rates(d_prime, criterion) == (hit, alarm)


@pytest.mark.parametrize(
    ("hit", "alarm", "d_prime", "criterion"),
    [
        (1, 0.14, math.inf, -math.inf),
        (0, 0.14, -math.inf, math.inf),
        (0.9, 1, -math.inf, -math.inf),
        (0.9, 0, math.inf, math.inf),
    ],
)
def test_one_endless_rate_hides_the_other_and_is_not_turned_back(
    hit: float, alarm: float, d_prime: float, criterion: float
) -> None:
    assert sensitivity(hit, alarm) == (d_prime, criterion)
    with pytest.raises(OutOfRange, match="not both infinite"):
        rates(d_prime, criterion)


def test_limits_stand_beside_plain_rates_in_one_array() -> None:
    hit, alarm = np.array([1.0, 0.94, 1, 0]), np.array([1.0, 0.14, 0, 0])
    d_prime, criterion = sensitivity(hit, alarm)
    np.testing.assert_array_equal(d_prime[[0, 2, 3]], [0, math.inf, 0])
    again = rates(d_prime, criterion)
    np.testing.assert_allclose(again, (hit, alarm), rtol=1e-13)


def test_a_shift_moves_the_criterion_and_not_the_sensitivity() -> None:
    moved = sensitivity(shifted(0.94, 0.5), shifted(0.14, 0.5))
    before = sensitivity(0.94, 0.14)
    assert moved.d_prime == pytest.approx(before.d_prime, rel=1e-12)
    assert moved.criterion == pytest.approx(before.criterion - 0.5, rel=1e-12)


def test_a_shift_leaves_no_check_as_it_is() -> None:
    for shift in (-40.0, -0.5, 0.0, 0.5, 40.0):
        np.testing.assert_array_equal(shifted(np.array([0.0, 1.0]), shift), [0, 1])
    np.testing.assert_array_equal(shifted(INNER, 0.0), INNER)


def test_shifts_add_up_and_pass_more() -> None:
    np.testing.assert_allclose(shifted(shifted(INNER, 0.7), -1.9), shifted(INNER, -1.2), rtol=1e-12)
    assert np.all(np.diff(shifted(0.3, np.linspace(-3, 3, 50))) > 0)
    assert shifted(0.5, 1.0) == pytest.approx(0.8413447460685429, rel=1e-14)


@pytest.mark.parametrize("rho", RHO)
def test_both_pass_agrees_with_owens_t(rho: float) -> None:
    """Another road: ``p - 2 T(z, sqrt((1 - rho) / (1 + rho)))``, right to a float's rounding of p (Owen 1956)."""
    p = np.concatenate([INNER, np.linspace(0.01, 0.99, 99)])
    owen = p - 2 * special.owens_t(special.ndtri(p), math.sqrt((1 - rho) / (1 + rho)))
    np.testing.assert_allclose(both_pass(p, rho), owen, rtol=0, atol=4e-16)


@pytest.mark.parametrize("rho", [0.05, 0.5, 0.95])
def test_both_pass_agrees_with_scipys_bivariate_normal(rho: float) -> None:
    exact = {"cov": [[1, rho], [rho, 1]], "abseps": 1e-13, "releps": 1e-13, "maxpts": 10**6}
    for p in (0.02, 0.14, 0.6, 0.98):
        joint = stats.multivariate_normal.cdf(special.ndtri([p, p]), **exact)
        assert both_pass(p, rho) == pytest.approx(joint, abs=1e-10)


def test_both_pass_at_one_half_is_sheppards() -> None:
    rho = np.array(RHO)
    np.testing.assert_allclose(both_pass(0.5, rho), 0.25 + np.arcsin(rho) / (2 * math.pi), rtol=1e-14)


def test_both_pass_at_its_ends_is_exact() -> None:
    np.testing.assert_array_equal(both_pass(INNER, 0.0), INNER**2)
    np.testing.assert_array_equal(both_pass(INNER, 1.0), INNER)
    for rho in RHO:
        np.testing.assert_array_equal(both_pass(np.array([0.0, 1.0]), rho), [0, 1])


@pytest.mark.parametrize(("p", "rho"), [(1e-30, 0.3), (1e-15, 0.1), (1e-15, 0.9), (1e-6, 0.99), (1e-3, 0.5)])
def test_a_small_probability_keeps_its_digits(p: float, rho: float) -> None:
    """Against the same probability as one integral over the second reader, by plain summation in the logarithm."""
    z = special.ndtri(p)
    x = np.linspace(z - 12, z, 20_001)
    lean = special.log_ndtr((z - rho * x) / math.sqrt(1 - rho**2)) - x * x / 2 - math.log(2 * math.pi) / 2
    weight = np.full(x.size, 2.0)
    weight[1::2] = 4.0
    weight[[0, -1]] = 1.0
    # Simpson's error is below 1e-15 at this step; logarithms near -130 lose 1e-14 of themselves.
    expected = math.fsum(weight * np.exp(lean)) * (x[1] - x[0]) / 3
    assert both_pass(p, rho) == pytest.approx(expected, rel=1e-11)


def test_two_readers_who_share_errors_pass_more_of_them() -> None:
    assert np.all(np.diff(both_pass(0.14, np.linspace(0, 1, 101))) > 0)
    assert np.all(np.diff(both_pass(np.linspace(0, 1, 101), 0.4)) > 0)


@pytest.mark.parametrize("rho", RHO)
def test_one_reader_is_found_from_two(rho: float) -> None:
    p = np.concatenate([[0, 1e-30], INNER, np.linspace(0.01, 0.99, 23), [1]])
    # 1e-30 squared is far from underflow; the inverse multiplies a relative error by at most 1.
    np.testing.assert_allclose(single_from_both(both_pass(p, rho), rho), p, rtol=2e-12)


def test_one_reader_from_two_at_its_ends_is_exact() -> None:
    np.testing.assert_array_equal(single_from_both(INNER, 1.0), INNER)
    np.testing.assert_allclose(single_from_both(INNER**2, 0.0), INNER, rtol=4e-16)
    for rho in RHO:
        np.testing.assert_array_equal(single_from_both(np.array([0.0, 1.0]), rho), [0, 1])
    tiny = single_from_both(np.array([5e-324, 1e-300]), 0.3)
    assert np.all((tiny > 0) & (tiny < 1e-100))


def test_floats_give_floats_and_arrays_their_shape() -> None:
    column, row = np.full((3, 1), 0.2), np.array([0.3, 0.4])
    numbers = (*sensitivity(0.9, 1), *rates(1, 0), shifted(0.2, 1), both_pass(0.2, 0.3), single_from_both(0.2, 0.3))
    assert all(isinstance(v, float) for v in numbers)
    arrays = (*sensitivity(column, row), *rates(column, row), shifted(column, row))
    for value in (*arrays, both_pass(column, row), single_from_both(column, row)):
        assert value.shape == (3, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sensitivity(1.1, 0.5),
        lambda: sensitivity(0.5, -0.1),
        lambda: sensitivity(math.nan, 0.5),
        lambda: rates(math.nan, 0),
        lambda: shifted(2, 0),
        lambda: shifted(0.5, math.inf),
        lambda: both_pass(1.5, 0),
        lambda: both_pass(0.5, 1.5),
        lambda: both_pass(0.5, -0.1),
        lambda: single_from_both(-0.1, 0.5),
        lambda: single_from_both(0.5, 2),
    ],
)
def test_what_is_no_rate_is_refused(call) -> None:
    with pytest.raises(OutOfRange):
        call()


def test_refusals_name_argument_and_value() -> None:
    with pytest.raises(MisidError, match=r"false_alarm_rate must be at least 0 and at most 1, got 14\.0"):
        sensitivity(0.94, 14)
    with pytest.raises(MisidError, match=r"rho must be at least 0 and at most 1, got -0\.5"):
        both_pass(0.5, -0.5)
