"""Defaults, merging, names, and the promise that the resolved form resolves to itself."""

from __future__ import annotations

import copy
import json
from typing import Annotated, Any

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from misid.errors import InvalidInput, UnknownName
from misid.quantities import Grade, Quantity
from misid.scenario import (
    ORDER,
    BlockPlace,
    Scenario,
    from_mapping,
    json_schema,
    load_scenario,
    open_document,
    parse_document,
    resolve,
    scenario_names,
    source_text,
)
from misid.scenario.schema import Default, ScenarioBlock, Share
from misid.storage import to_text

MINIMAL: dict[str, Any] = {
    "schema": "misid/scenario/2",
    "template": "field",
    "title": "t",
    "gallery": {"n_references": 1000},
    "threshold": {"test": {"fpir": 0.001, "n_references": 1000, "image_kind": "mugshot", "gallery": "kept"}},
}
BLOCK: dict[str, Any] = {
    "share": 1,
    "origin": {"other": 1},
    "sex": {"male": 1},
    "age": {"adult": 1},
    "status": {"removable": 1},
}


def given_with(**fields: Any) -> Scenario:
    return resolve(from_mapping({**copy.deepcopy(MINIMAL), **fields}))


def faults_with(**fields: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        given_with(**fields)
    return {fault.field: fault.what for fault in caught.value.faults}


# The packaged scenarios


def test_catalogue_has_the_six_scenarios():
    assert scenario_names() == ORDER
    assert len(set(scenario_names())) == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ORDER)
def test_packaged_scenario_resolves_to_itself(name: str):
    scenario = load_scenario(name)
    resolved = scenario.to_json()
    assert scenario.name == name
    jsonschema.Draft202012Validator(json_schema()).validate(dict(open_document(name).data))
    # As JSON in Python, and as the file that a run writes.
    assert resolve(from_mapping(resolved)) == scenario
    assert resolve(parse_document(to_text(resolved).encode(), "scenario.resolved.json")).digest() == scenario.digest()


@pytest.mark.parametrize("name", ORDER)
def test_packaged_scenario_is_sourced(name: str):
    """What the author of a packaged scenario writes beyond shares of a whole carries its source."""
    bare = [
        path
        for path, quantity in load_scenario(name).quantities().items()
        if quantity.source == "no source given" and not is_share(path)
    ]
    assert bare == []


def is_share(path: str) -> bool:
    parts = path.split(".")
    return parts[-1] == "share" or parts[-2] in (
        "origin",
        "sex",
        "age",
        "status",
        "enrolled",
        "enrolled_without_passports",
        "manner",
    )


def test_defaults_are_complete_and_sourced():
    scenario = given_with()
    own = {"gallery.n_references", "threshold.test.fpir", "threshold.test.n_references"}
    quantities = {path: q for path, q in scenario.quantities().items() if path not in own}
    assert len(quantities) > 100
    bare = {path for path, quantity in quantities.items() if quantity.source == "no source given"}
    assert {path for path in bare if not is_share(path)} == set()
    assert all(quantities[path].grade is Grade.D for path in bare)
    assert all(quantity.source and quantity.grade in Grade for quantity in quantities.values())
    # No figure of the template was measured on the gallery that it is used for: none has grade A.
    assert {quantity.grade for quantity in quantities.values()} == {Grade.B, Grade.C, Grade.D}


def test_a_run_without_title_gallery_or_threshold_means_nothing():
    assert set(faults_with(title=None, gallery=None, threshold={"points": {}})) == {
        "title",
        "gallery.n_references",
        "threshold",
    }


# Merging


def test_given_quantity_replaces_the_default_whole():
    default, own = given_with().kin.identical_twin_share, given_with(kin={"identical_twin_share": 0.004})
    assert default.low < default.value < default.high
    assert (own.kin.identical_twin_share.low, own.kin.identical_twin_share.high) == (0.004, 0.004)
    assert own.kin.identical_twin_share.source == "no source given"
    assert own.kin.identical_twin_match == given_with().kin.identical_twin_match


def test_given_statuses_stops_and_mix_replace():
    status = {
        "title": "a",
        "action_supported": False,
        "citizen": True,
        "enrolled": {"adult": 1},
        "enrolled_without_passports": {"adult": 0},
        "record_error": {"adult": 0},
        "shows_document": 1,
    }
    scenario = given_with(
        headline_stop="mine",
        stops={"mine": {"title": "m", "blocks": [{**BLOCK, "status": {"a": 1}}]}},
        statuses={"a": status},
        gallery={"n_references": 1000, "mix": {"other": {"share": 1, "adverse": 0}}},
    )
    assert list(scenario.stops) == ["mine"]
    assert list(scenario.statuses) == ["a"]
    assert list(scenario.gallery.mix) == ["other"]


def test_given_shares_replace_and_do_not_mix_with_the_default_ones():
    looks = given_with().stops["looks"]
    assert len(looks.blocks[0].status) == 4
    scenario = given_with(stops={"looks": {"title": "l", "blocks": [BLOCK]}})
    assert {str(k): q.value for k, q in scenario.stops["looks"].blocks[0].status.items()} == {"removable": 1.0}


def test_given_rules_join_the_default_ones_field_by_field():
    default = given_with().rules
    scenario = given_with(rules={"lead_only": {"document_believed": 0.2}})
    assert list(scenario.rules) == list(default)
    changed = default["lead_only"].model_copy(
        update={"document_believed": scenario.rules["lead_only"].document_believed}
    )
    assert scenario.rules["lead_only"] == changed
    assert scenario.rules["lead_only"].document_believed.value == 0.2


def test_lists_are_replaced():
    assert given_with(compare=["lead_only"]).compare == ("lead_only",)
    assert given_with(algorithm={"cards": ["nec_010"]}).algorithm.cards == ("nec_010",)
    assert given_with(algorithm={"cards": ["nec_010"]}).algorithm.image_kinds == given_with().algorithm.image_kinds


# Names and digests


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("a/b/My City 2.yaml", "my-city-2"),
        ("Ünï.yaml", "n"),
        ("_x_.json", "x"),
        ("街.yaml", "scenario"),
        ("a.b.yaml", "a-b"),
        ("x" * 80 + ".yaml", "x" * 60),
    ],
)
def test_scenario_is_named_after_its_file(file: str, name: str):
    assert resolve(from_mapping(MINIMAL, file)).name == name


def test_digest_does_not_depend_on_the_order_of_fields():
    turned = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in MINIMAL.items()
    }
    assert resolve(from_mapping(dict(reversed(turned.items())))).digest() == given_with().digest()


@pytest.mark.parametrize("fields", [{"title": "u"}, {"use": {"people": 1000}}, {"kin": {"identical_twin_share": 0}}])
def test_digest_depends_on_every_value(fields: dict[str, Any]):
    assert given_with(**fields).digest() != given_with().digest()


def test_resolved_form_is_frozen_and_complete():
    scenario = given_with()
    with pytest.raises(ValidationError):
        scenario.title = "other"  # type: ignore[misc]
    may_be_none = ("distribution", "field_fpir", "mix", "vendor")
    assert None not in [value for key, value in leaves(scenario.to_json()) if key not in may_be_none]


def leaves(node: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [leaf for k, value in node.items() for leaf in leaves(value, k)]
    if isinstance(node, list):
        return [leaf for value in node for leaf in leaves(value, key)]
    return [(key, node)]


def test_any_kind_of_mapping_will_do():
    from types import MappingProxyType

    frozen = MappingProxyType({**MINIMAL, "gallery": MappingProxyType(MINIMAL["gallery"]), "compare": ("lead_only",)})
    assert resolve(from_mapping(frozen)).compare == ("lead_only",)


# Faults that need more than one field


def test_a_faulty_entry_does_not_make_its_name_unknown():
    assert faults_with(rule="mine", rules={"mine": 3}) == {"rules.mine": "must be a mapping of fields, got 3"}
    assert faults_with(headline_stop="mine", stops=5) == {"stops": "must be a mapping of fields, got 5"}
    bad = {**BLOCK, "status": {"removable": "all"}}
    assert set(faults_with(headline_stop="mine", stops={"mine": {"title": "m", "blocks": [bad]}})) == {
        "stops.mine.blocks.0.status.removable"
    }


def test_a_faulty_item_does_not_renumber_the_others():
    blocks = [5, {**BLOCK, "sex": {"male": 2}}, 6]
    assert faults_with(headline_stop="mine", stops={"mine": {"title": "m", "blocks": blocks}}) == {
        "stops.mine.blocks.0": "must be a mapping of fields, got 5",
        "stops.mine.blocks.1.sex": "shares sum to 2, not 1",
        "stops.mine.blocks.1.sex.male": "value 2 not within 0 to 1 (share)",
        "stops.mine.blocks.2": "must be a mapping of fields, got 6",
    }


def test_two_faulty_items_do_not_hide_what_is_missing_around_them():
    assert faults_with(headline_stop="mine", stops={"mine": {"blocks": [5, 6]}}) == {
        "stops.mine.title": "missing",
        "stops.mine.blocks.0": "must be a mapping of fields, got 5",
        "stops.mine.blocks.1": "must be a mapping of fields, got 6",
    }


def test_a_range_beyond_the_limits_is_seen_behind_a_range_turned_round():
    quantity = {"value": 0.5, "low": 0.7, "high": 1.5}
    assert faults_with(kin={"identical_twin_match": quantity}) == {
        "kin.identical_twin_match.low": "low 0.7 is above value 0.5",
        "kin.identical_twin_match": "high 1.5 not within 0 to 1 (probability)",
    }


def test_unknown_scenario_names_the_nearest():
    with pytest.raises(UnknownName, match="unknown scenario 'field-ap'; did you mean 'field-app'"):
        load_scenario("field-ap")


def test_scenario_is_found_by_name_before_file_and_by_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "field-app").write_text("not this", "utf-8")
    assert load_scenario("field-app").title.startswith("A phone app")
    (tmp_path / "own.yaml").write_text(source_text("police-live"), "utf-8")
    own = load_scenario("own.yaml")
    assert own.name == "own"
    assert own.model_copy(update={"name": "police-live"}) == load_scenario("police-live")
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        load_scenario("sub/none")


# The promise, over random changes


def quantities(limit: float) -> st.SearchStrategy[Any]:
    ordered = st.lists(st.floats(0, limit), min_size=3, max_size=3).map(sorted)
    full = st.builds(
        lambda ends, source: {"low": ends[0], "value": ends[1], "high": ends[2], "source": source, "grade": "C"},
        ordered,
        st.text(min_size=1, max_size=12),
    )
    return st.floats(0, limit) | full


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.text(min_size=1, max_size=30),
        "purpose": st.sampled_from(["identify", "verify"]),
        "kin": st.fixed_dictionaries(
            {}, optional={"identical_twin_share": quantities(1), "identical_twin_match": quantities(1)}
        ),
        "use": st.fixed_dictionaries(
            {}, optional={"people": st.integers(100, 10**7), "searches_per_year": quantities(1e9)}
        ),
        "rules": st.dictionaries(
            st.sampled_from(["definitive", "lead_only"]), st.fixed_dictionaries({"document_believed": quantities(1)})
        ),
        "compare": st.lists(st.sampled_from(["definitive", "lead_only", "second_reader"]), max_size=3),
        "algorithm": st.fixed_dictionaries({"lapse": st.sampled_from(["as tested", "10 years or more"])}),
    },
)


@settings(max_examples=60, deadline=None)
@given(CHANGES)
@pytest.mark.slow
def test_resolved_form_resolves_to_itself(changes: dict[str, Any]):
    scenario = given_with(**changes)
    again = resolve(from_mapping(json.loads(to_text(scenario.to_json()))))
    assert again == scenario
    assert again.digest() == scenario.digest()


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=40))
@example("tab\t line\n next\x85 separator\u2028 delete\x7f mark\ufeff \U0001f642 \ufffe")
def test_any_text_survives_our_json(title: str):
    written = to_text({"title": title}).encode()
    assert parse_document(written, "scenario.json").data["title"] == title


# What a new field needs


def test_field_is_declared_in_one_place_with_its_default_unit_and_words():
    class Added(ScenarioBlock):
        """A block with one more number and one more switch."""

        share: Annotated[
            Share, Default({"value": 0.5, "low": 0.1, "high": 0.9, "source": "a source", "grade": "C"})
        ] = Field(description="What it is.")
        switch: Annotated[bool, Default(False)] = Field(description="Whether it is on.")

    filled = Added.model_validate(BlockPlace(Added).fill(None, None))
    assert filled.share == Quantity(value=0.5, low=0.1, high=0.9, unit="share", source="a source", grade=Grade.C)
    assert filled.switch is False
    own = BlockPlace(Added).form().model_validate({"share": 0.2, "switch": True})
    assert Added.model_validate(BlockPlace(Added).fill(None, own)).share.high == 0.2
