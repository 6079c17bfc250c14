"""Every kernel of tiles against the plainest one, but for scores within rounding of an edge of the grid."""

from __future__ import annotations

from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
import pytest

from misid.errors import MisidError, UnknownName
from misid.search.tile_counts import (
    COARSE,
    NEVER,
    Grid,
    Listed,
    Own,
    ReferenceKernel,
    TileKernel,
    TileSide,
    TileSums,
    similarities,
)
from misid.search.tile_kernels import TILE_KERNELS, load_tile_kernel

NO_TORCH = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
KERNELS = [
    pytest.param(name, marks=NO_TORCH) if name == "torch" else name for name in TILE_KERNELS if name != "reference"
]


class Counted(NamedTuple):
    sums: TileSums
    lists: tuple[Listed, Listed]


class Case(NamedTuple):
    m: int
    n: int
    d: int
    metric: str = "cosine"
    boxes: tuple[tuple[int, int, int, int], ...] = ()
    triangle: bool = False
    floor: float = 0.3
    levels: int = 5
    equal: bool = False  # half of the templates are the same


CASES = [
    Case(70, 130, 16, boxes=((0, 5, 3, 9), (60, 70, 100, 130))),
    Case(64, 64, 512, triangle=True, boxes=((3, 7, 3, 7),)),
    Case(33, 500, 3, metric="euclidean", floor=-0.5, boxes=((1, 2, 0, 500),)),
    Case(1, 1, 1),
    Case(1, 97, 2, equal=True),
    Case(97, 1, 8, levels=0),
    Case(40, 300, 8, floor=-9.0, boxes=((0, 40, 0, 10),)),  # everything is listed
    Case(40, 300, 8, floor=np.inf),  # nothing is
    Case(40, 300, 8, metric="euclidean", floor=-0.2, equal=True),
]


def vectors(case: Case) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(case.m * 1_000 + case.n)
    a, b = (rng.standard_normal((size, case.d)) for size in (case.m, case.n))
    if case.equal:
        a[::2], b[::2] = a[0], a[0]
    kind = np.float32 if case.metric == "cosine" else np.float64
    a, b = (of / np.linalg.norm(of, axis=1)[:, None] for of in (a, b))
    return a.astype(kind), b.astype(kind)


def count(kernel: TileKernel, case: Case, grid: Grid) -> Counted:
    a, b = vectors(case)
    rng = np.random.default_rng(1)
    sides = []
    for size in (case.m, case.n):
        level = np.full(size, NEVER if np.isinf(case.floor) else grid.level(max(case.floor, -2.0)))
        level[rng.random(size) < 0.2] = NEVER
        sides.append(TileSide(rng.integers(0, 9, size).astype(np.int32), level.astype(np.int16)))
    levels = grid.level(np.linspace(-0.9, 0.9, case.levels) - (case.metric == "euclidean")).astype(np.int16)
    into = TileSums(*(np.ones(shape, np.int64) for shape in (grid.cells, (levels.size, case.m), (levels.size, case.n))))
    lists = kernel.count(a, b, Own(case.boxes, case.triangle), (sides[0], sides[1]), levels, into)
    return Counted(into, lists)


def grid_of(case: Case) -> Grid:
    return Grid.spanning(-1.001, 1.001) if case.metric == "cosine" else Grid.spanning(-2.002, 0.0)


def epsilon(case: Case) -> float:
    """Bound of what float32 may do to a product of unit vectors: d roundings and one of the result (Higham, 3.1)."""
    unit = 2.0**-24
    return 1.01 * (case.d + 1) * unit if case.metric == "cosine" else 2.0 * unit


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("case", CASES)
def test_counts_are_those_of_the_reference(name: str, case: Case):
    grid = grid_of(case)
    one, other = (count(load_tile_kernel(of, case.metric, grid), case, grid) for of in (name, "reference"))
    a, b = (of.astype(np.float64) for of in vectors(case))
    steps = similarities(a, b, case.metric).astype(np.float64) * 2.0**grid.bits
    reach = epsilon(case) * 2.0**grid.bits
    edges = np.arange(grid.lowest, grid.lowest + grid.cells)
    # Scores near an edge may fall on either side of it; no others may.
    near = np.sort(steps.ravel())
    unsure = np.searchsorted(near, edges + reach, "right") - np.searchsorted(near, edges - reach, "left")
    differ = np.cumsum((one.sums.histogram - other.sums.histogram)[1:])
    assert differ[-1] == 0
    assert (np.abs(differ)[:-1] <= unsure[2:]).all()
    at_edge = np.abs(steps / 2**COARSE - np.round(steps / 2**COARSE)) * 2**COARSE <= reach
    for axis, of in ((1, "rows"), (0, "columns")):
        assert (np.abs(getattr(one.sums, of) - getattr(other.sums, of)) <= at_edge.sum(axis=axis)).all()
    for mine, theirs in zip(one.lists, other.lists, strict=True):
        assert abs(mine.code.size - theirs.code.size) <= at_edge.sum()
        if not at_edge.any():
            order, there = (np.lexsort((of.code, of.subject, of.place)) for of in (mine, theirs))
            assert np.array_equal(mine.place[order], theirs.place[there])
            assert np.array_equal(mine.subject[order], theirs.subject[there])
            assert np.abs(mine.code[order] - theirs.code[there]).max(initial=0) <= 1


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("case", CASES)
def test_best_are_those_of_the_reference(name: str, case: Case):
    grid, own = grid_of(case), Own(case.boxes, case.triangle)
    for k in (1, 3, 200):
        one, other = (
            load_tile_kernel(of, case.metric, grid).best(*vectors(case), own, k) for of in (name, "reference")
        )
        assert one.shape == (case.m, k)
        assert np.abs(one - other).max() <= epsilon(case)


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_counts_one_tile_after_the_other(name: str):
    grid = grid_of(CASES[0])
    kernel = load_tile_kernel(name, "cosine", grid)
    for case in (CASES[6], CASES[0], CASES[7], CASES[0]):
        fresh = count(load_tile_kernel(name, "cosine", grid), case, grid)
        again = count(kernel, case, grid)
        of = [(*one.sums, *one.lists[0], *one.lists[1]) for one in (fresh, again)]
        assert all(np.array_equal(*pair) for pair in zip(*of, strict=True))


def test_names():
    grid = Grid.spanning(-1, 1)
    with pytest.raises(UnknownName, match="fastest"):
        load_tile_kernel("fastest", "cosine", grid)
    assert isinstance(load_tile_kernel("reference", "cosine", grid), ReferenceKernel)
    assert load_tile_kernel("", "cosine", grid).name in ("numba", "numpy")


@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-40.0, 0.0), (-1e-3, 1e-3), (0.0, 0.0), (-3e6, 3e6)])
def test_a_grid_spans_its_scores(low: float, high: float):
    grid = Grid.spanning(low, high)
    ends = grid.code([low, high])
    assert grid.lowest < ends[0]
    assert ends[1] < grid.lowest + grid.cells
    assert grid.lowest >> COARSE < ends[0] >> COARSE
    assert abs(int(ends.min()) >> COARSE) < NEVER
    assert np.array_equal(grid.reaching(grid.score(ends)), ends)


def places_alike(scores: np.ndarray, of: np.ndarray) -> bool:
    """Whether rows of the same template are the same."""
    return all((scores[of == one] == scores[of == one][0]).all() for one in np.unique(of))


@pytest.mark.parametrize("name", ["numpy", "numba"])
@pytest.mark.parametrize(("m", "n", "d"), [(131, 77, 512), (64, 1, 128), (7, 200, 512), (257, 65, 33)])
def test_equal_templates_score_alike_wherever_they_stand(name: str, m: int, n: int, d: int):
    rng = np.random.default_rng(m)
    distinct = rng.standard_normal((5, d)).astype(np.float32)
    distinct /= np.linalg.norm(distinct, axis=1)[:, None]
    who = rng.integers(0, 5, m)
    blocks = distinct[rng.integers(0, 5, 256)] @ distinct[rng.integers(0, 5, 128)].T
    if np.unique(blocks).size > 25:
        pytest.skip("this machine's product of matrices rounds by place even where nothing is left over")
    grid = Grid.spanning(-1.001, 1.001)
    kernel = load_tile_kernel(name, "cosine", grid)
    columns = distinct[rng.integers(0, 5, n)]
    assert places_alike(kernel.best(distinct[who], columns, Own(()), n), who)
    everything = np.full(m, grid.lowest + 1 >> COARSE, np.int16), np.full(n, NEVER)
    sides = [TileSide(np.arange(of.size, dtype=np.int32), of) for of in everything]
    into = TileSums(np.zeros(grid.cells, np.int64), np.zeros((0, m), np.int64), np.zeros((0, n), np.int64))
    listed, _ = kernel.count(distinct[who], columns, Own(()), (sides[0], sides[1]), np.empty(0, np.int16), into)
    code = np.empty((m, n), np.int32)
    code[listed.place, listed.subject] = listed.code
    assert listed.code.size == m * n
    assert places_alike(code, who)


@pytest.mark.parametrize("name", KERNELS)
def test_a_cell_may_hold_any_number_and_everything_may_be_listed(name: str):
    m, n = 150, 700
    grid = Grid.spanning(-1.001, 1.001)
    a, b = np.ones((m, 1), np.float32), np.ones((n, 1), np.float32)
    low = np.int16(grid.lowest + 1 >> COARSE)
    sides = tuple(TileSide(np.arange(of, dtype=np.int32), np.full(of, low)) for of in (m, n))
    into = TileSums(np.zeros(grid.cells, np.int64), np.zeros((1, m), np.int64), np.zeros((1, n), np.int64))
    own = Own(((0, 2, 0, 700),), triangle=True)
    lists = load_tile_kernel(name, "cosine", grid).count(a, b, own, sides, np.array([low]), into)
    number = np.maximum(n - 1 - np.arange(m), 0)
    number[:2] = 0
    one = int(grid.code(1.0))
    assert into.histogram[one - grid.lowest] == into.histogram[1:].sum() == number.sum()
    assert (into.rows[0] == number).all()
    assert (np.bincount(lists[0].place, minlength=m) == number).all()
    assert (np.bincount(lists[1].place, minlength=n) == into.columns[0]).all()
    assert (lists[0].code == one).all()
    assert (lists[1].subject >= 2).all()


@pytest.mark.parametrize("name", KERNELS)
def test_scores_beyond_the_grid_go_to_its_ends(name: str):
    grid = Grid.spanning(-0.5, 0.5)
    a, b = np.array([[1.0], [-1.0]], np.float32), np.array([[3.0], [0.25]], np.float32)
    sides = tuple(TileSide(np.zeros(2, np.int32), np.full(2, NEVER)) for _ in range(2))
    into = TileSums(np.zeros(grid.cells, np.int64), np.zeros((0, 2), np.int64), np.zeros((0, 2), np.int64))
    load_tile_kernel(name, "cosine", grid).count(a, b, Own(()), sides, np.empty(0, np.int16), into)
    assert into.histogram[1:].sum() == 3  # what lies below all scores does not count
    assert into.histogram[-1] == 1


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed")
def test_a_kernel_that_is_not_installed_is_named():
    with pytest.raises(MisidError, match="pip install torch"):
        load_tile_kernel("torch", "cosine", Grid.spanning(-1, 1))


@pytest.mark.parametrize("name", ["reference", *KERNELS])
def test_a_score_that_is_no_number_does_not_count(name: str):
    grid = Grid.spanning(-1.001, 1.001)
    a, b = np.array([[np.nan], [1.0]], np.float32), np.full((600, 1), 0.25, np.float32)
    low = np.int16(grid.lowest + 1 >> COARSE)
    sides = tuple(TileSide(np.zeros(of, np.int32), np.full(of, low)) for of in (2, 600))
    into = TileSums(np.zeros(grid.cells, np.int64), np.zeros((1, 2), np.int64), np.zeros((1, 600), np.int64))
    with np.errstate(invalid="ignore"):
        listed, _ = load_tile_kernel(name, "cosine", grid).count(a, b, Own(()), sides, np.array([low]), into)
    assert into.histogram[1:].sum() == listed.code.size == 600
    assert into.rows[0].tolist() == [0, 600]
    assert (into.columns == 1).all()
