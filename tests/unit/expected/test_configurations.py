"""Configurations: which numbers they change, and which they leave alone."""

import numpy as np
import pytest

from misid.errors import UnknownName
from misid.expected import answer, configured, threshold_decades
from misid.vocabulary import Mode


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


def test_a_tenth_of_the_fpir_is_reached(twin):
    _, points, _ = twin()
    found = [answer(p, "all", Mode.HELD).rates.fpir for p in (points, configured(points, "tenth_of_fpir"))]
    # Between FPIR at 1e-2 and 1e-3 the chance of one comparison, 1e-8, is all that is lost to -log(1 - F).
    np.testing.assert_allclose(found[1], found[0] / 10, rtol=1e-8)


def test_the_fpir_stays_within_the_limits_of_the_form(twin):
    _, points, _ = twin(overrides={"threshold.fpir": [1e-12, 0.9]}, configurations__tenth_of_fpir__fpir_factor=100.0)
    found = configured(points, "tenth_of_fpir").values["threshold.fpir"]
    np.testing.assert_allclose(found, [1e-10, 0.999999])
    _, points, _ = twin(overrides={"threshold.fpir": [1e-12]})
    np.testing.assert_allclose(configured(points, "tenth_of_fpir").values["threshold.fpir"], [1e-12])


def test_a_range_of_the_factor_is_followed(twin):
    _, points, _ = twin(overrides={"configurations.tenth_of_fpir.fpir_factor": [0.1, 0.5]})
    np.testing.assert_allclose(configured(points, "tenth_of_fpir").values["threshold.fpir"], [0.001, 0.005])


def test_a_hotlist_holds_the_records_that_call_for_an_action(twin):
    mix = {"east_europe": {"share": 0.75, "adverse": 0.2}, "east_asia": {"share": 0.25, "adverse": 0.4}}
    _, points, _ = twin(gallery__mix=mix)
    found = configured(points, "hotlist_only")
    np.testing.assert_allclose(found.values["gallery.n_references"], 250_000)
    np.testing.assert_allclose([found.values[f"gallery.mix.{o}.share"] for o in mix], [[0.6], [0.4]])
    np.testing.assert_allclose([found.values[f"gallery.mix.{o}.adverse"] for o in mix], 1.0)
    # Of those who may stay 5% have a wrong record, of those who must go 90% a right one.
    np.testing.assert_allclose(found.values["statuses.may_stay.enrolled.adult"], 0.4 * 0.05)
    np.testing.assert_allclose(found.values["statuses.must_go.enrolled_without_passports.adult"], 0.8 * 0.9)
    before, after = (answer(p, "all", Mode.COMPARISONS) for p in (points, found))
    np.testing.assert_array_equal(after.adverse_own, 1.0)
    np.testing.assert_array_equal(after.adverse_stranger, 1.0)
    # At the same threshold such right hits stay as they were, but for the few that a stranger no longer outranks.
    np.testing.assert_allclose(threshold_decades(found, Mode.COMPARISONS), threshold_decades(points, Mode.COMPARISONS))
    np.testing.assert_allclose(totals(after, "right_and_adverse"), totals(before, "right_and_adverse"), rtol=2e-3)
    np.testing.assert_allclose(after.rates.fpir, -np.expm1(np.log1p(-before.rates.fpir) / 4), rtol=1e-6)
    moved = threshold_decades(points, Mode.HELD) - threshold_decades(found, Mode.HELD)
    np.testing.assert_allclose(moved, np.log10(4.0))


def test_a_gallery_without_such_records_keeps_one_reference_and_nobody_enrolled(twin):
    _, points, _ = twin(
        gallery__mix={"east_europe": {"share": 1, "adverse": 0}},
        statuses__may_stay__record_error={"adult": 0},
        statuses__must_go__record_error={"adult": 1},
    )
    found = configured(points, "hotlist_only")
    np.testing.assert_allclose(found.values["gallery.n_references"], 1.0)
    assert not answer(found, "all", Mode.COMPARISONS).enrolled.any()
