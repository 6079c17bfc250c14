"""What a larger gallery would do: forms of growth, each tried inside the data before it is trusted outside.

Galleries smaller than the one that was searched need no draw.  A random part of a gallery keeps a candidate with a
known probability, so the mean over all random parts of one size is exact: of a search with c people at or above the
threshold, a part of n out of N people holds none of them with probability ``prod_j (1 - n / (N - j))``, j from 0 to
c - 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.evaluation.comparisons.tallied import Known, TalliedPairs
from misid.evaluation.contract import HERE, Codes, Scores, Searches
from misid.evaluation.results import Check, EvaluationOptions, Growth, Line, Terms
from misid.quantities import Conditions, Distance, Doubt, Estimate, Interval
from misid.randomness import Purpose, uniforms
from misid.statistics import (
    Array,
    Tail,
    exceedance,
    expected_from_fpir,
    fit_tail,
    fpir_gamma,
    tail_threshold,
    threshold_shift,
)

GALLERIES = (1e4, 1e5, 1e6, 1e7, 2e8)
REPLICATES = 400
PARTS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Parts of the gallery, as shares, from which all of it is predicted."""
LEAST_EVENTS = 10
"""Searches with a hit below which a form that needs them predicts nothing."""
_LEAST_SEARCHES, _LEAST_REFERENCES = 50, 16
_CHECK_LEVEL = 0.99
_MOST_SHAPE = 1e9  # probes whose gamma law has a shape from here on do not differ
_TAIL_PART = 1 / 16  # of the gallery, from which the tail is tried
_TAIL_EVENTS = 25  # searches of the whole gallery with a hit where the tail is tried
_FORMS = {
    "heterogeneity": "probes that differ (gamma law)",
    "independence": "independent comparisons",
    "tail": "tail of the scores",
}

Range = tuple[float, float, float]
"""Value, low, high."""


def predict_growth(
    pairs: Known | None,
    searches: Searches,
    options: EvaluationOptions,
    threshold: float | None = None,
    galleries: Sequence[float] = GALLERIES,
) -> Growth | None:
    """Predict what larger galleries would do at one threshold, and which threshold would hold FPIR.

    Parameters
    ----------
    pairs : Comparisons or TalliedPairs, optional
        All comparisons, for the tail of non-mated scores; the lists of the searches stand in.
    searches : Searches
        Searches of one gallery.  Mated ones are used, without their mates, only where there are no others.
    options : EvaluationOptions
        Image type, level and seed.
    threshold : float, optional
        As a similarity; where a tenth of the searches have a hit, or 25, if not given.
    galleries : sequence of float
        References to predict for; those not above the measured gallery are left out.

    Returns
    -------
    Growth or None
        None with fewer than 50 usable searches or 16 references.

    Notes
    -----
    Independence: ``1 - (1 - FPIR)^(N'/N)`` (FORMULAS 1).  Heterogeneity: ``1 - (1 + L/k)^-k``, with k from the bend of
    growth inside the gallery (FORMULAS 4).  Tail: a generalised Pareto law of the highest scores, for thresholds that
    few or no scores reach (FORMULAS 6), under the same k.  Failed searches are left out of all three.
    """
    data = usable_searches(searches, options.seed)
    if len(data.owner) < _LEAST_SEARCHES or data.n_references < _LEAST_REFERENCES:
        return None
    at = float(np.float32(_usual_threshold(data) if threshold is None else threshold))
    case, busy = _case(data, at), _case(data, _busy_threshold(data))
    terms = options.terms(_conditions(case, data), searches.people.count)
    prediction = _Prediction(data, case, terms)
    prediction.check_forms(case)
    if busy.threshold < at:
        prediction.check_forms(busy)
    shapes = _shapes(case, busy)
    tail = fit_score_tail(data, pairs, at, (shapes[0][0], *_reach(shapes, options.level)), terms)
    if not math.isfinite(at) or (case.events < LEAST_EVENTS and (tail is None or tail.rate_beyond(at) is None)):
        return None
    grid = np.unique(np.append(np.geomspace(data.n_references, max(galleries), 41), galleries))
    grid = grid[grid >= data.n_references]
    prediction.draw(grid, shapes, gallery_error(searches, data, at))
    if tail is not None:
        prediction.add_tail(tail, grid)
    larger = [n for n in galleries if n > data.n_references]
    figures = {f"fpir_at_n_{_size(n)}": prediction.fpir(n, int(np.searchsorted(grid, n))) for n in larger}
    held = {f"threshold_holding_fpir_at_n_{_size(n)}": prediction.holding_threshold(n) for n in larger}
    figures |= {name: figure for name, figure in held.items() if figure is not None}
    checks, remarks = tuple(prediction.checks), tuple(prediction.remarks())
    return Growth(figures, prediction.lines, checks, round(data.n_references), at, remarks)


def _usual_threshold(data: UsableSearches) -> float:
    best = np.sort(data.others[:, 0])[::-1]
    return float(best[min(max(25, len(best) // 10), len(best)) - 1])


def _busy_threshold(data: UsableSearches) -> float:
    """Return the threshold at which half of the searches have a hit, or the lowest that the lists still show whole."""
    best = np.sort(data.others[:, 0])[::-1]
    shown = np.sort(data.known_from)[::-1][len(best) // 1000]
    return float(max(best[len(best) // 2], np.nextafter(np.float32(shown), np.float32(np.inf))))


def _conditions(case: ThresholdCase, data: UsableSearches) -> Conditions:
    rate = case.above / data.trials if case.short == 0 else 0.0
    decades = -math.log10(rate) if rate > 0 else None
    return Conditions(round(data.n_references), round(data.n_people), decades, score=case.threshold)


# What searches show of galleries smaller than the one they searched.


@dataclass(frozen=True, eq=False)
class UsableSearches:
    """Searches that show how often others come up."""

    others: npt.NDArray[np.float32]  # scores of others, best first, shape (m, k)
    subject: npt.NDArray[np.int32] | None  # whose they are, shape (m, k)
    owner: npt.NDArray[np.int64]  # probe subject, numbered from 0 without gaps, shape (m,)
    weights: Array  # of the subjects: all 1, then drawn, shape (1 + replicates, subjects)
    known_from: Array  # scores above this one are all in the list, shape (m,)
    n_references: float  # searched, without the mate's own where it was taken out; may not be whole
    n_people: float
    mate_removed: bool  # whether these are mated searches

    @property
    def trials(self) -> float:
        """Comparisons in all."""
        return self.n_references * len(self.owner)

    def weighted_rate(self, hit: npt.NDArray[np.bool_]) -> Array:
        """Return the share of searches with a hit under each set of weights, shape (1 + replicates,)."""
        size = self.weights.shape[1]
        hits = self.weights @ np.bincount(self.owner, hit, size)
        return np.asarray(hits / (self.weights @ np.bincount(self.owner, minlength=size)))


def usable_searches(searches: Searches, seed: int) -> UsableSearches:
    """Return the non-mated searches with a template, or the mated ones without their mates if there are no others."""
    ready = ~searches.failed
    removed = not bool((ready & ~searches.mated).any())
    rows = np.flatnonzero(ready & (searches.mated == removed))
    others = searches.others[rows]
    listed = np.isfinite(others).sum(axis=1)
    with_mate = listed + np.isfinite(searches.mate[rows])
    full = (listed >= min(others.shape[1], searches.n_references)) | (with_mate >= searches.depth)
    everything = with_mate >= searches.n_references
    known = np.full(len(rows), -np.inf)
    cut = full & ~everything
    known[cut] = np.where(listed[cut] > 0, others[cut, np.maximum(listed[cut] - 1, 0)], np.inf)
    who, owner = np.unique(searches.probe[rows], return_inverse=True)
    each = searches.n_references / max(searches.n_enrolled, 1)
    return UsableSearches(
        others,
        None if searches.others_subject is None else searches.others_subject[rows],
        owner,
        subject_weights(who, seed),
        known,
        searches.n_references - each * removed,
        searches.n_enrolled - 1.0 * removed,
        removed,
    )


def subject_weights(who: npt.NDArray[np.integer], seed: int, replicates: int = REPLICATES) -> Array:
    """Return weights of subjects: ones, then exponential draws, shape (1 + replicates, subjects).

    The draws belong to the subjects, whoever else is in the data.
    """
    drawn = [uniforms(seed, Purpose.BOOTSTRAP, who, block=block) for block in range(-(-replicates // 4))]
    exponential = -np.log(np.concatenate(drawn)[:replicates])
    return np.concatenate([np.ones((1, len(who))), exponential])


def people_above(data: UsableSearches, threshold: float) -> npt.NDArray[np.int64]:
    """Return, for each search, how many people (or references, where nobody is named) reach a threshold."""
    reach = data.others >= np.float32(threshold)
    found: npt.NDArray[np.int64] = reach.sum(axis=1)
    if data.subject is None:
        return found
    row, column = np.nonzero(reach)
    pairs = np.unique(np.stack([row, data.subject[row, column]]), axis=1)
    return np.bincount(pairs[0], minlength=len(found))


def fpir_of_parts(data: UsableSearches, counts: npt.NDArray[np.int64], shares: npt.ArrayLike) -> Array:
    """Return the mean FPIR over all random parts of the gallery of some sizes, given as shares of it.

    ``counts`` are the people at or above the threshold of each search.  Shape (1 + replicates, sizes): first as seen,
    then with drawn weights of the probe subjects.
    """
    part = np.asarray(shares, dtype=np.float64)
    people = data.n_people if data.subject is not None else data.n_references
    top = int(counts.max(initial=0))
    left = people - np.arange(top)
    kept = np.minimum(part[:, None] * people / np.maximum(left, 1e-9), 1.0)
    with np.errstate(divide="ignore"):
        none = np.cumsum(np.log1p(-kept), axis=1)
    hit = np.concatenate([np.zeros((len(part), 1)), -np.expm1(none)], axis=1)
    size = data.weights.shape[1]
    sums = np.stack([np.bincount(data.owner, row[counts], size) for row in hit])
    return np.asarray(data.weights @ sums.T / (data.weights @ np.bincount(data.owner, minlength=size))[:, None])


def gamma_shape(whole: Array, half: Array) -> Array:
    """Return the shape k of the gamma law of probes' propensities under which growth bends as it was seen to.

    Given FPIR of a gallery and of half of it.  k is that of `misid.statistics.fpir_gamma`, from 1e-4; ``inf`` where
    growth bends no more than chance does.
    """
    low, high = np.full(whole.shape, 1e-4), np.full(whole.shape, _MOST_SHAPE)
    rate = np.clip(whole, 0.0, 1 - 1e-9)
    for _ in range(70):
        middle = np.sqrt(low * high)
        expected = np.minimum(expected_from_fpir(rate, middle), 1e300)
        bent = fpir_gamma(expected / 2, middle) > half
        low, high = np.where(bent, middle, low), np.where(bent, high, middle)
    return np.where((low > 0.99 * _MOST_SHAPE) | (rate == 0), np.inf, np.sqrt(low * high))


def fpir_if_independent(rate: Array, times: float | Array) -> Array:
    """Return FPIR of a gallery so many times as large, if all comparisons are independent."""
    return np.asarray(-np.expm1(np.log1p(-np.clip(rate, 0.0, 1 - 1e-12)) * times))


def fpir_if_probes_differ(rate: Array, k: Array, times: float | Array) -> Array:
    """Return FPIR of a gallery so many times as large, if probes differ by a gamma law of shape ``k``."""
    expected = np.minimum(expected_from_fpir(np.clip(rate, 0.0, 1 - 1e-9), k), 1e280)
    return np.asarray(fpir_gamma(expected * times, k))


@dataclass(frozen=True, eq=False)
class ThresholdCase:
    """One threshold, looked at in parts of the gallery."""

    threshold: float  # as a similarity
    rates: Array  # FPIR over random parts of 1/32, 1/16 ... 1/2 of the gallery, and over all, shape (1 + replicates, 6)
    events: int  # searches with a hit
    short: int  # searches whose list ends above the threshold
    above: int  # candidates at or above it, over all searches

    @property
    def k(self) -> Array:
        """Shape of the gamma law of probes, from the bend between half of the gallery and all of it."""
        return gamma_shape(self.rates[:, -1], self.rates[:, -2])

    def from_part(self, form: str, part: int, times: float) -> Array:
        """Predict FPIR of a gallery so many times a part; the part's own half shows how growth bends."""
        rate = self.rates[:, part]
        if form == "independence":
            return fpir_if_independent(rate, times)
        return fpir_if_probes_differ(rate, gamma_shape(rate, self.rates[:, part - 1]), times)


def _case(data: UsableSearches, threshold: float) -> ThresholdCase:
    found = people_above(data, threshold)
    rates = fpir_of_parts(data, found, np.array([PARTS[0] / 2, *PARTS, 1.0]))
    return ThresholdCase(
        threshold, rates, int((found > 0).sum()), int((data.known_from >= threshold).sum()), int(found.sum())
    )


def gallery_error(searches: Searches, data: UsableSearches, threshold: float) -> float:
    """Return the standard error that the gallery's people add to the logarithm of expected candidates.

    It comes from hits shared by gallery subjects, beyond what single hits have; 0 where nobody is named or listed.
    """
    if data.subject is not None:
        row, column = np.nonzero(data.others >= np.float32(threshold))
        share = (1 / np.bincount(row, minlength=len(data.owner)).clip(1))[row]
        reference, probe = data.subject[row, column], data.owner[row].astype(np.int32)
    elif searches.hits is not None and not data.mate_removed:
        hits = searches.hits([threshold])[0]
        if hits is None:
            return 0.0
        share, reference, probe = hits.share, hits.reference, hits.probe
    else:
        return 0.0
    if not share.sum() > 0:
        return 0.0
    by_pair = np.unique(np.stack([reference, probe]), axis=1, return_inverse=True)[1]
    total, single = np.bincount(reference, share), np.bincount(by_pair.ravel(), share)
    shared = float(total @ total) - float(single @ single)
    return math.sqrt(max(0.0, shared)) / float(share.sum())


# The tail of non-mated scores, for thresholds that few of them reach.


class KnownScores(NamedTuple):
    """Non-mated scores, all of them or all above some level, out of so many comparisons; subjects where known."""

    score: Scores
    probe: Codes | None
    reference: Codes | None
    trials: float

    def fit(self) -> Tail | None:
        """Fit the tail; None where there are too few scores."""
        sides = [side for side in (self.probe, self.reference) if side is not None]
        return fit_tail(self.score, self.trials, clusters=sides)


@dataclass(frozen=True, eq=False)
class ScoreTail:
    """A tail, and how much probes differ."""

    tail: Tail  # of all non-mated scores
    known: KnownScores  # what it was fitted on
    k: Range  # shape of the gamma law of probes
    carried: bool  # whether that was seen at a lower threshold
    check: Check | None  # the tail tried inside the data; None where there is too little

    def rate_beyond(self, threshold: float, level: float = 0.95) -> Range | None:
        """Return the share of comparisons at or above a threshold, with its band; None below the tail.

        A tail that ends is no promise beyond the highest score: relatives and copies are a second law there, so that
        the band reaches to an exponential one.
        """
        if threshold < self.tail.start:
            return None
        value, low, high = (float(x[0]) for x in exceedance(self.tail, [threshold], level))
        if threshold > self.tail.highest:
            straight = math.exp(-(threshold - self.tail.start) / self.straight_scale)
            high = max(high, self.tail.start_probability * straight)
        return value, low, high

    @property
    def straight_scale(self) -> float:
        """Scale of an exponential tail with the same mean."""
        return self.tail.scale / (1 - min(self.tail.shape, 0.9))

    def rate_seen(self, threshold: float) -> float:
        """Return the share of comparisons at or above a threshold, as seen; NaN below all scores that are known."""
        if not threshold >= self.known.score.min():
            return math.nan
        return float(np.count_nonzero(self.known.score >= np.float32(threshold))) / self.known.trials


def fit_score_tail(
    data: UsableSearches, pairs: Known | None, threshold: float, k: Range, terms: Terms
) -> ScoreTail | None:
    """Fit the tail on comparisons, or on lists as far down as all of them reach, and try it inside the data."""
    if isinstance(pairs, TalliedPairs):
        listed = pairs.tally.tail
        known = KnownScores(pairs.scores(listed), listed.probe, listed.reference, float(pairs.trials.total))
    elif pairs is not None and pairs.non_mated.score.size:
        side = pairs.non_mated
        known = KnownScores(side.score, side.probe, side.reference, float(side.score.size))
    else:
        known = _listed_scores(data)
    tail = known.fit()
    if tail is None:
        return None
    few = np.count_nonzero(data.others[:, 0] >= np.float32(threshold)) < LEAST_EVENTS
    return ScoreTail(tail, known, k, bool(few), _tried_inside(data, known, k, terms))


def _listed_scores(data: UsableSearches) -> KnownScores:
    row, column = np.nonzero((data.others > np.float32(data.known_from.max())) & np.isfinite(data.others))
    subject = None if data.subject is None else data.subject[row, column]
    # References without a mate's own are known on average, and not exactly; there are no fewer than scores.
    trials = float(row.size) if data.trials < row.size * (1 + 1e-9) else data.trials
    return KnownScores(data.others[row, column], data.owner[row].astype(np.int32), subject, trials)


def _tried_inside(data: UsableSearches, known: KnownScores, k: Range, terms: Terms) -> Check | None:
    """Fit the tail on a random sixteenth of the gallery's people, and look where 25 searches of the whole one hit."""
    kept = _drawn_part(known, terms.seed)
    probe, reference = (None if of is None else of[kept] for of in (known.probe, known.reference))
    trials = _part_trials(known, int(np.count_nonzero(kept)))
    tail = KnownScores(known.score[kept], probe, reference, trials).fit()
    best = np.sort(data.others[:, 0])[::-1]
    if tail is None or len(best) < 2 * _TAIL_EVENTS:
        return None
    at = float(best[_TAIL_EVENTS - 1])
    if at <= tail.start or not math.isfinite(at):
        return None
    rates = [float(x[0]) for x in exceedance(tail, [at], _CHECK_LEVEL)]
    predicted = [float(fpir_gamma(rate * data.n_references, shape)) for rate, shape in zip(rates, k, strict=True)]
    value, low, high = predicted[0], min(predicted), max(predicted)
    hit = people_above(data, at) > 0
    seen = _central(data.weighted_rate(hit), _CHECK_LEVEL, "seen", int(hit.sum()))
    least, most = seen.ends
    above, below = max(value - seen.value, 0.0), max(seen.value - value, 0.0)
    passed = above <= math.hypot(value - low, most - seen.value) and below <= math.hypot(
        high - value, seen.value - least
    )
    words = "tail of the scores, from a random part of the gallery"
    found = Interval(value, low, high, _CHECK_LEVEL, words)
    where = replace(terms.conditions, threshold=None, score=at)
    return _check(data, where, "tail", _TAIL_PART, found, seen, passed)


def _drawn_part(known: KnownScores, seed: int) -> np.ndarray:
    """Draw who is in the part: people, or single scores where nobody is named."""
    if known.reference is None:
        return np.asarray(uniforms(seed, Purpose.SUB_GALLERY, np.arange(known.score.size))[0] < _TAIL_PART)
    who = np.arange(1 + int(known.reference.max(initial=-1)))
    return np.asarray((uniforms(seed, Purpose.SUB_GALLERY, who)[0] < _TAIL_PART)[known.reference])


def _part_trials(known: KnownScores, kept: int) -> float:
    """Return the comparisons of the part: as many as were drawn, where all are seen, else as meant, and no fewer."""
    return float(kept) if known.score.size == known.trials else max(known.trials * _TAIL_PART, float(kept))


# Checks inside the data, and predictions outside.


def _ends(level: float) -> tuple[float, float]:
    return 0.5 * (1 - level), 0.5 * (1 + level)


def _normal_quantile(level: float) -> float:
    return float(special.ndtri(_ends(level)[1]))


def _central(drawn: Array, level: float, words: str, events: int | None = None) -> Interval:
    """Return the value as seen, and the central part of its replicates; the value is in it."""
    low, high = np.quantile(drawn[1:], _ends(level))
    return Interval(float(drawn[0]), float(low), float(high), level, words, events).around()


def _check(
    data: UsableSearches, where: Conditions, form: str, share: float, predicted: Interval, seen: Interval, passed: bool
) -> Check:
    """Return what a form predicted of the gallery from a share of it, beside what was seen."""
    one, other = (
        Estimate.of(found._replace(trials=len(data.owner)), conditions=where, distance=HERE, kind=kind)
        for found, kind in ((predicted, Doubt.MODEL if form == "tail" else Doubt.SAMPLING), (seen, Doubt.SAMPLING))
    )
    return Check(form, round(data.n_references * share), round(data.n_references), one, other, bool(passed))


def _shapes(case: ThresholdCase, busy: ThresholdCase) -> list[Array]:
    """Return replicates of the shape of the gamma law: the one that the value stands on, then any other.

    Where more searches have a hit the bend is seen better; the threshold's own bend counts only where it differs.
    """
    if busy.threshold >= case.threshold:
        return [case.k]
    if case.events < LEAST_EVENTS:
        return [busy.k]
    own, other = case.k, busy.k
    off = 1 / own - 1 / other
    return [own, other] if abs(off[0]) > 2.58 * off[1:].std() else [other, own]


def _reach(shapes: Sequence[Array], level: float) -> tuple[float, float]:
    """Return least and greatest of the intervals of some shapes."""
    ends = np.array([np.quantile(k[1:], _ends(level), method="nearest") for k in shapes])
    return float(min(ends[:, 0].min(), shapes[0][0])), float(max(ends[:, 1].max(), shapes[0][0]))


def _with_error(value: Array, low: Array, high: Array, error: float, level: float) -> tuple[Array, Array]:
    """Add what the gallery's own people leave open: an error of the logarithm of expected candidates."""
    reach = error * _normal_quantile(level)
    top = 1 - 1e-12
    middle, least, most = (np.log(-np.log1p(-np.clip(x, 1e-300, top))) for x in (value, low, high))
    ends = middle - np.hypot(middle - least, reach), middle + np.hypot(most - middle, reach)
    below, above = (np.asarray(-np.expm1(-np.exp(end))) for end in ends)
    return np.minimum(below, low), np.maximum(above, high)


class _Prediction:
    """FPIR of larger galleries at one threshold, by every form, as far as each passes its checks inside the data."""

    def __init__(self, data: UsableSearches, case: ThresholdCase, terms: Terms) -> None:
        self.data, self.case, self.terms = data, case, terms
        self.tail: ScoreTail | None = None
        self.checks: list[Check] = []
        self.lines: dict[str, Line] = {}

    def check_forms(self, case: ThresholdCase) -> None:
        """Try each form but the tail: from a random part of the gallery to all of it."""
        n, searches, level = self.data.n_references, len(self.data.owner), self.terms.level
        if 1000 * case.short > searches:
            return
        seen, limit = case.rates[:, -1], _normal_quantile(_CHECK_LEVEL)
        where = replace(self.terms.conditions, threshold=None, score=case.threshold)
        for form in ("heterogeneity", "independence"):
            for part, share in enumerate(PARTS, start=1):
                if case.rates[0, part] * searches < LEAST_EVENTS or share * n < 8:
                    continue
                predicted = case.from_part(form, part, 1 / share)
                off = predicted - seen
                # Prediction and what was seen rest on the same probes: it is their difference that has an error.
                passed = abs(float(off[0])) <= limit * float(off[1:].std()) + 1e-12
                words = f"{_FORMS[form]}, from random parts of the gallery"
                one, other = _central(predicted, level, words), _central(seen, level, "seen", case.events)
                self.checks.append(_check(self.data, where, form, share, one, other, passed))

    def draw(self, grid: Array, shapes: Sequence[Array], error: float) -> None:
        """Draw the forms that hits at the threshold carry; ``error`` is that of the gallery's own people."""
        if self.case.events < LEAST_EVENTS:
            return
        times, rate, level = grid[:, None] / self.data.n_references, self.case.rates[:, -1], self.terms.level
        drawn = {
            "heterogeneity": [fpir_if_probes_differ(rate, k, times) for k in shapes],
            "independence": [fpir_if_independent(rate, times)],
        }
        for form, every in drawn.items():
            ends = [np.quantile(found[:, 1:], _ends(level), axis=1) for found in every]
            value = every[0][:, 0]
            low, high = (pick([end[side] for end in ends], axis=0) for side, pick in ((0, np.min), (1, np.max)))
            band = _with_error(value, np.minimum(low, value), np.maximum(high, value), error, level)
            self.lines[form] = Line(grid, value, *band)

    def add_tail(self, tail: ScoreTail, grid: Array) -> None:
        """Draw the tail, where it covers the threshold, and add its check."""
        self.tail = tail
        self.checks += [] if tail.check is None else [tail.check]
        band = tail.rate_beyond(self.case.threshold, self.terms.level)
        if band is not None:
            value, low, high = (
                np.asarray(fpir_gamma(rate * grid, np.float64(k))) for rate, k in zip(band, tail.k, strict=True)
            )
            self.lines["tail"] = Line(grid, value, np.minimum(low, value), np.maximum(high, value))

    def _failed(self, form: str) -> bool:
        return any(check.form == form and not check.passed for check in self.checks)

    def fpir(self, n: float, place: int) -> Estimate:
        """Return FPIR of a gallery of n references, which stands at a place of the lines."""
        tried = {check.form for check in self.checks}
        # Forms that passed all their checks, the one that the value stands on first.
        trusted = [form for form in _FORMS if form in self.lines and form in tried and not self._failed(form)]
        used = trusted or list(self.lines)
        lows, highs = (
            [float(end[place]) for form in used for end in (getattr(self.lines[form], side),) if end is not None]
            for side in ("low", "high")
        )
        codes = (
            ("beyond_data", self._decades(n) > 1),
            ("tail_shape_decides", used[0] == "tail"),
            # The tail takes from heterogeneity how much probes differ, and is no better than that.
            ("form_failed", not trusted or (trusted[0] == "tail" and self._failed("heterogeneity"))),
        )
        words = ("union of " if len(used) > 1 else "") + ", ".join(_FORMS[form] for form in used)
        found = Interval(float(self.lines[used[0]].value[place]), min(lows), max(highs), self.terms.level, words)
        enrolled = round(n * self.data.n_people / self.data.n_references)
        where = replace(self.terms.conditions, n_references=round(n), n_enrolled=enrolled)
        return self._beyond(n, found, where, "probability", *(code for code, holds in codes if holds))

    def holding_threshold(self, n: float) -> Estimate | None:
        """Return the threshold that would hold FPIR at n references: FORMULAS 6.c if the tail is exponential."""
        if self.tail is None or self.case.events < LEAST_EVENTS:
            return None
        wanted = self.tail.rate_seen(self.case.threshold) * self.data.n_references / n
        if not 0 < wanted <= self.tail.tail.start_probability:
            return None
        value, low, high = (float(x[0]) for x in tail_threshold(self.tail.tail, [wanted], self.terms.level))
        straight = self.case.threshold + float(threshold_shift(self.tail.straight_scale, self.data.n_references, n))
        words = f"tail of the scores; {straight:.6g} if it were exponential"
        # A tail that ends is no promise: relatives and copies are a second law beyond it.
        found = Interval(value, low, max(high, straight), self.terms.level, words)
        where = replace(self.terms.conditions, n_references=round(n), threshold=-math.log10(wanted), score=None)
        far = ["beyond_data"] * (self._decades(n) > 1)
        return self._beyond(n, found, where, "score", "tail_shape_decides", *far)

    def _decades(self, n: float) -> float:
        return math.log10(n / self.data.n_references)

    def _beyond(self, n: float, found: Interval, where: Conditions, unit: str, *caveats: str) -> Estimate:
        """Return a figure of a gallery of n references."""
        nearest = f"the measured gallery of {round(self.data.n_references):,} references"
        return Estimate.of(
            found._replace(trials=len(self.data.owner)),
            conditions=where,
            distance=Distance(nearest, self._decades(n)),
            unit=unit,
            kind=Doubt.MODEL,
            caveats=caveats,
        )

    def remarks(self) -> Iterator[str]:
        """Yield sentences on which forms can be trusted how far."""
        case, data = self.case, self.data
        kind = "mated (their mates taken out)" if data.mate_removed else "non-mated"
        yield (
            f"{case.events:,} of {len(data.owner):,} {kind} searches return somebody at the threshold; failed "
            "searches are left out."
        )
        for form in ("independence", "heterogeneity", "tail"):
            tried = [check for check in self.checks if check.form == form]
            passed = sum(check.passed for check in tried)
            name = _FORMS[form].capitalize()
            if tried:
                verdict = "trusted" if passed == len(tried) else "drawn, not trusted"
                yield f"{name}: {passed} of {len(tried)} checks inside the data passed; {verdict}."
            elif form in self.lines:
                yield f"{name}: too few hits for a check inside the data; drawn, not trusted."
        if "tail" in self.lines and self._failed("heterogeneity"):
            yield "The tail takes from heterogeneity how much probes differ, and that did not pass."
        if case.short:
            yield f"{case.short:,} lists end above the threshold: more people may reach it than they show."
        if data.subject is None and data.n_people < 0.99 * data.n_references:
            yield "Several references belong to one person, and nobody says which: parts are drawn by reference."
        if self.tail is None:
            yield "Too few scores are known for a tail."
        elif self.tail.carried:
            yield "Few scores reach the threshold: how much probes differ is taken from a lower one."


def _size(n: float) -> str:
    """Write a size as in ``2e8``."""
    mantissa, _, power = f"{n:.6e}".partition("e")
    return f"{float(mantissa):g}e{int(power)}"
