"""Open-set rates, what hits are made of, and several photos of one person."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special

from misid.errors import OutOfRange
from misid.statistics import any_hit_of, fpir_independent, two_names_not_enrolled
from oracles.growth import fpir_beta
from oracles.open_set import OpenSetRates, hit_composition, implied_enrolled_share, open_set_rates


def normal_rates(n_others: float, threshold: float, span: tuple[float, float] = (-8.0, 16.0)) -> OpenSetRates:
    def log_density(x: float) -> float:
        return -x * x / 2 - math.log(2 * math.pi) / 2

    return open_set_rates(
        lambda x: float(special.ndtr(x - 5)),
        lambda x: math.exp(log_density(x - 5)),
        lambda x: float(special.log_ndtr(x)),
        log_density,
        n_others,
        threshold,
        span,
    )


@pytest.mark.parametrize("n_others", [1, 50, 1e6])
@pytest.mark.parametrize("threshold", [-2.0, 3.0, 5.5])
def test_a_mated_search_ends_right_wrong_or_without_a_hit(n_others: float, threshold: float) -> None:
    rates = normal_rates(n_others, threshold)
    no_hit = special.ndtr(threshold - 5) * math.exp(n_others * special.log_ndtr(threshold))
    assert rates.tpir + rates.misid + no_hit == pytest.approx(1, abs=1e-8)
    assert rates.tpir <= rates.rank_one * (1 + 1e-9)


def test_one_other_is_a_comparison_of_two_normals() -> None:
    assert normal_rates(1, 0.0).rank_one == pytest.approx(special.ndtr(5 / math.sqrt(2)), rel=1e-9)


def test_a_wide_span_changes_nothing() -> None:
    near, far = normal_rates(1e6, 5.5), normal_rates(1e6, 5.5, (-200.0, 300.0))
    np.testing.assert_allclose(far, near, rtol=1e-8)


def test_open_set_rates_agree_with_draws() -> None:
    searches, n_others, threshold = 20_000, 50, 3.0
    rng = np.random.default_rng(5)
    mated = rng.normal(5, 1, searches)
    best_other = rng.normal(size=(searches, n_others)).max(axis=1)
    tpir = np.mean((mated >= threshold) & (mated > best_other))
    misid = np.mean((best_other >= threshold) & (best_other > mated))
    rates = normal_rates(n_others, threshold)
    for seen, stated in ((tpir, rates.tpir), (misid, rates.misid)):
        assert abs(seen - stated) < 5 * math.sqrt(stated * (1 - stated) / searches)


def test_hits_are_shared_out_whole() -> None:
    e = np.linspace(0, 1, 11)
    hits = hit_composition(e, 0.9, 0.002, 0.01)
    np.testing.assert_allclose(hits.right + hits.wrong_enrolled + hits.wrong_not_enrolled, 1, rtol=1e-15)
    assert hits.wrong_not_enrolled[0] == 1
    assert hits.wrong_not_enrolled[-1] == 0
    assert hits.hit[0] == pytest.approx(0.01)
    assert hit_composition(0.5, 0.7, 0.3, 0.0).hit == pytest.approx(0.5)


def test_share_on_the_list_follows_from_hits_it_gave() -> None:
    e, tpir, faces = 0.003, 0.8, 1e6
    true_alerts = faces * e * tpir
    assert implied_enrolled_share(true_alerts, faces, tpir) == pytest.approx(e, rel=1e-14)
    with pytest.raises(OutOfRange, match="alerts_true"):
        implied_enrolled_share(900, 1000, 0.5)


def test_two_names_are_two_photos_of_bayes() -> None:
    """Counted out: pairs of outcomes of two independent photos, wrong names never the same."""
    e, t, w, f = 0.3, 0.8, 0.05, 0.1
    enrolled = {("right", "wrong"): t * w, ("wrong", "right"): w * t, ("wrong", "wrong"): w * w}
    outside = (1 - e) * f * f
    assert two_names_not_enrolled(e, t, w, f) == pytest.approx(outside / (outside + e * sum(enrolled.values())))
    assert two_names_not_enrolled(e, t, 0.0, f) == 1
    assert two_names_not_enrolled(1.0, t, w, f) == 0


@pytest.mark.parametrize("correlation", [1e-6, 0.01, 0.3, 0.9])
def test_tries_of_one_person_are_a_beta_mixture(correlation: float) -> None:
    p, r = 0.01, correlation
    attempts = np.array([1.0, 2.0, 3.0, 40.0])
    mixed = fpir_beta(p * (1 - r) / r, (1 - p) * (1 - r) / r, attempts)
    # Parameters near 1e6 and their sum are themselves rounded: their relative errors reach the result.
    np.testing.assert_allclose(any_hit_of(attempts, p, r), mixed, rtol=1e-12)


def test_tries_at_the_ends_of_correlation() -> None:
    attempts = np.array([0.0, 1.0, 3.0])
    np.testing.assert_allclose(any_hit_of(attempts, 0.01, 0.0), fpir_independent(0.01, attempts), rtol=1e-15)
    np.testing.assert_allclose(any_hit_of(attempts, 0.01, 1.0), [0, 0.01, 0.01], rtol=1e-15)
    assert any_hit_of(3, 1.0, 0.5) == 1
    assert any_hit_of(3, 0.0, 0.5) == 0
    assert any_hit_of(5, 1e-18, 0.0) == pytest.approx(5e-18, rel=1e-14)
    assert isinstance(any_hit_of(3, 0.01, 0.3), float)


@pytest.mark.parametrize(
    "call",
    [
        lambda: normal_rates(0, 3.0),
        lambda: normal_rates(10, 20.0),
        lambda: hit_composition(0.5, 0.9, 0.2, 0.1),
        lambda: hit_composition(1.5, 0.9, 0.0, 0.1),
        lambda: hit_composition(0.5, 0.0, 0.0, 0.0),
        lambda: implied_enrolled_share(-1, 10, 0.5),
        lambda: implied_enrolled_share(1, 10, 0.0),
        lambda: two_names_not_enrolled(0.5, 0.9, 0.2, 0.1),
        lambda: two_names_not_enrolled(0.5, 0.9, 0.0, 0.0),
        lambda: any_hit_of(1.5, 0.1, 0.1),
        lambda: any_hit_of(2, 1.1, 0.1),
        lambda: any_hit_of(2, 0.1, -0.1),
    ],
)
def test_what_is_outside_its_range_is_refused(call: Callable[[], object]) -> None:
    with pytest.raises(OutOfRange):
        call()
