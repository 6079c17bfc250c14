"""The lazy search: whose draws, in what order, at which ends."""

import numpy as np
import pytest

from misid.errors import OutOfRange, UnknownName
from misid.randomness import Purpose, uniforms
from misid.search import MOST, Candidates, Draws, GroupedGallery, Propensity, exact_groups, load_kernel, top
from oracles.search import expected

REGIMES = ["limit", "ordered", "mixed"]
N = 3_000
IDS = np.arange(1_000, 1_000 + N, dtype=np.uint64)
X = Propensity(0.5).at(uniforms(4, Purpose.TEST, IDS)[0])


def some_groups(gallery):
    return (uniforms(4, Purpose.TEST, IDS)[1] * gallery.probe_groups).astype(int)


def search(gallery, part=slice(None), k=4, **options):
    options = {"with_groups": True, "seed": 7, **options}
    seed = options.pop("seed")
    return top(gallery, some_groups(gallery)[part], X[part], seed, IDS[part], k=k, **options)


def same(a: Candidates, b: Candidates) -> bool:
    return bool((a.score == b.score).all() and (a.group == b.group).all())


@pytest.mark.parametrize("regime", REGIMES)
def test_draws_belong_to_ids(galleries, kernel_name, regime):
    whole = search(galleries[regime], kernel=kernel_name)
    assert same(whole, search(galleries[regime], kernel=kernel_name))
    order = np.random.default_rng(1).permutation(N)
    shuffled = search(galleries[regime], order, kernel=kernel_name)
    assert same(Candidates(whole.score[order], whole.group[order]), shuffled)
    for start, stop in ((0, 1), (1, 6), (6, 2_001), (2_001, N)):
        part = search(galleries[regime], slice(start, stop), kernel=kernel_name)
        assert same(Candidates(whole.score[start:stop], whole.group[start:stop]), part)


@pytest.mark.parametrize("regime", REGIMES)
def test_scores_fall_and_groups_exist(galleries, kernel_name, regime):
    gallery = galleries[regime]
    found = search(gallery, k=30, kernel=kernel_name)
    assert (found.score.dtype, found.group.dtype) == (np.float32, np.int8)
    assert found.score.shape == found.group.shape == (N, 30)
    assert (found.score[:, 1:] <= found.score[:, :-1]).all()
    assert ((found.group == -1) == np.isneginf(found.score)).all()
    seen = found.group >= 0
    matching = gallery.present[some_groups(gallery)[:, None], found.group]
    assert matching[seen].all()


@pytest.mark.parametrize("regime", REGIMES)
def test_the_first_candidates_do_not_depend_on_how_many_are_wanted(galleries, kernel_name, regime):
    many = search(galleries[regime], k=37, kernel=kernel_name)
    for k in (1, 2, 9):
        few = search(galleries[regime], k=k, kernel=kernel_name)
        assert same(few, Candidates(many.score[:, :k], many.group[:, :k]))


@pytest.mark.parametrize("regime", REGIMES)
def test_groups_cost_the_scores_nothing(galleries, kernel_name, regime):
    found = search(galleries[regime], with_groups=False, k=1, kernel=kernel_name)
    assert (found.score == search(galleries[regime], k=1, kernel=kernel_name).score).all()
    assert (found.group == -1).all()


@pytest.mark.parametrize("regime", REGIMES)
def test_probe_groups_may_be_numbered_otherwise(galleries, regime):
    gallery = galleries[regime]
    order = np.random.default_rng(2).permutation(gallery.probe_groups)
    other = GroupedGallery(gallery.comparisons, gallery.factor[order])
    back = np.argsort(order)[some_groups(gallery)]
    assert same(search(gallery), top(other, back, X, 7, IDS, k=4, with_groups=True))


def test_reference_groups_may_be_numbered_otherwise(galleries):
    gallery = galleries["limit"]
    order = np.array([2, 0, 1])
    other = GroupedGallery(gallery.comparisons[order], gallery.factor[:, order])
    # The sum over groups is taken in another order: the last bit of it may differ.
    np.testing.assert_allclose(search(other).score, search(gallery).score, rtol=3e-7)


@pytest.mark.parametrize("total", [1.0, 40.0, 5e3, 2e8])
def test_groups_that_match_alike_are_one_group(total):
    many = GroupedGallery(total * np.array([0.5, 0.3, 0.2]), np.full((1, 3), 2.0))
    one = GroupedGallery(np.array([total]), np.full((1, 1), 2.0))
    zero = np.zeros(N, int)
    a, b = (top(g, zero, X, 7, IDS).score for g in (many, one))
    np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("regime", REGIMES)
def test_no_heterogeneity_is_propensity_one(galleries, regime):
    gallery = galleries[regime]
    g = some_groups(gallery)
    constant = Propensity(MOST).at(uniforms(4, Purpose.TEST, IDS)[0])
    assert same(top(gallery, g, constant, 7, IDS, k=3), top(gallery, g, 1.0, 7, IDS, k=3))


@pytest.mark.parametrize(("small", "large"), [(1.0, 900.0), (5e3, 2e8)])
def test_more_comparisons_never_lower_the_best_score(galleries, small, large):
    counts = np.geomspace(small, large, 12)
    base = galleries["limit"]
    before = None
    for count in counts:
        gallery = GroupedGallery(count * np.array([0.5, 0.3, 0.2]), np.minimum(base.factor, 2.0))
        now = top(gallery, some_groups(gallery), X, 7, IDS).score
        assert before is None or (now >= before).all()
        before = now


def test_at_the_seam_the_best_score_falls_by_no_more_than_said():
    few, many = (GroupedGallery(np.array([n]), np.ones((1, 1))) for n in (999.0, 1000.0))
    assert exact_groups(few).all()
    assert not exact_groups(many).any()
    zero = np.zeros(N, int)
    fall = (top(few, zero, X, 7, IDS).score.astype(float) - top(many, zero, X, 7, IDS).score)[:, 0]
    spent = load_kernel("numpy").arrivals(Draws(7, Purpose.NON_MATED, IDS, np.zeros(N, np.uint64)), 1)[:, 0] / X
    assert (fall <= spent / 2_000 / np.log(10) + 1e-6).all()
    assert (fall[spent < 2] <= 1e-6).all()


def test_few_draw_most_of_the_hits_so_order_statistics():
    # 10,000 comparisons, but ten of them are 5,000 times likelier than the rest together.
    lopsided = GroupedGallery(np.array([1e4, 10.0]), np.array([[0.002, 1_000.0]]))
    assert exact_groups(lopsided).all()
    assert not exact_groups(GroupedGallery(np.array([1e4, 10.0]), np.array([[1.0, 1.0]]))).any()


@pytest.mark.parametrize("r", [1.0, 0.01, 300.0])
@pytest.mark.parametrize("count", [1.0, 0.4, 17.0, 333.3])
def test_where_all_are_alike_the_table_is_the_exact_inversion(r, count):
    gallery = GroupedGallery(np.array([count]), np.array([[r]]))
    found = top(gallery, np.zeros(N, int), X, 7, IDS).score[:, 0]
    spent = load_kernel("numpy").arrivals(Draws(7, Purpose.NON_MATED, IDS, np.zeros(N, np.uint64)), 1)[:, 0]
    wanted = np.log10(r / -np.expm1(-spent / (X * count)))
    np.testing.assert_allclose(found, wanted, rtol=3e-7, atol=1e-6)


def test_one_reference_has_one_candidate():
    found = top(GroupedGallery(np.array([1.0]), np.ones((1, 1))), np.zeros(N, int), X, 7, IDS, k=3, with_groups=True)
    assert np.isfinite(found.score[:, 0]).all()
    assert np.isneginf(found.score[:, 1:]).all()
    assert (found.group == [0, -1, -1]).all()


def test_more_wanted_than_there_are():
    found = top(
        GroupedGallery(np.array([2.0, 1.5]), np.ones((1, 2))), np.zeros(N, int), X, 7, IDS, k=6, with_groups=True
    )
    assert (np.isfinite(found.score).sum(axis=1) == 4).all()
    assert ((found.group == 0).sum(axis=1) == 2).all()


def test_a_probe_that_cannot_match_has_no_candidate(kernel_name):
    gallery = GroupedGallery(np.array([1e6, 1e6]), np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    g = np.arange(N) % 3
    found = top(gallery, g, X, 7, IDS, k=2, with_groups=True, kernel=kernel_name)
    assert np.isneginf(found.score[g == 0]).all()
    assert (found.group[g == 0] == -1).all()
    assert (found.group[g == 1] == 0).all()
    assert (found.group[g == 2] == 1).all()


def test_an_empty_gallery_finds_nobody():
    assert np.isneginf(top(GroupedGallery(np.zeros(2), np.ones((1, 2))), [0], 1.0, 7, [3], k=2).score).all()


def test_nobody_asked_nobody_found(galleries):
    for gallery in galleries.values():
        assert top(gallery, [], [], 7, [], k=3, with_groups=True).score.shape == (0, 3)


@pytest.mark.parametrize("propensity", [0.0, 1e-300, 1e-9, 1e4])
@pytest.mark.parametrize("scale", [1e-290, 1e-6, 1.0, 1e9])
def test_extremes_are_finite_and_not_below_the_floor(kernel_name, propensity, scale):
    for factor in (1e-12, 1.0, 1e12):
        gallery = GroupedGallery(scale * np.array([1e6, 1.0]), np.array([[factor, 1.0]]))
        found = top(gallery, np.zeros(200, int), propensity, 7, IDS[:200], k=2, kernel=kernel_name, with_groups=True)
        assert np.isfinite(found.score).all()
        assert (found.score[:, 0] >= np.float32(gallery.floor[0])).all()
        assert (found.group >= 0).all()


def test_a_probe_without_propensity_scores_the_least_there_is(galleries):
    for regime in REGIMES:
        gallery = galleries[regime]
        found = top(gallery, some_groups(gallery), 0.0, 7, IDS)
        floor = gallery.floor[some_groups(gallery)]
        np.testing.assert_allclose(found.score[:, 0], floor, atol=1e-6)


def test_every_search_has_its_own_luck(galleries):
    gallery = galleries["limit"]
    base = search(gallery, k=1).score
    for change in ({"seed": 8}, {"attempt": 1}, {"purpose": Purpose.BYSTANDER}):
        assert (search(gallery, k=1, **change).score != base).mean() > 0.99
    mixed = search(gallery, k=1, attempt=np.arange(N) % 2).score
    assert (mixed[::2] == base[::2]).all()
    assert (mixed[1::2] == search(gallery, k=1, attempt=1).score[1::2]).all()


def test_neighbours_share_a_block_and_no_luck(galleries):
    gallery = galleries["limit"]
    score = top(gallery, np.zeros(40_000, int), 1.0, 7, np.arange(40_000), k=2)
    spent = expected(gallery, score.score.astype(float), 0)
    first, second = -np.expm1(-spent[:, 0]), -np.expm1(spent[:, 0] - spent[:, 1])
    z = 5.5 / np.sqrt(40_000)  # false alarm 4e-8
    for lag in range(1, 9):
        assert abs(np.corrcoef(first[lag:], first[:-lag])[0, 1]) < z
        assert abs(np.corrcoef(first[lag:], second[:-lag])[0, 1]) < z
    assert abs(np.corrcoef(first, second)[0, 1]) < z


@pytest.mark.parametrize(
    ("given", "error", "what"),
    [
        ({"k": 0}, OutOfRange, "k must be at least 1"),
        ({"groups": [4]}, OutOfRange, "0 to 3"),
        ({"groups": [-1]}, OutOfRange, "0 to 3"),
        ({"groups": [0.5]}, OutOfRange, "whole numbers"),
        ({"ids": [-1]}, OutOfRange, "ids must be whole numbers"),
        ({"ids": [2.0]}, OutOfRange, "ids must be whole numbers"),
        ({"attempt": -1}, OutOfRange, "attempt"),
        ({"seed": -1}, OutOfRange, "seed"),
        ({"seed": 2**64}, OutOfRange, "seed"),
        ({"propensity": [-0.1]}, OutOfRange, "propensity"),
        ({"propensity": [np.nan]}, OutOfRange, "propensity"),
        ({"kernel": "numpi"}, UnknownName, "did you mean 'numpy'"),
    ],
)
def test_what_leaves_its_range_is_refused(galleries, given, error, what):
    sound = {"groups": [0], "propensity": [1.0], "seed": 1, "ids": [5]}
    with pytest.raises(error, match=what):
        top(galleries["limit"], **{**sound, **given})
