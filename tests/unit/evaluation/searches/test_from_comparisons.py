"""Searches put together from comparisons and matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.evaluation import Comparisons, People, Side, searches_from_comparisons
from misid.evaluation.searches import counts
from oracles.matrix_searches import matrix_searches
from oracles.search_rates import dir_at, fnir, fpir, misid, selectivity


def long_form(score, probe, reference, people, shuffle=None, numbered=True):
    n, m = score.shape
    search, p = np.repeat(np.arange(n, dtype=np.int32), m), np.repeat(probe, m)
    r, s = np.tile(reference, n), score.ravel()
    if shuffle is not None:
        order = np.random.default_rng(shuffle).permutation(s.size)
        search, p, r, s = search[order], p[order], r[order], s[order]
    own, lost = p == r, np.isnan(s)
    sides = []
    for of in (own, ~own):
        kept, gone = of & ~lost, of & lost
        number = search[kept] if numbered else None
        sides.append(Side(s[kept], p[kept], r[kept], number, int(gone.sum()), p[gone]))
    return Comparisons(*sides, people=people)


def same(a, b):
    """Whether two are the same searches, in whatever order."""
    for name in ("n_references", "n_enrolled", "depth"):
        assert getattr(a, name) == getattr(b, name), name
    keys = [np.lexsort((*x.others.T[::-1], x.mate, x.failed, x.probe)) for x in (a, b)]
    for name in ("probe", "mated", "failed", "mate", "rank", "rank_favoured", "others"):
        one, other = (getattr(x, name)[key] for x, key in zip((a, b), keys, strict=True))
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("threshold", [-9.0, 1.5, 2.6, 9.0])
@pytest.mark.parametrize("rank", [1, 4])
def test_matrix_gives_the_rates_of_a_plain_count(make, ties, threshold, rank):
    score, probe, reference, people = make.world(ties=ties)
    found = matrix_searches(score, probe, reference, people)
    wanted = make.naive(score, probe, reference, np.float32(threshold), rank)
    assert fpir(found, threshold) == pytest.approx(wanted.fpir)
    assert fnir(found, threshold, rank) == pytest.approx(wanted.fnir)
    assert dir_at(found, rank=rank) == pytest.approx(wanted.found)
    assert misid(found, threshold) == pytest.approx(wanted.misid)
    if not counts.cut_short(found, threshold):
        assert selectivity(found, threshold) == pytest.approx(wanted.selectivity)
    else:
        assert selectivity(found, threshold) < wanted.selectivity


@pytest.mark.parametrize("shuffle", [None, 4])
@pytest.mark.parametrize("ties", [False, True])
def test_comparisons_give_the_searches_of_their_matrix(make, shuffle, ties):
    world = make.world(ties=ties)
    found, said = searches_from_comparisons(long_form(*world, shuffle))
    same(found, matrix_searches(*world))
    assert said == ["300 searches of 90 references were put together from comparisons."]


def test_hits_of_both_are_the_same(make):
    score, probe, reference, _ = world = make.world()
    found, _ = searches_from_comparisons(long_form(*world, 2))
    thresholds = [0.5, 2.0, 3.0, 99.0]
    for a, b, threshold in zip(
        found.hits(thresholds), matrix_searches(*world).hits(thresholds), thresholds, strict=True
    ):
        for one, other in zip(a, b, strict=True):
            np.testing.assert_allclose(one, other)
        hit = (score >= threshold) & (probe[:, None] != reference)
        assert a.comparisons.sum() == hit.sum()
        assert a.share.sum() == pytest.approx(hit.any(axis=1).sum())


def test_failed_searches_are_found_from_their_comparisons(make):
    score, probe, reference, people = make.world()
    score[[3, 77, 200]] = np.nan
    found, said = searches_from_comparisons(long_form(score, probe, reference, people))
    assert said[-1] == "3 searches failed against every reference: they count as failed searches."
    same(found, matrix_searches(score, probe, reference, people))
    assert sorted(found.probe[found.failed]) == sorted(probe[[3, 77, 200]])


def test_a_reference_that_always_failed_is_not_in_the_gallery(make):
    score, probe, reference, people = make.world()
    score[:, 70:72] = np.nan
    score[5] = np.nan
    found, said = searches_from_comparisons(long_form(score, probe, reference, people))
    assert "2 references failed in every comparison; they are not counted in the gallery." in said
    assert found.n_references == 88
    assert found.failed.sum() == 1


def test_single_failures_are_not_returned(make):
    score, probe, reference, people = make.world()
    score[4, 8], score[9, 80] = np.nan, np.nan
    found, said = searches_from_comparisons(long_form(score, probe, reference, people))
    assert "2 comparisons inside searches failed; such a reference counts as not returned." in said
    same(found, matrix_searches(score, probe, reference, people))


def test_comparisons_that_nobody_tried_are_no_search(make):
    pairs = long_form(*make.world())
    other = pairs.non_mated
    few = Side(other.score[:-7], other.probe[:-7], other.reference[:-7], other.search[:-7])
    found, said = searches_from_comparisons(replace(pairs, non_mated=few))
    assert found is None
    assert "not every probe was compared with the same references (between 83 and 90 of 90)" in said[-1]


def test_one_probe_with_other_references_is_seen(make):
    """Planted: as many comparisons in each search, but one search of another gallery."""
    pairs = make.comparisons([(0, [(0, 1.0), (1, 0.0)]), (1, [(0, 0.0), (1, 1.0)]), (2, [(0, 0.0), (3, 0.2)])])
    found, said = searches_from_comparisons(pairs)
    assert found is None
    assert "not every probe was compared with the same references" in said[-1]


def test_all_among_all_but_themselves():
    """Three people with two samples, one with one: whoever has one sample has nobody to be found."""
    rng = np.random.default_rng(2)
    who = np.array([0, 0, 1, 1, 2, 2, 3], np.int32)
    score = rng.normal(size=(7, 7)).astype(np.float32)
    keep = ~np.eye(7, dtype=bool)
    search, column = np.nonzero(keep)
    own = who[search] == who[column]
    sides = [Side(score[keep][of], who[search][of], who[column][of], search[of].astype(np.int32)) for of in (own, ~own)]
    found, said = searches_from_comparisons(Comparisons(*sides, people=People(4)))
    assert "Samples were searched among one another, each among all but itself." in said
    assert found.n_references == 6
    np.testing.assert_array_equal(found.mated, [True] * 6 + [False])


def test_probe_samples_that_cannot_be_told_apart_are_no_search(make):
    score, probe, reference, people = make.world()
    found, said = searches_from_comparisons(long_form(score, probe, reference, people, numbered=False))
    assert found is None
    assert "give a column probe_sample" in said[0]


def test_without_sample_numbers_a_subject_is_a_search(make):
    score, _, reference, people = make.world(probes=100, references=60)
    probe = np.arange(100, dtype=np.int32)
    found, said = searches_from_comparisons(long_form(score, probe, reference, people, numbered=False))
    same(found, matrix_searches(score, probe, reference, people))
    assert "no pair of subjects was compared twice" in said[0]


@pytest.mark.parametrize("which", ["people", "other"])
def test_comparisons_without_names_or_others_are_no_search(make, which):
    pairs = long_form(*make.world())
    empty = Side(np.empty(0, np.float32))
    given = replace(pairs, people=None) if which == "people" else replace(pairs, non_mated=empty)
    found, said = searches_from_comparisons(given)
    assert found is None
    assert len(said) == 1


def test_references_of_one_subject_are_no_gallery(make):
    found, said = searches_from_comparisons(make.comparisons([(0, [(0, 1.0), (0, 0.5)]), (1, [(0, 0.0), (0, 0.1)])]))
    assert found is None
    assert "all references are of one subject" in said[-1]


def test_samples_compared_with_themselves_are_noticed(make):
    score, probe, reference, people = make.world()
    own = probe[:, None] == reference
    score[own] = 9.0
    _, said = searches_from_comparisons(long_form(score, probe, reference, people))
    assert any("look whether samples were compared with themselves" in words for words in said)
    _, said = searches_from_comparisons(long_form(*make.world()))
    assert not any("themselves" in words for words in said)


def test_a_matrix_of_another_shape_is_refused(make):
    score, probe, reference, people = make.world()
    with pytest.raises(OutOfRange, match="shape of score"):
        matrix_searches(score[:, :-1], probe, reference, people)


def test_the_matrix_is_left_as_it_was(make):
    score, probe, reference, people = make.world()
    before = score.copy()
    matrix_searches(score, probe, reference, people).hits([0.0])
    np.testing.assert_array_equal(score, before)
