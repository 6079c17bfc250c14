"""Blocks that only the simulation reads: where each does nothing, and what is held against a file."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.errors import Fault, InvalidInput
from misid.scenario import ORDER, SIMULATED, Scenario, from_mapping, load_scenario, resolve
from misid.storage import to_text

MINIMAL: dict[str, Any] = {
    "schema": "misid/scenario/2",
    "template": "field",
    "title": "t",
    "gallery": {"n_references": 1000},
    "threshold": {"test": {"fpir": 0.001, "n_references": 1000, "image_kind": "mugshot", "gallery": "kept"}},
}

# The value at which each quantity of these blocks does nothing, so that the closed form holds.
IDLE: dict[str, float] = {
    "together.household_share": 0,
    "together.workplace_share": 0,
    "together.shared_fate": 0,
    "photos.poor_share": 0,
    "photos.poor_mated_loss_decades": 0,
    "photos.poor_chance_gain_decades": 0,
    "photos.bystander_share": 0,
    "photos.attempts": 1,
    "photos.best_of_images": 0,
    "photos.reference_heterogeneity_k": 1e9,
    "photos.declines": 0,
    "photos.child_seen_as_child": 0,
    "photos.adult_seen_as_child": 0,
    "records.linked_to_another": 0,
    "records.entered_wrongly": 0,
    "records.wrong_name": 0,
    "records.wrong_birth_date": 0,
    "records.wrong_nationality": 0,
    "records.second_record": 0,
    "checks.reader_correlation": 0,
    "checks.label_shift": 0,
    "checks.pressure": 0,
    "checks.shown_if_carried": 1,
    "kept.photos_per_person": 1,
    "kept.enter_gallery": 0,
    "kept.searched_again": 0,
}
# What needs no such value: nothing reads it where the quantity or the switch beside it does nothing.
HANGS_ON: dict[str, str] = {
    "together.household_size": "together.household_share",
    "together.workplace_size": "together.workplace_share",
    "checks.true_name_given": "rules.NAME.claimed_identity_first",
    "checks.one_to_one_decades": "rules.NAME.claimed_identity_first",
}
# What only says where or how, and moves no share of the closed form.
ONLY_SORTS = ("photos.manner.", "records.databases.")


def given_with(**fields: Any) -> Scenario:
    return resolve(from_mapping({**copy.deepcopy(MINIMAL), **fields}))


def faults_with(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        given_with(**fields)
    return {fault.field: fault.what for fault in caught.value.faults}


def again(scenario: Scenario) -> Scenario:
    return resolve(from_mapping(json.loads(to_text(scenario.to_json()))))


def nested(values: dict[str, float]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for path, value in values.items():
        block, name = path.split(".")
        fields.setdefault(block, {})[name] = value
    return fields


# The value at which a block does nothing


def test_every_quantity_has_a_value_at_which_it_does_nothing():
    """A new quantity takes its place in one of the three tables above."""
    read_by_the_simulation = {
        path
        for path in given_with().quantities()
        if path.split(".")[0] in SIMULATED and path.split(".")[0] != "configurations"
    }
    sorted_out = {path for path in read_by_the_simulation if path.startswith(ONLY_SORTS)}
    assert read_by_the_simulation - sorted_out == {*IDLE, *HANGS_ON}
    assert all(anchor in IDLE or anchor.startswith("rules.") for anchor in HANGS_ON.values())


@pytest.mark.parametrize(("path", "value"), IDLE.items())
def test_the_value_that_does_nothing_is_within_its_limits(path: str, value: float):
    quantity = given_with(**nested({path: value})).quantities()[path]
    assert (quantity.low, quantity.value, quantity.high) == (value, value, value)


def test_all_blocks_do_nothing_at_once():
    scenario = given_with(**nested(IDLE))
    assert {path: scenario.quantities()[path].value for path in IDLE} == IDLE
    assert again(scenario) == scenario


def test_the_switches_of_a_rule_that_does_nothing_more_are_those_it_gets_when_silent():
    rates = ("wrong_person_passes", "wrong_record_passes", "right_hit_passes", "document_believed", "no_hit_action")
    rule = given_with(rules={"r": {"title": "r", **dict.fromkeys(rates, 1)}}).rules["r"]
    assert (rule.scans, rule.claimed_identity_first, rule.response, rule.readers) == ("everyone", False, "record", 1)


def test_the_first_configuration_is_the_scenario_as_given():
    as_given = given_with().configurations["as_given"]
    assert (as_given.fpir_factor.value, as_given.hotlist_only, as_given.delete_no_match) == (1.0, False, False)


# What is held against a file, and what is not


@pytest.mark.parametrize("name", ORDER)
def test_every_status_that_is_stopped_and_enrolled_is_in_a_database(name: str):
    """Planted: take the covers away, and the very same statuses are named."""
    scenario = load_scenario(name)
    plain = scenario.to_json()
    for database in plain["records"]["databases"].values():
        database.update(covers={}, covers_others=0)
    with pytest.raises(InvalidInput) as caught:
        resolve(from_mapping(plain))
    stopped = {s for stop in scenario.stops.values() for block in stop.blocks for s in block.status}
    passports = scenario.gallery.passport_photos_searched.value
    enrolled = {
        name
        for name, entry in scenario.statuses.items()
        if any(q.value for q in ({} if passports else entry.enrolled_without_passports or entry.enrolled).values())
        or (passports and any(q.value for q in entry.enrolled.values()))
    }
    (fault,) = caught.value.faults
    assert fault.field == "records.databases"
    assert {s for s in scenario.statuses if repr(s) in fault.what} == stopped & enrolled


def test_default_databases_keep_what_they_say_of_statuses_that_are_there():
    default = given_with().records.databases
    status = given_with().to_json()["statuses"]["removable"]
    stops = {
        "mine": {
            "title": "m",
            "blocks": [
                {
                    "share": 1,
                    "origin": {"other": 1},
                    "sex": {"male": 1},
                    "age": {"adult": 1},
                    "status": {"a": 0.5, "removable": 0.5},
                }
            ],
        }
    }
    own = given_with(statuses={"removable": status, "a": status}, stops=stops, headline_stop="mine")
    assert {name: set(d.covers) for name, d in own.records.databases.items()} == {
        name: {"removable"} & set(d.covers) for name, d in default.items()
    }
    assert own.records.databases["hotlist"].covers["removable"] == default["hotlist"].covers["removable"]


def test_what_has_a_fault_already_is_not_reckoned_with():
    assert set(faults_with(together={"household_share": 1.5, "workplace_share": 0.5})) == {"together.household_share"}
    assert set(faults_with(kin={"identical_twin_share": 2, "fraternal_twin_share": 1})) == {"kin.identical_twin_share"}
    assert set(faults_with(gallery={"n_references": 0, "images_per_person": 1}, kin={"siblings": 5})) == {
        "gallery.n_references"
    }
    assert set(faults_with(rules={"not_used": {"scans": "everyone", "readers": 7}})) == {"rules.not_used.readers"}


def test_best_values_are_compared_not_the_ends_of_ranges():
    wide = {"value": 0.4, "low": 0, "high": 1}
    assert given_with(together={"household_share": wide, "workplace_share": wide}).together.household_share.high == 1
    rates = {"wrong_person_passes": {**wide, "value": 0.3}, "right_hit_passes": wide}
    assert given_with(rules={"lead_only": rates}).rules["lead_only"].wrong_person_passes.high == 1


def test_a_sum_may_miss_the_whole_by_rounding_only():
    assert given_with(together={"household_share": 0.7000001, "workplace_share": 0.3}).together
    assert "together.household_share" in faults_with(together={"household_share": 0.70001, "workplace_share": 0.3})


@pytest.mark.parametrize("readers", [1, 2])
def test_every_rule_with_readers_has_readers_who_prefer_mates(readers: int):
    rates = {"wrong_person_passes": 0.51, "right_hit_passes": 0.5, "readers": readers}
    assert set(faults_with(rules={"lead_only": rates})) == {"rules.lead_only.wrong_person_passes"}
    assert given_with(rules={"lead_only": {**rates, "wrong_person_passes": 0.5}}).rules["lead_only"].readers == readers
    assert given_with(rules={"lead_only": {**rates, "readers": 0}}).rules["lead_only"].readers == 0


# The promise, over random changes


def shares(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.floats(0, 1) for name in names})


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "gallery": st.fixed_dictionaries(
            {"n_references": st.integers(1, 12)}, optional={"images_per_person": st.sampled_from([1, 2, 4.155])}
        ),
        "kin": st.fixed_dictionaries(
            {},
            optional={
                "siblings": st.floats(0, 3),
                "fraternal_twin_share": st.floats(0, 1),
                "identical_twin_share": st.floats(0, 1),
            },
        ),
        "together": shares("household_share", "workplace_share"),
        "records": shares("linked_to_another", "entered_wrongly"),
        "rules": st.dictionaries(
            st.sampled_from(["lead_only", "second_reader", "not_used", "fingerprint_confirms"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "scans": st.sampled_from(["everyone", "nobody"]),
                    "readers": st.integers(0, 2),
                    "claimed_identity_first": st.booleans(),
                    "wrong_person_passes": st.floats(0, 1),
                },
            ),
        ),
        "configurations": st.dictionaries(
            st.sampled_from(["as_given", "hotlist_only"]), st.fixed_dictionaries({"hotlist_only": st.booleans()})
        ),
    },
)


def resolved_or_faults(changes: dict[str, Any]) -> tuple[Scenario | None, list[Fault]]:
    try:
        return given_with(**changes), []
    except InvalidInput as error:
        return None, list(error.faults)


@settings(max_examples=25, deadline=None)
@given(CHANGES)
def test_what_resolves_resolves_to_itself_and_the_rest_is_refused_for_a_reason(changes: dict[str, Any]):
    scenario, faults = resolved_or_faults(changes)
    if scenario is None:
        assert faults
        assert all(fault.field and fault.what and fault.fix for fault in faults)
        return
    assert again(scenario) == scenario
    together, records = scenario.together, scenario.records
    assert together.household_share.value + together.workplace_share.value <= 1 + 1e-6
    assert records.linked_to_another.value + records.entered_wrongly.value <= 1 + 1e-6
    for rule in scenario.rules.values():
        if rule.scans == "nobody":
            assert not rule.claimed_identity_first
        elif rule.readers:
            assert rule.wrong_person_passes.value <= rule.right_hit_passes.value
