"""Shares of layers that act together: the definition, by hand, and what is refused."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.statistics import MOST_LAYERS, subsets
from misid.statistics.shapley import shapley


def test_subsets_are_in_the_order_of_their_bits() -> None:
    assert subsets(1) == ((), (0,))
    assert subsets(3) == ((), (0,), (1,), (0, 1), (2,), (0, 2), (1, 2), (0, 1, 2))
    assert len(set(subsets(7))) == 2**7


def test_two_layers_by_hand() -> None:
    """Harm 10; 6 without the first, 7 without the second, 2 without both: (4 + 5) / 2 and (3 + 4) / 2."""
    np.testing.assert_array_equal(shapley([10, 6, 7, 2]), [4.5, 3.5])


def test_one_layer_answers_for_everything() -> None:
    np.testing.assert_array_equal(shapley([10.0, 3.0]), [7])


def test_a_layer_can_lower_harm_by_its_fault() -> None:
    """Reading every photo finds more wrong records: capture made perfect raises harm, and its share says so."""
    np.testing.assert_array_equal(shapley([10, 12, 4, 5]), [-1.5, 6.5])


def test_layers_that_work_only_together_share_alike() -> None:
    values = np.array([1.0 if len(perfect) < 3 else 0.0 for perfect in subsets(3)])
    np.testing.assert_array_equal(shapley(values), np.full(3, 1 / 3))


@pytest.mark.parametrize("m", [2, 3, 5])
def test_shares_are_means_over_all_orders(m: int) -> None:
    """Shapley's own wording, in whole numbers: no rounding, so no tolerance."""
    values = np.random.default_rng(m).integers(0, 10_000, 2**m)
    removed = np.zeros(m, dtype=np.int64)
    for order in permutations(range(m)):
        perfect = 0
        for layer in order:
            removed[layer] += values[perfect] - values[perfect | 1 << layer]
            perfect |= 1 << layer
    np.testing.assert_array_equal(shapley(values), removed / math.factorial(m))


def test_further_axes_are_kept() -> None:
    values = np.random.default_rng(8).random((8, 4, 2))
    shares = shapley(values)
    assert shares.shape == (3, 4, 2)
    assert shares.dtype == np.float64
    for i in range(4):
        for j in range(2):
            np.testing.assert_allclose(shares[:, i, j], shapley(values[:, i, j]), rtol=0, atol=1e-15)


def test_a_planted_swap_of_bits_is_seen() -> None:
    """Indices read from the wrong end would give the shares to the wrong layers."""
    values = np.array([10.0, 6, 7, 2])
    assert not np.array_equal(shapley(values), shapley(values[[0, 2, 1, 3]]))


@pytest.mark.parametrize(
    "values",
    [[], 3.0, [1.0], [1.0, 2, 3], np.zeros(12), [1.0, math.nan], [1.0, math.inf], np.zeros(2 ** (MOST_LAYERS + 1))],
)
def test_what_is_not_all_subsets_is_refused(values) -> None:
    with pytest.raises(OutOfRange):
        shapley(values)


@pytest.mark.parametrize("layers", [0, 17, 2.5])
def test_too_few_or_too_many_layers_are_refused(layers: float) -> None:
    with pytest.raises(OutOfRange, match="layers must be"):
        subsets(layers)
