"""How many people and comparisons a claim needs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from misid.errors import OutOfRange
from misid.statistics import (
    claim_of_subjects,
    comparisons_of,
    effective_comparisons_of,
    effective_searches_of,
    people_for_fpir,
    subjects_for_claim,
    trials_for_claim,
    trials_to_measure,
)
from oracles.dyadic import u_statistic_variance
from oracles.intervals import upper_bound_zero_errors


def test_rule_of_three_and_of_thirty() -> None:
    assert trials_for_claim(0.0099360819) == pytest.approx(300, abs=1e-4)  # item 13.a
    assert trials_for_claim(1.1982922e-06) == pytest.approx(2.5e6, rel=1e-7)  # item 13.c
    assert upper_bound_zero_errors(trials_for_claim(1e-6)) == pytest.approx(1e-6)
    assert trials_to_measure(1e-6) * 1e-6 == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("errors", [1, 2, 5, 40])
@pytest.mark.parametrize("rate", [1e-6, 0.01, 0.4])
def test_with_errors_the_bound_is_clopper_pearsons(errors: int, rate: float) -> None:
    n = trials_for_claim(rate, 0.95, errors)
    assert stats.beta.isf(0.05, errors + 1, n - errors) == pytest.approx(rate, rel=1e-7)


def test_worked_numbers_of_item_14() -> None:
    for fmr, error in ((1e-4, 1.8974194e-05), (1e-2, 9.0358433 * np.sqrt(2 / 999000 * 1e-2 * 0.99))):
        worth = effective_comparisons_of(1000, fmr, 2)
        assert np.sqrt(fmr * (1 - fmr) / worth) == pytest.approx(error, rel=1e-7)
        assert worth == pytest.approx(
            fmr * (1 - fmr) / u_statistic_variance(1000, 4 * fmr**2, fmr * (1 - fmr)), rel=1e-12
        )


def test_several_photos_by_simulation() -> None:
    """Variance of the FMR of 30 people with 3 photos, gamma rates (cv 1): 4,000 sets, 4 standard errors."""
    rng, n, m, fmr, sets = np.random.default_rng(9), 30, 3, 0.02, 4000
    own = rng.gamma(1.0, 1.0, (sets, n))
    i, j = np.triu_indices(n, 1)
    events = rng.poisson(np.minimum(own[:, i] * own[:, j] * fmr, 1) * m * m).sum(axis=1)
    rate = events / comparisons_of(n, m)
    worth = float(effective_comparisons_of(n, fmr, 1, m))
    # The kurtosis of a skewed sum makes a variance less certain than a normal one: its own standard error is used.
    squares = np.square(rate - fmr)
    assert squares.mean() == pytest.approx(
        fmr * (1 - fmr) / worth, abs=4 * squares.std() / np.sqrt(sets) + 0.02 * fmr**2
    )


def test_people_for_a_claim_are_the_fewest() -> None:
    for cv, images, alike in ((0, 1, 0), (1, 1, 0), (2, 5, 0), (1, 5, 1)):
        found = subjects_for_claim(1e-5, 0.95, cv, images, alike=alike)
        needed = trials_for_claim(1e-5)
        assert found.effective >= needed > effective_comparisons_of(found.subjects - 1, 1e-5, cv, images, alike=alike)
        assert found.comparisons == comparisons_of(found.subjects, images)


def test_more_people_who_differ_are_needed_and_repeated_photos_say_nothing() -> None:
    plain, differ = subjects_for_claim(0.01, cv=0), subjects_for_claim(0.01, cv=2)
    assert (plain.subjects, differ.subjects) == (25, 58)
    assert subjects_for_claim(1e-6, cv=0, images=5).subjects == 491
    assert subjects_for_claim(1e-6, images=5, alike=1) == (
        subjects_for_claim(1e-6)._replace(comparisons=comparisons_of(2455, 5))
    )


def test_what_people_can_claim_is_what_they_need() -> None:
    found = claim_of_subjects(500, cv=1, images=3)
    assert subjects_for_claim(found * 1.000001, cv=1, images=3).subjects <= 500
    assert subjects_for_claim(found * 0.99, cv=1, images=3).subjects > 500
    assert claim_of_subjects(8, cv=1) is None
    assert claim_of_subjects(8, cv=0) == pytest.approx(1 - 0.05 ** (1 / 28))


def test_searches_share_people_and_the_gallery() -> None:
    assert people_for_fpir(0.01, 10**9, cv=0).subjects == 299
    assert people_for_fpir(0.01, 10**9, cv=0, images=5).subjects == 60
    assert people_for_fpir(0.01, 10**9, cv=3, images=5).subjects > 60
    assert people_for_fpir(0.3, 10, cv=3) is None
    searches, worth = effective_searches_of(299, 1000, 0.01, 1)
    assert worth < searches == 299


@pytest.mark.parametrize(
    "call",
    [
        lambda: trials_for_claim(0),
        lambda: trials_for_claim(0.1, errors=-1),
        lambda: trials_for_claim(0.1, errors=0.5),
        lambda: subjects_for_claim(1),
        lambda: subjects_for_claim(0.1, cv=-1),
        lambda: subjects_for_claim(0.1, images=0),
        lambda: claim_of_subjects(1),
        lambda: people_for_fpir(0.1, 0),
        lambda: effective_comparisons_of(10, 0.1, 1, alike=2),
    ],
)
def test_out_of_range(call) -> None:
    with pytest.raises(OutOfRange):
        call()
