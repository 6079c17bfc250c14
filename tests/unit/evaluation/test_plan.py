"""What a claim needs, in numbers and in words."""

from __future__ import annotations

import json
import math

import pytest

from misid.errors import MisidError, OutOfRange
from misid.evaluation import PlanOptions, plan_study
from misid.quantities import Doubt


def test_one_in_a_million() -> None:
    found = plan_study(PlanOptions(fmr=1e-6))
    needed = found.figures["independent_comparisons_for_fmr"]
    assert needed.value == pytest.approx(math.log(0.05) / math.log1p(-1e-6))
    people = found.figures["subjects_for_fmr"]
    assert (people.low, people.value, people.high) == (2449, 2455, 2455)
    assert people.kind is Doubt.INPUT  # how people differ is an assumption
    assert "independence" in needed.caveats
    assert "2,995,731 independent comparisons" in found.remarks[0]
    assert found.figures["subjects_to_measure_fmr"].value > 3 * people.value


def test_photos_help_only_as_far_as_they_do_not_repeat_each_other() -> None:
    people = plan_study(PlanOptions(fmr=1e-6, images=5)).figures["subjects_for_fmr"]
    assert (people.low, people.value, people.high) == (491, 497, 2455)


def test_what_people_can_claim() -> None:
    found = plan_study(PlanOptions(subjects=500, images=4)).figures["fmr_claimable"]
    assert found.low < found.value < found.high
    assert plan_study(PlanOptions(fmr=found.value * 1.0001, images=4)).figures["subjects_for_fmr"].value <= 500
    few = plan_study(PlanOptions(subjects=8))
    assert few.figures["fmr_claimable"].value is None
    assert "carry no claim at all" in few.remarks[0]
    assert "few_subjects" in plan_study(PlanOptions(subjects=30)).figures["fmr_claimable"].caveats


def test_searches_and_ratio() -> None:
    found = plan_study(PlanOptions(fpir=0.003, gallery=1000, ratio=2))
    assert found.figures["people_for_fpir"].value >= found.figures["independent_searches_for_fpir"].value
    assert found.figures["people_for_fpir"].conditions.n_enrolled == 1000
    assert found.figures["errors_needed_lower_group"].value == pytest.approx(24.504622)
    assert found.figures["trials_per_group"].value == pytest.approx(24.504622 / 0.003)
    assert any("25 errors in the group with the lower rate and 49 in the other" in words for words in found.remarks)
    small = plan_study(PlanOptions(fpir=0.3, gallery=10, cv=3))
    assert small.figures["people_for_fpir"].value is None
    assert "too small" in small.remarks[0]


def test_errors_that_are_seen_cost_trials() -> None:
    rows = plan_study(PlanOptions(fmr=0.001)).errors_allowed
    assert [errors for errors, _, _ in rows] == [0, 1, 2, 5]
    assert rows[0][2] == 1
    assert rows[1][2] == pytest.approx(4.743865 / 2.995732, rel=1e-3)  # Poisson bounds of one error and of none


def test_more_confidence_takes_more_people() -> None:
    plans = [plan_study(PlanOptions(fmr=1e-4, confidence=c)) for c in (0.9, 0.95, 0.99)]
    found = [plan.figures["subjects_for_fmr"].value for plan in plans]
    assert found == sorted(set(found))


def test_json_is_plain() -> None:
    found = plan_study(PlanOptions(fmr=1e-4, subjects=8, ratio=3)).to_json()
    assert found["schema"] == "misid/plan/1"
    json.dumps(found, allow_nan=False)
    assert found["figures"]["fmr_claimable"]["value"] is None
    assert found["figures"]["fmr_claimable"]["reason"]
    assert len(found["sources"]) == 3


@pytest.mark.parametrize(
    "options",
    [
        PlanOptions(fmr=0),
        PlanOptions(fmr=1),
        PlanOptions(fmr=1e-3, confidence=1),
        PlanOptions(fmr=1e-3, confidence=0.2),
        PlanOptions(fmr=1e-3, images=0),
        PlanOptions(fmr=1e-3, cv=-1),
        PlanOptions(fmr=math.nan),
        PlanOptions(subjects=1),
        PlanOptions(fpir=2, gallery=10),
        PlanOptions(fpir=0.1, gallery=0),
        PlanOptions(ratio=1),
        PlanOptions(ratio=2, power=1),
    ],
)
def test_out_of_range(options: PlanOptions) -> None:
    with pytest.raises(OutOfRange):
        plan_study(options)


def test_a_claim_is_needed_and_a_gallery_goes_with_fpir() -> None:
    with pytest.raises(MisidError, match="nothing to plan for"):
        plan_study(PlanOptions())
    for options in (PlanOptions(fpir=0.1), PlanOptions(fmr=0.1, gallery=10)):
        with pytest.raises(MisidError, match="give both fpir and gallery"):
            plan_study(options)
