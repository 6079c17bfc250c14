"""Coverage of intervals of derived figures: thresholds set on the data, areas, ratios and differences.

Scores have a personal part, drawn anew for each data set, a part that a pair of people shares, and noise; what a figure
would be over all people there could be comes from quadrature.  The functions are those behind `pair_rates`,
`search_rates`, `differentials` and `differences`; that they are is asserted on one data set.  Beside ours stands what
an interval covers that takes comparisons for independent.  Shares of sets are compared with what is asked at a
false-alarm rate of one in a million each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, signal, special

from misid.evaluation import (
    HERE,
    Comparisons,
    EvaluationOptions,
    PairIntervals,
    People,
    Searches,
    Side,
    Steps,
    Terms,
    area,
    area_variance,
    groups,
    keys,
    pair_intervals,
    pair_rates,
    paired_differences,
    search_rates,
)
from misid.evaluation.comparisons import conventions
from misid.evaluation.searches import counts as search_counts
from misid.evaluation.searches import intervals
from misid.quantities import FEW_EVENTS, Conditions, Estimate, Interval
from misid.statistics import PairCounts, clopper_pearson, people, rate_interval, ratio_intervals

pytestmark = pytest.mark.verify

LEVEL = 0.95
POINT = 0.01
AREA_EVERY = 2  # sets; the area's tables are large whatever the data
Z_AT_ONE_IN_A_MILLION = 4.753424  # one-sided
STEP = 0.01
GRID = np.arange(-6_000, 6_001) * STEP
Array = NDArray[np.float64]


def slack(share: float, sets: int) -> float:
    """How far a share of sets may lie off by chance."""
    return Z_AT_ONE_IN_A_MILLION * math.sqrt(share * (1 - share) / max(sets, 1))


@pytest.fixture(autouse=True)
def same_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw each resample of people once: seed, person and replicate settle a weight, whatever the data."""
    for module, name in ((intervals, "_weights"), (people, "_weights")):
        monkeypatch.setattr(module, name, kept(getattr(module, name)))


def kept(drawn: Callable[..., Any]) -> Callable[..., Any]:
    held: dict[Any, Any] = {}

    def once(*arguments: Any) -> Any:
        key = tuple(a.tobytes() if isinstance(a, np.ndarray) else a for a in arguments)
        if key not in held:
            found = drawn(*arguments)
            held[key] = list(found) if isinstance(found, Iterator) else found
        return held[key]

    return once


class Personal(NamedTuple):
    """Logarithm of a propensity with a mean of 1."""

    family: str
    cv: float

    def drawn(self, rng: np.random.Generator, size: int) -> Array:
        if self.family == "gamma":
            return np.log(rng.standard_gamma(1 / self.cv**2, size) * self.cv**2)
        return rng.normal(-self._variance / 2, math.sqrt(self._variance), size)

    def density(self) -> Array:
        if self.family == "gamma":
            k = 1 / self.cv**2
            return np.exp(k * (math.log(k) + GRID) - k * np.exp(np.minimum(GRID, 30)) - math.lgamma(k))
        return normal(math.sqrt(self._variance), -self._variance / 2)

    @property
    def _variance(self) -> float:
        return math.log1p(self.cv**2)


def normal(sd: float, mean: float = 0.0) -> Array:
    return np.exp(-np.square((GRID - mean) / sd) / 2) / (sd * math.sqrt(2 * math.pi))


def logistic() -> Array:
    return special.expit(GRID) * special.expit(-GRID)


def summed(*parts: Array) -> Array:
    """Density of a sum of independent parts; the trapezoid rule, which is exact for such smooth densities."""
    whole = parts[0]
    for part in parts[1:]:
        whole = signal.fftconvolve(whole, part, "same") * STEP
    whole = np.maximum(whole, 0)
    assert abs(whole.sum() * STEP - 1) < 1e-6
    return whole


def below(density: Array, x: float) -> float:
    """Probability of a value below."""
    rising = (np.cumsum(density) - density / 2) * STEP
    return float(np.interp(x, GRID, rising))


class Cross(NamedTuple):
    """Everybody against everybody: ``people`` with ``images`` each, every two images compared once."""

    people: int
    images: int
    family: str
    cv: float
    eer: float  # what the mean of mated scores is set for
    same: float = 0.5  # share of people as hard to find as they are easily mistaken
    pair: float = 0.5  # standard deviation of what a pair of people shares

    @property
    def personal(self) -> Personal:
        return Personal(self.family, self.cv)


class Truth(NamedTuple):
    shift: float  # of mated scores
    mated: Array
    non_mated: Array

    def fnmr(self, t: float) -> float:
        return below(self.mated, t - self.shift)

    def fmr(self, t: float) -> float:
        return 1 - below(self.non_mated, t)

    def threshold(self, fmr: float) -> float:
        return float(optimize.brentq(lambda t: self.fmr(t) - fmr, -30, 40, xtol=1e-10))

    @property
    def auc(self) -> float:
        rising = (np.cumsum(self.non_mated) - self.non_mated / 2) * STEP
        return float(np.interp(GRID + self.shift, GRID, rising) @ self.mated * STEP)


def truth_of(design: Cross) -> Truth:
    own = design.personal.density()
    mated = summed(own[::-1], logistic())
    non_mated = summed(own, own, normal(design.pair), logistic())
    at = optimize.brentq(lambda t: 1 - below(non_mated, t) - design.eer, -30, 40, xtol=1e-10)
    shift = optimize.brentq(lambda s: below(mated, at - s) - design.eer, -30, 40, xtol=1e-10)
    return Truth(float(shift), mated, non_mated)


def who_meets_whom(design: Cross) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    of = np.repeat(np.arange(design.people, dtype=np.int32), design.images)
    first, second = np.triu_indices(of.size, 1)
    return of[first], of[second]


def comparisons(design: Cross, shift: float, sets: int, seed: int) -> Iterator[Comparisons]:
    rng = np.random.default_rng(seed)
    first, second = who_meets_whom(design)
    own = first == second
    alike, i, j = first[own], first[~own], second[~own]
    pair = i.astype(np.int64) * design.people + j
    m = design.people
    for _ in range(sets):
        wolf, goat = design.personal.drawn(rng, m), design.personal.drawn(rng, m)
        goat = np.where(rng.random(m) < design.same, wolf, goat)
        shared = rng.standard_normal(m * m, np.float32) * np.float32(design.pair)
        wolf32 = wolf.astype(np.float32)
        u = rng.random(i.size, np.float32) * np.float32(1 - 2e-7) + np.float32(1e-7)
        score = wolf32[i] + wolf32[j] + shared[pair] + np.log(u / (1 - u))
        mated = shift - goat[alike] + rng.logistic(size=alike.size)
        yield Comparisons(Side(mated.astype(np.float32), alike, alike), Side(score, i, j), People(m))


class Found(NamedTuple):
    """One figure of one data set."""

    value: float
    ours: Interval
    naive: Interval
    enough: bool  # whether the interval may be approximate


def ends(low: float | None, high: float | None, rough: bool = False) -> Interval:
    return Interval(math.nan, low, high, LEVEL, "", rough=rough)


def sorted_steps(pairs: Comparisons) -> Steps:
    """As `steps`, for scores that are all looked at; thrice as quick for so few."""
    both = np.concatenate([keys(pairs.mated.score), keys(pairs.non_mated.score)])
    order = np.argsort(both, kind="stable")
    rising, mated = both[order], (order < pairs.mated.score.size).astype(np.int64)
    first = np.flatnonzero(np.concatenate([[True], rising[1:] != rising[:-1]]))
    sums = np.add.reduceat(mated, first)
    every = np.diff(np.append(first, rising.size))
    return Steps(rising[first], sums, every - sums, np.ones(first.size, bool))


def figures_of(pairs: Comparisons, targets: tuple[str, ...], with_area: bool = True) -> dict[str, Found]:
    """EER, FNMR at some FMRs and AUC as `pair_rates` finds them, without what it does beside."""
    found = sorted_steps(pairs)
    rate, at = conventions.eer(found)
    points = {target: conventions.at_fmr(found, target) for target in targets}
    doubts = pair_intervals(pairs, found, [at.threshold, *(p.threshold for p in points.values())], level=LEVEL)
    naive = PairIntervals(found, LEVEL)
    answer = {"eer": Found(rate, doubts.eer(rate, at), naive.eer(rate, at), doubts.enough(at))}
    for target, point in points.items():
        wish = float(target)
        ours, alone = doubts.fnmr_at_fmr(wish, point), naive.fnmr_at_fmr(wish, point)
        answer[f"fnmr_at_fmr_{target}"] = Found(point.fnmr, ours, alone, doubts.enough(point))
    if not with_area:
        return answer
    value = area(pairs, found).value
    of = doubts.area(value, *area_variance(pairs, found, value))
    bare = Comparisons(Side(pairs.mated.score), Side(pairs.non_mated.score))
    alone = naive.area(value, *area_variance(bare, found, value))
    return answer | {"auc": Found(value, of, alone, True)}


class Covered(NamedTuple):
    """Shares of sets."""

    ours: float
    low_too_high: float
    high_too_low: float
    naive: float
    sets: int
    enough: int  # sets whose interval may be approximate
    of_enough: float
    rough: float


def judged(found: list[Found], truth: float) -> Covered:
    def holds(of: Callable[[Found], Interval]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        ends = np.array([[of(f).low, of(f).high] for f in found], np.float64)
        return ends[:, 0] > truth, ends[:, 1] < truth

    over, under = holds(lambda f: f.ours)
    plain = holds(lambda f: f.naive)
    enough = np.array([f.enough for f in found])
    held = ~(over | under)
    return Covered(
        float(held.mean()),
        float(over.mean()),
        float(under.mean()),
        float((~(plain[0] | plain[1])).mean()),
        len(found),
        int(enough.sum()),
        float(held[enough].mean()) if enough.any() else math.nan,
        float(np.mean([f.ours.rough for f in found])),
    )


def told(design: object, figure: str, truth: float, found: Covered) -> None:
    words = " ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in design)  # type: ignore[attr-defined]
    error = math.sqrt(found.ours * (1 - found.ours) / found.sets)
    print(
        f"{words:<36} {figure:<24} {truth:<8.4g} covered {found.ours:6.1%} +-{100 * error:.1f}  missed "
        f"{found.low_too_high:5.1%} low {found.high_too_low:5.1%} high | pair-level {found.naive:6.1%} | "
        f"rough {found.rough:4.0%} | approximate in {found.enough} of {found.sets}: {found.of_enough:6.1%}",
        flush=True,
    )


def pairs_covered(design: Cross, targets: tuple[str, ...], sets: int, seed: int = 1) -> dict[str, Covered]:
    truth = truth_of(design)
    true = {"eer": design.eer, "auc": truth.auc}
    true |= {f"fnmr_at_fmr_{target}": truth.fnmr(truth.threshold(float(target))) for target in targets}
    found: dict[str, list[Found]] = {name: [] for name in true}
    for k, pairs in enumerate(comparisons(design, truth.shift, sets, seed)):
        for name, figure in figures_of(pairs, targets, with_area=k % AREA_EVERY == 0).items():
            found[name].append(figure)
    answer = {name: judged(found[name], true[name]) for name in true}
    for name, covered in answer.items():
        told(design, name, true[name], covered)
    return answer


class Open(NamedTuple):
    """Searches of an open set: ``probes`` people who are not enrolled and as many who are, twice each."""

    probes: int
    enrolled: int
    family: str
    cv: float
    fnir: float  # at an FPIR of 0.1
    gallery_cv: float = 0.0  # of enrolled people's own rates; 0 keeps one gallery for all sets

    @property
    def personal(self) -> Personal:
        return Personal(self.family, self.cv)


def gumbel() -> Array:
    return np.exp(-GRID - np.exp(-np.maximum(GRID, -30)))


def gallery_density(design: Open) -> Array:
    """Density of the logarithm of the enrolled people's mean rate, which is gamma."""
    return Personal("gamma", design.gallery_cv / math.sqrt(design.enrolled)).density()


def search_truth(design: Open, targets: tuple[float, ...]) -> tuple[float, dict[float, float]]:
    """By how much mate scores are shifted, and FNIR at each FPIR."""
    own = design.personal.density()
    wrong = summed(own, gumbel())
    if design.gallery_cv:
        wrong = summed(wrong, gallery_density(design))
    mated = summed(own[::-1], logistic())
    thresholds = {
        target: optimize.brentq(lambda t: 1 - below(wrong, t) - target, -30, 40, xtol=1e-10)  # noqa: B023
        for target in (0.1, *targets)
    }
    shift = optimize.brentq(lambda s: below(mated, thresholds[0.1] - s) - design.fnir, -30, 40, xtol=1e-10)
    return float(shift), {target: below(mated, thresholds[target] - shift) for target in targets}


def searched(who: Array, mated: Array, best: Array, mate: Array, design: Open) -> Searches:
    first = np.ones(who.size, np.int32)
    return Searches(
        who.astype(np.int32), mated, np.zeros(who.size, bool), mate.astype(np.float32), first, first,
        best.astype(np.float32)[:, None], design.enrolled, design.enrolled, design.enrolled, People(2 * design.probes),
    )  # fmt: skip


def open_sets(design: Open, shift: float, sets: int, seed: int) -> Iterator[Searches]:
    """The best of many others' scores is the searcher's own part, the logarithm of their mean rate and a Gumbel."""
    rng = np.random.default_rng(seed)
    m = design.probes
    who = np.repeat(np.arange(2 * m), 2)
    mated = who >= m
    cv = design.gallery_cv / math.sqrt(design.enrolled)
    for _ in range(sets):
        wolf, goat = design.personal.drawn(rng, 2 * m), design.personal.drawn(rng, 2 * m)
        gallery = float(Personal("gamma", cv).drawn(rng, 1)[0]) if cv else 0.0
        best = wolf[who] + gallery + rng.gumbel(size=who.size)
        mate = np.where(mated, shift - goat[who] + rng.logistic(size=who.size), -np.inf)
        yield searched(who, mated, best, mate, design)


TERMS = Terms(Conditions(), 0, LEVEL, 1)


def misses_at_fpir(searches: Searches, targets: tuple[float, ...], seed: int = 1) -> dict[float, Found]:
    """FNIR at FPIR as `search_rates` finds it."""
    terms = TERMS._replace(people=searches.people.count, seed=seed)
    best = search_counts.best_non_mated(searches)
    scores = [search_counts.threshold_for_fpir(best[1], target) for target in targets]
    drawn = intervals.resampled_thresholds(best, [search_counts.mate_scores(searches)], targets, terms)
    answer = {}
    for target, score, draws in zip(targets, scores, drawn, strict=True):
        assert score is not None
        events = search_counts.misses(searches, score)
        found = intervals.event_rate(events, terms)
        figure = Estimate.of(found, conditions=Conditions(score=score), distance=HERE)
        figure = intervals.widened(figure, draws.missed[0], "")
        missed, tried = int(events.number.sum()), events.number.size
        passed = int(np.count_nonzero(best[1] >= np.float32(score)))
        plain = clopper_pearson(float(missed), float(tried), LEVEL)
        answer[target] = Found(
            missed / tried,
            ends(figure.low, figure.high, "few_replicates" in figure.caveats),
            ends(float(plain[0]), float(plain[1])),
            min(missed, tried - missed, passed) >= FEW_EVENTS,
        )
    return answer


def searches_covered(design: Open, targets: tuple[float, ...], sets: int, seed: int = 2) -> dict[float, Covered]:
    shift, true = search_truth(design, targets)
    found: dict[float, list[Found]] = {target: [] for target in targets}
    for k, searches in enumerate(open_sets(design, shift, sets, seed)):
        for target, figure in misses_at_fpir(searches, targets, seed=k % 8).items():
            found[target].append(figure)
    answer = {}
    for target in targets:
        answer[target] = judged(found[target], true[target])
        told(design, f"fnir_at_fpir_{target:g}", true[target], answer[target])
    return answer


class Two(NamedTuple):
    """Two algorithms on the same comparisons, with some of their errors in common."""

    on: Cross
    better: float  # EER of the second

    @property
    def designs(self) -> tuple[Cross, Cross]:
        return self.on, self.on._replace(eer=self.better)


def two_algorithms(design: Two, shifts: tuple[float, float], sets: int, seed: int) -> Iterator[tuple[Comparisons, ...]]:
    """Half of the people are to both algorithms what they are to one, and half of the noise is the same."""
    rng = np.random.default_rng(seed)
    on, m = design.on, design.on.people
    first, second = who_meets_whom(on)
    own = first == second
    alike, i, j = first[own], first[~own], second[~own]
    pair = i.astype(np.int64) * m + j
    for _ in range(sets):
        shared = rng.standard_normal(m * m, np.float32)[pair] * np.float32(on.pair)
        parts: list[tuple[Array, ...]] = []
        for _ in range(2):
            wolf, goat = on.personal.drawn(rng, m), on.personal.drawn(rng, m)
            goat = np.where(rng.random(m) < on.same, wolf, goat)
            u = rng.random(i.size, np.float32) * np.float32(1 - 2e-7) + np.float32(1e-7)
            parts.append((wolf, goat, np.log(u / (1 - u)), rng.logistic(size=alike.size)))
        half = [rng.random(size) < 0.5 for size in (m, i.size, alike.size)]
        common = [np.where(half[k], parts[0][at], parts[1][at]) for at, k in enumerate((0, 0, 1, 2))]
        yield tuple(
            Comparisons(
                Side((shift - goat[alike] + near).astype(np.float32), alike, alike),
                Side((wolf[i] + wolf[j] + shared + far).astype(np.float32), i, j),
                People(m),
            )
            for shift, (wolf, goat, far, near) in zip(shifts, (parts[0], common), strict=True)
        )


def differences_covered(design: Two, targets: tuple[str, ...], sets: int, seed: int = 3) -> dict[str, Covered]:
    truths = [truth_of(on) for on in design.designs]
    true, found = {}, {f"fnmr_at_fmr_{target}": [] for target in targets}
    for target in targets:
        one, other = (truth.fnmr(truth.threshold(float(target))) for truth in truths)
        true[f"fnmr_at_fmr_{target}"] = one - other
    shifts = truths[0].shift, truths[1].shift
    for pair in two_algorithms(design, shifts, sets, seed):
        figures = paired_differences(*pair, (None, None), EvaluationOptions(level=LEVEL))
        for name in true:
            figure, wish = figures[name], name.removeprefix("fnmr_at_fmr_")
            at = [conventions.at_fmr(sorted_steps(of), wish).threshold for of in pair]
            one, other = (of.mated.score < np.float32(t) for of, t in zip(pair, at, strict=True))
            n, apart, value = one.size, int((one != other).sum()), float(one.mean() - other.mean())
            half = 1.959964 * math.sqrt(max(apart - n * value**2, 0)) / n
            assert abs(value - figure.value) < 1e-12
            found[name].append(
                Found(value, ends(figure.low, figure.high), ends(value - half, value + half),
                      min(one.sum(), other.sum()) >= FEW_EVENTS and apart >= FEW_EVENTS)
            )  # fmt: skip
    words = (*design.on[:5], design.better)
    answer = {name: judged(found[name], true[name]) for name in true}
    for name in true:
        told(words, f"difference {name}", true[name], answer[name])
    return answer


def two_open(design: Open, shifts: tuple[float, float], sets: int, seed: int) -> Iterator[tuple[Searches, Searches]]:
    """Half of the people, and half of the noise of a search, are to both algorithms what they are to one."""
    rng = np.random.default_rng(seed)
    m = design.probes
    who = np.repeat(np.arange(2 * m), 2)
    mated = who >= m
    for _ in range(sets):
        parts = [
            (design.personal.drawn(rng, 2 * m), design.personal.drawn(rng, 2 * m),
             rng.gumbel(size=who.size), rng.logistic(size=who.size))
            for _ in range(2)
        ]  # fmt: skip
        half = [rng.random(2 * m) < 0.5] * 2 + [rng.random(who.size) < 0.5 for _ in range(2)]
        common = [np.where(half[at], parts[0][at], parts[1][at]) for at in range(4)]
        yield tuple(  # type: ignore[misc]
            searched(who, mated, wolf[who] + near, np.where(mated, shift - goat[who] + far, -np.inf), design)
            for shift, (wolf, goat, near, far) in zip(shifts, (parts[0], common), strict=True)
        )


def open_differences_covered(design: Open, better: float, target: str, sets: int, seed: int = 6) -> Covered:
    truths = [search_truth(of, (float(target),)) for of in (design, design._replace(fnir=better))]
    true = truths[0][1][float(target)] - truths[1][1][float(target)]
    found: list[Found] = []
    for k, pair in enumerate(two_open(design, (truths[0][0], truths[1][0]), sets, seed)):
        found_here = paired_differences(None, None, pair, EvaluationOptions(level=LEVEL, seed=k % 8))
        figure = found_here[f"fnir_at_fpir_{target}"]
        at = [search_counts.threshold_for_fpir(search_counts.best_non_mated(of)[1], float(target)) for of in pair]
        one, other = (of.mate[of.mated] < np.float32(t) for of, t in zip(pair, at, strict=True))
        n, apart, value = one.size, int((one != other).sum()), float(one.mean() - other.mean())
        half = 1.959964 * math.sqrt(max(apart - n * value**2, 0)) / n
        assert abs(value - figure.value) < 1e-12
        found.append(
            Found(value, ends(figure.low, figure.high), ends(value - half, value + half),
                  min(one.sum(), other.sum()) >= FEW_EVENTS and apart >= FEW_EVENTS)
        )  # fmt: skip
    answer = judged(found, true)
    told((*design[:5], better), f"difference fnir_at_fpir_{target}", true, answer)
    return answer


class Groups(NamedTuple):
    """Groups of ``people`` each, compared within; ``events`` false matches are expected of each."""

    people: int
    family: str
    cv: float
    events: tuple[float, ...]
    across: float = 0.0  # events expected across groups, where within is held against across


def matches(rng: np.random.Generator, rate: Array, expected: float, start: tuple[int, int], people: int) -> PairCounts:
    """Poisson events of pairs of people with rates in these proportions, which have a mean of 1."""
    m = rate.shape[0]
    number = m * (m - 1) if start[0] == start[1] else m * m
    drawn = rng.poisson(rate * expected / number)
    if start[0] == start[1]:
        np.fill_diagonal(drawn, 0)
    first, second = np.nonzero(drawn)
    ends = (first + start[0]).astype(np.int32), (second + start[1]).astype(np.int32)
    return PairCounts(*ends, drawn[first, second].astype(np.int64), people)


def everybody(m: int, start: tuple[int, int], images: int, people: int) -> PairCounts:
    first, second = np.nonzero(~np.eye(m, dtype=bool) if start[0] == start[1] else np.ones((m, m), bool))
    ends = (first + start[0]).astype(np.int32), (second + start[1]).astype(np.int32)
    return PairCounts(*ends, np.full(first.size, images**2), people)


def group_sets(design: Groups, sets: int, seed: int) -> Iterator[list[PairCounts]]:
    rng = np.random.default_rng(seed)
    m, personal = design.people, Personal(design.family, design.cv)
    everyone = m * len(design.events)
    for _ in range(sets):
        probe = np.exp(personal.drawn(rng, m * len(design.events))).reshape(-1, m)
        reference = np.exp(personal.drawn(rng, m * len(design.events))).reshape(-1, m)
        reference = np.where(rng.random(probe.shape) < 0.5, probe, reference)
        yield [
            matches(rng, probe[g][:, None] * reference[g], events, (g * m, g * m), everyone)
            for g, events in enumerate(design.events)
        ] + [
            matches(
                rng,
                probe[a][:, None] * reference[1 - a],
                design.across / 2,
                (a * m, (1 - a) * m),
                m * len(design.events),
            )
            for a in (0, 1)
            if design.across
        ]


def ratios_covered(design: Groups, sets: int, seed: int = 4) -> dict[str, Covered]:
    """Through `group_rates` and `ratio_intervals`, as `group_differentials` goes, or `within_over_across`."""
    m, k = design.people, len(design.events)
    rng = np.random.default_rng(seed + 100)
    tried = [everybody(m, (g * m, g * m), 5, k * m) for g in range(k)]
    across = [everybody(m, (a * m, (1 - a) * m), 5, k * m) for a in (0, 1)] if design.across else []
    rates = np.array(design.events) / (m * (m - 1))
    if design.across:
        true = {"within_over_across": float(rates.mean() / (design.across / (2 * m * m)))}
    else:
        true = {
            "max_over_min": float(rates.max() / rates.min()),
            "max_over_geometric_mean": max(
                1.0, float(rates.max() / np.exp(np.log(rates).mean()))
            ),  # equal rates, rounded
        }
    found: dict[str, list[Found]] = {name: [] for name in true}
    terms = Terms(Conditions(), k * m, LEVEL, 1)
    for at, tables in enumerate(group_sets(design, sets, seed)):
        cells = [groups.Cell(e, t, rate_interval(e, t)) for e, t in zip(tables, [*tried, *across], strict=True)]
        number = np.array([cell.interval.events for cell in cells], np.float64)
        trials = np.array([cell.interval.trials for cell in cells], np.float64)
        rough = any(cell.interval.rough for cell in cells)
        if design.across:
            figure = groups.within_over_across(
                [[cells[0], cells[2]], [cells[3], cells[1]]], terms._replace(seed=at % 8)
            )
            assert figure is not None
            inside, outside = number[:2].sum(), number[2:].sum()
            least = min(inside, outside)
            half = 1.959964 * math.sqrt(1 / max(inside, 0.5) + 1 / max(outside, 0.5))
            ours = {"within_over_across": Interval(figure.value, figure.low, figure.high, LEVEL, "")}
            plain = {"within_over_across": (figure.value * math.exp(-half), figure.value * math.exp(half))}
        else:
            drawn = groups.group_rates({"fmr": cells}, [str(g) for g in range(k)], terms._replace(seed=at % 8))[
                "fmr"
            ].drawn
            alone = np.minimum(rng.poisson(number[:, None], (k, 2000)) / trials[:, None], 1)
            ours = dict(zip(true, ratio_intervals(number, trials, drawn, LEVEL), strict=True))
            plain = {name: s.ends for name, s in zip(true, ratio_intervals(number, trials, alone, LEVEL), strict=True)}
            least = number.min()
        for name, of in ours.items():
            found[name].append(Found(of.value, ends(*of.ends, rough), ends(*plain[name]), bool(least >= FEW_EVENTS)))
    answer = {name: judged(found[name], true[name]) for name in true}
    for name in true:
        told(design, name, true[name], answer[name])
    return answer


# What stays outside a point of the level, and between which shares it was seen to be covered: said, not hidden.  An
# improvement fails the test and asks for the line to go.
OUTSIDE: dict[tuple[str, str], tuple[float, float]] = {
    # Too wide: replicates of the two rates share people, whose part cancels, and overstate what is left.
    ("gamma 1 (100.0, 100.0)", "within_over_across"): (0.975, 1.0),
}


def within_a_point(design: object, figure: str, found: Covered, below_only: bool = False, known: str = "") -> None:
    """Assert coverage within a point, or where it is known to lie outside."""
    if (known, figure) in OUTSIDE:
        low, high = OUTSIDE[known, figure]
        assert low <= found.ours <= high, design
        return
    assert found.ours >= LEVEL - POINT - slack(LEVEL - POINT, found.sets), design
    if found.enough > 0.98 * found.sets and not below_only:
        assert found.ours <= LEVEL + POINT + slack(LEVEL + POINT, found.sets), design


def test_the_functions_are_those_behind_the_figures() -> None:
    design = Cross(60, 5, "gamma", 1.0, 0.1)
    pairs = next(comparisons(design, truth_of(design).shift, 1, seed=7))
    figures = pair_rates(pairs, image_kind="", level=LEVEL, n_points=50).figures
    for name, found in figures_of(pairs, ("1e-1", "1e-2")).items():
        shown = figures[name]
        assert (shown.value, shown.low, shown.high) == pytest.approx((found.value, found.ours.low, found.ours.high))
    one = Open(60, 1000, "gamma", 1.0, 0.4)
    searches = next(open_sets(one, search_truth(one, (0.1,))[0], 1, seed=7))
    shown = search_rates(searches, EvaluationOptions(seed=1)).figures["fnir_at_fpir_0.1"]
    found = misses_at_fpir(searches, (0.1,))[0.1]
    assert (shown.value, shown.low, shown.high) == (found.value, found.ours.low, found.ours.high)


PAIRS = [
    (Cross(60, 5, "gamma", 0.5, 0.1), ("1e-1", "1e-2", "1e-3"), 4_000),
    (Cross(60, 5, "gamma", 1.0, 0.1), ("1e-1", "1e-2"), 10_000),
    (Cross(60, 5, "lognormal", 1.0, 0.1), ("1e-1", "1e-2", "1e-3"), 10_000),
    (Cross(200, 2, "gamma", 1.0, 0.2), ("1e-1",), 3_000),
]


@pytest.mark.parametrize(("design", "targets", "sets"), PAIRS, ids=str)
def test_thresholds_set_on_the_data_and_areas(design: Cross, targets: tuple[str, ...], sets: int) -> None:
    for name, found in pairs_covered(design, targets, sets).items():
        within_a_point(design, name, found)
        # The planted fault: comparisons taken for independent must be caught by the same bound.
        assert found.naive < LEVEL - POINT - slack(LEVEL - POINT, found.sets)


FEW_ERRORS = [
    (Cross(60, 2, "gamma", 1.0, 0.05), ("1e-1", "1e-2"), 10_000),
    (Cross(60, 2, "lognormal", 1.0, 0.02), ("1e-1",), 10_000),
]


@pytest.mark.parametrize(("design", "targets", "sets"), FEW_ERRORS, ids=str)
def test_few_errors_are_never_covered_less(design: Cross, targets: tuple[str, ...], sets: int) -> None:
    found = pairs_covered(design, targets, sets, seed=5)
    for name in ("eer", *(f"fnmr_at_fmr_{target}" for target in targets)):
        if found[name].enough < 0.02 * sets:
            assert found[name].ours >= LEVEL - slack(LEVEL, sets)
        else:
            within_a_point(design, name, found[name], below_only=True)


OPEN = [
    (Open(60, 1000, "gamma", 1.0, 0.6), (0.3,), 10_000),
    (Open(100, 1000, "gamma", 1.0, 0.3), (0.2,), 2_500),
    (Open(100, 1000, "lognormal", 1.0, 0.3), (0.2,), 2_500),
    (Open(100, 500, "gamma", 1.0, 0.3, 1.0), (0.2,), 2_500),
    (Open(100, 200, "gamma", 0.5, 0.3, 2.0), (0.2,), 2_500),
    (Open(60, 1000, "gamma", 1.0, 0.1), (0.1,), 10_000),
]


@pytest.mark.parametrize(("design", "targets", "sets"), OPEN, ids=str)
def test_fnir_at_fpir(design: Open, targets: tuple[float, ...], sets: int) -> None:
    for target, found in searches_covered(design, targets, sets).items():
        within_a_point(design, f"fnir_at_fpir_{target:g}", found)
        assert found.naive < LEVEL - POINT - slack(LEVEL - POINT, found.sets)


GROUPS = [
    (Groups(60, "gamma", 1.0, (50.0, 50.0)), 10_000),
    (Groups(60, "gamma", 1.0, (50.0, 150.0)), 10_000),
    (Groups(60, "lognormal", 1.0, (50.0, 150.0)), 5_000),
    (Groups(40, "gamma", 1.0, (50.0, 50.0, 50.0, 150.0)), 4_000),
    (Groups(40, "gamma", 1.0, (50.0, 50.0, 50.0, 50.0)), 4_000),
    (Groups(40, "gamma", 1.0, (5.0, 5.0, 10.0, 20.0)), 4_000),
    (Groups(60, "gamma", 1.0, (100.0, 100.0), 100.0), 2_000),
]


@pytest.mark.parametrize(("design", "sets"), GROUPS, ids=str)
def test_ratios_between_groups(design: Groups, sets: int) -> None:
    """Intervals of the largest of many ratios cover more than the level, where groups are unlike; two are one ratio."""
    for name, found in ratios_covered(design, sets).items():
        known = f"{design.family} {design.cv:g} {design.events}" if design.across else ""
        within_a_point(design, name, found, below_only=len(design.events) > 2, known=known)
        if not design.across and min(design.events) > FEW_EVENTS:
            assert found.naive < LEVEL - POINT - slack(LEVEL - POINT, found.sets)


TWO = [
    (Two(Cross(60, 5, "gamma", 1.0, 0.1), 0.1), ("1e-1", "1e-2"), 2_000),
    (Two(Cross(60, 5, "gamma", 0.5, 0.1), 0.07), ("1e-1", "1e-2"), 2_000),
]


@pytest.mark.parametrize(("design", "targets", "sets"), TWO, ids=str)
def test_differences_of_two_algorithms(
    design: Two, targets: tuple[str, ...], sets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("misid.evaluation.results.FMR_TARGETS", targets)
    monkeypatch.setattr("misid.evaluation.paired.steps", lambda of, fmr: sorted_steps(of))
    for name, found in differences_covered(design, targets, sets).items():
        within_a_point(design, name, found)
        assert found.naive < LEVEL - POINT - slack(LEVEL - POINT, found.sets)


TWO_FEW = [
    (Two(Cross(60, 2, "gamma", 1.0, 0.1), 0.1), ("1e-3",), 2_000),
    (Two(Cross(60, 2, "lognormal", 1.0, 0.1), 0.07), ("1e-3",), 2_000),
]


@pytest.mark.parametrize(("design", "targets", "sets"), TWO_FEW, ids=str)
def test_differences_with_few_false_matches_are_not_covered_less(
    design: Two, targets: tuple[str, ...], sets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("misid.evaluation.results.FMR_TARGETS", targets)
    monkeypatch.setattr("misid.evaluation.paired.steps", lambda of, fmr: sorted_steps(of))
    for name, found in differences_covered(design, targets, sets, seed=8).items():
        within_a_point(design, name, found, below_only=True)


TWO_OPEN = [
    (Open(100, 1000, "gamma", 1.0, 0.3), 0.3, "0.2", 2_000),
    (Open(100, 1000, "gamma", 0.5, 0.3), 0.2, "0.2", 2_000),
]


@pytest.mark.parametrize(("design", "better", "target", "sets"), TWO_OPEN, ids=str)
def test_differences_of_two_algorithms_in_searches(
    design: Open, better: float, target: str, sets: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("misid.evaluation.results.FPIR_TARGETS", (float(target),))
    found = open_differences_covered(design, better, target, sets)
    within_a_point(design, f"difference fnir_at_fpir_{target}", found)
    assert found.naive < LEVEL - POINT - slack(LEVEL - POINT, found.sets)
