"""What a test can see, and many tests at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from misid.errors import OutOfRange
from misid.statistics import events_to_see_ratio, holm, simultaneous_level, smallest_ratio_seen
from oracles.power import power_to_see


def test_a_doubling_needs_25_and_49() -> None:
    assert events_to_see_ratio() == pytest.approx((24.504622, 49.009244), rel=1e-7)


@pytest.mark.parametrize("exposure", [0.25, 1.0, 10.0])
@pytest.mark.parametrize("ratio", [1.2, 2.0, 30.0])
def test_three_forms_of_one_relation(ratio: float, exposure: float) -> None:
    needed = events_to_see_ratio(ratio, 0.9, 0.01, exposure)
    assert needed.higher == pytest.approx(needed.lower * ratio * exposure)
    assert smallest_ratio_seen(needed.lower, 0.9, 0.01, exposure) == pytest.approx(ratio, rel=1e-8)
    # Both directions count, the wrong one next to nothing.
    assert power_to_see(ratio, needed.lower, 0.01, exposure) == pytest.approx(0.9, abs=1e-6)


def test_power_is_what_simulated_tests_show() -> None:
    """20,000 pairs of Poisson counts: the Wald test of the log ratio shows a doubling 80% of the time, about.

    Four standard errors of the simulation, and 1.5 points for the normal approximation at 25 events.
    """
    rng = np.random.default_rng(2)
    needed = events_to_see_ratio()
    a, b = rng.poisson(needed.lower, 20_000), rng.poisson(needed.higher, 20_000)
    shown = np.abs(np.log(b / a)) > stats.norm.isf(0.025) * np.sqrt(1 / a + 1 / b)
    assert shown.mean() == pytest.approx(0.8, abs=4 * np.sqrt(0.16 / 20_000) + 0.015)


def test_seven_events_see_a_threefold_rate_only() -> None:
    assert smallest_ratio_seen(7) == pytest.approx(3.3431758, rel=1e-6)
    assert smallest_ratio_seen(0) == np.inf
    many = smallest_ratio_seen(np.array([1.0, 10, 100, 1e6]))
    assert np.all(np.diff(many) < 0)
    assert many[-1] == pytest.approx(1, abs=0.01)


def test_equal_rates_are_shown_as_often_as_alpha_says() -> None:
    assert power_to_see(1, 50, 0.03) == pytest.approx(0.03)


def test_intervals_that_hold_together() -> None:
    assert simultaneous_level(0.95, 1) == 0.95
    assert simultaneous_level(0.95, 16) == pytest.approx(1 - 0.05 / 16)


def test_holm_by_hand_and_in_any_order() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005])
    np.testing.assert_allclose(holm(p), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(p[::-1]), [0.02, 0.06, 0.06, 0.03])
    np.testing.assert_array_equal(holm([0.9, 0.8]), [1, 1])
    assert holm([]).size == 0


def test_holm_keeps_false_alarms_of_tests_that_share_everything_and_of_tests_that_share_nothing() -> None:
    """Binomial: of 4,000 families at most 5% plus 3.1 standard errors (1 in 1,000) raise an alarm."""
    u = np.random.default_rng(8).uniform(size=(4000, 5))
    most = 0.05 + 3.1 * np.sqrt(0.05 * 0.95 / 4000)
    assert np.mean([holm(row).min() <= 0.05 for row in u]) < most
    assert np.mean([holm(np.full(5, row[0])).min() <= 0.05 for row in u]) < most


@pytest.mark.parametrize(
    "call",
    [
        lambda: events_to_see_ratio(1.0),
        lambda: events_to_see_ratio(power=0.01),
        lambda: smallest_ratio_seen(-1),
        lambda: power_to_see(2, 0),
        lambda: simultaneous_level(0.95, 0),
        lambda: holm([1.2]),
        lambda: holm([[0.1]]),
    ],
)
def test_out_of_range(call) -> None:
    with pytest.raises(OutOfRange):
        call()
