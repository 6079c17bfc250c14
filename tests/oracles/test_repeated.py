"""Repeated attempts: worked numbers, and what is put in comes out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from misid.errors import OutOfRange
from oracles.repeated import beta_binomial, design_effect, no_event


def test_the_worked_numbers_of_item_15() -> None:
    assert design_effect(5, 0.3) == pytest.approx(2.2)
    assert 200 * 5 / design_effect(5, 0.3) == pytest.approx(454.54545)
    assert no_event(0.01, 0.3, 5) == pytest.approx(0.9699122, rel=1e-7)
    assert no_event(0.01, 0.0, 5) == pytest.approx(0.95099005, rel=1e-7)
    assert no_event(0.01, 1.0, 5) == pytest.approx(0.99, rel=1e-12)
    assert no_event(0.0, 0.3, 5) == 1


def test_attempts_that_all_go_alike_are_worth_one() -> None:
    found = beta_binomial([5, 0, 0, 5, 0], np.full(5, 5))
    assert found.rho == 1
    assert found.effective_n == pytest.approx(5)


def test_attempts_of_one_kind_of_people_are_worth_all() -> None:
    found = beta_binomial(np.tile([1, 0, 2, 1], 50), np.full(200, 5))
    assert found.rho == 0
    assert found.effective_n == 1000
    assert math.isinf(found.a)


@pytest.mark.parametrize("rho", [0.05, 0.3])
def test_a_planted_correlation_is_found(rho: float) -> None:
    """Within five standard errors of 40 samples of 400 people, with attempts of unlike number."""
    rng = np.random.default_rng(15)
    attempts = np.tile([2, 5, 8, 5], 100)
    p = 0.1
    a, b = p * (1 - rho) / rho, (1 - p) * (1 - rho) / rho
    found = [beta_binomial(rng.binomial(attempts, rng.beta(a, b, 400)), attempts).rho for _ in range(40)]
    error = np.std(found, ddof=1) / math.sqrt(40)
    # The estimate's own bias is of the order 1 / people.
    assert abs(np.mean(found) - rho) < 5 * error + 1 / 400


def test_more_events_than_attempts_are_refused() -> None:
    with pytest.raises(OutOfRange, match="at most the person's attempts"):
        beta_binomial([3], [2])
