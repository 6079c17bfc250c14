from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from misid.algorithm import (
    FORMS,
    N_STEP,
    GrowthPrior,
    Law,
    at_share,
    catalog,
    curve_of,
    exceedances,
    latent_nodes,
    miss,
    parse_rows,
    published_rows,
    rounding,
    shared,
    solve_threshold,
)
from misid.errors import InvalidInput, OutOfRange
from verification.fit_growth import fit_prior
from verification.growth_step import Pairs, log_density, pairs, scales, step

MUGSHOTS = [row for row in published_rows() if row["table"] == "accuracy" and row["image_kind"] == "mugshot"]


@pytest.mark.parametrize("form", FORMS)
def test_the_shipped_prior_predicts_12_million_as_reported(form):
    data = pairs(parse_rows(MUGSHOTS))
    assert len(data.name) == 295
    prior = shared()[form]
    assert (prior.form, prior.left_out) == (form, "")
    assert (prior.n_algorithms, prior.n_developers) == (295, len(set(data.developer)))
    found = step(data, prior)
    assert np.allclose(found.weight.sum(axis=1), 1.0)
    clear = data.f1 >= 0.001
    away = np.abs(np.log(np.exp((found.weight * np.log(found.fnir)).sum(axis=1)) / data.f2))[clear]
    ranks = np.abs(np.log(np.exp((found.weight * np.log(found.rank1)).sum(axis=1)) / data.r2))[clear]
    assert np.median(away) < 0.046
    assert np.quantile(away, 0.9) < 0.16
    assert np.median(ranks) < 0.065


def test_each_developer_with_both_galleries_has_a_prior_without_it():
    for name in set(pairs(parse_rows(MUGSHOTS)).developer):
        for form, prior in shared(name).items():
            assert prior.left_out == name
            assert prior.n_developers == shared()[form].n_developers - 1
    assert shared("a developer that nobody knows") == shared()


def test_duplicates_are_off_in_the_form_without_them():
    assert shared()["no_duplicates"].delta == 0.0
    assert 0.0015 < shared()["duplicates"].delta * N_STEP < 0.004


def score(data: Pairs, prior: GrowthPrior) -> float:
    return float(np.logaddexp(*log_density(data, prior, step(data, prior))).sum())


@pytest.mark.slow
def test_fitting_a_few_steps_improves_on_the_start_and_leaves_a_developer_out():
    data = pairs(parse_rows(MUGSHOTS))
    shipped = shared()["duplicates"]
    worse = replace(shipped, sigma_f=0.1, kappa=0.5)
    found = fit_prior(MUGSHOTS, start=worse, iterations=3)
    assert score(data, found) > score(data, worse) + 10
    without = fit_prior(MUGSHOTS, leave_out="nec", start=shipped, iterations=1)
    assert without.left_out == "nec"
    assert without.n_developers == shipped.n_developers - 1
    assert without.n_algorithms == shipped.n_algorithms - sum(d == "nec" for d in data.developer)


def test_rows_at_12_million_are_not_read_by_the_prediction():
    data = pairs(parse_rows(MUGSHOTS))
    other = replace(data, f2=np.full_like(data.f2, 0.5), r2=np.full_like(data.r2, 0.4))
    for rounded in (False, True):
        one, two = (step(part, shared()["duplicates"], rounded=rounded) for part in (data, other))
        assert np.array_equal(one.fnir, two.fnir)
        assert np.array_equal(one.rank1, two.rank1)


@pytest.mark.slow
def test_the_density_of_what_is_printed_is_a_density():
    """Both logarithms at 12 million, integrated over a grid that reaches far enough."""
    prior = replace(shared()["duplicates"], counting=0.0, amplified=0.0, searches=1e12)
    grid = np.linspace(-9.0, -0.01, 900)
    f2, r2 = (x.ravel() for x in np.meshgrid(np.exp(grid), np.exp(grid), indexing="ij"))
    ones = np.ones_like(f2)
    # Printed so finely that rounding adds nothing: only then is the scale free of what is integrated over.
    one = Pairs(("a",), ("b",), np.array([0.02]), np.array([0.005]), np.array([0.03]), np.array([0.006]))
    predicted = step(one, prior)
    wide = [np.broadcast_to(getattr(predicted, key), (len(f2), 15)) for key in ("weight", "fnir", "rank1")]
    many = Pairs(("a",) * len(f2), ("b",) * len(f2), 0.02 * ones, 0.005 * ones, f2, r2)
    held, broke = log_density(many, prior, replace(predicted, weight=wide[0], fnir=wide[1], rank1=wide[2]))
    cell = (grid[1] - grid[0]) ** 2
    assert np.exp(held).sum() * cell == pytest.approx(1 - prior.broken, abs=0.01)
    assert np.exp(broke).sum() * cell == pytest.approx(prior.broken, rel=0.1)


def test_a_search_that_loses_mates_at_rank_1_and_at_the_threshold_is_called_broken():
    prior = shared()["duplicates"]
    rows = [np.array(x) for x in ((0.01, 0.01), (0.003, 0.003), (0.014, 0.05), (0.0045, 0.042))]
    data = Pairs(("whole", "broken"), ("a", "b"), *rows)
    held, broke = log_density(data, prior, step(data, prior))
    assert special.expit(broke - held)[0] < 0.02
    assert special.expit(broke - held)[1] > 0.98


def test_scales_widen_for_small_counts_and_for_rounding():
    prior = shared()["duplicates"]
    rows = [np.array(x) for x in ((0.001, 0.03), (0.0005, 0.01), (0.002, 0.05), (0.001, 0.02))]
    data = Pairs(("a", "b"), ("a", "b"), *rows)
    plain, rounded = (scales(data, prior, given, printed=True)[0].ravel() for given in (False, True))
    unprinted = scales(data, prior, True, printed=False)[0].ravel()
    assert (plain > rounded).all()
    assert (rounded > unprinted).all()
    assert unprinted[0] > unprinted[1]


def test_too_few_rows_or_an_unknown_form_are_refused():
    with pytest.raises(InvalidInput, match="at least 20"):
        fit_prior(catalog.rows("nec_011"))
    with pytest.raises(OutOfRange, match="no_duplicates"):
        fit_prior(MUGSHOTS, form="other")


def test_priors_survive_json():
    for prior in shared().values():
        assert GrowthPrior.from_json(prior.to_json()) == prior


def test_rounding_spreads_a_printed_value_evenly():
    values, weights = rounding([0.0123, 0.0])
    assert weights.sum() == pytest.approx(1.0)
    assert values[0] @ weights == pytest.approx(0.0123)
    # A uniform spread has a variance of width^2 / 12.
    assert (values[0] - 0.0123) ** 2 @ weights == pytest.approx(0.0001**2 / 12)
    assert values[1].min() > 0


def test_the_threshold_solves_its_equation():
    slope, location = np.array([0.15, 0.4]), np.array([30.0, 15.0])
    for n, p, d in ((1.6e6, 0.003, 0.0), (1.2e7, 0.003, 0.0027), (2e8, 0.003, 0.02), (1e4, 0.5, 0.1)):
        s = solve_threshold(n, p, d, 1.2, (slope, location))
        total = n * 10.0**-s + d * special.ndtr(-slope * (s - location) - 1.2)
        assert np.allclose(total, exceedances(p), rtol=1e-6)


def test_latents_meet_the_two_rows_for_every_share():
    prior = shared()["duplicates"]
    nodes = latent_nodes(np.array([0.003, 0.0005]), np.array([0.001, 0.00048]), prior)
    assert np.allclose(np.exp(nodes.log_density).sum(axis=1), 1.0)
    slope, location, at = curve_of(nodes.floor, nodes.z1, nodes.z2, prior)
    assert np.allclose(miss(at, nodes.floor, slope, location)[0], 0.003)
    rank = prior.e * 1.6e6 + miss(location + nodes.z1 / slope, nodes.floor, slope, location)
    assert np.allclose(rank[0], 0.001)
    solved = solve_threshold(1.6e6, 0.003, prior.delta * 1.6e6, prior.h, (slope[0], location[0]))
    assert np.allclose(solved, at[0], atol=1e-8)


def test_the_jacobian_is_that_of_the_map():
    """The closed form against differences, at one point, with a flat prior."""
    prior = shared()["no_duplicates"]
    flat = replace(prior, law=Law((0.0, 1e6), (0.0, 0.0), 1e6, (0.0, 0.0, 0.0, 0.0), 1e6), e=0.0)

    def theta(x: np.ndarray) -> np.ndarray:
        nodes = at_share([x[0]], [x[1]], float(x[2]), flat)
        return np.array([np.log(nodes.floor[0, 0]), nodes.z2[0, 0], np.log(nodes.z2 - nodes.z1)[0, 0]])

    def log_det(x: np.ndarray) -> float:
        steps = np.diag([1e-7, 1e-7, 1e-5])
        columns = [(theta(x + h) - theta(x - h)) / (2 * h.sum()) for h in steps]
        return float(np.linalg.slogdet(np.array(columns))[1])

    one, two = np.array([0.003, 0.001, 0.3]), np.array([0.02, 0.004, -1.0])
    closed = [at_share([x[0]], [x[1]], float(x[2]), flat).log_density[0, 0] for x in (one, two)]
    assert closed[1] - closed[0] == pytest.approx(log_det(two) - log_det(one), abs=1e-5)
