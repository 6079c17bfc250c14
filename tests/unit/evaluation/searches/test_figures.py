"""Figures of searches: names, values, intervals and what is said beside them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from misid.evaluation import (
    FPIR_TARGETS,
    Embeddings,
    EvaluationOptions,
    People,
    Searches,
    TalliedPairs,
    Terms,
    compare_embeddings,
    search_rates,
    searches_from_comparisons,
)
from misid.evaluation.searches import counts
from misid.evaluation.searches.intervals import resampled_thresholds
from misid.quantities import Conditions, Doubt
from misid.randomness import Purpose, uniforms
from oracles.matrix_searches import matrix_searches
from oracles.search_rates import fnir, fpir


def evaluated(found, **changes):
    targets = changes.pop("fpir_targets", FPIR_TARGETS)
    return search_rates(found, EvaluationOptions(**({"image_kind": "mugshot"} | changes)), targets)


@pytest.fixture
def found(make):
    return matrix_searches(*make.world(probes=600))


def test_figures_are_the_plain_rates_with_their_conditions(make, found):
    result = evaluated(found, thresholds=(2.5,))
    score, probe, reference, _ = make.world(probes=600)
    wanted = make.naive(score, probe, reference, np.float32(2.5), 1)
    figures = result.figures
    assert figures["rank_1"].value == pytest.approx(wanted.found)
    assert figures["fpir_at_2.5"].value == pytest.approx(wanted.fpir)
    assert figures["fnir_rank_1_at_2.5"].value == pytest.approx(wanted.fnir)
    assert figures["misid_at_2.5"].value == pytest.approx(wanted.misid)
    assert figures["selectivity_at_2.5"].value == pytest.approx(wanted.selectivity)
    for name, figure in figures.items():
        if figure.value is None:
            continue
        assert figure.kind is Doubt.SAMPLING, name
        assert figure.low <= figure.value <= figure.high, name
        assert figure.low < figure.high, name
        assert (figure.conditions.n_references, figure.conditions.n_enrolled) == (90, 60), name
        assert figure.conditions.image_kind == "mugshot", name
        assert (figure.conditions.score is None) == name.startswith("rank_"), name
        assert figure.n == (result.n_mated if name.startswith(("rank", "fnir", "misid")) else result.n_non_mated), name


def test_figures_at_an_fpir(found):
    figures = evaluated(found).figures
    threshold = figures["threshold_at_fpir_0.1"].value
    assert threshold == counts.threshold_for_fpir(counts.best_non_mated(found)[1], 0.1)
    assert figures["fpir_realised_at_fpir_0.1"].value == fpir(found, threshold) <= 0.1
    assert figures["fnir_at_fpir_0.1"].value == fnir(found, threshold)
    assert "again in each resample" in figures["fnir_at_fpir_0.1"].method


def test_a_target_that_the_data_cannot_hold_has_a_reason(found):
    figures = evaluated(found, fpir_targets=(0.1, 1e-4)).figures
    for name in ("threshold_at_fpir_0.0001", "fnir_at_fpir_0.0001"):
        assert figures[name].value is None
        n = (~found.mated).sum()
        assert figures[name].reason == f"an FPIR of 0.0001 needs at least 10,000 non-mated searches; the data have {n}"


def test_same_seed_same_figures(found):
    first, again, other = (evaluated(found, seed=seed).figures for seed in (4, 4, 5))
    assert first == again
    assert first["fnir_at_fpir_0.1"].value == other["fnir_at_fpir_0.1"].value
    assert first["fnir_at_fpir_0.1"] != other["fnir_at_fpir_0.1"]


def test_order_of_searches_does_not_matter(found):
    order = np.random.default_rng(1).permutation(found.probe.size)
    names = ("probe", "mated", "failed", "mate", "rank", "rank_favoured", "rank_of_people", "others")
    shuffled = replace(found, **{name: getattr(found, name)[order] for name in names})
    first, other = evaluated(found).figures, evaluated(shuffled).figures
    for name, figure in first.items():
        ends = [[e.value, e.low, e.high] for e in (figure, other[name]) if e.value is not None]
        assert len(ends) in (0, 2), name
        np.testing.assert_allclose(*(ends or [0, 0]), rtol=1e-9, err_msg=name)


def test_lines_are_exact_and_banded(found):
    result = evaluated(found)
    for line, rate in ((result.fpir, fpir), (result.fnir, fnir)):
        assert (np.diff(line.x) > 0).all()
        np.testing.assert_allclose(line.value, [rate(found, x) for x in line.x], atol=1e-12)
        assert (line.low <= line.value).all()
        assert (line.value <= line.high).all()
        assert 50 < line.x.size <= 250
    np.testing.assert_allclose(result.cmc.value, counts.cmc(found, 50))
    assert (result.cmc.low <= result.cmc.value).all()


def test_a_closed_set_gets_its_fpir_without_mates(make):
    score, probe, reference, people = make.world(people=60)
    closed = matrix_searches(score, probe, reference, people)
    assert closed.mated.all()
    result = evaluated(closed, thresholds=(2.5,))
    without = counts.without_mates(closed)
    figure = result.figures["fpir_mate_removed_at_2.5"]
    assert figure.value == fpir(without, 2.5)
    assert "mates are taken out" in figure.method
    assert figure.conditions.n_enrolled == 59
    assert not {name for name in result.figures if "fpir" in name and "mate_removed" not in name}
    assert result.n_non_mated == 0


def test_failures_are_reported_with_and_without(make):
    score, probe, reference, people = make.world(probes=600)
    score[::7] = np.nan
    given = matrix_searches(score, probe, reference, people)
    figures = evaluated(given, thresholds=(2.5,)).figures
    for name, rate in (("fpir_at_2.5", fpir), ("fnir_at_2.5", fnir)):
        assert figures[name].value == rate(given, 2.5)
        assert figures[f"{name}_without_failures"].value == rate(given, 2.5, failures=False)
        assert "failures_counted" in figures[name].caveats
        assert "failures_counted" not in figures[f"{name}_without_failures"].caveats
    assert figures["failed_searches"].value == pytest.approx(np.isnan(score).all(axis=1).mean())


def test_only_non_mated_searches(make):
    score, probe, reference, people = make.world()
    result = evaluated(matrix_searches(score[probe >= 60], probe[probe >= 60], reference, people))
    assert result.cmc is None
    assert result.fnir is None
    assert result.fpir is not None
    assert not [name for name in result.figures if name.startswith(("rank", "misid", "fnir_at_fpir_0.1"))]


def test_lists_say_how_deep_they_are(found):
    short = replace(found, depth=5, others=found.others[:, :5], rank=np.where(found.rank > 5, 0, found.rank))
    figures = evaluated(short, thresholds=(0.0,)).figures
    assert "rank_5" in figures
    assert "rank_10" not in figures
    assert "list_depth" in figures["rank_5"].caveats
    assert "at least: no more than 5 candidates" in figures["selectivity_at_0"].method


def test_candidate_lists_tell_the_gallery_side(make):
    """Where others' subjects are listed, the interval is that of a second look at all scores."""
    score, probe, reference, people = make.world(probes=600)
    whole = matrix_searches(score, probe, reference, people)
    listed = np.full(whole.others.shape, -1, np.int32)
    for i, (row, p) in enumerate(zip(score, probe, strict=True)):
        other = np.flatnonzero(reference != p)
        best = other[np.argsort(-row[other], kind="stable")][:50]
        listed[i, : best.size] = reference[best]
    lists = replace(whole, hits=None, others_subject=listed)
    neither = replace(whole, hits=None)
    a, b, c = (evaluated(s, thresholds=(2.5,)).figures["fpir_at_2.5"] for s in (whole, lists, neither))
    assert (a.low, a.high) == pytest.approx((b.low, b.high))
    assert a.high - a.low > c.high - c.low
    assert "gallery subjects" in a.method
    assert "gallery" not in c.method


def test_a_few_people_who_are_taken_for_everybody_widen_the_interval(make):
    """Planted: one enrolled person in sixty draws a third of the false hits."""
    score, probe, reference, people = make.world(probes=600)
    plain = evaluated(matrix_searches(score, probe, reference, people), thresholds=(2.8,)).figures["fpir_at_2.8"]
    drawn = score.copy()
    drawn[np.random.default_rng(3).random(600) < 0.3, 0] = 3.0
    drawn[probe == 0, 0] = 3.0
    figure = evaluated(matrix_searches(drawn, probe, reference, people), thresholds=(2.8,)).figures["fpir_at_2.8"]
    one_way = replace(matrix_searches(drawn, probe, reference, people), hits=None)
    blind = evaluated(one_way, thresholds=(2.8,)).figures["fpir_at_2.8"]
    assert figure.high - figure.low > 2 * (plain.high - plain.low)
    assert figure.high - figure.low > 2 * (blind.high - blind.low)


def test_thresholds_set_again_are_those_of_a_plain_loop():
    """Weights for numbers, with ties, one resample at a time."""
    rng = np.random.default_rng(6)
    people, replicates, target = 40, 60, 0.13
    best = rng.integers(0, 40, 300).astype(np.int32), np.round(rng.normal(size=300), 1).astype(np.float32)
    mated = rng.integers(0, 40, 200).astype(np.int32), np.round(rng.normal(2, 1, 200), 1).astype(np.float32)
    terms = Terms(Conditions(), people, 0.95, 9)
    (found,) = resampled_thresholds(best, [mated], [target], terms, replicates)
    for b in range(replicates):
        drawn = uniforms(9, Purpose.BOOTSTRAP, np.arange(people), b // 4)[b % 4]
        w = np.ceil(-64 * np.log(drawn))
        steps = np.unique(best[1])
        steps = np.nextafter(steps, np.float32(np.inf))
        share = [w[best[0]][best[1] >= step].sum() / w[best[0]].sum() for step in steps]
        threshold = steps[np.flatnonzero(np.array(share) <= target)[0]]
        missed = w[mated[0]][mated[1] < threshold].sum() / w[mated[0]].sum()
        assert found.threshold[b] == threshold
        assert found.missed[0, b] == pytest.approx(missed, rel=1e-12)


def test_weights_belong_to_people(make):
    """People without searches change nothing."""
    score, probe, reference, people = make.world()
    first = evaluated(matrix_searches(score, probe, reference, people)).figures
    more = evaluated(matrix_searches(score, probe, reference, People(500))).figures
    assert first["threshold_at_fpir_0.1"] == more["threshold_at_fpir_0.1"]


@pytest.mark.slow
def test_the_doubt_about_the_threshold_is_in_the_interval():
    """FNIR at the threshold that truly has an FPIR of 10% is covered; at a fixed threshold it would not be.

    60 data sets of 60 people, three searches each, of whom the score has a personal part: the share covered is at
    least what a 95% interval falls to once in 1,000 such tests.
    """
    rng = np.random.default_rng(12)
    sets, people, each = 60, 60, 3
    sd = np.sqrt(2.0)
    threshold = stats.norm.isf(0.1, scale=sd)
    truth = stats.norm.cdf(threshold, loc=2.5, scale=sd)
    covered = 0
    for seed in range(sets):
        best = (rng.normal(size=(people, 1)) + rng.normal(size=(people, each))).ravel().astype(np.float32)
        mate = (2.5 + rng.normal(size=(people, 1)) + rng.normal(size=(people, each))).ravel().astype(np.float32)
        n = people * each
        who = np.concatenate([np.repeat(np.arange(people), each), people + np.repeat(np.arange(people), each)])
        mated = np.arange(2 * n) >= n
        empty = np.full(n, -np.inf, np.float32)
        s = Searches(
            who.astype(np.int32), mated, np.zeros(2 * n, bool), np.concatenate([empty, mate]),
            mated.astype(np.int32), mated.astype(np.int32), np.concatenate([best, empty])[:, None],
            1000, 1000, 1000, People(2 * people),
        )  # fmt: skip
        figure = evaluated(s, seed=seed, fpir_targets=(0.1,)).figures["fnir_at_fpir_0.1"]
        covered += figure.low <= truth <= figure.high
    assert covered >= stats.binom.ppf(0.001, sets, 0.95)


def some_templates(same=False):
    rng = np.random.default_rng(4)
    subject = np.repeat(np.arange(40, dtype=np.int32), 3)
    v = rng.normal(size=(40, 16))[subject] + 0.7 * rng.normal(size=(120, 16))
    v = (v / np.linalg.norm(v, axis=1, keepdims=True)).astype(np.float32)
    rows = np.arange(120)
    references = rows if same else rows[(rows % 3 == 0) & (rows < 90)]
    probes = rows if same else rows[rows % 3 > 0]
    return Embeddings(v, "cosine", subject, probes, references, np.array([3, 39], np.int32), 1, People(41))


def test_embeddings_give_comparisons_and_the_same_searches():
    pairs, found, said = compare_embeddings(some_templates())
    assert (pairs.mated.score.size, pairs.non_mated.score.size) == (60, 80 * 30 - 60)
    # One of the two probes without a template is enrolled, with one reference.
    assert (pairs.mated.failed, pairs.non_mated.failed) == (1, 59)
    assert "2 probe samples have no template; they count as failed searches." in said
    assert "1 reference samples have no template; they are not in the gallery." in said
    assert found.failed.sum() == 2
    assert found.mated[found.failed].tolist() == [True, False]
    again, _ = searches_from_comparisons(pairs)
    assert again is None or again.n_references == 30
    np.testing.assert_array_equal(np.sort(found.mate[np.isfinite(found.mate)])[-1], pairs.mated.score.max())


def test_many_embeddings_are_counted(monkeypatch):
    held, *_ = compare_embeddings(some_templates(same=True))
    monkeypatch.setattr("misid.evaluation.searches.from_embeddings.MOST_HELD", 10)
    counted, found, said = compare_embeddings(some_templates(same=True))
    assert isinstance(counted, TalliedPairs)
    steps = counted.steps
    assert (steps.n_mated, steps.n_non_mated) == (held.mated.score.size, held.non_mated.score.size)
    assert (steps.failed_mated, steps.failed_non_mated) == (held.mated.failed, held.non_mated.failed)
    assert (found.n_references, found.depth) == (119, 119)
    assert "Probes and references are the same samples: each pair counts once, and none is of one sample." in said
