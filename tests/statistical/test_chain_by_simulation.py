"""The closed form against people who are really drawn, one search at a time.

The simulation shares nothing with the closed form but the scenario: it draws the best of N non-mated scores and the
mate's score for each person and follows the chain by hand.  Each share is compared at a two-sided false-alarm rate of
1e-6; with sixteen shares a run of this file fails by chance once in ten thousand.  The last test plants errors and must
see them.
"""

import numpy as np
import pytest
from scipy.special import ndtri

from misid.expected import at_phi, people

PEOPLE = 400_000
Z_AT_ONE_IN_A_MILLION = 4.891638
N = 2000.0
TOGETHER, OUTRANKS, PAPERS = 0.3, 0.4, 0.25
PRINTS = {"fingerprinted": 0.5, "match": 0.8, "false_match": 0.1}


def simulate(threshold, rng):
    """Draw people of the small scenario; return the share that ends in each way."""

    def happens(chance):
        return rng.random(PEOPLE) < chance

    must_go = happens(0.25)
    share = np.where(must_go, 0.8, 0.4)
    enrolled = happens(share)
    relative = happens(0.02 * 0.9) & np.where(happens(TOGETHER), enrolled, happens(share))
    # The best of N exceedances is 1 - U^(1/N); in decades, -log10 of it.
    best = -np.log10(-np.expm1(np.log(rng.random(PEOPLE)) / N))
    # FNMR(s) = c + (1-c) Phi(b (s - mu)) is the law of the mate's score; the floor never scores at all.
    mate = np.where(happens(0.01), -np.inf, 16.0 + ndtri(rng.random(PEOPLE)) / 0.25)
    mate = np.where(enrolled, mate, -np.inf)
    acquired = happens(0.95)
    beaten = best > mate
    right = acquired & (mate >= threshold) & ~beaten & ~(relative & happens(OUTRANKS))
    relative = acquired & relative & ~right
    stranger = acquired & (best >= threshold) & ~right & ~relative
    named = right | relative | stranger
    adverse = happens(0.2)
    own_adverse = happens(np.where(must_go, 0.9, 0.05))
    shows = ~must_go & happens(0.3) & ~happens(PAPERS)
    stopped_by_it = shows & happens(0.6)
    calls = np.where(stranger, adverse, own_adverse) & named
    acted = calls & ~stopped_by_it
    searched = ~named & happens(PRINTS["fingerprinted"])
    own_print = searched & happens(np.where(must_go, 0.7, 0.2) * PRINTS["match"])
    other_print = searched & ~own_print & happens(PRINTS["false_match"])
    by_print = ((own_print & own_adverse) | (other_print & adverse)) & ~stopped_by_it
    without = ~named & ~own_print & ~other_print & happens(0.02) & ~stopped_by_it
    return {
        "right": right,
        "wrong_stranger": stranger,
        "wrong_relative": relative,
        "no_hit": ~named,
        "wrong_person": acted & ~must_go & ~right,
        "wrong_record": acted & ~must_go & right,
        "not_verified": without & ~must_go,
        "disbelieved_document": (acted | without) & ~must_go & shows,
        "supported": acted & must_go & right,
        "supported_by_chance": must_go & (acted & ~right | without),
        "fingerprinted": searched,
        "fingerprint_wrong_person": by_print & ~must_go & other_print,
        "fingerprint_wrong_record": by_print & ~must_go & own_print,
        "fingerprint_unsupported": by_print & ~must_go,
        "fingerprint_supported": by_print & must_go & own_print,
        "fingerprint_by_chance": by_print & must_go & other_print,
    }


def closed_form(twin, phi, **changes):
    _, points, _ = twin(
        **{
            "gallery__n_references": N,
            "capture__failure_to_acquire": 0.05,
            "kin": {
                "identical_twin_share": 0.02,
                "identical_twin_match": 0.9,
                "fraternal_twin_share": 0,
                "siblings": 0,
                "enrolled_together": TOGETHER,
                "relative_outranks": OUTRANKS,
            },
            "rules__definitive__document_believed": 0.6,
            "rules__definitive__no_hit_action": 0.02,
            "stops__all__for_no_document": PAPERS,
            "statuses__may_stay__fingerprints": 0.2,
            "statuses__must_go__fingerprints": 0.7,
            "after_no_hit": PRINTS,
            **changes,
        }
    )
    placed = at_phi(points, phi, "all")
    counts = people(placed, "all", "definitive", size=1.0)
    return counts, float(placed.threshold[0])


def standard_errors_away(expected, drawn):
    away = {}
    for name, x in drawn.items():
        p = float(expected.of(name)[0])
        away[name] = abs(float(x.mean()) - p) / np.sqrt(max(p * (1 - p), 1e-12) / PEOPLE)
    return away


@pytest.fixture
def drawn(twin):
    def run(phi, seed):
        expected, threshold = closed_form(twin, phi)
        return expected, simulate(threshold, np.random.default_rng(seed))

    return run


@pytest.mark.parametrize(("phi", "seed"), [(0.3, 1), (0.02, 2)])
def test_the_closed_form_is_what_happens_to_people(drawn, phi, seed):
    away = standard_errors_away(*drawn(phi, seed))
    assert max(away.values()) < Z_AT_ONE_IN_A_MILLION, away


@pytest.mark.verify
def test_the_closed_form_over_many_crowds_is_neither_too_far_nor_too_near(drawn):
    """Over 40 crowds the distances must look like those of a normal law, not only stay below a bound."""
    away = np.array(
        [list(standard_errors_away(*drawn(phi, seed)).values()) for seed in range(40) for phi in (0.3, 0.02)]
    )
    # Absolute distances, independent between crowds: their mean is sqrt(2/pi) with a standard error of at most
    # sqrt(1 - 2/pi) / sqrt(80), were those of one crowd copies of one another.
    bound = Z_AT_ONE_IN_A_MILLION * np.sqrt(1 - 2 / np.pi) / np.sqrt(80)
    assert abs(away.mean() - np.sqrt(2 / np.pi)) < bound
    assert away.max() < Z_AT_ONE_IN_A_MILLION + 1


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ({"statuses__may_stay__enrolled": {"adult": 0.42}}, "right"),
        ({"gallery__mix": {"east_europe": {"share": 1, "adverse": 0.25}}}, "wrong_person"),
        ({"statuses__may_stay__record_error": {"adult": 0.055}}, "wrong_record"),
        ({"stops__all__for_no_document": 0.0}, "disbelieved_document"),
        ({"after_no_hit": PRINTS | {"false_match": 0.0}}, "fingerprint_wrong_person"),
        ({"statuses__may_stay__fingerprints": 0.26}, "fingerprint_wrong_record"),
    ],
)
def test_a_planted_error_is_seen(drawn, twin, fault, where):
    _, crowd = drawn(0.3, 3)
    wrong, _ = closed_form(twin, 0.3, **fault)
    assert standard_errors_away(wrong, crowd)[where] > Z_AT_ONE_IN_A_MILLION
