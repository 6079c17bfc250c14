"""Layers made perfect: what each takes away, and that all together leave no harm."""

import numpy as np
import pytest

from misid.expected import (
    Layer,
    answer,
    apply_rule,
    at_phi,
    at_point,
    harm,
    harm_kinds,
    layers_of,
    made_perfect,
    model_of,
)
from misid.scenario import load_scenario
from misid.statistics.shapley import shapley
from misid.vocabulary.catalogue import say

FEW = {"may_stay": 0.9, "must_go": 0.1}


@pytest.fixture
def small(twin):
    """Return scenario and points where every layer has something to answer for."""

    def build(**changes):
        def block(status):
            return {"share": 1, "origin": {"east_europe": 1}, "sex": {"male": 1}, "age": {"adult": 1}, "status": status}

        scenario, points, _ = twin(
            gallery__homogeneity=20,
            gallery__mix={"east_europe": {"share": 0.5, "adverse": 0.5}, "east_asia": {"share": 0.5, "adverse": 0.1}},
            threshold={"test": {"fpir": 0.3, "n_references": 1_000_000, "image_kind": "mugshot", "gallery": "kept"}},
            capture__failure_to_acquire=0.05,
            kin={"identical_twin_share": 0.01, "identical_twin_match": 0.9, "siblings": 0.5, "sibling_match": 0.01},
            stops={
                "all": {"title": "all", "blocks": [block({"may_stay": 0.5, "must_go": 0.5})]},
                "random": {"title": "at random", "blocks": [block(FEW)]},
            },
            rules__definitive={
                "wrong_person_passes": 0.8,
                "wrong_record_passes": 0.7,
                "document_believed": 0.6,
                "no_hit_action": 0.01,
            },
            **changes,
        )
        return scenario, at_point(points, "given")

    return build


def causes(scenario, points, *layers):
    stop, changed = made_perfect(points, "all", frozenset(layers))
    found = answer(changed, stop)
    out = apply_rule(changed, stop, found, "definitive")
    return {
        name: float((found.part * getattr(out, name)).sum())
        for name in ("wrong_person", "wrong_record", "not_verified")
    }, found


def test_nothing_made_perfect_is_the_scenario_as_given(small):
    _, points = small()
    stop, same = made_perfect(points, "all", frozenset())
    assert (stop, same) == ("all", points)
    assert same is points


def test_every_layer_has_words_and_the_stop_mix_needs_a_random_policy(small, twin):
    for layer in Layer:
        assert say(f"causes.layer.{layer}")
        assert say(f"causes.perfect.{layer}")
    scenario, _ = small()
    assert layers_of(scenario, "all") == tuple(Layer)
    assert Layer.STOP_MIX not in layers_of(scenario, "random")
    without, _, _ = twin()
    assert layers_of(without, "all") == tuple(Layer)[1:]


def test_a_perfect_face_search_takes_nobody_for_another_and_misses_nobody(small):
    scenario, points = small()
    after, found = causes(scenario, points, Layer.FACE)
    assert after["wrong_person"] == 0.0
    np.testing.assert_allclose(found.right, found.enrolled)
    before, _ = causes(scenario, points)
    assert after["wrong_record"] > before["wrong_record"]  # who was missed is found, wrong record and all


def test_a_perfect_gallery_gives_every_stranger_the_average(small):
    scenario, points = small()
    before, found = causes(scenario, points)
    after, even = causes(scenario, points, Layer.GALLERY_MIX)
    np.testing.assert_allclose(even.adverse_stranger, 0.3)
    np.testing.assert_allclose(found.adverse_stranger, (20 * 0.5 + 0.1) / 21)
    assert after["wrong_person"] < before["wrong_person"]
    assert after["wrong_record"] == before["wrong_record"]


@pytest.mark.parametrize(
    ("layer", "gone"),
    [
        (Layer.RECORD, {"wrong_record"}),
        (Layer.READER, {"wrong_person"}),
        (Layer.RULE, {"wrong_record", "not_verified"}),
        (Layer.DOCUMENT, set()),
    ],
)
def test_a_perfect_layer_takes_away_its_own_harm_and_adds_none(small, layer, gone):
    scenario, points = small()
    before, after = causes(scenario, points)[0], causes(scenario, points, layer)[0]
    assert {name for name, x in after.items() if x == 0.0} == gone
    assert all(after[name] <= before[name] for name in before)
    assert sum(after.values()) < sum(before.values())


def test_documents_and_a_rule_that_believes_them_leave_no_unsupported_action(small):
    scenario, points = small()
    assert sum(causes(scenario, points, Layer.DOCUMENT, Layer.RULE)[0].values()) == 0.0


def test_shares_add_up_in_every_kind(small):
    scenario, given = small()
    layers = layers_of(scenario, "all")
    for phi in (1e-4, 0.01, 0.9):
        points = at_phi(given, phi, "all")
        found = harm(points, "all", layers)
        assert found.shape == (2 ** len(layers), len(harm_kinds(scenario, "all")), 1)
        np.testing.assert_array_equal(found[-1], 0.0)
        shares = shapley(found)
        np.testing.assert_allclose(shares.sum(axis=0), found[0], rtol=1e-12, atol=1e-18)
        # All three causes add up to the whole, and so do all origins of those stopped.
        np.testing.assert_allclose(shares[:, 1:4].sum(axis=1), shares[:, 0], rtol=1e-12, atol=1e-18)
        assert (shares[list(layers).index(Layer.RECORD), 0] > 0).all()


def test_many_points_at_once_are_the_points_one_by_one(small):
    moved = [0.001, 0.3]
    scenario, points = small(overrides={"threshold.test.fpir": moved})
    layers = layers_of(scenario, "all")
    both = harm(points, "all", layers)
    for i, fpir in enumerate(moved):
        scenario, one = small(overrides={"threshold.test.fpir": [fpir]})
        np.testing.assert_allclose(both[:, :, i], harm(one, "all", layers)[:, :, 0], rtol=1e-12)


def test_statuses_that_an_action_is_meant_for_have_no_row(small):
    scenario, _ = small()
    assert harm_kinds(scenario, "all") == (
        "unsupported",
        "wrong_person",
        "wrong_record",
        "not_verified",
        "origin.east_europe",
        "status.may_stay",
    )


@pytest.mark.slow
def test_a_packaged_scenario_has_no_harm_left_when_every_layer_is_perfect():
    for name in ("booth-one-to-one", "booking-photos"):
        model = model_of(load_scenario(name))
        layers = layers_of(model.scenario, model.mix)
        left = harm(model.at(model.points[0]), model.mix, layers)
        assert left[0, 0, 0] > 0
        assert left[-1, 0, 0] == 0.0
