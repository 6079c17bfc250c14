"""Rates of one-to-one comparisons, with plain names and intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from misid.errors import MisidError
from misid.evaluation.contract import Comparisons, Stream
from misid.evaluation.rates import conventions
from misid.evaluation.rates.area import area, area_doubt, residuals
from misid.evaluation.rates.conventions import Point
from misid.evaluation.rates.curves import curves, densities
from misid.evaluation.rates.distribution import Steps, allowed, steps
from misid.evaluation.rates.doubt import doubt
from misid.evaluation.rates.failures import failures
from misid.evaluation.rates.frame import Frame
from misid.evaluation.rates.gathered import Gathered, gathered
from misid.evaluation.results import FMR_TARGETS, PairRates
from misid.quantities import Estimate, Interval

FEW_SUBJECTS = 50
TIES = 0.01  # share of scores that equal another from which ties are worth a word
PEOPLE = 1_000_000  # subjects of a stream beyond which no bands are computed, to save memory
BANDS, BANDS_IF_MANY, MANY = 40, 12, 5_000_000  # thresholds at which bands are computed; fewer for many comparisons


def pair_rates(
    pairs: Comparisons | Stream,
    *,
    image_kind: str,
    level: float,
    thresholds: Sequence[float] = (),
    n_points: int = 1000,
) -> PairRates:
    """Measure rates of one-to-one comparisons.

    Parameters
    ----------
    pairs : Comparisons or Stream
        With at least one score of either kind.
    image_kind : str
        Kind of probe image, in words.
    level : float
        Confidence level of intervals, strictly between 0 and 1.
    thresholds : sequence of float
        At which FMR and FNMR are wanted, as similarities; rounded to float32.
    n_points : int
        Most points of a curve.

    Returns
    -------
    PairRates
        Values are the same for comparisons in memory and for a stream of them, in any order.  Points of curves and
        ends of intervals may differ in the third digit where more than `misid.evaluation.rates.distribution.WHOLE`
        scores were counted and not sorted.

    Raises
    ------
    MisidError
        If there is no mated or no non-mated score.

    Notes
    -----
    Comparisons without a score are in no FMR or FNMR.  ``frr_at_*`` and ``far_at_*`` fold them in
    (ISO/IEC 19795-1): FRR = FTA + (1 - FTA) FNMR and FAR = (1 - FTA) FMR.
    """
    # A file goes through faster where nobody asks whose the scores are.
    bare: Comparisons | Stream = pairs if isinstance(pairs, Comparisons) else pairs.scores_alone()
    found = steps(bare, fmr=FMR_TARGETS, thresholds=thresholds)
    for kind, n in (("mated", found.n_mated), ("non-mated", found.n_non_mated)):
        if n == 0:
            raise MisidError(f"no {kind} comparison has a score; rates need both kinds, see which pairs the file holds")
    found = conventions.sharpened(bare, found)
    rate, at_eer = conventions.eer(found)
    points = {target: conventions.at_fmr(found, target) for target in _reachable(found)}
    asked = {float(t): conventions.at_threshold(found, t) for t in thresholds}
    last = conventions.point(found, found.key.size)
    needed = [at_eer, last, *points.values(), *asked.values()]
    lines = curves(found, n_points, _bands(pairs, found))
    at_figures, at_band = ([at.threshold for at in of] for of in (needed, lines.band))
    under = area(bare, found)
    sums = _sums(pairs, found, [*at_figures, *at_band], under)
    doubts = doubt(pairs, found, at_figures, at_band, level=level, sums=sums)
    frame = Frame(found, doubts, image_kind, _caveats(pairs, found))
    figures = _equal(frame, rate, at_eer)
    figures |= _area(pairs, under, frame, min(at_eer.missed, at_eer.passed))
    for target in FMR_TARGETS:
        figures |= _at_fmr(frame, target, points.get(target), last)
    for t, at in asked.items():
        figures[f"fmr_at_{t:g}"] = _fmr(frame, at)
        figures[f"fnmr_at_{t:g}"] = _fnmr(frame, at)
    named = {f"fmr_{target}": at for target, at in points.items()} | {f"{t:g}": at for t, at in asked.items()}
    figures |= failures(pairs, frame, named)
    return PairRates(
        figures=figures,
        fmr=lines.line(doubts, False),
        fnmr=lines.line(doubts, True),
        **densities(found),
        n_mated=found.n_mated,
        n_non_mated=found.n_non_mated,
    )


def _bands(pairs: Comparisons | Stream, found: Steps) -> int:
    """Return at how many thresholds bands are computed: fewer for many comparisons, none for a stream of many people.

    Where most scores pass, most pairs of subjects have errors, and a band would hold them all once per threshold.
    """
    if isinstance(pairs, Comparisons) or pairs.people is None:
        return BANDS if found.n_mated + found.n_non_mated <= MANY else BANDS_IF_MANY
    return BANDS_IF_MANY if pairs.people.count <= PEOPLE else 0


def _sums(pairs: Comparisons | Stream, found: Steps, thresholds: Sequence[float], under: Interval) -> Gathered | None:
    """Go through many comparisons with subjects once and add up what intervals need; few are sorted instead."""
    few = isinstance(pairs, Comparisons) and found.n_mated + found.n_non_mated <= MANY
    if few or pairs.people is None:
        return None
    return gathered(pairs, found, thresholds, residuals(found, under.value))


def _reachable(found: Steps) -> list[str]:
    return [target for target in FMR_TARGETS if allowed(target, found.n_non_mated) >= 1]


def _caveats(pairs: Comparisons | Stream, found: Steps) -> tuple[str, ...]:
    caveats = []
    if pairs.people is None:
        caveats.append("no_subject_labels")
    elif pairs.people.count < FEW_SUBJECTS:
        caveats.append("few_subjects")
    total = found.n_mated + found.n_non_mated
    if found.single.all() and total - found.key.size > TIES * total:
        caveats.append("ties")
    return tuple(caveats)


def _fmr(frame: Frame, at: Point) -> Estimate:
    words = "share of non-mated scores at or above the threshold"
    return frame.estimate(frame.doubts.rate(at, False), words, frame.steps.n_non_mated, at.passed, at)


def _fnmr(frame: Frame, at: Point) -> Estimate:
    words = "share of mated scores below the threshold"
    return frame.estimate(frame.doubts.rate(at, True), words, frame.steps.n_mated, at.missed, at)


def _equal(frame: Frame, rate: float, at: Point) -> dict[str, Estimate]:
    """Equal error rate by every convention; all rest on the same comparisons and share the interval's width."""
    found, n = frame.steps, frame.steps.n_mated + frame.steps.n_non_mated
    errors, fewer = at.missed + at.passed, min(at.missed, at.passed)

    def figure(of: Interval, words: str, unit: str = "probability") -> Estimate:
        return frame.estimate(of, words, n, errors, at, unit, fewer)

    of = frame.doubts.eer(rate, at)
    figures = {
        "eer": figure(of, "nearest point, ties as whole steps"),
        "eer_threshold": figure(_threshold(frame, at.fmr, at), "nearest point", "similarity"),
    }
    others = {
        "eer_midpoint": (conventions.eer_midpoint(found)[0], "middle of the crossing interval (FVC2000)"),
        "eer_interpolated": (conventions.eer_interpolated(found), "straight line across the crossing"),
        "eer_hull": (conventions.eer_hull(found), "convex hull of the trade-off curve"),
    }
    for name, (value, words) in others.items():
        figures[name] = figure(frame.doubts.eer(value, at) if 0 < value < 1 else of._replace(value=value), words)
    return figures


def _area(pairs: Comparisons | Stream, found: Interval, frame: Frame, errors: int) -> dict[str, Estimate]:
    """Return the area under the curve; few errors at the EER tell as little about it."""
    variance, nodes = area_doubt(pairs, frame.steps, found.value, frame.doubts.sums)
    of = frame.doubts.area(found.value, variance, nodes)
    words = "share of pairs of scores in their order, ties half"
    low, high = found.ends
    if low < high:
        words += f", known to {high - low:.1g}"
    n = frame.steps.n_mated + frame.steps.n_non_mated
    return {"auc": frame.estimate(of, words, n, None, errors=errors)}


def _at_fmr(frame: Frame, target: str, at: Point | None, last: Point) -> dict[str, Estimate]:
    """FNMR at an FMR, its threshold, and the FMR that is realised there."""
    n, m = frame.steps.n_non_mated, frame.steps.n_mated
    names = {"fnmr_at_fmr": "probability", "threshold_at_fmr": "similarity", "fmr_realised_at_fmr": "probability"}
    words = "lowest threshold whose FMR is at most the wish"
    if at is None:
        bound = frame.doubts.rate(last, False).high
        left = "" if bound is None else f"; no false match at all leaves FMR open up to {bound:.2g}"
        reason = f"{n:,} non-mated comparisons cannot show FMR {target}: one false match is already {1 / n:.2g}{left}"
        return {f"{name}_{target}": frame.missing(unit, words, n, reason) for name, unit in names.items()}
    return {
        f"fnmr_at_fmr_{target}": frame.estimate(
            frame.doubts.fnmr_at_fmr(float(target), at),
            words,
            m,
            at.missed,
            at,
            errors=min(at.missed, at.passed),
        ),
        f"threshold_at_fmr_{target}": frame.estimate(
            _threshold(frame, float(target), at), words, n, at.passed, at, "similarity"
        ),
        f"fmr_realised_at_fmr_{target}": _fmr(frame, at),
    }


def _threshold(frame: Frame, target: float, at: Point) -> Interval:
    """Return the threshold with the ends that FMR's interval leaves open; neither where one is infinite."""
    ends = frame.doubts.thresholds_of(target, at)
    low, high = ends if np.isfinite(ends).all() else (None, None)
    return Interval(at.threshold, low, high, None, "where FMR's interval reaches")
