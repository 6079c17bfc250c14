"""Worked numbers of the formula list, each asserted against misid's own functions.

The list of formulas was worked out beside the code, in other words and by another hand, to eight printed digits;
its numbers are typed in here.  A number of pure arithmetic that no function of misid computes stands as it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from conftest import KnownCard, small
from misid.expected import ModelChoice, answer, at_threshold, points_at, quantities_of, strata
from misid.expected.candidates import _tables
from misid.randomness import words
from misid.scenario import from_mapping, resolve
from misid.statistics import (
    any_hit_of,
    clopper_pearson,
    effective_comparisons,
    expected_from_fpir,
    fmr_for_fpir,
    fpir_gamma,
    fpir_independent,
    mcnemar_exact,
    poisson_interval,
    retention_stock,
    tail_exceedance,
    threshold_shift,
    two_names_not_enrolled,
)
from misid.vocabulary import ImageKind
from oracles.detection import Sensitivity, rates, sensitivity
from oracles.growth import candidate_shares, fpir_beta, fpir_equicorrelated, fpir_groups, repeat_hit_probability
from oracles.odds import posterior, status_likelihood_ratio_bound
from oracles.open_set import hit_composition, implied_enrolled_share, open_set_rates
from oracles.outcomes import expected_wrongful_actions
from oracles.paired import paired_difference, paired_standard_error
from oracles.tails import best_score_level, probability_kth_best_at_most

PRINTED = 1e-6  # relative; the list prints eight digits

PEOPLE, IMAGES = 336_932, 1.4e6
FMR_BY_GROUP = np.array([[2e-9, 1e-11], [1e-11, 4e-10]])
BUENOS_AIRES = 8500 / 40000


def normal_rates(mean: float, n_others: float, threshold: float, span: tuple[float, float]) -> Any:
    """Open-set rates of normal scores: mated N(mean, 1), others N(0, 1)."""

    def log_density(x: float) -> float:
        return -x * x / 2 - math.log(2 * math.pi) / 2

    return open_set_rates(
        mated_cdf=lambda x: float(special.ndtr(x - mean)),
        mated_pdf=lambda x: math.exp(log_density(x - mean)),
        impostor_log_cdf=lambda x: float(special.log_ndtr(x)),
        impostor_log_pdf=log_density,
        n_others=n_others,
        threshold=threshold,
        span=span,
    )


def year(**changed: float) -> Any:
    """A year of item 10, of which some inputs are changed."""
    inputs = {
        "scans": 1e5,
        "enrolled": 0.5,
        "fpir": 1e-3,
        "misid": 0.0,
        "tpir": 0.9,
        "adverse_record": 0.10,
        "record_error": 0.003,
        "stopped_by_review": 0.0,
    }
    return expected_wrongful_actions(**{**inputs, **changed})


def more_readily(reader: Sensitivity, step: float) -> Any:
    """Rates of a reader whose criterion is a step lower."""
    return rates(reader.d_prime, reader.criterion - step)


def named_without_mate(expected: float, most: int, stranger: float, strength: float = 0.0) -> float:
    """A_K of item 31 at so many expected strangers, where photos are alike."""
    return float(_tables(most, stranger, strength, 1e9)[1](np.array([expected]))[0])


def relatives(enrolled: float, together: float) -> list[float]:
    """P(the twin is enrolled and found), of people who are enrolled and who are not."""
    kin = dict.fromkeys(("identical_twin_share", "fraternal_twin_share", "siblings", "sibling_match"), 0)
    kin |= {"identical_twin_share": 0.0067, "identical_twin_match": 0.98, "enrolled_together": together}
    who = small()["statuses"]["may_stay"]
    adults = {"adult": enrolled}
    people = {**who, "enrolled": adults, "enrolled_without_passports": adults}
    scenario = resolve(from_mapping(small(kin=kin, statuses__may_stay=people)))
    choice = ModelChoice(KnownCard(), ImageKind.MUGSHOT, "duplicates", 1e9)
    best = points_at(scenario, quantities_of(scenario, choice), [choice])
    found = answer(at_threshold(best, 60.0), "all")  # which nobody but a relative reaches
    mine = [cell.status for cell in strata(scenario, "all")].index("may_stay")
    parts = (found.relative_enrolled[0, mine] / enrolled, found.relative_not_enrolled[0, mine] / (1.0 - enrolled))
    return [float(x) for x in parts]


FROM_MISID: dict[str, tuple[Callable[[], Any], Any]] = {
    "0.c": (lambda: 100 * np.array(clopper_pearson(10, 2077)), [0.23111468, 0.88364081]),
    "1.a": (lambda: fpir_independent(1e-3, np.array([200.0, 2000, 10000])), [0.18135117, 0.86480007, 0.99995483]),
    "1.b": (lambda: fpir_independent(np.array([1e-9, 1e-8]), 2e8), [0.18126925, 0.86466472]),
    "1.c": (lambda: fmr_for_fpir(1e-3, 2e8), 5.0025017e-12),
    "2.a": (lambda: fpir_groups(FMR_BY_GROUP, np.array([5e7, 1.5e8])), [0.096518821, 0.058706231]),
    "2.b": (lambda: fpir_groups(FMR_BY_GROUP, np.array([1.5e8, 5e7])), [0.2595521, 0.021270523]),
    "2.c": (lambda: candidate_shares(FMR_BY_GROUP[0], np.array([5e7, 1.5e8])), [0.98522167, 0.014778325]),
    "3.b": (lambda: effective_comparisons(2e8, IMAGES / PEOPLE, 1.0), 48133143),
    "3.c": (
        lambda: fpir_independent(1e-9, effective_comparisons(2e8, IMAGES / PEOPLE, np.array([0.0, 1.0]))),
        [0.18126925, 0.046993107],
    ),
    "4.a": (lambda: fpir_gamma(0.2, np.array([1e6, 0.5, 0.05])), [0.18126923, 0.15484575, 0.077319165]),
    "4.b": (
        lambda: fpir_equicorrelated(1e-6, 1e5, np.array([1e-9, 0.1, 0.3])),
        [0.095162627, 0.076084936, 0.035064271],
    ),
    "4.c": (lambda: fpir_beta(0.5, 0.5 / 1e-6 - 0.5, 1e5), 0.087129183),
    "4.d": (lambda: repeat_hit_probability(0.2, 0.05), 0.65438873),
    "5.a": (lambda: normal_rates(4, 999, 0, (-4, 14)).rank_one, 0.76396172),
    "5.b": (lambda: normal_rates(6, 1e6, 5.998, (-2, 16)).tpir, 0.50073611),
    "5.c": (lambda: normal_rates(6, 1e6, 5.998, (-2, 16)).misid, 0.00056013539),
    "6.a": (lambda: tail_exceedance(1e-4, 0.65 - 0.5, 0.03, -0.1), 9.765625e-08),
    "6.b": (lambda: tail_exceedance(1e-4, 0.65 - 0.5, 0.03, 0.0), 6.737947e-07),
    "6.c": (lambda: threshold_shift(0.03, 1e4, 2e8), 0.29710463),
    "7.a": (lambda: hit_composition(0.25, 0.90, 0.002, 0.01), [0.233, 0.96566524, 0.0021459227, 0.032188841]),
    "7.b": (lambda: hit_composition(0.02, 0.90, 0.002, 0.01).right, 0.64655172),
    "7.c": (
        lambda: hit_composition(0.02, 0.9, 0.0, fpir_independent(1e-8, np.array([1e4, 1e6, 1e8]))).right,
        [0.99458531, 0.64862147, 0.028236262],
    ),
    "7.d": (lambda: implied_enrolled_share(2077 - 10, 3147436, 0.89), 0.00073789329),
    "8.a": (
        lambda: expected_from_fpir(np.array([1 / 6000, 1 / 60000]), np.inf) / np.array([1e4, 1e3]),
        [1.6668056e-08, 1.6666806e-08],
    ),
    "8.a as an exact FMR": (lambda: fmr_for_fpir(1 / 6000, 1e4), 1.6668056e-08),
    "8.b": (lambda: fpir_independent(fmr_for_fpir(1 / 6000, 1e4), 2e8), 0.96433592),
    "8.d": (lambda: poisson_interval(10), [4.7953887, 18.390356]),
    "9.a": (lambda: probability_kth_best_at_most(3, 2.0), 0.67667642),
    "9.c": (lambda: best_score_level(2e8), 5.7307289),
    "9.d": (
        lambda: [probability_kth_best_at_most(1, 1.0), 1 - fpir_independent(1 / 2e8, 2e8)],
        [0.36787944, 0.36787944],
    ),
    "10.a": (lambda: sum(year()), 140),
    "10.b": (year, [5, 135]),
    "10.d": (lambda: fpir_gamma(1e5 * 1e-5, np.inf), 0.63212056),
    "11.a": (lambda: sensitivity(1 - 0.06, 0.14), [2.6350929, -0.23722713]),
    "11.b": (lambda: more_readily(sensitivity(0.94, 0.14), 0.5), [0.98004956, 0.28084964]),
    "11.c": (lambda: clopper_pearson(6, 10), [0.26237808, 0.87844774]),
    "11.f": (
        lambda: np.transpose(clopper_pearson(8, np.array([42, 22]))),
        [[0.086005594, 0.34118441], [0.17197944, 0.59342333]],
    ),
    "17.c": (lambda: relatives(0.5, 0.0)[1], 0.003283),
    "17.d": (lambda: relatives(0.5, 0.5), [0.0049245, 0.0016415]),
    "22.a": (lambda: mcnemar_exact(20, 5), 0.0040773153),
    "22.b": (
        lambda: [paired_difference(20, 5, 1e5).difference, paired_standard_error(20, 5, 1e5)],
        [0.00015, 4.999775e-05],
    ),
    "25.c": (lambda: clopper_pearson(4, 6), [0.2227781, 0.95672813]),
    "26.a": (
        lambda: fpir_independent(np.array([1e-9, 1e-9, 3.5e-9]), 2e8 * np.array([1, 0.25, 0.25])),
        [0.18126925, 0.048770576, 0.16054298],
    ),
    "27.a": (lambda: any_hit_of(3, 0.01, np.array([0.0, 0.3])), [0.029701, 0.022223454]),
    "27.a as a beta mixture": (lambda: fpir_beta(0.01 * 0.7 / 0.3, 0.99 * 0.7 / 0.3, 3), 0.022223454),
    "27.b": (lambda: two_names_not_enrolled(0.5, 0.9, 0.005, 0.05), 0.21691974),
    "28.a": (lambda: retention_stock(2e5, 40, 15), 3_000_000),
    "30.a": (lambda: posterior(0.2, 0.9 / 0.05, 1), 0.81818182),
    "30.b": (lambda: posterior(0.2, 0.9 / 0.05, 1 / 100), 0.043062201),
    "30.c": (lambda: status_likelihood_ratio_bound(0.5, 0.9, 0.003), 740.74074),
    "31.a": (lambda: named_without_mate(1.0, 1, 0.3), 0.18963617),
    "31.b": (lambda: named_without_mate(1e4, 2, 0.5), 0.75),
    "31.c": (lambda: named_without_mate(1e4, 50, 0.02, 0.8), 0.17170385),
    "32.a": (lambda: [fpir_gamma(np.array([0.02, 0.18]), k).mean() for k in (np.inf, 0.5)], [0.092265558, 0.080963199]),
    "32.b": (lambda: fpir_gamma(expected_from_fpir(0.003, np.inf) * 124 / 12, np.inf), 0.030569597),
}

# Words are compared bit by bit; a relative tolerance would let the lower half of a word be anything.
FIRST_WORDS = {
    "21.a": (0, ["0x16554d9eca36314c", "0xdb20fe9d672d0fdc", "0xd7e772cee186176b", "0x7e68b68aec7ba23b"]),
    "21.b": (1, ["0x2f4ba6408e4d89b", "0x3dd62b0b9ca8c5b2", "0x1c8667a55d902e79", "0x907d7a052fd5b4dc"]),
}

ARITHMETIC: dict[str, tuple[Any, Any]] = {
    "0.a": (10 / 3147436 * 100, 0.00031771893),
    "0.b": (10 / 2077 * 100, 0.48146365),
    "3.a": (IMAGES / PEOPLE, 4.1551411),
    "6.d": ([26 / 4, 185 / 26, 1500 / 185, 13000 / 1500], [6.5, 7.1153846, 8.1081081, 8.6666667]),
    "7.e": ([2297 / 2470, (1742 - 1208) / 1742, 10 / 2077], [0.92995951, 0.3065442, 0.0048146365]),
    "8.c": (3147436 / 6000, 524.57267),
    "8.e": (
        [1 / 6000, 1 / 2251, 1 / 1000, 10 / 3147436, (1742 - 1208) / 225972004],
        [0.00016666667, 0.000444247, 0.001, 3.1771893e-06, 2.3631246e-06],
    ),
    "10.c": (BUENOS_AIRES, 0.2125),
    "11.d": ([1e-3 * 0.14, 1e-3 * 0.64], [0.00014, 0.00064]),
    "11.e": ([8 / 42, 8 / 22, 14 / 34, 18 / 34], [0.19047619, 0.36363636, 0.41176471, 0.52941176]),
    "28.b": (1e5 / (8 * 30.4), 411.18421),
    "33.a": ([0.5 * 0.5 * 0.9 * 0.95, 0.5 * 0.5 * (1 - 0.9 * 0.95) * 1e-4], [0.21375, 3.625e-06]),
}


@pytest.mark.parametrize("check", FROM_MISID)
def test_check(check: str) -> None:
    compute, printed = FROM_MISID[check]
    np.testing.assert_allclose(compute(), printed, rtol=PRINTED, atol=0)


@pytest.mark.parametrize("check", FIRST_WORDS)
def test_check_of_words(check: str) -> None:
    counter, printed = FIRST_WORDS[check]
    assert [hex(word) for word in words(0, 0, [counter])[:, 0]] == printed


@pytest.mark.parametrize("check", ARITHMETIC)
def test_check_of_arithmetic(check: str) -> None:
    computed, printed = ARITHMETIC[check]
    np.testing.assert_allclose(computed, printed, rtol=PRINTED, atol=0)


def test_check_1d_the_naive_form_loses_a_small_rate_and_ours_does_not() -> None:
    naive = 1 - (1 - 1e-17) ** 200000000
    assert naive == 0
    assert fpir_independent(1e-17, 2e8) == pytest.approx(2e-9, rel=PRINTED)


@pytest.mark.parametrize("rank", [1, 2, 3, 10])
def test_check_9b_the_incomplete_gamma_function_is_a_poisson_count_below_the_rank(rank: int) -> None:
    for expected in (1e-6, 0.2, 2.0, 30.0):
        terms = [math.exp(-expected) * expected**i / math.factorial(i) for i in range(rank)]
        assert probability_kth_best_at_most(rank, expected) == pytest.approx(math.fsum(terms), rel=1e-12)
    assert probability_kth_best_at_most(3, 2.0) == pytest.approx(0.67667642, rel=PRINTED)


@pytest.mark.parametrize("n", [200_000, 200_000_000])
@pytest.mark.parametrize("rank", [1, 3, 5])
def test_item_9_poisson_limit_of_the_kth_best_score(rank: int, n: int) -> None:
    """The lazy search draws the k-th best of N from a Poisson process; N separate scores are binomial.

    Le Cam: the two distributions of a count with N F expected differ in any event by at most N F^2.
    """
    expected = np.array([0.01, 0.5, 2.0, 10.0])
    fmr = expected / n
    terms = [math.comb(n, i) * fmr**i * np.exp((n - i) * np.log1p(-fmr)) for i in range(rank)]
    poisson = probability_kth_best_at_most(rank, expected)
    # Rounding: an exponent is at most 10 and each of at most 5 terms loses a few units in its last place.
    assert np.all(np.abs(sum(terms) - poisson) <= n * fmr**2 + 200 * 2**-52)


def test_item_9_the_best_score_gives_fpir() -> None:
    """No candidate at or above the level is the best score being below it."""
    expected = np.array([1e-9, 0.2, 3.0])
    np.testing.assert_allclose(
        1 - probability_kth_best_at_most(1, expected), fpir_gamma(expected, np.inf), rtol=0, atol=2**-52
    )


def test_item_9_lazy_order_statistics_have_the_stated_distribution() -> None:
    """Sums of unit exponentials are the arrivals; the k-th is beyond `expected` with probability Q(k, expected)."""
    draws, rank, expected = 40_000, 3, 2.0
    arrivals = np.random.default_rng(9).exponential(size=(draws, rank)).sum(axis=1)
    seen = np.mean(arrivals > expected)
    share = float(probability_kth_best_at_most(rank, expected))
    # Five standard deviations of a share of `draws` draws: one failure in 1.7 million seeds.
    assert abs(seen - share) < 5 * math.sqrt(share * (1 - share) / draws)
