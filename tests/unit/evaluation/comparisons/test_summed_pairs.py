"""Errors added up over people in one pass give the doubt that lists of all pairs give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest

from misid.evaluation import (
    CELLS,
    Block,
    Comparisons,
    PairTally,
    People,
    Side,
    SummedPairs,
    pair_errors,
    pair_rates,
    pair_trials,
    steps,
)
from misid.evaluation.comparisons import counts, figures
from misid.statistics import PairCounts, PairSums, clustered_rate, rate_interval

COMMON = {"image_kind": "mugshot", "level": 0.95}
ASKED = [-0.5, 0.0, 0.1, 0.4]
NOTHING = (np.zeros(CELLS), np.zeros(CELLS))


def people(subjects: int = 80, n: int = 20_000, failed: int = 0) -> Comparisons:
    """Pairs drawn at random, several comparisons each, of people who differ."""
    rng = np.random.default_rng(5)
    own = rng.normal(0, 0.1, subjects)
    sides = []
    for mated, size in ((True, n // 10), (False, n)):
        probe = rng.integers(0, subjects, size)
        reference = probe if mated else (probe + rng.integers(1, subjects, size)) % subjects
        score = np.where(mated, 0.5, 0) + own[probe] + own[reference] + rng.normal(0, 0.1, size)
        lost = rng.integers(0, subjects // 4, failed).astype(np.int32)
        sides.append(
            Side(score.astype(np.float32), probe.astype(np.int32), reference.astype(np.int32), None, failed, lost)
        )
    return Comparisons(sides[0], sides[1], People(subjects))


class Pieces:
    """The same comparisons as a stream."""

    def __init__(self, whole: Comparisons) -> None:
        self.whole, self.people = whole, whole.people

    def scores_alone(self) -> Pieces:
        return self

    def blocks(self) -> Iterator[Block]:
        for side, mated in ((self.whole.non_mated, False), (self.whole.mated, True)):
            for start in range(0, side.score.size, 999):
                part = slice(start, start + 999)
                yield Block(
                    side.score[part], np.full(side.score[part].size, mated), side.probe[part], side.reference[part]
                )
            who, n = np.unique(side.failed_probe, return_counts=True)
            each = np.stack([n * mated, n * (not mated)])
            count = (side.failed * mated, side.failed * (not mated))
            yield Block(side.score[:0], np.zeros(0, bool), side.probe[:0], side.reference[:0], *count, who, each)


def added(whole: Comparisons) -> SummedPairs:
    return SummedPairs(Pieces(whole), ASKED, steps(whole), NOTHING)


def same_doubt(whole: Comparisons, found: SummedPairs, rel: float) -> None:
    for threshold in ASKED:
        for mated in (True, False):
            events, tried = pair_errors(whole, threshold, mated), pair_trials(whole, mated)
            exact = clustered_rate(events, tried)
            other = clustered_rate(found.errors(threshold, mated), found.tried(mated))
            assert (other.events, other.trials, other.people) == (exact.events, exact.trials, exact.people)
            assert np.allclose(other.nodes, exact.nodes, rtol=1e-12, atol=1e-15)
            for name in ("variance", "between", "squares", "bunch_worst", "sharing", "pairs"):
                assert getattr(other, name) == pytest.approx(getattr(exact, name), rel=rel, abs=1e-15), name
            one = rate_interval(events, tried)
            two = rate_interval(found.errors(threshold, mated), found.tried(mated))
            assert (two.low, two.high) == pytest.approx((one.low, one.high), rel=rel)


@pytest.mark.parametrize("dense", [True, False])
def test_doubt_is_that_of_all_pairs_listed(dense: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not dense:
        monkeypatch.setattr(counts, "DENSE", 0)
    whole = people()
    found = added(whole)
    assert isinstance(found.tried(False), PairCounts if dense else PairSums)
    same_doubt(whole, found, 1e-9)


def test_pairs_in_two_orders_taken_as_two_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "DENSE", 0)
    monkeypatch.setattr(counts, "pair_keys", lambda a, b, m, ordered: a.astype(np.int64) * m + b)
    with pytest.raises(AssertionError, match=r"variance|squares"):
        same_doubt(people(), added(people()), 1e-9)


def test_a_share_of_pairs_gives_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "DENSE", 0)
    monkeypatch.setattr(counts, "KEPT", 400)
    whole = people()
    found = added(whole)
    assert not found.complete
    assert 100 < found.some.above(-1).count.size <= 400
    for threshold in ASKED:
        exact = clustered_rate(pair_errors(whole, threshold, False), pair_trials(whole, False))
        other = clustered_rate(found.errors(threshold, False), found.tried(False))
        # Errors of a pair are below 20, their squares vary by about as much as their mean: one standard error of a sum
        # over 200 pairs is about 7% of it, and four of those leave one test in 16,000 to chance.
        assert other.squares == pytest.approx(exact.squares, rel=0.28)
        assert np.allclose(other.nodes, exact.nodes, rtol=1e-12)
        pairs_alone = exact.variance - exact.between
        assert abs(other.variance - exact.variance) < 0.28 * max(pairs_alone, exact.variance - pairs_alone)


def test_pairs_with_few_errors_are_listed_and_their_doubt_errs_upwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "DENSE", 0)
    monkeypatch.setattr(counts, "LISTED", 2000)
    monkeypatch.setattr(counts, "SEEN", 10**9)
    monkeypatch.setattr(counts, "KEPT", 400)
    whole = people()
    found, listed = added(whole), 0
    for k, threshold in enumerate(ASKED):
        events = pair_errors(whole, threshold, False)
        if events.count.sum() > 2000:
            continue
        listed += 1
        assert k >= found.listed_from
        exact = clustered_rate(events, pair_trials(whole, False))
        other = clustered_rate(found.errors(threshold, False), found.tried(False))
        assert other.squares == exact.squares
        # Of two bounds the one is taken that leaves more variance; rates here are below 10%, so they lie close.
        assert exact.variance <= other.variance * (1 + 1e-3)
        assert other.variance < 1.5 * exact.variance
    assert listed


def test_every_comparison_of_a_pair_that_is_kept_was_counted() -> None:
    rng = np.random.default_rng(1)
    probe, other = rng.integers(0, 300, (2, 60_000)).astype(np.int32)
    probe, other = probe[probe != other], other[probe != other]
    reached = rng.integers(0, 3, probe.size)
    into = PairTally(300, 3, most=5000)
    for start in range(0, probe.size, 700):
        part = slice(start, start + 700)
        into.add(probe[part], other[part], reached[part])
    found = into.counted()
    assert into.zeros == 3  # about 33,000 of 44,850 pairs occur: a quarter of those is too many, an eighth is not
    truth = Counter(zip(np.minimum(probe, other).tolist(), np.maximum(probe, other).tolist(), strict=True))
    kept = found.above(-1)
    assert [truth[divmod(int(pair), 300)] for pair in kept.keys] == kept.count.tolist()
    # The number kept is binomial, four standard deviations.
    assert abs(kept.count.size - len(truth) / 8) < 4 * np.sqrt(len(truth) * 7 / 64)


def test_node_sums_are_those_of_the_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "DENSE", 0)
    whole = people()
    found = added(whole)
    assert np.array_equal(found.tried(False).nodes, pair_trials(whole, False).by_person())
    assert np.array_equal(
        found.probes, np.bincount(np.concatenate([whole.mated.probe, whole.non_mated.probe]), minlength=80)
    )


@pytest.mark.parametrize("many", ["stream", "memory"])
def test_figures_have_the_intervals_of_sorting(many: str, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = people(failed=30)
    sorted_ = pair_rates(whole, thresholds=[0.2], **COMMON)
    monkeypatch.setattr(counts, "DENSE", 0)
    monkeypatch.setattr(figures, "MANY", 1)
    found = pair_rates(Pieces(whole) if many == "stream" else whole, thresholds=[0.2], **COMMON)
    assert found.figures.keys() == sorted_.figures.keys()
    for name, one in sorted_.figures.items():
        two = found.figures[name]
        assert (two.count, two.n, two.caveats) == (one.count, one.n, one.caveats), name
        assert two.value == (None if one.value is None else pytest.approx(one.value, rel=1e-12)), name
        # The slope of the curve is taken between edges that the scores were counted by.
        for end, other in ((one.low, two.low), (one.high, two.high)):
            assert other == (None if end is None else pytest.approx(end, rel=0.02)), name
    assert found.figures["failure_to_acquire"].low is not None
    assert found.figures["frr_at_0.2"].low is not None
    assert found.fmr.low is not None


def test_failures_of_nobody_in_particular_have_no_interval() -> None:
    whole = people(failed=30)

    class Silent(Pieces):
        def blocks(self) -> Iterator[Block]:
            for block in super().blocks():
                yield block._replace(failed_probe=None, failed_each=None)

    found = pair_rates(Silent(whole), **COMMON).figures["failure_to_acquire"]
    assert found.value > 0
    assert found.low is None


def test_no_bands_for_a_stream_of_very_many_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "PEOPLE", 10)
    found = pair_rates(Pieces(people()), **COMMON)
    assert found.fmr.low is None
    assert found.figures["eer"].low is not None
