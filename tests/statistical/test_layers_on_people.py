"""Shares of the layers on simulated people against those of the closed form.

What only the simulation has is turned off, except that people are stopped together and share their fate: that moves no
share, only its error, and so tests the error by groups.  All comparisons of one run share a false-alarm rate of one in
a million.
"""

import pytest

from misid.expected import Layer, harm, layers_of, made_perfect, model_of
from misid.scenario import load_scenario
from misid.simulation import rerun_layers
from misid.statistics.shapley import shapley
from misid.vocabulary import Age

FALSE_ALARM = 1e-6
PEOPLE = 80_000
POINTS = ("uk_police", "nist_kept")
# The definitive rule leaves readers and documents nothing to do: one that errs everywhere says more.
ERRS = {"wrong_person_passes": 0.8, "wrong_record_passes": 0.7, "document_believed": 0.4, "no_hit_action": 0.002}
LIST = {"candidates.picks_mate": 0.8, "candidates.picks_stranger": 0.5, "candidates.lookalike_strength": 0.3}
PRINTS = {"after_no_hit.fingerprinted": 0.5, "after_no_hit.match": 0.9, "after_no_hit.false_match": 0.1}


def points_of(most, **more):
    scenario = load_scenario("field-app")
    shown = {name: scenario.threshold.points[name] for name in POINTS}
    update = {
        "candidates": scenario.candidates.model_copy(update={"most": most}),
        "threshold": scenario.threshold.model_copy(update={"points": shown}),
    }
    model = model_of(scenario.model_copy(update=update))
    over = {f"rules.{scenario.rule}.{name}": [x] for name, x in ERRS.items()}
    over |= {"records.second_record": [0.0], **{path: [x] for path, x in more.items()}}
    return model, model.best(over)


@pytest.fixture(scope="module", params=["first candidate", "list and fingerprints"])
def field(request):
    return points_of(1) if request.param == "first candidate" else points_of(6, **LIST, **PRINTS)


def away(model, points, people):
    """Return the layers whose share in the simulation the closed form does not explain, by point and kind."""
    stop = model.scenario.headline_stop
    found = {}
    compared = len(people.points) * len(people.kinds) * len(people.layers)
    for point in people.points:
        expected = shapley(harm(model.at(point, points), stop, people.layers))[:, :, 0]
        for j, kind in enumerate(people.kinds):
            shares = people.shares(point, kind, level=1 - FALSE_ALARM / compared)
            for layer, p in zip(people.layers, expected[:, j], strict=True):
                if not shares[layer].low <= p <= shares[layer].high:
                    found[point, kind, layer] = (shares[layer], p)
    return found


@pytest.mark.slow
def test_shares_on_people_are_those_of_the_closed_form(field):
    model, points = field
    scenario = model.scenario
    people = rerun_layers(points, scenario.headline_stop, seed=31, n=PEOPLE)
    assert people.layers == layers_of(scenario, scenario.headline_stop) == tuple(Layer)
    assert not away(model, points, people)
    # Errors small enough to say something: each layer's share of the whole is known to a tenth of the harm or better.
    shares = people.shares(people.points[0])
    assert max(s.standard_error for s in shares.values()) < 0.1 * people.whole(people.points[0]).value


@pytest.mark.slow
def test_a_wrong_layer_is_seen(field, monkeypatch):
    """A perfect record that forgets adults, planted in the simulation only.

    They are nine in ten of those with a wrong record.
    """
    model, points = field
    scenario = model.scenario

    def forgetful(points, stop, perfect):
        where, found = made_perfect(points, stop, perfect)
        adults = [who.record_error[Age.ADULT] for who in scenario.statuses.values()]
        return where, found.changed(*((error, points[error]) for error in adults)) if Layer.RECORD in perfect else found

    monkeypatch.setattr("misid.simulation.rerun.made_perfect", forgetful)
    people = rerun_layers(points, scenario.headline_stop, seed=32, n=PEOPLE)
    found = away(model, points, people)
    assert {layer for _, _, layer in found} >= {Layer.RECORD}
    assert {kind for _, kind, _ in found} >= {"unsupported", "wrong_record"}
