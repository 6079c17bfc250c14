"""Two rules on the same people: exact p-values, intervals that are never a point, what a comparison can see."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy
from scipy import special, stats

from misid.errors import MisidError, OutOfRange
from misid.quantities import Interval
from misid.statistics import clopper_pearson, clustered_paired_difference, mcnemar_exact
from oracles.paired import detectable_differences, paired_difference, paired_standard_error, smallest_detectable


def test_mcnemar_is_the_sum_of_whole_numbers() -> None:
    for b, c in [(0, 1), (0, 9), (3, 4), (5, 20), (1, 40), (30, 90), (700, 1300)]:
        terms = Fraction(2 * sum(math.comb(b + c, k) for k in range(min(b, c) + 1)), 2 ** (b + c))
        for pair in ((b, c), (c, b)):
            assert mcnemar_exact(*pair) == pytest.approx(float(min(terms, Fraction(1))), rel=1e-12)


def test_mcnemar_of_nobody_and_of_equals_is_one() -> None:
    np.testing.assert_array_equal(mcnemar_exact(np.array([0.0, 1, 7, 5e8]), np.array([0.0, 1, 7, 5e8])), 1)


@pytest.mark.parametrize("gap", [2, 20_000, 100_000, 400_000])
def test_mcnemar_of_a_thousand_million(gap: int) -> None:
    """The tail by another road: Stirling's series at the middle, then the ratios of neighbouring terms, outwards."""
    n = 10**9
    middle = math.sqrt(2 / (math.pi * n)) * math.exp(-1 / (4 * n))
    k = np.arange(n // 2, n // 2 - gap // 2 - 300_000, -1, dtype=np.float64)
    terms = middle * np.exp(np.concatenate([[0.0], np.cumsum(np.log(k[:-1] / (n - k[:-1] + 1)))]))
    tail = math.fsum(terms[gap // 2 :])
    # 5e5 logarithms that each lose half a unit in the last place of a number near 1, and drift like a random walk.
    # Below SciPy 1.17 the incomplete beta function is off by 2.3e-8 there, as docs/conformance.md says.
    off = 1e-9 if tuple(map(int, scipy.__version__.split(".")[:2])) >= (1, 17) else 3e-8
    assert mcnemar_exact(n // 2 - gap // 2, n // 2 + gap // 2) == pytest.approx(2 * tail, rel=off)


def test_the_standard_error_is_that_of_the_tables() -> None:
    """Against the definition: the spread of +1, -1 and 0 over everybody."""
    for b, c, n in [(20, 5, 100), (0, 0, 10), (7, 0, 7), (3, 4, 7), (1, 0, 1000)]:
        signs = np.repeat([1.0, -1.0, 0.0], [b, c, n - b - c])
        assert paired_standard_error(b, c, n) == pytest.approx(signs.std() / math.sqrt(n), rel=1e-12, abs=1e-15)


def test_the_difference_never_comes_as_a_point() -> None:
    b, c = np.array([0.0, 1, 0, 100, 0]), np.array([0.0, 0, 1, 0, 100])
    difference, low, high = paired_difference(b, c, 100)
    np.testing.assert_array_equal(difference, [0, 0.01, -0.01, 1, -1])
    assert np.all(low < high)
    assert np.all(low <= difference)
    assert np.all(difference <= high)
    assert high[3] == 1
    assert low[4] == -1


def test_nobody_discordant_leaves_a_closed_form() -> None:
    """At b = c = 0 the likeliest shares under D >= 0 are (D, 0): n D - 1/2 = z sqrt(n D (1 - D)), a square."""
    n, z = 5000, float(special.ndtri(0.975))
    end = max(np.roots([n * n + n * z * z, -n - n * z * z, 0.25]))
    _, low, high = paired_difference(0, 0, n)
    assert high == pytest.approx(end, rel=1e-12)
    assert low == -high


@pytest.mark.parametrize(("b", "c", "n"), [(20, 5, 1e5), (7, 0, 1e9), (0, 3, 50), (40, 40, 80), (2e8, 1e8, 1e9)])
def test_at_its_ends_the_interval_is_as_far_as_z_allows(b: float, c: float, n: float) -> None:
    """Tango's score by another road: the likeliest share under D is found by search, not by his closed form."""
    for level in (0.8, 0.95):
        z = float(special.ndtri((1 + level) / 2))
        for end in paired_difference(b, c, n, level)[1:]:
            share = likeliest_second_share(b, c, n, end)
            spread = math.sqrt(n * (2 * share + end - end**2))
            # The search for the share stops where the likelihood is flat: half of a float's digits.
            assert abs(b - c - n * end) - 0.5 == pytest.approx(z * spread, rel=1e-6)


def likeliest_second_share(b: float, c: float, n: float, d: float) -> float:
    """Root of the slope of the log likelihood of the share harmed under the second rule alone, by halving."""
    low, high = max(0.0, -d), (1 - d) / 2
    for _ in range(80):
        q = (low + high) / 2
        rest = 1 - 2 * q - d
        slope = (b / (q + d) if b else 0.0) + (c / q if c else 0.0) - 2 * (n - b - c) / rest if q and rest else 0.0
        low, high = (q, high) if slope > 0 else (low, q)
    return (low + high) / 2


@pytest.mark.parametrize(("b", "c", "n"), [(0, 0, 10), (1, 0, 10), (7, 3, 10), (10, 0, 10), (5, 5, 1000)])
def test_one_interval_holds_all_differences_that_stand(b: int, c: int, n: int) -> None:
    """The ends are found by halving, which is right only if the score passes z once on either side."""
    grid = np.linspace(-1, 1, 102)[1:-1]
    spread = np.array([math.sqrt(n * (2 * likeliest_second_share(b, c, n, d) + d - d**2)) for d in grid])
    _, low, high = paired_difference(b, c, n)
    stands = np.abs(b - c - n * grid) - 0.5 <= float(special.ndtri(0.975)) * spread
    np.testing.assert_array_equal(stands, (low <= grid) & (grid <= high))


def test_many_discordant_people_give_the_plain_interval() -> None:
    b, c, n = 60_000.0, 40_000.0, 1e6
    difference, low, high = paired_difference(b, c, n)
    half = 1.959963984540054 * paired_standard_error(b, c, n) + 0.5 / n
    # The score interval departs from the plain one by terms of the order of one discordant person in n.
    np.testing.assert_allclose([low, high], [difference - half, difference + half], rtol=0, atol=3 / n)


def test_swapping_the_rules_turns_the_sign() -> None:
    there, back = paired_difference(17, 4, 300), paired_difference(4, 17, 300)
    assert (there.difference, there.low, there.high) == (-back.difference, -back.high, -back.low)


def exact_coverage(n: int, shares: np.ndarray, level: float = 0.95, planted: bool = False) -> dict[tuple, float]:
    """Coverage at each pair of shares, summed over every table of n people."""
    b, c = (a.ravel() for a in np.meshgrid(np.arange(n + 1.0), np.arange(n + 1.0), indexing="ij"))
    possible = b + c <= n
    b, c = b[possible], c[possible]
    _, low, high = paired_difference(b, c, n, level)
    if planted:
        half = 1.959963984540054 * paired_standard_error(b, c, n)
        low, high = (b - c) / n - half, (b - c) / n + half
    ways = special.gammaln(n + 1) - special.gammaln(b + 1) - special.gammaln(c + 1) - special.gammaln(n - b - c + 1)
    found = {}
    for first in shares:
        for second in shares[shares + first < 1]:
            chance = np.exp(
                ways + special.xlogy(b, first) + special.xlogy(c, second) + (n - b - c) * np.log1p(-first - second)
            )
            truth = first - second
            found[first, second] = float(chance[(low <= truth + 1e-12) & (truth - 1e-12 <= high)].sum())
    return found


def test_the_interval_covers_every_pair_of_shares() -> None:
    """Exact, so no tolerance: 94% is the floor that the docstring states for the 95% interval."""
    shares = np.array([0, 0.003, 0.02, 0.1, 0.3, 0.5, 0.75, 0.95])
    for n in (8, 30):
        assert min(exact_coverage(n, shares).values()) >= 0.94


def test_a_planted_plain_interval_is_seen_not_to_cover() -> None:
    """The interval made of the standard error is a point where nobody is discordant, and misses nearly always."""
    assert exact_coverage(30, np.array([0, 0.003]), planted=True)[0.003, 0] < 0.2


def test_clusters_of_one_are_people() -> None:
    signs = np.repeat([1.0, -1.0, 0.0], [20, 5, 975])
    result = clustered_paired_difference(signs, np.ones(1000))
    assert result.value == 0.015
    # k / (k - 1) against the plain variance.
    assert result.standard_error == pytest.approx(paired_standard_error(20, 5, 1000) * math.sqrt(1000 / 999), rel=1e-12)


def test_normal_clusters_have_nearly_all_their_degrees_of_freedom() -> None:
    k = 400
    spread = stats.norm.ppf((np.arange(k) + 0.5) / k) * 20
    result = clustered_paired_difference(spread, np.full(k, 100.0))
    assert 0.9 * (k - 1) < result.degrees_of_freedom <= k - 1
    theirs = stats.t.interval(0.95, result.degrees_of_freedom, result.value, result.standard_error)
    np.testing.assert_allclose((result.low, result.high), theirs, rtol=1e-9)


def test_one_cluster_that_carries_everything_leaves_two_degrees_of_freedom() -> None:
    result = clustered_paired_difference([3.0] + [0.0] * 9999, [3.0] * 10_000)
    assert result.degrees_of_freedom == pytest.approx(2, rel=1e-3)
    assert result.low < 0 < result.high


def numbers(found: Interval) -> list[float]:
    return [found.value, *found.ends, found.standard_error, found.degrees_of_freedom]


def test_people_in_step_count_as_one() -> None:
    """Every cluster doubled in size, all in step: the same clusters, the same interval."""
    sums, sizes = np.array([0.0, 2, -1, 0, 1, 3]), np.array([1.0, 2, 2, 4, 1, 3])
    np.testing.assert_allclose(
        numbers(clustered_paired_difference(2 * sums, 2 * sizes)),
        numbers(clustered_paired_difference(sums, sizes)),
        rtol=1e-12,
    )
    together = clustered_paired_difference(np.repeat([4.0, 0.0], [20, 180]), np.full(200, 4.0))
    assert together.standard_error > 1.9 * paired_standard_error(80, 0, 800)


def test_clusters_that_are_all_alike_leave_what_none_unlike_leaves() -> None:
    nobody = clustered_paired_difference(np.zeros(500), np.full(500, 2.0))
    assert (nobody.value, nobody.standard_error, nobody.degrees_of_freedom) == (0, 0, 0)
    assert nobody.high == pytest.approx(clopper_pearson(0, 500)[1], rel=1e-12)
    assert nobody.low == -nobody.high
    unequal = clustered_paired_difference(np.zeros(3), np.array([1.0, 1, 10]))
    assert (unequal.low, unequal.high) == (-1, 1)
    # 0.1 has no exact float; the residuals are rounding, not variation.
    tenth = clustered_paired_difference(np.full(70, 1.0), np.full(70, 10.0))
    assert tenth.standard_error == 0
    assert tenth.low < 0.1 < tenth.high


@pytest.mark.parametrize(("n", "rate"), [(1000, 0.3), (10**6, 1e-4), (10**6, 0.0), (10**9, 1e-7)])
def test_what_is_detectable_is_called_out_that_often(n: int, rate: float) -> None:
    """Against scipy: the comparison calls out as seldom as it must, and at the edge as often as it says."""
    power, alpha = 0.99, 1e-6
    rise, fall = detectable_differences(n, rate, power, alpha)
    above = int(stats.binom.isf(alpha / 2, n, rate)) + 1
    assert stats.binom.sf(above - 1, n, rate) <= alpha / 2 < (stats.binom.sf(above - 2, n, rate) if rate else 1)
    assert stats.binom.sf(above - 1, n, rate + rise) == pytest.approx(power, rel=1e-9)
    if math.isinf(fall):
        assert stats.binom.cdf(0, n, rate) > alpha / 2
    else:
        below = int(stats.binom.ppf(alpha / 2, n, rate)) - 1
        assert stats.binom.cdf(below, n, rate) <= alpha / 2 < stats.binom.cdf(below + 1, n, rate)
        assert stats.binom.cdf(below, n, rate - fall) == pytest.approx(power, rel=1e-6)


def test_a_fall_shows_only_where_enough_is_expected() -> None:
    expected = np.array([14.0, 15.0])
    np.testing.assert_array_equal(np.isfinite(detectable_differences(1e7, expected / 1e7).fall), [False, True])
    np.testing.assert_array_equal(np.isfinite(smallest_detectable(1e7, expected / 1e7)), [False, True])


def test_smallest_detectable_is_near_the_normal_rule_for_large_counts() -> None:
    rate, n = 0.2, 10**8
    z = float(special.ndtri(1 - 5e-7) + special.ndtri(0.99))
    # The spread at the edge differs from that at the base by about the difference itself.
    assert smallest_detectable(n, rate) == pytest.approx(z * math.sqrt(rate * (1 - rate) / n), rel=2e-3)
    assert smallest_detectable(n, rate) == max(detectable_differences(n, rate))


def test_more_trials_detect_less_and_more_doubt_detects_more() -> None:
    by_trials = smallest_detectable(np.array([1e3, 1e4, 1e6, 1e9]), 0.05)
    assert np.all(np.diff(by_trials) < 0)
    assert (
        smallest_detectable(1e5, 0.05, alpha=1e-3)
        < smallest_detectable(1e5, 0.05)
        < (smallest_detectable(1e5, 0.05, power=0.999))
    )


def test_floats_give_floats_and_arrays_their_shape() -> None:
    b = np.ones((3, 1))
    n = np.array([5.0, 9.0])
    assert isinstance(mcnemar_exact(1, 2), float)
    assert all(isinstance(v, float) for v in (*paired_difference(1, 2, 9), *detectable_differences(9, 0.5)))
    assert isinstance(smallest_detectable(9, 0.5), float)
    assert all(type(v) is float for v in numbers(clustered_paired_difference([1, 0], [1, 2])))
    assert mcnemar_exact(b, n).shape == (3, 2)
    assert all(v.shape == (3, 2) for v in (*paired_difference(b, 1, n), *detectable_differences(n, b / 2)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: mcnemar_exact(-1, 2),
        lambda: mcnemar_exact(1, 2.5),
        lambda: mcnemar_exact(math.nan, 2),
        lambda: paired_difference(3, 3, 5),
        lambda: paired_difference(0, 0, 0),
        lambda: paired_difference(1, 1, 5, level=95),
        lambda: paired_standard_error(3, 3, 5),
        lambda: clustered_paired_difference([1], [1]),
        lambda: clustered_paired_difference([1, 2], [1, 1]),
        lambda: clustered_paired_difference([1, 0], [1, 0]),
        lambda: clustered_paired_difference([1, 0, 0], [1, 1]),
        lambda: clustered_paired_difference([[1, 0]], [[1, 1]]),
        lambda: clustered_paired_difference([1, -math.inf], [1, 1]),
        lambda: detectable_differences(0, 0.5),
        lambda: detectable_differences(5, 1.5),
        lambda: smallest_detectable(5, 0.5, power=1),
        lambda: smallest_detectable(5, 0.5, alpha=0),
    ],
)
def test_what_makes_no_sense_is_refused(call) -> None:
    with pytest.raises(OutOfRange):
        call()


def test_refusals_name_argument_and_value() -> None:
    with pytest.raises(MisidError, match=r"b \+ c must be at most n = 5, got 6"):
        paired_difference(3, 3, 5)
    with pytest.raises(MisidError, match=r"sums must be at most the size of its cluster, got 2\.0"):
        clustered_paired_difference([1, 2], [1, 1])
