"""A card file stands where a card's name stands, and the scenario's digest changes with its content."""

from __future__ import annotations

import json

import pytest

from misid.algorithm import catalog
from misid.errors import InvalidInput
from misid.expected import model_of
from misid.scenario import from_mapping, load_scenario, read_document, resolve, with_algorithm
from misid.storage import to_text


@pytest.fixture
def card_file(tmp_path):
    path = tmp_path / "cards" / "mine.json"
    path.parent.mkdir()
    path.write_text(to_text(catalog.load_card("nec_011").to_json()), "utf-8")
    return path


@pytest.fixture
def scenario_file(tmp_path, small_scenario):
    def write(*cards: str):
        path = tmp_path / "mine.yaml"
        path.write_text(json.dumps(small_scenario(algorithm={"cards": list(cards)})), "utf-8")
        return path

    return write


def test_a_path_starts_from_the_folder_of_the_scenario_file(card_file, scenario_file):
    scenario = resolve(read_document(scenario_file("./cards/mine.json")))
    (entry,) = scenario.algorithm.cards
    assert entry == catalog.pinned(str(card_file))
    assert {choice.card.name for choice in model_of(scenario).choices} == {"nec_011"}


def test_the_resolved_form_resolves_to_itself(card_file, scenario_file):
    scenario = resolve(read_document(scenario_file("cards/mine.json")))
    assert resolve(from_mapping(scenario.to_json())).to_json() == scenario.to_json()


def test_the_digest_is_of_the_content_and_not_of_the_place(card_file, scenario_file, tmp_path):
    first = resolve(read_document(scenario_file("cards/mine.json")))
    copy = tmp_path / "copy.json"
    copy.write_bytes(card_file.read_bytes())
    assert resolve(read_document(scenario_file("copy.json"))).digest() == first.digest()
    copy.write_text(to_text(catalog.load_card("nec_3").to_json()), "utf-8")
    assert resolve(read_document(scenario_file("copy.json"))).digest() != first.digest()
    assert load_scenario("field-app").digest() == resolve(from_mapping(load_scenario("field-app").to_json())).digest()


def test_a_card_that_has_changed_is_refused(card_file, scenario_file):
    scenario = resolve(read_document(scenario_file("cards/mine.json")))
    card_file.write_text(to_text(catalog.load_card("nec_3").to_json()), "utf-8")
    with pytest.raises(InvalidInput, match="has changed"):
        resolve(from_mapping(scenario.to_json()))
    with pytest.raises(InvalidInput, match="has changed"):
        model_of(scenario)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "cannot be read as JSON"),
        ("[]", "schema"),
        ('{"schema": "misid/card/3"}', "newer than"),
        ('{"schema": "misid/card/1.1"}', "older than"),
    ],
)
def test_what_is_no_card_is_named_with_its_line(scenario_file, tmp_path, content, said):
    if content is not None:
        (tmp_path / "bad.json").write_text(content, "utf-8")
    path = scenario_file("nec_011", "bad.json")
    with pytest.raises(InvalidInput) as error:
        resolve(read_document(path))
    (fault,) = error.value.faults
    assert (fault.file, fault.field) == (str(path), "algorithm.cards.1")
    assert fault.line > 0
    assert "bad.json" in str(fault)
    assert said in str(fault)


def test_one_card_instead_of_the_scenarios_own(card_file):
    field_app = load_scenario("field-app")
    assert with_algorithm(field_app, "nec_011").algorithm.cards == ("nec_011",)
    other = with_algorithm(field_app, str(card_file))
    assert other.algorithm.cards == (catalog.pinned(str(card_file)),)
    changed = {key for key in field_app.to_json() if field_app.to_json()[key] != other.to_json()[key]}
    assert changed == {"algorithm", "supplied"}
    assert "algorithm.image_kinds" in other.supplied, "the template still supplies the rest"
    assert not other.from_template("algorithm.cards")
    with pytest.raises(InvalidInput, match="unknown card 'nec_9999'") as error:
        with_algorithm(field_app, "nec_9999")
    assert error.value.faults[0].file == "--algorithm"
    with pytest.raises(InvalidInput, match=r"card file 'none\.json' cannot be read"):
        with_algorithm(field_app, "none.json")
