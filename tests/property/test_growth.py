"""What holds for growth with the gallery whatever the numbers.

Tolerances come from rounding.  A sum of H terms of one sign, each right to a few units in the last place (eps), is
right to (H + a few) eps, and expm1 of a number below 0 never enlarges a relative error.
"""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.statistics import expected_from_fpir, fmr_for_fpir, fpir_gamma, fpir_independent
from oracles.growth import candidate_shares, fpir_beta, fpir_equicorrelated, fpir_groups, repeat_hit_probability
from oracles.open_set import hit_composition

EPS = float(np.finfo(np.float64).eps)
ROUNDING = 16 * EPS  # a few operations of at most a few units in the last place each

QUICK = settings(max_examples=60, deadline=None)
SLOW_EACH = settings(max_examples=25, deadline=None)

decades = st.floats(-17, -2).map(lambda d: 10.0**d)
galleries = st.floats(0, 9).map(lambda d: 10.0**d)
expecteds = st.floats(-15, 2).map(lambda d: 10.0**d)
shapes = st.floats(-3, 6).map(lambda d: 10.0**d)
groups = st.lists(st.tuples(decades, galleries), min_size=1, max_size=8)


def columns(cells: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    fmr, n = np.array(cells).T
    return fmr, n


@QUICK
@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_groups_does_not_matter(cells: list[tuple[float, float]], random: Random) -> None:
    fmr, n = columns(cells)
    order = list(range(len(cells)))
    random.shuffle(order)
    np.testing.assert_allclose(
        fpir_groups(fmr[order], n[order]), fpir_groups(fmr, n), rtol=2 * len(cells) * EPS + ROUNDING
    )
    np.testing.assert_allclose(
        candidate_shares(fmr[order], n[order]),
        candidate_shares(fmr, n)[order],
        rtol=2 * len(cells) * EPS + ROUNDING,
    )


@QUICK
@given(decades, st.lists(galleries, min_size=1, max_size=8))
def test_groups_that_are_alike_are_one_gallery(fmr: float, sizes: list[float]) -> None:
    n = np.array(sizes)
    np.testing.assert_allclose(
        fpir_groups(np.full(n.shape, fmr), n),
        fpir_independent(fmr, float(n.sum())),
        rtol=2 * len(sizes) * EPS + ROUNDING,
    )


@QUICK
@given(groups, st.integers(0, 7), galleries)
def test_more_references_never_lower_fpir(cells: list[tuple[float, float]], which: int, more: float) -> None:
    fmr, n = columns(cells)
    grown = n.copy()
    grown[which % n.size] += more
    assert fpir_groups(fmr, grown) >= fpir_groups(fmr, n) * (1 - ROUNDING)


@QUICK
@given(groups)
def test_shares_of_candidates_sum_to_one(cells: list[tuple[float, float]]) -> None:
    shares = candidate_shares(*columns(cells))
    assert abs(shares.sum() - 1) <= 2 * len(cells) * EPS + ROUNDING
    assert np.all(shares >= 0)


@QUICK
@given(groups)
def test_fpir_lies_between_the_worst_group_and_the_sum_of_all(cells: list[tuple[float, float]]) -> None:
    fmr, n = columns(cells)
    alone = fpir_independent(fmr, n)
    together = fpir_groups(fmr, n)
    assert alone.max() * (1 - ROUNDING) <= together <= min(alone.sum(), 1) * (1 + ROUNDING)


@QUICK
@given(st.floats(-17, -2), st.floats(0, 9))
def test_fmr_and_fpir_invert_each_other(log_fmr: float, log_n: float) -> None:
    n = 10.0**log_n
    expected = min(n * 10.0**log_fmr, 10.0)
    fmr = expected / n
    back = fmr_for_fpir(fpir_independent(fmr, n), n)
    # Where FPIR nears 1 the inverse enlarges its rounding: d ln(-ln(1-p)) / d ln p = (e^x - 1) / x at p = 1 - e^-x.
    x = float(-n * np.log1p(-fmr))
    np.testing.assert_allclose(back, fmr, rtol=ROUNDING * np.expm1(x) / x)


@QUICK
@given(expecteds, st.one_of(shapes, st.just(np.inf)))
def test_the_gamma_form_and_its_inverse_invert_each_other(expected: float, k: float) -> None:
    expected = min(expected, 10.0)
    fpir = fpir_gamma(expected, k)
    x = float(-np.log1p(-fpir))
    # As above, then lambda = k (e^(x/k) - 1), which enlarges an error of x by (x/k) e^(x/k) / (e^(x/k) - 1).
    y = x / k
    tilt = 1.0 if np.isinf(k) or y == 0 else y / -np.expm1(-y)
    np.testing.assert_allclose(expected_from_fpir(fpir, k), expected, rtol=ROUNDING * np.expm1(x) / x * tilt)


@QUICK
@given(expecteds)
def test_without_heterogeneity_the_gamma_form_is_independence(expected: float) -> None:
    np.testing.assert_allclose(fpir_gamma(expected, np.inf), -np.expm1(-expected), rtol=ROUNDING)
    # N comparisons of F each are the same thing up to N F^2 / 2.
    fmr = expected / 1e9
    np.testing.assert_allclose(
        fpir_independent(fmr, 1e9), fpir_gamma(expected, np.inf), rtol=ROUNDING + 2 * fmr * max(expected, 1)
    )


@QUICK
@given(expecteds, shapes, shapes)
def test_fpir_falls_as_people_differ_more(expected: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    falling = [fpir_gamma(expected, k) for k in (np.inf, high, low)]
    assert falling[0] * (1 + ROUNDING) >= falling[1]
    assert falling[1] * (1 + ROUNDING) >= falling[2]


@QUICK
@given(expecteds, shapes)
def test_a_false_hit_makes_the_next_likelier(expected: float, k: float) -> None:
    again = repeat_hit_probability(expected, k)
    assert fpir_gamma(expected, k) <= again <= 1 + ROUNDING


@QUICK
@given(st.floats(-2, 3), st.floats(0, 9), st.floats(0, 8))
def test_probes_that_differ_have_lower_fpir(log_a: float, log_b: float, log_n: float) -> None:
    """Jensen: the mean of 1 - (1-f)^N over a beta distribution is at most its value at the mean f."""
    a, b, n = 10.0**log_a, 10.0**log_b, 10.0**log_n
    assert fpir_beta(a, b, n) <= fpir_independent(a / (a + b), n) * (1 + 4 * ROUNDING)


@SLOW_EACH
@given(st.floats(-9, -2), st.floats(0, 6), st.floats(0, 0.95), st.floats(0, 0.95))
def test_scores_in_common_lower_fpir(log_fmr: float, log_n: float, one: float, other: float) -> None:
    fmr, n = 10.0**log_fmr, 10.0**log_n
    low, high = sorted((one, other))
    falling = [fpir_equicorrelated(fmr, n, r) for r in (0.0, low, high)]
    # The quadrature is asked for a relative 1e-10.
    assert falling[0] * (1 + 2e-10) >= falling[1]
    assert falling[1] * (1 + 2e-10) >= falling[2]
    assert falling[2] >= fmr * (1 - 2e-10)


@QUICK
@given(decades, galleries, galleries, st.floats(0.001, 0.999), st.floats(0.01, 1))
def test_a_hit_is_worth_less_in_a_larger_gallery(
    fmr: float, n: float, more: float, enrolled: float, tpir: float
) -> None:
    """National Academies (2010), Appendix B: for a fixed share enrolled, PPV never rises with the list."""
    before, after = (hit_composition(enrolled, tpir, 0.0, fpir_independent(fmr, size)) for size in (n, n + more))
    assert after.right <= before.right * (1 + ROUNDING)
