from __future__ import annotations

import importlib.util
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import misid
from misid.evaluation import (
    EvaluationOptions,
    larger_gallery,
    predict_growth,
)
from misid.quantities import Doubt
from misid.statistics import fpir_gamma, fpir_independent

_spec = importlib.util.spec_from_file_location(
    "made_up_searches", Path(__file__).parents[2] / "helpers" / "made_up_searches.py"
)
made = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made)
made_up, score_at, share_at = made.made_up, made.score_at, made.share_at
MUGSHOT = EvaluationOptions(image_kind="mugshot")


def passed(found, form):
    return [check.passed for check in found.checks if check.form == form]


@pytest.fixture(scope="module")
def alike():
    return made_up(1)


@pytest.fixture(scope="module")
def unlike():
    return made_up(2, k=0.5)


def test_the_mean_over_all_parts_of_a_gallery_needs_no_draw():
    """Against every part of 3 out of 7 people, one by one."""
    data = larger_gallery.usable_searches(made_up(3, searches=60, n=7, depth=7), 1)
    data = replace(data, n_references=7.0)
    counts = np.minimum(np.arange(60) % 9, 7)
    by_hand = np.zeros(60)
    parts = list(itertools.combinations(range(7), 3))
    for part in parts:
        by_hand += [any(person < count for person in part) for count in counts]
    found = larger_gallery.fpir_of_parts(data, counts, [3 / 7, 1.0])
    assert found[0, 0] == pytest.approx((by_hand / len(parts)).mean(), rel=1e-12)
    assert found[0, 1] == pytest.approx((counts > 0).mean(), rel=1e-12)


def test_the_bend_gives_the_spread_back():
    k = np.array([0.05, 0.5, 3.0])
    expected = np.array([0.02, 0.7, 4.0])
    whole, half = fpir_gamma(expected, k), fpir_gamma(expected / 2, k)
    assert larger_gallery.gamma_shape(whole, half) == pytest.approx(k, rel=1e-6)
    assert larger_gallery.fpir_if_probes_differ(whole, k, 10.0) == pytest.approx(fpir_gamma(10 * expected, k), rel=1e-9)
    smaller = np.array([fpir_independent(1e-4, 500)])
    assert larger_gallery.fpir_if_independent(smaller, 8.0) == pytest.approx(fpir_independent(1e-4, 4000))
    assert np.isinf(
        larger_gallery.gamma_shape(np.array([0.3, 0.0]), np.array([-np.expm1(0.5 * np.log1p(-0.3)), 0.0]))
    ).all()


@pytest.mark.slow
@pytest.mark.parametrize("at", [None, 14.0])
def test_alike_probes_grow_as_independence_says(alike, at):
    found = predict_growth(None, alike, MUGSHOT, at)
    assert found is not None
    assert all(passed(found, "independence"))
    assert all(passed(found, "heterogeneity"))
    assert passed(found, "tail") == [True]
    assert found.measured_n == 4096
    for name in ("1e4", "1e5", "1e6", "2e8"):
        figure = found.figures[f"fpir_at_n_{name}"]
        truth = -np.expm1(-float(name) * share_at(found.threshold, 0.0))
        assert figure.low <= truth <= figure.high
        assert figure.kind is Doubt.MODEL
        assert figure.conditions.score == found.threshold
        assert ("beyond_data" in figure.caveats) == (name != "1e4")
    assert ("tail" in found.lines) == (at is not None or found.threshold > 8)
    rising = [found.figures[f"fpir_at_n_{name}"].value for name in ("1e4", "1e5", "1e6", "1e7", "2e8")]
    assert rising == sorted(rising)


@pytest.mark.slow
def test_unlike_probes_fail_independence_and_pass_heterogeneity(unlike):
    found = predict_growth(None, unlike, MUGSHOT)
    assert found is not None
    # At FPIR 0.1 few searches have two candidates, so little bends; where half of them have one it does.
    assert not any(passed(found, "independence")[4:])
    assert all(passed(found, "heterogeneity"))
    for name in ("1e4", "1e5", "1e6", "2e8"):
        figure = found.figures[f"fpir_at_n_{name}"]
        truth = fpir_gamma(float(name) * share_at(found.threshold, 0.0), 0.5)
        assert figure.low <= truth <= figure.high
        # What failed is drawn, and is no part of the band.
        assert "independent" not in figure.method
    assert set(found.lines) >= {"independence", "heterogeneity"}
    assert any("drawn, not trusted" in said for said in found.remarks)


@pytest.mark.slow
def test_a_wrong_spread_is_noticed(unlike, monkeypatch):
    """A planted fault: predictions with four times the spread's shape must fail inside the data."""
    right = larger_gallery.gamma_shape
    monkeypatch.setattr(larger_gallery, "gamma_shape", lambda whole, half: 4 * right(whole, half))
    found = predict_growth(None, unlike, MUGSHOT)
    assert found is not None
    assert not all(passed(found, "heterogeneity"))
    assert "heterogeneity" not in found.figures["fpir_at_n_1e6"].method


@pytest.mark.slow
def test_a_tail_that_changes_beyond_the_part_is_noticed():
    """A planted second law: scores above a level are squeezed tenfold, of which a sixteenth of the gallery has few."""
    plain = made_up(5, searches=4000, n=16_384)
    level = float(np.sort(plain.others[:, 0])[-300])
    others = np.where(plain.others > level, level + 0.1 * (plain.others - level), plain.others).astype(np.float32)
    found = predict_growth(None, replace(plain, others=others), MUGSHOT)
    assert found is not None
    assert passed(found, "tail") == [False]


@pytest.mark.slow
@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2])
def test_a_threshold_beyond_the_data_stands_on_the_tail_and_says_so(shape):
    data = made_up(7, shape=shape)
    at = float(data.others[:, 0].max()) * 1.02
    found = predict_growth(None, data, MUGSHOT, at)
    assert found is not None
    assert set(found.lines) == {"tail"}
    figure = found.figures["fpir_at_n_1e6"]
    assert {"tail_shape_decides", "beyond_data"} <= set(figure.caveats)
    assert figure.low <= -np.expm1(-1e6 * share_at(at, shape)) <= figure.high
    assert figure.high > 0


@pytest.mark.slow
@pytest.mark.parametrize("shape", [-0.2, 0.0, 0.2])
def test_the_threshold_that_holds_fpir(shape):
    found = predict_growth(None, made_up(8, shape=shape), MUGSHOT)
    assert found is not None
    for name in ("1e5", "2e8"):
        held = found.figures[f"threshold_holding_fpir_at_n_{name}"]
        wanted = share_at(found.threshold, shape) * 4096 / float(name)
        assert held.low <= float(score_at(np.array([wanted]), shape)[0]) <= held.high


@pytest.mark.slow
def test_the_same_seed_gives_the_same_figures(alike):
    one, again, other = (predict_growth(None, alike, EvaluationOptions(seed=seed)) for seed in (3, 3, 4))
    assert one.figures == again.figures
    assert one.figures != other.figures


def test_lists_that_end_above_the_threshold():
    """Nothing is checked where lists hide who reaches the threshold; the rest says so."""
    short = made_up(9, depth=4)
    low = float(np.median(short.others[:, 3]))
    found = predict_growth(None, short, MUGSHOT, low)
    assert found is not None
    assert any("lists end above the threshold" in said for said in found.remarks)
    busy = [check for check in found.checks if check.form == "independence"]
    assert all(check.seen.conditions.score > low for check in busy)


def test_candidates_of_one_person_count_once(alike):
    others = alike.others[:, :3].copy()
    subject = np.tile(np.array([5, 5, 6], dtype=np.int32), (len(others), 1))
    named = larger_gallery.usable_searches(replace(alike, others=others, others_subject=subject), 1)
    assert set(larger_gallery.people_above(named, -1.0)) == {2}
    assert set(larger_gallery.people_above(larger_gallery.usable_searches(replace(alike, others=others), 1), -1.0)) == {
        3
    }


@pytest.mark.slow
def test_mated_searches_stand_in_without_their_mates(alike):
    every = np.ones(2000, dtype=bool)
    mated = replace(alike, mated=every, mate=np.full(2000, 99.0, dtype=np.float32))
    found = predict_growth(None, mated, MUGSHOT)
    assert found is not None
    assert found.measured_n == 4095
    assert "mates taken out" in found.remarks[0]
    assert found.threshold == predict_growth(None, alike, MUGSHOT).threshold


def test_too_little_says_nothing(alike):
    few = replace(
        alike,
        **{
            name: getattr(alike, name)[:40]
            for name in ("probe", "mated", "failed", "mate", "rank", "rank_favoured", "others")
        },
    )
    assert predict_growth(None, few, MUGSHOT) is None
    assert predict_growth(None, replace(alike, failed=np.ones(2000, dtype=bool)), MUGSHOT) is None


def test_comparisons_of_a_part_of_a_square_are_whole():
    """For every size of a square of one photo each: as many as were drawn, whatever their share rounds to."""
    for n in range(4, 1501):
        total = n * (n - 1)
        known = larger_gallery.KnownScores(np.broadcast_to(np.float32(0), total), None, None, float(total))
        for people in {1, max(n // 16, 1), n // 16 + 1, n // 10 + 1, n}:
            kept = (n - 1) * people
            assert larger_gallery._part_trials(known, kept) == kept


def test_a_part_never_has_fewer_comparisons_than_scores():
    known = larger_gallery.KnownScores(np.zeros(90, np.float32), None, None, 100.0)
    assert larger_gallery._part_trials(known, 5) == 6.25
    assert larger_gallery._part_trials(known, 9) == 9


@pytest.mark.parametrize("references", [7, 12])
def test_lists_that_hold_everything_have_as_many_comparisons_as_scores(references):
    """Three people of 7 references: a mate's own are 7 / 3 on average, and those searched have one each."""
    data = larger_gallery.usable_searches(made_up(3, searches=60, n=7, depth=7), 1)
    scores = np.sort(np.random.default_rng(1).normal(size=(60, 7)).astype(np.float32))[:, ::-1]
    data = replace(data, others=scores, subject=None, known_from=np.full(60, -np.inf), n_references=references - 7 / 3)
    known = larger_gallery._listed_scores(data)
    assert known.trials == max(60 * 7, data.trials)


def test_a_square_of_77_is_read_to_its_end(tmp_path):
    """Five of 77 people are drawn, 380 comparisons, whose share of all rounds down."""
    n, rng = 77, np.random.default_rng(7)
    score = rng.normal(size=(n, n)) + 4 * np.eye(n)
    names = [f"s{i}" for i in range(n)]
    rows = [",".join([name, *(f"{x:.4f}" for x in row)]) for name, row in zip(names, score, strict=True)]
    path = tmp_path / "square.csv"
    path.write_text("\n".join([",".join(["", *names]), *rows, ""]))
    assert "fpir_at_n_1e6" in str(misid.evaluate([path]).to_json())
