"""The readable search against arithmetic that a reader can follow."""

import math

import numpy as np
import pytest

from misid.randomness import Purpose, uniforms
from misid.search import GroupedGallery, exhaustive
from oracles.search import every_comparison, expected, poisson_by_group, searches


def test_one_comparison_is_one_draw():
    gallery = GroupedGallery(np.array([1.0]), np.array([[0.5]]))
    u = uniforms(3, Purpose.PLAIN, [11])[0, 0]
    [(score, h)] = every_comparison(gallery, 0, 2.0, 3, 11, 5)
    assert h == 0
    assert score == pytest.approx(math.log10(0.5 / -math.expm1(math.log(u) / 2.0)), rel=1e-12)


def test_one_group_is_one_train_of_arrivals():
    gallery = GroupedGallery(np.array([1e6]), np.array([[3.0]]))
    u = uniforms(3, Purpose.PLAIN, [11])[:2, 0]
    first, second = poisson_by_group(gallery, 0, 0.5, 3, 11, 2)
    for (score, h), spent in ((first, -math.log(u[0])), (second, -math.log(u[0]) - math.log(u[1]))):
        assert h == 0
        assert 0.5 * expected(gallery, score, 0) == pytest.approx(spent, rel=1e-9)


@pytest.mark.parametrize("one", [every_comparison, poisson_by_group])
def test_best_first_and_no_more_than_there_are(one):
    gallery = GroupedGallery(np.array([3.0, 0.0, 2.5]), np.array([[1.0, 9.0, 2.0], [1.0, 1.0, 0.0]]))
    for found in searches(one, gallery, [0, 1] * 20, [1.0] * 40, 5, 20):
        scores = [score for score, _ in found]
        assert scores == sorted(scores, reverse=True)
        assert 1 not in {h for _, h in found}
    if one is every_comparison:
        assert [len(found) for found in searches(one, gallery, [0, 1], [1.0, 1.0], 5, 20)] == [6, 3]


def test_brute_force_lists_what_there_is():
    gallery = GroupedGallery(np.ones(2), np.array([[1.0, 0.0]]))
    found = exhaustive(gallery, [0, 0, 0], 1.0, [0, 1, 0, 1], 1.0, seed=1, k=3)
    assert (np.isfinite(found.score).sum(axis=1) == 2).all()
    assert (found.group == [0, 0, -1]).all()
    assert (found.score[:, 0] >= found.score[:, 1]).all()
    again = exhaustive(gallery, [0, 0, 0], 1.0, [0, 1, 0, 1], 1.0, seed=1, k=3)
    assert (found.score == again.score).all()
    other = exhaustive(gallery, [0, 0, 0], 1.0, [0, 1, 0, 1], 1.0, seed=2, k=3)
    assert (found.score[:, 0] != other.score[:, 0]).all()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"groups": [1]}, "groups"),
        ({"reference_groups": [0, -1]}, "reference_groups"),
        ({"propensity": 0.0}, "propensity"),
        ({"reference_propensity": [1.0, 0.0]}, "reference_propensity"),
        ({"k": 0}, "k must"),
    ],
)
def test_brute_force_refuses_what_leaves_its_range(given, what):
    sound = {"groups": [0], "propensity": 1.0, "reference_groups": [0, 0], "reference_propensity": 1.0, "seed": 1}
    with pytest.raises(ValueError, match=what):
        exhaustive(GroupedGallery(np.ones(1), np.ones((1, 1))), **{**sound, **given})
