"""Values set by path: what they become, what they replace, and what is refused."""

from __future__ import annotations

import pytest

from misid.errors import InvalidInput
from misid.quantities import Grade
from misid.scenario import from_mapping, load_scenario, open_document, resolve, with_values

FIELD = load_scenario("field-app")


def faults_of(*settings: str, scenario=FIELD) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        with_values(scenario, settings)
    assert {fault.file for fault in caught.value.faults} == {"--set"}
    return {fault.field: f"{fault.what}; {fault.fix}" for fault in caught.value.faults}


def test_nothing_set_is_the_scenario_itself():
    assert with_values(FIELD, []) is FIELD
    assert with_values(open_document("field-app"), []) == FIELD


def test_a_number_becomes_a_quantity_of_the_command_line():
    scenario = with_values(FIELD, ["gallery.n_references=5e6", "statuses.us_born_citizen.record_error.adult=0.01"])
    for quantity, value in (
        (scenario.gallery.n_references, 5e6),
        (scenario.quantities()["statuses.us_born_citizen.record_error.adult"], 0.01),
    ):
        assert (quantity.value, quantity.low, quantity.high) == (value, value, value)
        assert (quantity.grade, quantity.source) == (Grade.D, "set on the command line")
    assert resolve(from_mapping(scenario.to_json())) == scenario
    changed = {path for path, q in scenario.quantities().items() if q != FIELD.quantities()[path]}
    assert changed == {"gallery.n_references", "statuses.us_born_citizen.record_error.adult"}
    assert not scenario.from_template("statuses.us_born_citizen.record_error.adult")
    assert scenario.from_template("statuses.us_born_citizen.record_error.under_18")


def test_a_mapping_of_python_values_will_do():
    scenario = with_values(FIELD, {"kin.siblings": 1, "candidates.most": 6, "compare": ("lead_only",)}, "what if")
    assert (scenario.kin.siblings.value, scenario.candidates.most, scenario.compare) == (1.0, 6, ("lead_only",))


def test_names_switches_and_whole_numbers():
    scenario = with_values(
        FIELD,
        ["rule=lead_only+documents_count", "candidates.most=6", "compare=definitive, lead_only", "use.people=1000"],
    )
    assert scenario.rule == "lead_only+documents_count"
    assert scenario.candidates.most == 6
    assert scenario.compare == ("definitive", "lead_only")
    assert scenario.use.people == 1000
    assert with_values(FIELD, ["rules.lead_only.claimed_identity_first=true"]).rules["lead_only"].claimed_identity_first


@pytest.mark.parametrize("name", ["field-app", "field-app-careful", "police-live"])
def test_phi_replaces_whatever_was_known_of_the_threshold(name: str):
    before = load_scenario(name)
    threshold = with_values(before, ["threshold.field_fpir=0.01"]).threshold
    assert threshold.known == "field_fpir"
    assert (threshold.test, threshold.vendor, threshold.points) == (None, None, {})
    assert threshold.mix == before.headline_stop
    assert threshold.title == "the threshold of this scenario"


def test_phi_of_another_mix():
    threshold = with_values(FIELD, ["threshold.mix=random", "threshold.field_fpir=0.1"]).threshold
    assert (threshold.mix, threshold.field_fpir and threshold.field_fpir.value) == ("random", 0.1)


def test_a_vendor_score_gets_its_own_counts():
    vendor = with_values(load_scenario("police-live"), ["threshold.vendor.score=0.60"]).threshold.vendor
    assert vendor is not None
    assert [count.false_alerts for count in vendor.counts] == [7]
    fresh = with_values(FIELD, ["threshold.vendor.scale=NEC NeoFace", "threshold.vendor.score=0.60"]).threshold
    assert fresh.vendor == vendor
    assert (
        "no counts are known"
        in faults_of("threshold.vendor.score=0.7", scenario=load_scenario("police-live"))["threshold.vendor.counts"]
    )


def test_a_point_that_is_set_says_so():
    points = with_values(FIELD, ["threshold.points.strict.field_fpir=0.001"]).threshold.points
    assert points["strict"].title == "strict, set on the command line"
    assert points["uk_police"] == FIELD.threshold.points["uk_police"]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("threshold.feild_fpir=0.01", "unknown path; did you mean 'threshold.field_fpir'"),
        ("kin.sibling=1", "unknown path; did you mean 'kin.siblings'"),
        ("rules.lead_onyl.document_believed=1", "unknown path; did you mean 'rules.lead_only.document_believed'"),
        ("stops.looks.blocks.7.share=1", "unknown path; did you mean 'stops.looks.blocks.0.share'"),
        ("kin.siblings.value=1", "unknown path; did you mean 'kin.siblings'"),
        ("schema=misid/scenario/1", "unknown path"),
        ("=1", "unknown path"),
        ("kin=1", "holds several values, not one; set one of kin.identical_twin_share"),
        ("stops.looks.blocks=1", "holds several values, not one; set one of stops.looks.blocks.0.share"),
        ("kin.siblings", "no value; write PATH=VALUE"),
        ("kin.siblings=", "no value; write PATH=VALUE"),
        ("kin.siblings=many", "must be a number, got 'many'"),
        ("threshold.field_fpir=1%", "must be a number, got '1%'; write it without %"),
        ("gallery.n_references=5,000,000", "must be a number, got '5,000,000'; write it without %, commas"),
        ("threshold.field_fpir=1.5", "value 1.5 not within 0 to 1 (probability); correct it"),
        ("gallery.n_references=nan", "value nan not within 1 to"),
        ("candidates.most=6.5", "must be a whole number, got '6.5'"),
        ("candidates.floor=maybe", "must be true or false, got 'maybe'"),
        ("algorithm.probe_image=strete", "did you mean 'street'?"),
        ("rule=lead_onyl", "unknown rule 'lead_onyl'; did you mean 'lead_only'?"),
        ("rule=definitive+lead_only", "the hit is final"),
    ],
)
def test_what_cannot_be_set_is_named(setting: str, said: str):
    faults = faults_of(setting)
    assert list(faults) == [setting.partition("=")[0]]
    assert said in next(iter(faults.values()))


def test_a_share_that_breaks_a_whole_is_named_by_the_checks_of_any_file():
    assert faults_of("stops.looks.blocks.0.status.removable=0.5") == {
        "stops.looks.blocks.0.status": "shares sum to 1.36, not 1; make them a whole"
    }
    assert with_values(
        FIELD, ["stops.looks.blocks.0.status.removable=0.15", "stops.looks.blocks.0.status.us_born_citizen=0.66"]
    )


def test_all_that_is_wrong_is_named_at_once():
    assert list(faults_of("kin.sibling=1", "kin.siblings=x", "rule=a", "rule=b")) == [
        "kin.sibling",
        "kin.siblings",
        "rule",
    ]
    assert faults_of("rule=definitive", "rule=lead_only") == {"rule": "set twice; keep one"}


def test_phi_beside_the_best_candidates_is_refused():
    booking = load_scenario("booking-photos")
    assert "candidates.floor" in faults_of("threshold.field_fpir=0.1", scenario=booking)["threshold.field_fpir"]
    with_floor = with_values(booking, ["candidates.floor=true", "threshold.field_fpir=0.1"])
    assert with_floor.threshold.known == "field_fpir"


def test_words_are_not_set_from_outside():
    with pytest.raises(InvalidInput, match="holds words, not a number"):
        with_values(load_scenario("field-app"), {"gallery.title": "0.1"})


def test_more_candidates_than_images_are_refused_where_they_are_asked_for():
    with pytest.raises(InvalidInput, match="more candidates than images: 60 > 50"):
        with_values(load_scenario("booking-photos"), {"candidates.most": 60, "gallery.n_references": 50})
    fewer = with_values(load_scenario("booking-photos"), {"gallery.n_references": 40})
    assert fewer.candidates.most == 50
