"""Odds."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from oracles.odds import posterior, status_likelihood_ratio_bound


def test_no_evidence_moves_nothing() -> None:
    prior = np.array([0.0, 1e-12, 0.2, 0.999, 1.0])
    np.testing.assert_allclose(posterior(prior), prior, rtol=1e-13)
    np.testing.assert_allclose(posterior(prior, 1.0, 1.0), prior, rtol=1e-13)


def test_evidence_multiplies_in_any_order() -> None:
    assert posterior(0.2, 18, 0.01) == pytest.approx(posterior(0.2, 0.01, 18), rel=1e-14)
    assert posterior(0.2, 18, 0.01) == pytest.approx(posterior(posterior(0.2, 18), 0.01), rel=1e-12)


def test_exclusion_and_certainty() -> None:
    assert posterior(0.2, 1e9, 0.0) == 0
    assert posterior(1.0, 1e-9) == 1
    assert posterior(0.5, 1e300, 1e300) == 1
    with pytest.raises(OutOfRange, match="prior must be below 1"):
        posterior(np.array([0.5, 1.0]), 0.0)


def test_small_probabilities_are_kept() -> None:
    assert posterior(1e-30, 1e3) == pytest.approx(1e-27, rel=1e-12)


def test_arrays_broadcast_and_floats_stay() -> None:
    assert posterior(np.array([[0.1], [0.2]]), np.array([1.0, 2.0, 3.0])).shape == (2, 3)
    assert isinstance(posterior(0.2, 3), float)


def test_record_error_bounds_what_a_hit_can_say() -> None:
    bound = status_likelihood_ratio_bound(0.5, 0.9, np.array([1.0, 0.003, 1e-6]))
    assert np.all(np.diff(bound) > 0)
    assert bound.min() >= 1


@pytest.mark.parametrize(("enrolled", "tpir", "error"), [(0, 0.9, 0.1), (0.5, 0, 0.1), (0.5, 0.9, 0), (1.1, 1, 1)])
def test_a_bound_without_end_is_refused(enrolled: float, tpir: float, error: float) -> None:
    with pytest.raises(OutOfRange):
        status_likelihood_ratio_bound(enrolled, tpir, error)


@pytest.mark.parametrize(("prior", "ratio"), [(-0.1, 1), (1.1, 1), (0.5, -1), (0.5, np.inf), (np.nan, 1)])
def test_what_is_outside_its_range_is_refused(prior: float, ratio: float) -> None:
    with pytest.raises(OutOfRange):
        posterior(prior, ratio)
