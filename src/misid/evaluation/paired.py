"""Two algorithms on the same comparisons: how much better one is, and whether that could be chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from misid.errors import MisidError
from misid.evaluation.contract import HERE, Codes, Comparisons, PairTable, Searches
from misid.evaluation.identification.rates import Events, best_wrong, misses, threshold_at
from misid.evaluation.rates.conventions import at_fmr
from misid.evaluation.rates.distribution import allowed, steps
from misid.evaluation.rates.tables import events_at, trials
from misid.quantities import Conditions, Doubt, Estimate
from misid.statistics.clustered import Counts, paired_rate_difference

FMR_TARGETS = ("1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6")
FPIR_TARGETS = ("0.1", "0.01", "0.003")


def differences(
    first: Comparisons | None,
    second: Comparisons | None,
    searches: tuple[Searches | None, Searches | None],
    *,
    image_kind: str,
    level: float,
) -> dict[str, Estimate]:
    """Return how the error rates of two algorithms differ, first minus second.

    Parameters
    ----------
    first, second : Comparisons or None
        The same comparisons, in the same order, with subjects.
    searches : tuple of (Searches or None)
        The same searches by either algorithm.
    image_kind : str
        In words.
    level : float
        Confidence level.

    Returns
    -------
    dict of str to Estimate
        ``fnmr_at_fmr_*``, ``rank_1_miss``, ``fnir_at_fpir_*``: differences of shares, below 0 where the first
        algorithm errs less.  Each algorithm has its own threshold, set on these data.

    Raises
    ------
    MisidError
        If the two were not given the same comparisons, or the files name no subjects.

    Notes
    -----
    People are resampled, not comparisons, and the same people for both algorithms: what one person does to either
    cancels.  The doubt of either threshold is not in the interval.
    """
    found: dict[str, Estimate] = {}
    if first is not None and second is not None:
        found |= dict(_of_pairs(first, second, image_kind, level))
    one, other = searches
    if one is not None and other is not None:
        found |= dict(_of_searches(one, other, image_kind, level))
    if not found:
        raise MisidError("two algorithms can be compared on comparisons with their subjects, or on searches alone")
    return found


def _of_pairs(first: Comparisons, second: Comparisons, image_kind: str, level: float) -> Iterator[tuple[str, Estimate]]:
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
    subjects = first.people.count
    tried = _counts(trials(first, mated=True))
    n = int(first.non_mated.score.size)
    targets = [target for target in FMR_TARGETS if allowed(target, n)]
    both = [steps(of, fmr=targets) for of in (first, second)]
    for target in targets:
        points = [at_fmr(one, target) for one in both]
        tables = [
            _counts(events_at(of, at.threshold, mated=True)) for of, at in zip((first, second), points, strict=True)
        ]
        yield (
            f"fnmr_at_fmr_{target}",
            _estimate(
                tables, tried, subjects, level, Conditions(image_kind=image_kind), f"each at its own FMR of {target}"
            ),
        )


def _of_searches(one: Searches, other: Searches, image_kind: str, level: float) -> Iterator[tuple[str, Estimate]]:
    if not (np.array_equal(one.probe, other.probe) and np.array_equal(one.mated, other.mated)):
        raise MisidError(
            f"the two algorithms were not given the same searches ({one.probe.size:,} and {other.probe.size:,}); "
            "give the same searches in the same order"
        )
    conditions = Conditions(one.n_references, one.n_enrolled, image_kind=image_kind)
    subjects = one.people.count
    if not one.mated.any():
        return

    def differ(missed: Callable[[Searches], Events], method: str) -> Estimate:
        tables = [_by_probe(missed(of)) for of in (one, other)]
        mated = one.probe[one.mated]
        everyone = np.arange(subjects, dtype=np.int32)
        tried = Counts(everyone, everyone, np.bincount(mated, minlength=subjects).astype(np.int64))
        return _estimate(tables, tried, subjects, level, conditions, method)

    yield "rank_1_miss", differ(lambda of: misses(of, rank=1), "mate not on top, no threshold")
    for target in FPIR_TARGETS:
        level_of = {id(of): threshold_at(best_wrong(of)[1], float(target)) for of in (one, other)}
        if any(found is None for found in level_of.values()):
            continue
        yield (
            f"fnir_at_fpir_{target}",
            differ(lambda of, at=level_of: misses(of, at[id(of)]), f"each at its own FPIR of {target}"),  # type: ignore[misc]
        )


def _same(one: Codes | None, other: Codes | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


def _by_probe(events: Events) -> Counts:
    often = np.bincount(events.probe, events.number)
    people = np.flatnonzero(often).astype(np.int32)
    return Counts(people, people, often[people].astype(np.int64))


def _counts(table: PairTable) -> Counts:
    return Counts(table.first, table.second, table.count)


def _estimate(
    tables: list[Counts], tried: Counts, subjects: int, level: float, conditions: Conditions, method: str
) -> Estimate:
    found = paired_rate_difference(tables[0], tables[1], tried, subjects, level=level)
    events = [int(table.count.sum()) for table in tables]
    return Estimate(
        value=found.difference,
        low=min(found.low, found.difference),
        high=max(found.high, found.difference),
        unit="difference of shares",
        kind=Doubt.SAMPLING,
        method=f"{method}; {events[0]:,} and {events[1]:,} errors; {found.method}; p = {found.p_value:.2g}",
        n=float(tried.count.sum()),
        count=float(found.discordant),
        level=level,
        conditions=conditions,
        caveats=("few_events",) if min(events) < 25 else (),
        distance=HERE,
    )
