"""Rules joined by a plus sign: what the joined rule asks for, and what cannot be joined."""

from __future__ import annotations

import pytest

from misid.errors import InvalidInput, UnknownName
from misid.scenario import from_mapping, joined_rule, load_scenario, resolve, rule_named, rule_parts

FIELD = load_scenario("field-app")


def whats(name: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        joined_rule(FIELD, name)
    assert all(fault.field == f"rule {name}" and fault.fix for fault in caught.value.faults)
    return [fault.what for fault in caught.value.faults]


def test_a_plain_name_is_the_rule_itself():
    assert rule_parts("lead_only") == ("lead_only",)
    assert rule_parts("a + b") == ("a", "b")
    for name, rule in FIELD.rules.items():
        assert rule_named(FIELD, name) is rule


def test_pass_rates_multiply_and_say_so():
    rule = rule_named(FIELD, "lead_only+second_reader")
    lead, second = FIELD.rules["lead_only"], FIELD.rules["second_reader"]
    for rate in ("wrong_person_passes", "right_hit_passes"):
        one, other, both = getattr(lead, rate), getattr(second, rate), getattr(rule, rate)
        assert (both.value, both.low, both.high) == (
            one.value * other.value,
            one.low * other.low,
            one.high * other.high,
        )
        assert both.grade == "D"
        assert "lead_only times second_reader" in both.source
    assert rule.wrong_record_passes is lead.wrong_record_passes, "what one part alone decides is that part's number"
    assert rule.document_believed is lead.document_believed
    assert rule.readers == 2
    assert rule.title == "the hit is only a lead, and a second trained reader must agree"


def test_the_order_of_the_parts_moves_no_number():
    one, other = (rule_named(FIELD, name) for name in ("lead_only+opt_out_offered", "opt_out_offered+lead_only"))
    apart = {"title"}
    assert one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def test_shares_that_overlap_take_the_larger_end_by_end():
    rule = rule_named(FIELD, "coded_response+documents_count")
    assert rule.document_believed is FIELD.rules["documents_count"].document_believed
    wide = FIELD.model_copy(
        update={
            "rules": {
                "a": _with(FIELD.rules["lead_only"], 0.5, 0.4, 0.6),
                "b": _with(FIELD.rules["lead_only"], 0.45, 0.1, 0.9),
            }
        }
    )
    believed = rule_named(wide, "a+b").document_believed
    assert (believed.value, believed.low, believed.high) == (0.5, 0.4, 0.9)


def _with(rule, value, low, high):
    share = rule.document_believed.model_copy(update={"value": value, "low": low, "high": high})
    return rule.model_copy(update={"document_believed": share})


@pytest.mark.parametrize(
    ("name", "scans", "claimed", "response", "readers"),
    [
        ("lead_only+opt_out_offered", "unless_declined", False, "record", 1),
        ("claimed_identity_first+lead_only", "everyone", True, "record", 1),
        ("coded_response+under_18_not_scanned", "adults", False, "code", 1),
        ("lead_only+coded_response", "everyone", False, "code", 2),
        ("fingerprint_confirms+documents_count", "everyone", False, "record", 0),
        ("fingerprint_confirms+lead_only", "everyone", False, "record", 1),
        ("claimed_identity_first+documents_count", "everyone", True, "record", 1),
        ("lead_only+second_reader+documents_count", "everyone", False, "record", 2),
    ],
)
def test_switches_of_the_parts(name: str, scans: str, claimed: bool, response: str, readers: int):
    rule = rule_named(FIELD, name)
    assert (rule.scans, rule.claimed_identity_first, rule.response, rule.readers) == (scans, claimed, response, readers)
    assert rule.wrong_person_passes.value <= rule.right_hit_passes.value


def test_contradictions_are_named():
    assert whats("definitive+lead_only") == ["under definitive the hit is final: no other rule can stand beside it"]
    assert whats("not_used+lead_only") == ["under not_used nobody is photographed: there is nothing to join it with"]
    assert whats("lead_only+lead_only") == ["lead_only is joined with itself"]
    assert whats("opt_out_offered+under_18_not_scanned") == [
        "opt_out_offered and under_18_not_scanned both choose who is photographed"
    ]
    assert len(whats("definitive+not_used+opt_out_offered+under_18_not_scanned")) == 3


@pytest.mark.parametrize(("name", "word"), [("lead_onl", "lead_only"), ("lead_only+secnd_reader", "second_reader")])
def test_an_unknown_part_names_the_nearest(name: str, word: str):
    with pytest.raises(UnknownName, match=word):
        rule_named(FIELD, name)
    with pytest.raises(UnknownName):
        rule_named(FIELD, "lead_only+")


def test_a_scenario_may_name_joined_rules():
    plain = {
        **FIELD.to_json(),
        "compare": ["definitive", "lead_only+documents_count"],
        "rule": "lead_only+second_reader",
    }
    scenario = resolve(from_mapping(plain))
    assert scenario.compare == ("definitive", "lead_only+documents_count")
    assert rule_named(scenario, scenario.rule).readers == 2
    with pytest.raises(InvalidInput) as caught:
        resolve(from_mapping({**plain, "compare": ["definitive+lead_only", "lead_only+lead_onl"]}))
    assert [(fault.field, fault.fix) for fault in caught.value.faults] == [
        ("compare.0", "leave definitive out"),
        ("compare.1", "did you mean 'lead_only'?"),
    ]
