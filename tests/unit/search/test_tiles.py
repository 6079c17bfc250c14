"""Templates compared in tiles: the same as the plain table of all scores, whatever the tiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from misid.errors import OutOfRange
from misid.search import Tiles, merge_best


def templates(rows=230, d=24, subjects=70, seed=3, dtype=np.float32):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, subjects, rows).astype(np.int32)
    centre = rng.normal(size=(subjects, d))
    v = centre[subject] + 0.8 * rng.normal(size=(rows, d))
    return (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(dtype), subject


def plain(v, metric, subject, probes, references, k):
    """The whole table at once, in float64, row by row."""
    x = v.astype(np.float64)
    a, b = x[probes], x[references]
    score = (a @ b.T if metric == "cosine" else -cdist(a, b)).astype(np.float32)
    apart = probes[:, None] != references
    mated = subject[probes][:, None] == subject[references]
    rows = []
    for s, own, other in zip(score, mated & apart, ~mated, strict=True):
        whom = subject[references][other]
        mate = s[own].max() if own.any() else -np.inf
        others = np.sort(np.append(s[other], np.full(k, -np.inf, np.float32)))[::-1][:k]
        n = (s[other] >= mate).sum() if own.any() else 0
        above = (s[other] > mate).sum() if own.any() else 0
        people = np.unique(whom[s[other] >= mate]).size if own.any() else 0
        rows.append((own.any(), mate, n, above, people, others))
    return [np.array(column) for column in zip(*rows, strict=True)], score, mated, apart


def sides(which, rows):
    everything = np.arange(rows)
    return {
        "apart": (everything[: rows // 3], everything[rows // 3 :]),
        "same": (everything, everything),
        "overlap": (everything[: rows // 2], everything[rows // 4 :]),
    }[which]


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("which", ["apart", "same", "overlap"])
@pytest.mark.parametrize("tile", [(2048, 2048), (17, 31), (1, 300), (40, 3)])
def test_searches_are_those_of_the_plain_table(metric, which, tile):
    v, subject = templates()
    probes, references = sides(which, v.shape[0])
    found = Tiles(v, metric, subject, probes, references, tile).searches(5)
    by_subject = probes[np.lexsort((probes, subject[probes]))]
    (mated, mate, at, above, people, others), *_ = plain(v, metric, subject, by_subject, references, 5)
    np.testing.assert_array_equal(found.probe, subject[by_subject])
    np.testing.assert_array_equal(found.mated, mated)
    np.testing.assert_allclose(found.mate, mate, atol=1e-7)
    np.testing.assert_allclose(found.others, others, atol=1e-7)
    np.testing.assert_array_equal(found.at, at)
    np.testing.assert_array_equal(found.above, above)
    np.testing.assert_array_equal(found.people, people)


@pytest.mark.parametrize("which", ["apart", "same", "overlap"])
def test_pairs_are_each_comparison_once(which):
    v, subject = templates()
    probes, references = sides(which, v.shape[0])
    pieces = list(Tiles(v, "cosine", subject, probes, references, (40, 33)).pairs())
    _, score, mated, apart = plain(v, "cosine", subject, probes, references, 1)
    wanted = np.triu(apart, 1) if which == "same" else apart
    got = np.sort(np.concatenate([piece.score for piece in pieces]))
    np.testing.assert_allclose(got, np.sort(score[wanted]), atol=5e-7)
    assert sum(int(piece.mated.sum()) for piece in pieces) == (mated & wanted).sum()
    for piece in pieces:
        np.testing.assert_array_equal(piece.mated, piece.probe == piece.reference)


def test_pairs_are_the_same_every_time():
    v, subject = templates()
    tiles = Tiles(v, "euclidean", subject, *sides("same", v.shape[0]), tile=(64, 50))
    for first, second in zip(tiles.pairs(), tiles.pairs(), strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("tile", [(2048, 2048), (19, 23)])
@pytest.mark.parametrize("quantile", [0.2, 0.99, 0.999, 1.1])
def test_hits_are_counted_by_pairs_of_subjects(tile, quantile):
    v, subject = templates()
    probes, references = sides("overlap", v.shape[0])
    _, score, mated, _ = plain(v, "euclidean", subject, probes, references, 1)
    threshold = float(np.quantile(score[~mated], min(quantile, 1.0))) + (1.0 if quantile > 1 else 1e-4)
    hit = (score >= np.float32(threshold)) & ~mated
    table = np.zeros((70, 70), np.int64)
    share = np.zeros((70, 70))
    for row, p in zip(hit, subject[probes], strict=True):
        for r in subject[references][row]:
            table[p, r] += 1
            share[p, r] += 1 / row.sum()
    (found,) = Tiles(v, "euclidean", subject, probes, references, tile).hits([threshold])
    first, second = np.nonzero(table)
    np.testing.assert_array_equal(found.probe, first)
    np.testing.assert_array_equal(found.reference, second)
    np.testing.assert_array_equal(found.comparisons, table[first, second])
    np.testing.assert_allclose(found.share, share[first, second], rtol=1e-12)
    assert found.share.sum() == pytest.approx(hit.any(axis=1).sum())


def test_distance_of_near_twins_is_kept():
    """The trap of the product form: in float32 these two would lie 3e-4 or 0 apart."""
    rng = np.random.default_rng(5)
    v = np.repeat(100 + rng.normal(size=(6, 128)), 2, axis=0).astype(np.float32)
    v[1::2] += (1e-4 * rng.normal(size=(6, 128))).astype(np.float32)
    (piece,) = Tiles(v, "euclidean", np.arange(12, dtype=np.int32), np.arange(0, 12, 2), np.arange(1, 12, 2)).pairs()
    exact = -cdist(v[::2].astype(np.float64), v[1::2].astype(np.float64))
    np.testing.assert_allclose(piece.score.reshape(6, 6), exact, rtol=1e-6)


def test_cosine_above_one_is_counted():
    v, subject = templates(60, 512, 30)
    twin = np.concatenate([v, v]) * np.float32(1 + 2e-7)
    tiles = Tiles(twin, "cosine", np.concatenate([subject, subject + 30]), np.arange(60), np.arange(60, 120))
    (piece,) = tiles.pairs()
    assert piece.score.size == 3600
    assert piece.score.max() > 1


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("tile", [(2048, 2048), (7, 40), (16, 11)])
def test_a_stranger_with_the_mates_template_ties_with_it(metric, tile):
    """One photograph under two names: the same score to the last bit, in whatever tile it stands."""
    v, _ = templates(90, 96, 30)
    vectors = np.concatenate([v[40:80], v[:40], v[:40]])
    subject = np.concatenate([np.arange(40), np.arange(40), np.arange(40, 80)]).astype(np.int32)
    found = Tiles(vectors, metric, subject, np.arange(40), np.arange(40, 120), tile).searches(3)
    np.testing.assert_array_equal(found.at - found.above, np.ones(40, np.int64))


@pytest.mark.parametrize("tile", [(2048, 2048), (17, 31)])
def test_fast_products_agree_to_their_last_bits(tile):
    v, subject = templates()
    args = (v, "cosine", subject, *sides("overlap", v.shape[0]), tile)
    fast, exact = Tiles(*args, exact=False).searches(4), Tiles(*args).searches(4)
    np.testing.assert_allclose(fast.mate, exact.mate, atol=5e-7)
    np.testing.assert_allclose(fast.others, exact.others, atol=5e-7)
    np.testing.assert_array_equal(fast.at, exact.at)


def test_scores_do_not_depend_on_the_tile():
    v, subject = templates(300, 128)
    probes, references = sides("apart", 300)
    results = [Tiles(v, "cosine", subject, probes, references, tile).searches(9) for tile in ((2048, 2048), (33, 47))]
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rows_that_are_not_finite_never_enter():
    v, subject = templates()
    v[3], v[100, 4], v[101, 0] = np.nan, np.inf, np.nan
    tiles = Tiles(v, "cosine", subject, np.arange(50), np.arange(50, 230))
    assert tiles.failed_probe.tolist() == [subject[3]]
    assert tiles.failed_references == 2
    assert tiles.n_references == 178
    found = tiles.searches(4)
    assert found.probe.size == 49
    assert np.isfinite(found.others).all()


def test_half_floats_from_a_mapped_file(tmp_path):
    v, subject = templates(dtype=np.float16)
    np.save(tmp_path / "v.npy", v)
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    probes, references = sides("apart", v.shape[0])
    a = Tiles(mapped, "cosine", subject, probes, references).searches(3)
    b = Tiles(v.astype(np.float32), "cosine", subject, probes, references).searches(3)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


def test_templates_too_many_to_hold_are_gathered(monkeypatch):
    v, subject = templates()
    args = (v, "cosine", subject, *sides("overlap", v.shape[0]), (50, 60))
    held = Tiles(*args).searches(3)
    monkeypatch.setattr("misid.search.tiles.HELD", 0)
    for one, other in zip(held, Tiles(*args).searches(3), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("k", [1, 3, 20])
@pytest.mark.parametrize("kind", ["normal", "ties", "constant", "few"])
def test_best_are_those_of_a_sort(k, kind):
    rng = np.random.default_rng(8)
    score = {
        "normal": rng.normal(size=(13, 900)),
        "ties": rng.integers(0, 9, (13, 900)),
        "constant": np.ones((13, 900)),
        "few": np.where(rng.random((13, 900)) < 0.01, rng.normal(size=(13, 900)), -np.inf),
    }[kind].astype(np.float32)
    best = np.full((13, k), -np.inf, np.float32)
    for part in np.split(score, [2, 500, 510], axis=1):
        merge_best(best, part)
    np.testing.assert_array_equal(best, np.sort(score, axis=1)[:, ::-1][:, :k])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metric": "hamming"}, "cosine or euclidean"),
        ({"vectors": np.zeros((4, 2), np.int8)}, "table of floats"),
        ({"vectors": np.zeros(4)}, "table of floats"),
        ({"subject": np.zeros(3, np.int32)}, "one for each row"),
        ({"probes": np.array([4])}, "rows from 0 to 3"),
        ({"references": np.array([1, 1])}, "each row once"),
        ({"tile": (0, 1)}, "at least one row"),
    ],
)
def test_bad_input_is_named(change, words):
    given = {
        "vectors": np.zeros((4, 2), np.float32),
        "metric": "cosine",
        "subject": np.zeros(4, np.int32),
        "probes": np.array([0]),
        "references": np.array([1, 2]),
    }
    with pytest.raises(OutOfRange, match=words):
        Tiles(**(given | change))
