"""The tables against the laws they stand for, by quadrature over the uniform draw."""

import numpy as np
import pytest
from scipy import special

from misid.errors import OutOfRange
from misid.search import LEAST, MOST, Propensity, References
from misid.statistics import fpir_gamma

# Even in logit(u): du = u (1 - u) dz; what lies beyond either end weighs less than 1e-16.
Z = np.linspace(-37.3, 36.7, 40_001)
U = special.expit(Z)
WEIGHT = U * special.expit(-Z) * (Z[1] - Z[0])


@pytest.mark.parametrize("k", [0.01, 0.05, 0.2, 1.0, 5.0, 300.0, 9e7, 1e9])
def test_mean_is_one_and_fpir_is_that_of_the_closed_form(k):
    x = Propensity(k).at(U)
    assert (x * WEIGHT).sum() == pytest.approx(1.0, abs=1e-6)
    expected = np.logspace(-6, 1, 15)
    found = -(np.expm1(-expected[:, None] * x) * WEIGHT).sum(axis=1)
    np.testing.assert_allclose(found, fpir_gamma(expected, k), rtol=1e-4)


def test_another_k_is_seen():
    x = Propensity(0.2).at(U)
    found = -(np.expm1(-x) * WEIGHT).sum()
    assert abs(found / fpir_gamma(1.0, 0.201) - 1) > 1e-4


@pytest.mark.parametrize("k", [0.05, 0.7, 20.0])
def test_quantiles_are_those_of_the_gamma_law(k):
    u = np.array([1e-12, 1e-4, 0.03, 0.5, 0.97, 1 - 1e-6])
    np.testing.assert_allclose(Propensity(k).at(u), special.gammaincinv(k, u) / k, rtol=1e-7)


def test_far_quantiles_are_finite_and_rise():
    for k in (LEAST, 0.3, 1e4):
        x = Propensity(k).at(np.array([2.0**-54, 1e-9, 0.5, 1 - 2.0**-53]))
        assert np.isfinite(x).all()
        assert (np.diff(x) >= 0).all()
        assert x[-1] > 1


def test_no_heterogeneity_is_exactly_one():
    assert (Propensity(MOST).at(U) == 1.0).all()
    assert (References(MOST).position([0.1, 0.9]) == [0.1, 0.9]).all()
    assert (References(MOST).share_of_hits([0.0, 0.3]) == [0.0, 0.3]).all()


@pytest.mark.parametrize("k", [0.05, 0.5, 3.0, 1e4])
def test_hits_land_as_the_lorenz_curve_says(k):
    references = References(k)
    p = np.array([0.001, 0.01, 0.1, 0.5, 0.9])
    share = references.share_of_hits(p)
    # By quadrature: what the propensities above the quantile sum to.
    x = Propensity(k).at(U)
    wanted = [(x * WEIGHT)[special.expit(-Z) <= top].sum() for top in p]
    np.testing.assert_allclose(share, wanted, atol=2e-3)
    assert (share > p).all()
    low = share < 1 - 1e-9
    np.testing.assert_allclose(references.position(share[low]), p[low], rtol=1e-6)


def test_positions_lie_in_the_group():
    for k in (LEAST, 0.2, 50.0, MOST):
        place = References(k).position(np.array([2.0**-54, 0.01, 0.5, 0.99, 1 - 2.0**-53]))
        assert (place >= 0).all()
        assert (place < 1).all()
        assert (np.diff(place) >= 0).all()


@pytest.mark.parametrize("k", [0.0, 0.009, 1.1e9, np.nan])
def test_shape_outside_the_range_is_refused(k):
    with pytest.raises(OutOfRange, match="k must be"):
        Propensity(k)
    with pytest.raises(OutOfRange, match="k must be"):
        References(k)


@pytest.mark.parametrize("u", [0.0, 1.0, -0.1, np.nan])
@pytest.mark.parametrize("k", [1.0, MOST])
def test_a_draw_outside_the_open_interval_is_refused(u, k):
    with pytest.raises(OutOfRange, match="u must be"):
        Propensity(k).at(u)
    with pytest.raises(OutOfRange, match="u must be"):
        References(k).position(u)


def test_shape_of_the_draws_is_kept():
    assert Propensity(1.0).at(0.5).shape == ()
    assert Propensity(1.0).at(np.full((3, 2), 0.5)).shape == (3, 2)
