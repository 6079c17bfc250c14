"""Properties of the search that hold for any gallery and any people."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from misid.search import Candidates, GroupedGallery, exact_groups, top

PROBES = 40
GROUPS = st.integers(1, 4)
QUICK = settings(max_examples=12, deadline=None)


@st.composite
def galleries(draw):
    g, h = draw(GROUPS), draw(GROUPS)
    count = draw(arrays(float, h, elements=st.sampled_from([0.0, 0.5, 1.0, 7.0, 250.0, 4e3, 3e8])))
    factor = draw(arrays(float, (g, h), elements=st.sampled_from([0.0, 1e-6, 0.2, 1.0, 30.0, 4e4])))
    return GroupedGallery(count, factor)


@st.composite
def probes(draw, gallery):
    """Return groups, propensities and ids of some probes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    x = rng.gamma(draw(st.sampled_from([0.05, 1.0, 1e6])), 1.0, PROBES)
    ids = rng.permutation(draw(st.integers(0, 2**60)) + np.arange(PROBES))
    return rng.integers(0, gallery.probe_groups, PROBES), x, ids


def same(a, b):
    return (a.score == b.score).all() and (a.group == b.group).all()


@QUICK
@given(st.data(), galleries(), st.integers(0, 2**64 - 1), st.integers(1, 12))
def test_order_and_company_change_nothing(data, gallery, seed, k):
    group, x, ids = data.draw(probes(gallery))
    whole = top(gallery, group, x, seed, ids, k=k, with_groups=True)
    cut = data.draw(st.integers(0, PROBES))
    for part in (slice(None, cut), slice(cut, None), slice(None, None, -1)):
        found = top(gallery, group[part], x[part], seed, ids[part], k=k, with_groups=True)
        assert same(found, Candidates(whole.score[part], whole.group[part]))


@QUICK
@given(st.data(), galleries(), st.integers(1, 12))
def test_scores_fall_from_the_best_and_lie_above_the_floor(data, gallery, k):
    group, x, ids = data.draw(probes(gallery))
    found = top(gallery, group, x, 3, ids, k=k, with_groups=True)
    assert not np.isnan(found.score).any()
    assert (found.score[:, 1:] <= found.score[:, :-1]).all()
    assert (found.score[:, 0] >= gallery.floor[group].astype(np.float32)).all()
    there = np.arange(k) < gallery.most[group][:, None]
    assert (np.isfinite(found.score) == there).all()
    assert ((found.group >= 0) == there).all()
    assert gallery.present[group[:, None], found.group][there].all()


@QUICK
@given(st.data(), galleries(), st.sampled_from([1.0, 1.001, 3.0, 1e4]))
def test_more_comparisons_or_propensity_never_lower_the_best(data, gallery, more):
    group, x, ids = data.draw(probes(gallery))
    larger = GroupedGallery(gallery.comparisons * more, gallery.factor)
    alike = (exact_groups(larger) == exact_groups(gallery))[group]
    before = top(gallery, group, x, 3, ids).score
    # Both go through tables where there are few comparisons: a table is good to 1e-6.
    slack = 2e-6 * np.maximum(1, np.abs(np.where(np.isfinite(before), before, 0)))
    assert (top(larger, group, x, 3, ids).score >= before - slack)[alike].all()
    assert (top(gallery, group, x * more, 3, ids).score >= before - slack).all()


@QUICK
@given(st.data(), galleries())
def test_likelier_pairs_never_lower_the_best(data, gallery):
    group, x, ids = data.draw(probes(gallery))
    worse = GroupedGallery(gallery.comparisons, gallery.factor * 2)
    assert (exact_groups(worse) == exact_groups(gallery)).all()
    a, b = (top(g, group, x, 3, ids).score[:, 0].astype(float) for g in (gallery, worse))
    there = np.isfinite(a)
    np.testing.assert_allclose(b[there] - a[there], np.log10(2.0), atol=1e-5)
