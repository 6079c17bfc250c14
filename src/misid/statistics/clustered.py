"""Intervals for rates over pairs of people, whatever the people share: one call that picks the method.

Item numbers are those of FORMULAS.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from misid.errors import OutOfRange
from misid.randomness import Purpose, uniforms, words
from misid.statistics.dyadic import Codes, Counts, Margins, Pairs, Table, spread
from misid.statistics.intervals import clopper_pearson
from misid.statistics.ranges import Array, within

__all__ = [
    "Counts",
    "Margins",
    "RateDifference",
    "RateInterval",
    "paired_rate_difference",
    "rate_interval",
    "replicates",
    "search_interval",
]

ENOUGH = 25  # events from which an interval may be approximate


class RateInterval(NamedTuple):
    """A rate and what is known of it.

    Parameters
    ----------
    value, low, high : float
        Events over trials, 0 to 1.
    standard_error : float
        With everything that people share.
    effective_n : float
        Independent trials that would say as much.
    subjects, events, trials : int
        People with trials, and totals.
    method : str
        In a few words.
    kind : {"exact", "approximate"}
        Exact intervals cover at least the level, approximate ones about the level.
    rough : bool
        Whether a few people carry so much of the doubt that the interval may be too narrow.
    """

    value: float
    low: float
    high: float
    standard_error: float
    effective_n: float
    subjects: int
    events: int
    trials: int
    method: str
    kind: Literal["exact", "approximate"]
    rough: bool = False


class RateDifference(NamedTuple):
    """Difference of two rates on the same comparisons.

    Parameters
    ----------
    difference : float
        First rate minus second, -1 to 1.
    low, high : float
        Its interval.
    standard_error : float
        With everything that people share; 0 where no comparison is discordant.
    p_value : float
        Two-sided; how often a difference this large comes up if both rates are equal.
    degrees_of_freedom : float
        Of the t distribution behind interval and p-value.
    discordant : int
        Events of one without the other, as far as pairs of people tell.
    method : str
        In a few words.
    kind : {"exact", "approximate"}
        As `RateInterval`.
    """

    difference: float
    low: float
    high: float
    standard_error: float
    p_value: float
    degrees_of_freedom: float
    discordant: int
    method: str
    kind: Literal["exact", "approximate"]


def rate_interval(
    events: Pairs,
    trials: Table,
    n_subjects: int,
    *,
    level: float = 0.95,
    seed: int = 1,
    replicates: int = 2000,
) -> RateInterval:
    """Interval of a rate whose trials share people.

    Parameters
    ----------
    events : Counts
        Errors of pairs of people; a mated pair has the same person twice.
    trials : Counts or Margins
        Trials of pairs of people.
    n_subjects : int
        People (M), at least 1; numbers in the tables are below it.
    level : float
        Confidence level, strictly between 0 and 1.
    seed, replicates : int
        Of the bootstrap, where the method uses one.

    Returns
    -------
    RateInterval

    Raises
    ------
    OutOfRange
        Where an argument is outside its range.
    """
    within("level", level, 0, 1, above=True, below=True)
    found = spread(events, trials, n_subjects)
    return _picked(found.value, found.variance, found.nodes, found.events, found.trials, found.pairs, level)


def search_interval(
    probe: Codes,
    event: npt.NDArray[np.bool_],
    n_subjects: int,
    hit_probe: Codes | None = None,
    hit_reference: Codes | None = None,
    hit_share: Array | None = None,
    *,
    level: float = 0.95,
    seed: int = 1,
    replicates: int = 2000,
) -> RateInterval:
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
    level, seed, replicates
        As `rate_interval`.

    Returns
    -------
    RateInterval
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
    value = float(np.count_nonzero(event)) / m
    nodes = np.bincount(probe, event - value, minlength=n_subjects) / m
    squares = 0.0
    if hit_probe is not None and hit_reference is not None and hit_share is not None and hit_share.size:
        gallery = np.bincount(hit_reference, hit_share, minlength=n_subjects) / m
        nodes = nodes + gallery
        keys, place = np.unique(hit_probe.astype(np.int64) * n_subjects + hit_reference, return_inverse=True)
        squares = float(np.square(np.bincount(place, hit_share, minlength=keys.size) / m).sum())
    people = int(np.unique(probe).size)
    naive = value * (1 - value) / m
    variance = max((float(nodes @ nodes) - squares) * people / max(people - 1, 1), naive)
    return _picked(value, variance, nodes, int(np.count_nonzero(event)), m, people, level)


def paired_rate_difference(
    events_a: Pairs,
    events_b: Pairs,
    trials: Table,
    n_subjects: int,
    *,
    level: float = 0.95,
) -> RateDifference:
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
    RateDifference

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
    discordant = int(np.abs(both.count).sum())
    if found.variance <= 0:
        bound = float(clopper_pearson(0, max(found.pairs, 1), level)[1])
        return RateDifference(found.value, -bound, bound, 0.0, 1.0, 0.0, 0, "no discordant pair", "exact")
    freedom = _freedom(found.nodes)
    error = float(np.sqrt(found.variance))
    half = -float(special.stdtrit(freedom, tail)) * error
    p = min(1.0, 2 * float(special.stdtr(freedom, -abs(found.value) / error)))
    low, high = max(found.value - half, -1.0), min(found.value + half, 1.0)
    return RateDifference(
        found.value, low, high, error, p, freedom, discordant, "clustered by subject, t", "approximate"
    )


def replicates(
    tables: Sequence[tuple[Pairs, Table]],
    n_subjects: int,
    *,
    seed: int,
    replicates: int = 2000,
    weights: Literal["exponential", "multinomial"] = "exponential",
) -> Array:
    """Rates under resampled people, the same people for every table.

    Parameters
    ----------
    tables : sequence of (Counts, Counts or Margins)
        Events and trials.
    n_subjects : int
        People (M).
    seed : int
        Of the draws.
    replicates : int
        How many (B).
    weights : {"exponential", "multinomial"}
        Whether people get a positive weight each, or are drawn with replacement.

    Returns
    -------
    ndarray of float64, shape (len(tables), B)
        Rates; NaN where a replicate has no trial.
    """
    out = np.empty((len(tables), replicates))
    for b in range(replicates):
        w = _weights(n_subjects, seed, b, weights)
        for row, (events, trials) in enumerate(tables):
            tried = _weighted(trials, w)
            out[row, b] = _weighted(events, w) / tried if tried else np.nan
    return out


def _weights(n: int, seed: int, b: int, kind: str) -> npt.NDArray[np.int64]:
    ids = np.arange(n)
    if kind == "exponential":
        return np.ceil(-64 * np.log(uniforms(seed, Purpose.BOOTSTRAP, ids, b // 4, 0)[b % 4])).astype(np.int64)
    chosen = words(seed, Purpose.BOOTSTRAP, ids, b // 4, 0)[b % 4] % np.uint64(n)
    drawn: npt.NDArray[np.int64] = np.bincount(chosen.astype(np.int64), minlength=n)
    return drawn


def _weighted(table: Table, w: npt.NDArray[np.int64]) -> float:
    if isinstance(table, Margins):
        both = float(w @ table.probe) * float(w @ table.reference) - float((w * w) @ (table.probe * table.reference))
        return both / 2 if table.unordered else both
    other = np.where(table.first == table.second, 1, w[table.second])
    return float((w[table.first] * other * table.count).sum())


def _picked(
    value: float, variance: float, nodes: Array, events: int, trials: int, pairs: int, level: float
) -> RateInterval:
    people = max(int(np.count_nonzero(nodes)), 1)
    error = float(np.sqrt(variance))
    if events in (0, trials):
        low, high = clopper_pearson(events and pairs, pairs, level)
        return RateInterval(value, low, high, 0.0, pairs, people, events, trials, "exact, on pairs of people", "exact")
    freedom = _freedom(nodes)
    tail = (1 - level) / 2
    t = -float(special.stdtrit(freedom, tail))
    effective = value * (1 - value) / variance
    if events < ENOUGH:
        z = -float(special.ndtri(tail))
        shrunk = min(effective * (z / t) ** 2, trials)
        x = value * shrunk
        low = float(special.betaincinv(x, shrunk - x + 1, tail))
        high = float(special.betainccinv(x + 1, shrunk - x, tail))
        return RateInterval(
            value, low, high, error, shrunk, people, events, trials, "exact, on an effective number", "exact"
        )
    half = t * error / (value * (1 - value))
    logit = float(special.logit(value))
    low, high = float(special.expit(logit - half)), float(special.expit(logit + half))
    return RateInterval(
        value,
        low,
        high,
        error,
        effective,
        people,
        events,
        trials,
        "clustered by subject, logit",
        "approximate",
        freedom < 10,
    )


def _freedom(nodes: Array) -> float:
    squares = np.square(nodes)
    k = max(int(np.count_nonzero(squares)), 2)
    second, fourth = float(squares.sum()), float(np.square(squares).sum())
    excess = fourth - second**2 / k
    return float(k - 1) if excess <= 0 else max(1.0, float(min(k - 1, 2 * second**2 / excess)))
