"""Rates at fixed thresholds and ranks, and intervals where few of the people in the data are searched for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.evaluation import matrix_searches, rates_at, rechosen, search_rates, share
from misid.evaluation.identification import rates
from misid.evaluation.identification.intervals import Terms
from misid.quantities import Conditions
from misid.randomness import Purpose, uniforms
from misid.statistics import search_interval


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("closed", [False, True])
def test_the_same_figures_as_in_the_whole_evaluation(make, failed, closed):
    score, probe, reference, people = make.world(probes=600)
    if failed:
        score = score.copy()
        score[::40] = np.nan
    if closed:
        of = np.isin(probe, reference)
        score, probe = score[of], probe[of]
    quick = rates_at(
        matrix_searches(score, probe, reference, people, 1), image_kind="a", thresholds=(2.5,), ranks=(1, 5)
    )
    deep = replace(matrix_searches(score, probe, reference, people), hits=None)
    whole = search_rates(deep, image_kind="a", thresholds=(2.5,)).figures
    removed = "_mate_removed" * closed
    wanted = {"rank_1", "rank_5", f"fpir{removed}_at_2.5", "fnir_at_2.5", "fnir_rank_1_at_2.5", "misid_at_2.5"}
    assert wanted <= set(quick)
    assert quick == {name: whole[name] for name in quick}


def test_ranks_beyond_the_lists_are_left_out_and_rank_0_is_told(make):
    found = matrix_searches(*make.world(probes=600), 1)
    assert set(rates_at(found, image_kind="a", ranks=(1, 90, 91))) == {"rank_1", "rank_90"}
    with pytest.raises(OutOfRange, match="rank"):
        rates_at(found, image_kind="a", ranks=(0,))


@pytest.mark.parametrize("apart", [1, 3, 50])
def test_people_who_are_not_searched_for_change_no_draw(apart):
    """Draws of people far apart are made one by one, those of people close together in a row."""
    rng = np.random.default_rng(8)
    numbers = 7 + apart * np.arange(40, dtype=np.int32)
    best = rng.choice(numbers, 300), rng.normal(size=300).round(1).astype(np.float32)
    mated = rng.choice(numbers, 200), rng.normal(2, 1, 200).round(1).astype(np.float32)
    people, replicates = 60 * apart + 7, 10
    (found,) = rechosen([*best], [mated], [0.13], Terms(Conditions(), people, 0.95, 9), replicates)
    for b in range(replicates):
        drawn = np.ceil(-64 * np.log(uniforms(9, Purpose.BOOTSTRAP, np.arange(people), b // 4)[b % 4]))
        w = drawn[best[0]]
        steps = np.append(np.unique(best[1]), np.float32(np.inf))
        held = next(step for step in steps if w[best[1] >= step].sum() <= 0.13 * w.sum())
        assert found.threshold[b] == held
        missed = drawn[mated[0]]
        assert found.missed[0, b] == pytest.approx(missed[mated[1] < held].sum() / missed.sum(), rel=1e-12)


def test_people_who_are_not_searched_for_change_no_interval():
    rng = np.random.default_rng(9)
    probe = (11 * rng.integers(0, 80, 400)).astype(np.int32)
    events = rates.Events(probe, (rng.random(400) < 0.2).astype(np.int64))
    figure = share(events, Terms(Conditions(), 5_000, 0.95, 1))
    plain = search_interval(probe, events.number > 0, 5_000)
    assert (figure.value, figure.low, figure.high, figure.n) == (plain.value, plain.low, plain.high, plain.trials)
