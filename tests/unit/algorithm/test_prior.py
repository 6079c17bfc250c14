from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from misid.algorithm import catalog
from misid.algorithm.catalog.table import published
from misid.algorithm.growth import (
    FORMS,
    N_STEP,
    GrowthPrior,
    at_share,
    curve_of,
    exceedances,
    latents,
    miss,
    threshold,
)
from misid.algorithm.prior import fit_prior, pairs, shared, step_density
from misid.algorithm.rows import parse_rows
from misid.errors import InvalidInput, OutOfRange

MUGSHOTS = [row for row in published() if row["table"] == "accuracy" and row["image_kind"] == "mugshot"]


@pytest.mark.parametrize("form", FORMS)
def test_the_shipped_prior_predicts_12_million_as_reported(form):
    data = pairs(parse_rows(MUGSHOTS))
    assert len(data.name) == 295
    prior = shared().forms[form]
    assert prior.form == form
    assert (prior.n_algorithms, prior.n_developers) == (295, len(set(data.developer)))
    weight, fnir, rank1, _ = step_density(data, prior)
    assert np.allclose(weight.sum(axis=1), 1.0)
    clear = data.f1 >= 0.001
    away = np.abs(np.log(np.exp((weight * np.log(fnir)).sum(axis=1)) / data.f2))[clear]
    ranks = np.abs(np.log(np.exp((weight * np.log(rank1)).sum(axis=1)) / data.r2))
    assert np.median(away) < 0.05
    assert np.quantile(away, 0.9) < 0.18
    assert np.median(ranks) < 0.07


def test_duplicates_are_off_in_the_form_without_them():
    assert shared().forms["no_duplicates"].delta == 0.0
    assert 0.0015 < shared().forms["duplicates"].delta * N_STEP < 0.003


@pytest.mark.slow
def test_fitting_a_few_steps_improves_on_the_start_and_leaves_a_developer_out():
    data = pairs(parse_rows(MUGSHOTS))
    shipped = shared().forms["duplicates"]

    def score(prior: GrowthPrior) -> float:
        weight, _, _, density = step_density(data, prior)
        return float(special.logsumexp(np.log(np.maximum(weight, 1e-300)) + density, axis=1).sum())

    worse = replace(shipped, sigma_f=0.1, kappa=1.0)
    found = fit_prior(MUGSHOTS, start=worse, iterations=3)
    assert score(found) > score(worse)
    without = fit_prior(MUGSHOTS, leave_out="nec", start=shipped, iterations=1)
    assert without.left_out == "nec"
    assert without.n_developers == shipped.n_developers - 1
    assert without.n_algorithms == shipped.n_algorithms - sum(d == "nec" for d in data.developer)


def test_too_few_rows_or_an_unknown_form_are_refused():
    with pytest.raises(InvalidInput, match="at least 20"):
        fit_prior(catalog.rows("nec_011"))
    with pytest.raises(OutOfRange, match="no_duplicates"):
        fit_prior(MUGSHOTS, form="other")


def test_priors_survive_json():
    for prior in shared().forms.values():
        assert GrowthPrior.from_json(prior.to_json()) == prior


def test_the_threshold_solves_its_equation():
    slope, location = np.array([0.15, 0.4]), np.array([30.0, 15.0])
    for n, p, d in ((1.6e6, 0.003, 0.0), (1.2e7, 0.003, 0.0027), (2e8, 0.003, 0.02), (1e4, 0.5, 0.1)):
        s = threshold(n, p, d, 1.2, (slope, location))
        total = n * 10.0**-s + d * special.ndtr(-slope * (s - location) - 1.2)
        assert np.allclose(total, exceedances(p), rtol=1e-6)


def test_latents_meet_the_two_rows_for_every_share():
    prior = shared().forms["duplicates"]
    nodes = latents(np.array([0.003, 0.0005]), np.array([0.001, 0.00048]), prior)
    assert np.allclose(np.exp(nodes.log_density).sum(axis=1), 1.0)
    slope, location, at = curve_of(nodes.floor, nodes.z1, nodes.z2, prior)
    assert np.allclose(miss(at, nodes.floor, slope, location)[0], 0.003)
    rank = prior.e * 1.6e6 + miss(at - prior.distance, nodes.floor, slope, location)
    assert np.allclose(rank[0], 0.001)
    solved = threshold(1.6e6, 0.003, prior.delta * 1.6e6, prior.h, (slope[0], location[0]))
    assert np.allclose(solved, at[0], atol=1e-8)


def test_the_jacobian_is_that_of_the_map():
    """The closed form against differences, at one point, with a flat prior."""
    prior = shared().forms["no_duplicates"]
    eye = ((1e12, 0.0, 0.0), (0.0, 1e12, 0.0), (0.0, 0.0, 1e12))
    flat = replace(prior, cov=eye, e=0.0)

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
