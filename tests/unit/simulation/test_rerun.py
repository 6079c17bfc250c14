"""The same people met again with every subset of the layers made perfect: nothing changes but what a layer touches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from misid.expected import Layer, layers_of, made_perfect, perfect_sets
from misid.simulation import OutcomeCode, World, placed, rerun_layers, simulate_encounters

FEW = {"may_stay": 0.9, "must_go": 0.1}
LIST = {"candidates": {"most": 4, "picks_mate": 0.8, "picks_stranger": 0.5, "lookalike_strength": 0.4}}
PRINTS = {
    "after_no_hit": {"fingerprinted": 0.5, "match": 0.9, "false_match": 0.3},
    "statuses__may_stay__fingerprints": 0.6,
}


@pytest.fixture
def small(twin):
    """Return a function: changes → scenario and points where every layer has something to answer for."""

    def block(status):
        return {"share": 1, "origin": {"east_europe": 1}, "sex": {"male": 1}, "age": {"adult": 1}, "status": status}

    def build(**changes):
        scenario, points, _ = twin(
            **{
                "gallery__homogeneity": 20,
                "gallery__mix": {
                    "east_europe": {"share": 0.5, "adverse": 0.5},
                    "east_asia": {"share": 0.5, "adverse": 0.1},
                },
                "threshold": {"points": {"often": {"field_fpir": 0.3}, "rare": {"field_fpir": 0.02}}},
                "capture__failure_to_acquire": 0.05,
                "kin": {"identical_twin_share": 0.01, "identical_twin_match": 0.9},
                "stops": {
                    "all": {
                        "title": "all",
                        "for_no_document": 0.3,
                        "blocks": [block({"may_stay": 0.5, "must_go": 0.5})],
                    },
                    "random": {"title": "at random", "blocks": [block(FEW)]},
                },
                "rules__definitive": {
                    "wrong_person_passes": 0.8,
                    "wrong_record_passes": 0.7,
                    "document_believed": 0.6,
                    "no_hit_action": 0.01,
                },
                **changes,
            }
        )
        return scenario, points

    return build


def test_people_met_again_are_those_met_in_one_piece(small, monkeypatch):
    _, points = small()
    whole = rerun_layers(points, "all", 3, 320)
    monkeypatch.setattr("misid.simulation.rerun.PIECE", 192)
    pieces = rerun_layers(points, "all", 3, 320)
    for name in ("people", "origin", "status", "leaders", "sizes"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(pieces, name))
    for point in whole.points:
        np.testing.assert_array_equal(whole.outcomes[point], pieces.outcomes[point])
    assert whole.sizes.sum() == 320
    assert whole.points == ("often", "rare")


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{}, {**LIST, **PRINTS}])
def test_people_met_again_share_out_their_own_harm(small, changes):
    _, points = small(**changes)
    found = rerun_layers(points, "all", 4, 2000)
    for point in found.points:
        assert not OutcomeCode.is_unsupported(found.outcomes[point][-1]).any()
        for kind in ("unsupported", "wrong_person", "status.may_stay"):
            harmed = found.harmed(point, kind)
            total = sum(share.value for share in found.shares(point, kind).values())
            assert total == pytest.approx((harmed[0].sum() - harmed[-1].sum()) / 2000)
            assert found.whole(point, kind).value == pytest.approx(total)
    assert len(found.people) > 100


def test_whoever_is_met_with_a_double_says_no_more_than_alone(small):
    """People stopped together are counted by groups: twice the people in pairs, the same error."""
    _, points = small()
    found = rerun_layers(points, "all", 6, 512)
    alone = replace(found, leaders=np.arange(512), sizes=np.ones(512, np.int64))
    pairs = replace(
        found,
        n=1024,
        people=np.stack([2 * found.people, 2 * found.people + 1], axis=1).ravel(),
        outcomes={point: np.repeat(x, 2, axis=1) for point, x in found.outcomes.items()},
        origin=np.repeat(found.origin, 2, axis=1),
        status=np.repeat(found.status, 2, axis=1),
        leaders=2 * np.arange(512),
        sizes=np.full(512, 2),
    )
    for point in found.points:
        for layer, share in alone.shares(point).items():
            double = pairs.shares(point)[layer]
            assert double.value == pytest.approx(share.value)
            assert double.standard_error == pytest.approx(share.standard_error)


@pytest.mark.parametrize(
    "changes",
    [{}, {**LIST, **PRINTS}, {"threshold__moved_by": "photos"}, {"rule": "claimed_identity_first"}],
    ids=["plain", "list and fingerprints", "by photos", "named first"],
)
def test_the_chain_with_a_layer_made_perfect_is_the_rerun_of_that_subset(small, changes):
    """Sharing stages between subsets must change nothing."""
    scenario, points = small(**changes)
    rule = scenario.rule
    found = rerun_layers(points, "all", 5, 640)
    sets = perfect_sets(layers_of(scenario, "all"))
    for index in (0, 1, 2, 4, 8, 16, 32, 64, 0b0101010, 0b0011111, 127):
        perfect = {name: made_perfect(one, "all", sets[index]) for name, one in placed(points).items()}
        stop = next(iter(perfect.values()))[0]
        world = World.at({name: one for name, (_, one) in perfect.items()}, stop, (rule,))
        columns = simulate_encounters(world, 5, np.arange(640), rule)
        for i, point in enumerate(found.points):
            outcome = columns[f"outcome.{rule}"][i * 640 :][:640]
            np.testing.assert_array_equal(found.outcomes[point][index], outcome[found.people])
            assert not OutcomeCode.is_unsupported(np.delete(outcome, found.people)).any()


def test_thresholds_stay_where_they_are_whatever_is_made_perfect(small):
    """A perfect search matches nobody wrongly: a threshold solved anew for phi would not exist."""
    scenario, points = small()
    at = placed(points)
    before = World.at(at, "all", ("definitive",)).thresholds
    for layer in layers_of(scenario, "all"):
        _, one = made_perfect(at["often"], "all", frozenset({layer}))
        assert World.at({"often": one}, "all", ("definitive",)).thresholds["often"] == before["often"]


def test_who_picks_from_a_list_comes_before_the_search_answers(small):
    """A perfect reader never picks a stranger, so that with a list fewer are named wrongly before anybody decides."""
    _, points = small(**LIST)
    found = {}
    for layers in (frozenset(), frozenset({Layer.READER})):
        perfect = {name: made_perfect(one, "all", layers)[1] for name, one in placed(points).items()}
        columns = simulate_encounters(World.at(perfect, "all", ("definitive",)), 7, np.arange(2000), "definitive")
        found[layers] = (columns["truth.hit"] == 5).sum()
    assert found[frozenset()] > 100
    assert found[frozenset({Layer.READER})] == 0
