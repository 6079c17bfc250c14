"""Where a threshold stands: phi of a named mix, what moves it, and whose it is; everywhere and in every scenario."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.errors import OutOfRange
from misid.expected import (
    answer,
    at_phi,
    at_point,
    at_threshold,
    comparisons,
    expected_search,
    fnmr,
    model_of,
    phi_grid,
    phi_of,
    threshold_of,
    with_record_error,
)
from misid.expected.points import own_record_calls
from misid.expected.threshold import CARD_THRESHOLD, LEAST
from misid.scenario import load_scenario, scenario_names
from misid.statistics import fpir_gamma
from misid.vocabulary import Age

ENDS = (1e-12, 1e-9, 1e-6, 1e-4, 0.003, 0.05, 0.4999, 0.5, 0.7, 0.9, 0.99, 0.999, 1 - 1e-6, 1 - 1e-9)
SPREADS = (0.05, 0.3, 1.0, 30.0, 1e9)
# Of a double near 1 no more than 1e-16 is told apart.
ROUNDED = 1e-15


@cache
def model(name):
    return model_of(load_scenario(name))


def points_of(name, n=None, k=None):
    points = model(name).best()
    if n is not None:
        points = points.changed((points.scenario.gallery.n_references, n))
    return points if k is None else replace(points, heterogeneity_k=np.full(1, float(k)))


def near(found, phi):
    """Whether phi is reached: to 1e-9 of itself and of what is left to 1, as far as a double tells."""
    return np.all(np.abs(found - phi) <= 1e-9 * np.minimum(phi, 1.0 - phi) + ROUNDED * (phi > 0.5))


FLOORED = [name for name in scenario_names() if load_scenario(name).candidates.floor]


@pytest.mark.parametrize("name", FLOORED)
@pytest.mark.parametrize("k", SPREADS)
@pytest.mark.parametrize("n", [None, 1.0])
def test_phi_that_is_asked_for_is_phi_that_is_reached(name, k, n):
    points, phis = points_of(name, n, k), np.array(ENDS)
    for stop in points.scenario.stops:
        for moved_by in ("threshold", "photos"):
            assert near(phi_of(at_phi(points, phis, stop, moved_by), stop), phis)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(FLOORED),
    log_odds=st.floats(-27.0, 20.0),
    log_k=st.floats(np.log(0.05), np.log(1e9)),
    log_n=st.floats(0.0, 25.0),
    seed=st.integers(0, 1000),
)
def test_phi_is_reached_anywhere(name, log_odds, log_k, log_n, seed):
    points = points_of(name, np.exp(log_n), np.exp(log_k))
    stops = list(points.scenario.stops)
    phi = 1.0 / (1.0 + np.exp(-log_odds))
    assert near(phi_of(at_phi(points, phi, stops[seed % len(stops)]), stops[seed % len(stops)]), phi)


@pytest.mark.parametrize("k", SPREADS)
def test_more_strangers_are_named_only_by_a_lower_threshold(k):
    points = at_phi(points_of("field-app", k=k), phi_grid(60), "looks")
    assert (np.diff(threshold_of(points)) < 0).all()
    assert (np.diff(fnmr(threshold_of(points), points)) <= 0).all()
    assert (np.diff(phi_of(points, "random")) > 0).all()


def test_many_points_are_the_points_one_by_one():
    points = points_of("field-app")
    together = threshold_of(at_phi(points, np.array(ENDS), "random"))
    alone = [threshold_of(at_phi(points, phi, "random"))[0] for phi in ENDS]
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-10)


def test_no_phi_and_all_of_it_stand_next_to_where_thresholds_end():
    points = points_of("field-app")
    for phi, want in ((0.0, LEAST), (1.0, 1.0 - LEAST)):
        np.testing.assert_allclose(phi_of(at_phi(points, phi, "looks"), "looks"), want, rtol=1e-3)


def test_a_phi_that_no_threshold_gives_is_named():
    with pytest.raises(OutOfRange, match=r"heterogeneity_k 0\.01"):
        at_phi(points_of("field-app", k=0.01), 1.0 - 1e-6, "looks")


def test_photos_that_move_phi_leave_misses_where_the_card_prints_them():
    points = points_of("field-app")
    printed = float(fnmr(np.full(1, CARD_THRESHOLD), points)[0])
    for phi in (1e-6, 0.01, 0.9):
        by_photos, by_threshold = (at_phi(points, phi, "looks", by) for by in ("photos", "threshold"))
        assert threshold_of(by_photos) == threshold_of(by_threshold)
        assert expected_search(by_photos).fnir[0] == pytest.approx(printed, rel=1e-9)
        assert expected_search(by_threshold).fnir[0] != pytest.approx(printed, rel=1e-3)
        # Moved again, it is moved from the card's own place.
        assert at_phi(by_photos, 0.2, "looks", "threshold").location == pytest.approx(points.location)
        again = at_phi(at_phi(by_photos, 0.2, "looks", "photos"), phi, "looks", "photos")
        assert again.location == pytest.approx(by_photos.location)


def test_the_threshold_that_stands_has_another_phi_for_other_people():
    points = at_phi(points_of("field-app"), 0.01, "looks")
    searched = expected_search(points)
    for stop in ("random", "targeted"):
        found = answer(points, stop)
        assert found.rates.threshold == threshold_of(points)
        strangers = found.part * (1.0 - found.enrolled)
        assert float(phi_of(points, stop)[0]) != pytest.approx(0.01, rel=0.02)
        assert searched.fpir.min() < float(phi_of(points, stop)[0]) < searched.fpir.max()
        assert strangers.sum() < 1.0


def test_phi_is_of_people_who_are_not_enrolled():
    """Women match far oftener falsely; enrol them all and phi is the men's."""
    points = points_of("field-app")
    block = points.scenario.stops["looks"].blocks[0]
    men = points.changed((block.sex["female"], 0.0))
    both = at_threshold(points, 9.0)
    assert phi_of(at_threshold(men, 9.0), "looks") < phi_of(both, "looks")


def test_where_everybody_is_enrolled_phi_is_of_the_people_themselves(twin):
    _, points, _ = twin(
        statuses__may_stay__enrolled={"adult": 1.0},
        statuses__may_stay__enrolled_without_passports={"adult": 1.0},
        statuses__must_go__enrolled={"adult": 1.0},
        statuses__must_go__enrolled_without_passports={"adult": 1.0},
    )
    found = at_phi(points, 0.03, "all")
    assert phi_of(found, "all") == pytest.approx(0.03)
    assert answer(found, "all").wrong_not_enrolled.sum() == 0.0


def test_counts_at_a_vendor_score_give_the_rate_of_one_comparison(twin):
    row = {"title": "here", "faces": 1_000_000, "list_size": 10_000, "false_alerts": 5, "source": "test"}
    for k in (1e9, 0.3):
        for mix in ({}, {"mix": "all"}):
            vendor = {"scale": "a scale", "score": 0.6, "counts": [row, {**row, "false_alerts": 1}]}
            _, points, _ = twin(threshold={"vendor": vendor, **mix}, capture__heterogeneity_k=k)
            found = at_point(points, "given")
            want = float(fpir_gamma(3e-10 * float(comparisons(points)[0]), k))
            assert phi_of(found, "all") == pytest.approx(want, rel=1e-6)
    row["false_alerts"] = 0
    _, points, _ = twin(threshold={"vendor": {"scale": "a scale", "score": 0.6, "counts": [row]}})
    none = float(threshold_of(at_point(points, "given"))[0])
    assert none == pytest.approx(-np.log10(np.log(2.0) / 1e10))  # the median that no alert leaves


def test_record_error_is_that_of_people_whom_the_action_does_not_fit():
    points = points_of("field-app")
    found = with_record_error(points, 0.07)
    for status, who in points.scenario.statuses.items():
        before, after = (own_record_calls(p, status, Age.ADULT) for p in (points, found))
        assert after == (before if who.action_supported else 0.07)
    found = with_record_error(points, {"us_born_citizen": 0.2})
    assert own_record_calls(found, "us_born_citizen", Age.UNDER_18) == 0.2
    assert own_record_calls(found, "lawfully_present", Age.ADULT) == own_record_calls(
        points, "lawfully_present", Age.ADULT
    )


def test_one_range_at_a_time_with_the_threshold_where_it_was():
    here = model("field-app")
    points = here.at_phi(0.01)
    for of, fields in (("enrolled", ("enrolled", "enrolled_without_passports")), ("record_error", ("record_error",))):
        low, high = here.ends(points, of)
        for end, name in ((low, "low"), (high, "high")):
            assert threshold_of(end) == threshold_of(points)
            moved = {path for path, x in end.values.items() if x[0] != points.values[path][0]}
            assert moved
            for path in moved:
                assert path.split(".")[0] == "statuses"
                assert path.split(".")[2] in fields
                assert end.values[path][0] == getattr(here.all_inputs[path], name)
    removable = "statuses.removable.record_error.adult"
    assert high.values[removable] == points.values[removable]  # s is of people whom the action does not fit
    with pytest.raises(KeyError):
        here.ends(points, "phi")


def test_a_model_answers_phi_and_record_error_on_their_own_axes():
    here = model("field-app")
    points = here.at_phi(np.array([[1e-4], [0.01]]), np.array([[0.001, 0.01, 0.1]]))
    assert len(points) == 6
    np.testing.assert_allclose(phi_of(points, here.mix), np.repeat([1e-4, 0.01], 3), rtol=1e-9)
    np.testing.assert_allclose(
        own_record_calls(points, "us_born_citizen", Age.ADULT), np.tile([0.001, 0.01, 0.1], 2), rtol=0
    )
    by_status = here.at_phi(0.01, {"us_born_citizen": 0.5})
    assert own_record_calls(by_status, "us_born_citizen", Age.ADULT).tolist() == [0.5]
