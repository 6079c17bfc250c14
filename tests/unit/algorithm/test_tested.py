"""The list of published tests, and which of them is nearest to a figure."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from misid.algorithm import CELLS, SEARCH, NearnessQuery, decades, left_out, load_card, nearest, published_tests, tested
from misid.quantities import Grade
from misid.vocabulary import Age, ImageKind, Lapse
from misid.vocabulary.tested import LIVE_CAMERA, Aspect, Counted, Operator

PHONE = NearnessQuery(SEARCH, 200e6, 0.03, "street", operator=Operator.OFFICER_PHONE)
TESTS = published_tests()


def test_every_test_has_a_source_and_says_what_it_counted():
    assert len({test.key for test in TESTS}) == len(TESTS) >= 20
    for test in TESTS:
        assert all((test.title, test.what, test.source, test.locator, test.counted, test.lapses))
        assert all(n >= 1 for n in test.n)
        assert all(0.0 < rate < 1.0 for rate in test.fpir)
        assert test.image_kinds <= {*ImageKind, LIVE_CAMERA}
        assert test.lapses <= {*Lapse}
        assert test.ages <= {*Age}
    assert {test.grade for test in TESTS} == {Grade.A, Grade.B, Grade.C}
    assert all(title and why for title, why in left_out())


@pytest.mark.parametrize(
    ("asked", "key", "n", "fpir", "untested"),
    [
        (NearnessQuery(SEARCH, 1.6e6, 0.003, "mugshot"), "nist-mugshot", 0.0, 0.0, ()),
        (NearnessQuery(SEARCH, 5e6, 0.003, "mugshot"), "nist-mugshot", 0.0, 0.0, ()),
        (NearnessQuery(SEARCH, 96e6, 0.003, "mugshot"), "nist-mugshot", math.log10(8), 0.0, ()),
        (NearnessQuery(SEARCH, 16e3, 0.003, "mugshot"), "nist-mugshot", -2.0, 0.0, ()),
        (NearnessQuery(SEARCH, 1.6e6, 0.3, "webcam"), "nist-webcam", 0.0, 2.0, ()),
        (NearnessQuery(SEARCH, 1.6e6, 0.00003, "webcam"), "nist-webcam", 0.0, -2.0, ()),
        (NearnessQuery(SEARCH, 12e6, None, "border"), "nist-border", math.log10(7.5), None, ()),
        (NearnessQuery(SEARCH, 1.6e6, 0.003, "border", Lapse.LONG), "nist-border-long", 0.0, 0.0, ()),
        (NearnessQuery((Counted.NOT_FIRST,), 12e6, None, "mugshot"), "nist-mugshot-rank-1", 0.0, None, ()),
        (NearnessQuery((Counted.TWINS,), 1, 1e-4, ""), "nist-twins", 0.0, 0.0, ()),
        (PHONE, "npl-oifr-2023", math.log10(200e6 / 178e3), None, ()),
        (
            NearnessQuery(SEARCH, 1e4, 1 / 6000, LIVE_CAMERA, operator=Operator.POLICE_CAMERAS, developer="nec"),
            "npl-2023",
            0.0,
            pytest.approx(0.0, abs=1e-3),
            (),
        ),
    ],
)
def test_nearest_test_and_its_distance(asked, key, n, fpir, untested):
    test, far = nearest(asked)
    assert (test.key, far.test) == (key, key)
    assert far.decades_of_n == pytest.approx(n)
    assert far.decades_of_fpir == (None if fpir is None else pytest.approx(fpir, abs=1e-9) if fpir == 0.0 else fpir)
    assert far.untested == untested


def test_group_that_tests_tell_apart_is_tested_and_any_other_is_not():
    asked = NearnessQuery((Counted.FALSE_POSITIVES,), None, 0.002, "")
    for origin, sex in CELLS:
        test, far = nearest(replace(asked, group=f"{origin}_{sex}"))
        assert test.key == "nist-groups"
        assert far.inside
        assert far.decades_of_n is None
    far = nearest(replace(asked, group="latin_america_male"))[1]
    assert Aspect.GROUP in far.untested
    assert "of this group" in far.lacking


def test_group_test_prints_no_gallery_and_says_so_where_a_gallery_matters():
    far = nearest(NearnessQuery((Counted.FALSE_POSITIVES,), 96e6, 0.002, "", group="east_asia_male"))[1]
    assert far.test == "nist-groups"
    assert Aspect.GALLERY in far.differs
    assert not far.prints_gallery
    assert far.decades_of_n == pytest.approx(math.log10(8))  # over the largest gallery of any test
    assert far.words.startswith("gallery 8 times the largest of any test")


def test_gallery_that_this_algorithm_was_not_searched_in_is_not_its_own():
    asked = NearnessQuery(SEARCH, 12e6, 0.003, "mugshot")
    assert nearest(asked)[1].decades_of_n == 0.0
    own = nearest(replace(asked, rows=(("nist-mugshot", (1_600_000,)),)))[1]
    assert own.decades_of_n == pytest.approx(math.log10(7.5))
    assert own.nearest == "NIST FRTE 1:N, mugshots, N = 1,600,000"
    none = nearest(replace(asked, rows=()))[1]
    assert Aspect.ALGORITHM in (*none.untested, *none.differs)


def test_rows_of_a_card_are_where_its_figures_are_tested():
    card = load_card("nec_008")
    for condition, rows in card.tested().items():
        for n, fpir, _ in rows:
            found = card.fnir(n, fpir, *condition) if fpir > 0 else card.rank1_miss(n)
            assert found.distance.inside, (condition, n, fpir, found.distance.words)
        largest = max(n for n, fpir, _ in rows if fpir > 0)
        beyond = card.fnir(largest * 10, 0.003, *condition).distance
        assert beyond.decades_of_n == pytest.approx(1.0), condition


@pytest.mark.slow
def test_no_test_shares_more_with_a_figure_than_the_nearest():
    """Against the list, one by one, over a grid of conditions."""
    grid = itertools.product(
        (SEARCH, (Counted.MISSES,), (Counted.RIGHT_SHARE,), (Counted.ACTIONS,)),
        (1e3, 5e6, 1e9),
        (None, 1e-5, 0.1),
        ("mugshot", "street", LIVE_CAMERA),
        Lapse,
        ("", Age.UNDER_18.value),
        ("", "west_africa_female", "nobody's"),
        (Operator.LABORATORY, Operator.POLICE_CAMERAS, Operator.OFFICER_PHONE),
    )
    for counted, n, fpir, kind, lapse, age, group, operator in grid:
        asked = NearnessQuery(counted, n, fpir, kind, lapse, age, group, operator)
        test, far = nearest(asked)
        apart = {t.key: tested._apart(t, asked) for t in TESTS}
        counts = [lacks for lacks in apart.values() if Aspect.COUNTED not in lacks]
        assert counts
        assert Aspect.COUNTED not in apart[test.key]
        assert len(apart[test.key]) == min(map(len, counts))
        assert {*far.untested, *far.differs} == apart[test.key]
        assert set(far.untested) == frozenset.intersection(*counts)


def test_decades_are_zero_between_the_ends():
    assert decades(3e6, (1.6e6, 12e6)) == 0.0
    assert decades(12e6, (12e6, 1.6e6)) == 0.0
    assert decades(1.2e9, (1.6e6, 12e6)) == pytest.approx(2.0)
    assert decades(16, (1.6e6,)) == pytest.approx(-5.0)
