"""Measures of how far rates lie apart: worked numbers, definitions, edges."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.statistics import fdr_fair, filled_rates, garbe, gini, max_over_min
from oracles.disparity import inequity_rate, max_over_geometric_mean

POLICE = [0.0004, 0.04, 0.055]  # FPIR of white, Asian and Black people, NPL test of the UK Police National Database
NONE = [0.0, 0.0, 0.0]


def test_worked_numbers_of_item_24() -> None:
    found = [max_over_min(POLICE), max_over_geometric_mean(POLICE), max_over_min([0.004, 0.099])]
    assert found == pytest.approx([137.5, 5.7394261, 24.75], rel=1e-7)
    assert fdr_fair(POLICE, NONE) == pytest.approx(0.9727, rel=1e-12)
    assert gini(POLICE) == pytest.approx(0.57232704, rel=1e-7)
    assert [gini([1, 1, 1]), gini([0, 0, 1])] == [0, 1]


def test_gini_is_the_sum_over_all_pairs() -> None:
    x = np.random.default_rng(4).lognormal(size=(7, 30))
    n = 7
    pairs = np.abs(x[:, None] - x[None]).sum(axis=(0, 1)) / (2 * n * n * x.mean(axis=0)) * n / (n - 1)
    np.testing.assert_allclose(gini(x), pairs, rtol=1e-12)


def test_measures_take_replicates_as_columns() -> None:
    x = np.random.default_rng(5).lognormal(size=(4, 6))
    y = np.random.default_rng(6).lognormal(size=(4, 6))
    for measure in (max_over_min, max_over_geometric_mean, gini):
        np.testing.assert_array_equal(measure(x), [measure(column) for column in x.T])
    for measure in (garbe, fdr_fair, inequity_rate):
        np.testing.assert_allclose(measure(x, y), [measure(a, b) for a, b in zip(x.T, y.T, strict=True)], rtol=1e-12)


def test_weights_and_powers() -> None:
    assert garbe(POLICE, NONE, 0.25) == pytest.approx(0.25 * gini(POLICE))
    assert fdr_fair(POLICE, [0.1, 0.3, 0.2], 0.25) == pytest.approx(1 - 0.25 * 0.0546 - 0.75 * 0.2)
    assert inequity_rate(POLICE, [0.1, 0.3, 0.2], 0.5, 2) == pytest.approx(137.5**0.5 * 9)


def test_ratios_do_not_move_with_the_rate_and_gaps_do() -> None:
    """What makes FDR_fair blind: rates a thousand times smaller, as unequal, look a thousand times fairer."""
    small = np.array(POLICE) / 1000
    assert max_over_min(small) == pytest.approx(137.5)
    assert gini(small) == pytest.approx(gini(POLICE))
    assert 1 - fdr_fair(small, NONE) == pytest.approx((1 - fdr_fair(POLICE, NONE)) / 1000)


def test_one_group_is_equal_to_itself() -> None:
    assert [max_over_min([0.2]), max_over_geometric_mean([0.2]), gini([0.2])] == [1, 1, 0]
    assert gini(NONE) == 0


def test_half_an_event_goes_to_all_groups_or_none() -> None:
    np.testing.assert_array_equal(filled_rates([1, 4], [10, 20]), [0.1, 0.2])
    np.testing.assert_allclose(filled_rates([0, 4], [10, 20]), [0.5 / 11, 4.5 / 21])
    columns = filled_rates([[0, 1], [4, 4]], [10, 20])
    np.testing.assert_allclose(columns, [[0.5 / 11, 0.1], [4.5 / 21, 0.2]])
    # An empty group of 10 does not overtake a group of 1,000 with one event more than chance would have it.
    assert filled_rates([0, 30], [10, 100]).argmin() == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: max_over_min([0, 1]), "rates must be above 0 and finite, got 0.0"),
        (lambda: gini([-0.1, 1]), "rates must be at least 0 and finite, got -0.1"),
        (lambda: gini([]), "of at least one group"),
        (lambda: gini([np.nan, 1]), "got nan"),
        (lambda: garbe(POLICE, POLICE, 1.5), "alpha must be at least 0 and at most 1, got 1.5"),
        (lambda: filled_rates([3], [2]), "at most its trials, got 3.0"),
        (lambda: filled_rates([0], [0]), "trials must be above 0"),
    ],
)
def test_what_has_no_measure_is_refused(call, words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        call()
