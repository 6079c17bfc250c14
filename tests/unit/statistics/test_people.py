"""Variances over pairs of people, against sums over all pairs of pairs."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.statistics import CrossCounts, PairCounts, PairSums, clustered_rate, rate_interval
from oracles.dyadic import u_statistic_variance, vertex_jackknife


def table(square: np.ndarray) -> PairCounts:
    first, second = np.nonzero(square)
    count = square[first, second].astype(np.int64)
    return PairCounts(first.astype(np.int32), second.astype(np.int32), count, len(square))


def drawn(people: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events, trials and both margins of a small cross comparison; some people are on one side only."""
    rng = np.random.default_rng(14)
    probe, reference = rng.integers(0, 4, people), rng.integers(0, 4, people)
    trials = np.outer(probe, reference)
    np.fill_diagonal(trials, 0)
    return rng.binomial(trials, 0.3), trials, probe, reference


def test_the_worked_numbers_of_item_14() -> None:
    f = 1e-4
    assert u_statistic_variance(1000, 4 * f**2, f * (1 - f)) ** 0.5 == pytest.approx(1.8974194e-05, rel=1e-7)
    assert u_statistic_variance(1000, 0, f * (1 - f)) ** 0.5 == pytest.approx(1.4148505e-05, rel=1e-7)
    f = 1e-2
    wide, naive = (u_statistic_variance(1000, zeta, f * (1 - f)) for zeta in (4 * f**2, 0))
    assert (wide / naive) ** 0.5 == pytest.approx(9.0358433, rel=1e-7)


@pytest.mark.parametrize("unordered", [False, True])
def test_margins_are_the_full_table(unordered: bool) -> None:
    events, trials, probe, reference = drawn()
    if unordered:
        reference = probe
        trials = np.triu(np.outer(probe, probe), 1)
        events = np.minimum(events, trials)
    margins = CrossCounts(probe, reference, unordered)
    assert margins.total == trials.sum()
    np.testing.assert_array_equal(margins.by_person(), table(trials).by_person())
    short, full = clustered_rate(table(events), margins), clustered_rate(table(events), table(trials))
    for name in ("value", "variance", "plain", "between", "events", "trials", "squares", "bunch_worst", "sharing"):
        assert getattr(short, name) == pytest.approx(getattr(full, name), rel=1e-12), name
    np.testing.assert_allclose(short.nodes, full.nodes, rtol=1e-12, atol=1e-15)


def test_the_variance_is_the_sum_over_pairs_that_share_somebody() -> None:
    """Without the jackknife's leverage, against the definition: every two pairs of people, one by one."""
    events, trials, _, _ = drawn()
    found = clustered_rate(table(events), table(trials))
    residual = {}
    for i in range(9):
        for j in range(i):
            tried = trials[i, j] + trials[j, i]
            if tried:
                residual[i, j] = (events[i, j] + events[j, i] - found.value * tried) / trials.sum()
    together = sum(a * b for d, a in residual.items() for e, b in residual.items() if set(d) & set(e))
    took_part = table(trials).by_person()
    k = np.count_nonzero(took_part)
    plain = np.array([sum(a for d, a in residual.items() if i in d) for i in range(9) if took_part[i]])
    pairs = sum(a * a for a in residual.values())
    assert plain @ plain - pairs == pytest.approx(together, rel=1e-9)
    levered = plain / (1 - np.minimum(took_part[took_part > 0] / trials.sum(), 0.5))
    expected = (k - 1) / k * levered @ levered - pairs
    assert found.variance == pytest.approx(max(expected, pairs, found.plain), rel=1e-9)


def test_the_jackknife_is_what_is_left_without_each_person() -> None:
    events, trials, _, _ = drawn()
    values, variance = vertex_jackknife(table(events), table(trials))
    left = []
    for i in range(9):
        keep = np.arange(9) != i
        left.append(events[np.ix_(keep, keep)].sum() / trials[np.ix_(keep, keep)].sum())
    there = table(trials).by_person() > 0
    np.testing.assert_allclose(values, np.array(left)[there], rtol=1e-12)
    k = values.size
    assert variance == pytest.approx((k - 1) / k * np.square(values - values.mean()).sum(), rel=1e-12)


def test_mated_pairs_are_people_of_their_own() -> None:
    """Equal attempts: the variance of a mean of people's shares."""
    events, trials = np.array([0, 1, 3, 0, 2]), np.full(5, 4)
    found = clustered_rate(table(np.diag(events)), table(np.diag(trials)))
    assert found.variance == pytest.approx((events / 4).var(ddof=1) / 5, rel=1e-12)
    assert found.between == 0
    assert found.bunch_worst == 4


def test_nobody_in_all_comparisons_can_be_left_out() -> None:
    star = np.zeros((4, 4), int)
    star[0, 1:] = 2
    with pytest.raises(OutOfRange, match="takes part in all"):
        vertex_jackknife(table(star // 2), table(star))
    with pytest.raises(OutOfRange, match="at least 1"):
        clustered_rate(table(np.zeros((3, 3))), table(np.zeros((3, 3))))


def as_sums(events: PairCounts, trials: PairCounts) -> tuple[PairSums, PairSums]:
    """Add both up over people by loops over pairs without an order."""
    seen, tried = Counter(), Counter()
    for table, into in ((events, seen), (trials, tried)):
        for a, b, n in zip(table.first, table.second, table.count, strict=True):
            into[min(a, b), max(a, b)] += int(n)
    crossed = float(sum(seen[pair] * n for pair, n in tried.items()))
    squares = [float(sum(n**2 for n in of.values())) for of in (seen, tried)]
    return (
        PairSums(events.by_person(), sum(seen.values()), squares[0], len(seen), crossed, crossed),
        PairSums(trials.by_person(), sum(tried.values()), squares[1], len(tried)),
    )


@pytest.mark.parametrize("share", [0.05, 0.9])
def test_sums_over_people_give_the_spread_of_all_pairs(share: float) -> None:
    rng = np.random.default_rng(4)
    first, second = (of.astype(np.int32) for of in np.nonzero(~np.eye(20, dtype=bool)))
    trials = PairCounts(first, second, rng.integers(1, 5, first.size), 20)
    events = PairCounts(first, second, rng.binomial(trials.count, share), 20)
    seen, tried = as_sums(events, trials)
    one, two = clustered_rate(events, trials), clustered_rate(seen, tried)
    for name in one._fields:
        assert np.allclose(getattr(one, name), getattr(two, name), rtol=1e-12), name
    rates = rate_interval(events, trials), rate_interval(seen, tried)
    assert (rates[0].low, rates[0].high) == pytest.approx((rates[1].low, rates[1].high), rel=1e-12)
    loose = seen._replace(least=seen.squares, most=seen.most * 1.5)
    assert clustered_rate(loose, tried).variance >= one.variance


def test_sums_do_not_go_with_lists() -> None:
    one = PairCounts(np.int32([0]), np.int32([1]), np.int64([1]), 2)
    sums = PairSums(np.int64([1, 1]), 1, 1.0, 1, 1.0, 1.0)
    with pytest.raises(TypeError, match="sums"):
        clustered_rate(sums, one)
    with pytest.raises(TypeError, match="sums"):
        clustered_rate(one, sums)
