"""Intervals of shares and counts, and of rates whose trials share people: one call picks the method.

Exact where events are few, also where there is none or nothing else.  Item numbers are those of docs/formulas.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.quantities import FEW_EVENTS, Interval
from misid.statistics.people import (
    ClusteredRate,
    Codes,
    CrossCounts,
    EventCounts,
    PairCounts,
    PairSums,
    TrialCounts,
    clustered_rate,
    clustered_rates_by_person,
    satterthwaite,
    upper_freedom,
)
from misid.statistics.ranges import Array, Numbers, within

ROUGH = 15.0  # degrees of freedom below which coverage may fall short
SPREAD_ASSUMED = 2.0  # standard deviation over mean of people's own rates, where events are too few to show it


class Band(NamedTuple):
    """Intervals of several values that hold all at once: ndarrays of one shape."""

    value: Array
    low: Array
    high: Array


def clopper_pearson(count: Numbers | float, n: Numbers | float, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Exact interval for a probability of which ``count`` out of ``n`` was seen; 0 to 1 where ``n`` is 0.

    Covers the true probability with at least ``level``, whatever it is, if the trials are independent.
    Source: Clopper and Pearson, Biometrika 26 (1934); items 0 and 25.
    """
    seen = within("count", count, 0, below=True, whole=True)
    unseen = within("n", n, 0, below=True, whole=True) - seen
    if np.any(unseen < 0):
        raise OutOfRange("count", count, f"at most n = {n!r}")
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    # The beta functions want parameters above 0: 1 stands in for 0, and np.where drops what that gives.
    low: Any = np.where(seen == 0, 0.0, special.betaincinv(np.maximum(seen, 1), unseen + 1, tail))[()]
    high: Any = np.where(unseen == 0, 1.0, special.betainccinv(seen + 1, np.maximum(unseen, 1), tail))[()]
    return low, high


def poisson_interval(count: Numbers, level: float = 0.95) -> tuple[Numbers, Numbers]:
    """Exact interval for an expected number of events of which ``count`` were seen.

    Source: Garwood, Biometrika 28 (1936); item 8.
    """
    seen = within("count", count, 0, below=True, whole=True)
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    low: Any = np.where(seen == 0, 0.0, special.gammaincinv(np.maximum(seen, 1), tail))[()]
    high: Any = special.gammainccinv(seen + 1, tail)
    return low, high


def rate_interval(events: EventCounts, trials: TrialCounts, *, level: float = 0.95) -> Interval:
    """Interval of a rate whose trials share people; every pair with an event has trials.

    Parameters
    ----------
    events : PairCounts or PairSums
        Errors of pairs of people; a mated pair has the same person twice.
    trials : PairCounts, CrossCounts or PairSums
        Trials of pairs of people; `PairSums` go with `PairSums` alone.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    Interval
        ``rough`` where a few people carry so much of the variance that it may be too narrow.

    Raises
    ------
    OutOfRange
        Where the level is outside its range, or there are no trials.

    Notes
    -----
    From 25 events: on the logit scale, with the variance of `clustered_rate`.  The quantile goes from the normal one,
    where comparisons might be independent, to t with Satterthwaite's degrees of freedom, the more people share.  The
    upper end has 0.4 of them (and at most half of them less 3): people who matter most are few, and a set without them
    looks surer than it is.  Chosen by simulation; coverage of 95% is within a point for 60 to 1,000 people whose own
    rates vary with a standard deviation of up to twice the mean, but 93.6% for 60 people with lognormal rates of that
    spread, of whom half the sets are flagged ``rough`` (`tests/statistical/test_coverage.py`).

    Below 25 events: Clopper-Pearson or, for pairs of two people, negative binomial limits.  Events come bunched by
    pairs as seen, with half an event as bunched as can be: without any event the trials of a pair count as one.
    People's own rates are taken to vary with a standard deviation of twice the mean, or more if seen.  That covers at
    least the level if people do not vary more than that.

    Source: Clopper and Pearson, Biometrika 26 (1934); Satterthwaite, Biometrics Bulletin 2 (1946); FORMULAS 13 to 15.
    """
    within("level", level, 0, 1, above=True, below=True)
    within("subjects", trials.subjects, 1)
    found = clustered_rate(events, trials)
    if 2 * found.events > found.trials and not isinstance(trials, CrossCounts):
        # Few successes are few events too: the other side is looked at, and turned round.
        return _turned(_picked([clustered_rate(_without(trials, events), trials)], level)[0])
    if found.events == found.trials:
        nothing = PairCounts.of_people(np.zeros(trials.subjects, np.int64))
        return _turned(_picked([clustered_rate(nothing, trials)], level)[0])
    return _picked([found], level)[0]


def _turned(found: Interval) -> Interval:
    """Return the interval of the rate of what did not happen."""
    low, high = found.ends
    events = None if found.trials is None or found.events is None else found.trials - found.events
    return found._replace(value=1 - found.value, low=1 - high, high=1 - low, events=events)


def _without(trials: PairCounts | PairSums, events: EventCounts) -> EventCounts:
    """Return the trials that had no event; `clustered_rate` has taken both, so both are of one kind."""
    if isinstance(events, PairSums) or isinstance(trials, PairSums):
        assert isinstance(trials, PairSums)
        assert isinstance(events, PairSums)
        return trials.without(events)
    return trials + events.times(-1)


def search_interval(
    probe: Codes,
    event: npt.NDArray[np.bool_],
    n_subjects: int,
    hit_probe: Codes | None = None,
    hit_reference: Codes | None = None,
    hit_share: Array | None = None,
    *,
    level: float = 0.95,
) -> Interval:
    """Interval of a rate of searches, whose trials share the people searched for and, where hits are given, enrolled.

    Parameters
    ----------
    probe : ndarray of int32, shape (m,)
        Subject of each search; at least one.
    event : ndarray of bool, shape (m,)
        Whether the search had the event: a reference at or above the threshold (FPIR), a miss (FNIR).
    n_subjects : int
        People on both sides together (M).
    hit_probe, hit_reference : ndarray of int32, shape (h,), optional
        Probe subject and enrolled subject of a hit; several hits of a pair may be added up into one row.
        Without them the interval holds what is owed to probe subjects alone.
    hit_share : ndarray of float64, shape (h,)
        Part of the event that the enrolled subject answers for: 1 / k where k enrolled subjects are at or above the
        threshold in that search, so that parts of a search with an event sum to 1.
    """
    within("level", level, 0, 1, above=True, below=True)
    (found,), (rare,) = _searched(probe, event[None], n_subjects)
    if hit_probe is not None and hit_reference is not None and hit_share is not None:
        others = max(n_subjects - found.nodes.size, np.unique(hit_reference).size, 1)
        found = _with_gallery(found, hit_probe, hit_reference, hit_share / probe.size, n_subjects, others)
    (answer,) = _picked([found], level)
    return answer if rare else _turned(answer)


def search_intervals(
    probe: Codes, event: npt.NDArray[np.bool_], n_subjects: int, *, level: float = 0.95
) -> list[Interval]:
    """Intervals of k rates of the same searches, computed together: as `search_interval` without hits.

    ``event`` has a row for each rate: shape (k, m).
    """
    within("level", level, 0, 1, above=True, below=True)
    found, rare = _searched(probe, event, n_subjects)
    return [one if so else _turned(one) for one, so in zip(_picked(found, level), rare, strict=True)]


def _searched(
    probe: Codes, event: npt.NDArray[np.bool_], n_subjects: int
) -> tuple[list[ClusteredRate], npt.NDArray[np.bool_]]:
    """Return each rate of what is rarer, the event or none, and whether that is the event."""
    k, m = event.shape
    if m < 1:
        raise OutOfRange("probe", m, "at least one search")
    rare = 2 * np.count_nonzero(event, axis=1) <= m
    row, search = np.nonzero(event == rare[:, None])
    events = np.bincount(row * n_subjects + probe[search], minlength=k * n_subjects)
    found = clustered_rates_by_person(events.reshape(k, n_subjects), np.bincount(probe, minlength=n_subjects))
    return found, rare


def _with_gallery(
    found: ClusteredRate, probe: Codes, reference: Codes, part: Array, n_subjects: int, others: int
) -> ClusteredRate:
    """Add what enrolled people do to the rate: their parts of it, less what a pair has had counted already."""
    gallery = np.bincount(reference, part, n_subjects)
    mean = float(part.sum()) / others
    _, place = np.unique(probe.astype(np.int64) * n_subjects + reference, return_inverse=True)
    both = np.bincount(place, part) if part.size else np.zeros(0)
    between = max(float(gallery @ gallery) - others * mean**2 - float(both @ both), 0.0)
    nodes = np.concatenate([found.nodes, gallery[gallery > 0] - mean])
    return found._replace(
        variance=found.variance + between, between=between, nodes=nodes, sharing=found.sharing + 1 / others
    )


def paired_rate_difference(
    events_a: PairCounts, events_b: PairCounts, trials: PairCounts | CrossCounts, *, level: float = 0.95
) -> Interval:
    """Difference of two rates on the same comparisons, first minus second, with the p-value of none.

    ``events`` are discordant ones, of one without the other, as far as pairs of people tell.
    """
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    both = events_a + events_b.times(-1)
    found = clustered_rate(both, trials)
    discordant = int(np.abs(both.merged().count).sum())
    error = float(np.sqrt(found.variance))
    if not discordant:
        bound = float(clopper_pearson(0, np.ceil(found.trials / found.bunch_worst), level)[1])
        return Interval(
            0.0, -bound, bound, level, "no discordant pair of people", 0, found.trials,
            standard_error=0.0, p_value=1.0, degrees_of_freedom=0.0,
        )  # fmt: skip
    if discordant < FEW_EVENTS:
        # A handful tells little about its own spread: one more, as bunched as those seen and half of one at the worst.
        bunch = _bunch(discordant, found.squares, found.bunch_worst)
        error = max(error, float(np.sqrt((discordant + 1) * bunch)) / found.trials)
    freedom = satterthwaite(found.nodes)
    half = -float(special.stdtrit(freedom, tail)) * error
    p = min(1.0, 2 * float(special.stdtr(freedom, -abs(found.value) / error)))
    low, high = max(found.value - half, -1.0), min(found.value + half, 1.0)
    return Interval(
        found.value, low, high, level, "clustered by subject, t", discordant, found.trials,
        standard_error=error, p_value=p, degrees_of_freedom=freedom,
    )  # fmt: skip


def _picked(found: Sequence[ClusteredRate], level: float) -> list[Interval]:
    """Intervals of rates of at most one half, each by how many events there are."""
    tail = (1 - level) / 2
    few = [one.events < FEW_EVENTS or one.people < 2 for one in found]
    many = iter(_many([one for one, so in zip(found, few, strict=True) if not so], level, tail))
    return [_of_few(one, level, tail) if so else next(many) for one, so in zip(found, few, strict=True)]


def _of_few(found: ClusteredRate, level: float, tail: float) -> Interval:
    low, high, effective = _few(found, tail)
    method = "no event" if not found.events else "few events"
    method += ", effective number of independent comparisons"
    return Interval(
        found.value, low, high, level, method, found.events, found.trials,
        standard_error=float(np.sqrt(found.variance)) if found.events else 0.0, effective_n=effective,
    )  # fmt: skip


def _many(found: Sequence[ClusteredRate], level: float, tail: float) -> Iterator[Interval]:
    if not found:
        return
    value, variance, plain = np.array([(one.value, one.variance, one.plain) for one in found]).T
    error = np.sqrt(variance)
    freedom = np.array([satterthwaite(one.nodes) for one in found])
    z = -float(special.ndtri(tail))
    shared = np.sqrt(np.maximum(1 - plain / variance, 0.0))
    upper, lower = (
        z + shared * (-special.stdtrit(degrees, tail) - z)
        for degrees in (np.array([upper_freedom(degrees) for degrees in freedom]), freedom)
    )
    steep, logit = error / (value * (1 - value)), special.logit(value)
    low, high = special.expit(logit - lower * steep), special.expit(logit + upper * steep)
    effective = value * (1 - value) / variance
    columns = (column.tolist() for column in (low, high, freedom < ROUGH, error, effective))
    for one, least, most, rough, wide, alone in zip(found, *columns, strict=True):
        yield Interval(
            one.value, least, most, level, "clustered by subject, logit and t", one.events, one.trials, rough,
            standard_error=wide, effective_n=alone,
        )  # fmt: skip


def _few(found: ClusteredRate, tail: float) -> tuple[float, float, float]:
    """Bounds that never cover less than their level, and the independent trials they stand for."""
    bunch = _bunch(found.events, found.squares, found.bunch_worst)
    units, seen = found.trials / bunch, found.events / bunch
    spreading = SPREAD_ASSUMED**2 * found.sharing
    if found.events > 1:
        spreading = max(spreading, found.between / found.value**2)
    if spreading <= 0:
        low = float(special.betaincinv(seen, units - seen + 1, tail)) if seen else 0.0
        return low, float(special.betainccinv(seen + 1, units - seen, tail)) if units > seen else 1.0, units
    # Events of people whose own rates have a gamma distribution are negative binomial.
    shape = 1 / spreading
    most = special.betaincinv(shape, seen + 1, tail)
    least = special.betainccinv(shape, seen, tail) if seen else 1.0
    high = min(float(shape * (1 - most) / most) / units, 1.0)
    low = float(shape * (1 - least) / least) / units
    # As many independent trials without an event would leave as much open.
    alone = float(special.gammainccinv(seen + 1, tail))
    return min(low, found.value), max(high, found.value), min(units, alone / high)


def _bunch(events: int, squares: float, worst: float) -> float:
    """Events that come together: as many as seen, with half an event as bunched as can be."""
    return max((squares + worst / 2) / (events + 0.5), 1.0)


def mcnemar_exact(b: Numbers | float, c: Numbers | float) -> Numbers:
    """Probability of discordant counts at least as uneven as these if both rules harm alike.

    ``b`` and ``c`` people are harmed under the first rule alone and under the second alone; the two-sided p-value is
    ``min(1, 2 P(Bin(b + c, 1/2) <= min(b, c)))``, which underflows to 0 below 1e-308.  Exact if people are independent.
    Source: McNemar, Psychometrika 12 (1947), in its exact form; item 22.a.
    """
    first, second = (within(name, of, 0, below=True, whole=True) for name, of in (("b", b), ("c", c)))
    fewer, more = np.minimum(first, second), np.maximum(first, second)
    # P(Bin(n, 1/2) <= k) as an incomplete beta function; at n = 0 there is none, and the sum is 1.
    tail = special.betainc(np.maximum(more, 1), fewer + 1, 0.5)
    value: Any = np.where(more == fewer, 1.0, np.minimum(2 * tail, 1.0))
    return value[()]


def clustered_paired_difference(sums: npt.ArrayLike, sizes: npt.ArrayLike, level: float = 0.95) -> Interval:
    """Difference of two shares where people stopped together share a fate.

    For each cluster, ``sums`` are people harmed under the first rule minus people harmed under the second, at most the
    ``sizes``; at least two clusters.  Standard error and degrees of freedom are 0 where all clusters are alike.

    Notes
    -----
    Ratio estimator: with residuals ``e_j = sums_j - R sizes_j`` the variance of R is ``k / (k - 1) sum(e_j^2) /
    sum(sizes)^2``, whatever goes on inside a cluster.  Harm is rare, so a handful of clusters may carry the whole
    variance: degrees of freedom are Satterthwaite's.  In trials with 300 and 3,000 clusters the 95% interval covered
    92% where three clusters differed and 94% to 97% from five on, and missed mostly by an upper end too low; an
    interval that takes people for independent covered 51% to 81% there.

    Where all residuals are 0 no variance can be seen.  The interval then leaves open the share of unlike clusters that
    k clusters without one leave open (Clopper-Pearson), each of them as large as the largest seen and wholly the other
    way.

    Source: Cochran, Sampling Techniques (1977), chapters 6 and 9.
    """
    size = within("sizes", np.atleast_1d(np.asarray(sizes, np.float64)), 1, below=True)
    total = within("sums", np.atleast_1d(np.asarray(sums, np.float64)), -np.inf, below=True)
    if total.shape != size.shape or total.ndim != 1:
        raise OutOfRange("sums", total.shape, f"of the shape of sizes, {size.shape}, one number for each cluster")
    if np.any(np.abs(total) > size):
        raise OutOfRange("sums", float(total[np.abs(total) > size][0]), "at most the size of its cluster")
    k = total.size
    if k < 2:
        raise OutOfRange("sizes", k, "of at least two clusters; one cluster says nothing about how clusters differ")
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    people = size.sum()
    ratio = float(total.sum() / people)
    residuals = total - ratio * size
    # Rounding of ratio * size is all there is where clusters are alike.
    if np.all(np.square(residuals) <= np.square(8 * np.finfo(np.float64).eps * size)):
        unlike = clopper_pearson(0, k, level)[1]
        reach = float(unlike * (1 + abs(ratio)) * size.max() * k / people)
        low, high, standard_error, freedom = ratio - reach, ratio + reach, 0.0, 0.0
        method = "all clusters alike, share of unlike ones left open"
    else:
        standard_error = float(np.sqrt(k / (k - 1) * np.square(residuals).sum()) / people)
        freedom = satterthwaite(residuals)
        half = -float(special.stdtrit(freedom, tail)) * standard_error
        low, high, method = ratio - half, ratio + half, "clustered, t"
    return Interval(
        ratio, max(low, -1.0), min(high, 1.0), level, method, trials=round(people),
        standard_error=standard_error, degrees_of_freedom=freedom,
    )  # fmt: skip
