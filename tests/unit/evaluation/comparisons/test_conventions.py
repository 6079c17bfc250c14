"""Each convention on scores that can be followed by hand, and against a search over all thresholds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.evaluation import Comparisons, Side, Steps, area, steps
from misid.evaluation.comparisons import conventions
from oracles import conventions as other_tools

SMALL = st.lists(st.integers(-4, 4), min_size=1, max_size=12)


def of(mated: list[float], non_mated: list[float]) -> tuple[Comparisons, Steps]:
    pairs = Comparisons(Side(np.float32(mated)), Side(np.float32(non_mated)))
    return pairs, steps(pairs)


def all_points(mated: list[float], non_mated: list[float]) -> list[tuple[float, float]]:
    values = sorted({*mated, *non_mated})
    m, n = np.array(mated), np.array(non_mated)
    return [(float((n >= t).mean()), float((m < t).mean())) for t in [*values, max(values) + 1]]


@given(SMALL, SMALL)
@settings(max_examples=100, deadline=None)
def test_conventions_agree_with_a_search_over_all_thresholds(mated: list[float], non_mated: list[float]) -> None:
    pairs, found = of(mated, non_mated)
    points = all_points(mated, non_mated)
    nearest = min(abs(x - y) for x, y in points)
    rate, at = conventions.eer(found)
    assert abs(at.fmr - at.fnmr) == pytest.approx(nearest, abs=1e-12)
    assert rate == pytest.approx((at.fmr + at.fnmr) / 2)
    for target in ("0.5", "0.25", "0.1", "0"):
        best = min(y for x, y in points if x <= float(target) + 1e-12)
        assert conventions.at_fmr(found, target).fnmr == pytest.approx(best)
        assert other_tools.at_fmr_on_score(found, target).fnmr >= best - 1e-12
    half = min((x + y) / 2 for x, y in points)
    assert other_tools.half_total_error_rate(found)[0] == pytest.approx(half)
    above = sum(float(a > b) + 0.5 * float(a == b) for a, b in itertools.product(mated, non_mated))
    assert area(pairs, found).value == pytest.approx(above / len(mated) / len(non_mated), abs=1e-15)


@given(SMALL, SMALL)
@settings(max_examples=60, deadline=None)
def test_the_hull_lies_below_every_point_and_its_rate_below_the_others(
    mated: list[float], non_mated: list[float]
) -> None:
    _, found = of(mated, non_mated)
    fmr, fnmr = other_tools.hull(found)
    for x, y in all_points(mated, non_mated):
        assert y >= np.interp(x, fmr, fnmr) - 1e-12 or np.any((fmr == x) & (fnmr <= y + 1e-12))
    # Best of all mixtures, by linear search over pairs of points.
    mixed = [
        x1 + s * (x2 - x1)
        for (x1, y1), (x2, y2) in itertools.product(all_points(mated, non_mated), repeat=2)
        if (gap := (y1 - x1) - (y2 - x2)) != 0 and 0 <= (s := (y1 - x1) / gap) <= 1
    ]
    assert conventions.eer_hull(found) == pytest.approx(min(mixed), abs=1e-12)
    assert conventions.eer_hull(found) <= conventions.eer_interpolated(found) + 1e-12


def test_thirteen_scores_five_answers() -> None:
    _, found = of([0.9, 0.8, 0.7, 0.5, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.6, 0.2])
    rate, at = conventions.eer(found)
    assert rate == pytest.approx(0.2625)
    assert (at.passed, at.missed) == (1, 2)
    assert conventions.eer_midpoint(found) == pytest.approx((0.1875, 0.0, 0.375))
    assert conventions.eer_hull(found) == pytest.approx(6 / 31)
    assert conventions.eer_interpolated(found) == pytest.approx(0.375 - 0.25 * 0.375 / 0.65)


def test_of_two_thresholds_equally_near_the_upper_one_is_taken() -> None:
    _, found = of([2, 3], [1, 2])  # FMR and FNMR are 1/2 and 0 at 2, 0 and 1/2 at 3
    rate, at = conventions.eer(found)
    assert (rate, at.threshold, at.fmr, at.fnmr) == (0.25, 3.0, 0.0, 0.5)


def test_a_score_at_the_threshold_passes() -> None:
    _, found = of([1, 2], [1, 2])
    at = conventions.at_threshold(found, 2.0)
    assert (at.passed, at.missed) == (1, 1)
    above = conventions.at_threshold(found, float(np.nextafter(np.float32(2), np.float32(3))))
    assert (above.passed, above.missed) == (0, 2)


def test_threshold_at_an_fmr_is_the_lowest_that_will_do() -> None:
    pairs, found = of([0.2, 0.35, 0.6, 0.9], [0.1, 0.2, 0.3, 0.4])
    at = conventions.at_fmr(found, "0.25")
    assert (pairs.non_mated.score >= np.float32(at.threshold)).sum() == 1
    lower = np.nextafter(np.float32(at.threshold), np.float32(-1))
    assert (pairs.non_mated.score >= lower).sum() == 2
    assert other_tools.at_fmr_on_score(found, "0.25").threshold == pytest.approx(0.4)


def test_separation_is_that_of_the_textbook() -> None:
    mated, non_mated = [1.0, 2.0, 4.0], [0.0, 1.0]
    _, found = of(mated, non_mated)
    expected = (np.mean(mated) - np.mean(non_mated)) / np.sqrt((np.var(mated) + np.var(non_mated)) / 2)
    assert other_tools.separation(found) == pytest.approx(expected)
