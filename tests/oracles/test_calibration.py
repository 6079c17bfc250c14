from __future__ import annotations

import itertools
import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from misid.errors import OutOfRange
from misid.evaluation import Comparisons, Side, steps
from misid.randomness import Purpose, uniforms
from oracles import conventions as other_tools
from oracles.calibration import Bounds, cllr, cllr_min, devpav, elub, invariance_bounds, pav

EVERY = (pav, cllr, cllr_min, devpav, elub, invariance_bounds)
SCORES = st.lists(st.integers(-4, 4), min_size=1, max_size=10)
LLRS = st.lists(st.sampled_from([-3.0, -1.25, -0.5, -0.004, 0.0, 0.003, 0.25, 0.5, 1.5, 2.75]), min_size=1, max_size=10)
INFINITE = st.lists(st.sampled_from([-math.inf, -1.0, 0.0, 0.5, math.inf]), min_size=1, max_size=6)


def quick(test):
    return settings(max_examples=40, deadline=None)(test)


def normal(mean: float, deviation: float, ids: np.ndarray) -> np.ndarray:
    return mean + deviation * special.ndtri(uniforms(11, Purpose.TEST, ids)[0])


def calibrated(n: int, variance: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Log10 LRs that are what they say: natural ones are normal with mean plus or minus half their variance."""
    spread, unit = math.sqrt(variance), math.log(10)
    mated = normal(variance / 2, spread, np.arange(n)) / unit
    return mated, normal(-variance / 2, spread, np.arange(n, 2 * n)) / unit


def shares(mated: list[int], non_mated: list[int]) -> dict[int, Fraction]:
    """Isotonic share of mated ones at each value, by the max-min formula, in whole numbers."""
    values = sorted({*mated, *non_mated})

    def mean(low: int, high: int) -> Fraction:
        hits = sum(low <= v <= high for v in mated)
        return Fraction(hits, hits + sum(low <= v <= high for v in non_mated))

    return {v: max(min(mean(low, high) for high in values if high >= v) for low in values if low <= v) for v in values}


# Known answers


def test_worked_values_of_the_formulas():
    """FORMULAS 18.a, b, c and e."""
    same, other = np.log10([10, 100, 1]), np.log10([0.1, 0.01, 1])
    assert cllr(same, other) == pytest.approx(0.38395294, abs=5e-9)
    assert cllr([0, 0], [0, 0]) == pytest.approx(1, abs=1e-15)
    assert cllr_min(same, other) == pytest.approx(1 / 3, abs=1e-15)
    assert cllr([-1, -1], [1, 1]) == pytest.approx(3.4594316, abs=5e-8)
    assert elub(np.linspace(1, 6, 1000), np.linspace(-6, -1, 1000)) == Bounds(-2.8, 2.8)


def test_pav_by_hand():
    found = pav([1, 2, 2, 4], [0, 2, 3, 3])
    assert found.value.tolist() == [0, 1, 2, 3, 4]
    assert (found.mated.tolist(), found.non_mated.tolist()) == ([0, 1, 2, 0, 1], [1, 0, 1, 2, 0])
    assert found.llr.tolist() == [-math.inf, 0.0, 0.0, 0.0, math.inf]


@given(SCORES, SCORES)
@quick
def test_pav_is_the_max_min_formula(mated, non_mated):
    found = pav(mated, non_mated)
    for value, llr, share in zip(found.value, found.llr, shares(mated, non_mated).values(), strict=True):
        odds = math.inf if share == 1 else float(share / (1 - share) * Fraction(len(non_mated), len(mated)))
        assert 10**llr == pytest.approx(odds, rel=1e-12), value
    assert np.all(np.diff(found.llr[np.isfinite(found.llr)]) >= 0)


@given(SCORES, SCORES)
@quick
def test_blocks_are_the_edges_of_the_hull(mated, non_mated):
    """The trade-off curve's hull, found apart in whole numbers, has its corners where the LR changes."""
    found = pav(mated, non_mated)
    last = np.append(np.abs(np.diff(np.nan_to_num(found.llr, posinf=99, neginf=-99))) > 1e-9, True)
    missed, passed = np.cumsum(found.mated)[last], np.cumsum(found.non_mated[::-1])[::-1]
    over = np.append(passed[1:], 0)[last]
    fmr, fnmr = other_tools.hull(steps(Comparisons(Side(np.float32(mated)), Side(np.float32(non_mated)))))
    ours = {(0, 0)} | set(zip((len(non_mated) - over).tolist(), missed.tolist(), strict=True))
    theirs = zip(np.rint((1 - fmr) * len(non_mated)).tolist(), np.rint(fnmr * len(mated)).tolist(), strict=True)
    assert ours == set(theirs)


@given(SCORES, SCORES)
@quick
def test_smallest_cost_is_that_of_the_pooled_lrs(mated, non_mated):
    found = pav(mated, non_mated)
    least = cllr(np.repeat(found.llr, found.mated), np.repeat(found.llr, found.non_mated))
    assert cllr_min(mated, non_mated) == pytest.approx(least, abs=1e-12)


@given(LLRS, LLRS)
@quick
def test_no_order_keeping_change_costs_less(mated, non_mated):
    one, other = np.array(mated), np.array(non_mated)
    least = cllr_min(one, other)
    assert -1e-15 <= least <= 1 + 1e-12
    for factor, shift in itertools.product((0.1, 1.0, 3.0), (-1.0, 0.0, 1.0)):
        assert cllr(factor * one + shift, factor * other + shift) >= least - 1e-12
    assert cllr_min(np.arctan(one), np.arctan(other)) == least
    assert cllr_min(-other, -one) == pytest.approx(least, abs=1e-12)


@given(SCORES, SCORES)
@quick
def test_ties_told_apart_are_too_good_and_counted_against_are_pooled(mated, non_mated):
    one, other = np.array(mated, float), np.array(non_mated, float)
    pooled = cllr_min(one, other)
    assert cllr_min(one + 0.5, other) <= pooled + 1e-12
    assert cllr_min(one - 0.5, other) == pytest.approx(pooled, abs=1e-12)


def test_planted_fault_ties_told_apart_are_seen():
    """Equal scores alone carry nothing; told apart they would be perfect."""
    one, other = np.full(10, 3.0), np.full(10, 3.0)
    assert cllr_min(one, other) == pytest.approx(1, abs=1e-15)
    assert cllr_min(one + 1e-9, other) == 0


def test_scores_tie_as_they_are_kept():
    one, other = [0.1 + 1e-9], [0.1]
    assert cllr_min(one, other) == 0
    assert cllr_min(np.float32(one), np.float32(other)) == pytest.approx(1, abs=1e-15)
    assert pav(np.float32(one), np.float32(other)).value.dtype == np.float32
    assert pav([-0.0], [0.0]).value.size == 1


# Certainties


def test_one_certainty_that_is_wrong_costs_everything():
    assert cllr([1, -math.inf], [-1]) == math.inf
    assert cllr([1], [-1, math.inf]) == math.inf
    assert cllr([math.inf], [-math.inf]) == 0
    assert cllr([math.inf, 1], [-1]) == pytest.approx((math.log2(1.1) / 2 + math.log2(1.1)) / 2)


def test_large_lrs_neither_overflow_nor_vanish():
    assert cllr([-400.0], [-20.0]) == pytest.approx(200 * math.log2(10), rel=1e-12)
    assert cllr([300.0], [-300.0]) == pytest.approx(1e-300 / math.log(2), rel=1e-12)


@given(INFINITE, INFINITE)
@quick
def test_infinite_values_are_the_outermost(mated, non_mated):
    near = {-math.inf: -7.0, math.inf: 7.0}
    one, other = ([near.get(v, v) for v in side] for side in (mated, non_mated))
    assert cllr_min(mated, non_mated) == cllr_min(one, other)
    given, finite = devpav(mated, non_mated), devpav(one, other)
    assert (given is None) == (finite is None)
    if given is not None and given < math.inf:
        assert given == pytest.approx(finite, abs=1e-12)
    assert elub(mated, non_mated) == elub(np.clip(mated, -9, 9), np.clip(non_mated, -9, 9))


# Deviation from the best LRs


def test_deviation_by_hand():
    assert devpav([0.0, 0.0], [0.0, 0.0]) == 0
    assert devpav([2.0], [2.0]) == 2
    # One line from (-1, 0) to (1, 0): two triangles of area 1/2 over a length of 2.
    assert devpav([-1.0, 2.0], [-2.0, 1.0]) == pytest.approx(0.5)
    # Moved up by 3 the line lies below the diagonal: a trapezium.
    assert devpav([2.0, 5.0], [1.0, 4.0]) == pytest.approx(3)


def test_deviation_that_is_infinite_or_none():
    assert devpav([1.0], [-1.0]) is None
    assert devpav([math.inf], [-math.inf]) is None
    assert devpav([0.0, 1.0], [0.0, math.inf]) == math.inf
    assert devpav([0.0, -math.inf], [-1.0, 0.0]) == math.inf
    assert devpav([0.0, 1.0, math.inf], [-math.inf, 0.0, 1.0]) < math.inf


@given(LLRS, LLRS)
@quick
def test_deviation_is_the_mean_distance_from_the_diagonal(mated, non_mated):
    found, ours = pav(mated, non_mated), devpav(mated, non_mated)
    known = np.isfinite(found.llr)
    if not known.any():
        assert ours is None
        return
    x, y = found.value[known], found.llr[known]
    at = np.linspace(x[0], x[-1], 20_001)
    distance = np.abs(np.interp(at, x, y) - at)
    # The rule of trapezia is off by less than one step's height at each corner and crossing.
    off = 40 * (x[-1] - x[0]) / 20_000
    assert ours == pytest.approx(float((distance[1:] + distance[:-1]).mean() / 2), abs=off + 1e-12)


# Bounds


def slow_elub(mated, non_mated, per_decade=100):
    """The two bounds by walking out from 1, one threshold at a time, value by value, without rounding."""

    def of_use(k):
        t, log = Fraction(10.0 ** abs(k / per_decade)), k / per_decade
        miss = Fraction(sum(v <= log for v in mated) + 1, len(mated) + 1)
        alarm = Fraction(sum(v > log for v in non_mated) + 1, len(non_mated) + 1)
        return (miss + t * alarm if k >= 0 else miss * t + alarm) <= 1

    return walk(of_use, of_use, per_decade)


def slow_invariance(mated, non_mated, per_decade=1000):
    def share(hits, side):
        return Fraction(2 * hits + 1, 2 * len(side) + 2)

    def low_holds(k):
        below = [share(sum(v < k / per_decade for v in side), side) for side in (mated, non_mated)]
        return below[0] * Fraction(10.0 ** abs(k / per_decade)) <= below[1]

    def high_holds(k):
        above = [share(sum(v >= k / per_decade for v in side), side) for side in (mated, non_mated)]
        return above[0] >= above[1] * Fraction(10.0 ** abs(k / per_decade))

    return walk(low_holds, high_holds, per_decade)


def walk(low_holds, high_holds, per_decade):
    ends = []
    for holds, way in ((low_holds, -1), (high_holds, 1)):
        k = 0
        while abs(k) <= 4 * per_decade and holds(k):
            k += way
        ends.append(0.0 if k == 0 else (k - way) / per_decade)
    return tuple(ends)


@given(LLRS, LLRS)
@settings(max_examples=30, deadline=None)
def test_bounds_are_those_of_a_walk_out_from_one(mated, non_mated):
    assert elub(mated, non_mated) == pytest.approx(slow_elub(mated, non_mated), abs=1e-12)
    ours = invariance_bounds(mated, non_mated, per_decade=50)
    low, high = slow_invariance(mated, non_mated, per_decade=50)
    # Past all values nothing is counted, and the walk goes on; there the bound is a value.
    ends = min(min(non_mated), 0.0), max(max(mated), 0.0)
    everything = [*mated, *non_mated]
    assert ours.low == pytest.approx(ends[0] if low <= min(0.0, *everything) else low, abs=1e-12)
    assert ours.high == pytest.approx(ends[1] if high > max(0.0, *everything) else high, abs=1e-12)


def test_bounds_at_values_that_lie_on_the_grid_and_beside_it():
    """A mated LR of t is not above t; beyond the last value nothing is counted, and 1 is no evidence of t."""
    assert elub([0.1], [-0.25, -3.0]) == Bounds(-0.12, 0.09)
    assert elub([0.105], [-0.25, -3.0]) == Bounds(-0.12, 0.1)
    assert invariance_bounds([0.305], [-0.305], per_decade=100) == Bounds(-0.3, 0.3)


def test_what_is_equal_compares_equal():
    """At t = 1 both shares are exactly a half; divided by their sizes first, one would come out below."""
    mated, non_mated = [-3.0, 0.003], [-3.0] * 4 + [0.0] * 4
    assert invariance_bounds(mated, non_mated, per_decade=50).high == 0.003


@given(LLRS, LLRS)
@quick
def test_few_pairs_support_no_large_lr(mated, non_mated):
    low, high = elub(mated, non_mated)
    assert -math.log10(len(mated) + 1) <= low <= 0 <= high <= math.log10(len(non_mated) + 1)
    low, high = invariance_bounds(mated, non_mated)
    assert -math.log10(2 * len(mated) + 2) <= low <= 0 <= high <= math.log10(2 * len(non_mated) + 2)


def test_lrs_that_mislead_support_nothing():
    mated, non_mated = calibrated(200)
    assert elub(non_mated, mated) == Bounds(0, 0)
    assert invariance_bounds(non_mated, mated) == Bounds(0, 0)
    assert elub(mated, non_mated).high > 0.5


def test_planted_fault_overstated_lrs_are_seen():
    """LRs raised to the third power: cost, deviation and both bounds tell them from sound ones, the order does not."""
    mated, non_mated = calibrated(2000)
    assert cllr_min(3 * mated, 3 * non_mated) == cllr_min(mated, non_mated)
    assert cllr(3 * mated, 3 * non_mated) > 1.2 * cllr(mated, non_mated)
    assert devpav(3 * mated, 3 * non_mated) > 3 * devpav(mated, non_mated)
    assert elub(3 * mated, 3 * non_mated).high < elub(mated, non_mated).high
    assert invariance_bounds(3 * mated, 3 * non_mated).high < invariance_bounds(mated, non_mated).high


def test_sound_lrs_cost_what_they_should():
    """A false alarm has a chance of 1 in 100,000."""
    variance, n = 4.0, 20_000
    mated, non_mated = calibrated(n, variance)
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    costs = np.logaddexp(0, -(variance / 2 + math.sqrt(variance) * nodes)) / math.log(2)
    mean = float(weights @ costs / weights.sum())  # both sides cost the same by symmetry
    spread = math.sqrt(float(weights @ costs**2 / weights.sum()) - mean**2)
    assert cllr(mated, non_mated) == pytest.approx(mean, abs=4.42 * spread / math.sqrt(2 * n))


# Bad input


@pytest.mark.parametrize("measure", EVERY)
@pytest.mark.parametrize("mated", [[], [1.0, math.nan]])
def test_what_cannot_be_put_in_order_is_refused(measure, mated):
    with pytest.raises(OutOfRange, match="mated must be"):
        measure(mated, [0.0])
    with pytest.raises(OutOfRange, match="non_mated must be"):
        measure([0.0], mated)


@pytest.mark.parametrize("bounds", [elub, invariance_bounds])
def test_a_grid_needs_a_step(bounds):
    with pytest.raises(OutOfRange, match="per_decade must be at least 1, got 0"):
        bounds([1.0], [0.0], per_decade=0)


@pytest.mark.parametrize("measure", EVERY)
def test_one_value_of_each_is_enough_and_nothing_is_changed(measure):
    one, other = np.float32([math.inf]), np.float32([-20])
    measure(one, other)
    measure(np.int64([3]), np.int64([3]))
    assert (one.tolist(), other.tolist()) == ([math.inf], [-20])


@pytest.mark.slow
@pytest.mark.parametrize("measure", EVERY)
def test_a_million_values_take_little_memory(measure):
    """A table of values by thresholds would take 15 GB."""
    mated, non_mated = calibrated(500_000)
    tracemalloc.start()
    try:
        measure(mated, non_mated)
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
