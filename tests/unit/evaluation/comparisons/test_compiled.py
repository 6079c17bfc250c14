"""Sums over people by compiled loops are those of NumPy, to the last bit."""

import dataclasses
import sys

import numpy as np
import pytest

from misid.evaluation import Comparisons, People, Side, SummedPairs, area, steps
from misid.evaluation.comparisons import area as of_area
from misid.evaluation.comparisons import compiled, counts
from misid.evaluation.comparisons.area import residuals

THRESHOLDS = (0.0, 0.2, 0.5)


@pytest.fixture
def pairs():
    rng = np.random.default_rng(3)
    n, people = 30_000, 400
    score = rng.normal(0, 0.2, n).astype(np.float32)
    score[:100] = -0.0
    score[100:200] = np.resize(np.float32(THRESHOLDS), 100)
    sides = [
        Side(score[part] + up, *(rng.integers(0, people, score[part].size, dtype=np.int32) for _ in range(2)))
        for part, up in ((slice(0, 5000), np.float32(0.3)), (slice(5000, n), np.float32(0.0)))
    ]
    return Comparisons(dataclasses.replace(sides[0], reference=sides[0].probe), sides[1], People(people))


def summed(pairs, monkeypatch, fast):
    monkeypatch.setattr(counts, "COMPILED", 0 if fast else 10**12)
    found = steps(pairs)
    return SummedPairs(pairs, THRESHOLDS, found, residuals(found, 0.9))


@pytest.mark.parametrize("dense", [True, False])
@pytest.mark.parametrize("loops", ["as they stand", pytest.param("compiled", marks=pytest.mark.slow)])
def test_sums_are_the_same_to_the_last_bit(pairs, monkeypatch, dense, loops):
    if loops == "as they stand":
        monkeypatch.setattr(compiled, "load", lambda: True)
        pairs = dataclasses.replace(pairs, mated=some(pairs.mated), non_mated=some(pairs.non_mated))
    else:
        pytest.importorskip("numba")
    monkeypatch.setattr(counts, "DENSE", 1 << 26 if dense else 0)
    monkeypatch.setattr(counts, "KEPT", 300)
    with np.errstate(over="ignore"):  # of single numbers, where loops stand as they are
        plain, fast = (summed(pairs, monkeypatch, one) for one in (False, True))
    for name in ("mated", "other", "probes", "residuals", "squares"):
        assert np.array_equal(getattr(plain, name), getattr(fast, name)), name
    for mated in (True, False):
        for t in THRESHOLDS:
            one, two = plain.errors(t, mated), fast.errors(t, mated)
            assert np.array_equal(one.by_person(), two.by_person())
    if not dense:
        assert plain.some.subjects == fast.some.subjects
        for name in ("pair", "reached", "count"):
            assert np.array_equal(getattr(plain.some, name), getattr(fast.some, name))
        assert not plain.complete


@pytest.mark.parametrize("loops", ["as they stand", pytest.param("compiled", marks=pytest.mark.slow)])
def test_the_area_is_the_same(pairs, monkeypatch, loops):
    if loops == "as they stand":
        monkeypatch.setattr(compiled, "load", lambda: True)
    monkeypatch.setattr(of_area, "_WORTH", 20)
    found = steps(pairs, whole=0)
    plain = area(pairs, found)
    monkeypatch.setattr(of_area, "COMPILED", 0)
    assert area(pairs, found) == plain == area(pairs, steps(pairs))


def some(side):
    return Side(*(column[::20] for column in (side.score, side.probe, side.reference)))


def test_without_numba_it_is_numpy(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    assert compiled.load.__wrapped__() is False
