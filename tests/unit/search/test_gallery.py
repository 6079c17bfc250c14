"""The gallery and its three functions of the score."""

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.search import GroupedGallery
from oracles.growth import candidate_shares, fpir_groups
from oracles.search import expected, hazard


def test_chance_is_the_formula_and_never_above_one(galleries):
    gallery = galleries["limit"]
    s = np.array([-3.0, 0.0, 2.0, 7.5])
    wanted = gallery.factor[2] * 10.0 ** -s[:, None]
    found = gallery.exceedance(s, 2)
    np.testing.assert_allclose(found, np.minimum(1, wanted), rtol=1e-12)
    assert (found[0] == 1).all()
    assert found[-1].max() < 1e-4


def test_expected_candidates_are_those_of_the_closed_form(galleries):
    gallery = galleries["limit"]
    chance = gallery.exceedance(5.0, 1)
    np.testing.assert_allclose(expected(gallery, 5.0, 1), (gallery.comparisons * chance).sum(), rtol=1e-14)
    shares = candidate_shares(chance, gallery.comparisons)
    np.testing.assert_allclose(shares, gallery.comparisons * chance / expected(gallery, 5.0, 1), rtol=1e-12)


def test_hazard_is_the_fpir_of_unlike_groups(galleries):
    gallery = galleries["ordered"]
    for g in range(gallery.probe_groups):
        for s in (0.5, 2.0, 4.0, 9.0):
            wanted = fpir_groups(gallery.exceedance(s, g), gallery.comparisons)
            np.testing.assert_allclose(-np.expm1(-hazard(gallery, s, g)), wanted, rtol=1e-12)


def test_groups_of_probes_broadcast_against_scores(galleries):
    gallery = galleries["limit"]
    both = expected(gallery, np.array([3.0, 6.0]), np.array([0, 2]))
    np.testing.assert_allclose(both, [expected(gallery, 3.0, 0), expected(gallery, 6.0, 2)], rtol=1e-14)


def test_floor_is_the_score_that_somebody_always_reaches(galleries):
    for gallery in galleries.values():
        for g in range(gallery.probe_groups):
            assert np.isinf(hazard(gallery, gallery.floor[g] - 1e-9, g))
            assert np.isfinite(hazard(gallery, gallery.floor[g] + 1e-6, g))


def test_pairs_that_cannot_match_count_for_nothing():
    gallery = GroupedGallery(np.array([10.0, 0.0, 2.5]), np.array([[1.0, 99.0, 0.0], [0.0, 5.0, 0.0]]))
    assert gallery.floor.tolist() == [0.0, -np.inf]
    assert gallery.most.tolist() == [10, 0]
    assert hazard(gallery, 3.0, 1) == 0.0


def test_part_of_a_comparison_is_a_candidate():
    assert GroupedGallery(np.array([2.5, 0.2]), np.ones((1, 2))).most.tolist() == [4]


def test_a_gallery_cannot_be_changed(galleries):
    with pytest.raises(ValueError, match="read-only"):
        galleries["limit"].comparisons[0] = 1.0


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"comparisons": [-1.0, 1.0]}, "comparisons"),
        ({"comparisons": [np.nan, 1.0]}, "comparisons"),
        ({"comparisons": [[1.0, 1.0]]}, "shape of comparisons"),
        ({"comparisons": np.ones(128), "factor": np.ones((1, 128))}, "127"),
        ({"factor": [[1.0, np.inf]]}, "factor"),
        ({"factor": [[1.0, 1.0, 1.0]]}, "shape of factor"),
    ],
)
def test_what_leaves_its_range_is_refused(given, what):
    sound = {"comparisons": [1.0, 2.0], "factor": [[1.0, 1.0]]}
    with pytest.raises(OutOfRange, match=what):
        GroupedGallery(**{**sound, **given})
