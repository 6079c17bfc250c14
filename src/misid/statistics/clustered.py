"""Intervals for rates over pairs of people, whatever the people share: one call that picks the method.

Item numbers are those of FORMULAS.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.quantities import FEW_EVENTS, Interval
from misid.statistics.alone import spread_alone
from misid.statistics.dyadic import Codes, Counts, Margins, Pairs, Spread, Sums, Table, spread
from misid.statistics.freedom import satterthwaite, upper_freedom
from misid.statistics.intervals import clopper_pearson
from misid.statistics.ranges import Array, within

ROUGH = 15.0  # degrees of freedom below which coverage may fall short
SPREAD_ASSUMED = 2.0  # standard deviation over mean of people's own rates, where events are too few to show it


def rate_interval(
    events: Pairs | Sums,
    trials: Table | Sums,
    n_subjects: int,
    *,
    level: float = 0.95,
) -> Interval:
    """Interval of a rate whose trials share people.

    Parameters
    ----------
    events : Counts or Sums
        Errors of pairs of people; a mated pair has the same person twice.
    trials : Counts, Margins or Sums
        Trials of pairs of people; `Sums` go with `Sums` alone.
    n_subjects : int
        People (M), at least 1; numbers in the tables are below it.
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    Interval

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.

    Notes
    -----
    From 25 events: on the logit scale, with the variance of `dyadic.spread`.  The quantile goes from the normal one,
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
    people = int(within("n_subjects", n_subjects, 1, below=True, whole=True))
    found = spread(events, trials, people)
    if 2 * found.events > found.trials and not isinstance(trials, Margins):
        # Few successes are few events too: the other side is looked at, and turned round.
        return _turned(_picked(spread(_without(trials, events), trials, people), level))
    if found.events == found.trials:
        none = np.empty(0, np.int32)
        return _turned(_picked(spread(Counts(none, none, none.astype(np.int64)), trials, people), level))
    return _picked(found, level)


def _turned(found: Interval) -> Interval:
    """Return the interval of the rate of what did not happen."""
    low, high = found.ends
    events = None if found.trials is None or found.events is None else found.trials - found.events
    return found._replace(value=1 - found.value, low=1 - high, high=1 - low, events=events)


def _without(trials: Pairs | Sums, events: Pairs | Sums) -> Counts | Sums:
    if isinstance(trials, Sums) or isinstance(events, Sums):
        assert isinstance(trials, Sums)  # `spread` takes none without the other
        assert isinstance(events, Sums)
        return trials.without(events)
    return Counts(
        np.concatenate([trials.first, events.first]),
        np.concatenate([trials.second, events.second]),
        np.concatenate([trials.count, -events.count]),
    )


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
    """Interval of a rate of searches, with the doubt from who was searched for and from who is enrolled.

    Parameters
    ----------
    probe : ndarray of int32, shape (m,)
        Subject of each search.
    event : ndarray of bool, shape (m,)
        Whether the search had the event: a reference at or above the threshold (FPIR), a miss (FNIR).
    n_subjects : int
        People on both sides together (M).
    hit_probe, hit_reference : ndarray of int32, shape (h,), optional
        Probe subject and enrolled subject of a hit; several hits of a pair may be added up into one row.
        Without them the interval holds the doubt from probe subjects alone.
    hit_share : ndarray of float64, shape (h,)
        Part of the event that the enrolled subject answers for: 1 / k where k enrolled subjects are at or above the
        threshold in that search, so that parts of a search with an event sum to 1.
    level
        As `rate_interval`.

    Returns
    -------
    Interval
        ``trials`` are searches.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range, or there is no search.
    """
    within("level", level, 0, 1, above=True, below=True)
    m = int(probe.size)
    if m < 1:
        raise OutOfRange("probe", m, "at least one search")
    happened = np.asarray(event, np.bool_)
    rare = 2 * np.count_nonzero(happened) <= m
    if not rare:
        happened = ~happened
    found = spread_alone(np.bincount(probe[happened], minlength=n_subjects), np.bincount(probe, minlength=n_subjects))
    if hit_probe is not None and hit_reference is not None and hit_share is not None:
        others = max(n_subjects - found.nodes.size, np.unique(hit_reference).size, 1)
        found = _with_gallery(found, hit_probe, hit_reference, hit_share / m, n_subjects, others)
    answer = _picked(found, level)
    return answer if rare else _turned(answer)


def _with_gallery(found: Spread, probe: Codes, reference: Codes, part: Array, n_subjects: int, others: int) -> Spread:
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
    events_a: Pairs,
    events_b: Pairs,
    trials: Table,
    n_subjects: int,
    *,
    level: float = 0.95,
) -> Interval:
    """Difference of two rates on the same comparisons.

    Parameters
    ----------
    events_a, events_b : Counts
        Errors of each algorithm, of pairs of people.
    trials : Counts or Margins
        Of both.
    n_subjects : int
        People (M).
    level : float
        Confidence level, strictly between 0 and 1.

    Returns
    -------
    Interval
        First rate minus second; ``events`` are those of one without the other, as far as pairs of people tell.

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    tail = (1 - within("level", level, 0, 1, above=True, below=True)) / 2
    both = Counts(
        np.concatenate([events_a.first, events_b.first]),
        np.concatenate([events_a.second, events_b.second]),
        np.concatenate([events_a.count, -events_b.count]),
    )
    found = spread(both, trials, n_subjects)
    discordant = _discordant(both, n_subjects)
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


def _discordant(net: Pairs, n_subjects: int) -> int:
    keys = net.first.astype(np.int64) * n_subjects + net.second
    _, place = np.unique(keys, return_inverse=True)
    return int(np.abs(np.bincount(place, net.count)).sum()) if keys.size else 0


def _picked(found: Spread, level: float) -> Interval:
    """Interval of a rate of at most one half, by how many events there are."""
    tail = (1 - level) / 2
    error = float(np.sqrt(found.variance))
    if found.events < FEW_EVENTS or found.people < 2:
        low, high, effective = _few(found, tail)
        method = "no event" if not found.events else "few events"
        method += ", effective number of independent comparisons"
        return Interval(
            found.value, low, high, level, method, found.events, found.trials,
            standard_error=error if found.events else 0.0, effective_n=effective,
        )  # fmt: skip
    z = -float(special.ndtri(tail))
    freedom = satterthwaite(found.nodes)
    shared = float(np.sqrt(max(1 - found.plain / found.variance, 0.0)))
    upper = z + shared * (-float(special.stdtrit(upper_freedom(freedom), tail)) - z)
    lower = z + shared * (-float(special.stdtrit(freedom, tail)) - z)
    steep = error / (found.value * (1 - found.value))
    logit = float(special.logit(found.value))
    low, high = float(special.expit(logit - lower * steep)), float(special.expit(logit + upper * steep))
    effective = found.value * (1 - found.value) / found.variance
    return Interval(
        found.value, low, high, level, "clustered by subject, logit and t", found.events, found.trials, freedom < ROUGH,
        standard_error=error, effective_n=effective,
    )  # fmt: skip


def _few(found: Spread, tail: float) -> tuple[float, float, float]:
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
