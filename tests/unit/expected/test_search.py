"""One search in closed form against its own definitions."""

import numpy as np
import pytest
from scipy import integrate

from misid.expected import (
    answer,
    answers_under,
    at_point,
    at_threshold,
    comparisons,
    expected_search,
    fnmr,
    threshold_of,
)
from misid.statistics import fpir_gamma, fpir_independent
from oracles.open_set import open_set_rates

GIVEN = "given"


def searched(points, groups=None):
    """Search at the threshold that the small scenario gives."""
    return expected_search(at_point(points, GIVEN), groups)


def a_test(fpir, n_references, gallery="kept", **more):
    return {"test": {"fpir": fpir, "n_references": n_references, "image_kind": "mugshot", "gallery": gallery, **more}}


def test_a_mated_search_ends_in_exactly_one_way(twin):
    _, points, _ = twin(overrides={"threshold.test.fpir": np.geomspace(1e-9, 0.99, 40)})
    rates = searched(points)
    no_hit = rates.fnir[:, None] * (1.0 - rates.fpir)
    np.testing.assert_allclose(rates.right + rates.misid + no_hit, 1.0, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("fpir", "k"), [(1e-6, 1e9), (0.003, 1e9), (0.3, 1e9), (0.9, 1e9), (1e-6, 0.05), (0.2, 0.05)])
def test_misid_is_the_integral_over_the_best_non_mated_score(twin, fpir, k):
    _, points, _ = twin(threshold=a_test(fpir, 1_000_000), capture__heterogeneity_k=k)
    rates = searched(points, [0])
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
    scenario, points, _ = twin(gallery__n_references=1e5, threshold=a_test(0.05, 1e5))
    rates = searched(points, [0])
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


def test_kept_and_set_anew_agree_where_the_threshold_was_set(twin):
    one, other = (searched(twin(threshold=a_test(0.01, 1_000_000, gallery))[1]) for gallery in ("kept", "set_anew"))
    np.testing.assert_allclose(one.fpir, other.fpir, rtol=1e-12)
    np.testing.assert_allclose(one.fpir, 0.01, rtol=1e-12)


def test_a_kept_threshold_never_lowers_fpir_in_a_larger_gallery_and_one_set_anew_never_moves_it(twin):
    sizes = {"gallery.n_references": np.geomspace(1, 1.2e9, 60)}
    _, points, _ = twin(overrides=sizes)
    assert (np.diff(searched(points).fpir[:, 0]) > 0).all()
    _, points, _ = twin(threshold=a_test(0.01, 1_000_000, "set_anew"), overrides=sizes)
    anew = searched(points)
    np.testing.assert_allclose(anew.fpir[:, 0], 0.01, rtol=1e-9)
    assert (np.diff(anew.fnir) > 0).all()


@pytest.mark.parametrize("k", [0.3, 1e9])
@pytest.mark.parametrize("fpir", [1e-6, 0.01, 0.5, 0.99])
@pytest.mark.parametrize("n", [1.0, 2.0, 1e4, 1e9])
def test_a_test_has_its_own_fpir_in_its_own_gallery_however_small(twin, n, fpir, k):
    for gallery in ("kept", "set_anew"):
        _, points, _ = twin(gallery__n_references=n, threshold=a_test(fpir, n, gallery), capture__heterogeneity_k=k)
        assert searched(points).fpir[0, 0] == pytest.approx(fpir, rel=1e-9)


def test_people_of_a_test_who_match_oftener_had_a_stricter_threshold(twin):
    _, points, _ = twin(threshold=a_test(0.01, 1_000_000, population_factor=4.0))
    assert searched(points).fpir[0, 0] == pytest.approx(-np.expm1(np.log1p(-0.01) / 4.0), rel=1e-6)


def test_one_in_six_thousand_at_ten_thousand_is_96_percent_at_200_million(twin):
    """FORMULAS 8.b."""
    _, points, _ = twin(threshold=a_test(1 / 6000, 10_000), gallery__n_references=200_000_000)
    assert searched(points).fpir[0, 0] == pytest.approx(0.96433592, rel=2e-4)


def test_images_are_not_people(twin):
    """FORMULAS 3.c: independent images count fully, copies count as people."""
    _, points, _ = twin(
        gallery__n_references=2e8,
        gallery__images_per_person=1.4e6 / 336932,
        threshold=a_test(float(fpir_independent(1e-9, 1_000_000)), 1_000_000),
        overrides={"gallery.image_correlation": [0.0, 1.0]},
    )
    got = searched(points).fpir[:, 0]
    np.testing.assert_allclose(got, [0.18126925, 0.046993107], rtol=1e-5)


def test_a_shift_of_one_decade_is_ten_times_the_comparisons(twin):
    _, shifted, _ = twin(overrides={"capture.tail_shift_decades": [1.0]})
    _, larger, _ = twin(overrides={"gallery.n_references": [1e7]})
    a, b = searched(shifted), searched(larger)
    np.testing.assert_allclose(a.fpir, b.fpir, rtol=1e-7)
    # The same decade brings the mate's scores nearer the threshold: misses fall with it.
    assert a.fnir[0] < b.fnir[0]


def test_heterogeneity_lowers_how_many_are_hit_only_away_from_where_the_rate_was_set(twin):
    rates = {}
    for k in (1e9, 0.5, 0.05):
        _, points, _ = twin(capture__heterogeneity_k=k, overrides={"gallery.n_references": [1e6, 2e8]})
        rates[k] = searched(points).fpir[:, 0]
    assert rates[1e9][0] == pytest.approx(rates[0.05][0], rel=1e-6)
    assert rates[1e9][1] > rates[0.5][1] > rates[0.05][1]


def test_threshold_is_in_decades(twin):
    _, points, _ = twin(threshold=a_test(0.003, 12_000_000))
    # A pair's F, of 1e-10, against -log(1 - F).
    assert threshold_of(at_point(points, GIVEN))[0] == pytest.approx(np.log10(12e6 / -np.log1p(-0.003)), abs=1e-9)


def test_points_without_a_threshold_are_refused(twin):
    _, points, _ = twin()
    with pytest.raises(ValueError, match="at_phi, at_point or at_threshold"):
        expected_search(points)
    assert expected_search(at_threshold(points, 8.0)).threshold.tolist() == [8.0]


@pytest.mark.parametrize("most", [1, 6])
def test_where_the_only_reference_is_the_own_one_nobody_else_is_named(twin, most):
    """A document held against its bearer: who is missed is not taken for a stranger."""
    shown = {"most": most, "picks_mate": 0.9} if most > 1 else {}
    _, points, _ = twin(candidates=shown, overrides={"gallery.n_references": [1.0, 2.0]})
    rates = expected_search(at_threshold(points, 0.3), [0])
    assert rates.misid[0, 0] == 0.0 < rates.misid[1, 0]
    assert rates.right[0, 0] == pytest.approx((0.9 if shown else 1.0) * (1.0 - rates.fnir[0]), rel=1e-14)
    assert rates.fpir[0, 0] == pytest.approx(10.0**-0.3)
    found = answers_under(at_threshold(points, 0.3), "all", answer(at_threshold(points, 0.3), "all"), RULE)
    assert (found.wrong_enrolled[0] == 0.0).all()
    assert (found.wrong_not_enrolled[0] > 0.0).all()


RULE = "claimed_identity_first"
