"""The four axioms that single out Shapley's value, whatever the harms.

Tolerances come from rounding: a share is a sum of 2^(m-1) products with weights that add up to 1, so its error is at
most (2^(m-1) + a few) eps times the largest difference of two values; a sum of m shares has m times that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from misid.statistics import subsets
from misid.statistics.shapley import shapley

EPS = float(np.finfo(np.float64).eps)
QUICK = settings(max_examples=25, deadline=None)

harms = st.integers(1, 6).flatmap(lambda m: arrays.arrays(np.float64, 2**m, elements=st.floats(-1e6, 1e6)))
whole_harms = st.integers(1, 6).flatmap(lambda m: arrays.arrays(np.int64, 2**m, elements=st.integers(0, 720)))
pairs = st.integers(1, 6).flatmap(
    lambda m: st.tuples(*[arrays.arrays(np.float64, 2**m, elements=st.floats(-1e6, 1e6)) for _ in range(2)])
)


def layers_of(values: Any) -> int:
    return len(values).bit_length() - 1


def rounding(*values: Any) -> float:
    m = layers_of(values[0])
    return 2 * m * (2**m + 8) * EPS * max(float(np.abs(v).max()) for v in values) + 1e-300


@QUICK
@given(harms)
def test_shares_add_up_to_all_the_harm_removed(values: Any) -> None:
    assert abs(shapley(values).sum() - (values[0] - values[-1])) <= rounding(values)


@QUICK
@given(whole_harms)
def test_shares_of_whole_numbers_are_whole_multiples_of_one_over_m_factorial(values: Any) -> None:
    m = layers_of(values)
    units = np.prod(np.arange(1, m + 1))
    assert np.all(np.abs(shapley(values) * units - np.rint(shapley(values) * units)) <= 720 * units * EPS)
    assert np.rint(shapley(values) * units).sum() == (values[0] - values[-1]) * units


@QUICK
@given(harms, st.randoms(use_true_random=False))
def test_renaming_layers_renames_shares(values: Any, random: Any) -> None:
    m = layers_of(values)
    order = list(range(m))
    random.shuffle(order)
    # Layer i of the new order is layer order[i] of the old.
    renamed = np.array([values[sum(1 << order[layer] for layer in perfect)] for perfect in subsets(m)])
    np.testing.assert_allclose(shapley(renamed), shapley(values)[order], rtol=0, atol=rounding(values))


@QUICK
@given(harms)
def test_layers_that_do_the_same_get_the_same(values: Any) -> None:
    m = layers_of(values)
    by_number = np.array([values[(1 << len(perfect)) - 1] for perfect in subsets(m)])
    shares = shapley(by_number)
    assert np.ptp(shares) <= rounding(values)


@QUICK
@given(harms, st.integers(0, 6))
def test_a_layer_that_changes_nothing_gets_nothing(values: Any, place: int) -> None:
    m = layers_of(values)
    idle = min(place, m)
    low = (1 << idle) - 1
    index = np.arange(2 ** (m + 1))
    widened = values[(index & low) | (index >> (idle + 1) << idle)]
    shares = shapley(widened)
    assert shares[idle] == 0
    np.testing.assert_allclose(np.delete(shares, idle), shapley(values), rtol=0, atol=rounding(widened))


@QUICK
@given(pairs, st.floats(-100, 100))
def test_shares_of_a_sum_are_sums_of_shares(both: Any, factor: float) -> None:
    one, other = both
    np.testing.assert_allclose(
        shapley(one + factor * other),
        shapley(one) + factor * shapley(other),
        rtol=0,
        atol=(2 + abs(factor)) * rounding(one, other),
    )
