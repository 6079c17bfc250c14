"""A Student t seen through rounding: what is planted is found, what is missing is filled, intervals cover."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.statistics import Student, conditional, seen_through, symmetric
from verification.student_fit import fit_student

MEAN = np.array([0.0, 1.0, -1.0])
SCALE = np.array([[1.0, 0.8, 0.3], [0.8, 1.0, 0.4], [0.3, 0.4, 0.5]])


def drawn(n: int, nu: float, seed: int = 5) -> np.ndarray:
    u = uniforms(seed, Purpose.TEST, np.arange(n))
    return Student(MEAN, SCALE, nu).draws(special.ndtri(u[:3]), u[3]).T


def test_what_is_planted_is_found_with_entries_missing():
    rows = drawn(4000, 5.0)
    rows[::3, 1] = np.nan
    rows[1::3, 2] = np.nan
    found = fit_student(rows, rows, 1e-9)
    # Five standard errors of a mean, and of a variance of heavy tails, over 2,667 rows.
    assert found.mean == pytest.approx(MEAN, abs=5 * np.sqrt(5 / 3 / 2667))
    assert found.scale == pytest.approx(SCALE, abs=0.15)
    assert 3.8 < found.nu < 6.8


def test_draws_have_the_law_they_are_drawn_from():
    rows = drawn(20000, 4.0)
    for entry in range(3):
        away = (rows[:, entry] - MEAN[entry]) / np.sqrt(SCALE[entry, entry])
        assert stats.kstest(away, "t", args=(4.0,)).pvalue > 1e-6


def test_intervals_of_what_is_missing_cover_new_rows():
    known, new = drawn(400, 4.0), drawn(2000, 4.0, seed=6)
    fitted = fit_student(known, known, 1e-9)
    inside = 0
    for row in new:
        found = conditional(fitted, np.array([row[0], np.nan, row[2]]), np.full(3, 1e-12), 400)
        low, high = found.interval(0.9)
        inside += bool(low[1] <= row[1] <= high[1])
    # Five standard errors of a share of 2,000, and 2% for the fit on 400 rows.
    assert inside / 2000 == pytest.approx(0.9, abs=5 * np.sqrt(0.09 / 2000) + 0.02)


def test_an_entry_that_is_given_stays_what_it_is():
    whole = Student(MEAN, SCALE, 3.0)
    found = conditional(whole, np.array([2.0, np.nan, np.nan]), np.array([1e-6, 0.0, 0.0]), 50)
    assert found.mean[0] == 2.0
    assert found.scale[0, 0] == pytest.approx(1e-6)
    assert found.mean[1] == pytest.approx(1.0 + 0.8 * 2.0, rel=1e-4)
    nothing = conditional(whole, np.full(3, np.nan), np.zeros(3), 1e9)
    assert nothing.mean == pytest.approx(MEAN)
    assert nothing.scale == pytest.approx(SCALE)


def test_an_interval_stands_for_the_normal_cut_to_it():
    low, high = np.array([-0.5, -np.inf, np.nan]), np.array([0.5, 0.2, np.nan])
    mean, variance = np.array([0.3, 1.0, -1.0]), np.array([1.0, 0.25, 2.0])
    value, noise = seen_through(low, high, mean, variance)
    for i in (0, 1):
        sd = np.sqrt(variance[i])
        cut = stats.truncnorm((low[i] - mean[i]) / sd, (high[i] - mean[i]) / sd, mean[i], sd)
        precision = 1 / variance[i] + 1 / noise[i]
        assert 1 / precision == pytest.approx(cut.var(), rel=1e-3)
        assert (mean[i] / variance[i] + value[i] / noise[i]) / precision == pytest.approx(cut.mean(), rel=1e-3)
    assert noise[2] > 1e6


def test_one_entry_alone_is_a_students_t():
    whole = Student(MEAN, SCALE, 3.0)
    value = np.array([0.7, 1.7, -0.3])
    spread = np.sqrt(np.diag(SCALE))
    assert whole.below(value) == pytest.approx(stats.t.cdf((value - MEAN) / spread, 3.0))
    assert whole.log_density(value) == pytest.approx(stats.t.logpdf((value - MEAN) / spread, 3.0) - np.log(spread))


def test_a_lower_triangle_is_a_symmetric_matrix():
    assert symmetric([[1.0], [2.0, 3.0]]).tolist() == [[1.0, 2.0], [2.0, 3.0]]


def test_too_little_is_refused():
    with pytest.raises(OutOfRange, match="at least two values"):
        fit_student(np.array([[1.0, np.nan]]), np.array([[1.0, np.nan]]), 0.1)
