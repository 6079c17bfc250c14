"""Intervals over people: which method is picked, what resampled people give, and what must not change a byte."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import OutOfRange
from misid.quantities import FEW_EVENTS
from misid.statistics import (
    CrossCounts,
    PairCounts,
    clopper_pearson,
    clustered_rate,
    paired_rate_difference,
    rate_interval,
    resampled_rates,
    search_interval,
)


def nobody(people: int) -> PairCounts:
    return PairCounts.of_people(np.zeros(people, np.int64))


def table(square: np.ndarray) -> PairCounts:
    first, second = np.nonzero(square)
    count = square[first, second].astype(np.int64)
    return PairCounts(first.astype(np.int32), second.astype(np.int32), count, len(square))


def drawn(people: int = 40, rate: float = 0.02, seed: int = 1, images: int = 3) -> tuple[np.ndarray, CrossCounts]:
    rng = np.random.default_rng(seed)
    events = rng.poisson(rate * np.outer(rng.gamma(1, 1, people), rng.gamma(1, 1, people)))
    np.fill_diagonal(events, 0)
    return np.minimum(events, images**2), CrossCounts(np.full(people, images), np.full(people, images))


def full(margins: CrossCounts) -> PairCounts:
    trials = np.outer(margins.probe, margins.reference)
    np.fill_diagonal(trials, 0)
    return table(trials)


def test_margins_and_the_table_they_stand_for_give_one_interval() -> None:
    events, margins = drawn()
    short, long = (rate_interval(table(events), t) for t in (margins, full(margins)))
    assert short.method.startswith("clustered")
    close = [(of.value, *of.ends, of.standard_error, of.effective_n) for of in (short, long)]
    assert close[0] == pytest.approx(close[1], rel=1e-12)
    assert short[3:8] == long[3:8]


def test_no_event_stands_for_no_more_than_pairs_of_people() -> None:
    """Five images each are no further people: 300 pairs of 25, not 15,000 comparisons."""
    margins = CrossCounts(np.full(25, 5), np.full(25, 5))
    found = rate_interval(nobody(25), margins)
    assert (found.value, found.low, found.method[:8], found.trials) == (0, 0, "no event", 15_000)
    assert found.effective_n < 300
    assert found.high > clopper_pearson(0, 300)[1]
    who = np.arange(50, dtype=np.int32)
    mated = rate_interval(nobody(50), PairCounts(who, who, np.full(50, 8), 50))
    assert mated.effective_n == pytest.approx(50)
    assert mated.high == pytest.approx(clopper_pearson(0, 50)[1])


def test_few_events_are_wider_than_independent_comparisons() -> None:
    events, margins = drawn(rate=0.005, seed=3)
    found = rate_interval(table(events), margins)
    assert 0 < found.events < FEW_EVENTS
    low, high = clopper_pearson(found.events, found.trials)
    assert found.low < low < found.value < high < found.high
    assert "effective number" in found.method


def test_everything_and_nothing_are_mirror_images() -> None:
    who = np.arange(30, dtype=np.int32)
    tried = PairCounts(who, who, np.full(30, 4), 30)
    some = PairCounts(who[:3], who[:3], np.array([1, 2, 1]), 30)
    rest = PairCounts(who, who, np.concatenate([[3, 2, 3], np.full(27, 4)]), 30)
    few, most = rate_interval(some, tried), rate_interval(rest, tried)
    assert (most.low, most.value, most.high) == pytest.approx((1 - few.high, 1 - few.value, 1 - few.low))
    assert most.events == 116
    assert rate_interval(tried, tried).high == 1


def test_independent_searches_are_a_plain_logit_interval() -> None:
    """One search of each person: no more doubt than trials of their own have, but for the factor m / (m - 1)."""
    event = np.arange(2000) % 20 == 0
    found = search_interval(np.arange(2000, dtype=np.int32), event, 2000)
    assert found.standard_error == pytest.approx((0.05 * 0.95 / 1999) ** 0.5)
    assert found.effective_n == pytest.approx(1999, rel=1e-9)
    good = search_interval(np.arange(2000, dtype=np.int32), ~event, 2000)
    assert (good.low, good.high) == pytest.approx((1 - found.high, 1 - found.low))


def test_one_enrolled_person_behind_all_hits_widens_the_interval() -> None:
    probe = np.arange(1000, dtype=np.int32)
    event = probe % 20 == 0
    hit = probe[event]
    alone = search_interval(probe, event, 1500)
    spread_out = search_interval(probe, event, 1500, hit, 1000 + np.arange(hit.size, dtype=np.int32), np.ones(hit.size))
    one = search_interval(probe, event, 1500, hit, np.full(hit.size, 1000, np.int32), np.ones(hit.size))
    assert spread_out.standard_error == pytest.approx(alone.standard_error, rel=0.02)
    assert one.high - one.low > 3 * (alone.high - alone.low)
    assert one.rough


def test_resampled_people_are_quadratic_forms() -> None:
    """The same weights put into the full table; sparse, dense and margins agree in every byte."""
    events, margins = drawn()
    sparse_events = np.where(np.arange(1600).reshape(40, 40) % 31 == 0, events, 0)
    tables = [(table(e), t) for e in (events, sparse_events) for t in (margins, full(margins))]
    found = resampled_rates(tables, seed=7, replicates=10, drawn_in=False)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[2], found[3])
    from misid.statistics.people import _weights

    for b, w in enumerate(_weights(40, 7, 0, 10).T):
        assert (w == np.floor(w)).all()
        assert w.min() >= 1
        trials = 9 * (np.outer(w, w).sum() - np.square(w).sum())
        assert found[0, b] == (np.outer(w, w) * events).sum() / trials


def test_mated_pairs_have_one_weight() -> None:
    who = np.arange(6, dtype=np.int32)
    errors = np.array([1, 0, 2, 0, 0, 1])
    drawn_rates = resampled_rates(
        [(PairCounts(who, who, errors, 6), PairCounts(who, who, np.full(6, 3), 6))],
        seed=2,
        replicates=9,
        drawn_in=False,
    )
    from misid.statistics.people import _weights

    w = _weights(6, 2, 0, 9)
    np.testing.assert_array_equal(drawn_rates[0], errors @ w / (3 * w.sum(0)))


def test_a_persons_weight_does_not_depend_on_how_many_there_are() -> None:
    from misid.statistics.people import _weights

    np.testing.assert_array_equal(_weights(50, 3, 4, 12)[:20], _weights(20, 3, 4, 12))


def test_pieces_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    events, margins = drawn()
    whole = resampled_rates([(table(events), margins)], seed=5, replicates=30)
    monkeypatch.setattr("misid.statistics.people._CELLS", 400)
    np.testing.assert_array_equal(whole, resampled_rates([(table(events), margins)], seed=5, replicates=30))


def test_replicates_spread_as_the_standard_error_and_too_much_if_left_alone() -> None:
    """Rare errors of people who are alike: products of weights count a pair's own luck up to three times."""
    rng = np.random.default_rng(6)
    events = rng.random((150, 150)) < 0.005
    np.fill_diagonal(events, False)
    side = np.full(150, 1, np.int64)
    pair = [(table(events.astype(int)), CrossCounts(side, side))]
    error = clustered_rate(*pair[0]).variance ** 0.5
    drawn_in, alone = (resampled_rates(pair, seed=1, replicates=1000, drawn_in=d)[0].std() for d in (True, False))
    # The mean of replicates lies a little off the rate, hence the percent.
    assert drawn_in == pytest.approx(error, rel=0.01)
    assert 1.4 * error < alone < 2.2 * error


def test_an_algorithm_beside_itself_does_not_differ() -> None:
    events, margins = drawn()
    found = paired_rate_difference(table(events), table(events), margins)
    assert (found.value, found.events, found.p_value) == (0, 0, 1)
    assert found.method == "no discordant pair of people"
    assert found.low < 0 < found.high


def test_a_planted_difference_is_seen_and_turned_round() -> None:
    events, margins = drawn(rate=0.05)
    fewer = np.where(np.arange(1600).reshape(40, 40) % 3 == 0, 0, events)
    found = paired_rate_difference(table(events), table(fewer), margins)
    back = paired_rate_difference(table(fewer), table(events), margins)
    assert found.events == (events - fewer).sum()
    assert found.low > 0
    assert found.p_value < 0.05
    assert (back.value, back.low, back.high) == pytest.approx((-found.value, -found.high, -found.low))
    # Both rates share people, so the difference is surer than two rates apart.
    apart = [rate_interval(table(e), margins).standard_error for e in (events, fewer)]
    assert found.standard_error < np.hypot(*apart)


@pytest.mark.slow
def test_equal_algorithms_differ_at_most_as_often_as_said() -> None:
    """Errors of two algorithms alike by people but not in person: a p-value below 0.05 in 5% of 400 sets."""
    rng = np.random.default_rng(9)
    margins = CrossCounts(np.full(60, 3), np.full(60, 3))
    small = 0
    for _ in range(400):
        mean = 0.05 * np.outer(rng.gamma(1, 1, 60), rng.gamma(1, 1, 60))
        np.fill_diagonal(mean, 0)
        a, b = (table(rng.poisson(mean)) for _ in range(2))
        small += paired_rate_difference(a, b, margins).p_value < 0.05
    # Binomial(400, 0.05) exceeds 42 once in a million; the planted opposite, that it is never small, is refused too.
    assert 3 <= small <= 42


def test_what_cannot_be_is_refused() -> None:
    events, margins = drawn()
    with pytest.raises(OutOfRange, match="level"):
        rate_interval(table(events), margins, level=1.0)
    with pytest.raises(OutOfRange, match="trials"):
        rate_interval(nobody(3), nobody(3))
    with pytest.raises(OutOfRange, match="at least one search"):
        search_interval(np.zeros(0, np.int32), np.zeros(0, bool), 3)
