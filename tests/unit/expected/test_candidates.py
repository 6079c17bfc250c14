"""Candidate lists in closed form: against people drawn one by one, against quadrature, and at their limits."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate
from scipy.special import gammaincc
from scipy.stats import norm

from conftest import KnownCard
from misid.expected import answer, answers_under, at_threshold, comparisons, expected_search, fnmr
from misid.expected.candidates import Acceptance, _accepted, _tables
from misid.statistics import expected_from_fpir, fpir_gamma
from oracles.candidate_list import ListOf, drawn_lists

DRAWN = 40_000
# Three shares of each of the lists below: all of them share one false alarm in a million.
FALSE_ALARM = 1e-6
CURVE = {"floor": 0.01, "slope": 0.25, "location": 8.0}  # mates among the strangers, not far above them
SPREADS = (0.3, 1.0, 30.0, 1e9)
PICKS = ((1.0, 1.0), (0.7, 0.2), (0.6, 0.02))
STRENGTHS = (0.0, 0.3, 0.8)
LISTS = [
    (most, floor, picks, strength, k)
    for most in (1, 2, 6, 50)
    for floor in (True, False)
    for picks in PICKS
    for strength in (STRENGTHS[0], STRENGTHS[-1])
    for k in SPREADS
]
# The tables are straight lines in logarithms over cells of 1/256: h^2 / 8 of a curvature of at most one.
TABLE = 2.0 * (1 / 256) ** 2 / 8
# Simpson's rule over 512 cells of 0.02 to 0.05 decades, of curves that bend within a decade; kinks cost h^3.
SIMPSON = 2e-6


def listed(twin, most=1, floor=True, mate=1.0, stranger=1.0, strength=0.0, k=1e9, card=None, **more):
    """Return points of the small scenario with a list of candidates; no threshold is placed yet."""
    shown = {"most": most, "floor": floor, "picks_mate": mate, "picks_stranger": stranger}
    if not floor:
        more["threshold"] = {}
    _, points, _ = twin(
        card=card or KnownCard(**CURVE),
        candidates={**shown, "lookalike_strength": strength},
        capture__heterogeneity_k=k,
        **more,
    )
    return points


def shares(points, decades, groups=(0,)):
    """Return how many strangers are named, and mates, and others in place of mates."""
    rates = expected_search(at_threshold(points, decades), list(groups))
    return {"named": rates.named[0, 0], "right": rates.right[0, 0], "misid": rates.misid[0, 0]}


@pytest.mark.parametrize(
    "number", [pytest.param(80, marks=pytest.mark.slow), pytest.param(len(LISTS), marks=pytest.mark.verify)]
)
def test_lists_are_those_of_people_drawn_one_by_one(twin, number):
    """At a threshold where a search has 3 strangers in expectation, or none: K from 1 to 50; some lists, and all."""
    rng = np.random.default_rng(31)
    limit = float(norm.isf(FALSE_ALARM / (2 * 3 * number)))
    wrong = []
    for at in np.sort(rng.permutation(len(LISTS))[:number]):
        most, floor, (mate, stranger), strength, k = LISTS[at]
        points = listed(twin, most, floor, mate, stranger, strength, k)
        got = shares(points, 5.5 if floor else -3.0)
        form = ListOf(most, mate, stranger, strength, k if k < 1e8 else np.inf, **CURVE)
        drawn = drawn_lists(form, 5.5 if floor else -np.inf, 1e6, DRAWN, rng)._asdict()
        for name, p in got.items():
            error = np.sqrt(max(p * (1 - p), 1.0 / DRAWN) / DRAWN)
            if abs(drawn[name] - p) > limit * error:
                wrong.append((most, floor, mate, stranger, strength, k, name, p, drawn[name]))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("bar", [3.0, 5.0])
@pytest.mark.parametrize(("most", "floor"), [(1, True), (6, True), (6, False)])
def test_whoever_is_found_by_the_name_given_is_on_no_list(twin, most, floor, bar):
    """The bar of the comparison below the threshold of the search, and above it."""
    checks = {"true_name_given": 0.8, "one_to_one_decades": bar}
    points = listed(twin, most, floor, 0.6, 0.2, 0.3, checks=checks)
    decades = 4.0 if floor else -3.0
    points = at_threshold(points, decades)
    found = answers_under(points, "all", answer(points, "all"), "claimed_identity_first").rates
    form = ListOf(most, 0.6, 0.2, 0.3, **CURVE)
    n, rng = 200_000, np.random.default_rng(33)
    drawn = drawn_lists(form, decades if floor else -np.inf, 1e6, n, rng, 0.8, bar)
    for p, x in ((float(found.right[0, 0]), drawn.right), (float(found.misid[0, 0]), drawn.misid)):
        assert abs(x - p) < 5.0 * np.sqrt(p * (1 - p) / n)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["who rejects the mate names nobody", "a mate takes no place", "K is one less"])
def test_a_fault_in_a_list_is_seen(twin, fault):
    points = listed(twin, 2, True, 0.6, 0.2)
    rng = np.random.default_rng(32)
    form = ListOf(1 if fault == "K is one less" else 2, 0.6, 0.2, **CURVE)
    drawn = drawn_lists(form, 5.5, 1e6, 400_000, rng)._asdict()
    acceptance = Acceptance.of(points)
    before, first, second = acceptance.tables[0]
    third = {"who rejects the mate names nobody": lambda w: np.zeros_like(w), "a mate takes no place": first}
    faulty = replace(acceptance, tables=((before, first, third.get(fault, second)),))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Acceptance, "of", classmethod(lambda cls, points: faulty))
        got = shares(points, 5.5)
    worst = max(abs(drawn[name] - p) / np.sqrt(p * (1 - p) / 400_000) for name, p in got.items())
    assert worst > 6.0


@pytest.mark.parametrize("k", SPREADS)
@pytest.mark.parametrize("phi", [1e-10, 1e-6, 1e-3, 0.1, 0.9, 0.999])
def test_the_first_candidate_taken_is_a_plain_search(twin, phi, k):
    """K = 1 and everybody accepted, by the sums of lists and by that of a search."""
    plain = listed(twin, k=k)
    decades = float(np.log10(comparisons(plain)[0] / expected_from_fpir(phi, k)))
    want = shares(plain, decades)
    got = shares(listed(twin, mate=1.0 - 1e-15, k=k), decades)
    assert Acceptance.of(plain) is None
    assert got["named"] == pytest.approx(want["named"], rel=TABLE)
    assert got["right"] == pytest.approx(want["right"], abs=1e-6)
    assert got["misid"] == pytest.approx(want["misid"], abs=1e-6)


@pytest.mark.parametrize("strength", STRENGTHS)
@pytest.mark.parametrize("most", [1, 2, 6, 50])
@pytest.mark.parametrize("stranger", [1.0, 0.2, 0.001])
def test_tables_are_their_integrals(most, stranger, strength):
    before, named, one_less = _tables(most, stranger, strength, 1e9)
    sure = stranger ** (1.0 / strength) if strength else 0.0

    def accepted(w):
        return float(_accepted(np.array([w]), stranger, strength)[0])

    def integral(w, shown):
        def density(v):
            chance = min(1.0, stranger * v**-strength)
            return chance * np.exp(-accepted(v)) * gammaincc(shown, max(v - accepted(v), 0.0))

        # A list of K is full about w = K, within a few times the square root of K.
        full = most + np.sqrt(most) * np.arange(-6.0, 7.0)
        edges = [0.0, *sorted(x for x in (sure, 1e-6, 1e-3, 0.1, 1.0, *full) if 0.0 < x < w), w]
        parts = [integrate.quad(density, a, b, limit=300, epsabs=0, epsrel=1e-11)[0] for a, b in pairwise(edges)]
        return sum(parts)

    for w in (1e-8, 1e-3, 0.1, 1.0, 4.0, 30.0, 200.0):
        here = np.array([w])
        # Cells with the kink where q reaches 1 are summed to a part in a million.
        assert named(here)[0] == pytest.approx(integral(w, most), rel=TABLE + 2e-6)
        want = 1.0 - np.exp(-accepted(w)) * gammaincc(most, w - accepted(w)) if w > 1e-4 else before(here)[0]
        # Its logarithm bends more where a long list begins to fill.
        assert before(here)[0] == pytest.approx(want, rel=TABLE * max(1.0, most / 2) + 1e-10 / w)
        if most > 1:
            assert one_less(here)[0] == pytest.approx(integral(w, most - 1), rel=TABLE + 2e-6)
        else:
            assert one_less(here)[0] == 0.0


@pytest.mark.parametrize("k", [0.01, 0.05, 0.3, 1.0, 9.0, 11.0, 99.0, 101.0, 1e4, 1e6, 1e9])
def test_tables_hold_the_spread_of_propensities(k):
    """One candidate, always taken, is FPIR with that spread: ten decades of w and more."""
    w = np.exp(np.linspace(-45.0, 28.0, 200))
    for table in _tables(1, 1.0, 0.0, k)[:2]:
        np.testing.assert_allclose(table(w), fpir_gamma(w, k), rtol=TABLE)
        assert table(np.zeros(1)).tolist() == [0.0]


@pytest.mark.parametrize(("mate", "stranger", "strength"), [(1.0, 0.2, 0.0), (0.7, 0.05, 0.3), (0.6, 0.02, 0.8)])
@pytest.mark.parametrize("decades", [4.5, 6.5, 9.0])
@pytest.mark.parametrize("most", [1, 6])
def test_sums_over_mates_are_the_integrals(twin, most, mate, stranger, strength, decades):
    points = listed(twin, most, True, mate, stranger, strength)
    got = shares(points, decades)
    before, named, one_less = _tables(most, stranger, strength, 1e9)
    floor, slope, location = CURVE["floor"], CURVE["slope"], CURVE["location"]

    def strangers(s):
        return -1e6 * np.log1p(-(10.0**-s))

    s = np.linspace(decades, decades + 24.0, 400_001)

    def over_mates(table):
        mates = (1 - floor) * slope * norm.pdf(slope * (s - location))
        return float(integrate.trapezoid(mates * table(strangers(s)), s))

    there = 1.0 - float(fnmr(np.array([decades]), at_threshold(points, decades))[0])
    everybody = strangers(np.array([decades]))
    right = mate * (there - over_mates(before))
    on = one_less(everybody)[0] * there - over_mates(one_less)
    wrong = over_mates(named) + (1 - mate) * on + (1 - there) * named(everybody)[0]
    assert got["right"] == pytest.approx(right, abs=SIMPSON)
    assert got["misid"] == pytest.approx(wrong, abs=SIMPSON)


def test_a_long_list_thins_strangers_alike(twin):
    """K large and strength 0: named with 1 - exp(-p W), and mates against all accepted strangers above them."""
    points = listed(twin, 1000, True, 1.0, 0.03)
    for decades in (4.5, 5.5, 7.0):
        everybody = -1e6 * np.log1p(-(10.0**-decades))
        assert shares(points, decades)["named"] == pytest.approx(-np.expm1(-0.03 * everybody), rel=2 * TABLE)
        plain = listed(twin)
        fewer = shares(plain, decades - np.log10(0.03))  # as if the gallery held only those who are accepted
        assert shares(points, decades)["named"] == pytest.approx(fewer["named"], rel=1e-4)


def test_groups_and_points_are_each_their_own(twin):
    moved = {"card.group.east_asia.male": [1.0, 8.0, 1.0], "candidates.picks_mate": [0.9, 0.9, 0.5]}
    points = listed(twin, 6, True, 0.9, 0.1, 0.3, overrides=moved)
    rates = expected_search(at_threshold(points, [5.0, 5.0, 6.0]), [0, 2])
    for row, (first, second, mate, decades) in enumerate([(1, 1, 0.9, 5.0), (1, 8, 0.9, 5.0), (1, 1, 0.5, 6.0)]):
        for group, factor in enumerate((first, second)):
            card = KnownCard(factor=factor, **CURVE)
            alone = shares(listed(twin, 6, True, mate, 0.1, 0.3, card=card), decades)
            for name, x in alone.items():
                assert getattr(rates, name)[row, group] == pytest.approx(x, rel=1e-12)


def test_who_differs_in_other_inputs_alone_is_searched_for_once(twin, monkeypatch):
    errors = {"statuses.may_stay.record_error.adult": [0.01, 0.1, 0.2]}
    points = at_threshold(listed(twin, 6, True, 0.9, 0.1, overrides=errors), 5.0)
    searched = []
    with_mate = Acceptance.with_mate

    def counted(self, points, *rest):
        searched.append(len(points))
        return with_mate(self, points, *rest)

    monkeypatch.setattr(Acceptance, "with_mate", counted)
    rates = expected_search(points, [0])
    assert searched == [1]
    assert np.ptp(rates.right) == np.ptp(rates.misid) == 0.0


def test_a_perfect_face_search_names_nobody_else(twin):
    nobody = KnownCard(factor=0.0, floor=0.0, slope=0.25, location=1e6)
    got = shares(listed(twin, 6, True, 0.7, 0.2, 0.3, card=nobody), 5.0)
    assert got == {"named": 0.0, "right": pytest.approx(0.7, rel=1e-12), "misid": 0.0}


@pytest.mark.parametrize("floor", [True, False])
def test_more_candidates_name_more_and_a_better_reader_fewer(twin, floor):
    decades = 5.5 if floor else -3.0
    by_size = [shares(listed(twin, most, floor, 0.7, 0.1, 0.3), decades) for most in (1, 2, 6, 50)]
    for name in ("named", "right"):
        assert (np.diff([x[name] for x in by_size]) > 0).all()
    by_reader = [shares(listed(twin, 6, floor, 0.7, p, 0.3), decades) for p in (0.5, 0.1, 0.01, 0.0)]
    assert (np.diff([x["named"] for x in by_reader]) < 0).all()
    assert by_reader[-1]["named"] == by_reader[-1]["misid"] == 0.0
