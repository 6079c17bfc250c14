"""All pairs in one pass against `Tiles`, which keeps every score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from misid.search import Tiles, all_pairs
from misid.search.all_pairs import compare_all, floor_rank
from misid.search.pair_tally import AllPairs, PairList
from misid.storage import Checkpoint, checkpoint, run_parts


def templates(rows: int, d: int, per: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    who = rng.integers(0, max(rows // per, 2), rows).astype(np.int32)
    of = rng.standard_normal((who.max() + 1, d))[who] + 0.6 * rng.standard_normal((rows, d))
    return (of / np.linalg.norm(of, axis=1)[:, None]).astype(np.float32), who


SIDES = {
    "same": lambda n: (np.arange(n), np.arange(n)),
    "apart": lambda n: (np.arange(n // 2), np.arange(n // 2, n)),
    "overlapping": lambda n: (np.arange(2 * n // 3), np.arange(n // 3, n)),
}


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch):
    for name, value in {"_LEAST_STRIP": 20, "BLOCK": 100, "TILE": 37}.items():
        monkeypatch.setattr(all_pairs, name, value)


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize(("rows", "d", "per"), [(300, 16, 3), (700, 8, 4), (60, 4, 2), (2, 4, 1), (50, 1, 2)])
def test_against_tiles(metric: str, sides: str, rows: int, d: int, per: int):
    check(metric, sides, (rows, d, per), "reference")


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("kernel", ["numpy", "numba"])
def test_kernels_against_tiles(sides: str, kernel: str):
    check("euclidean", sides, (300, 16, 3), kernel)  # in float64 by all kernels


def check(metric: str, sides: str, size: tuple[int, int, int], kernel: str) -> None:
    """Compare a tally of made-up templates with what every score gives."""
    rows, d, per = size
    vectors, who = templates(rows, d, per)
    probes, references = SIDES[sides](rows)
    k = 5
    counted = compare_all(vectors, metric, who, probes, references, k=k, sample=60, tail=500, kernel=kernel)
    tiles = Tiles(vectors, metric, who, probes, references)
    check_pairs(counted, tiles, int(who.max()) + 1)
    if tiles.probe.size and tiles.n_references:
        check_searches(counted, tiles, k)


def rows_of(pairs: PairList) -> list[tuple[int, int, int]]:
    return sorted(zip(*pairs, strict=True))


def check_pairs(counted: AllPairs, tiles: Tiles, people: int) -> None:
    """Compare every count with those of all scores."""
    score, mated, probe, reference = (np.concatenate(column) for column in zip(*tiles.pairs(), strict=True))
    code, grid, other = counted.grid.code(score), counted.grid, ~mated
    assert np.array_equal(counted.histogram, np.bincount(code[other] - grid.lowest, minlength=grid.cells))
    assert np.array_equal(np.sort(counted.mated.code), np.sort(code[mated]))
    high = other & (code >= counted.tail_from)
    found = rows_of(counted.tail)
    expected = zip(code[high], probe[high], reference[high], strict=True)
    if counted.same:  # a pair has no direction
        found = sorted((c, min(p, r), max(p, r)) for c, p, r in found)
        expected = ((c, min(p, r), max(p, r)) for c, p, r in expected)
    assert found == sorted(expected)
    for level, over in zip(counted.levels, counted.over, strict=True):
        at = other & (code >> all_pairs.COARSE >= level)
        assert np.array_equal(over, sum(np.bincount(side[at], minlength=people) for side in (probe, reference)))
    if counted.sums is not None:
        sums = sum(np.bincount(side[other], score[other], people) for side in (probe, reference))
        assert np.allclose(counted.sums, sums, atol=1e-6 * np.sqrt(other.sum() + 1))


def check_searches(counted: AllPairs, tiles: Tiles, k: int) -> None:
    """Compare what searches found, and whom they hit."""
    grid, found, exact = counted.grid, counted.found, tiles.searches(min(k, tiles.n_references))
    assert np.array_equal(found.probe, exact.probe)
    assert np.array_equal(found.mated, exact.mated)
    listed = np.isfinite(exact.others)
    rounded = np.where(listed, grid.score(grid.code(np.where(listed, exact.others, 0))), -np.inf)
    assert np.array_equal(found.others[:, : rounded.shape[1]], rounded)
    near = exact.mated & (exact.at < k)
    for of in ("at", "above", "people"):
        # Scores that differ within a step of the grid are equal there.
        differ = np.count_nonzero(getattr(found, of)[near] != getattr(exact, of)[near])
        assert differ <= 0.01 * np.count_nonzero(near)
    assert (found.at[exact.mated & ~near] >= k).all()
    thresholds = [float(grid.score(counted.tail_from + steps)) for steps in (0, 4_000)]
    for hits, expected in zip(counted.hits(thresholds), tiles.hits(thresholds), strict=True):
        if hits is None:  # so many scores are equal that none of them are listed
            assert not counted.tail.code.size
            continue
        for one, other in zip(hits, expected, strict=True):
            assert np.allclose(one, other)


def test_below_the_tail_hits_are_unknown():
    vectors, who = templates(300, 8, 3)
    rows = np.arange(300)
    counted = compare_all(vectors, "cosine", who, rows, rows, k=5, sample=60, tail=500)
    assert counted.hits([-0.5]) == [None]


@pytest.mark.usefixtures("small_tiles")
def test_order_of_tasks_changes_nothing():
    vectors, who = templates(400, 8, 3)
    rows = np.arange(400)

    def backwards(task, numbers, on_done):
        for number in reversed(numbers):
            on_done(number, task(number))

    one, *others = (
        compare_all(vectors, "cosine", who, rows, rows, k=5, sample=60, tail=300, run=run)
        for run in (None, backwards, all_pairs.in_threads(3))
    )
    assert all(same_counts(one, other) for other in others)


COUNTS = ("histogram", "over", "probes", "references", "sums", "tail_from")


def same_counts(one: AllPairs, other: AllPairs) -> bool:
    """Tell whether two tallies are the same to the last unit."""
    arrays = [
        (*(getattr(of, name) for name in COUNTS), *of.found, *of.mated, *of.sample, *of.tail, *of.listed)
        for of in (one, other)
    ]
    return all(np.array_equal(*pair) for pair in zip(*arrays, strict=True))


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_templates_of_any_length(kind: type):
    vectors, who = templates(300, 8, 3)
    rows = np.arange(300)
    length = np.random.default_rng(3).uniform(0.1, 40, 300)
    long = (vectors * length[:, None]).astype(kind)
    unit = (long / length[:, None]).astype(np.float32)
    how = {"k": 5, "sample": 60, "tail": 300}
    one = compare_all(long, "cosine", who, rows, rows, length=length, **how)
    other = compare_all(unit, "cosine", who, rows, rows, **how)
    assert same_counts(one, other)


def test_rank_of_a_floor():
    # All are seen: the k-th itself.  Few are: so deep that nearly all searches will find k.
    assert floor_rank(50, 300, 300) == 50
    assert floor_rank(50, 1_024, 100_000) == 5
    assert floor_rank(50, 20, 100_000) <= 20


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("sides", SIDES)
def test_killed_and_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sides: str):
    vectors, who = templates(400, 8, 3)
    sets = SIDES[sides](400)
    monkeypatch.setattr(checkpoint, "SHARE", 1e9)
    monkeypatch.setattr(checkpoint, "EVERY", 0.0)
    told: list[float] = []

    def counted(run=None) -> AllPairs:
        def kept(tasks: int) -> Checkpoint:
            return Checkpoint(tmp_path / "kept", {"data": "x"}, tasks)

        return compare_all(
            vectors, "cosine", who, *sets, k=5, sample=60, tail=300, run=run, checkpoint=kept, on_progress=told.append
        )

    def dies(task, numbers, on_done):
        for number in numbers[2::-1]:
            on_done(number, task(number))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        counted(dies)
    assert (tmp_path / "kept").exists()
    done = len(told)
    again = counted()
    assert told == sorted(told)
    assert told[-1] == 1
    assert not (tmp_path / "kept").exists()
    assert same_counts(again, compare_all(vectors, "cosine", who, *sets, k=5, sample=60, tail=300))
    assert done == 3


@pytest.mark.slow
@pytest.mark.parametrize("mapped", [False, True])
def test_processes_count_the_same(tmp_path: Path, mapped: bool):
    vectors, who = templates(3_000, 16, 3)
    rows = np.arange(3_000)
    given = vectors
    if mapped:
        np.save(tmp_path / "v.npy", np.concatenate([vectors[:7], vectors]))
        given = np.load(tmp_path / "v.npy", mmap_mode="r")[7:]
    run = all_pairs.in_processes(run_parts, 2)
    one, other = (
        compare_all(of, "cosine", who, rows, rows, k=5, run=how) for of, how in ((given, run), (vectors, None))
    )
    assert same_counts(one, other)
