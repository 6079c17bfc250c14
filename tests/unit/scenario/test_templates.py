"""Templates: each fills a scenario by itself, takes nothing from another, and is listed for what it supplied."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from misid.errors import InvalidInput
from misid.quantities import Grade
from misid.scenario import ORDER, TEMPLATES, Scenario, from_mapping, load_scenario, resolve, with_values
from misid.storage import to_text

BARE: dict[str, Any] = {
    "schema": "misid/scenario/2",
    "title": "t",
    "algorithm": {"cards": ["nec_010"], "image_kinds": ["webcam"], "probe_image": "webcam"},
    "gallery": {"n_references": 1000, "mix": {"other": {"share": 1, "adverse": 0.1}}},
    "threshold": {"field_fpir": 0.01, "mix": "all"},
    "statuses": {
        "a": {"title": "a", "action_supported": False, "enrolled": {"adult": 0.5}, "record_error": {"adult": 0.01}}
    },
    "stops": {
        "all": {
            "title": "all",
            "blocks": [
                {"share": 1, "origin": {"other": 1}, "sex": {"male": 1}, "age": {"adult": 1}, "status": {"a": 1}}
            ],
        }
    },
    "rules": {
        "r": {
            "title": "r",
            "wrong_person_passes": 1,
            "wrong_record_passes": 1,
            "right_hit_passes": 1,
            "document_believed": 0,
            "no_hit_action": 0,
        }
    },
    "use": {"searches_per_year": 1, "years_running": 1, "retention_years": 1},
}
# What only the template of the app in the field, and nothing else, may say.
OF_THE_APP = re.compile(
    r"\bICE\b|immigra|Latino|E-Verify|\bSAVE\b|\bCBP\b|\bIDENT\b|404 Media|State Department|Rep\. Thompson|naturalis|"
    r"removable|hotlist \(|definitive|privacy analysis|Deportation|passport",
    re.IGNORECASE,
)


def of_template(name: str, **fields: Any) -> Scenario:
    return resolve(
        from_mapping(
            {"schema": "misid/scenario/2", "template": name, "title": "t", "gallery": {"n_references": 9}, **fields}
        )
    )


def again(scenario: Scenario) -> Scenario:
    return resolve(from_mapping(json.loads(to_text(scenario.to_json()))))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_fills_all_but_title_and_gallery(name: str):
    scenario = of_template(name)
    assert scenario.template == name
    assert scenario.threshold.known or scenario.threshold.points or not scenario.candidates.floor
    assert again(scenario) == scenario
    bare = [path for path, q in scenario.quantities().items() if not q.source]
    assert bare == []


@pytest.mark.parametrize("name", [name for name in TEMPLATES if name != "field"])
def test_nothing_of_the_app_in_the_field_is_in_another_template(name: str):
    scenario, field = of_template(name), of_template("field")
    for table in ("statuses", "stops"):
        assert not set(getattr(scenario, table)) & set(getattr(field, table))
    assert not set(scenario.records.databases) & set(field.records.databases)
    assert not {rule.title for rule in scenario.rules.values()} & {
        rule.title for name, rule in field.rules.items() if name != "second_reader"
    }
    assert scenario.claim is None
    assert scenario.after_no_hit.fingerprinted.value == 0
    assert all(stop.for_no_document.value == 0 for stop in scenario.stops.values())
    own = scenario.to_json()
    del own["configurations"]
    words = [text for text in texts(own) if OF_THE_APP.search(text)]
    # A document is what a booth compares with; that no passport photos are searched must be said.
    assert [text for text in words if "passport" not in text.casefold()] == []
    assert scenario.gallery.passport_photos_searched.value == (1 if name == "border_booth" else 0)


def texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [node] if isinstance(node, str) else []


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_has_no_source_read_is_called_an_assumption(name: str):
    """A range of grade D says that it is assumed, derived from something, or remembered."""
    silent = {
        path: q.source
        for path, q in of_template(name).quantities().items()
        if q.grade is Grade.D and q.swept and not re.search("assumed|derived|from memory|no source given", q.source)
    }
    assert silent == {}


def test_a_file_that_names_no_template_gives_everything_that_does_something():
    scenario = resolve(from_mapping(BARE))
    assert (scenario.template, scenario.supplied, scenario.rule, scenario.headline_stop) == ("", (), "r", "all")
    assert again(scenario) == scenario
    for name in set(BARE) - {"schema"}:
        with pytest.raises(InvalidInput, match=f"(?s){name}.*missing"):
            resolve(from_mapping({key: value for key, value in BARE.items() if key != name}))


def test_without_a_template_the_error_names_them():
    with pytest.raises(InvalidInput, match="template: field, live_watchlist, investigation, border_booth"):
        resolve(from_mapping({"schema": "misid/scenario/2", "title": "t"}))


@pytest.mark.parametrize("name", ORDER)
def test_what_a_template_supplied_is_kept_when_the_resolved_form_is_read(name: str):
    scenario = load_scenario(name)
    assert scenario.supplied
    assert again(scenario).supplied == scenario.supplied
    for path in scenario.quantities():
        stated = [whole for whole in scenario.supplied if path == whole or path.startswith(f"{whole}.")]
        assert len(stated) <= 1, "each value is listed once"
        assert scenario.from_template(path) == bool(stated)


def test_what_the_file_gives_is_not_the_templates():
    scenario = of_template("field", kin={"siblings": 1}, rules={"lead_only": {"document_believed": 0.2}})
    assert scenario.from_template("kin.identical_twin_share")
    assert not scenario.from_template("kin.siblings")
    assert not scenario.from_template("rules.lead_only.document_believed")
    assert scenario.from_template("rules.lead_only.title")
    assert scenario.from_template("rules.definitive.title")
    assert not scenario.from_template("gallery.n_references")
    assert not scenario.from_template("title")


def test_a_list_of_what_was_supplied_counts_only_where_the_values_are_the_templates():
    plain = of_template("field").to_json()
    plain["kin"]["siblings"] = 1
    plain["after_no_hit"]["fingerprinted"] = 0
    scenario = resolve(from_mapping(plain))
    assert not scenario.from_template("kin.siblings")
    assert scenario.from_template("kin.sibling_match")
    assert not scenario.from_template("after_no_hit.fingerprinted")
    plain["template"] = "live_watchlist"
    with pytest.raises(InvalidInput):
        resolve(from_mapping({**plain, "template": "lve_watchlist"}))
    assert not resolve(from_mapping(plain)).from_template("statuses")


def test_phi_belongs_to_the_people_of_the_headline_and_stays_theirs():
    scenario = of_template("field", threshold={"field_fpir": 0.01})
    assert scenario.threshold.mix == "looks"
    assert with_values(scenario, ["headline_stop=random"]).threshold.mix == "looks"


def test_an_investigation_needs_no_threshold_and_says_who_picks():
    scenario = load_scenario("booking-photos")
    assert (scenario.candidates.most, scenario.candidates.floor) == (50, False)
    assert 0 < scenario.candidates.picks_stranger.value < scenario.candidates.picks_mate.value < 1
    assert scenario.threshold.known == ""
    assert scenario.threshold.points == {}
    assert scenario.use.searches_per_year.value == 290
