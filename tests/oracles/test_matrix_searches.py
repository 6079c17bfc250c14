"""Searches from a matrix, whatever its kind, its order in memory and its gaps, beside a count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from misid.evaluation import People, ScoreMatrix, Searches, searches_from_matrix
from misid.evaluation.searches import from_matrix
from oracles.matrix_searches import matrix_searches

PEOPLE = People(9)
REFERENCE = np.array([0, 0, 3, 1, 3, 2, 2, 4, 5, 0, 0], np.int32)  # mates first, last, apart and side by side


def drawn(seed: int, kind: type, holes: float, coarse: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    probe = rng.integers(0, 9, 70).astype(np.int32)
    score = np.round(rng.normal(size=(70, REFERENCE.size)) / coarse) * coarse
    # Nudges below what float32 holds: equal once rounded, and not before.
    score = score + rng.integers(-1, 2, score.shape) * 1e-9
    score[rng.random(score.shape) < holes] = np.nan
    score[7] = np.nan
    score[8] = -np.inf
    return score.astype(kind), probe


def by_hand(score: np.ndarray, probe: np.ndarray, depth: int) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {"mate": [], "rank": [], "rank_favoured": [], "others": [], "failed": []}
    for row, who in zip(score.astype(np.float32), probe, strict=True):
        own = [x for x, whom in zip(row, REFERENCE, strict=True) if whom == who and x > -np.inf]
        rest = sorted((x for x, whom in zip(row, REFERENCE, strict=True) if whom != who and x > -np.inf), reverse=True)
        mate = max(own, default=-np.inf)
        found["mate"].append(mate)
        found["rank"].append(1 + sum(x >= mate for x in rest) if own else 0)
        found["rank_favoured"].append(1 + sum(x > mate for x in rest) if own else 0)
        found["others"].append((rest + [-np.inf] * depth)[:depth])
        found["failed"].append(not own and not rest)
    return found


def agrees(found: Searches, score: np.ndarray, probe: np.ndarray, depth: int) -> None:
    for name, wanted in by_hand(score, probe, depth).items():
        np.testing.assert_array_equal(getattr(found, name), np.array(wanted), err_msg=name)
    np.testing.assert_array_equal(found.mated, np.isin(probe, REFERENCE))
    assert found.n_enrolled == np.unique(REFERENCE).size


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize("depth", [1, 4])
@pytest.mark.parametrize("holes", [0.0, 0.3])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_is_counted_as_by_hand(kind: type, depth: int, holes: float, order: str) -> None:
    score, probe = drawn(3, kind, holes, 0.25)
    agrees(matrix_searches(np.asarray(score, order=order), probe, REFERENCE, PEOPLE, depth), score, probe, depth)  # type: ignore[call-overload]


@pytest.mark.parametrize("cells", [1, 11, 40])
@pytest.mark.parametrize("depth", [1, 4])
def test_tiles_change_nothing(monkeypatch: pytest.MonkeyPatch, cells: int, depth: int) -> None:
    monkeypatch.setattr(from_matrix, "CELLS", cells)
    score, probe = drawn(4, np.float64, 0.1, 0.5)
    agrees(matrix_searches(score, probe, REFERENCE, PEOPLE, depth), score, probe, depth)


def test_wide_rows_are_counted_as_narrow_ones() -> None:
    rng = np.random.default_rng(5)
    reference = rng.permutation(np.repeat(np.arange(200), 2)).astype(np.int32)
    probe = rng.integers(0, 300, 40).astype(np.int32)
    score = rng.normal(size=(40, 400)).round(1)
    found = matrix_searches(score, probe, reference, People(300), 1)
    for i, who in enumerate(probe):
        own, rest = score[i, reference == who], score[i, reference != who]
        assert found.others[i, 0] == np.float32(rest.max())
        assert found.rank[i] == (1 + np.count_nonzero(rest >= own.max()) if own.size else 0)


def test_the_matrix_is_left_as_it_was() -> None:
    score, probe = drawn(6, np.float32, 0.2, 0.25)
    kept = score.copy()
    score.setflags(write=False)
    matrix_searches(score, probe, REFERENCE, PEOPLE, 1)
    np.testing.assert_array_equal(score, kept)


def test_a_gallery_of_one_person_has_no_searches() -> None:
    score = np.array([[0.5, 0.7], [0.2, np.nan]], np.float32)
    matrix = ScoreMatrix(score, np.array([0, 1], np.int32), np.zeros(2, np.int32), People(2))
    found, (why,) = searches_from_matrix(matrix)
    assert found is None
    assert "one subject" in why
