"""Trials of one person each: the same as pairs in which everybody stands with himself."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms
from misid.statistics import PairCounts, clustered_rate, clustered_rates_by_person


@pytest.mark.parametrize("people", [1, 2, 7, 400])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.4, 1.0])
def test_as_pairs_of_everybody_with_himself(people, rate):
    drawn = uniforms(3, Purpose.FOLD, np.arange(people))
    trials = (drawn[0] * 6).astype(np.int64)
    trials[0] = 5
    events = np.floor(trials * rate + drawn[1] * (0 < rate < 1)).astype(np.int64).clip(0, trials)
    who = np.arange(people, dtype=np.int32)
    pairs = clustered_rate(PairCounts(who, who, events, people), PairCounts(who, who, trials, people))
    (found,) = clustered_rates_by_person(events[None], trials)
    for name, one, other in zip(found._fields, found, pairs, strict=True):
        if name == "pairs":
            assert one == np.count_nonzero(trials)
        else:
            assert one == pytest.approx(other, rel=1e-12), name


def test_somebody_who_is_searched_for_most_of_the_time_counts_at_most_double():
    (found,) = clustered_rates_by_person(np.array([[9, 0]]), np.array([10, 1]))
    assert found.nodes == pytest.approx([(9 / 11 - 9 / 11 * 10 / 11) / 0.5, -9 / 11 / 11 / (1 - 1 / 11)])


def test_without_trials_there_is_no_rate():
    with pytest.raises(OutOfRange):
        clustered_rates_by_person(np.zeros((1, 3), np.int64), np.zeros(3, np.int64))
