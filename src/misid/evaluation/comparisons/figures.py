"""Rates of one-to-one comparisons, with plain names and intervals: `PAIR_FIGURES` lists them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from misid.errors import MisidError
from misid.evaluation.comparisons import conventions
from misid.evaluation.comparisons.area import ahead_of_area, area, area_variance, residuals
from misid.evaluation.comparisons.conventions import Point
from misid.evaluation.comparisons.counts import ListedPairs, SummedPairs
from misid.evaluation.comparisons.curves import curves, densities
from misid.evaluation.comparisons.failures import failure_to_acquire, far_at, frr_at
from misid.evaluation.comparisons.intervals import PairIntervals, pair_intervals
from misid.evaluation.comparisons.steps import LOW, Counter, Steps, Whole, allowed, steps
from misid.evaluation.comparisons.tallied import AnyPairs, TalliedCounts, TalliedPairs
from misid.evaluation.contract import Comparisons, Scores
from misid.evaluation.registry import Figure
from misid.evaluation.results import FMR_TARGETS, PairRates
from misid.quantities import FEW_SUBJECTS, Conditions, Estimate, Interval
from misid.vocabulary.catalogue import say

TIES = 0.01  # share of scores that equal another from which ties are worth a word
_WIDER = 64  # steps
PEOPLE = 1_000_000  # subjects of a stream beyond which no bands are computed, to save memory
BANDS, BANDS_IF_MANY, MANY = 40, 12, 5_000_000  # thresholds at which bands are computed; fewer for many comparisons


class Frame(NamedTuple):
    """What all figures of one set of comparisons share."""

    pairs: AnyPairs
    steps: Steps
    intervals: PairIntervals
    area: Interval  # its bounds: two where not all scores could be told apart
    image_kind: str
    caveats: tuple[str, ...]

    @property
    def n(self) -> int:
        """Comparisons with a score."""
        return self.steps.n_mated + self.steps.n_non_mated

    def at(self, at: Point | None) -> Conditions:
        """Return the conditions of a figure at a threshold."""
        if at is None:
            return Conditions(image_kind=self.image_kind)
        decades = -float(np.log10(at.fmr)) if at.fmr > 0 else None
        score = at.threshold if np.isfinite(at.threshold) else None
        return Conditions(threshold=decades, image_kind=self.image_kind, score=score)


# Each computes one figure of a frame at a point; of an FMR, with that FMR.


def _eer(convention: Callable[[Steps], float]) -> Callable[[Frame, Point, float], Interval]:
    """By some convention: all rest on the same comparisons and share the interval's width."""

    def compute(frame: Frame, at: Point, _: float) -> Interval:
        value = convention(frame.steps)
        # On the logit scale 0 and 1 have no interval: that of the nearest point stands in.
        found = frame.intervals.eer(value if 0 < value < 1 else _nearest(frame.steps), at)
        return found._replace(value=value, events=at.missed + at.passed, trials=frame.n)

    return compute


def _eer_threshold(frame: Frame, at: Point, _: float) -> Interval:
    return _threshold(frame, at, at.fmr)._replace(events=at.missed + at.passed, trials=frame.n)


def _threshold(frame: Frame, at: Point, target: float) -> Interval:
    """Return a threshold with the ends that FMR's interval leaves open; neither where one is infinite."""
    ends = frame.intervals.thresholds_of(target, at)
    low, high = ends if np.isfinite(ends).all() else (None, None)
    level = None if low is None else frame.intervals.level
    words = "where FMR's interval reaches"
    return Interval(at.threshold, low, high, level, words, at.passed, frame.steps.n_non_mated)


def _auc(frame: Frame, at: Point, _: float) -> Interval:
    intervals = frame.intervals
    sums = None if isinstance(intervals.counts, ListedPairs) else intervals.counts
    found = intervals.area(frame.area.value, *area_variance(frame.pairs, frame.steps, frame.area.value, sums))
    low, high = frame.area.ends
    known = f"known to {high - low:.1g}; " if low < high else ""
    return found._replace(method=known + found.method, trials=frame.n)


def _fnmr_at_fmr(frame: Frame, at: Point, target: float) -> Interval:
    return frame.intervals.fnmr_at_fmr(target, at)._replace(events=at.missed, trials=frame.steps.n_mated)


def _fmr(frame: Frame, at: Point, _: float) -> Interval:
    return frame.intervals.rate(at, False)


def _fnmr(frame: Frame, at: Point, _: float) -> Interval:
    return frame.intervals.rate(at, True)


def _fta(frame: Frame, at: Point, _: float) -> Interval:
    return failure_to_acquire(frame.pairs, frame.intervals)


def _frr(frame: Frame, at: Point, _: float) -> Interval:
    return frr_at(frame.pairs, frame.intervals, at)


def _far(frame: Frame, at: Point, _: float) -> Interval:
    return far_at(frame.intervals, at)


_PASSED = "share of non-mated scores at or above the threshold"
_LOWEST = "lowest threshold whose FMR is at most the wish"


def _nearest(of: Steps) -> float:
    return conventions.eer(of)[0]


def _midpoint(of: Steps) -> float:
    return conventions.eer_midpoint(of)[0]


_at_eer = partial(Figure, over="eer", rests_on_both=True)
_with_failures = partial(Figure, over="threshold with failures", caveats=("failures_counted",))

PAIR_FIGURES = (
    _at_eer("eer", "nearest point, ties as whole steps", _eer(_nearest)),
    _at_eer("eer_threshold", "nearest point", _eer_threshold, unit="similarity"),
    _at_eer("eer_midpoint", "middle of the crossing interval (FVC2000)", _eer(_midpoint)),
    _at_eer("eer_interpolated", "straight line across the crossing", _eer(conventions.eer_interpolated)),
    _at_eer("eer_hull", "convex hull of the trade-off curve", _eer(conventions.eer_hull)),
    # Few errors at the EER tell as little about the area.
    Figure("auc", "share of pairs of scores in their order, ties half", _auc, rests_on_both=True),
    Figure("fnmr_at_fmr", _LOWEST, _fnmr_at_fmr, over="fmr", rests_on_both=True),
    Figure("threshold_at_fmr", _LOWEST, _threshold, "similarity", over="fmr"),
    Figure("fmr_realised_at_fmr", _PASSED, _fmr, over="fmr"),
    Figure("fmr_at", _PASSED, _fmr, over="threshold"),
    Figure("fnmr_at", "share of mated scores below the threshold", _fnmr, over="threshold"),
    Figure("failure_to_acquire", "share of comparisons without a score", _fta, over="failures"),
    _with_failures("frr_at", "FTA + (1 - FTA) FNMR", _frr),
    _with_failures("far_at", "(1 - FTA) FMR", _far),
)


def pair_rates(
    pairs: AnyPairs,
    *,
    image_kind: str,
    level: float,
    thresholds: Sequence[float] = (),
    n_points: int = 1000,
    fmr_targets: Sequence[str] = FMR_TARGETS,
    with_failures: bool = False,
) -> PairRates:
    """Measure rates of one-to-one comparisons.

    Parameters
    ----------
    pairs : Comparisons, Stream or TalliedPairs
        With at least one score of either kind.
    image_kind : str
        Kind of probe image, in words.
    level : float
        Confidence level of intervals, strictly between 0 and 1.
    thresholds : sequence of float
        At which FMR and FNMR are wanted, as similarities; rounded to float32.
    n_points : int
        Most points of a curve.
    fmr_targets : sequence of str
        FMR that a threshold is set for, in decimal digits.
    with_failures : bool
        Whether ``frr_at_*`` is wanted although no comparison failed: another algorithm's did.

    Returns
    -------
    PairRates
        Values are the same for comparisons in memory and for a stream of them, in any order.  Points of curves and
        ends of intervals may differ in the third digit where more than `misid.evaluation.comparisons.steps.WHOLE`
        scores were counted and not sorted.

    Raises
    ------
    MisidError
        If there is no mated or no non-mated score.

    Notes
    -----
    Comparisons without a score are in no FMR or FNMR; ``frr_at_*`` and ``far_at_*`` fold them in.
    """
    # A file goes through faster where nobody asks whose the scores are.
    bare = pairs if isinstance(pairs, Comparisons | TalliedPairs) else pairs.scores_alone()
    if isinstance(bare, TalliedPairs):
        found = bare.steps
    else:
        found = steps(bare, fmr=fmr_targets, thresholds=thresholds, ahead=None if bare is pairs else _ahead)
    for kind, n in (("mated", found.n_mated), ("non-mated", found.n_non_mated)):
        if n == 0:
            raise MisidError(f"no {kind} comparison has a score; rates need both kinds, see which pairs the file holds")
    if not isinstance(bare, TalliedPairs):
        found = conventions.sharpened(bare, found)
    at_eer = conventions.eer(found)[1]
    points = {t: conventions.at_fmr(found, t) if allowed(t, found.n_non_mated) else None for t in fmr_targets}
    chosen = {float(t): conventions.at_threshold(found, float(t)) for t in thresholds}
    wanted = {f"{t:g}": at for t, at in chosen.items()}
    last = conventions.point(found, found.key.size)
    lines = curves(found, n_points, _bands(pairs, found))
    if isinstance(pairs, TalliedPairs):
        lines = replace(lines, band=tuple(conventions.at_threshold(found, t) for t in pairs.knots(lines.band)))
    at_figures = [at.threshold for at in (at_eer, last, *points.values(), *chosen.values()) if at is not None]
    at_band = [at.threshold for at in lines.band]
    under = area(None if isinstance(bare, TalliedPairs) else bare, found)
    found = replace(found, ahead=None)
    sums = _sums(pairs, found, [*at_figures, *at_band], under)
    intervals = pair_intervals(pairs, found, at_figures, at_band, level=level, sums=sums)
    frame = Frame(pairs, found, intervals, under, image_kind, _caveats(pairs, found))
    return PairRates(
        figures=dict(_figures(frame, at_eer, points, wanted, last, with_failures)),
        fmr=lines.line(intervals, False),
        fnmr=lines.line(intervals, True),
        **densities(found),
        n_mated=found.n_mated,
        n_non_mated=found.n_non_mated,
    )


def _ahead(coarse: Steps, mated: list[Scores] | None) -> tuple[Whole, Counter | None]:
    """Return what `conventions.sharpened` and `area` are likely to look up, so that a file is gone through once."""
    at = np.flatnonzero(conventions.lower(coarse))
    # Once those are known the hull crosses lower, and may reach a little further on either side.
    wider = min(at.size, _WIDER)
    ends = [np.arange(end - wider, end + wider + 1) for end in at[[0, -1]].tolist()] if at.size else []
    at = np.unique(np.concatenate([at, *ends]).clip(0, coarse.key.size - 1))
    return (coarse.key[at] >> LOW).astype(np.int64), ahead_of_area(coarse, mated)


def _figures(
    frame: Frame,
    at_eer: Point,
    points: Mapping[str, Point | None],
    wanted: dict[str, Point],
    last: Point,
    with_failures: bool,
) -> Iterator[tuple[str, Estimate]]:
    """Yield every figure by its name, at each point that its row is repeated over."""
    named = {f"fmr_{target}": at for target, at in points.items() if at is not None} | wanted
    failed = with_failures or frame.steps.failed_mated + frame.steps.failed_non_mated
    over: list[tuple[str, str, Point | None]] = [("eer", "", at_eer), ("data", "", at_eer)]
    over += [("fmr", f"_{target}", at) for target, at in points.items()]
    over += [("threshold", f"_{t}", at) for t, at in wanted.items()] + [("failures", "", at_eer)]
    over += [("threshold with failures", f"_{name}", at) for name, at in named.items() if failed]
    for repeated, suffix, at in over:
        for figure in PAIR_FIGURES:
            if figure.over != repeated:
                continue
            target = float(suffix[1:]) if repeated == "fmr" else 0.0
            if at is None:
                reason = _unreachable(frame, suffix[1:], last)
                yield (
                    figure.name + suffix,
                    figure.missing(reason, frame.at(None), frame.steps.n_non_mated, frame.caveats),
                )
                continue
            errors = min(at.missed, at.passed) if figure.rests_on_both else None
            where = frame.at(None if repeated in ("data", "failures") else at)
            interval = figure.compute(frame, at, target)
            yield figure.name + suffix, figure.estimate(interval, where, errors, frame.caveats)


def _unreachable(frame: Frame, target: str, last: Point) -> str:
    """Say why so few comparisons cannot show an FMR."""
    n, bound = frame.steps.n_non_mated, frame.intervals.rate(last, False).high
    key = "reading.reason.fmr" if bound is None else "reading.reason.fmr_open"
    return say(key, n=int(n), target=target, one=1 / n, bound=bound)


def _bands(pairs: AnyPairs, found: Steps) -> int:
    """Return at how many thresholds bands are computed: fewer for many comparisons, none for a stream of many people.

    Where most scores pass, most pairs of subjects have errors, and a band would hold them all once per threshold.
    """
    if isinstance(pairs, Comparisons) or pairs.people is None:
        return BANDS if found.n_mated + found.n_non_mated <= MANY else BANDS_IF_MANY
    return BANDS_IF_MANY if pairs.people.count <= PEOPLE else 0


def _sums(
    pairs: AnyPairs, found: Steps, thresholds: Sequence[float], under: Interval
) -> SummedPairs | TalliedCounts | None:
    """Go through many comparisons with subjects once and add up what intervals need; few are sorted instead."""
    if isinstance(pairs, TalliedPairs):
        return TalliedCounts(pairs, thresholds, under.value)
    few = isinstance(pairs, Comparisons) and found.n_mated + found.n_non_mated <= MANY
    if few or pairs.people is None:
        return None
    return SummedPairs(pairs, thresholds, found, residuals(found, under.value))


def _caveats(pairs: AnyPairs, found: Steps) -> tuple[str, ...]:
    caveats = []
    if pairs.people is None:
        caveats.append("no_subject_labels")
    elif pairs.people.count < FEW_SUBJECTS:
        caveats.append("few_subjects")
    total = found.n_mated + found.n_non_mated
    if found.single.all() and total - found.key.size > TIES * total:
        caveats.append("ties")
    return tuple(caveats)
