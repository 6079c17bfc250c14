"""Two kernels, the same words: what one draws the other draws."""

import importlib.util
import os
import sys

import numpy as np
import pytest

from misid.errors import MisidError, UnknownName
from misid.randomness import Purpose, words
from misid.search import KERNELS, LABEL_BITS, Draws, load_kernel, numba_kernel, top

RNG = np.random.default_rng(6)
LAST = 2**64 - 1
PATTERNS = {
    "one after the other": np.arange(3, 700, dtype=np.uint64),
    "from the start": np.arange(300, dtype=np.uint64),
    "up to the last id": np.arange(LAST - 40, LAST, dtype=np.uint64),
    "every third": np.arange(0, 900, 3, dtype=np.uint64),
    "twice": np.repeat(np.arange(200, dtype=np.uint64), 2),
    "backwards": np.arange(400, 0, -1).astype(np.uint64),
    "anywhere": RNG.integers(0, LAST, 500, dtype=np.uint64),
    "one": np.array([77], np.uint64),
}


def expected_draws(draws, k):
    """What each candidate is drawn from, one id at a time, as the package says it."""
    seed, purpose, ids, attempt = draws
    gaps, halves = np.empty((ids.size, k)), np.empty((ids.size, k), np.uint64)
    for i, (who, turn) in enumerate(zip(ids, attempt, strict=True)):
        own = [words(seed, purpose, [who], [turn], 1 + b)[:, 0] for b in range((k + 6) // 8)]
        own = [int(word) >> shift & 0xFFFFFFFF for block in own for word in block for shift in (0, 32)]
        first = int(words(seed, purpose, [int(who) // 4], [turn])[int(who) % 4, 0])
        gaps[i] = -np.log([((first >> 11) + 0.5) * 2.0**-53, *((half + 0.5) * 2.0**-32 for half in own[: k - 1])])
        eighth = int(words(seed, purpose, [int(who) // 8], [turn])[int(who) % 8 // 2, 0])
        halves[i] = [eighth >> 32 * (int(who) % 2) & 0xFFFFFFFF, *own[: k - 1]]
    return np.cumsum(gaps, axis=1), halves >> (32 - LABEL_BITS)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("k", [1, 2, 11])
def test_words_are_those_that_are_documented(kernel_name, pattern, k):
    ids = PATTERNS[pattern][:20]
    for attempt in (np.zeros(ids.size, np.uint64), np.arange(ids.size, dtype=np.uint64) // 5):
        draws = Draws(2**63 + 5, Purpose.TEST, ids, attempt)
        arrivals, halves = expected_draws(draws, k)
        run = load_kernel(kernel_name)
        np.testing.assert_allclose(run.arrivals(draws, k), arrivals, rtol=1e-14)
        np.testing.assert_array_equal(run.fractions(draws, k), (halves + 0.5) * 2.0**-LABEL_BITS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_id_is_drawn_alike_in_any_company(kernel_name, pattern):
    ids = PATTERNS[pattern]
    turn = np.zeros(ids.size, np.uint64)
    run = load_kernel(kernel_name)
    whole = run.arrivals(Draws(1, 2, ids, turn), 3)
    order = RNG.permutation(ids.size)
    assert (run.arrivals(Draws(1, 2, ids[order], turn), 3) == whole[order]).all()


def test_labels_count_the_edges_at_or_below(kernel_name):
    ids = np.arange(20_000, dtype=np.uint64)
    draws = Draws(1, 2, ids, np.zeros(ids.size, np.uint64))
    top_edge = 2**LABEL_BITS
    edges = np.array([[0, top_edge // 3, top_edge // 3 + 1, top_edge], [5, 6, 7, top_edge - 9]], np.uint32)
    groups = (ids % 2).astype(np.int8)
    run = load_kernel(kernel_name)
    for k in (1, 4):
        draw = run.fractions(draws, k) * 2.0**LABEL_BITS - 0.5
        wanted = (draw[..., None] >= edges[groups][:, None, :]).sum(axis=2)
        np.testing.assert_array_equal(run.labels(draws, groups, edges, k), wanted)
        # Groups between equal edges, before an edge at 0 and after one at the end do not exist.
        assert set(np.unique(wanted[groups == 0])) <= {1, 2, 3}


def test_one_group_needs_no_edge(kernel_name):
    draws = Draws(1, 2, np.arange(9, dtype=np.uint64), np.zeros(9, np.uint64))
    assert (load_kernel(kernel_name).labels(draws, np.zeros(9, np.int8), np.empty((1, 0), np.uint32), 3) == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("regime", ["limit", "ordered", "mixed"])
def test_kernels_agree_to_one_unit_in_the_last_place(galleries, regime):
    if importlib.util.find_spec("numba") is None and os.environ.get("CI") != "true":
        pytest.skip("numba is not installed")
    gallery = galleries[regime]
    n = 100_000
    ids, x = np.arange(n), RNG.gamma(0.3, 1 / 0.3, n)
    a, b = (top(gallery, ids % gallery.probe_groups, x, 3, ids, k=5, with_groups=True, kernel=name) for name in KERNELS)
    near = np.nextafter(a.score, np.float32(-np.inf)) <= b.score
    assert (near & (b.score <= np.nextafter(a.score, np.float32(np.inf)))).all()
    assert (a.score != b.score).mean() < 1e-4
    # Groups hang on the draws alone, or on a score through a density: a draw may lie on the edge.
    assert (a.group != b.group).sum() <= 1


def test_a_kernel_that_is_not_there_is_named():
    with pytest.raises(UnknownName, match="unknown kernel 'numbra'; did you mean 'numba'"):
        load_kernel("numbra")


def test_without_numba_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(numba_kernel, "_compile", numba_kernel._compile.__wrapped__)
    with pytest.raises(MisidError, match=r"pip install 'misid\[fast\]'"):
        load_kernel("numba")
