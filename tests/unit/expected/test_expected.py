"""The chain against FORMULAS 7 and 10, and what must hold whatever the numbers are."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.expected import (
    ModelChoice,
    answer,
    apply_rule,
    at_phi,
    at_point,
    part_of,
    phi_of,
    point_names,
    points_at,
    quantities_of,
)
from misid.scenario import load_scenario, scenario_names
from oracles.open_set import hit_composition
from oracles.outcomes import expected_wrongful_actions


def answered(points, stop="all"):
    """Answer at the threshold that the small scenario gives."""
    return answer(at_point(points, "given"), stop)


def totals(answers, x):
    return float((answers.part * x).sum(axis=1)[0])


def test_hits_are_composed_as_bayes_says(twin):
    """FORMULAS 7, for one status."""
    _, points, _ = twin()
    _, points, _ = twin(stops__all__blocks=[_block({"may_stay": 1})])
    answers = answered(points)
    rates = answers.rates
    want = hit_composition(0.4, float(rates.right[0, 0]), float(rates.misid[0, 0]), float(rates.fpir[0, 0]))
    hit = totals(answers, answers.hit)
    assert hit == pytest.approx(want.hit, rel=1e-12)
    assert totals(answers, answers.right) / hit == pytest.approx(want.right, rel=1e-12)
    assert totals(answers, answers.wrong_enrolled) / hit == pytest.approx(want.wrong_enrolled, rel=1e-12)
    assert totals(answers, answers.wrong_not_enrolled) / hit == pytest.approx(want.wrong_not_enrolled, rel=1e-12)


def test_unsupported_actions_are_those_of_the_formula(twin):
    """FORMULAS 10 with c = 0: a definitive rule, no document believed."""
    _, points, _ = twin(stops__all__blocks=[_block({"may_stay": 1})], rules__definitive__document_believed=0.0)
    answers = answered(points)
    got = apply_rule(points, "all", answers, "definitive")
    rates = answers.rates
    want = expected_wrongful_actions(
        10_000, 0.4, float(rates.fpir[0, 0]), float(rates.misid[0, 0]), float(rates.right[0, 0]), 0.2, 0.05, 0.0
    )
    assert 10_000 * totals(answers, got.wrong_person) == pytest.approx(float(want.wrong_person), rel=1e-12)
    assert 10_000 * totals(answers, got.wrong_record) == pytest.approx(float(want.wrong_record), rel=1e-12)


def _block(status, share=1):
    return {"share": share, "origin": {"east_europe": 1}, "sex": {"male": 1}, "age": {"adult": 1}, "status": status}


def test_a_believed_document_stops_every_unsupported_action_of_those_who_show_one(twin):
    _, points, _ = twin(overrides={"statuses.may_stay.shows_document": [0.0, 0.5, 1.0]})
    answers = answered(points)
    for believed, left in ((0.0, [1, 1, 1]), (1.0, [1, 0.5, 0])):
        points.values["rules.definitive.document_believed"][:] = believed  # type: ignore[index]
        out = apply_rule(points, "all", answers, "definitive")
        unsupported = (answers.part * out.unsupported).sum(axis=1)
        np.testing.assert_allclose(unsupported / unsupported[0], left, atol=1e-12)
        shown = (answers.part * out.disbelieved_document).sum(axis=1)
        want = unsupported * [0, 0.5, 1] if believed == 0 else np.zeros(3)
        np.testing.assert_allclose(shown, want, atol=1e-15)


def test_turning_a_layer_off_takes_away_its_cause_and_no_other(twin):
    def causes(**changes):
        _, points, _ = twin(**changes)
        answers = answered(points)
        out = apply_rule(points, "all", answers, "definitive")
        return totals(answers, out.wrong_person), totals(answers, out.wrong_record)

    person, record = causes()
    no_record_error = causes(statuses__may_stay__record_error={"adult": 0})
    assert no_record_error == (person, 0.0)
    no_adverse_strangers = causes(gallery__mix={"east_europe": {"share": 1, "adverse": 0}})
    assert no_adverse_strangers == (0.0, record)
    assert person > 0
    assert record > 0


def test_a_twin_in_the_gallery_is_a_floor_that_no_threshold_removes(twin):
    _, points, _ = twin(
        kin={"identical_twin_share": 0.01, "identical_twin_match": 0.9},
        overrides={"threshold.test.fpir": [0.01, 1e-6, 1e-12]},
    )
    answers = answered(points)
    twins = (answers.part * answers.relative_not_enrolled).sum(axis=1)
    strangers = (answers.part * answers.wrong_not_enrolled).sum(axis=1)
    # 0.75 of people are enrolled at 0.4 and 0.25 at 0.8; each who is not has a twin enrolled with the same chance.
    floor = 0.01 * 0.9 * (0.75 * 0.6 * 0.4 + 0.25 * 0.2 * 0.8)
    assert twins[-1] == pytest.approx(floor, rel=1e-9)
    assert strangers[-1] < 1e-11


def test_order_of_statuses_and_blocks_changes_nothing(twin):
    def total(blocks):
        _, points, _ = twin(stops__all__blocks=blocks)
        answers = answered(points)
        return totals(answers, answers.wrong)

    whole = total([_block({"may_stay": 0.75, "must_go": 0.25})])
    assert total([_block({"must_go": 0.25, "may_stay": 0.75})]) == pytest.approx(whole, rel=1e-13)
    split = [_block({"must_go": 1}, 0.25), _block({"may_stay": 1}, 0.75)]
    assert total(split) == pytest.approx(whole, rel=1e-13)
    assert total(split[::-1]) == pytest.approx(whole, rel=1e-13)


def test_a_moved_share_makes_the_others_give_way(twin):
    path = "stops.all.blocks.0.status.may_stay"
    _, points, _ = twin(overrides={path: [0.75, 0.5]})
    part = part_of(points, "all")
    np.testing.assert_allclose(part.sum(axis=1), 1.0)
    np.testing.assert_allclose(part[1], [0.5 / 0.75, 0.25 / 0.75])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(scenario_names()), seed=st.integers(0, 2**32 - 1), phi=st.floats(0.0, 1.0))
def test_everywhere_in_the_input_box_every_person_ends_in_one_way(known_choice, name, seed, phi):
    scenario = load_scenario(name)
    quantities = quantities_of(scenario, known_choice)
    unit = np.random.default_rng(seed).random((len(quantities), 3))
    box = {p: q.low + u * (q.high - q.low) for (p, q), u in zip(quantities.items(), unit, strict=True)}
    found = points_at(scenario, quantities, [known_choice], box)
    places = [at_phi(found, phi, scenario.headline_stop), *(at_point(found, name) for name in point_names(scenario))]
    for points, stop in product(places, scenario.stops):
        a = answer(points, stop)
        assert 0.0 <= phi_of(points, stop)[0] <= 1.0
        np.testing.assert_allclose(a.part.sum(axis=1), 1.0, atol=1e-12)
        np.testing.assert_allclose(a.hit + a.no_hit, 1.0, atol=1e-12)
        columns = (a.right, a.wrong_enrolled, a.relative_enrolled, a.wrong_not_enrolled, a.relative_not_enrolled)
        assert all((x >= 0).all() and (x <= 1).all() for x in (*columns, a.no_hit_enrolled, a.no_hit_not_enrolled))
        for rule in scenario.rules:
            out = apply_rule(points, stop, a, rule)
            assert (out.unsupported >= 0).all()
            assert (out.disbelieved_document <= out.unsupported + 1e-12).all()
            assert (out.unsupported + out.supported + out.supported_by_chance <= 1 + 1e-12).all()
            after = out.fingerprint_unsupported + out.fingerprint_supported + out.fingerprint_by_chance
            assert (after <= out.fingerprinted + 1e-12).all()
            assert (out.fingerprinted <= a.no_hit + 1e-12).all()


@pytest.fixture(scope="module")
def known_choice():
    from misid.algorithm import load_card
    from misid.vocabulary import ImageKind

    return ModelChoice(load_card("nec_010"), ImageKind.WEBCAM, "duplicates", 1e9)
