"""Figures of made-up people: names, conditions, intervals, failures, and what too little data cannot give."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import (
    FMR_TARGETS,
    Block,
    Comparisons,
    PairIntervals,
    PairRates,
    People,
    Side,
    bin_edges,
    densities,
    pair_rates,
    steps,
)
from misid.evaluation.comparisons import conventions, failures
from misid.quantities import Doubt, Interval

COMMON = {"image_kind": "mugshot", "level": 0.95}


def people(subjects: int = 60, each: int = 4, named: bool = True, apart: float = 0.3) -> Comparisons:
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(subjects, dtype=np.int32), each)
    a, b = np.triu_indices(who.size, 1)
    own = rng.normal(0, 0.04, subjects)
    mated = who[a] == who[b]
    level = np.where(mated, apart, 0) + own[who[a]] + own[who[b]]
    score = (level + rng.normal(0, 0.07, a.size)).astype(np.float32)
    sides = [Side(score[m], who[a][m], who[b][m]) if named else Side(score[m]) for m in (mated, ~mated)]
    return Comparisons(sides[0], sides[1], People(subjects) if named else None)


class Pieces:
    """The same comparisons in pieces."""

    def __init__(self, whole: Comparisons) -> None:
        self.whole, self.people = whole, whole.people

    def scores_alone(self) -> Pieces:
        return self

    def blocks(self) -> Iterator[Block]:
        for side, mated in ((self.whole.non_mated, False), (self.whole.mated, True)):
            for start in range(0, side.score.size, 999):
                part = slice(start, start + 999)
                size = side.score[part].size
                who = [None if of is None else of[part] for of in (side.probe, side.reference)]
                yield Block(side.score[part], np.full(size, mated), *who)


@pytest.fixture(scope="module")
def found() -> PairRates:
    return pair_rates(people(), thresholds=[0.2], **COMMON)


def test_all_figures_are_there_and_hold_their_value(found: PairRates) -> None:
    names = {"eer", "eer_threshold", "eer_midpoint", "eer_interpolated", "eer_hull", "auc", "failure_to_acquire"}
    names |= {f"{kind}_fmr_{t}" for kind in ("fnmr_at", "threshold_at", "fmr_realised_at") for t in FMR_TARGETS}
    assert set(found.figures) == names | {"fmr_at_0.2", "fnmr_at_0.2"}
    for name, figure in found.figures.items():
        assert figure.kind is Doubt.SAMPLING, name
        assert figure.n, name
        assert figure.conditions.image_kind == "mugshot", name


def test_values_are_those_of_the_conventions(found: PairRates) -> None:
    of = steps(people())
    assert found.figures["eer"].value == conventions.eer(of)[0]
    at = conventions.at_fmr(of, "1e-2")
    figure = found.figures["fnmr_at_fmr_1e-2"]
    assert (figure.value, figure.count, figure.n) == (at.fnmr, at.missed, of.n_mated)
    assert figure.conditions.score == at.threshold
    assert figure.conditions.threshold == pytest.approx(-np.log10(at.fmr))
    pairs = people()
    assert found.figures["fmr_at_0.2"].count == (pairs.non_mated.score >= np.float32(0.2)).sum()
    assert found.figures["fnmr_at_0.2"].count == (pairs.mated.score < np.float32(0.2)).sum()


def test_what_the_data_cannot_show_has_a_reason_and_a_bound(found: PairRates) -> None:
    for name in ("fnmr_at_fmr_1e-6", "threshold_at_fmr_1e-6"):
        figure = found.figures[name]
        assert figure.value is None
        assert "28,320 non-mated comparisons cannot show FMR 1e-6" in figure.reason
        assert "leaves FMR open up to" in figure.reason


def test_people_make_intervals_wider_than_comparisons_do(found: PairRates) -> None:
    bare = pair_rates(people(named=False), thresholds=[0.2], **COMMON)
    for name in ("eer", "auc", "fnmr_at_fmr_1e-2", "fmr_at_0.2", "fnmr_at_0.2", "threshold_at_fmr_1e-2"):
        wide, narrow = found.figures[name], bare.figures[name]
        assert wide.value == narrow.value
        assert wide.high - wide.low > 1.2 * (narrow.high - narrow.low), name  # type: ignore[operator]
        assert "no_subject_labels" in narrow.caveats
        assert "no_subject_labels" not in wide.caveats


def test_curves_rise_and_lie_in_their_bands(found: PairRates) -> None:
    pairs = people()
    for line, scores, sign in ((found.fmr, pairs.non_mated.score, -1), (found.fnmr, pairs.mated.score, 1)):
        assert np.all(np.diff(line.x) > 0)
        assert np.all(sign * np.diff(line.value) >= 0)
        assert line.low is not None
        assert line.high is not None
        assert np.all((line.low <= line.value) & (line.value <= line.high) & (line.high <= 1))
        for k in range(0, line.x.size, 40):
            t = np.float32(line.x[k])
            assert line.value[k] == np.mean(scores >= t if sign < 0 else scores < t)


@pytest.mark.parametrize("whole", [True, False])
def test_densities_hold_nearly_all_scores_in_exact_bins(whole: bool) -> None:
    pairs = people()
    if whole:
        pairs = Comparisons(Side(np.round(20 * pairs.mated.score)), Side(np.round(20 * pairs.non_mated.score)))
    of = steps(pairs)
    edges, lines = bin_edges(of), densities(of)
    assert edges.size > 4
    for name, side in (("mated_density", pairs.mated), ("non_mated_density", pairs.non_mated)):
        counts = np.array([np.sum((side.score >= a) & (side.score < b)) for a, b in itertools.pairwise(edges)])
        assert np.allclose(lines[name].value * np.diff(edges) * side.score.size, counts, atol=1e-6)
        assert np.allclose(lines[name].x, (edges[1:] + edges[:-1]) / 2)
        assert counts.sum() >= 0.99 * side.score.size


def test_a_stream_gives_the_figures_of_memory(found: PairRates) -> None:
    streamed = pair_rates(Pieces(people()), thresholds=[0.2], **COMMON)
    for name, figure in found.figures.items():
        if name == "failure_to_acquire":
            continue
        other = streamed.figures[name]
        assert other.value == figure.value, name
        # Slopes, places and ends of thresholds come from edges 2**-9 of a score apart; rates at a threshold do not.
        within = 1e-12 if name.startswith(("fmr_", "fnmr_at_0")) else 0.01
        for end, same in ((other.low, figure.low), (other.high, figure.high)):
            assert (end is None) == (same is None), name
            assert end is None or end == pytest.approx(same, rel=within), name
    assert streamed.n_mated == found.n_mated


def with_failures() -> Comparisons:
    whole = people()
    lost = np.arange(6, dtype=np.int32)
    mated = replace(whole.mated, failed=6, failed_probe=lost)
    return replace(whole, mated=mated, non_mated=replace(whole.non_mated, failed=60, failed_probe=np.repeat(lost, 10)))


def test_failures_are_folded_in_as_the_standard_says() -> None:
    pairs = with_failures()
    found = pair_rates(pairs, thresholds=[0.2], **COMMON).figures
    n, m = pairs.mated.score.size, pairs.non_mated.score.size
    assert found["failure_to_acquire"].value == 66 / (n + m + 66)
    for name in ("fmr_1e-2", "0.2"):
        fnmr, fmr = found[f"fnmr_at_{name}"], found["fmr_at_0.2" if name == "0.2" else "fmr_realised_at_fmr_1e-2"]
        share, other = 6 / (n + 6), 60 / (m + 60)
        assert found[f"frr_at_{name}"].value == pytest.approx(share + (1 - share) * fnmr.value, rel=1e-12)
        assert found[f"far_at_{name}"].value == pytest.approx((1 - other) * fmr.value, rel=1e-12)
        assert found[f"frr_at_{name}"].count == fnmr.count + 6
        assert "failures_counted" in found[f"frr_at_{name}"].caveats
    assert found["fnmr_at_0.2"].value == pair_rates(people(), thresholds=[0.2], **COMMON).figures["fnmr_at_0.2"].value


def test_failures_left_out_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: mated comparisons without a score are no misses."""
    right = pair_rates(with_failures(), **COMMON).figures["frr_at_fmr_1e-2"]
    kept = failures.frr_at

    def forgetful(pairs: Comparisons, intervals: PairIntervals, at: conventions.Point) -> Interval:
        return kept(pairs, replace(intervals, steps=replace(intervals.steps, failed_mated=0)), at)

    monkeypatch.setattr("misid.evaluation.comparisons.figures.frr_at", forgetful)
    assert pair_rates(with_failures(), **COMMON).figures["frr_at_fmr_1e-2"].value < right.value  # type: ignore[operator]


@pytest.mark.parametrize("missing", ["mated", "non_mated"])
def test_one_kind_alone_is_refused(missing: str) -> None:
    pairs = replace(people(), **{missing: Side(np.empty(0, np.float32), np.empty(0, np.int32), np.empty(0, np.int32))})
    with pytest.raises(MisidError, match=f"no {missing.replace('_', '-')} comparison has a score"):
        pair_rates(pairs, **COMMON)


@pytest.mark.parametrize(
    "odd",
    [
        (np.ones(40), np.ones(300)),
        (np.full(40, 9.0), np.zeros(300)),
        (np.zeros(40), np.full(300, 9.0)),
        (np.append(np.arange(39), np.inf), np.append(np.arange(299) / 9, -np.inf)),
        (np.float32([1.0000001]), np.float32([0.5])),
        (np.round(np.linspace(0, 9, 40)), np.round(np.linspace(-5, 5, 300))),
    ],
    ids=["constant", "apart", "reversed", "infinite", "one of each", "ties"],
)
@pytest.mark.parametrize("named", [True, False])
def test_odd_scores_give_figures_or_reasons(odd: tuple[np.ndarray, np.ndarray], named: bool) -> None:
    sides = []
    for score, other in zip(odd, (0, 1), strict=True):
        who = (np.arange(score.size) % 20).astype(np.int32)
        both = (who, ((who + other) % 20).astype(np.int32)) if named else (None, None)
        sides.append(Side(score.astype(np.float32), *both))
    found = pair_rates(Comparisons(*sides, People(20) if named else None), **COMMON)
    for name, figure in found.figures.items():
        assert figure.value is not None or figure.reason, name
        assert figure.value is None or not np.isnan(figure.value), name
    eer = found.figures["eer"]
    assert 0 <= eer.low <= eer.value <= eer.high <= 1  # type: ignore[operator]


def test_no_error_leaves_an_upper_end_above_zero() -> None:
    apart = people(apart=9.0)
    eer = pair_rates(apart, **COMMON).figures["eer"]
    assert (eer.value, eer.low) == (0.0, 0.0)
    assert eer.high > 3 / 28_320  # type: ignore[operator]  # people, not comparisons, are what was sampled
    assert "no_events" in eer.caveats


def test_an_area_that_rests_on_few_errors_says_so():
    many, few = (pair_rates(people(apart=apart), **COMMON).figures["auc"] for apart in (0.2, 0.5))
    assert not {"few_events", "no_events"} & set(many.caveats)
    assert {"few_events", "no_events"} & set(few.caveats)
