"""Two algorithms on the same comparisons: what both have in common cancels, thresholds set on the data do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import (
    Comparisons,
    EvaluationOptions,
    People,
    Searches,
    Side,
    at_fmr,
    pair_errors,
    pair_trials,
    paired_differences,
    steps,
)
from misid.statistics import paired_rate_difference


def made_up(seed: int, shift: float, people: int = 120, images: int = 4) -> tuple[Comparisons, Searches]:
    """People who are more or less easily mistaken and missed; searches of half of them, twice, the others enrolled."""
    rng = np.random.default_rng(seed)
    wolf, goat = rng.normal(0, 0.8, people), rng.normal(0, 0.8, people)
    i, j = (np.repeat(x, 4) for x in np.nonzero(~np.eye(people, dtype=bool)))
    who = np.repeat(np.arange(people), images)
    codes = [x.astype(np.int32) for x in (i, j, who)]
    other = (wolf[i] + wolf[j] + rng.logistic(size=i.size)).astype(np.float32)
    own = (shift - goat[who] + rng.logistic(size=who.size)).astype(np.float32)
    pairs = Comparisons(Side(own, codes[2], codes[2]), Side(other, codes[0], codes[1]), People(people))
    mated = who < people // 2
    best = (wolf[who] + rng.gumbel(size=who.size)).astype(np.float32)
    first = np.ones(who.size, np.int32)
    mate = np.where(mated, own, -np.inf).astype(np.float32)
    first[mated & (mate <= best)] = 2
    searches = Searches(
        codes[2], mated, np.zeros(who.size, bool), mate, first, first, best[:, None], people, people, 5, People(people)
    )
    return pairs, searches


PAIRS, SEARCHES = made_up(1, 3.0)
OTHER_PAIRS, OTHER_SEARCHES = made_up(2, 3.6)
BOTH = (PAIRS, OTHER_PAIRS, (SEARCHES, OTHER_SEARCHES))
OPTIONS = EvaluationOptions(image_kind="mugshot", level=0.95)


def at_fixed_thresholds(one: Comparisons, other: Comparisons, target: str):
    tables = [pair_errors(of, at_fmr(steps(of, fmr=(target,)), target).threshold, mated=True) for of in (one, other)]
    return paired_rate_difference(*tables, pair_trials(one, mated=True))


def test_an_algorithm_does_not_differ_from_itself():
    found = paired_differences(PAIRS, PAIRS, (SEARCHES, SEARCHES), OPTIONS)
    assert set(found) >= {"fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-3", "rank_1_miss", "fnir_at_fpir_0.1"}
    for figure in found.values():
        assert figure.value == 0
        assert figure.low <= 0 <= figure.high
        assert figure.count == 0


def test_the_other_way_round_is_the_mirror_image():
    found = paired_differences(*BOTH, OPTIONS)
    turned = paired_differences(OTHER_PAIRS, PAIRS, (OTHER_SEARCHES, SEARCHES), OPTIONS)
    for name, figure in found.items():
        assert turned[name].value == pytest.approx(-figure.value)
        assert (turned[name].low, turned[name].high) == pytest.approx((-figure.high, -figure.low))


@pytest.mark.parametrize("target", ["1e-1", "1e-2"])
def test_the_doubt_of_both_thresholds_is_in_the_interval(target):
    found = paired_differences(PAIRS, OTHER_PAIRS, (None, None), OPTIONS)[f"fnmr_at_fmr_{target}"]
    fixed = at_fixed_thresholds(PAIRS, OTHER_PAIRS, target)
    assert found.value == pytest.approx(fixed.value)
    assert found.high - found.low > fixed.high - fixed.low
    assert "both thresholds' doubt" in found.method
    assert "p = " in found.method


def test_thresholds_that_move_together_cancel():
    """Non-mated scores of both are the same, and so nearly are mates: what is left is as at fixed thresholds."""
    rng = np.random.default_rng(4)
    mates = PAIRS.mated.score + np.where(rng.random(PAIRS.mated.score.size) < 0.3, 0.4, 0.0).astype(np.float32)
    alike = Comparisons(replace(PAIRS.mated, score=mates.astype(np.float32)), PAIRS.non_mated, PAIRS.people)
    found = paired_differences(PAIRS, alike, (None, None), OPTIONS)["fnmr_at_fmr_1e-2"]
    fixed = at_fixed_thresholds(PAIRS, alike, "1e-2")
    assert found.high - found.low == pytest.approx(fixed.high - fixed.low, rel=0.2)
    apart = paired_differences(PAIRS, OTHER_PAIRS, (None, None), OPTIONS)["fnmr_at_fmr_1e-2"]
    assert found.high - found.low < 0.7 * (apart.high - apart.low)


def test_few_false_matches_leave_the_thresholds_wide_open():
    one, other = (made_up(seed, 8.0)[0] for seed in (1, 2))
    n = one.non_mated.score.size
    target = next(target for target in ("1e-4", "1e-5") if 1 <= float(target) * n < 25)
    found = paired_differences(one, other, (None, None), OPTIONS)[f"fnmr_at_fmr_{target}"]
    fixed = at_fixed_thresholds(one, other, target)
    assert "few_events" in found.caveats
    assert found.high - found.low > 1.5 * (fixed.high - fixed.low)


def test_a_threshold_that_no_stranger_reaches_gives_no_p():
    """Ties: the lowest threshold that keeps to the FMR lets nobody in."""
    tied = replace(PAIRS.non_mated, score=np.minimum(PAIRS.non_mated.score, np.float32(2.0)))
    highest = Comparisons(PAIRS.mated, tied, PAIRS.people)
    found = paired_differences(highest, OTHER_PAIRS, (None, None), OPTIONS)["fnmr_at_fmr_1e-3"]
    assert "no false match" in found.method
    assert "p = " not in found.method
    assert found.low < found.value < found.high


def test_thresholds_of_searches_are_set_again_in_each_resample():
    found = paired_differences(None, None, (SEARCHES, OTHER_SEARCHES), OPTIONS)
    assert "thresholds set again" in found["fnir_at_fpir_0.1"].method
    assert "p = " not in found["fnir_at_fpir_0.1"].method
    assert "p = " in found["rank_1_miss"].method
    again = paired_differences(None, None, (SEARCHES, OTHER_SEARCHES), OPTIONS)
    assert again == found
    assert paired_differences(None, None, (SEARCHES, OTHER_SEARCHES), replace(OPTIONS, seed=2)) != found


def test_searches_without_strangers_have_no_threshold():
    mated = np.flatnonzero(SEARCHES.mated)
    some = {name: getattr(SEARCHES, name)[mated] for name in ("probe", "mated", "failed", "mate", "rank", "others")}
    only = replace(SEARCHES, **some, rank_favoured=SEARCHES.rank_favoured[mated])
    assert set(paired_differences(None, None, (only, only), OPTIONS)) == {"rank_1_miss"}


def test_other_comparisons_are_refused():
    fewer = Side(*(x[1:] for x in (PAIRS.mated.score, PAIRS.mated.probe, PAIRS.mated.reference)))
    with pytest.raises(MisidError, match="not given the same mated comparisons"):
        paired_differences(PAIRS, Comparisons(fewer, PAIRS.non_mated, PAIRS.people), (None, None), OPTIONS)
    nameless = Comparisons(Side(PAIRS.mated.score), Side(PAIRS.non_mated.score), None)
    with pytest.raises(MisidError, match="name probe_subject"):
        paired_differences(PAIRS, nameless, (None, None), OPTIONS)
    with pytest.raises(MisidError, match="not given the same searches"):
        paired_differences(None, None, (SEARCHES, replace(SEARCHES, probe=SEARCHES.probe[::-1].copy())), OPTIONS)
    with pytest.raises(MisidError, match="with their subjects"):
        paired_differences(None, None, (None, None), OPTIONS)
