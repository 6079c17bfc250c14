"""What holds for paired counts and for readers whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from misid.statistics import both_pass, mcnemar_exact, shifted, single_from_both
from oracles.detection import rates, sensitivity
from oracles.paired import paired_difference, smallest_detectable

EPS = float(np.finfo(np.float64).eps)
QUICK = settings(max_examples=25, deadline=None)
SLOW_EACH = settings(max_examples=12, deadline=None)

counts = st.integers(0, 10**6)
shares = st.floats(1e-9, 1 - 1e-9)
correlations = st.floats(0, 1)


@SLOW_EACH
@given(counts, counts, counts, st.floats(0.5, 0.999))
def test_the_interval_holds_its_difference_and_turns_with_the_rules(b: int, c: int, rest: int, level: float) -> None:
    n = b + c + rest + 1
    difference, low, high = paired_difference(b, c, n, level)
    assert -1 <= low <= difference <= high <= 1
    assert low < high
    back = paired_difference(c, b, n, level)
    assert (back.difference, back.low, back.high) == (-difference, -high, -low)


@SLOW_EACH
@given(st.integers(0, 2000), st.integers(0, 2000), st.floats(0.5, 0.99))
def test_a_wider_level_gives_a_wider_interval(b: int, c: int, level: float) -> None:
    narrow, wide = paired_difference(b, c, 10_000, level), paired_difference(b, c, 10_000, level + 0.005)
    assert wide.low < narrow.low
    assert narrow.high < wide.high


@QUICK
@given(counts, counts)
def test_more_uneven_counts_are_less_likely(b: int, c: int) -> None:
    p = mcnemar_exact(b, c)
    assert 0 <= p <= 1
    assert p == mcnemar_exact(c, b)
    if b >= c:
        # One unit in the last places: beta functions of neighbouring arguments are computed apart.
        assert mcnemar_exact(b + 1, c) <= p * (1 + 1e-9)


@QUICK
@given(st.integers(1, 10**9), shares)
def test_what_is_detectable_is_more_than_one_standard_error(n: int, rate: float) -> None:
    assert smallest_detectable(n, rate) > np.sqrt(rate * (1 - rate) / n)


@QUICK
@given(shares, shares)
def test_rates_come_back_from_the_criterion(hit: float, alarm: float) -> None:
    again = rates(*sensitivity(hit, alarm))
    np.testing.assert_allclose(again, (hit, alarm), rtol=1e-12)


@QUICK
@given(st.just(0.0) | st.floats(1e-280, 1), st.floats(-6, 6))
def test_a_shift_keeps_to_its_side(rate: float, shift: float) -> None:
    moved = shifted(rate, shift)
    assert 0 <= moved <= 1
    # Phi's slope at z is about |z| times itself, so the rounding of z (eps |z|) costs eps z^2 of the rate.
    z = special.ndtri(rate) if 0 < rate < 1 else 0.0
    assert (moved - rate) * np.sign(shift) >= -4 * (1 + z**2) * EPS * rate


@QUICK
@given(st.floats(0, 1), correlations)
def test_both_pass_lies_between_alone_and_as_one(p: float, rho: float) -> None:
    both = both_pass(p, rho)
    assert p * p <= both <= p


@QUICK
@given(st.floats(1e-30, 1), correlations)
def test_two_readers_lead_back_to_one(q: float, rho: float) -> None:
    p = single_from_both(q, rho)
    assert q <= p * (1 + 1e-15)
    assert p <= np.sqrt(q) * (1 + 1e-15)
    np.testing.assert_allclose(both_pass(p, rho), q, rtol=1e-12)
