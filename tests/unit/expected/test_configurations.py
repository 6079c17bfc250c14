"""Configurations: which numbers they change, and which they leave alone."""

import numpy as np
import pytest

from misid.errors import UnknownName
from misid.expected import answer, at_phi, at_point, configured, phi_of, threshold_of


def totals(found, name):
    return (found.part * getattr(found, name)).sum(axis=1)


def test_what_changes_no_answer_changes_nothing(twin):
    _, points, _ = twin()
    for name in ("as_given", "delete_no_match"):
        assert configured(points, name) is points


def test_an_unknown_configuration_is_named(twin):
    _, points, _ = twin()
    with pytest.raises(UnknownName, match="hotlist_only"):
        configured(points, "hotlist_onl")


def test_a_tenth_of_phi_is_reached(twin):
    _, points, _ = twin()
    given = at_point(points, "given")
    tenth = configured(given, "tenth_of_fpir")
    np.testing.assert_allclose(phi_of(tenth, "all"), phi_of(given, "all") / 10, rtol=1e-12)
    # The threshold is set anew for it, whatever else moves phi: misses follow the card's curve.
    assert answer(tenth, "all").rates.fnir[0] > answer(given, "all").rates.fnir[0]


def test_a_tenth_of_phi_where_photos_move_phi_is_set_by_the_threshold(twin):
    _, points, _ = twin(threshold={"field_fpir": 0.3, "moved_by": "photos"})
    given = at_point(points, "given")
    tenth = configured(given, "tenth_of_fpir")
    np.testing.assert_allclose(phi_of(tenth, "all"), 0.03, rtol=1e-12)
    # Where the mated curve lies is the card's again, not moved twice.
    np.testing.assert_allclose(tenth.location, points.location)
    again = at_phi(tenth, 0.3, "all", "photos")
    np.testing.assert_allclose(again.location, given.location)


def test_phi_stays_a_share(twin):
    _, points, _ = twin(configurations__tenth_of_fpir__fpir_factor=100.0)
    for phi, want in ((1e-10, 1e-8), (0.9, 1.0 - 1e-12)):
        found = configured(at_phi(points, phi, "all"), "tenth_of_fpir")
        np.testing.assert_allclose(phi_of(found, "all"), want, rtol=1e-9)


def test_a_range_of_the_factor_is_followed(twin):
    _, points, _ = twin(overrides={"configurations.tenth_of_fpir.fpir_factor": [0.1, 0.5]})
    found = configured(at_phi(points, 0.01, "all"), "tenth_of_fpir")
    np.testing.assert_allclose(phi_of(found, "all"), [0.001, 0.005])


def test_where_the_best_are_shown_whatever_their_scores_no_threshold_is_set_anew(twin):
    _, points, _ = twin(threshold={}, candidates={"most": 6, "floor": False, "picks_mate": 0.9, "picks_stranger": 0.1})
    given = at_point(points, "given")
    assert phi_of(given, "all").tolist() == [1.0]
    assert phi_of(configured(given, "tenth_of_fpir"), "all").tolist() == [1.0]


def test_a_hotlist_holds_the_records_that_call_for_an_action(twin):
    mix = {"east_europe": {"share": 0.75, "adverse": 0.2}, "east_asia": {"share": 0.25, "adverse": 0.4}}
    _, points, _ = twin(gallery__mix=mix)
    points = at_point(points, "given")
    found = configured(points, "hotlist_only")
    np.testing.assert_allclose(found.values["gallery.n_references"], 250_000)
    np.testing.assert_allclose([found.values[f"gallery.mix.{o}.share"] for o in mix], [[0.6], [0.4]])
    np.testing.assert_allclose([found.values[f"gallery.mix.{o}.adverse"] for o in mix], 1.0)
    # Of those who may stay 5% have a wrong record, of those who must go 90% a right one.
    np.testing.assert_allclose(found.values["statuses.may_stay.enrolled.adult"], 0.4 * 0.05)
    np.testing.assert_allclose(found.values["statuses.must_go.enrolled_without_passports.adult"], 0.8 * 0.9)
    before, after = (answer(p, "all") for p in (points, found))
    np.testing.assert_array_equal(after.adverse_own, 1.0)
    np.testing.assert_array_equal(after.adverse_stranger, 1.0)
    # At the same threshold such right hits stay as they were, but for the few that a stranger no longer outranks.
    np.testing.assert_allclose(threshold_of(found), threshold_of(points))
    np.testing.assert_allclose(totals(after, "right_and_adverse"), totals(before, "right_and_adverse"), rtol=2e-3)
    np.testing.assert_allclose(after.rates.fpir, -np.expm1(np.log1p(-before.rates.fpir) / 4), rtol=1e-6)
    moved = threshold_of(points) - threshold_of(at_phi(found, phi_of(points, "all"), "all"))
    np.testing.assert_allclose(moved, np.log10(4.0), rtol=1e-6)


def test_a_gallery_without_such_records_keeps_one_reference_and_nobody_enrolled(twin):
    _, points, _ = twin(
        gallery__mix={"east_europe": {"share": 1, "adverse": 0}},
        statuses__may_stay__record_error={"adult": 0},
        statuses__must_go__record_error={"adult": 1},
    )
    found = configured(at_point(points, "given"), "hotlist_only")
    np.testing.assert_allclose(found.values["gallery.n_references"], 1.0)
    assert not answer(found, "all").enrolled.any()
