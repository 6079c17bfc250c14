"""Two algorithms on the same comparisons: how much better one is, and whether that could be chance."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from misid.errors import MisidError
from misid.evaluation.comparisons.conventions import at_fmr, at_threshold
from misid.evaluation.comparisons.intervals import fnmr_difference, pair_intervals
from misid.evaluation.comparisons.steps import allowed, steps
from misid.evaluation.contract import HERE, Codes, Comparisons, Searches
from misid.evaluation.results import EvaluationOptions
from misid.evaluation.searches.counts import SearchEvents, best_non_mated, mate_scores, misses, threshold_for_fpir
from misid.evaluation.searches.intervals import resampled_thresholds, widened
from misid.quantities import Conditions, Estimate, Interval
from misid.statistics import PairCounts, paired_rate_difference
from misid.vocabulary.numbers import DIFFERENCE


def paired_differences(
    first: Comparisons | None,
    second: Comparisons | None,
    searches: tuple[Searches | None, Searches | None],
    options: EvaluationOptions,
    own: tuple[Comparisons, Comparisons] | None = None,
) -> dict[str, Estimate]:
    """Return how the error rates of two algorithms differ, first minus second.

    Parameters
    ----------
    first, second : Comparisons or None
        The same comparisons, in the same order, with subjects; a failure scores ``-inf``.
    searches : tuple of (Searches or None)
        The same searches by either algorithm.
    options : EvaluationOptions
        Image type, level, and the seed of the resamples of people in which thresholds of searches are set again.
    own : tuple of Comparisons, optional
        Those of either on which its thresholds are set, where failures are among ``first`` and ``second``.

    Returns
    -------
    dict of str to Estimate
        ``fnmr_at_fmr_*``, ``rank_1_miss``, ``fnir_at_fpir_*``: differences of shares, below 0 where the first
        algorithm errs less.  Each algorithm has its own threshold, set on these data.  Where failures count as misses,
        ``frr_at_fmr_*``.

    Raises
    ------
    MisidError
        If the two were not given the same comparisons, or the files name no subjects.

    Notes
    -----
    People, not comparisons, are what was sampled, and the same people for both algorithms: what one person does to
    either cancels.  Thresholds were set on the same data, and what that leaves open is in the interval.
    """
    found: dict[str, Estimate] = {}
    if first is not None and second is not None:
        found |= dict(_of_pairs(first, second, options, own))
    one, other = searches
    if one is not None and other is not None:
        found |= dict(_of_searches(one, other, options))
    if not found:
        raise MisidError("two algorithms can be compared on comparisons with their subjects, or on searches alone")
    return found


def _of_pairs(
    first: Comparisons,
    second: Comparisons,
    options: EvaluationOptions,
    own: tuple[Comparisons, Comparisons] | None,
) -> Iterator[tuple[str, Estimate]]:
    if first.people is None or second.people is None:
        raise MisidError("two algorithms can be compared only where the files name probe_subject and reference_subject")
    for one, other, words in (
        (first.mated, second.mated, "mated"),
        (first.non_mated, second.non_mated, "non-mated"),
    ):
        if not (_same(one.probe, other.probe) and _same(one.reference, other.reference)):
            raise MisidError(
                f"the two algorithms were not given the same {words} comparisons ({one.score.size:,} and "
                f"{other.score.size:,} with a score); give the same comparisons in the same order, and leave out of "
                "both those for which either has no score"
            )
    n = min(int(of.non_mated.score.size) for of in own or (first, second))
    targets = [target for target in options.fmr_targets if allowed(target, n)]
    both = [steps(of, fmr=targets) for of in (first, second)]
    points = {target: (at_fmr(both[0], target), at_fmr(both[1], target)) for target in targets}
    if own is not None:
        alone = [steps(of, fmr=targets) for of in own]
        chosen = {target: [at_fmr(of, target).threshold for of in alone] for target in targets}
        both = [steps(of, thresholds=[at[k] for at in chosen.values()]) for k, of in enumerate((first, second))]
        points = {target: (at_threshold(both[0], at[0]), at_threshold(both[1], at[1])) for target, at in chosen.items()}
    thresholds = [[at[k].threshold for at in points.values()] for k in (0, 1)]
    intervals = (
        pair_intervals(first, both[0], thresholds[0], level=options.level),
        pair_intervals(second, both[1], thresholds[1], level=options.level),
    )
    conditions = Conditions(image_kind=options.printed_image_kind)
    for target, at in points.items():
        found = fnmr_difference(intervals, at, float(target))
        errors = at[0].missed, at[1].missed
        fewest = min(*errors, at[0].passed, at[1].passed)
        words = f"each at its own FMR of {target}" + (", failures count as misses" if own else "")
        yield f"{'frr' if own else 'fnmr'}_at_fmr_{target}", _estimate(found, errors, fewest, conditions, words)


def _of_searches(one: Searches, other: Searches, options: EvaluationOptions) -> Iterator[tuple[str, Estimate]]:
    if not (np.array_equal(one.probe, other.probe) and np.array_equal(one.mated, other.mated)):
        raise MisidError(
            f"the two algorithms were not given the same searches ({one.probe.size:,} and {other.probe.size:,}); "
            "give the same searches in the same order"
        )
    people = one.people.count
    terms = options.terms(Conditions(one.n_references, one.n_enrolled), people)
    if not one.mated.any():
        return

    tried = PairCounts.of_people(np.bincount(one.probe[one.mated], minlength=people))

    def differ(missed: tuple[SearchEvents, SearchEvents], words: str, own_thresholds: bool = False) -> Estimate:
        tables = [events.by_subject(people)[0] for events in missed]
        found = paired_rate_difference(tables[0], tables[1], tried, level=options.level)
        if own_thresholds:  # what the thresholds add is in the interval, not in this p
            found = found._replace(p_value=math.nan)
        errors = tables[0].total, tables[1].total
        return _estimate(found, errors, min(errors), terms.conditions, words)

    yield "rank_1_miss", differ((misses(one, rank=1), misses(other, rank=1)), "mate not on top, no threshold")
    sides = [(best_non_mated(of), mate_scores(of)) for of in (one, other)]
    chosen = {t: [threshold_for_fpir(best[1], t, mate[1]) for best, mate in sides] for t in options.fpir_targets}
    usable = {target: (a, b) for target, (a, b) in chosen.items() if a is not None and b is not None}
    if not usable:
        return
    drawn = [resampled_thresholds(best, [mate], [*usable], terms) for best, mate in sides]
    for (target, (a, b)), first, second in zip(usable.items(), *drawn, strict=True):
        figure = differ((misses(one, a), misses(other, b)), f"each at its own FPIR of {target:g}", True)
        # The same people weigh the same in both, so that what they do to either cancels in each resample.
        yield (
            f"fnir_at_fpir_{target:g}",
            widened(figure, first.missed[0] - second.missed[0], "thresholds set again in each resample"),
        )


def _same(one: Codes | None, other: Codes | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


def _estimate(found: Interval, errors: tuple[int, int], fewest: int, conditions: Conditions, words: str) -> Estimate:
    p = "" if math.isnan(found.p_value) else f"; p = {found.p_value:.2g}"
    return Estimate.of(
        found._replace(method=f"{found.method}{p}"),
        conditions=conditions,
        distance=HERE,
        unit=DIFFERENCE,
        words=f"{words}; {errors[0]:,} and {errors[1]:,} errors",
        errors=fewest,
    )
