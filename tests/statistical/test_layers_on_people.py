"""Shares of the layers on simulated people against those of the closed form.

What only the simulation has is turned off, except that people are stopped together and share their fate: that moves no
share, only its error, and so tests the error by groups.  All comparisons of one run share a false-alarm rate of one in
a million.
"""

import pytest

from misid.expected import Layer, harm, layers_of, made_perfect, points_at, quantities_of
from misid.findings import reckoner
from misid.scenario import load_scenario
from misid.simulation import rerun_layers
from misid.statistics.shapley import shapley
from misid.vocabulary import Age

FALSE_ALARM = 1e-6
PEOPLE = 80_000
OFF = ("families.fraternal_twin_share", "families.siblings", "families.enrolled_together", "records.second_record")


@pytest.fixture(scope="module")
def field():
    found = reckoner(load_scenario("field-app"))
    scenario, choice = found.scenario, found.choices[found.shown]
    # The definitive rule leaves readers and documents nothing to do: one that errs everywhere says more.
    rule = {
        "wrong_person_passes": 0.8,
        "wrong_record_passes": 0.7,
        "document_believed": 0.4,
        "no_hit_action": 0.002,
    }
    over = {path: [0.0] for path in OFF} | {f"rules.{scenario.rule}.{name}": [x] for name, x in rule.items()}
    over["threshold.fpir"] = [0.02]
    return scenario, points_at(scenario, quantities_of(scenario, choice), [choice], over)


def away(scenario, points, people):
    """Return the layers whose share in the simulation the closed form does not explain, by mode and kind."""
    stop = scenario.headline_stop
    found = {}
    compared = len(people.modes) * len(people.kinds) * len(people.layers)
    for mode in people.modes:
        expected = shapley(harm(points, stop, mode, people.layers))[:, :, 0]
        for j, kind in enumerate(people.kinds):
            shares = people.shares(mode, kind, level=1 - FALSE_ALARM / compared)
            for layer, p in zip(people.layers, expected[:, j], strict=True):
                if not shares[layer].low <= p <= shares[layer].high:
                    found[mode, kind, layer] = (shares[layer], p)
    return found


@pytest.mark.slow
def test_shares_on_people_are_those_of_the_closed_form(field):
    scenario, points = field
    people = rerun_layers(points, scenario.headline_stop, seed=31, n=PEOPLE)
    assert people.layers == layers_of(scenario, scenario.headline_stop) == tuple(Layer)
    assert not away(scenario, points, people)
    # Errors small enough to say something: each layer's share of the whole is known to a tenth of the harm or better.
    shares = people.shares(people.modes[0])
    assert max(s.standard_error for s in shares.values()) < 0.1 * people.whole(people.modes[0]).value


@pytest.mark.slow
def test_a_wrong_layer_is_seen(field, monkeypatch):
    """A perfect record that forgets adults, planted in the simulation only.

    They are nine in ten of those with a wrong record: some 80 of the shares of 80,000 people, with an error of about 7.
    """
    scenario, points = field

    def forgetful(points, stop, perfect):
        where, found = made_perfect(points, stop, perfect)
        adults = [who.record_error[Age.ADULT] for who in scenario.statuses.values()]
        return where, found.changed(*((error, points[error]) for error in adults)) if Layer.RECORD in perfect else found

    monkeypatch.setattr("misid.simulation.rerun.made_perfect", forgetful)
    people = rerun_layers(points, scenario.headline_stop, seed=32, n=PEOPLE)
    found = away(scenario, points, people)
    assert {layer for _, _, layer in found} >= {Layer.RECORD}
    assert {kind for _, kind, _ in found} >= {"unsupported", "wrong_record"}
