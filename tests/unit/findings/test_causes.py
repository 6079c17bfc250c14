"""Harm by cause: what the page says adds up, carries its ranges, and names no layer where points disagree."""

import json

import numpy as np
import pytest

from misid.charts import vega_lite
from misid.expected import Layer, points_at, quantities_of
from misid.findings import PERFECT, HarmShares, closed_form_shares, reckoner
from misid.findings.causes import _leader, causes
from misid.quantities import Doubt
from misid.scenario import from_mapping, load_scenario, resolve
from misid.simulation import rerun_layers
from misid.vocabulary import Mode


def met(found, n=256):
    scenario, choice = found.scenario, found.choices[found.shown]
    points = points_at(scenario, quantities_of(scenario, choice), [choice])
    return rerun_layers(points, scenario.headline_stop, 1, n)


@pytest.fixture(scope="module")
def booth():
    return reckoner(load_scenario("booth-one-to-one"))


@pytest.fixture(scope="module")
def section(booth):
    return causes(booth, met(booth))


def test_shares_add_up_to_the_unsupported_actions_of_the_page(booth, section):
    found = booth.outputs(booth.scenario.headline_stop, Mode.COMPARISONS, booth.best())
    whole = section.figures["all_layers.comparisons.input"]
    assert whole.value == pytest.approx(float(found["hand_check.not_verified"][0]))
    layers = [
        e.value
        for name, e in section.figures.items()
        if name.endswith(".input") and name != "all_layers.comparisons.input"
    ]
    assert sum(layers) == pytest.approx(whole.value)
    assert whole.low < whole.value < whole.high


def test_every_figure_says_what_kind_of_doubt_it_holds(section):
    kinds = {name.rpartition(".")[2]: e.kind for name, e in section.figures.items()}
    assert kinds == {kind.value: kind for kind in (Doubt.INPUT, Doubt.MODEL, Doubt.SIMULATION)}
    assert all("256 points" in e.method for e in section.figures.values() if e.kind is Doubt.INPUT)
    assert all(e.level == 0.95 for e in section.figures.values() if e.kind is Doubt.SIMULATION)
    assert "record_error_assumed" in section.caveats()


def test_the_section_is_whole(booth, section):
    assert section.id == "causes"
    table = section.tables[0]
    assert [row[1] for row in table.rows[:-1]] == [PERFECT[layer] for layer in Layer if layer is not Layer.STOP_MIX]
    assert all(len(row) == len(t.columns) for t in section.tables for row in t.rows)
    assert "256 points" in table.note
    assert "same 256 met again" in table.note
    (chart,) = section.charts
    assert chart.kind == "shares"
    assert set(chart.records[0]) == {"label", "series", "value", "low", "high", "order", "x_title"}
    assert vega_lite(chart)
    json.dumps(section.to_json(), allow_nan=False)


def test_without_people_met_again_no_figure_is_simulated(booth):
    alone = causes(booth)
    assert not any(e.kind is Doubt.SIMULATION for e in alone.figures.values())
    assert "met again" not in alone.tables[0].note


def test_people_of_another_scenario_are_refused(booth, small_scenario):
    other = reckoner(resolve(from_mapping(small_scenario())))
    with pytest.raises(ValueError, match="rerun the scenario"):
        causes(booth, met(other, 128))


def test_what_the_page_reckons_is_the_design_and_every_model_choice(booth):
    found = closed_form_shares(booth, Mode.COMPARISONS)
    assert found.inputs.shape == (len(found.layers) + 1, len(found.kinds), 257)
    assert found.models.shape[2] == len(booth.choices)
    np.testing.assert_allclose(found.inputs[:-1].sum(axis=0), found.inputs[-1], rtol=1e-9, atol=1e-12)
    r = found.range(Layer.FACE)
    assert r.input_low <= r.value <= r.input_high
    assert r.model_low <= r.value <= r.model_high


def made_up(*points):
    """Return shares of face, record and rule at some points; the last point stands for the model choices."""
    layers = (Layer.FACE, Layer.RECORD, Layer.RULE)
    every = np.array(points, float).T
    whole = np.vstack([every, every.sum(axis=0)])[:, None, :]
    return HarmShares(layers, ("unsupported",), whole[:, :, :-1], whole[:, :, -1:])


def test_one_layer_is_named_only_where_it_leads_everywhere():
    record = made_up((1, 5, 2), (1, 3, 2), (0, 9, 2))
    assert _leader({Mode.HELD: record}).startswith("The record has the largest share in every mode")
    face_once = made_up((1, 5, 2), (4, 3, 2), (0, 9, 2))
    said = _leader({Mode.HELD: face_once})
    assert said.startswith("No single layer can be named")
    assert "the record at 2 and the face search at 1 of 3" in said
    # Modes that disagree name none either, however sure each is.
    assert _leader({Mode.HELD: record, Mode.COMPARISONS: made_up((9, 1, 1), (9, 1, 1))}).startswith("No single layer")
    assert "and the rule have the largest share, alike," in _leader({Mode.HELD: made_up((3, 1, 3), (2, 1, 2))})
    assert _leader({Mode.HELD: made_up((0, 0, 0), (0, 0, 0))}).startswith("No unsupported action")


@pytest.mark.slow
def test_a_search_that_misses_nobody_can_add_harm_and_the_page_says_so():
    found = causes(reckoner(load_scenario("field-app")))
    assert found.figures["face.held.input"].value < 0
    assert "A share can be negative" in found.text
    assert "No single layer can be named" in found.text
