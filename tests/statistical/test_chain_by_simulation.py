"""The closed form against people who are really drawn, one search at a time.

The simulation shares nothing with the closed form but the scenario: it draws the best of N non-mated scores and the
mate's score for each person and follows the chain by hand.  Each share is compared at a two-sided false-alarm rate of
1e-6; with ten shares a run of this file fails by chance once in a hundred thousand.  The second test plants errors and
must see them.
"""

import numpy as np
import pytest
from scipy.special import ndtri

from misid.expected import answer, apply_rule
from misid.vocabulary import Mode

PEOPLE = 400_000
Z_AT_ONE_IN_A_MILLION = 4.891638
N = 2000.0


def simulate(threshold, rng):
    """Draw people of the small scenario; return the share that ends in each way."""
    must_go = rng.random(PEOPLE) < 0.25
    enrolled = rng.random(PEOPLE) < np.where(must_go, 0.8, 0.4)
    twin_match = rng.random(PEOPLE) < np.where(must_go, 0.8, 0.4) * 0.02 * 0.9
    # The best of N exceedances is 1 - U^(1/N); in decades, -log10 of it.
    best = -np.log10(-np.expm1(np.log(rng.random(PEOPLE)) / N))
    # FNMR(s) = c + (1-c) Phi(b (s - mu)) is the law of the mate's score; the floor never scores at all.
    mate = np.where(rng.random(PEOPLE) < 0.01, -np.inf, 16.0 + ndtri(rng.random(PEOPLE)) / 0.25)
    mate = np.where(enrolled, mate, -np.inf)
    acquired = rng.random(PEOPLE) > 0.05
    beaten = best > mate
    right = acquired & (mate >= threshold) & ~beaten
    twin = acquired & ~right & twin_match
    stranger = acquired & (best >= threshold) & beaten & ~twin
    adverse = np.where(stranger, rng.random(PEOPLE) < 0.2, False)
    own_adverse = rng.random(PEOPLE) < np.where(must_go, 0.9, 0.05)
    shows = ~must_go & (rng.random(PEOPLE) < 0.3)
    believed = shows & (rng.random(PEOPLE) < 0.6)
    acted = ((stranger & adverse) | ((right | twin) & own_adverse)) & ~believed
    harmed = acted & ~must_go
    return {
        "right": right,
        "wrong_enrolled": stranger & enrolled,
        "wrong_not_enrolled": stranger & ~enrolled,
        "twin": twin,
        "no_hit_enrolled": enrolled & ~stranger & ~right & ~twin,
        "no_hit_not_enrolled": ~enrolled & ~stranger & ~twin,
        "wrong_person": harmed & (stranger | twin),
        "wrong_record": harmed & right,
        "disbelieved_document": harmed & shows,
        "supported": must_go & right & own_adverse,
    }


def closed_form(twin, fpir, **changes):
    _, points, _ = twin(
        gallery__n_references=N,
        threshold={"fpir": fpir, "n_references": N, "image_kind": "mugshot", "population_factor": 1},
        capture__failure_to_acquire=0.05,
        kin={"identical_twin_share": 0.02, "identical_twin_match": 0.9},
        rules__definitive__document_believed=0.6,
        **changes,
    )
    a = answer(points, "all", Mode.COMPARISONS)
    out = apply_rule(points, "all", a, "definitive")
    columns = {
        "right": a.right,
        "wrong_enrolled": a.wrong_enrolled,
        "wrong_not_enrolled": a.wrong_not_enrolled,
        "twin": a.twin_enrolled + a.twin_not_enrolled,
        "no_hit_enrolled": a.no_hit_enrolled,
        "no_hit_not_enrolled": a.no_hit_not_enrolled,
        "wrong_person": out.wrong_person,
        "wrong_record": out.wrong_record,
        "disbelieved_document": out.disbelieved_document,
        "supported": out.supported,
    }
    shares = {name: float((a.part * x).sum(axis=1)[0]) for name, x in columns.items()}
    return shares, float(a.rates.threshold[0])


def standard_errors_away(expected, drawn):
    return {
        name: abs(float(drawn[name].mean()) - p) / np.sqrt(max(p * (1 - p), 1e-12) / PEOPLE)
        for name, p in expected.items()
    }


@pytest.fixture
def drawn(twin):
    def run(fpir, seed):
        expected, threshold = closed_form(twin, fpir)
        return expected, simulate(threshold, np.random.default_rng(seed))

    return run


@pytest.mark.parametrize(("fpir", "seed"), [(0.3, 1), (0.02, 2)])
def test_the_closed_form_is_what_happens_to_people(drawn, fpir, seed):
    expected, people = drawn(fpir, seed)
    away = standard_errors_away(expected, people)
    assert max(away.values()) < Z_AT_ONE_IN_A_MILLION, away


@pytest.mark.verify
def test_the_closed_form_over_many_crowds_is_neither_too_far_nor_too_near(drawn):
    """Over 40 crowds the distances must look like those of a normal law, not only stay below a bound."""
    away = np.array(
        [list(standard_errors_away(*drawn(fpir, seed)).values()) for seed in range(40) for fpir in (0.3, 0.02)]
    )
    # 800 absolute distances, independent between crowds and nearly so within: their mean is sqrt(2/pi) with a standard
    # error of at most sqrt(1 - 2/pi) / sqrt(80), were the ten of one crowd copies of one another.
    bound = Z_AT_ONE_IN_A_MILLION * np.sqrt(1 - 2 / np.pi) / np.sqrt(80)
    assert abs(away.mean() - np.sqrt(2 / np.pi)) < bound
    assert away.max() < Z_AT_ONE_IN_A_MILLION + 1


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ({"statuses__may_stay__enrolled": {"adult": 0.42}}, "right"),
        ({"gallery__mix": {"east_europe": {"share": 1, "adverse": 0.25}}}, "wrong_person"),
        ({"statuses__may_stay__record_error": {"adult": 0.055}}, "wrong_record"),
        ({"statuses__may_stay__shows_document": 0.35}, "disbelieved_document"),
    ],
)
def test_a_planted_error_is_seen(drawn, twin, fault, where):
    _, people = drawn(0.3, 3)
    wrong, _ = closed_form(twin, 0.3, **fault)
    assert standard_errors_away(wrong, people)[where] > Z_AT_ONE_IN_A_MILLION
