"""The closed form against arithmetic apart from it, from a scenario's JSON and published rows; faults are planted."""

import copy
from functools import cache

import numpy as np
import pytest
from scipy import optimize

import misid.expected.answers
import misid.expected.outcomes
import misid.expected.rules
import misid.expected.search
import misid.expected.threshold
from misid.algorithm import load_card
from misid.expected import answer, at_phi, at_threshold, model_of, people, phi_of
from misid.scenario import from_mapping, load_scenario, resolve
from oracles.field_fpir import Arithmetic, published_rows, row_factor

PHIS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 0.9)
ERRORS = (0.001, 0.01, 0.1)
# What the issue asks is 2%; both sides compute the same thing, so no more than quadrature may part them.
ASKED, REACHED = 0.02, 1e-5
COUNTED = (
    "people",
    "right",
    "wrong",
    "wrong_stranger",
    "wrong_relative",
    "wrong_person",
    "wrong_record",
    "not_verified",
    "supported",
    "supported_by_chance",
    "disbelieved_document",
    "fingerprinted",
    "fingerprint_wrong_person",
    "fingerprint_wrong_record",
    "fingerprint_supported",
    "fingerprint_by_chance",
)


def field_app(**changes):
    """Return the model of the reported scenario where the hit is final, and the arithmetic of it.

    Dots in a path are written as two underscores.
    """
    # A final hit is believed against any document.
    plain = copy.deepcopy(_plain())
    for path, x in {"rules__definitive__document_believed": 0.0, **changes}.items():
        node = plain
        *heads, leaf = [int(key) if key.isdigit() else key for key in path.split("__")]
        for key in heads:
            node = node[key]
        node[leaf] = {**node[leaf], "value": x, "low": x, "high": x} if isinstance(node[leaf], dict) else x
    model = model_of(resolve(from_mapping(plain)))
    choice = model.choices[model.shown]
    curve = load_card(choice.card.name).to_json()["curves"][f"{choice.image_kind}|as tested"]["duplicates"]["point"]
    return model, Arithmetic(model.scenario.to_json(), choice.card.name, curve)


@cache
def _plain():
    return load_scenario("field-app").to_json()


@pytest.fixture(scope="module")
def reported():
    return field_app()


def apart(counted, computed, outcomes=COUNTED):
    """Return the largest relative difference over outcomes and statuses, of one point, and where it is."""
    worst, where = 0.0, ""
    for outcome in outcomes:
        for status, want in computed[outcome].items():
            got = float(counted.of(outcome, status)[0])
            # Of 10,000 people a billionth of one is nobody.
            difference = abs(got - want) / max(abs(want), 1e-9)
            if difference > worst:
                worst, where = difference, f"{outcome} of {status}: {got:g}, not {want:g}"
    return worst, where


def at(model, phi, s=None, stop="looks"):
    return people(model.at_phi(phi, s, mix="looks"), stop, "definitive")


def worst_of_all(model, arithmetic, phis=PHIS, errors=(None, *ERRORS), stop="looks"):
    """Return the largest relative difference over values of phi and s."""
    decades = {phi: arithmetic.decades_of_phi(phi, "looks") for phi in phis}
    return max(apart(at(model, phi, s, stop), arithmetic.counts(decades[phi], stop, s)) for phi in phis for s in errors)


def test_the_card_read_from_its_file_is_the_published_one(reported):
    model, arithmetic = reported
    name = model.choices[model.shown].card.name
    assert name.startswith("nec_")
    kind = str(model.choices[model.shown].image_kind)
    row = next(r for r in published_rows(name) if r["image_kind"] == kind and r["lapse"] == "as tested")
    # The test searched 1.6 million people, some of whom were enrolled twice: the printed miss stands at a threshold
    # that lies a little higher than strangers alone would put it.
    alone = np.log10(float(row["n"]) / -np.log1p(-0.003))
    printed = float(row["value"])
    assert arithmetic.missed(alone) <= printed + 0.00005
    assert arithmetic.missed(alone + 0.3) >= printed - 0.00005
    for sex in ("male", "female"):
        assert float(model.best().values[f"card.group.latin_america.{sex}"][0]) == pytest.approx(
            row_factor(name, "latin_america", sex), rel=1e-9
        )


def test_every_outcome_by_status_at_nine_values_of_phi_and_three_of_s(reported):
    worst, where = worst_of_all(*reported)
    assert worst < REACHED, where
    assert REACHED <= ASKED


@pytest.mark.parametrize("stop", ["targeted", "random"])
def test_another_stop_policy_at_the_same_threshold_has_a_phi_of_its_own(reported, stop):
    model, arithmetic = reported
    for phi in (1e-4, 0.01, 0.3):
        decades = arithmetic.decades_of_phi(phi, "looks")
        points = model.at_phi(phi, mix="looks")
        assert float(phi_of(points, stop)[0]) == pytest.approx(arithmetic.phi(decades, stop), rel=REACHED)
        assert float(phi_of(points, "looks")[0]) == pytest.approx(phi, rel=1e-12)
        worst, where = apart(people(points, stop, "definitive"), arithmetic.counts(decades, stop))
        assert worst < REACHED, where
    assert arithmetic.phi(decades, stop) != pytest.approx(phi, rel=0.05)


@pytest.mark.parametrize("share", [0.24, 0.55])
def test_slopes_where_other_shares_hold_passports(share):
    model, arithmetic = field_app(statuses__us_born_citizen__enrolled__adult=share)
    worst, where = worst_of_all(model, arithmetic, PHIS[::4], (None,))
    assert worst < REACHED, where
    # Of people who are not enrolled, those taken for a stranger are a straight line in phi, through nothing at 0.
    slope = 10_000 * (1.0 - arithmetic.average_enrolled("looks")) * arithmetic.usable
    for phi in (1e-4, 0.01, 0.1):
        found = answer(model.at_phi(phi, mix="looks"), "looks")
        counted = 10_000 * float((found.part * found.wrong_not_enrolled).sum())
        assert counted / phi == pytest.approx(slope, rel=ASKED)
    # To within 2% these are 5,240 where 24% hold passports and 3,430 where 55% do.
    assert slope == pytest.approx({0.24: 5240, 0.55: 3430}[share], rel=ASKED)


@pytest.mark.parametrize("together", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("outranks", [0.0, 0.4])
def test_relatives_who_are_enrolled_together_or_not(together, outranks):
    many = {"kin__identical_twin_share": 0.3, "kin__sibling_match": 0.2}
    for kin in ({}, many):
        model, arithmetic = field_app(kin__enrolled_together=together, kin__relative_outranks=outranks, **kin)
        worst, where = worst_of_all(model, arithmetic, (1e-4, 0.1), (None,))
        assert worst < REACHED, where
        found = answer(model.at_phi(0.01, mix="looks"), "looks")
        # Enrolled whenever the person is, a relative of somebody who is not enrolled is not in the gallery.
        assert (found.relative_not_enrolled.sum() == 0.0) == (together == 1.0)
        assert found.relative_enrolled.sum() > 0.0


def test_where_nobody_of_a_status_is_enrolled_a_relative_is_of_the_average(reported):
    none = {f"statuses__us_born_citizen__enrolled__{age}": 0.0 for age in ("adult", "under_18")}
    without = {f"statuses__us_born_citizen__enrolled_without_passports__{age}": 0.0 for age in ("adult", "under_18")}
    model, arithmetic = field_app(**none, **without)
    worst, where = worst_of_all(model, arithmetic, (1e-3,), (None,))
    assert worst < REACHED, where


def test_face_and_record_weigh_the_same_at_a_phi_that_depends_on_status(reported):
    model, arithmetic = reported

    def found(*statuses):
        def excess(log_phi):
            counted = at(model, 10.0**log_phi)
            return float((counted.of("wrong_person", *statuses) - counted.of("wrong_record", *statuses))[0])

        return 10.0 ** optimize.brentq(excess, -4, np.log10(0.99), xtol=1e-9)

    may_stay = ("us_born_citizen", "naturalised_citizen", "lawfully_present")
    pooled = found(*may_stay)
    assert pooled == pytest.approx(arithmetic.break_even("looks"), rel=1e-4)
    for group in (may_stay[:1], may_stay[1:]):
        assert found(*group) == pytest.approx(arithmetic.break_even("looks", *group), rel=1e-4)
    # Pooling hides a reversal: FIELD 1 in 166 for the US-born, nearly everybody for the others.
    assert found(*may_stay[:1]) < pooled / 5 < pooled * 5 < found(*may_stay[1:])


def test_points_of_tests_kept_or_set_anew_and_of_counts(reported):
    model, arithmetic = reported
    assert set(model.points) == {"strict", "nist_set_anew", "nist_kept", "uk_police"}
    for name in model.points:
        points = model.at(name)
        decades = arithmetic.decades_of_point(name)
        # A test's N F stands for -N log(1 - F), F of the order of 1e-10.
        assert float(points.threshold[0]) == pytest.approx(decades, abs=1e-8)
        worst, where = apart(people(points, "looks", "definitive"), arithmetic.counts(decades, "looks"))
        assert worst < REACHED, where


@pytest.mark.parametrize(
    "rule",
    [
        "lead_only",
        "second_reader",
        "documents_count",
        "fingerprint_confirms",
        "coded_response",
        "lead_only+documents_count",
        "second_reader+documents_count+fingerprint_confirms",
    ],
)
def test_every_rule_that_photographs_everybody_and_rules_joined(rule):
    model, arithmetic = field_app(rules__documents_count__no_hit_action=0.02)
    for phi in (1e-3, 0.3):
        counted = people(model.at_phi(phi, mix="looks"), "looks", rule)
        computed = arithmetic.counts(arithmetic.decades_of_phi(phi, "looks"), "looks", rule=rule)
        worst, where = apart(counted, computed)
        assert worst < REACHED, where


def test_fingerprints_after_no_hit_and_papers_that_are_asked_for_first():
    model, arithmetic = field_app(
        after_no_hit__fingerprinted=0.7,
        after_no_hit__match=0.8,
        after_no_hit__false_match=0.05,
        statuses__us_born_citizen__fingerprints=0.3,
        stops__looks__for_no_document=0.4,
    )
    worst, where = worst_of_all(model, arithmetic, (1e-3, 0.3), (None, 0.1))
    assert worst < REACHED, where
    assert float(at(model, 1e-3).of("fingerprint_wrong_person")[0]) > 1.0


def _fault(module, name, wrong):
    return pytest.param(module, name, wrong, id=f"{module.__name__.rpartition('.')[2]}.{name}")


def _average_adverse(points):
    mix = points.scenario.gallery.mix.values()
    return np.full((len(points), 6), sum(x.share.value * x.adverse.value for x in mix))


def _everybody_a_stranger(points, mix):
    from misid.expected.answers import part_of, stopped_groups, strata

    cells, groups = strata(points.scenario, mix), stopped_groups(points.scenario, mix)
    member = np.array(
        [[float(cell.group == g) * (1.5 if cell.sex == "male" else 1.0) for g in groups] for cell in cells]
    )
    weight = part_of(points, mix) @ member
    return weight / weight.sum(axis=1, keepdims=True)


def _no_relatives(points, part, enrolled):
    return np.zeros_like(enrolled), np.zeros_like(enrolled)


def _relatives_apart(points, part, enrolled):
    return _RELATIVES(points.changed((points.scenario.kin.enrolled_together, 0.0)), part, enrolled)


def _misses_stay(s, points):
    return _FNMR(np.full_like(s, 9.6), points)


def _flipped(points, status, age):
    return 1.0 - _CALLS(points, status, age)


def _nobody_outranked(points, threshold, lowest, groups=None):
    right, wrong = _NAMED(points, threshold, lowest, groups)
    return right + wrong, 0.0 * wrong


_RELATIVES = misid.expected.answers._relatives
_FNMR = misid.expected.search.fnmr
_CALLS = misid.expected.answers.own_record_calls
_NAMED = misid.expected.search.named_from


@pytest.mark.parametrize(
    ("module", "name", "wrong"),
    [
        _fault(misid.expected.answers, "adverse_of_strangers", _average_adverse),
        _fault(misid.expected.threshold, "_strangers", _everybody_a_stranger),
        _fault(misid.expected.answers, "_relatives", _no_relatives),
        pytest.param(misid.expected.answers, "_relatives", _relatives_apart, id="relatives enrolled apart"),
        _fault(misid.expected.search, "fnmr", _misses_stay),
        _fault(misid.expected.answers, "own_record_calls", _flipped),
        _fault(misid.expected.search, "named_from", _nobody_outranked),
    ],
)
def test_a_fault_planted_in_the_closed_form_is_seen_at_two_percent(reported, monkeypatch, module, name, wrong):
    model, arithmetic = reported
    monkeypatch.setattr(module, name, wrong)
    worst, _ = worst_of_all(model, arithmetic, (1e-4, 1e-2, 0.9), (None,))
    assert worst > ASKED


def test_a_threshold_that_is_off_by_a_tenth_of_phi_is_seen(reported):
    model, arithmetic = reported
    decades = arithmetic.decades_of_phi(0.011, "looks")
    assert apart(at(model, 0.01), arithmetic.counts(decades, "looks"))[0] > ASKED
    points = at_threshold(at_phi(model.best(), 0.01, "looks"), decades)
    assert apart(people(points, "looks", "definitive"), arithmetic.counts(decades, "looks"))[0] < REACHED
