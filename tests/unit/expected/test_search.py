"""One search in closed form against its own definitions."""

import numpy as np
import pytest
from scipy import integrate

from misid.expected import comparisons, expected_search, fnmr, threshold_decades
from misid.statistics import fpir_gamma, fpir_independent
from misid.vocabulary import Mode
from oracles.open_set import open_set_rates


def test_a_mated_search_ends_in_exactly_one_way(twin):
    _, points, _ = twin(overrides={"threshold.fpir": np.geomspace(1e-9, 0.99, 40)})
    rates = expected_search(points, Mode.COMPARISONS)
    no_hit = rates.fnir[:, None] * (1.0 - rates.fpir)
    np.testing.assert_allclose(rates.right + rates.misid + no_hit, 1.0, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("fpir", "k"), [(1e-6, 1e9), (0.003, 1e9), (0.3, 1e9), (0.9, 1e9), (1e-6, 0.05), (0.2, 0.05)])
def test_misid_is_the_integral_over_the_best_non_mated_score(twin, fpir, k):
    _, points, _ = twin(threshold__fpir=fpir, capture__heterogeneity_k=k)
    rates = expected_search(points, Mode.COMPARISONS, [0])
    threshold = float(rates.threshold[0])
    n = float(comparisons(points)[0])

    def best_at_least(s):
        return float(fpir_gamma(-n * np.log1p(-(10.0**-s)), k))

    def slope(s, h=1e-6):
        return (best_at_least(s - h) - best_at_least(s + h)) / (2 * h)

    # Past the first decades the density falls tenfold a decade, so 30 of them are all of it.
    brute, error = integrate.quad(
        lambda s: slope(s) * float(fnmr(np.array([s]), points)[0]), threshold, threshold + 30, limit=400, epsabs=0
    )
    # A central difference with h = 1e-6 keeps about eight of sixteen digits of a density that is as large as FPIR.
    assert rates.misid[0, 0] == pytest.approx(brute, rel=2e-5)
    assert error < 1e-5 * brute


def test_it_agrees_with_the_open_set_model_of_a_finite_gallery(twin):
    scenario, points, _ = twin(gallery__n_references=1e5, threshold__n_references=1e5, threshold__fpir=0.05)
    rates = expected_search(points, Mode.COMPARISONS, [0])
    curve = (0.01, 0.25, 16.0)

    def cdf(s):
        return float(fnmr(np.array([s]), points)[0])

    def pdf(s):
        floor, slope, location = curve
        z = slope * (s - location)
        return (1 - floor) * slope * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)

    finite = open_set_rates(
        cdf,
        pdf,
        lambda s: np.log1p(-(10.0**-s)),
        lambda s: np.log(np.log(10.0)) - s * np.log(10.0),
        1e5,
        float(rates.threshold[0]),
        (float(rates.threshold[0]), 45.0),
    )
    # N = 1e5 comparisons against a Poisson count of them: relative difference of order 1/N, plus quadrature.
    assert rates.misid[0, 0] == pytest.approx(finite.misid, rel=1e-4)
    assert scenario.gallery.n_references.value == 1e5


def test_the_modes_agree_where_the_threshold_was_set(twin):
    _, points, _ = twin()
    one, other = (expected_search(points, mode) for mode in Mode)
    np.testing.assert_allclose(one.fpir, other.fpir, rtol=1e-12)
    np.testing.assert_allclose(one.fpir, 0.01, rtol=1e-6)


def test_in_comparisons_mode_a_larger_gallery_never_lowers_fpir_and_in_held_mode_never_moves_it(twin):
    sizes = np.geomspace(1, 1.2e9, 60)
    _, points, _ = twin(overrides={"gallery.n_references": sizes})
    assert (np.diff(expected_search(points, Mode.COMPARISONS).fpir[:, 0]) > 0).all()
    held = expected_search(points, Mode.HELD)
    # log1p(-F) at N = 1 against N F far out: the two differ by F/2 of themselves.
    np.testing.assert_allclose(held.fpir[:, 0], 0.01, rtol=0.01)
    assert (np.diff(held.fnir) > 0).all()


def test_one_in_six_thousand_at_ten_thousand_is_96_percent_at_200_million(twin):
    """FORMULAS 8.b."""
    _, points, _ = twin(threshold__fpir=1 / 6000, threshold__n_references=10_000, gallery__n_references=200_000_000)
    assert expected_search(points, Mode.COMPARISONS).fpir[0, 0] == pytest.approx(0.96433592, rel=2e-4)


def test_images_are_not_people(twin):
    """FORMULAS 3.c: independent images count fully, copies count as people."""
    _, points, _ = twin(
        gallery__n_references=2e8,
        gallery__images_per_person=1.4e6 / 336932,
        threshold__fpir=float(fpir_independent(1e-9, 1_000_000)),
        overrides={"gallery.image_correlation": [0.0, 1.0]},
    )
    got = expected_search(points, Mode.COMPARISONS).fpir[:, 0]
    np.testing.assert_allclose(got, [0.18126925, 0.046993107], rtol=1e-5)


def test_a_shift_of_one_decade_is_ten_times_the_comparisons(twin):
    _, shifted, _ = twin(overrides={"capture.tail_shift_decades": [1.0]})
    _, larger, _ = twin(overrides={"gallery.n_references": [1e7]})
    a, b = expected_search(shifted, Mode.COMPARISONS), expected_search(larger, Mode.COMPARISONS)
    np.testing.assert_allclose(a.fpir, b.fpir, rtol=1e-7)
    # The same decade brings the mate's scores nearer the threshold: misses fall with it.
    assert a.fnir[0] < b.fnir[0]


def test_heterogeneity_lowers_how_many_are_hit_only_away_from_where_the_rate_was_set(twin):
    rates = {}
    for k in (1e9, 0.5, 0.05):
        _, points, _ = twin(capture__heterogeneity_k=k, overrides={"gallery.n_references": [1e6, 2e8]})
        rates[k] = expected_search(points, Mode.COMPARISONS).fpir[:, 0]
    assert rates[1e9][0] == pytest.approx(rates[0.05][0], rel=1e-6)
    assert rates[1e9][1] > rates[0.5][1] > rates[0.05][1]


def test_threshold_is_in_decades(twin):
    _, points, _ = twin(threshold__fpir=0.003, threshold__n_references=12_000_000)
    assert threshold_decades(points, Mode.COMPARISONS)[0] == pytest.approx(np.log10(12e6 / -np.log1p(-0.003)))
