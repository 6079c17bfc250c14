"""Points: inputs are read by the scenario's own fields, and identified by path where they are swept."""

import pickle

import numpy as np
import pytest

from misid.expected import NUMBERS, OF_RULE, SCANS, field_path, reads
from misid.quantities import Quantity
from misid.scenario import Rule
from misid.simulation import PHOTOGRAPHED, World


def test_a_field_is_read_where_its_path_was_moved(twin):
    scenario, points, _ = twin(overrides={"gallery.homogeneity": [1.0, 3.0]})
    assert field_path(scenario, scenario.gallery.homogeneity) == "gallery.homogeneity"
    assert points[scenario.gallery.homogeneity].tolist() == [1.0, 3.0]
    assert points.changed((scenario.gallery.homogeneity, 5.0))[scenario.gallery.homogeneity].tolist() == [5.0, 5.0]
    assert points[scenario.gallery.homogeneity].tolist() == [1.0, 3.0], "points are not changed in place"
    assert points.rows(np.array([1, 1, 0]))[scenario.gallery.homogeneity].tolist() == [3.0, 3.0, 1.0]


def test_every_quantity_has_a_path_of_its_own(twin):
    scenario, points, _ = twin()
    for path, field in scenario.quantities().items():
        assert field_path(scenario, field) == path
        assert points[field].tolist() == [field.value]


def test_what_the_points_do_not_hold_is_at_its_best_value(twin):
    scenario, points, _ = twin(photos__declines=0.3)
    few = type(points)(scenario, {}, points.floor, points.slope, points.location, points.heterogeneity_k)
    assert few[scenario.photos.declines].tolist() == [0.3]


def test_a_field_of_another_scenario_is_refused(twin):
    _, points, _ = twin()
    other, _, _ = twin()
    with pytest.raises(KeyError):
        points[other.gallery.homogeneity]


def test_the_scenario_at_a_point_has_the_values_that_moved_and_all_others_as_they_were(twin):
    path = "stops.all.blocks.0.status.may_stay"
    scenario, points, _ = twin(overrides={"photos.declines": [0.25], path: [0.5]})
    here = points.first()
    moved = {p: q.value for p, q in here.quantities().items() if q.value != scenario.quantities()[p].value}
    assert moved == {"photos.declines": 0.25, path: 0.5}
    assert here.kin is scenario.kin
    unmoved, same, _ = twin()
    assert same.first() is unmoved


def test_a_world_reaches_a_worker_whole(twin):
    scenario, points, _ = twin(overrides={"photos.declines": [0.25]})
    world = pickle.loads(pickle.dumps(World.at(points, "all", (scenario.rule,))))
    assert world.scenario.photos.declines.value == 0.25


def test_every_way_to_choose_whom_to_photograph_has_words_a_closed_form_and_a_simulation(twin):
    scenario, _, _ = twin()
    described = Rule.model_fields["scans"].annotation
    assert set(described.__args__) == set(SCANS) == set(PHOTOGRAPHED)
    assert all(scan.words for scan in SCANS.values())
    assert {rule.scans for rule in scenario.rules.values()} == set(SCANS)


def test_every_number_of_a_rule_has_words(twin):
    scenario, _, _ = twin()
    for name, rule in scenario.rules.items():
        assert [f for f in type(rule).model_fields if isinstance(getattr(rule, f), Quantity)] == list(OF_RULE)
        assert {path.rpartition(".")[2] for path in reads(scenario, name)} <= set(NUMBERS)
