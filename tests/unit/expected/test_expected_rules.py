"""The closed form where a rule settles who is photographed, and whose name is compared first."""

import numpy as np
import pytest
from scipy.special import ndtri

from misid.expected import answer, answers_under, apply_rule, at_point, reads, strata
from misid.vocabulary import Age

Z_AT_ONE_IN_A_MILLION = 4.891638
PEOPLE = 400_000
HITS = ("right", "wrong_enrolled", "relative_enrolled", "wrong_not_enrolled", "relative_not_enrolled")


@pytest.fixture
def answers(twin):
    """Return scenario, points and answers with both ages stopped and twins in the gallery."""
    ages = {"adult": 0.4, "under_18": 0.2}

    def build(**changes):
        who = {
            "title": "people",
            "action_supported": False,
            "citizen": True,
            "enrolled": ages,
            "enrolled_without_passports": ages,
            "record_error": {"adult": 0.05, "under_18": 0.1},
            "shows_document": 0.3,
        }
        block = {"share": 1, "origin": {"east_europe": 1}, "sex": {"male": 1}, "age": {"adult": 0.75, "under_18": 0.25}}
        scenario, points, _ = twin(
            statuses={"may_stay": who},
            stops__all__blocks=[{**block, "status": {"may_stay": 1}}],
            kin={"identical_twin_share": 0.02, "identical_twin_match": 0.9},
            capture__failure_to_acquire=0.1,
            photos={"declines": 0.3, "child_seen_as_child": 0.6, "adult_seen_as_child": 0.05},
            **changes,
        )
        points = at_point(points, "given")
        return scenario, points, answer(points, "all")

    return build


def test_a_rule_that_photographs_everybody_leaves_the_answers_as_they_are(answers):
    scenario, points, found = answers()
    for rule in (
        "definitive",
        "lead_only",
        "second_reader",
        "documents_count",
        "fingerprint_confirms",
        "coded_response",
    ):
        assert answers_under(points, "all", found, rule) is found
        assert reads(scenario, rule) == frozenset()


@pytest.mark.parametrize("rule", ["not_used", "opt_out_offered", "under_18_not_scanned", "claimed_identity_first"])
def test_answers_under_a_rule_are_whole_and_are_turned_once(answers, rule):
    _, points, found = answers()
    turned = answers_under(points, "all", found, rule)
    np.testing.assert_allclose(turned.hit + turned.no_hit, 1.0, rtol=1e-12)
    np.testing.assert_allclose(
        turned.no_hit_enrolled + turned.right + turned.wrong_enrolled + turned.relative_enrolled, turned.enrolled
    )
    assert answers_under(points, "all", turned, rule) is turned
    with pytest.raises(ValueError, match=rule):
        answers_under(points, "all", turned, "definitive")
    once, again = (apply_rule(points, "all", a, rule) for a in (found, turned))
    np.testing.assert_array_equal(once.unsupported, again.unsupported)


@pytest.mark.parametrize(
    ("rule", "adult", "minor"),
    [("not_used", 0.0, 0.0), ("opt_out_offered", 0.7, 0.7), ("under_18_not_scanned", 0.95, 0.4)],
)
def test_only_who_is_photographed_can_have_a_hit(answers, rule, adult, minor):
    scenario, points, found = answers()
    turned = answers_under(points, "all", found, rule)
    scanned = [[adult if cell.age is Age.ADULT else minor for cell in strata(scenario, "all")]]
    assert len(scanned[0]) == 2
    for name in HITS:
        np.testing.assert_allclose(getattr(turned, name), getattr(found, name) * scanned, rtol=1e-14)


def test_whoever_is_not_photographed_meets_the_rule_for_no_hit(answers):
    scenario, points, found = answers(rules__not_used__no_hit_action=0.2)
    out = apply_rule(points, "all", found, "not_used")
    believed = scenario.rules["not_used"].document_believed.value
    np.testing.assert_allclose(out.not_verified, 0.2 * (1 - 0.3 * believed), rtol=1e-12)
    assert not out.wrong_person.any()
    assert not out.wrong_record.any()


def test_no_true_name_is_no_name_check(answers):
    _, points, found = answers(checks__true_name_given=0.0)
    turned = answers_under(points, "all", found, "claimed_identity_first")
    for name in (*HITS, "no_hit_enrolled", "no_hit_not_enrolled"):
        np.testing.assert_allclose(getattr(turned, name), getattr(found, name), atol=1e-15)


@pytest.mark.parametrize("bar", [2.0, 5.0])
def test_the_named_record_first_is_what_happens_to_people(answers, bar):
    """Drawn here by hand, with the bar below the threshold of the search and above it."""
    _, points, found = answers(
        gallery__n_references=2000.0,
        threshold={"test": {"fpir": 0.5, "n_references": 2000, "image_kind": "mugshot", "gallery": "kept"}},
        checks={"true_name_given": 0.8, "one_to_one_decades": bar},
    )
    threshold = float(found.rates.threshold[0])
    assert 2.0 < threshold < 5.0
    rng = np.random.default_rng(7)
    adult = rng.random(PEOPLE) < 0.75
    enrolled = rng.random(PEOPLE) < np.where(adult, 0.4, 0.2)
    twin = rng.random(PEOPLE) < np.where(adult, 0.4, 0.2) * 0.02 * 0.9
    usable = rng.random(PEOPLE) >= 0.1
    best = -np.log10(-np.expm1(np.log(rng.random(PEOPLE)) / 2000.0))
    mate = np.where(rng.random(PEOPLE) < 0.01, -np.inf, 16.0 + ndtri(rng.random(PEOPLE)) / 0.25)
    mate = np.where(enrolled, mate, -np.inf)
    verified = usable & enrolled & (rng.random(PEOPLE) < 0.8) & (mate >= bar)
    right = verified | usable & (mate >= threshold) & (mate >= best)
    by_twin = usable & twin & ~right
    wrong = usable & (best >= threshold) & ~right & ~by_twin
    drawn = {
        "right": right,
        "wrong_enrolled": wrong & enrolled,
        "wrong_not_enrolled": wrong & ~enrolled,
        "relative_enrolled": by_twin & enrolled,
        "no_hit_enrolled": enrolled & ~(right | wrong | by_twin),
    }
    turned = answers_under(points, "all", found, "claimed_identity_first")
    assert float((turned.part * turned.right).sum()) > float((found.part * found.right).sum())
    for name, x in drawn.items():
        p = float((turned.part * getattr(turned, name)).sum())
        assert abs(x.mean() - p) < Z_AT_ONE_IN_A_MILLION * np.sqrt(p * (1 - p) / PEOPLE), name
