"""Intervals where few of the people in the data are searched for."""

from __future__ import annotations

import numpy as np
import pytest

from misid.evaluation import Terms
from misid.evaluation.searches import counts
from misid.evaluation.searches.intervals import event_rate, resampled_thresholds
from misid.quantities import Conditions
from misid.randomness import Purpose, uniforms
from misid.statistics import search_interval


@pytest.mark.parametrize("apart", [1, 3, 50])
def test_people_who_are_not_searched_for_change_no_draw(apart):
    """Draws of people far apart are made one by one, those of people close together in a row."""
    rng = np.random.default_rng(8)
    numbers = 7 + apart * np.arange(40, dtype=np.int32)
    best = rng.choice(numbers, 300), rng.normal(size=300).round(1).astype(np.float32)
    mated = rng.choice(numbers, 200), rng.normal(2, 1, 200).round(1).astype(np.float32)
    people, replicates = 60 * apart + 7, 10
    (found,) = resampled_thresholds([*best], [mated], [0.13], Terms(Conditions(), people, 0.95, 9), replicates)
    for b in range(replicates):
        drawn = np.ceil(-64 * np.log(uniforms(9, Purpose.BOOTSTRAP, np.arange(people), b // 4)[b % 4]))
        w = drawn[best[0]]
        steps = np.nextafter(np.unique(best[1]), np.float32(np.inf))
        held = next(step for step in steps if w[best[1] >= step].sum() <= 0.13 * w.sum())
        assert found.threshold[b] == held
        missed = drawn[mated[0]]
        assert found.missed[0, b] == pytest.approx(missed[mated[1] < held].sum() / missed.sum(), rel=1e-12)


def test_people_who_are_not_searched_for_change_no_interval():
    rng = np.random.default_rng(9)
    probe = (11 * rng.integers(0, 80, 400)).astype(np.int32)
    events = counts.SearchEvents(probe, (rng.random(400) < 0.2).astype(np.int64))
    figure = event_rate(events, Terms(Conditions(), 5_000, 0.95, 1))
    plain = search_interval(probe, events.number > 0, 5_000)
    assert (figure.value, figure.low, figure.high, figure.trials) == (plain.value, plain.low, plain.high, plain.trials)
