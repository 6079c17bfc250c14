"""Harm by cause: what the page says adds up, and names no layer where points disagree."""

import json

import numpy as np
import pytest

from misid.expected import Layer
from misid.findings import estimates_of
from misid.findings.causes import _leader, causes, expected_shares
from misid.quantities import Doubt
from misid.scenario import from_mapping, load_scenario, resolve
from misid.simulation import rerun_layers
from misid.vocabulary.catalogue import say


def met(e, n=256):
    return rerun_layers(e.model.best(), e.stop, 1, n)


@pytest.fixture(scope="module")
def booth():
    return estimates_of(load_scenario("booth-one-to-one"))


@pytest.fixture(scope="module")
def section(booth):
    return causes(booth, met(booth))


def test_shares_add_up_to_the_unsupported_actions_of_the_page(booth, section):
    whole = section.figures["all_layers.given"]
    assert whole.value == pytest.approx(float(booth.people("given").of("not_verified")[0]))
    names = [name for name in section.figures if name.endswith(".given") and name != whole]
    layers = [section.figures[name].value for name in names if name != "all_layers.given"]
    assert sum(layers) == pytest.approx(whole.value)


def test_every_figure_says_what_kind_of_doubt_it_holds(section):
    for name, e in section.figures.items():
        assert (e.kind is Doubt.SIMULATION) == name.endswith(".simulated")
        assert (e.level == 0.95) == name.endswith(".simulated")
    assert "record_error_assumed" in section.caveats()


def test_the_section_is_whole(section):
    assert section.id == "causes"
    (table,) = section.tables
    assert [row[1] for row in table.rows[:-1]] == [
        say(f"causes.perfect.{layer}") for layer in Layer if layer is not Layer.STOP_MIX
    ]
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert "The same 256 simulated people were met again" in table.note
    json.dumps(section.to_json(), allow_nan=False)


def test_without_people_met_again_no_figure_is_simulated(booth):
    alone = causes(booth)
    assert not any(e.kind is Doubt.SIMULATION for e in alone.figures.values())
    assert "met again" not in alone.tables[0].note


def test_people_of_another_scenario_are_refused(booth, small_scenario):
    other = estimates_of(resolve(from_mapping(small_scenario())))
    with pytest.raises(ValueError, match="rerun the scenario"):
        causes(booth, met(other, 128))


def made_up(*points):
    """Return shares of face, record and rule at some points."""
    every = np.array(points, float).T
    return dict(zip((Layer.FACE, Layer.RECORD, Layer.RULE, "all_layers"), (*every, every.sum(axis=0)), strict=True))


def test_one_layer_is_named_only_where_it_leads_everywhere():
    assert _leader(made_up((1, 5, 2), (0, 9, 2))).startswith("The record has the largest share at every threshold")
    assert _leader(made_up((1, 5, 2), (4, 3, 2))).startswith("Which layer has the largest share depends on how many")
    assert "and the rule have the largest share, alike," in _leader(made_up((3, 1, 3), (2, 1, 2)))
    assert _leader(made_up((0, 0, 0))).startswith("No unsupported action")


def test_all_points_are_shared_out_at_once(field_app):
    e = estimates_of(field_app.scenario)
    found = expected_shares(e)
    *layers, whole = found.values()
    assert whole == pytest.approx([e.people(name).of("unsupported")[0] for name in e.names])
    np.testing.assert_allclose(np.sum(layers, axis=0), whole, rtol=1e-9, atol=1e-9)


def test_a_share_below_zero_is_explained_beside_it(field_app):
    found = causes(estimates_of(field_app.scenario))
    assert found.figures["face.strict"].value < 0
    assert "A perfect search would find more people whose record is wrong" in found.text
    (row,) = [row for row in found.tables[0].rows if row[0] == "the face search"]
    assert "Below zero: a perfect search would find more people whose record is wrong" in row[1]
